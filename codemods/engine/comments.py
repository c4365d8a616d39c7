"""Lines of a file that hold nothing but a comment: which they are, and the file without some.

By bytes: LibCST keeps comments in a dozen kinds of places, as they stand in a block, between two
statements, or in brackets. A line that is no part of any statement needs no tree to be removed.
"""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from collections.abc import Iterable

from codemods.engine.plan import Span
from codemods.engine.text import Unparsable, decoded

_ONLY_COMMENTS = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t\f]*(?:#[^\r\n]*)?[\r\n])*[ \t\f]*(?:#[^\r\n]*)?\Z"
)


def has_only_comments(source: bytes) -> bool:
    """Whether a file has comments, and nothing else but blank lines."""
    return b"#" in source and _ONLY_COMMENTS.match(source) is not None


def comment_lines(source: bytes) -> dict[int, str]:
    """Return the comments that have a line of their own, by its number: never what is in a string.

    There are none where the file is no Python.
    """
    found: dict[int, str] = {}
    comment: tokenize.TokenInfo | None = None
    try:
        lines = io.StringIO(decoded(source), newline=None)
        for token in tokenize.generate_tokens(lines.readline):
            # What ends in NEWLINE ends a statement, as a comment below a backslash does.
            if comment is not None and token.type == tokenize.NL:
                found[comment.start[0]] = comment.string
            is_alone = not token.line[: token.start[1]].strip()
            comment = token if token.type == tokenize.COMMENT and is_alone else None
    except (tokenize.TokenError, SyntaxError, Unparsable):
        return {}
    return found


def without_lines(source: bytes, spans: Iterable[Span]) -> bytes:
    """Return a file without some whole lines; each gap closes to the larger of its blank parts.

    At the start and the end of the file no blank lines stay.
    """
    bom = codecs.BOM_UTF8 if source.startswith(codecs.BOM_UTF8) else b""
    lines = source.removeprefix(bom).splitlines(keepends=True)
    for first, last in sorted(spans, reverse=True):
        start, end = first - 1, last
        while start and not lines[start - 1].strip(b" \t\r\n"):
            start -= 1
        while end < len(lines) and not lines[end].strip(b" \t\r\n"):
            end += 1
        above, below = lines[start : first - 1], lines[last:end]
        is_inside = start > 0 and end < len(lines)
        larger = above if len(above) >= len(below) else below
        lines[start:end] = larger if is_inside else []
    return bom + b"".join(lines)
