"""A group -> which of its places can be replaced, as if its definition were a shared one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from codemods.engine.codemod import ParsedModule
from codemods.model import Code, Group, Place, PytestNames, Reason, SharedModule, SharedModules
from codemods.rewrites.adopt import extract_nodes, module_with
from codemods.rewrites.discover.helpers import helpers_of
from codemods.rewrites.replace_local_copies.decide import decide
from codemods.rewrites.replace_local_copies.shared import bare, shared_definitions

#: The name that messages have for the module that is not written yet.
MODULE = "the_shared_module"


#: What is in the way because of the definition itself, whatever its file imports or does with it.
_OF_ITSELF = frozenset(
    {
        *(Code.CALLED_BY_NAME, Code.DOCTEST, Code.MODULE_DEPENDENT),
        *(Code.STATE, Code.SWALLOWED_CODE),
    }
)


class Candidate(NamedTuple):
    """The shared module that a definition would make.

    `refusal` tells why no copy can be replaced: the module lacks what the definition reads. Where
    `lacks_imports`, another file may have what it needs. A nested definition is looked at in each
    file, as it may read what stands around it.
    """

    modules: SharedModules
    refusal: tuple[Reason, ...] = ()
    lacks_imports: bool = False

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
    """Return the shared module that a definition would make; None where none begins on that line.

    `names` are all that it has in the files. pytest is taken to rewrite its assert statements, as
    it does where it is told to.
    """
    for helper in helpers_of(module.tree, tests):
        if helper.line == line:
            node = helper.node
            others = {bare(name): name for name in reversed(names)}
            others.pop(bare(node.name), None)
            aliases = dict.fromkeys(sorted(others.values()), node.name)
            parts = replace(extract_nodes(module, [node]), aliases=aliases)
            shared = SharedModule(MODULE, "", module_with(b"", parts), rewrites_asserts=True)
            modules = SharedModules((shared,), harmless, tests=tests)
            left_out = () if helper.is_nested else parts.left_out
            refusal = _refusal(module, modules, line, left_out)
            return Candidate(modules, refusal, parts.lacks_imports)
    return None


def _refusal(
    module: ParsedModule, modules: SharedModules, line: int, left_out: Sequence[str]
) -> tuple[Reason, ...]:
    """Return why a definition cannot be shared that reads what cannot be taken along."""
    own = reasons_against(module, modules, [line]) if left_out else {}
    if line not in own:  # where it is a test here, its copies may be none
        return ()
    missing = Reason(Code.DIFFERENT_GLOBALS, line, f"{left_out[0]} ({module.path})")
    return tuple(reason for reason in own[line] if reason.code in _OF_ITSELF) or (missing,)


def reasons_against(
    module: ParsedModule, modules: SharedModules, lines: Collection[int]
) -> dict[int, tuple[Reason, ...]]:
    """Return what is in the way of replacing some definitions of a file; none where nothing is.

    What is no helper after all, but a test, or a text that looks like a definition, is left out.
    """
    _, decisions = decide(module, shared_definitions(modules), {})
    return {
        d.definition.line: tuple(map(_readable, d.reasons))
        for d in decisions
        if d.definition.line in lines and all(r.code is not Code.PYTEST_TESTS for r in d.reasons)
    }


def _readable(reason: Reason) -> Reason:
    """Return a reason that speaks of a module which is yet to be made."""
    message = reason.message.replace(f"in {MODULE} it ", "in the shared module it ")
    return reason._replace(message=message)


def refused(group: Group, refusal: Sequence[Reason]) -> Group:
    """Return a group of which no place can be replaced, for what its pattern is refused for."""

    def moved(place: Place) -> tuple[Reason, ...]:
        lines = ((r, place.line + r.line - group.pattern.line) for r in refusal)
        return tuple(r._replace(line=min(line, place.end_line)) for r, line in lines)

    return group._replace(places=tuple(p._replace(reasons=moved(p)) for p in group.places))
