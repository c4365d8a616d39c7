"""A definition -> its shape: what must be equal before one definition may stand for another.

Docstrings, annotations, ``pass``, the order of methods, a base ``object``, a class attribute
``__test__ = False`` and `pytest.mark` decorators, but for those of functions, do not count.
Docstrings and annotations do where a decorator or a base may read them: `dataclasses.dataclass`,
pydantic.

A name from outside of the definition counts by what it means, not by how it is spelled: the key has
a number for it, and `Shape.reads` the names in the order of those numbers.
"""

from __future__ import annotations

import ast
import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, TypeVar

from codemods.engine.names import bound_names, last_name, own_nodes, run_here
from codemods.engine.scopes import DEFINITIONS, FUNCTIONS, Definition, FreeNames, free_names
from codemods.engine.walk import walk
from codemods.rewrites.collected import is_fixture, is_mark

#: What makes an annotation more than a word about a type.
_ACTS = (ast.Await, ast.Call, ast.NamedExpr, ast.Yield, ast.YieldFrom)

#: Decorators that do not read what they decorate: the built-in ones, and those of a property.
_BLIND_DECORATORS = frozenset(
    {
        *("property", "staticmethod", "classmethod", "contextmanager", "asynccontextmanager"),
        *("fixture", "setter", "getter", "deleter"),
    }
)

_Node = TypeVar("_Node", bound=ast.AST)

#: Values in a node that are no nodes to copy, but for constants.
_ATOMS = frozenset({bool, int, str, type(None), ast.Load, ast.Store, ast.Del})


class Member(NamedTuple):
    """One member of a class, or statement of a function: `text` is what a message shows."""

    name: str
    text: str
    line: int


class Shape(NamedTuple):
    """What counts of a definition: equal keys are equal code, where `reads` mean the same."""

    key: str
    reads: tuple[str, ...]


class Normal:
    """A definition without what does not count; each part is worked out when it is first asked for.

    Args:
        node: the definition, which stays as it is.
        is_builtin: whether a name of its module is the built-in one of that name.

    """

    def __init__(self, node: Definition, is_builtin: Callable[[str], bool]) -> None:
        self.node = node
        self._is_builtin = is_builtin

    @cached_property
    def shape(self) -> Shape:
        """What decides whether two definitions are equal."""
        return _shape(self._normal)

    @cached_property
    def exact(self) -> Shape:
        """The same with docstrings and annotations: what may be read of a value that is passed."""
        return _shape(_normalised(self.node, self._is_builtin, keep=True))

    @cached_property
    def quoted(self) -> tuple[str, ...]:
        """The names in annotations that are written as text, which may be evaluated."""
        names = (n for a in annotations_in(self.node) for n in _quoted_names(a))
        return tuple(dict.fromkeys(n for n in names if n != self.node.name))

    @cached_property
    def is_read(self) -> bool:
        """Whether a decorator, a base, or who is given an inner function may read annotations."""
        nodes = walk(self.node)
        bodies = (n.body for n in nodes if isinstance(n, FUNCTIONS))
        has_inner = any(isinstance(n, DEFINITIONS) for body in bodies for n in walk(*body))
        return has_inner or any(_is_read(n, self._is_builtin) for n in nodes)

    @property
    def is_short(self) -> bool:
        """Whether it has one simple statement at most, so that it equals another one by chance."""
        body = self._normal.body
        inner = ast.stmt | ast.match_case | ast.excepthandler
        return len(body) < 2 and not any(
            isinstance(c, inner) for c in ast.iter_child_nodes(body[0])
        )

    @cached_property
    def head(self) -> Member:
        """Decorators, bases and keywords, or parameters."""
        text = ast.unparse(_without_body(self._normal)).rpartition("\n")[0]
        return Member(
            "", text.replace("\n", " ").replace(self.node.name, "...", 1), self.node.lineno
        )

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """What counts of the body: members of a class, statements of a function."""
        return _members(self._normal)

    @cached_property
    def bare_members(self) -> frozenset[tuple[str, str]]:
        """Name and text of each member, without annotations and docstrings in any case."""
        bare = _normalised(self.node, self._is_builtin, keep=None)
        return frozenset((m.name, m.text) for m in _members(bare))

    @cached_property
    def _normal(self) -> Definition:
        return _normalised(self.node, self._is_builtin, keep=False)


