"""Colours for a terminal: added by the form of a line, once the line is safe to print."""

from __future__ import annotations

import os
import re
from functools import cache, partial
from typing import IO, Any

import click

from codemods.model import Code

_bold = partial(click.style, bold=True)
_green, _red, _cyan, _yellow = (
    partial(click.style, fg=colour) for colour in ("green", "red", "cyan", "yellow")
)
_alarm = partial(click.style, fg="red", bold=True)

_BAD = "Error|error|failed|problem|differs|reverted|not collected|not accepted"


@cache
def _forms() -> list[tuple[re.Pattern[str], list[Any]]]:
    """Return forms of a line, and the style of each group; the first form that fits counts."""
    codes = "|".join(code.value for code in Code)
    forms: list[tuple[Any, ...]] = [
        # What a program finds: a place, and a code.
        (rf"(\S.*?)(:\d+:\d+: )(copy of|{codes})(?= |$)", _bold, _cyan, _alarm),
        (rf"({codes})(?=:|  |$)", _alarm),
        # Diffs.
        (r"(--- .*|\+\+\+ .*)", _bold),
        (r"(@@ .*)", _cyan),
        (r"(\+.*)", _green),
        (r"(-.*)", _red),
        # What became of files and tests.
        (r"(?:changed|would change): (.+)", _bold),
        (rf"((?:{_BAD})(?=:)|caused by(?= ))", _alarm),
        (r"(warning|flaky|not tested|not measured yet|interrupted)(?=:)", _yellow),
        (r"(accepted|all outcomes unchanged|Copies Left: 0)$", _green),
        (r" +(met)(?=  )", _green),
        (r" +(not met)(?=  )", _red),
        (r" +(not measured)(?=  )", _yellow),
        # The steps of the demo.
        (r"(\d+\. .+?): ssot-codemods ", _bold),
    ]
    return [(re.compile(form), styles) for form, *styles in forms]


def has_colour(stream: IO[Any] | None) -> bool:
    """Whether a stream gets colours: by --color, NO_COLOR, FORCE_COLOR, else if a terminal.

    https://no-color.org and https://force-color.org
    """
    context = click.get_current_context(silent=True)
    if context is not None and context.color is not None:
        return context.color
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def is_terminal(stream: IO[Any] | None) -> bool:
    """Whether a stream is a terminal; it is None where the shell has closed it."""
    return stream is not None and stream.isatty()


def coloured(line: str) -> str:
    """Return a line with colours; nothing in it may be unprintable."""
    for form, styles in _forms():
        match = form.match(line)
        if match is not None:
            return _styled(line, match, styles)
    return line


def _styled(line: str, match: re.Match[str], styles: list[Any]) -> str:
    parts, end = [], 0
    for group, style in enumerate(styles, start=1):
        start = match.start(group)
        parts += [line[end:start], style(match.group(group))]
        end = match.end(group)
    return "".join([*parts, line[end:]])
