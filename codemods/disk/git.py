"""The one way to run git: on the checkout around a folder, and with no code of that checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from codemods.model import UsageError

#: Set for a hook of git: with them, git would work on that checkout, wherever it is started.
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
#: What a checkout from elsewhere may say, and git would execute.
_SAFE = (
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "safe.bareRepository=explicit"),
)

#: The git processes that have not answered yet.
_RUNNING: set[subprocess.Popen[bytes]] = set()
#: Held from before a process is started until it is in `_RUNNING`.
_STARTING = threading.Lock()


def checkout_of(path: Path) -> Path | None:
    """Return the root of the git checkout around a path, None outside of one."""
    real = path.resolve()
    return next((f for f in [real, *real.parents] if (f / ".git").exists()), None)


def run_git(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> bytes:
    """Run git on the checkout around a folder, and return what it prints.

    Args:
        folder: where to run it.
        arguments: of git.
        environment: its environment; None for that of this process, less what is about the
            checkout of a hook that started this process.

    Raises:
        UsageError: git is not installed, or fails.

    """
    if environment is None:
        environment = {k: v for k, v in os.environ.items() if k not in _OF_ONE_CHECKOUT}
    try:
        code, stdout, stderr = _run(
            ["git", *_SAFE, "-C", str(folder), *arguments],
            # `git status` may take a lock to save itself work next time: in nobody's way.
            {**environment, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except FileNotFoundError as error:
        raise UsageError(f"git is not installed: it is needed in {folder}") from error
    if code:
        message = stderr.decode(errors="replace").strip() or f"exit code {code}"
        raise UsageError(f"git {arguments[0]}: {message}")
    return stdout


def _run(command: list[str], environment: Mapping[str, str]) -> tuple[int, bytes, bytes]:
    """Run a command that `stop_git` can end; return its exit code, stdout and stderr."""
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    with _STARTING:
        process = subprocess.Popen(command, stdin=null, stdout=pipe, stderr=pipe, env=environment)
        _RUNNING.add(process)
    with process:
        try:
            stdout, stderr = process.communicate()
        except BaseException:
            process.kill()
            raise
        finally:
            _RUNNING.discard(process)
    return process.returncode, stdout, stderr


def stop_git() -> None:
    """End what git still does for another thread; for a process that was interrupted."""
    with _STARTING:
        for process in tuple(_RUNNING):
            process.kill()


def is_ignored(top: Path, path: str) -> bool:
    """Return whether git ignores a path of the checkout with this root."""
    try:
        run_git(top, "check-ignore", "-q", "--", path)
    except UsageError:
        return False
    return True


def is_tracked(path: Path) -> bool:
    """Return whether git tracks a file or folder, or something in it; False where it cannot say."""
    top = checkout_of(path.parent)
    if top is None:
        return False
    inside = os.path.relpath(path.parent.resolve() / path.name, top)
    try:
        return bool(run_git(top, "ls-files", "-z", "--", f":(literal,icase){inside}"))
    except UsageError:
        return False


def head_of(folder: Path) -> tuple[str, bool]:
    """Return the commit that is checked out, and whether tracked files differ from it.

    Outside of a checkout, the commit is empty.
    """
    try:
        commit = run_git(folder, "rev-parse", "--verify", "HEAD")
        changed = run_git(folder, "status", "--porcelain", "--untracked-files=no")
    except UsageError:
        return "", False
    return commit.decode().strip(), bool(changed)


@contextmanager
def worktree(folder: Path, gitref: str) -> Iterator[Path]:
    """Check a commit out into a temporary worktree, and yield the counterpart of a folder in it.

    Raises:
        UsageError: the folder is in no checkout, or there is no such commit, or it has no such
            folder.

    """
    top = checkout_of(folder)
    if top is None:
        raise UsageError(f"{folder} is in no git checkout")
    try:
        found = run_git(top, "rev-parse", "--verify", "--quiet", f"{gitref}^{{commit}}")
    except UsageError as error:
        raise UsageError(f"there is no commit {gitref!r} in {top}") from error
    commit = found.decode().strip()
    with tempfile.TemporaryDirectory(prefix="ssot-codemods-tree-") as name:
        tree = Path(name) / "tree"
        try:
            run_git(top, "worktree", "add", "--quiet", "--detach", str(tree), commit)
            inside = tree / folder.resolve().relative_to(top)
            if not inside.is_dir():
                raise UsageError(f"there is no folder {inside.relative_to(tree)} in {gitref!r}")
            yield inside
        finally:
            with suppress(UsageError):
                run_git(top, "worktree", "remove", "--force", str(tree))
            shutil.rmtree(tree, ignore_errors=True)
            with suppress(UsageError):
                run_git(top, "worktree", "prune")
