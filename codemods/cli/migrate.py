"""Replace the copies."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from codemods.cli._common import (
    FILE_FAILED,
    INTERRUPTED,
    Setup,
    exit_code,
    from_here,
    say_what_was_cut_off,
)
from codemods.cli._options import PATHS, Seconds, beside, over_files, xdist
from codemods.cli._output import print_json, print_text, say
from codemods.cli.rollback import print_outcomes
from codemods.settings import read_settings

if TYPE_CHECKING:
    from codemods.disk.journal import Journal
    from codemods.migration.verify import Verified
    from codemods.model import FileResult, Reason, Run, Written


@dataclass(frozen=True, slots=True)
class _Tests:
    """How the tests are run: seconds for each run, and what `xdist` gives."""

    timeout: float | None
    xdist: dict[str, Any]


@click.command(epilog=PATHS)
@over_files
@click.option(
    "--dry-run",
    is_flag=True,
    help="Write nothing; print a diff for `git apply`, and the summary on stderr.",
)
@click.option(
    "--max-files",
    type=click.IntRange(min=1),
    metavar="N",
    help="The first N files that would change, by path; run it again for the next ones.",
)
@click.option("--allow-dirty", is_flag=True, help="Edit files with uncommitted changes too.")
@click.option(
    "--verify",
    is_flag=True,
    help="Run the tests concerned before and after; take back each file whose tests differ.",
)
@click.option(
    "--timeout",
    type=Seconds(),
    metavar="SECONDS",
    help="For each run of the tests, with --verify; there is no limit unless given.",
)
@beside
@click.option("--skip-probe", is_flag=True, help="Do not try the shared import in pytest first.")
@click.option(
    "--resume",
    metavar="RUN",
    help="Finish a run that was cut off, and do nothing else; see rollback --list.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Text unless given; JSON has no diff.",
)
@click.option("-v", "--verbose", is_flag=True, help="Give each definition that stays a line.")
def migrate(
    paths: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int | None,
    scheduler: str | None,
    dry_run: bool,
    max_files: int | None,
    allow_dirty: bool,
    verify: bool,
    timeout: float | None,
    workers: str | None,
    targets: tuple[str, ...],
    skip_probe: bool,
    resume: str | None,
    form: str,
    verbose: bool,
) -> int:
    """Replace the copies, or with --dry-run show how.

    Each file is either as it was or as it is to be, whatever happens; `rollback` takes any of it
    back. Files with uncommitted changes stay. Before the first write, pytest is started for each
    folder concerned, to see that the shared module can be imported there.

    \b
    ssot-codemods migrate --dry-run tests/unit | git apply --check
    ssot-codemods migrate --max-files 10 tests/unit
    ssot-codemods migrate @batch.txt
    """
    from codemods.disk.journal import Journal

    if resume is not None:
        others = (paths, exclude, dry_run, max_files, allow_dirty, verify, skip_probe, scheduler)
        if any(others):
            raise click.UsageError("--resume finishes a run as it was planned: nothing beside it")
        return _resume(Journal(read_settings(Path.cwd()).root), resume, form)
    if dry_run and verify:
        raise click.UsageError("--verify needs what --dry-run leaves out: the writing")
    if not verify and (timeout is not None or workers is not None or targets):
        raise click.UsageError("--timeout, -n and --tx are about the tests: they need --verify")
    setup = Setup(paths, exclude, jobs, scheduler)
    if dry_run:
        return _dry_run(setup, max_files, form, verbose)
    journal = Journal(setup.settings.root)
    with journal.lock():
        tests = _Tests(timeout, xdist(workers, targets, sys.executable)) if verify else None
        return _migrate(setup, journal, max_files, allow_dirty, skip_probe, tests, form, verbose)


def _dry_run(setup: Setup, max_files: int | None, form: str, verbose: bool) -> int:
    from codemods.migration.migrate import first_files
    from codemods.report import migrate as report

    planned = setup.plan("plan")
    results, left = first_files(planned, max_files)
    if form == "json":
        print_json(report.as_json(results, files=planned.files, run=None, left=left, dry_run=True))
    else:
        results = _print_diffs(results)
        say(
            report.as_text(
                results, files=planned.files, run=None, left=left, dry_run=True, verbose=verbose
            )
        )
    return exit_code(results, left + sum(r.after is not None for r in results))


def _print_diffs(results: Sequence[FileResult]) -> tuple[FileResult, ...]:
    """Print a diff for each file that would change; give the results as they are by then."""
    from codemods.migration.migrate import refuse
    from codemods.report.diff import unified_diff

    # `git apply` takes no path with `..` in it, so they all start at a folder above them.
    here = Path.cwd()
    steps = max((r.path.split("/").count("..") for r in results if r.after is not None), default=0)
    base = [here, *here.parents][steps]
    shown = []
    for result in results:
        if result.after is not None:
            before = _as_planned(result)
            if isinstance(before, bytes):
                print_text(unified_diff(os.path.relpath(result.path, base), before, result.after))
            else:
                result = refuse(result, before)
        shown.append(result)
    if base != here:
        say(f"the paths of the diff start at {base}: apply it there\n")
    return tuple(shown)


def _as_planned(result: FileResult) -> bytes | Reason:
    """Read a file again, or say that it is not any more what was planned for."""
    from codemods.disk.files import read_file
    from codemods.disk.journal import digest
    from codemods.model import Code, Reason

    try:
        content, _ = read_file(result.path)
    except OSError as error:
        return Reason(Code.CHANGED_SINCE_PLANNED, 1, error.strerror or str(error))
    if digest(content) != result.before_digest:
        return Reason(Code.CHANGED_SINCE_PLANNED, 1, "edited since")
    return content


def _migrate(
    setup: Setup,
    journal: Journal,
    max_files: int | None,
    allow_dirty: bool,
    skip_probe: bool,
    tests: _Tests | None,
    form: str,
    verbose: bool,
) -> int:
    import shlex

    from codemods.migration.guards import check_imports
    from codemods.migration.migrate import write
    from codemods.progress import history
    from codemods.report import migrate as report
    from codemods.report import verify as evidence
    from codemods.shared_modules import SettingsByFile

    say_what_was_cut_off(journal)
    planned = setup.plan("plan")

    def probe(batch: Sequence[FileResult]) -> None:
        if not skip_probe:
            by_file = SettingsByFile(setup.settings)
            uses = {r.path: [m.name for m in by_file.modules(r.path)] for r in batch}
            for note in check_imports(by_file, uses, setup.jobs):
                say(f"{note}\n")

    written = write(
        planned,
        journal,
        shlex.join(sys.argv[1:]),
        max_files=max_files,
        allow_dirty=allow_dirty,
        before_writing=probe,
    )
    verified = None
    if tests is not None and written.run is not None and not written.stopped:
        written, verified = _verified(setup, journal, written, tests)
    if written.stopped:
        written = _without_unwritten(written, journal)
    run_id = written.run.id if written.run is not None else None
    if run_id is not None and journal.run(run_id).state == "rolled back":
        run_id = None  # nothing of it is left
    root = setup.settings.root
    figures = history.of_migration(planned, written)
    history.append(root, history.record(root, "migrate", setup.paths, figures))
    if verified is not None:
        figures = history.of_verification(verified, run_id)
        history.append(root, history.record(root, "verify", setup.paths, figures))
    values: dict[str, Any] = {"files": planned.files, "run": run_id, "left": written.left}
    if form == "json":
        document = report.as_json(written.results, dry_run=False, **values)
        if verified is not None:
            document["verification"] = evidence.as_json(verified)
        print_json(document)
    else:
        print_text(report.as_text(written.results, dry_run=False, verbose=verbose, **values))
        if verified is not None:
            print_text(f"\n{evidence.as_text(verified)}")
    return _migration_code(journal, written, verified)


def _migration_code(journal: Journal, written: Written, verified: Verified | None) -> int:
    """Give the exit code, and say on stderr what kept the run from its end."""
    if verified is not None and verified.problem:
        say(f"everything was taken back: {verified.problem}\n")
        return FILE_FAILED
    if written.run is not None and written.stopped:
        say(
            f"stopped; {_new_and_old(journal, written.run)}; go on with "
            f"`ssot-codemods migrate --resume {written.run.id}`, or roll it back\n"
        )
        return INTERRUPTED
    if verified is not None and verified.taken_back:
        return FILE_FAILED
    return exit_code(written.results, written.left + written.held_back)


def _new_and_old(journal: Journal, run: Run) -> str:
    new = sum(journal.is_new(entry) for entry in run.entries)
    return f"files that are new: {new}, as they were: {len(run.entries) - new}"


def _verified(
    setup: Setup, journal: Journal, written: Written, tests: _Tests
) -> tuple[Written, Verified]:
    """Run the tests concerned in both states, and take back the files whose tests differ."""
    from codemods.measure.outcomes import modules_in, run_tests
    from codemods.migration.verify import Affected, Trial, affected, keep_what_is_clean, without
    from codemods.wording import plural

    assert written.run is not None
    trial = Trial(journal, written.run, list(written.run.entries))
    root = setup.settings.root
    find_modules = partial(modules_in, root=root, timeout=tests.timeout)

    def find_uses() -> Affected:
        uses = affected(trial.paths(), setup.all_files, find_modules)
        say(f"running the tests of {plural(len(uses.tests), 'path')} before and after\n")
        return uses

    try:
        verified = keep_what_is_clean(
            trial,
            find_uses,
            partial(run_tests, root=root, timeout=tests.timeout, same=trial.paths(), **tests.xdist),
        )
    except KeyboardInterrupt:
        say(f"stopped, and taken back; {_new_and_old(journal, written.run)}\n")
        say_what_was_cut_off(journal)
        raise
    return without(written, verified, trial), from_here(verified)


def _without_unwritten(written: Written, journal: Journal) -> Written:
    """Count the files that Ctrl-C kept from being written among those that are left."""
    assert written.run is not None
    root = os.path.realpath(journal.root)
    old = {f"{root}/{e.path}" for e in written.run.entries if not journal.is_new(e)}
    results = tuple(
        r for r in written.results if r.after is None or os.path.realpath(r.path) not in old
    )
    left = written.left + len(written.results) - len(results)
    return written._replace(results=results, left=left)


def _resume(journal: Journal, identity: str, form: str) -> int:
    from codemods.migration.rollback import resume

    with journal.lock():
        run = journal.run(identity)
        outcomes = resume(journal, run)
    return print_outcomes(run, outcomes, form)
