"""Which comments of a copy are lost: the shared definition has none that says the same."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from codemods.engine.comments import comments_of
from codemods.engine.rows import first_line, last_line
from codemods.engine.scopes import Definition
from codemods.engine.text import decoded, lines_of
from codemods.rewrites.replace_local_copies.shared import SharedDefinition

#: Words to a tool, which are for the lines that they stand on.
_TO_TOOLS = re.compile(
    r"type:|(noqa|pragma|pylint|flake8|ruff|mypy|pyright|pyre-|isort|fmt|yapf|nosec|NOSONAR)\b",
    re.IGNORECASE,
)


def lost_comments(
    lines: Sequence[str], node: Definition, shared: SharedDefinition
) -> tuple[int, ...]:
    """Return the lines of the comments that are removed with a copy and that nothing else has."""
    own = comments_of(lines, first_line(node), last_line(node))
    if not own:
        return ()
    place = first_line(shared.node), last_line(shared.node)
    known = _texts(shared.module.source, *place)
    texts = ((line, _text(comment)) for line, comment in own.items())
    return tuple(
        line
        for line, text in texts
        if re.search(r"\w", text) and not _TO_TOOLS.match(text) and text not in known
    )


@functools.lru_cache(maxsize=1024)
def _texts(source: bytes, first: int, last: int) -> frozenset[str]:
    found = comments_of(lines_of(decoded(source)), first, last)
    return frozenset(map(_text, found.values()))


def _text(comment: str) -> str:
    return " ".join(comment.lstrip("#").split())
