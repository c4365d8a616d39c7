"""From paths to changed files: list, read, plan in workers, then write in this process alone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from codemods.disk.atomic import EditedError
from codemods.disk.files import read_file
from codemods.disk.git import checkout_of, run_git
from codemods.disk.journal import Change, Journal, digest
from codemods.engine.codemod import transform
from codemods.engine.judge import refused
from codemods.migration.scan import Scan
from codemods.model import Code, FileResult, Plan, Reason, Run, Source, Status, Target, Written
from codemods.rewrites.replace_local_copies.importers import may_look_into_modules, names_taken
from codemods.workers.pool import Pool, run, without_collector

#: Below this many files with a definition, starting workers costs more than they save.
_FEW = 6


def plan(scan: Scan, pool: Pool) -> Plan:
    """Work out what would change, and touch nothing.

    Args:
        scan: the files, none of them read yet.
        pool: the workers that transform the files.

    Raises:
        codemods.model.UsageError: a path cannot be used.

    """
    work = partial(transform, target=scan.target)
    with without_collector():
        results = list(run(work, scan.definitions(), pool, _died, _FEW, risky=_is_risky))
    results = _keep_imported_names(results, scan, pool)
    # One that could not be read may have been tried twice.
    results += {failure.path: failure for failure in scan.failures}.values()
    relevant = (r for r in results if r.status is not Status.UNCHANGED)
    ordered = tuple(sorted(relevant, key=lambda r: os.fsencode(r.path)))
    helpers = scan.sharing | {r.path for r in ordered if r.decisions}
    return Plan(scan.files, len(helpers), ordered)


def _died(path: str, error: Exception) -> FileResult:
    message = f"the worker that had this file died: {type(error).__name__}: {error}"
    return FileResult(path, Status.FAILED, (), (), "", None, Reason(Code.WORKER_DIED, 1, message))


def _is_risky(content: bytes) -> bool:
    """Tell whether the parser of LibCST may run out of stack, which nothing can catch.

    It calls itself for each link of `a and b and ...` and `import a.b.c...`, which CPython takes in
    a loop; of all else CPython takes less than LibCST can. 8 MB are enough for about 6000 links.
    """
    return sum(map(content.count, (b".", b"and", b"or"))) > 3000


def _keep_imported_names(results: list[FileResult], scan: Scan, pool: Pool) -> list[FileResult]:
    """Transform those files again from which other files take what would go."""
    losing = {os.path.abspath(r.path): r for r in results if r.dropped}
    if not losing:
        return results
    stems = {path: Path(path).stem.encode() for path in losing}
    any_stem = re.compile(b"|".join(map(re.escape, set(stems.values()))))
    kept: dict[str, frozenset[str]] = {}
    for source in scan.possible_importers():
        for path in _modules_looked_into(source, losing):
            named = (n for n in losing[path].dropped if n.encode() in source.content)
            kept[path] = kept.get(path, frozenset()).union(named)
        if any_stem.search(source.content):
            for path, result in losing.items():
                if stems[path] in source.content:
                    taken = names_taken(source, path, result.dropped)
                    kept[path] = kept.get(path, frozenset()) | taken
    again = {losing[path].path: names for path, names in kept.items() if names}
    work = partial(_transform_keeping, kept=again, target=scan.target)
    second = run(work, scan.contents(again), pool, _died, _FEW, risky=_is_risky)
    better = {result.path: result for result in second}
    gone = Reason(Code.CHANGED_SINCE_PLANNED, 1, "it cannot be read any more")
    return [better.get(r.path, refuse(r, gone)) if r.path in again else r for r in results]


def _modules_looked_into(source: Source, paths: Iterable[str]) -> list[str]:
    """Give the modules that a file may look into, whichever asks for a fixture of it."""
    folder, name = os.path.split(source.path)
    is_conftest = name == "conftest.py"
    if not may_look_into_modules(source.content, is_conftest=is_conftest):
        return []
    below = os.path.join(folder, "")
    return [p for p in paths if p != source.path and (not is_conftest or p.startswith(below))]


def _transform_keeping(
    content: bytes, path: str, kept: dict[str, frozenset[str]], target: Target
) -> FileResult:
    return transform(content, path, target, kept[path])


def refuse(result: FileResult, reason: Reason) -> FileResult:
    """Turn a file that was to change into one that stays."""
    return refused(result, reason)._replace(after=None)


def refuse_uncommitted(results: Iterable[FileResult]) -> list[FileResult]:
    """Refuse the files with changes that git could not give back."""
    results = list(results)
    tops = {os.path.dirname(os.path.realpath(r.path)) for r in results}
    checkouts = {top for folder in tops if (top := checkout_of(Path(folder))) is not None}
    dirty = {path for top in checkouts for path in _uncommitted(top)}
    reason = Reason(Code.UNCOMMITTED, 1, "it has uncommitted changes; commit, or --allow-dirty")
    return [refuse(r, reason) if os.path.realpath(r.path) in dirty else r for r in results]


def _uncommitted(checkout: Path) -> Iterator[str]:
    """Yield the real paths of files that differ from the commit, or of which git does not tell."""
    arguments = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames")
    changed = (line[3:] for line in run_git(checkout, *arguments).split(b"\0") if line)
    # `S` is skip-worktree, and a small letter assume-unchanged.
    flagged = (
        line[2:]
        for line in run_git(checkout, "ls-files", "-v", "-z").split(b"\0")
        if line and (line[:1] == b"S" or line[:1].islower())
    )
    for path in (*changed, *flagged):
        yield os.path.realpath(os.path.join(checkout, os.fsdecode(path)))


def refuse_unwritable(result: FileResult) -> FileResult:
    """Refuse a file that cannot be replaced without a loss."""
    try:
        status = os.lstat(result.path)
    except (FileNotFoundError, NotADirectoryError):
        return refuse(result, Reason(Code.CHANGED_SINCE_PLANNED, 1, "deleted since"))
    if not status.st_mode & 0o222:
        return refuse(result, Reason(Code.READ_ONLY, 1, "nobody may write it"))
    if status.st_nlink > 1:
        message = f"it has {status.st_nlink} names (hard links), and would get a life of its own"
        return refuse(result, Reason(Code.HARD_LINKED, 1, message))
    return result


def first_files(planned: Plan, number: int | None) -> tuple[tuple[FileResult, ...], int]:
    """Leave out what comes after the first files that would change.

    Returns:
        The results that stay, and how many files were left out; all stay where `number` is None.

    """
    later = {r.path for r in planned.changes[number:]} if number is not None else set()
    return tuple(r for r in planned.results if r.path not in later), len(later)


def write(
    planned: Plan,
    journal: Journal,
    command: str,
    *,
    max_files: int | None,
    allow_dirty: bool,
    before_writing: Callable[[Sequence[FileResult]], None],
) -> Written:
    """Write what was planned, each file as a whole or not at all; the caller holds the lock.

    Args:
        planned: what `plan` gave.
        journal: where the old bytes go first.
        command: what was asked for, to be shown in the list of runs.
        max_files: write this many files at most, the first in the order of their paths.
        allow_dirty: write files too that have uncommitted changes.
        before_writing: may raise, with the files that are about to change; nothing is written then.

    Raises:
        OSError: the journal cannot be written; nothing else was.
        codemods.model.UsageError: git does not tell what is committed.

    """
    results = {r.path: r for r in planned.results}
    changes = [refuse_unwritable(r) for r in planned.changes]
    if not allow_dirty:
        changes = refuse_uncommitted(changes)
    results.update({r.path: r for r in changes})
    possible = [r for r in changes if r.status is Status.CHANGED]
    batch = possible[:max_files]
    left = possible[len(batch) :]
    for result in left:
        del results[result.path]
    if batch:
        before_writing(batch)
    contents: dict[str, Change] = {}
    for result in batch:
        change = _change(result, journal.root)
        if isinstance(change, Change):
            contents[result.path] = change
        else:
            results[result.path] = change
    if not contents:
        return Written(None, tuple(results.values()), len(left), len(planned.changes) - len(left))
    started = journal.begin(command, list(contents.values()))
    stopped, failures = apply(journal, started)
    for path, entry in zip(contents, started.entries, strict=True):
        if entry.path in failures:
            results[path] = failures[entry.path](results[path])
    held_back = len(planned.changes) - len(left) - len(contents) + len(failures)
    return Written(started, tuple(results.values()), len(left), held_back, stopped)


#: Turns the result of a file that was to change into that of one that was not written.
_Failure = Callable[[FileResult], FileResult]


def apply(journal: Journal, started: Run) -> tuple[bool, dict[str, _Failure]]:
    """Write the files of a run that are not written yet.

    Returns:
        Whether Ctrl-C ended it, and for each file that could not be written (by its path from the
        root) what turns its result into that of a refusal or a failure.

    """
    failures: dict[str, _Failure] = {}
    try:
        for entry in started.entries:
            try:
                journal.apply(started, entry)
            except EditedError as error:
                reason = Reason(Code.CHANGED_SINCE_PLANNED, 1, str(error))
                failures[entry.path] = partial(refuse, reason=reason)
            except OSError as error:
                failures[entry.path] = partial(_not_written, error=error)
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
        return refuse(result, Reason(Code.CHANGED_SINCE_PLANNED, 1, error.strerror or str(error)))
    if digest(content) != result.before_digest:
        return refuse(result, Reason(Code.CHANGED_SINCE_PLANNED, 1, "edited since"))
    assert result.after is not None
    path = os.path.relpath(os.path.realpath(result.path), os.path.realpath(root))
    return Change(path, content, result.after, status.st_mode & 0o7777)


def _not_written(result: FileResult, error: OSError) -> FileResult:
    reason = Reason(Code.NOT_WRITTEN, 1, f"{error.strerror or error}; it is what it was")
    return result._replace(status=Status.FAILED, decisions=(), after=None, error=reason)
