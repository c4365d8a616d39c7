"""Find definitions that are a shared one under another name, or differ little from it."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from codemods.engine.codemod import ParsedModule, Planned
from codemods.engine.text import Unparsable
from codemods.model import Code, Decision, Definition, Reason, SharedModules, Verdict
from codemods.rewrites.collected import kind_of
from codemods.rewrites.discover.blocks import blocks_of, fingerprint_of
from codemods.rewrites.discover.helpers import Helper, helpers_of
from codemods.rewrites.discover.near import difference_of
from codemods.rewrites.others import RepositoryCodemod
from codemods.rewrites.replace_local_copies.equality import Normal
from codemods.rewrites.replace_local_copies.shared import (
    SharedDefinition,
    bare,
    shared_definitions,
)
from codemods.rewrites.replace_local_copies.survey import normal_lines
from codemods.wording import plural

#: Of a class with at least so many members in common, one may differ, however long it is.
_COMMON_MEMBERS = 2


@dataclass(frozen=True)
class FindResembling(RepositoryCodemod):
    """Find renamed and near copies of shared definitions: each is refused, nothing is changed.

    A renamed copy has equal code, and not the name of a shared definition. A near one has the name,
    and differs in one member or in few lines.
    """

    modules: SharedModules

    def may_concern(self, source: bytes) -> bool:
        """Whether a file has a helper of a shared name, or of code that may be a shared one's."""
        names, equal = shared_definitions(self.modules).by_name, _fingerprints(self.modules)
        with suppress(Unparsable, RecursionError, MemoryError):  # no Python defines nothing
            blocks = blocks_of(source, self.modules.tests).found
            return any(bare(b.name) in names or b.fingerprint in equal for b in blocks)
        return False

    def plan(self, module: ParsedModule) -> Planned:
        """Refuse each such definition; the plan is that nothing is edited."""
        shared, equal = shared_definitions(self.modules), _fingerprints(self.modules)
        found: list[Decision] = []
        for helper in helpers_of(module.tree, self.modules.tests):
            normal = Normal(helper.node, module.names.is_builtin)
            same_name = shared.by_name.get(bare(helper.node.name))
            if same_name is not None:
                if normal.shape.key not in shared.by_key:  # else it is a copy, or refused as one
                    found += _near(helper, normal, same_name)
            elif fingerprint_of(helper.node) in equal:
                found += _renamed(helper, normal, equal[fingerprint_of(helper.node)])
        return Planned(tuple(found))

    @property
    def own_files(self) -> frozenset[str]:
        """The real paths of the shared modules."""
        return frozenset(m.path for m in self.modules.modules)


@functools.lru_cache(maxsize=16)
def _fingerprints(modules: SharedModules) -> dict[int, list[SharedDefinition]]:
    """Return the shared definitions, but for the shortest, by a number that equal ones share."""
    found: dict[int, list[SharedDefinition]] = {}
    for definition in shared_definitions(modules).definitions:
        if not definition.normal.is_short:
            found.setdefault(fingerprint_of(definition.node), []).append(definition)
    return found


def _renamed(
    helper: Helper, normal: Normal, candidates: Sequence[SharedDefinition]
) -> Iterator[Decision]:
    for shared in candidates:
        if _key(normal) == _key(shared.normal):
            message = f"it is `{shared.module.name}.{shared.name}` under another name"
            yield _decision(helper, shared, Code.RENAMED_COPY, message)
            return


def _key(normal: Normal) -> tuple[str, ...]:
    # What names from outside mean is decided once the copy has the name of the shared definition.
    return normal.shape.key, *map(bare, normal.shape.reads)


def _near(
    helper: Helper, normal: Normal, candidates: Sequence[SharedDefinition]
) -> Iterator[Decision]:
    kind = isinstance(helper.node, ast.ClassDef)
    alike = [d for d in candidates if isinstance(d.node, ast.ClassDef) is kind]
    for shared in alike:
        differs = _little_difference(normal, shared.normal)
        if differs:
            message = f"it is `{shared.module.name}.{shared.name}` but for {differs}"
            yield _decision(helper, shared, Code.NEAR_COPY, message)
            return


def _little_difference(local: Normal, shared: Normal) -> str:
    """Return by how much two definitions differ; nothing where it is much."""
    if isinstance(local.node, ast.ClassDef):
        names = {name for name, _ in local.bare_members ^ shared.bare_members}
        common = len(local.bare_members & shared.bare_members)
        if len(names) == 1 and common >= _COMMON_MEMBERS:
            return f"`{names.pop()}`"
    difference, _ = difference_of(normal_lines(shared), normal_lines(local))
    changed = [line for line in difference[2:] if line[0] in "+-" and line[1:].strip()]
    return plural(len(changed), "line") if changed else ""


def _decision(helper: Helper, shared: SharedDefinition, code: Code, message: str) -> Decision:
    node = helper.node
    definition = Definition(node.name, kind_of(node), helper.line, helper.end_line)
    reason = Reason(code, helper.line, message)
    return Decision(definition, Verdict.REFUSE, (shared.module.name, shared.name), (reason,))
