"""What a module does with its global names: who binds them, and which mentions mean them."""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeGuard, TypeVar

from codemods.engine.walk import FIELDS, children, walk

_Node = TypeVar("_Node", bound=ast.AST)

#: The end of the meaning of a name that type checkers alone are told.
FOR_TYPES = " for type checkers"


@dataclass(slots=True)  # a frozen one takes three times as long to make
class Binding:
    """One place that binds a global name.

    `source` is the text of an import that names one thing absolutely, else None.
    """

    node: ast.AST
    line: int
    source: str | None


class Meaning(NamedTuple):
    """What a global name stands for.

    `text` is ``builtin`` and the name, the text of an import or that of an immutable literal; else
    a clause that says why nothing of that is known.
    """

    text: str
    is_known: bool


_Kinds = defaultdict[type[ast.AST], list[Any]]


@dataclass(slots=True)
class Statement:
    """What one statement of the module's body has to do with names.

    `mentions` are the nodes that mean a global, `now` those of them that run when the module
    does, class bodies included; `later` are the globals that a function or lambda in it means.
    `kinds` are the nodes that run when the module does, but for the names.
    """

    mentions: list[ast.Name] = field(default_factory=list)
    now: list[ast.Name] = field(default_factory=list)
    later: set[str] = field(default_factory=set)
    kinds: _Kinds = field(default_factory=lambda: defaultdict(list))


@dataclass(slots=True)
class _Tables:
    """All nodes but names and `ast.arguments` are in `kinds`."""

    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[int] = field(default_factory=list)
    statements: dict[int, Statement] = field(default_factory=dict)
    kinds: _Kinds = field(default_factory=lambda: defaultdict(list))


class ModuleNames:
    """The global names of one module, collected when one of them is first asked for."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree

    @property
    def bindings(self) -> dict[str, list[Binding]]:
        """The places that bind each name."""
        return self._tables.bindings

    @cached_property
    def mentions(self) -> dict[str, list[ast.Name]]:
        """For each name, the nodes that mean that global."""
        mentions: dict[str, list[ast.Name]] = {}
        for statement in self._tables.statements.values():
            for node in statement.mentions:
                mentions.setdefault(node.id, []).append(node)
        return mentions

    @property
    def stars(self) -> list[int]:
        """The lines of the star imports, which may bind any name."""
        return self._tables.stars

    def statement(self, node: ast.stmt) -> Statement:
        """Return what a statement of the module's body has to do with names."""
        return self._tables.statements[id(node)]

    def of_kind(self, kind: type[_Node]) -> Sequence[_Node]:
        """Return the nodes of a class other than `ast.Name`, not those of its subclasses."""
        return self._tables.kinds.get(kind, ())

    @cached_property
    def _tables(self) -> _Tables:
        return _collected(self.tree)

    def meaning_of(self, name: str) -> Meaning:
        """Return what a global name stands for, as far as the module alone tells."""
        bindings = self.bindings.get(name, [])
        last = max((b.line for b in bindings), default=0)
        star = next((line for line in self.stars if line > last), None)
        if star is not None:
            return Meaning(f"may come from the star import of line {star}", is_known=False)
        if not bindings:
            if hasattr(builtins, name):
                return Meaning(f"builtin {name}", is_known=True)
            return Meaning("is bound nowhere in the file", is_known=False)
        sources = {b.source or self._constant(b) for b in bindings}
        if len(sources) == 1 and None not in sources:
            return Meaning(sources.pop() or "", is_known=True)
        return Meaning(f"is bound on line {bindings[-1].line}", is_known=False)

    def meaning_in_types(self, name: str) -> Meaning:
        """Return what a global name stands for, also where type checkers alone are told.

        At run time nothing is bound to what one import binds below ``if TYPE_CHECKING:``.
        """
        meaning, bindings = self.meaning_of(name), self.bindings.get(name, [])
        if meaning.is_known or self.stars or len(bindings) != 1:
            return meaning
        node = bindings[0].node
        if any(node in s.body for s in self.tree.body if self.is_for_types(s)):
            texts = (text for bound, text in bound_names(node) if bound == name and text)
            return next((Meaning(t + FOR_TYPES, is_known=True) for t in texts), meaning)
        return meaning

    def is_for_types(self, statement: ast.stmt) -> TypeGuard[ast.If]:
        """Whether a statement is an ``if`` with the constant of `typing` and nothing else."""
        match statement:
            case ast.If(test=ast.Name(id=name)):
                wanted = "from typing import TYPE_CHECKING"
            case ast.If(test=ast.Attribute(value=ast.Name(id=name), attr="TYPE_CHECKING")):
                wanted = "import typing"
            case _:
                return False
        return {b.source for b in self.bindings.get(name, ())} == {wanted}

    def is_builtin(self, name: str) -> bool:
        """Whether a name is the built-in one, but for star imports."""
        return hasattr(builtins, name) and name not in self.bindings

    def is_imported(self, name: str) -> bool:
        """Whether nothing but imports binds a global name."""
        bindings = self.bindings.get(name, [])
        return bool(bindings) and all(b.source is not None for b in bindings)

    def is_global(self, node: ast.expr) -> bool:
        """Whether an expression is a global name: no variable, and no attribute."""
        found = self.mentions.get(node.id, ()) if isinstance(node, ast.Name) else ()
        return any(node is mention for mention in found)

    def means_import(self, node: ast.expr) -> bool:
        """Whether an expression, or what it is an attribute of, is a global that is imported."""
        root = root_of(node)
        return isinstance(root, ast.Name) and self.is_global(root) and self.is_imported(root.id)

    def _constant(self, binding: Binding) -> str | None:
        """Return the text of the immutable literal that one assignment of the module binds."""
        for statement in self.tree.body:
            match statement:
                case (
                    ast.Assign(targets=[target], value=ast.expr() as value)
                    | ast.AnnAssign(target=target, value=ast.expr() as value)
                ) if target is binding.node and is_literal(value):
                    return f"{ast.unparse(value)}"
        return None