def first_difference(local: Normal, shared: Normal) -> tuple[int, str]:
    """Return where two definitions differ first, in the order of the local file, and how.

    Returns:
        The line of that member, or of the definition where a member is missing, and a clause.

    """
    line = local.node.lineno
    if local.head.text != shared.head.text:
        here, there = _quoted(local.head.text), _quoted(shared.head.text)
        return line, f"its head is {here}, not {there}"
    theirs = {m.name: m for m in shared.members}
    common = {(m.name, m.text) for m in shared.members}
    for member in local.members:
        other = theirs.get(member.name)
        if other is None:
            return member.line, f"`{member.name}` is not in the shared definition"
        if (member.name, member.text) not in common:
            return member.line, f"`{member.name}` differs: {_contrast(member.text, other.text)}"
    ours = {m.name for m in local.members}
    for other in shared.members:
        if other.name not in ours:
            return line, f"it has no `{other.name}`, as the shared definition has"
    return line, "its members stand in an order that matters, or its names mean something else"


def common_members(local: Normal, shared: Normal) -> int:
    """Count the members or statements that two definitions have in common."""
    return len(local.bare_members & shared.bare_members)


def _members(normal: Definition) -> tuple[Member, ...]:
    body = (s for s in normal.body if not isinstance(s, ast.Pass))
    return tuple(Member(_name_of(s), ast.unparse(s), s.lineno) for s in body)


def _quoted(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return f"`{line if len(line) <= 70 else line[:67] + '...'}`" if line else "nothing"


def _contrast(here: str, there: str) -> str:
    ours, theirs = (filter(str.strip, text.splitlines()) for text in (here, there))
    pairs = itertools.zip_longest(ours, theirs, fillvalue="")
    our, their = next(pair for pair in pairs if pair[0] != pair[1])
    return f"{_quoted(our)} here, {_quoted(their)} in the shared definition"


def _name_of(statement: ast.AST) -> str:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return ast.unparse(statement).splitlines()[0][:40]


# The shape


def _shape(normal: Definition) -> Shape:
    """Write a normalised definition down, with numbers for the names from outside."""
    writer = _Writer(normal)
    return Shape(writer.key, tuple(writer.numbers))


class _Writer:
    """Writes nodes as `ast.dump` does, for a fifth of the time, places aside."""

    def __init__(self, normal: Definition) -> None:
        self._normal = normal
        self._free: FreeNames = free_names(normal)
        self.numbers: dict[str, int] = {}
        self._parts: list[str] = []
        self._write(normal)
        self.key = " ".join(self._parts)

    def _write(self, node: ast.AST) -> None:
        # Each class has as many values as it has fields, so that the text has one meaning.
        parts = self._parts
        parts.append(node.__class__.__name__)
        name = self._free.nodes.get(id(node))
        if name is not None:
            parts.append(self._number(name))
            if id(node) not in self._free.doubtful:
                return
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, ast.AST):
                if value._fields:
                    self._write(value)
                else:  # an operator, or ``Load``
                    parts.append(value.__class__.__name__)
            elif value.__class__ is list:
                parts.append("[")
                for item in value:
                    if isinstance(item, ast.AST):
                        self._write(item)
                    else:
                        parts.append(repr(item))
                parts.append("]")
            elif field == "name" and node is self._normal:
                parts.append("$")
            elif value.__class__ is int:
                parts.append(hex(value))  # CPython writes no decimal of more than 4,300 digits
            else:
                parts.append(repr(value))

    def _number(self, name: str) -> str:
        if name == self._normal.name:
            return "$"
        return f"${self.numbers.setdefault(name, len(self.numbers))}"


# Normalisation


def _normalised(
    node: Definition, is_builtin: Callable[[str], bool], *, keep: bool | None
) -> Definition:
    """Copy a definition without what does not count.

    Annotations and docstrings stay where `keep` is true, go where it is None, and else stay where
    something may read them.
    """
    copy = _Normaliser(is_builtin, keep=keep).definition(node)
    assert isinstance(copy, DEFINITIONS)
    if isinstance(copy, ast.ClassDef):
        copy.body = _in_order([s for s in copy.body if not _is_not_collected(s)]) or [ast.Pass()]
    return copy


