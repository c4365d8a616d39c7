"""git, started in one way."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from codemods.disk import git as module
from codemods.disk.files import list_files
from codemods.disk.git import (
    changed_files,
    checkout_of,
    committed_files,
    head_of,
    is_ignored,
    is_tracked,
    repository_name,
    run_git,
    take_notes,
    worktree,
)
from codemods.model import FileResult, UsageError


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


def _settings(script: Path, folder: Path) -> dict[str, str]:
    """Return settings of git that name a program, and such as bring others in."""
    program = str(script)
    filters = ("clean", "smudge", "process")
    return {
        **{f"filter.{name}.{key}": program for name in ("x", "a.b", "c=d") for key in filters},
        **{f"filter.{name}.required": "true" for name in ("x", "a.b", "c=d")},
        **{f"alias.{verb}": f"!{program}" for verb in ("status", "ls-files", "config")},
        **{f"diff.{key}": program for key in ("external", "x.textconv", "x.command")},
        **{f"pager.{verb}": program for verb in ("status", "config", "ls-files")},
        "core.alternateRefsCommand": program,
        "core.askPass": program,
        "core.attributesFile": str(folder / "attributes"),
        "core.editor": program,
        "core.fsmonitor": program,
        "core.gitProxy": program,
        "core.hooksPath": str(folder / "hooks"),
        "core.pager": program,
        "core.sshCommand": program,
        "core.worktree": str(folder / "elsewhere"),
        "credential.helper": f"!{program}",
        "extensions.partialClone": "origin",
        "gpg.program": program,
        "include.path": str(folder / "included"),
        "log.showSignature": "true",
        "protocol.allow": "always",
        "protocol.ext.allow": "always",
        "remote.origin.promisor": "true",
        "remote.origin.uploadpack": program,
        "remote.origin.url": f"ext::{program}",
        "status.submoduleSummary": "true",
        "submodule.recurse": "true",
    }


@pytest.fixture
def hostile(checkout: Path) -> Path:
    """Return a checkout whose settings name a program wherever one can be named.

    It has made the file ``was-run`` beside the checkout if git has executed it.
    """
    beside = checkout.parent
    script = beside / "script"
    script.write_text(f"#!/bin/sh\ntouch {beside}/was-run\nexit 1\n")
    script.chmod(0o755)
    for folder in ("hooks", "elsewhere"):
        (beside / folder).mkdir()
    (beside / "attributes").write_text("g.py filter=y\n")
    (beside / "included").write_text(f'[filter "y"]\n    process = {script}\n')
    (checkout / ".gitattributes").write_text(
        "*.py filter=x diff=x\ne.py filter=a.b\nf.py filter=c=d\ng.py !filter\n"
    )
    (checkout / ".gitignore").write_text("ignored.py\n")
    for name in ("a", "b", "e", "f", "g", "ignored"):
        (checkout / f"{name}.py").write_text("old = 1\n")
    inner = checkout / "submodule"
    git(checkout, "init", "-q", str(inner))
    (inner / ".gitattributes").write_text("*.py filter=z\n")
    (inner / "x.py").write_text("old = 1\n")
    git(inner, "add", ".")
    git(inner, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")
    git(inner, "config", "filter.z.clean", str(script))
    (inner / "x.py").write_text("new = 1\n")
    git(checkout, "add", ".")
    git(checkout, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")
    for name in ("b", "e", "f", "g"):
        (checkout / f"{name}.py").write_text("new = 1\n")
    os.utime(checkout / "a.py", (1, 1))
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "pre-commit"):
        (beside / "hooks" / hook).symlink_to(script)
        (checkout / ".git/hooks" / hook).symlink_to(script)
    for key, value in _settings(script, beside).items():
        for repository in (checkout, inner):
            git(repository, "config", "--file", ".git/config", key, value)
    return checkout


def test_no_setting_of_a_checkout_makes_git_run_a_program(hostile: Path) -> None:
    was_run = hostile.parent / "was-run"
    subprocess.run(
        ["git", "--work-tree", hostile, "status"],
        cwd=hostile,
        check=False,
        capture_output=True,
        timeout=30,
    )
    assert was_run.exists(), "the settings do nothing"
    was_run.unlink()
    take_notes()  # of other tests
    listed = list_files([str(hostile)], hostile, (), raise_)
    assert [Path(f).name for f in listed] == [*(f"{n}.py" for n in "abefg"), "a.py"]
    assert take_notes() == []
    assert {b"a.py", b"inner/a.py"} <= committed_files(hostile)
    assert changed_files(hostile) == {b"b.py", b"e.py", b"f.py", b"g.py"}
    assert head_of(hostile)[1]
    assert is_tracked(hostile / "inner")
    assert is_ignored(hostile, "ignored.py")
    with worktree(hostile, "HEAD") as tree:
        assert (tree / "b.py").read_text() == "old = 1\n"
    assert not was_run.exists()


@pytest.mark.parametrize("name", ["../zz.py", "zz/../../zz.py", "/zz/zz.py"])
def test_an_index_that_names_files_elsewhere(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """git itself refuses such a name as it is added, and not as it is read."""
    (checkout.parent / "zz.py").touch()
    usual = "".join("x" if c != "/" or n == 0 else c for n, c in enumerate(name[:-3])) + ".py"
    (checkout / usual).parent.mkdir(parents=True, exist_ok=True)
    (checkout / usual).touch()
    git(checkout, "add", ".")
    index = checkout / ".git/index"
    index.write_bytes(index.read_bytes().replace(usual.encode(), name.encode()))
    assert name in git(checkout, "ls-files", "--cached", "-z").split("\0")
    shutil.rmtree(checkout / usual.partition("/")[0])
    for folder in (checkout, checkout.parent):
        monkeypatch.chdir(folder)
        listed = list_files([str(checkout)], checkout, (), raise_)
        assert [Path(p).name for p in listed] == ["a.py"]


@pytest.mark.parametrize("missing", ["GIT_ALLOW_PROTOCOL", "GIT_NO_LAZY_FETCH"])
def test_no_object_is_fetched(hostile: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Older versions of git know one of the two ways to say so; each is enough."""
    monkeypatch.delitem(module._SAFE_ENVIRONMENT, missing)
    (hostile / ".gitattributes").unlink()
    tree = git(hostile, "--work-tree", str(hostile), "rev-parse", "HEAD^{tree}").strip()
    (hostile / ".git/objects" / tree[:2] / tree[2:]).unlink()
    was_run = hostile.parent / "was-run"
    subprocess.run(
        ["git", "cat-file", "-p", tree], cwd=hostile, check=False, capture_output=True, timeout=30
    )
    assert was_run.exists(), "the settings do nothing"
    was_run.unlink()
    with pytest.raises(UsageError, match="git status"):
        changed_files(hostile)
    assert head_of(hostile) == ("", False)
    assert not was_run.exists()


