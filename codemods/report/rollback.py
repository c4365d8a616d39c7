"""The runs of the journal, and what became of their files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codemods.model import Outcome, Run
from codemods.report.table import table
from codemods.wording import plural, printable

RUNS_SCHEMA = "ssot-codemods/runs/1"
OUTCOMES_SCHEMA = "ssot-codemods/rollback/1"


def runs_as_text(runs: Sequence[Run]) -> str:
    """List runs for people, the oldest first."""
    if not runs:
        return "no runs\n"
    rows = [(run.id, run.time, len(run.entries), run.state, printable(run.command)) for run in runs]
    return "\n".join(table(("run", "time", "files", "state", "command"), rows)) + "\n"


def runs_as_json(runs: Sequence[Run]) -> dict[str, Any]:
    """List runs for programs, the oldest first."""
    return {
        "schema": RUNS_SCHEMA,
        "runs": [
            {
                "id": run.id,
                "time": run.time,
                "command": run.command,
                "state": run.state,
                "files": [entry.path for entry in run.entries],
            }
            for run in runs
        ],
    }


def outcomes_as_text(run: Run, outcomes: Sequence[Outcome]) -> str:
    """Say what became of the files of a run."""
    lines = [f"{printable(o.path)}: {o.error}" for o in outcomes if o.error is not None]
    lines += [
        f"{printable(o.path)}: a copy of what was overwritten is {printable(o.kept)}"
        for o in outcomes
        if o.kept is not None
    ]
    if not outcomes:
        return f"run {run.id}: nothing to do, it was rolled back already\n"
    done = sum(o.error is None for o in outcomes)
    lines.append(f"run {run.id}: {done} of {plural(len(outcomes), 'file')} done")
    return "\n".join(lines) + "\n"


def outcomes_as_json(run: Run, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Say it to programs."""
    return {
        "schema": OUTCOMES_SCHEMA,
        "run": run.id,
        "files": [{"path": o.path, "error": o.error, "kept": o.kept} for o in outcomes],
    }