def _without_body(normal: Definition) -> Definition:
    fields = {**normal.__dict__, "body": [ast.Pass()]}
    return normal.__class__(**fields)


def _is_not_collected(statement: ast.AST) -> bool:
    """Whether a statement is ``__test__ = False``, which keeps pytest from a class."""
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id="__test__")], value=ast.Constant(value=False))
            | ast.AnnAssign(target=ast.Name(id="__test__"), value=ast.Constant(value=False))
        ):
            return True
    return False


def is_marked_as_no_test(node: Definition) -> bool:
    """Whether the body of a definition has ``__test__ = False``."""
    return any(map(_is_not_collected, node.body))


def _is_read(node: ast.AST, is_builtin: Callable[[str], bool]) -> bool:
    """Whether decorators or bases of a node may read its docstring and annotations."""
    if not isinstance(node, DEFINITIONS):
        return False
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if last_name(called) not in _BLIND_DECORATORS and not is_mark(decorator):
            return True
    if isinstance(node, ast.ClassDef):
        plain = all(isinstance(b, ast.Name) and is_builtin(b.id) for b in node.bases)
        return bool(node.keywords) or not plain
    return False


def annotations_in(node: Definition) -> Iterator[ast.expr]:
    """Yield each annotation in a definition."""
    for inner in walk(node):
        annotation = getattr(inner, "annotation", None) or getattr(inner, "returns", None)
        if annotation is not None:
            yield annotation


def _quoted_names(annotation: ast.expr) -> Iterator[str]:
    """Yield the names in the texts of an annotation; those of ``Literal["a"]`` are no code."""
    if isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Literal":
        return
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        with contextlib.suppress(SyntaxError, ValueError):
            parsed = ast.parse(annotation.value, mode="eval").body
            yield from (n.id for n in ast.walk(parsed) if isinstance(n, ast.Name))
    for child in ast.iter_child_nodes(annotation):
        if isinstance(child, ast.expr):
            yield from _quoted_names(child)


