"""The classes of one module, as pytest sees them: which want a mark, and what forbids it."""

from __future__ import annotations

import ast
import builtins
import functools
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import TypeVar

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
from codemods.engine.walk import BLOCKS, nearest, reached, walk
from codemods.model import (
    Code,
    PytestNames,
    Reason,
)
from codemods.rewrites.collected import (
    base_names,
    bases_of,
    family,
    fits,
    has_constructor,
    is_mark,
    is_of_python,
    is_test_case,
    line_of_test,
    own_test,
    tests_beside,
)
from codemods.rewrites.mark_helper_classes.facts import Facts, inherited
from codemods.rewrites.replace_local_copies.sharing import HARMLESS
from codemods.wording import trusting

_Value = TypeVar("_Value")

#: A class of the file, a name for some of those, or a base of another file.
_Key = ast.ClassDef | ast.expr | str

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
#: Runs for each class that derives from one.
_HOOK = "__init_subclass__"
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
    """The classes of one module, as pytest sees them.

    Args:
        module: the file.
        tests: what pytest collects by its name.
        harmless: dotted names of bases and decorators that the settings trust.

    """

    def __init__(self, module: ParsedModule, tests: PytestNames, harmless: frozenset[str]) -> None:
        self._module = module
        self._names = module.names
        self._tests = tests
        self._harmless = HARMLESS | harmless

    def without_mark(self) -> list[ast.ClassDef]:
        """Return the classes that pytest tries to collect and cannot, and that have no mark."""
        return [
            node
            for node in sorted(self._visited(), key=first_line)
            if self._facts[node].has_constructor
            and not self._is_marked(node)
            and not _is_abstract(node)
        ]

    def reasons(self, node: ast.ClassDef) -> Iterator[Reason]:
        """Yield what forbids the mark, as far as the file alone tells."""
        yield from self._own_reasons(node)
        for base in bases_of(node):
            if dotted_source(base, self._names) in MEMBERS:
                yield _becomes_member(base)
        above = (self._facts[one].reason for one in self._above(node))
        yield from dict.fromkeys(reason for reason in above if reason is not None)
        for decorator in node.decorator_list:
            plain = decorator.func if isinstance(decorator, ast.Call) else decorator
            source = dotted_source(plain, self._names)
            if source not in _WITH_INIT | self._harmless and not is_mark(decorator):
                advice = trusting("if it does not", source)
                what = f"`@{ast.unparse(plain)}` may read its attributes{advice}"
                yield Reason(Code.UNKNOWN_KIND, decorator.lineno, what)
        yield from tests_derived_from_any(node.name, self._names, self._tests)
        yield from dict.fromkeys(self._readers(node))
        if _is_one_line(node, self._lines):
            what = "its body begins on the line of `class`, which would change"
            yield Reason(Code.ONE_LINE, node.lineno, what)

    def names_of(self, node: ast.ClassDef) -> tuple[str, ...]:
        """Return the names of a class in its module."""
        return node.name, *(name for name in self._names_by_class[node] if name != node.name)

    def _visited(self) -> set[ast.ClassDef]:
        """Return the classes whose name fits, of the module and of classes that are collected."""
        found: set[ast.ClassDef] = set()
        entered: set[ast.ClassDef] = set()
        pending = list(self._module.tree.body)
        for statement in pending:  # which grows meanwhile
            if not isinstance(statement, ast.ClassDef):
                pending += [] if isinstance(statement, FUNCTIONS) else _inside(statement)
            elif any(fits(name, self._tests.classes) for name in self.names_of(statement)):
                found.add(statement)
                facts = self._facts[statement]
                if not facts.has_constructor and not facts.is_case:
                    family = [] if statement in entered else [statement]
                    for one in family:  # which grows meanwhile
                        entered.add(one)
                        pending += one.body
                        local = (base for base in self._above(one) if isinstance(base, str))
                        bases = (c for name in local for c in self._by_name[name])
                        family += dict.fromkeys(c for c in bases if c not in entered)
        return found

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

    # What classes have, and what those do that they derive from

    @cached_property
    def _facts(self) -> dict[_Key, Facts]:
        """What each class has itself, or from above: also each name, and each base of elsewhere."""
        own: dict[_Key, Facts] = {name: Facts() for name in self._by_name}
        above: dict[_Key, Sequence[_Key]] = {}
        above.update(self._by_name.items())
        for node in self._names.of_kind(ast.ClassDef):
            bases = above[node] = self._above(node)
            own[node] = self._own_facts(node)
            own.update((b, self._facts_of_base(b)) for b in bases if not isinstance(b, str))
        return inherited(own, above)

    def _above(self, node: ast.ClassDef) -> list[str | ast.expr]:
        """Return the bases of a class: the names of those of the file."""
        return [
            base.id if isinstance(base, ast.Name) and base.id in self._by_name else base
            for base in bases_of(node)
        ]

    def _own_facts(self, node: ast.ClassDef) -> Facts:
        hooks = (s for s in node.body if isinstance(s, FUNCTIONS) and s.name == _HOOK)
        what = f"`{_HOOK}` may read the attributes"
        reasons = [*self._own_reasons(node)]
        reasons += [Reason(Code.UNKNOWN_KIND, hook.lineno, what) for hook in hooks]
        return Facts(
            self._makes_constructor(node),
            ATTRIBUTE.encode() in self._module.source and ATTRIBUTE in bound_in(node.body),
            reason=reasons[0] if reasons else None,
        )

    def _own_reasons(self, node: ast.ClassDef) -> Iterator[Reason]:
        """Yield what forbids the mark for a class, and for all that derive from it."""
        line = own_test(node, self._tests)
        if line is not None:
            yield Reason(Code.PYTEST_TESTS, line, "it has tests, which pytest cannot collect")
        for keyword in node.keywords:
            is_plain = dotted_source(keyword.value, self._names) == "abc.ABCMeta"
            if keyword.arg in {"metaclass", None} and not is_plain:
                what = f"`{ast.unparse(keyword)}` may read the attributes"
                yield Reason(Code.UNKNOWN_KIND, keyword.value.lineno, what)
        calls = self._reading_self
        first = bisect_left(calls, node.lineno, key=lambda call: call.lineno)
        end = node.end_lineno or node.lineno
        yield from (_reading(c) for c in calls[first : first + 1] if c.lineno <= end)

    def _makes_constructor(self, node: ast.ClassDef) -> bool:
        if has_constructor(node):
            return True
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            source = dotted_source(call.func if call else decorator, self._names)
            keywords = call.keywords if call else []
            if source in _WITH_INIT and not any(k.arg in {"init", None} for k in keywords):
                return True
        return False

    def _facts_of_base(self, base: ast.expr) -> Facts:
        """Return what a base that is not of this file is known for."""
        source = dotted_source(base, self._names) or ""
        is_constructing = is_constructing_builtin(source) or source in WITH_CONSTRUCTOR | MEMBERS
        reason = None
        if is_test_case(source):
            what = f"`{ast.unparse(base)}` is a test case"
            reason = Reason(Code.PYTEST_TESTS, base.lineno, what)
        elif source in _METACLASSES:
            what = f"`{ast.unparse(base)}` makes classes, which would have the attribute, too"
            reason = Reason(Code.BECOMES_MEMBER, base.lineno, what)
        elif source in MEMBERS and source.endswith(".TypedDict"):
            reason = _becomes_member(base)
        return Facts(
            is_constructing, is_case=is_test_case(source), reason=reason or self._unknown(base)
        )

    def _unknown(self, base: ast.expr) -> Reason | None:
        """Return a reason for a base that may have tests, or read what its subclasses have."""
        source = dotted_source(base, self._names)
        if source in self._harmless | MEMBERS or (source is not None and is_of_python(source)):
            return None
        what = (
            f"`{ast.unparse(base)}` is not in this file: it may have tests, or read the attributes"
        )
        what += trusting("if it does neither", source)
        return Reason(Code.UNKNOWN_KIND, base.lineno, what)

    # What the file does with them

    def _is_marked(self, node: ast.ClassDef) -> bool:
        """Whether the file decides by `__test__` whether a class is collected."""
        return self._facts[node].is_marked or not self._marked.isdisjoint(self.names_of(node))

    @cached_property
    def _marked(self) -> frozenset[str]:
        """The names that the attribute is set on."""
        attributes = self._names.of_kind(ast.Attribute)
        owners = [a.value for a in attributes if a.attr == ATTRIBUTE]
        for call in self._names.of_kind(ast.Call):
            if any(isinstance(a, ast.Constant) and a.value == ATTRIBUTE for a in call.args):
                owners += call.args
        return frozenset(map(last_name, owners))

    @cached_property
    def _asking(self) -> dict[str, list[ast.expr]]:
        """What may ask for all attributes of a class, or derive from it, by the names in it."""
        found: dict[str, list[ast.expr]] = defaultdict(list)
        for call in self._names.of_kind(ast.Call):
            func = last_name(call.func)
            names = set(map(last_name, call.args)) if func in _OF_CLASSES else set()
            if func in _DERIVING:
                bases = [e for a in call.args if isinstance(a, ast.Tuple) for e in a.elts]
                names.update(map(last_name, bases))
            for name in names:
                found[name].append(call)
        for attribute in self._names.of_kind(ast.Attribute):
            if attribute.attr == "__dict__":
                found[last_name(attribute.value)].append(attribute)
        return found

    @cached_property
    def _reading_self(self) -> list[ast.expr]:
        """The calls that return the attributes of an instance and of its class, by their lines."""
        asking = self._asking.get("self", ())
        calls = (n for n in asking if isinstance(n, ast.Call) and last_name(n.func) in _READERS)
        return sorted(calls, key=lambda call: call.lineno)

    def _readers(self, node: ast.ClassDef) -> Iterator[Reason]:
        """Yield where something asks for its attributes, or for a function behind its instances."""
        for name in self.names_of(node):
            yield from map(_reading, self._asking.get(name, ()))
        calls = [n for n in self._asking.get("cls", ()) if isinstance(n, ast.Call)]
        others = (n for n in calls if last_name(n.func) in _OF_CLASSES)
        yield from map(_reading, islice(others, 1))
        here = [n for n in own_nodes(node.body) if isinstance(n, ast.Call) and not n.args]
        yield from (_reading(c) for c in here if last_name(c.func) in {"locals", "vars"})
        methods = {s.name: s for s in node.body if isinstance(s, FUNCTIONS)}
        inside = walk(*node.body)
        words = {getattr(n, "attr", getattr(n, "id", getattr(n, "value", ""))) for n in inside}
        if "__call__" in methods and not _WRAPPING.isdisjoint(words | methods.keys()):
            what = "pytest may take its instances for functions, and collect them as tests"
            yield Reason(Code.PYTEST_TESTS, methods["__call__"].lineno, what)

    @cached_property
    def _lines(self) -> list[bytes]:
        return self._module.source.splitlines()


