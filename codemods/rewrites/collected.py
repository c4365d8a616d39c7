"""What pytest would collect of a definition: that is a test, and no helper."""

from __future__ import annotations

import ast
import fnmatch
import functools
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence

from codemods.engine.names import ModuleNames, bound_names, dotted_source, last_name, own_nodes
from codemods.engine.scopes import FUNCTIONS, Definition, bound_in
from codemods.engine.walk import nearest, reached
from codemods.model import Code, PytestNames, Reason

#: What a class has that pytest does not collect: a constructor, or the word for it.
_NOT_COLLECTED = frozenset({"__init__", "__new__", "__test__"})
#: Bases from elsewhere that have a constructor.
_WITH_CONSTRUCTOR = frozenset({"pydantic.BaseModel"})


def test_in(
    node: Definition,
    names: ModuleNames,
    path: str,
    tests: PytestNames,
    around: Sequence[ast.AST],
) -> int | None:
    """Return the line of the first test that a definition is or has, None without one.

    Args:
        node: the definition.
        names: those of its module.
        path: that of its file.
        tests: what pytest collects.
        around: the statements that it stands in.

    """
    if isinstance(node, FUNCTIONS):
        is_test = fits(node.name, tests.functions) and tests.has_file(path)
        return node.lineno if is_test and not around and not is_fixture(node) else None
    for base in node.bases:
        if is_test_case(dotted_source(base, names) or ""):
            return base.lineno
    if not node.bases:  # collecting the names of a module takes as long as parsing it
        return own_test(node, tests)
    line = _lines_of_tests(names, tests).get(node)
    if line is not None or any(isinstance(a, FUNCTIONS) for a in around):
        return line
    return node.lineno if may_inherit_tests(node, names, tests) else None


def may_inherit_tests(node: ast.ClassDef, names: ModuleNames, tests: PytestNames) -> bool:
    """Whether pytest collects a class by its name, and a base may bring tests from elsewhere.

    A class with a constructor is not collected; that of a dataclass or a model is generated.
    """
    own = bound_in(node.body)
    is_made = any(not is_mark(decorator) for decorator in node.decorator_list)
    if is_made or not own.isdisjoint(_NOT_COLLECTED) or not is_test_class(node.name, tests):
        return False
    classes = {c.name: c for c in names.of_kind(ast.ClassDef)}
    pending, seen = [node], {node}
    for one in pending:  # which grows meanwhile
        for base in bases_of(one):
            above = classes.get(base.id) if isinstance(base, ast.Name) else None
            if above is None:
                source = dotted_source(base, names) or "?."
                if not is_of_python(source) and source not in _WITH_CONSTRUCTOR:
                    return True
            elif above not in seen:
                seen.add(above)
                pending.append(above)
    return False


def is_test_function(name: str, tests: PytestNames) -> bool:
    """Whether a function is a test by its name: pytest's own, or that of unittest."""
    return fits(name, (*tests.functions, "test", "runTest"))


def is_test_class(name: str, tests: PytestNames) -> bool:
    """Whether pytest collects a class by its name."""
    return fits(name, tests.classes)


def has_constructor(node: ast.ClassDef) -> bool:
    """Whether a class has a constructor of its own."""
    return any(isinstance(s, FUNCTIONS) and s.name in {"__init__", "__new__"} for s in node.body)


def own_test(node: Definition, tests: PytestNames) -> int | None:
    """Return the line of the first test that a definition is or has itself, None without one."""
    if not isinstance(node, ast.ClassDef):
        is_test = is_test_function(node.name, tests) and not is_fixture(node)
        return node.lineno if is_test else None
    lines = (line for inner in own_nodes(node.body) for line in _lines_in(inner, tests))
    return min(lines, default=None)


