"""The picture of the house in codemods/README.md, made of the docstrings: run it to write it anew.

python tests/house.py
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "codemods/README.md"
BEGIN, END = "<!-- picture -->\n\n", "\n\n<!-- end of picture -->"

#: The order of the rooms, as a change travels through them.
ROOMS = (
    *("engine", "rewrites", "commands", "disk", "workers", "measure", "migration", "progress"),
    *("report", "cli"),
)
_COLUMN, _WIDTH = 42, 102


def picture() -> str:
    """Return the modules below codemods/, each with the first sentence of its docstring."""
    return "\n".join(["    codemods/", *_inside(ROOT / "codemods", 6)])


def _inside(folder: Path, indent: int) -> Iterator[str]:
    for module in sorted(folder.glob("*.py")):
        if module.name != "__init__.py":
            yield from _entry(module.name, module, indent)
    inner = [child.parent for child in folder.glob("*/__init__.py")]
    for child in sorted(inner, key=lambda c: (ROOMS.index(c.name) if c.name in ROOMS else 0, c)):
        yield from _entry(f"{child.name}/", child / "__init__.py", indent)
        yield from _inside(child, indent + 2)


def _entry(name: str, module: Path, indent: int) -> list[str]:
    docstring = ast.get_docstring(ast.parse(module.read_text("utf-8"))) or ""
    text = " ".join(docstring.split("\n\n")[0].split()).split(". ")[0].rstrip(".")
    lines = textwrap.wrap(text, _WIDTH - _COLUMN, break_on_hyphens=False)
    start = f"{' ' * indent}{name}"
    return [f"{start:{_COLUMN}}{lines[0]}", *(f"{' ' * _COLUMN}{line}" for line in lines[1:])]


def drawn(page: str) -> str:
    """Return a page with the picture as it is now."""
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    return page[:start] + picture() + page[end:]


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text("utf-8")), "utf-8")
