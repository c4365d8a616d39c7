"""The one way to run git: at the root of a checkout, and with no code of that checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
#: What a checkout from elsewhere may say, and git would execute; see `_without_filters` too.
_SAFE = (
    "--no-pager",
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "safe.bareRepository=explicit"),
)
_SAFE_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # an object that is lacking is not fetched
    "GIT_NO_LAZY_FETCH": "1",
    # `git status` may take a lock to save itself work next time: in nobody's way.
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_FILTER = re.compile(rb"(filter\..*)\.(?:clean|smudge|process|required)", re.DOTALL)
#: In seconds, for one command and what has to be asked before it.
_PATIENCE = 60

#: The roots where a command was not done within that time: there, git is not asked again.
_SILENT: set[Path] = set()

#: Why git could not list files, by the root of the checkout.
_NOTES: dict[Path, str] = {}


def checkout_of(path: Path) -> Path | None:
    """Return the root of the git checkout around a path, None outside of one."""
    real = path.resolve()
    return next((f for f in [real, *real.parents] if os.path.exists(f / ".git")), None)


def run_git(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> bytes:
    """Run git at the root of a checkout, which is `folder`, and return what it prints.

    The settings of the checkout are read, but nothing that they name is executed. The environment
    is that of this process, less what is about the checkout of a hook that started it, unless it is
    given. Where git is not installed, or fails, it is a `UsageError`.
    """
    if folder in _SILENT:
        raise UsageError(f"git {arguments[0]}: an earlier command gave no answer")
    if environment is None:
        environment = {k: v for k, v in os.environ.items() if k not in _OF_ONE_CHECKOUT}
    environment = {**environment, **_SAFE_ENVIRONMENT}
    # Not a repository further up, nor another folder that the settings name.
    environment["GIT_CEILING_DIRECTORIES"] = str(folder.parent)
    if (folder / ".git").exists():
        environment["GIT_WORK_TREE"] = str(folder)
    start, verb = ("git", *_SAFE, "-C", str(folder)), arguments[0]
    end = time.monotonic() + _PATIENCE
    try:
        names = _answer(verb, (*start, "config", "--list", "-z", "--name-only"), environment, end)
        environment = _without_filters(environment, names.split(b"\0"))
        return _answer(verb, (*start, *arguments), environment, end)
    except subprocess.TimeoutExpired as error:
        _SILENT.add(folder)
        raise UsageError(f"git {verb}: no answer within {_PATIENCE} seconds") from error


def _without_filters(environment: Mapping[str, str], names: Iterable[bytes]) -> dict[str, str]:
    """Return an environment in which git runs none of the filters that are configured.

    `names` are those of all settings. Those of a filter may hold any character, so that they cannot
    be overridden on the command line.
    """
    filters = dict.fromkeys(m[1] for name in names if (m := _FILTER.fullmatch(name)))
    values = (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))
    pairs = [(f"{os.fsdecode(f)}.{key}", value) for f in filters for key, value in values]
    known = environment.get("GIT_CONFIG_COUNT", "")
    start = int(known) if known.isdecimal() else 0
    found = dict(environment)
    for number, (key, value) in enumerate(pairs, start):
        found[f"GIT_CONFIG_KEY_{number}"] = key
        found[f"GIT_CONFIG_VALUE_{number}"] = value
        found["GIT_CONFIG_COUNT"] = str(number + 1)
    return found


def _answer(verb: str, command: Sequence[str], environment: Mapping[str, str], end: float) -> bytes:
    seconds = max(0, end - time.monotonic())
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as error:
        raise UsageError("git is not installed") from error
    except OSError as error:
        raise UsageError(f"git cannot be started: {error}") from error
    if done.returncode:
        message = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
        raise UsageError(*f"git {verb}: {message}".split("\n"))
    return done.stdout


def note_failure(top: Path, error: UsageError) -> None:
    """Keep in mind why git could not list the files of the checkout with this root, at first."""
    first = str(error).partition("\n")[0]
    _NOTES.setdefault(top, f"{top}: {first}; all files but hidden ones count, as without git")


def take_notes() -> list[str]:
    """Return what `note_failure` was told since, and forget it."""
    return [_NOTES.pop(top) for top in sorted(_NOTES)]


def is_ignored(top: Path, path: str) -> bool:
    """Return whether git ignores a path of the checkout with this root."""
    return _answer_or_none(top, "check-ignore", "-q", "--", path) is not None


def is_tracked(path: Path) -> bool:
    """Return whether git tracks a file or folder, or something in it; False where it cannot say."""
    top = checkout_of(path.parent)
    if top is None:
        return False
    inside = os.path.relpath(path.parent.resolve() / path.name, top)
    return bool(_answer_or_none(top, "ls-files", "-z", "--", f":(literal,icase){inside}"))


def head_of(folder: Path) -> tuple[str, bool]:
    """Return the commit that is checked out, and whether tracked files differ from it.

    Outside of a checkout, the commit is empty.
    """
    top = checkout_of(folder)
    if top is None:
        return "", False
    try:
        commit = run_git(top, "rev-parse", "--verify", "HEAD")
        return commit.decode().strip(), bool(changed_files(top))
    except UsageError:
        return "", False


def repository_name(folder: Path) -> str:
    """Return the last part of where `origin` is, else the name of the root of the checkout."""
    top = checkout_of(folder)
    address = _answer_or_none(top, "config", "--get", "remote.origin.url") if top else None
    path = os.fsdecode(address or b"").strip().rstrip("/").removesuffix(".git").rstrip("/")
    # Before an @ is perhaps a password.
    return re.split("[/:@]", path)[-1] or (top or folder.resolve()).name


def _answer_or_none(top: Path, *arguments: str) -> bytes | None:
    try:
        return run_git(top, *arguments)
    except UsageError:
        return None


def changed_files(top: Path) -> set[bytes]:
    """Return the tracked files that differ from the commit, by their paths from the root."""
    options = ("--porcelain=v1", "-z", "--untracked-files=no", "--no-renames")
    # In a submodule, git would start itself with the settings of that.
    lines = run_git(top, "status", *options, "--ignore-submodules=all").split(b"\0")
    return {line[3:] for line in lines if line}


def committed_files(top: Path) -> set[bytes]:
    """Return the files that git could restore as they are, by their paths from the root.

    Those with the marks skip-worktree and assume-unchanged are left out: git does not look at them.
    """
    lines = run_git(top, "ls-files", "-v", "-z").split(b"\0")
    return {line[2:] for line in lines if line[:1] == b"H"} - changed_files(top)


@contextmanager
def worktree(folder: Path, gitref: str) -> Iterator[Path]:
    """Check a commit out into a temporary worktree, and yield the counterpart of a folder in it.

    Where there is no checkout, no such commit, or no such folder in it, it is a `UsageError`.
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
