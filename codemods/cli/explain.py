"""Explain the code of a reason."""

from __future__ import annotations

import click

from codemods.cli._common import OK
from codemods.cli._output import print_text
from codemods.model import Code


@click.command(epilog="Exit codes: 0 OK, 2 usage error.")
@click.argument(
    "code", required=False, metavar="[CODE]", type=click.Choice([code.value for code in Code])
)
def explain(code: str | None) -> int:
    """Explain the code of a reason, and what to do about it.

    Without CODE, list all codes.

    \b
    ssot-codemods explain
    ssot-codemods explain different-globals
    """
    from codemods.report import explain as report

    print_text(report.all_as_text() if code is None else report.as_text(Code(code)))
    return OK
