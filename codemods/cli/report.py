"""Report on a migration, for a pull request."""

from __future__ import annotations

import click

from codemods.cli._common import OK, Setup, read_history
from codemods.cli._options import PATHS, FileArguments, output_format, over_files, verb
from codemods.cli._output import print_json, print_page
from codemods.report.table import Detail


@verb(PATHS, quiet="Print the report alone: no progress, no remarks.")
@over_files
@click.option(
    "--compare-baseline",
    metavar="NAME",
    help="The saved baseline before. Default: the latest of PATHS before the first run.",
)
@click.option(
    "--after",
    metavar="NAME",
    help="The saved baseline after. Default: the latest one of PATHS in the history.",
)
@output_format("markdown", "json", "html", note=" html is a single file.")
def report(
    files: FileArguments,
    compare_baseline: str | None,
    after: str | None,
    form: str,
    detail: Detail,
) -> int:
    """Report on the migration, for a pull request.

    Says what changed below PATHS, what is left and why, and what was measured.

    \b
    Examples:
      ssot-codemods report tests/unit > phase1_completion_report.md
      ssot-codemods report --compare-baseline before --format html > report.html
    """
    from codemods.progress.completion import completion_report
    from codemods.report import report as rendered

    setup = Setup(files)
    records, _ = read_history(setup.settings, detail)
    done = completion_report(
        setup.settings,
        records,
        setup.paths,
        setup.plan("report"),
        compare_baseline=compare_baseline,
        after_baseline=after,
    )
    if form == "json":
        print_json(rendered.as_json(done))
    else:
        print_page(rendered.as_html(done) if form == "html" else rendered.as_markdown(done))
    return OK
