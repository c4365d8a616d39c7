"""New bytes in the place of a file, in one step."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

import pytest

from codemods.disk.folder import EditedError, Folder


def replace(path: Path) -> None:
    Folder(path.parent).replace(path.name, b"new", ".tmp", mode=0o600, old=path.lstat())


def refuse(*arguments: object, **options: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_the_new_file_is_like_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")
    path.chmod(0o4751)
    attributes = _own_attributes(path)
    replace(path)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o7777 == 0o4751
    assert {name: os.getxattr(path, name) for name in os.listxattr(path)} == attributes
    assert [p.name for p in tmp_path.iterdir()] == ["x.py"]


def _own_attributes(path: Path) -> dict[str, bytes]:
    with contextlib.suppress(OSError):  # not each file system has them
        os.setxattr(path, "user.test", b"1")
    return {name: os.getxattr(path, name) for name in os.listxattr(path)}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_owner_and_group_stay(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")
    os.chown(path, 1234, 2345)
    path.chmod(0o2755)
    replace(path)
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1234, 2345, 0o2755)


@pytest.mark.parametrize("number", [errno.ENOTSUP, errno.ENOSYS, errno.EACCES])
def test_a_file_system_without_attributes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")

    def listxattr(file: object) -> list[str]:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "listxattr", listxattr)
    if number == errno.EACCES:
        with pytest.raises(PermissionError):
            replace(path)
    else:
        replace(path)
    assert path.read_bytes() == (b"old" if number == errno.EACCES else b"new")


def test_a_system_without_attributes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")
    monkeypatch.delattr(os, "listxattr")
    replace(path)
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("call", ["fsync", "replace", "fchmod", "fdopen"])
def test_a_call_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(OSError, match="No space left"):
        replace(path)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("x.py", b"old")]


def test_a_full_disk_while_it_writes(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")
    Path(tmp_path, ".tmp").symlink_to("/dev/full")
    with pytest.raises(FileExistsError):  # whatever lies there is not written to
        replace(path)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("how", ["rewritten", "renamed", "deleted", "made"])
def test_a_file_that_changes_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(b"old")
    status = path.lstat()
    if how == "made":
        path.unlink()
    real = os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        if how in {"rewritten", "made"}:
            path.write_bytes(b"OLD")
        elif how == "renamed":
            (tmp_path / "y").write_bytes(b"OLD")
            (tmp_path / "y").rename(path)
        else:
            path.unlink()

    monkeypatch.setattr(os, "fsync", fsync)
    old = None if how == "made" else status
    with pytest.raises(EditedError, match="deleted since" if how == "deleted" else "edited since"):
        Folder(tmp_path).replace("x.py", b"new", ".tmp", mode=0o600, old=old)
    left = [] if how == "deleted" else [("x.py", b"OLD")]
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == left


def test_a_file_that_was_not_there(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    Folder(tmp_path).replace("x.py", b"new", ".tmp", mode=0o640, old=None)
    assert (path.read_bytes(), path.stat().st_mode & 0o7777) == (b"new", 0o640)
    assert [p.name for p in tmp_path.iterdir()] == ["x.py"]
