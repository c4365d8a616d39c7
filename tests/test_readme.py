"""The README says what is there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from pkgutil import iter_modules

import click

from codemods.cli import main
from codemods.model import Code
from tests.tools import check_replaced

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def test_the_diff_at_the_top_is_what_the_codemod_gives() -> None:
    diff = README[README.index("```diff") : README.index("```\n", README.index("```diff"))]
    lines = [line or " " for line in diff.splitlines()[1:]]
    before = "".join(line[1:] + "\n" for line in lines if line[0] in " -")
    after = "".join(line[1:] + "\n" for line in lines if line[0] in " +")
    check_replaced(before, after)


def test_each_code_has_its_row() -> None:
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", README, re.MULTILINE)) == sorted(
        code.value for code in Code
    )


def test_the_picture_shows_each_module() -> None:
    picture = (ROOT / "codemods/README.md").read_text()
    tracked = subprocess.run(
        ["git", "ls-files", "codemods"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    modules = {Path(f).name for f in tracked if f.endswith(".py")} - {"__init__.py"}
    assert set(re.findall(r"(\w+\.py)\b", picture)) == modules


def _files(folder: str) -> set[str]:
    """Return the names of the modules and packages there that are not shared plumbing."""
    names = (m.name for m in iter_modules([str(ROOT / "codemods" / folder)]))
    return {name for name in names if not name.startswith("_")}


def test_a_file_has_the_name_of_its_verb_or_command() -> None:
    verbs = set(main.list_commands(click.Context(main)))
    assert _files("cli") == verbs
    assert all(main.get_command(click.Context(main), verb) is not None for verb in verbs)
    helpers = {"chart", "diff", "findings", "page", "table"}
    assert _files("report") - helpers <= verbs
    assert _files("commands") <= _files("rewrites")


def test_the_test_command_is_the_first_line_of_its_section() -> None:
    section = README[README.index("## Test") :]
    assert section.splitlines()[2].startswith("    python3 -m venv .venv && ")
