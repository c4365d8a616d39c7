"""Imports of one spelling that mean one file for a copy, and another for its shared module.

In a repository of several projects, each may have a module ``tests.helpers``.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from codemods.engine.names import Binding
from codemods.model import Code, FileResult, Reason, SharedModules
from codemods.rewrites.others import Effects, Found
from codemods.rewrites.replace_local_copies.shared import shared_definitions

#: The dotted name of a shared module, and a global that copies of its definitions read.
_Read = tuple[str, str]
#: The folder that a file would be imported from, and its path.
_File = tuple[str, str]


def namesakes(
    modules: SharedModules, changed: Mapping[str, FileResult], paths: Iterable[str]
) -> Found:
    """Return the copies that import another file by a name that their shared module imports.

    Of several files that a dotted name may mean, those count that lie nearest to the importing one.

    Args:
        modules: the shared modules.
        changed: what would become of the other modules, by their absolute paths.
        paths: the absolute paths of all files.

    """
    by_name = shared_definitions(modules).by_name
    shared = {d.module.name: d for found in by_name.values() for d in found}
    decisions = (d for result in changed.values() for d in result.replaced)
    read = {(d.shared[0], name) for d in decisions if d.shared for name in d.relies_on}
    ends: dict[_Read, set[str]] = {}
    for module, name in read:
        bindings = shared[module].names.bindings.get(name, ())
        ends[module, name] = {end for binding in bindings for end in _ends(binding)}
    files = _files_by_end(frozenset().union(*ends.values()), paths)
    candidates: dict[_Read, set[_File]] = {}
    for key, own in ends.items():
        found_files = {file for end in own for file in files.get(end, {}).items()}
        if len(found_files) > 1:
            candidates[key] = found_files
    own_paths = {module: d.module.path for module, d in shared.items()}
    found: Found = {}
    for path, result in changed.items() if candidates else ():
        reasons = dict(_reasons(path, result, candidates, own_paths))
        if reasons:
            found[path] = Effects(frozenset(), reasons)
    return found


def _ends(binding: Binding) -> Iterator[str]:
    """Yield the ends of the paths of the files that an import may mean."""
    match (binding.source or "").split():
        case ["import", name]:
            dotted = [name]
        case ["from", module, "import", name]:
            dotted = [module, f"{module}.{name}"]
        case _:
            return
    for name in dotted:
        path = name.replace(".", "/")
        yield from (f"/{path}.py", f"/{path}/__init__.py")


def _files_by_end(ends: frozenset[str], paths: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the files with each end, by the folder that they would be imported from."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    every = tuple(ends)
    for path in paths:
        if path.endswith(every):
            for end in ends:
                if path.endswith(end):
                    found[end][path.removesuffix(end)] = path
    return found


def _reasons(
    path: str,
    result: FileResult,
    candidates: Mapping[_Read, set[_File]],
    own_paths: Mapping[str, str],
) -> Iterator[tuple[str, tuple[Reason, ...]]]:
    for one in result.replaced:
        module = one.shared[0] if one.shared is not None else ""
        for name in sorted(one.relies_on):
            files = candidates.get((module, name), set())
            here, there = _nearest(path, files), _nearest(own_paths.get(module, ""), files)
            if here != there:
                message = f"it reads `{name}`, which is of {_shown(here)} here"
                message = f"{message}; in {module} it is of {_shown(there)}"
                reason = Reason(Code.DIFFERENT_GLOBALS, one.definition.line, message)
                yield one.definition.name, (reason,)
                break


def _nearest(path: str, files: Iterable[_File]) -> list[str]:
    """Return those of some files whose folder of import has most in common with a path."""
    shares = {file: len(os.path.commonpath([folder, path])) for folder, file in files}
    most = max(shares.values(), default=0)
    return sorted(file for file, share in shares.items() if share == most)


def _shown(files: Iterable[str]) -> str:
    return " or ".join(map(os.path.relpath, files))