def _collected(tree: ast.Module) -> _Tables:
    names = _Tables()
    names.kinds[ast.Module].append(tree)
    scopes = []
    for_types: list[ast.AST] = []
    for node in tree.body:
        statement = names.statements[id(node)] = Statement()
        scope = _scope([node], statement.kinds)
        scopes.append(scope)
        before = len(names.stars)
        for bound in scope.binding:
            _bind(names, bound)
        if _is_type_checking(node):
            for_types += scope.binding
            names.stars[before:] = [n for n in names.stars[before:] if _may_run(node, n)]
    if for_types:
        _forget_sources(names, for_types)
    for node, scope in zip(tree.body, scopes, strict=True):
        statement = names.statements[id(node)]
        _Mentions(names, statement).visit_now(scope)
        for kind, nodes in statement.kinds.items():
            names.kinds[kind] += nodes
    return names


#: What has a scope of its own, comprehensions aside.
_WITH_SCOPES = frozenset({ast.AsyncFunctionDef, ast.ClassDef, ast.FunctionDef, ast.Lambda})

#: The classes of nodes that `bound_names` finds a name in, `ast.Name` aside.
BINDING = frozenset(
    {
        *(ast.AsyncFunctionDef, ast.ClassDef, ast.FunctionDef, ast.ExceptHandler),
        *(ast.Import, ast.ImportFrom, ast.MatchAs, ast.MatchMapping, ast.MatchStar),
    }
)