def _lines_in(node: ast.AST, tests: PytestNames) -> Iterator[int]:
    """Yield the line of what a class has as a test by one of its nodes, or may have."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            if is_test_function(name, tests):
                yield node.lineno
        case ast.ClassDef(name=name) if is_test_class(name, tests):
            yield node.lineno
        case ast.Assign(targets=targets, value=ast.Name() | ast.Attribute() | ast.Lambda()):
            names = {t.id for t in targets if isinstance(t, ast.Name)}
            if any(is_test_function(n, tests) or is_test_class(n, tests) for n in names):
                yield node.lineno
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call()):
            if is_test_function(name, tests):
                yield node.lineno
        case ast.Import() | ast.ImportFrom():
            bound = [n for n, _ in bound_names(node)]
            if any(is_test_function(n, tests) or is_test_class(n, tests) for n in bound):
                yield node.lineno


@functools.lru_cache(maxsize=1)  # copies of one name ask one after the other
def tests_derived_from(name: str, names: ModuleNames, tests: PytestNames) -> tuple[Reason, ...]:
    """Return the subclasses whose tests an inherited ``__test__ = False`` would hide."""
    found = (tests_beside(name, heir, names, tests) for heir in derived_from(name, names))
    return tuple(reason for reason in found if reason is not None)


def tests_beside(
    name: str, heir: ast.ClassDef, names: ModuleNames, tests: PytestNames
) -> Reason | None:
    """Return the tests that a subclass has, or may have from another base than that of a name."""
    line = line_of_test(heir, names, tests)
    if line is not None:
        message = f"subclass `{heir.name}` has tests, which `__test__ = False` would hide"
        return Reason(Code.SUBCLASS_OF_TESTS, line, message)
    if {_unknown_name(base, names) for base in bases_of(heir)} <= {None, name}:
        return None
    message = f"subclass `{heir.name}` may get tests from a base outside this file"
    return Reason(Code.SUBCLASS_OF_TESTS, heir.lineno, message)


def _unknown_name(base: ast.expr, names: ModuleNames) -> str | None:
    """Return the name of a base that may have tests which are not seen in the file."""
    name = base.id if isinstance(base, ast.Name) else ""
    if name == "object" or name in _class_names(names):
        return None
    source = dotted_source(base, names)
    is_known = source is not None and not is_test_case(source) and is_of_python(source)
    return None if is_known else name


@functools.lru_cache(maxsize=1)
def _class_names(names: ModuleNames) -> frozenset[str]:
    return frozenset(node.name for node in names.of_kind(ast.ClassDef))


def is_test_case(source: str) -> bool:
    """Whether a dotted name is that of a class that unittest runs."""
    return source.startswith("unittest.") and not source.startswith("unittest.mock.")


def is_of_python(source: str) -> bool:
    """Whether a dotted name is that of a builtin, or of something in the standard library.

    https://docs.python.org/3/library/sys.html#sys.stdlib_module_names (which leaves out ``test``)
    """
    return "." not in source or source.partition(".")[0] in sys.stdlib_module_names


@functools.lru_cache(maxsize=1)
def derived_from(name: str, names: ModuleNames) -> list[ast.ClassDef]:
    """Return the classes that derive from one of that name, directly or by way of others."""
    found = reached([name], family(names))
    return [c for c in names.of_kind(ast.ClassDef) if c in found]


def line_of_test(node: ast.ClassDef, names: ModuleNames, tests: PytestNames) -> int | None:
    """Return the line of a test that a class has, or inherits in the same file."""
    return _lines_of_tests(names, tests).get(node)


@functools.lru_cache(maxsize=1)
def _lines_of_tests(names: ModuleNames, tests: PytestNames) -> dict[ast.ClassDef | str, int]:
    """Return the line of a test for each class that has one, or inherits it in the same file."""
    own = {c: own_test(c, tests) for c in names.of_kind(ast.ClassDef)}
    lines: dict[ast.ClassDef | str, int] = {c: line for c, line in own.items() if line is not None}
    return nearest(lines, family(names))


@functools.lru_cache(maxsize=1)
def family(names: ModuleNames) -> dict[ast.ClassDef | str, list[ast.ClassDef | str]]:
    """Return what leads to the heirs of a class: its name, and the classes with a base of that."""
    found: dict[ast.ClassDef | str, list[ast.ClassDef | str]] = defaultdict(list)
    for node in names.of_kind(ast.ClassDef):
        found[node].append(node.name)
        for name in base_names(node):
            found[name].append(node)
    return found


def base_names(node: ast.ClassDef) -> list[str]:
    """Return the last names of the bases of a class."""
    return list(dict.fromkeys(map(last_name, bases_of(node))))


def bases_of(node: ast.ClassDef) -> list[ast.expr]:
    """Return the bases of a class without their parameters: of ``list[int]``, ``list``."""
    return [b.value if isinstance(b, ast.Subscript) else b for b in node.bases]


def fits(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name begins with one of the patterns, or matches it where it has a wildcard."""
    return any(
        name.startswith(p) or (not {*"*?["}.isdisjoint(p) and fnmatch.fnmatchcase(name, p))
        for p in patterns
    )


def is_fixture(node: ast.AST) -> bool:
    """Whether a function is a pytest fixture, by the usual names of the decorator."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    plain = (d.func if isinstance(d, ast.Call) else d for d in decorators)
    return any(last_name(d) == "fixture" for d in plain)


def kind_of(node: ast.AST) -> str:
    """Return what a definition is: ``class``, ``function`` or ``fixture``."""
    if isinstance(node, ast.ClassDef):
        return "class"
    return "fixture" if is_fixture(node) else "function"


def is_mark(decorator: ast.expr) -> bool:
    """Whether a decorator is one of ``pytest.mark``, by any of its usual names."""
    if isinstance(decorator, ast.Name):
        return False
    return ast.unparse(decorator).startswith(("pytest.mark.", "mark."))
