"""The group of the verbs, their exit codes, and their setup from arguments and settings."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from codemods.cli._colour import is_terminal
from codemods.cli._options import (
    ALL_CLASSES,
    ALL_FILES,
    EXIT_CODES,
    ClassArguments,
    FileArguments,
    colour_option,
)
from codemods.cli._output import print_text, progress_bar, remark, say, settle
from codemods.disk.git import take_notes
from codemods.interrupts import heard_as_one
from codemods.model import RunState, UsageError
from codemods.registry import CODEMODS, DEFAULT, Registered
from codemods.settings import Settings, read_settings
from codemods.shared_modules import SettingsByFile, import_folders
from codemods.wording import first_of, visible

if TYPE_CHECKING:
    from codemods.disk.journal import Journal
    from codemods.engine.run import Pool
    from codemods.measure.session import Pytest
    from codemods.migration.concerned import Concerned
    from codemods.migration.scan import CodemodOf, Progress, Scan
    from codemods.migration.sessions import Sessions
    from codemods.migration.verify import Verified
    from codemods.model import FileResult, Plan, Prospect
    from codemods.progress.history import Record
    from codemods.report.table import Detail

OK, COPIES_LEFT, USAGE, FILE_FAILED, INTERRUPTED = 0, 1, 2, 3, 130


#: The verbs in the order of their use, for the help.
GROUPS = {
    "Replace copies": ("discover", "adopt", "migrate", "rollback", "check"),
    "Set up and understand": ("demo", "init", "doctor", "analyze", "explain"),
    "Run and measure tests": ("verify", "baseline", "warm"),
    "Follow a migration in phases": ("status", "accept", "report"),
}


class _Group(click.Group):
    """Turns what a verb returns or raises into an exit code and a message."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the verbs."""
        return sorted(verb for verbs in GROUPS.values() for verb in verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one verb: the others, and what they need, are left alone."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"codemods.cli.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; of a word that is none, name the nearest one."""
        verbs = self.list_commands(ctx)
        if args[0] not in verbs:
            from difflib import get_close_matches  # no verb needs it

            for nearest in get_close_matches(args[0], verbs, 1):
                ctx.fail(f"{args[0]!r} is no verb: did you mean {nearest!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each group of verbs."""
        width = max(map(len, self.list_commands(ctx)))
        for title, verbs in GROUPS.items():
            commands = {verb: self.get_command(ctx, verb) for verb in verbs}
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (f"{verb:{width}}", command.get_short_help_str(formatter.width))
                        for verb, command in commands.items()
                        if command is not None
                    ]
                )

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run a verb; an error of the system ends it, also where the help cannot be printed."""
        try:
            return super().main(*arguments, **options)
        except OSError as error:
            say(f"Error: {error}")
            settle(sys.stdout)
            sys.exit(FILE_FAILED)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        # Without arguments the help is shown, in many lines.
        with _visible_errors() if args else nullcontext():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with heard_as_one():
            code = self._exit_code(ctx)
        for note in take_notes():
            if code != INTERRUPTED:  # then git may have been interrupted, too
                say(note)
        ctx.exit(code)

    def _exit_code(self, ctx: click.Context) -> Any:
        try:
            with _visible_errors():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            say("interrupted")
            return INTERRUPTED
        except UsageError as error:
            first, *more = error.args
            say(f"Error: {first}", *more)
            return USAGE


@contextmanager
def _visible_errors() -> Iterator[None]:
    """Print the messages of click as our own: an argument may be the name of any file."""
    try:
        yield
    except click.ClickException as error:
        text = StringIO()
        vars(error)["message"] = visible(error.message)
        error.show(text)
        context = error.ctx if isinstance(error, click.UsageError) else None
        with context.scope(cleanup=False) if context is not None else nullcontext():
            print_text(text.getvalue(), err=True)  # by its --color
        raise click.exceptions.Exit(error.exit_code) from error


@click.group(
    "ssot-codemods",
    cls=_Group,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="ssot-codemods", prog_name="ssot-codemods")
def main() -> None:
    """Replace pasted copies of test helpers by imports of the shared ones.

    Begin with `discover`, which needs no settings, and `adopt`. The settings name the modules of
    shared classes, functions and fixtures. A definition of the same name is replaced where its code
    is equal; whatever is not shown to be equal stays, with a reason. `rollback` undoes what
    `migrate` did.
    """


main.params.append(colour_option())


class Setup:
    """The settings and the arguments of a verb, combined."""

    def __init__(
        self, files: FileArguments = ALL_FILES, classes: ClassArguments = ALL_CLASSES
    ) -> None:
        settings = read_settings(Path.cwd())
        self.settings = settings._replace(
            exclude=(*settings.exclude, *files.exclude), file_timeout=files.file_timeout
        )
        self.by_file = SettingsByFile(self.settings, names=classes.names, renaming=classes.renaming)
        self._names = classes.names
        self.paths = expanded(files.paths) if files.paths else _own_paths(settings)
        if files.within_paths:
            own = [os.path.realpath(path) for path in _own_paths(settings)]
            real = ((path, Path(os.path.realpath(path))) for path in self.paths)
            self.paths = [path for path, at in real if any(map(at.is_relative_to, own))]
        _check_outside(self.paths, settings.root)
        self.jobs = files.jobs or cores()
        self._cluster: Pool | None = None
        if files.scheduler:
            from codemods.workers.cluster import cluster_pool  # importing Dask takes long

            self._cluster = cluster_pool(files.scheduler, files.file_timeout)

    def pool(self) -> Pool:
        """Return the workers; importing them loads multiprocessing."""
        from codemods.workers.pool import FILE_TIMEOUT, ProcessPool

        return self._cluster or ProcessPool(self.jobs, self.settings.file_timeout or FILE_TIMEOUT)

    def scan(self, progress: Progress, codemod: Registered = CODEMODS[DEFAULT]) -> Scan:
        """Start to look for the files."""
        from codemods.migration.scan import Scan

        return Scan(self.settings, self.codemod_of(codemod), self.paths, progress)

    def codemod_of(self, codemod: Registered = CODEMODS[DEFAULT]) -> CodemodOf:
        """Return what makes a codemod for each file."""
        return partial(codemod.make, self.by_file)

    @property
    def top(self) -> Path:
        """The real path of the root of the repository: of its checkout, else of the settings."""
        from codemods.disk.git import checkout_of

        root = self.settings.root.resolve()
        return checkout_of(root) or root

    @property
    def first_name(self) -> str:
        """The name of the first shared class, which `accept` has grep count."""
        from codemods.rewrites.replace_local_copies.shared import shared_definitions

        modules = self.by_file.shared(str(self.settings.root / "pyproject.toml"))
        found = shared_definitions(modules).definitions if modules is not None else []
        classes = (d.name for d in found if isinstance(d.node, ast.ClassDef))
        return next(classes, "")

    def find_uses(self, changed: Sequence[str]) -> Concerned:
        """Find the tests that use some files, which have real paths."""
        from codemods.disk.files import Checkout
        from codemods.migration.concerned import concerned
        from codemods.migration.sessions import is_test

        files = Checkout(Path(os.path.realpath(self.settings.root)))
        roots = [os.path.realpath(folder) for folder in import_folders(self.settings)]
        with progress_bar("files") as progress:
            return concerned(changed, files, roots, is_test, progress, self.pool())

    def sessions(self, pytest: Pytest, workers: str | None) -> Sessions:
        """Return what runs tests."""
        from codemods.migration.sessions import Sessions

        return Sessions(pytest, workers, remark, partial(progress_bar, step=1))

    def plan(self, label: str, codemod: str = DEFAULT) -> Plan:
        """Return what would change."""
        with progress_bar(label) as progress:
            scan = self.scan(progress, CODEMODS[codemod])
            # Imported while git looks for the files, as it takes its time.
            from codemods.migration.migrate import plan

            planned = plan(scan, self.pool())
        if CODEMODS[codemod].has_shared:
            self.warn_uncovered()
        self._warn_not_found(planned)
        return planned

    def _warn_not_found(self, planned: Plan) -> None:
        """Warn of a name of which nothing was found: it may be misspelled, or all may be done."""
        found = {d.definition.name for result in planned.results for d in result.decisions}
        for name in self._names or ():
            if name not in found:
                say(f"--name {name}: no file defines that shared name")

    def prospects(self) -> tuple[Prospect, ...]:
        """Return what the other codemods would do."""
        from codemods.migration.analyze import prospect

        others = [name for name in CODEMODS if name != DEFAULT]
        with progress_bar("other codemods") as progress:
            scans = ((name, self.scan(progress, CODEMODS[name])) for name in others)
            return tuple(prospect(name, scan, self.pool()) for name, scan in scans)

    def warn_uncovered(self) -> None:
        """Name the folders that no settings cover; if none is covered, it is a `UsageError`."""
        uncovered = self.by_file.uncovered()
        if uncovered:
            say(f"folders that no [tool.ssot-codemods] covers: {first_of(uncovered)}")


def _check_outside(paths: Sequence[str], root: Path) -> None:
    """Warn of a path outside of the root, which is what the user wants; a link is what it has."""
    top = Path(os.path.realpath(root))
    outside = [p for p in paths if not Path(os.path.realpath(p)).is_relative_to(top)]
    for path in outside:
        if Path(os.path.normpath(Path.cwd() / path)).is_relative_to(root.absolute()):
            real = os.path.realpath(path)
            raise UsageError(f"{path} is a link to {real}, outside of {root}: name that path")
    if outside:
        say(f"{outside[0]} is outside of {root}, the root of settings and journal")


def expanded(paths: Sequence[str]) -> list[str]:
    """Return paths, with each @FILE replaced by the paths in it."""
    found: list[str] = []
    for path in paths:
        if path.startswith("@"):
            try:
                lines = Path(path[1:]).read_bytes().splitlines()
            except OSError as error:
                raise UsageError(f"{path}: {error.strerror}") from error
            listed = [(n, _listed(line)) for n, line in enumerate(lines, start=1) if line]
            for number, name in listed:
                if not os.path.lexists(name):
                    raise UsageError(f"{path[1:]}:{number}: {name}: no such file or directory")
            found += [name for _, name in listed]
        else:
            found.append(path)
    return found


def _listed(line: bytes) -> str:
    """Return the path that a line stands for: as it is, or in quotes as git and --list have it."""
    if line[:1] == line[-1:] == b'"' and not os.path.lexists(line):
        with suppress(UnicodeError):  # the escapes of git are among those of Python
            line = line[1:-1].decode("unicode_escape").encode("latin-1")
    return os.fsdecode(line)


def _own_paths(settings: Settings) -> list[str]:
    for path in settings.paths:
        if not (settings.root / path).exists():
            file = settings.root / "pyproject.toml"
            raise UsageError(f"{file}: [tool.ssot-codemods] paths: {path} does not exist")
    return [str(settings.root / path) for path in settings.paths]


def cores() -> int:
    """Return how many cores this process may use; on macOS, all there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def exit_code(results: Sequence[FileResult], left: int) -> int:
    """Return the exit code: a failed file outweighs copies that are left."""
    if any(r.error is not None for r in results):
        return FILE_FAILED
    return COPIES_LEFT if left else OK


