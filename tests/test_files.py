"""Which files are found, and how they are read."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from codemods.disk.files import list_files, read_file, read_files
from codemods.disk.git import take_notes
from codemods.model import Code, FileResult, Source, UsageError

_IDENTITY = "GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder that no checkout is around."""
    for pair in _IDENTITY.split():
        monkeypatch.setenv(*pair.split("="))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True, timeout=30)


def make(*paths: str, content: str = "x = 1\n") -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(content)


def raise_(result: FileResult) -> None:
    raise AssertionError(result)


def listed(*paths: str, exclude: Sequence[str] = ()) -> list[str]:
    return list(list_files(paths or ["."], Path(), exclude, raise_))


def read(*paths: str, exclude: Sequence[str] = ()) -> list[str]:
    return [s.path for s in sources(*paths, exclude=exclude)]


def sources(*paths: str, exclude: Sequence[str] = ()) -> list[Source]:
    return guarded(
        lambda: list(read_files(listed(*paths, exclude=exclude), Path(), exclude, raise_))
    )


def guarded(work: Callable[[], list[Source]]) -> list[Source]:
    """Work in a thread, so that a read that waits for ever fails."""
    future: Future[list[Source]] = Future()
    threading.Thread(target=lambda: _set(future, work), daemon=True).start()
    return future.result(60)


def _set(future: Future[list[Source]], work: Callable[[], list[Source]]) -> None:
    try:
        future.set_result(work())
    except Exception as error:  # noqa: BLE001 -- it is raised again in the thread that waits
        future.set_exception(error)


