"""Which files a shared module imports: a copy in one of them cannot be replaced by an import of it.

The two modules would import each other, and whichever comes first would find the other half done.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterable, Iterator

from codemods.engine.text import Unparsable, parse
from codemods.engine.walk import walk
from codemods.model import SharedModule, SharedModules


def imported_files(
    modules: SharedModules, paths: Iterable[str], read: Callable[[str], bytes | None]
) -> frozenset[str]:
    """Return the files that the shared modules import, directly or by way of others.

    Absolute names are looked for in the folders that the shared modules are imported from.

    Args:
        modules: the shared modules.
        paths: the absolute paths of all files.
        read: reads one of them, None where that fails.

    """
    known = set(paths)
    roots = {_import_folder(module) for module in modules.modules}
    found: set[str] = set()
    pending: list[tuple[str, bytes | None]] = [(m.path, m.source) for m in modules.modules]
    while pending:
        path, source = pending.pop()
        for dotted in _imported(source or b"", path, roots):
            for file in (f"{dotted}.py", f"{dotted}/__init__.py"):
                if file in known and file not in found:
                    found.add(file)
                    pending.append((file, read(file)))
    return frozenset(found - {m.path for m in modules.modules})


def _import_folder(module: SharedModule) -> str:
    """Return the folder that must be on ``sys.path`` for a module to have its name."""
    folder = module.path.removesuffix(".py").removesuffix("/__init__")
    for _ in module.name.split("."):
        folder = os.path.dirname(folder)
    return folder


def _imported(source: bytes, path: str, roots: Iterable[str]) -> Iterator[str]:
    """Yield the paths, without their ends, of what a file may import when it is imported."""
    try:
        tree = parse(source)
    except (Unparsable, RecursionError, MemoryError):
        return
    for level, dotted in _named(tree):
        names = [n for n in dotted.split(".") if n]
        for base in roots if not level else [_folder_above(path, level)]:
            # A package is run before what is in it.
            yield from (os.path.join(base, *names[:number]) for number in range(1, len(names) + 1))


def _named(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in walk(tree):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.level, f"{node.module or ''}.{a.name}") for a in node.names)


def _folder_above(path: str, level: int) -> str:
    for _ in range(level):
        path = os.path.dirname(path)
    return path
