"""Report on a migration, for a pull request."""

from __future__ import annotations

from pathlib import Path

import click

from codemods.cli._common import OK, Setup, read_history
from codemods.cli._options import PATHS, FileArguments, output_format, over_files, verb
from codemods.cli._output import json_bytes, print_json, print_page
from codemods.disk.folder import naming
from codemods.report.table import Detail


@verb(PATHS, quiet="Print the report alone: no progress, no remarks.")
@over_files
@click.option(
    "--compare-baseline",
    metavar="NAME",
    help="The saved baseline before. Default: the latest of PATHS before the first run.",
)
@output_format("markdown", "json", "html", note=" html is a single file.")
@click.option("--summary", is_flag=True, help="At most fifteen lines of Markdown.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the whole report to FILE as well, as JSON if it ends in .json, else as HTML.",
)
def report(
    files: FileArguments,
    compare_baseline: str | None,
    form: str,
    summary: bool,
    output: Path | None,
    detail: Detail,
) -> int:
    """Report on the migration, for a pull request.

    Says what changed below PATHS, what is left and why, and what was measured. Markdown is kept
    below the 65,536 characters of a comment: long lists are cut, and name the FILE of --output.

    \b
    Examples:
      ssot-codemods report tests/unit > phase1_completion_report.md
      ssot-codemods report --summary --output report.html > comment.md
    """
    if summary and form != "markdown":
        raise click.UsageError("--summary cannot be combined with --format")
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
    )
    if output is not None:
        is_json = output.suffix == ".json"
        whole = json_bytes(rendered.as_json(done)) if is_json else rendered.as_html(done).encode()
        with naming(output):
            output.write_bytes(whole)
    if form == "json":
        print_json(rendered.as_json(done))
    elif form == "html":
        print_page(rendered.as_html(done))
    else:
        as_text = rendered.as_summary if summary else rendered.as_markdown
        print_page(as_text(done, str(output or "")))
    return OK
