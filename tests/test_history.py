from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from codemods.disk.journal import Change, Journal
from codemods.measure.model import Warmed
from codemods.measure.outcomes import Difference
from codemods.migration.migrate import plan
from codemods.migration.verify import Verified
from codemods.model import Outcome, Run, Written
from codemods.progress import history
from codemods.progress.history import Record
from codemods.settings import Settings
from codemods.workers.pool import process_pool
from tests.figures import evidence, measured
from tests.tools import COPY, scan

FILE = ".ssot-codemods/history.jsonl"


def _record(verb: str = "check", **figures: object) -> Record:
    return Record("2026-01-02T03:04:05Z", verb, ("tests",), figures)


def _line(figures: object) -> bytes:
    record = {"schema": history.SCHEMA, "time": "", "verb": "v", "paths": [], "figures": figures}
    return json.dumps(record).encode()


def test_what_is_appended_is_read_in_order(tmp_path: Path) -> None:
    records = [_record(copies=number) for number in range(3)]
    for record in records:
        history.append(tmp_path, record)
    assert history.read(tmp_path) == records
    assert (tmp_path / ".ssot-codemods/.gitignore").read_bytes() == b"*\n"


def test_a_line_says_its_schema(tmp_path: Path) -> None:
    history.append(tmp_path, _record(copies=1))
    (line,) = (tmp_path / FILE).read_text().splitlines()
    assert json.loads(line) == {
        "schema": "ssot-codemods/history/1",
        "time": "2026-01-02T03:04:05Z",
        "verb": "check",
        "paths": ["tests"],
        "figures": {"copies": 1},
    }


def test_no_history_is_none(tmp_path: Path) -> None:
    assert history.read(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    one, two = _record(copies=1), _record(copies=2)
    history.append(tmp_path, one)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes() + path.read_bytes()[:30])
    history.append(tmp_path, two)
    assert history.read(tmp_path) == [one, two]


@pytest.mark.parametrize(
    "line",
    [
        b"\0\0\0",
        b"[]",
        b"{}",
        b'{"schema": "other/9", "time": "", "verb": "", "paths": [], "figures": {}}',
        b'{"schema": "ssot-codemods/history/1", "paths": 3}',
        b"\xff",
        b"[" * 100_000,
        *map(
            _line,
            (
                {"copies": "many"},
                {"stable": 1},
                {"warnings": 3},
                {"warnings": {"UserWarning": "9"}},
                {"golden_path": {"make": 0}},
                {"golden_path": {"make": ["0", 0]}},
                {"warm_median": 1.0},
                {"passed_before": 1},
            ),
        ),
    ],
)
def test_a_line_that_is_no_record_is_left_out(tmp_path: Path, line: bytes) -> None:
    history.append(tmp_path, _record())
    with (tmp_path / FILE).open("ab") as file:
        file.write(line + b"\n")
    history.append(tmp_path, _record())
    assert history.read(tmp_path) == [_record(), _record()]


def test_one_write_for_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history.append(tmp_path, _record())
    written: list[bytes] = []

    def write(_: int, line: bytes) -> int:
        written.append(line)
        return len(line)

    monkeypatch.setattr("os.write", write)
    history.append(tmp_path, _record())
    assert [re.sub(rb"\{.*\}", b"", line) for line in written] == [b"\n"]  # the whole line


def test_a_full_disk_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history.append(tmp_path, _record())
    monkeypatch.setattr("os.write", lambda _, line: len(line) - 1)
    with pytest.raises(OSError, match=r"No space left on device.*history\.jsonl"):
        history.append(tmp_path, _record())


def test_no_link_is_followed(tmp_path: Path) -> None:
    history.append(tmp_path, _record())
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        history.append(tmp_path, _record())
    assert not (tmp_path / "elsewhere").exists()


def test_paths_are_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tests").mkdir()
    monkeypatch.chdir(tmp_path / "tests")
    made = history.record(tmp_path, "check", ["unit/", str(tmp_path / "a.py"), "./unit"], {"n": 1})
    assert made.paths == ("a.py", "tests/unit")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made.time)


def test_records_of_just_these_paths() -> None:
    records = [
        Record("1", "check", ("tests",), {"copies": 1}),
        Record("2", "check", ("tests", "more"), {"copies": 2}),
        Record("3", "migrate", ("tests",), {"copies": 3}),
        Record("4", "check", ("tests",), {"copies": None}),
        Record("5", "check", ("tests",), {"copies": 5}),
    ]
    found = history.of_paths(records, "check", ["tests/"], "copies")
    assert [r.time for r in found] == ["1", "5"]


def test_no_paths_are_all_of_it() -> None:
    records = [Record("1", "check", (), {"copies": 1}), Record("2", "check", ("a",), {"copies": 1})]
    assert [r.time for r in history.of_paths(records, "check", ["."], "copies")] == ["1"]


