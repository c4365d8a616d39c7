"""Replace the content of a file atomically: at each moment it is the old or the new one."""

from __future__ import annotations

import errno
import os
from contextlib import suppress

from codemods.model import UsageError


class EditedError(UsageError):
    """A file has changed since it was looked at; the message says how."""


def replace_file(
    folder: int, name: str, content: bytes, temporary: str, *, mode: int, old: os.stat_result | None
) -> None:
    """Replace a file by way of a temporary one in its folder; POSIX makes `os.replace` atomic.

    Args:
        folder: the descriptor of its folder.
        name: the name of the file, which is not a symbolic link.
        content: its new bytes.
        temporary: name for the temporary file, in the same folder; it must not exist.
        mode: where there is no old file: the permissions, of which the umask leaves some.
        old: what the system said of the file as it was read: the new one gets its mode bits, owner,
            group and attributes. None where there was no file.

    Raises:
        EditedError: it changed while the temporary file was on its way to the disk.
        OSError: it cannot be written. In both cases it stays, and the temporary file is gone.

    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    mode = mode & 0o777 | 0o600 if old is None else 0o600
    descriptor = os.open(temporary, flags, mode, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if old is not None:
                _copy_metadata(folder, name, descriptor, old)
            os.fsync(descriptor)
        _check_unchanged(folder, name, old)
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise


def _check_unchanged(folder: int, name: str, old: os.stat_result | None) -> None:
    """Raise where a file is another one than was read; to write and to sync takes its time."""
    try:
        status = os.lstat(name, dir_fd=folder)
    except FileNotFoundError as error:
        if old is None:
            return
        raise EditedError("deleted since") from error
    if old is None or _identity(status) != _identity(old):
        raise EditedError("edited since")


def _identity(status: os.stat_result) -> tuple[int, ...]:
    # The time of the last change of the inode: it goes with each write, and cannot be set.
    return status.st_dev, status.st_ino, status.st_size, status.st_ctime_ns


def _copy_metadata(folder: int, name: str, descriptor: int, old: os.stat_result) -> None:
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (old.st_uid, old.st_gid):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, old.st_mode & 0o7777)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    source = os.open(name, flags, dir_fd=folder)
    try:
        attributes = _attributes(source)
    finally:
        os.close(source)
    present = _attributes(descriptor)
    for attribute, value in attributes.items():
        if present.get(attribute) != value:
            os.setxattr(descriptor, attribute, value)


def _attributes(file: int) -> dict[str, bytes]:
    """Return access lists, security labels and the like; none where the file system has none."""
    if not hasattr(os, "listxattr"):  # Linux alone has it
        return {}
    try:
        return {name: os.getxattr(file, name) for name in os.listxattr(file)}
    except OSError as error:
        if error.errno in {errno.ENOTSUP, errno.ENOSYS}:
            return {}
        raise
