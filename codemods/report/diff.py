"""A unified diff of bytes, as ``git apply`` and ``patch`` take it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from codemods.wording import git_quoted

_NO_NEWLINE = "\\ No newline at end of file\n"


def unified_diff(path: str, before: bytes, after: bytes) -> bytes:
    """Return the difference between two versions of a file.

    Args:
        path: the file, relative to where the diff is to be applied.
        before: its bytes.
        after: its bytes afterwards.

    """
    # Lines end with a newline alone: a carriage return is part of its line. They are compared as
    # text, as `difflib.diff_bytes` does, which decodes each of them by itself.
    old, new = (re.findall(r"[^\n]*\n|[^\n]+\Z", _text(content)) for content in (before, after))
    lines = difflib.unified_diff(old, new, _name(f"a/{path}"), _name(f"b/{path}"))
    return "".join(_ended(lines)).encode("ascii", "surrogateescape")


def _text(content: bytes) -> str:
    return content.decode("ascii", "surrogateescape")


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if not line.endswith("\n"):
            yield "\n" + _NO_NEWLINE


def _name(path: str) -> str:
    quoted = git_quoted(path)
    if "\\" in quoted:
        return quoted
    return f"{path}\t" if " " in path else path
