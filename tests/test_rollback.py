"""A run taken back, or brought to its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from codemods.cli._common import main
from codemods.disk import folder as disk
from codemods.disk.journal import Change, Journal, JournalError
from codemods.migration.rollback import choose, resume, roll_back
from codemods.model import Outcome, Run, RunState, UsageError
from codemods.report.rollback import outcomes_as_text


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.chdir(tmp_path)
    return Journal(tmp_path)


def begin(journal: Journal, *names: str) -> Run:
    changes = []
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("old")
        changes.append(Change(name, b"old", b"new", 0o644))
    with journal.lock():
        return journal.begin("migrate", changes)


def complete(journal: Journal, *names: str) -> Run:
    run = begin(journal, *names)
    assert [o.error for o in resume(journal, run.id)[1]] == [None] * len(names)
    return journal.run(run.id)


def texts(*names: str) -> list[str]:
    return [Path(name).read_text() for name in names]


class TestChoose:
    def test_the_last_run_that_stands(self, journal: Journal) -> None:
        first, second = complete(journal, "a"), complete(journal, "b")
        assert choose(journal, []) == (second, ["b"])
        roll_back(journal, second, ["b"], force=False)
        assert choose(journal, []) == (first, ["a"])
        roll_back(journal, first, ["a"], force=False)
        with pytest.raises(UsageError, match=r"^no run to undo"):
            choose(journal, [])
        with pytest.raises(UsageError, match=r"^there is no run x, and no run to undo in "):
            choose(journal, ["x"])

    def test_a_named_run_and_files(self, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second = complete(journal, "d/a", "d/b"), complete(journal, "d/c")
        assert choose(journal, [first.id]) == (first, ["d/a", "d/b"])
        Path("link").symlink_to("d/b")
        assert choose(journal, [first.id, "link"]) == (first, ["d/b"])
        monkeypatch.chdir("d")
        assert choose(journal, [first.id, "../d/a"]) == (first, ["d/a"])
        assert choose(journal, ["c"]) == (second, ["d/c"])
        neither = f"is neither a run nor a file of run {second.id}"
        with pytest.raises(UsageError, match=f"a {neither}; run {first.id} changed it"):
            choose(journal, ["a"])
        with pytest.raises(UsageError, match=f"x {neither}$"):
            choose(journal, ["x"])

    def test_a_damaged_run_does_not_hold_up_another(self, journal: Journal) -> None:
        first, second = complete(journal, "a"), complete(journal, "b")
        (journal.folder / "runs" / second.id / "manifest.json").write_text("{")
        assert choose(journal, [first.id]) == (first, ["a"])
        for arguments in ([], [second.id], ["a"]):
            with pytest.raises(JournalError, match=second.id):
                choose(journal, arguments)


class TestRollBack:
    def test_a_later_run_that_built_upon_it_is_named(self, journal: Journal) -> None:
        first = complete(journal, "a", "b")
        with journal.lock():
            second = journal.begin("migrate", [Change("a", b"new", b"newer", 0o644)])
        resume(journal, second.id)
        way = (
            f"edited since the run, by run {second.id}: first, `ssot-codemods rollback {second.id}`"
        )
        edited = Outcome("a", f"{way}; use --force to overwrite it and keep a copy")
        assert roll_back(journal, first, ["a", "b"], force=False) == [edited, Outcome("b")]
        roll_back(journal, second, ["a"], force=False)
        assert roll_back(journal, journal.run(first.id), ["a"], force=False) == [Outcome("a")]
        assert texts("a", "b") == ["old", "old"]

    def test_all_or_some(self, journal: Journal) -> None:
        run = complete(journal, "a", "b", "c")
        assert roll_back(journal, run, ["b"], force=False) == [Outcome("b")]
        assert texts("a", "b", "c") == ["new", "old", "new"]
        run = journal.run(run.id)
        assert run.state == RunState.PARTLY_ROLLED_BACK
        outcomes = roll_back(journal, run, ["a", "b", "c"], force=False)
        assert outcomes == [Outcome("a"), Outcome("b"), Outcome("c")]
        assert texts("a", "b", "c") == ["old"] * 3
        assert journal.run(run.id).state == RunState.ROLLED_BACK

    def test_what_was_rolled_back_is_done(self, journal: Journal) -> None:
        run = complete(journal, "a", "b")
        roll_back(journal, run, ["b"], force=False)
        assert choose(journal, [run.id])[1] == ["a"]
        roll_back(journal, run, ["a"], force=False)
        run, paths = choose(journal, [run.id])
        assert paths == []
        text = outcomes_as_text("rollback", run, roll_back(journal, run, paths, force=False))
        assert text == f"run {run.id}: nothing to do, as it was rolled back already\n"

    def test_edited_and_deleted_ones_stay_unless_forced(self, journal: Journal) -> None:
        run = complete(journal, "a", "b", "c")
        Path("a").write_text("mine")
        Path("b").unlink()
        first, second, third = roll_back(journal, run, ["a", "b", "c"], force=False)
        assert first.error == "edited since the run; use --force to overwrite it and keep a copy"
        assert second.error is not None
        assert second.error.startswith("deleted since")
        assert third == Outcome("c")
        assert (Path("a").read_text(), Path("b").exists()) == ("mine", False)
        run = journal.run(run.id)
        assert run.state == RunState.PARTLY_ROLLED_BACK
        first, second, third = roll_back(journal, run, ["a", "b", "c"], force=True)
        assert (first.error, second, third) == (None, Outcome("b"), Outcome("c"))
        assert first.kept is not None
        assert texts(first.kept, "a", "b", "c") == ["mine", "old", "old", "old"]

    def test_a_folder_that_became_a_file_holds_up_nothing(self, journal: Journal) -> None:
        run = complete(journal, "d/a", "b")
        Path("d/a").unlink()
        Path("d").rmdir()
        Path("d").touch()
        first, second = roll_back(journal, run, ["d/a", "b"], force=True)
        assert first.error is not None
        assert second == Outcome("b")

    def test_a_file_that_cannot_be_written_is_named_and_holds_up_no_other(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        check = disk._check_unchanged

        def full(folder: int, name: str, *arguments: Any) -> None:
            if name == "a":
                raise OSError(28, "No space left on device")
            check(folder, name, *arguments)

        run = complete(journal, "a", "b")
        monkeypatch.setattr(disk, "_check_unchanged", full)
        error = f"[Errno 28] No space left on device: '{journal.root / 'a'}'"
        outcomes = roll_back(journal, run, ["a", "b"], force=False)
        assert outcomes == [Outcome("a", error), Outcome("b")]
        assert texts("a", "b") == ["new", "old"]

    def test_a_damaged_content(self, journal: Journal) -> None:
        run = complete(journal, "a", "b")
        (journal.folder / "runs" / run.id / "before/0").write_text("else")
        first, second = roll_back(journal, run, ["a", "b"], force=False)
        assert first.error is not None
        assert "before/0 is damaged" in first.error
        assert second == Outcome("b")
        assert texts("a", "b") == ["new", "old"]


class TestResume:
    def test_a_run_that_was_interrupted(self, journal: Journal) -> None:
        run = begin(journal, "a", "b", "c")
        journal.apply(run, run.entries[0])
        Path(f".ssot-codemods-{run.id}-1.tmp").write_text("half")
        assert [o.error for o in resume(journal, run.id)[1]] == [None] * 3
        assert texts("a", "b", "c") == ["new"] * 3
        assert journal.run(run.id).state == RunState.COMPLETE
        assert not list(Path().glob(".ssot-codemods-*"))

    def test_one_that_cannot_be_finished_stays_unfinished(self, journal: Journal) -> None:
        run = begin(journal, "a", "b")
        Path("a").write_text("mine")
        assert [o.error for o in resume(journal, run.id)[1]] == ["edited meanwhile", None]
        assert texts("a", "b") == ["mine", "new"]
        assert journal.run(run.id).state == RunState.UNFINISHED

    def test_one_that_was_not(self, journal: Journal) -> None:
        run = complete(journal, "a")
        with pytest.raises(UsageError, match="was not interrupted: complete"):
            resume(journal, run.id)


def test_a_journal_of_other_settings_is_named(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run in a project of a monorepo is in the journal of that: the root has another one."""
    Path("pyproject.toml").write_text("[tool.ssot-codemods]\n")
    inner = Path("libs/one").resolve()
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    complete(Journal(inner), "a")
    run = complete(Journal(inner), "c")  # at the same second, runs have numbers
    monkeypatch.chdir(journal.root)
    hint = f"{inner} has a journal, too: run it there"
    assert hint in CliRunner().invoke(main, ["rollback"]).output
    complete(journal, "b")
    assert hint in CliRunner().invoke(main, ["rollback", run.id]).output
    assert "run it there" not in CliRunner().invoke(main, ["rollback"]).output
    other = Path("libs/two").resolve()
    other.mkdir()
    (other / "pyproject.toml").write_text("[tool.ssot-codemods]\n")
    monkeypatch.chdir(other)
    hint = f"{journal.root.resolve()} has a journal, too: run it there"
    assert hint in CliRunner().invoke(main, ["rollback"]).output
