"""Replace the copies."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codemods.cli._common import (
    FILE_FAILED,
    INTERRUPTED,
    Setup,
    exit_code,
    failing_imports,
    relative_to_cwd,
    warn_unfinished_runs,
)
from codemods.cli._options import (
    PATHS,
    ClassArguments,
    FileArguments,
    check_xdist,
    codemod_option,
    hint_at_python,
    interpreter,
    output_format,
    over_files,
    python_option,
    renames_classes,
    timeout_option,
    verb,
    workers_option,
)
from codemods.cli._output import print_diff, print_json, print_text, remark, say
from codemods.cli.rollback import print_outcomes
from codemods.model import UsageError
from codemods.registry import CODEMODS
from codemods.report.table import Detail
from codemods.settings import Settings, has_flake8_alone, read_settings
from codemods.wording import plural

if TYPE_CHECKING:
    from codemods.disk.journal import Journal
    from codemods.measure.session import Pytest
    from codemods.migration.migrate import Batch
    from codemods.migration.trial import Trial
    from codemods.migration.verify import Verified
    from codemods.model import FileResult


@verb(
    PATHS,
    quiet="Print only the numbers of files, and those that failed or were skipped.",
    verbose="Print a line for each changed file and each refused definition.",
    copies_left="a file with a copy was skipped (with --dry-run: a file would change)",
    failed="a file failed; with --verify, tests differ or none passed",
)
@over_files
@renames_classes
@click.option(
    "--dry-run",
    is_flag=True,
    help="Write nothing; print a diff for `git apply`, and the summary to stderr.",
)
@click.option(
    "--max-files",
    type=click.IntRange(min=1),
    metavar="N",
    help="Change at most N files, in the order of their paths; repeat for the next N.",
)
@click.option(
    "--verify",
    is_flag=True,
    help="Run the tests concerned before and after; undo each file that makes them differ.",
)
@click.option("--allow-dirty", is_flag=True, help="Also change files with uncommitted changes.")
@codemod_option
@timeout_option("Limit for each run of the tests, with --verify. Default: none.")
@python_option
@workers_option
@click.option(
    "--skip-probe",
    is_flag=True,
    help="Do not check first that pytest can import the shared module.",
)
@click.option(
    "--resume",
    metavar="RUN",
    help="Finish a run that was interrupted, and do nothing else; see rollback --list.",
)
@output_format("text", "json", note=" JSON has no diff.")
def migrate(
    files: FileArguments,
    codemod: str,
    classes: ClassArguments,
    dry_run: bool,
    max_files: int | None,
    allow_dirty: bool,
    verify: bool,
    timeout: float | None,
    python: str | None,
    workers: str | None,
    skip_probe: bool,
    resume: str | None,
    form: str,
    detail: Detail,
) -> int:
    """Replace the copies, or with --dry-run show how.

    Writes are atomic: a crash never leaves a half-written file. `rollback` undoes a run, but for
    files edited since. Files with uncommitted changes are skipped. Before the first write, pytest
    is started for each folder concerned, to check that the shared module can be imported there.
    `--codemod` applies another change in the same way.

    \b
    Examples:
      ssot-codemods migrate --dry-run tests/unit | git apply --check
      ssot-codemods migrate --max-files 10 tests/unit
      ssot-codemods migrate @batch.txt
      ssot-codemods migrate --codemod mark_helper_classes tests
      ssot-codemods migrate --codemod rename_local_class --suffix-from-file tests
    """
    from codemods.disk.journal import Journal
    from codemods.measure.session import Pytest
    from codemods.migration.migrate import Batch

    if resume is not None:
        if any((*files, dry_run, max_files, allow_dirty, verify, skip_probe)):
            raise click.UsageError("--resume finishes a run as planned: no other option applies")
        return _resume(read_settings(Path.cwd()), resume, form, detail)
    if dry_run and verify:
        raise click.UsageError("--verify needs changed files, and --dry-run writes none")
    if not verify and (timeout is not None or workers is not None):
        raise click.UsageError("--timeout and -n are about the tests: they need --verify")
    setup = Setup(files, classes)
    if dry_run:
        return _dry_run(setup, codemod, Batch("", max_files, allow_dirty), form, detail)
    starts = verify or not skip_probe
    chosen = interpreter(python, setup.settings.root) if starts else sys.executable
    pytest = Pytest(setup.settings.root, chosen, timeout)
    batch = Batch(
        command=shlex.join(sys.argv[1:]),
        max_files=max_files,
        allow_dirty=allow_dirty,
        before_writing=None if skip_probe else partial(_check_imports, setup, chosen),
    )
    check_xdist(pytest, workers)
    judge = partial(_verify, setup, pytest, workers) if verify else None
    journal = Journal(setup.settings.root)
    with journal.lock():
        return _migrate(setup, codemod, journal, batch, judge, form, detail)


def _resume(settings: Settings, identity: str, form: str, detail: Detail) -> int:
    from codemods.disk.journal import Journal
    from codemods.migration.rollback import resume
    from codemods.progress import history

    journal = Journal(settings.root)
    with journal.lock():
        run, outcomes = resume(journal, identity)
        failed = {outcome.path for outcome in outcomes if outcome.error}
        figures = history.of_resumption(journal, run, failed)
        history.append(settings, [outcome.path for outcome in outcomes], figures)
    return print_outcomes("migrate-resume", run, outcomes, form, detail)


def _dry_run(setup: Setup, codemod: str, batch: Batch, form: str, detail: Detail) -> int:
    from codemods.disk.journal import Journal
    from codemods.migration.migrate import preview
    from codemods.report import migrate as report

    warn_unfinished_runs(Journal(setup.settings.root))
    found, base, changes = preview(setup.plan("plan", codemod), batch)
    if form == "json":
        print_json(report.as_json(found, dry_run=True))
    else:
        print_diff(base, changes)
        noun = CODEMODS[codemod].noun
        print_text(report.as_text(found, dry_run=True, detail=detail, noun=noun), err=True)
    return exit_code(found.results, found.left + len(changes))


def _migrate(
    setup: Setup,
    codemod: str,
    journal: Journal,
    batch: Batch,
    judge: Callable[[Trial], Verified] | None,
    form: str,
    detail: Detail,
) -> int:
    from codemods.migration.migrate import migrate
    from codemods.progress import history
    from codemods.report import migrate as report
    from codemods.report import verify as evidence

    warn_unfinished_runs(journal)
    flake8 = has_flake8_alone(setup.settings.root)
    planned = setup.plan("plan", codemod)
    written, verified = migrate(planned, journal, batch, judge)
    settings, paths = setup.settings, [*map(os.path.abspath, setup.paths)]
    figures = history.of_migration(codemod, planned, written, journal)
    history.append(settings, paths, figures)
    if verified is not None:
        shown = history.of_verification(verified, settings.root, is_whole=True)
        history.append(settings, paths, shown)
    if form == "json":
        judged = relative_to_cwd(verified) if verified is not None else None
        print_json(report.as_json(written, dry_run=False, verified=judged))
    else:
        noun = CODEMODS[codemod].noun
        text = report.as_text(written, dry_run=False, detail=detail, noun=noun, flake8=flake8)
        print_text(text)
        if verified is not None:
            print_text(f"\n{evidence.as_text(relative_to_cwd(verified), detail)}")
    say(*report.early_end(written, verified))
    if written.stopped:
        return INTERRUPTED
    if verified is not None and (not verified.ok or verified.reverted):
        return FILE_FAILED
    return exit_code(written.results, written.held_back)


def _check_imports(setup: Setup, python: str, batch: Sequence[FileResult]) -> None:
    uses = {r.path: {d.shared[0] for d in r.replaced if d.shared} for r in batch}
    errors = failing_imports(setup.by_file, uses, setup.jobs, python)
    if errors:
        raise UsageError("nothing was written, as the new imports would fail:", *errors)


def _verify(setup: Setup, pytest: Pytest, workers: str | None, trial: Trial) -> Verified:
    from codemods.migration.verify import revert_regressions

    run_tests = setup.sessions(pytest, workers).run
    remark(f"verifying run {trial.run.id}")
    try:
        verified = revert_regressions(trial, setup.find_uses, run_tests)
    except KeyboardInterrupt:
        undone = sum(not trial.journal.is_new(entry) for entry in trial.run.entries)
        say(f"interrupted: {undone} of {plural(len(trial.run.entries), 'file')} undone")
        raise
    hint_at_python(pytest.python, verified.collection_errors.values())
    return verified
