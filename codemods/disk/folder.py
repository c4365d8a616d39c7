"""Files below a folder, reached by a way that no link of the repository can turn aside."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from codemods.disk.atomic import replace_file
from codemods.disk.files import LIMIT, read_file

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


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
        with self.open(create=True) as descriptor, naming(self.path / name):
            try:
                _write_new(descriptor, temporary, content)
                os.replace(temporary, name, src_dir_fd=descriptor, dst_dir_fd=descriptor)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=descriptor)
                raise
            os.fsync(descriptor)

    def replace(
        self, name: str, content: bytes, temporary: str, *, mode: int, old: os.stat_result | None
    ) -> None:
        """Replace a file of the user, in a folder that is made if need be; see `replace_file`."""
        with self.open(create=True) as descriptor, naming(self.path / name):
            replace_file(descriptor, name, content, temporary, mode=mode, old=old)

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
