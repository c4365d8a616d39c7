"""List the copies, and whether each can be replaced."""

from __future__ import annotations

import click

from codemods.cli._common import FILE_FAILED, OK, Setup
from codemods.cli._options import PATHS, FileArguments, over_files, text_or_json, verb
from codemods.cli._output import print_json, print_list, print_text, progress_bar
from codemods.report.table import Detail


@verb(
    PATHS,
    quiet="Print only the summary, and the files that failed.",
    verbose="Print each definition and file without code, and what other codemods would change.",
    failed="a file failed",
)
@over_files
@click.option("--variants", is_flag=True, help="Group the definitions by shape, with diffs.")
@click.option(
    "--list",
    "as_list",
    is_flag=True,
    help="Print only the paths that would change, one per line, for @FILE.",
)
@text_or_json
def analyze(files: FileArguments, variants: bool, as_list: bool, form: str, detail: Detail) -> int:
    """List every copy, and whether it can be replaced.

    Nothing is changed. No file is compiled or parsed by LibCST, and what other files do with a
    module is not looked at: a copy that `migrate` leaves for one of these is listed as one to
    replace. Copies that are left do not count as a failure; use `check` for that.

    \b
    Examples:
      ssot-codemods analyze tests
      ssot-codemods analyze --variants
      ssot-codemods analyze --list tests/unit > batch.txt
      ssot-codemods migrate @batch.txt
    """
    if as_list and (variants or form != "text"):
        raise click.UsageError("--list cannot be combined with --variants or --format")
    setup = Setup(files)
    with progress_bar("analyze") as progress:
        scan = setup.scan(progress)
        # Imported while git looks for the files, as it takes its time.
        from codemods.migration.analyze import analyze as analyze_files
        from codemods.report import analyze as report

        analysis = analyze_files(scan, setup.pool(), variants=variants)
    setup.warn_uncovered()
    if detail is Detail.VERBOSE and not as_list:  # it takes longer than all else
        analysis = analysis._replace(prospects=setup.prospects())
    if as_list:
        print_list(report.paths_to_change(analysis))
    elif form == "json":
        print_json(report.as_json(analysis))
    else:
        print_text(report.as_text(analysis, detail))
    return FILE_FAILED if analysis.failures else OK
