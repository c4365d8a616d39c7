"""``[tool.ssot-codemods]`` of the pyproject.toml of the repository worked on -> `Settings`."""

from __future__ import annotations

import keyword
import os
import re
import sys
import unicodedata
from pathlib import Path, PurePath
from typing import Any, Literal, NamedTuple

from codemods.disk.files import read_file
from codemods.model import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_TABLE = "ssot-codemods"
#: In bytes; a configuration or a shared module that is larger was not written by people.
LIMIT = 4 << 20
#: In a line: tomllib takes time that grows with the square of the number of parts of a key.
_MOST_DOTS = 5_000
DEFAULT_MODULE = "test_framework.ssot.websocket_connection_test_utility"


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
#: Of a budget: TOML has numbers, too, that are too large for a float.
_MOST = 1_000_000_000
_BUDGETS = tuple(f for f in Phase._fields if f not in {"name", "paths"})


#: https://docs.astral.sh/ruff/configuration/
_RUFF_FILES = ("ruff.toml", ".ruff.toml")


class Settings(NamedTuple):
    """What is replaced by what, and where.

    `modules` are the dotted names of the shared modules, as pytest imports them; `harmless` dotted
    names of bases and decorators that may run once instead of once in each file, and of what
    changes and keeps nothing of a class that it is passed. `paths` are the
    files and folders that the verbs work on unless told otherwise, `exclude` patterns of what is
    left out, both relative to `root`: the folder of the pyproject.toml, else of the checkout;
    `has_table` whether it has the settings. `golden_path` are commands that must not fail,
    `categories` names of paths, `phases` the plan of the migration, empty for the usual ones. The
    history is kept in the file `evidence`, relative to `root`, or where that is empty, in the
    journal. `file_timeout` is that of the command line.
    """

    modules: tuple[str, ...] = (DEFAULT_MODULE,)
    harmless: tuple[str, ...] = ()
    paths: tuple[str, ...] = (".",)
    exclude: tuple[str, ...] = ()
    golden_path: tuple[str, ...] = ()
    categories: tuple[tuple[str, tuple[str, ...]], ...] = _DEFAULT_CATEGORIES
    phases: tuple[Phase, ...] = ()
    evidence: str = ""
    root: Path = Path()
    has_table: bool = False
    file_timeout: float | None = None


def phases_of(settings: Settings) -> tuple[Phase, ...]:
    """Return the phases: those of the table, else the usual ones as far as their paths exist.

    They count below the paths of the settings; where none does, one phase of all those paths.
    """
    if settings.phases:
        return settings.phases
    own = tuple(map(PurePath, settings.paths))
    usual = (
        phase._replace(
            paths=tuple(
                path
                for path in phase.paths
                if any(map(PurePath(path).is_relative_to, own)) and _is_there(settings.root / path)
            )
        )
        for phase in _DEFAULT_PHASES
    )
    return tuple(phase for phase in usual if phase.paths) or (
        _DEFAULT_PHASES[-1]._replace(paths=settings.paths),
    )


