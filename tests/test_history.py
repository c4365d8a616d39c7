from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from codemods.disk.journal import Change, Journal
from codemods.measure.model import Warmed
from codemods.measure.outcomes import Difference, Outcomes
from codemods.migration.migrate import plan
from codemods.migration.verify import RanOnce, Verified
from codemods.model import Run, Written
from codemods.progress import history
from codemods.progress.history import (
    Check,
    ComparedTests,
    Figures,
    Migration,
    RanTests,
    Record,
    Reported,
    Rollback,
    Verification,
)
from codemods.settings import Settings
from codemods.workers.pool import ProcessPool
from tests.figures import evidence, measured
from tests.tools import COPY, scan

FILE = ".ssot-codemods/history.jsonl"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


CHECK = Check(copies=1, compliant=2, total=3, percent=66.6)


def _append(root: Path, *copies: int) -> list[Record]:
    for number in copies:
        history.append(root, ["tests"], replace(CHECK, copies=number))
    return history.read(root)


def test_what_is_appended_is_read_in_order(root: Path) -> None:
    records = _append(root, 0, 1, 2)
    assert [r.figures for r in records] == [replace(CHECK, copies=n) for n in range(3)]
    assert {(r.verb, r.paths) for r in records} == {("check", ("tests",))}
    assert (root / ".ssot-codemods/.gitignore").read_bytes() == b"*\n"


EACH_VERB: list[Figures] = [
    measured(warnings={"A": 3}).summary,
    Warmed(None, 2.0, 1.0, 2, 10, 9, ("a.py",), 0, "", ("n",)),
    Migration("run-1", 1, 2, 3, 4, 5, 6),
    Verification("run-1", {"make": (0, None)}, ComparedTests("t", 9, 8, 7, 1, 0, 0, ("x",))),
    Verification(None, {}, RanTests(1, 2)),
    Verification("run-1"),
    CHECK,
    Rollback("run-1", 1),
    Reported(),
]


@pytest.mark.parametrize("figures", EACH_VERB, ids=lambda f: type(f).__name__)
def test_the_figures_of_each_verb_are_read_as_they_were(root: Path, figures: Figures) -> None:
    history.append(root, ["tests"], figures)
    (record,) = history.read(root)
    assert record.figures == figures


def test_a_line_says_its_schema_and_verb(root: Path) -> None:
    _append(root, 1)
    (line,) = (root / FILE).read_text().splitlines()
    values = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", values.pop("time"))
    assert values == {
        "schema": "ssot-codemods/history/2",
        "verb": "check",
        "paths": ["tests"],
        "figures": {"copies": 1, "compliant": 2, "total": 3, "percent": 66.6},
    }


