"""A group -> which of its places can be replaced, as if its definition were a shared one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from codemods.engine.codemod import ParsedModule
from codemods.model import Code, PytestNames, Reason, SharedModule, SharedModules
from codemods.rewrites.adopt import extract_nodes, module_with
from codemods.rewrites.discover.helpers import helpers_of
from codemods.rewrites.replace_local_copies.decide import decide
from codemods.rewrites.replace_local_copies.shared import bare, shared_definitions

#: The name that messages have for the module that is not written yet.
MODULE = "shared_helpers_to_be"


class Candidate(NamedTuple):
    """The shared module that a definition would make, and why it cannot, if it cannot."""

    modules: SharedModules
    obstacle: str = ""

    @property
    def text(self) -> bytes:
        """The module, without what cannot be taken along."""
        return self.modules.modules[0].source


def candidate(
    module: ParsedModule,
    line: int,
    names: Sequence[str],
    *,
    harmless: tuple[str, ...],
    tests: PytestNames,
) -> Candidate | None:
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
            aliases = dict.fromkeys(sorted(others.values()), node.name)
            parts = replace(extract_nodes(module, [node]), aliases=aliases)
            shared = SharedModule(MODULE, "", module_with(b"", parts), rewrites_asserts=True)
            obstacle = next(iter(parts.left_out), "")
            return Candidate(SharedModules((shared,), harmless, tests=tests), obstacle)
    return None


def reasons_against(
    module: ParsedModule, shared: Candidate, lines: Collection[int]
) -> dict[int, tuple[Reason, ...]]:
    """Return what is in the way of replacing some definitions of a file; none where nothing is.

    What is no helper after all, but a test, or a text that looks like a definition, is left out.

    Args:
        module: the file.
        shared: what the definitions would be replaced by.
        lines: where they stand.

    """
    _, decisions = decide(module, shared_definitions(shared.modules), {})
    return {
        d.definition.line: d.reasons or _reasons(d.definition.line, shared.obstacle)
        for d in decisions
        if d.definition.line in lines and all(r.code is not Code.PYTEST_TESTS for r in d.reasons)
    }


def _reasons(line: int, obstacle: str) -> tuple[Reason, ...]:
    return (Reason(Code.DIFFERENT_GLOBALS, line, obstacle),) if obstacle else ()
