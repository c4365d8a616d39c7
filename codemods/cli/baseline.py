"""Measure the collection of tests."""

from __future__ import annotations

from pathlib import Path

import click

from codemods.cli._common import FILE_FAILED, OK, paths_for_pytest, show_step, warn_unfinished_runs
from codemods.cli._options import PYTEST_PATHS, hint_at_python, interpreter, starts_pytest, verb
from codemods.cli._output import say, show
from codemods.report.table import Detail
from codemods.settings import read_settings


@verb(
    PYTEST_PATHS,
    quiet="Print only the time of collection, or what may be claimed of it.",
    verbose="Print the seconds of each run, and do not cut lists short.",
    failed="the tests could not be collected",
)
@starts_pytest
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="N",
    help="Number of runs without bytecode, and of runs with it; a comparison needs 3 of each.",
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
    python: str | None,
    timeout: float | None,
    form: str,
    runs: int,
    save: str | None,
    compare: str | None,
    against: str | None,
    profile: bool,
    detail: Detail,
) -> int:
    """Measure what it takes pytest to collect the tests.

    Shows seconds, memory, tests, errors, and warnings. Starts pytest with your interpreter and
    configuration, and collects without running a test: once to warm up, then --runs times without
    and with bytecode, which is kept in a temporary folder. The third field of the line "Collection
    Time" is the median with bytecode.

    \b
    Examples:
      ssot-codemods baseline tests/unit --save before
      ssot-codemods baseline tests/unit --compare before
      ssot-codemods baseline tests/unit --against HEAD~1
      ssot-codemods baseline tests/unit --profile
    """
    from codemods.disk.journal import Journal
    from codemods.measure.compare import compare as compare_baselines
    from codemods.measure.profile import profile as take_apart
    from codemods.measure.session import Pytest
    from codemods.progress.baseline import load_baseline, measure, measure_against
    from codemods.report import baseline as report

    if sum((profile, against is not None, bool(save or compare))) > 1:
        raise click.UsageError("--profile, --against and --save or --compare cannot be combined")
    settings = read_settings(Path.cwd())
    pytest = Pytest(settings.root, interpreter(python, settings.root), timeout)
    chosen = paths_for_pytest(settings, paths, categories)
    if profile:
        found = take_apart(pytest, chosen, progress=show_step)
        show(form, report.profile_json(found), report.profile_text(found, detail))
        return FILE_FAILED if found.problem else OK
    if against is not None:
        both = measure_against(against, pytest, chosen, runs=runs, progress=show_step)
        show(form, report.comparison_json(both), report.comparison_text(both, detail))
        return FILE_FAILED if both.before.summary.problem or both.after.summary.problem else OK
    earlier = load_baseline(settings.root, compare) if compare is not None else None
    measured, remarks = measure(settings, pytest, chosen, runs=runs, save=save, progress=show_step)
    warn_unfinished_runs(Journal(settings.root))
    hint_at_python(pytest.python, (error.message for error in measured.errors))
    for remark in remarks:
        say(remark)
    if earlier is None:
        show(form, report.as_json(measured), report.as_text(measured, detail))
    else:
        both = compare_baselines(earlier, measured)
        show(form, report.comparison_json(both), report.comparison_text(both, detail))
    return FILE_FAILED if measured.summary.problem else OK
