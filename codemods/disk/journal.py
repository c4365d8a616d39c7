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
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from codemods.decode import decode, encode
from codemods.disk.atomic import EditedError, replace_file, sync_folders, write_new
from codemods.disk.files import read_file
from codemods.model import Entry, Run, RunState, UsageError

FOLDER = ".ssot-codemods"
_SCHEMA = "ssot-codemods/run/1"
_KEPT_RUNS = 50


class JournalError(UsageError):
    """The journal cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Change:
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

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock of the repository; the system releases it when the process ends.

        Raises:
            JournalError: another process holds it.

        """
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.seek(0)
                message = (
                    f"another run is in progress in {self.root} (process {file.read().strip()})"
                )
                raise JournalError(message) from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            try:
                make_folder(self.root)
                self._remove_unbegun()
                yield
            finally:
                # Said so, as workers that were forked meanwhile share the file and may live on.
                fcntl.flock(file, fcntl.LOCK_UN)

    def begin(self, command: str, changes: Sequence[Change]) -> Run:
        """Record what a run is about to do, with old and new bytes.

        Raises:
            OSError: it cannot be recorded; nothing is changed then.

        """
        now = datetime.now(timezone.utc)
        identity = self._next_identity(f"{now:%Y%m%dT%H%M%SZ}")
        folder = self._run_folder(identity)
        entries = []
        try:
            for side in ("before", "after"):
                (folder / side).mkdir(parents=True)
            for number, change in enumerate(changes):
                digests = digest(change.before), digest(change.after)
                entries.append(Entry(number, change.path, *digests, change.mode))
                _store(folder / "before" / str(number), change.before)
                _store(folder / "after" / str(number), change.after)
            sync_folders([folder / "before", folder / "after"])
            sync_folders([folder.parent, self.folder, self.root])
            run = Run(identity, f"{now:%Y-%m-%dT%H:%M:%SZ}", command, tuple(entries), False, _NONE)
            manifest = _Manifest(_SCHEMA, run.time, command, run.entries)
            _write_json(folder / "manifest.json", encode(manifest))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return run

    def runs(self) -> list[Run]:
        """Return the runs that changed something and can be read, the oldest first."""
        runs = []
        for identity in self.identities():
            # A damaged one is no obstacle; `run` raises for it.
            with suppress(JournalError):
                runs.append(self.run(identity))
        return runs

    def damaged(self) -> list[str]:
        """Return what is wrong with each run that cannot be read."""
        found = []
        for identity in self.identities():
            try:
                self.run(identity)
            except JournalError as error:
                found.append(str(error))
        return found

    def identities(self) -> list[str]:
        """Return the names of the runs that changed something, the oldest first."""
        return sorted(p.parent.name for p in (self.folder / "runs").glob("*/manifest.json"))

    def run(self, identity: str) -> Run:
        """Return one run.

        Raises:
            JournalError: there is none of that name, or it cannot be read.

        """
        folder = self._run_folder(identity)
        try:
            manifest = decode(_Manifest, json.loads((folder / "manifest.json").read_bytes()))
            if manifest.schema != _SCHEMA:
                raise JournalError(f"{folder}: of another version: {manifest.schema}")
            finished = _read_finished(folder)
            left_alone = finished.left_alone if finished is not None else _NONE
            return Run(
                id=identity,
                time=manifest.time,
                command=manifest.command,
                entries=tuple(e for e in manifest.entries if e.path not in left_alone),
                finished=finished is not None and not finished.open,
                undone=decode(frozenset[str], _read_json(folder / "undone.json") or []),
            )
        except (FileNotFoundError, NotADirectoryError) as error:
            raise JournalError(f"no run {identity} in {self.folder}") from error
        except (ValueError, RecursionError) as error:
            raise JournalError(f"{folder}: damaged: {error}") from error

    def apply(self, run: Run, entry: Entry) -> bool:
        """Write the new bytes of one file.

        Returns:
            Whether it was written; False where it has them already.

        Raises:
            EditedError: it was edited since the run was planned.
            OSError: it cannot be written, and is unchanged.

        """
        return self._put(run, entry, "after", entry.before)

    def revert(self, run: Run, entry: Entry, *, force: bool = False) -> Path | None:
        """Restore the old bytes of one file.

        Args:
            run: the run to undo.
            entry: one of its files.
            force: overwrite a file that was edited since, and keep a copy of it.

        Returns:
            The copy where one was kept.

        Raises:
            EditedError: it was edited or deleted since, and `force` is not set.
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

        Args:
            run: the run.
            left_alone: the paths of the files that it could not write: they are not part of it.

        """
        folder = self._run_folder(run.id)
        known = _read_finished(folder)  # where it was reopened
        all_of_them = frozenset(left_alone) | (known.left_alone if known is not None else _NONE)
        _write_json(folder / "finished.json", encode(_Finished(_SCHEMA, all_of_them)))
        self._prune()

    def reopen(self, run: Run) -> None:
        """Make a run count as unfinished until `close`, as its files are restored meanwhile."""
        self._set_open(run, True)

    def close(self, run: Run) -> None:
        """End what `reopen` began: the files of the run have their new bytes."""
        self._set_open(run, False)

    def _set_open(self, run: Run, is_open: bool) -> None:
        path = self._run_folder(run.id) / "finished.json"
        _write_json(path, {**json.loads(path.read_bytes()), "open": is_open})

    def note_undone(self, run: Run, paths: Iterable[str]) -> None:
        """Record which files of a run were rolled back."""
        undone = sorted(self.run(run.id).undone.union(paths))
        _write_json(self._run_folder(run.id) / "undone.json", undone)

    def sweep(self, run: Run) -> None:
        """Remove the temporary file that an interrupted run may have left."""
        for entry in run.entries:
            path = self.root / entry.path
            with suppress(FileNotFoundError, NotADirectoryError):
                path.with_name(_temporary(run, entry)).unlink()

    def sync(self, run: Run) -> None:
        """Flush the changes of a run to the disk."""
        folders = {(self.root / entry.path).parent for entry in run.entries}
        sync_folders(folder for folder in folders if folder.is_dir())

    def is_new(self, entry: Entry) -> bool:
        """Return whether a file has the bytes that the run gives it."""
        current, _ = self._current(entry)
        return current is not None and digest(current) == entry.after

    def content(self, run: Run, entry: Entry, side: str) -> bytes:
        """Return the bytes of one file ``"before"`` or ``"after"`` a run.

        Raises:
            JournalError: they are not those that were recorded.
            OSError: they cannot be read.

        """
        path = self._run_folder(run.id) / side / str(entry.number)
        content = path.read_bytes()
        if digest(content) != (entry.after if side == "after" else entry.before):
            raise JournalError(f"{path} is damaged")
        return content

    def _put(self, run: Run, entry: Entry, side: str, expected: str | None) -> bool:
        """Write one side of a file where it is the other one; return whether it was written."""
        path = self.root / entry.path
        content = self.content(run, entry, side)
        wanted = digest(content)
        current, status = self._current(entry)
        found = None if current is None else digest(current)
        if found == wanted:
            return False
        if found != expected:
            what = "deleted" if current is None else "edited"
            raise EditedError(f"{what} since the run" if side == "before" else f"{what} meanwhile")
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content, _temporary(run, entry), mode=entry.mode, old=status)
        return True

    def _current(self, entry: Entry) -> tuple[bytes, os.stat_result] | tuple[None, None]:
        """Return a file as it is now, None twice where it does not exist."""
        try:
            return read_file(str(self.root / entry.path))
        except (FileNotFoundError, NotADirectoryError):
            return None, None

    def _keep(self, run: Run, entry: Entry, content: bytes) -> Path:
        folder = self.folder / "kept" / run.id
        folder.mkdir(parents=True, exist_ok=True)
        number = 0
        while True:
            name = f"{entry.number}-{number}-{Path(entry.path).name}"
            if not (folder / name).exists():
                break
            number += 1
        write_new(folder / name, content)
        return folder / name

    def _run_folder(self, identity: str) -> Path:
        return self.folder / "runs" / identity

    def _remove_unbegun(self) -> None:
        """Remove what is left of runs that did not begin."""
        for folder in (self.folder / "runs").glob("*"):
            if folder.is_dir() and not (folder / "manifest.json").exists():
                shutil.rmtree(folder)

    def _next_identity(self, time: str) -> str:
        """Return a name that sorts behind those of all other runs, even if the clock went back."""
        last, _, number = (["", *self.identities()][-1]).rpartition("-")
        if last < time:
            return f"{time}-000"
        return f"{last}-{int(number) + 1:03}"

    def _prune(self) -> None:
        """Remove the oldest runs, except unfinished ones."""
        settled = [identity for identity in self.identities() if self._is_settled(identity)]
        for folder in map(self._run_folder, settled[:-_KEPT_RUNS]):
            (folder / "manifest.json").unlink()  # first: from here on it is no run
            shutil.rmtree(folder)

    def _is_settled(self, identity: str) -> bool:
        try:
            run = self.run(identity)
        except JournalError:
            return False  # a damaged one is kept
        return run.finished or run.state is RunState.ROLLED_BACK


_NONE: frozenset[str] = frozenset()


def make_folder(root: Path) -> Path:
    """Return our folder below a root, created if need be; git ignores it."""
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        write_new(ignore, b"*\n")
    return folder


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


def _read_finished(folder: Path) -> _Finished | None:
    values = _read_json(folder / "finished.json")
    return decode(_Finished, values) if values is not None else None


def _temporary(run: Run, entry: Entry) -> str:
    """Return a name that `sweep` finds again, and that does not end in ``.py``."""
    return f".ssot-codemods-{run.id}-{entry.number}.tmp"


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes, as in `FileResult.before_digest`."""
    return hashlib.sha256(content).hexdigest()


def _store(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read_json(path: Path) -> Any:
    """Return the values of a file, None where it does not exist."""
    return json.loads(path.read_bytes()) if path.exists() else None


def _write_json(path: Path, value: object) -> None:
    write_new(path, json.dumps(value, indent=1).encode())
