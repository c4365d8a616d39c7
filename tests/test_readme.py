"""The README says what is there."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import click
import pytest

from codemods.bundled import copy_sample_suite
from codemods.cli import main
from codemods.engine.codemod import apply
from codemods.model import Code
from codemods.report.explain import summary
from tests.house import drawn
from tests.tools import check_replaced, shared

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
HOUSE = (ROOT / "codemods/README.md").read_text()
VERBS = (ROOT / "codemods/cli/README.md").read_text()


def test_the_diff_at_the_top_is_what_the_codemod_gives() -> None:
    diff = README[README.index("```diff") : README.index("```\n", README.index("```diff"))]
    lines = [line or " " for line in diff.splitlines()[1:]]
    before = "".join(line[1:] + "\n" for line in lines if line[0] in " -")
    after = "".join(line[1:] + "\n" for line in lines if line[0] in " +")
    copy = "".join(line[1:] + "\n" for line in lines if line[0] == "-")
    check_replaced(before, after, modules=shared(copy, "tests.helpers"))


def test_the_codemod_of_the_house_is_one() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", HOUSE, re.DOTALL)
    values: dict[str, Any] = {"__name__": "example"}
    exec(compile(example, "README.md", "exec"), values)
    codemod = values["RemoveEmptyFunctions"]()
    source = b"import os\n\n\ndef one():\n    pass\n\n\ndef two():\n    pass\n\n\nprint(two)\n"
    result = apply(source, "a.py", codemod)
    assert result.after == b"import os\n\n\ndef two():\n    pass\n\n\nprint(two)\n"
    assert result.dropped == {"one"}
    assert apply(result.after, "a.py", codemod).after is None


def test_each_row_says_what_explain_says() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", README, re.MULTILINE)
    assert len(rows) == 20
    for code, text in rows:
        assert summary(Code(code)) == f"{text[0].upper()}{text[1:]}."


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150
    text = [line for line in README.splitlines() if not line.startswith(("|", "    "))]
    assert max(map(len, text)) <= 105


def test_the_picture_is_that_of_the_docstrings() -> None:
    assert drawn(HOUSE) == HOUSE, "python tests/house.py"


def _files(folder: str) -> set[str]:
    """Return the names of the modules and packages there that are not shared plumbing."""
    names = (m.name for m in iter_modules([str(ROOT / "codemods" / folder)]))
    return {name for name in names if not name.startswith("_")}


def test_a_function_fits_on_a_screen() -> None:
    """Arguments and docstring included; what is longer does more than one thing."""
    functions = (
        (path, node)
        for path in (ROOT / "codemods").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    longest = 60
    found = [f"{p}:{n.lineno}" for p, n in functions if (n.end_lineno or 0) - n.lineno >= longest]
    assert found == []


def test_a_file_has_the_name_of_its_verb_or_command() -> None:
    verbs = set(main.list_commands(click.Context(main)))
    assert _files("cli") == verbs
    assert all(main.get_command(click.Context(main), verb) is not None for verb in verbs)
    helpers = {"diff", "document", "findings", "hosts", "page", "table"}
    assert _files("report") - helpers <= verbs
    assert _files("commands") <= _files("rewrites")


def test_each_verb_runs_the_code_of_the_repository_or_does_not() -> None:
    section = VERBS[VERBS.index("## Security") : VERBS.index("## Exit codes")]
    safe, unsafe = (set(re.findall(r"`([a-z]+)", text)) for text in section.split("\n- ")[1:3])
    assert safe | unsafe >= set(main.list_commands(click.Context(main)))
    assert safe & unsafe == {"adopt", "migrate"}
    short = README[README.index("## Limits and security") : README.index("## Test")]
    assert set(re.findall(r"`([a-z]+)`", short)) == unsafe


def test_the_test_command_is_the_first_line_of_its_section() -> None:
    section = README[README.index("## Test") :]
    assert section.splitlines()[2].startswith("    python3 -m venv .venv && ")


def _transcripts(text: str) -> list[tuple[str, list[str]]]:
    """Return the commands of the transcripts in their order, each with the lines that it prints."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"\n\n((?:    \S.*\n|    [ ]+\S.*\n|\n(?=    ))+)", text):
        is_printed = False
        for line in textwrap.dedent(block).splitlines():
            if line.startswith("$ "):
                is_printed = True
                found.append((line[2:], []))
            elif is_printed:
                found[-1][1].append(line)
    return found


def _commit(folder: Path) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    for arguments in (("init", "-q"), ("add", "-A"), (*who, "commit", "-q", "-m", "a")):
        subprocess.run(["git", *arguments], cwd=folder, check=True)


def _fits(shown: str, printed: str, root: Path) -> bool:
    """Whether a text is the one shown, but for times, versions, the root, and ``...``."""
    for pattern, same in (
        (r"\b20\d{6}T\d{6}Z-\w+", "RUN"),
        (r"\b20[\d-]+T[\d:]+Z", "TIME"),
        (r"pytest [\d.]+", "pytest"),
    ):
        shown, printed = re.sub(pattern, same, shown), re.sub(pattern, same, printed)
    pattern = ""
    for line in shown.replace("/repository", str(root)).splitlines():
        pattern += r"(?:.*\n)*?" if line.strip() == "..." else rf"{re.escape(line)}\n"
    return re.fullmatch(pattern, printed) is not None


@pytest.mark.skipif(shutil.which("git") is None, reason="the suite must be in a checkout")
@pytest.mark.parametrize(("page", "count"), [(README, 7), (VERBS, 12)], ids=["README", "verbs"])
def test_the_transcripts_are_what_the_verbs_print(tmp_path: Path, page: str, count: int) -> None:
    root = tmp_path / "repository"
    copy_sample_suite(root)
    _commit(root)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    who = ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL")
    names = {f"GIT_{variable}": "a" for variable in who}
    transcripts = _transcripts(page)
    assert len(transcripts) == count
    for command, lines in transcripts:
        done = subprocess.run(
            command,
            cwd=root,
            env={**os.environ, **names, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            shell=True,
        )
        shown = "".join(f"{line}\n" for line in lines)
        assert _fits(shown, done.stdout, root), f"{command}\n{shown}\nand not\n{done.stdout}"
