"""Mark helper classes that pytest tries to collect and cannot: `__test__ = False`.

pytest warns of each class that has a constructor and a name that fits `python_classes`, perhaps by
``TestResult = Result``, once in each test module that has the name:
https://docs.pytest.org/en/stable/example/pythoncollection.html#customizing-test-collection
"""

from __future__ import annotations

import ast
import builtins
import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from codemods.engine.codemod import ParsedModule, Planned
from codemods.engine.names import (
    ModuleNames,
    bound_names,
    dotted_source,
    is_star,
    last_name,
    own_nodes,
)
from codemods.engine.plan import EditPlan, NewAttribute
from codemods.engine.rows import definitions_in, first_line, last_line
from codemods.engine.run import Run, one_by_one
from codemods.engine.scopes import DEFINITIONS, FUNCTIONS, bound_in
from codemods.engine.walk import BLOCKS, walk
from codemods.model import (
    Code,
    Decision,
    Definition,
    FileResult,
    PytestNames,
    Reason,
    Source,
    Verdict,
)
from codemods.rewrites.collected import (
    fits,
    is_mark,
    is_of_python,
    is_test_case,
    own_test,
    tests_derived_from,
)
from codemods.rewrites.others import (
    Effects,
    Found,
    FromOutside,
    OtherFile,
    Others,
    RepositoryCodemod,
    together,
    unknown,
    word_patterns,
)
from codemods.wording import trusting

