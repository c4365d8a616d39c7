"""Report on a migration, for a pull request."""

from __future__ import annotations

import click

from codemods.cli._common import OK, Setup, warn_unfinished_runs
from codemods.cli._options import PATHS, over_files
from codemods.cli._output import print_json, print_text, progress_bar


@click.command(epilog=PATHS)
@over_files
@click.option(
    "--compare-baseline",
    metavar="NAME",
    help="The saved baseline before. Default: the first one of PATHS in the history.",
)
@click.option(
    "--after",
    metavar="NAME",
    help="The saved baseline after. Default: the latest one of PATHS in the history.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "json", "html"]),
    default="markdown",
    help="Default: markdown. html is a single file.",
)
def report(
    paths: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int | None,
    file_timeout: float | None,
    scheduler: str | None,
    compare_baseline: str | None,
    after: str | None,
    form: str,
) -> int:
    """Report on the migration of PATHS: what changed, what is left and why, what was measured.

    \b
    ssot-codemods report tests/unit > phase1_completion_report.md
    ssot-codemods report --compare-baseline before --format html > report.html
    """
    from codemods.disk.journal import Journal
    from codemods.progress import history
    from codemods.progress.completion import completion_report
    from codemods.report import report as rendered

    setup = Setup(paths, exclude, jobs, scheduler, file_timeout)
    warn_unfinished_runs(Journal(setup.settings.root))
    with progress_bar("report") as progress:
        done = completion_report(
            setup.settings,
            setup.by_file.shared,
            setup.paths,
            compare_baseline=compare_baseline,
            after_baseline=after,
            pool=setup.pool(),
            progress=progress,
        )
    history.append(setup.settings.root, setup.paths, history.Reported())
    if form == "json":
        print_json(rendered.as_json(done))
    else:
        print_text(rendered.as_html(done) if form == "html" else rendered.as_markdown(done))
    return OK
