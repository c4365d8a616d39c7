"""Check each criterion of each phase."""

from __future__ import annotations

from codemods.cli._common import COPIES_LEFT, OK, Setup, read_history
from codemods.cli._options import exit_zero_option, text_or_json, verb
from codemods.cli._output import progress_bar, show
from codemods.report.table import Detail


@verb(quiet="Print only the verdict.", copies_left="a criterion is not met")
@text_or_json
@exit_zero_option
def accept(form: str, exit_zero: bool, detail: Detail) -> int:
    """Check each criterion of each phase, and fail where one is open.

    A criterion that was never measured is not met, and
    nothing is accepted while a line of the history cannot be read. Also shows the number that grep
    counts, and why it differs from the number of copies.

    \b
    Examples:
      ssot-codemods accept
    """
    from codemods.progress import phases
    from codemods.report import accept as report

    setup = Setup()
    records, damaged = read_history(setup.settings, detail)
    with progress_bar("accept") as progress:
        count = phases.planner(setup.settings, setup.codemod_of(), setup.pool(), progress)
        found = phases.accept(setup.settings, setup.first_name, records, damaged, count)
    setup.warn_uncovered()
    show(form, report.as_json(found), report.as_text(found, detail))
    return OK if found.ok or exit_zero else COPIES_LEFT
