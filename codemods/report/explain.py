"""What each code of a reason means, why it is one, an example, and what to do."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from codemods.model import Code
from codemods.report.table import Detail

_PAGE = Path(__file__).with_suffix(".md")


def as_text(code: Code, detail: Detail = Detail.NORMAL) -> str:
    """Return the section about one code; QUIET: its first sentence."""
    if detail is Detail.QUIET:
        return f"{summary(code)}\n"
    return f"{code.value}: {_sections()[code]}"


def all_as_text(detail: Detail = Detail.NORMAL) -> str:
    """Return each code with the first sentence about it; QUIET: none, VERBOSE: the sections."""
    if detail is Detail.QUIET:
        return "".join(f"{code.value}\n" for code in _sections())
    if detail is Detail.VERBOSE:
        return "\n".join(map(as_text, _sections()))
    width = max(len(code.value) for code in _sections())
    return "".join(f"{c.value:{width}}  {summary(c)}\n" for c in _sections())


def summary(code: Code) -> str:
    """Return the first sentence about a code."""
    return _sections()[code].partition("\n")[0]


@cache
def _sections() -> dict[Code, str]:
    """Return what stands below each heading of the page, in its order."""
    _, *parts = re.split(r"^## ([a-z-]+)\n\n", _PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return {Code(c): text for c, text in zip(parts[::2], parts[1::2], strict=True)}
