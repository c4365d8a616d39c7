"""Walk through a migration on a sample suite."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from codemods.cli._common import USAGE
from codemods.cli._options import verb
from codemods.cli._output import print_text, say
from codemods.report.table import Detail


@verb(
    quiet="Print only the steps, and not what they print.",
    verbose="Start each step with -v.",
    failed="a step failed",
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Use a new folder, and keep it. Default: a temporary folder.",
)
@click.option("--full", is_flag=True, help="The whole suite; also measures, and writes a report.")
def demo(keep: str | None, full: bool, detail: Detail) -> int:
    """Walk through a migration on a copy of the bundled sample suite.

    Prints each command before it is run. Needs git; takes some seconds, with --full a minute.

    \b
    Examples:
      ssot-codemods demo
      ssot-codemods demo --full --keep /tmp/demo
    """
    import tempfile

    from codemods.migration.demo import FULL_STEPS, STEPS
    from codemods.migration.demo import demo as walk_through

    steps = FULL_STEPS if full else STEPS
    colours = {None: [], True: ["--color=always"], False: ["--color=never"]}
    options = colours[click.get_current_context().color]
    if detail is Detail.VERBOSE:
        options = [*options, "-v"]
    walk = partial(walk_through, options=options, is_quiet=detail is Detail.QUIET)
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="ssot-codemods-demo-") as temporary:
            return walk(Path(temporary).resolve(), steps, print_text)
    folder = Path(keep)
    if folder.exists():
        say(f"Error: {keep} exists already")
        return USAGE
    folder.mkdir(parents=True)
    code = walk(folder.resolve(), steps, print_text)
    print_text(f"\nall files are in {folder.resolve()}\n")
    return code
