"""The options that several verbs take, and the help on paths and exit codes."""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from codemods.cli._output import QUIET, remark, say
from codemods.model import Renaming, UsageError
from codemods.registry import CODEMODS, DEFAULT
from codemods.report.table import Detail
from codemods.settings import check_class_name, check_name
from codemods.wording import plural

if TYPE_CHECKING:
    from codemods.measure.session import Pytest

EXIT_CODES = """\
Exit codes: 0 OK; 1 copies are left, or files would change; 2 usage error; 3 a file failed, tests
differ or none passed; 130 interrupted.
"""
_PATHS = "PATHS are files or folders; @FILE reads paths from FILE, one per line. The default is"
PATHS = f"""{_PATHS} `paths` in
[tool.ssot-codemods] of pyproject.toml, else the whole repository. In a git checkout, files that
git ignores are skipped."""
PYTEST_PATHS = f"{_PATHS} what the configuration of pytest names."
PATHS_OF_TESTS = f"{_PATHS} the tests that use the files of the run."

_Command = TypeVar("_Command", bound=Callable[..., Any])


class _Titled(click.Option):
    """An option that the help has under a title, below those that more people need."""

    def __init__(self, *names: Any, title: str, **values: Any) -> None:
        super().__init__(*names, **values)
        self.title = title