def own_nodes(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Walk the nodes that run in the scope of `body` itself, in order.

    Nested functions, lambdas and classes are given but not entered, but for what runs where they
    stand: decorators, defaults, bases. Comprehensions are entered: they run at once.
    """
    pending: list[ast.AST] = list(reversed(body))
    while pending:
        node = pending.pop()
        yield node
        if FIELDS[node.__class__]:
            pending += run_here(node)[::-1]


def run_here(node: ast.AST) -> list[ast.AST]:
    """Return what of the parts of a node runs in the scope that the node stands in."""
    if node.__class__ not in _WITH_SCOPES:
        return children(node)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        found = [*node.decorator_list, *getattr(node, "type_params", ())]  # PEP 695
        found += _signature(node.args)
        if node.returns is not None:
            found.append(node.returns)
        return found
    if isinstance(node, ast.Lambda):
        return _signature(node.args)
    assert isinstance(node, ast.ClassDef)
    types = getattr(node, "type_params", ())
    return [*node.decorator_list, *node.bases, *node.keywords, *types]


def _signature(args: ast.arguments) -> list[ast.AST]:
    found: list[ast.AST] = [a.annotation for a in all_args(args) if a.annotation is not None]
    found += args.defaults
    found += [d for d in args.kw_defaults if d is not None]
    return found


def all_args(args: ast.arguments) -> list[ast.arg]:
    """Return every parameter of a function, in the order of the source but for the star ones."""
    stars = [a for a in (args.vararg, args.kwarg) if a is not None]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *stars]


def bound_names(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    """Return the names that this one node binds, each with its import text where it has one."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name, None
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, None
        case ast.ExceptHandler(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name, None
        case ast.MatchAs(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name, None
        case ast.Import(names=aliases):
            for alias in aliases:
                root = alias.name.partition(".")[0]
                if alias.asname is None:
                    yield root, f"import {root}"
                else:
                    yield alias.asname, f"import {alias.name}"
        case ast.ImportFrom(names=aliases):
            for alias in aliases:
                if alias.name != "*":
                    text = f"from {node.module} import {alias.name}"
                    yield alias.asname or alias.name, None if node.level else text


def dotted_source(node: ast.expr, names: ModuleNames) -> str | None:
    """Return the dotted name of what an expression means, by the imports of its module."""
    root = root_of(node)
    if not isinstance(root, ast.Name):
        return None
    meaning = names.meaning_of(root.id)
    if not meaning.is_known:
        return None
    attributes = ast.unparse(node).removeprefix(root.id)
    match meaning.text.split():
        case ["builtin" | "import", name]:
            return name + attributes
        case ["from", module, "import", name]:
            return f"{module}.{name}{attributes}"
    return None


def root_of(node: ast.expr) -> ast.expr:
    """Return what a dotted expression begins with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


def last_name(node: ast.expr) -> str:
    """Return the last name of a dotted expression or text, nothing for any other."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Constant(value=str(path)):
            return path.rpartition(".")[2]
    return ""


def is_literal(node: ast.expr) -> bool:
    """Whether an expression is an immutable literal."""
    match node:
        case ast.Constant():
            return True
        case ast.UnaryOp(operand=operand):
            return is_literal(operand)
        case ast.BinOp(left=left, right=right):
            return is_literal(left) and is_literal(right)
        case ast.Tuple(elts=elts):
            return all(map(is_literal, elts))
    return False


def is_star(node: ast.AST) -> bool:
    """Return whether a node is ``from x import *``."""
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


@dataclass(slots=True)
class _Scope:
    """What of the nodes of one scope has to do with names, each in the order of the source.

    `seen` are the names, and the functions, lambdas and classes with scopes of their own: those
    are `inner` too.
    """

    seen: list[Any]
    inner: list[ast.AST]
    binding: list[ast.AST]
    declared: set[str]  # by ``global``


#: What has nothing but one node below it, its value.
_VALUED = frozenset({ast.Attribute, ast.Await, ast.Expr, ast.keyword, ast.Starred})
_FUNCTIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda})

#: What else than names and scopes has to do with names.
_SPECIAL = frozenset(
    {
        *(ast.ExceptHandler, ast.Global, ast.Import, ast.ImportFrom),
        *(ast.MatchAs, ast.MatchMapping, ast.MatchStar, ast.comprehension),
    }
)


def _scope(body: Sequence[ast.AST], kinds: _Kinds) -> _Scope:
    """Look at the nodes of one scope, and add all but the names to those of their classes."""
    # As `own_nodes`, but it has to be fast: this sees each node of a file. The most frequent
    # classes have branches of their own.
    scope = _Scope([], [], [], set())
    see, bind = scope.seen.append, scope.binding.append
    targets: set[int] = set()  # those of comprehensions bind names in a scope of their own
    pending: list[Any] = list(reversed(body))
    pop, push, fields = pending.pop, pending.append, FIELDS
    while pending:
        node = pop()
        kind = node.__class__
        if kind is ast.Name:
            see(node)
            if node.ctx.__class__ is not ast.Load:
                bind(node)
            continue
        kinds[kind].append(node)
        if kind is ast.Constant:
            continue
        if kind is ast.Attribute or kind in _VALUED:
            push(node.value)
        elif kind is ast.Call:
            if node.keywords:
                pending += node.keywords[::-1]
            if node.args:
                pending += node.args[::-1]
            push(node.func)
        elif kind is ast.Assign:
            push(node.value)
            pending += node.targets[::-1]
        elif kind is ast.ClassDef or kind in _FUNCTIONS:
            see(node)
            bind(node)
            scope.inner.append(node)
            pending += run_here(node)[::-1]
            if kind is not ast.ClassDef:
                kinds[ast.arg] += all_args(node.args)
        elif kind is ast.Dict:
            pending += reversed(children(node))  # without the key of ``{**x}``, which is none
        else:
            if kind in _SPECIAL:
                _note(node, scope, targets)
            for name in reversed(fields[kind]):
                value = getattr(node, name, None)
                if value.__class__ is list:
                    pending += value[::-1]
                elif isinstance(value, ast.AST):
                    push(value)
    if targets:
        scope.binding[:] = [n for n in scope.binding if id(n) not in targets]
    return scope


def _note(node: ast.AST, scope: _Scope, targets: set[int]) -> None:
    if isinstance(node, ast.Global):
        scope.declared.update(node.names)
    elif isinstance(node, ast.comprehension):
        targets.update(map(id, walk(node.target)))
    else:
        scope.binding.append(node)


def _bind(names: _Tables, node: ast.AST) -> None:
    if isinstance(node, ast.ImportFrom) and is_star(node):
        names.stars.append(node.lineno)
    for name, source in bound_names(node):
        line: int = getattr(node, "lineno", 0)
        names.bindings.setdefault(name, []).append(Binding(node, line, source))


def _is_type_checking(statement: ast.stmt) -> TypeGuard[ast.If]:
    """Whether a statement asks if type checkers run it: PEP 484, `typing.TYPE_CHECKING`."""
    return isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test)


