"""Undo a run, or finish one that was interrupted."""

from __future__ import annotations

import os
from collections.abc import Sequence

from codemods.disk.folder import EditedError
from codemods.disk.journal import Journal, JournalError
from codemods.model import Entry, Outcome, Run, RunState, UsageError


def choose(journal: Journal, arguments: Sequence[str]) -> tuple[Run, list[str]]:
    """Return the run and the files that ``[RUN] [FILES]`` names; by default the last run.

    No such run is a `UsageError`, as is a file that is none of its files.
    """
    first, *rest = arguments or [""]
    if first in journal.identities():
        run = journal.run(first)
        return run, _entries(journal, run, rest)
    for identity in journal.identities()[-1:]:
        # It raises where the last one is damaged: to take another would be a guess.
        journal.run(identity)
    standing = [run for run in journal.runs() if run.state is not RunState.ROLLED_BACK]
    if not standing:
        unknown = f"there is no run {first}, and " if first else ""
        raise UsageError(f"{unknown}no run to undo in {journal.folder}")
    return standing[-1], _entries(journal, standing[-1], arguments)


def roll_back(journal: Journal, run: Run, paths: Sequence[str], *, force: bool) -> list[Outcome]:
    """Restore the bytes that some files of a run had before it; the caller holds the lock.

    With `force`, files that were edited since are overwritten, and copies of them are kept.
    """
    journal.sweep(run)
    wanted = set(paths)
    latest = _latest_runs(journal)
    outcomes = [
        _revert(journal, run, e, latest.get(e.path, run.id), force=force)
        for e in run.entries
        if e.path in wanted
    ]
    journal.sync(run)
    journal.note_undone(run, [o.path for o in outcomes if o.error is None])
    return outcomes


def resume(journal: Journal, identity: str) -> tuple[Run, list[Outcome]]:
    """Write the remaining files of a run that was interrupted; the caller holds the lock.

    A run that is complete, or was rolled back, is a `UsageError`.
    """
    run = journal.run(identity)
    if run.state is not RunState.UNFINISHED:
        raise UsageError(f"run {run.id} was not interrupted: {run.state.value}")
    journal.sweep(run)
    outcomes = [_apply(journal, run, e) for e in run.entries if e.path not in run.undone]
    journal.sync(run)
    if not any(o.error for o in outcomes):
        journal.finish(run)
    return run, outcomes


def _latest_runs(journal: Journal) -> dict[str, str]:
    return {e.path: r.id for r in journal.runs() for e in r.entries if e.path not in r.undone}


def _revert(journal: Journal, run: Run, entry: Entry, latest: str, *, force: bool) -> Outcome:
    try:
        kept = journal.revert(run, entry, force=force)
    except EditedError as error:
        if latest != run.id:
            error = EditedError(
                f"{error}, by run {latest}: first, `ssot-codemods rollback {latest}`"
            )
        return Outcome(entry.path, f"{error}; use --force to overwrite it and keep a copy")
    except (OSError, JournalError) as error:
        return Outcome(entry.path, str(error))
    return Outcome(entry.path, None, None if kept is None else str(kept))


def _apply(journal: Journal, run: Run, entry: Entry) -> Outcome:
    try:
        journal.apply(run, entry)
    except (EditedError, OSError, JournalError) as error:
        return Outcome(entry.path, str(error))
    return Outcome(entry.path)


def _entries(journal: Journal, run: Run, files: Sequence[str]) -> list[str]:
    known = [entry.path for entry in run.entries]
    if not files:
        return [path for path in known if path not in run.undone]
    root = os.path.realpath(journal.root)
    wanted = [os.path.relpath(os.path.realpath(f), root) for f in files]
    for file, path in zip(files, wanted, strict=True):
        if path not in known:
            other = _latest_runs(journal).get(path)
            hint = f"; run {other} changed it" if other is not None else ""
            raise UsageError(f"{file} is neither a run nor a file of run {run.id}{hint}")
    journal.name(wanted)
    return wanted
