"""Walk through a migration on a sample suite."""

from __future__ import annotations

from pathlib import Path

import click

from codemods.cli._options import verb
from codemods.cli._output import print_text
from codemods.report.table import Detail


@verb(
    quiet="Print only the steps, and not what they print.",
    verbose="Start each step with -v.",
    failed="a step failed",
)
@click.option("--full", is_flag=True, help="The whole suite; also measures, and writes a report.")
def demo(full: bool, detail: Detail) -> int:
    """Walk through a migration on a copy of the bundled sample suite.

    Prints each command before it is run. Needs git; takes some seconds, with --full a minute.

    \b
    Examples:
      ssot-codemods demo
      ssot-codemods demo --full
    """
    import tempfile

    from codemods.migration.demo import FULL_STEPS, STEPS
    from codemods.migration.demo import demo as walk_through

    steps = FULL_STEPS if full else STEPS
    colours = {None: [], True: ["--color=always"], False: ["--color=never"]}
    options = colours[click.get_current_context().color]
    if detail is Detail.VERBOSE:
        options = [*options, "-v"]
    is_quiet = detail is Detail.QUIET
    with tempfile.TemporaryDirectory(prefix="ssot-codemods-demo-") as temporary:
        folder = Path(temporary).resolve()
        return walk_through(folder, steps, print_text, options=options, is_quiet=is_quiet)