def failing_imports(
    by_file: SettingsByFile, uses: Mapping[str, Collection[str]], jobs: int, python: str
) -> list[str]:
    """Return why shared modules cannot be imported where they are to be used, and how to fix it."""
    from codemods.migration.diagnose import diagnose
    from codemods.report.doctor import before_writing

    with progress_bar("folders that import it", step=1) as progress:
        found = diagnose(by_file, uses, jobs=jobs, python=python, progress=progress)
    errors, notes = before_writing(found)
    for note in notes:
        say(note)
    return errors


def relative_to_cwd(shown: Verified) -> Verified:
    """Return what the tests showed, with paths relative to the current folder."""
    return shown._replace(
        causes={os.path.relpath(path): what for path, what in shown.causes.items()},
        reverted={os.path.relpath(path): why for path, why in shown.reverted.items()},
        edited=tuple(map(os.path.relpath, shown.edited)),
        unused=tuple(map(os.path.relpath, shown.unused)),
        not_run=tuple(map(os.path.relpath, shown.not_run)),
    )


def warn_unfinished_runs(journal: Journal) -> bool:
    """Name the runs that were interrupted, and return whether there are any."""
    from codemods.report.rollback import ways_to_end

    unfinished = [run for run in journal.runs() if run.state is RunState.UNFINISHED]
    for run in unfinished:
        say(f"run {run.id} was interrupted, or is still in progress: {ways_to_end(run)}")
    return bool(unfinished)