def test_a_baseline_that_broke_off_does_not_count() -> None:
    kept, broken = (history.of_baseline(measured(problem=p)) for p in ("", "timeout"))
    records = [Record(str(n), "baseline", ("tests",), f) for n, f in enumerate((kept, broken))]
    assert [r.time for r in history.baselines(records, ["tests"])] == ["0"]


def test_figures_of_a_baseline() -> None:
    figures = history.of_baseline(measured(warnings={"A": 3}, errors=2))
    assert {k: v for k, v in figures.items() if k not in {"nodes", "conditions"}} == {
        "warm_median": 1.1,
        "warm_min": 1.0,
        "warm_max": 1.2,
        "cold_median": 2.1,
        "cold_min": 2.0,
        "cold_max": 2.2,
        "memory": 50 * 2**20,
        "modules": 3,
        "tests": 1,
        "errors": 2,
        "warnings": {"A": 3},
        "commit": "c0ffee",
        "runs": 3,
        "stable": True,
        "problem": "",
    }
    assert figures["conditions"]["pytest"] == "9.0"


def test_what_was_not_run_has_no_seconds() -> None:
    figures = history.of_baseline(measured(cold=()))
    assert (figures["cold_median"], figures["runs"]) == (None, 0)


def test_the_same_tests_have_the_same_digest_in_any_order() -> None:
    one, other, third = (
        history.of_baseline(measured(tests=tests))["nodes"] for tests in ("ab", "ba", "abb")
    )
    assert one == other != third


def test_figures_of_a_migration_and_a_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("test_a.py", "test_b.py"):
        Path(name).write_text(f"{COPY}\n\nws = TestWebSocketConnection()\n")
    Path("test_c.py").write_text("class TestWebSocketConnection:\n    pass\n")
    settings = Settings(root=tmp_path)
    planned = plan(scan(settings), process_pool(1))
    first, _, third = planned.results
    run = Run("run-1", "", "", (), True, frozenset())
    figures = history.of_migration(planned, Written(3, run, (first, third), 1, 0))
    assert figures == {
        "run": "run-1",
        "changed": 1,
        "replaced": 1,
        "refused": 1,
        "failed": 0,
        "left": 1,
        "copies": 1,
    }
    assert history.of_migration(planned, Written(3, None, (), 2, 0))["run"] is None
    assert history.of_check(planned) == {"copies": 2, "compliant": 1, "total": 3, "percent": 33.3}


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
            golden_path={"make": (0, None)},
        ),
        "run-1",
    )
    places = figures.pop("places")
    assert figures == {
        "passed_before": 2,
        "passed_after": 1,
        "still_passing": 1,
        "differences": 52,
        "flaky": 0,
        "healed": 0,
        "run": "run-1",
        "golden_path": {"make": [0, None]},
    }
    assert places[:2] == ["a.py::y: passed -> failed", "a.py: collection: collected -> boom"]
    assert len(places) == 20
    assert history.of_verification(Verified(None), "run-1") == {"run": "run-1", "golden_path": {}}


def test_tests_that_were_run_once_compare_nothing() -> None:
    seen = evidence({"a.py::x": "passed"}, {"a.py::x": "passed", "a.py::y": "failed"})
    assert history.of_verification(Verified(seen), None) == {
        "passed": 1,
        "tests": 2,
        "run": None,
        "golden_path": {},
    }


def test_what_was_shown_of_a_run_goes_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("old")
    journal = Journal(tmp_path)
    with journal.lock():
        runs = [journal.begin("migrate", [Change("a.py", b"old", b"new", 0o644)]) for _ in range(2)]
        journal.note_undone(runs[0], ["a.py"])
    for run in (runs[0].id, runs[1].id, "forgotten"):
        figures = history.of_verification(Verified(evidence({"a": "passed"}, {})), run)
        history.append(tmp_path, history.record(tmp_path, "verify", [str(tmp_path)], figures))
    history.append(tmp_path, history.record(tmp_path, "migrate", [], {"run": runs[0].id}))
    shown = [(r.verb, r.figures["run"]) for r in history.standing(tmp_path)]
    assert shown == [("verify", runs[1].id), ("verify", "forgotten")]


def test_figures_of_a_rollback_and_of_warming() -> None:
    run = Run("run-1", "", "", (), True, frozenset())
    outcomes = [Outcome("a.py"), Outcome("b.py", "edited")]
    assert history.of_rollback(run, outcomes) == {"run": "run-1", "files": 1}
    warmed = Warmed(3.0, 2.0, 1.0, 2, 10, 9, (), 0, "", ())
    figures = {"cold": 3.0, "warmed": 2.0, "warm": 1.0, "modules": 10, "cached": 9}
    assert history.of_warming(warmed) == figures
