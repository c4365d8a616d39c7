"""What `adopt` wrote, and what to do next, as text."""

from __future__ import annotations

import os
from collections.abc import Sequence

from codemods.migration.adopt import Adoption, Pasted
from codemods.migration.steps import Step
from codemods.report.diff import unified_diff
from codemods.report.init import step_line
from codemods.report.table import Detail, paragraphs, shortened
from codemods.wording import plural


def as_text(done: Adoption, detail: Detail = Detail.NORMAL) -> str:
    """Format the files that were written."""
    if detail is Detail.QUIET:
        return ""
    path = os.path.relpath(done.path)
    place = f"the shared module is {path}: {done.why}"
    texts = [f"{name} is taken from {source}" for name, source in done.sources.items()]
    taken = shortened("", texts, detail)
    lines = [step_line(step) for step in done.steps] or ["nothing to do"]
    return paragraphs([[place, *taken], lines])


def way_on(done: Adoption, pasted: Sequence[Pasted], detail: Detail = Detail.NORMAL) -> str:
    """Format what to do next, a paragraph of its own."""
    if detail is Detail.QUIET:
        return ""
    adopted = [one for one in pasted if one.name not in done.skipped]
    files = plural(len({path for one in adopted for path in one.paths}), "file")
    then = f"for the copies in {files}: ssot-codemods migrate"
    lines = ["next: commit", f"then, {then}"] if done.steps else [f"next, {then}"]
    return f"\n{paragraphs([lines])}"


def elsewhere(done: Adoption) -> list[str]:
    """Return a line for each definition that another shared module has."""
    return [
        f"{name} is not adopted: {os.path.relpath(file)} has it already: `ssot-codemods migrate` "
        "replaces its copies"
        for name, file in done.elsewhere.items()
    ]


def as_patch(step: Step) -> bytes:
    """Return the difference that a step makes, as `git apply` takes it."""
    path = os.path.relpath(step.path)
    found = unified_diff(path, step.before or b"", step.after)
    if step.before is not None:
        return found
    return found.replace(b"--- a/" + os.fsencode(path), b"--- /dev/null", 1)
