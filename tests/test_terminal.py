"""What the verbs print on a terminal: colours, lines that end between words, completion."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from codemods.cli import main
from codemods.cli._colour import coloured
from codemods.cli._common import GROUPS
from codemods.cli._output import print_page, print_text, wrapped
from codemods.model import Code
from tests.tools import COPY, write_shared

MODULE = [sys.executable, "-m", "codemods"]
VERBS = sorted(verb for verbs in GROUPS.values() for verb in verbs)
#: What a repository may have in its names and files.
EVIL = "\x1b[31;1m"
ESCAPE = re.compile(r"\x1b\[[\d;]*m")
RED, GREEN, CYAN = "\x1b[31m", "\x1b[32m", "\x1b[36m"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a checkout with copies, one that stays, and a file that does not parse."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    write_shared(tmp_path)
    use = f"\n\ndef test_it():  # {EVIL}\n    TestWebSocketConnection()\n"
    (tmp_path / "conftest.py").touch()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_a.py").write_text(COPY + use)
    (tmp_path / f"tests/test_{EVIL}.py").write_text(COPY + use)
    (tmp_path / "tests/test_c.py").write_text(COPY + "keep(TestWebSocketConnection)\n")
    (tmp_path / "tests/test_d.py").write_text(f"{COPY}# {EVIL}\n(\n")
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for arguments in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "x"]):
        subprocess.run(["git", *arguments], check=True, timeout=60)
    return tmp_path


def on_terminal(*arguments: str, environment: Mapping[str, str] = {}) -> str:
    """Start the tool on a terminal, and return what that got."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 80, 0, 0))
    process = subprocess.Popen(
        [*MODULE, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, **environment},
    )
    os.close(theirs)
    shown = b""
    while part := _read(ours):
        shown += part
    os.close(ours)
    process.wait(timeout=60)
    return shown.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says so at the end
        return b""


def lines(shown: str) -> list[str]:
    """Return the lines that stay on a terminal, without colours: bars are overwritten."""
    return [ESCAPE.sub("", line.rpartition("\r")[2]) for line in shown.split("\n")]


def outcome(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, [*arguments])
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result.exit_code, result.stdout, result.stderr


# --- colours


def test_findings_and_diffs_are_coloured_on_a_terminal(root: Path) -> None:
    found = on_terminal("check", "tests")
    assert f"\x1b[1mtests/test_a.py\x1b[0m{CYAN}:1:1: \x1b[0m{RED}\x1b[1mcopy of\x1b[0m" in found
    diff = on_terminal("migrate", "--dry-run", "tests/test_a.py")
    assert f"{RED}-class TestWebSocketConnection:\x1b[0m" in diff
    assert f"{GREEN}+from test_framework" in diff
    assert f"{CYAN}@@ -" in diff


