"""What each run changed, and how it is found again."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from datetime import datetime, timezone, tzinfo
from pathlib import Path

import pytest

from codemods.disk import journal as module
from codemods.disk.folder import EditedError, Folder
from codemods.disk.journal import Change, Journal, JournalError
from codemods.model import Run, RunState


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)


def begin(journal: Journal, **files: str) -> Run:
    """Write some files, and begin a run that is to make them upper case."""
    changes = []
    for name, text in files.items():
        path = journal.root / f"{name}.py"
        path.write_text(text)
        changes.append(Change(f"{name}.py", text.encode(), text.upper().encode(), 0o644))
    with journal.lock():
        return journal.begin("migrate", changes)


def complete(journal: Journal, **files: str) -> Run:
    run = begin(journal, **files)
    for entry in run.entries:
        journal.apply(run, entry)
    journal.finish(run)
    return journal.run(run.id)


class TestARun:
    def test_from_its_beginning_to_its_end(self, journal: Journal) -> None:
        run = begin(journal, a="x", b="y")
        assert (journal.run(run.id), run.state) == (run, RunState.UNFINISHED)
        first, second = run.entries
        journal.apply(run, first)
        journal.apply(run, first)
        assert (journal.is_new(first), journal.is_new(second)) == (True, False)
        journal.apply(run, second)
        journal.sync(run)
        journal.finish(run)
        run = journal.run(run.id)
        assert (run.state, [e.path for e in run.entries]) == (RunState.COMPLETE, ["a.py", "b.py"])
        assert journal.revert(run, first) is None
        journal.note_undone(run, ["a.py"])
        run = journal.run(run.id)
        assert run.state == RunState.PARTLY_ROLLED_BACK
        journal.note_undone(run, ["b.py"])
        assert journal.run(run.id).state == RunState.ROLLED_BACK
        assert (journal.root / "a.py").read_text() == "x"
        assert (journal.root / "b.py").read_text() == "Y"

    def test_what_it_had_to_leave_alone_is_no_part_of_it(self, journal: Journal) -> None:
        run = begin(journal, a="x", b="y")
        journal.finish(run, ["a.py"])
        assert [(e.number, e.path) for e in journal.run(run.id).entries] == [(1, "b.py")]

    def test_it_is_invisible_to_git(self, journal: Journal) -> None:
        complete(journal, a="x")
        subprocess.run(["git", "init", "-q"], cwd=journal.root, check=True, timeout=30)
        command = ["git", "status", "--porcelain", "--untracked-files=all"]
        shown = subprocess.run(
            command, cwd=journal.root, check=True, capture_output=True, timeout=30
        )
        assert shown.stdout == b"?? a.py\n"

    def test_names_that_are_no_text(self, journal: Journal) -> None:
        name = os.fsdecode(b"\xff\n \xc3\xa9")
        run = complete(journal, **{name: "x"})
        assert run.entries[0].path == f"{name}.py"
        journal.revert(run, run.entries[0])
        assert (journal.root / f"{name}.py").read_text() == "x"

    def test_a_beginning_that_fails_leaves_nothing(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(folder: Folder) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Folder, "sync", refuse)
        with pytest.raises(OSError, match="No space left"):
            begin(journal, a="x")
        assert list((journal.folder / "runs").iterdir()) == []

    def test_what_was_killed_before_it_began_is_removed(self, journal: Journal) -> None:
        run = begin(journal, a="x")
        folder = journal.folder / "runs" / run.id
        (folder / "manifest.json").rename(folder / "manifest.json.tmp")
        assert journal.runs() == []
        other = begin(journal, b="y")
        assert [r.name for r in (journal.folder / "runs").iterdir()] == [other.id]


class TestOrder:
    def test_runs_of_one_second_and_of_a_clock_set_back(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hours = iter([12, 12, 12, 11, 13, 9])

        class Clock(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Clock:
                return cls(2026, 1, 2, next(hours), tzinfo=timezone.utc)

        monkeypatch.setattr(module, "datetime", Clock)
        ids = [begin(journal, a=str(n)).id for n in range(6)]
        assert ids == sorted(ids)
        assert [run.id for run in journal.runs()] == ids
        assert ids == [
            "20260102T120000Z-000",
            "20260102T120000Z-001",
            "20260102T120000Z-002",
            "20260102T120000Z-003",
            "20260102T130000Z-000",
            "20260102T130000Z-001",
        ]

    def test_their_number_is_bounded(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_KEPT_RUNS", 3)
        cut_off = begin(journal, z="z").id
        ids = [complete(journal, **{f"f{n}": "x"}).id for n in range(5)]
        assert journal.identities() == [cut_off, *ids[2:]]
        assert {p.name for p in (journal.folder / "runs").iterdir()} == {cut_off, *ids[2:]}

    def test_cut_off_runs_that_were_taken_back_do_not_stay_for_ever(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_KEPT_RUNS", 2)
        for _ in range(5):
            run = begin(journal, a="a")
            journal.note_undone(run, ["a.py"])
        last = complete(journal, b="b")
        assert len(journal.identities()) == 2
        assert journal.identities()[-1] == last.id


class TestEdited:
    def test_a_file_that_is_neither_old_nor_new(self, journal: Journal) -> None:
        run = begin(journal, a="x", b="y")
        first, second = run.entries
        (journal.root / "a.py").write_text("mine")
        (journal.root / "b.py").unlink()
        for put, since in ((journal.apply, "meanwhile"), (journal.revert, "since the run")):
            with pytest.raises(EditedError, match=f"edited {since}"):
                put(run, first)
            with pytest.raises(EditedError, match=f"deleted {since}"):
                put(run, second)
        assert (journal.root / "a.py").read_text() == "mine"
        assert not journal.is_new(second)

    def test_force_keeps_each_copy(self, journal: Journal) -> None:
        run = complete(journal, a="x")
        for text in ("one", "two"):
            (journal.root / "a.py").write_text(text)
            kept = journal.revert(run, run.entries[0], force=True)
            assert kept is not None
            assert kept.read_text() == text
            assert (journal.root / "a.py").read_text() == "x"
        assert len(list((journal.folder / "kept" / run.id).iterdir())) == 2

    @pytest.mark.parametrize("character", ["x", "\U0001f40d", os.fsdecode(b"\xff")])
    def test_force_keeps_a_copy_of_a_file_with_the_longest_name(
        self, journal: Journal, character: str
    ) -> None:
        name = character * (252 // len(os.fsencode(character)))
        run = complete(journal, **{name: "x"})
        for _ in range(2):
            (journal.root / f"{name}.py").write_text("mine")
            kept = journal.revert(run, run.entries[0], force=True)
            assert kept is not None
            assert (kept.read_text(), kept.suffix) == ("mine", ".py")
            assert (journal.root / f"{name}.py").read_text() == "x"

    def test_force_brings_back_what_was_deleted_with_its_folder(self, journal: Journal) -> None:
        (journal.root / "d").mkdir()
        run = complete(journal, **{"d/a": "x"})
        (journal.root / "d/a.py").unlink()
        (journal.root / "d").rmdir()
        assert journal.revert(run, run.entries[0], force=True) is None
        assert (journal.root / "d/a.py").read_text() == "x"
        assert (journal.root / "d/a.py").stat().st_mode & 0o7777 == 0o644

    @pytest.mark.parametrize("what", ["link", "folder", "parent"])
    def test_a_file_that_is_something_else_now(self, journal: Journal, what: str) -> None:
        (journal.root / "d").mkdir()
        run = complete(journal, **{"d/a": "x"})
        journal.sweep(run)
        path = journal.root / "d/a.py"
        path.unlink()
        if what == "link":
            path.symlink_to(journal.root / "other")
            (journal.root / "other").write_text("X")
        elif what == "folder":
            path.mkdir()
        else:
            path.parent.rmdir()
            path.parent.touch()
        journal.sweep(run)
        with pytest.raises((OSError, EditedError)):
            journal.revert(run, run.entries[0])
        with pytest.raises(OSError, match="d"):
            journal.revert(run, run.entries[0], force=True)
        assert path.is_symlink() == (what == "link")


class TestDamage:
    @pytest.mark.parametrize(
        ("file", "content"),
        [
            ("manifest.json", b""),
            ("manifest.json", b"\xff"),
            ("manifest.json", b"[]"),
            ("manifest.json", b"{}"),
            ("manifest.json", b'{"schema": "ssot-codemods/run/1"}'),
            ("manifest.json", b'{"schema": "ssot-codemods/run/9"}'),
            ("undone.json", b"{"),
            ("finished.json", b"{"),
            ("finished.json", b"[]"),
        ],
    )
    def test_it_is_said_and_others_can_be_read(
        self, journal: Journal, file: str, content: bytes
    ) -> None:
        good, bad = complete(journal, a="x"), complete(journal, b="y")
        (journal.folder / "runs" / bad.id / file).write_bytes(content)
        with pytest.raises(JournalError, match=bad.id):
            journal.run(bad.id)
        assert journal.runs() == [good]
        assert [bad.id in damage for damage in journal.damaged()] == [True]
        assert journal.run(good.id) == good
        assert complete(journal, c="z").state == RunState.COMPLETE

    def test_a_file_among_the_runs(self, journal: Journal) -> None:
        run = complete(journal, a="x")
        (journal.folder / "runs" / ".DS_Store").touch()
        with journal.lock():
            assert journal.runs() == [run]

    @pytest.mark.parametrize(
        "entries",
        [
            [{"path": "x"}],
            [1],
            3,
            [{"number": 0, "path": 5, "before": "", "after": "", "mode": 0}],
            [{"number": "../after/1", "path": "x", "before": "", "after": "", "mode": 0}],
        ],
    )
    def test_entries_of_another_kind(self, journal: Journal, entries: object) -> None:
        run = complete(journal, a="x")
        manifest = journal.folder / "runs" / run.id / "manifest.json"
        values = json.loads(manifest.read_bytes())
        manifest.write_text(json.dumps({**values, "entries": entries}))
        with pytest.raises(JournalError, match="damaged"):
            journal.run(run.id)

    def test_content_that_is_not_what_was_written(self, journal: Journal) -> None:
        run = begin(journal, a="x")
        folder = journal.folder / "runs" / run.id
        (folder / "after/0").write_bytes(b"else")
        with pytest.raises(JournalError, match="after/0 is damaged"):
            journal.apply(run, run.entries[0])
        (folder / "before/0").unlink()
        with pytest.raises(FileNotFoundError):
            journal.revert(run, run.entries[0])
        assert (journal.root / "a.py").read_text() == "x"

    @pytest.mark.parametrize("content", [None, b"[]", b"{", b"[" * 100_000])
    def test_a_run_that_is_removed_or_damaged_meanwhile(
        self, journal: Journal, content: bytes | None
    ) -> None:
        run = journal.begin("test", [Change("a.py", b"x", b"y", 0o644)])
        journal.finish(run)
        folder = journal.folder / "runs" / run.id
        if content is None:
            shutil.rmtree(folder)
        else:
            (folder / "finished.json").write_bytes(content)
        for is_open in (True, False):
            with pytest.raises(JournalError, match=rf"{run.id}.*(removed|damaged)"):
                journal.set_open(run, is_open)
        assert folder.exists() == (content is not None)

    def test_a_run_that_is_not_there(self, journal: Journal) -> None:
        assert journal.runs() == []
        with pytest.raises(JournalError, match="no run none"):
            journal.run("none")


class TestLock:
    def test_the_second_one_says_who_holds_it(self, journal: Journal) -> None:
        with (
            journal.lock(),
            pytest.raises(JournalError, match=rf"in progress in .* \(process {os.getpid()}\)"),
            Journal(journal.root).lock(),
        ):
            raise AssertionError("it is held twice")
        with journal.lock():
            pass

    def test_a_child_that_lives_on_does_not_keep_it(self, journal: Journal) -> None:
        with journal.lock():
            child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
            child.start()
        try:
            with journal.lock():
                pass
        finally:
            child.kill()
            child.join(60)

    def test_it_goes_with_its_process(self, journal: Journal) -> None:
        script = (
            "import os, sys; from pathlib import Path; from codemods.disk.journal import Journal\n"
            "with Journal(Path(sys.argv[1])).lock(): os.kill(os.getpid(), 9)"
        )
        done = subprocess.run([sys.executable, "-c", script, journal.root], timeout=60, check=False)
        assert done.returncode == -9
        with journal.lock():
            pass

    def test_many_at_once_and_no_journal_yet(self, journal: Journal) -> None:
        script = (
            "import sys, time; from pathlib import Path\n"
            "from codemods.disk.journal import Journal, JournalError\n"
            "sys.stdin.read()\n"
            "try:\n    with Journal(Path(sys.argv[1])).lock(): time.sleep(0.3)\n"
            "except JournalError: sys.exit(7)"
        )
        command = [sys.executable, "-c", script, str(journal.root)]
        processes = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(4)]
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()
        assert {process.wait(60) for process in processes} <= {0, 7}
        assert (journal.folder / ".gitignore").read_text() == "*\n"

    def test_a_journal_that_cannot_be(self, journal: Journal) -> None:
        journal.folder.touch()
        with pytest.raises(NotADirectoryError), journal.lock():
            raise AssertionError("it is no folder")
