"""Find the helpers that are pasted."""

from __future__ import annotations

import click

from codemods.cli._common import FILE_FAILED, OK, Setup
from codemods.cli._options import PATHS, FileArguments, output_format, over_files, verb
from codemods.cli._output import print_json, print_page, print_text, progress_bar, remark
from codemods.report.table import Detail


@verb(
    PATHS,
    quiet="Print only the summary, and the files that failed.",
    verbose="Show all groups, with each place.",
    failed="a file failed",
)
@over_files
@click.option(
    "--min-files",
    type=click.IntRange(min=2),
    default=2,
    metavar="N",
    help="Show what stands in at least N files. Default: 2.",
)
@click.option(
    "--near", is_flag=True, help="Show definitions of one name that differ little, with diffs."
)
@output_format("text", "json", "markdown")
def discover(files: FileArguments, min_files: int, near: bool, form: str, detail: Detail) -> int:
    """Find the helpers that are pasted, and whether they can be shared.

    Lists classes, functions and fixtures of equal code in test files and conftests, also under
    different names, and what would be in the way of a shared one. No settings are needed. What
    other files do with a module is not looked at here; `migrate` does. Collection warnings are
    those that pytest gives for a copy: PytestCollectionWarning.

    \b
    Examples:
      ssot-codemods discover tests
      ssot-codemods discover --min-files 5 --format markdown > pasted.md
      ssot-codemods discover --near tests/unit
    """
    from codemods.migration.discover import Wanted
    from codemods.migration.discover import discover as find
    from codemods.report import discover as report

    setup = Setup(files)
    is_short = form == "text" and detail is not Detail.VERBOSE
    wanted = Wanted(min_files, report.MOST_GROUPS if is_short else None, near)
    with progress_bar("discover") as progress:
        found = find(setup.settings, setup.paths, setup.pool(), wanted, progress)
    if form == "json":
        print_json(report.as_json(found))
    elif form == "markdown":
        print_page(report.as_markdown(found))
    else:
        print_text(report.as_text(found, detail, near=near, asked=files.paths))
    if near and not found.near:
        remark("no two definitions of one name differ in a quarter of their lines or less")
    elif found.files and not near and not found.groups:
        remark("--near shows the definitions of one name that differ little")
    return FILE_FAILED if found.failures else OK
