"""The wording that several rooms share: numbers of things, shares, and a reason on a line."""

from __future__ import annotations

import math
import re

from codemods.model import Reason


def plural(number: int, noun: str) -> str:
    """Return a number of things, with thousands set apart."""
    if number == 1:
        return f"1 {noun}"
    nouns = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {nouns}"


def percentage(part: int, whole: int) -> float:
    """Return a share in percent; nothing of nothing is all of it, and only all is 100.0."""
    return math.floor(1000 * part / whole) / 10 if whole else 100.0


def printable(path: str) -> str:
    """Return a path as it can stand on a line of its own: control characters as escapes."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda m: f"\\x{ord(m.group()):02x}", path)


def reason_line(path: str, first: Reason, *others: Reason) -> str:
    """Format the reasons about one definition as ``path:line: code: message``.

    The place is that of the first reason.
    """
    shown = others if len(others) <= 3 else others[:2]
    also = [f"; line {r.line}: {r.code.value}: {r.message}" for r in shown]
    if len(shown) < len(others):
        also.append(f"; and {len(others) - len(shown)} more")
    return f"{printable(path)}:{first.line}: {first.code.value}: {first.message}{''.join(also)}"
