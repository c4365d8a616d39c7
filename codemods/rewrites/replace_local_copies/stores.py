"""Where a file sets an attribute of something: by a statement, a call, or a text for a patch."""

from __future__ import annotations

import ast
import functools
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from codemods.engine.names import ModuleNames, all_args, last_name

#: Calls that set an attribute, or an item, of their first argument.
SETTERS = frozenset(
    {
        *("setattr", "delattr", "__setattr__", "__delattr__", "setitem", "delitem"),
        *("object", "multiple", "dict"),  # of unittest.mock.patch
    }
)
#: All calls that `stores_of` knows.
_SETTING = SETTERS | {"eval", "exec", "patch", "update"}
#: Attributes that are the dictionary of an object, or of the module of a function or frame.
DICTIONARIES = frozenset({"__dict__", "__globals__", "f_globals"})
#: A dotted path, or the end of one; those of ``pytest.mark`` name no module of the repository.
_PATH = re.compile(r"(?!pytest\.)(\S*)\.(\w+)")


class Store(NamedTuple):
    """One place that may set an attribute.

    `owner` is what has the attribute: an expression, the text that leads to it, or None where it
    may be anything; `name` that of the attribute, None where it is not written out.
    """

    node: ast.expr
    owner: ast.expr | None
    name: str | None


def stores_of(node: ast.AST) -> Iterator[Store]:
    """Yield what one node may set; a text may be the path of a patch."""
    match node:
        case ast.Constant(value=str(text)):
            path = _PATH.fullmatch(text)
            if path is not None:
                yield Store(node, ast.Constant(path.group(1)), path.group(2))
        case (
            ast.JoinedStr(values=[ast.FormattedValue(value=own), ast.Constant(value=str(rest))])
            | ast.BinOp(left=own, op=ast.Add(), right=ast.Constant(value=str(rest)))
        ) if isinstance(own, ast.Name) and own.id == "__name__":
            path = re.match(r"\.(\w+)", rest)
            if path is not None:
                yield Store(node, own, path.group(1))
        case ast.Call(
            func=func,
            args=[
                ast.JoinedStr([ast.FormattedValue(own), ast.Constant(str(rest))])
                | ast.BinOp(own, ast.Add(), ast.Constant(str(rest))),
                *_,
            ],
        ) if rest[:1] == "." and last_name(func) in {"patch", "setattr", "delattr"}:
            yield Store(node, own, rest.split(".")[1])
        case ast.Attribute(value=owner, attr=name, ctx=ast.Store() | ast.Del()):
            yield Store(node, owner, name)
        case ast.Subscript(
            value=owner, slice=ast.Constant(value=str(name)), ctx=ast.Store() | ast.Del()
        ) if is_dictionary(owner):
            yield Store(node, owner, name)
        case ast.Call(
            func=ast.Attribute(value=owner, attr="update"), args=args, keywords=keywords
        ) if is_dictionary(owner):
            yield from (Store(node, owner, key) for a in args for key in _keys_of(a))
            yield from (Store(node, owner, k.arg) for k in keywords)
        case ast.Call(func=ast.Name(id="eval" | "exec")):
            for word in set(re.findall(r"\w+", ast.unparse(node))):
                yield Store(node, None, word)
        case ast.Call(func=func, args=[owner, *more], keywords=keywords) if (
            last_name(func) in SETTERS
        ):
            match more:
                case [ast.Constant(value=str(name)), *_]:
                    yield Store(node, owner, name)
                case _:
                    yield Store(node, owner, None)
            yield from (Store(node, owner, k.arg) for k in keywords)


def _keys_of(node: ast.expr) -> Iterator[str | None]:
    """Yield the keys of a dictionary, None for what is not written out."""
    for key in node.keys if isinstance(node, ast.Dict) else (None,):
        match key:
            case ast.Constant(value=str(text)):
                yield text
            case _:
                yield None


