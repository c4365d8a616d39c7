"""Which names of a definition mean something outside of it, against the compiler's own tables."""

from __future__ import annotations

import ast
import asyncio.base_events
import collections
import dataclasses
import enum
import symtable
import sys
import typing
import unittest.mock
from pathlib import Path

import pytest

from codemods.engine import edit, names, placement, proof
from codemods.engine.scopes import DEFINITIONS, free_names

NAMES = {
    "a global of a function": ("def f(): return x", {"x"}),
    "its own name": ("def f(): return f()", {"f"}),
    "a parameter": ("def f(x, /, y, *z, w, **v): return x, y, z, w, v", set()),
    "a default, which is read outside": ("def f(x=x): return x", {"x"}),
    "an annotation": ("def f(x: y) -> z: ...", {"y", "z"}),
    "a decorator": ("@x\ndef f(): ...", {"x"}),
    "a base and a keyword": ("class A(x, k=y): ...", {"x", "y"}),
    "a local variable": ("def f():\n    x = 1\n    return x", set()),
    "a variable that is bound below": ("def f():\n    print(x)\n    x = 1", {"print"}),
    "a local import": ("def f():\n    import x.y, z as w\n    return x, w, z", {"z"}),
    "a name from a module": ("def f():\n    from x import y as z\n    return x, y, z", {"x", "y"}),
    "a loop": ("def f():\n    for x in y: ...\n    return x", {"y"}),
    "with": ("def f():\n    with y as (x, z): return x, z", {"y"}),
    "except": ("def f():\n    try: ...\n    except E as x: return x", {"E"}),
    "a match": (
        "def f(y):\n    match y:\n        case [x, *z]: x, z\n        case {**w}: w",
        set(),
    ),
    "a walrus": ("def f(): return (x := 1), x", set()),
    "a walrus in a comprehension": ("def f(): return [y := x for x in z], y", {"z"}),
    "a comprehension": ("def f(): return [x for x in x if y]", {"x", "y"}),
    "nested comprehensions": ("def f(): return [y for x in z for y in x]", {"z"}),
    "a lambda": ("def f(): return lambda x, y=z: (x, y, w)", {"z", "w"}),
    "a function in a function": ("def f(x):\n    def g(y): return x, y, z\n    return g", {"z"}),
    "a class in a function": ("def f(x):\n    class A: y = x, z\n    return A", {"z"}),
    "a method, which does not see the class": ("class A:\n    x = 1\n    def f(self): x", {"x"}),
    "a class body, which does": ("class A:\n    x = 1\n    y = x", set()),
    "a default in a class body": ("class A:\n    x = 1\n    def f(self, y=x): ...", set()),
    "a base in a class body": ("class A:\n    class B: ...\n    class C(B): ...", set()),
    "a comprehension in a class body": ("class A:\n    x = 1\n    y = [x for _ in x]", {"x"}),
    "a name that a class body binds below": ("class A:\n    x = x", {"x"}),
    "a name that a class body may bind": ("class A:\n    if y: x = 1\n    z = x", {"x", "y"}),
    "global": ("def f():\n    global x\n    x = 1", {"x"}),
    "nonlocal": ("def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2", set()),
    "super": ("class A:\n    def f(self): return super().f(), __class__", {"super"}),
    "del": ("def f(x):\n    del x\n    return x", set()),
    "type parameters": ("def f[T](x: T) -> T: return T", set()),
    "bounds of type parameters": ("class A[T: x](Generic[T]): y: T", {"x", "Generic"}),
}


def free(node: ast.stmt) -> set[str]:
    assert isinstance(node, DEFINITIONS)
    return set(free_names(node).nodes.values())


@pytest.mark.parametrize(("text", "wanted"), NAMES.values(), ids=NAMES)
def test_free_names(text: str, wanted: set[str]) -> None:
    if "[T" in text and sys.version_info < (3, 12):
        pytest.skip("PEP 695")
    (node,) = ast.parse(text).body
    assert free(node) == wanted


def test_names_that_are_written_outside() -> None:
    text = "def f():\n    global x\n    def g():\n        nonlocal y\n        y = x = 1\n    {}\n"
    (node,) = ast.parse(text.format("...")).body
    assert isinstance(node, ast.FunctionDef)
    assert free_names(node).global_names == {"x", "y"}
    (node,) = ast.parse(text.format("y = 1")).body
    assert isinstance(node, ast.FunctionDef)
    assert free_names(node).global_names == {"x"}


MODULES = [
    *(asyncio.base_events, collections, dataclasses, enum, typing, unittest.mock),
    *(edit, names, placement, proof),
]


def globals_of(table: symtable.SymbolTable) -> set[str]:
    """Return the globals that a table and those in it read or write."""
    found = {
        s.get_name()
        for s in table.get_symbols()
        if s.is_global() or (table.get_type() == "module" and s.is_referenced())
    }
    return found.union(*map(globals_of, table.get_children()))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_free_names_are_what_the_compiler_takes_for_globals(module: object) -> None:
    text = Path(str(module.__file__)).read_text()  # type: ignore[attr-defined]
    head = "from __future__ import annotations\n" if "import annotations" in text else ""
    for node in ast.parse(text).body:
        if not isinstance(node, DEFINITIONS):
            continue
        code = head + ast.unparse(node)
        wanted = globals_of(symtable.symtable(code, "", "exec"))
        found = free_names(node)
        ours = {n for i, n in found.nodes.items() if i not in found.doubtful}
        private = {n for n in wanted | ours if n.startswith("_") and "__" in n.strip("_")}
        hidden = {n for n in ours if n.startswith("__") and not n.endswith("__")}  # mangled
        assert wanted - private - hidden - {node.name, "annotations", "__class__"} <= ours | set(
            found.nodes.values()
        ), node.name
        assert ours - wanted - hidden - annotated(node) <= {node.name}, node.name


def annotated(node: ast.AST) -> set[str]:
    """Return the names in annotations, which the compiler keeps as text."""
    found = set()
    for inner in ast.walk(node):
        for field in ("annotation", "returns"):
            annotation = getattr(inner, field, None)
            if annotation is not None:
                found |= {n.id for n in ast.walk(annotation) if isinstance(n, ast.Name)}
    return found


def test_the_names_of_a_module_are_free_but_for_local_ones() -> None:
    tree = ast.parse("global x\nx = y\ndef f(y):\n    return y, x\n")
    assert sorted(free_names(tree).nodes.values()) == ["x", "x", "y"]