def _is_there(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110 -- `Path.exists` raises where we may not look


def read_settings(start: Path) -> Settings:
    """Read the settings of the repository around a folder.

    The nearest pyproject.toml upwards that has the table counts, up to the root of the git checkout
    where there is one.

    Raises:
        SettingsError: the file is no TOML, or a value in the table is of the wrong kind.

    """
    found = (settings_in(folder) for folder in (start, *start.parents))
    return next((settings for settings in found if settings is not None), Settings(root=start))


def settings_in(folder: Path) -> Settings | None:
    """Return the settings of a folder: its own table, else the defaults at the root of a checkout.

    Raises:
        SettingsError: as for `read_settings`.

    """
    path = folder / "pyproject.toml"
    if path.is_file():
        text = read_config(path)
        table = _table(text, path)
        if table is not None:
            return _Reader(table, text, path).settings()
    return Settings(root=folder) if (folder / ".git").exists() else None


def names_table(folder: Path) -> bool:
    """Whether the pyproject.toml of a folder names our table, be it TOML or not."""
    return _TABLE.encode() in read_config(folder / "pyproject.toml")


def ruff_sources(root: Path) -> tuple[str, ...]:
    """Return the folders that ruff takes for those of a repository's own modules."""
    match _ruff_table(root):
        case {"src": [*folders]}:
            return tuple(f for f in folders if isinstance(f, str))
    return (".", "src")


def ruff_known(root: Path, party: Literal["first", "third"]) -> frozenset[str]:
    """Return the modules that the settings of ruff name as those of the repository, or of others.

    https://docs.astral.sh/ruff/settings/#lint_isort_known-third-party
    """
    match _ruff_table(root):
        case {"lint": {"isort": dict(known)}}:
            names = known.get(f"known-{party}-party")
            return frozenset(map(str, names if isinstance(names, list) else ()))
    return frozenset()


def has_flake8_alone(root: Path) -> bool:
    """Whether a repository has settings for flake8, and none for ruff."""
    if _ruff_table(root) is not None or any(map(_is_there, (root / n for n in _RUFF_FILES))):
        return False
    found = (root / name for name in ("setup.cfg", "tox.ini", ".flake8"))
    return any(b"[flake8]" in read_config(file) for file in found if file.is_file())


def _ruff_table(root: Path) -> object:
    path = root / "pyproject.toml"
    tool = parse_toml(read_config(path), path).get("tool") if path.is_file() else None
    return tool.get("ruff") if isinstance(tool, dict) else None


def read_config(path: Path, limit: int | None = None) -> bytes:
    """Read a configuration file, or a link to one, of at most `limit` bytes (`LIMIT`).

    Raises:
        SettingsError: it cannot be read, is no regular file, or is far too large.

    """
    try:
        return read_file(os.path.realpath(path), limit or LIMIT)[0]
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error


def setting_error(settings: Settings, key: str, message: str) -> SettingsError:
    """Return an error about a value, with the place of its key where a table has it."""
    if not settings.has_table:
        return SettingsError(message)
    path = settings.root / "pyproject.toml"
    return _error_at(path, read_config(path), _TABLE, key, message)


def has_open_bracket(pattern: str) -> bool:
    """Whether a bracket of a pattern is not closed: `fnmatch` takes quadratic time for many."""
    return "[" in pattern.rpartition("]")[2]


def check_name(text: str) -> str:
    """Return the name of a definition, or raise `ValueError` for what cannot be one."""
    if not text.isidentifier() or keyword.iskeyword(text):
        raise ValueError(f"{text!r} is not the name of a class or function")
    return text


def check_class_name(text: str) -> str:
    """Return a new name for a class, or raise `ValueError` for what is a bad one.

    One that begins with two underscores would be another one in each class that mentions it.
    """
    is_name = text.isidentifier() and unicodedata.is_normalized("NFKC", text)
    if not is_name or keyword.iskeyword(text) or keyword.issoftkeyword(text) or text[:2] == "__":
        raise ValueError(f"{text!r} is no new name for a class")
    return text


def check_dotted(text: str) -> str:
    """Return a dotted name, or raise `ValueError` for what cannot be one."""
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in text.split(".")):
        raise ValueError(f"{text!r} is not a dotted name")
    return text


def parse_toml(text: bytes, path: Path) -> dict[str, Any]:
    """Parse a TOML file.

    Raises:
        SettingsError: it cannot be parsed; the message has `path`.

    """
    if any(line.count(b".") > _MOST_DOTS for line in text.splitlines()):
        raise SettingsError(f"{path}: a line with more than {_MOST_DOTS:,} dots")
    try:
        document: dict[str, Any] = tomllib.loads(text.decode())
    except (ValueError, RecursionError) as error:  # also bytes that are no UTF-8
        raise SettingsError(f"{path}: {error}") from error
    return document


def _table(text: bytes, path: Path) -> dict[str, Any] | None:
    tool = parse_toml(text, path).get("tool", {})
    table = tool.get(_TABLE) if isinstance(tool, dict) else None
    if table is None or isinstance(table, dict):
        return table
    raise SettingsError(f"{path}: [tool.{_TABLE}] is not a table")


_KEYS = (
    *("modules", "harmless", "paths", "exclude", "golden-path", "categories", "phases"),
    "evidence",
)
#: Keys of 0.1, and what to write now.
_OLD_KEYS = {
    "module": "is now `modules`, a list of dotted names",
    "shapes": "is removed: name the module with the shared definitions in `modules`",
    "class-names": "is removed: all definitions of the shared modules count, named in `modules`",
}


def _line_of(key: str, text: bytes) -> int:
    """Return the line of a TOML file that a key stands on, else a table of its name, or ours."""
    name, table = re.escape(key.encode()), _TABLE.encode()
    lines = text.splitlines()
    for pattern in (
        rb"\s*[\"']?%b[\"']?\s*=|\s*\[.*\.[\"']?%b[\"']?\]" % (name, name),
        rb"\s*\[\s*tool\s*\.\s*[\"']?%b[\"']?\s*\]" % table,
    ):
        for number, line in enumerate(lines, start=1):
            if re.match(pattern, line):
                return number
    return 1


