"""The wording that several rooms share: numbers of things, shares, and a reason on a line."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from codemods.model import Reason


def plural(number: int, noun: str) -> str:
    """Return a number of things, with thousands set apart."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y"):
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}{'es' if noun.endswith('ss') else 's'}"


def most_first(texts: Iterable[str]) -> list[tuple[str, int]]:
    """Return each text with how often it comes, the most frequent first."""
    return sorted(Counter(texts).items(), key=lambda counted: (-counted[1], counted[0]))


def first_of(texts: Sequence[str], most: int = 1) -> str:
    """Return the first of some texts, and how many more there are."""
    more = len(texts) - most
    shown = ", ".join(texts[:most])
    return f"{shown} and {more:,} more" if more > 0 else shown


def percentage(part: int, whole: int) -> float:
    """Return a share in percent; nothing of nothing is all of it, and only all is 100.0."""
    return math.floor(1000 * part / whole) / 10 if whole else 100.0


def command(verb: str, *paths: str) -> str:
    """Return a command of ours on some paths, to be copied into a shell."""
    import shlex  # few texts need it

    shown = (f"./{path}" if path.startswith("-") else path for path in paths)
    return shlex.join(["ssot-codemods", *verb.split(), *shown])


def visible(text: str) -> str:
    r"""Return a text on one line, with what is not printable as `repr` writes it.

    That is each line break, escape sequence, mark of direction and lone surrogate; the latter
    stands for a byte of a file name that is not UTF-8, as ``\udcff`` for 0xff.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def output_line(text: str) -> str:
    """Return a text as a line that is safe to print, also in a workflow of GitHub.

    Its runner obeys a line that begins with ``::``, or holds ``##[``.
    """
    shown = visible(text)
    if shown.lstrip().startswith("::"):
        shown = shown.replace("::", r"\x3a:", 1)
    return shown.replace("##[", r"\x23#[")


def git_quoted(path: str) -> str:
    """Return a path in quotes, in ASCII: as git does with ``core.quotePath``, in git-config(1).

    A ``#`` is written as a number, too, see `output_line`.
    """
    name = re.sub(rb"[^ !$-\[\]-~]", lambda m: b"\\%03o" % ord(m.group()), os.fsencode(path))
    return f'"{name.decode()}"'


def reason_line(path: str, first: Reason, *others: Reason) -> str:
    """Format the reasons about one definition as ``path:line:column: code message``.

    The place is that of the first reason.
    """
    shown = others if len(others) <= 3 else others[:2]
    also = [f"; line {r.line}: {r.code.value} {r.message}" for r in shown]
    if len(shown) < len(others):
        also.append(f"; and {len(others) - len(shown)} more")
    place = f"{path}:{first.line}:{first.column}"
    return output_line(f"{place}: {first.code.value} {first.message}{''.join(also)}")


def trusting(condition: str, source: str | None) -> str:
    """Return how to tell the settings what to trust; nothing for a name that is not known.

    It is right under a condition; `source` is the dotted name, as the file imports it.
    """
    return f" ({condition}, add `{source}` to the setting `harmless`)" if source else ""
