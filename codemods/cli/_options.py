"""The options that several verbs take, and the help on paths and exit codes."""

from __future__ import annotations

import functools
import math
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from codemods.cli._output import say
from codemods.model import UsageError
from codemods.registry import CODEMODS, DEFAULT

if TYPE_CHECKING:
    from codemods.measure.outcomes import Xdist
    from codemods.measure.session import Pytest

EXIT_CODES = """\
Exit codes: 0 OK, 1 copies left (or files would change), 2 usage error, 3 a file failed or tests
differ, 130 interrupted.
"""
PATHS = f"""\
PATHS are files or folders; @FILE reads paths from FILE, one per line. The default is `paths` in
[tool.ssot-codemods] of pyproject.toml, else the whole repository. In a git checkout, files that
git ignores are skipped.

{EXIT_CODES}"""
PYTEST_PATHS = f"""\
PATHS are files or folders; @FILE reads paths from FILE, one per line. The default is what the
configuration of pytest names.

{EXIT_CODES}"""

_Command = TypeVar("_Command", bound=Callable[..., Any])


def output_format(default: str, *others: str, note: str = "") -> Callable[[_Command], _Command]:
    """Return the option --format, for a parameter `form`."""
    choice = click.Choice([default, *others])
    return click.option(
        "--format", "form", type=choice, default=default, help=f"Default: {default}.{note}"
    )


text_or_json = output_format("text", "json")


python_option = click.option(
    "--python",
    metavar="FILE",
    help="The interpreter of the tests. Default: that of $VIRTUAL_ENV, else of .venv in the root, "
    "else the one that runs this command.",
)


codemod_option = click.option(
    "--codemod",
    type=click.Choice(list(CODEMODS)),
    default=DEFAULT,
    metavar="NAME",
    help=f"Apply this one: {', '.join(CODEMODS)}. Default: {DEFAULT}.",
)


class Seconds(click.FloatRange):
    """A positive number of seconds that a thread can wait."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True, max=threading.TIMEOUT_MAX)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value} is not a number of seconds", param, ctx)
        return seconds


class FileArguments(NamedTuple):
    """Which files a verb is about, and who works on them."""

    paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    jobs: int | None = None
    file_timeout: float | None = None
    scheduler: str | None = None


#: Those that the settings name.
ALL_FILES = FileArguments()


def over_files(verb: Callable[..., int]) -> Callable[..., int]:
    """Add the arguments of each verb over files, which gets them as `files`."""

    @functools.wraps(verb)
    def command(**values: Any) -> int:
        files = FileArguments(*(values.pop(name) for name in FileArguments._fields))
        return verb(files=files, **values)

    options = [
        click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]..."),
        click.option(
            "--exclude",
            multiple=True,
            metavar="GLOB",
            help="Skip files that match: a name anywhere, or with a slash, a path from the root. "
            "Repeatable.",
        ),
        click.option(
            "--jobs",
            type=click.IntRange(min=1),
            metavar="N",
            help="Worker processes. Default: the number of cores.",
        ),
        click.option(
            "--file-timeout",
            type=Seconds(),
            metavar="SECONDS",
            help="Limit for each file; one that takes longer fails. Default: 30. Not on a cluster.",
        ),
        click.option(
            "--scheduler",
            metavar="ADDRESS",
            help="Use a running Dask cluster (extra: distributed); only this process writes.",
        ),
    ]
    return _with(options, command)


def _with(options: Sequence[Callable[[_Command], _Command]], command: _Command) -> _Command:
    for option in reversed(options):
        command = option(command)
    return command


def starts_pytest(command: _Command) -> _Command:
    """Add the arguments of each verb that starts pytest."""
    options = [
        click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]..."),
        click.option(
            "--category",
            "categories",
            multiple=True,
            metavar="NAME",
            help="The paths of a category, such as unit. Repeatable.",
        ),
        python_option,
        click.option(
            "--timeout",
            type=Seconds(),
            metavar="SECONDS",
            help="Limit for each run of pytest. Default: none.",
        ),
        text_or_json,
    ]
    for option in reversed(options):
        command = option(command)
    return command


def xdist_options(command: _Command) -> _Command:
    """Add the options of pytest-xdist; `xdist` reads them."""
    options = [
        click.option(
            "-n",
            "workers",
            metavar="N",
            help="Run the tests in N workers of pytest-xdist (extra: distributed), or `auto`.",
        ),
        click.option(
            "--tx",
            "targets",
            multiple=True,
            metavar="SPEC",
            help="Run them in a remote worker: ssh=HOST or socket=HOST:PORT; see pytest-xdist. "
            "Repeatable.",
        ),
    ]
    return _with(options, command)


def interpreter(python: str | None, root: Path) -> str:
    """Return the interpreter that starts pytest, by the value of --python; see its help."""
    folders = (os.environ.get("VIRTUAL_ENV"), root.absolute() / ".venv")
    found = (Path(folder, "bin", "python") for folder in folders if folder)
    chosen = next((path for path in found if path.is_file()), None)
    if python is not None or chosen is None or chosen.parents[1].samefile(sys.prefix):
        return python or sys.executable
    say(f"pytest is started with {chosen}: --python takes another one")
    return str(chosen)


def xdist(pytest: Pytest, workers: str | None, targets: Sequence[str]) -> Xdist:
    """Return what the options of pytest-xdist ask for, if it is installed."""
    from codemods.measure.outcomes import Xdist

    if workers is not None and targets:
        raise click.UsageError("-n cannot be combined with --tx: use --tx N*SPEC")
    if (workers is not None or targets) and not pytest.has_module("xdist"):
        extra = "pip install 'ssot-codemods[distributed]'"
        raise UsageError(f"-n and --tx need pytest-xdist, and {pytest.python} lacks it: {extra}")
    return Xdist(workers, tuple(targets))
