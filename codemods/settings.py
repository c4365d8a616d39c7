"""``[tool.ssot-codemods]`` of the pyproject.toml of the repository worked on -> `Settings`."""

from __future__ import annotations

import ast
import functools
import keyword
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codemods.model import Target
from codemods.rewrite.names import module_names
from codemods.rewrite.recorded import members_of, read_shapes

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_TABLE = "ssot-codemods"
_DEFAULT_NAMES = ("TestWebSocketConnection", "MockWebSocketConnection", "WebSocketConnectionMock")
_DEFAULT_MODULE = "test_framework.ssot.websocket_connection_test_utility"
_DEFAULT_SHAPES = "test_framework/ssot/websocket_connection_shapes.py"


class SettingsError(Exception):
    """A setting cannot be used; the message has the file and, where it is known, the line."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is replaced by what.

    `class_names` are the names of local classes to look at, `module` the dotted name of the shared
    module, `shapes` the file that records which local classes equal which shared ones.
    """

    class_names: tuple[str, ...] = _DEFAULT_NAMES
    module: str = _DEFAULT_MODULE
    # Beside this package, and not through an import: the repository worked on may have a
    # package of the same name.
    shapes: Path = Path(__file__).resolve().parent.parent / _DEFAULT_SHAPES


def read_settings(start: Path) -> Settings:
    """Read the settings of the repository around a folder.

    Args:
        start: where to begin; the nearest pyproject.toml upwards that has the table counts, up to
            the root of the git checkout where there is one.

    Raises:
        SettingsError: the file is no TOML, or a value in the table is of the wrong kind.

    """
    for folder in [start, *start.parents]:
        path = folder / "pyproject.toml"
        if path.is_file():
            text = path.read_bytes()
            table = _table(text, path)
            if table is not None:
                return _Reader(table, text, path).settings()
        if (folder / ".git").exists():
            break
    return Settings()


def load_target(settings: Settings) -> Target:
    """Read the shapes that the settings name.

    Raises:
        SettingsError: the shapes file cannot be read.
        codemods.rewrite.recorded.ShapesError: what it holds cannot be used.

    """
    shared = _find_shared_module(settings)
    try:
        stamps = tuple(p.stat().st_mtime_ns for p in (settings.shapes, shared) if p is not None)
        return _load_target(settings, shared, stamps)
    except OSError as error:
        raise SettingsError(f"{error.filename}: {error.strerror}") from error


@functools.lru_cache(maxsize=8)
def _load_target(settings: Settings, shared: Path | None, stamps: tuple[int, ...]) -> Target:
    """Read the files once a process; `stamps` are the times of their last change."""
    path = settings.shapes
    parts = settings.module.split(".")
    shapes_beside = "/".join([*parts[:-1], path.name])
    try:
        members = members_of(shared.read_bytes()) if shared is not None else None
    except (SyntaxError, ValueError) as error:
        raise SettingsError(f"{shared}:{getattr(error, 'lineno', None) or 1}: {error}") from error
    return Target(
        class_names=settings.class_names,
        module=settings.module,
        shapes=read_shapes(path.read_bytes(), str(path)),
        own_files=("/".join(parts) + ".py", "/".join([*parts, "__init__.py"]), shapes_beside),
        shared_members=members,
    )


def _find_shared_module(settings: Settings) -> Path | None:
    if _is_default(settings):
        return _find_ours()
    return _find_module(settings.module, [Path.cwd(), *map(Path, sys.path)])


def _is_default(settings: Settings) -> bool:
    defaults = Settings()
    return settings.shapes == defaults.shapes and settings.module == defaults.module


@functools.lru_cache(maxsize=8)
def doubt_about_shared_module(settings: Settings, folder: Path) -> str | None:
    """Look, without running anything, for what the new imports would find.

    Args:
        settings: what is replaced by what.
        folder: the root of the repository worked on.

    Returns:
        A sentence for people where the shared module is not found, lacks a recorded name, or is
        another one than the default shapes were proved against; else None.

    """
    path = _find_module(settings.module, [folder, *map(Path, sys.path)])
    if path is None:
        return f"no module {settings.module} is found from {folder}: the new imports may fail"
    if _is_default(settings) and path.read_bytes() != _find_ours().read_bytes():
        return (
            f"{path}:1: this is not the shared module that the recorded shapes are equal to, and "
            "the new imports would find it: see `shapes` in the README"
        )
    names = module_names(ast.parse(path.read_bytes()))
    wanted = [n for s in load_target(settings).shapes for n in (s.shared_name, *s.aliases)]
    missing = [n for n in wanted if n not in names.bindings]
    if missing and not names.stars:
        return f"{path}:1: no {', '.join(missing)} here: the new imports would fail"
    return None


def _find_module(module: str, folders: list[Path]) -> Path | None:
    file = Path(*module.split("."))
    names = (file.with_suffix(".py"), file / "__init__.py")
    return next((f / name for f in folders for name in names if (f / name).is_file()), None)


def _find_ours() -> Path:
    here = Path(__file__).resolve().parent.parent
    return here.joinpath(*_DEFAULT_MODULE.split(".")).with_suffix(".py")


def check_class_name(text: str) -> str:
    """Give back a class name, or raise `ValueError` for what cannot be one."""
    if not text.isidentifier() or keyword.iskeyword(text):
        raise ValueError(f"{text!r} is not a class name")
    return text


def check_module(text: str) -> str:
    """Give back a dotted module name, or raise `ValueError` for what cannot be one."""
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in text.split(".")):
        raise ValueError(f"{text!r} is not a dotted module name")
    return text


def _table(text: bytes, path: Path) -> dict[str, Any] | None:
    try:
        tool = tomllib.loads(text.decode()).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    table = tool.get(_TABLE)
    if table is None or isinstance(table, dict):
        return table
    raise SettingsError(f"{path}: [tool.{_TABLE}] is not a table")


class _Reader:
    def __init__(self, table: dict[str, Any], text: bytes, path: Path) -> None:
        self._table = table
        self._text = text
        self._path = path

    def settings(self) -> Settings:
        defaults = Settings()
        known = {"class-names", "module", "shapes"}
        for key in self._table:
            if key not in known:
                raise self._error(key, f"unknown; known are {', '.join(sorted(known))}")
        names = self._table.get("class-names", list(defaults.class_names))
        if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
            raise self._error("class-names", "wanted: a list of class names")
        module = self._table.get("module", defaults.module)
        shapes = self._table.get("shapes", str(defaults.shapes))
        for key, value in {"module": module, "shapes": shapes}.items():
            if not isinstance(value, str):
                raise self._error(key, "wanted: a string")
        try:
            checked = tuple(check_class_name(n) for n in names), check_module(module)
        except ValueError as error:
            raise self._error(
                "module" if module in str(error) else "class-names", str(error)
            ) from error
        return Settings(*checked, self._path.parent / shapes)

    def _error(self, key: str, message: str) -> SettingsError:
        lines = self._text.splitlines()
        pattern = re.compile(rb"\s*[\"']?" + re.escape(key.encode()) + rb"[\"']?\s*=")
        line = next((n for n, t in enumerate(lines, start=1) if pattern.match(t)), 1)
        return SettingsError(f"{self._path}:{line}: [tool.{_TABLE}] {key}: {message}")
