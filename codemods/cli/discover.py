"""Find the helpers that are pasted."""

from __future__ import annotations

import shutil
import sys

import click

from codemods.cli._common import FILE_FAILED, OK, Setup
from codemods.cli._options import PATHS, FileArguments, output_format, over_files
from codemods.cli._output import print_json, print_text, progress_bar


@click.command(epilog=PATHS)
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
@click.option("-v", "--verbose", is_flag=True, help="Show all groups, with each place.")
def discover(files: FileArguments, min_files: int, near: bool, form: str, verbose: bool) -> int:
    """Find the helpers that are pasted, and whether they can be shared.

    Lists classes, functions and fixtures of equal code in test files and conftests, also under
    different names, and what would be in the way of a shared one. No settings are needed. What
    other files do with a module is not looked at here; `migrate` does.

    \b
    ssot-codemods discover tests
    ssot-codemods discover --min-files 5 --format markdown > pasted.md
    ssot-codemods discover --near tests/unit
    """
    from codemods.migration.discover import Wanted
    from codemods.migration.discover import discover as find
    from codemods.report import discover as report

    setup = Setup(files)
    is_short = form == "text" and not verbose
    wanted = Wanted(min_files, report.MOST_GROUPS if is_short else None, near)
    with progress_bar("discover") as progress:
        found = find(setup.settings, setup.paths, setup.pool(), wanted, progress)
    if form == "json":
        print_json(report.as_json(found))
    elif form == "markdown":
        print_text(report.as_markdown(found))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        print_text(report.as_text(found, width=width, verbose=verbose))
    return FILE_FAILED if found.failures else OK
