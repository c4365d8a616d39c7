"""What `adopt` wrote, and what to do next, as text."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence

from codemods.migration.adopt import Adoption, Unwanted
from codemods.migration.choose import Choice, not_adopted
from codemods.migration.steps import Step
from codemods.report.diff import unified_diff
from codemods.report.init import step_line
from codemods.report.table import Detail, paragraphs, shortened, table
from codemods.wording import command, first_of, plural

#: Of long lists of names, so many are shown on a line.
_MOST_NAMES = 5


def as_text(done: Adoption, detail: Detail = Detail.NORMAL, *, dry_run: bool = False) -> str:
    """Format the files that were written, or for a dry run, what else there is to know."""
    if detail is Detail.QUIET or (done.skipped and not done.sources):
        return ""
    path = os.path.relpath(done.path)
    rows = sorted(done.sources.items(), key=lambda source: (source[1], source[0]))
    place = [f"the shared module is {path}: {done.why}{'' if done.steps else '; nothing to write'}"]
    taken = []
    if len(rows) == 1:
        place += [f"{name} is taken from {source}" for name, source in rows]
    elif rows:
        head, *lines = table(("definition", "taken from"), rows)
        taken = [head, *shortened("", lines, detail)]
    lines = [] if dry_run else [step_line(step) for step in done.steps]
    if done.marked:
        names = _names(done.marked, detail)
        lines.append(f"`__test__ = False` is new in {names}: pytest would try to collect it")
    return paragraphs([place, taken, lines, _unwanted(done.unwanted, detail, dry_run=dry_run)])


def _names(names: Sequence[str], detail: Detail) -> str:
    return first_of(names, len(names) if detail is Detail.VERBOSE else _MOST_NAMES)


def _unwanted(found: Sequence[Unwanted], detail: Detail, *, dry_run: bool) -> list[str]:
    """Return which packages come into files, and how not."""
    before = "" if dry_run else "undo this, and "
    if not found:
        return []
    rows = [(p, f"{n:,} of {of:,}", _names(names, detail)) for p, names, n, of in found]
    return [
        "files with a copy that do not import a package now, and will with the module:",
        *table(("package", "files", "needed by"), rows),
        f"to keep it out of them, {before}begin with `ssot-codemods adopt` and those names",
    ]


def left_out(
    choice: Choice, done: Sequence[Adoption], names: Sequence[str], detail: Detail
) -> list[str]:
    """Return what is not adopted: with the reasons, where it was named or in VERBOSE."""
    skipped = {name: why for one in done for name, why in one.skipped.items()}
    reasons = {**choice.missing, **skipped}
    shared = {name: file for one in done for name, file in one.elsewhere.items()}
    if names or detail is Detail.VERBOSE:
        others = [line for _, line in choice.others]
        return [*not_adopted(reasons), *others, *_elsewhere(shared)]
    lists = {
        "not adopted": reasons,
        "other code of a name that is adopted": [name for name, _ in choice.others],
        "shared already": shared,
    }
    return [
        f"{label}: {_names(sorted({*found}), detail)} (-v says why)"
        for label, found in lists.items()
        if found
    ]


def way_on(
    done: Sequence[Adoption],
    asked: Sequence[str] = (),
    detail: Detail = Detail.NORMAL,
    *,
    is_importable: bool = True,
) -> str:
    """Format what to do next, a paragraph of its own; `asked` are the arguments of `--in`."""
    if detail is Detail.QUIET:
        return ""
    files = plural(len(frozenset().union(*(one.files for one in done))), "file")
    then = f"for the copies in {files}: {command('migrate', *asked)}"
    steps = [step for one in done for step in one.steps]
    undo = _undo(steps, is_committed=all(one.is_committed for one in done))
    if not is_importable:
        lines = ["next: fix that, until `ssot-codemods doctor` finds no error", undo]
    else:
        lines = [f"next: commit; then, {then}", undo] if steps else [f"next, {then}"]
    return f"\n{paragraphs([lines])}"


def _undo(steps: Sequence[Step], *, is_committed: bool) -> str:
    """Return what undoes the steps; git restores what it has as it was."""
    made = [step for step in steps if step.before is None]
    folders = {step.path.parent for step in made if not step.after}  # packages that are new
    paths = (p for p in (*folders, *(step.path for step in made)) if folders.isdisjoint(p.parents))
    new = sorted(map(os.path.relpath, paths))
    old = [os.path.relpath(step.path) for step in steps if step.before is not None]
    if old and not is_committed:
        changed = [f"take out what was added to {path}" for path in old]
        return f"to undo: {', '.join([*changed, *(f'delete {path}' for path in new)])}"
    commands = [shlex.join(["rm", "-r", "--", *new])] if new else []
    commands += [shlex.join(["git", "checkout", "--", *old])] if old else []
    return f"to undo, before you commit: {' && '.join(commands)}"


def _elsewhere(shared: Mapping[str, str]) -> list[str]:
    """Return a line for each definition that another shared module has."""
    return [
        f"{name} is not adopted: {os.path.relpath(file)} has it already: `ssot-codemods migrate` "
        "replaces its copies"
        for name, file in shared.items()
    ]


def as_patch(step: Step) -> bytes:
    """Return the difference that a step makes, as `git apply` takes it."""
    path = os.path.relpath(step.path)
    found = unified_diff(path, step.before or b"", step.after)
    if step.before is not None:
        return found
    return found.replace(b"--- a/" + os.fsencode(path), b"--- /dev/null", 1)
