"""`check --ratchet`: what may be left, and that it only gets less."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from codemods.cli import main
from tests.test_resembling import MODULE, SOCKET

FILE = "left.json"
RENAMED = SOCKET.replace("Socket", "Fake")
NEAR = SOCKET.replace("[-1]", "[0]")
USE = "\n\ndef test_it():\n    assert {}().sent == []\n"
SETTINGS = '[tool.ssot-codemods]\nmodules = ["tests.helpers"]\n'


def write(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a repository with one of each, and be there."""
    monkeypatch.chdir(tmp_path)
    write(
        {
            "pyproject.toml": SETTINGS,
            "tests/helpers.py": MODULE,
            "tests/test_a.py": SOCKET + USE.format("Socket"),
            "tests/test_b.py": RENAMED + USE.format("Fake"),
            "tests/unit/test_c.py": NEAR + USE.format("Socket"),
            "tests/unit/test_d.py": "def test_it():\n    pass\n",
        }
    )
    return tmp_path


def check(*arguments: str, file: str = FILE) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["check", "--ratchet", file, *arguments])
    if not isinstance(result.exception, SystemExit | None):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def update(*arguments: str) -> tuple[int, str, str]:
    return check("--update", *arguments)


def content() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(Path(FILE).read_bytes())
    assert values.pop("schema") == "ssot-codemods/ratchet/3"
    found: dict[str, Any] = values.pop("allowed")
    assert values == {}
    return found


FIRST = {
    "tests.helpers.Socket": {
        "copy": {"tests/test_a.py": 1},
        "near-copy": {"tests/unit/test_c.py": 1},
        "renamed-copy": {"tests/test_b.py": 1},
    }
}


def test_what_is_there_is_allowed() -> None:
    code, out, err = update()
    assert (code, err) == (0, "")
    assert out.endswith("left.json: 3 left, with renamed and near copies; 3 allowed\n")
    assert content() == FIRST
    before = Path(FILE).read_bytes()
    assert check() == (0, out, "")
    assert check("-v")[1].startswith("tests/unit/test_c.py:10:5: different-shape `last` differs: ")
    assert update() == (0, out, "")
    assert Path(FILE).read_bytes() == before
    # It is sorted, and has a line for each file.
    lines = before.decode().splitlines()
    assert lines[:2] == ["{", ' "schema": "ssot-codemods/ratchet/3",']
    assert '    "tests/test_a.py": 1' in lines


def test_no_file() -> None:
    code, out, err = check()
    assert (code, out) == (2, "")
    assert "left.json does not exist: run again with --update" in err
    assert not Path(FILE).exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            SOCKET + USE.format("Socket"),
            "copy of `tests.helpers.Socket`; to fix it: ssot-codemods migrate tests/test_new.py",
        ),
        (
            RENAMED + USE.format("Fake"),
            "renamed-copy it is `tests.helpers.Socket` under another name; to fix it: add "
            "`Fake = Socket` to `tests.helpers`, then ssot-codemods migrate tests/test_new.py",
        ),
        (
            NEAR + USE.format("Socket"),
            "near-copy it is `tests.helpers.Socket` but for `last`; to fix it: make it equal "
            "(ssot-codemods analyze --variants tests/test_new.py shows the difference), then "
            "ssot-codemods migrate tests/test_new.py",
        ),
    ],
    ids=["copy", "renamed", "near"],
)
def test_one_more_fails(text: str, line: str) -> None:
    update()
    write({"tests/test_new.py": text})
    before = Path(FILE).read_bytes()
    code, out, _ = check()
    assert code == 1
    assert out.startswith(f"tests/test_new.py:1:1: {line}\n")
    assert out.endswith("left.json: 4 left, with renamed and near copies; 3 allowed\n")
    assert check("-q")[1] == f"tests/test_new.py:1:1: {line}\n"
    assert check("--exit-zero")[0] == 0
    # Each code host shows the command.
    annotation = check("--format", "github")[1]
    assert annotation.startswith("::error file=tests/test_new.py,line=1,endLine=11,")
    assert annotation.endswith(f"::{line}\n")
    (row,) = json.loads(check("--format", "sarif")[1])["runs"][0]["results"]
    (issue,) = json.loads(check("--format", "gitlab")[1])
    for found in (row["message"]["text"], issue["description"]):
        assert found.endswith("ssot-codemods migrate tests/test_new.py")
    values = json.loads(check("--format", "json")[1])["ratchet"]
    assert [d["path"] for d in values["excess"]] == ["tests/test_new.py"]
    # It does not get into the file, unless it is forced.
    code, _, err = update()
    assert (code, err) == (
        1,
        f"{FILE} allows no more than before: --force raises it to what is there\n",
    )
    assert Path(FILE).read_bytes() == before
    assert update("--force")[::2] == (0, "")
    assert check()[0] == 0


