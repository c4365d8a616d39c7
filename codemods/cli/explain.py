"""Explain the code of a reason."""

from __future__ import annotations

from difflib import get_close_matches

import click

from codemods.cli._common import OK
from codemods.cli._options import verb
from codemods.cli._output import print_text
from codemods.model import Code
from codemods.report.table import Detail

_CODES = [code.value for code in Code]


def _meant(context: click.Context, parameter: click.Parameter, word: str | None) -> Code | None:
    """Return the code that a word means; any other gets those that hold or resemble it."""
    code = "" if word is None else word.lower().replace("_", "-")
    if word is None or code in _CODES:
        return Code(code) if code else None
    meant = [c for c in _CODES if code in c] if len(code) > 2 else []
    meant = meant or get_close_matches(code, _CODES, 1, 0.75)
    advice = "`ssot-codemods explain` lists all codes"
    if meant:
        advice = f"did you mean {' or '.join(meant)}?"
    raise click.BadParameter(f"{word!r} is not the code of a reason: {advice}")


@verb(
    quiet="Print only the codes, or one sentence about CODE.",
    verbose="Without CODE, print all that is known of each.",
)
@click.argument(
    "code",
    required=False,
    metavar="[CODE]",
    callback=_meant,
    shell_complete=lambda _, __, begun: [code for code in _CODES if code.startswith(begun)],
)
def explain(code: Code | None, detail: Detail) -> int:
    """Explain the code of a reason, and what to do about it.

    Without CODE, list all codes.

    \b
    Examples:
      ssot-codemods explain
      ssot-codemods explain different-globals
    """
    from codemods.report import explain as report

    print_text(report.all_as_text(detail) if code is None else report.as_text(code, detail))
    return OK
