"""Which names in a definition mean something outside of it, by the scoping rules of Python.

https://docs.python.org/3/reference/executionmodel.html#resolution-of-names
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, NamedTuple

from codemods.engine.names import BINDING, all_args, bound_names, own_nodes, run_here
from codemods.engine.walk import children, walk

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

#: Names that a class body or method reads without a binding of that name anywhere.
_IMPLICIT = frozenset({"__class__", "__classdict__", "__conditional_annotations__"})


class FreeNames(NamedTuple):
    """The names of a definition that it does not bind itself.

    `nodes` has the identity of each `ast.Name` that means one; `doubtful` those of them in a class
    body that the body binds too, below or conditionally; `global_names` what ``global`` or an
    unresolved ``nonlocal`` declares.
    """

    nodes: dict[int, str]
    doubtful: frozenset[int]
    global_names: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        """The names, each of them once."""
        return frozenset(self.nodes.values())


class _Frame:
    """One scope: the names that it binds, and those that it declares to be of another one."""

    def __init__(self, names: set[str], *, is_class: bool = False) -> None:
        self.names = names
        self.is_class = is_class
        self.so_far: set[str] = set()  # of a class: bound for sure by an earlier statement
        self.outer: set[str] = set()  # declared global or nonlocal


@functools.lru_cache(maxsize=1)  # several rules ask about one definition after the other
def free_names(definition: Definition | ast.Module) -> FreeNames:
    """Return the names that a definition takes from around it; its own name is one of them.

    Of a module, those are all names that are not local to something in it.
    """
    resolver = _Resolver()
    resolver.visit(definition)
    return FreeNames(
        resolver.free, frozenset(resolver.doubtful), frozenset(resolver.declared_global)
    )


def local_names(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """Return the names that are local to a function: parameters and what its body binds."""
    names = {a.arg for a in all_args(function.args)}
    if not isinstance(function, ast.Lambda):
        names |= bound_in(function.body)
    return names


def bound_in(body: Iterable[ast.stmt]) -> set[str]:
    """Return the names that some statements bind in their own scope."""
    bound: set[str] = set()
    declared: set[str] = set()
    targets: set[int] = set()  # of comprehensions: those bind names in a scope of their own
    for node in own_nodes(list(body)):
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load) and id(node) not in targets:
                bound.add(node.id)
        elif isinstance(node, ast.comprehension):
            targets.update(map(id, walk(node.target)))
        elif isinstance(node, ast.Global | ast.Nonlocal):
            declared.update(node.names)
        elif node.__class__ in BINDING:
            bound.update(name for name, _ in bound_names(node))
    return bound - declared


class _Resolver:
    def __init__(self) -> None:
        self.free: dict[int, str] = {}
        self.doubtful: set[int] = set()
        self.declared_global: set[str] = set()
        self._frames: list[_Frame] = []

    def visit(self, node: ast.AST) -> None:
        special = self._SPECIAL.get(node.__class__)
        if special is not None:
            special(self, node)
        else:
            self._all(children(node))

    def _all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _inside(self, frame: _Frame, nodes: Iterable[ast.AST]) -> None:
        self._frames.append(frame)
        self._all(nodes)
        self._frames.pop()

    def _lambda(self, node: ast.Lambda) -> None:
        self._all(run_here(node))
        self._inside(_Frame(local_names(node)), [node.body])

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._all(node.decorator_list)
        types = _type_parameters(node)
        here = [n for n in run_here(node) if n not in node.decorator_list]
        # Without type parameters, defaults are read in the very scope that the function stands in.
        outer = len(self._frames)
        self._frames += [_Frame(types)] if types else []
        self._all(here)
        self._inside(_Frame(local_names(node)), node.body)
        del self._frames[outer:]

    def _class(self, node: ast.ClassDef) -> None:
        self._all(node.decorator_list)
        types, outer = _type_parameters(node), len(self._frames)
        self._frames += [_Frame(types)] if types else []
        self._all([*node.bases, *node.keywords, *getattr(node, "type_params", ())])
        frame = _Frame(bound_in(node.body), is_class=True)
        self._frames.append(frame)
        for statement in node.body:
            self.visit(statement)
            frame.so_far |= _surely_bound(statement)
        del self._frames[outer:]

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        first, *others = node.generators
        self.visit(first.iter)
        bound = {n for g in node.generators for t in walk(g.target) for n, _ in bound_names(t)}
        values = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        inner: list[ast.AST] = [first.target, *first.ifs]
        for generator in others:
            inner += [generator.target, generator.iter, *generator.ifs]
        self._inside(_Frame(bound), [*inner, *values])

    def _declare(self, node: ast.Global | ast.Nonlocal) -> None:
        for name in node.names:
            if isinstance(node, ast.Global) or not self._is_bound(name, self._frames[:-1]):
                self.declared_global.add(name)
            if self._frames:
                self._frames[-1].outer.add(name)

    def _name(self, node: ast.Name) -> None:
        name = node.id
        if name in _IMPLICIT:
            return
        current = self._frames[-1] if self._frames else None
        if current is not None and current.is_class and name in current.names:
            if name in current.so_far or not isinstance(node.ctx, ast.Load):
                return
            self.doubtful.add(id(node))  # the body may have bound it by then
        elif self._is_bound(name, self._frames):
            return
        self.free[id(node)] = name

    def _is_bound(self, name: str, frames: Sequence[_Frame]) -> bool:
        for frame in reversed(frames):
            if name in frame.outer and name in self.declared_global:
                return False
            if name in frame.names and not frame.is_class:
                return True
        return False

    _SPECIAL: ClassVar[Mapping[type[ast.AST], Callable[..., None]]] = {
        ast.Name: _name,
        ast.Lambda: _lambda,
        ast.ClassDef: _class,
        **dict.fromkeys(FUNCTIONS, _function),
        **dict.fromkeys(
            (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), _comprehension
        ),
        **dict.fromkeys((ast.Global, ast.Nonlocal), _declare),
    }


def _type_parameters(node: Definition) -> set[str]:
    """Return the names of type parameters: PEP 695."""
    return {t.name for t in getattr(node, "type_params", ())}


def _surely_bound(statement: ast.stmt) -> set[str]:
    """Return the names that one statement of a class body binds whatever happens."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.AnnAssign(value=None):
            return set()
        case ast.Assign() | ast.AnnAssign() | ast.Import() | ast.ImportFrom():
            return bound_in([statement])
    return set()
