"""Which definitions an edit removed from a file, and which of those are back in it."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable
from pathlib import Path

from codemods.disk.files import read_file
from codemods.engine.rows import first_line
from codemods.engine.scopes import DEFINITIONS
from codemods.engine.text import Unparsable, parse
from codemods.model import Source
from codemods.workers.pool import careful


def removed_definitions(before: bytes, after: bytes) -> dict[str, int]:
    """Return the qualified names of what an edit removed, with their lines before it.

    What stands in another one that went is left out.
    """
    there = _definitions(after)
    gone = {name: line for name, line in _definitions(before).items() if name not in there}
    return {name: line for name, line in gone.items() if name.rpartition(".")[0] not in gone}


def still_gone(root: Path, path: str, names: Iterable[str]) -> list[str]:
    """Return those of some qualified names that a file, by its path from the root, does not define.

    A file that is gone, that leads out of the root, or that does not parse (in time) has none of
    them.
    """
    names = list(names)
    top = Path(os.path.realpath(root))
    file = top / path
    last = "|".join(re.escape(name.rpartition(".")[2]) for name in names)
    try:
        if not Path(os.path.realpath(file)).is_relative_to(top):
            return names
        content, _ = read_file(str(file))
        pattern = rf"\b(?:class|def)\s+(?:{last})\b".encode()
    except (OSError, ValueError):  # a record may hold any text
        return names
    if not re.search(pattern, content):
        return names  # told without parsing
    look = careful(_definitions_of, [Source(path, content)], lambda path, reason: {})
    there = next(iter(look))
    return [name for name in names if name not in there]


def _definitions_of(source: Source) -> dict[str, int]:
    return _definitions(source.content)


def _definitions(content: bytes) -> dict[str, int]:
    """Return the first lines of classes and functions, or of their decorators, by qualified names.

    Of several with one name, the first counts; a module that does not parse has none.
    """
    try:
        pending: list[tuple[ast.AST, str]] = [(parse(content), "")]
    except Unparsable:
        return {}
    found: dict[str, int] = {}
    while pending:
        node, name = pending.pop()
        if isinstance(node, DEFINITIONS):
            name = f"{name}.{node.name}".lstrip(".")
            found.setdefault(name, first_line(node))
        pending += [(child, name) for child in ast.iter_child_nodes(node)]
    return found
