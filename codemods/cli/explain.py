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
    """Return the code that a word means; any other gets the nearest one, not a list of forty."""
    if word is None or word.lower() in _CODES:
        return None if word is None else Code(word.lower())
    nearest = get_close_matches(word.lower(), _CODES, 1)
    advice = f"did you mean {nearest[0]!r}?" if nearest else "without CODE, all are listed"
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
