"""The options that several verbs take, and what their help says of paths and exit codes."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from codemods.model import UsageError

if TYPE_CHECKING:
    from codemods.measure.outcomes import Xdist
    from codemods.measure.session import Pytest

EXIT_CODES = """\
Exit codes: 0 fine, 1 copies left (or would change), 2 usage, 3 a file failed or tests differ,
130 Ctrl-C.
"""
PATHS = f"""\
PATHS are files or folders; @FILE stands for the paths in it, one a line. Without any, the `paths`
of [tool.ssot-codemods] in pyproject.toml count, else the whole repository. In a git checkout,
the files that git ignores are left out.

{EXIT_CODES}"""
PYTEST_PATHS = f"""\
PATHS are files or folders; @FILE stands for the paths in it, one a line. Without any, pytest
collects what its own configuration says.

{EXIT_CODES}"""

_Command = TypeVar("_Command", bound=Callable[..., Any])


text_or_json = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Text unless given.",
)


class Seconds(click.FloatRange):
    """A time that a thread can wait."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True, max=threading.TIMEOUT_MAX)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Convert the text, or fail."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value} is no number of seconds", param, ctx)
        return seconds


def over_files(command: _Command) -> _Command:
    """Add what each verb over files takes."""
    options = [
        click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]..."),
        click.option(
            "--exclude",
            multiple=True,
            metavar="GLOB",
            help="Leave out what matches: a name anywhere, or with a slash, a path from the root. "
            "May be repeated.",
        ),
        click.option(
            "--jobs",
            type=click.IntRange(min=1),
            metavar="N",
            help="Worker processes; as many as there are cores unless given.",
        ),
        click.option(
            "--scheduler",
            metavar="ADDRESS",
            help="Work on a running Dask cluster (extra: distributed); only this process writes.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def starts_pytest(command: _Command) -> _Command:
    """Add what each verb that starts pytest takes."""
    options = [
        click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]..."),
        click.option(
            "--category",
            "categories",
            multiple=True,
            metavar="NAME",
            help="The paths of a category, as mission_critical or unit. May be repeated.",
        ),
        click.option(
            "--python",
            default=sys.executable,
            metavar="FILE",
            help="The interpreter of the tests; the one that runs this unless given.",
        ),
        click.option(
            "--timeout",
            type=Seconds(),
            metavar="SECONDS",
            help="For each run of pytest; there is no limit unless given.",
        ),
        text_or_json,
    ]
    for option in reversed(options):
        command = option(command)
    return command


def beside(command: _Command) -> _Command:
    """Add where the tests are run side by side; `xdist` takes both."""
    options = [
        click.option(
            "-n",
            "workers",
            metavar="N",
            help="Run the tests in N workers of pytest-xdist (extra: distributed), or in `auto`.",
        ),
        click.option(
            "--tx",
            "targets",
            multiple=True,
            metavar="SPEC",
            help="Run them in a worker there, as ssh=HOST or socket=HOST:PORT; see pytest-xdist. "
            "May be repeated.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def xdist(pytest: Pytest, workers: str | None, targets: Sequence[str]) -> Xdist:
    """Return what the options of `beside` ask for, if pytest-xdist is there."""
    from codemods.measure.outcomes import Xdist

    if workers is not None and targets:
        raise click.UsageError("-n is for this machine, and --tx for others: not both (N*SPEC)")
    if (workers is not None or targets) and not pytest.has_module("xdist"):
        extra = "pip install 'ssot-codemods[distributed]'"
        raise UsageError(f"-n and --tx need pytest-xdist, and {pytest.python} has none: {extra}")
    return Xdist(workers, tuple(targets))
