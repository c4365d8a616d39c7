"""A group -> which of its places can be replaced, as if its definition were a shared one."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from codemods.engine.codemod import ParsedModule
from codemods.engine.rows import first_line
from codemods.engine.scopes import FUNCTIONS
from codemods.model import Code, PytestNames, Reason, SharedModule, SharedModules
from codemods.rewrites.collected import has_base_elsewhere, is_test_class
from codemods.rewrites.discover.extract import extracted
from codemods.rewrites.discover.helpers import helpers_of
from codemods.rewrites.replace_local_copies.decide import decide
from codemods.rewrites.replace_local_copies.shared import bare, shared_definitions

#: The name that messages have for the module that is not written yet.
MODULE = "shared_helpers_to_be"


def shared_module(
    module: ParsedModule,
    line: int,
    names: Sequence[str],
    *,
    harmless: tuple[str, ...],
    tests: PytestNames,
) -> SharedModules | None:
    """Return the shared module that a definition would make; None where no definition is there.

    pytest is taken to rewrite its assert statements, as it does where it is told to.

    Args:
        module: the file with the definition.
        line: the first line of the definition.
        names: all names that it has in the files.
        harmless: dotted names of bases and decorators that the settings trust.
        tests: what pytest collects.

    """
    for helper in helpers_of(module.tree, tests):
        if helper.line == line:
            node = helper.node
            others = {bare(name): name for name in reversed(names)}
            others.pop(bare(node.name), None)
            text = extracted(module, node, sorted(others.values()))
            shared = SharedModule(MODULE, "", text, rewrites_asserts=True)
            return SharedModules((shared,), harmless, tests=tests)
    return None


def reasons_against(
    module: ParsedModule, modules: SharedModules, lines: Collection[int]
) -> dict[int, tuple[Reason, ...]]:
    """Return what is in the way of replacing some definitions of a file; none where nothing is.

    What is no helper after all, but a test, or a text that looks like a definition, is left out.
    So is a class that pytest collects by its name where another file may have given it tests.

    Args:
        module: the file.
        modules: the shared module that the definitions would be replaced by.
        lines: where they stand.

    """
    tests = modules.tests
    heirs = {
        first_line(node)
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
        and first_line(node) in lines
        and _inherits_elsewhere(node, module, tests)
    }
    _, decisions = decide(module, shared_definitions(modules), {})
    return {
        d.definition.line: d.reasons
        for d in decisions
        if d.definition.line in lines
        and d.definition.line not in heirs
        and all(r.code is not Code.PYTEST_TESTS for r in d.reasons)
    }


def _inherits_elsewhere(node: ast.ClassDef, module: ParsedModule, tests: PytestNames) -> bool:
    """Whether pytest collects a class, and a base that no file here shows may bring its tests."""
    if not is_test_class(node.name, tests):
        return False
    own = {s.name for s in node.body if isinstance(s, FUNCTIONS)}
    return own.isdisjoint({"__init__", "__new__"}) and has_base_elsewhere(node, module.names)
