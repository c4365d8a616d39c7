"""Show how far each phase is."""

from __future__ import annotations

import click

from codemods.cli._common import OK, Setup, read_history
from codemods.cli._options import text_or_json, verb
from codemods.cli._output import progress_bar, remark, show
from codemods.report.table import Detail


@verb(quiet="Print only the criteria: no notes, no next steps.")
@click.option(
    "--history", "as_history", is_flag=True, help="Show the figures of each run of a verb."
)
@text_or_json
def status(as_history: bool, form: str, detail: Detail) -> int:
    """Show how far each phase is: which of its criteria are met.

    Copies and compliance are counted now; seconds and warnings are the last figures of `baseline`
    for the paths of a phase, success is what `verify` showed of each run that stands there. Below
    are the next steps.

    \b
    Examples:
      ssot-codemods status
      ssot-codemods status --history
    """
    from codemods.progress import phases
    from codemods.report import status as report

    setup = Setup()
    records, _ = read_history(setup.settings, detail)
    if as_history:
        show(form, report.history_json(records), report.history_text(records, detail))
        return OK
    with progress_bar("status") as progress:
        count = phases.planner(setup.settings, setup.codemod_of(), setup.pool(), progress)
        found = phases.status(setup.settings, records, count)
    setup.warn_uncovered()
    found = found._replace(prospects=setup.prospects())
    if not setup.settings.phases:
        remark(
            "the settings have no phases: these, and what they want, are the defaults; set your "
            "own as [tool.ssot-codemods.phases.NAME]"
        )
    show(form, report.as_json(found), report.as_text(found, detail))
    return OK