class _Reader:
    """Reads a table of the settings, which is `inside` ours."""

    def __init__(self, table: dict[str, Any], text: bytes, path: Path, inside: str = "") -> None:
        self._table = table
        self._text = text
        self._path = path
        self._inside = inside

    def settings(self) -> Settings:
        defaults = Settings()
        self._check_keys(_KEYS)
        return Settings(
            modules=self._dotted("modules", defaults.modules),
            harmless=self._dotted("harmless", (), may_be_empty=True),
            paths=self._paths("paths", defaults.paths),
            exclude=self._patterns("exclude", defaults.exclude),
            golden_path=self._commands("golden-path"),
            categories=self._categories(),
            phases=self._phases(),
            evidence=self._evidence(),
            root=self._path.parent,
            has_table=True,
        )

    def _dotted(
        self, key: str, default: tuple[str, ...], *, may_be_empty: bool = False
    ) -> tuple[str, ...]:
        names = self._strings(key, default, may_be_empty=may_be_empty)
        for name in names:
            try:
                check_dotted(name)
            except ValueError as error:
                raise self._error(key, str(error)) from error
        return tuple(dict.fromkeys(names))

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
        """Return the usual categories, with those of the table in their place or added."""
        own = self._inner("categories")
        paths = {name: own._paths(name) for name in own._table}
        return tuple({**dict(_DEFAULT_CATEGORIES), **paths}.items())

    def _phases(self) -> tuple[Phase, ...]:
        own = self._inner("phases")
        return tuple(own._phase(name) for name in own._table)

    def _phase(self, name: str) -> Phase:
        own = self._inner(name, "a table with paths and budgets")
        own._check_keys(("paths", *(budget.replace("_", "-") for budget in _BUDGETS)))
        paths = own._paths("paths")
        budgets = {key: own._number(key) for key in own._table if key != "paths"}
        if "collection-seconds" not in budgets:
            raise self._error(name, "lacks collection-seconds")
        return Phase(name, paths, **{key.replace("-", "_"): n for key, n in budgets.items()})

    def _evidence(self) -> str:
        value = self._table.get("evidence", "")
        path = PurePath(value) if isinstance(value, str) else PurePath("/")
        if path.is_absolute() or ".." in path.parts or (value and not path.parts):
            raise self._error("evidence", "wanted: a file below the folder of this one")
        return str(value)

    def _inner(self, key: str, wanted: str = "a table") -> _Reader:
        value = self._table.get(key, {})
        if not isinstance(value, dict):
            raise self._error(key, f"wanted: {wanted}")
        return _Reader(value, self._text, self._path, f"{self._inside}.{key}")

    def _check_keys(self, known: tuple[str, ...]) -> None:
        for key in self._table:
            if key in _OLD_KEYS and not self._inside:
                raise self._error(key, _OLD_KEYS[key])
            if key not in known:
                raise self._error(key, f"unknown; known are {', '.join(sorted(known))}")

    def _strings(
        self, key: str, default: tuple[str, ...] = (), *, may_be_empty: bool = False
    ) -> tuple[str, ...]:
        value = self._table.get(key, list(default))
        strings = isinstance(value, list) and all(isinstance(v, str) for v in value)
        if not strings or not (value or may_be_empty):
            least = "" if may_be_empty else ", at least one"
            raise self._error(key, f"wanted: a list of strings{least}")
        return tuple(value)

    def _patterns(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        patterns = self._strings(key, default, may_be_empty=True)
        if any(map(has_open_bracket, patterns)):
            raise self._error(key, "a pattern has a bracket that is not closed")
        return patterns

    def _paths(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return paths that lead to places below the root: a repository may name no others."""
        root = os.path.realpath(self._path.parent)
        paths = self._strings(key, default)
        for path in paths:
            # `Path.resolve` raises for links in a circle, before Python 3.13.
            real = "" if "\0" in path else os.path.realpath(Path(root, path))
            if not Path(real).is_relative_to(root):
                raise self._error(key, f"{path!r} leads out of the repository")
        return paths

    def _number(self, key: str) -> Any:
        value = self._table[key]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= _MOST:  # neither is true of `nan`
            raise self._error(key, f"wanted: a number from 0 to {_MOST:,}")
        return value

    def _error(self, key: str, message: str) -> SettingsError:
        return _error_at(self._path, self._text, f"{_TABLE}{self._inside}", key, message)


def _error_at(path: Path, text: bytes, table: str, key: str, message: str) -> SettingsError:
    return SettingsError(f"{path}:{_line_of(key, text)}: [tool.{table}] {key}: {message}")