def test_the_advice_helps() -> None:
    update()
    write({"tests/test_new.py": RENAMED + USE.format("Fake")})
    assert check()[0] == 1
    with Path("tests/helpers.py").open("a") as file:
        file.write("\n\nFake = Socket\n")
    fix = CliRunner().invoke(main, ["migrate", "--skip-probe", "tests/test_new.py"])
    assert fix.exit_code == 0, fix.output
    assert "from tests.helpers import Fake\n" in Path("tests/test_new.py").read_text()


def test_numbers_fall() -> None:
    update()
    CliRunner().invoke(main, ["migrate", "--skip-probe", "tests/test_a.py"])
    code, out, _ = check("tests")
    assert code == 0
    assert out.splitlines()[-2:] == [
        "left.json: 2 left, with renamed and near copies; 3 allowed",
        "To lower it: ssot-codemods check --update --ratchet left.json tests",
    ]
    assert content() == FIRST
    assert update()[0] == 0
    assert "copy" not in content()["tests.helpers.Socket"]
    # What is gone is not to come back.
    write({"tests/test_a.py": SOCKET + USE.format("Socket")})
    assert check()[0] == 1


def test_one_may_not_take_the_place_of_another() -> None:
    update()
    write({"tests/test_new.py": SOCKET + USE.format("Socket"), "tests/test_a.py": "\n"})
    code, out, _ = check()
    assert (code, out.partition(":")[0]) == (1, "tests/test_new.py")
    # The other numbers are lowered all the same.
    write({"tests/test_b.py": "\n"})
    assert update()[0] == 1
    assert content() == {
        "tests.helpers.Socket": {
            k: v for k, v in FIRST["tests.helpers.Socket"].items() if k != "renamed-copy"
        }
    }


def test_a_file_may_be_moved() -> None:
    update()
    Path("tests/test_a.py").rename("tests/unit/test_moved.py")
    for paths in ([], ["tests/unit"], ["tests/unit/test_moved.py"]):
        assert check(*paths)[0] == 0
    # It counts once.
    write({"tests/test_more.py": SOCKET + USE.format("Socket")})
    code, out, _ = check()
    assert (code, out.count("copy of")) == (1, 2)
    Path("tests/test_more.py").unlink()
    assert update()[0] == 0
    assert content()["tests.helpers.Socket"]["copy"] == {"tests/unit/test_moved.py": 1}


def test_a_run_over_some_files() -> None:
    """It is held to what is allowed in these, and leaves the rest of the file alone."""
    update()
    assert check("tests/unit")[1].endswith("1 left, with renamed and near copies; 1 allowed\n")
    write({"tests/test_a.py": "\n", "tests/unit/test_c.py": "\n"})
    assert update("tests/unit")[0] == 0
    assert content() == {
        "tests.helpers.Socket": {
            k: v for k, v in FIRST["tests.helpers.Socket"].items() if k != "near-copy"
        }
    }
    write({"tests/unit/test_d.py": RENAMED})
    assert check("tests/test_b.py")[0] == 0
    assert check("tests/unit/test_d.py")[0] == check()[0] == 1


