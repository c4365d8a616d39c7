"""Lines of a file that hold nothing but a comment: which they are, and the file without some.

By bytes: LibCST keeps comments in a dozen kinds of places, as they stand in a block, between two
statements, or in brackets. A line that is no part of any statement needs no tree to be removed.
"""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from collections.abc import Iterable, Sequence

from codemods.engine.plan import Span
from codemods.engine.text import Unparsable, decoded

_ONLY_COMMENTS = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t\f]*(?:#[^\r\n]*)?[\r\n])*[ \t\f]*(?:#[^\r\n]*)?\Z"
)

#: The rule of a section heading, without a title on it or before it; `_is_rule` takes both.
_RULE = re.compile(r"#\s*([-=*#~_+])\1{2,}")
_END_OF_RULE = re.compile(r"([-=*#~_+])\1{3}")
_BARE_RULE = re.compile(r"#\s*([-=*#~_+])\1*\s*$|#+$")

#: How code begins that was commented out, a copy of the class perhaps.
_CODE = re.compile(r"\b(?:class|def)\s+\w")

#: Words to a tool, about the line that they stand on or the whole file.
_TO_TOOLS = (
    r"#+\s*(type:|(noqa|pragma|pylint|flake8|ruff|mypy|pyright|isort|fmt|yapf|nosec|NOSONAR)\b"
    r"|pyre-)"
)
_IS_TO_TOOLS = re.compile(_TO_TOOLS, re.IGNORECASE)

#: Comments that do not belong to the class below them: shebang, encoding cookie (PEP 263), words
#: to a tool, licence, authors, its path, cell or region mark.
_STAYS = re.compile(
    rf"#!|#.*coding[:=]|{_TO_TOOLS}"
    r"|#.*(copyright|licen[cs]e|SPDX|@?(author|owner|maintainer)s?:|\w\.py\b)"
    r"|#\s*(%%|region|endregion)",
    re.IGNORECASE,
)


def has_only_comments(source: bytes) -> bool:
    """Whether a file has comments, and nothing else but blank lines."""
    return b"#" in source and _ONLY_COMMENTS.match(source) is not None


def is_to_tools(comment: str) -> bool:
    """Whether a comment is for a linter, formatter or type checker, and not for people."""
    return _IS_TO_TOOLS.match(comment) is not None


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


def comments_of(lines: Sequence[str], first: int, last: int) -> dict[int, str]:
    """Return the comments that are removed with a definition, by their lines.

    Those in its lines, from `first` to `last`; below them what is indented further than it and no
    blank line sets off; and above them its own.
    """
    if not any("#" in line for line in lines[max(first - 2, 0) : last + 1]):
        return {}
    indent = _indent_of(lines[first - 1])
    while last < len(lines) and _is_comment(lines[last]) and _indent_of(lines[last]) > indent:
        last += 1
    above = first - 1
    while above and _is_comment(lines[above - 1]):
        above -= 1
    comments = [line.strip() for line in lines[above : first - 1]]
    start = first - own_comment(comments)
    found: dict[int, str] = {}
    # A block that is indented as a whole is one that Python reads; what is left open at its end
    # does no harm.
    text = io.StringIO("\n".join(lines[start - 1 : last]) + "\n", newline=None)
    try:
        for token in tokenize.generate_tokens(text.readline):
            if token.type == tokenize.COMMENT:
                found[start + token.start[0] - 1] = token.string
    except (tokenize.TokenError, SyntaxError):
        return {}
    return found


def _is_comment(line: str) -> bool:
    return line.lstrip(" \t\f").startswith("#")


def _indent_of(line: str) -> int:
    return len(line) - len(line.lstrip(" \t\f"))


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


def own_comment(comments: Sequence[str]) -> int:
    """Count the lines at the end of a block of comments that belong to what stands below it."""
    framed = comments and any(_BARE_RULE.match(c) for c in (comments[0], comments[-1]))
    if framed or any(map(_is_code, comments)):
        return 0
    own = 0
    for comment in reversed(comments):
        if _STAYS.match(comment) or _is_rule(comment):
            break
        own += 1
    return own


def _is_code(comment: str) -> bool:
    head = _CODE.search(comment)
    return head is not None and any(sign in comment[head.end() :] for sign in ":(")


def _is_rule(comment: str) -> bool:
    end = comment[1:].rstrip()[-4:]
    return bool(_RULE.match(comment) or _END_OF_RULE.fullmatch(end))