def _may_run(statement: ast.If, line: int) -> bool:
    """Whether a line of such a statement may run: all but those below the plain constant."""
    name = getattr(statement.test, "id", getattr(statement.test, "attr", ""))
    return name != "TYPE_CHECKING" or any(s.lineno <= line for s in statement.orelse)


def _forget_sources(names: _Tables, nodes: Iterable[ast.AST]) -> None:
    """Remove the sources of imports that are not run."""
    found = set(map(id, nodes))
    for bindings in names.bindings.values():
        for binding in bindings:
            if id(binding.node) in found:
                binding.source = None


class _Mentions:
    """Finds the names that mean a global, with the scopes of functions taken into account.

    A name that a class body binds for itself counts as the global: that errs on the safe side.
    """

    def __init__(self, names: _Tables, statement: Statement) -> None:
        self._names = names
        self._statement = statement
        self._found = statement.mentions

    def visit_now(self, scope: _Scope) -> None:
        """Look at a scope that runs when the module does."""
        for node in scope.seen:
            if isinstance(node, ast.Name):
                self._found.append(node)
                self._statement.now.append(node)
            elif isinstance(node, ast.ClassDef):
                self.visit_now(self._inner(node.body, self._statement.kinds))
            else:
                start = len(self._found)
                self._enter(node, frozenset())
                self._statement.later.update([n.id for n in self._found[start:]])

    def _visit(self, scope: _Scope, hidden: frozenset[str]) -> None:
        if not scope.inner:
            self._found += [n for n in scope.seen if n.id not in hidden]
            return
        for node in scope.seen:
            if not isinstance(node, ast.Name):
                self._enter(node, hidden)
            elif node.id not in hidden:
                self._found.append(node)

    def _enter(self, node: ast.AST, hidden: frozenset[str]) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._enter_function(node, hidden)
        elif isinstance(node, ast.Lambda):
            hides = frozenset(a.arg for a in all_args(node.args))
            self._visit(_scope([node.body], self._names.kinds), hidden | hides)
        elif isinstance(node, ast.ClassDef):
            self._visit(self._inner(node.body, self._names.kinds), hidden)

    def _enter_function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, hidden: frozenset[str]
    ) -> None:
        inner = self._inner(node.body, self._names.kinds)
        local = {a.arg for a in all_args(node.args)}
        for item in inner.binding:
            if isinstance(item, ast.Name):
                local.add(item.id)
            else:
                local.update([name for name, _ in bound_names(item)])
        self._visit(inner, (hidden | local) - inner.declared)

    def _inner(self, body: Sequence[ast.AST], kinds: _Kinds) -> _Scope:
        """Look at the scope of a function or class, which may declare that it binds globals."""
        scope = _scope(body, kinds)
        for item in scope.binding if scope.declared else ():
            if any(name in scope.declared for name, _ in bound_names(item)):
                _bind(self._names, item)
        return scope