class _Verb(click.Command):
    """A verb with some of its options under titles."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, those without a title first."""
        sections: dict[str, list[tuple[str, str]]] = {"Options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record is not None:
                title = param.title if isinstance(param, _Titled) else "Options"
                sections.setdefault(title, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


def verb(
    about: str = "",
    *,
    quiet: str,
    verbose: str = "Do not cut lists short.",
    copies_left: str = "",
    failed: str = "a file could not be read or written",
) -> Callable[[Callable[..., int]], click.Command]:
    """Make a verb of a function, which gets how much it is to print as `detail`.

    The texts are for its help: `about` its arguments, what -q and -v do, and what it means that it
    exits with 1, `copies_left`, where it ever does, or with 3, `failed`.
    """
    codes = {0: "OK", 1: copies_left, 2: "usage error", 3: failed, 130: "interrupted"}
    listed = "; ".join(f"{code} {meaning}" for code, meaning in codes.items() if meaning)
    epilog = "\n\n".join(filter(None, (about, f"Exit codes: {listed}.")))

    def made(function: Callable[..., int]) -> click.Command:
        @functools.wraps(function)
        def command(*, less: int, more: int, **values: Any) -> int:
            detail = Detail(max(-1, min(more - less, 1)))
            click.get_current_context().meta[QUIET] = detail is Detail.QUIET
            return function(detail=detail, **values)

        found = click.command(cls=_Verb, epilog=epilog)(command)
        found.params += [
            click.Option(["-q", "--quiet", "less"], count=True, help=quiet),
            click.Option(["-v", "--verbose", "more"], count=True, help=verbose),
            colour_option(),
        ]
        return found

    return made


def colour_option() -> click.Option:
    """Return the option --color, which each verb has, and the group of them."""

    def choose(context: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is not None:
            context.color = {"auto": None, "always": True, "never": False}[value]

    return click.Option(
        ["--color"],
        type=click.Choice(["auto", "always", "never"]),
        expose_value=False,
        is_eager=True,
        callback=choose,
        help="When to use colours. Default: auto, on a terminal; see $NO_COLOR, $FORCE_COLOR.",
    )


def jobs_option(
    note: str, default: int | None = None, option: Callable[..., Any] = click.option
) -> Callable[[_Command], _Command]:
    """Return the option --jobs."""
    made: Callable[[_Command], _Command] = option(
        "-j", "--jobs", type=click.IntRange(min=1), default=default, metavar="N", help=note
    )
    return made


exit_zero_option = click.option(
    "--exit-zero", is_flag=True, help="Exit with 0 where it would be 1."
)


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


class _Checked(click.types.StringParamType):
    """What a check makes of a text, or raises `ValueError` for."""

    name = "text"

    def __init__(self, check: Callable[[str], Any]) -> None:
        self._check = check

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value."""
        try:
            return self._check(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _seconds(text: str) -> float:
    """Return a positive number of seconds that a thread can wait."""
    if not 0 < float(text) <= threading.TIMEOUT_MAX:
        raise ValueError(f"{text} is not a number of seconds to wait")
    return float(text)


def timeout_option(note: str, default: float | None = None) -> Callable[[_Command], _Command]:
    """Return the option --timeout."""
    return click.option(
        "--timeout", type=_Checked(_seconds), default=default, metavar="SECONDS", help=note
    )


class FileArguments(NamedTuple):
    """Which files a verb is about, and who works on them."""

    paths: tuple[str, ...] = ()
    within_paths: bool = False
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

    option = functools.partial(click.option, cls=_Titled, title="Files and workers")
    options = [
        click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]..."),
        option(
            "--within-paths",
            is_flag=True,
            help="Skip what of PATHS is outside of `paths` in the settings, as for pre-commit.",
        ),
        option(
            "--exclude",
            multiple=True,
            metavar="GLOB",
            help="Skip files that match: a name anywhere, or with a slash, a path from the root. "
            "Repeatable.",
        ),
        jobs_option("Worker processes. Default: the number of cores.", option=option),
        option(
            "--file-timeout",
            type=_Checked(_seconds),
            metavar="SECONDS",
            help="Limit for each file, in seconds of processor time; one that takes longer fails. "
            "Default: 30.",
        ),
        option(
            "--scheduler",
            metavar="ADDRESS",
            help="Use a running Dask cluster (extra: distributed); only this process writes.",
        ),
    ]
    return _with(options, command)


class ClassArguments(NamedTuple):
    """Which classes are renamed, None for all, and how."""

    names: tuple[str, ...] | None = None
    renaming: Renaming | None = None


#: Those of all shared names.
ALL_CLASSES = ClassArguments()
_RENAMES = "rename_local_class"


def renames_classes(verb: Callable[..., int]) -> Callable[..., int]:
    """Add the options of the codemod that renames classes; the verb gets them as `classes`."""

    @functools.wraps(verb)
    def command(
        *, names: tuple[str, ...], to: str | None, suffix: bool, with_tests: bool, **values: Any
    ) -> int:
        is_chosen = values["codemod"] == _RENAMES
        if not is_chosen and any((names, to, suffix, with_tests)):
            message = "--name, --to, --suffix-from-file and --with-tests"
            raise click.UsageError(f"{message} need --codemod {_RENAMES}")
        if is_chosen and values["resume"] is None and bool(to) == suffix:
            raise click.UsageError(f"{_RENAMES} needs --name OLD --to NEW, or --suffix-from-file")
        if to and len(names) != 1:
            raise click.UsageError("--to needs one --name")
        renaming = Renaming(to or "", with_tests)
        return verb(classes=ClassArguments(names or None, renaming), **values)

    option = functools.partial(click.option, cls=_Titled, title=f"With --codemod {_RENAMES}")
    options = [
        option(
            "--name",
            "names",
            multiple=True,
            metavar="OLD",
            type=_Checked(check_name),
            help="Classes of this name. Repeatable. Default: all shared names.",
        ),
        option(
            "--to",
            type=_Checked(check_class_name),
            metavar="NEW",
            help="Their new name.",
        ),
        option(
            "--suffix-from-file",
            "suffix",
            is_flag=True,
            help="Add the name of the file, as AgentBus for test_agent_bus.py.",
        ),
        option(
            "--with-tests",
            is_flag=True,
            help="Also classes with tests, whose node ids change.",
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
        timeout_option("Limit for each run of pytest. Default: none."),
        text_or_json,
    ]
    return _with(options, command)


#: For each verb that runs tests; `check_xdist` looks whether there can be workers.
workers_option = click.option(
    "-n",
    "workers",
    metavar="N",
    help="Run the tests in N workers of pytest-xdist (extra: distributed), or `auto`.",
)


def interpreter(python: str | None, root: Path) -> str:
    """Return the interpreter that starts pytest, by the value of --python; see its help."""
    folders = (os.environ.get("VIRTUAL_ENV"), root.absolute() / ".venv")
    found = (Path(folder, "bin", "python") for folder in folders if folder)
    chosen = next((path for path in found if path.is_file()), None)
    if python is not None or chosen is None or chosen.parents[1].samefile(sys.prefix):
        return python or sys.executable
    remark(f"pytest is started with {chosen}: --python takes another one")
    return str(chosen)


def hint_at_python(python: str, errors: Iterable[str]) -> None:
    """Point at --python where errors tell that an interpreter lacks what the tests import."""
    number = sum("ModuleNotFoundError" in error for error in errors)
    if number:
        what = f"modules are missing, by {plural(number, 'error')}"
        say(f"{what}: if {python} is not the interpreter of your tests, name that by --python")


def check_xdist(pytest: Pytest, workers: str | None) -> None:
    """Check that pytest-xdist is installed where workers are wanted."""
    if workers is not None and not pytest.has_module("xdist"):
        extra = "pip install 'ssot-codemods[distributed]'"
        raise UsageError(f"-n needs pytest-xdist, and {pytest.python} lacks it: {extra}")
