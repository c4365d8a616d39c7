"""What of a module is a helper that other files may have too, and the syntax of some lines."""

from __future__ import annotations

import ast
import codecs
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from codemods.engine.rows import first_line, last_line
from codemods.engine.scopes import DEFINITIONS, FUNCTIONS, Definition
from codemods.engine.text import Unparsable, parse
from codemods.engine.walk import BLOCKS
from codemods.model import PytestNames
from codemods.rewrites.collected import is_fixture, own_test
from codemods.rewrites.replace_local_copies.shared import is_called_by_name


class Helper(NamedTuple):
    """A class, function or fixture that is no test; `is_nested` in another definition."""

    node: Definition
    is_nested: bool

    @property
    def line(self) -> int:
        """The line of the first decorator."""
        return first_line(self.node)

    @property
    def end_line(self) -> int:
        """The last line."""
        return last_line(self.node)


def helpers_of(tree: ast.Module, tests: PytestNames) -> Iterator[Helper]:
    """Yield the helpers of a module; a method of a class is one where it is a fixture."""
    pending: list[tuple[ast.AST, tuple[Definition, ...]]] = [(s, ()) for s in reversed(tree.body)]
    while pending:
        node, around = pending.pop()
        if isinstance(node, DEFINITIONS):
            is_method = bool(around) and isinstance(around[-1], ast.ClassDef)
            is_plain_method = is_method and isinstance(node, FUNCTIONS) and not is_fixture(node)
            if not is_plain_method and is_helper(node, tests):
                yield Helper(node, bool(around))
            around = (*around, node)
        for block in BLOCKS[node.__class__]:
            pending.extend((child, around) for child in reversed(getattr(node, block)))


def is_helper(node: Definition, tests: PytestNames) -> bool:
    """Whether a definition is neither a test nor called by its name."""
    return own_test(node, tests) is None and not is_called_by_name(node.name)


def parse_blocks(source: bytes, blocks: Sequence[tuple[int, int]]) -> list[Definition] | None:
    """Parse the definitions on some lines alone; None where the lines hold something else.

    The lines of the file end in a line feed, or in a carriage return and one.
    """
    lines = source.removeprefix(codecs.BOM_UTF8).split(b"\n")
    pieces: list[bytes] = []
    for line, end_line in blocks:
        if lines[line - 1].startswith(b" "):
            pieces.append(b"if 1:")
        pieces += lines[line - 1 : end_line]
    try:
        body = parse(b"\n".join(pieces) + b"\n").body
    except Unparsable:
        return None
    nodes = [s.body[0] if isinstance(s, ast.If) and len(s.body) == 1 else s for s in body]
    found = [node for node in nodes if isinstance(node, DEFINITIONS)]
    return found if len(found) == len(nodes) == len(blocks) else None
