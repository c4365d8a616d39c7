"""A whole migration, on a copy of the bundled sample suite in a temporary git checkout."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from codemods.disk.git import run_git
from codemods.model import UsageError
from codemods.settings import bundled_suite

#: What is run, in this order, each with the exit code that it has when all goes well. One file of
#: the suite does not parse, so the verbs that read it exit with 3; that is part of the show.
STEPS: tuple[tuple[int, str], ...] = (
    (0, "ssot-codemods init"),
    (0, "git add -A"),
    (0, "git commit -q -m 'Add the shared module'"),
    (0, "ssot-codemods baseline --runs 3 --save before"),
    (3, "ssot-codemods analyze"),
    (3, "ssot-codemods migrate --dry-run --max-files 1"),
    (3, "ssot-codemods migrate --verify"),
    (3, "ssot-codemods check"),
    (0, "ssot-codemods baseline --runs 3 --compare before"),
    (0, "ssot-codemods report --compare-baseline before"),
    (0, "ssot-codemods rollback"),
)

#: What runs in the bundled suite itself may have left there.
_NOT_TAKEN = ("GIT_", "PYTEST_", "VIRTUAL_ENV")
_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".ssot-codemods")


def demo(folder: Path, say: Callable[[str], None]) -> int:
    """Walk through a migration.

    Args:
        folder: an empty folder to work in.
        say: takes each command before it is run.

    Returns:
        0, or the exit code of the first command that did not end as expected.

    Raises:
        UsageError: git is not installed or fails, or the sample suite is not installed.

    """
    suite = bundled_suite()
    if suite is None:
        raise UsageError("this installation does not have the sample suite")
    shutil.copytree(suite, folder, dirs_exist_ok=True, ignore=_NOT_COPIED)
    environment = _commit(folder)
    for expected, step in STEPS:
        say(f"\n$ {step}\n")
        code = _run(step, folder, environment)
        if code != expected:
            say(f"\nexit code {code}, expected {expected}\n")
            return code or 1
    say(f"\nall files are in {folder}\n")
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


def _run(step: str, folder: Path, environment: dict[str, str]) -> int:
    program, *arguments = shlex.split(step)
    start = [sys.executable, "-m", "codemods"] if program == "ssot-codemods" else [program]
    return subprocess.run([*start, *arguments], cwd=folder, env=environment, check=False).returncode