def _becomes_member(base: ast.expr) -> Reason:
    what = f"it would be a field or a member of a `{ast.unparse(base)}`"
    return Reason(Code.BECOMES_MEMBER, base.lineno, what)


def related(names: ModuleNames, *classes: str) -> frozenset[str]:
    """Return the names that classes may have in a module, and those of what derives from them."""
    return frozenset(reached(classes, links(names)))


def spread(found: Mapping[str, _Value], names: ModuleNames) -> dict[str, _Value]:
    """Return what some names have, and what those that they are made from have of the nearest."""
    return nearest(found, _olds(names))


def tests_derived_from_any(name: str, names: ModuleNames, tests: PytestNames) -> list[Reason]:
    """Return the nearest tests that a mark would hide, of what derives from a class by any name."""
    found = (_hidden_tests(names, tests).get(name), _tests_derived_from_unknown(names, tests))
    return [reason for reason in found if reason is not None]


@functools.lru_cache(maxsize=1)  # the classes of a file ask one after the other
def _hidden_tests(names: ModuleNames, tests: PytestNames) -> dict[str, Reason]:
    """Return the nearest subclass with tests, or perhaps with some, by the names of its bases."""
    own: dict[str, Reason] = {}
    for heir in names.of_kind(ast.ClassDef):
        for name in base_names(heir):
            reason = tests_beside(name, heir, names, tests)
            if reason is not None:
                own.setdefault(name, reason)
    return spread(own, names)


