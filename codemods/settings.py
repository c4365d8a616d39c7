"""``[tool.ssot-codemods]`` of the pyproject.toml of the repository worked on -> `Settings`."""

from __future__ import annotations

import ast
import functools
import keyword
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

from codemods.engine.names import module_names
from codemods.model import Target, UsageError
from codemods.rewrites.replace_local_copies.recorded import members_of, read_shapes

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_TABLE = "ssot-codemods"
_DEFAULT_NAMES = ("TestWebSocketConnection", "MockWebSocketConnection", "WebSocketConnectionMock")
DEFAULT_MODULE = "test_framework.ssot.websocket_connection_test_utility"
DEFAULT_SHAPES = Path("test_framework/ssot/websocket_connection_shapes.py")
#: Beside this package, and not found by an import: the repository worked on may have a package of
#: the same name.
_BUNDLED = Path(__file__).resolve().parent.parent


class SettingsError(UsageError):
    """A setting cannot be used; the message has the file and, where it is known, the line."""


class Phase(NamedTuple):
    """One phase of a migration: some paths, and what is to hold of them in the end.

    `collection_seconds` is wall time with warm bytecode, `aim_seconds` a figure to reach for that
    decides nothing; `success_rate` is in percent of the tests that passed in the baseline,
    `warnings_fall` in percent of the baseline's warnings, `compliance` in percent of the files that
    use the helper; `copies_left` is a number of definitions.
    """

    name: str
    paths: tuple[str, ...]
    collection_seconds: float
    aim_seconds: float | None = None
    success_rate: float = 90.0
    warnings_fall: float = 80.0
    compliance: float = 95.0
    copies_left: int = 0


_DEFAULT_CATEGORIES = (
    ("mission_critical", ("tests/mission_critical",)),
    ("integration", ("tests/integration",)),
    ("e2e", ("tests/e2e",)),
    ("unit", ("tests/unit",)),
    ("backend", ("backend/tests",)),
)
_DEFAULT_PHASES = (
    Phase("mission_critical", ("tests/mission_critical",), 5, aim_seconds=3),
    Phase("integration", ("tests/integration",), 30),
    Phase("e2e", ("tests/e2e",), 15),
    Phase("unit", ("tests/unit", "backend/tests"), 15),
    Phase("all", ("tests", "backend/tests"), 45),
)
_BUDGETS = tuple(f for f in Phase._fields if f not in {"name", "paths"})


class Settings(NamedTuple):
    """What is replaced by what, and where.

    `class_names` are the names of local classes to look at, `module` the dotted name of the shared
    module, `shapes` the file that records which local classes equal which shared ones. `paths` are
    the files and folders that the verbs work on unless told otherwise, `exclude` patterns of what
    is left out, both relative to `root`: the folder of the pyproject.toml, else of the checkout;
    `has_table` whether it has the settings. `golden_path` are commands that must not fail,
    `categories` names of paths, `phases` the plan of the migration.
    """

    class_names: tuple[str, ...] = _DEFAULT_NAMES
    module: str = DEFAULT_MODULE
    shapes: Path = _BUNDLED / DEFAULT_SHAPES
    paths: tuple[str, ...] = (".",)
    exclude: tuple[str, ...] = ()
    golden_path: tuple[str, ...] = ()
    categories: tuple[tuple[str, tuple[str, ...]], ...] = _DEFAULT_CATEGORIES
    phases: tuple[Phase, ...] = _DEFAULT_PHASES
    root: Path = Path()
    has_table: bool = False


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
            return Settings(root=folder)
    return Settings(root=start)


def load_target(settings: Settings) -> Target:
    """Read the shapes that the settings name.

    Raises:
        SettingsError: the shapes file cannot be read.
        codemods.rewrites.replace_local_copies.recorded.ShapesError: what it holds cannot be used.

    """
    shared = find_shared_module(settings)
    try:
        stamps = tuple(p.stat().st_mtime_ns for p in (settings.shapes, shared) if p is not None)
        return _load_target(settings, shared, stamps)
    except OSError as error:
        key = "" if settings.shapes == Settings().shapes else f"[tool.{_TABLE}] shapes: "
        raise SettingsError(f"{key}{error.filename}: {error.strerror}") from error


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


def find_shared_module(settings: Settings) -> Path | None:
    """Look for the file of the shared module, without running anything."""
    if _is_default(settings):
        return _find_ours()
    return _find_module(settings.module, [settings.root, Path.cwd(), *map(Path, sys.path)])


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
    if not is_expected(settings, path):
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
    return _BUNDLED.joinpath(*DEFAULT_MODULE.split(".")).with_suffix(".py")


def bundled(path: Path) -> bytes:
    """Give a file that comes with this package, by its path from the root of the repository."""
    return (_BUNDLED / path).read_bytes()


def check_toml(text: bytes, path: Path) -> None:
    """Check that what a pyproject.toml is to hold can be read.

    Raises:
        SettingsError: it cannot.

    """
    _table(text, path)


