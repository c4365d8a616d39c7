"""What each code of a reason means, why it is one, an example, and what to do."""

from __future__ import annotations

import re
from functools import cache
from itertools import zip_longest
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
    return {Code(c): _joined(text) for c, text in zip(parts[::2], parts[1::2], strict=True)}


def _joined(text: str) -> str:
    """Return a text with each paragraph on a line, and its blocks of code as they are."""
    blocks = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    prose = (re.sub(r"(?<=\S)\n(?=[^\n|-])", " ", block) for block in blocks[::2])
    pairs = zip_longest(prose, blocks[1::2], fillvalue="")
    return "".join(part for pair in pairs for part in pair).rstrip() + "\n"
