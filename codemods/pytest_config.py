"""What a repository tells pytest about imports and the names of tests, read as pytest reads it."""

from __future__ import annotations

import ast
import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from codemods.model import PytestNames
from codemods.settings import SettingsError, has_open_bracket, parse_toml, read_config


class PytestConfig(NamedTuple):
    """The options of pytest that imports depend on.

    `folder` is pytest's rootdir; `pythonpath` are folders that it puts on `sys.path`, `tests` the
    names that it collects, and `filters` those of warnings.
    """

    folder: Path
    pythonpath: tuple[Path, ...] = ()
    tests: PytestNames = PytestNames()
    filters: tuple[str, ...] = ()


def pytest_config(start: Path, top: Path) -> PytestConfig | None:
    """Read the configuration that pytest takes when it is started on a path.

    Nothing above the folder `top` is looked for. None where no file has any.

    Raises:
        SettingsError: a file that pytest would read cannot be parsed.

    """
    for folder in (start, *start.parents):
        for name in _SECTIONS:
            if os.path.isfile(f"{folder}/{name}"):  # a `Path` for each takes five times as long
                path = folder / name
                options = _options(path, path.stat().st_mtime_ns)
                if options is not None:
                    return _config(path, options)
        if folder == top:
            break
    return None


#: The files that pytest looks for, in its order, and the table or section with its options. The
#: first four are taken without one, too.
_SECTIONS = {
    "pytest.toml": "pytest",
    ".pytest.toml": "pytest",
    "pytest.ini": "pytest",
    ".pytest.ini": "pytest",
    "pyproject.toml": "",
    "tox.ini": "pytest",
    "setup.cfg": "tool:pytest",
}


#: In bytes: iniconfig takes time that grows with the square of the length of a value.
_INI_LIMIT = 256 << 10


@functools.lru_cache(maxsize=64)
def _options(path: Path, stamp: int) -> dict[str, Any] | None:
    """Read the options in a file, None where it has none; `stamp` is when it last changed."""
    if path.name == "pyproject.toml":
        return _pyproject_options(parse_toml(read_config(path), path))
    if path.suffix == ".toml":
        return _table(parse_toml(read_config(path), path), "pytest") or {}
    found = _ini_options(read_config(path, _INI_LIMIT), path, _SECTIONS[path.name])
    return {} if found is None and path.name.endswith("pytest.ini") else found


def _pyproject_options(document: dict[str, Any]) -> dict[str, Any] | None:
    table = _table(_table(document, "tool") or {}, "pytest")
    if table is None:
        return None
    native = {key: value for key, value in table.items() if key != "ini_options"}
    return native or _table(table, "ini_options")


def _table(document: dict[str, Any], key: str) -> dict[str, Any] | None:
    value = document.get(key)
    return value if isinstance(value, dict) else None


def _ini_options(content: bytes, path: Path, section: str) -> dict[str, Any] | None:
    import iniconfig  # pytest's own parser; as below

    try:
        parsed = iniconfig.IniConfig(str(path), content.decode())
    except (iniconfig.ParseError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    return dict(parsed[section].items()) if section in parsed else None


def _config(path: Path, options: dict[str, Any]) -> PytestConfig:
    config = PytestConfig(path.parent)
    if "pythonpath" in options:
        entries = _words(options["pythonpath"], path, "pythonpath")
        config = config._replace(pythonpath=tuple(path.parent / entry for entry in entries))
    patterns = {
        field: tuple(_words(options[f"python_{field}"], path, f"python_{field}"))
        for field in PytestNames._fields
        if f"python_{field}" in options
    }
    if any(has_open_bracket(pattern) for found in patterns.values() for pattern in found):
        raise SettingsError(f"{path}: a pattern of names has a bracket that is not closed")
    return config._replace(tests=PytestNames(**patterns), filters=_filters(options, path))


def _filters(options: dict[str, Any], path: Path) -> tuple[str, ...]:
    """Return the filters of warnings: of their option, a line each, and of ``-W`` in `addopts`."""
    lines = options.get("filterwarnings", [])
    is_text = isinstance(lines, str)
    found = lines.splitlines() if is_text else _words(lines, path, "filterwarnings")
    words = _words(options.get("addopts", []), path, "addopts")
    for word, following in zip(words, [*words, ""][1:], strict=True):
        if word in {"-W", "--pythonwarnings"}:
            found = [*found, following]
        elif word.startswith(("-W", "--pythonwarnings=")):
            found = [*found, word.removeprefix("-W").removeprefix("--pythonwarnings=")]
    return tuple(found)


def _words(value: object, path: Path, key: str) -> list[str]:
    """Return the value of an option that is a list, or one string to split as a shell does."""
    import shlex  # most repositories have their options in TOML

    try:
        words = shlex.split(value) if isinstance(value, str) else value
    except ValueError as error:
        raise SettingsError(f"{path}: {key}: {error}") from error
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise SettingsError(f"{path}: {key}: wanted: a list of strings")
    return words


def registers_rewrite(content: ast.Module, module: str, package: str | None = None) -> bool:
    """Whether a file has pytest rewrite the asserts of a module, before it imports that itself.

    The file is a conftest, or ``__init__.py`` of a package that the module is in: `package` is the
    dotted name of that, None for a conftest.
    """
    for statement in content.body:
        if any(module == name or module.startswith(f"{name}.") for name in _registered(statement)):
            return True
        if imports_module(statement, module, package):
            return False
    return False


def imports_module(statement: ast.stmt, module: str, package: str | None = None) -> bool:
    """Whether a statement names a module, or a part of it, in an import; not by way of others."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        if any(name == module or name.startswith(f"{module}.") for name in names):
            return True
    return False


def _absolute(node: ast.ImportFrom, package: str | None) -> str:
    if node.level == 0 or package is None:
        return node.module or ""
    parts = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _registered(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement gives to `pytest.register_assert_rewrite`.

    pytest does the same for the plugins in ``pytest_plugins``.
    """
    values: list[ast.expr] = []
    match statement:
        case ast.Expr(ast.Call(function, arguments)):
            if ast.unparse(function) in {
                "pytest.register_assert_rewrite",
                "register_assert_rewrite",
            }:
                values = arguments
        case ast.Assign([ast.Name("pytest_plugins"), *_], ast.List(items) | ast.Tuple(items)):
            values = items
        case ast.Assign([ast.Name("pytest_plugins"), *_], item):
            values = [item]
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value
