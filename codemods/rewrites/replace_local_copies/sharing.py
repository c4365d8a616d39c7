"""What a definition itself must not do to be shared by many files.

In a shared module it is executed once, not once in each file, and its globals are those of that
module. So it must keep no state, act on nothing when it is executed, and mean nothing of the module
that it stands in.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator
from functools import partial

from codemods.engine.names import (
    ModuleNames,
    dotted_source,
    is_literal,
    last_name,
    run_here,
)
from codemods.engine.placement import only_binds
from codemods.engine.scopes import DEFINITIONS, FUNCTIONS, Definition, free_names, local_names
from codemods.engine.text import reason_at
from codemods.engine.walk import walk
from codemods.model import Code, Reason
from codemods.rewrites.collected import is_mark, is_of_python
from codemods.rewrites.replace_local_copies.own_module import means_its_module
from codemods.rewrites.replace_local_copies.stores import stores_in, stores_of
from codemods.wording import trusting

#: Decorators and bases that have no effect outside of what they are applied to, by their dotted
#: names, beside the bases of the standard library. The settings may name more (``harmless``).
HARMLESS = frozenset(
    {
        *("abc.abstractmethod", "contextlib.asynccontextmanager", "contextlib.contextmanager"),
        *("dataclasses.dataclass", "enum.unique", "functools.cached_property"),
        *("functools.total_ordering", "functools.wraps"),
        *("pydantic.BaseModel", "pydantic.computed_field", "pydantic.field_serializer"),
        *("pydantic.field_validator", "pydantic.model_serializer", "pydantic.model_validator"),
        *("pydantic.root_validator", "pydantic.validator", "pydantic.dataclasses.dataclass"),
        *("pytest.fixture", "pytest_asyncio.fixture", "typing.final", "typing.no_type_check"),
        *("typing.overload", "typing.override", "typing.runtime_checkable"),
        *("typing_extensions.NotRequired", "typing_extensions.Protocol"),
        *("typing_extensions.TypedDict", "typing_extensions.override"),
        *("typing_extensions.runtime_checkable", "typing_extensions.final"),
    }
)
#: What may act in the arguments of a mark.
_RUNS = (ast.Await, ast.Call, ast.NamedExpr, ast.Yield, ast.YieldFrom)
_METHOD_DECORATORS = frozenset({"classmethod", "property", "staticmethod"})

#: Methods that run when a class is defined: of its bases, and of its metaclass.
_HOOKS = frozenset({"__init_subclass__", "__mro_entries__", "__set_name__"})
_METACLASS_HOOKS = frozenset({"__init__", "__new__", "__prepare__"})

#: Calls in a class body that make a value for each instance, or one that never changes.
_FIELDS = frozenset(
    {
        *("dataclasses.field", "enum.auto", "pydantic.Field", "pydantic.PrivateAttr"),
        *("pydantic.ConfigDict", "pydantic.fields.Field"),
    }
)
_PLAIN_ATTRIBUTES = frozenset({"__match_args__", "__slots__", "model_config"})


def reasons_not_to_share(
    node: Definition, names: ModuleNames, harmless: frozenset[str], bases: frozenset[str]
) -> Iterator[Reason]:
    """Yield what forbids sharing a definition, whatever the file does with it.

    Args:
        node: the definition.
        names: those of its module.
        harmless: dotted names of decorators and bases that the settings trust.
        bases: those of the shared classes, which are judged by themselves.

    """
    yield from _acts(node, names, HARMLESS | harmless, bases)
    yield from _state(node, names, harmless)
    yield from means_its_module(node, names)


@functools.lru_cache(maxsize=16)  # each copy of one of its definitions asks
def first_act(names: ModuleNames) -> ast.stmt | None:
    """Return the first statement that does more than bind names when a shared module is imported.

    A file whose copy is replaced would import it, maybe as the first one.
    """
    pending = list(names.tree.body)
    for statement in pending:  # which grows meanwhile
        match statement:
            case ast.If(test=test) if "__name__" in ast.unparse(test):
                pass
            case ast.If() | ast.Try():
                pending += [s for s in ast.iter_child_nodes(statement) if isinstance(s, ast.stmt)]
                handlers = getattr(statement, "handlers", ())
                pending += [s for handler in handlers for s in handler.body]
            case ast.Expr(ast.Call(function)) if last_name(function) == "register_assert_rewrite":
                pass
            case ast.AugAssign(ast.Name()) | ast.Raise():
                pass
            case _ if not only_binds(statement):
                return statement
    return None


def asserts(node: Definition) -> int | None:
    """Return the line of the first ``assert`` statement in a definition, None without one.

    pytest rewrites those of test modules and of conftest files, and of other modules when asked to:
    https://docs.pytest.org/en/stable/how-to/writing_plugins.html#assertion-rewriting
    """
    return next((n.lineno for n in walk(node) if isinstance(n, ast.Assert)), None)


def _fixture_values(node: Definition) -> Iterator[ast.expr]:
    """Yield each value that a fixture gives to tests by its ``params``, where they are written out.

    https://docs.pytest.org/en/stable/how-to/fixtures.html#parametrizing-fixtures
    """
    calls = [d for d in node.decorator_list if isinstance(d, ast.Call)]
    for params in (k.value for d in calls for k in d.keywords if k.arg == "params"):
        for value in getattr(params, "elts", ()):
            match value:
                case ast.Call(args=args):  # pytest.param(...)
                    yield from args
                case _:
                    yield value


# Acts when it is executed


def _acts(
    node: Definition, names: ModuleNames, harmless: frozenset[str], bases: frozenset[str]
) -> Iterator[Reason]:
    own = _own_names(node)
    for inner in _executed_definitions(node):
        yield from _set_before(inner, names)
        for decorator in inner.decorator_list:
            if not is_harmless_decorator(decorator, names, harmless, own):
                what = f"`@{ast.unparse(decorator)}` may act when it is executed"
                advice = _advice(decorator, names, partial(is_harmless_decorator, own=own))
                yield _acting(decorator, what, advice)
        if isinstance(inner, ast.ClassDef):
            # The other keywords are arguments of the bases: total=False, extra=Extra.forbid.
            plain = [k for k in inner.keywords if k.arg and k.arg != "metaclass"]
            acting = [
                k for k in inner.keywords if k not in plain or not _is_plain_argument(k.value)
            ]
            for base in [*inner.bases, *(k.value for k in acting)]:
                if not is_harmless_base(base, names, harmless | bases, own):
                    what = f"`{ast.unparse(base)}` may act when a class is derived from it"
                    advice = _advice(base, names, partial(is_harmless_base, own=own))
                    yield _acting(base, what, advice)
            for statement in inner.body:
                if not _is_plain_statement(statement):
                    text = ast.unparse(statement).splitlines()[0]
                    yield _acting(statement, f"`{text}` runs when the class is defined")
                elif isinstance(statement, FUNCTIONS) and statement.name in _hooks(inner, names):
                    text = f"`{statement.name}` runs for each class that is derived or made"
                    yield _acting(statement, text)


def _set_before(node: Definition, names: ModuleNames) -> Iterator[Reason]:
    """Yield what is read when a definition is executed, and set by its file: ``settings.url``."""
    body = [s for s in node.body if not isinstance(s, DEFINITIONS)]
    executed = [*run_here(node), *(body if isinstance(node, ast.ClassDef) else [])]
    for read in (n for n in walk(*executed) if isinstance(n, ast.Attribute)):
        for store in stores_in(names).get(read.attr, ()):
            if store.owner is not None and last_name(store.owner) == last_name(read.value):
                text = ast.unparse(read)
                yield _acting(read, f"`{text}`, which line {store.node.lineno} sets, is read")


def _hooks(node: ast.ClassDef, names: ModuleNames) -> frozenset[str]:
    """Return the names of methods that run when another class is defined by this one."""
    is_metaclass = any(
        dotted_source(b, names) in {"type", "abc.ABCMeta", "enum.EnumMeta"} for b in node.bases
    )
    return _HOOKS | _METACLASS_HOOKS if is_metaclass else _HOOKS


def _acting(node: ast.expr | ast.stmt, what: str, advice: str = "") -> Reason:
    message = f"{what}: once for all files, not once for each of them{advice}"
    return reason_at(node, Code.ACTS_WHEN_DEFINED, message)


def _advice(
    acting: ast.expr,
    names: ModuleNames,
    is_harmless: Callable[[ast.expr, ModuleNames, frozenset[str]], bool],
) -> str:
    """Return what to add to the settings, where that would be enough."""
    source = dotted_source(_named(acting), names)
    is_enough = source is not None and is_harmless(acting, names, frozenset({source}))
    is_known = source is None or is_of_python(
        source
    )  # as `functools.cache`: it does keep something
    return trusting(
        "if it keeps and registers nothing", source if is_enough and not is_known else None
    )


def _named(acting: ast.expr) -> ast.expr:
    """Return what is called or subscripted in a decorator or base: its name."""
    match acting:
        case ast.Call(func=name) | ast.Subscript(value=name):
            return name
    return acting


def _executed_definitions(node: Definition) -> Iterator[Definition]:
    """Yield a definition and those in it that are executed with it: those of class bodies."""
    yield node
    if isinstance(node, ast.ClassDef):
        for statement in node.body:
            if isinstance(statement, DEFINITIONS):
                yield from _executed_definitions(statement)


def _own_names(node: Definition) -> frozenset[str]:
    body = node.body if isinstance(node, ast.ClassDef) else []
    return frozenset(s.name for s in body if isinstance(s, DEFINITIONS))


def is_harmless_decorator(
    decorator: ast.expr,
    names: ModuleNames,
    harmless: frozenset[str],
    own: frozenset[str],
) -> bool:
    """Whether a decorator has no effect outside of what it is applied to; `own` are its methods."""
    if is_mark(decorator):
        root = ast.unparse(decorator).partition(".")[0]
        bound = names.bindings.get(root, [])
        inside = walk(decorator)[1:]
        return not any(isinstance(n, _RUNS) for n in inside) and all(
            b.source in {"import pytest", "from pytest import mark"} for b in bound
        )
    plain = decorator
    if isinstance(decorator, ast.Call):
        plain = decorator.func
        values = [*decorator.args, *(k.value for k in decorator.keywords)]
        if not all(_is_plain_argument(v) for v in values):
            return False
    if isinstance(plain, ast.Attribute) and plain.attr in {"setter", "getter", "deleter"}:
        return isinstance(plain.value, ast.Name) and plain.value.id in own
    source = dotted_source(plain, names)
    return source in harmless or source in _METHOD_DECORATORS


def is_harmless_base(
    base: ast.expr, names: ModuleNames, harmless: frozenset[str], own: frozenset[str]
) -> bool:
    """Whether a base has no effect outside of what derives from it; `own` are classes beside."""
    if isinstance(base, ast.Subscript):  # Generic[T], list[int]
        base = base.value
    if isinstance(base, ast.Constant):  # total=False
        return True
    if isinstance(base, ast.Name):
        if base.id in own:
            return True
        bound = names.bindings.get(base.id, [])
        if len(bound) == 1 and isinstance(bound[0].node, ast.ClassDef):
            return True  # that it is a copy itself is seen when globals are compared
    source = dotted_source(base, names)
    if source is None:
        return False
    return source in harmless or is_of_python(source)


def _is_plain_statement(statement: ast.stmt) -> bool:
    """Whether a statement of a class body does nothing but bind names."""
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.Assign(targets=targets):
            return all(isinstance(t, ast.Name) for t in targets)
        case ast.AnnAssign(target=ast.Name()):
            return True
    return isinstance(statement, DEFINITIONS)


# State


def _state(node: Definition, names: ModuleNames, harmless: frozenset[str]) -> Iterator[Reason]:
    outer = free_names(node).global_names
    for declared in (n for n in walk(node) if isinstance(n, ast.Global | ast.Nonlocal)):
        if not outer.isdisjoint(declared.names):
            text = ast.unparse(declared)
            yield _stateful(declared, f"`{text}` writes outside of the definition")
    own = _names_of_itself(node)
    for inner in walk(node):
        for store in stores_of(inner):
            if store.owner is not None and _is_shared_owner(store.owner, own):
                text = ast.unparse(store.node)
                yield _stateful(store.node, f"`{text}` is set on the definition")
    for definition in _executed_definitions(node):
        if isinstance(definition, ast.ClassDef) and is_enum(definition, names):
            yield from _member_attributes(definition)
        for value in _fixture_values(definition):
            if not _is_immutable(value):
                text = ast.unparse(value)
                yield _stateful(value, f"the parameter `{text}` of the fixture is mutable")
        if isinstance(definition, FUNCTIONS):
            defaults = [*definition.args.defaults, *definition.args.kw_defaults]
            for default in defaults:
                if default is not None and not _is_immutable(default):
                    text = ast.unparse(default)
                    yield _stateful(default, f"the default value `{text}` is mutable or made")
        else:
            yield from _class_attributes(definition, names, harmless)


def is_enum(node: Definition, names: ModuleNames) -> bool:
    """Whether a definition is an enum, of which the members are there once, as the class is."""
    sources = (dotted_source(base, names) or "" for base in getattr(node, "bases", ()))
    return any(source.startswith("enum.") for source in sources)


def _member_attributes(node: ast.ClassDef) -> Iterator[Reason]:
    """Yield what methods of an enum set on a member, but for what runs when it is made."""
    for method in node.body:
        if isinstance(method, FUNCTIONS) and method.name not in {"__init__", "__new__"}:
            first = {a.arg for a in [*method.args.posonlyargs, *method.args.args][:1]}
            for store in (s for n in walk(method) for s in stores_of(n)):
                if isinstance(store.owner, ast.Name) and store.owner.id in first:
                    text = ast.unparse(store.node)
                    yield _stateful(store.node, f"`{text}` is set on a member of the enum")


def _class_attributes(
    node: ast.ClassDef, names: ModuleNames, harmless: frozenset[str]
) -> Iterator[Reason]:
    for statement in node.body:
        match statement:
            case (
                ast.Assign(targets=[target, *_], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ) if not _is_immutable(value) and not _is_field(value, names):
                advice = ""
                if isinstance(target, ast.Name) and _is_plain_argument(value):
                    inherited = inherited_names(target.id, node, names)
                    if target.id in _PLAIN_ATTRIBUTES or not harmless.isdisjoint(inherited):
                        continue
                    advice = trusting("if nothing changes it", next(iter(inherited), None))
                text = ast.unparse(statement)
                yield _stateful(statement, f"`{text}` is state of the class", advice)


def inherited_names(name: str, node: ast.ClassDef, names: ModuleNames) -> list[str]:
    """Return the dotted names that an attribute has in bases, none where the file mentions it."""
    if any(attribute.attr == name for attribute in names.of_kind(ast.Attribute)):
        return []
    sources = (dotted_source(_named(base), names) for base in node.bases)
    return [f"{source}.{name}" for source in sources if source and not is_of_python(source)]


def _stateful(node: ast.expr | ast.stmt, what: str, advice: str = "") -> Reason:
    message = f"{what}: once shared, a change would leak into other files{advice}"
    return reason_at(node, Code.STATE, message)


def _names_of_itself(node: Definition) -> frozenset[str]:
    """Return the names in a definition that may mean what all files would share.

    For a class those are its own name, the classes in its body, the first parameter of its class
    methods, and what any of them is assigned to. A function may have a variable of its own name,
    as fixtures often do.
    """
    if not isinstance(node, ast.ClassDef):
        return frozenset({node.name}) - local_names(node)
    inside = walk(node)
    own = {node.name, "cls", "mcs", "__class__", *_first_parameters(node)}
    own |= {n.name for n in node.body if isinstance(n, ast.ClassDef)}
    while True:
        more = {
            target.id
            for n in inside
            if isinstance(n, ast.Assign | ast.NamedExpr)
            and any(_is_shared_owner(v, own) for v in getattr(n.value, "elts", [n.value]))
            for top in (n.targets if isinstance(n, ast.Assign) else [n.target])
            for target in [top, *getattr(top, "elts", ())]
            if isinstance(target, ast.Name)
        }
        if more <= own:
            return frozenset(own)
        own |= more


def mentions_of_class(node: Definition) -> Iterator[ast.Name]:
    """Yield the names in a class that mean it, or a subclass, without its own name."""
    if isinstance(node, ast.ClassDef):
        own = {"__class__", *_first_parameters(node)}
        yield from (n for n in walk(node) if isinstance(n, ast.Name) and n.id in own)


def _first_parameters(node: ast.ClassDef) -> Iterator[str]:
    """Yield the names that its class methods have for the class."""
    for method in node.body:
        if isinstance(method, FUNCTIONS) and _takes_the_class(method):
            yield from (a.arg for a in [*method.args.posonlyargs, *method.args.args][:1])


def _takes_the_class(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    decorators = {d.id for d in method.decorator_list if isinstance(d, ast.Name)}
    return method.name == "__new__" or "classmethod" in decorators


def _is_shared_owner(node: ast.expr, own: set[str] | frozenset[str]) -> bool:
    """Whether an expression may be the definition, a class in its body, or one of its methods."""
    match node:
        case ast.Name(id=name):
            return name in own
        case ast.Attribute(attr="__class__") | ast.Call(func=ast.Name(id="type")):
            return True
        case ast.Attribute(value=value, attr=attr):
            return attr in own or _is_shared_owner(value, own)
    return False


def _is_immutable(node: ast.expr) -> bool:
    match node:
        case ast.Constant() | ast.Name():
            return True
        case ast.Lambda(args=args):
            return all(_is_immutable(d) for d in (*args.defaults, *args.kw_defaults) if d)
        case ast.Attribute(value=value) | ast.UnaryOp(operand=value):
            return _is_immutable(value)
        case ast.BinOp(left=left, op=op, right=right):
            sides = (left, right)  # of names it may be a new list: ``MORE + LESS``, ``MORE * 2``
            is_of_names = isinstance(op, ast.Mult) or not any(map(is_literal, sides))
            if is_of_names and any(isinstance(side, ast.Name) for side in sides):
                return False
            return all(map(_is_immutable, sides))
        case ast.Tuple(elts=elts):
            return all(_is_immutable(e) for e in elts)
    return False


def _is_plain_argument(node: ast.expr) -> bool:
    """Whether an expression is made of literals and names alone, which do not change."""
    match node:
        case ast.List(elts=elts) | ast.Set(elts=elts) | ast.Tuple(elts=elts):
            return all(map(_is_plain_argument, elts))
        case ast.Dict(keys=keys, values=values):
            return all(k is not None and _is_plain_argument(k) for k in keys) and all(
                map(_is_plain_argument, values)
            )
        case ast.Call(func=func, args=args, keywords=keywords):
            arguments = [*args, *(k.value for k in keywords)]
            is_known = last_name(func) in {"param", "ConfigDict", "dict"}
            return is_known and all(map(_is_plain_argument, arguments))
    return _is_immutable(node)


def _is_field(node: ast.expr, names: ModuleNames) -> bool:
    """Whether a value of a class body is a description of what each instance gets."""
    match node:
        case ast.Call(func=func, args=args, keywords=keywords):
            return dotted_source(func, names) in _FIELDS and all(
                _is_plain_argument(v) for v in [*args, *(k.value for k in keywords)]
            )
    return False
