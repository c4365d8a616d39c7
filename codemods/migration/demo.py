"""A whole migration, on a copy of the bundled sample suite in a temporary git checkout."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from codemods.bundled import copy_sample_suite
from codemods.disk.git import run_git


class Step(NamedTuple):
    """One command, its purpose, and the exit code that is expected."""

    title: str
    command: str
    expected: int = 0


_COMMIT = "git add -A && git commit -q -m"
_ROLLBACK = Step("Undo it", "ssot-codemods rollback")

STEPS: tuple[Step, ...] = (
    Step("See what is pasted", "ssot-codemods discover mission_critical"),
    Step("Share it", "ssot-codemods adopt TestWebSocketConnection --in mission_critical"),
    Step(
        "Get ready for libcst.tool, and count the copies",
        f"ssot-codemods init -q && {_COMMIT} 'Share it' && ssot-codemods analyze -q",
    ),
    Step(
        "See one change",
        "ssot-codemods migrate -q --dry-run mission_critical/test_supervisor_ordering.py",
        1,
    ),
    Step("Change all, prove it", "ssot-codemods migrate -q --verify mission_critical"),
    Step("Keep it so, in CI", "ssot-codemods check mission_critical"),
    _ROLLBACK,
)
#: One file of the suite does not parse, so the verbs that read it exit with 3.
FULL_STEPS: tuple[Step, ...] = (
    Step("Get ready", f"ssot-codemods init && {_COMMIT} 'Get ready'"),
    Step("Measure collection", "ssot-codemods baseline --runs 3 --save before"),
    Step("See each copy", "ssot-codemods analyze", 3),
    Step("See one change", "ssot-codemods migrate --dry-run --max-files 1", 3),
    Step("Change all, prove it", "ssot-codemods migrate --verify", 3),
    Step("Keep it so, in CI", "ssot-codemods check", 3),
    Step("Measure it again", "ssot-codemods baseline --runs 3 --compare before"),
    Step("Report", "ssot-codemods report --compare-baseline before"),
    _ROLLBACK,
)


#: What the environment of the user says of git, pytest and its interpreter.
_NOT_TAKEN = ("GIT_", "PYTEST_", "VIRTUAL_ENV")


def demo(
    folder: Path,
    steps: Sequence[Step],
    say: Callable[[str], None],
    *,
    options: Sequence[str] = (),
    is_quiet: bool = False,
) -> int:
    """Walk through a migration in an empty folder, and tell each step before it is run.

    Each of our own commands is started with the `options`; where `is_quiet`, what the commands
    print is thrown away, but for errors. Returns 0, or the exit code of the first one that did not
    end as expected.
    """
    copy_sample_suite(folder)
    environment = _commit(folder)
    for number, step in enumerate(steps, start=1):
        gap = "\n" if number > 1 else ""
        say(f"{gap}{number}. {step.title}: {step.command}\n")
        code = _run(step.command, folder, environment, options, is_quiet)
        if code != step.expected:
            say(f"\nexit code {code}, expected {step.expected}\n")
            return code or 1
    return 0


def _commit(folder: Path) -> dict[str, str]:
    """Make the folder a git checkout, and return the environment of the steps.

    Neither has the user's settings for git, options for pytest or virtual environment.
    """
    name = {"GIT_AUTHOR_NAME": "demo", "GIT_COMMITTER_NAME": "demo"}
    mail = {"GIT_AUTHOR_EMAIL": "demo@localhost", "GIT_COMMITTER_EMAIL": "demo@localhost"}
    environment = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_TAKEN)}
    environment |= {**name, **mail, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    run_git(folder, "init", "-q", environment=environment)
    run_git(folder, "add", "-A", environment=environment)
    run_git(folder, "commit", "-q", "-m", "A suite as found", environment=environment)
    return environment


def _run(
    command: str, folder: Path, environment: dict[str, str], options: Sequence[str], is_quiet: bool
) -> int:
    code = 0
    stdout = subprocess.DEVNULL if is_quiet else None
    for part in command.split(" && "):
        arguments = shlex.split(part)
        if arguments[0] == "ssot-codemods":
            arguments = [sys.executable, "-m", "codemods", *arguments[1:], *options]
        done = subprocess.run(arguments, cwd=folder, env=environment, stdout=stdout, check=False)
        code = code or done.returncode
    return code
