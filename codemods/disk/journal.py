"""What each run changes: recorded before the first change, so that all of it can be undone.

Below ``.ssot-codemods/`` at the root of the repository::

    .gitignore                 ``*``: git sees nothing of the folder
    lock                       held by the run in progress
    runs/<id>/before/<n>       the bytes of a file before the run
    runs/<id>/after/<n>        the bytes it is to have after it
    runs/<id>/manifest.json    which file is which; a run without it has changed nothing
    runs/<id>/finished.json    the run is complete, and which files it could not write; a run
                               without it was interrupted
    runs/<id>/undone.json      what was rolled back
    kept/<id>/<n>-<name>       what ``rollback --force`` overwrote

Whether a file is old or new is not recorded: its digest shows it.

A repository may come with such a folder, so nothing in it is trusted: all of it is reached through
`Folder`, only what bears the name of a run is removed, and files outside of the root are changed
only where the user has named them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from functools import cached_property
from itertools import count
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TypeVar

from codemods.decode import decode, encode
from codemods.disk.folder import EditedError, Folder
from codemods.disk.git import is_tracked
from codemods.model import Entry, Run, RunState, UsageError

FOLDER = ".ssot-codemods"
_SCHEMA = "ssot-codemods/run/1"
_KEPT_RUNS = 50
_IDENTITY = re.compile(r"\d{8}T\d{6}Z-\d{3,6}", re.ASCII)
#: Where a file of a run never is, and what a journal from elsewhere would like to change.
_NO_PLACE = frozenset({os.pardir, ".git", FOLDER})
_T = TypeVar("_T")


class JournalError(UsageError):
    """The journal cannot be used; the message says why."""


class Change(NamedTuple):
    """One file that is to change: its path from the root, its old and new bytes, its mode bits."""

    path: str
    before: bytes
    after: bytes
    mode: int


class Journal:
    """The journal of the repository at `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / FOLDER
        self._named: set[str] = set()

    @cached_property
    def files(self) -> Folder:
        """The folder of the journal, there or not; where git tracks it, it is a `JournalError`."""
        if os.path.lexists(self.folder) and is_tracked(self.folder):
            raise JournalError(
                f"{self.folder} is tracked by git, and a journal counts only where it was written:"
                f" remove it with `git rm -r {FOLDER}`"
            )
        return Folder(self.root, FOLDER)

    def make_files(self) -> Folder:
        """Return the folder of the journal, made if need be; git ignores it."""
        if ".gitignore" not in self.files.names():
            self.files.write(".gitignore", b"*\n")
        return self.files

    def name(self, paths: Iterable[str]) -> None:
        """Allow files outside of the root to be changed: the user has named them in this process.

        Their paths are relative to the root, as runs have them.
        """
        self._named.update(paths)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock of the repository; the system releases it when the process ends.

        Where another process holds it, it is a `JournalError`.
        """
        with self.files.update("lock") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                holder = os.pread(file, 10, 0).decode("ascii", "replace")
                process = holder if holder.isdecimal() else "unknown"
                message = f"another run is in progress in {self.root} (process {process})"
                raise JournalError(message) from error
            with suppress(OSError):  # on a full disk too, a run can be rolled back
                os.ftruncate(file, 0)
                os.write(file, str(os.getpid()).encode())
            try:
                self.make_files()
                self._remove_unbegun()
                yield
            finally:
                # Said so, as workers that were forked meanwhile share the file and may live on.
                fcntl.flock(file, fcntl.LOCK_UN)

    def begin(self, command: str, changes: Sequence[Change]) -> Run:
        """Record what a run is about to do, with old and new bytes; else nothing is changed."""
        now = datetime.now(timezone.utc)
        identity = self._next_identity(f"{now:%Y%m%dT%H%M%SZ}")
        folder = self._run_folder(identity)
        self.name(change.path for change in changes)
        entries = []
        try:
            for number, change in enumerate(changes):
                digests = digest(change.before), digest(change.after)
                entries.append(Entry(number, change.path, *digests, change.mode))
                folder.folder("before").write_new(str(number), change.before)
                folder.folder("after").write_new(str(number), change.after)
            inner = (folder.folder("before"), folder.folder("after"))
            for written in (*inner, self._runs, self.files, Folder(self.root)):
                written.sync()
            run = Run(identity, f"{now:%Y-%m-%dT%H:%M:%SZ}", command, tuple(entries), False, _NONE)
            _write(folder, "manifest.json", _Manifest(_SCHEMA, run.time, command, run.entries))
        except BaseException:
            with suppress(OSError):
                _remove_run(folder)
            raise
        return run

    def runs(self) -> list[Run]:
        """Return the runs that changed something and can be read, the oldest first."""
        return [run for run in self._each() if isinstance(run, Run)]

    def damaged(self) -> list[str]:
        """Return what is wrong with each run that cannot be read."""
        return [str(error) for error in self._each() if isinstance(error, JournalError)]

    def _each(self) -> Iterator[Run | JournalError]:
        for identity in self.identities():
            try:
                yield self.run(identity)
            except JournalError as error:
                yield error

    def identities(self) -> list[str]:
        """Return the names of the runs that changed something, the oldest first.

        A folder that is no journal of ours is a `JournalError`.
        """
        try:
            return [name for name in self._all_identities() if self._has_begun(name)]
        except OSError as error:
            raise JournalError(str(error)) from error

    def _all_identities(self) -> list[str]:
        names = [name for name in self._runs.names() if _IDENTITY.fullmatch(name)]
        return sorted(names, key=lambda name: (len(name), name))

    def _has_begun(self, identity: str) -> bool:
        return "manifest.json" in self._run_folder(identity).names()

    def run(self, identity: str) -> Run:
        """Return one run; `JournalError` where there is none of that name, or it cannot be read."""
        if not _IDENTITY.fullmatch(identity):
            raise JournalError(f"no run {identity} in {self.folder}")
        folder = self._run_folder(identity)
        try:
            manifest = _read(folder, "manifest.json", _Manifest)
            if manifest is None:
                raise JournalError(f"no run {identity} in {self.folder}")
            if manifest.schema != _SCHEMA:
                raise JournalError(f"{folder.path}: of another version: {manifest.schema}")
            for entry in manifest.entries:
                if b"\0" in os.fsencode(entry.path):
                    raise ValueError(f"no path: {entry.path!r}")
            finished = _read(folder, "finished.json", _Finished)
            left_alone = finished.left_alone if finished is not None else _NONE
            return Run(
                id=identity,
                time=manifest.time,
                command=manifest.command,
                entries=tuple(e for e in manifest.entries if e.path not in left_alone),
                finished=finished is not None and not finished.open,
                undone=_read(folder, "undone.json", frozenset[str]) or _NONE,
            )
        except (ValueError, RecursionError, OSError) as error:
            raise JournalError(f"{folder.path}: damaged: {error}") from error

    def apply(self, run: Run, entry: Entry) -> None:
        """Write the new bytes of one file, unless it has them already.

        Raises:
            EditedError: it was edited since the run was planned.
            JournalError: it is outside of the root, and the user has not named it.
            OSError: it cannot be written, and is unchanged.

        """
        self._put(run, entry, "after", entry.before)

    def revert(self, run: Run, entry: Entry, *, force: bool = False) -> Path | None:
        """Restore the old bytes of one file.

        Returns:
            With `force`, the copy that is kept of a file that was edited since.

        Raises:
            EditedError: it was edited or deleted since, and `force` is not set.
            JournalError: it is outside of the root, and the user has not named it.
            OSError: it cannot be written, and is unchanged.

        """
        try:
            self._put(run, entry, "before", entry.after)
        except EditedError:
            if not force:
                raise
            current, _ = self._current(entry)
            kept = None if current is None else self._keep(run, entry, current)
            self._put(run, entry, "before", None if current is None else digest(current))
            return kept
        return None

    def finish(self, run: Run, left_alone: Iterable[str] = ()) -> None:
        """Record that a run is complete, and remove the oldest ones.

        The paths `left_alone` are those of files that it could not write: they are not part of it.
        """
        folder = self._run_folder(run.id)
        known = _read(folder, "finished.json", _Finished)  # where it was reopened
        all_of_them = frozenset(left_alone) | (known.left_alone if known is not None else _NONE)
        _write(folder, "finished.json", _Finished(_SCHEMA, all_of_them))
        self._prune()

    def set_open(self, run: Run, is_open: bool) -> None:
        """Make a run count as unfinished while its files are restored, and as complete again.

        A run that is gone, or damaged, is a `JournalError`.
        """
        folder = self._run_folder(run.id)
        try:
            known = _read(folder, "finished.json", _Finished)
        except (ValueError, RecursionError) as error:
            raise JournalError(f"{folder.path}: damaged: {error}") from error
        if known is None:
            raise JournalError(f"run {run.id} was removed from {self.folder} meanwhile")
        _write(folder, "finished.json", known._replace(open=is_open))

    def note_undone(self, run: Run, paths: Iterable[str]) -> None:
        """Record which files of a run were rolled back."""
        undone = sorted(self.run(run.id).undone.union(paths))
        _write(self._run_folder(run.id), "undone.json", undone)

    def sweep(self, run: Run) -> None:
        """Remove the temporary file that an interrupted run may have left."""
        for entry in run.entries:
            with suppress(FileNotFoundError, NotADirectoryError, JournalError):
                folder, _ = self._place(entry)
                with folder.open() as descriptor:
                    os.unlink(_temporary(run, entry), dir_fd=descriptor)

    def sync(self, run: Run) -> None:
        """Flush the changes of a run to the disk."""
        folders: dict[Folder, None] = {}
        for entry in run.entries:
            with suppress(JournalError):
                folders[self._place(entry)[0]] = None
        for folder in folders:
            with suppress(FileNotFoundError, NotADirectoryError):
                folder.sync()

    def is_new(self, entry: Entry) -> bool:
        """Return whether a file has the bytes that the run gives it."""
        current, _ = self._current(entry)
        return current is not None and digest(current) == entry.after

    def content(self, run: Run, entry: Entry, side: str) -> bytes:
        """Return the bytes of one file ``"before"`` or ``"after"`` a run.

        Where they are not those that were recorded, it is a `JournalError`.
        """
        folder, name = self._run_folder(run.id).folder(side), str(entry.number)
        content, _ = folder.read(name)
        if digest(content) != (entry.after if side == "after" else entry.before):
            raise JournalError(f"{folder.path / name} is damaged")
        return content

    def _put(self, run: Run, entry: Entry, side: str, expected: str | None) -> None:
        """Write one side of a file where it is the other one."""
        content = self.content(run, entry, side)
        wanted = digest(content)
        current, status = self._current(entry)
        found = None if current is None else digest(current)
        if found == wanted:
            return
        if found != expected:
            what = "deleted" if current is None else "edited"
            raise EditedError(f"{what} since the run" if side == "before" else f"{what} meanwhile")
        folder, name = self._place(entry)
        folder.replace(name, content, _temporary(run, entry), mode=entry.mode, old=status)

    def _current(self, entry: Entry) -> tuple[bytes, os.stat_result] | tuple[None, None]:
        """Return a file as it is now, None twice where it does not exist."""
        folder, name = self._place(entry)
        try:
            return folder.read(name)
        except (FileNotFoundError, NotADirectoryError):
            return None, None

    def _place(self, entry: Entry) -> tuple[Folder, str]:
        """Return where a file of a run is: its folder and its name.

        Outside of the root (or in the folder of git) it is a `JournalError`, unless the user has
        named it: else the journal alone says so, and that may be from elsewhere.
        """
        path = PurePosixPath(entry.path)
        parts = {part.casefold() for part in path.parts}
        if not path.is_absolute() and _NO_PLACE.isdisjoint(parts):
            return Folder(self.root, str(path.parent)), path.name
        if entry.path not in self._named:
            raise JournalError(f"{entry.path} is not below {self.root}: to undo it, name the file")
        real = Path(os.path.normpath(os.path.realpath(self.root) + "/" + entry.path))
        return Folder(real.parent), real.name

    def _keep(self, run: Run, entry: Entry, content: bytes) -> Path:
        folder = self.files.folder("kept").folder(run.id)
        known = folder.names()
        # The system takes names of 255 bytes, and of the longest characters these are 240.
        names = (f"{entry.number}-{n}-{PurePosixPath(entry.path).name[-60:]}" for n in count())
        name = next(name for name in names if name not in known)
        folder.write(name, content)
        return folder.path / name

    @property
    def _runs(self) -> Folder:
        return self.files.folder("runs")

    def _run_folder(self, identity: str) -> Folder:
        return self._runs.folder(identity)

    def _remove_unbegun(self) -> None:
        """Remove what is left of runs that did not begin."""
        for identity in self._all_identities():
            if not self._has_begun(identity):
                _remove_run(self._run_folder(identity))

    def _next_identity(self, time: str) -> str:
        """Return a name that sorts behind those of all other runs, even if the clock went back."""
        last, _, number = (["", *self.identities()][-1]).rpartition("-")
        if last < time:
            return f"{time}-000"
        return f"{last}-{int(number) + 1:03}"

    def _prune(self) -> None:
        """Remove the oldest runs, except unfinished and damaged ones."""
        settled = [r for r in self.runs() if r.finished or r.state is RunState.ROLLED_BACK]
        for run in settled[:-_KEPT_RUNS]:
            _remove_run(self._run_folder(run.id))


_NONE: frozenset[str] = frozenset()


def _remove_run(folder: Folder) -> None:
    with suppress(FileNotFoundError), folder.open() as descriptor:
        os.unlink("manifest.json", dir_fd=descriptor)
    for name in ("before", "after"):
        with suppress(FileNotFoundError):
            folder.folder(name).remove()
    folder.remove()


class _Manifest(NamedTuple):
    """What ``manifest.json`` holds."""

    schema: str
    time: str
    command: str
    entries: tuple[Entry, ...]


class _Finished(NamedTuple):
    """What ``finished.json`` holds: `open` while the files of the run are put back for a while."""

    schema: str
    left_alone: frozenset[str]
    open: bool = False


def _temporary(run: Run, entry: Entry) -> str:
    """Return a name that `sweep` finds again, and that does not end in ``.py``."""
    return f".ssot-codemods-{run.id}-{entry.number}.tmp"


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes, as in `FileResult.before_digest`."""
    return hashlib.sha256(content).hexdigest()


def _read(folder: Folder, name: str, kind: type[_T]) -> _T | None:
    """Return what a file of JSON holds, None where it does not exist."""
    try:
        return decode(kind, json.loads(folder.read(name)[0]))
    except FileNotFoundError:
        return None


def _write(folder: Folder, name: str, value: object) -> None:
    folder.write(name, json.dumps(encode(value), indent=1).encode())