class TestInAGitCheckout:
    @pytest.fixture(autouse=True)
    def _checkout(self) -> None:
        git("init", "-q")

    def test_tracked_and_untracked_files_count_and_ignored_ones_do_not(self) -> None:
        make("a/tracked.py", "a/new.py", "a/ignored.py", "a/notes.txt", "out/x.py")
        make(".gitignore", content="ignored.py\nout/\n")
        git("add", "a/tracked.py")
        assert listed() == ["a/new.py", "a/tracked.py"]
        assert listed("a") == ["a/new.py", "a/tracked.py"]

    def test_no_folder_is_left_out_by_its_looks(self) -> None:
        make("build/x.py", ".hidden/x.py", "venv/pyvenv.cfg", "venv/x.py")
        assert listed() == [".hidden/x.py", "build/x.py", "venv/x.py"]

    def test_a_tracked_file_that_was_deleted_is_not_read(self) -> None:
        make("a.py", "b/c.py", "d/e.py")
        git("add", ".")
        Path("a.py").unlink()
        Path("b/c.py").unlink()
        Path("b").rmdir()
        make("b")
        assert read() == ["d/e.py"]

    def test_an_ignored_file_or_folder_counts_where_it_is_named(self) -> None:
        make("out/deep/x.py", "ignored.py", ".gitignore")
        make(".gitignore", content="out/\nignored.py\n")
        assert listed("ignored.py") == ["ignored.py"]
        assert listed("out") == ["out/deep/x.py"]
        assert listed("out/deep") == ["out/deep/x.py"]
        assert listed() == []

    def test_a_folder_without_python_files_is_no_ignored_one(self) -> None:
        make("docs/x.txt", "docs/ignored.py")
        make(".gitignore", content="ignored.py\n")
        assert listed("docs") == []

    def test_a_path_from_below(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make("a/x.py", "b/y.py")
        monkeypatch.chdir("a")
        assert list(list_files(["..", "x.py"], Path(".."), (), raise_)) == ["../b/y.py", "x.py"]

    def test_what_is_tracked_behind_a_folder_that_is_a_link_now(self, tmp_path: Path) -> None:
        make("inside/x.py", "old/x.py", "other/y.py")
        git("add", ".")
        make(f"{tmp_path}-away/y.py")
        for folder, target in (("old", "inside"), ("other", f"{tmp_path}-away")):
            for file in Path(folder).iterdir():
                file.unlink()
            Path(folder).rmdir()
            Path(folder).symlink_to(target)
        assert read() == ["inside/x.py"]

    @pytest.mark.parametrize("folder", [".", "sub"])
    def test_the_environment_of_a_hook_leads_nowhere_else(
        self, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make("sub/x.py", f"{tmp_path}-other/y.py")
        git("init", "-q", f"{tmp_path}-other")
        monkeypatch.setenv("GIT_DIR", f"{tmp_path}-other/.git")
        monkeypatch.setenv("GIT_WORK_TREE", f"{tmp_path}-other")
        monkeypatch.setenv("GIT_INDEX_FILE", ".git/none.lock")
        assert listed(folder) == ["sub/x.py"]

    def test_a_machine_without_git(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make("x.py", "venv/y.py")
        monkeypatch.setenv("PATH", "/nowhere")
        take_notes()  # of other tests
        assert listed() == ["x.py"]
        (note,) = take_notes()
        assert note.startswith(f"{Path.cwd()}: git is not installed")
        assert take_notes() == []

    def test_unusual_names(self) -> None:
        names = ["a b.py", "a\nb.py", 'q"\\.py', "t\tb.py", "ü.py", os.fsdecode(b"\xff\xfe.py")]
        for name in names:
            make(name)
        git("add", *names[:3])
        assert read() == sorted(names, key=os.fsencode)


class TestElsewhere:
    def test_what_is_left_out(self) -> None:
        make("a/x.py", "x.py", "a/y.txt", ".hidden/x.py", "node_modules/x.py", "a/build/x.py")
        make("env/pyvenv.cfg", "env/lib/x.py", "lib/site-packages/x.py", "dist/x.py")
        make("a/__pycache__/x.py", "thing.egg-info/x.py", "a/.tox/x.py", "venv/x.py")
        assert listed() == ["a/x.py", "x.py"]

    def test_what_is_named_counts_all_the_same(self) -> None:
        make("build/x.py", "tool")
        assert listed("build", "tool") == ["build/x.py", "tool"]
        assert listed("build", "build/x.py", "./build/") == ["build/x.py"]

    @pytest.mark.parametrize("path", ["none.py", "none/", "broken", "loop", "a\0b"])
    def test_a_path_that_does_not_exist(self, path: str) -> None:
        Path("broken").symlink_to("gone")
        Path("loop").symlink_to("loop")
        with pytest.raises(UsageError, match="no such file or directory"):
            listed(path)

    def test_a_folder_that_cannot_be_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make("a/x.py", "b/x.py")
        real = os.scandir

        def scandir(path: str) -> object:
            if path.endswith("/b"):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
            return real(path)

        look = os.stat

        def stat(path: os.PathLike[str], **options: Any) -> os.stat_result:
            if isinstance(path, str | Path) and "/b/" in str(path):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return look(path, **options)

        monkeypatch.setattr(os, "scandir", scandir)
        monkeypatch.setattr(os, "stat", stat)
        failures: list[FileResult] = []
        assert list_files(["."], Path(), (), failures.append) == ("a/x.py",)
        assert [(f.path, f.error and f.error.code) for f in failures] == [("b", Code.UNREADABLE)]

    def test_the_order_is_that_of_the_bytes(self) -> None:
        names = ["B.py", "a.py", "a/b.py", "é.py", "\U0001f600.py", os.fsdecode(b"\xff.py")]
        make(*names)
        assert [os.fsencode(n) for n in listed()] == sorted(map(os.fsencode, names))


class TestExclude:
    @pytest.fixture(params=["git", "walk"], autouse=True)
    def _files(self, request: pytest.FixtureRequest) -> None:
        make("a/out/x.py", "a/x.py", "out/x.py", "c/gen_x.py", "c/d/gen_y.py")
        if request.param == "git":
            git("init", "-q")

    @pytest.mark.parametrize(
        ("pattern", "gone"),
        [
            ("out", {"a/out/x.py", "out/x.py"}),
            ("out/", {"a/out/x.py", "out/x.py"}),
            ("/out", {"out/x.py"}),
            ("./out", {"out/x.py"}),
            ("gen_*", {"c/gen_x.py", "c/d/gen_y.py"}),
            ("*/gen_*", {"c/gen_x.py", "c/d/gen_y.py"}),
            ("c/gen_?.py", {"c/gen_x.py"}),
            ("c/d", {"c/d/gen_y.py"}),
            ("a/out/", {"a/out/x.py"}),
            ("x.py", {"a/out/x.py", "a/x.py", "out/x.py"}),
            ("ou", set()),
            ("/", set()),
            ("", set()),
        ],
    )
    def test_a_pattern(self, pattern: str, gone: set[str]) -> None:
        everything = set(listed())
        assert len(everything) == 5
        assert everything - set(listed(exclude=[pattern])) == gone

    def test_several_patterns_and_a_named_file(self) -> None:
        assert listed(exclude=["out", "c/d", "gen_[a-x]*"]) == ["a/x.py"]
        assert listed("a/x.py", "out/x.py", exclude=["out"]) == ["a/x.py"]

    def test_patterns_are_relative_to_the_root(self, monkeypatch: pytest.MonkeyPatch) -> None:
        root = Path.cwd()
        monkeypatch.chdir("c")
        assert list(list_files(["."], root, ["c/d"], raise_)) == ["gen_x.py"]


class TestLinks:
    @pytest.fixture(params=["git", "walk"], autouse=True)
    def _kind(self, request: pytest.FixtureRequest) -> None:
        if request.param == "git":
            git("init", "-q")

    def test_a_link_to_a_file_that_is_listed_anyway(self) -> None:
        make("a/x.py")
        Path("b.py").symlink_to("a/x.py")
        Path("z.py").symlink_to(Path("a/x.py").absolute())
        assert read() == ["a/x.py"]

    def test_links_to_a_file_that_is_not(self) -> None:
        make("b/x.py", "b/script", content="y")
        for number in range(3):
            make(f"a/{number}/y.py")
            Path(f"a/{number}/x.py").symlink_to("../../b/x.py")
        Path("a/s.py").symlink_to("../b/script")
        found = read("a")
        assert found[:3] == ["a/0/y.py", "a/1/y.py", "a/2/y.py"]
        assert sorted(found[3:]) == ["b/script", "b/x.py"]

    def test_a_link_to_a_link(self) -> None:
        make("b/x.py")
        make("a/.keep")
        Path("b/link").symlink_to("x.py")
        Path("a/x.py").symlink_to("../b/link")
        assert read("a") == ["b/x.py"]

    def test_a_link_that_is_named_is_its_target(self) -> None:
        make("x.py")
        Path("link.py").symlink_to("x.py")
        assert listed("link.py", "x.py") == ["x.py"]

    def test_a_link_out_of_the_root(self, tmp_path: Path) -> None:
        make(f"{tmp_path}-away.py", "x.py")
        Path("link.py").symlink_to(f"{tmp_path}-away.py")
        assert read() == ["x.py"]

    def test_a_target_that_is_excluded(self) -> None:
        make("vendored/x.py", "x.py")
        Path("link.py").symlink_to("vendored/x.py")
        assert read(exclude=["vendored"]) == ["x.py"]

    def test_a_broken_link_a_loop_and_a_link_to_a_folder(self) -> None:
        make("x.py", "folder/y.py")
        Path("broken.py").symlink_to("gone.py")
        Path("self.py").symlink_to("self.py")
        Path("one.py").symlink_to("two.py")
        Path("two.py").symlink_to("one.py")
        Path("through.py").symlink_to("self.py/x.py")
        Path("folder.py").symlink_to("folder")
        Path("folder/up").symlink_to("..")
        assert read() == ["folder/y.py", "x.py"]

    def test_hard_links(self) -> None:
        make("a.py", "c.py")
        os.link("a.py", "b.py")
        assert read() == ["a.py", "c.py"]

    def test_what_is_no_regular_file(self) -> None:
        make("x.py", "folder.py/y.py")
        os.mkfifo("fifo.py")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket.py")
            assert read() == ["folder.py/y.py", "x.py"]
            assert read("fifo.py", "socket.py") == []


class TestRead:
    def test_bytes_are_what_they_are(self) -> None:
        content = b"\xef\xbb\xbf# \xff\r\nx\0\r"
        Path("x.py").write_bytes(content)
        Path("empty.py").touch()
        assert sources() == [Source("empty.py", b""), Source("x.py", content)]

    def test_a_file_that_grows_while_it_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make("x.py", content="old")
        real = os.fstat

        def grow(descriptor: int) -> os.stat_result:
            status = real(descriptor)
            with Path("x.py").open("a") as file:
                file.write("new" * 100)
            return status

        monkeypatch.setattr(os, "fstat", grow)
        content, _ = read_file("x.py")
        assert content == b"old" + b"new" * 100

    def test_no_more_is_read_than_the_limit(self) -> None:
        make("x.py", content="x" * 9)
        assert read_file("x.py", 9)[0] == b"x" * 9
        with pytest.raises(OSError, match="too large"):
            read_file("x.py", 8)

    def test_a_file_that_grows_beyond_the_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make("x.py", content="x")
        real = os.fstat

        def grow(descriptor: int) -> os.stat_result:
            status = real(descriptor)
            with Path("x.py").open("r+b") as file:
                file.truncate(1 << 40)
            return status

        monkeypatch.setattr(os, "fstat", grow)
        with pytest.raises(OSError, match="too large"):
            read_file("x.py")

    def test_a_huge_file_fails_alone(self) -> None:
        make("x.py", "y.py")
        with Path("x.py").open("r+b") as file:
            file.truncate(1 << 40)
        failures: list[FileResult] = []
        found = list(read_files(["x.py", "y.py"], Path(), (), failures.append))
        assert [s.path for s in found] == ["y.py"]
        assert [str(f.error and f.error.message) for f in failures] == ["File too large"]

    def test_a_file_that_cannot_be_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make("x.py", "y.py")
        real = os.open

        def refuse(path: str, flags: int, *, dir_fd: int | None) -> int:
            if path == "x.py":
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
            return real(path, flags, dir_fd=dir_fd)

        monkeypatch.setattr(os, "open", refuse)
        failures: list[FileResult] = []
        found = list(read_files(["x.py", "y.py"], Path(), (), failures.append))
        assert [s.path for s in found] == ["y.py"]
        assert [(f.path, f.error and f.error.message) for f in failures] == [
            ("x.py", "Permission denied")
        ]

    def test_no_descriptor_is_lost(self) -> None:
        make("x.py", "d.py/y.py")
        before = set(Path("/proc/self/fd").iterdir())
        assert read("x.py", "d.py") == ["d.py/y.py", "x.py"]
        for path in ("d.py", "none.py"):
            with pytest.raises(OSError, match=path):
                read_file(path)
        assert set(Path("/proc/self/fd").iterdir()) == before
