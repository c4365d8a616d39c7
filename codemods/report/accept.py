"""Whether each criterion of each phase is met, as text or JSON."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from codemods.decode import encode
from codemods.disk.journal import FOLDER
from codemods.progress.grep import Grep
from codemods.progress.phases import Acceptance, State
from codemods.report.document import document
from codemods.report.status import blocks
from codemods.report.table import Detail, paragraphs
from codemods.wording import plural


def as_text(acceptance: Acceptance, detail: Detail = Detail.NORMAL) -> str:
    """Format the criteria of each phase, what grep counts, and the verdict; QUIET: that alone."""
    if detail is Detail.QUIET:
        return paragraphs([[_verdict(acceptance)]])
    return paragraphs([
        *blocks(acceptance.standing),
        list(_grep(acceptance.grep)),
        [_verdict(acceptance)],
    ])  # fmt: skip


def as_json(acceptance: Acceptance) -> dict[str, Any]:
    """Return the criteria and the verdict as values of JSON."""
    values = {
        "ok": acceptance.ok,
        **encode(acceptance.standing),
        "grep": acceptance.grep,
        "damaged": acceptance.damaged,
    }
    return document("accept", values)


def _verdict(acceptance: Acceptance) -> str:
    if acceptance.ok:
        return "accepted"
    criteria = acceptance.standing.criteria
    unmet = sum(c.state is not State.MET for c in criteria)
    if not unmet:
        return "not accepted: the history is damaged or not complete"
    return f"not accepted: {unmet} of {len(criteria)} not met"


def _grep(found: Grep) -> Iterator[str]:
    """Yield what grep counts, and why the tool counts another number."""
    if not found.paths:
        return
    where = f"--exclude-dir={FOLDER} {shlex.join(found.paths)}"
    command = f'grep -r "{found.pattern}" {where} | wc -l'
    counts = f"{plural(found.line_count, 'line')}, {found.word_count:,} with -w"
    yield f"{command} counts {counts}; copies left: {found.copy_count:,}"
    yield from (f"  {number:>6,} {what}" for number, what in found.parts)
    if found.unseen_count > 0:
        yield f"  {found.unseen_count:>6,} copies that grep does not see: of another name or layout"
