"""Which files a shared module imports: a copy in one of them cannot be replaced by an import of it.

The two modules would import each other, and whichever comes first would find the other half done.
"""

from __future__ import annotations

import ast
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from codemods.engine.text import Unparsable, parse
from codemods.engine.walk import walk
from codemods.model import SharedModules


def imported_files(
    modules: SharedModules, paths: Iterable[str], read: Callable[[str], bytes | None]
) -> frozenset[str]:
    """Return the files that the shared modules import, directly or by way of others.

    What a dotted name means depends on ``sys.path``, so it means each file whose path ends like it.

    Args:
        modules: the shared modules.
        paths: the absolute paths of all files.
        read: reads one of them, None where that fails.

    """
    by_end: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        by_end[_parts(path)[-1]].append(path)
    own = {m.path for m in modules.modules}
    found: set[str] = set()
    pending: list[tuple[str, bytes | None]] = [(m.path, m.source) for m in modules.modules]
    while pending:
        path, source = pending.pop()
        for dotted in _imported(source or b"", path):
            for file in by_end.get(dotted[-1], ()):
                if file not in found | own and _parts(file)[-len(dotted) :] == dotted:
                    found.add(file)
                    pending.append((file, read(file)))
    return frozenset(found)


def _imported(source: bytes, path: str) -> Iterator[tuple[str, ...]]:
    """Yield the modules that a file may import when it is imported itself."""
    try:
        tree = parse(source)
    except (Unparsable, RecursionError, MemoryError):
        return
    for dotted in _named(tree, path):
        # A package is run before what is in it.
        yield from (dotted[: n + 1] for n in range(len(dotted)))


def _named(tree: ast.Module, path: str) -> Iterator[tuple[str, ...]]:
    for node in walk(tree):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base: tuple[str, ...] = ()
            if node.level:
                folder = path
                for _ in range(node.level):
                    folder = os.path.dirname(folder)
                base = tuple(folder.split(os.sep))
            module = (*base, *(node.module.split(".") if node.module else ()))
            if module:
                yield module
            yield from ((*module, alias.name) for alias in node.names)


def _parts(path: str) -> tuple[str, ...]:
    """Return the path of a module as the parts of a dotted name, from the root of the disk on."""
    return tuple(path.removesuffix(".py").removesuffix("/__init__").split(os.sep))
