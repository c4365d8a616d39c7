"""What classes bring to those that derive from them, and where those of other files lie."""

from __future__ import annotations

import ast
import os
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple, TypeVar

from codemods.engine.names import ModuleNames, dotted_source, root_of
from codemods.engine.walk import nearest, reached
from codemods.model import Reason

_Key = TypeVar("_Key", bound=Hashable)


class Facts(NamedTuple):
    """What a class brings to those that derive from it.

    `is_case` tells whether unittest runs it; `reason` is what forbids a mark of such a class.
    """

    has_constructor: bool = False
    is_marked: bool = False
    is_case: bool = False
    reason: Reason | None = None

    def __or__(self, other: Facts) -> Facts:
        """Return what one of both brings."""
        return Facts._make(mine or theirs for mine, theirs in zip(self, other, strict=True))


def inherited(own: Mapping[_Key, Facts], above: Mapping[_Key, Iterable[_Key]]) -> dict[_Key, Facts]:
    """Return what each class brings with what is above it; a reason is that of the nearest one."""
    heirs: dict[_Key, list[_Key]] = defaultdict(list)
    for one, bases in above.items():
        for base in bases:
            heirs[base].append(one)
    constructing = reached([one for one, facts in own.items() if facts.has_constructor], heirs)
    marked = reached([one for one, facts in own.items() if facts.is_marked], heirs)
    cases = reached([one for one, facts in own.items() if facts.is_case], heirs)
    reasons = {one: facts.reason for one, facts in own.items() if facts.reason is not None}
    reasons = nearest(reasons, heirs)
    return {
        one: Facts(one in constructing, one in marked, one in cases, reasons.get(one))
        for one in own
    }


class Elsewhere(NamedTuple):
    """What other files bring to the classes of a file.

    `bases` are the classes that it may derive from, by their places, and by each end of a place
    that is of one module alone. `other_names` are the names that fit which other files give to
    classes, by the places of the names that those have in their own files. Paths that are not
    absolute begin in `folder`: a worker has another current folder.
    """

    bases: Mapping[str, Facts]
    other_names: Mapping[str, frozenset[str]]
    folder: str

    def absolute(self, path: str) -> str:
        """Return the absolute path of a file."""
        return os.path.normpath(os.path.join(self.folder, path))


NOTHING = Elsewhere({}, {}, "")


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
