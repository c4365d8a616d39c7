"""What a module does with its global names: who binds them, and which mentions mean them."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Binding:
    """One place that binds a global name.

    `source` is the text of an import that names one thing absolutely, else None.
    """

    node: ast.AST
    line: int
    source: str | None


@dataclass(slots=True)
class ModuleNames:
    """The global names of one module.

    `mentions` has, for each name, the `ast.Name` nodes that mean that global; `stars` the lines
    of the star imports, which bind nobody knows what.
    """

    tree: ast.Module
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    mentions: dict[str, list[ast.Name]] = field(default_factory=dict)
    stars: list[int] = field(default_factory=list)

    def source_of(self, name: str) -> str:
        """Say where a global name comes from.

        Returns:
            ``"builtin"``, the text of the one import that binds it, or a clause that says why it
            is neither.

        """
        bindings = self.bindings.get(name, [])
        sources = {b.source for b in bindings}
        if not bindings:
            if hasattr(builtins, name):
                return "builtin"
            return (
                f"may come from the star import of line {self.stars[0]}"
                if self.stars
                else ("is bound nowhere in the file")
            )
        source = bindings[0].source
        if len(sources) > 1 or source is None:
            other = next(b for b in bindings if b.source is None or b.source != source)
            return f"is bound otherwise on line {other.line}"
        return source


def module_names(tree: ast.Module) -> ModuleNames:
    """Collect the global names of a module."""
    names = ModuleNames(tree)
    nodes = list(own_nodes(tree.body))
    for node in _binding_nodes(nodes):
        _bind(names, node)
    _Mentions(names).visit_nodes(nodes, frozenset())
    return names


def own_nodes(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Walk the nodes that run in the scope of `body` itself, in order.

    Nested functions, lambdas and classes are given but not entered, but for what runs where they
    stand: decorators, defaults, bases. Comprehensions are entered: they run at once.
    """
    pending: list[ast.AST] = list(reversed(body))
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(list(_run_here(node))))


def _run_here(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from node.decorator_list
            yield from getattr(node, "type_params", ())  # PEP 695
            yield from _signature(node.args)
            if node.returns is not None:
                yield node.returns
        case ast.Lambda():
            yield from _signature(node.args)
        case ast.ClassDef():
            yield from (*node.decorator_list, *node.bases, *node.keywords)
            yield from getattr(node, "type_params", ())
        case _:
            yield from ast.iter_child_nodes(node)


def _signature(args: ast.arguments) -> Iterator[ast.AST]:
    for arg in all_args(args):
        if arg.annotation is not None:
            yield arg.annotation
    yield from args.defaults
    yield from (d for d in args.kw_defaults if d is not None)


def all_args(args: ast.arguments) -> list[ast.arg]:
    """Give every parameter of a function, in the order of the source but for the star ones."""
    stars = [a for a in (args.vararg, args.kwarg) if a is not None]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *stars]


def bound_names(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    """Give the names that this one node binds, each with its import text where it has one."""
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


def is_star(node: ast.AST) -> bool:
    """Tell whether a node is ``from x import *``."""
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


def _binding_nodes(nodes: list[ast.AST]) -> list[ast.AST]:
    """Leave out the targets of comprehensions, which bind names in a scope of their own."""
    comprehensions = (n for n in nodes if isinstance(n, ast.comprehension))
    targets = {id(t) for c in comprehensions for t in ast.walk(c.target)}
    return [n for n in nodes if id(n) not in targets]


def _bind(names: ModuleNames, node: ast.AST) -> None:
    if isinstance(node, ast.ImportFrom) and is_star(node):
        names.stars.append(node.lineno)
    for name, source in bound_names(node):
        line: int = getattr(node, "lineno", 0)
        names.bindings.setdefault(name, []).append(Binding(node, line, source))


class _Mentions:
    """Finds the names that mean a global, with the scopes of functions taken into account.

    A name that a class body binds for itself counts as the global: that errs on the safe side.
    """

    def __init__(self, names: ModuleNames) -> None:
        self._names = names

    def visit_nodes(self, nodes: Iterable[ast.AST], hidden: frozenset[str]) -> None:
        for node in nodes:
            self._enter(node, hidden)

    def _enter(self, node: ast.AST, hidden: frozenset[str]) -> None:
        match node:
            case ast.Name(id=name) if name not in hidden:
                self._names.mentions.setdefault(name, []).append(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._enter_function(node, node.body, hidden)
            case ast.Lambda():
                hides = frozenset(a.arg for a in all_args(node.args))
                self.visit_nodes(own_nodes([ast.Expr(node.body)]), hidden | hides)
            case ast.ClassDef():
                self.visit_nodes(own_nodes(node.body), hidden)

    def _enter_function(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        body: list[ast.stmt],
        hidden: frozenset[str],
    ) -> None:
        inner = list(own_nodes(body))
        shared = {n for s in inner if isinstance(s, ast.Global) for n in s.names}
        local = {a.arg for a in all_args(node.args)}
        for item in _binding_nodes(inner):
            for name, _ in bound_names(item):
                if name in shared:
                    _bind(self._names, item)
                else:
                    local.add(name)
        self.visit_nodes(inner, (hidden | local) - shared)
