"""Which files: those git tracks or does not ignore, else a walk; each file once, as bytes."""

from __future__ import annotations

import errno
import fnmatch
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property
from pathlib import Path

from codemods.disk.git import checkout_of, is_ignored, note_failure, run_git
from codemods.model import STDIN, Code, FileResult, Reason, Source, UsageError

#: Folders that hold no code of one's own. Hidden ones and virtual environments go by their looks.
_BUILD = frozenset(
    {"__pycache__", "__pypackages__", "build", "dist", "node_modules", "site-packages", "venv"}
)

#: In bytes; a file that is larger is not read.
LIMIT = 64 << 20

#: What takes the result for a file or folder that the system does not let us read.
Failed = Callable[[FileResult], None]


def list_files(
    paths: Sequence[str], root: Path, exclude: Sequence[str], failed: Failed
) -> tuple[str, ...]:
    """List the Python files under some paths, relative to the current folder, each once, in order.

    In a git checkout these are the files that git tracks and the untracked ones that it does not
    ignore (``git ls-files --cached --others --exclude-standard``); elsewhere, and where git fails,
    a walk, which leaves out hidden folders, virtual environments, site-packages, node_modules and
    build output. A file that is named itself counts whatever its name and whatever git makes of it;
    a path that does not exist is a `UsageError`. `failed` takes a result for each folder that
    cannot be read.

    Patterns of `exclude` are those of `fnmatch`: one without a slash is held against each part of a
    path, one with a slash against the path from `root` and each folder of it. A slash at the end
    does not count.
    """
    here, top = os.path.realpath(Path.cwd()), os.path.realpath(root)
    excluded = _matcher(exclude)
    found: list[str] = []
    for path in paths:
        if not os.path.exists(path):
            raise UsageError(f"{path}: no such file or directory")
        real = os.path.realpath(path)
        files: Iterable[str] = [real]
        if os.path.isdir(real):
            files = (f"{real}/{name}" for name in _in_folder(real, failed))
        found.extend(_from(here, file) for file in files if not excluded(_from(top, file)))
    return tuple(sorted(set(found), key=os.fsencode))


def _from(folder: str, path: str) -> str:
    """Return an absolute path relative to a folder; `os.path.relpath` alone would take longer."""
    is_below = path.startswith(f"{folder}/")
    return path[len(folder) + 1 :] if is_below else os.path.relpath(path, folder)


def read_files(
    paths: Iterable[str], root: Path, exclude: Sequence[str], failed: Failed
) -> Iterator[Source]:
    """Read files as `list_files` gives them, each once, however many links lead to it.

    A symbolic link gives way to its target, where that is a file below `root` that is neither
    excluded nor listed anyway. What went since it was listed, and what is no regular file (a FIFO,
    a folder called ``x.py``), is left out; `failed` takes a result for each file that the system
    does not let us read.
    """
    top = os.path.realpath(root)
    below = os.path.join(top, "")
    excluded = _matcher(exclude)
    listed = list(paths)
    known = set(listed)
    inodes: set[tuple[int, int]] = set()
    while listed:
        later: list[str] = []
        for path in listed:
            try:
                content, status = read_file(path)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue  # git lists what was deleted too
            except OSError as error:
                if error.errno == errno.ENXIO:
                    continue  # a socket
                if error.errno == errno.ELOOP:
                    real = os.path.realpath(path)
                    target = os.path.relpath(real)
                    allowed = real.startswith(below) and not excluded(real[len(below) :])
                    if target not in known and allowed:
                        known.add(target)
                        later.append(target)
                    continue
                failed(unreadable(path, error))
                continue
            if status.st_nlink > 1:
                if (status.st_dev, status.st_ino) in inodes:
                    continue
                inodes.add((status.st_dev, status.st_ino))
            yield Source(path, content)
        listed = later


