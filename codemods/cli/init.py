"""Make a repository ready."""

from __future__ import annotations

import os
from pathlib import Path

import click

from codemods.cli._common import COPIES_LEFT, OK
from codemods.cli._options import verb
from codemods.cli._output import print_patch, print_text, say
from codemods.report.table import Detail
from codemods.settings import read_settings


@verb(
    quiet="Print nothing but errors.",
    verbose="Also name the files that are there already.",
    copies_left="another file is there",
)
@click.option(
    "--to",
    "folder",
    metavar="DIR",
    help="Folder of the default shared module, from the root. Default: test_framework/ssot.",
)
def init(folder: str | None, detail: Detail) -> int:
    """Add a shared module and the settings to this repository.

    Copies the default shared module to test_framework/ssot/ (or --to DIR), unless the settings name
    other modules alone; writes .libcst.codemod.yaml and the table [tool.ssot-codemods]. Where a
    shared definition has an assert statement, a conftest.py gets a line that has pytest rewrite it:
    the outermost one above all `paths` of the settings, else a new one at the root. Overwrites
    nothing: where a file exists and differs, prints the difference and writes nothing.

    \b
    Examples:
      ssot-codemods init
      ssot-codemods init --to tests/shared
    """
    from codemods.migration.init import steps
    from codemods.migration.steps import write
    from codemods.report import init as report
    from codemods.report.diff import unified_diff

    todo = steps(read_settings(Path.cwd()), folder)
    conflicts = [step for step in todo if step.is_conflict]
    for step in conflicts:
        assert step.before is not None
        print_patch(unified_diff(os.path.relpath(step.path), step.before, step.after))
    if conflicts:
        names = ", ".join(os.path.relpath(step.path) for step in conflicts)
        say(f"Error: nothing was written, as these exist and differ: {names}")
        return COPIES_LEFT
    write(todo)
    print_text(report.as_text(todo, detail))
    return OK
