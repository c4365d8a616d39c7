"""What pytest would collect of a definition: that is a test, and no helper."""

from __future__ import annotations

import ast
import fnmatch
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence

from codemods.engine.names import ModuleNames
from codemods.engine.scopes import FUNCTIONS, Definition
from codemods.engine.walk import reached, walk_statements
from codemods.model import Code, PytestNames, Reason
from codemods.rewrites.replace_local_copies.escape import last_name
from codemods.rewrites.replace_local_copies.sharing import dotted_source, is_fixture


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
    if not node.bases:  # collecting the names of a module takes as long as parsing it
        return _own_test(node, tests)
    return _lines_of_tests(names.of_kind(ast.ClassDef), tests).get(id(node))


def is_test_function(name: str, tests: PytestNames) -> bool:
    """Whether a function is a test by its name: pytest's own, or that of unittest."""
    return _fits(name, (*tests.functions, "test", "runTest"))


def classes_in(tree: ast.Module) -> list[ast.ClassDef]:
    """Return all classes of a module, those nearer to the top first."""
    return [n for n in walk_statements(tree.body) if isinstance(n, ast.ClassDef)]


def _own_test(node: ast.ClassDef, tests: PytestNames) -> int | None:
    """Return the line of the first test in a class itself, or None."""
    for statement in node.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if is_test_function(name, tests):
                    return statement.lineno
            case ast.ClassDef(name=name) if _fits(name, tests.classes):
                return statement.lineno
    return None


def _lines_of_tests(classes: Sequence[ast.ClassDef], tests: PytestNames) -> dict[int, int]:
    """Return the line of a test for each class that has or inherits one, by the id of its node."""
    lines = {id(c): line for c in classes if (line := _own_test(c, tests)) is not None}
    heirs = _by_base(classes, lambda base: base.id if isinstance(base, ast.Name) else None)
    pending = [c for c in classes if id(c) in lines]
    for node in pending:  # which grows meanwhile
        new = [c for c in heirs.get(node.name, ()) if id(c) not in lines]
        lines.update((id(c), lines[id(node)]) for c in new)
        pending += new
    return lines


def _by_base(
    classes: Iterable[ast.ClassDef], name_of: Callable[[ast.expr], str | None]
) -> dict[str, list[ast.ClassDef]]:
    """Return the classes by the names of their bases."""
    found: dict[str, list[ast.ClassDef]] = {}
    for node in classes:
        for name in {name_of(base) for base in node.bases} - {None}:
            found.setdefault(name or "", []).append(node)
    return found


def tests_derived_from(name: str, tree: ast.Module, tests: PytestNames) -> Iterator[Reason]:
    """Yield the subclasses whose tests an inherited ``__test__ = False`` would hide."""
    classes = classes_in(tree)
    by_base = _by_base(classes, _name_of_base)
    family = reached(name, {base: [c.name for c in heirs] for base, heirs in by_base.items()})
    heirs = [c for c in classes if not family.isdisjoint(map(_name_of_base, c.bases))]
    known = {c.name for c in classes} | family | {"object"}
    lines = _lines_of_tests(classes, tests)
    for heir in heirs:
        line = lines.get(id(heir))
        if line is not None:
            message = f"subclass `{heir.name}` has tests, which `__test__ = False` would hide"
            yield Reason(Code.SUBCLASS_OF_TESTS, line, message)
        elif _fits(heir.name, tests.classes) and not all(
            isinstance(b, ast.Name) and b.id in known for b in heir.bases
        ):
            message = f"subclass `{heir.name}` may get tests from a base outside this file"
            yield Reason(Code.SUBCLASS_OF_TESTS, heir.lineno, message)


def _fits(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name begins with one of the patterns, or matches it where it has a wildcard."""
    return any(
        name.startswith(p) or (not {*"*?["}.isdisjoint(p) and fnmatch.fnmatchcase(name, p))
        for p in patterns
    )


def _name_of_base(base: ast.expr) -> str | None:
    """Return the last name of a base, without what is in brackets behind it."""
    while isinstance(base, ast.Subscript):
        base = base.value
    return last_name(base) or None
