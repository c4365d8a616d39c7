"""Where each node of a module stands: the nodes above it."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from codemods.engine.rows import first_line, last_line
from codemods.engine.walk import FIELDS


class Place(NamedTuple):
    """Where a node stands: the node above it, and the field of that."""

    above: ast.AST
    field: str


class Parents:
    """The places of the nodes of a module, of each statement when one in it is asked for."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._places: dict[int, Place] = {}

    def of(self, node: ast.AST) -> Place:
        """Return the place of a node, which is not the module."""
        self._find(node)
        return self._places[id(node)]

    def above(self, node: ast.AST) -> Iterator[Place]:
        """Yield the places of a node and of all above it."""
        self._find(node)
        while (place := self._places.get(id(node))) is not None:
            yield place
            node = place.above

    def _find(self, node: ast.AST) -> None:
        line = getattr(node, "lineno", None)
        if line is None or id(node) in self._places:
            return
        body = self._tree.body
        for at in reversed(range(bisect_right(self._first_lines, line))):
            if last_line(body[at]) < line:
                break
            self._places[id(body[at])] = Place(self._tree, "body")
            self._add(body[at])

    @cached_property
    def _first_lines(self) -> list[int]:
        return [first_line(statement) for statement in self._tree.body]

    def _add(self, statement: ast.stmt) -> None:
        pending: list[ast.AST] = [statement]
        while pending:
            node = pending.pop()
            for field in FIELDS[node.__class__]:
                value = getattr(node, field, None)
                for child in value if isinstance(value, list) else (value,):
                    if isinstance(child, ast.AST):
                        self._places[id(child)] = Place(node, field)
                        pending.append(child)