def test_settings_of_the_user_in_the_environment_count(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.excludesFile")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(checkout.parent / "mine"))
    (checkout.parent / "mine").write_text("*.py\n")
    git(checkout, "config", "filter.x.clean", "false")
    assert is_ignored(checkout, "b.py")


def _break(how: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if how in {"nowhere", "text", "fifo", "empty"}:
        shutil.rmtree(root / ".git")
    if how == "nowhere":
        (root / ".git").write_text("gitdir: /nowhere\n")
    elif how == "text":
        (root / ".git").write_text("\0" * 100)
    elif how == "fifo":
        os.mkfifo(root / ".git")
    elif how == "empty":
        (root / ".git").mkdir()
    elif how == "settings":
        (root / ".git/config").write_text("[core\n")
    elif how == "index":
        (root / ".git/index").write_bytes(b"no index")
    elif how == "filters":
        text = "".join(f'[filter "{n}"]\n\tclean = x\n' for n in range(50_000))
        (root / ".git/config").write_text(text)
    elif how == "owner":
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    else:
        monkeypatch.setenv("PATH", "/nowhere")


@pytest.mark.parametrize(
    "how",
    [
        *("nowhere", "text", "fifo", "empty", "settings", "index", "filters", "owner"),
        "no git",
    ],
)
def test_where_git_fails_files_are_looked_for_without_it(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    git(checkout.parent, "init", "-q")  # one further up does not count
    (checkout / "venv").mkdir()
    (checkout / "venv/x.py").touch()
    _break(how, checkout, monkeypatch)
    monkeypatch.chdir(checkout)
    take_notes()  # of other tests
    assert list_files(["inner", "."], checkout, (), raise_) == ("inner/a.py",)
    (note,) = take_notes()
    assert note.startswith(f"{checkout}: git ")
    assert "\n" not in note
    with pytest.raises(UsageError):
        committed_files(checkout)
    assert not is_tracked(checkout / "inner")
    assert head_of(checkout) == ("", False)


def test_git_that_does_not_answer(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / ".gitignore").unlink(missing_ok=True)
    os.mkfifo(checkout / ".gitignore")
    (checkout / "inner/b.py").touch()
    monkeypatch.setattr("codemods.disk.git._PATIENCE", 1)
    take_notes()  # of other tests
    monkeypatch.chdir(checkout)
    assert list_files(["."], checkout, (), raise_) == ("inner/a.py", "inner/b.py")
    monkeypatch.setattr(subprocess, "run", None)  # it is not asked again
    assert list_files(["."], checkout, (), raise_) == ("inner/a.py", "inner/b.py")
    with pytest.raises(UsageError, match="git status: an earlier command gave no answer"):
        changed_files(checkout)
    (note,) = take_notes()
    assert "no answer within 1 seconds; all files but hidden ones count" in note


def test_a_command_and_what_is_asked_before_it_have_one_limit(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    limits = []

    def answer(
        command: Sequence[str], *, timeout: float, **_: object
    ) -> subprocess.CompletedProcess[bytes]:
        nonlocal now
        limits.append(timeout)
        now += 40
        return subprocess.CompletedProcess(command, 0, b"", b"")

    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(subprocess, "run", answer)
    run_git(checkout, "status")
    assert limits == [60, 20]


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


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("", "root"),
        ("/", "root"),
        ("/srv/git/larkchat/.git", "larkchat"),
        ("git@host:larkchat.git", "larkchat"),
        ("https://user:secret@host/owner/larkchat.git/", "larkchat"),
        ("https://user:secret@host", "host"),
        ("file:///srv/ä b", "ä b"),
    ],
)
def test_the_name_of_a_repository(checkout: Path, address: str, name: str) -> None:
    if address:
        git(checkout, "config", "remote.origin.url", address)
    assert repository_name(checkout / "inner") == name


def test_the_name_outside_of_git(tmp_path: Path) -> None:
    assert repository_name(tmp_path) == tmp_path.name


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


def test_git_neither_asks_nor_pages_nor_takes_locks(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("GIT_TERMINAL_PROMPT", "GIT_OPTIONAL_LOCKS")
    values = "; ".join(f"echo ${name}" for name in names)
    (checkout / "git").write_text(f'#!/bin/sh\necho "$1"; {values}\n')
    (checkout / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{checkout}{os.pathsep}{os.environ['PATH']}")
    assert run_git(checkout, "status").split() == [b"--no-pager", b"0", b"0"]
