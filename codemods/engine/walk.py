"""The nodes of a syntax tree, as `ast.walk` yields them, in half of its time.

Operators and contexts are left out: no caller asks for an `ast.Load`.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")

#: Fields that hold no nodes, or just those that are left out. Others are looked at.
_PLAIN_FIELDS = frozenset(
    {
        *("arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs"),
        *("level", "module", "op", "ops", "rest", "simple", "tag", "type_comment"),
    }
)
_PLAIN_NODES = (ast.Constant, ast.Name, ast.Global, ast.Nonlocal, ast.alias, ast.Pass)


def _fields_of(kind: type[ast.AST]) -> tuple[str, ...]:
    if issubclass(kind, _PLAIN_NODES):
        return ()
    return tuple(f for f in kind._fields if f not in _PLAIN_FIELDS)


class _Fields(dict[type[ast.AST], tuple[str, ...]]):
    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        return self.setdefault(kind, _fields_of(kind))


#: The fields of each class that may hold nodes.
FIELDS = _Fields()


class _Blocks(dict[type[ast.AST], tuple[str, ...]]):
    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        blocks = ("body", "handlers", "orelse", "finalbody", "cases")
        return self.setdefault(kind, tuple(b for b in blocks if b in kind._fields))


#: The fields of each class of statements, handlers and cases that hold others of them.
BLOCKS = _Blocks()


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes directly below one, in the order of its fields."""
    found: list[ast.AST] = []
    for field in FIELDS[node.__class__]:
        value = getattr(node, field, None)
        if value.__class__ is list:
            found += value
        elif isinstance(value, ast.AST):
            found.append(value)
    if None in found:  # a key of ``{**x}``, a parameter without a default
        return [n for n in found if n is not None]
    return found


def walk(*nodes: ast.AST) -> list[ast.AST]:
    """Return nodes and all below them, those nearer to the top first."""
    found: list[ast.AST] = list(nodes)
    fields = FIELDS
    for node in found:  # which grows meanwhile
        for field in fields[node.__class__]:
            value = getattr(node, field, None)
            if value.__class__ is list:
                found += value if None not in value else [v for v in value if v is not None]
            elif isinstance(value, ast.AST):
                found.append(value)
    return found


def nearest(own: Mapping[_Key, _Value], edges: Mapping[_Key, Iterable[_Key]]) -> dict[_Key, _Value]:
    """Return what some have of their own, and what is reached from them has of the nearest."""
    found = dict(own)
    pending = list(found)
    for one in pending:  # which grows meanwhile
        new = dict.fromkeys([other for other in edges.get(one, ()) if other not in found])
        found.update(dict.fromkeys(new, found[one]))
        pending += new
    return found


def reached(starts: Iterable[_Key], edges: Mapping[_Key, Iterable[_Key]]) -> set[_Key]:
    """Return some names, or others, and all that are reached from them."""
    return set(nearest(dict.fromkeys(starts), edges))


def walk_statements(body: Iterable[ast.stmt]) -> list[ast.AST]:
    """Return statements, handlers and cases, and all of those below them, nearer ones first."""
    found: list[ast.AST] = list(body)
    for node in found:
        for block in BLOCKS[node.__class__]:
            found += getattr(node, block)
    return found
