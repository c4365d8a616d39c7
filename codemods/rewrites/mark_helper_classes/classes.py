"""The classes of one module, as pytest sees them: which want a mark, and what forbids it."""

from __future__ import annotations

import ast
import builtins
import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from codemods.engine.codemod import ParsedModule
from codemods.engine.names import (
    ModuleNames,
    bound_names,
    dotted_source,
    last_name,
    own_nodes,
)
from codemods.engine.rows import first_line
from codemods.engine.scopes import FUNCTIONS, bound_in
from codemods.engine.walk import BLOCKS, reached, walk
from codemods.model import (
    Code,
    PytestNames,
    Reason,
)
from codemods.rewrites.collected import (
    derived_from,
    fits,
    is_mark,
    is_of_python,
    is_test_case,
    line_of_test,
    own_test,
    tests_derived_from,
)
from codemods.wording import trusting

ATTRIBUTE = "__test__"
_CONSTRUCTORS = frozenset({"__init__", "__new__"})

#: Decorators that make a constructor, unless told ``init=False``.
_WITH_INIT = frozenset(
    {
        *("dataclasses.dataclass", "pydantic.dataclasses.dataclass"),
        *("attr.s", "attr.attrs", "attr.dataclass", "attr.define", "attr.frozen", "attr.mutable"),
        *("attrs.define", "attrs.frozen", "attrs.mutable"),
    }
)
#: Other decorators that do not read the attributes of a class.
_PLAIN_DECORATORS = frozenset(
    {
        *("enum.unique", "functools.total_ordering", "typing.final", "typing.runtime_checkable"),
        *("typing_extensions.final", "typing_extensions.runtime_checkable"),
    }
)
#: Bases with a constructor, beside the builtins. (A name with two underscores is no member of an
#: `Enum`, and no field of a model.)
WITH_CONSTRUCTOR = frozenset(
    {
        *(f"enum.{name}" for name in ("Enum", "Flag", "IntEnum", "IntFlag", "StrEnum")),
        "pydantic.BaseModel",
    }
)
#: Bases of which the attributes of a class are members or fields, by the rules of typing at least.
MEMBERS = frozenset(
    {
        f"{module}.{name}"
        for module in ("typing", "typing_extensions")
        for name in ("NamedTuple", "Protocol", "TypedDict")
    }
)
_METACLASSES = frozenset({"abc.ABCMeta", "enum.EnumMeta", "enum.EnumType", "type"})
#: By these, pytest finds a function behind an object that can be called, and asks the object for
#: `__test__`.
_WRAPPING = frozenset(
    {
        *("__func__", "__getattr__", "__getattribute__", "__wrapped__"),
        *("update_wrapper", "wraps"),
    }
)
#: Calls that return the attributes of a class or of an instance, of a class alone, or that derive
#: from a class in a tuple.
_READERS = frozenset({"dir", "getmembers", "getmembers_static"})
_OF_CLASSES = frozenset({"vars", *_READERS})
_DERIVING = frozenset({"new_class", "type"})


def is_constructing_builtin(name: str) -> bool:
    """Whether a name is that of a builtin class with a constructor of its own."""
    known = getattr(builtins, name, None)
    return isinstance(known, type) and any(
        getattr(known, c) is not getattr(object, c) for c in _CONSTRUCTORS
    )


