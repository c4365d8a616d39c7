"""The codemod: local copies of shared definitions are replaced by imports of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from codemods.engine.codemod import ParsedModule, Planned, refuse
from codemods.engine.run import Pool, one_by_one
from codemods.engine.text import stem_of
from codemods.model import FileResult, SharedModules, Source, Status
from codemods.rewrites.others import FromOutside, Others, RepositoryCodemod
from codemods.rewrites.replace_local_copies.decide import decide, undefined_names
from codemods.rewrites.replace_local_copies.importers import may_reach, outside_effects
from codemods.rewrites.replace_local_copies.imports import imports
from codemods.rewrites.replace_local_copies.plan import Planner
from codemods.rewrites.replace_local_copies.scripts import not_found_by_script, runs_itself
from codemods.rewrites.replace_local_copies.shared import Shared, shared_definitions


@dataclass(frozen=True)
class ReplaceLocalCopies(RepositoryCodemod):
    """Replace local copies of shared definitions by imports of them.

    Args:
        modules: the shared modules, the specification of what a copy is.
        kept: global names that other files may take from the file: they stay bound.
        from_outside: what forbids a replacement for what other files do, by the local name.

    """

    modules: SharedModules
    kept: frozenset[str] = frozenset()
    from_outside: FromOutside = field(default_factory=dict, hash=False)

    def may_concern(self, source: bytes) -> bool:
        """Whether a file can hold a definition of a shared name."""
        return self._shared.may_define(source)

    def plan(self, module: ParsedModule) -> Planned:
        """Decide on each definition of a shared name, and plan the edit."""
        copies, decisions = decide(module, self._shared, self.from_outside)
        warnings = undefined_names(module, self._shared) if decisions else ()
        if not copies:
            return Planned(decisions, warnings)
        lost = not_found_by_script(module, decisions, self.modules.modules)
        if lost and runs_itself(module):
            message = "the file starts Python with itself, which would not find the shared module"
            reason = lost[0]._replace(message=message)
            stay = (d if d.reasons else refuse(d, reason) for d in decisions)
            return Planned(tuple(stay), warnings)
        warnings += lost
        tests, first_party = self.modules.tests, self.modules.first_party
        plan, dropped = Planner(module, copies, self.kept, tests, first_party).plan()
        return Planned(decisions, warnings, plan, dropped)

    @property
    def own_files(self) -> frozenset[str]:
        """The real paths of the shared modules."""
        return frozenset(m.path for m in self.modules.modules)

    def may_mention(self, source: bytes) -> bool:
        """Whether a definition of a shared name may stand in a file, be it in a comment."""
        return self._shared.may_mention(source)

    def is_used_in(self, source: Source) -> bool:
        """Whether a file imports a shared module."""
        return any(imports(source, m) for m in self.modules.modules if m.word in source.content)

    def words_outside(self, source: Source) -> frozenset[bytes]:
        """Return the word by which other files name a module that may be changed."""
        may_change = self.may_concern(source.content)
        return frozenset([stem_of(source.path)] if may_change else [])

    def may_reach(self, source: Source) -> bool:
        """Whether a file may reach modules that it does not name, or globals of a shared one."""
        is_named = any(module.word in source.content for module in self.modules.modules)
        return is_named or may_reach(source, self.modules.tests)

    def again(
        self, decided: Mapping[str, FileResult], others: Others, run: Pool = one_by_one
    ) -> Mapping[str, ReplaceLocalCopies]:
        """Return what to apply where other files take a name, or would change a shared one."""
        changed = {path: r for path, r in decided.items() if r.status is Status.CHANGED}
        effects = outside_effects(self.modules, changed, others, run)
        return {p: replace(self, kept=e.taken, from_outside=e.reasons) for p, e in effects.items()}

    @property
    def _shared(self) -> Shared:
        return shared_definitions(self.modules)
