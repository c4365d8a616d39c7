"""A unified diff of bytes, as ``git apply`` and ``patch`` take it."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator

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
    names = _text(_name(b"a/", path)), _text(_name(b"b/", path))
    lines = difflib.unified_diff(old, new, *names)
    return "".join(_ended(lines)).encode("ascii", "surrogateescape")


def _text(content: bytes) -> str:
    return content.decode("ascii", "surrogateescape")


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if not line.endswith("\n"):
            yield "\n" + _NO_NEWLINE


def _name(prefix: bytes, path: str) -> bytes:
    """Quote a name as git does where it has to be: ``core.quotePath``, in git-config(1)."""
    name = prefix + os.fsencode(path)
    if re.search(rb'[\x00-\x1f"\\\x7f-\xff]', name):
        quoted = re.sub(rb'[\x00-\x1f"\\\x7f-\xff]', _octal, name)
        return b'"' + quoted + b'"'
    return name + b"\t" if b" " in name else name


def _octal(match: re.Match[bytes]) -> bytes:
    return b"\\%03o" % ord(match.group())
