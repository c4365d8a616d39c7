"""The README says what is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from pkgutil import iter_modules

import click
import pytest

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
    text = (ROOT / "codemods/README.md").read_text()
    picture = text[text.index("<!-- picture -->") : text.index("<!-- end of picture -->")]
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


def test_each_verb_runs_the_code_of_the_repository_or_does_not() -> None:
    section = README[README.index("## Security") : README.index("## Exit codes")]
    safe, unsafe = (set(re.findall(r"`([a-z]+)", text)) for text in section.split("\n- ")[1:3])
    assert safe | unsafe >= set(main.list_commands(click.Context(main)))
    assert safe & unsafe == {"migrate"}


def test_the_test_command_is_the_first_line_of_its_section() -> None:
    section = README[README.index("## Test") :]
    assert section.splitlines()[2].startswith("    python3 -m venv .venv && ")


def _transcripts() -> dict[str, list[str]]:
    """Return the commands of the transcripts in their order, each with the lines that it prints."""
    found: dict[str, list[str]] = {}
    for block in re.findall(r"\n\n((?:    \S.*\n|    [ ]+\S.*\n|\n(?=    ))+)", README):
        lines = textwrap.dedent(block).splitlines()
        command = ""
        for line in lines:
            if line.startswith("$ "):
                command = line[2:]
                found[command] = []
            elif command:
                found[command].append(line)
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
    lines = [re.escape(line.replace("/repository", str(root))) for line in shown.splitlines()]
    pattern = "".join(r"(?: .*\n)*" if r"\.\.\." in line else rf"{line}\n" for line in lines)
    return re.fullmatch(pattern, printed) is not None


@pytest.mark.skipif(shutil.which("git") is None, reason="the suite must be in a checkout")
def test_the_transcripts_are_what_the_verbs_print(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    left = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".ssot-codemods")
    shutil.copytree(ROOT / "tests/legacy_suite", root, ignore=left)
    _commit(root)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    transcripts = _transcripts()
    assert len(transcripts) == 8
    for command, lines in transcripts.items():
        done = subprocess.run(
            command.split(),
            cwd=root,
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        shown = "\n".join(lines) + "\n"
        assert _fits(shown, done.stdout, root), f"{command}\n{shown}\nand not\n{done.stdout}"
        if command == "ssot-codemods init":
            _commit(root)
