"""A class definition -> its shape: what must be equal before one class may stand for another.

Docstrings, annotations, ``pass``, the order of methods, a base ``object`` and ``pytest.mark``
decorators do not count. Names and defaults of parameters, async or not, bodies, literals, class
attributes, other decorators and bases do. Annotations of class attributes count after all where a
decorator or a base may read them, as `dataclasses.dataclass` does.
"""

from __future__ import annotations

import ast
import copy
import symtable

from codemods.model import Member, RecordedShape, Shape, Target

#: Stands for the name of the class in its own code, so that two names do not make two shapes.
_OWN_NAME = "LocalClass"

#: Names that a class body or method reads without a global of that name.
_IMPLICIT = frozenset({"__class__", "__classdict__", "__conditional_annotations__"})

_FunctionNode = (ast.FunctionDef, ast.AsyncFunctionDef)


def shape_of(node: ast.ClassDef) -> Shape:
    """Normalise a class definition; `node` stays as it is."""
    lines = {_member_name(s): s.lineno for s in reversed(node.body)}
    normal = _normalised(node)
    header = copy.copy(normal)
    header.body = [ast.Pass()]
    body = [s for s in normal.body if not isinstance(s, ast.Pass)]
    return Shape(
        header=Member("class", ast.dump(header), _head(header), node.lineno),
        members=tuple(_member(s, lines) for s in _in_order(body)),
        reads=_reads(normal),
    )


def _head(header: ast.ClassDef) -> str:
    lines = ast.unparse(header).splitlines()[:-1]  # without `pass`
    return " ".join(lines).replace(f"class {_OWN_NAME}", "class ...")


def is_mark(decorator: ast.expr) -> bool:
    """Tell whether a decorator is one of ``pytest.mark``, by any of its usual names."""
    return ast.unparse(decorator).startswith(("pytest.mark.", "mark."))


def match(shape: Shape, target: Target) -> RecordedShape | None:
    """Give the recorded shape that equals this one."""
    return next((r for r in target.shapes if keys_of(r.shape) == keys_of(shape)), None)


def nearest(shape: Shape, target: Target) -> RecordedShape:
    """Give the recorded shape that shares most members with this one, the first of several."""
    keys = {m.key for m in shape.members}
    names = {m.name for m in shape.members}

    def likeness(recorded: RecordedShape) -> tuple[int, int]:
        members = recorded.shape.members
        return sum(m.key in keys for m in members), sum(m.name in names for m in members)

    return max(target.shapes, key=likeness)


def first_difference(shape: Shape, recorded: RecordedShape) -> tuple[int, str]:
    """Say which member differs first, in the order of the file, and how.

    Returns:
        The line of that member, or of the class where a member is missing, and a clause.

    """
    header, members = recorded.shape.header, recorded.shape.members
    if shape.header.key != header.key:
        here, there = _quote(shape.header.text), _quote(header.text)
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


def keys_of(shape: Shape) -> tuple[str, ...]:
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


def _normalised(node: ast.ClassDef) -> ast.ClassDef:
    normal = copy.deepcopy(node)
    normal.decorator_list = [d for d in normal.decorator_list if not is_mark(d)]
    normal.bases = [b for b in normal.bases if not (isinstance(b, ast.Name) and b.id == "object")]
    fields = bool(normal.decorator_list or normal.bases or normal.keywords)
    result = _Normaliser(node.name, keep_fields=fields).visit(normal)
    assert isinstance(result, ast.ClassDef)
    result.name = _OWN_NAME
    return result


class _Normaliser(ast.NodeTransformer):
    """Drops from a copied tree what does not count."""

    def __init__(self, class_name: str, *, keep_fields: bool) -> None:
        self._class_name = class_name
        self._keep_fields = keep_fields
        self._in_class_body = False

    def generic_visit(self, node: ast.AST) -> ast.AST:
        blocks = [
            f for f in ("body", "orelse", "finalbody") if isinstance(getattr(node, f, 0), list)
        ]
        for field in blocks:
            rest = [s for s in getattr(node, field) if not isinstance(s, ast.Pass)]
            setattr(node, field, rest)
        super().generic_visit(node)
        for field in blocks:
            # The grammar wants something in each block but `else`.
            if not getattr(node, field) and field in self._needed(node):
                setattr(node, field, [ast.Pass()])
        return node

    @staticmethod
    def _needed(node: ast.AST) -> tuple[str, ...]:
        bare = isinstance(node, ast.Try) and not node.handlers
        return ("body", "finalbody") if bare else ("body",)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        _drop_docstring(node)
        node.decorator_list = [d for d in node.decorator_list if not is_mark(d)]
        return self._visit_body(node, in_class_body=True)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._visit_function(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if self._in_class_body and self._keep_fields:
            return self.generic_visit(node)
        if node.value is not None:
            assign = ast.Assign(targets=[node.target], value=node.value)
            return self.generic_visit(ast.copy_location(assign, node))
        if self._in_class_body:
            return None
        # In a function a bare annotation still makes the name a local one.
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == self._class_name:
            node.id = _OWN_NAME
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        node.kind = None  # u"" is ""
        return node

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        node.decorator_list = [d for d in node.decorator_list if not is_mark(d)]
        _drop_docstring(node)
        return self._visit_body(node, in_class_body=False)

    def _visit_body(self, node: ast.AST, *, in_class_body: bool) -> ast.AST:
        outer, self._in_class_body = self._in_class_body, in_class_body
        result = self.generic_visit(node)
        self._in_class_body = outer
        return result


def _drop_docstring(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    first = node.body[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        node.body = node.body[1:] or [ast.Pass()]


def _in_order(body: list[ast.stmt]) -> list[ast.stmt]:
    """Put methods in alphabetical order where their order cannot matter.

    It can where a name is bound twice, where a decorator other than the built-in ones or a
    default value runs code, and where another statement of the body reads a method.
    """
    methods = [s for s in body if isinstance(s, _FunctionNode)]
    others = [s for s in body if not isinstance(s, _FunctionNode)]
    names = [_member_name(s) for s in body]
    method_names = {m.name for m in methods}
    read = {n.id for s in others for n in ast.walk(s) if isinstance(n, ast.Name)}
    free = (
        len(names) == len(set(names))
        and not (read & method_names)
        and all(_is_inert(m) for m in methods)
    )
    return [*others, *sorted(methods, key=_member_name)] if free else body


def _is_inert(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    builtin = {"property", "staticmethod", "classmethod"}
    decorators = all(isinstance(d, ast.Name) and d.id in builtin for d in method.decorator_list)
    defaults = [*method.args.defaults, *(d for d in method.args.kw_defaults if d is not None)]
    return decorators and all(isinstance(d, ast.Constant) for d in defaults)


def _member_name(statement: ast.stmt) -> str:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return statement.name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return ast.unparse(statement).splitlines()[0][:40]


def _member(statement: ast.stmt, lines: dict[str, int]) -> Member:
    name = _member_name(statement)
    # Only a statement without a name of its own can have changed its name in normalising.
    line = lines.get(name, statement.lineno)
    return Member(name, ast.dump(statement), ast.unparse(statement), line)


def _reads(normal: ast.ClassDef) -> tuple[str, ...]:
    """Give the global names that a class reads or sets, by the scoping rules of CPython itself."""
    # In a function, so that what `nonlocal` means in a nested class is there to be found.
    outer = {n for node in ast.walk(normal) if isinstance(node, ast.Nonlocal) for n in node.names}
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
