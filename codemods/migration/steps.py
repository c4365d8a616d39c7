"""The files of a repository that a verb adds or adds to: worked out first, shown, then written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

from codemods.disk.folder import Folder
from codemods.migration.config_edit import with_modules, with_paths
from codemods.migration.register import with_registration
from codemods.model import SharedModule, UsageError
from codemods.settings import DEFAULT_MODULE, Settings, read_config
from codemods.shared_modules import asserting_definitions, conftests, find_module, import_folders

_SETTINGS = "the settings, [tool.ssot-codemods]"


class Step(NamedTuple):
    """One file of a repository that is to be there: its bytes now, None for absent, and then.

    `purpose` is what they are for, for people; `is_addition` says that lines are added to what is
    there, so that this is no conflict.
    """

    path: Path
    before: bytes | None
    after: bytes
    purpose: str
    is_addition: bool = False

    @property
    def is_conflict(self) -> bool:
        """Whether the file is there and is another one."""
        return self.before not in {None, self.after} and not self.is_addition


def step_of(path: Path, wanted: bytes, purpose: str) -> Step:
    """Return the step that makes a file what is wanted; a folder in its place is a `UsageError`."""
    if not os.path.lexists(path):
        return Step(path, None, wanted, purpose)
    if not path.is_file():
        raise UsageError(f"{path} is there, and is no file")
    return Step(path, read_config(path), wanted, purpose)


def package_steps(root: Path, folder: Path) -> list[Step]:
    """Return the ``__init__.py`` of a folder below a root, and of those around it, that are new.

    A folder that is there stays a package or none: that decides how pytest names its tests.
    """
    inside = folder.relative_to(root)
    folders = [root / f for f in (inside, *inside.parents) if f.parts]
    for there in filter(os.path.lexists, folders):
        if not there.is_dir():
            raise UsageError(f"{there} is no folder")
    for new in (f for f in folders if not f.exists() and f.with_suffix(".py").exists()):
        raise UsageError(f"the package {new} would hide the module {new}.py")
    purpose = "makes the folder a package"
    return [step_of(f / "__init__.py", b"", purpose) for f in folders if _is_vacant(f)]


def _is_vacant(folder: Path) -> bool:
    """Whether there is no folder, or one of which bytecode alone is left."""
    return not folder.exists() or os.listdir(folder) == ["__pycache__"]


def settings_step(settings: Settings, module: str, paths: Sequence[str] = ()) -> Step:
    """Return the step that names a shared module in the settings.

    A new table gets `paths`, too; one that has some gets those that lie in none of them.
    """
    path = settings.root / "pyproject.toml"
    before = step_of(path, b"", _SETTINGS).before
    after = before or b""
    if not (settings.has_table and module in settings.modules):
        implied = [DEFAULT_MODULE] if DEFAULT_MODULE not in missing_default(settings) else []
        after = with_modules(after, [module], path, implied, paths)
    if settings.has_table:
        known = tuple(map(PurePath, settings.paths))
        outside = [p for p in paths if not any(PurePath(p).is_relative_to(k) for k in known)]
        after = with_paths(after, outside, path)
    return Step(path, before, after, _SETTINGS, is_addition=after != before)


def missing_default(settings: Settings) -> set[str]:
    """Return the default module where the repository lacks it: it counts without being named."""
    return set() if find_module(settings, DEFAULT_MODULE) else {DEFAULT_MODULE}


def conftest_steps(settings: Settings, modules: Sequence[SharedModule]) -> list[Step]:
    """Return the conftests that have pytest rewrite the asserts of shared definitions."""
    plain = [
        module.name
        for module in modules
        if asserting_definitions(module) and not module.rewrites_asserts
    ]
    found = []
    changing = [*map(settings.root.joinpath, settings.paths), *(Path(m.path) for m in modules)]
    changing = [path.resolve() for path in changing]
    for path in conftests(settings) if plain else ():
        purpose = f"has pytest rewrite the asserts of {', '.join(plain)}"
        before = step_of(path, b"", purpose).before
        folders = list(import_folders(settings))
        after = with_registration(before or b"", plain, path, folders, changing)
        found.append(Step(path, before, after, purpose, is_addition=True))
    return found


def check_inside(steps: Sequence[Step], root: Path) -> None:
    """Raise a `UsageError` where links lead a step out of a repository."""
    for path in (step.path for step in steps):
        real = os.path.realpath(path)  # `Path.resolve` raises for links in a circle
        if not Path(real).is_relative_to(os.path.realpath(root)):
            raise UsageError(f"{path} leads to {real}, outside of {root}")


def write(todo: Sequence[Step]) -> None:
    """Write what is lacking; the caller has seen that nothing conflicts."""
    for step in todo:
        if step.before != step.after:
            step.path.parent.mkdir(parents=True, exist_ok=True)
            real = Path(os.path.realpath(step.path))  # a link stays one
            folder = Folder(real.parent)
            if step.before is None:
                folder.write(real.name, step.after)
            else:  # it keeps its mode bits
                temporary = f".{real.name}.ssot-codemods.tmp"
                folder.replace(real.name, step.after, temporary, mode=0, old=real.stat())
                folder.sync()