def test_no_history_is_none(tmp_path: Path) -> None:
    assert history.read(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_was_interrupted_spoils_no_other(root: Path) -> None:
    _append(root, 1)
    path = root / FILE
    path.write_bytes(path.read_bytes() + path.read_bytes()[:30])
    assert len(_append(root, 2)) == 2


def _line(**changes: object) -> bytes:
    figures = {"copies": 1, "compliant": 2, "total": 3, "percent": 66.6}
    good = {"schema": history.SCHEMA, "verb": "check", "time": "", "paths": [], "figures": figures}
    return json.dumps({**good, **changes}).encode()


@pytest.mark.parametrize(
    "line",
    [
        b"\0\0\0",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        _line(schema="other/9"),
        _line(verb="other"),
        _line(verb=[]),
        _line(time=1),
        _line(paths=3),
        _line(figures={"copies": "many"}),
    ],
)
def test_a_line_that_is_no_record_is_skipped(root: Path, line: bytes) -> None:
    _append(root, 1)
    with (root / FILE).open("ab") as file:
        file.write(line + b"\n")
    assert [r.figures for r in _append(root, 1)] == [CHECK, CHECK]


def test_one_write_for_one_line(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _append(root, 1)
    written: list[bytes] = []

    def write(_: int, line: bytes) -> int:
        written.append(line)
        return len(line)

    monkeypatch.setattr("os.write", write)
    _append(root, 1)
    assert [re.sub(rb"\{.*\}", b"", line) for line in written] == [b"\n"]  # the whole line


def test_a_full_disk_is_an_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _append(root, 1)
    monkeypatch.setattr("os.write", lambda _, line: len(line) - 1)
    with pytest.raises(OSError, match=r"No space left on device.*history\.jsonl"):
        _append(root, 1)


def test_no_link_is_followed(root: Path) -> None:
    _append(root, 1)
    (root / FILE).unlink()
    (root / FILE).symlink_to(root / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        _append(root, 1)
    assert not (root / "elsewhere").exists()


def test_paths_are_from_the_root(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "tests").mkdir()
    monkeypatch.chdir(root / "tests")
    found = history.relative_paths(root, ["unit/", str(root / "a.py"), "./unit"])
    assert found == ("a.py", "tests/unit")


def test_figures_of_just_these_paths() -> None:
    records = [
        Record("1", ("tests",), replace(CHECK, copies=1)),
        Record("2", ("tests", "more"), CHECK),
        Record("3", ("tests",), Reported()),
        Record("4", (), CHECK),
        Record("5", ("tests",), replace(CHECK, copies=5)),
    ]
    assert [c.copies for c in history.of_paths(records, Check, ["tests/"])] == [1, 5]


def test_a_baseline_that_broke_off_does_not_count() -> None:
    summaries = [measured(problem="timeout").summary, measured(cold=()).summary]
    records = [Record("", ("tests",), s) for s in (*summaries, measured().summary)]
    assert history.baselines(records, ["tests"]) == [measured().summary]


def test_a_line_names_the_first_modules_without_bytecode() -> None:
    warmed = Warmed(None, 2.0, 1.0, 2, 99, 0, tuple(f"{n}.py" for n in range(99)), 0, "", ())
    assert history.of_warming(warmed).not_cached == warmed.not_cached[:20]


def test_the_same_tests_have_the_same_digest_in_any_order() -> None:
    one, other, third = (measured(tests=tests).summary.nodes for tests in ("ab", "ba", "abb"))
    assert one == other != third


def test_figures_of_a_migration_and_a_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("test_a.py", "test_b.py"):
        Path(name).write_text(f"{COPY}\n\nws = TestWebSocketConnection()\n")
    Path("test_c.py").write_text("class TestWebSocketConnection:\n    pass\n")
    settings = Settings(root=tmp_path)
    planned = plan(scan(settings), ProcessPool(1))
    first, _, third = planned.results
    run = Run("run-1", "", "", (), True, frozenset())
    figures = history.of_migration(planned, Written(3, run, (first, third), 1, 0))
    assert figures == Migration(
        run="run-1", changed=1, replaced=1, refused=1, failed=0, left=1, copies=1
    )
    assert history.of_migration(planned, Written(3, None, (), 2, 0)).run is None
    assert history.of_check(planned) == Check(copies=2, compliant=1, total=3, percent=33.3)


def test_figures_of_a_verification() -> None:
    before = {"a.py::x": "passed", "a.py::y": "passed", "a.py::z": "failed"}
    differences = [
        Difference("a.py", "a.py::y", "passed", "failed"),
        Difference("a.py", "collection", "collected", "boom"),
        *(Difference("b.py", f"b.py::{n}", "passed", "failed") for n in range(50)),
    ]
    figures = history.of_verification(
        Verified(
            evidence(before, {**before, "a.py::y": "failed"}, *differences),
            golden_path={"make": (0, 1)},
            run="run-1",
        )
    )
    tests = figures.tests
    assert isinstance(tests, ComparedTests)
    places = tests.places
    assert replace(tests, time="", places=()) == ComparedTests(
        time="",
        passed_before=2,
        passed_after=1,
        still_passing=1,
        differences=52,
        flaky=0,
        healed=0,
        places=(),
    )
    assert (figures.run, figures.golden_path) == ("run-1", {"make": (0, 1)})
    assert places[:2] == ("a.py::y: passed -> failed", "a.py: collection: collected -> boom")
    assert len(places) == 20
    assert history.of_verification(Verified(None, run="run-1")) == Verification("run-1")


def test_tests_that_were_run_once_compare_nothing() -> None:
    once = RanOnce(Outcomes({"a.py::x": "passed", "a.py::y": "failed"}, {}, {}, "", 1.0), {"m": 0})
    assert history.of_verification(once) == Verification(None, {"m": (None, 0)}, RanTests(1, 2))


def test_what_was_shown_of_a_run_goes_with_it(root: Path) -> None:
    (root / "a.py").write_text("old")
    journal = Journal(root)
    with journal.lock():
        runs = [journal.begin("migrate", [Change("a.py", b"old", b"new", 0o644)]) for _ in range(2)]
        journal.note_undone(runs[0], ["a.py"])
    for run in (runs[0].id, runs[1].id, "forgotten"):
        history.append(root, [str(root)], Verification(run))
    history.append(root, [], Migration(runs[0].id, 1, 1, 0, 0, 0, 0))
    shown = [r.figures for r in history.standing(root)]
    assert shown == [Verification(runs[1].id), Verification("forgotten")]