@functools.lru_cache(maxsize=4)  # several rules ask about one file, and the shared module
def stores_in(names: ModuleNames) -> dict[str | None, list[Store]]:
    """Return all stores of a module, by the names of the attributes."""
    found: dict[str | None, list[Store]] = defaultdict(list)
    texts = _texts(names)
    for node in _candidates(names):
        for store in stores_of(node):
            owner = texts.get(id(store.owner), store.owner)
            found[store.name].append(store._replace(owner=owner))
    return found


@functools.lru_cache(maxsize=4)
def changed_variables(names: ModuleNames) -> dict[str, ast.expr]:
    """Return the variables of which an attribute is set, with the first place that does so."""
    found: dict[str, ast.expr] = {}
    for store in (s for same in stores_in(names).values() for s in same):
        owner = store.owner
        while isinstance(owner, ast.Call | ast.Subscript):
            owner = owner.func if isinstance(owner, ast.Call) else owner.value
        if isinstance(owner, ast.Attribute | ast.Name):
            found.setdefault(last_name(owner), store.node)
            found.setdefault(path_or_name(owner), store.node)
    return found


def path_or_name(node: ast.expr) -> str:
    """Return the text of an attribute, as ``self.x`` of one object, else the last name."""
    return ast.unparse(node) if isinstance(node, ast.Attribute) else last_name(node)


@functools.lru_cache(maxsize=4)
def changing_functions(names: ModuleNames) -> frozenset[str]:
    """Return the functions of a module that set an attribute of one of their parameters."""
    changed = changed_variables(names)
    found: list[ast.FunctionDef | ast.AsyncFunctionDef] = [*names.of_kind(ast.FunctionDef)]
    found += names.of_kind(ast.AsyncFunctionDef)
    return frozenset(f.name for f in found if any(a.arg in changed for a in all_args(f.args)))


def _candidates(names: ModuleNames) -> Iterator[ast.expr]:
    """Yield the nodes that may set something, told at a glance: most set nothing."""
    targets: list[ast.Attribute | ast.Subscript] = [
        *names.of_kind(ast.Attribute),
        *names.of_kind(ast.Subscript),
    ]
    yield from (node for node in targets if node.ctx.__class__ is not ast.Load)
    texts = names.of_kind(ast.Constant)
    yield from (node for node in texts if node.value.__class__ is str and "." in node.value)
    calls = names.of_kind(ast.Call)
    yield from (node for node in calls if last_name(node.func) in _SETTING)
    yield from (*names.of_kind(ast.BinOp), *names.of_kind(ast.JoinedStr))


def _texts(names: ModuleNames) -> dict[int, ast.expr]:
    """Return the text that each mention of a constant of the module stands for."""
    found: dict[int, ast.expr] = {}
    for statement in () if names.stars else names.tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str()) as text)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str()) as text)
            ) if len(names.bindings[name]) == 1:
                found.update((id(mention), text) for mention in names.mentions.get(name, ()))
    return found


@functools.lru_cache(maxsize=4)
def stores_by_word(names: ModuleNames) -> dict[str, dict[int, Store]]:
    """Return the stores of a module, numbered, by the names that the owner of each has in it."""
    found: dict[str, dict[int, Store]] = defaultdict(dict)
    for number, store in enumerate(s for same in stores_in(names).values() for s in same):
        match store.owner:
            case ast.Constant(value=str(path)):
                words = path.split(".")
            case ast.Attribute(value=ast.Name(id=owner), attr=attr):
                words = [owner, attr]
            case (
                ast.Attribute(attr=word)
                | ast.Subscript(slice=ast.Constant(value=str(word)))
                | ast.Call(args=[_, ast.Constant(value=str(word))])
            ):
                words = [word]
            case _:
                words = [store.name or ""]
        for word in words:
            found[word][number] = store
    return found


def is_dictionary(node: ast.expr) -> bool:
    """Whether an expression may be the dictionary of a module."""
    match node:
        case ast.Call(func=ast.Name(id="globals" | "locals" | "vars")):
            return True
        case ast.Attribute(attr=name):
            return name in DICTIONARIES
    return False
