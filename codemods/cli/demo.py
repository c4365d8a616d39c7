"""Walk through a migration on a sample suite."""

from __future__ import annotations

from pathlib import Path

import click

from codemods.cli._common import USAGE
from codemods.cli._options import EXIT_CODES
from codemods.cli._output import print_text, say


@click.command(epilog=EXIT_CODES)
@click.option(
    "--keep",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Use a new folder, and keep it. Default: a temporary folder.",
)
@click.option("--full", is_flag=True, help="The whole suite; also measures, and writes a report.")
def demo(keep: str | None, full: bool) -> int:
    """Walk through a migration on a copy of the bundled sample suite.

    Prints each command before it is run. Needs git; takes some seconds, with --full a minute.
    """
    import tempfile

    from codemods.migration.demo import FULL_STEPS, STEPS
    from codemods.migration.demo import demo as walk

    steps = FULL_STEPS if full else STEPS
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