@functools.lru_cache(maxsize=1)  # the classes of a file ask one after the other
def _tests_derived_from_unknown(names: ModuleNames, tests: PytestNames) -> Reason | None:
    """Return a class with tests that has a base of which the file does not tell what it is."""
    known = {node.name for node in names.of_kind(ast.ClassDef)}
    known |= {alias.asname or alias.name for alias in names.of_kind(ast.alias)}
    known |= {new for new, _ in _pairs(names)}

    def is_unknown(base: ast.expr) -> bool:
        match base:
            case ast.Name(id=name):
                is_bound = name in names.bindings or not names.is_global(base)
                return is_bound and name not in known
            case ast.Attribute(attr=name):
                return name not in known and not names.means_import(base)
        return True

    classes = names.of_kind(ast.ClassDef)
    unknown = [node for node in classes if any(map(is_unknown, bases_of(node)))]
    heirs = reached(unknown, family(names))
    for node in classes if unknown else ():
        line = line_of_test(node, names, tests)
        if line is not None and node in heirs:
            message = f"a base of `{node.name}`, which has tests, may be it"
            return Reason(Code.SUBCLASS_OF_TESTS, line, message)
    return None


@functools.lru_cache(maxsize=1)  # the classes of a file ask one after the other
def links(names: ModuleNames) -> dict[str, list[str]]:
    """Return the names that are made from each one: of what derives from it, too."""
    found: dict[str, list[str]] = defaultdict(list)
    for new, old in _pairs(names):
        found[old].append(new)
    return found


