"""What `adopt` wrote, and what to do next, as text."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

from codemods.migration.adopt import Adoption, Pasted, Unwanted
from codemods.migration.steps import Step
from codemods.report.diff import unified_diff
from codemods.report.init import step_line
from codemods.report.table import Detail, paragraphs, shortened
from codemods.wording import first_of, plural

#: Of the classes that are marked, so many are named on a line.
_MOST_NAMES = 10


def as_text(done: Adoption, detail: Detail = Detail.NORMAL, *, dry_run: bool = False) -> str:
    """Format the files that were written, or for a dry run, what else there is to know."""
    if detail is Detail.QUIET:
        return ""
    path = os.path.relpath(done.path)
    place = f"the shared module is {path}: {done.why}"
    texts = [f"{name} is taken from {source}" for name, source in done.sources.items()]
    taken = shortened("", texts, detail)
    written = [] if dry_run else map(step_line, done.steps)
    lines = [*written] if done.steps else ["nothing to do"]
    if done.marked:
        names = first_of(done.marked, _MOST_NAMES)
        lines.append(f"`__test__ = False` is new in {names}: pytest would try to collect it")
    before = "" if dry_run else "undo this, and "
    unwanted = shortened("", [_unwanted(found, before) for found in done.unwanted], detail)
    return paragraphs([[place, *taken], lines, list(unwanted)])


def _unwanted(found: Unwanted, before: str) -> str:
    """Return that a package comes into files, and how not: what to do before, and what then."""
    needing = plural(len(found.names), "definition")
    return (
        f"{found.without} of the {plural(found.files, 'file')} with a copy have no import of "
        f"{found.package} now, which this module imports for {needing}: to keep it out of them, "
        f"{before}begin with `ssot-codemods adopt {' '.join(found.names)}`"
    )


def way_on(done: Adoption, pasted: Sequence[Pasted], detail: Detail = Detail.NORMAL) -> str:
    """Format what to do next, a paragraph of its own."""
    if detail is Detail.QUIET:
        return ""
    adopted = [one for one in pasted if one.name not in done.skipped]
    files = plural(len({path for one in adopted for path in one.paths}), "file")
    then = f"for the copies in {files}: ssot-codemods migrate"
    lines = [f"next: commit; then, {then}", _undo(done)] if done.steps else [f"next, {then}"]
    return f"\n{paragraphs([lines])}"


def _undo(done: Adoption) -> str:
    """Return what undoes the steps; git restores what it has as it was."""
    made = [step for step in done.steps if step.before is None]
    folders = {step.path.parent for step in made if not step.after}  # packages that are new
    paths = (p for p in (*folders, *(step.path for step in made)) if folders.isdisjoint(p.parents))
    new = sorted(map(os.path.relpath, paths))
    old = [os.path.relpath(step.path) for step in done.steps if step.before is not None]
    if old and not done.is_committed:
        changed = [f"take out what was added to {path}" for path in old]
        return f"to undo: {', '.join([*changed, *(f'delete {path}' for path in new)])}"
    commands = [shlex.join(["rm", "-r", "--", *new])] if new else []
    commands += [shlex.join(["git", "checkout", "--", *old])] if old else []
    return f"to undo, before you commit: {' && '.join(commands)}"


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