def bundled_suite() -> Path | None:
    """Give the folder of the sample suite, in a checkout or as installed; None for neither."""
    folders = (_BUNDLED / "tests/legacy_suite", _BUNDLED / "codemods/legacy_suite")
    return next((folder for folder in folders if folder.is_dir()), None)


def is_expected(settings: Settings, file: Path) -> bool:
    """Tell whether a file is the shared module that the recorded shapes were proved against.

    That is known of the shared module of this package alone; one's own is believed.
    """
    return not _is_default(settings) or file.read_bytes() == _find_ours().read_bytes()


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


_KEYS = (
    *("class-names", "module", "shapes", "paths", "exclude"),
    *("golden-path", "categories", "phases"),
)


def _strings_of(value: object) -> tuple[str, ...]:
    """Give a list of strings as it is, and anything else as none."""
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    return ()


class _Reader:
    def __init__(self, table: dict[str, Any], text: bytes, path: Path) -> None:
        self._table = table
        self._text = text
        self._path = path

    def settings(self) -> Settings:
        defaults = Settings()
        self._check_keys(self._table, _KEYS)
        names = self._strings("class-names", defaults.class_names)
        module = self._string("module", defaults.module)
        try:
            checked = tuple(check_class_name(n) for n in names), check_module(module)
        except ValueError as error:
            raise self._error(
                "module" if module in str(error) else "class-names", str(error)
            ) from error
        folder = self._path.parent
        return Settings(
            *checked,
            shapes=folder / self._string("shapes", str(defaults.shapes)),
            paths=self._strings("paths", defaults.paths),
            exclude=self._strings("exclude", defaults.exclude, may_be_empty=True),
            golden_path=self._commands("golden-path"),
            categories=self._categories(),
            phases=self._phases(),
            root=folder,
            has_table=True,
        )

    def _commands(self, key: str) -> tuple[str, ...]:
        import shlex  # few settings have commands, and `analyze` is to start at once

        commands = self._strings(key, (), may_be_empty=True)
        for command in commands:
            try:
                words = shlex.split(command)
            except ValueError as error:
                raise self._error(key, f"{command!r}: {error}") from error
            if not words or not words[0]:
                raise self._error(key, f"{command!r} names no command")
        return commands

    def _categories(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Give the categories: those of the table in the place of the usual ones, or beside."""
        own = self._subtable("categories")
        paths = {name: _strings_of(value) for name, value in own.items()}
        for name, value in paths.items():
            if not value:
                raise self._error(name, "wanted: a list of strings, at least one")
        return tuple({**dict(_DEFAULT_CATEGORIES), **paths}.items())

    def _phases(self) -> tuple[Phase, ...]:
        own = self._subtable("phases")
        return tuple(self._phase(n, v) for n, v in own.items()) if own else _DEFAULT_PHASES

    def _phase(self, name: str, table: object) -> Phase:
        if not isinstance(table, dict):
            raise self._error(name, "wanted: a table with paths and budgets", ".phases")
        inside = f".phases.{name}"
        self._check_keys(table, ("paths", *(b.replace("_", "-") for b in _BUDGETS)), inside)
        paths = _strings_of(table.get("paths"))
        if not paths:
            raise self._error("paths", "wanted: a list of strings, at least one", inside)
        values = {key.replace("-", "_"): v for key, v in table.items() if key != "paths"}
        for key, value in values.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise self._error(key.replace("_", "-"), "wanted: a number from 0", inside)
        if "collection_seconds" not in values:
            raise self._error(name, "lacks collection-seconds", ".phases")
        return Phase(name, paths, **values)

    def _subtable(self, key: str) -> dict[str, Any]:
        value = self._table.get(key, {})
        if not isinstance(value, dict):
            raise self._error(key, "wanted: a table")
        return value

    def _check_keys(self, table: dict[str, Any], known: tuple[str, ...], inside: str = "") -> None:
        for key in table:
            if key not in known:
                raise self._error(key, f"unknown; known are {', '.join(sorted(known))}", inside)

    def _string(self, key: str, default: str) -> str:
        value = self._table.get(key, default)
        if not isinstance(value, str):
            raise self._error(key, "wanted: a string")
        return value

    def _strings(
        self, key: str, default: tuple[str, ...], *, may_be_empty: bool = False
    ) -> tuple[str, ...]:
        value = self._table.get(key, list(default))
        strings = isinstance(value, list) and all(isinstance(v, str) for v in value)
        if not strings or not (value or may_be_empty):
            least = "" if may_be_empty else ", at least one"
            raise self._error(key, f"wanted: a list of strings{least}")
        return tuple(value)

    def _error(self, key: str, message: str, inside: str = "") -> SettingsError:
        """Make an error about a key of the table, or of one of those inside it."""
        lines = self._text.splitlines()
        name = re.escape(key.encode())
        pattern = re.compile(rb"\s*[\"']?%b[\"']?\s*=|\s*\[.*\.[\"']?%b[\"']?\]" % (name, name))
        line = next((n for n, t in enumerate(lines, start=1) if pattern.match(t)), 1)
        return SettingsError(f"{self._path}:{line}: [tool.{_TABLE}{inside}] {key}: {message}")
