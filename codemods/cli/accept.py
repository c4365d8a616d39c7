"""Check each criterion of each phase."""

from __future__ import annotations

import click

from codemods.cli._common import COPIES_LEFT, OK, Setup, read_history
from codemods.cli._options import EXIT_CODES, text_or_json
from codemods.cli._output import progress_bar, show


@click.command(epilog=EXIT_CODES)
@text_or_json
def accept(form: str) -> int:
    """Check each criterion of each phase, and fail where one is open.

    Exits with 0 if all are met, else with 1. A criterion that was never measured is not met, and
    nothing is accepted while a line of the history cannot be read. Also shows the number that grep
    counts, and why it differs from the number of copies.
    """
    from codemods.progress import phases
    from codemods.report import accept as report

    setup = Setup()
    records, damaged = read_history(setup.settings)
    with progress_bar("accept") as progress:
        count = phases.planner(setup.settings, setup.codemod_of(), setup.pool(), progress)
        found = phases.accept(setup.settings, setup.first_name, records, damaged, count)
    show(form, report.as_json(found), report.as_text(found))
    return OK if found.ok else COPIES_LEFT
