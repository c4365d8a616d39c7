"""What a file does with its local class that it could not do with a shared one.

A class, its subclasses and its instances are followed by name, without regard to the order in
which things run: what may be the class counts as the class. That refuses too much rather than too
little.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from codemods.model import Code, Reason
from codemods.rewrite.names import ModuleNames, bound_names, own_nodes

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
_PICKLERS = frozenset({"cloudpickle", "dill", "jsonpickle", "marshal", "pickle", "shelve"})
_SETTERS = frozenset({"setattr", "delattr", "setitem", "delitem", "object", "multiple"})


#: The nodes by which a value gets a name.
_BINDING = (
    *(ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.For, ast.AsyncFor, ast.comprehension),
    *(ast.withitem, ast.arg, ast.Call, ast.FunctionDef, ast.AsyncFunctionDef),
)


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
        own = {id(n) for d in definitions for n in ast.walk(d)}
        self._nodes = [n for n in ast.walk(names.tree) if id(n) not in own]
        self._mentions = {id(n) for ns in names.mentions.values() for n in ns if id(n) not in own}
        self._marks: dict[str, set[str]] = {}  # names of variables, attributes and parameters
        self._results: dict[str, set[str]] = {}  # names of functions, by what they give
        self._parameters = _parameters(self._nodes)
        self._known = _known_attributes(definitions)
        self._shared_members = shared_members
        self._takes_nothing = all(_takes_nothing(d) for d in definitions)
        self._follow()

    def reasons(self) -> Iterator[Reason]:
        """Give what forbids sharing the class, each once, in the order of the file."""
        found = {r for node in self._nodes for r in self._look(node)}
        found |= set(self._test_subclasses())
        yield from sorted(found, key=lambda r: (r.line, r.code.value, r.message))

    def _follow(self) -> None:
        """Mark what may be the class or an instance, until no more is found."""
        binding = [n for n in self._nodes if isinstance(n, _BINDING)]
        while True:
            before = sum(map(len, self._marks.values())) + sum(map(len, self._results.values()))
            for node in binding:
                self._follow_node(node)
            after = sum(map(len, self._marks.values())) + sum(map(len, self._results.values()))
            if after == before:
                return

    def _follow_node(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value)
            case ast.AnnAssign(target=target, value=value, annotation=annotation):
                self._assign(target, value)
                self._mark(target, self._annotated(annotation))
            case ast.NamedExpr(target=target, value=value):
                self._assign(target, value)
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                self._assign(target, value)
            case ast.comprehension(target=target, iter=value):
                self._assign(target, value)
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                self._assign(target, value)
            case ast.arg(arg=name, annotation=ast.expr() as annotation):
                self._mark(ast.Name(name), self._annotated(annotation))
            case ast.Call(func=func, args=args):
                for parameters in self._parameters.get(_last_name(func), []):
                    for parameter, value in zip(parameters, args, strict=False):
                        self._assign(ast.Name(parameter), value)
                self._follow_parametrization(node)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                given = {kind for n in ast.walk(node) for kind in self._given_by(n)}
                if given:
                    # As a fixture it is a parameter of that name, else it is called.
                    self._results.setdefault(name, set()).update(given)
                    self._mark(ast.Name(name), given)

    def _follow_parametrization(self, node: ast.Call) -> None:
        values = {k.arg: k.value for k in node.keywords}
        if _last_name(node.func) == "parametrize" and len(node.args) >= 2:
            for text in (n for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant)):
                for name in str(text.value).split(","):
                    self._assign(ast.Name(name.strip()), node.args[1])
        elif _last_name(node.func) == "fixture":
            self._assign(ast.Name("param"), values.get("params"))  # as `request.param`

    def _assign(self, target: ast.expr, value: ast.expr | None) -> None:
        if value is None:
            return
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, other in zip(target.elts, value.elts, strict=False):
                self._assign(one, other)
            return
        if isinstance(value, ast.Lambda) and isinstance(target, ast.Name):
            self._results.setdefault(target.id, set()).update(self._kinds(value.body))
        self._mark(target, self._kinds(value))

    def _mark(self, target: ast.expr, kinds: set[str]) -> None:
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

    def _annotated(self, annotation: ast.expr) -> set[str]:
        if isinstance(annotation, ast.Constant):
            return {_INSTANCE} if annotation.value == self._class_name else set()
        return {_INSTANCE} if self._is_class(annotation) else set()

    def _given_by(self, node: ast.AST) -> set[str]:
        match node:
            case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value):
                return self._kinds(value)
        return set()

    def _kinds(self, node: ast.AST) -> set[str]:
        """Say what an expression may be, or hold: the class, an instance."""
        match node:
            case ast.Name(id=name) if name == self._class_name:
                return {_CLASS} if id(node) in self._mentions else set()
            case ast.Attribute(value=value, attr="__class__"):
                return {_CLASS} if self._is_instance(value) else set()
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return self._marks.get(name, set())
            case ast.Call(func=ast.Name(id="type"), args=[value]):
                return {_CLASS} if self._is_instance(value) else set()
            case ast.Call(func=func, args=args):
                if self._is_class(func):
                    return {_INSTANCE}
                if _last_name(func) == "param":
                    return {kind for a in args for kind in self._kinds(a)}
                if isinstance(func, ast.Attribute) and func.attr in {"copy", "items", "values"}:
                    return self._kinds(func.value)
                return self._results.get(_last_name(func), set())
            case ast.Await(value=value) | ast.Starred(value=value) | ast.Subscript(value=value):
                return self._kinds(value)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return {kind for part in parts for kind in self._kinds(part)}
            case ast.BoolOp(values=parts) | ast.Dict(values=parts):
                return {kind for part in parts for kind in self._kinds(part)}
            case ast.IfExp(body=one, orelse=other):
                return self._kinds(one) | self._kinds(other)
            case ast.NamedExpr(value=value) | ast.DictComp(value=value):
                return self._kinds(value)
            case ast.ListComp(elt=value) | ast.SetComp(elt=value) | ast.GeneratorExp(elt=value):
                return self._kinds(value)
        return set()

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
                if _is_type_error(expected) and self._asks_more(body):
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
        module = self._module_of(node.func)
        first = node.args[0] if node.args else None
        line = node.lineno
        if self._takes_nothing and self._is_class(node.func) and _values(node):
            yield _introspected(line, "calls it with arguments that the local class does not take")
        if called in _SETTERS and first is not None and self._is_class(first):
            yield _mutated(line, f"calls `{called}` on `{self._class_name}`")
        elif called in {"getattr", "hasattr"} and first is not None and self._is_either(first):
            asked = node.args[1] if len(node.args) > 1 else None
            if not isinstance(asked, ast.Constant) or self._may_differ(asked.value):
                yield _introspected(line, f"asks it for an attribute by `{called}`")
        elif called in _TELLING_CALLS and first is not None and self._is_either(first):
            yield _introspected(line, f"calls `{called}` on it")
        elif called in _TEXT_CALLS and any(_names(n, self._class_name) for n in _texts(node)):
            yield _introspected(line, f"looks for its name by `{called}`")
        elif called in {"parametrize", "fixture"} and self._names_tests(node):
            yield _introspected(line, "has its name in the ids of tests")
        elif called == "type" and len(node.args) == 3 and self._within(node.args[1:2]):
            yield _introspected(line, "builds a subclass of it by `type`")
        elif self._is_told(module, called) and any(
            self._is_either(a) or any(self._is_class(o) for o in _owners(a)) for a in node.args
        ):
            yield _introspected(line, f"hands it to `{ast.unparse(node.func)}`")

    def _may_differ(self, attribute: object) -> bool:
        """Tell whether the shared class may have an attribute that the local one lacks."""
        if attribute in self._known:
            return False
        return self._shared_members is None or attribute in self._shared_members

    def _asks_more(self, body: list[ast.stmt]) -> bool:
        """Tell whether statements use what the local class lacks, and the shared one may have."""
        for node in (n for s in body for n in ast.walk(s)):
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

    @staticmethod
    def _is_told(module: str, called: str) -> bool:
        """Tell whether a function learns from a class what an equal one would not tell."""
        return module in _PICKLERS or (module == "inspect" and not called.startswith("is"))

    def _module_of(self, func: ast.expr) -> str:
        """Name the top-level module that a called function belongs to, as far as imports tell."""
        while isinstance(func, ast.Attribute):
            func = func.value
        source = self._names.source_of(func.id) if isinstance(func, ast.Name) else ""
        words = source.split()
        return words[1].partition(".")[0] if words and words[0] in {"import", "from"} else ""

    def _within(self, nodes: Iterable[ast.AST]) -> bool:
        return any(self._is_either(n) for node in nodes for n in ast.walk(node))

    def _test_subclasses(self) -> Iterator[Reason]:
        classes = [n for n in self._nodes if isinstance(n, ast.ClassDef)]
        family: set[str] = set()
        heirs: list[ast.ClassDef] = []
        while True:
            new = [c for c in classes if c not in heirs and self._inherits(c, family)]
            if not new:
                break
            heirs.extend(new)
            family.update(c.name for c in new)
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
    pending, seen = [node], []
    while pending:
        current = pending.pop()
        seen.append(current)
        for statement in current.body:
            match statement:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    if name.startswith(("test", "runTest")):
                        return statement.lineno
                case ast.ClassDef(name=name) if name.startswith("Test"):
                    return statement.lineno
        bases = {b.id for b in current.bases if isinstance(b, ast.Name)}
        pending.extend(c for c in classes if c.name in bases and c not in seen)
    return None


def _known_attributes(definitions: list[ast.ClassDef]) -> set[str]:
    """Give the names that an instance of the local class surely has or gets."""
    known = {name for d in definitions for n in own_nodes(d.body) for name, _ in bound_names(n)}
    for node in (n for d in definitions for n in ast.walk(d)):
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


def _last_name(func: ast.expr) -> str:
    match func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _parameters(nodes: list[ast.AST]) -> dict[str, list[list[str]]]:
    """Give the names of the positional parameters of each function of a file, by its name."""
    found: dict[str, list[list[str]]] = {}
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
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
    if isinstance(node, ast.Call) and _last_name(node.func) in {"raises", "assertRaises"}:
        return node.args
    return []


def _is_type_error(nodes: list[ast.expr]) -> bool:
    """Tell whether one of the exceptions is what a missing member or parameter raises."""
    names = {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}
    return bool(names & {"AttributeError", "TypeError"})


def _mutated(line: int, what: str) -> Reason:
    return Reason(Code.MUTATED, line, f"the file {what}: shared, that would reach other files")


def _introspected(line: int, what: str) -> Reason:
    return Reason(
        Code.INTROSPECTED, line, f"the file {what}: the shared class would answer otherwise"
    )
