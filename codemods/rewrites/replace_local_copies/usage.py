"""What a file does with its local class that it could not do with a shared one.

A class, its subclasses and its instances are followed by name, without regard to the order in
which things run: what may be the class counts as the class. That refuses too much rather than too
little.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cached_property
from typing import Any, TypeVar

from codemods.engine.names import ModuleNames, bound_names, own_nodes, run_here
from codemods.engine.walk import walk, walk_statements
from codemods.model import Code, Reason

#: Attributes that tell one class from an equal one.
_TELLING = frozenset(
    {
        *("__annotations__", "__base__", "__bases__", "__code__", "__dict__", "__doc__"),
        *("__firstlineno__", "__globals__", "__module__", "__mro__", "__name__", "__qualname__"),
        *("__subclasses__", "mro"),
    }
)
_TELLING_CALLS = frozenset({"dir", "get_type_hints", "help", "vars"})
#: Calls that look for one text in another, as a test of a name or a repr does.
_TEXT_CALLS = frozenset(
    {
        *("assertEqual", "assertIn", "assertNotIn", "assertRegex", "count", "endswith", "find"),
        *("fullmatch", "index", "match", "raises", "search", "startswith"),
    }
)
_CLASS, _INSTANCE = "class", "instance"
_NOTHING: Set[str] = frozenset()
_PICKLERS = frozenset({"cloudpickle", "dill", "jsonpickle", "marshal", "pickle", "shelve"})
_SETTERS = frozenset({"setattr", "delattr", "setitem", "delitem", "object", "multiple"})
#: Attributes and calls that may be the class though nothing of their name is.
_LOOKED_THROUGH = frozenset({"__class__", "copy", "items", "param", "type", "values"})
_ASKERS = frozenset({"getattr", "hasattr"})
_PARAMETRIZERS = frozenset({"fixture", "parametrize"})
_RAISERS = frozenset({"assertRaises", "raises", "suppress"})
#: All calls that may tell something by their name. (See `Usage._look_at_call`.)
_ASKING_CALLS = (
    _ASKERS | _PARAMETRIZERS | _RAISERS | _SETTERS | _TELLING_CALLS | _TEXT_CALLS | {"type"}
)


#: Expressions of other kinds are never the class, and hold no instance. (See `Usage._kinds`.)
_CARRIERS = frozenset(
    {
        *(ast.Attribute, ast.Await, ast.BoolOp, ast.Call, ast.Dict, ast.DictComp, ast.IfExp),
        *(ast.GeneratorExp, ast.Lambda, ast.List, ast.ListComp, ast.Name, ast.NamedExpr, ast.Set),
        *(ast.SetComp, ast.Starred, ast.Subscript, ast.Tuple),
    }
)
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Node = TypeVar("_Node", bound=ast.AST)
_Flow = tuple[ast.expr, ast.expr]  # what gets a value, and that value


class Usage:
    """The uses of one local class in one file."""

    def __init__(
        self,
        names: ModuleNames,
        class_name: str,
        definitions: list[ast.ClassDef],
        shared_members: frozenset[str] | None,
    ) -> None:
        self._names = names
        self._class_name = class_name
        self._definitions = definitions
        own = {id(n) for d in definitions for n in names.statement(d).mentions}
        self._mentions = {id(n) for n in names.mentions.get(class_name, ())} - own
        self._marks: dict[str, set[str]] = {}  # names of variables, attributes and parameters
        self._results: dict[str, set[str]] = {}  # names of functions, by what they give
        self._yields = bool(names.of_kind(ast.Yield))
        self._parameters = _parameters(self._functions())
        self._known = _known_attributes(definitions)
        self._shared_members = shared_members
        self._takes_nothing = all(_takes_nothing(d) for d in definitions)
        self._follow()

    def reasons(self) -> Iterator[Reason]:
        """Give what forbids sharing the class, each once, in the order of the file."""
        found = {r for node in self._telling_nodes() for r in self._look(node)}
        found |= set(self._test_subclasses())
        yield from sorted(found, key=lambda r: (r.line, r.code.value, r.message))

    def _outside(self, kind: type[_Node]) -> list[_Node]:
        """Give the nodes of a class that are not in the local class itself."""
        return self._names.of_kind(kind, self._definitions)

    def _functions(self) -> list[_Function]:
        return [*self._outside(ast.FunctionDef), *self._outside(ast.AsyncFunctionDef)]

    def _telling_nodes(self) -> Iterator[ast.AST]:
        """Leave out most nodes that `_look` has nothing to say about."""
        for call in self._outside(ast.Call):
            gives = self._takes_nothing and (call.args or call.keywords)
            by_name = self._imports_tellers or _last_name(call.func) in _ASKING_CALLS
            if by_name or (gives and self._is_class(call.func)):
                yield call
        yield from self._outside(ast.Compare)
        yield from self._outside(ast.With)
        yield from self._outside(ast.AsyncWith)
        yield from self._outside(ast.Try)
        word = self._class_name.lstrip("_")  # in the mangled names of private attributes, too
        for constant in self._outside(ast.Constant):
            text = constant.value
            if text.__class__ is str and word in text:
                yield constant
        for node in self._outside(ast.Attribute):
            attr = node.attr
            if node.ctx.__class__ is not ast.Load or attr in _TELLING or word in attr:
                yield node

    def _follow(self) -> None:
        """Mark what may be the class or an instance, until no more is found."""
        flows = [(_key(f[1]), *f) for f in self._flows() if f[1].__class__ in _CARRIERS]
        always = {"", self._class_name}
        annotations = list(self._annotations())
        given = [(f.name, values) for f in self._functions() if (values := self._given_by(f))]
        while True:
            before = sum(map(len, self._marks.values())) + sum(map(len, self._results.values()))
            for key, target, value in flows:
                if key in always or key in self._marks or key in self._results:
                    self._assign(target, value)
            for target, annotation in annotations:
                self._mark(target, self._annotated(annotation))
            for name, values in given:
                kinds = {kind for value in values for kind in self._kinds(value)}
                if kinds:
                    # As a fixture it is a parameter of that name, else it is called.
                    self._results.setdefault(name, set()).update(kinds)
                    self._mark(ast.Name(name), kinds)
            after = sum(map(len, self._marks.values())) + sum(map(len, self._results.values()))
            if after == before:
                return

    def _flows(self) -> Iterator[_Flow]:
        """Give the places at which a value gets a name."""
        for assign in self._outside(ast.Assign):
            yield from ((target, assign.value) for target in assign.targets)
        for annotated in self._outside(ast.AnnAssign):
            if annotated.value is not None:
                yield annotated.target, annotated.value
        for named in self._outside(ast.NamedExpr):
            yield named.target, named.value
        loops: list[ast.For | ast.AsyncFor] = [*self._outside(ast.For)]
        for loop in [*loops, *self._outside(ast.AsyncFor)]:
            yield loop.target, loop.iter
        for inner in self._outside(ast.comprehension):
            yield inner.target, inner.iter
        for item in self._outside(ast.withitem):
            if item.optional_vars is not None:
                yield item.optional_vars, item.context_expr
        for call in self._outside(ast.Call):
            called = _last_name(call.func)
            for parameters in self._parameters.get(called, ()):
                yield from ((ast.Name(p), v) for p, v in zip(parameters, call.args, strict=False))
                yield from ((ast.Name(k.arg), k.value) for k in call.keywords if k.arg)
            if called in _PARAMETRIZERS:
                yield from self._parametrized(call)

    @staticmethod
    def _parametrized(node: ast.Call) -> Iterator[_Flow]:
        called = _last_name(node.func)
        if called == "parametrize" and len(node.args) >= 2:
            for text in (n for n in walk(node.args[0]) if isinstance(n, ast.Constant)):
                for name in str(text.value).split(","):
                    yield ast.Name(name.strip()), node.args[1]
        elif called == "fixture":
            for keyword in node.keywords:
                if keyword.arg == "params":
                    yield ast.Name("param"), keyword.value  # as `request.param`

    def _annotations(self) -> Iterator[_Flow]:
        for annotated in self._outside(ast.AnnAssign):
            yield annotated.target, annotated.annotation
        for parameter in self._outside(ast.arg):
            if parameter.annotation is not None:
                yield ast.Name(parameter.arg), parameter.annotation

    def _given_by(self, function: _Function) -> list[ast.expr]:
        """Give what a function, or one inside it, returns or yields."""
        values = [n.value for n in self._names.given_by(function)]
        if self._yields:  # most files have none to look for in the signature
            nodes = walk(*run_here(function))
            values += [n.value for n in nodes if isinstance(n, ast.Yield)]
        return [v for v in values if v is not None and v.__class__ in _CARRIERS]

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, other in zip(target.elts, value.elts, strict=False):
                self._assign(one, other)
            return
        if isinstance(value, ast.Lambda) and isinstance(target, ast.Name):
            self._results.setdefault(target.id, set()).update(self._kinds(value.body))
        self._mark(target, self._kinds(value))

    def _mark(self, target: ast.expr, kinds: Set[str]) -> None:
        if not kinds:
            return
        match target:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                self._marks.setdefault(name, set()).update(kinds)
            case ast.Tuple(elts=elts) | ast.List(elts=elts):
                for element in elts:
                    self._mark(element, kinds)
            case ast.Starred(value=value) | ast.Subscript(value=value):
                self._mark(value, kinds)

    def _annotated(self, annotation: ast.expr) -> Set[str]:
        if isinstance(annotation, ast.Constant):
            return {_INSTANCE} if annotation.value == self._class_name else _NOTHING
        return {_INSTANCE} if self._is_class(annotation) else _NOTHING

    def _kinds(self, node: Any) -> Set[str]:
        """Say what an expression may be, or hold: the class, an instance."""
        kind = node.__class__
        if kind is ast.Name:  # the most frequent ones come first
            if node.id == self._class_name:
                return {_CLASS} if id(node) in self._mentions else _NOTHING
            return self._marks.get(node.id, _NOTHING)
        if kind is ast.Attribute:
            if node.attr == "__class__":
                return {_CLASS} if self._is_instance(node.value) else _NOTHING
            return self._marks.get(node.attr, _NOTHING)
        if kind is ast.Call:
            return self._kinds_of_call(node)
        if kind not in _CARRIERS:
            return _NOTHING
        match node:
            case ast.Await(value=value) | ast.Starred(value=value) | ast.Subscript(value=value):
                return self._kinds(value)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return self._kinds_of_any(parts)
            case ast.BoolOp(values=parts) | ast.Dict(values=parts):
                return self._kinds_of_any(parts)
            case ast.IfExp(body=one, orelse=other):
                return self._kinds(one) | self._kinds(other)
            case ast.NamedExpr(value=value) | ast.DictComp(value=value):
                return self._kinds(value)
            case ast.ListComp(elt=value) | ast.SetComp(elt=value) | ast.GeneratorExp(elt=value):
                return self._kinds(value)
        return _NOTHING

    def _kinds_of_any(self, parts: list[ast.expr]) -> Set[str]:
        carriers = [part for part in parts if part.__class__ in _CARRIERS]
        return {kind for part in carriers for kind in self._kinds(part)}

    def _kinds_of_call(self, node: ast.Call) -> Set[str]:
        called = _last_name(node.func)
        if called == "type" and isinstance(node.func, ast.Name) and len(node.args) == 1:
            return {_CLASS} if self._is_instance(node.args[0]) else _NOTHING
        if _CLASS in self._kinds(node.func):
            return {_INSTANCE}
        if called == "param":
            return {kind for a in node.args for kind in self._kinds(a)}
        if isinstance(node.func, ast.Attribute) and called in {"copy", "items", "values"}:
            return self._kinds(node.func.value)
        return self._results.get(called, _NOTHING)

    def _is_class(self, node: ast.AST) -> bool:
        return _CLASS in self._kinds(node)

    def _is_instance(self, node: ast.AST) -> bool:
        return _INSTANCE in self._kinds(node)

    def _is_either(self, node: ast.AST) -> bool:
        return bool(self._kinds(node))

    def _look(self, node: ast.AST) -> Iterator[Reason]:
        line: int = getattr(node, "lineno", 0)
        name = self._class_name
        match node:
            case ast.Attribute(value=value, ctx=ast.Store() | ast.Del()):
                if any(self._is_class(owner) for owner in _owners(value)):
                    yield _mutated(line, f"sets `{ast.unparse(node)}`")
            case ast.Attribute(value=value, attr=attr) if attr in _TELLING:
                root = value.value if isinstance(value, ast.Attribute) else value
                if self._is_either(value) or self._is_class(root):
                    yield _introspected(line, f"reads `{attr}` of it")
            case ast.Call():
                yield from self._look_at_call(node)
            case ast.Compare(left=left, comparators=others):
                if any(_names(n, name) for n in [left, *others]):
                    yield _introspected(line, "compares something with its name")
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                expected = [a for i in items for a in _raises(i.context_expr)]
                if _is_type_error(expected) and self._asks_more(body):
                    yield _introspected(line, "expects it to lack something")
            case ast.Try(body=body, handlers=handlers):
                expected = [h.type for h in handlers if h.type is not None]
                catches = len(expected) < len(handlers) or _is_type_error(expected)
                if catches and self._asks_more(body):
                    yield _introspected(line, "expects it to lack something")
            case ast.Constant(value=str(text)):
                if re.fullmatch(rf"\.?(?:\w+\.)*{name}(?:\.\w+)+", text):
                    yield _mutated(line, f"names `{text}`, as a patch of it would")
                elif _is_mangled(text, name):
                    yield _introspected(line, f"names `{text}`, a private attribute of it")
        if isinstance(node, ast.Attribute) and _is_mangled(node.attr, name):
            yield _introspected(line, f"uses `{node.attr}`, a private attribute of it")

    def _look_at_call(self, node: ast.Call) -> Iterator[Reason]:
        called = _last_name(node.func)
        first = node.args[0] if node.args else None
        line = node.lineno
        if self._takes_nothing and self._is_class(node.func) and _values(node):
            yield _introspected(line, "calls it with arguments that the local class does not take")
        if called in _SETTERS and first is not None and self._is_class(first):
            yield _mutated(line, f"calls `{called}` on `{self._class_name}`")
        elif called in _ASKERS and first is not None and self._is_either(first):
            asked = node.args[1] if len(node.args) > 1 else None
            if not isinstance(asked, ast.Constant) or self._may_differ(asked.value):
                yield _introspected(line, f"asks it for an attribute by `{called}`")
        elif called in _TELLING_CALLS and first is not None and self._is_either(first):
            yield _introspected(line, f"calls `{called}` on it")
        elif called in _TEXT_CALLS and any(_names(n, self._class_name) for n in _texts(node)):
            yield _introspected(line, f"looks for its name by `{called}`")
        elif called in _RAISERS and len(node.args) > 1 and self._is_meant_to_fail(node):
            yield _introspected(line, "expects it to lack something")
        elif called in _PARAMETRIZERS and self._names_tests(node):
            yield _introspected(line, "has its name in the ids of tests")
        elif called == "type" and len(node.args) == 3 and self._within(node.args[1:2]):
            yield _introspected(line, "builds a subclass of it by `type`")
        elif self._is_told(node.func) and any(
            self._is_either(a) or any(self._is_class(o) for o in _owners(a)) for a in node.args
        ):
            yield _introspected(line, f"hands it to `{ast.unparse(node.func)}`")

    def _is_meant_to_fail(self, node: ast.Call) -> bool:
        """Tell whether ``raises(TypeError, function, ...)`` is about what the local class lacks."""
        expected, function, *given = node.args
        if not _is_type_error([expected]):
            return False
        takes_more = self._takes_nothing and self._is_class(function) and (given or node.keywords)
        return bool(takes_more) or self._asks_more([function])

    def _may_differ(self, attribute: object) -> bool:
        """Tell whether the shared class may have an attribute that the local one lacks."""
        if attribute in _TELLING:
            return True
        if attribute in self._known:
            return False
        return self._shared_members is None or attribute in self._shared_members

    def _asks_more(self, body: Sequence[ast.AST]) -> bool:
        """Tell whether some code uses what the local class lacks, and the shared one may have."""
        for node in (n for s in body for n in walk(s)):
            match node:
                case ast.Attribute(value=value, attr=attr) if self._may_differ(attr):
                    if self._is_either(value):
                        return True
                case ast.Call(func=func, args=args, keywords=keywords) if args or keywords:
                    if self._is_class(func):
                        return True
        return False

    def _names_tests(self, node: ast.Call) -> bool:
        """Tell whether pytest makes node ids from the name of the class.

        https://docs.pytest.org/en/stable/how-to/parametrize.html
        """
        values = {k.arg: k.value for k in node.keywords}
        if isinstance(values.get("ids"), ast.List | ast.Tuple):
            return False
        candidates = [*node.args[1:2], *(values[k] for k in ("argvalues", "params") if k in values)]
        return any(self._names_class(c) for c in candidates)

    def _names_class(self, node: ast.expr) -> bool:
        match node:
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return any(self._names_class(part) for part in parts)
            case ast.Call(func=func, keywords=keywords) if _last_name(func) == "param":
                return self._is_class(node) and not any(k.arg == "id" for k in keywords)
        return self._is_class(node)

    def _is_told(self, func: ast.expr) -> bool:
        """Tell whether a function learns from a class what an equal one would not tell."""
        if not self._imports_tellers:
            return False
        module = self._module_of(func)
        return module in _PICKLERS or (
            module == "inspect" and not _last_name(func).startswith("is")
        )

    @cached_property
    def _imports_tellers(self) -> bool:
        """Whether any name of the file is of a module whose functions learn from a class."""
        sources = {b.source for bound in self._names.bindings.values() for b in bound if b.source}
        return any(_module_named(s) in {*_PICKLERS, "inspect"} for s in sources)

    def _module_of(self, func: ast.expr) -> str:
        """Name the top-level module that a called function belongs to, as far as imports tell."""
        while isinstance(func, ast.Attribute):
            func = func.value
        source = self._names.source_of(func.id) if isinstance(func, ast.Name) else ""
        return _module_named(source)

    def _within(self, nodes: Iterable[ast.AST]) -> bool:
        return any(self._is_either(n) for node in nodes for n in walk(node))

    def _test_subclasses(self) -> Iterator[Reason]:
        found = self._outside(ast.ClassDef)
        family: set[str] = set()
        heirs: list[ast.ClassDef] = []
        while True:
            new = [c for c in found if c not in heirs and self._inherits(c, family)]
            if not new:
                break
            heirs.extend(new)
            family.update(c.name for c in new)
        if not heirs:
            return
        outside = set(map(id, found))
        # Of two classes of a name the one nearer to the top comes first.
        nodes = walk_statements(self._names.tree.body)
        classes = [n for n in nodes if isinstance(n, ast.ClassDef) and id(n) in outside]
        for heir in heirs:
            line = tests_of(heir, classes)
            if line is not None:
                message = f"subclass `{heir.name}` has tests, which `__test__ = False` would hide"
                yield Reason(Code.SUBCLASS_OF_TESTS, line, message)
            elif heir.name.startswith("Test") and self._has_unknown_base(heir, classes):
                message = f"subclass `{heir.name}` may get tests from a base outside this file"
                yield Reason(Code.SUBCLASS_OF_TESTS, heir.lineno, message)
            elif len(heir.bases) > 1:
                what = f"derives `{heir.name}` from it and others, whose members it may hide"
                yield _introspected(heir.lineno, what)

    def _inherits(self, node: ast.ClassDef, family: set[str]) -> bool:
        return any(
            self._is_class(b) or (isinstance(b, ast.Name) and b.id in family) for b in node.bases
        )

    def _has_unknown_base(self, node: ast.ClassDef, classes: list[ast.ClassDef]) -> bool:
        known = {c.name for c in classes} | {"object"}
        return any(
            not self._is_class(b) and not (isinstance(b, ast.Name) and b.id in known)
            for b in node.bases
        )


def tests_of(node: ast.ClassDef, classes: list[ast.ClassDef]) -> int | None:
    """Find what pytest would collect from a class, with its bases in the same file.

    The prefixes are pytest's defaults, ``python_functions = test`` and ``python_classes = Test``:
    https://docs.pytest.org/en/stable/reference/reference.html#confval-python_classes

    Returns:
        The line of the first test, None where there is none.

    """
    by_name: dict[str, list[ast.ClassDef]] = {}
    for other in classes:
        by_name.setdefault(other.name, []).append(other)
    pending, seen = [node], {id(node)}
    while pending:
        current = pending.pop()
        for statement in current.body:
            match statement:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    if name.startswith(("test", "runTest")):
                        return statement.lineno
                case ast.ClassDef(name=name) if name.startswith("Test"):
                    return statement.lineno
        bases = {b.id for b in current.bases if isinstance(b, ast.Name)}
        new = [c for name in bases for c in by_name.get(name, ()) if id(c) not in seen]
        seen.update(map(id, new))
        pending += new
    return None


def _known_attributes(definitions: list[ast.ClassDef]) -> set[str]:
    """Give the names that an instance of the local class surely has or gets."""
    known = {name for d in definitions for n in own_nodes(d.body) for name, _ in bound_names(n)}
    for node in (n for d in definitions for n in walk(d)):
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=attr, ctx=ast.Store()):
                known.add(attr)
    return known


def _takes_nothing(definition: ast.ClassDef) -> bool:
    """Tell whether the class is made without arguments, as far as its own ``__init__`` says."""
    for node in definition.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            args = node.args
            more = [*args.posonlyargs, *args.args][1:] or args.kwonlyargs
            return not (more or args.vararg or args.kwarg)
    return False


def _owners(node: ast.expr) -> Iterator[ast.expr]:
    """Give a node and what it is an attribute of, and so on."""
    yield node
    while isinstance(node, ast.Attribute):
        node = node.value
        yield node


def _is_mangled(text: str, class_name: str) -> bool:
    # https://docs.python.org/3/reference/expressions.html#private-name-mangling
    return f"_{class_name.lstrip('_')}__" in text


def _module_named(source: str) -> str:
    """Give the top-level module in the text of an import, nothing for any other text."""
    words = source.split()
    return words[1].partition(".")[0] if words and words[0] in {"import", "from"} else ""


def _last_name(func: Any) -> str:
    if func.__class__ is ast.Attribute:
        return str(func.attr)
    return str(func.id) if func.__class__ is ast.Name else ""


def _key(value: ast.expr) -> str:
    """Give the name that must be known for an expression to be anything, nothing for any."""
    # See `Usage._kinds`.
    name = _last_name(value.func if isinstance(value, ast.Call) else value)
    return "" if name in _LOOKED_THROUGH else name


def _parameters(functions: list[_Function]) -> dict[str, list[list[str]]]:
    """Give the names of the positional parameters of each function of a file, by its name."""
    found: dict[str, list[list[str]]] = {}
    for node in functions:
        names = [a.arg for a in [*node.args.posonlyargs, *node.args.args]]
        bound = names[1:] if names[:1] in (["self"], ["cls"]) else names
        found.setdefault(node.name, []).append(bound)
    return found


def _values(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(k.value for k in node.keywords)]


def _texts(node: ast.Call) -> list[ast.expr]:
    """Give the arguments of a call that looks for a text: not the message of an assertion."""
    return [*node.args[:2], *(k.value for k in node.keywords if k.arg != "msg")]


def _names(node: ast.AST, class_name: str) -> bool:
    """Tell whether a node is a string with the name of the class in it."""
    match node:
        case ast.Constant(value=str(text)):
            return re.search(rf"(?<!\w){class_name}(?!\w)", text) is not None
    return False


def _raises(node: ast.expr) -> list[ast.expr]:
    """Give the exceptions that a ``raises`` block expects."""
    if isinstance(node, ast.Call) and _last_name(node.func) in _RAISERS:
        return node.args
    return []


def _is_type_error(nodes: list[ast.expr]) -> bool:
    """Tell whether one of the exceptions takes in what a missing member or parameter raises."""
    names = {n.id for node in nodes for n in walk(node) if isinstance(n, ast.Name)}
    return bool(names & {"AttributeError", "BaseException", "Exception", "TypeError"})


def _mutated(line: int, what: str) -> Reason:
    return Reason(Code.MUTATED, line, f"the file {what}: shared, that would reach other files")


def _introspected(line: int, what: str) -> Reason:
    return Reason(
        Code.INTROSPECTED, line, f"the file {what}: the shared class would answer otherwise"
    )