def read_file(
    path: str, limit: int = LIMIT, *, folder: int | None = None
) -> tuple[bytes, os.stat_result]:
    """Read one regular file that is no symbolic link; a FIFO is not waited for.

    The path is relative to the descriptor of a `folder`, else to the current one.

    Raises:
        OSError: it cannot be read; ELOOP for a symbolic link, ENXIO for a socket, EFBIG for one
            of more bytes than `limit`, IsADirectoryError for all else that is no regular file.

    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, dir_fd=folder)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "not a regular file", path)
        content = os.read(descriptor, min(status.st_size, limit) + 1)
        if len(content) != status.st_size <= limit:  # it grows, or the system knows no size
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                content += file.read(limit + 1 - len(content))
        if len(content) > limit:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        return content, status
    finally:
        os.close(descriptor)


class _Unread(Source):
    """A file that is read when its content is first asked for.

    One that cannot be read has none: the tests cannot read it either. (Below the paths that a verb
    is about, it is a failure.)
    """

    @cached_property
    def content(self) -> bytes:
        try:
            return read_file(self.path)[0]
        except OSError:
            return b""

    @property
    def size(self) -> int:
        return 0


class Checkout:
    """All files of the checkout around a folder, or below the folder where there is none.

    Those that are excluded from being changed are among them: they import all the same.
    """

    def __init__(self, folder: Path) -> None:
        self._root = checkout_of(folder) or folder

    @cached_property
    def _absolute(self) -> dict[str, str]:
        listed = list_files([str(self._root)], self._root, (), lambda failure: None)
        here = os.getcwd()
        return {p: os.path.abspath(p) if p.startswith("../") else f"{here}/{p}" for p in listed}

    @property
    def paths(self) -> list[str]:
        """Their absolute paths."""
        return list(self._absolute.values())

    def read(self) -> Iterator[Source]:
        """Yield each file, with an absolute path, and with the one from the current folder.

        It is read when its content is first asked for, which another process may do. A link gives
        way to its target, if that lies in the checkout and is not listed.
        """
        below = os.path.join(os.path.realpath(self._root), "")
        known = set(self.paths)
        for shown, path in self._absolute.items():
            if not os.path.islink(path):
                yield _Unread(path, b"", shown)
            elif (real := os.path.realpath(path)).startswith(below) and real not in known:
                known.add(real)
                yield _Unread(real, b"", os.path.relpath(real))

    def read_one(self, path: str) -> bytes:
        """Read one file, as `read` does."""
        return _Unread(path, b"").content


def paths_from(root: Path) -> Callable[[str], str]:
    """Return what makes paths relative to a root; what lies outside of it gets absolute.

    Links are followed up to the folder of a file; a module on stdin keeps its name.
    """
    top = Path(os.path.realpath(root))

    @cache
    def moved(folder: str) -> str:
        real = Path(os.path.realpath(folder or "."))
        return str(real.relative_to(top) if real.is_relative_to(top) else real)

    def from_root(path: str) -> str:
        folder, name = os.path.split(path)
        return path if path == STDIN else os.path.normpath(os.path.join(moved(folder), name))

    return from_root


def unreadable(path: str, error: OSError) -> FileResult:
    """Return the result of a file that the system does not let us read."""
    return FileResult.failure(path, Reason(Code.UNREADABLE, 1, error.strerror or str(error)))


def _in_folder(folder: str, failed: Failed) -> Iterator[str]:
    """Yield the Python files below a folder, relative to it."""
    top = checkout_of(Path(folder))
    if top is not None:
        try:
            listed = _in_place(folder, _listed_by_git(top, folder))
        except UsageError as error:
            note_failure(top, error)
        else:
            if listed or not is_ignored(top, folder):
                yield from listed
                return
    yield from _walk(folder, failed)


def _listed_by_git(top: Path, folder: str) -> list[str]:
    """Return the Python files of a folder that git tracks or does not ignore.

    git is started at the top of the checkout: a folder further down could look like a repository of
    its own to it, and have it execute something.
    """
    inside = os.path.relpath(folder, top)
    command = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = os.fsdecode(run_git(top, *command, "--", f":(literal){inside}")).split("\0")
    start = 0 if inside == os.curdir else len(inside) + 1
    return [
        name[start:]
        for name in names
        # An index that no git wrote may name files elsewhere.
        if name.endswith(".py") and name[:1] != "/" and "/../" not in f"/{name}"
    ]


def _in_place(top: str, names: list[str]) -> list[str]:
    """Return the names without those below a folder that is a link now.

    Those files are elsewhere: listed there too, or out of bounds.
    """

    @cache
    def is_moved(folder: str) -> bool:
        return bool(folder) and (
            is_moved(folder.rpartition("/")[0]) or os.path.islink(f"{top}/{folder}")
        )

    return [name for name in names if not is_moved(name.rpartition("/")[0])]


def _walk(folder: str, failed: Failed) -> Iterator[str]:
    start = len(os.path.join(folder, ""))
    pending = [folder]
    while pending:
        folder = pending.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            failed(unreadable(os.path.relpath(folder), error))
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if not _is_foreign(entry):
                    pending.append(entry.path)
            elif entry.name.endswith(".py"):
                yield entry.path[start:]


def _is_foreign(folder: os.DirEntry[str]) -> bool:
    name = folder.name
    if name.startswith(".") or name in _BUILD or name.endswith(".egg-info"):
        return True
    return os.path.exists(f"{folder.path}/pyvenv.cfg")  # PEP 405; False where we may not look


def _matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    if not patterns:
        return lambda path: False
    patterns = [p.rstrip("/") for p in patterns]
    whole = _any_of([os.path.normpath(p).lstrip("/") for p in patterns if "/" in p])
    parts = _any_of([p for p in patterns if "/" not in p])

    def matches(path: str) -> bool:
        names = path.split(os.sep)
        heads = ("/".join(names[: n + 1]) for n in range(len(names)))
        return any(map(parts, names)) or any(map(whole, heads))

    return matches


def _any_of(patterns: Sequence[str]) -> Callable[[str], object]:
    if not patterns:
        return lambda text: None
    return re.compile("|".join(fnmatch.translate(p) for p in patterns)).match
