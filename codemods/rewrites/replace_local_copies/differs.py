"""Why a definition of a shared name is a copy of none."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from codemods.engine.codemod import ParsedModule
from codemods.engine.scopes import DEFINITIONS, FUNCTIONS, Definition
from codemods.engine.walk import walk_statements
from codemods.model import Code, PytestNames, Reason
from codemods.rewrites.collected import is_test_function, test_in
from codemods.rewrites.replace_local_copies.equality import common_members, first_difference
from codemods.rewrites.replace_local_copies.local import Local
from codemods.rewrites.replace_local_copies.shared import Shared, SharedDefinition, bare


def why_it_differs(local: Local, module: ParsedModule, shared: Shared) -> Reason:
    """Return why a definition is equal to no shared one.

    Args:
        local: the definition.
        module: the file that it stands in.
        shared: the shared definitions, of which one at least has its name.

    """
    node = local.node
    tests = tests_in(local, module, shared.modules.tests)
    if tests is not None:
        return tests
    namesakes = shared.by_name[bare(node.name)]
    swallowed = _swallowed(node, namesakes, shared.modules.tests)
    if swallowed is not None:
        return swallowed
    best = max(namesakes, key=lambda d: common_members(local.normal, d.normal))
    if not common_members(local.normal, best.normal):
        message = f"it shares the name with `{best.module.name}.{best.name}`, and no code"
        return Reason(Code.SAME_NAME_ONLY, node.lineno, message)
    line, message = first_difference(local.normal, best.normal)
    where = f"`{best.name}`, line {best.node.lineno} of {best.module.name}"
    return Reason(Code.DIFFERENT_SHAPE, line, f"{message} ({where})")


def tests_in(local: Local, module: ParsedModule, tests: PytestNames) -> Reason | None:
    """Return that a definition is or has a test, None without one."""
    line = test_in(local.node, module.names, module.path, tests, local.around)
    if line is None:
        return None
    return Reason(Code.PYTEST_TESTS, line, "pytest may collect it, or tests in it")


def _swallowed(
    node: Definition, namesakes: Iterable[SharedDefinition], tests: PytestNames
) -> Reason | None:
    """Return the first definition in a method that no namesake has, and the number of tests."""
    known = {(m.name, inner.name) for d in namesakes for m, inner in _inside_methods(d.node)}
    inside = [(m, inner) for m, inner in _inside_methods(node) if (m.name, inner.name) not in known]
    if not inside:
        return None
    method, first = inside[0]
    message = f"`{first.name}` is defined inside its method `{method.name}`"
    functions = (inner for _, inner in inside if isinstance(inner, FUNCTIONS))
    hidden = sum(is_test_function(function.name, tests) for function in functions)
    if hidden:
        message += f"; tests inside that never run: {hidden:,}"
    return Reason(Code.SWALLOWED_CODE, first.lineno, message)


def _inside_methods(node: Definition) -> Iterator[tuple[Definition, Definition]]:
    """Yield the definitions that stand in the methods of a class, each with its method."""
    methods = [s for s in node.body if isinstance(s, FUNCTIONS)]
    for method in methods if isinstance(node, ast.ClassDef) else ():
        for inner in walk_statements(method.body):
            if isinstance(inner, DEFINITIONS):
                yield method, inner
