"""One pass over the files: which of them the rest is about."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest

from codemods.disk.files import Checkout
from codemods.migration.scan import Scan
from codemods.model import SharedModule, SharedModules, Source, UsageError
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.settings import Settings
from tests import tools
from tests.tools import COPY, SHARED, default_modules, shared, write


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = {
        "a/test_copy.py": COPY,
        "a/test_none.py": "x = 1\n",
        "a/test_word.py": "# TestWebSocketConnection\n",
        "a/test_shared.py": f"from {SHARED} import TestWebSocketConnection\n",
        "b/test_star.py": "from a.test_copy import *\n",
        "b/test_import.py": "from a.test_copy import TestWebSocketConnection\n",
        "b/test_shared.py": f"from {SHARED} import TestWebSocketConnection\n",
        "b/test_none.py": "x = 1\n",
        "c/test_excluded.py": COPY,
    }
    for name, text in files.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
    Path("a/link.py").symlink_to("../b/test_import.py")


@pytest.fixture
def seen() -> list[tuple[int, int]]:
    return []


@pytest.fixture
def scan(tmp_path: Path, seen: list[tuple[int, int]]) -> Scan:
    settings = Settings(root=tmp_path, exclude=("c",))
    return Scan(
        settings,
        lambda _: ReplaceLocalCopies(default_modules()),
        ["a"],
        lambda done, total: seen.append((done, total)),
    )


def test_definitions_and_what_imports_a_shared_module(
    scan: Scan, seen: list[tuple[int, int]]
) -> None:
    assert [s.path for s in scan.definitions()] == ["a/test_copy.py"]
    assert scan.sharing == {"a/test_shared.py"}
    assert (scan.files, scan.failures) == (5, [])
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_the_checkout_is_whole(scan: Scan, tmp_path: Path) -> None:
    names = {str(Path(s.path).relative_to(tmp_path)) for s in scan.checkout.read()}
    assert {"b/test_star.py", "c/test_excluded.py"} <= names
    assert scan.checkout.read_one(str(tmp_path / "b/test_none.py")) == b"x = 1\n"
    assert scan.checkout.read_one(str(tmp_path / "b/test_gone.py")) == b""


def test_links_in_the_checkout(tmp_path: Path) -> None:
    top = tmp_path / "checkout"
    write(top, {"a.py": "a", "script": "b"})
    write(tmp_path, {"away.py": "c"})
    for name, target in (("b.py", "a.py"), ("c.py", "script"), ("d.py", "script")):
        (top / name).symlink_to(target)
    for name, target in (("out.py", "../away.py"), ("loop.py", "loop.py"), ("gone.py", "none")):
        (top / name).symlink_to(target)
    found = {str(Path(s.path).relative_to(top)): s.content for s in Checkout(top).read()}
    assert found == {"a.py": b"a", "script": b"b", "none": b""}


def test_each_file_has_the_modules_of_its_table(tmp_path: Path) -> None:
    other = shared("class Other:\n    pass\n", "own.shared")
    Path("b/test_other.py").write_text("class Other:\n    pass\n")

    codemods = {"a": ReplaceLocalCopies(default_modules()), "b": ReplaceLocalCopies(other)}

    def codemod_of(path: str) -> ReplaceLocalCopies | None:
        return codemods.get(path.partition("/")[0])

    scan = Scan(Settings(root=tmp_path), codemod_of, ["."], lambda done, total: None)
    assert {t.path: t.codemod for t in scan.definitions()} == {
        "a/test_copy.py": codemods["a"],
        "b/test_other.py": codemods["b"],
    }
    assert scan.files == 9  # without that in c


def test_a_file_that_no_settings_cover_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def read(paths: list[str], *_: object) -> list[Source]:
        asked.extend(paths)
        return []

    monkeypatch.setattr("codemods.migration.scan.read_files", read)
    codemod = ReplaceLocalCopies(default_modules())
    for only, expected in (("c", ["c/test_excluded.py"]), ("no such folder", [])):
        made = {Path(tmp_path, only): codemod}

        def codemod_of(
            path: str, made: dict[Path, ReplaceLocalCopies] = made
        ) -> ReplaceLocalCopies | None:
            return made.get(Path(path).absolute().parent)

        scan = Scan(Settings(root=tmp_path), codemod_of, ["."], lambda done, total: None)
        assert list(scan.definitions()) == []
        assert asked == expected
        asked.clear()


def test_a_shared_module_is_no_place_for_copies_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "a/test_copy.py"
    own = SharedModules((SharedModule("a.test_copy", str(path), path.read_bytes()),))
    Path("b/link.py").symlink_to("../a/test_copy.py")
    scan = Scan(
        Settings(root=tmp_path),
        lambda _: ReplaceLocalCopies(own),
        ["a", "b"],
        lambda done, total: None,
    )
    assert list(scan.definitions()) == []


@pytest.mark.parametrize("kind", [UsageError, OSError, ValueError])
def test_what_goes_wrong_beside_is_raised_where_the_files_are_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def failing(*_: object) -> tuple[str, ...]:
        raise kind("no such")

    monkeypatch.setattr("codemods.migration.scan.list_files", failing)
    scan = Scan(
        Settings(root=tmp_path),
        lambda _: ReplaceLocalCopies(default_modules()),
        ["."],
        lambda done, total: None,
    )
    with pytest.raises(kind, match="no such"):
        list(scan.definitions())


def test_files_that_take_long_to_be_listed_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object) -> tuple[str, ...]:
        time.sleep(0.5)
        return ("a/test_copy.py",)

    monkeypatch.setattr("codemods.migration.scan.list_files", slow)
    scan = tools.scan(Settings(root=tmp_path))
    assert [task.path for task in scan.definitions()] == ["a/test_copy.py"]


def test_a_signal_is_heard_while_files_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes to another thread, so that it interrupts no wait of this one."""
    may_end, ended = threading.Event(), threading.Event()

    def listing(*_: object) -> tuple[str, ...]:
        time.sleep(0.3)  # until it is waited for
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        may_end.wait(5)
        ended.set()
        return ()

    monkeypatch.setattr("codemods.migration.scan.list_files", listing)
    try:
        with pytest.raises(KeyboardInterrupt):
            list(tools.scan(Settings(root=tmp_path)).definitions())
        assert not ended.is_set()
    finally:
        may_end.set()
        ended.wait()
