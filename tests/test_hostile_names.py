"""A repository full of names and messages that would forge lines, colours and markup."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from codemods.cli import main
from codemods.disk.journal import Journal
from codemods.wording import visible
from tests.pages import Page
from tests.tools import COPY, ROOT, write_shared

#: Would begin a line of its own, end a cell, a code span, a tag, or reverse what is read.
EVIL = "a\nFORGED\r\x1bc\x85\u202e|`<b>&%0A,:\u2028x\x7f"
#: The names of files; the last one is a command to the runner of GitHub.
NAMES = (
    f"{EVIL}.py",
    f"dir {EVIL}/test_{EVIL}.py",
    os.fsdecode(b"test_\xff\n```\nFORGED.py"),
    "::error file=FORGED::x ##[error]FORGED.py",
)
COPY_IN_USE = f"{COPY}\n\ndef test_it():\n    TestWebSocketConnection()\n"
OTHER = f"""
class TestWebSocketConnection:
    FORGED = {EVIL!r}

    def __init__(self):
        self.sent = {EVIL!r}
"""
FAILS = f"""
import pytest

@pytest.mark.parametrize("x", [{EVIL!r}])
def test_it(x):
    raise ValueError({EVIL!r})

{COPY}
TestWebSocketConnection()
"""
SETTINGS = """
[tool.ssot-codemods]
golden-path = [{evil}]
[tool.ssot-codemods.categories]
{evil} = [{evil}]
[tool.ssot-codemods.phases.{evil}]
paths = [{evil}, "."]
collection-seconds = 5
[tool.pytest.ini_options]
pythonpath = ["."]
python_files = ["*.py"]
""".replace("{evil}", json.dumps(f"x {EVIL}"))


def _git(*arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", *who, *arguments], check=True, timeout=60)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a checkout with copies, refused definitions and broken files under such names."""
    monkeypatch.chdir(tmp_path)
    _git("init", "-q")
    write_shared(tmp_path)
    for number, name in enumerate(NAMES):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(COPY_IN_USE)
        path.with_name(f"{number}{path.name}").write_text(OTHER)
        path.with_name(f"broken {path.name}").write_text(f"{COPY}\n{EVIL}\n")
    (tmp_path / f"coding {EVIL}.py").write_bytes(COPY.encode() + b"\xff\n")
    (tmp_path / f"test_fails {EVIL}.py").write_text(FAILS)
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    _git("add", "-A")
    _git("commit", "-qm", "x")
    return tmp_path


def _lines(content: bytes) -> Iterator[str]:
    """Yield the lines, in each of which every character can be seen."""
    for line in content.decode().split("\n"):
        assert line.isprintable(), line
        yield line


def _check_text(content: bytes) -> None:
    for line in _lines(content):
        assert not re.match("FORGED|\\s*::", line), line
        assert "##[" not in line


def _check_json(content: bytes) -> None:
    assert list(_lines(content))
    text = json.dumps(json.loads(content or b'"FORGED"'), ensure_ascii=False)
    text.encode()  # holds no half of a surrogate pair
    assert "FORGED" in text


def _check_markdown(content: bytes) -> None:
    columns = 0
    inside = False
    for line in _lines(content):
        assert not line.startswith("FORGED"), line
        inside ^= line.startswith("```")
        if line.startswith("| "):
            # A bar that is part of a cell is escaped.
            found = len(re.findall(r"(?<!\\)\|", line))
            assert found == (columns or found), line
            columns = found
        else:
            columns = 0
        if not inside:
            assert "<b>" not in re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line)


def _check_html(content: bytes) -> None:
    assert list(_lines(content))
    read = Page(content.decode())
    assert read.open == []
    assert "b" not in read.tags


def _check_annotations(content: bytes) -> None:
    for line in filter(None, _lines(content)):
        # The properties end at the first colons that no name has brought.
        assert re.fullmatch(
            r"::error file=[^:,]+,line=\d+(,col=\d+)?(,endLine=\d+)?,title=[a-z-]+::.+", line
        )


CHECKS = {
    "text": _check_text,
    "json": _check_json,
    "markdown": _check_markdown,
    "html": _check_html,
    "github": _check_annotations,
    "sarif": _check_json,
    "gitlab": _check_json,
}


def _run(command: str, *paths: str) -> None:
    """Run a verb, and check what it prints by the format that it was asked for."""
    arguments = command.split()
    result = CliRunner().invoke(main, [*arguments, *paths])
    if not isinstance(result.exception, SystemExit | None):
        raise result.exception
    form = arguments[arguments.index("--format") + 1] if "--format" in arguments else "text"
    form = "markdown" if arguments[0] == "report" and form == "text" else form
    CHECKS[form](result.stdout_bytes)
    _check_text(result.stderr_bytes)


