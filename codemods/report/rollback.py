"""The runs of the journal, and the outcomes for their files, as text or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codemods.model import Outcome, Run, RunState
from codemods.report.document import document
from codemods.report.table import Detail, joined, paragraphs, table
from codemods.wording import plural


def runs_as_text(runs: Sequence[Run], detail: Detail = Detail.NORMAL) -> str:
    """Format a list of runs, the oldest first; VERBOSE with their files, QUIET the names alone."""
    if detail is Detail.QUIET:
        return joined(run.id for run in runs)
    if not runs:
        return "no runs\n"
    rows = [(run.id, run.time, len(run.entries), _state(run), run.command) for run in runs]
    head, *lines = table(("run", "time", "files", "state", "command"), rows)
    named = runs if detail is Detail.VERBOSE else []
    files = [[f"{run.id}:", *(f"  {entry.path}" for entry in run.entries)] for run in named]
    return paragraphs([[head, *lines], *files])


def _state(run: Run) -> str:
    if run.state is RunState.PARTLY_ROLLED_BACK:
        return f"{len(run.undone)} of {len(run.entries)} rolled back"
    return str(run.state.value)


def runs_as_json(runs: Sequence[Run]) -> dict[str, Any]:
    """Return a list of runs as values of JSON, the oldest first."""
    values = [
        {
            "id": run.id,
            "time": run.time,
            "command": run.command,
            "state": run.state,
            "changed": [entry.path for entry in run.entries],
        }
        for run in runs
    ]
    return document("rollback-list", {"runs": values})


def ways_to_end(run: Run) -> str:
    """Return what a user can do about a run that was interrupted."""
    commands = (f"ssot-codemods migrate --resume {run.id}", f"ssot-codemods rollback {run.id}")
    return f"finish it with `{commands[0]}`, or undo it with `{commands[1]}`"


def outcomes_as_text(
    kind: str, run: Run, outcomes: Sequence[Outcome], detail: Detail = Detail.NORMAL
) -> str:
    """Format what became of a run: of each file (VERBOSE), or of those not as wanted (QUIET)."""
    verb = "restored" if kind == "rollback" else "written"
    lines = [f"{o.path}: {o.error}" for o in outcomes if o.error is not None]
    lines += [f"{o.path}: overwritten; a copy is {o.kept}" for o in outcomes if o.kept is not None]
    if detail is Detail.QUIET:
        return joined(lines)
    if not outcomes:
        return f"run {run.id}: nothing to do, as it was rolled back already\n"
    good = [o.path for o in outcomes if o.error is None]
    lines += [f"{verb}: {path}" for path in good if detail is Detail.VERBOSE]
    lines.append(f"run {run.id}: {len(good)} of {plural(len(outcomes), 'file')} {verb}")
    return joined(lines)


def outcomes_as_json(kind: str, run: Run, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the outcomes as values of JSON, in a document of some kind."""
    return document(kind, {"run": run.id, "outcomes": outcomes})
