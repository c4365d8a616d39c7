"""From paths to changed files: list, read, plan in workers, then write in this process alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from codemods.disk.files import read_file
from codemods.disk.folder import EditedError
from codemods.disk.git import checkout_of, committed_files
from codemods.disk.journal import Change, Journal, digest
from codemods.engine.codemod import apply as apply_codemod
from codemods.engine.codemod import refused
from codemods.engine.run import Pool
from codemods.migration.scan import Scan, Task
from codemods.migration.trial import Trial
from codemods.migration.verify import Verified, without
from codemods.model import (
    STDIN,
    Code,
    FileResult,
    Plan,
    Reason,
    Run,
    RunState,
    Source,
    Status,
    UsageError,
    Written,
)
from codemods.rewrites.others import RepositoryCodemod
from codemods.workers.pool import without_collector


def plan(scan: Scan, pool: Pool) -> Plan:
    """Work out what would change in files that are not read yet, and touch nothing."""
    with without_collector():
        results = list(pool(_apply, scan.definitions(), FileResult.failure))
    results = _with_other_files(results, scan, pool)
    # One that could not be read may have been tried twice.
    results += {failure.path: failure for failure in scan.failures}.values()
    relevant = (r for r in results if r.status is not Status.UNCHANGED)
    ordered = tuple(sorted(relevant, key=lambda r: os.fsencode(r.path)))
    own = {r.path for r in ordered if any(not d.is_namesake for d in r.decisions)}
    helpers = scan.sharing | own
    return Plan(scan.files, len(helpers), ordered)


def plan_stdin(content: bytes, codemod: RepositoryCodemod | None, pool: Pool) -> Plan:
    """Work out what would change in a module that was read from standard input.

    What other files do with it is not known. The arguments are its bytes, the codemod (None where
    no settings cover it), and the workers.
    """
    if codemod is None:
        return Plan(1, 0, ())
    results = tuple(pool(_apply, [Task(STDIN, content, codemod)], FileResult.failure))
    found = tuple(r for r in results if r.status is not Status.UNCHANGED)
    own = [d for r in found for d in r.decisions if not d.is_namesake]
    is_helper = bool(own) or codemod.is_used_in(Source(STDIN, content))
    return Plan(1, int(is_helper), found)


def _apply(task: Task) -> FileResult:
    return apply_codemod(task.content, task.path, task.codemod)


def _with_other_files(results: list[FileResult], scan: Scan, pool: Pool) -> list[FileResult]:
    """Apply the codemod again where it matters what other files do."""
    again: dict[str, RepositoryCodemod] = {}
    for codemod, found in scan.by_codemod(r for r in results if r.decisions):
        decided = {os.path.abspath(path): result for path, result in found.items()}
        for path, informed in codemod.again(decided, scan.checkout, pool).items():
            again[decided[path].path] = informed
    better = {r.path: r for r in pool(_apply, scan.again(again), FileResult.failure)}
    gone = Reason(Code.CHANGED_SINCE_PLANNED, 1, "it can no longer be read")
    return [better.get(r.path, refused(r, gone)) if r.path in again else r for r in results]


def refuse_uncommitted(results: Iterable[FileResult]) -> list[FileResult]:
    """Refuse the files in a checkout that git could not restore as they are."""
    committed: dict[Path | None, set[str]] = {}
    message = "git may have no copy of it as it is: commit it, or use --allow-dirty"
    reason = Reason(Code.UNCOMMITTED, 1, message)
    found = []
    for result in results:
        real = os.path.realpath(result.path)
        top = checkout_of(Path(real).parent)
        if top is not None and top not in committed:
            committed[top] = _committed(top)
        is_safe = top is None or real in committed[top]
        found.append(result if is_safe else refused(result, reason))
    return found


def _committed(top: Path) -> set[str]:
    try:
        return {os.path.join(top, os.fsdecode(path)) for path in committed_files(top)}
    except UsageError as error:
        raise UsageError(f"{error}; to change files all the same, use --allow-dirty") from error


def refuse_unwritable(result: FileResult) -> FileResult:
    """Refuse a file that cannot be replaced without a loss."""
    try:
        status = os.lstat(result.path)
    except (FileNotFoundError, NotADirectoryError):
        return refused(result, Reason(Code.CHANGED_SINCE_PLANNED, 1, "deleted meanwhile"))
    if not status.st_mode & 0o222:
        message = "file is read-only: `chmod u+w` allows a change"
        return refused(result, Reason(Code.READ_ONLY, 1, message))
    if status.st_nlink > 1:
        message = f"replacing it would break its {status.st_nlink} hard links"
        return refused(result, Reason(Code.HARD_LINKED, 1, message))
    return result


class Batch(NamedTuple):
    """What to write of a plan.

    `command` is shown in the list of runs; of the files, the first `max_files` in the order of
    their paths are written; with `allow_dirty`, those with uncommitted changes too.
    `before_writing` is called with the files that are about to change; if it raises, nothing is
    written.
    """

    command: str
    max_files: int | None = None
    allow_dirty: bool = False
    before_writing: Callable[[Sequence[FileResult]], None] | None = None


def preview(planned: Plan, batch: Batch) -> tuple[Written, Path, tuple[Change, ...]]:
    """Read the files of a batch that would change once more, and write nothing.

    A file that would be skipped as it is now has a warning that tells so.

    Returns:
        What a migration would do, a folder around the current one and all the files, and the
        changes, with paths from that folder: `git apply` takes none with ``..`` in it.

    """
    changed = planned.changes[: batch.max_files]
    left = {r.path for r in planned.changes[len(changed) :]}
    results = [r for r in planned.results if r.path not in left]
    base = Path(os.path.commonpath([os.getcwd(), *(os.path.realpath(r.path) for r in changed)]))
    changes = {r.path: _change(r, base) for r in changed}
    done = tuple(c if isinstance(c := changes.get(r.path, r), FileResult) else r for r in results)
    skipped = {r.path: r.refused[-1].reasons for r in _ready(changed, batch) if r.after is None}
    done = tuple(r._replace(warnings=(*skipped.get(r.path, ()), *r.warnings)) for r in done)
    shown = tuple(change for change in changes.values() if isinstance(change, Change))
    return Written(planned.files, None, done, len(left), len(planned.changes)), base, shown


def _ready(changes: Iterable[FileResult], batch: Batch) -> list[FileResult]:
    """Refuse the files that are not to be written as they are now."""
    found = [refuse_unwritable(r) for r in changes]
    return found if batch.allow_dirty else refuse_uncommitted(found)


def migrate(
    planned: Plan, journal: Journal, batch: Batch, judge: Callable[[Trial], Verified] | None
) -> tuple[Written, Verified | None]:
    """Write what was planned, and undo the change of each file whose tests differ.

    Args:
        planned: what `plan` returned.
        journal: records the old bytes first; the caller holds its lock. Where it cannot be written,
            nothing else was.
        batch: what to write.
        judge: reverts the files whose tests differ, and returns what the tests showed; None to run
            no tests.

    Returns:
        What stays, and what the tests showed, None where none were run.

    """
    written = write(planned, journal, batch)
    verified = None
    if written.run is not None and written.stopped:
        written = _only_written(written, journal, written.run)
    elif written.run is not None and judge is not None:
        trial = Trial(journal, written.run, written.run.entries)
        verified = judge(trial)
        written = without(written, verified, trial)
    if written.run and journal.run(written.run.id).state is RunState.ROLLED_BACK:
        written = written._replace(run=None)
    return written, verified


def _only_written(written: Written, journal: Journal, run: Run) -> Written:
    """Count the files that Ctrl-C kept from being written among those that are left."""
    root = os.path.realpath(journal.root)
    old = {f"{root}/{entry.path}" for entry in run.entries if not journal.is_new(entry)}
    results = tuple(
        r for r in written.results if r.after is None or os.path.realpath(r.path) not in old
    )
    left = written.left + len(written.results) - len(results)
    return written._replace(results=results, left=left)


def write(planned: Plan, journal: Journal, batch: Batch) -> Written:
    """Write what was planned, each file as a whole or not at all.

    The arguments are those of `migrate`.
    """
    results = {r.path: r for r in planned.results}
    changes = _ready(planned.changes, batch)
    results.update({r.path: r for r in changes})
    possible = [r for r in changes if r.status is Status.CHANGED]
    chosen = possible[: batch.max_files]
    left = possible[len(chosen) :]
    for result in left:
        del results[result.path]
    if chosen and batch.before_writing is not None:
        batch.before_writing(chosen)
    contents: dict[str, Change] = {}
    for result in chosen:
        change = _change(result, journal.root)
        if isinstance(change, Change):
            contents[result.path] = change
        else:
            results[result.path] = change
    started, stopped = None, False
    if contents:
        started = journal.begin(batch.command, list(contents.values()))
        stopped, failures = apply(journal, started)
        for path, entry in zip(contents, started.entries, strict=True):
            if entry.path in failures:
                results[path] = _not_written(results[path], failures[entry.path])
    found = tuple(results.values())
    return Written(planned.files, started, found, len(left), len(planned.changes), stopped)


def apply(journal: Journal, started: Run) -> tuple[bool, dict[str, EditedError | OSError]]:
    """Write the files of a run that are not written yet.

    Returns whether Ctrl-C ended it, and why files (by their paths from the root) were not written.
    """
    failures: dict[str, EditedError | OSError] = {}
    try:
        for entry in started.entries:
            try:
                journal.apply(started, entry)
            except (EditedError, OSError) as error:
                failures[entry.path] = error
        journal.sync(started)
        journal.finish(started, failures)
    except KeyboardInterrupt:
        journal.sweep(started)
        return True, failures
    return False, failures


def _change(result: FileResult, root: Path) -> Change | FileResult:
    try:
        content, status = read_file(result.path)
    except OSError as error:
        return refused(result, Reason(Code.CHANGED_SINCE_PLANNED, 1, error.strerror or str(error)))
    if digest(content) != result.before_digest:
        return refused(result, Reason(Code.CHANGED_SINCE_PLANNED, 1, "edited meanwhile"))
    assert result.after is not None
    real = os.path.realpath(result.path)
    if real != os.path.normpath(Path.cwd() / result.path):  # no link led to it as it was listed
        return refused(result, Reason(Code.CHANGED_SINCE_PLANNED, 1, "moved meanwhile"))
    path = os.path.relpath(real, os.path.realpath(root))
    return Change(path, content, result.after, status.st_mode & 0o7777)


def _not_written(result: FileResult, error: EditedError | OSError) -> FileResult:
    if isinstance(error, EditedError):
        return refused(result, Reason(Code.CHANGED_SINCE_PLANNED, 1, str(error)))
    reason = Reason(Code.NOT_WRITTEN, 1, f"{error.strerror or error}; the file is unchanged")
    return result._replace(status=Status.FAILED, decisions=(), after=None, error=reason)