@pytest.mark.parametrize(
    "command",
    [
        *("analyze", "analyze -v", "analyze --variants", "analyze --list"),
        "analyze --variants --format json",
        *("check", "check --format json", "check --format github"),
        *("check --format sarif", "check --format gitlab", "check --ratchet left.json --update"),
        *(
            "migrate --dry-run",
            "migrate --dry-run --format json",
            "migrate -v",
            "migrate --format json",
        ),
        *("report", "report --format html", "report --format json"),
        *("status", "status --format json", "accept", "accept --format json"),
        *("doctor", "doctor --format json", "init"),
        *("verify", "verify --format json", "warm --no-cold"),
        *("baseline --runs 1", "baseline --runs 1 --format json", "baseline --profile"),
    ],
)
def test_what_a_verb_prints(root: Path, command: str) -> None:
    _run(command)


def test_what_is_printed_of_runs(root: Path) -> None:
    _run("migrate --skip-probe --format json", *NAMES[:3])
    (root / NAMES[0]).write_text("edited\n")
    for command in (
        *("report", "report --summary", "report --format html", "report --format json"),
        *("report --output all.html", "report --output all.json", "status --history"),
        *("status --history --format json", "rollback --list", "rollback --list --format json"),
        *("verify", "rollback", "rollback --force --format json"),
    ):
        _run(command)
    _check_html((root / "all.html").read_bytes())
    _check_json((root / "all.json").read_bytes())
    (Journal(root).folder / "runs" / EVIL).mkdir()
    _run("rollback --list")


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", f"--{EVIL}"],
        [EVIL],
        [f"--{EVIL}"],
        ["check", "--format", EVIL],
        ["check", "--jobs", EVIL],
        ["check", EVIL],
        ["check", "--scheduler", EVIL],
        ["check", "@batch"],
        ["report", "--compare-baseline", EVIL],
        ["rollback", EVIL],
        ["rollback", "--list", EVIL],
        ["accept", EVIL],
        ["migrate", "--resume", EVIL],
        ["baseline", "--against", EVIL],
        ["baseline", "--save", EVIL],
        ["baseline", "--category", EVIL],
        ["baseline", "--category", f"x {EVIL}"],
        ["verify", "--python", EVIL],
        ["verify", "--run", EVIL],
    ],
)
def test_what_is_said_of_arguments(root: Path, arguments: list[str]) -> None:
    (root / "there" / EVIL).mkdir(parents=True)
    Path("batch").write_text(f"gone {EVIL}\n")
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code in (1, 2), result.stderr
    assert "Error: " in result.stderr
    _check_text(result.stdout_bytes + result.stderr_bytes)


@pytest.mark.parametrize(
    "settings",
    [
        'modules = ["{}"]',
        "{} = 1",
        'paths = ["{}"]',
        'golden-path = ["\'{}"]',
        '[tool.ssot-codemods.phases."{}"]',
        '[tool.ssot-codemods."{}"]',
    ],
)
def test_what_is_said_of_settings(root: Path, settings: str) -> None:
    evil = json.dumps(EVIL)[1:-1] if '"' in settings else json.dumps(EVIL)
    text = f"[tool.ssot-codemods]\n{settings.replace('{}', evil)}\n"
    (root / "pyproject.toml").write_text(text)
    result = CliRunner().invoke(main, ["check"])
    assert (result.exit_code, result.stdout_bytes) == (2, b"")
    _check_text(result.stderr_bytes)


def test_what_pytest_says_of_a_conftest(root: Path) -> None:
    (root / "conftest.py").write_text(f"raise ValueError({EVIL!r})\n")
    for command in ("verify", "baseline --runs 1", "migrate", "migrate --verify --skip-probe"):
        _run(command)
    (root / "conftest.py").write_text(f"import sys\nprint({EVIL!r})\nsys.exit(4)\n")
    for command in ("verify", "baseline --runs 1", "migrate", "migrate --verify --skip-probe"):
        _run(command)


def test_a_remark_ends_its_line_itself() -> None:
    """What is said has no line break of its own: it would be printed as ``\\n``."""
    for file in (ROOT / "codemods").rglob("*.py"):
        if file.name != "demo.py":  # it prints texts
            assert not re.findall(r"\bsay\(.*\\n.*", file.read_text()), file


def test_what_git_says(root: Path) -> None:
    (root / ".git/HEAD").write_text(EVIL)
    result = CliRunner().invoke(main, ["check"])
    assert b"git ls-files: fatal" in result.stderr_bytes
    _check_text(result.stderr_bytes)


def test_what_the_command_of_libcst_warns_of(root: Path) -> None:
    (root / ".libcst.codemod.yaml").write_text('modules: ["codemods.commands"]\nformatter: [cat]\n')
    command = [*(sys.executable, "-m", "libcst.tool", "codemod"), *_REPLACE, f"0{NAMES[0]}"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    (warning,) = (line for line in done.stderr.split(b"\n") if line.startswith(b"WARNING: "))
    assert warning.startswith(f"WARNING: 0{visible(EVIL)}.py:2:1: same-name-only ".encode())
    _check_text(warning)


_REPLACE = (
    *("replace_local_copies.ReplaceLocalCopiesCommand", "--hide-progress"),
    *("-j", "1", "--no-format"),
)
