"""A class definition -> its shape: what must be equal before one class may stand for another.

Docstrings, annotations, ``pass``, the order of methods, a base ``object`` and ``pytest.mark``
decorators do not count. Names and defaults of parameters, async or not, bodies, literals, class
attributes, other decorators and bases do. Annotations of class attributes count after all where a
decorator or a base may read them, as `dataclasses.dataclass` does, and so does any with a call.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from codemods.engine.walk import walk
from codemods.model import Member, RecordedShape, Shape, Target

#: Stands for the name of the class in its own code, so that two names do not make two shapes.
_OWN_NAME = "LocalClass"

#: What makes an annotation more than a word about a type.
_ACTS = (ast.Await, ast.Call, ast.NamedExpr, ast.Yield, ast.YieldFrom)

#: Names that a class body or method reads without a global of that name.
_IMPLICIT = frozenset({"__class__", "__classdict__", "__conditional_annotations__"})

_Node = TypeVar("_Node", bound=ast.AST)

_FunctionNode = (ast.FunctionDef, ast.AsyncFunctionDef)

#: Values in a node that are no nodes to copy, but for constants.
_ATOMS = frozenset({int, str, type(None), ast.Load, ast.Store, ast.Del})


class LocalMember:
    """A `Member` of a class in a file, each part of it worked out when somebody asks for it."""

    def __init__(self, statement: ast.stmt, copy: Callable[[ast.stmt], ast.AST | None]) -> None:
        self.statement = statement
        self.line = statement.lineno
        self._copy = copy

    @cached_property
    def normal(self) -> ast.AST:
        """The statement without what does not count, `ast.Pass` where nothing does."""
        return self._copy(self.statement) or ast.Pass()

    @cached_property
    def name(self) -> str:
        """The name that it binds, else how it begins."""
        if isinstance(self.statement, _FunctionNode):
            return self.statement.name
        return _own_name(self.normal) or ast.unparse(self.normal).splitlines()[0][:40]

    @cached_property
    def key(self) -> str:
        """What decides equality."""
        return _key(self.normal)

    @cached_property
    def text(self) -> str:
        """What a message shows."""
        return ast.unparse(self.normal)


class LocalShape:
    """The `Shape` of a class in a file, of which most is never needed to see that it differs."""

    def __init__(self, node: ast.ClassDef) -> None:
        head = _head_of(node)
        normaliser = _Normaliser(node.name, keep_fields=_has_fields(head))
        self.header = LocalMember(node, lambda _: normaliser.header(head))
        self.members = tuple(_in_order(_members(node, normaliser)))


def shape_of(node: ast.ClassDef) -> Shape:
    """Normalise a class definition; `node` stays as it is."""
    local = LocalShape(node)
    header = Member("class", local.header.key, _head(local.header.text), node.lineno)
    members = tuple(Member(m.name, m.key, m.text, m.line) for m in local.members)
    return Shape(header, members, _reads(_normalised(node)))


def _head(text: str) -> str:
    lines = text.splitlines()[:-1]  # without `pass`
    return " ".join(lines).replace(f"class {_OWN_NAME}", "class ...")


def is_mark(decorator: ast.expr) -> bool:
    """Tell whether a decorator is one of ``pytest.mark``, by any of its usual names."""
    if isinstance(decorator, ast.Name):
        return False
    return ast.unparse(decorator).startswith(("pytest.mark.", "mark."))


def match(shape: LocalShape, target: Target) -> RecordedShape | None:
    """Give the recorded shape that equals this one."""
    return next((r for r in target.shapes if _equals(shape, r.shape)), None)


def _equals(shape: LocalShape, recorded: Shape) -> bool:
    # Members of other names have other keys, and the names are there for nothing.
    if [m.name for m in shape.members] != [m.name for m in recorded.members]:
        return False
    return keys_of(shape) == keys_of(recorded)


def nearest(shape: LocalShape, target: Target) -> RecordedShape:
    """Give the recorded shape that shares most members with this one, the first of several."""
    names = {m.name for m in shape.members}
    known = {m.name for r in target.shapes for m in r.shape.members}
    keys = {m.key for m in shape.members if m.name in known}

    def likeness(recorded: RecordedShape) -> tuple[int, int]:
        members = recorded.shape.members
        return sum(m.key in keys for m in members), sum(m.name in names for m in members)

    return max(target.shapes, key=likeness)


def first_difference(shape: LocalShape, recorded: RecordedShape) -> tuple[int, str]:
    """Say which member differs first, in the order of the file, and how.

    Returns:
        The line of that member, or of the class where a member is missing, and a clause.

    """
    header, members = recorded.shape.header, recorded.shape.members
    if shape.header.key != header.key:
        here, there = _quote(_head(shape.header.text)), _quote(header.text)
        return shape.header.line, f"its head is {here}, not {there}"
    theirs = {m.name: m for m in members}
    for member in sorted(shape.members, key=lambda m: m.line):
        other = theirs.get(member.name)
        if other is None:
            return member.line, f"`{member.name}` is not in recorded `{recorded.name}`"
        if member.key != other.key:
            contrast = _contrast(member.text, other.text, recorded.name)
            return member.line, f"`{member.name}` differs: {contrast}"
    ours = {m.name for m in shape.members}
    for other in members:
        if other.name not in ours:
            return shape.header.line, f"it has no `{other.name}`, as recorded `{recorded.name}` has"
    return shape.header.line, "its members stand in an order that matters"


def keys_of(shape: Shape | LocalShape) -> tuple[str, ...]:
    """Give what decides whether two shapes are equal."""
    return (shape.header.key, *(m.key for m in shape.members))


def _quote(line: str) -> str:
    text = line.strip()
    return f"`{text if len(text) <= 70 else text[:67] + '...'}`"


def _contrast(here: str, there: str, name: str) -> str:
    ours, theirs = here.splitlines(), there.splitlines()
    for our, their in zip(ours, theirs, strict=False):
        if our != their:
            return f"{_quote(our)} here, {_quote(their)} in recorded `{name}`"
    if len(ours) > len(theirs):
        return f"{_quote(ours[len(theirs)])} is not in recorded `{name}`"
    return f"{_quote(theirs[len(ours)])} of recorded `{name}` is missing"


def _key(node: ast.AST) -> str:
    """Write a node down, so that two texts are equal where the nodes are, places aside."""
    parts: list[str] = []
    _write(node, parts)
    return " ".join(parts)


def _write(node: ast.AST, parts: list[str]) -> None:
    # As `ast.dump`, for a fifth of the time. Each class has as many values as it has fields.
    parts.append(node.__class__.__name__)
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, ast.AST):
            _write(value, parts)
        elif value.__class__ is list:
            parts.append("[")
            for item in value:
                if isinstance(item, ast.AST):
                    _write(item, parts)
                else:
                    parts.append(repr(item))
            parts.append("]")
        else:
            parts.append(repr(value))


def _normalised(node: ast.ClassDef) -> ast.ClassDef:
    """Copy a class without what does not count."""
    head = _head_of(node)
    normaliser = _Normaliser(node.name, keep_fields=_has_fields(head))
    whole = normaliser.header(head)
    body = [m.normal for m in _members(node, normaliser)]
    whole.body = [s for s in body if isinstance(s, ast.stmt)] or [ast.Pass()]
    return whole


def _head_of(node: ast.ClassDef) -> dict[str, Any]:
    """Give the fields of a class but for its body and for what does not count of its head."""
    decorators = [d for d in node.decorator_list if not is_mark(d)]
    bases = [b for b in node.bases if not (isinstance(b, ast.Name) and b.id == "object")]
    body = [ast.Pass()]
    return {**node.__dict__, "decorator_list": decorators, "bases": bases, "body": body}


def _has_fields(head: dict[str, Any]) -> bool:
    """Tell whether something may read the annotations of class attributes."""
    return bool(head["decorator_list"] or head["bases"] or head["keywords"])


class _Normaliser:
    """Copies nodes of one class without what does not count.

    (`copy.deepcopy` and an `ast.NodeTransformer` would take ten times as long.)
    """

    def __init__(self, class_name: str, *, keep_fields: bool) -> None:
        self._class_name = class_name
        self._keep_fields = keep_fields
        self._in_class_body = True

    def header(self, head: dict[str, Any]) -> ast.ClassDef:
        """Copy a class from its fields."""
        return self._rebuilt(ast.ClassDef, {**head, "name": _OWN_NAME})

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

    def _block(self, statements: list[ast.stmt]) -> list[ast.AST]:
        copies = [self.copy(s) for s in statements if not isinstance(s, ast.Pass)]
        return [s for s in copies if s is not None]

    def _definition(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        decorators = [d for d in node.decorator_list if not is_mark(d)]
        body = _without_docstring(node.body)
        fields = {**node.__dict__, "decorator_list": decorators, "body": body}
        if isinstance(node, _FunctionNode):
            fields["returns"] = _acting(node.returns)
        outer, self._in_class_body = self._in_class_body, isinstance(node, ast.ClassDef)
        new = self._rebuilt(node.__class__, fields)
        self._in_class_body = outer
        return new

    def _arg(self, node: ast.arg) -> ast.AST:
        return self._rebuilt(ast.arg, {**node.__dict__, "annotation": _acting(node.annotation)})

    def _annotated(self, node: ast.AnnAssign) -> ast.AST | None:
        if (self._in_class_body and self._keep_fields) or _acting(node.annotation):
            return self._rebuilt(ast.AnnAssign, node.__dict__)
        if node.value is not None:
            assign = ast.Assign(targets=[node.target], value=node.value)
            return self.copy(ast.copy_location(assign, node))
        if self._in_class_body:
            return None
        # In a function a bare annotation still makes the name a local one.
        return self._rebuilt(ast.AnnAssign, {**node.__dict__, "annotation": ast.Constant(None)})

    def _name(self, node: ast.Name) -> ast.AST:
        own = node.id == self._class_name
        return self._rebuilt(ast.Name, {**node.__dict__, "id": _OWN_NAME if own else node.id})

    @staticmethod
    def _constant(node: ast.Constant) -> ast.AST:
        return ast.copy_location(ast.Constant(node.value), node)  # u"" is ""

    _SPECIAL: ClassVar[Mapping[type[ast.AST], Callable[..., ast.AST | None]]] = {
        ast.ClassDef: _definition,
        ast.FunctionDef: _definition,
        ast.AsyncFunctionDef: _definition,
        ast.arg: _arg,
        ast.AnnAssign: _annotated,
        ast.Name: _name,
        ast.Constant: lambda self, node: self._constant(node),
    }


def _acting(annotation: ast.expr | None) -> ast.expr | None:
    """Give an annotation that does something where it stands, None for any other."""
    if annotation is None or not any(isinstance(n, _ACTS) for n in ast.walk(annotation)):
        return None
    return annotation


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    match body[0]:
        case ast.Expr(value=ast.Constant(value=str())):
            return body[1:]
    return body


def _members(node: ast.ClassDef, normaliser: _Normaliser) -> list[LocalMember]:
    """Give what counts of the body of a class, in its order."""
    lines: dict[str, int] = {}
    for statement in node.body:
        name = _own_name(statement)
        if name is not None:
            lines.setdefault(name, statement.lineno)
    members = [LocalMember(s, normaliser.copy) for s in _without_docstring(node.body)]
    counting = [m for m in members if _is_method(m) or not isinstance(m.normal, ast.Pass)]
    for member in counting:
        member.line = lines.setdefault(member.name, member.line)
    return counting


def _is_method(member: LocalMember) -> bool:
    return isinstance(member.statement, _FunctionNode)


def _in_order(body: list[LocalMember]) -> list[LocalMember]:
    """Put methods in alphabetical order where their order cannot matter.

    It can where a name is bound twice, where a decorator other than the built-in ones or a
    default value runs code, and where another statement of the body reads a method.
    """
    methods = [m for m in body if _is_method(m)]
    others = [m for m in body if not _is_method(m)]
    names = {m.name for m in body}
    method_names = {m.name for m in methods}
    read = {n.id for m in others for n in walk(m.normal) if isinstance(n, ast.Name)}
    free = (
        len(names) == len(body)
        and not (read & method_names)
        and all(_is_inert(m.statement) for m in methods)
    )
    return [*others, *sorted(methods, key=lambda m: m.name)] if free else body


def _is_inert(method: ast.stmt) -> bool:
    assert isinstance(method, _FunctionNode)
    builtin = {"property", "staticmethod", "classmethod"}
    counting = (d for d in method.decorator_list if not is_mark(d))
    decorators = all(isinstance(d, ast.Name) and d.id in builtin for d in counting)
    defaults = [*method.args.defaults, *(d for d in method.args.kw_defaults if d is not None)]
    return decorators and all(isinstance(d, ast.Constant) for d in defaults)


def _own_name(statement: ast.AST) -> str | None:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return statement.name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return None


def _reads(normal: ast.ClassDef) -> tuple[str, ...]:
    """Give the global names that a class reads or sets, by the scoping rules of CPython itself."""
    # In a function, so that what `nonlocal` means in a nested class is there to be found.
    outer = {n for node in walk(normal) if isinstance(node, ast.Nonlocal) for n in node.names}
    bindings = [f"{name} = None" for name in sorted(outer)]
    function = ast.parse("\n".join(["def around():", *(f"    {b}" for b in bindings), "    pass"]))
    around = function.body[0]
    assert isinstance(around, ast.FunctionDef)
    around.body.append(normal)
    pending = symtable.symtable(ast.unparse(function), "<shape>", "exec").get_children()
    names: set[str] = set()
    while pending:
        table = pending.pop()
        pending.extend(table.get_children())
        names.update(s.get_name() for s in table.get_symbols() if s.is_global())
    return tuple(sorted(names - _IMPLICIT))
