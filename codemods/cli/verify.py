"""Run the same tests without a run of `migrate` and with it."""

from __future__ import annotations

from functools import partial

import click

from codemods.cli._common import (
    FILE_FAILED,
    OK,
    Setup,
    from_here,
    paths_for_pytest,
    say_what_was_cut_off,
)
from codemods.cli._options import EXIT_CODES, beside, starts_pytest, xdist
from codemods.cli._output import say, show
from codemods.model import UsageError


@click.command(epilog=EXIT_CODES)
@starts_pytest
@click.option("--run", "identity", metavar="RUN", help="The run to judge; the last unless given.")
@click.option("--file", "files", multiple=True, metavar="FILE", help="One more of PATHS.")
@click.option("--golden-path", is_flag=True, help="Run the commands of `golden-path`, too.")
@beside
def verify(
    paths: tuple[str, ...],
    categories: tuple[str, ...],
    python: str,
    timeout: float | None,
    form: str,
    identity: str | None,
    files: tuple[str, ...],
    golden_path: bool,
    workers: str | None,
    targets: tuple[str, ...],
) -> int:
    """Run the same tests without a run of `migrate` and with it, and compare by node id.

    The files of the run are put back to what they were for as long as that takes; then they are
    as now again. Without PATHS, the tests are those that use the files of the run. A difference
    counts where it shows twice in both states, and is a failure (3). Where no run is to be judged,
    the tests of PATHS (or all) are run once, and each one that fails is a failure.

    \b
    ssot-codemods verify
    ssot-codemods verify --category unit --golden-path
    ssot-codemods verify --file tests/unit/test_a.py
    """
    from codemods.disk.journal import Journal
    from codemods.measure.commands import run_commands
    from codemods.measure.outcomes import modules_in, run_tests
    from codemods.measure.session import Pytest
    from codemods.migration.verify import RanOnce, Verified, affected, judged, run_once, standing
    from codemods.progress import history
    from codemods.report import verify as report

    setup = Setup(())
    settings = setup.settings
    chosen = paths_for_pytest(settings, (*paths, *files), categories)
    if golden_path and not settings.golden_path:
        raise UsageError("--golden-path: the settings name no commands under `golden-path`")
    journal = Journal(settings.root)
    pytest = Pytest(settings.root, python, timeout)
    run = partial(run_tests, pytest, xdist(pytest, workers, targets))
    commands = partial(run_commands, settings.golden_path, settings.root, timeout)
    say_what_was_cut_off(journal)
    verified: Verified | RanOnce
    with journal.lock():
        trial = standing(journal, identity)
        if trial is None:
            say("no run to judge: the tests are run once, as the files are\n")
            verified = run_once(chosen, run, commands if golden_path else None)
            figures = history.of_single_run(verified)
        else:
            say(f"judging run {trial.run.id}: {trial.run.command}\n")
            find_modules = partial(modules_in, pytest)
            find_uses = partial(affected, trial.paths(), setup.all_files, find_modules)
            run = partial(run, same=trial.paths())
            verified = judged(trial, chosen, find_uses, run, commands if golden_path else None)
            verified = from_here(verified)
            figures = history.of_verification(verified, trial.run.id)
    history.append(settings.root, [str(settings.root / p) for p in chosen or ["."]], figures)
    show(form, report.as_json(verified), report.as_text(verified))
    return OK if verified.ok else FILE_FAILED
