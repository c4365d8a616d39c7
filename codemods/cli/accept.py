"""Check each criterion of each phase."""

from __future__ import annotations

import click

from codemods.cli._common import COPIES_LEFT, OK, Setup, say_what_was_cut_off
from codemods.cli._options import EXIT_CODES, text_or_json
from codemods.cli._output import progress_bar, show


@click.command(epilog=EXIT_CODES)
@text_or_json
def accept(form: str) -> int:
    """Say whether each criterion of each phase is met: 0 where all are, else 1.

    What was never measured is not met. Beside the copies stands what grep counts, and why that is
    another number.
    """
    from codemods.disk.journal import Journal
    from codemods.progress import history, phases
    from codemods.report import accept as report

    setup = Setup(())
    say_what_was_cut_off(Journal(setup.settings.root))
    records = history.standing(setup.settings.root)
    with progress_bar("accept") as progress:
        found = phases.accept(setup.settings, setup.by_file.shared, records, setup.pool(), progress)
    show(form, report.as_json(found), report.as_text(found))
    return OK if found.ok else COPIES_LEFT
