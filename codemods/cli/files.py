"""The verbs over files: analyze, init, migrate, rollback, check."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from codemods.cli.common import (
    COPIES_LEFT,
    EXIT_CODES,
    FILE_FAILED,
    FINE,
    INTERRUPTED,
    PATHS,
    Seconds,
    Setup,
    beside,
    exit_code,
    from_here,
    main,
    over_files,
    print_json,
    print_list,
    print_text,
    progress_bar,
    say,
    say_what_was_cut_off,
    xdist,
)
from codemods.disk.files import UsageError
from codemods.settings import read_settings

if TYPE_CHECKING:
    from codemods.disk.journal import Journal
    from codemods.migration.migrate import Written
    from codemods.model import FileResult, Outcome, Reason, Run
    from codemods.report.model import Verified


@dataclass(frozen=True, slots=True)
class _Tests:
    """How the tests are run: seconds for each run, and what `xdist` gives."""

    timeout: float | None
    xdist: dict[str, Any]


@main.command(epilog=PATHS)
@over_files
@click.option("--variants", is_flag=True, help="Group the definitions by shape, with diffs.")
@click.option(
    "--list",
    "as_list",
    is_flag=True,
    help="Print nothing but the paths that would change, one a line, for @FILE.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    help="Text unless given.",
)
@click.option(
    "-v", "--verbose", is_flag=True, help="Give each definition a line; in JSON, all its figures."
)
def analyze(
    paths: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int | None,
    scheduler: str | None,
    variants: bool,
    as_list: bool,
    form: str,
    verbose: bool,
) -> int:
    """Say what there is to migrate: definitions, verdicts, reasons.

    Nothing is changed, and no file is compiled or given to LibCST: one that does not compile, or
    that LibCST would not print exactly, counts as one to change here, and `migrate` leaves it.
    Copies that are left are no failure here; `check` is for that.

    \b
    ssot-codemods analyze tests
    ssot-codemods analyze --variants --format markdown > scope.md
    ssot-codemods analyze --list tests/unit > batch.txt; ssot-codemods migrate @batch.txt
    """
    if as_list and (variants or verbose or form != "text"):
        raise click.UsageError("--list prints paths alone: without --variants, --format and -v")
    setup = Setup(paths, exclude, jobs, scheduler)
    with progress_bar("analyze") as progress:
        scan = setup.scan(progress)
        # What takes its time to import is imported while git looks for the files.
        from codemods.migration.analyze import analyze as analyze_files
        from codemods.report import analyze as report

        analysis = analyze_files(scan, setup.pool(), variants=variants)
    if as_list:
        print_list(report.paths_to_change(analysis))
    elif form == "json":
        print_json(report.as_json(analysis, verbose=verbose))
    elif form == "markdown":
        print_text(report.as_markdown(analysis))
    else:
        print_text(report.as_text(analysis, verbose=verbose))
    return FILE_FAILED if analysis.failures else FINE


@main.command(epilog=EXIT_CODES)
@click.option(
    "--to",
    "folder",
    metavar="DIR",
    help="Where the shared module is to lie, from the root; test_framework/ssot unless given.",
)
def init(folder: str | None) -> int:
    """Make this repository ready: its own shared module, shapes and settings.

    Copies the shared module and the recorded shapes to test_framework/ssot/ (or --to DIR), writes
    .libcst.codemod.yaml and the table [tool.ssot-codemods]. Overwrites nothing: where a file is
    there and differs, the difference is shown, nothing is written, and the exit code is 1.

    \b
    ssot-codemods init
    ssot-codemods init --to tests/shared
    """
    from codemods.migration.init import steps, write
    from codemods.report.diff import unified_diff

    root = read_settings(Path.cwd()).root
    todo = steps(root, folder)
    conflicts = [step for step in todo if step.is_conflict]
    for step in conflicts:
        assert step.before is not None
        print_text(unified_diff(os.path.relpath(step.path), step.before, step.after))
    if conflicts:
        names = ", ".join(os.path.relpath(step.path) for step in conflicts)
        say(f"Error: there already, and different: {names}; nothing was written\n")
        return COPIES_LEFT
    written = [os.path.relpath(path) for path in write(todo)]
    print_text("".join(f"wrote {path}\n" for path in written) or "nothing to do\n")
    return FINE


@main.command(epilog=PATHS)
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
    from codemods.report.verify import evidence_json, evidence_text

    say_what_was_cut_off(journal)
    planned = setup.plan("plan")

    def probe(batch: Sequence[FileResult]) -> None:
        if not skip_probe:
            paths = [r.path for r in batch]
            for note in check_imports(setup.settings, setup.target, paths, setup.jobs):
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
            document["verification"] = evidence_json(verified)
        print_json(document)
    else:
        print_text(report.as_text(written.results, dry_run=False, verbose=verbose, **values))
        if verified is not None:
            print_text(f"\n{evidence_text(verified)}")
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
    from codemods.report.table import plural

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
    return replace(written, results=results, left=left)


def _resume(journal: Journal, identity: str, form: str) -> int:
    from codemods.migration.rollback import resume

    with journal.lock():
        run = journal.run(identity)
        outcomes = resume(journal, run)
    return _print_outcomes(run, outcomes, form)


@main.command(epilog=EXIT_CODES)
@click.argument("arguments", nargs=-1, metavar="[RUN] [FILES]...")
@click.option("--list", "as_list", is_flag=True, help="Show the runs, the latest last.")
@click.option("--force", is_flag=True, help="Overwrite files edited since; a copy is kept.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Text unless given.",
)
def rollback(arguments: tuple[str, ...], as_list: bool, force: bool, form: str) -> int:
    """Take back the last run, or the RUN named; all of it, or some FILES.

    A run that was cut off, by a loss of power perhaps, can be taken back too. A file that was
    edited since stays, unless --force is given. Needs no git.

    \b
    ssot-codemods rollback
    ssot-codemods rollback --list
    ssot-codemods rollback 20260102T030405Z-ab12 tests/unit/test_a.py
    """
    from codemods.disk.journal import Journal
    from codemods.migration.rollback import choose, roll_back
    from codemods.progress import history
    from codemods.report import rollback as report

    journal = Journal(read_settings(Path.cwd()).root)
    for damage in journal.damaged():
        say(f"passed over: {damage}\n")
    if as_list:
        if arguments or force:
            raise click.UsageError("--list shows all runs: without RUN, FILES and --force")
        runs = journal.runs()
        if form == "json":
            print_json(report.runs_as_json(runs))
        else:
            print_text(report.runs_as_text(runs))
        return FINE
    if not journal.folder.is_dir():
        raise UsageError(f"no run to take back: there is no {journal.folder}")
    with journal.lock():
        run, paths = choose(journal, arguments)
        outcomes = roll_back(journal, run, paths, force=force)
    files = [str(journal.root / path) for path in paths]
    figures = history.of_rollback(run, outcomes)
    history.append(journal.root, history.record(journal.root, "rollback", files, figures))
    return _print_outcomes(run, outcomes, form)


@main.command(epilog=PATHS)
@over_files
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="Text unless given; github makes annotations of a workflow.",
)
def check(
    paths: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int | None,
    scheduler: str | None,
    form: str,
) -> int:
    """Fail where a copy is left that could be replaced: for CI and pre-commit.

    Copies that `migrate` refuses do not count. The fourth field of the line "Compliant Files" is
    the share of the files that use the helper and hold no such copy.

    \b
    ssot-codemods check
    ssot-codemods check --format github tests
    ssot-codemods check | grep "Compliant Files" | awk '{print $4}' | tr -d '%'
    """
    from codemods.disk.journal import Journal
    from codemods.progress import history
    from codemods.report import check as report

    setup = Setup(paths, exclude, jobs, scheduler)
    root = setup.settings.root
    say_what_was_cut_off(Journal(root))
    planned = setup.plan("check")
    if Journal(root).folder.is_dir():  # a check alone leaves nothing behind
        figures = history.of_check(planned)
        history.append(root, history.record(root, "check", setup.paths, figures))
    if form == "json":
        print_json(report.as_json(planned.results, planned.helpers, planned.files))
    elif form == "github":
        print_text(report.as_github(planned.results))
    else:
        print_text(report.as_text(planned.results, planned.helpers, paths))
    return exit_code(planned.results, len(planned.changes))


def _print_outcomes(run: Run, outcomes: list[Outcome], form: str) -> int:
    from codemods.report import rollback as report

    if form == "json":
        print_json(report.outcomes_as_json(run, outcomes))
    else:
        print_text(report.outcomes_as_text(run, outcomes))
    return FILE_FAILED if any(o.error for o in outcomes) else FINE
