"""What the verbs have in common: the group, the arguments, exit codes, printing."""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from codemods.disk.files import UsageError, stop_git

# What a verb alone needs is imported in it: `analyze` is to be done before LibCST is even loaded.
from codemods.rewrites.replace_local_copies.recorded import ShapesError
from codemods.settings import Settings, SettingsError, load_target, read_settings

if TYPE_CHECKING:
    from codemods.disk.journal import Journal
    from codemods.migration.migrate import Plan
    from codemods.migration.scan import Progress, Scan
    from codemods.model import FileResult, Source
    from codemods.report.model import Verified
    from codemods.workers.pool import Pool

FINE, COPIES_LEFT, USAGE, FILE_FAILED, INTERRUPTED = 0, 1, 2, 3, 130

EXIT_CODES = """\
Exit codes: 0 fine, 1 copies left (or would change), 2 usage, 3 a file failed or tests differ,
130 Ctrl-C.
"""
PATHS = f"""\
PATHS are files or folders; @FILE stands for the paths in it, one a line. Without any, the `paths`
of [tool.ssot-codemods] in pyproject.toml count, else the whole repository. In a git checkout,
the files that git ignores are left out.

{EXIT_CODES}"""

_Command = TypeVar("_Command", bound=Callable[..., Any])


class _Group(click.Group):
    """Makes an exit code of what each verb gives, and a message of what a user can mend."""

    def invoke(self, ctx: click.Context) -> Any:
        # So that a CI that gives up, or a terminal that closes, leaves what Ctrl-C would leave.
        before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGHUP)}
        # nohup has one of them ignored, and so it stays.
        heard = {n: h for n, h in before.items() if h not in (signal.SIG_IGN, None)}
        for number in heard:
            signal.signal(number, signal.default_int_handler)
        try:
            code = super().invoke(ctx)
        except KeyboardInterrupt:
            stop_git()
            say("interrupted\n")
            code = INTERRUPTED
        except _mendable() as error:
            say(f"Error: {error}\n")
            code = USAGE
        except OSError as error:
            say(f"Error: {error}\n")
            code = FILE_FAILED
        finally:
            for number, handler in heard.items():
                signal.signal(number, handler)
        ctx.exit(code)


def _mendable() -> tuple[type[Exception], ...]:
    from codemods.disk.atomic import EditedError
    from codemods.disk.journal import JournalError
    from codemods.measure.model import MeasureError

    return UsageError, SettingsError, ShapesError, JournalError, MeasureError, EditedError


@click.group(
    "ssot-codemods",
    cls=_Group,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="ssot-codemods", prog_name="ssot-codemods")
def main() -> None:
    """Replace pasted copies of a test helper class by an import of the one shared class.

    A copy that cannot be shown to be equal to the shared class stays, with a reason. Each run that
    writes can be taken back.
    """


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


def xdist(workers: str | None, targets: Sequence[str], python: str) -> dict[str, Any]:
    """Give what `run_tests` takes of the options of `beside`."""
    from codemods.measure.session import has_module

    if workers is not None and targets:
        raise click.UsageError("-n is for this machine, and --tx for others: not both (N*SPEC)")
    if (workers is not None or targets) and not has_module("xdist", python):
        extra = "pip install 'ssot-codemods[distributed]'"
        raise UsageError(f"-n and --tx need pytest-xdist, and {python} has none: {extra}")
    return {"workers": workers, "targets": targets}


class Setup:
    """What the arguments of a verb and the settings make together."""

    def __init__(
        self,
        paths: tuple[str, ...],
        exclude: tuple[str, ...] = (),
        jobs: int | None = None,
        scheduler: str | None = None,
    ) -> None:
        settings = read_settings(Path.cwd())
        self.settings = settings._replace(exclude=(*settings.exclude, *exclude))
        self.target = load_target(self.settings)
        self.paths = expanded(paths) if paths else _own_paths(settings)
        _say_what_is_outside(self.paths, settings.root)
        self.jobs = jobs or cores()
        self._cluster = _cluster(scheduler) if scheduler is not None else None

    def pool(self) -> Pool:
        """Give the workers; with them comes all of multiprocessing."""
        from codemods.workers.pool import process_pool

        return self._cluster or process_pool(self.jobs)

    def scan(self, progress: Progress) -> Scan:
        """Begin to look for the files."""
        from codemods.migration.scan import Scan

        return Scan(self.settings, self.target, self.paths, progress)

    def all_files(self) -> Iterator[Source]:
        """Read each file below the root, with an absolute path."""
        from codemods.migration.scan import Scan

        root = [str(self.settings.root)]
        return Scan(self.settings, self.target, root, lambda done, total: None).all_files()

    def plan(self, label: str) -> Plan:
        """Work out what would change."""
        with progress_bar(label) as progress:
            scan = self.scan(progress)
            # What takes its time to import is imported while git looks for the files.
            from codemods.migration.migrate import plan

            return plan(scan, self.pool())


