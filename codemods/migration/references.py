"""Does a file use a module: any name of it, or the module itself?"""

from __future__ import annotations

import ast
import os
import re

from codemods.model import Source


def refers_to(source: Source, module_path: str) -> bool:
    """Whether another file uses a module at all: any name of it, or the module itself.

    Args:
        source: the other file, with an absolute path.
        module_path: the absolute path of the module.

    """
    if source.path == module_path:
        return False
    try:
        tree = ast.parse(source.content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False  # nothing of it runs
    module, package = _parts(module_path), os.path.dirname(source.path)
    return any(_refers(node, module, package) for node in ast.walk(tree))


def _refers(node: ast.AST, module: tuple[str, ...], package: str) -> bool:
    match node:
        case ast.ImportFrom(names=aliases):
            origin = _origin(node, package)
            dotted = [origin, *((*origin, a.name) for a in aliases)]
            return any(_means(d, module, exact=node.level > 0) for d in dotted)
        case ast.Import(names=aliases):
            return any(_means(tuple(a.name.split(".")), module, exact=False) for a in aliases)
        case ast.Constant(value=str(text)):
            return _is_path_of(text, module)
    return False


def _origin(node: ast.ImportFrom, package: str) -> tuple[str, ...]:
    """Return the module that ``from x import`` names; a relative one as the parts of its path."""
    named = tuple(node.module.split(".")) if node.module else ()
    if not node.level:
        return named
    base = package
    for _ in range(node.level - 1):
        base = os.path.dirname(base)
    return (*base.split(os.sep), *named)


def _means(dotted: tuple[str, ...], module: tuple[str, ...], *, exact: bool) -> bool:
    if exact:
        return dotted == module
    return bool(dotted) and module[-len(dotted) :] == dotted


def _is_path_of(text: str, module: tuple[str, ...]) -> bool:
    """Whether a string may name the module: ``a.b.c``, ``a/b/c.py``, ``c.py``, ``c``."""
    if not re.fullmatch(r"[\w./\\-]+", text):
        return False
    parts = tuple(p for p in re.split(r"[./\\]+", re.sub(r"\.py\Z", "", text)) if p)
    return _means(parts, module, exact=False)


def _parts(path: str) -> tuple[str, ...]:
    """Return the path of a module as the parts of its dotted name, from the root of the disk on."""
    return tuple(re.sub(r"(/__init__)?\.py\Z", "", path).split(os.sep))