class Classes:
    """The classes of one module, as pytest sees them."""

    def __init__(self, module: ParsedModule, tests: PytestNames, harmless: frozenset[str]) -> None:
        self._module = module
        self._names = module.names
        self._tests = tests
        self._harmless = harmless
        # Each class is looked at once, of however many it is a base.
        self._own_test = functools.cache(lambda node: own_test(node, tests))
        self._bases_here = functools.cache(self._local_bases)
        self._kind_as_base = functools.cache(lambda node: [*self._kind(node, is_itself=False)])
        self._is_case_itself = functools.cache(self._has_case)
        self._family = functools.cache(self._related_bases)

    def without_mark(self) -> list[ast.ClassDef]:
        """Return the classes that pytest tries to collect and cannot, and that have no mark."""
        return [
            node
            for node in sorted(set(self._visited(self._module.tree.body)), key=first_line)
            if self._has_constructor(node) and not self._is_marked(node) and not _is_abstract(node)
        ]

    def reasons(self, node: ast.ClassDef) -> Iterator[Reason]:
        """Yield what forbids the mark, as far as the file alone tells."""
        test = next(filter(None, map(self._own_test, self._family(node))), None)
        if test is not None:
            yield Reason(Code.PYTEST_TESTS, test, "it has tests, which pytest cannot collect")
        yield from self._kind(node, is_itself=True)
        for base in self._family(node)[1:]:
            yield from self._kind_as_base(base)
        for decorator in node.decorator_list:
            plain = decorator.func if isinstance(decorator, ast.Call) else decorator
            source = dotted_source(plain, self._names)
            known = _WITH_INIT | _PLAIN_DECORATORS | self._harmless
            if source not in known and not is_mark(decorator):
                advice = trusting("if it does not", source)
                what = f"`@{ast.unparse(plain)}` may read its attributes{advice}"
                yield Reason(Code.UNKNOWN_KIND, decorator.lineno, what)
        yield from tests_derived_from_any(node.name, self._names, self._tests)
        yield from self._readers(node)
        if _is_one_line(node, self._lines):
            what = "its body begins on the line of `class`, which would change"
            yield Reason(Code.ONE_LINE, node.lineno, what)

    def names_of(self, node: ast.ClassDef) -> tuple[str, ...]:
        """Return the names of a class in its module."""
        return node.name, *(name for name in self._names_by_class[node] if name != node.name)

    def _visited(self, body: Iterable[ast.stmt]) -> Iterator[ast.ClassDef]:
        """Yield the classes whose name fits, of a module and of classes that are collected."""
        for statement in body:
            if isinstance(statement, ast.ClassDef):
                if any(fits(name, self._tests.classes) for name in self.names_of(statement)):
                    yield statement
                    if not self._has_constructor(statement) and not self._is_case(statement):
                        for one in self._family(statement):
                            yield from self._visited(one.body)
            elif not isinstance(statement, FUNCTIONS):
                yield from self._visited(_inside(statement))

    @cached_property
    def _by_name(self) -> dict[str, list[ast.ClassDef]]:
        """The classes that a name may mean in the module, where nothing else binds it."""
        found: dict[str, list[ast.ClassDef]] = {}
        for name, bindings in self._names.bindings.items():
            classes = [b.node for b in bindings if isinstance(b.node, ast.ClassDef)]
            if classes and len(classes) == len(bindings):
                found[name] = classes
        for statement in self._module.tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=new)], value=ast.Name(id=name)) if (
                    name in found and len(self._names.bindings[new]) == 1
                ):
                    found[new] = found[name]
        return found

    @cached_property
    def _names_by_class(self) -> dict[ast.ClassDef, list[str]]:
        found: dict[ast.ClassDef, list[str]] = defaultdict(list)
        for name, classes in self._by_name.items():
            for node in classes:
                found[node].append(name)
        return found

    @cached_property
    def _lines(self) -> list[bytes]:
        return self._module.source.splitlines()

    @cached_property
    def _asking(self) -> list[tuple[ast.Call, str]]:
        """The calls that may ask for attributes of a class, with the names of what is called."""
        calls = [(call, last_name(call.func)) for call in self._names.of_kind(ast.Call)]
        return [(call, func) for call, func in calls if func in _OF_CLASSES | _DERIVING]

    @cached_property
    def _asked_for_all(self) -> list[ast.Attribute]:
        return [a for a in self._names.of_kind(ast.Attribute) if a.attr == "__dict__"]

    def _bases(self, node: ast.ClassDef) -> list[ast.expr]:
        return [b.value if isinstance(b, ast.Subscript) else b for b in node.bases]

    def _local(self, base: ast.expr) -> list[ast.ClassDef]:
        return self._by_name.get(base.id, []) if isinstance(base, ast.Name) else []

    def _local_bases(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        return list(dict.fromkeys(c for b in self._bases(node) for c in self._local(b)))

    def _related_bases(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        """Return a class and its bases in the file, the nearest first."""
        found, seen = [node], {node}
        for one in found:  # which grows meanwhile
            new = [base for base in self._bases_here(one) if base not in seen]
            found += new
            seen.update(new)
        return found

    def _is_case(self, node: ast.ClassDef) -> bool:
        """Whether unittest runs a class: it does not look for classes in it."""
        return any(map(self._is_case_itself, self._family(node)))

    def _has_case(self, node: ast.ClassDef) -> bool:
        return any(is_test_case(dotted_source(b, self._names) or "") for b in self._bases(node))

    def _has_constructor(self, node: ast.ClassDef) -> bool:
        return any(map(self._makes_constructor, self._family(node)))

    def _makes_constructor(self, node: ast.ClassDef) -> bool:
        if any(isinstance(s, ast.FunctionDef) and s.name in _CONSTRUCTORS for s in node.body):
            return True
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            source = dotted_source(call.func if call else decorator, self._names)
            keywords = call.keywords if call else []
            if source in _WITH_INIT and not any(k.arg in {"init", None} for k in keywords):
                return True
        return any(self._is_constructing(b) for b in self._bases(node) if not self._local(b))

    def _is_constructing(self, base: ast.expr) -> bool:
        source = dotted_source(base, self._names) or ""
        return is_constructing_builtin(source) or source in WITH_CONSTRUCTOR | MEMBERS

    def _is_marked(self, node: ast.ClassDef) -> bool:
        """Whether the file decides by `__test__` whether a class is collected."""
        if ATTRIBUTE.encode() not in self._module.source:
            return False
        if any(ATTRIBUTE in bound_in(c.body) for c in self._family(node)):
            return True
        attributes = self._names.of_kind(ast.Attribute)
        owners = [a.value for a in attributes if a.attr == ATTRIBUTE]
        for call in self._names.of_kind(ast.Call):
            if any(isinstance(a, ast.Constant) and a.value == ATTRIBUTE for a in call.args):
                owners += call.args
        return not set(self.names_of(node)).isdisjoint(map(last_name, owners))

    def _kind(self, node: ast.ClassDef, *, is_itself: bool) -> Iterator[Reason]:
        """Yield what forbids the mark for the bases of a class, or of one that it derives from."""
        for base in [b for b in self._bases(node) if not self._local(b)]:
            source = dotted_source(base, self._names)
            text = ast.unparse(base)
            if is_test_case(source or ""):
                yield Reason(Code.PYTEST_TESTS, base.lineno, f"`{text}` is a test case")
            elif source in _METACLASSES:
                what = f"`{text}` makes classes, which would have the attribute, too"
                yield Reason(Code.BECOMES_MEMBER, base.lineno, what)
            elif source in MEMBERS and (is_itself or source.endswith(".TypedDict")):
                what = f"it would be a field or a member of a `{text}`"
                yield Reason(Code.BECOMES_MEMBER, base.lineno, what)
            elif not self._is_plain_base(source):
                what = f"`{text}` is not in this file: it may have tests, or read the attributes"
                what += trusting("if it does neither", source)
                yield Reason(Code.UNKNOWN_KIND, base.lineno, what)
        for keyword in node.keywords:
            is_plain = dotted_source(keyword.value, self._names) == "abc.ABCMeta"
            if keyword.arg in {"metaclass", None} and not is_plain:
                what = f"`{ast.unparse(keyword)}` may read the attributes"
                yield Reason(Code.UNKNOWN_KIND, keyword.value.lineno, what)
        for statement in node.body if not is_itself else ():
            if isinstance(statement, FUNCTIONS) and statement.name == "__init_subclass__":
                what = "`__init_subclass__` may read the attributes"
                yield Reason(Code.UNKNOWN_KIND, statement.lineno, what)

    def _is_plain_base(self, source: str | None) -> bool:
        """Whether a base has no tests, and does not read the attributes of its subclasses."""
        known = WITH_CONSTRUCTOR | MEMBERS | self._harmless
        return source is not None and (source in known or is_of_python(source))

    def _readers(self, node: ast.ClassDef) -> Iterator[Reason]:
        """Yield where something asks for its attributes, or for a function behind its instances."""
        inside = walk(*node.body)
        own, names = set(map(id, inside)), set(self.names_of(node))
        for call, func in self._asking:
            asked = set(map(last_name, call.args))
            bases = {last_name(e) for a in call.args if isinstance(a, ast.Tuple) for e in a.elts}
            reads = func in _READERS and id(call) in own and "self" in asked
            reads |= func in _OF_CLASSES and bool(asked & {*names, "cls"})
            if reads or (func in _DERIVING and names & bases):
                yield _reading(call)
        here = [n for n in own_nodes(node.body) if isinstance(n, ast.Call) and not n.args]
        yield from (_reading(c) for c in here if last_name(c.func) in {"locals", "vars"})
        yield from (_reading(a) for a in self._asked_for_all if last_name(a.value) in names)
        methods = {s.name: s for s in node.body if isinstance(s, FUNCTIONS)}
        words = {getattr(n, "attr", getattr(n, "id", getattr(n, "value", ""))) for n in inside}
        if "__call__" in methods and not _WRAPPING.isdisjoint(words | methods.keys()):
            what = "pytest may take its instances for functions, and collect them as tests"
            yield Reason(Code.PYTEST_TESTS, methods["__call__"].lineno, what)


def related(names: ModuleNames, name: str) -> frozenset[str]:
    """Return the names that a class may have in a module, and those of what derives from it."""
    return frozenset(reached(name, _edges(names)))


def tests_derived_from_any(name: str, names: ModuleNames, tests: PytestNames) -> list[Reason]:
    """Return the subclasses whose tests a mark would hide, of a class by any of its names."""
    found: dict[Reason, None] = {}
    seen: set[str] = set()
    own = {node.name for node in names.of_kind(ast.ClassDef)}
    for one in (name, *sorted(related(names, name) - {name})):
        if one not in seen:
            found.update(dict.fromkeys(tests_derived_from(one, names, tests)))
            if one in own:  # what derives from it was looked at with it
                seen.update(heir.name for heir in derived_from(one, names))
    return [*found, *_tests_derived_from_unknown(names, tests)]


@functools.lru_cache(maxsize=1)  # the classes of a file ask one after the other
def _tests_derived_from_unknown(names: ModuleNames, tests: PytestNames) -> tuple[Reason, ...]:
    """Return the classes with tests that have a base of which the file does not tell what it is."""
    known = {node.name for node in names.of_kind(ast.ClassDef)}
    known |= {alias.asname or alias.name for alias in names.of_kind(ast.alias)}
    known |= {new for new, _ in _links(names)}

    def is_unknown(base: ast.expr) -> bool:
        match base:
            case ast.Subscript(value=value):
                return is_unknown(value)
            case ast.Name(id=name):
                is_bound = name in names.bindings or not names.is_global(base)
                return is_bound and name not in known
            case ast.Attribute(attr=name):
                return name not in known and not names.means_import(base)
        return True

    unknown = [n for n in names.of_kind(ast.ClassDef) if any(map(is_unknown, n.bases))]
    heirs = (heir for one in unknown for heir in (one, *derived_from(one.name, names)))
    lines = {heir: line for heir in heirs if (line := line_of_test(heir, names, tests))}
    return tuple(
        Reason(Code.SUBCLASS_OF_TESTS, line, f"a base of `{heir.name}`, which has tests, may be it")
        for heir, line in lines.items()
    )


@functools.lru_cache(maxsize=1)  # the classes of a file ask one after the other
def _edges(names: ModuleNames) -> dict[str, list[str]]:
    edges: dict[str, list[str]] = defaultdict(list)
    for new, old in _links(names):
        edges[old].append(new)
    return edges


def _links(names: ModuleNames) -> Iterator[tuple[str, str]]:
    """Yield each name of a class in a module, and the last part of one that it is made from."""
    for imported in names.of_kind(ast.ImportFrom):
        yield from ((a.asname, a.name) for a in imported.names if a.asname)
    for heir in names.of_kind(ast.ClassDef):
        bases = (b.value if isinstance(b, ast.Subscript) else b for b in heir.bases)
        yield from ((heir.name, last_name(base)) for base in bases)
    for node in own_nodes(names.tree.body):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            new = [n for t in targets for part in walk(t) for n, _ in bound_names(part)]
            values = {*map(last_name, _values(node.value))} - {""}
            yield from ((n, value) for n in new for value in values)


def _values(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the expressions that the value of another is, or has in it, as it stands."""
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.BoolOp(values=parts):
            pass
        case ast.IfExp(body=first, orelse=second):
            parts = [first, second]
        case ast.NamedExpr(value=value):
            parts = [value]
        case ast.Constant():
            return  # no class, though a text may name one, as in `__all__`
        case _:
            parts = []
            yield node
    for part in parts:
        yield from _values(part)


def _reading(node: ast.expr) -> Reason:
    return Reason(Code.ESCAPES, node.lineno, f"`{ast.unparse(node)}` reads its attributes")


def _inside(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Yield the statements directly inside of another one, those of its handlers and cases too."""
    for block in BLOCKS[statement.__class__]:
        for inner in getattr(statement, block):
            yield from [inner] if isinstance(inner, ast.stmt) else inner.body


def _is_abstract(node: ast.ClassDef) -> bool:
    """Whether a class is abstract by itself: pytest does not try to collect it."""
    is_abc = any(last_name(b) in {"ABC", "ABCMeta"} for b in (*node.bases, *_metaclass(node)))
    methods = (s for s in node.body if isinstance(s, FUNCTIONS))
    decorators = (d for method in methods for d in method.decorator_list)
    return is_abc and any(last_name(d).startswith("abstract") for d in decorators)


def _metaclass(node: ast.ClassDef) -> list[ast.expr]:
    return [k.value for k in node.keywords if k.arg == "metaclass"]


def _is_one_line(node: ast.ClassDef, lines: Sequence[bytes]) -> bool:
    """Whether the body of a class is no block: it follows the colon, perhaps by a backslash."""
    first = node.body[0]
    above, line = lines[first_line(first) - 2], lines[first_line(first) - 1]
    is_decorated = first_line(first) < first.lineno
    before = b"" if is_decorated else line[: first.col_offset]
    return bool(before.strip()) or above.rstrip(b" \t").endswith(b"\\")
