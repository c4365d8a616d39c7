"""The commands of the golden path."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from codemods.measure.model import MeasureError
from codemods.measure.process import TIMED_OUT, run_commands


def test_each_command_gives_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "a b.py").write_text("import sys; sys.exit(int(sys.argv[1]))\n")
    commands = [f"{sys.executable} 'a b.py' {code}" for code in (0, 3)]
    assert run_commands(commands, tmp_path, 60) == {commands[0]: 0, commands[1]: 3}


def test_one_that_does_not_end_is_ended(tmp_path: Path) -> None:
    command = f"{sys.executable} -c 'while True: pass'"
    assert run_commands([command], tmp_path, 0.5) == {command: TIMED_OUT}


def test_one_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="no-such-command cannot be started"):
        run_commands(["no-such-command"], tmp_path, 60)
