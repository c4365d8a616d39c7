"""Explain the code of a reason."""

from __future__ import annotations

import click

from codemods.cli._common import OK
from codemods.cli._options import verb
from codemods.cli._output import print_text
from codemods.model import Code
from codemods.report.table import Detail


@verb(
    quiet="Print only the codes, or one sentence about CODE.",
    verbose="Without CODE, print all that is known of each.",
)
@click.argument(
    "code",
    required=False,
    metavar="[CODE]",
    type=click.Choice([code.value for code in Code], case_sensitive=False),
)
def explain(code: str | None, detail: Detail) -> int:
    """Explain the code of a reason, and what to do about it.

    Without CODE, list all codes.

    \b
    Examples:
      ssot-codemods explain
      ssot-codemods explain different-globals
    """
    from codemods.report import explain as report

    known = None if code is None else Code(code)
    print_text(report.all_as_text(detail) if known is None else report.as_text(known, detail))
    return OK