class _Normaliser:
    """Copies nodes without what does not count.

    (`copy.deepcopy` and an `ast.NodeTransformer` would take ten times as long.)
    """

    def __init__(self, is_builtin: Callable[[str], bool], *, keep: bool | None) -> None:
        self._is_builtin = is_builtin
        self._keep = keep
        self._in_class_body = False
        self._in_function = False

    def definition(self, node: Definition) -> ast.AST:
        """Copy a class or function."""
        outer = self._keep, self._in_class_body, self._in_function
        if self._keep is not None:  # what a function makes may be handed on
            is_read = self._in_function or _is_read(node, self._is_builtin)
            self._keep = self._keep or is_read
        self._in_function = self._in_function or isinstance(node, FUNCTIONS)
        self._in_class_body = isinstance(node, ast.ClassDef)
        fields = {**node.__dict__}
        # A function may be a test by another name.
        if isinstance(node, ast.ClassDef) or outer[1] or is_fixture(node):
            fields["decorator_list"] = [d for d in node.decorator_list if not is_mark(d)]
        if not self._keep:
            fields["body"] = _without_docstring(node.body)
        if isinstance(node, ast.ClassDef):
            fields["bases"] = [b for b in node.bases if not self._is_object(b)]
        elif not self._keep:
            fields["returns"] = _acting(node.returns)
        new = self._rebuilt(node.__class__, fields)
        self._keep, self._in_class_body, self._in_function = outer
        return new

    def copy(self, node: ast.AST) -> ast.AST | None:
        """Copy a node; None where nothing of it counts."""
        special = self._SPECIAL.get(node.__class__)
        if special is not None:
            return special(self, node)
        return self._rebuilt(node.__class__, node.__dict__)

    def _rebuilt(self, kind: type[_Node], fields: Mapping[str, Any]) -> _Node:
        new = kind.__new__(kind)
        values = new.__dict__
        for field, value in fields.items():
            if value.__class__ in _ATOMS:
                values[field] = value
            elif value.__class__ is not list:
                values[field] = self.copy(value)
            elif field in {"body", "orelse", "finalbody"}:
                # The grammar wants something in each block but `else`.
                wanted = field == "body" or (field == "finalbody" and not fields["handlers"])
                values[field] = self._block(value) or ([ast.Pass()] if wanted else [])
            else:
                values[field] = [v if v.__class__ in _ATOMS else self.copy(v) for v in value]
        return new

    def _block(self, statements: Iterable[ast.stmt]) -> list[ast.AST]:
        copies = [self.copy(s) for s in statements if not isinstance(s, ast.Pass)]
        return [s for s in copies if s is not None]

    def _arg(self, node: ast.arg) -> ast.AST:
        annotation = node.annotation if self._keep else _acting(node.annotation)
        # A type comment counts for no tool of today: PEP 484 gave way to annotations.
        return self._rebuilt(
            ast.arg, {**node.__dict__, "annotation": annotation, "type_comment": None}
        )

    def _annotated(self, node: ast.AnnAssign) -> ast.AST | None:
        if (self._keep and self._in_class_body) or _acting(node.annotation):
            return self._rebuilt(ast.AnnAssign, node.__dict__)
        if node.value is not None:
            assign = ast.Assign(targets=[node.target], value=node.value)
            return self.copy(ast.copy_location(assign, node))
        if self._in_class_body:
            return None
        # In a function a bare annotation still makes the name a local one.
        return self._rebuilt(ast.AnnAssign, {**node.__dict__, "annotation": ast.Constant(None)})

    def _is_object(self, base: ast.expr) -> bool:
        return isinstance(base, ast.Name) and base.id == "object" and self._is_builtin("object")

    @staticmethod
    def _constant(node: ast.Constant) -> ast.AST:
        new = ast.Constant.__new__(ast.Constant)
        new.__dict__.update(node.__dict__, kind=None)  # u"" is ""
        return new

    _SPECIAL: ClassVar[Mapping[type[ast.AST], Callable[..., ast.AST | None]]] = {
        ast.ClassDef: definition,
        ast.FunctionDef: definition,
        ast.AsyncFunctionDef: definition,
        ast.arg: _arg,
        ast.AnnAssign: _annotated,
        ast.Constant: lambda self, node: self._constant(node),
    }


def _acting(annotation: ast.expr | None) -> ast.expr | None:
    """Return an annotation that does something where it stands, None for any other."""
    if annotation is None or not any(isinstance(n, _ACTS) for n in walk(annotation)):
        return None
    return annotation


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    match body[0]:
        case ast.Expr(value=ast.Constant(value=str())):
            return body[1:]
    return body


def _in_order(body: list[ast.stmt]) -> list[ast.stmt]:
    """Put the methods of a class in alphabetical order where their order cannot matter.

    It can where a name is bound twice, where a decorator other than the built-in ones or a
    default value runs code, and where the rest of the body, decorators or annotations read a
    method.
    """
    methods = [s for s in body if isinstance(s, FUNCTIONS)]
    others = [s for s in body if not isinstance(s, FUNCTIONS)]
    bound = [name for node in own_nodes(body) for name, _ in bound_names(node)]
    executed = [*others, *(part for m in methods for part in run_here(m))]
    read = {n.id for n in walk(*executed) if isinstance(n, ast.Name)}
    free = (
        len(set(bound)) == len(bound)
        and read.isdisjoint(m.name for m in methods)
        and all(map(_is_inert, methods))
    )
    return [*others, *sorted(methods, key=lambda m: m.name)] if free else body


def _is_inert(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    builtin = {"property", "staticmethod", "classmethod"}
    decorators = all(isinstance(d, ast.Name) and d.id in builtin for d in method.decorator_list)
    defaults = [*method.args.defaults, *(d for d in method.args.kw_defaults if d is not None)]
    return decorators and all(isinstance(d, ast.Constant) for d in defaults)


def has_future_annotations(tree: ast.Module) -> bool:
    """Whether annotations are kept as text: PEP 563."""
    return any(
        isinstance(s, ast.ImportFrom)
        and s.module == "__future__"
        and any(a.name == "annotations" for a in s.names)
        for s in tree.body
    )


def has_annotations(node: Definition) -> bool:
    """Whether a definition has any annotation."""
    return any(True for _ in annotations_in(node))
