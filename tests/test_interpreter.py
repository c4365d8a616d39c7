"""Which interpreter starts pytest."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from codemods.cli import main
from tests.tools import COPY, write_shared

USE = "\n\ndef test_it():\n    ws = TestWebSocketConnection()\n    assert ws.is_connected\n"
VERBS = {
    "adopt make": ("--in", ".", "--in"),
    "baseline": ("--runs", "1"),
    "doctor": (),
    "migrate": ("--allow-dirty",),
    "migrate --verify": ("--allow-dirty", "--skip-probe"),
    "verify": (),
    "warm": ("--no-cold", "--jobs", "1"),
}


def interpreter(folder: Path) -> Path:
    """Make an interpreter that is ours, and leaves a file where it was started."""
    path = folder / "bin/python"
    path.parent.mkdir(parents=True)
    path.write_text(f'#!/bin/sh\ntouch "{folder}/started"\nexec "{sys.executable}" "$@"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "suite"
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    pasted = "\n\ndef make():\n    return [1, 2]\n\n\ndef test_make():\n    make()\n"
    (folder / "test_a.py").write_text(COPY + USE + pasted)
    (folder / "test_b.py").write_text(pasted)
    write_shared(folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    return folder


@pytest.mark.parametrize("verb", VERBS)
def test_the_virtual_environment_of_the_repository_starts_pytest(root: Path, verb: str) -> None:
    python = interpreter(root / ".venv")
    result = CliRunner().invoke(main, [*verb.split(), *VERBS[verb], "test_a.py"])
    assert result.exit_code == 0, result.output
    assert f"pytest is started with {python}: --python takes another one\n" in result.stderr
    assert (root / ".venv/started").exists()


@pytest.mark.parametrize("verb", VERBS)
def test_the_active_environment_comes_first_and_an_option_before_it(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    interpreter(root / ".venv")
    interpreter(tmp_path / "active")
    named = interpreter(tmp_path / "named")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    arguments = [*verb.split(), *VERBS[verb], "test_a.py"]
    result = CliRunner().invoke(main, [*arguments, "--python", str(named)])
    assert result.exit_code == 0, result.output
    assert [(f / "started").exists() for f in (root / ".venv", tmp_path / "active")] == [False] * 2
    assert (tmp_path / "named/started").exists()
    CliRunner().invoke(main, ["warm", "--no-cold"])
    assert (tmp_path / "active/started").exists()
    assert not (root / ".venv/started").exists()


@pytest.mark.parametrize("folder", ["gone", sys.prefix], ids=["gone", "our own"])
def test_an_environment_of_which_nothing_is_said(
    root: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(root / folder))
    result = CliRunner().invoke(main, ["verify"])
    assert (result.exit_code, "pytest is started with" in result.stderr) == (0, False)


def test_an_interpreter_without_pytest_is_named(root: Path) -> None:
    python = interpreter(root / ".venv")
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "$@"\n')
    result = CliRunner().invoke(main, ["verify"])
    assert result.exit_code == 2
    assert f"{python} has no pytest" in result.stderr
