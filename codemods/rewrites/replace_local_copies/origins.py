"""Where a value comes from: is it an instance of a class, and by which variable is it used?"""

from __future__ import annotations

import ast
import functools
from collections import defaultdict
from collections.abc import Callable, Iterable

from codemods.engine.codemod import ParsedModule
from codemods.engine.names import ModuleNames, bound_names, dotted_source, last_name, root_of
from codemods.engine.scopes import FUNCTIONS
from codemods.engine.walk import walk
from codemods.rewrites.replace_local_copies.stores import is_dictionary

#: Attributes that lead from an instance, a subclass or `super` to the class, and from a method to
#: its code.
WAYS_TO_CLASS = frozenset(
    {
        *("__base__", "__bases__", "__class__", "__func__", "__mro__"),
        *("__self_class__", "__thisclass__"),
    }
)

#: What reads the docstring or the annotations of a method, or of the class of an instance.
_READ = frozenset({"__annotations__", "__doc__"})
_READING = frozenset(
    {"get_annotations", "get_type_hints", "getdoc", "getfullargspec", "getsource", "signature"}
)

#: The nodes above a node, the nearest first.
Above = Callable[[ast.AST], Iterable[ast.AST]]


class Origins:
    """Tells of the values in one file what can be told without running it."""

    def __init__(self, module: ParsedModule, above: Above) -> None:
        self._module = module
        self._above = above
        self._bound: dict[int, dict[str, list[ast.AST]]] = {}
        self._read: dict[int, dict[str, list[ast.Name]]] = {}

    def is_of_another_class(self, node: ast.AST, family: frozenset[str]) -> bool:
        """Whether an expression is no instance of any class of a family.

        It is ``self`` or ``cls`` of a class that is none of them, something imported, or what that
        made, as ``Mock()`` does.

        Args:
            node: the expression.
            family: the names of a class of this file and of those that derive from it.

        """
        if not isinstance(node, ast.Name):
            return False
        if self._is_made_elsewhere(node):
            return True
        owner = next((a for a in self._above(node) if isinstance(a, ast.ClassDef)), None)
        return node.id in {"self", "cls"} and owner is not None and owner.name not in family

    def source_of(self, node: ast.expr) -> str | None:
        """Return the dotted name of what an expression means, by the imports of the file.

        For an attribute of a variable that is bound once, to what something imported made, it is
        that of the maker's: ``runner.crawl`` is ``scrapy.crawler.CrawlerRunner.crawl``.
        """
        root = root_of(node)
        if not isinstance(root, ast.Name):
            return None
        is_global = self._module.names.is_global(root)
        source = dotted_source(node, self._module.names) if is_global else None
        if source is not None or root is node:
            return source
        scope = self._module.tree if is_global else self.scope_of(root)
        self._look_into(scope)
        match [next(iter(self._above(b))) for b in self._bound[id(scope)].get(root.id, ())]:
            case [ast.Assign(targets=[ast.Name()], value=ast.Call(func=maker))]:
                names = self._module.names
                made = dotted_source(maker, names) if names.is_global(root_of(maker)) else None
                return made and made + ast.unparse(node).removeprefix(root.id)
        return None

    def reads(self, variable: str, scope: ast.AST) -> list[ast.Name]:
        """Return where a function, or the module, reads a variable."""
        self._look_into(scope)
        return self._read[id(scope)].get(variable, [])

    def scope_of(self, node: ast.AST) -> ast.AST:
        """Return the function that a node stands in, else the module."""
        functions = (a for a in self._above(node) if isinstance(a, FUNCTIONS))
        return next(functions, self._module.tree)

    def _look_into(self, scope: ast.AST) -> None:
        if id(scope) in self._bound:
            return
        bound = self._bound[id(scope)] = defaultdict(list)
        read = self._read[id(scope)] = defaultdict(list)
        for node in walk(scope):
            for name, _ in bound_names(node):
                bound[name].append(node)
            if isinstance(node, ast.arg):
                bound[node.arg].append(node)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                read[node.id].append(node)

    def _is_made_elsewhere(self, node: ast.Name) -> bool:
        scope = self.scope_of(node)
        self._look_into(scope)
        bound = self._bound[id(scope)].get(node.id)
        if not bound:
            return self._module.names.means_import(node)
        return all(map(self._is_from_elsewhere, bound))

    def _is_from_elsewhere(self, binding: ast.AST) -> bool:
        if isinstance(binding, ast.Import | ast.ImportFrom):
            return True
        match next(iter(self._above(binding)), None):
            case ast.Assign(targets=[ast.Name()], value=ast.Call(func=func, args=[])):
                return self._module.names.means_import(func)
        return False


@functools.lru_cache(maxsize=1)
def reads_in(names: ModuleNames) -> list[tuple[ast.expr, ast.expr]]:
    """Return what may read a docstring or annotations, and the expression that has them."""
    calls = [c for c in names.of_kind(ast.Call) if last_name(c.func) in _READING]
    return [
        *((a, a.value) for a in names.of_kind(ast.Attribute) if a.attr in _READ),
        *((c, c.args[0] if c.args else c) for c in calls),
    ]


@functools.lru_cache(maxsize=1)
def reads_of_module(names: ModuleNames) -> list[tuple[ast.expr, ast.expr]]:
    """Return what tells the module of something, or has its globals, and that something."""
    wanted = {"__globals__", "__module__"}
    found: list[tuple[ast.expr, ast.expr]] = [
        (a, a.value) for a in names.of_kind(ast.Attribute) if a.attr in wanted
    ]
    for call in names.of_kind(ast.Call):
        match call:
            case ast.Call(func=ast.Name("getattr"), args=[owner, ast.Constant(name), *_]):
                if name in wanted:
                    found.append((call, owner))
    return found


@functools.lru_cache(maxsize=1)  # copies of one name ask one after the other
def ways_to_class(name: str, names: ModuleNames) -> list[ast.expr]:
    """Return the expressions that may be a class without its name."""
    kinds = (ast.Attribute, ast.Subscript, ast.Call)
    return [n for kind in kinds for n in names.of_kind(kind) if _may_be_class(n, name)]


def instance_in(node: ast.expr) -> ast.expr:
    """Return the expression of which another gives the class."""
    match node:
        case ast.Attribute(value=instance) | ast.Call(func=ast.Name(id="type"), args=[instance]):
            return instance
    return node


def _may_be_class(node: ast.expr, name: str) -> bool:
    match node:
        case ast.Attribute(attr=attr):
            return attr in WAYS_TO_CLASS
        case ast.Call(func=ast.Attribute(attr="mro" | "__subclasses__")):
            return True
        case ast.Call(func=ast.Name(id="type"), args=[_]):
            return True
        case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=text), *_]):
            return bool(text == name)
        case ast.Subscript(value=dictionary, slice=ast.Constant(value=text)):
            return text == name and is_dictionary(dictionary)
    return False
