"""From paths to changed files: the plan, and what is written of it."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from codemods.disk.journal import Change, Journal
from codemods.engine.run import Pool
from codemods.migration.analyze import analyze
from codemods.migration.migrate import Batch, plan, preview, write
from codemods.model import Code, FileResult, Plan, RunState, Status, UsageError, Written
from codemods.rewrites.others import Effects
from codemods.rewrites.replace_local_copies.importers import outside_effects
from codemods.settings import Settings
from codemods.workers.pool import ProcessPool
from tests.tools import COPY, SHARED, scan
from tests.tools import run as transform

_UNUSED = f"{COPY}\n\ndef test_x():\n    assert 1\n"
_USED = f"{COPY}\n\ndef test_x():\n    assert TestWebSocketConnection()\n"
_IMPORT = f"from {SHARED} import TestWebSocketConnection".encode()


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    return tmp_path


def make(**files: str) -> None:
    """Write files; two underscores stand for a slash."""
    for name, text in files.items():
        path = Path(name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def commit() -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@t")
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "x"]):
        subprocess.run(["git", *command], check=True, capture_output=True, timeout=60)


def planned(*paths: str, jobs: int = 1, pool: Pool | None = None) -> Plan:
    settings = Settings(root=Path.cwd())
    pool = pool or ProcessPool(jobs)
    return plan(scan(settings, *paths), pool)


def written(planned: Plan, **options: Any) -> Written:
    journal = Journal(Path.cwd())
    with journal.lock():
        return write(planned, journal, Batch("migrate", **options))


def codes(done: Written | Plan) -> dict[str, str]:
    """Return for each path its status, or why it stays."""
    return {r.path: r.error.code.value if r.error else _first_code(r) for r in done.results}


def _first_code(result: FileResult) -> str:
    reasons = [r for d in result.decisions for r in d.reasons]
    return reasons[0].code.value if reasons else result.status.value


def read(*names: str) -> list[bytes]:
    return [Path(name).read_bytes() for name in names]


class TestPlan:
    def test_what_it_gives(self) -> None:
        make(test_a=_USED, b__test_c="x = 1\n", test_bad=COPY + "(", test_own="class X: pass\n")
        make(test_odd="class TestWebSocketConnection:\n    x = 1\n", d=f"{_IMPORT.decode()}\n")
        result = planned()
        assert (result.files, result.helpers) == (6, 2)
        assert codes(result) == {
            "test_a.py": "changed",
            "test_bad.py": "syntax-error",
            "test_odd.py": "same-name-only",
        }
        assert [r.path for r in result.changes] == ["test_a.py"]
        assert result.changes[0].after == transform(_USED, "test_a.py").after
        assert Path("test_a.py").read_text() == _USED

    @pytest.mark.parametrize("jobs", [2, 3])
    def test_it_is_the_same_for_any_number_of_jobs(self, jobs: int) -> None:
        make(**{f"d{n % 5}__test_{n}": _USED + f"# {'x' * n * 3000}\n" for n in range(20)})
        make(test_bad=COPY + "(", import_it="from d1.test_1 import TestWebSocketConnection\n")
        assert planned(jobs=jobs) == planned()

    def test_results_are_in_the_order_of_their_paths(self) -> None:
        names = ["test_B", "test_a", "a__test_z", "a-b__test_x", "test_ü", "test_\U0001f600"]
        make(**dict.fromkeys(names, _USED))
        paths = [r.path for r in planned("test_B.py", "a", ".").results]
        assert paths == sorted(paths, key=os.fsencode)
        assert len(paths) == 6

    def test_an_unreadable_file_fails_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make(test_a=_UNUSED, test_b=_UNUSED)
        real = os.open

        def refuse(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            if path == "test_b.py":
                raise PermissionError(13, "Permission denied", path)
            return real(path, flags, mode, dir_fd=dir_fd)

        monkeypatch.setattr(os, "open", refuse)
        result = planned()
        assert [(r.path, r.status) for r in result.results] == [
            ("test_a.py", Status.CHANGED),
            ("test_b.py", Status.FAILED),
        ]

    def test_a_worker_that_dies(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Spawned, so that pytest does not print where it died, as it would in a copy of itself.
        spawn = multiprocessing.get_context("spawn")
        monkeypatch.setattr("codemods.workers.pool._context", lambda: spawn)
        make(test_a=_USED, test_deep=f"{COPY}\nimport a{'.a' * 12_000}\n")
        result = planned()
        assert codes(result) == {"test_a.py": "changed", "test_deep.py": "worker-died"}
        (failure,) = [r for r in result.results if r.error]
        assert failure.error is not None
        assert "SIGSEGV" in failure.error.message


class TestImporters:
    @pytest.mark.parametrize(
        "importer",
        [
            "from sub.test_a import TestWebSocketConnection\n",
            "from test_a import TestWebSocketConnection as T\n",
            "from .test_a import TestWebSocketConnection\n",
            "from . import test_a\nx = test_a.TestWebSocketConnection\n",
            "from .test_a import *\nx = 1\n",
            "from sub.test_a import *\nx = 1\n",
            "import sub.test_a\nx = sub.test_a.TestWebSocketConnection\n",
            "import sub.test_a as m\nx = m.TestWebSocketConnection\n",
            'patch("sub.test_a.TestWebSocketConnection")\nimport_module("sub.test_a")\n',
            "(from sub.test_a import TestWebSocketConnection\n",  # nobody knows
        ],
    )
    @pytest.mark.parametrize("jobs", [1, 2])
    def test_the_name_stays_importable(self, importer: str, jobs: int) -> None:
        make(sub__test_a=_UNUSED, sub__test_b=importer, sub__test_c=_UNUSED)
        by_path = {r.path: r.after for r in planned("sub/test_a.py", "sub/test_c.py").changes}
        assert by_path["sub/test_a.py"] is not None
        assert _IMPORT in by_path["sub/test_a.py"]
        assert by_path["sub/test_c.py"] is not None
        assert _IMPORT not in by_path["sub/test_c.py"]

    def test_an_importer_outside_of_the_paths_and_ignored_by_them(self) -> None:
        make(sub__test_a=_UNUSED, far__away__x="from sub.test_a import TestWebSocketConnection\n")
        (change,) = planned("sub").changes
        assert change.after is not None
        assert _IMPORT in change.after

    @pytest.mark.parametrize(
        "other",
        ["from sub.test_b import TestWebSocketConnection\n", "from sub.test_ab import x\n"],
    )
    def test_who_does_not_import_it(self, other: str) -> None:
        make(sub__test_a=_UNUSED, sub__test_b="TestWebSocketConnection = 1\n", c=other)
        (change,) = planned("sub").changes
        assert change.after is not None
        assert _IMPORT not in change.after

    def test_a_file_that_goes_before_it_is_done_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make(sub__test_a=_UNUSED, sub__test_b="from sub.test_a import TestWebSocketConnection\n")
        from codemods.rewrites.replace_local_copies import codemod

        def asked(*arguments: Any) -> dict[str, Effects]:
            Path("sub/test_a.py").unlink(missing_ok=True)
            return outside_effects(*arguments)

        monkeypatch.setattr(codemod, "outside_effects", asked)
        assert codes(planned("sub/test_a.py")) == {"sub/test_a.py": "changed-since-planned"}


class TestWrite:
    def test_the_bytes_and_the_journal(self) -> None:
        make(test_a=_USED, b__test_b=_UNUSED)
        result = planned()
        done = written(result)
        assert done.run is not None
        assert [e.path for e in done.run.entries] == ["b/test_b.py", "test_a.py"]
        assert Journal(Path.cwd()).run(done.run.id).state == RunState.COMPLETE
        assert (done.left, done.held_back, done.stopped) == (0, 0, False)
        assert read("b/test_b.py", "test_a.py") == [r.after for r in result.changes]
        assert not planned().changes
        assert written(planned()).run is None

    def test_from_a_folder_below(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make(sub__test_a=_USED)
        root = Path.cwd()
        monkeypatch.chdir("sub")
        settings = Settings(root=root)
        found = plan(scan(settings), ProcessPool(1))
        assert [r.path for r in found.changes] == ["test_a.py"]
        journal = Journal(root)
        with journal.lock():
            done = write(found, journal, Batch(""))
        assert done.run is not None
        assert [e.path for e in done.run.entries] == ["sub/test_a.py"]
        assert _IMPORT in Path("test_a.py").read_bytes()

    def test_batches(self) -> None:
        make(**{f"test_{n}": _USED for n in range(5)})
        found = planned()
        shown, _, changes = preview(found, Batch("", 2, allow_dirty=True))
        assert ([c.path for c in changes], shown.left) == (["test_0.py", "test_1.py"], 3)
        assert [r.path for r in shown.results] == ["test_0.py", "test_1.py"]
        assert preview(found, Batch("", allow_dirty=True))[0].results == found.results
        runs = []
        for expected in (3, 1, 0, 0):
            done = written(planned(), max_files=2)
            assert done.left == expected
            runs.append(done.run)
        assert [len(r.entries) if r else 0 for r in runs] == [2, 2, 1, 0]

    def test_uncommitted_files_stay_and_count_for_no_batch(self) -> None:
        make(test_a=_USED, test_b=_USED, test_c=_USED, test_d=_USED)
        commit()
        Path("test_a.py").write_text(_USED + "# edited\n")
        make(test_0=_USED, test_b=_USED + "# staged\n")
        subprocess.run(["git", "add", "test_b.py"], check=True, timeout=30)
        done = written(planned(), max_files=1)
        assert codes(done) == {
            "test_0.py": "uncommitted",
            "test_a.py": "uncommitted",
            "test_b.py": "uncommitted",
            "test_c.py": "changed",
        }
        assert (done.left, done.held_back) == (1, 3)
        done = written(planned("test_a.py"), allow_dirty=True)
        assert codes(done) == {"test_a.py": "changed"}

    @pytest.mark.parametrize("flag", ["--skip-worktree", "--assume-unchanged"])
    def test_files_whose_edits_git_does_not_report(self, flag: str) -> None:
        make(test_a=_USED, test_b=_USED)
        commit()
        subprocess.run(["git", "update-index", flag, "test_a.py"], check=True, timeout=30)
        Path("test_a.py").write_text(_USED + "# edited\n")
        assert codes(written(planned())) == {"test_a.py": "uncommitted", "test_b.py": "changed"}

    def test_an_ignored_file_that_is_named(self) -> None:
        make(test_a=_USED, test_b=_USED)
        Path(".gitignore").write_text("test_a.py\n")
        commit()
        done = written(planned("test_a.py", "test_b.py"))
        assert codes(done) == {"test_a.py": "uncommitted", "test_b.py": "changed"}

    def test_git_that_fails(self) -> None:
        make(test_a=_USED)
        Path(".git").write_text("gitdir: /nowhere\n")
        with pytest.raises(UsageError, match=r"not a git repository: /nowhere; .* --allow-dirty"):
            written(planned())
        assert codes(written(planned(), allow_dirty=True)) == {"test_a.py": "changed"}

    def test_a_folder_that_became_a_link_meanwhile(self, tmp_path: Path) -> None:
        Path("d").mkdir()
        make(**{"d/test_a": _USED})
        found = planned()
        Path("d").rename(tmp_path.parent / f"{tmp_path.name}-other")
        Path("d").symlink_to(tmp_path.parent / f"{tmp_path.name}-other")
        assert codes(written(found)) == {"d/test_a.py": "changed-since-planned"}
        assert read("d/test_a.py") == [_USED.encode()]

    def test_what_cannot_be_replaced_without_a_loss(self) -> None:
        make(test_a=_USED, test_b=_USED, test_c=_USED, test_d=_USED)
        Path("test_a.py").chmod(0o444)
        os.link("test_b.py", "other-name")
        found = planned()
        Path("test_c.py").unlink()
        done = written(found)
        assert codes(done) == {
            "test_a.py": "read-only",
            "test_b.py": "hard-linked",
            "test_c.py": "changed-since-planned",
            "test_d.py": "changed",
        }
        assert (done.left, done.held_back) == (0, 3)
        assert read("test_a.py", "test_b.py") == [_USED.encode()] * 2

    @pytest.mark.parametrize("what", ["edited", "deleted", "link", "folder"])
    def test_what_changes_before_the_run_begins(self, what: str) -> None:
        make(sub__test_a=_USED, test_b=_USED, other=_USED)
        path = Path("sub/test_a.py")

        def meddle(batch: Sequence[FileResult]) -> None:
            assert [r.path for r in batch] == ["sub/test_a.py", "test_b.py"]
            path.unlink()
            if what == "edited":
                path.write_text(_USED + "# mine\n")
            elif what == "link":
                path.symlink_to("../other.py")
            elif what == "folder":
                path.parent.rmdir()
                path.parent.touch()

        done = written(planned("sub", "test_b.py"), before_writing=meddle)
        assert codes(done) == {"sub/test_a.py": "changed-since-planned", "test_b.py": "changed"}
        assert done.held_back == 1
        assert read("other.py") == [_USED.encode()]

    def test_a_parent_that_became_a_file(self) -> None:
        make(sub__test_a=_USED)
        found = planned()
        Path("sub/test_a.py").unlink()
        Path("sub").rmdir()
        Path("sub").touch()
        done = written(found)
        assert codes(done) == {"sub/test_a.py": "changed-since-planned"}
        assert (done.run, done.held_back) == (None, 1)

    def test_what_changes_after_the_run_began(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make(test_a=_USED, test_b=_USED)
        real = Journal.begin

        def begin(journal: Journal, command: str, changes: Sequence[Change]) -> object:
            run = real(journal, command, changes)
            Path("test_a.py").write_text("mine")
            return run

        monkeypatch.setattr(Journal, "begin", begin)
        done = written(planned())
        assert codes(done) == {"test_a.py": "changed-since-planned", "test_b.py": "changed"}
        assert read("test_a.py") == [b"mine"]
        (run,) = Journal(Path.cwd()).runs()
        assert [e.path for e in run.entries] == ["test_b.py"]

    def test_a_write_that_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make(test_a=_USED, test_b=_USED)
        real = os.replace

        def refuse(source: str, target: str, **folders: int) -> None:
            if target == "test_a.py":
                raise OSError(28, "No space left on device")
            real(source, target, **folders)

        monkeypatch.setattr(os, "replace", refuse)
        done = written(planned())
        assert codes(done) == {"test_a.py": "not-written", "test_b.py": "changed"}
        assert (done.held_back, done.stopped) == (1, False)
        assert read("test_a.py") == [_USED.encode()]

    def test_ctrl_c(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make(**{f"test_{n}": _USED for n in range(4)})
        real = os.replace

        def interrupt(source: str, target: str, **folders: int) -> None:
            if target == "test_2.py":
                raise KeyboardInterrupt
            real(source, target, **folders)

        def leave(path: str, *, dir_fd: int) -> None:
            """Stand for a second one that comes before the temporary file is removed."""
            monkeypatch.undo()
            monkeypatch.chdir(folder)

        folder = Path.cwd()
        monkeypatch.setattr(os, "replace", interrupt)
        monkeypatch.setattr(os, "unlink", leave)
        done = written(planned())
        assert done.stopped
        assert done.run is not None
        journal = Journal(Path.cwd())
        assert [journal.is_new(e) for e in done.run.entries] == [True, True, False, False]
        assert journal.run(done.run.id).state == RunState.UNFINISHED
        assert len([p for p in Path().iterdir() if p.is_file()]) == 4

    def test_nothing_is_written_where_the_probe_says_no(self) -> None:
        make(test_a=_USED)

        def refuse(batch: Sequence[FileResult]) -> None:
            raise UsageError("no")

        with pytest.raises(UsageError, match="no"):
            written(planned(), before_writing=refuse)
        assert read("test_a.py") == [_USED.encode()]
        assert Journal(Path.cwd()).runs() == []

    def test_a_link_stays_one_and_its_target_changes_once(self) -> None:
        make(real__test_a=_USED)
        for name in ("test_1.py", "test_2.py"):
            Path(name).symlink_to("real/test_a.py")
        done = written(planned())
        assert codes(done) == {"real/test_a.py": "changed"}
        assert all(Path(name).is_symlink() for name in ("test_1.py", "test_2.py"))
        assert Path("test_1.py").read_bytes().count(_IMPORT) == 1

    def test_mode_bom_and_line_ends_survive(self) -> None:
        content = b"\xef\xbb\xbf# \xc3\xa9\r\n\r\n" + _USED.replace("\n", "\r\n").encode()
        Path("test_a.py").write_bytes(content)
        Path("test_a.py").chmod(0o751)
        written(planned())
        after = Path("test_a.py").read_bytes()
        assert after.startswith(b"\xef\xbb\xbf# \xc3\xa9\r\n")
        assert _IMPORT + b"\r\n" in after
        assert after.count(b"\n") == after.count(b"\r\n")
        assert Path("test_a.py").stat().st_mode & 0o7777 == 0o751


def test_analyze_counts_files_and_failures(tmp_path: Path) -> None:
    make(**{f"test_{n}": _USED for n in range(3)}, test_bad=COPY + "(", user="x = 1\n")
    settings = Settings(root=tmp_path)
    found = analyze(scan(settings), ProcessPool(2))
    assert found.files == 5
    assert [f.error and f.error.code for f in found.failures] == [Code.SYNTAX_ERROR]


_UNUSED = COPY + "\n\ndef test_it():\n    pass\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "conftest",
            "def pytest_runtest_setup(item):\n    item.module.TestWebSocketConnection()\n",
        ),
        ("conftest", COPY),
        ("left_out/user", "from tests.test_a import TestWebSocketConnection\n"),
    ],
    ids=["conftest that looks into modules", "conftest", "excluded"],
)
def test_what_is_not_migrated_imports_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in {"tests/test_a": _UNUSED, "tests/test_b": _UNUSED, path: text}.items():
        file = tmp_path / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
    settings = Settings(root=tmp_path, exclude=("left_out",))
    found = plan(scan(settings), ProcessPool(1))
    kept = {r.path for r in found.changes if not r.dropped} - {"conftest.py"}
    if "user" in path:
        assert kept == {"tests/test_a.py"}
    else:
        assert kept == ({"tests/test_a.py", "tests/test_b.py"} if "module" in text else set())
