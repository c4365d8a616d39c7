"""Whether each criterion of each phase is met, as text or JSON."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from codemods.progress.grep import Grep
from codemods.progress.phases import Acceptance, Criterion, State
from codemods.report.status import missing_paths, next_steps, standing_json
from codemods.report.table import paragraphs, table
from codemods.wording import plural

SCHEMA = "ssot-codemods/accept/1"


def as_text(acceptance: Acceptance) -> str:
    """Format a line for each criterion of each phase, what grep counts, and the verdict."""
    standing = acceptance.standing
    rows = [_row(phase.name, c) for phase in standing.phases for c in phase.criteria]
    rows += [_row("", c) for c in standing.overall]
    unmet = sum(row[0] != State.MET.value for row in rows)
    verdict = "accepted" if acceptance.ok else f"not accepted: {unmet} of {len(rows)} not met"
    head = ("state", "phase", "criterion", "figure", "wanted")
    blocks = [
        table(head, rows),
        list(missing_paths(standing.phases)),
        list(next_steps(standing)),
        list(_grep(acceptance.grep)),
        [verdict],
    ]
    return paragraphs(blocks)


def as_json(acceptance: Acceptance) -> dict[str, Any]:
    """Return the criteria and the verdict as values of JSON."""
    return {
        "schema": SCHEMA,
        "ok": acceptance.ok,
        **standing_json(acceptance.standing),
        "grep": dataclasses.asdict(acceptance.grep),
    }


def _row(phase: str, criterion: Criterion) -> Sequence[object]:
    return (
        criterion.state.value,
        phase or "all",
        criterion.name,
        criterion.figure or "-",
        criterion.wanted,
    )


def _grep(found: Grep) -> Iterator[str]:
    """Yield what grep counts, and why the tool counts another number."""
    if not found.paths:
        return
    command = f'grep -r "{found.pattern}" {shlex.join(found.paths)} | wc -l'
    yield f"{command} counts {plural(found.lines, 'line')}; copies left: {found.copies:,}"
    yield from (f"  {number:>6,} {what}" for what, number in found.parts)
    if found.unseen > 0:
        yield f"  {found.unseen:>6,} copies that grep does not see: of another name or layout"