def _say_what_is_outside(paths: Sequence[str], root: Path) -> None:
    top = Path(os.path.realpath(root))
    outside = [p for p in paths if not Path(os.path.realpath(p)).is_relative_to(top)]
    if outside:
        say(f"{outside[0]} is outside of {root}, whose settings and journal count here\n")


def expanded(paths: Sequence[str]) -> list[str]:
    """Put the paths of each @FILE in its place."""
    found: list[str] = []
    for path in paths:
        if path.startswith("@"):
            try:
                lines = Path(path[1:]).read_bytes().splitlines()
            except OSError as error:
                raise UsageError(f"{path}: {error.strerror}") from error
            listed = [(n, os.fsdecode(line)) for n, line in enumerate(lines, start=1) if line]
            for number, name in listed:
                if not os.path.lexists(name):
                    raise UsageError(f"{path[1:]}:{number}: {name}: no such file or directory")
            found += [name for _, name in listed]
        else:
            found.append(path)
    return found


def _own_paths(settings: Settings) -> list[str]:
    for path in settings.paths:
        if not (settings.root / path).exists():
            file = settings.root / "pyproject.toml"
            raise UsageError(f"{file}: [tool.ssot-codemods] paths: no {path} there")
    return [str(settings.root / path) for path in settings.paths]


def cores() -> int:
    """Count the cores that this process may use; macOS does not tell, and has all of them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cluster(scheduler: str) -> Pool:
    from codemods.workers.cluster import cluster_pool

    return cluster_pool(scheduler)


def exit_code(results: Sequence[FileResult], left: int) -> int:
    """Give the exit code: a failure outweighs copies that are left."""
    if any(r.error is not None for r in results):
        return FILE_FAILED
    return COPIES_LEFT if left else FINE


def from_here(verified: Verified) -> Verified:
    """Give the paths from the current folder."""
    return replace(
        verified,
        taken_back={os.path.relpath(path): why for path, why in verified.taken_back.items()},
        edited=tuple(map(os.path.relpath, verified.edited)),
        unused=tuple(map(os.path.relpath, verified.unused)),
    )


def say_what_was_cut_off(journal: Journal) -> bool:
    """Name the runs that wait for someone to decide; tell whether there are any."""
    open_runs = [run for run in journal.runs() if run.state == "cut off"]
    for run in open_runs:
        remedy = f"`ssot-codemods migrate --resume {run.id}`, or `rollback {run.id}`"
        say(f"run {run.id} was cut off, or is at work in another process: {remedy}\n")
    return bool(open_runs)


def print_text(text: str | bytes, *, err: bool = False) -> None:
    """Print to stdout; names of files may hold bytes that are no UTF-8."""
    content = text if isinstance(text, bytes) else _encoded(text)
    try:
        click.echo(content, nl=False, err=err)
    except BrokenPipeError:
        # The reader, `head` perhaps, has seen enough; what we found still makes the exit code.
        stream = sys.stderr if err else sys.stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _encoded(text: str) -> bytes:
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:  # half a pair of code units, which a message of a test may hold
        return text.encode(errors="backslashreplace")


def say(text: str) -> None:
    """Print to stderr."""
    print_text(text, err=True)


def print_json(value: object) -> None:
    """Print a document to stdout."""
    import json

    print_text(f"{json.dumps(value, indent=2)}\n")


def show(form: str, document: object, text: str) -> None:
    """Print a document or a text, as was asked for."""
    if form == "json":
        print_json(document)
    else:
        print_text(text)


def print_list(paths: list[str]) -> None:
    """Print paths for @FILE, one a line."""
    for path in paths:
        if "\n" in path or "\r" in path:
            say(f"left out, as its name has a line break: {path!r}\n")
        else:
            print_text(f"{path}\n")


@contextmanager
def progress_bar(label: str) -> Iterator[Progress]:
    """Show a bar on stderr where that is a terminal, and nothing elsewhere.

    It is plain characters on one line, so that it holds with NO_COLOR and on any terminal.
    """
    if sys.stderr is None or not sys.stderr.isatty():  # None where the shell has closed it
        yield lambda done, total: None
        return
    shown = ""

    def show(done: int, total: int) -> None:
        nonlocal shown
        if done % 100 == 0 or done == total:
            full = 30 * done // total
            shown = f"{label}  [{'#' * full}{'-' * (30 - full)}]  {done:,} of {total:,}"
            say(f"\r{shown}")

    try:
        yield show
    finally:
        say(f"\r{' ' * len(shown)}\r")
