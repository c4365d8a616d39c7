"""Which files a shared module imports: a copy in one of them cannot be replaced by an import of it.

The two modules would import each other, and whichever comes first would find the other half done.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from codemods.engine.run import Pool, small_here
from codemods.engine.text import Unparsable, parse
from codemods.engine.walk import walk
from codemods.model import Reason, SharedModule, SharedModules, Source

#: Of a dotted name: no path of a module has more, and all of a long one would be very many.
_MOST_PARTS = 64


def imported_files(
    modules: SharedModules,
    paths: Iterable[str],
    read: Callable[[str], bytes],
    run: Pool,
) -> tuple[frozenset[str], dict[str, Reason]]:
    """Return the files that the shared modules import, directly or by way of others.

    The packages that they lie in are run before them, and so import files, too. Absolute names are
    looked for in the folders that the shared modules are imported from.

    Args:
        modules: the shared modules.
        paths: the absolute paths of all files.
        read: reads one of them.
        run: looks at those that are not small.

    Returns:
        These files, and those of them of which it is not known what they import, with the reasons.

    """
    known = set(paths)
    folders = [_folders_above(module) for module in modules.modules]
    look = partial(_imported, roots=frozenset(above[-1] for above in folders))
    found: set[str] = set()
    unknown: dict[str, Reason] = {}

    def failed(path: str, reason: Reason) -> frozenset[str]:
        unknown[path] = reason
        return frozenset()

    pending = [Source(m.path, m.source) for m in modules.modules]
    packages = {os.path.join(package, "__init__.py") for above in folders for package in above[:-1]}
    pending += [Source(file, read(file)) for file in sorted(packages & known)]
    while pending:
        dotted = frozenset().union(*small_here(run)(look, pending, failed))
        files = {f"{name}{end}" for name in dotted for end in (".py", "/__init__.py")}
        new = sorted((files & known) - found)
        found.update(new)
        pending = [Source(file, read(file)) for file in new]
    return frozenset(found - {m.path for m in modules.modules}), unknown


def _folders_above(module: SharedModule) -> list[str]:
    """Return the packages of a module, and last what must be on ``sys.path`` for its name."""
    found = [module.path.removesuffix(".py").removesuffix("/__init__")]
    for _ in module.name.split("."):
        found.append(os.path.dirname(found[-1]))
    return found[1:]


def _imported(source: Source, roots: frozenset[str]) -> frozenset[str]:
    """Return the paths, without their ends, of what a file may import when it is imported."""
    try:
        tree = parse(source.content)
    except Unparsable:
        return frozenset()
    found: set[str] = set()
    for level, dotted in _named(tree):
        names = [n for n in dotted.split(".") if n][:_MOST_PARTS]
        for base in roots if not level else [_folder_above(source.path, level)]:
            # A package is run before what is in it.
            found.update(os.path.join(base, *names[:number]) for number in range(1, len(names) + 1))
    return frozenset(found)


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
