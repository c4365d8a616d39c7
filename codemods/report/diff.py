"""A unified diff of bytes, as ``git apply`` and ``patch`` take it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from codemods.model import Reason, Source
from codemods.wording import git_quoted
from codemods.workers.pool import careful

_NO_NEWLINE = "\\ No newline at end of file\n"


def unified_diff(path: str, before: bytes, after: bytes) -> bytes:
    """Return the difference between two versions of a file; `path` is from where it is applied.

    Where it cannot be found in time, the diff takes out all lines and puts all in.
    """

    def all_lines(path: str, reason: Reason) -> bytes:
        return _diff(Source(path, before), after, _all_lines)

    # difflib takes very long where many lines come up in many places.
    (found,) = careful(partial(_diff, after=after), [Source(path, before)], all_lines)
    return found


#: The lines of two versions -> those of a diff, with names for both.
_Compare = Callable[[Sequence[str], Sequence[str], str, str], Iterable[str]]


def _diff(source: Source, after: bytes, compare: _Compare = difflib.unified_diff) -> bytes:
    # Lines end with a newline alone: a carriage return is part of its line. They are compared as
    # text, as `difflib.diff_bytes` does, which decodes each of them by itself.
    contents = (content.decode("ascii", "surrogateescape") for content in (source.content, after))
    old, new = (re.findall(r"[^\n]*\n|[^\n]+\Z", text) for text in contents)
    lines = compare(old, new, _name(f"a/{source.path}"), _name(f"b/{source.path}"))
    return "".join(_ended(lines)).encode("ascii", "surrogateescape")


def _all_lines(old: Sequence[str], new: Sequence[str], before: str, after: str) -> Iterator[str]:
    """Yield a diff that takes each line out and puts each in."""
    yield f"--- {before}\n+++ {after}\n"
    yield f"@@ -{min(1, len(old))},{len(old)} +{min(1, len(new))},{len(new)} @@\n"
    yield from (f"-{line}" for line in old)
    yield from (f"+{line}" for line in new)


def _ended(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if not line.endswith("\n"):
            yield "\n" + _NO_NEWLINE


def _name(path: str) -> str:
    quoted = git_quoted(path)
    if "\\" in quoted:
        return quoted
    return f"{path}\t" if " " in path else path
