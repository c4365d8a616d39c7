"""Which files: those git tracks or does not ignore, else a walk; each file once, as bytes."""

from __future__ import annotations

import errno
import fnmatch
import os
import re
import stat
import subprocess
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from codemods.model import Code, FileResult, Reason, Source, Status, UsageError

#: Folders that hold no code of one's own. Hidden ones and virtual environments go by their looks.
_BUILD = frozenset(
    {"__pycache__", "__pypackages__", "build", "dist", "node_modules", "site-packages", "venv"}
)

#: What git sets for its hooks: with it, git would look into that checkout, wherever it is started.
_OF_ONE_CHECKOUT = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    }
)

#: The git processes that have not answered yet.
_RUNNING: set[subprocess.Popen[bytes]] = set()
#: Held until one that was started stands there: it may be at work before that.
_STARTING = threading.Lock()


#: What takes the result for a file or folder that the system does not let us read.
Failed = Callable[[FileResult], None]


def list_files(
    paths: Sequence[str], root: Path, exclude: Sequence[str], failed: Failed
) -> tuple[str, ...]:
    """List the Python files under some paths.

    In a git checkout these are the files that git tracks and the untracked ones that it does not
    ignore (``git ls-files --cached --others --exclude-standard``); elsewhere a walk, which leaves
    out hidden folders, virtual environments, site-packages, node_modules and build output. A file
    that is named itself counts whatever its name and whatever git makes of it.

    Args:
        paths: files or directories.
        root: the folder that the patterns are relative to.
        exclude: patterns as for `fnmatch`; one without a slash is held against each part of a
            path, one with a slash against the path from `root` and each folder of it. A slash at
            the end does not count.
        failed: takes a result for each folder that cannot be read.

    Returns:
        Paths relative to the current folder, each once, in order.

    Raises:
        UsageError: a path does not exist, or git does not let itself be asked.

    """
    here = os.path.realpath(Path.cwd())
    found: list[str] = []
    for path in paths:
        if not os.path.exists(path):
            raise UsageError(f"{path}: no such file or directory")
        real = os.path.realpath(path)
        if not os.path.isdir(real):
            found.append(os.path.relpath(real, here))
        elif real == here:
            found.extend(_in_folder(real, failed))
        elif real.startswith(os.path.join(here, "")):
            shown = os.path.relpath(real, here)
            found.extend(f"{shown}/{name}" for name in _in_folder(real, failed))
        else:
            files = (os.path.join(real, name) for name in _in_folder(real, failed))
            found.extend(os.path.relpath(file, here) for file in files)
    if exclude:
        excluded, top = _matcher(exclude), os.path.realpath(root)
        found = [path for path in found if not excluded(_from(top, here, path))]
    return tuple(_in_order(dict.fromkeys(found)))


def _from(top: str, here: str, path: str) -> str:
    """Give a path as seen from one folder that is given as seen from another."""
    whole = f"{here}/{path}"
    inside = whole.startswith(f"{top}/") and not path.startswith(os.pardir)
    return whole[len(top) + 1 :] if inside else os.path.relpath(whole, top)


def _in_order(paths: Collection[str]) -> list[str]:
    """Sort paths by their bytes."""
    try:
        "".join(paths).encode()
    except UnicodeEncodeError:
        return sorted(paths, key=os.fsencode)
    return sorted(paths)  # UTF-8 keeps the order of the characters, and a key costs time


