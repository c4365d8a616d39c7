"""The runs of the journal, and the outcomes for their files, as text or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codemods.model import Outcome, Run, RunState
from codemods.report.document import document
from codemods.report.table import joined, table
from codemods.wording import plural


def runs_as_text(runs: Sequence[Run]) -> str:
    """Format a list of runs, the oldest first."""
    if not runs:
        return "no runs\n"
    rows = [(run.id, run.time, len(run.entries), _state(run), run.command) for run in runs]
    return joined(table(("run", "time", "files", "state", "command"), rows))


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


def outcomes_as_text(run: Run, outcomes: Sequence[Outcome]) -> str:
    """Format the outcome for each file of a run."""
    lines = [f"{o.path}: {o.error}" for o in outcomes if o.error is not None]
    lines += [f"{o.path}: overwritten; a copy is {o.kept}" for o in outcomes if o.kept is not None]
    if not outcomes:
        return f"run {run.id}: nothing to do, as it was rolled back already\n"
    done = sum(o.error is None for o in outcomes)
    lines.append(f"run {run.id}: {done} of {plural(len(outcomes), 'file')} done")
    return joined(lines)


def outcomes_as_json(kind: str, run: Run, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the outcomes as values of JSON, in a document of some kind."""
    return document(kind, {"run": run.id, "outcomes": outcomes})