def test_from_a_subfolder(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    update()
    monkeypatch.chdir(root / "tests/unit")
    assert check(file="../../left.json")[0] == 0
    write({"test_d.py": RENAMED})
    code, out, _ = check(file="../../left.json")
    assert (code, out.partition(":")[0]) == (1, "test_d.py")


def test_more_of_one_in_a_file() -> None:
    write({"tests/test_a.py": f"def test_it():\n    if 1:\n        pass\n\n\n{SOCKET}"})
    update()
    nested = "".join(f"    {line}" for line in SOCKET.splitlines(keepends=True))
    write({"tests/test_a.py": f"{SOCKET}\n\ndef test_it():\n{nested}    Socket()\n"})
    code, out, _ = check()
    assert (code, out.count("tests/test_a.py:")) == (1, 2)
    assert update("--force")[0] == 0
    assert content()["tests.helpers.Socket"]["copy"] == {"tests/test_a.py": 2}


def test_a_file_that_fails_keeps_its_numbers() -> None:
    update()
    write({"tests/test_a.py": SOCKET + "(\n"})
    assert update()[0] == 3
    assert content() == FIRST


def test_the_names_of_files_are_kept(tmp_path: Path) -> None:
    evil = os.fsdecode(b'tests/test_\xff\n\x1b"\\.py')
    write({evil: SOCKET + USE.format("Socket")})
    assert update()[0] == 0
    assert content()["tests.helpers.Socket"]["copy"][evil] == 1
    assert Path(FILE).read_bytes().isascii()
    assert check()[0] == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("[]", "its schema is not"),
        ('{"schema": "ssot-codemods/check/3"}', "its schema is not"),
        ('{"schema": "ssot-codemods/ratchet/3"}', "no 'allowed'"),
        ('{"schema": "ssot-codemods/ratchet/3", "allowed": {"a": {"copy": {"b": "1"}}}}', "int"),
        ('{"schema": "ssot-codemods/ratchet/3", "allowed": {"a": {"copy": {"b": -1}}}}', "below 0"),
        (
            '{"schema": "ssot-codemods/ratchet/3", "allowed": {"a": {"copy": {"b": 1, "b": 9}}}}',
            "'b' stands in it twice",
        ),
        ("[" * 100_000, ""),  # how deep is too deep is said by each Python in its own words
        ("<<<<<<< HEAD\n", "Expecting value"),
    ],
    ids=lambda value: value[:60],
)
def test_a_file_of_something_else_stays(text: str, why: str) -> None:
    write({FILE: text})
    for arguments in ([], ["--update"], ["--update", "--force"]):
        code, out, err = check(*arguments)
        assert (code, out) == (2, "")
        assert err.startswith("Error: left.json is no file of --ratchet: ")
        assert why in err
        assert Path(FILE).read_text() == text


def test_nothing_is_written_elsewhere(tmp_path: Path, root: Path) -> None:
    outside = tmp_path.parent / "outside.json"
    outside.write_text("mine")
    Path("link.json").symlink_to(outside)
    Path("folder").symlink_to(tmp_path.parent)
    for file in ("../outside.json", str(outside), "folder/outside.json", "link.json"):
        code, _, err = check("--update", "--force", file=file)
        assert code == 2, err
    assert outside.read_text() == "mine"
    os.mkfifo("fifo")
    assert check(file="fifo")[0] == 2
    assert check("--update", file="new folder/left.json")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        *(["--update"], ["--ratchet", FILE, "--force"], ["--ratchet", FILE, "-"]),
        ["--ratchet", FILE, "--update", "-"],
    ],
    ids=" ".join,
)
def test_options_that_do_not_go_together(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, ["check", *arguments], input="")
    assert result.exit_code == 2
    assert not Path(FILE).exists()


def test_branches_are_merged_as_text(root: Path) -> None:
    """Of two that each lower a number, far enough apart: both are lowered."""
    who = ("-c", "user.name=a", "-c", "user.email=a@b")

    def git(*arguments: str) -> None:
        subprocess.run(["git", *who, *arguments], check=True, capture_output=True, timeout=60)

    names = [f"tests/test_{n}.py" for n in range(9)]
    write(dict.fromkeys(names, SOCKET + USE.format("Socket")))
    update()
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "x")
    for branch, name in (("one", names[1]), ("two", names[7])):
        git("checkout", "-qb", branch, "main")
        write({name: "\n"})
        update()
        git("commit", "-qam", branch)
    git("merge", "-q", "one")
    assert check()[0] == 0
    left = content()["tests.helpers.Socket"]["copy"]
    assert set(left) == {"tests/test_a.py", *names} - {names[1], names[7]}
