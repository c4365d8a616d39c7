"""Where a class of another file lies by the imports of a file, and what it brings as a base."""

from __future__ import annotations

import ast
import os
from typing import NamedTuple

from codemods.engine.names import ModuleNames, dotted_source, root_of
from codemods.model import Reason


class Base(NamedTuple):
    """What a class brings to those that derive from it.

    `is_case` tells whether unittest runs it; `reason` is what forbids a mark of such a class.
    """

    has_constructor: bool = False
    is_marked: bool = False
    is_case: bool = False
    reason: Reason | None = None


class Above(NamedTuple):
    """The place of a class that another one derives from, or that a name is another name of.

    `reason` is what forbids a mark where nothing is known of that class.
    """

    place: str
    reason: Reason | None = None


def module_place(path: str) -> str:
    """Return the place of a module with an absolute path: those of its names begin with it."""
    return path.removesuffix(".py").removesuffix(f"{os.sep}__init__")


def imported_place(node: ast.ImportFrom, name: str, path: str) -> str:
    """Return the place of a name that a module with an absolute path imports.

    It is absolute for a relative import: only there does the import tell the folder.
    """
    parts = [*(node.module or "").split("."), *name.split(".")]
    folder = path if node.level else ""
    for _ in range(node.level):
        folder = os.path.dirname(folder)
    return os.path.join(folder, *parts)


def place_of(node: ast.expr, names: ModuleNames, path: str) -> str | None:
    """Return the place of what an expression means by the imports of its module.

    `path` is the absolute one of the module.
    """
    source = dotted_source(node, names)
    if source is not None:
        return source.replace(".", os.sep) if "." in source else None
    root = root_of(node)
    bindings = names.bindings.get(root.id, ()) if isinstance(root, ast.Name) else ()
    match [b.node for b in bindings]:
        case [ast.ImportFrom(level=level) as imported] if level and not names.stars:
            bound = {alias.asname or alias.name: alias.name for alias in imported.names}
            name, dot, attributes = ast.unparse(node).partition(".")
            return imported_place(imported, f"{bound[name]}{dot}{attributes}", path)
    return None
