"""Make a repository ready: a shared module, the settings, rewritten asserts, LibCST's YAML file."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codemods.bundled import bundled
from codemods.disk.folder import Folder
from codemods.migration.register import with_registration
from codemods.model import UsageError
from codemods.settings import (
    DEFAULT_MODULE,
    Settings,
    SettingsError,
    check_dotted,
    check_toml,
    read_config,
)
from codemods.shared_modules import (
    asserting_definitions,
    conftests,
    import_folders,
    read_shared_modules,
)

_MODULE = DEFAULT_MODULE.rpartition(".")[2]
_FOLDER = Path(*DEFAULT_MODULE.split(".")[:-1])

_YAML = ".libcst.codemod.yaml"
_SETTINGS = "the settings, [tool.ssot-codemods]"


@dataclass(frozen=True, slots=True)
class Step:
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
    found = [_step(settings.root / _YAML, bundled(_YAML), "for `python -m libcst.tool`")]
    own = settings.modules if settings.has_table else ()
    if folder is not None or not own or DEFAULT_MODULE in own:
        relative = _FOLDER if folder is None else Path(folder)
        module = ".".join([*relative.parts, _MODULE])
        found += _module_steps(settings.root, relative)
        found.append(_settings_step(settings, module))
        own = tuple(name for name in own if name != module)
    found += _conftest_steps(settings, own)
    for path in (step.path for step in found):
        real = os.path.realpath(path)  # `Path.resolve` raises for links in a circle
        if not Path(real).is_relative_to(os.path.realpath(settings.root)):
            raise UsageError(f"{path} leads to {real}, outside of {settings.root}")
    return found


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
    content = bundled(f"{_FOLDER}/{_MODULE}.py")
    found = [_step(root / folder / f"{_MODULE}.py", content, "the shared module")]
    purpose = "makes the folder a package"
    return [*found, *(_step(root / f / "__init__.py", b"", purpose) for f in new)]


def _conftest_steps(settings: Settings, modules: Sequence[str]) -> list[Step]:
    """Return the conftests that have pytest rewrite the asserts of shared definitions."""
    plain = [
        module.name
        for module in read_shared_modules(settings._replace(modules=tuple(modules))).modules
        if asserting_definitions(module) and not module.rewrites_asserts
    ]
    found = []
    for path in conftests(settings) if plain else ():
        purpose = f"has pytest rewrite the asserts of {', '.join(plain)}"
        before = _step(path, b"", purpose).before
        after = with_registration(before or b"", plain, path, list(import_folders(settings)))
        found.append(Step(path, before, after, purpose, is_addition=True))
    return found


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


def _step(path: Path, wanted: bytes, purpose: str) -> Step:
    if not os.path.lexists(path):
        return Step(path, None, wanted, purpose)
    if not path.is_file():
        raise UsageError(f"{path} is there, and is no file")
    return Step(path, read_config(path), wanted, purpose)


def _settings_step(settings: Settings, module: str) -> Step:
    path = settings.root / "pyproject.toml"
    table = f'[tool.ssot-codemods]\nmodules = ["{module}"]\n'.encode()
    before = _step(path, table, _SETTINGS).before
    if before is None:
        return Step(path, None, table, _SETTINGS)
    if not settings.has_table:
        after = _with_table(before, table)
        _check(after, path)
        return Step(path, before, after, _SETTINGS, is_addition=True)
    if module in settings.modules:
        return Step(path, before, before, _SETTINGS)
    return Step(path, before, _with_module(before, [*_named(settings), module]), _SETTINGS)


def _named(settings: Settings) -> list[str]:
    """Return the modules that a table names; the default one needs no name."""
    return [name for name in settings.modules if name != DEFAULT_MODULE]


def _with_table(before: bytes, table: bytes) -> bytes:
    """Add a table at the end, with the line ends that the file has."""
    gap = b"" if not before else b"\n" if before.endswith(b"\n") else b"\n\n"
    added = gap + table
    return before + (added.replace(b"\n", b"\r\n") if b"\r\n" in before else added)


#: The table, up to the next one: its header, and its lines.
_TABLE = re.compile(rb"^([ \t]*\[tool\.ssot-codemods\][^\n]*\n)((?:(?![ \t]*\[)[^\n]*\n?)*)", re.M)
_KEY = re.compile(rb"^[ \t]*modules[ \t]*=[ \t]*\[[^\]]*\][^\n]*\n?", re.M)


def _with_module(before: bytes, modules: Sequence[str]) -> bytes:
    """Return the file as a person would change it: to be shown, not to be written."""
    names = ", ".join(f'"{name}"' for name in modules)
    key = f"modules = [{names}]\n".encode()
    found = _TABLE.search(before)
    if found is None:  # written some other way, as dotted keys
        return _with_table(before, b"[tool.ssot-codemods]\n" + key)
    changed = found.group(1) + key + _KEY.sub(b"", found.group(2))
    return before[: found.start()] + changed + before[found.end() :]


def _check(content: bytes, path: Path) -> None:
    try:
        check_toml(content, path)
    except SettingsError as error:  # `tool` is no table that one could add to
        raise UsageError(f"[tool.ssot-codemods] cannot be added: {error}") from error