_ATTRIBUTE = "__test__"
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
_WITH_CONSTRUCTOR = frozenset(
    {
        *(f"enum.{name}" for name in ("Enum", "Flag", "IntEnum", "IntFlag", "StrEnum")),
        "pydantic.BaseModel",
    }
)
#: Bases of which the attributes of a class are members or fields, by the rules of typing at least.
_MEMBERS = frozenset(
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

#: Plain text in front is searched for at the speed of `bytes.find`.
_CLASS = re.compile(rb"class(?:[ \t\f]|\\\r?\n|\\\r)+([\w\x80-\xff]+)")
_OTHER_NAME = re.compile(
    rb"[\r\n]([\w\x80-\xff]+)[ \t]*=[ \t]*([\w\x80-\xff]+)[ \t]*(?=[\r\n#]|\Z)"
)
#: For `_Text`, which looks for a constructor without parsing.
_INDENT = re.compile(  # of the body, where the head is of one line
    rb"[^\r\n]*:[ \t]*(?:#[^\r\n]*)?\r?\n(?:[ \t]*(?:#[^\r\n]*)?\r?\n)*([ \t]+)[^\s#]"
)
_MAKES_INIT = re.compile(rb"@[^\r\n]*(?:dataclass|attr|define|frozen|mutable)")
_TOP = re.compile(rb"\n(?=class\b|def\b|async\b|@)")
_BASES = re.compile(rb"\s*\(([^)]*)\)?")
_WORD = re.compile(rb"[\w\x80-\xff]+")
_ALIAS = re.compile(rb" as[ \t]+([\w\x80-\xff]+)")


@dataclass(frozen=True)
class MarkHelperClasses(RepositoryCodemod):
    """Mark classes that pytest tries to collect and cannot.

    Args:
        tests: what pytest collects by its name.
        harmless: dotted names of bases and decorators that the settings trust.
        taken: the names that test modules import from the file, None where that is not known. It
            counts for a file that is none itself: what no test module imports causes no warning.
        from_outside: what forbids a mark for what other files do, by the name of the class.

    """

    tests: PytestNames
    harmless: tuple[str, ...] = ()
    taken: frozenset[str] | None = None
    from_outside: FromOutside = field(default_factory=dict, hash=False)

    def may_concern(self, source: bytes) -> bool:
        """Whether a file may have a class with a constructor and a name that fits."""
        text = _Text(source)
        return any(text.may_have_constructor(match) for match in self._matches(source))

    def plan(self, module: ParsedModule) -> Planned:
        """Decide on each class that pytest would try to collect."""
        if self.taken is not None and not self.tests.has_file(module.path):
            wanted = self.taken
        else:
            wanted = None
        names = module.names
        classes = _Classes(module, self.tests, frozenset(self.harmless))
        decided = [
            (node, [*classes.reasons(node), *self._reasons_outside(_related(names, node.name))])
            for node in classes.without_mark()
            if wanted is None or not wanted.isdisjoint(classes.names_of(node))
        ]
        decisions = tuple(_decision(node, reasons) for node, reasons in decided)
        marked = {id(node) for node, reasons in decided if not reasons}
        return Planned(decisions, plan=_plan(module, marked) if marked else None)

    def _reasons_outside(self, names: Iterable[str]) -> Iterator[Reason]:
        for name in sorted(names):
            yield from self.from_outside.get(name, ())

    def words_outside(self, source: Source) -> frozenset[bytes]:
        """Return the names of the classes, which a file has that imports or derives from one."""
        text = _Text(source.content)
        found = [m for m in self._matches(source.content) if text.may_have_constructor(m)]
        names = OtherFile(source).names if found else None
        words = (_related(names, m[1].decode(errors="replace")) for m in found if names)
        return frozenset(word.encode() for related in words for word in related)

    def again(
        self, decided: Mapping[str, FileResult], others: Others, run: Run = one_by_one
    ) -> Mapping[str, MarkHelperClasses]:
        """Return what to apply where other files have a say: all but the test modules, at least."""
        names = {}
        for path, result in decided.items():
            own = OtherFile(Source(path, others.read_one(path) or b"")).names
            related = (_related(own, d.definition.name) for d in result.decisions)
            names[path] = frozenset[str]().union(*related)
        patterns = word_patterns({name.encode() for found in names.values() for name in found})
        sources = (
            source
            for source in others.read()
            if any(pattern.search(source.content) for pattern in patterns)
        )

        def failed(path: str, reason: Reason) -> Found:
            other = OtherFile(Source(path, others.read_one(path) or b""))
            used = {p for p, found in names.items() if any(other.has(n.encode()) for n in found)}
            effects = {p: unknown(decided[p], path, reason) for p in used - {path}}
            return {p: e._replace(taken=names[p]) for p, e in effects.items()}

        look = partial(_effects, tests=self.tests, names=names)
        found = together(run(look, sources, failed))
        effects = {path: found.get(path, Effects(frozenset(), {})) for path in decided}
        return {
            path: replace(self, taken=e.taken, from_outside=e.reasons)
            for path, e in effects.items()
            if e.reasons or not self.tests.has_file(path)
        }

    def _matches(self, source: bytes) -> Iterator[re.Match[bytes]]:
        """Yield the classes of which a name fits, from the bytes alone."""
        others = self._other_names(source)
        for match in _CLASS.finditer(source):
            if match[1] in others or self._fits(match[1]):
                yield match

    def _other_names(self, source: bytes) -> dict[bytes, set[bytes]]:
        """Return the names that fit which a file gives to others, by those."""
        found: dict[bytes, set[bytes]] = defaultdict(set)
        for new, old in _OTHER_NAME.findall(source):
            if self._fits(new):
                found[old].add(new)
        return found

    def _fits(self, name: bytes) -> bool:
        return fits(name.decode(errors="replace"), self.tests.classes)


def _effects(source: Source, *, tests: PytestNames, names: Mapping[str, frozenset[str]]) -> Found:
    """Return what a file does with classes that would be marked, by the paths of their files."""
    other = OtherFile(source)
    there = {n for n in frozenset().union(*names.values()) if other.has(n.encode())}
    here = {name: _effect(other, name, tests) for name in there}
    return together(
        {path: here[name]}
        for path, found in names.items()
        if path != source.path
        for name in found & there
    )


def _effect(other: OtherFile, name: str, tests: PytestNames) -> Effects:
    names, path = other.names, other.source.path
    bindings = names.bindings.get(name, ())
    is_asked_for = any(attribute.attr == name for attribute in names.of_kind(ast.Attribute))
    if bindings and all(isinstance(b.node, DEFINITIONS) for b in bindings) and not is_asked_for:
        return Effects(frozenset(), {})  # a class of its own
    imports = names.of_kind(ast.ImportFrom)
    is_taken = any(is_star(node) or any(a.name == name for a in node.names) for node in imports)
    is_taken &= tests.has_file(path) and fits(name, tests.classes)
    related = sorted(_related(names, name))
    reasons = [
        reason._replace(message=f"{path}:{reason.line}: {reason.message}")
        for local in related
        for reason in tests_derived_from(local, names, tests)
    ]
    if not tests.has_file(path):
        message = "a class with tests may derive from it"
        reasons += [
            Reason(Code.SUBCLASS_OF_TESTS, 1, f"{message}, as `{local}` of {path}")
            for local in related
            if local != name
        ]
    found = {name: tuple(dict.fromkeys(reasons))} if reasons else {}
    return Effects(frozenset([name] if is_taken else []), found)


def _related(names: ModuleNames, name: str) -> frozenset[str]:
    """Return the names that a class may have in a module, and those of what derives from it."""
    found = {name}
    links = list(_links(names))
    while more := {new for new, old in links if old in found} - found:
        found |= more
    return frozenset(found)


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
        case _:
            parts = []
            yield node
    for part in parts:
        yield from _values(part)


def _decision(node: ast.ClassDef, reasons: Iterable[Reason]) -> Decision:
    place = Definition(node.name, "class", first_line(node), last_line(node))
    found = tuple(reasons)
    return Decision(place, Verdict.REFUSE if found else Verdict.REPLACE, None, found)


def _plan(module: ParsedModule, marked: set[int]) -> EditPlan:
    return EditPlan(
        inner=tuple(
            NewAttribute(row, ordinal, _ATTRIBUTE, False)
            for row, statements in enumerate(module.rows)
            for ordinal, node in enumerate(definitions_in(statements.statements[0]))
            if id(node) in marked
        )
    )


class _Text:
    """A file as bytes: tells which classes may have a constructor, without parsing."""

    def __init__(self, source: bytes) -> None:
        self._source = source

    def may_have_constructor(self, head: re.Match[bytes]) -> bool:
        """Whether a class may have a constructor; `head` is ``class`` and its name."""
        return self._has_own(head.end()) or self._is_decorated(head.start()) or self._derives(head)

    def _has_own(self, at: int) -> bool:
        indent = _INDENT.match(self._source, at)
        found = _constructor(indent[1] if indent else b"").search(self._source, at)
        if found is None:
            return False
        end = _TOP.search(self._source, at, found.start())
        if end is None:
            return True
        # A line in a string may look like the next definition.
        body = self._source[at : end.start()]
        return any(body.count(quotes) % 2 for quotes in (b'"""', b"'''"))

    def _is_decorated(self, at: int) -> bool:
        above = max(self._source.rfind(word, 0, at) for word in (b"\ndef ", b"\nclass "))
        part = self._source[max(above, 0) : at]
        if b"@" not in part:
            return False
        renamed = [b"@" + name for name in self._aliases]
        return _MAKES_INIT.search(part) is not None or any(name in part for name in renamed)

    def _derives(self, head: re.Match[bytes]) -> bool:
        bases = _BASES.match(self._source, head.end())
        words = set(_WORD.findall(bases[1])) if bases else set()
        return not words.isdisjoint(_CONSTRUCTING) or (
            bool(words) and not words.isdisjoint(self._here)
        )

    @cached_property
    def _here(self) -> set[bytes]:
        """Names that may stand here for a class with a constructor."""
        return {*_CLASS.findall(self._source), *self._aliases}

    @cached_property
    def _aliases(self) -> set[bytes]:
        return set(_ALIAS.findall(self._source))


@functools.cache
def _constructor(indent: bytes) -> re.Pattern[bytes]:
    """Return what finds the constructor of a class of which the body is indented so."""
    return re.compile(rb"\n" * bool(indent) + re.escape(indent) + rb"def\s+__(?:init|new)__")


def _is_constructing_builtin(name: str) -> bool:
    known = getattr(builtins, name, None)
    return isinstance(known, type) and any(
        getattr(known, c) is not getattr(object, c) for c in _CONSTRUCTORS
    )


#: The last names of the bases that have a constructor.
_CONSTRUCTING = frozenset(
    name.encode()
    for name in (
        *(source.rpartition(".")[2] for source in _WITH_CONSTRUCTOR | _MEMBERS),
        *filter(_is_constructing_builtin, vars(builtins)),
    )
)


class _Classes:
    """The classes of one module, as pytest sees them."""

    def __init__(self, module: ParsedModule, tests: PytestNames, harmless: frozenset[str]) -> None:
        self._module = module
        self._names = module.names
        self._tests = tests
        self._harmless = harmless

    def without_mark(self) -> list[ast.ClassDef]:
        """Return the classes that pytest tries to collect and cannot, and that have no mark."""
        return [
            node
            for node in sorted(set(self._visited(self._module.tree.body)), key=first_line)
            if self._has_constructor(node) and not self._is_marked(node) and not _is_abstract(node)
        ]

    def reasons(self, node: ast.ClassDef) -> Iterator[Reason]:
        """Yield what forbids the mark, as far as the file alone tells."""
        test = next((t for c in self._family(node) if (t := own_test(c, self._tests))), None)
        if test is not None:
            yield Reason(Code.PYTEST_TESTS, test, "it has tests, which pytest cannot collect")
        for base in self._family(node):
            yield from self._kind(base, is_itself=base is node)
        for decorator in node.decorator_list:
            plain = decorator.func if isinstance(decorator, ast.Call) else decorator
            source = dotted_source(plain, self._names)
            known = _WITH_INIT | _PLAIN_DECORATORS | self._harmless
            if source not in known and not is_mark(decorator):
                advice = trusting("if it does not", source)
                what = f"`@{ast.unparse(plain)}` may read its attributes{advice}"
                yield Reason(Code.UNKNOWN_KIND, decorator.lineno, what)
        found = (
            tests_derived_from(name, self._names, self._tests)
            for name in sorted(_related(self._names, node.name))
        )
        yield from dict.fromkeys(reason for reasons in found for reason in reasons)
        yield from self._readers(node)
        if _is_one_line(node, self._module.source):
            what = "its body begins on the line of `class`, which would change"
            yield Reason(Code.ONE_LINE, node.lineno, what)

    def names_of(self, node: ast.ClassDef) -> tuple[str, ...]:
        """Return the names of a class in its module."""
        others = (name for name, classes in self._by_name.items() if node in classes)
        return node.name, *(name for name in others if name != node.name)

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

    def _bases(self, node: ast.ClassDef) -> list[ast.expr]:
        return [b.value if isinstance(b, ast.Subscript) else b for b in node.bases]

    def _local(self, base: ast.expr) -> list[ast.ClassDef]:
        return self._by_name.get(base.id, []) if isinstance(base, ast.Name) else []

    def _family(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        """Return a class and its bases in the file, the nearest first."""
        found = [node]
        for one in found:  # which grows meanwhile
            found += [c for b in self._bases(one) for c in self._local(b) if c not in found]
        return found

    def _is_case(self, node: ast.ClassDef) -> bool:
        """Whether unittest runs a class: it does not look for classes in it."""
        bases = (b for c in self._family(node) for b in self._bases(c))
        return any(is_test_case(dotted_source(b, self._names) or "") for b in bases)

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
        return _is_constructing_builtin(source) or source in _WITH_CONSTRUCTOR | _MEMBERS

    def _is_marked(self, node: ast.ClassDef) -> bool:
        """Whether the file decides by `__test__` whether a class is collected."""
        if _ATTRIBUTE.encode() not in self._module.source:
            return False
        if any(_ATTRIBUTE in bound_in(c.body) for c in self._family(node)):
            return True
        attributes = self._names.of_kind(ast.Attribute)
        owners = [a.value for a in attributes if a.attr == _ATTRIBUTE]
        for call in self._names.of_kind(ast.Call):
            if any(isinstance(a, ast.Constant) and a.value == _ATTRIBUTE for a in call.args):
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
            elif source in _MEMBERS and (is_itself or source.endswith(".TypedDict")):
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
        known = _WITH_CONSTRUCTOR | _MEMBERS | self._harmless
        return source is not None and (source in known or is_of_python(source))

    def _readers(self, node: ast.ClassDef) -> Iterator[Reason]:
        """Yield where something asks for its attributes, or for a function behind its instances."""
        inside = walk(*node.body)
        own, names = set(map(id, inside)), set(self.names_of(node))
        for call in self._names.of_kind(ast.Call):
            asked, func = set(map(last_name, call.args)), last_name(call.func)
            bases = {last_name(e) for a in call.args if isinstance(a, ast.Tuple) for e in a.elts}
            reads = func in _READERS and id(call) in own and "self" in asked
            reads |= func in _OF_CLASSES and bool(asked & {*names, "cls"})
            if reads or (func in _DERIVING and names & bases):
                yield _reading(call)
        here = [n for n in own_nodes(node.body) if isinstance(n, ast.Call) and not n.args]
        yield from (_reading(c) for c in here if last_name(c.func) in {"locals", "vars"})
        for attribute in self._names.of_kind(ast.Attribute):
            if attribute.attr == "__dict__" and last_name(attribute.value) in names:
                yield _reading(attribute)
        methods = {s.name: s for s in node.body if isinstance(s, FUNCTIONS)}
        words = {getattr(n, "attr", getattr(n, "id", getattr(n, "value", ""))) for n in inside}
        if "__call__" in methods and not _WRAPPING.isdisjoint(words | methods.keys()):
            what = "pytest may take its instances for functions, and collect them as tests"
            yield Reason(Code.PYTEST_TESTS, methods["__call__"].lineno, what)


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


def _is_one_line(node: ast.ClassDef, source: bytes) -> bool:
    """Whether the body of a class is no block: it follows the colon, perhaps by a backslash."""
    first = node.body[0]
    lines = source.splitlines()
    above, line = lines[first_line(first) - 2], lines[first_line(first) - 1]
    is_decorated = first_line(first) < first.lineno
    before = b"" if is_decorated else line[: first.col_offset]
    return bool(before.strip()) or above.rstrip(b" \t").endswith(b"\\")
