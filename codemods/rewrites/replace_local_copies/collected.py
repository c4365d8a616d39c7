"""What pytest would collect of a definition: that is a test, and no helper."""

from __future__ import annotations

import ast
import fnmatch
import posixpath
from collections.abc import Iterable, Iterator, Sequence

from codemods.engine.names import ModuleNames
from codemods.engine.scopes import FUNCTIONS, Definition
from codemods.model import Code, PytestNames, Reason
from codemods.rewrites.replace_local_copies.sharing import dotted_source, is_fixture
from codemods.rewrites.replace_local_copies.stores import last_name


def has_rewritten_asserts(path: str, tests: PytestNames) -> bool:
    """Whether pytest rewrites the assert statements of a module by its name."""
    name = posixpath.basename(path.replace("\\", "/"))
    return name == "conftest.py" or tests.has_file(path)


def test_in(
    node: Definition, names: ModuleNames, path: str, tests: PytestNames, *, is_nested: bool
) -> int | None:
    """Return the line of the first test that a definition is or has, None without one."""
    if isinstance(node, FUNCTIONS):
        is_test = _fits(node.name, tests.functions) and tests.has_file(path)
        return node.lineno if is_test and not is_nested and not is_fixture(node) else None
    for base in node.bases:
        source = dotted_source(base, names) or ""
        if source.startswith("unittest.") and not source.startswith("unittest.mock."):
            return base.lineno
    # Collecting the names of a module takes as long as parsing it.
    return tests_of(node, names.of_kind(ast.ClassDef) if node.bases else (), tests)


def is_test_function(name: str, tests: PytestNames) -> bool:
    """Whether a function is a test by its name: pytest's own, or that of unittest."""
    return _fits(name, (*tests.functions, "test", "runTest"))


def tests_of(node: ast.ClassDef, classes: Iterable[ast.ClassDef], tests: PytestNames) -> int | None:
    """Return the line of the first test in a class and its bases in the same file, or None."""
    by_name: dict[str, list[ast.ClassDef]] = {}
    for other in classes:
        by_name.setdefault(other.name, []).append(other)
    pending, seen = [node], {id(node)}
    while pending:
        current = pending.pop()
        for statement in current.body:
            match statement:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    if is_test_function(name, tests):
                        return statement.lineno
                case ast.ClassDef(name=name) if _fits(name, tests.classes):
                    return statement.lineno
        bases = {b.id for b in current.bases if isinstance(b, ast.Name)}
        new = [c for name in bases for c in by_name.get(name, ()) if id(c) not in seen]
        seen.update(map(id, new))
        pending += new
    return None


def tests_derived_from(name: str, names: ModuleNames, tests: PytestNames) -> Iterator[Reason]:
    """Yield the subclasses whose tests an inherited ``__test__ = False`` would hide."""
    classes = names.of_kind(ast.ClassDef)
    heirs = derived_from(name, classes)
    known = {c.name for c in classes} | {name, "object"}
    for heir in heirs:
        line = tests_of(heir, classes, tests)
        if line is not None:
            message = f"subclass `{heir.name}` has tests, which `__test__ = False` would hide"
            yield Reason(Code.SUBCLASS_OF_TESTS, line, message)
        elif _fits(heir.name, tests.classes) and not all(
            isinstance(b, ast.Name) and b.id in known for b in heir.bases
        ):
            message = f"subclass `{heir.name}` may get tests from a base outside this file"
            yield Reason(Code.SUBCLASS_OF_TESTS, heir.lineno, message)


def derived_from(name: str, classes: Iterable[ast.ClassDef]) -> list[ast.ClassDef]:
    """Return the classes that derive from one of that name, directly or by way of others."""
    family, heirs, others = {name}, list[ast.ClassDef](), list(classes)
    while new := [c for c in others if _derives(c, family)]:
        heirs += new
        family.update(c.name for c in new)
        others = [c for c in others if c not in new]
    return heirs


def _fits(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name begins with one of the patterns, or matches it where it has a wildcard."""
    return any(
        name.startswith(p) or (not {*"*?["}.isdisjoint(p) and fnmatch.fnmatchcase(name, p))
        for p in patterns
    )


def _derives(node: ast.ClassDef, family: set[str]) -> bool:
    bases = (b.value if isinstance(b, ast.Subscript) else b for b in node.bases)
    return any(last_name(base) in family for base in bases)
