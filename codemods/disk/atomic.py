"""Replace the content of a file atomically: at each moment it is the old or the new one."""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from codemods.model import UsageError


class EditedError(UsageError):
    """A file has changed since it was looked at; the message says how."""


def replace_file(
    path: Path, content: bytes, temporary: str, *, mode: int, old: os.stat_result | None
) -> None:
    """Replace a file by way of a temporary one in its folder; POSIX makes `os.replace` atomic.

    Args:
        path: the file, not a symbolic link.
        content: its new bytes.
        temporary: name for the temporary file, in the same folder; it must not exist.
        mode: the mode bits, where there is no old file.
        old: what the system said of the file as it was read: the new one gets its mode bits, owner,
            group and attributes. None where there was no file.

    Raises:
        EditedError: it changed while the temporary file was on its way to the disk.
        OSError: it cannot be written. In both cases it stays, and the temporary file is gone.

    """
    beside = path.with_name(temporary)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(beside, flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if old is None:
                os.fchmod(descriptor, mode)
            else:
                _copy_metadata(path, descriptor, old)
            os.fsync(descriptor)
        _check_unchanged(path, old)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_new(path: Path, content: bytes) -> None:
    """Write a file of our own that is whole or not there, and lasts once this returns."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync_folders([path.parent])


def sync_folders(folders: Iterable[Path]) -> None:
    """Make what was renamed in some folders last over a loss of power."""
    for folder in sorted(set(folders)):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _check_unchanged(path: Path, old: os.stat_result | None) -> None:
    """Raise where a file is another one than was read; to write and to sync takes its time."""
    try:
        status = os.lstat(path)
    except FileNotFoundError as error:
        if old is None:
            return
        raise EditedError("deleted since") from error
    if old is None or _identity(status) != _identity(old):
        raise EditedError("edited since")


def _identity(status: os.stat_result) -> tuple[int, ...]:
    # The time of the last change of the inode: it goes with each write, and cannot be set.
    return status.st_dev, status.st_ino, status.st_size, status.st_ctime_ns


def _copy_metadata(path: Path, descriptor: int, old: os.stat_result) -> None:
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (old.st_uid, old.st_gid):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, old.st_mode & 0o7777)
    attributes = _attributes(path)
    present = _attributes(descriptor)
    for name, value in attributes.items():
        if present.get(name) != value:
            os.setxattr(descriptor, name, value)


def _attributes(file: Path | int) -> dict[str, bytes]:
    """Return access lists, security labels and the like; none where the file system has none."""
    if not hasattr(os, "listxattr"):  # Linux alone has it
        return {}
    try:
        return {name: os.getxattr(file, name) for name in os.listxattr(file)}
    except OSError as error:
        if error.errno in {errno.ENOTSUP, errno.ENOSYS}:
            return {}
        raise


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C, a closed terminal and the like to the end, as files are being restored.

    Raises:
        KeyboardInterrupt: at the end, where one of them came.

    """
    if threading.current_thread() is not threading.main_thread():  # no signal comes here
        yield
        return
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    heard = {n: h for n in numbers if (h := signal.getsignal(n)) not in (signal.SIG_IGN, None)}
    for number in heard:
        signal.signal(number, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in heard.items():
            signal.signal(number, handler)
        if came:
            raise KeyboardInterrupt
