"""Which names of mocking a module uses: an edit must not bring in a new one."""

from __future__ import annotations

import ast

from codemods.engine.text import Unparsable, parse
from codemods.engine.walk import walk

_FIXTURES = frozenset({"monkeypatch", "mocker"})
_MODULES = ("unittest.mock.", "mock.", "pytest_mock.")


def introduced(before: bytes, after: bytes) -> frozenset[str]:
    """Return the names of unittest.mock, pytest's monkeypatch or pytest-mock that an edit added.

    Args:
        before: a module; one that does not parse uses none.
        after: what became of it.

    """
    return _names(after) - _names(before)


def _names(source: bytes) -> frozenset[str]:
    try:
        nodes = walk(parse(source))
    except Unparsable:
        return frozenset()
    found: set[str] = set()
    for node in nodes:
        match node:
            case ast.ImportFrom(module=str(module), names=aliases):
                found |= {a.name for a in aliases if f"{module}.{a.name}.".startswith(_MODULES)}
            case ast.Import(names=aliases):
                found |= {a.name for a in aliases if f"{a.name}.".startswith(_MODULES)}
            case ast.Name(id=name) | ast.arg(arg=name) if name in _FIXTURES:
                found.add(name)
            case ast.Attribute(value=ast.Name(id="mock"), attr=name):
                found.add(f"mock.{name}")
    return frozenset(found)