def read_files(
    paths: Iterable[str], root: Path, exclude: Sequence[str], failed: Failed
) -> Iterator[Source]:
    """Read files, each once, however many links lead to it.

    A symbolic link gives way to its target, where that is a file below `root` that is neither
    excluded nor listed anyway. What went since it was listed, and what is no regular file (a FIFO,
    a folder called ``x.py``), is left out.

    Args:
        paths: as `list_files` gives them.
        root: the folder that no link leads out of.
        exclude: the patterns that `list_files` had.
        failed: takes a result for each file that the system does not let us read.

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
            except (FileNotFoundError, NotADirectoryError):
                continue  # git lists what was deleted too
            except IsADirectoryError:
                continue
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


def read_file(path: str, limit: int | None = None) -> tuple[bytes, os.stat_result]:
    """Read one regular file that is no symbolic link; a FIFO is not waited for.

    Args:
        path: the file.
        limit: the number of bytes that it may have at most.

    Raises:
        OSError: it cannot be read; ELOOP for a symbolic link, ENXIO for a socket, EFBIG for one
            that is larger, IsADirectoryError for anything else that is no regular file.

    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "not a regular file", path)
        if limit is not None and status.st_size > limit:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        content = os.read(descriptor, status.st_size + 1)
        if len(content) == status.st_size:
            return content, status  # one byte more was asked for: this is the end
        parts = [content]
        while part := os.read(descriptor, 1 << 20):
            parts.append(part)
        return b"".join(parts), status
    finally:
        os.close(descriptor)


def unreadable(path: str, error: OSError) -> FileResult:
    """Give the result for a file that the system does not let us read or write."""
    reason = Reason(Code.UNREADABLE, 1, error.strerror or str(error))
    return FileResult(path, Status.FAILED, (), (), "", None, reason)


def checkout_of(path: Path) -> Path | None:
    """Give the root of the git checkout around a path, None outside of one."""
    real = path.resolve()
    return next((f for f in [real, *real.parents] if (f / ".git").exists()), None)


def run_git(folder: Path, *arguments: str) -> bytes:
    """Ask git something.

    Raises:
        UsageError: git is not there, or refuses.

    """
    try:
        done = _git(folder, *arguments)
        done.check_returncode()
    except FileNotFoundError as error:
        raise UsageError("git is not installed, and this is a git checkout") from error
    except subprocess.CalledProcessError as error:
        message = error.stderr.decode(errors="replace").strip()
        raise UsageError(f"git {arguments[0]}: {message}") from error
    return done.stdout


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run git on the checkout around a folder, even where we are started by a hook of another."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_ONE_CHECKOUT}
    # `git status` may take a lock to save itself work next time; we do not get in anyone's way.
    environment = {**kept, "GIT_OPTIONAL_LOCKS": "0"}
    command = ["git", "-C", str(folder), *arguments]
    pipe = subprocess.PIPE
    with _STARTING:
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment)
        _RUNNING.add(process)
    with process:
        try:
            stdout, stderr = process.communicate()
        except BaseException:
            process.kill()
            raise
        finally:
            _RUNNING.discard(process)
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def stop_git() -> None:
    """End what git still does for another thread; for a process that was interrupted."""
    with _STARTING:
        for process in tuple(_RUNNING):
            process.kill()


def _in_folder(folder: str, failed: Failed) -> Iterator[str]:
    """Give the Python files below a folder, relative to it."""
    if checkout_of(Path(folder)) is not None:
        command = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        names = os.fsdecode(run_git(Path(folder), *command)).split("\0")
        listed = _in_place(folder, [name for name in names if name.endswith(".py")])
        if listed or not _is_ignored(folder):
            yield from listed
            return
    yield from _walk(folder, failed)


def _in_place(top: str, names: list[str]) -> list[str]:
    """Leave out what git remembers behind a folder that is a link now.

    Those files are elsewhere: listed there too, or out of bounds.
    """
    below = os.path.join(top, "")
    is_moved = {"": False}
    for folder in {name.rpartition("/")[0] for name in names}:
        unknown = []
        while folder not in is_moved:
            unknown.append(folder)
            folder = folder.rpartition("/")[0]
        for inner in reversed(unknown):
            is_moved[inner] = is_moved[folder] or os.path.islink(below + inner)
            folder = inner
    if any(is_moved.values()):
        return [name for name in names if not is_moved[name.rpartition("/")[0]]]
    return names


def _is_ignored(folder: str) -> bool:
    """Tell whether git ignores a folder that was named itself."""
    return _git(Path(folder), "check-ignore", "-q", ".").returncode == 0


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
    return Path(folder.path, "pyvenv.cfg").exists()  # PEP 405


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
