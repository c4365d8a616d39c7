"""A journal that came with a repository: nothing in it is followed, waited for, or believed."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from codemods.cli import main
from codemods.disk.files import LIMIT
from codemods.disk.journal import Journal, digest
from codemods.model import RunState
from tests.tools import COPY, write_shared

_ID = "20260102T030405Z-000"
_OLD, _NEW = b"old = 1\n", b"new = 1\n"
_PIECES = [
    ".",
    ".gitignore",
    "lock",
    "history.jsonl",
    "kept",
    f"kept/{_ID}",
    "runs",
    f"runs/{_ID}",
    f"runs/{_ID}/before",
    f"runs/{_ID}/before/0",
    f"runs/{_ID}/manifest.json",
    f"runs/{_ID}/finished.json",
    f"runs/{_ID}/undone.json",
]
_VERBS = [
    ("check",),
    ("analyze",),
    ("status",),
    ("status", "--history"),
    ("report",),
    ("rollback", "--list"),
    ("migrate", "--resume", _ID),
    ("rollback",),
    ("rollback", _ID, "--force"),
    ("migrate", "--skip-probe", "--jobs", "1"),
]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with a copy, beside a folder that is none of its business."""
    root = tmp_path / "root"
    (root / "tests").mkdir(parents=True)
    (root / "tests/test_a.py").write_text(COPY)
    (root / "x.py").write_bytes(_NEW)
    write_shared(root)
    other = tmp_path / "other"
    (other / "before").mkdir(parents=True)
    for name in ("file", "manifest.json", "x.py", "before/0", "lock"):
        (other / name).write_bytes(_NEW)
    monkeypatch.chdir(root)
    return root


def make_journal(root: Path, path: str = "x.py", **entry: object) -> Path:
    """Write a journal with one run as another machine could have made it."""
    folder = root / ".ssot-codemods"
    run = folder / "runs" / _ID
    for name, content in (("before", _OLD), ("after", _NEW)):
        (run / name).mkdir(parents=True, exist_ok=True)
        (run / name / "0").write_bytes(content)
    values = {"number": 0, "path": path, "before": digest(_OLD), "after": digest(_NEW)}
    manifest = {
        "schema": "ssot-codemods/run/1",
        "time": "2026-01-02T03:04:05Z",
        "command": "migrate",
        "entries": [{**values, "mode": 0o644, **entry}],
    }
    (run / "manifest.json").write_text(json.dumps(manifest))
    finished = {"schema": "ssot-codemods/run/1", "left_alone": [], "open": False}
    (run / "finished.json").write_text(json.dumps(finished))
    return folder


