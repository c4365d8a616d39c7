"""The group of the verbs with its exit codes, and what arguments and settings make."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import click

from codemods.cli._options import EXIT_CODES
from codemods.cli._output import progress_bar, say
from codemods.disk.git import stop_git
from codemods.model import UsageError
from codemods.settings import Settings, read_settings
from codemods.shared_modules import SettingsByFile

if TYPE_CHECKING:
    from codemods.disk.journal import Journal
    from codemods.migration.scan import Progress, Scan
    from codemods.migration.verify import Verified
    from codemods.model import FileResult, Plan, Source
    from codemods.workers.pool import Pool

OK, COPIES_LEFT, USAGE, FILE_FAILED, INTERRUPTED = 0, 1, 2, 3, 130


class _Group(click.Group):
    """Makes an exit code of what each verb gives, and a message of what a user can mend."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the verbs: each file beside this one that is not shared by them."""
        here = [str(Path(__file__).parent)]
        return sorted(m.name for m in iter_modules(here) if not m.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one verb: the others, and what they need, are left alone."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"codemods.cli.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

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
        except UsageError as error:
            say(f"Error: {error}\n")
            code = USAGE
        except OSError as error:
            say(f"Error: {error}\n")
            code = FILE_FAILED
        finally:
            for number, handler in heard.items():
                signal.signal(number, handler)
        ctx.exit(code)


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
        self.by_file = SettingsByFile(self.settings)
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

        return Scan(self.settings, self.by_file.shared, self.paths, progress)

    def all_files(self) -> Iterator[Source]:
        """Read each file of the checkout, with its real path."""
        from codemods.disk.checkout import Checkout

        for source in Checkout(self.settings.root).read():
            yield source._replace(path=os.path.realpath(source.path))

    def plan(self, label: str) -> Plan:
        """Work out what would change."""
        with progress_bar(label) as progress:
            scan = self.scan(progress)
            # What takes its time to import is imported while git looks for the files.
            from codemods.migration.migrate import plan

            planned = plan(scan, self.pool())
        self.warn_uncovered()
        return planned

    def warn_uncovered(self) -> None:
        """Name the files that no settings cover.

        Raises:
            UsageError: no file is covered.

        """
        uncovered = self.by_file.uncovered()
        if uncovered:
            more = f" and {len(uncovered) - 1:,} more" if len(uncovered) > 1 else ""
            say(f"covered by no [tool.ssot-codemods]: {uncovered[0]}{more}\n")


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
    return COPIES_LEFT if left else OK


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


def paths_for_pytest(
    settings: Settings, paths: Sequence[str], categories: Sequence[str]
) -> list[str]:
    """Give paths, and those of categories, as pytest is to get them: relative to the root."""
    known = dict(settings.categories)
    found = []
    for path in expanded(paths):
        if not Path(path.partition("::")[0]).exists():
            raise UsageError(f"{path}: no such file or directory")
        relative = os.path.relpath(path, settings.root)
        # To pytest, these begin an option or the name of a file of arguments.
        found.append(f"./{relative}" if relative.startswith(("-", "@")) else relative)
    for name in categories:
        if name not in known:
            raise UsageError(f"--category {name}: unknown; known are {', '.join(known)}")
        there = [p for p in known[name] if (settings.root / p).exists()]
        if not there:
            raise UsageError(f"--category {name}: none of {', '.join(known[name])} is there")
        found += there
    return found


def show_step(line: str) -> None:
    """Print a line about what happens now to stderr, where that is a terminal."""
    if sys.stderr is not None and sys.stderr.isatty():
        say(f"{line}\n")