@functools.lru_cache(maxsize=1)
def _olds(names: ModuleNames) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for new, old in _pairs(names):
        found[new].append(old)
    return found


def _pairs(names: ModuleNames) -> Iterator[tuple[str, str]]:
    """Yield each name of a class in a module, and the last part of one that it is made from."""
    for imported in names.of_kind(ast.ImportFrom):
        yield from ((a.asname, a.name) for a in imported.names if a.asname)
    for heir in names.of_kind(ast.ClassDef):
        yield from ((heir.name, base) for base in base_names(heir))
    for node in own_nodes(names.tree.body):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            new = [n for t in targets for part in walk(t) for n, _ in bound_names(part)]
            values = dict.fromkeys(filter(None, map(last_name, _values(node.value))))
            if new and values:  # of several, each may mean any other
                yield from ((new[0], value) for value in values)
                yield from ((name, new[0]) for name in new[1:])


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
    above = [*node.bases, *(k.value for k in node.keywords if k.arg == "metaclass")]
    is_abc = any(last_name(b) in {"ABC", "ABCMeta"} for b in above)
    methods = (s for s in node.body if isinstance(s, FUNCTIONS))
    decorators = (d for method in methods for d in method.decorator_list)
    return is_abc and any(last_name(d).startswith("abstract") for d in decorators)


def _is_one_line(node: ast.ClassDef, lines: Sequence[bytes]) -> bool:
    """Whether the body of a class is no block: it follows the colon, perhaps by a backslash."""
    first = node.body[0]
    above, line = lines[first_line(first) - 2], lines[first_line(first) - 1]
    is_decorated = first_line(first) < first.lineno
    before = b"" if is_decorated else line[: first.col_offset]
    return bool(before.strip()) or above.rstrip(b" \t").endswith(b"\\")
