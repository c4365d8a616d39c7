"""What a nested definition has of the function, class or statement that it stands in."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

from codemods.engine.codemod import ParsedModule
from codemods.engine.names import ModuleNames, last_name, run_here
from codemods.engine.scopes import FUNCTIONS, Definition, bound_in, free_names, local_names
from codemods.engine.walk import walk
from codemods.model import Code, PytestNames, Reason
from codemods.rewrites.collected import is_test_function, kind_of
from codemods.rewrites.replace_local_copies.apart import is_type
from codemods.rewrites.replace_local_copies.local import Local, has_private_names, is_plain
from codemods.rewrites.replace_local_copies.sharing import (
    HARMLESS,
    is_harmless_base,
    is_harmless_decorator,
)

_LOOPS = (ast.For, ast.AsyncFor, ast.While)


def reasons_to_stay_inside(
    local: Local, module: ParsedModule, tests: PytestNames, harmless: frozenset[str]
) -> Iterator[Reason]:
    """Yield why an import at the place of a nested definition would not be the same.

    Args:
        local: the definition.
        module: the file that it stands in.
        tests: what pytest collects.
        harmless: dotted names of decorators and bases that the settings trust.

    """
    yield from _captures(local)
    if isinstance(local.function, ast.ClassDef) and kind_of(local.node) != "fixture":
        for part in _seeing_members(local.function, module.names, HARMLESS | harmless):
            message = f"`{ast.unparse(part)}` may change or tell what is in `{local.function.name}`"
            yield Reason(Code.NESTED, part.lineno, message)
    yield from _executions(local, module, tests)


def _captures(local: Local) -> Iterator[Reason]:
    """Yield the names that a nested definition takes from the functions around it."""
    free = free_names(local.node).names - {local.name}
    for around in local.around:
        if isinstance(around, FUNCTIONS):
            for name in sorted(free & _names_in(around)):
                message = f"it uses `{name}` of the function `{around.name}` that it stands in"
                yield Reason(Code.NESTED, local.node.lineno, message)
    above = local.function
    if isinstance(above, ast.ClassDef):
        # What is nested deeper does not see the names of a class.
        executed = {n.id for n in walk(*run_here(local.node)) if isinstance(n, ast.Name)}
        for name in sorted(executed & bound_in(above.body) & free):
            message = f"it uses `{name}` of the class `{above.name}` that it stands in"
            yield Reason(Code.NESTED, local.node.lineno, message)
    if isinstance(local.function, ast.ClassDef) and local.name in free_names(local.node).names:
        message = f"`{local.name}` in it does not mean itself, as it stands in a class"
        yield Reason(Code.NESTED, local.node.lineno, message)
    in_class = any(isinstance(a, ast.ClassDef) for a in local.around)
    if in_class and (has_private_names(local.node) or _uses_class_cell(local.node)):
        message = "its private names or `super()` mean the class that it stands in"
        yield Reason(Code.NESTED, local.node.lineno, message)


def _seeing_members(
    node: ast.ClassDef, names: ModuleNames, harmless: frozenset[str]
) -> Iterator[ast.expr]:
    """Yield the decorators, bases and metaclasses of a class, and of its bases in the file."""
    pending = [node]
    for one in pending:  # which grows meanwhile
        for part in (*one.bases, *(k.value for k in one.keywords)):
            bound = names.bindings.get(last_name(part), ()) if isinstance(part, ast.Name) else ()
            own = [b.node for b in bound if isinstance(b.node, ast.ClassDef)]
            pending += [c for c in own if c not in pending]
            if not own and not is_harmless_base(part, names, harmless, frozenset()):
                yield part
        for decorator in one.decorator_list:
            if not is_harmless_decorator(decorator, names, harmless, frozenset()):
                yield decorator


@functools.lru_cache(maxsize=16)  # copies in functions in one another ask about all of those
def _names_in(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    return local_names(function)


def _uses_class_cell(node: Definition) -> bool:
    names = (n.id for n in walk(node) if isinstance(n, ast.Name))
    return isinstance(node, FUNCTIONS) and not {"super", "__class__"}.isdisjoint(names)


def _executions(local: Local, module: ParsedModule, tests: PytestNames) -> Iterator[Reason]:
    """Yield why it matters when, and how often, a nested definition is executed.

    Each execution makes another object; the shared one is made once, by the first import.
    """
    node = local.node
    within = next((a for a in local.around if isinstance(a, ast.With | ast.AsyncWith)), None)
    if within is not None:
        message = f"the `with` of line {within.lineno} sees its definition"
        yield Reason(Code.NESTED, node.lineno, message)
    if b"<locals>" in module.source:
        message = "the file spells out `<locals>`, which its `__qualname__` would lack"
        yield Reason(Code.NESTED, node.lineno, message)
    functions = [a for a in local.around if isinstance(a, FUNCTIONS)]
    once = all(is_test_function(f.name, tests) for f in functions)
    if once and not any(isinstance(a, _LOOPS) for a in local.around):
        return
    if isinstance(node, ast.ClassDef) and not (is_plain(node) and _ignores_types(node)):
        message = "each time it runs, it makes a new class; the shared one is always the same"
        yield Reason(Code.NESTED, node.lineno, message)
    above = functions[-1] if functions else module.tree
    line = _first_other_use(above).get(local.name)
    if line is not None:
        message = "each time it runs, it makes a new one, and here it is used without a call"
        yield Reason(Code.ESCAPES, line, message)


def _ignores_types(node: ast.ClassDef) -> bool:
    """Whether nothing in a class asks for a type, as ``__eq__`` may."""
    return not any(map(is_type, walk(node)))


@functools.lru_cache(maxsize=1)  # copies in one function ask one after the other
def _first_other_use(scope: ast.AST) -> dict[str, int]:
    """Return the line of the first mention of each name that is not called there."""
    nodes = walk(scope)
    called = {id(n.func) for n in nodes if isinstance(n, ast.Call)}
    found: dict[str, int] = {}
    for node in nodes:
        if isinstance(node, ast.Name) and id(node) not in called:
            found.setdefault(node.id, node.lineno)
    return found
