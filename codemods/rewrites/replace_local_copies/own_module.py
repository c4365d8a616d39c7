"""What a definition means of the module that it stands in: its names, its file, its frames."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codemods.engine.names import ModuleNames
from codemods.engine.scopes import DEFINITIONS, Definition, free_names
from codemods.engine.text import reason_at
from codemods.engine.walk import walk
from codemods.model import Code, Reason

#: Names that mean the module, or the frame, that the code stands in.
_OF_THE_MODULE = frozenset(
    {
        *("__builtins__", "__doc__", "__file__", "__loader__", "__module__", "__name__"),
        *("__package__", "__path__", "__qualname__", "__spec__", "eval", "exec", "globals"),
    }
)
_FRAME_READERS = frozenset(
    {
        *("_getframe", "_getframemodulename", "currentframe", "extract_stack", "format_stack"),
        *("getouterframes", "print_stack", "stack"),
    }
)
_FRAME_MODULES = frozenset({"inspect", "sys", "traceback"})
#: Attributes of functions and classes that lead to their module.
_TO_THE_MODULE = frozenset({"__code__", "__globals__", "__module__"})


def means_its_module(node: Definition, names: ModuleNames) -> Iterator[Reason]:
    """Yield what in a definition means something else in another module."""
    for name in sorted(free_names(node).names & (_OF_THE_MODULE | _FRAME_READERS)):
        yield _dependent(node, f"`{name}`")
    for inner in walk(node):
        match inner:
            case ast.ImportFrom(level=level) if level:
                yield _dependent(inner, f"`{ast.unparse(inner)}`")
            case ast.Attribute(attr=attr) if attr in _TO_THE_MODULE:
                yield _dependent(inner, f"`{ast.unparse(inner)}`")
            case ast.Attribute(value=ast.Name(id=owner), attr=attr) if (
                attr in _FRAME_READERS and _is_of_frames(owner, names)
            ):
                yield _dependent(inner, f"`{ast.unparse(inner)}`")
            case ast.keyword(arg="stacklevel"):
                yield _dependent(inner.value, "`stacklevel`")
            case ast.Call(func=ast.Name(id="vars" | "dir" as called), args=[]):
                yield _dependent(inner, f"`{called}()`")
            case ast.Name(id="__import__") if inner not in _absolute_importers(node, names):
                yield _dependent(inner, "an import by `__import__` that may be relative")
    yield from _doctests(node)


def _absolute_importers(node: Definition, names: ModuleNames) -> set[ast.expr]:
    """Return each ``__import__`` that is the built-in one, called for an absolute import.

    Without globals, and with the default level 0, it reads nothing of the module that it stands in:
    https://docs.python.org/3/library/functions.html#import__
    """
    calls = (n for n in walk(node) if isinstance(n, ast.Call) and len(n.args) == 1)
    absolute = {c.func for c in calls if all(map(_is_absolute, [*c.args, *c.keywords]))}
    return absolute if names.is_builtin("__import__") else set()


def _is_absolute(argument: ast.AST) -> bool:
    match argument:
        case ast.keyword(arg="level", value=ast.Constant(value=0)):
            return True
        case ast.keyword(arg=name):
            return name == "fromlist"
    return not isinstance(argument, ast.Starred)


def _dependent(node: ast.expr | ast.stmt, what: str) -> Reason:
    message = f"{what} means something else in another module"
    return reason_at(node, Code.MODULE_DEPENDENT, message)


def _doctests(node: Definition) -> Iterator[Reason]:
    for inner in walk(node):
        if isinstance(inner, DEFINITIONS) and ">>>" in (
            ast.get_docstring(inner, clean=False) or ""
        ):
            message = "its docstring has an example, which doctest runs in the module it stands in"
            yield reason_at(inner, Code.DOCTEST, message)


def _is_of_frames(owner: str, names: ModuleNames) -> bool:
    """Whether a name may be a module with functions that read frames; it may be a local one."""
    source = names.meaning_of(owner).text.removeprefix("import ")
    return owner in _FRAME_MODULES or source in _FRAME_MODULES
