"""A run of the journal, put into place and taken out again, to run tests in both states."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial

from codemods.disk.files import read_file
from codemods.disk.folder import EditedError
from codemods.disk.journal import Journal, JournalError
from codemods.interrupts import uninterrupted
from codemods.measure.model import ExitCodes
from codemods.measure.outcomes import Evidence, Outcomes, Side, compare
from codemods.migration.references import imports_of
from codemods.model import Entry, Run, Source
from codemods.workers.pool import careful

#: Runs the golden path, and returns the exit code of each command.
Commands = Callable[[], Mapping[str, int]]


def chosen_run(journal: Journal, identity: str | None) -> Trial | None:
    """Return the run that is named, else the last one that was not rolled back; None for no run.

    One that was interrupted is a `JournalError`, as is one that is not there.
    """
    if identity is not None:
        run = journal.run(identity)
        if not run.finished:
            ways = f"finish it by `migrate --resume {run.id}`, or undo it by `rollback {run.id}`"
            raise JournalError(f"run {run.id} was interrupted: {ways}")
    else:
        runs = [r for r in journal.runs() if r.finished and len(r.undone) < len(r.entries)]
        if not runs:
            return None
        run = runs[-1]
    # A file that is not as the run left it (edited, or of another branch) is not to be touched.
    return Trial(journal, run, [e for e in run.entries if journal.is_new(e)])


class Trial:
    """One run of the journal, put into place and taken out again."""

    def __init__(self, journal: Journal, run: Run, entries: Sequence[Entry]) -> None:
        self.journal = journal
        self.run = run
        self.entries = list(entries)

    def use(self, side: Side) -> None:
        """Bring the files into their state before or after the run; see `put`."""
        self.put(self.entries if side is Side.AFTER else ())

    def put(self, new: Collection[Entry]) -> None:
        """Bring some files into their state after the run, and the others into that before it.

        Where some were edited since, all the others are in it, and `EditedError` is raised.
        """
        edited = []
        for entry in self.entries:
            try:
                if entry in new:
                    self.journal.apply(self.run, entry)
                else:
                    self.journal.revert(self.run, entry)
            except (EditedError, OSError) as error:
                edited.append(f"{entry.path}: {error}")
        if edited:
            raise EditedError("; ".join(edited))

    def in_both(self, run: Commands) -> dict[str, ExitCodes]:
        """Run commands in both states, and again in both where an exit code differs.

        Returns for each its exit codes before and after: different ones where they were each time.
        """
        with self.opened():
            after = run()
            self.use(Side.BEFORE)
            before = run()
            rounds = [(before, after)]
            if before != after:
                before = run()
                self.use(Side.AFTER)
                rounds.append((before, run()))
        pairs = {
            command: [ExitCodes(b[command], a[command]) for b, a in rounds] for command in after
        }
        return {
            command: next((c for c in codes if c.before == c.after), codes[0])
            for command, codes in pairs.items()
        }

    def compare(self, run: Callable[[], Outcomes]) -> Evidence:
        """Run tests in both states, the files being in that after the run, and staying there."""
        with self.opened():
            return compare(self.use, run)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Make the run count as unfinished until its files are back: this process may be killed."""
        self.journal.set_open(self.run, True)
        try:
            yield
        finally:
            with uninterrupted():
                self._close()

    def _close(self) -> None:
        """Make the run count as complete again: all files are back, except edited ones."""
        try:
            self.use(Side.AFTER)
        except EditedError:
            self._check_journal()
            self.journal.set_open(self.run, False)
            raise
        self.journal.set_open(self.run, False)

    def _check_journal(self) -> None:
        """Check that the old bytes are there still; else it is an `OSError`."""
        try:
            self.journal.run(self.run.id)
        except JournalError as error:
            paths = shlex.join(entry.path for entry in self.entries)
            what = f"{error}: the tests deleted it, so that nothing of the run can be undone"
            raise OSError(f"{what}; git restores the files: git checkout -- {paths}") from error

    def revert(self, paths: Iterable[str]) -> list[str]:
        """Revert some files of the run, for good.

        Returns the real paths of those that stay, as they were edited meanwhile.
        """
        wanted = set(paths)
        edited = []
        gone = []
        self._check_journal()
        with uninterrupted():
            self.journal.set_open(self.run, True)
            for entry in [e for e in self.entries if self.path(e) in wanted]:
                try:
                    self.journal.revert(self.run, entry)
                except (EditedError, OSError):
                    edited.append(self.path(entry))
                else:
                    gone.append(entry.path)
                self.entries.remove(entry)
            self.journal.note_undone(self.run, gone)
            self.journal.set_open(self.run, False)
        return edited

    def sharing(self) -> list[str]:
        """Return the real paths of files of other runs that import what this run began to share.

        Those runs stand, and one of their files may read what one of this run changes. One that
        cannot be looked at in time is among them.
        """
        shared: set[tuple[str, str]] = set()
        for entry in self.entries:
            sides = (
                Source(entry.path, self.journal.content(self.run, entry, side))
                for side in ("before", "after")
            )
            old, new = careful(imports_of, sides, lambda path, reason: frozenset())
            shared |= new - old
        own = set(self.paths())
        found = careful(
            partial(_sharing, shared=shared), self._others(own), lambda path, reason: path
        )
        return list(dict.fromkeys(filter(None, found)))

    def _others(self, own: set[str]) -> Iterator[Source]:
        """Yield the files of other runs that stand."""
        for run in (r for r in self.journal.runs() if r.id != self.run.id):
            for path in (self.path(e) for e in run.entries if e.path not in run.undone):
                with suppress(OSError):
                    if path not in own:
                        yield Source(path, read_file(path)[0])

    def edited(self) -> tuple[str, ...]:
        """Return the real paths of the files that are neither as the run left them nor reverted."""
        known = {e.path for e in self.entries} | self.run.undone
        return tuple(self.path(e) for e in self.run.entries if e.path not in known)

    def paths(self) -> list[str]:
        """Return the real paths of the files that the run still changes."""
        return [self.path(entry) for entry in self.entries]

    def path(self, entry: Entry) -> str:
        """Return the real path of a file."""
        return os.path.realpath(self.journal.root / entry.path)


def _sharing(source: Source, *, shared: set[tuple[str, str]]) -> str:
    return source.path if shared & imports_of(source) else ""
