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
    help="Work in a new folder, and leave it there; a temporary one unless given.",
)
def demo(keep: str | None) -> int:
    """Walk through a migration on a copy of the bundled sample suite.

    Each command is printed before it is run. Needs git; takes less than a minute.
    """
    import tempfile

    from codemods.migration.demo import demo as walk

    if keep is None:
        with tempfile.TemporaryDirectory(prefix="ssot-codemods-demo-") as temporary:
            code = walk(Path(temporary).resolve(), print_text)
        print_text("that folder is gone; `ssot-codemods demo --keep DIR` leaves one\n")
        return code
    folder = Path(keep)
    if folder.exists():
        say(f"Error: {keep}: there already\n")
        return USAGE
    folder.mkdir(parents=True)
    return walk(folder.resolve(), print_text)
