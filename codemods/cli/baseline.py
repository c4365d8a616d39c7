"""Measure the collection of tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codemods.cli._common import FILE_FAILED, OK, paths_for_pytest, show_step, warn_unfinished_runs
from codemods.cli._options import PYTEST_PATHS, starts_pytest
from codemods.cli._output import say, show
from codemods.settings import Settings, read_settings

if TYPE_CHECKING:
    from codemods.measure.model import Baseline


@click.command(epilog=PYTEST_PATHS)
@starts_pytest
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="N",
    help="Number of runs without bytecode, and of runs with it.",
)
@click.option("--save", metavar="NAME", help="Save the figures under NAME.")
@click.option("--compare", metavar="NAME", help="Compare with the figures saved under NAME.")
@click.option(
    "--against", metavar="GITREF", help="Also measure a commit, in turn with the working files."
)
@click.option("--profile", is_flag=True, help="Show where the time goes, and what would help.")
def baseline(
    paths: tuple[str, ...],
    categories: tuple[str, ...],
    python: str,
    timeout: float | None,
    form: str,
    runs: int,
    save: str | None,
    compare: str | None,
    against: str | None,
    profile: bool,
) -> int:
    """Measure the collection of tests: seconds, memory, tests, errors, warnings.

    Starts pytest with your interpreter and configuration, and collects without running a test:
    once to warm up, then --runs times without and with bytecode, which is kept in a temporary
    folder. The third field of the line "Collection Time" is the median with bytecode.

    \b
    ssot-codemods baseline tests/unit --save before
    ssot-codemods baseline tests/unit --compare before
    ssot-codemods baseline tests/unit --against HEAD~1
    ssot-codemods baseline tests/unit --profile
    """
    from codemods.disk.git import head_of, worktree
    from codemods.measure import collection
    from codemods.measure.compare import compare as compare_baselines
    from codemods.measure.saved import baseline_file, load_baseline
    from codemods.measure.session import Pytest
    from codemods.report import baseline as report

    if sum((profile, against is not None, bool(save or compare))) > 1:
        raise click.UsageError("--profile, --against and --save or --compare cannot be combined")
    settings = read_settings(Path.cwd())
    pytest = Pytest(settings.root, python, timeout)
    chosen = paths_for_pytest(settings, paths, categories)
    if profile:
        from codemods.measure.profile import profile as take_apart

        found = take_apart(pytest, chosen, progress=show_step)
        show(form, report.profile_json(found), report.profile_text(found))
        return FILE_FAILED if found.problem else OK
    tree = collection.Tree(pytest, *head_of(settings.root))
    if against is not None:
        with worktree(settings.root, against) as folder:
            other = collection.Tree(
                replace(pytest, root=folder), *head_of(folder), name=f"{against}: "
            )
            here = replace(tree, name="here: ")
            both = collection.against(other, here, chosen, runs=runs, progress=show_step)
        show(form, report.comparison_json(both), report.comparison_text(both))
        return FILE_FAILED if both.before.summary.problem or both.after.summary.problem else OK
    if save is not None:
        baseline_file(settings.root, save)
    earlier = load_baseline(settings.root, compare) if compare is not None else None
    measured = collection.baseline(tree, chosen, runs=runs, progress=show_step)
    _record(settings, measured, chosen, save)
    if earlier is None:
        show(form, report.as_json(measured), report.as_text(measured))
    else:
        both = compare_baselines(earlier, measured)
        show(form, report.comparison_json(both), report.comparison_text(both))
    return FILE_FAILED if measured.summary.problem else OK


def _record(settings: Settings, measured: Baseline, paths: Sequence[str], save: str | None) -> None:
    from codemods.disk.journal import Journal
    from codemods.measure.saved import save_baseline
    from codemods.progress import history

    absolute = [str(settings.root / p) for p in paths or ["."]]
    if warn_unfinished_runs(Journal(settings.root)):
        say("these figures are not recorded: the files may be those before the run, or both\n")
        return
    history.append(settings.root, absolute, measured.summary)
    if save is not None and measured.summary.problem:
        say(f"not saved as {save}: {measured.summary.problem}\n")
    elif save is not None:
        save_baseline(measured, settings.root, save)
