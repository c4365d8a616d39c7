"""What an edit did to a file: the definitions that it removed, and new names of mocking."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from codemods.disk.folder import Folder
from codemods.engine.rows import first_line
from codemods.engine.scopes import DEFINITIONS
from codemods.engine.text import Unparsable, parse
from codemods.engine.walk import walk
from codemods.model import Source
from codemods.workers.pool import careful

_FIXTURES = frozenset({"monkeypatch", "mocker"})
_MODULES = ("unittest.mock.", "mock.", "pytest_mock.")


class ChangedFile(NamedTuple):
    """What a run did to one file.

    `removed` has the definitions that went: their qualified names, with their lines before the run;
    what stands in another one that went is left out. `mocking` are names of unittest.mock, pytest's
    monkeypatch or pytest-mock that came with the change.
    """

    removed: Mapping[str, int]
    mocking: tuple[str, ...] = ()


def changed_file(path: str, before: bytes, after: bytes) -> ChangedFile:
    """Return what an edit did; nothing where a side of it cannot be parsed in time."""
    look = partial(_changed, after=after)
    (found,) = careful(look, [Source(path, before)], lambda path, reason: ChangedFile({}))
    return found


def still_gone(root: Path, path: str, names: Iterable[str]) -> list[str]:
    """Return those of some qualified names that a file, by its path from the root, does not define.

    A file that is gone, behind a link, or that does not parse (in time) has none of them.
    """
    names = list(names)
    folder, _, file = path.rpartition("/")
    last = "|".join(re.escape(name.rpartition(".")[2]) for name in names)
    try:
        content, _ = Folder(root, folder).read(file)
        pattern = rf"\b(?:class|def)\s+(?:{last})\b".encode()
    except (OSError, ValueError):  # a record may hold any text
        return names
    if not re.search(pattern, content):
        return names  # told without parsing
    (there,) = careful(_defined, [Source(path, content)], lambda path, reason: {})
    return [name for name in names if name not in there]


def _changed(before: Source, *, after: bytes) -> ChangedFile:
    old, new = _parsed(before.content), _parsed(after)
    there = _definitions(new)
    gone = {name: line for name, line in _definitions(old).items() if name not in there}
    outermost = {n: line for n, line in gone.items() if n.rpartition(".")[0] not in gone}
    return ChangedFile(outermost, tuple(sorted(_mocking(new) - _mocking(old))))


def _defined(source: Source) -> dict[str, int]:
    return _definitions(_parsed(source.content))


def _parsed(content: bytes) -> ast.Module:
    """Return a module; one that does not parse has nothing in it."""
    try:
        return parse(content)
    except Unparsable:
        return ast.Module([], [])


def _definitions(module: ast.Module) -> dict[str, int]:
    """Return the first lines of classes and functions, or of their decorators, by qualified names.

    Of several with one name, the first counts.
    """
    pending: list[tuple[ast.AST, str]] = [(module, "")]
    found: dict[str, int] = {}
    while pending:
        node, name = pending.pop()
        if isinstance(node, DEFINITIONS):
            name = f"{name}.{node.name}".lstrip(".")
            found.setdefault(name, first_line(node))
        pending += [(child, name) for child in ast.iter_child_nodes(node)]
    return found


def _mocking(module: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in walk(module):
        match node:
            case ast.ImportFrom(module=str(source), names=aliases):
                found |= {a.name for a in aliases if f"{source}.{a.name}.".startswith(_MODULES)}
            case ast.Import(names=aliases):
                found |= {a.name for a in aliases if f"{a.name}.".startswith(_MODULES)}
            case ast.Name(id=name) | ast.arg(arg=name) if name in _FIXTURES:
                found.add(name)
            case ast.Attribute(value=ast.Name(id="mock"), attr=name):
                found.add(f"mock.{name}")
    return found
