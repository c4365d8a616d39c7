"""The history as a file that is committed: what the verbs say of it, here and in a fresh clone."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from codemods.cli import main
from codemods.disk.journal import Change, Journal
from codemods.model import RunState
from tests.tools import COPY, write_shared

USE = "\n\ndef test_it():\n    assert TestWebSocketConnection().is_connected\n"
SETTINGS = '[tool.ssot-codemods]\nevidence = "docs/evidence.jsonl"\n'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    for name in ("a", "b"):
        path = folder / f"tests/unit/test_{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(COPY + USE)
    (folder / "pyproject.toml").write_text(SETTINGS)
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    (folder / ".gitignore").write_text("__pycache__/\n.pytest_cache/\n")
    write_shared(folder)
    monkeypatch.chdir(folder)
    _git("init", "-q")
    _commit()
    return folder


def _git(*arguments: str) -> None:
    name = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", *name, *arguments], check=True, capture_output=True)


def _commit() -> None:
    _git("add", "-A")
    _git("commit", "-q", "-m", "x")


def _run(*arguments: str, code: int | None = 0) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert code in (result.exit_code, None), result.output
    return result


VERBS: Sequence[tuple[str, ...]] = (
    ("status",),
    ("status", "--format", "json"),
    ("status", "--history"),
    ("accept",),
    ("report",),
    ("report", "--format", "json", "tests/unit"),
    ("report", "--compare-baseline", "before", "tests/unit"),
)


def _said() -> list[str]:
    """Return what the verbs print, without the time of now."""
    outputs = (_run(*verb, code=None) for verb in VERBS)
    return [_without_time(output.stdout + output.stderr) for output in outputs]


def test_a_fresh_clone_says_the_same(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _run("baseline", "--runs", "1", "--save", "before", "tests/unit")
    _run("migrate", "--skip-probe", "--max-files", "1", "tests/unit")
    said = _run("migrate", "--skip-probe", "--verify", "tests/unit").stdout
    assert "all outcomes unchanged" in said
    status = _run("status").stdout
    assert "1 of 2 runs verified, 1 of 2 changed files; 2 of 2 collected tests were" in status
    assert "**Not done**: 1 of 2 runs not verified.\n" in _run("report").stdout
    _commit()
    here = _said()
    _git("clone", "-q", str(root), str(root.with_name("there")))
    monkeypatch.chdir(root.with_name("there"))
    assert _said() == here
    assert not Path(".ssot-codemods").exists()


def test_a_summary_names_the_file_of_the_whole_report(root: Path) -> None:
    _run("migrate", "--skip-probe", "--verify")
    for name, start in (("all.html", "<!DOCTYPE html>"), ("all.json", "{\n")):
        output = root.parent / name
        said = _run("report", "--summary", "--output", str(output)).stdout
        assert said.startswith(
            "# `here`: migration to shared definitions\n\n**Done**: no copy left"
        )
        assert said.endswith(f"\n\nThe whole report: `{output}`\n")
        assert output.read_text().startswith(start)
        assert _run("report", "--output", str(output)).stdout.count("\n## ") > 3
    for form in ("html", "json", "md"):
        output = root.parent / f"only.{form}"
        format_ = [] if form == "md" else ["--format", form]
        done = _run("report", *format_, "--output", str(output))
        assert (done.stdout, done.stderr) == ("", f"wrote {output}\n")
        assert _run("report", "-q", *format_, "--output", str(output)).stderr == ""
        same = output.read_text()
        assert _without_time(_run("report", *format_).stdout) == _without_time(same)
    for form in ("html", "json"):
        same = (root.parent / f"all.{form}").read_text()
        assert _without_time(_run("report", "--format", form).stdout) == _without_time(same)
    error = _run("report", "--summary", "--format", "json", code=2).stderr
    assert "--summary cannot be combined with --format" in error
    assert _run("report", "--output", "no/folder/report.html", code=3).stdout == ""
    full = _run("report", "--output", "/dev/full", code=3)
    assert (full.stdout, full.stderr.endswith("No space left on device: '/dev/full'\n")) == (
        "",
        True,
    )


def _without_time(text: str) -> str:
    return re.sub(r'looked at; .* UTC|"time": "[^"]*",\n  "paths"', "", text)


def test_every_run_is_verified_then(root: Path) -> None:
    _run("migrate", "--skip-probe", "--max-files", "1")
    _run("migrate", "--skip-probe", "--max-files", "1")
    for number in (1, 0):
        (command,) = re.findall(r"ssot-codemods (verify --run \S+)\n", _run("status").stdout)
        _run(*command.split())
        assert ("1 of 2 runs verified" in _run("status").stdout) == bool(number)
    assert "2 of 2 runs verified; 2 tests compared, of an unknown number" in _run("status").stdout
    _run("rollback")
    assert "1 of 1 run verified; 2 tests compared, of an unknown number" in _run("status").stdout


def test_a_changed_file_of_which_no_test_runs(root: Path) -> None:
    test = root / "tests/unit/test_a.py"
    test.write_text(f"import pytest\n\npytestmark = pytest.mark.skip\n{test.read_text()}")
    _commit()
    _run("migrate", "--skip-probe", "--verify")
    for verb in ("status", "report"):
        assert "no test runs of 1 changed file" in _run(verb).stdout


def test_a_changed_file_that_was_edited_before_its_verification(root: Path) -> None:
    run = json.loads(_run("migrate", "--skip-probe", "--format", "json").stdout)["run"]
    test = root / "tests/unit/test_a.py"
    written = test.read_text()
    test.write_text(f"{written}\n# edited\n")
    _run("verify")
    assert "0 of 1 run verified, 1 of 2 changed files" in _run("status").stdout
    reason = "edited since the run: tests/unit/test_a.py"
    step = f"not measured yet: ssot-codemods verify --run {run} ({reason})\n"
    assert step in _run("status").stdout
    assert f"| `{run}` | 1 of 2 | `{reason}` |\n" in _run("report").stdout
    test.write_text(written)  # as `git stash` does
    _run("verify")
    test.write_text(f"{written}\n# edited\n")
    assert "1 of 1 run verified; " in _run("status").stdout


def test_a_run_that_was_resumed_is_told(root: Path) -> None:
    path = root / "tests/unit/test_a.py"
    journal = Journal(root)
    with journal.lock():
        run = journal.begin(
            "migrate", [Change("tests/unit/test_a.py", path.read_bytes(), b"import os\n", 0o644)]
        )
    assert journal.run(run.id).state is RunState.UNFINISHED
    assert "No run is recorded here." in _run("report", code=None).stdout
    _run("migrate", "--resume", run.id)
    assert f"| `{run.id}` |" in _run("report").stdout


def test_damage_is_named_and_nothing_is_accepted(root: Path) -> None:
    _run("migrate", "--skip-probe")
    with (root / "docs/evidence.jsonl").open("a") as file:
        file.write("<<<<<<< HEAD\n")
    damage = "not counted: docs/evidence.jsonl:2: not a record of the history: "
    for verb, code in (("status", 0), ("report", 0), ("accept", 1)):
        result = _run(verb, code=code)
        assert damage in result.stderr
        assert "not verified" in result.stdout.lower() or "0 of 1 run verified" in result.stdout


def test_a_run_that_was_not_recorded_is_named(root: Path) -> None:
    """As after a kill between the last write and the record."""
    _run("migrate", "--skip-probe")
    (root / "docs/evidence.jsonl").unlink()
    (run,) = Journal(root).runs()
    lost = f"not counted: run {run.id} of the journal is not in the history"
    for verb, code in (("status", 0), ("report", 0), ("accept", 1)):
        assert lost in _run(verb, code=code).stderr
    _git("checkout", "tests")  # as on another branch
    assert lost not in _run("status").stderr
    assert lost not in _run("accept", code=1).stderr
