"""Copies that would be one class, in a file that tells classes apart."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from codemods.engine.names import ModuleNames, last_name
from codemods.model import Code, Reason
from codemods.rewrites.replace_local_copies.escape import ASKING
from codemods.rewrites.replace_local_copies.local import Local
from codemods.rewrites.replace_local_copies.shared import Shared, SharedDefinition, import_of
from codemods.rewrites.replace_local_copies.told import RAISING


def told_apart(
    copies: Sequence[Local], shared: Shared, names: ModuleNames
) -> Iterator[tuple[Local, Reason]]:
    """Yield the copies that would be one class, where the file compares or catches classes.

    Args:
        copies: those of one file.
        shared: the shared definitions.
        names: those of the file.

    """
    classes = [
        (one, one.shared)
        for one in copies
        if one.shared is not None and isinstance(one.node, ast.ClassDef)
    ]
    wanted = {id(its.node): its for _, its in classes}
    places: dict[int, set[tuple[str, int]]] = {
        node: {(name, id(None)) for name in _imported_names(its, shared, names)}
        for node, its in wanted.items()
    }
    for one, its in classes:
        places[id(its.node)].add((one.name, id(one.function)))
    several = [one for one, its in classes if len(places[id(its.node)]) > 1]
    line = first_type_check(names) if several else None
    if line is not None:
        message = "the file tells apart two classes that would be one"
        yield from ((one, Reason(Code.ESCAPES, line, message)) for one in several)


def _imported_names(its: SharedDefinition, shared: Shared, names: ModuleNames) -> set[str]:
    """Return the names by which the file has imported a shared definition, or a copy of it."""
    same = [d for d in shared.definitions if d.node is its.node]
    texts = {import_of(d.module.name, d.name).text for d in same}
    bindings = names.bindings.items()
    found = {name for name, bound in bindings if any(b.source in texts for b in bound)}
    # Another file may have a copy of it as well: `helpers.Boom`.
    attributes = (a for a in names.of_kind(ast.Attribute) if a.attr in {d.name for d in same})
    return found | {ast.unparse(a) for a in attributes if names.means_import(a)}


def first_type_check(names: ModuleNames) -> int | None:
    """Return the line of the first place that asks of which class something is."""
    compared = [n for n in names.of_kind(ast.Compare) if _compares_types(n)]
    asked = [c for c in names.of_kind(ast.Call) if last_name(c.func) in ASKING | RAISING]
    lines = [n.lineno for n in [*compared, *asked]]
    lines += [n.lineno for n in names.of_kind(ast.MatchClass)]
    lines += [n.lineno for n in names.of_kind(ast.ExceptHandler)]
    return min(lines, default=None)


def _compares_types(node: ast.Compare) -> bool:
    parts = [node.left, *node.comparators]
    return any(isinstance(n, ast.Call | ast.Attribute) and is_type(n) for n in parts)


def is_type(node: ast.AST) -> bool:
    """Whether an expression is the class of something."""
    match node:
        case ast.Call(func=ast.Name(id="type")) | ast.Attribute(attr="__class__"):
            return True
    return False
