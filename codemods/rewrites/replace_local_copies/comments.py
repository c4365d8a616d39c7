"""Which comments of a copy are lost: the shared definition has none that says the same."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from codemods.engine.comments import comments_of, is_to_tools
from codemods.engine.rows import first_line, last_line
from codemods.engine.scopes import Definition
from codemods.engine.text import decoded, lines_of
from codemods.rewrites.replace_local_copies.shared import SharedDefinition


def lost_comments(
    lines: Sequence[str], node: Definition, shared: SharedDefinition
) -> tuple[int, ...]:
    """Return the lines of the comments that are removed with a copy and that nothing else has."""
    own = comments_of(lines, first_line(node), last_line(node))
    if not own:
        return ()
    place = first_line(shared.node), last_line(shared.node)
    known = _texts(shared.module.source, *place)
    return tuple(
        line
        for line, comment in own.items()
        if re.search(r"\w", comment) and not is_to_tools(comment) and _text(comment) not in known
    )


@functools.lru_cache(maxsize=1024)
def _texts(source: bytes, first: int, last: int) -> frozenset[str]:
    found = comments_of(lines_of(decoded(source)), first, last)
    return frozenset(map(_text, found.values()))


def _text(comment: str) -> str:
    return " ".join(comment.lstrip("#").split())