def read_history(settings: Settings, detail: Detail) -> tuple[list[Record], list[str]]:
    """Read the history; say what it lacks, and which runs were interrupted.

    Returns the records, and what is wrong: lines that are none, runs that have none.
    """
    from codemods.disk.journal import Journal
    from codemods.progress import history
    from codemods.progress.standing import unrecorded
    from codemods.report.table import shortened

    journal = Journal(settings.root)
    warn_unfinished_runs(journal)
    records, damaged = history.read(settings)
    damaged += unrecorded(journal, records)
    say(*shortened("not counted: ", damaged, detail))
    return records, damaged


def paths_for_pytest(
    settings: Settings, paths: Sequence[str], categories: Sequence[str]
) -> list[str]:
    """Return paths, and those of categories, relative to the root, where pytest is started."""
    known = dict(settings.categories)
    found = []
    for path in expanded(paths):
        if not Path(path.partition("::")[0]).exists():
            raise UsageError(f"{path}: no such file or directory")
        relative = os.path.relpath(path, settings.root)
        # pytest would take these for an option or a file of arguments.
        found.append(f"./{relative}" if relative.startswith(("-", "@")) else relative)
    for name in categories:
        if name not in known:
            raise UsageError(f"--category {name}: unknown; the settings have {', '.join(known)}")
        there = [p for p in known[name] if (settings.root / p).exists()]
        if not there:
            raise UsageError(f"--category {name}: none of {', '.join(known[name])} exists")
        found += there
    return found


def show_step(line: str) -> None:
    """Print a line about what happens now to stderr, where that is a terminal."""
    if is_terminal(sys.stderr):
        remark(line)