def state_of(folder: Path) -> dict[str, Any]:
    """Return all that a folder holds, with kinds, times and contents."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path)] = (status.st_mode, status.st_ino, status.st_mtime_ns, content)
    return found


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def replace(path: Path, how: str, other: Path) -> None:
    """Put something else in the place of a file or folder of a journal."""
    if path.is_dir():
        shutil.rmtree(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if how == "link to a file":
        path.symlink_to(other / "file")
    elif how == "link to a folder":
        path.symlink_to(other)
    elif how == "link to nothing":
        path.symlink_to(other / "new")
    elif how == "link to zeros":
        path.symlink_to("/dev/zero")
    elif how == "FIFO":
        os.mkfifo(path)
    elif how == "folder":
        path.mkdir()
    elif how == "huge file":
        with path.open("wb") as file:
            file.truncate(1 << 40)
    else:
        path.write_bytes(b"[" * 1_000_000)


@pytest.mark.parametrize(
    "how",
    [
        *("link to a file", "link to a folder", "link to nothing", "link to zeros"),
        *("FIFO", "folder", "huge file", "deep nesting"),
    ],
)
@pytest.mark.parametrize("piece", _PIECES)
def test_something_else_in_its_place(root: Path, piece: str, how: str) -> None:
    other = root.parent / "other"
    before = state_of(other)
    replace(make_journal(root) / piece, how, other)
    for verb in _VERBS:
        code, output = run(*verb)
        assert code in {0, 1, 2, 3}
        assert code in {0, 1} or output, verb
        assert state_of(other) == before, verb
    assert (root / "x.py").read_bytes() in {_OLD, _NEW}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a device")
def test_a_device(root: Path) -> None:
    folder = make_journal(root)
    for name in ("lock", "history.jsonl", f"runs/{_ID}/manifest.json"):
        (folder / name).unlink(missing_ok=True)
        os.mknod(folder / name, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    for verb in _VERBS:
        assert run(*verb)[0] in {0, 1, 2, 3}


def test_a_hard_link_is_not_written_to(root: Path) -> None:
    other = root.parent / "other"
    folder = make_journal(root)
    for name in ("lock", "history.jsonl"):
        os.link(other / "file", folder / name)
    before = (other / "file").read_bytes()
    assert run("migrate", "--skip-probe")[0] == 3
    assert run("rollback")[0] == 3
    assert (other / "file").read_bytes() == before


def outside(root: Path, kind: str) -> str:
    other = root.parent / "other"
    (root / "link").symlink_to(other)
    paths = {
        "above": "../other/x.py",
        "above, in a detour": "tests/../../other/x.py",
        "absolute": str(other / "x.py"),
        "through a link": "link/x.py",
        "of git": ".git/x.py",
        "of git, where case does not count": ".GIT/x.py",
        "of the journal": ".ssot-codemods/x.py",
    }
    return paths[kind]


@pytest.mark.parametrize(
    "kind",
    [
        *("above", "above, in a detour", "absolute", "through a link"),
        *("of git", "of git, where case does not count", "of the journal"),
    ],
)
@pytest.mark.parametrize("is_there", [True, False])
def test_a_path_that_leads_elsewhere(root: Path, kind: str, is_there: bool) -> None:
    path = outside(root, kind)
    make_journal(root, path)
    file = root / path
    if is_there:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(_NEW)
    else:
        file.unlink(missing_ok=True)
    before = state_of(root.parent / "other")
    for verb in (("rollback",), ("rollback", "--force"), ("rollback", _ID, "--force"), ("verify",)):
        code, output = run(*verb)
        assert code in {2, 3}, verb
        assert Path(path).name in output
    assert state_of(root.parent / "other") == before
    assert file.exists() == is_there
    assert not is_there or file.read_bytes() == _NEW
    if is_there:
        file.write_bytes(_OLD)
    (root / ".ssot-codemods/runs" / _ID / "finished.json").unlink()
    assert run("migrate", "--resume", _ID)[0] == 3
    assert not is_there or file.read_bytes() == _OLD


@pytest.mark.parametrize("arguments", [(_ID,), ()])
def test_a_file_elsewhere_that_the_user_names(root: Path, arguments: tuple[str, ...]) -> None:
    make_journal(root, "../other/x.py")
    assert run("rollback", *arguments, "../other/x.py")[0] == 0
    assert (root.parent / "other/x.py").read_bytes() == _OLD


def test_a_migration_elsewhere_that_the_user_names(root: Path) -> None:
    other = root.parent / "other/test_b.py"
    other.write_text(COPY)
    (root / "pyproject.toml").write_text(
        '[tool.ssot-codemods]\nmodules = ["test_framework.ssot.'
        'websocket_connection_test_utility"]\n'
    )
    shutil.copy(root / "pyproject.toml", other.parent)
    write_shared(other.parent)
    code, output = run("migrate", "--skip-probe", "../other/test_b.py")
    assert (code, other.read_text() == COPY) == (0, False), output
    assert run("rollback")[0] == 3
    assert other.read_text() != COPY
    assert run("rollback", "../other/test_b.py")[0] == 0
    assert other.read_text() == COPY


@pytest.mark.parametrize("mode", [0o6755, 0o7777, 0, -1])
def test_modes_are_masked(root: Path, mode: int) -> None:
    make_journal(root, mode=mode)
    (root / "x.py").unlink()
    assert run("rollback", "--force")[0] == 0
    bits = stat.S_IMODE((root / "x.py").stat().st_mode)
    umask = os.umask(0o22)
    os.umask(umask)
    assert bits & (0o7000 | umask) == 0
    assert bits & 0o600 == 0o600


@pytest.mark.parametrize("path", ["", ".", "tests", "a\0b.py", "\ud800.py", "x" * 5000])
def test_a_path_that_is_none(root: Path, path: str) -> None:
    make_journal(root, path)
    for verb in _VERBS:
        assert run(*verb)[0] in {0, 1, 2, 3}, verb
    assert (root / "x.py").read_bytes() == _NEW


def test_only_what_bears_the_name_of_a_run_is_removed(root: Path) -> None:
    folder = make_journal(root)
    for name in ("mine", "20260102T030405Z-000.bak", "20260102T030405Z", "..."):
        (folder / "runs" / name).mkdir()
        (folder / "runs" / name / "file").touch()
    unbegun = folder / "runs/20260102T030405Z-001/before"
    unbegun.mkdir(parents=True)
    (unbegun / "0").touch()
    (unbegun / "1").symlink_to(root.parent / "other/file")
    with Journal(root).lock():
        pass
    names = {p.name for p in (folder / "runs").iterdir()}
    assert names == {_ID, "mine", "20260102T030405Z-000.bak", "20260102T030405Z", "..."}
    assert (root.parent / "other/file").exists()


def test_a_folder_in_what_bears_the_name_of_a_run_stays(root: Path) -> None:
    inner = make_journal(root) / "runs/20260102T030405Z-001/before/mine"
    inner.mkdir(parents=True)
    (inner / "file").touch()
    code, output = run("migrate", "--skip-probe")
    assert (code, "Error: " in output) == (3, True)
    assert (inner / "file").exists()
    assert (root / "tests/test_a.py").read_text() == COPY


def test_old_bytes_behind_a_link_are_not_taken(root: Path) -> None:
    old = make_journal(root) / f"runs/{_ID}/before/0"
    other = root.parent / "other/old"
    old.rename(other)
    old.symlink_to(other)
    assert "a symbolic link, which is not followed" in run("rollback")[1]
    assert (root / "x.py").read_bytes() == _NEW


@pytest.mark.parametrize("content", [b"broken(", b"\0", b"x = " + b"-" * 100_000 + b"1"])
def test_contents_that_do_not_parse(
    root: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setitem(globals(), "_OLD", content)
    (make_journal(root) / f"runs/{_ID}/finished.json").unlink()
    (root / "x.py").write_bytes(content)
    assert run("migrate", "--resume", _ID)[0] == 0
    assert run("rollback")[0] == 0
    assert (root / "x.py").read_bytes() == content


@pytest.mark.parametrize("name", ["lock", "history.jsonl"])
def test_a_pipe_in_the_place_of_a_file_that_is_changed_in_place(root: Path, name: str) -> None:
    os.mkfifo(make_journal(root) / name)
    code, output = run("migrate", "--skip-probe")
    assert (code, "not a regular file" in output) == (3, True)


def test_a_run_of_the_far_future(root: Path) -> None:
    folder = make_journal(root)
    (folder / "runs" / _ID).rename(folder / "runs/99991231T235959Z-999")
    assert run("migrate", "--skip-probe")[0] == 0
    names = Journal(root).identities()
    assert names == ["99991231T235959Z-999", "99991231T235959Z-1000"]
    assert Journal(root).run(names[-1]).state is RunState.COMPLETE


@pytest.mark.parametrize("where", [".", "inner"])
@pytest.mark.parametrize("name", [".ssot-codemods", ".SSOT-codemods"])
def test_a_journal_that_git_tracks_is_refused(
    root: Path, where: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = root / where
    if where == "inner":
        inner.mkdir()
        write_shared(inner)
        shutil.copytree(root / "tests", inner / "tests")
        (inner / "pyproject.toml").write_text("[tool.ssot-codemods]\n")
    monkeypatch.chdir(inner)
    folder = make_journal(inner)
    subprocess.run(["git", "init", "-q", str(root)], check=True, timeout=30)
    folder.rename(inner / name)
    subprocess.run(["git", "add", "-f", name], check=True, timeout=30)
    (inner / name).rename(folder)
    before = state_of(folder)
    for verb in (v for v in _VERBS if v[0] != "analyze"):
        code, output = run(*verb)
        assert code == 2, verb
        assert f"{folder} is tracked by git" in output
    assert state_of(folder) == before
    subprocess.run(["git", "rm", "-rqf", "--cached", name], check=True, timeout=30)
    code, output = run("migrate", "--skip-probe", "--allow-dirty")
    assert code == 0, output


@pytest.mark.parametrize("name", ["report.html", "out/report.html"])
def test_a_report_goes_through_no_link_out_of_the_repository(root: Path, name: str) -> None:
    elsewhere = root.parent / "other/file"
    (root / name.partition("/")[0]).symlink_to(elsewhere.parent if "/" in name else elsewhere)
    before = state_of(root.parent / "other")
    code, output = run("report", "-q", "--output", name)
    assert (code, "leads out of" in output) == (3, True), output
    assert state_of(root.parent / "other") == before
    # What the user names elsewhere, and a link to another place in the repository, is written.
    (root / "in.md").symlink_to(root / "there.md")
    for path in (root.parent / "own.html", root / "in.md"):
        assert run("report", "-q", "--output", str(path))[0] == 0
    assert (root / "in.md").is_symlink()
    assert (root / "there.md").read_text().startswith("#")


def test_what_is_too_large_to_be_read_again_is_not_begun(root: Path) -> None:
    folder = Journal(root).files
    with pytest.raises(OSError, match="File too large"):
        folder.write("x", b"x" * (LIMIT + 1))
    assert folder.names() == []
