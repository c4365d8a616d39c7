"""Make a repository ready: a shared module, the settings, rewritten asserts, LibCST's YAML file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codemods.bundled import bundled
from codemods.disk.folder import Folder
from codemods.migration.config_edit import with_commands, with_modules
from codemods.migration.register import with_registration
from codemods.model import UsageError
from codemods.settings import (
    DEFAULT_MODULE,
    Settings,
    check_dotted,
    read_config,
)
from codemods.shared_modules import (
    asserting_definitions,
    conftests,
    find_module,
    import_folders,
    read_shared_modules,
)

_MODULE = DEFAULT_MODULE.rpartition(".")[2]
_FOLDER = Path(*DEFAULT_MODULE.split(".")[:-1])

_YAML = ".libcst.codemod.yaml"


@dataclass(frozen=True, slots=True)
class Step:
    """One file of a repository that is to be there: its bytes now, None for absent, and then.

    `is_addition` says that lines are added to what is there, so that this is no conflict; `purpose`
    what they are for, for people.
    """

    path: Path
    before: bytes | None
    after: bytes
    is_addition: bool = False
    purpose: str = ""

    @property
    def is_conflict(self) -> bool:
        """Whether the file is there and is another one."""
        return self.before not in {None, self.after} and not self.is_addition


def steps(settings: Settings, folder: str | None) -> list[Step]:
    """Work out what a repository lacks.

    Args:
        settings: of the repository.
        folder: where the default shared module is to lie, relative to the root; None for
            ``test_framework/ssot``, or for no such module where the settings name others alone.

    Raises:
        UsageError: the folder cannot be imported from, or there is no place for a file.
        SettingsError: one of the other shared modules is not there or cannot be read.

    """
    found = [_yaml_step(settings.root / _YAML)]
    own = settings.modules if settings.has_table else ()
    if folder is not None or not own or DEFAULT_MODULE in own:
        relative = _FOLDER if folder is None else Path(folder)
        module = ".".join([*relative.parts, _MODULE])
        found += _module_steps(settings.root, relative)
        found.append(_settings_step(settings, module))
        own = tuple(name for name in own if name != module and name not in _missing(settings))
    found += _conftest_steps(settings, own)
    for path in (step.path for step in found):
        real = os.path.realpath(path)  # `Path.resolve` raises for links in a circle
        if not Path(real).is_relative_to(os.path.realpath(settings.root)):
            raise UsageError(f"{path} leads to {real}, outside of {settings.root}")
    return found


def _yaml_step(path: Path) -> Step:
    step = _step(path, bundled(_YAML))
    if step.before is None:
        return step
    purpose = "its formatter stays, so run `libcst.tool codemod` with --no-format"
    after = with_commands(step.before, path)
    return Step(path, step.before, after, is_addition=True, purpose=purpose)


def _module_steps(root: Path, folder: Path) -> list[Step]:
    """Return the default shared module, and the packages around it that are not there."""
    if folder.is_absolute() or ".." in folder.parts:
        raise UsageError(f"--to {folder}: wanted: a folder below {root}")
    if any("." in part for part in folder.parts):
        raise UsageError(f"--to {folder}: a name that holds a dot cannot be imported")
    try:
        check_dotted(".".join([*folder.parts, _MODULE]))
    except ValueError as error:
        raise UsageError(f"--to {folder}: {error}") from error
    folders = [f for f in (folder, *folder.parents) if f.parts]
    for there in (root / f for f in folders if os.path.lexists(root / f)):
        if not there.is_dir():
            raise UsageError(f"--to {folder}: {there} is no folder")
    # A folder that is there stays a package or none: that decides how pytest names its tests.
    new = [f for f in folders if not (root / f).exists()]
    found = [_step(root / folder / f"{_MODULE}.py", bundled(f"{_FOLDER}/{_MODULE}.py"))]
    return [*found, *(_step(root / f / "__init__.py", b"") for f in new)]


def _conftest_steps(settings: Settings, modules: Sequence[str]) -> list[Step]:
    """Return the conftests that have pytest rewrite the asserts of shared definitions."""
    plain = [
        module.name
        for module in read_shared_modules(settings._replace(modules=tuple(modules))).modules
        if asserting_definitions(module) and not module.rewrites_asserts
    ]
    found = []
    for path in conftests(settings) if plain else ():
        before = _step(path, b"").before
        after = with_registration(before or b"", plain, path, list(import_folders(settings)))
        purpose = f"has pytest rewrite the asserts of {', '.join(plain)}"
        found.append(Step(path, before, after, is_addition=True, purpose=purpose))
    return found


def write(todo: list[Step]) -> Iterator[Step]:
    """Write what is lacking, and yield each step; the caller has seen that nothing conflicts."""
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
            yield step


def _step(path: Path, wanted: bytes) -> Step:
    if not os.path.lexists(path):
        return Step(path, None, wanted)
    if not path.is_file():
        raise UsageError(f"{path} is there, and is no file")
    return Step(path, read_config(path), wanted)


def _settings_step(settings: Settings, module: str) -> Step:
    path = settings.root / "pyproject.toml"
    before = _step(path, b"").before
    if settings.has_table and module in settings.modules:
        return Step(path, before, before or b"")
    implied = [DEFAULT_MODULE] if DEFAULT_MODULE not in _missing(settings) else []
    after = with_modules(before or b"", [module], path, implied)
    return Step(path, before, after, is_addition=True)


def _missing(settings: Settings) -> set[str]:
    """Return the default module where the repository lacks it: it counts without being named."""
    return set() if find_module(settings, DEFAULT_MODULE) else {DEFAULT_MODULE}
