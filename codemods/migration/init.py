"""Make a repository ready: its own shared module and shapes, the settings, LibCST's YAML file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codemods.disk.atomic import replace_file, sync_folders, write_new
from codemods.model import UsageError
from codemods.settings import (
    DEFAULT_MODULE,
    DEFAULT_SHAPES,
    Settings,
    SettingsError,
    bundled,
    check_module,
    check_toml,
    read_settings,
)

#: What LibCST reads; the same as the file at the root of this package's own repository.
YAML = b"""\
# Read by `python -m libcst.tool` from this folder or any folder below it.
modules:
- codemods.commands
# An identity: what the command gives back is what is written. (LibCST fails every
# changed file on an empty formatter, hence not [].)
formatter: ["cat"]
# Metadata of the whole repository is built below this folder; no command needs it.
repo_root: "."
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One file of a repository that is to be there: what it is now, None for absent, and wanted.

    `is_addition` tells whether the file may be there already, and gets more lines at its end.
    """

    path: Path
    before: bytes | None
    after: bytes
    is_addition: bool = False

    @property
    def is_conflict(self) -> bool:
        """Whether the file is there and is another one."""
        return self.before not in {None, self.after} and not self.is_addition


def steps(root: Path, folder: str | None) -> list[Step]:
    """Work out what a repository lacks.

    Args:
        root: the root of the repository.
        folder: where the shared module is to lie, relative to the root; None for
            ``test_framework/ssot``.

    Raises:
        UsageError: the folder cannot be imported from, or there is no place for a file.
        SettingsError: the settings cannot be read.

    """
    relative = Path(folder) if folder is not None else DEFAULT_SHAPES.parent
    if relative.is_absolute() or ".." in relative.parts:
        raise UsageError(f"--to {folder}: wanted: a folder below {root}")
    if any("." in part for part in relative.parts):
        raise UsageError(f"--to {folder}: a name that holds a dot cannot be imported")
    name = DEFAULT_MODULE.rpartition(".")[2]
    try:
        module = check_module(".".join([*relative.parts, name]))
    except ValueError as error:
        raise UsageError(f"--to {folder}: {error}") from error
    shapes = relative / DEFAULT_SHAPES.name
    wanted = {
        root / relative / f"{name}.py": bundled(DEFAULT_SHAPES.with_name(f"{name}.py")),
        root / shapes: bundled(DEFAULT_SHAPES),
        root / ".libcst.codemod.yaml": YAML,
    }
    folders = [f for f in (relative, *relative.parents) if f.parts]
    for there in (root / f for f in folders if os.path.lexists(root / f)):
        if not there.is_dir():
            raise UsageError(f"--to {folder}: {there} is no folder")
    # A folder that is there stays a package or none: that decides how pytest names its tests.
    new = [f for f in folders if not (root / f).exists()]
    wanted |= {root / f / "__init__.py": b"" for f in new}
    found = [_step(path, content) for path, content in wanted.items()]
    return [*found, _settings_step(root, module, shapes)]


def write(todo: list[Step]) -> Iterator[Path]:
    """Write what is lacking, and give the paths; the caller has seen that nothing conflicts."""
    for step in todo:
        if step.before != step.after:
            step.path.parent.mkdir(parents=True, exist_ok=True)
            if step.before is None:
                write_new(step.path, step.after)
            else:
                _extend(step)
            yield step.path


def _extend(step: Step) -> None:
    """Write a file that is there; it keeps its mode bits, and a link stays one."""
    real = step.path.resolve()
    old = real.stat()
    temporary = f".{real.name}.ssot-codemods.tmp"
    replace_file(real, step.after, temporary, mode=old.st_mode & 0o7777, old=old)
    sync_folders([real.parent])


def _step(path: Path, wanted: bytes) -> Step:
    if not os.path.lexists(path):
        return Step(path, None, wanted)
    if not path.is_file():
        raise UsageError(f"{path} is there, and no file")
    return Step(path, path.read_bytes(), wanted)


def _settings_step(root: Path, module: str, shapes: Path) -> Step:
    path = root / "pyproject.toml"
    keys = f'module = "{module}"\nshapes = "{shapes.as_posix()}"\n'.encode()
    table = b"[tool.ssot-codemods]\n" + keys
    before = _step(path, table).before
    if before is None:
        return Step(path, None, table)
    settings = _own_settings(root)
    if settings is None:
        after = _with_table(before, table)
        _check(after, path)
        return Step(path, before, after, is_addition=True)
    if (settings.module, settings.shapes) == (module, root / shapes):
        return Step(path, before, before)
    return Step(path, before, _with_keys(before, keys))


def _with_table(before: bytes, table: bytes) -> bytes:
    """Add a table at the end, in the line ends that the file has."""
    gap = b"" if not before else b"\n" if before.endswith(b"\n") else b"\n\n"
    added = gap + table
    return before + (added.replace(b"\n", b"\r\n") if b"\r\n" in before else added)


#: The table, up to the next one: its header, and its lines.
_TABLE = re.compile(rb"^([ \t]*\[tool\.ssot-codemods\][^\n]*\n)((?:(?![ \t]*\[)[^\n]*\n?)*)", re.M)
_KEYS = re.compile(rb"^[ \t]*(?:module|shapes)[ \t]*=[^\n]*\n?", re.M)


def _with_keys(before: bytes, keys: bytes) -> bytes:
    """Give the file as a person would mend it: to be shown, not to be written."""
    found = _TABLE.search(before)
    if found is None:  # written some other way, as dotted keys
        return _with_table(before, b"[tool.ssot-codemods]\n" + keys)
    mended = found.group(1) + keys + _KEYS.sub(b"", found.group(2))
    return before[: found.start()] + mended + before[found.end() :]


def _check(content: bytes, path: Path) -> None:
    try:
        check_toml(content, path)
    except SettingsError as error:  # `tool` is no table that one could add to
        raise UsageError(f"[tool.ssot-codemods] cannot be added: {error}") from error


def _own_settings(root: Path) -> Settings | None:
    """Give the settings where the file of this very folder has them."""
    settings = read_settings(root)
    return settings if settings.has_table and settings.root == root else None
