"""Files below a folder, on a way that no link of the repository can turn aside; atomic writes."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from codemods.disk.files import LIMIT, read_file
from codemods.model import UsageError

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class EditedError(UsageError):
    """A file has changed since it was looked at; the message says how."""


class Folder(NamedTuple):
    """A folder: `top` may be reached through symbolic links, `inside` (the rest) must not be.

    Each step from `top` on is opened relative to the one before it. Files are regular ones of at
    most `LIMIT` bytes. Errors of the system name the whole path.
    """

    top: Path
    inside: str = "."

    @property
    def path(self) -> Path:
        """The path, for messages."""
        return self.top / self.inside

    def folder(self, name: str) -> Folder:
        """Return a folder in this one."""
        return Folder(self.top, f"{self.inside}/{name}")

    @contextmanager
    def open(self, *, create: bool = False) -> Iterator[int]:
        """Open the folder, and yield its descriptor; `create` makes what is not there below `top`.

        A part of the way that is a link, or no folder, is a `NotADirectoryError`.
        """
        descriptor, here = os.open(self.top, _OPEN), self.top
        try:
            for name in PurePosixPath(self.inside).parts:
                here /= name
                with naming(here):
                    if name in {"/", os.pardir}:
                        raise OSError(errno.EINVAL, f"leads out of {self.top}")
                    if create:
                        with suppress(FileExistsError):
                            os.mkdir(name, dir_fd=descriptor)
                    inner = os.open(name, _OPEN | os.O_NOFOLLOW, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)

    def names(self) -> list[str]:
        """Return the names of what is in the folder, in order; none where it does not exist."""
        try:
            with self.open() as descriptor:
                return sorted(os.listdir(descriptor))
        except FileNotFoundError:
            return []

    def read(self, name: str) -> tuple[bytes, os.stat_result]:
        """Read a file; raises as `read_file` does."""
        with self.open() as descriptor, naming(self.path / name):
            return read_file(name, folder=descriptor)

    def write_new(self, name: str, content: bytes) -> None:
        """Write a file that must not exist, in a folder that is made if need be."""
        with self.open(create=True) as descriptor, naming(self.path / name):
            _write_new(descriptor, name, content)

    def write(self, name: str, content: bytes) -> None:
        """Write a file that is whole or not there, and lasts once this returns."""
        temporary = f".{os.urandom(8).hex()}.tmp"
        with self.open(create=True) as folder, naming(self.path / name):
            with _moved_into_place(folder, temporary, name):
                _write_new(folder, temporary, content)
            os.fsync(folder)

    def replace(
        self, name: str, content: bytes, temporary: str, *, mode: int, old: os.stat_result | None
    ) -> None:
        """Replace a file of the user, which is no link, in a folder that is made if need be.

        At each moment it is the old or the new one: POSIX makes `os.replace` atomic.

        Args:
            name: of the file.
            content: its new bytes.
            temporary: name for a temporary file, in the same folder; it must not exist.
            mode: where there is no old file: the permissions, of which the umask leaves some.
            old: what the system said of the file as it was read: the new one gets its mode bits,
                owner, group and attributes. None where there was no file.

        Raises:
            EditedError: it changed while the temporary file was on its way to the disk.
            OSError: it cannot be written. In both cases it stays, and the temporary file is gone.

        """
        mode = mode & 0o777 | 0o600 if old is None else 0o600
        with self.open(create=True) as folder, naming(self.path / name):
            descriptor = os.open(temporary, _NEW, mode, dir_fd=folder)
            with _moved_into_place(folder, temporary, name):
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    if old is not None:
                        _copy_metadata(folder, name, descriptor, old)
                    os.fsync(descriptor)
                _check_unchanged(folder, name, old)

    @contextmanager
    def update(self, name: str, flags: int = 0) -> Iterator[int]:
        """Open a file to be read and changed in place, made if need be; yield its descriptor."""
        flags |= os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with self.open(create=True) as folder, naming(self.path / name):
            descriptor = os.open(name, flags, 0o666, dir_fd=folder)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
                message = "not a regular file with one name"
                raise OSError(errno.EINVAL, message, str(self.path / name))
            yield descriptor
        finally:
            os.close(descriptor)

    def remove(self) -> None:
        """Remove the folder with its files; one that holds a folder stays, with an error."""
        with self.open() as descriptor, naming(self.path):
            for name in os.listdir(descriptor):
                os.unlink(name, dir_fd=descriptor)
        outer, _, name = self.inside.rpartition("/")
        with Folder(self.top, outer or ".").open() as descriptor, naming(self.path):
            os.rmdir(name, dir_fd=descriptor)

    def sync(self) -> None:
        """Make what was renamed in the folder last over a loss of power."""
        with self.open() as descriptor, naming(self.path):
            os.fsync(descriptor)


def write_named(path: Path, content: bytes, root: Path) -> None:
    """Write a file that the user names, whole or not at all; one that is no regular one in place.

    A link in a repository may lead elsewhere in it, and is an `OSError` where it leads out of
    `root`.
    """
    top, real = os.path.realpath(root), Path(os.path.realpath(path))
    is_inside = Path.cwd().joinpath(path).is_relative_to(top)
    if is_inside and not real.is_relative_to(top):
        raise OSError(errno.ELOOP, f"a link that leads out of {root}", str(path))
    if not is_inside and path.exists() and not path.is_file():
        with naming(path):
            path.write_bytes(content)
    else:
        Folder(real.parent).write(real.name, content)


@contextmanager
def _moved_into_place(folder: int, temporary: str, name: str) -> Iterator[None]:
    """Rename a temporary file once it is written, and remove it where that fails."""
    try:
        yield
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise


def _write_new(folder: int, name: str, content: bytes) -> None:
    if len(content) > LIMIT:  # nobody could read it again
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    with os.fdopen(os.open(name, _NEW, 0o666, dir_fd=folder), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Add the path to an error of the system, and call a symbolic link by its name."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        if error.errno in {errno.ENOTDIR, errno.ELOOP} and path.is_symlink():
            error.strerror = "a symbolic link, which is not followed"
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
