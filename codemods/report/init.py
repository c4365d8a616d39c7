"""What `init` wrote, and what to do next, as text."""

from __future__ import annotations

import os
from collections.abc import Sequence

from codemods.migration.steps import Step
from codemods.report.table import Detail, paragraphs


def as_text(todo: Sequence[Step], detail: Detail = Detail.NORMAL) -> str:
    """Format the files, all of them as wanted now: VERBOSE names those too that were so before."""
    if detail is Detail.QUIET:
        return ""
    written = [step_line(step) for step in todo if step.before != step.after]
    same = [f"unchanged: {os.path.relpath(s.path)}" for s in todo if s.before == s.after]
    blocks = [written or ["nothing to do"], same if detail is Detail.VERBOSE else []]
    if written:
        # Who has no module of their own yet may want to name one.
        is_new = any(s.path.name == "pyproject.toml" and s.before != s.after for s in todo)
        own = "name the modules of your own helpers in pyproject.toml, and " if is_new else ""
        blocks.append([f"next: {own}commit", "then: ssot-codemods analyze"])
    return paragraphs(blocks)


def step_line(step: Step) -> str:
    """Return the line about a file that was written."""
    verb = "wrote" if step.before is None else "added to"
    return f"{verb} {os.path.relpath(step.path)}: {step.purpose}"
