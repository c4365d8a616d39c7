"""git, started in one way."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codemods.disk.files import list_files
from codemods.disk.git import checkout_of, head_of, is_ignored, run_git, stop_git, worktree
from codemods.model import FileResult, UsageError
from tests.tools import gone, wait_until


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a checkout with one commit of ``inner/a.py``."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    root = tmp_path / "root"
    (root / "inner").mkdir(parents=True)
    (root / "inner/a.py").write_text("old = 1\n")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")
    return root


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


def raise_(failure: FileResult) -> None:
    raise AssertionError(failure)


def test_the_root_is_found(checkout: Path) -> None:
    assert checkout_of(checkout / "inner") == checkout
    assert checkout_of(checkout.parent) is None


def test_the_checkout_of_a_hook_does_not_count(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert run_git(checkout, "ls-files") == b"inner/a.py\n"


def test_errors_name_the_command(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"^git log: .*unknown revision"):
        run_git(checkout, "log", "nix")
    with pytest.raises(UsageError) as raised:
        run_git(checkout, "ls-files", "--nothing")
    first, *more = raised.value.args
    assert (first, len(more) > 1) == ("git ls-files: error: unknown option `nothing'", True)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UsageError, match="git is not installed"):
        run_git(checkout, "status")


def test_no_program_that_a_checkout_names_is_run(checkout: Path) -> None:
    script = checkout.parent / "script"
    script.write_text(f"#!/bin/sh\ntouch {checkout.parent}/was-run\n")
    script.chmod(0o755)
    git(checkout, "config", "core.fsmonitor", str(script))
    bare = checkout / "inner/bare"
    git(checkout, "init", "-q", "--bare", str(bare))
    git(bare, "config", "core.fsmonitor", str(script))
    git(bare, "config", "core.worktree", str(checkout))
    git(bare, "config", "core.bare", "false")
    (bare / "b.py").write_text("")
    for name in ("post-checkout", "post-index-change"):
        (checkout / ".git/hooks" / name).write_bytes(script.read_bytes())
        (checkout / ".git/hooks" / name).chmod(0o755)
    folders = [str(checkout), str(bare)]
    assert [Path(f).name for f in list_files(folders, checkout, (), raise_)] == ["a.py", "b.py"]
    assert head_of(checkout)[1] is False
    with worktree(checkout, "HEAD"):
        pass
    with pytest.raises(UsageError, match="cannot use bare repository"):
        run_git(bare, "status")
    assert not (checkout.parent / "was-run").exists()


def test_what_is_ignored(checkout: Path) -> None:
    (checkout / ".gitignore").write_text("other/\n")
    (checkout / "other").mkdir()
    assert is_ignored(checkout, "other")
    assert not is_ignored(checkout, "inner")


def test_the_head(checkout: Path) -> None:
    commit = git(checkout, "rev-parse", "HEAD").strip()
    assert head_of(checkout / "inner") == (commit, False)
    (checkout / "inner/a.py").write_text("new = 1\n")
    assert head_of(checkout) == (commit, True)
    assert head_of(checkout.parent) == ("", False)


def test_a_worktree_has_what_was_committed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "inner/a.py").write_text("new = 1\n")
    with worktree(checkout / "inner", "HEAD") as tree:
        assert (tree / "a.py").read_text() == "old = 1\n"
        assert tree.name == "inner"
    assert not tree.exists()
    assert len(git(checkout, "worktree", "list").splitlines()) == 1


def test_the_worktree_is_removed_whatever_happens(checkout: Path) -> None:
    with pytest.raises(KeyboardInterrupt), worktree(checkout, "HEAD"):
        raise KeyboardInterrupt
    assert len(git(checkout, "worktree", "list").splitlines()) == 1
    assert "prunable" not in git(checkout, "worktree", "list", "--porcelain")


@pytest.mark.parametrize(
    ("folder", "gitref", "message"),
    [
        (".", "nix", "there is no commit 'nix' in"),
        (".", "--help", "there is no commit '--help' in"),
        ("later", "HEAD", "there is no folder later in 'HEAD'"),
        ("..", "HEAD", "is in no git checkout"),
    ],
)
def test_a_worktree_of_what_is_not_there(
    checkout: Path, folder: str, gitref: str, message: str
) -> None:
    (checkout / "later").mkdir()
    with pytest.raises(UsageError, match=message), worktree(checkout / folder, gitref):
        pass


def test_git_is_stopped_for_another_thread(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = checkout / "pid"
    script = f"#!/bin/sh\necho $$ > {pid}.new\nmv {pid}.new {pid}\nexec sleep 10\n"
    (checkout / "git").write_text(script)
    (checkout / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{checkout}{os.pathsep}{os.environ['PATH']}")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(run_git, checkout, "ls-files")
        wait_until(pid.exists)
        stop_git()
        with pytest.raises(UsageError, match="git ls-files"):
            asked.result(timeout=30)
    assert gone(int(pid.read_text()))
