"""The codemod: local copies of shared definitions are replaced by imports of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from codemods.engine.codemod import ParsedModule, Planned
from codemods.model import SharedModules
from codemods.rewrites.replace_local_copies.decide import FromOutside, decide, undefined_names
from codemods.rewrites.replace_local_copies.plan import Planner
from codemods.rewrites.replace_local_copies.shared import Shared, shared_definitions


@dataclass(frozen=True)
class ReplaceLocalCopies:
    """Replace local copies of shared definitions by imports of them.

    Args:
        modules: the shared modules, the specification of what a copy is.
        kept: global names that other files may take from the file: they stay bound.
        from_outside: what forbids a replacement for what other files do, by the local name.

    """

    modules: SharedModules
    kept: frozenset[str] = frozenset()
    from_outside: FromOutside = field(default_factory=dict)

    def may_concern(self, source: bytes) -> bool:
        """Whether a file can hold a definition of a shared name."""
        return self._shared.may_define(source)

    def plan(self, module: ParsedModule) -> Planned:
        """Decide on each definition of a shared name, and plan the edit."""
        copies, decisions = decide(module, self._shared, self.from_outside)
        warnings = undefined_names(module, self._shared) if decisions else ()
        if not copies:
            return Planned(decisions, warnings)
        plan, dropped = Planner(module, copies, self.kept, self.modules.tests).plan()
        return Planned(decisions, warnings, plan, dropped)

    @property
    def module_stems(self) -> tuple[bytes, ...]:
        """The last parts of the names of the shared modules, which each file that imports has."""
        return tuple(m.name.rpartition(".")[2].encode() for m in self.modules.modules)

    @property
    def _shared(self) -> Shared:
        return shared_definitions(self.modules)
