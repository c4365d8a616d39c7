"""Report on a migration, for a pull request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from codemods.cli._common import OK, Setup, read_history
from codemods.cli._options import PATHS, FileArguments, output_format, over_files, verb
from codemods.cli._output import json_bytes, page_bytes, print_bytes, print_page, remark
from codemods.disk.folder import write_named
from codemods.report.table import Detail

if TYPE_CHECKING:
    from codemods.progress.completion import Completion


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
    help="Write the report to FILE, and do not print it: as --format says, else by the ending of "
    "FILE: .json, .md, else HTML. Markdown is printed beside a FILE of HTML or JSON.",
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
    written = None
    if output is not None:
        by_ending = {".json": "json", ".md": "markdown"}.get(output.suffix, "html")
        written = by_ending if form == "markdown" else form
        write_named(output, _rendered(done, written), setup.settings.root)
    if summary:
        print_page(rendered.as_summary(done, str(output or "")))
    elif written == form:
        remark(f"wrote {output}")
    else:
        print_bytes(_rendered(done, form, str(output or "")))
    return OK


def _rendered(done: Completion, form: str, whole: str = "") -> bytes:
    """Return the report; Markdown names the file that has the whole of it."""
    from codemods.report import report as rendered

    if form == "json":
        return json_bytes(rendered.as_json(done))
    return page_bytes(
        rendered.as_html(done) if form == "html" else rendered.as_markdown(done, whole)
    )
