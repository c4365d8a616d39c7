"""The commands of the golden path, which are to give the same before and after."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from codemods.measure.process import run_process

#: As timeout(1) has it.
TIMED_OUT = 124


class ExitCodes(NamedTuple):
    """The exit codes of a command before a change and after; None where it was not run."""

    before: int | None
    after: int | None


def run_commands(commands: Sequence[str], root: Path, timeout: float | None) -> dict[str, int]:
    """Run commands one after the other, without a shell; each for `timeout` seconds at most.

    Returns the exit code of each: the negative number of a signal that ended it, 124 where it did
    not end in time. One that cannot be started is a `MeasureError`.
    """
    codes = {}
    with tempfile.TemporaryDirectory(prefix="ssot-codemods-") as folder:
        out = Path(folder, "output")
        for command in commands:
            ended = run_process(shlex.split(command), root, os.environ, timeout, out)
            codes[command] = TIMED_OUT if ended.timed_out else ended.exit_code
    return codes
