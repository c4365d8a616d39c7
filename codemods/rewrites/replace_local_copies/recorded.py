"""The shapes file and the shared module, read as text: what they record, what they have."""

from __future__ import annotations

import ast

from codemods.engine.names import ModuleNames, bound_names, module_names, own_nodes
from codemods.model import RecordedShape, UsageError
from codemods.rewrites.replace_local_copies.equality import keys_of, shape_of

_DECORATOR = "replaced_by"


class ShapesError(UsageError):
    """A shapes file cannot be used; the message has its path and the line."""


def read_shapes(source: bytes, path: str) -> tuple[RecordedShape, ...]:
    """Read the classes that a shapes file records with ``@replaced_by(...)``.

    Args:
        source: the file as it is; it is parsed, never run.
        path: its path, for messages.

    Raises:
        ShapesError: it does not parse, records nothing, or records a class that cannot be
            compared with one of another file.

    """
    try:
        tree = ast.parse(source, path)
    except (SyntaxError, ValueError) as error:
        line, message = getattr(error, "lineno", None) or 1, getattr(error, "msg", error)
        raise ShapesError(f"{path}:{line}: {message}") from error
    names = module_names(tree)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    recorded = tuple(_record(c, call, names, path) for c in classes for call in _calls(c))
    by_shape: dict[tuple[str, ...], RecordedShape] = {}
    for one in recorded:
        other = by_shape.setdefault(keys_of(one.shape), one)
        if other is not one:
            raise ShapesError(
                f"{path}:{one.line}: {one.name} has the shape of {other.name} on line {other.line}"
            )
    if not recorded:
        raise ShapesError(f"{path}:1: no class with a decorator @{_DECORATOR}(...)")
    return recorded


def members_of(source: bytes) -> frozenset[str]:
    """Give the names of all members of the classes of a module, and of their instances.

    Raises:
        SyntaxError, ValueError: it does not parse.

    """
    names: set[str] = set()
    for node in (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.ClassDef)):
        bare = {
            id(n.target) for n in ast.walk(node) if isinstance(n, ast.AnnAssign) and not n.value
        }
        for inner in own_nodes(node.body):
            if id(inner) not in bare:
                names.update(name for name, _ in bound_names(inner))
        for inner in ast.walk(node):
            if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
                names.add(inner.attr)
    return frozenset(names)


def _calls(node: ast.ClassDef) -> list[ast.Call]:
    calls = [d for d in node.decorator_list if isinstance(d, ast.Call)]
    return [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == _DECORATOR]


def _record(node: ast.ClassDef, call: ast.Call, names: ModuleNames, path: str) -> RecordedShape:
    shared_name, aliases = _arguments(call, path)
    node.decorator_list = [d for d in node.decorator_list if d is not call]
    shape = shape_of(node)
    sources = tuple((name, names.source_of(name)) for name in shape.reads)
    for name, source in sources:
        if source != "builtin" and not source.startswith(("import ", "from ")):
            raise ShapesError(
                f"{path}:{node.lineno}: {node.name} reads `{name}`, which {source}: only names "
                "that are built in or imported absolutely mean the same in another file"
            )
    return RecordedShape(node.name, node.lineno, shape, sources, shared_name, aliases)


def _arguments(call: ast.Call, path: str) -> tuple[str, tuple[str, ...]]:
    match call:
        case ast.Call(args=[ast.Constant(value=str(shared))], keywords=[]):
            return shared, ()
        case ast.Call(
            args=[ast.Constant(value=str(shared))],
            keywords=[ast.keyword(arg="aliases", value=ast.List(elts) | ast.Tuple(elts))],
        ):
            texts = [e.value for e in elts if isinstance(e, ast.Constant)]
            aliases = tuple(text for text in texts if isinstance(text, str))
            if len(aliases) == len(elts):
                return shared, aliases
    raise ShapesError(
        f'{path}:{call.lineno}: write @{_DECORATOR}("SharedName") or '
        f'@{_DECORATOR}("SharedName", aliases=["OtherName"]), with plain strings'
    )