@pytest.mark.parametrize(
    ("arguments", "environment", "has_colour"),
    [
        (["check"], {}, False),
        (["check", "--color", "always"], {}, True),
        (["--color", "always", "check"], {}, True),
        (["--color", "always", "check", "--color", "never"], {}, False),
        (["check"], {"FORCE_COLOR": "1"}, True),
        (["check"], {"FORCE_COLOR": ""}, False),
        (["check"], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (["check", "--color", "auto"], {"FORCE_COLOR": "1"}, True),
        (["check", "--color", "always"], {"NO_COLOR": "1"}, True),
        (["check", "--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["migrate", "--dry-run"], {"FORCE_COLOR": "1"}, True),
        (["analyze", "--list"], {"FORCE_COLOR": "1"}, False),
        (["report", "--format", "markdown"], {"FORCE_COLOR": "1"}, False),
        (["check", "--format", "json"], {"FORCE_COLOR": "1"}, False),
        (["check", "--format", "github"], {"FORCE_COLOR": "1"}, False),
        (["report", "--format", "html"], {"FORCE_COLOR": "1"}, False),
        (["chekc"], {}, False),
        (["chekc"], {"FORCE_COLOR": "1"}, True),
        (["check", "--nothing"], {"FORCE_COLOR": "1"}, True),
        (["check", "--color", "always", "--update"], {}, True),
        (["check", "--color", "never", "--update"], {"FORCE_COLOR": "1"}, False),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list | dict) else str(value),
)
def test_who_gets_colours(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    environment: dict[str, str],
    has_colour: bool,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    code, out, err = outcome(*arguments)
    assert bool(ESCAPE.search(err if code == 2 else out)) == has_colour


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colours(root: Path, environment: dict[str, str]) -> None:
    assert "\x1b" not in on_terminal("check", environment=environment)


@pytest.mark.parametrize("arguments", ["check", "check --diff", "migrate --dry-run", "analyze -v"])
def test_no_escape_of_a_repository_reaches_a_terminal(root: Path, arguments: str) -> None:
    shown = on_terminal(*arguments.split())
    assert ESCAPE.search(shown)
    assert EVIL not in shown
    assert r"\x1b[31;1m" in shown or r"\033[31;1m" in shown


@pytest.mark.parametrize("code", list(Code), ids=lambda code: code.value)
def test_each_code_has_a_colour(code: Code) -> None:
    assert f"{RED}\x1b[1m{code.value}\x1b[0m message" in coloured(
        f"a b.py:1:20: {code.value} message"
    )


# --- the width


def test_what_is_printed_has_nothing_that_a_terminal_obeys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_text(f"a{EVIL}\r\nb\u202e\n")
    print_page(f"a{EVIL}\n")
    assert capsys.readouterr().out == "a\\x1b[31;1m\\r\nb\\u202e\na\\x1b[31;1m\n"


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_fits_into_80_columns(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = outcome(*filter(None, [verb, "--help"]))[1]
    assert [line for line in text.splitlines() if len(line) > 80] == []


TEXTS = [
    *("analyze -v", "analyze --variants", "check -v", "status", "accept", "explain", "explain -v"),
    *("init", "doctor tests", "migrate --verify -v tests", "status --history", "rollback --list"),
    *("migrate --dry-run -q tests", "baseline --runs 1 tests", "warm --no-cold tests"),
]


def test_no_text_is_cut_in_a_word(root: Path) -> None:
    """But diffs, commands to be copied, and words longer than a line."""
    for verb in TEXTS:
        for line in lines(on_terminal(*verb.split())):
            kept = re.match(r"[-+ @]|(.*: )?(ssot-codemods|git|ruff|grep) ", line)
            assert len(line) <= 80 or kept or " " not in line.strip(), (verb, line)


def test_long_lines_stay_whole_in_a_pipe(root: Path) -> None:
    assert max(map(len, outcome("analyze", "-v")[1].splitlines())) > 100


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("one two three", ["one two", "three"]),
        ("a.py:1:1: code one two", ["a.py:1:1:", "    code", "    one two"]),
        ("  one two three", ["  one two", "  three"]),
        ("  1  name  can go", ["  1  name", "      can", "      go"]),
        ("averyverylongword", ["averyverylongword"]),
        ("to undo: ssot-codemods rollback R", ["to undo: ssot-codemods rollback R"]),
        ("+    a line of a diff", ["+    a line of a diff"]),
        ("", [""]),
    ],
)
def test_lines_are_wrapped_between_words(line: str, expected: list[str]) -> None:
    assert wrapped(line, 11) == expected


# --- the options of each verb


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_the_options_of_all(verb: str) -> None:
    command = main.get_command(click.Context(main), verb)
    assert command is not None
    options = {name for p in command.params for name in p.opts}
    assert {"-q", "--quiet", "-v", "--verbose", "--color"} <= options
    assert ("--jobs" in options) == ("-j" in options)
    text = outcome(verb, "--help")[1]
    assert f"\n  Examples:\n    ssot-codemods {verb}" in text
    codes = " ".join(text[text.rindex("\n  Exit codes: ") :].split())
    assert re.fullmatch(r"Exit codes: 0 OK; .*\b2 usage error; 3 .*; 130 interrupted\.", codes)


QUIET = {
    "analyze": (
        3,
        r"8 Python files, 3 definitions in 3: .*\n\ntests/test_d.py:\S+ syntax-error .*\n",
    ),
    "check": (3, r"(tests/\S+ (copy of|syntax-error) .*\n){3}"),
    "check --exit-zero tests/test_a.py": (0, r"tests/test_a.py:1:1: copy of .*\n"),
    "explain": (0, r"([a-z-]+\n)+"),
    "explain escapes": (0, r"The file changes .*\n"),
    "init": (0, r""),
    "rollback --list": (0, r""),
    "accept --exit-zero": (0, r"not accepted: .*\n"),
    "accept": (1, r"not accepted: .*\n"),
}


@pytest.mark.parametrize("verb", QUIET)
def test_quiet(root: Path, verb: str) -> None:
    code, pattern = QUIET[verb]
    done = outcome(*verb.split(), "-q")
    assert done[0] == code
    assert re.fullmatch(pattern, done[1]), done


def test_quiet_has_no_progress(root: Path) -> None:
    assert "[###" in on_terminal("analyze")
    assert "[###" not in on_terminal("analyze", "-q")


def test_verbose(root: Path) -> None:
    assert "escapes" not in outcome("check")[1]
    assert re.search(r"tests/test_c.py:23:6: escapes ", outcome("check", "-v")[1])
    assert len(outcome("explain", "-v")[1]) > 3 * len(outcome("explain")[1])
    run = ("migrate", "--skip-probe", "tests/test_a.py")
    assert outcome(*run)[0] == 0
    assert "\n  tests/test_a.py\n" in outcome("rollback", "--list", "-v")[1]
    assert "restored: tests/test_a.py\n" in outcome("rollback", "-v")[1]


def test_quiet_and_verbose_cancel_out(root: Path) -> None:
    assert outcome("check", "-q", "-v") == outcome("check")


def test_exit_zero_is_not_for_files_that_fail(root: Path) -> None:
    assert outcome("check")[0] == 3
    assert outcome("check", "--exit-zero")[0] == 3
    assert outcome("check", "tests/test_a.py")[0] == 1
    assert outcome("check", "--exit-zero", "tests/test_a.py")[0] == 0


def test_no_share_of_files_that_all_failed(root: Path) -> None:
    assert outcome("check", "tests/test_d.py")[1].splitlines()[1:] == [
        "Compliant Files: 0/0",
        "Copies Left: 0",
    ]


def test_each_run_of_the_tests_is_named(root: Path) -> None:
    """Which one it is, in which state, and how many tests of how many."""
    shown = on_terminal("migrate", "--verify", "tests/test_a.py")
    run = json.loads(outcome("rollback", "--list", "--format", "json")[1])["runs"][0]["id"]
    assert f"verifying run {run}\n" in shown
    assert re.search(r"\rfiles  \[#+-*\]  (\d+) of \1", shown)
    assert re.search(r"test run 1  \[#+-*\]  1 of 1", shown)
    assert re.search(r"test run 2  \[#+-*\]  1 of 1", shown)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("arguments", ["--help", "--version", "check --help", "explain"])
def test_a_full_disk_behind_the_help(arguments: str) -> None:
    command = [*MODULE, *arguments.split()]
    variables = {**os.environ, "PYTHONUNBUFFERED": ""}  # so that Python writes as it ends, too
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, env=variables, check=False, timeout=60
        )
    assert (done.returncode, done.stderr) == (3, b"Error: [Errno 28] No space left on device\n")


# --- completion


def completed(words: str, number: int) -> set[str]:
    variables = {"COMP_WORDS": words, "COMP_CWORD": str(number)}
    done = subprocess.run(
        MODULE,
        env={**os.environ, **variables, "_SSOT_CODEMODS_COMPLETE": "bash_complete"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return {line.partition(",")[2] for line in done.stdout.splitlines()}


def test_completion() -> None:
    assert completed("ssot-codemods ", 1) >= set(VERBS)
    assert completed("ssot-codemods explain different-", 2) == {
        *("different-globals", "different-shape")
    }
    assert completed("ssot-codemods check --format g", 3) == {"github", "gitlab"}
    assert completed("ssot-codemods check --col", 2) == {"--color"}
