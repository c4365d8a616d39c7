"""Which files of a run make tests differ."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from codemods.disk.journal import Change, Journal
from codemods.measure.outcomes import Outcomes
from codemods.migration.concerned import Concerned
from codemods.migration.trial import Trial, chosen_run
from codemods.migration.verify import Verified, revert_regressions, verify

NEW = b"# new\n"


class Suite:
    """Files of a run, and tests of which a function of the new ones says how they end."""

    def __init__(self, root: Path, number: int, fails: Callable[[set[int], set[int]], set[int]]):
        self.root = root
        self.names = [f"test_{n:02}.py" for n in range(number)]
        self.sessions: list[list[str]] = []
        self._fails = fails
        for name in self.names:
            (root / name).write_bytes(b"# old\n")

    def trial(self) -> Trial:
        journal = Journal(self.root)
        changes = [Change(n, b"# old\n", NEW, 0o644) for n in self.names]
        with journal.lock():
            started = journal.begin("test", changes)
            for entry in started.entries:
                journal.apply(started, entry)
            journal.finish(started)
        found = chosen_run(journal, None)
        assert found is not None
        return found

    def uses(self, changed: Sequence[str]) -> Concerned:
        return Concerned({path: frozenset({path}) for path in changed})

    def run(self, paths: Sequence[str]) -> Outcomes:
        names = sorted(map(os.path.basename, paths))
        self.sessions.append(names)
        new = {n for n, name in enumerate(self.names) if (self.root / name).read_bytes() == NEW}
        fail = self._fails(new, {self.names.index(name) for name in names})
        tests = {
            f"{name}::t": "failed" if self.names.index(name) in fail else "passed" for name in names
        }
        return Outcomes(tests, {}, {}, os.path.realpath(self.root))

    def reverted(self) -> list[int]:
        shown = revert_regressions(self.trial(), self.uses, self.run)
        assert shown.evidence is not None
        assert not shown.evidence.differences or len(shown.reverted) == len(self.names)
        return sorted(self.names.index(Path(path).name) for path in shown.reverted)


@pytest.mark.parametrize("cause", [1, 40])
def test_the_file_that_causes_a_difference_is_reverted_and_not_the_one_that_shows_it(
    tmp_path: Path, cause: int
) -> None:
    """Its tests change what both share, as they run: 3 shows it wherever the cause has run."""

    def fails(new: set[int], ran: set[int]) -> set[int]:
        return {3} if {3, cause} <= new and cause in ran else set()

    suite = Suite(tmp_path, 64, fails)
    assert suite.reverted() == [cause]
    # Three times in both states, those that differ alone, all, halves, the rest; then both again.
    assert len(suite.sessions) <= 6 + 1 + 1 + 6 + 1 + 2


def test_tests_that_differ_are_run_alone_where_that_is_enough(tmp_path: Path) -> None:
    suite = Suite(tmp_path, 64, lambda new, ran: {3} & ran if 40 in new else set())
    assert suite.reverted() == [40]
    assert suite.sessions[6:-2] == [["test_03.py"]] * (1 + 6 + 1)


@pytest.mark.parametrize("causes", [{0}, {15}, {2, 3, 9}, set(range(16))])
def test_each_cause_takes_as_many_sessions_as_log2_of_the_files(
    tmp_path: Path, causes: set[int]
) -> None:
    suite = Suite(tmp_path, 16, lambda new, ran: causes & new & ran)
    assert set(suite.reverted()) == causes
    assert len(suite.sessions) <= 6 + len(causes) * (4 + 1) + 1 + 2


def test_a_difference_that_does_not_show_again_leaves_nothing_that_may_cause_it(
    tmp_path: Path,
) -> None:
    suite = Suite(tmp_path, 8, lambda new, ran: {3} if new and len(suite.sessions) < 7 else set())
    assert suite.reverted() == [3]


def test_without_reverting_the_cause_is_named(tmp_path: Path) -> None:
    suite = Suite(tmp_path, 8, lambda new, ran: {3} & ran if 5 in new else set())
    shown = verify(
        suite.trial().journal,
        None,
        (),
        find_uses=suite.uses,
        run_tests=suite.run,
        commands=None,
        say=print,
    )
    assert isinstance(shown, Verified)
    ((path, difference),) = shown.causes.items()
    assert Path(path).name == "test_05.py"
    assert difference.what == "test_03.py::t"
    assert all((tmp_path / name).read_bytes() == NEW for name in suite.names)
