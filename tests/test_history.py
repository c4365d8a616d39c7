from __future__ import annotations

import json
import os
import random
import re
import subprocess
from pathlib import Path

import pytest

from codemods.disk.journal import Change, Journal
from codemods.measure.model import BaselineSummary, ExitCodes, Warmed
from codemods.measure.outcomes import Difference, Outcomes
from codemods.migration.migrate import Batch, plan, write
from codemods.migration.verify import RanOnce, Verified
from codemods.model import Written
from codemods.progress import history
from codemods.progress.edits import ChangedFile
from codemods.progress.history import (
    ComparedFile,
    ComparedTests,
    DifferingPlace,
    Figures,
    Migration,
    RanTests,
    Record,
    Rollback,
    Verification,
)
from codemods.progress.standing import History, collected
from codemods.settings import Settings, SettingsError, read_settings
from codemods.workers.pool import ProcessPool
from tests.figures import evidence, measured
from tests.tools import COPY, scan

FILE = ".ssot-codemods/history.jsonl"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _settings(root: Path, evidence: str = "") -> Settings:
    return Settings(root=root, evidence=evidence)


def _append(root: Path, *runs: str, evidence: str = "") -> list[Record]:
    settings = _settings(root, evidence)
    for run in runs:
        history.append(settings, ["tests"], Rollback(run, ()))
    records, damaged = history.read(settings)
    assert damaged == []
    return records


def _runs(records: list[Record]) -> list[str | None]:
    return [r.figures.run for r in records if isinstance(r.figures, Rollback)]


def test_what_is_appended_is_read_in_order(root: Path) -> None:
    records = _append(root, "2", "0", "1")
    assert _runs(records) == ["2", "0", "1"]
    assert {(r.verb, r.paths) for r in records} == {("rollback", ("tests",))}
    assert (root / ".ssot-codemods/.gitignore").read_bytes() == b"*\n"


EACH_VERB: list[Figures] = [
    measured(warnings={"A": 3}).summary,
    Warmed(None, 2.0, 1.0, 2, 10, 9, ("a.py",), 0, "", ("n",)),
    Migration("run-1", {"a.py": ChangedFile({"A": 1}, ("Mock",))}, 3, 4, 5, 6),
    Verification(
        "run-1",
        {"make": ExitCodes(0, None)},
        ComparedTests({"a.py": ComparedFile(9, 8, 7, 1)}, (DifferingPlace("a.py", "x"),)),
        ("b.py",),
        ("c.py",),
        is_whole=True,
    ),
    Verification(None, {}, RanTests(1, 2)),
    Verification("run-1"),
    Rollback("run-1", ("a.py",)),
]


@pytest.mark.parametrize("figures", EACH_VERB, ids=lambda f: type(f).__name__)
def test_the_figures_of_each_verb_are_read_as_they_were(root: Path, figures: Figures) -> None:
    history.append(_settings(root), ["tests"], figures, "name")
    (record,), _ = history.read(_settings(root))
    if isinstance(figures, BaselineSummary):
        figures = history.without_machine(figures)
    assert (record.figures, record.name) == (figures, "name")


def test_a_line_says_its_schema_and_verb(root: Path) -> None:
    _append(root, "r")
    (line,) = (root / FILE).read_text().splitlines()
    values = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", values.pop("time"))
    assert values == {
        "schema": "ssot-codemods/history/4",
        "verb": "rollback",
        "paths": ["tests"],
        "figures": {"run": "r", "restored": []},
        "name": "",
    }
    assert (root / ".ssot-codemods/.gitignore").read_bytes() == b"*\n"


def test_no_history_is_none(tmp_path: Path) -> None:
    assert history.read(_settings(tmp_path)) == ([], [])
    assert history.read(_settings(tmp_path, "docs/evidence.jsonl")) == ([], [])
    assert list(tmp_path.iterdir()) == []


# Two histories are put together, in any order


def test_lines_count_once_and_in_the_order_of_their_times(root: Path) -> None:
    _append(root, *"abcdef")
    path = root / FILE
    lines = path.read_bytes().splitlines(keepends=True)
    for seed in range(20):
        mixed = [*lines, *(line.replace(b"\n", b"\r\n") for line in lines[2:5]), b"\n"]
        random.Random(seed).shuffle(mixed)
        path.write_bytes(b"".join(mixed))
        assert _runs(_append(root)) == list("abcdef")


def test_git_merges_two_branches_by_union(root: Path) -> None:
    def git(*arguments: str) -> None:
        name = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *name, *arguments], cwd=root, check=True, capture_output=True)

    git("init")
    (root / ".gitattributes").write_text("*.jsonl merge=union\n")
    _append(root, "a", evidence="evidence.jsonl")
    git("add", "-A")
    git("commit", "-m", "1")
    git("checkout", "-b", "other")
    _append(root, "b", evidence="evidence.jsonl")
    git("commit", "-am", "2")
    git("checkout", "main")
    _append(root, "c", evidence="evidence.jsonl")
    git("commit", "-am", "3")
    git("merge", "other")
    assert _runs(_append(root, evidence="evidence.jsonl")) == ["a", "b", "c"]


# Where it is kept


def test_evidence_moves_the_history(root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.ssot-codemods]\nevidence = 'docs/e.jsonl'\n")
    settings = read_settings(root)
    history.append(settings, ["tests"], Rollback("r", ()))
    assert sorted(p.name for p in root.iterdir()) == ["docs", "pyproject.toml"]
    assert _runs(history.read(settings)[0]) == ["r"]


@pytest.mark.parametrize("value", ["'../e'", "'/tmp/e'", "'a/../../e'", "'.'", "3", "['e']"])
def test_evidence_is_a_file_below_the_root(root: Path, value: str) -> None:
    (root / "pyproject.toml").write_text(f"[tool.ssot-codemods]\nevidence = {value}\n")
    with pytest.raises(
        SettingsError, match=r"toml:2: .* evidence: wanted: a file below the folder"
    ):
        read_settings(root)


def test_no_link_is_followed(root: Path) -> None:
    (root / "inside").mkdir()
    out = root.with_name(f"{root.name}-out")
    out.mkdir()
    (out / "there.jsonl").write_text("")
    (root / "folder").symlink_to(out)
    (root / "inside/link").symlink_to(out / "there.jsonl")
    (root / "inside/new").symlink_to(out / "new")
    for file in ("folder/e", "inside/link", "inside/new"):
        with pytest.raises(OSError, match="a symbolic link, which is not followed"):
            _append(root, "a", evidence=file)
        with pytest.raises(OSError, match="a symbolic link, which is not followed"):
            history.read(_settings(root, file))
    assert [p.name for p in out.iterdir()] == ["there.jsonl"]
    assert (out / "there.jsonl").read_bytes() == b""


def test_only_a_regular_file_is_read(root: Path) -> None:
    os.mkfifo(root / "fifo")
    (root / "folder").mkdir()
    for name in ("fifo", "folder"):
        with pytest.raises(OSError, match=r"not a regular file|Is a directory"):
            _append(root, "a", evidence=name)
        with pytest.raises(OSError, match="not a regular file"):
            history.read(_settings(root, name))


def test_one_write_for_one_line(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _append(root, "a")
    written: list[bytes] = []

    def write(_: int, line: bytes) -> int:
        written.append(line)
        return len(line)

    monkeypatch.setattr("os.write", write)
    _append(root, "b")
    assert [re.sub(rb"\{.*\}", b"", line) for line in written] == [b"\n"]  # the whole line


def test_a_full_disk_is_an_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _append(root, "a")
    monkeypatch.setattr("os.write", lambda _, line: len(line) - 1)
    with pytest.raises(OSError, match=r"No space left on device.*history\.jsonl"):
        _append(root, "b")


# Damaged lines


def test_a_line_that_was_interrupted_spoils_no_other(root: Path) -> None:
    _append(root, "a")
    path = root / FILE
    path.write_bytes(path.read_bytes() + path.read_bytes()[:30])
    history.append(_settings(root), [], Rollback("b", ()))
    records, damaged = history.read(_settings(root))
    assert _runs(records) == ["a", "b"]
    assert len(damaged) == 1


def _line(**changes: object) -> bytes:
    good = {
        "schema": history.SCHEMA,
        "verb": "rollback",
        "time": "2026-01-01T00:00:00.000000Z",
        "paths": [],
        "figures": {"run": "r", "restored": []},
        "name": "",
    }
    return json.dumps({**good, **changes}).encode()


@pytest.mark.parametrize(
    "line",
    [
        b"\0\0\0",
        b"[]",
        b"{}",
        b"\xff",
        b"<<<<<<< HEAD",
        b"[" * 100_000,
        _line(schema="other/9"),
        _line(verb="other"),
        _line(verb=[]),
        _line(time=1),
        _line(time="yesterday"),
        _line(paths=3),
        _line(figures={"run": "r", "files": "many"}),
    ],
)
def test_a_line_that_is_no_record_is_named_and_the_others_count(root: Path, line: bytes) -> None:
    _append(root, "a")
    with (root / FILE).open("ab") as file:
        file.write(line + b"\n")
    history.append(_settings(root), [], Rollback("b", ()))
    records, (damaged,) = history.read(_settings(root))
    assert _runs(records) == ["a", "b"]
    assert damaged.startswith(".ssot-codemods/history.jsonl:2: not a record of the history: ")
    assert not damaged.endswith(": ")


# Nothing of this machine


def test_a_record_names_no_machine_and_no_absolute_path(root: Path) -> None:
    summary = measured(problem=f"{root}/tests: no, /usr/lib/python3/x.py: boom").summary
    environment = ("PYTHONPATH=/home/me/lib",)
    conditions = summary.conditions._replace(machine="my-host, 2 CPUs", environment=environment)
    summary = summary._replace(conditions=conditions)
    places = (DifferingPlace("a.py", f"{root}/a.py: /home/me/x -> /y"),)
    shown = Verification("r", {}, ComparedTests({}, places))
    for figures in (summary, shown):
        history.append(_settings(root), [str(root / "tests")], figures)
    text = (root / FILE).read_text()
    for secret in (str(root), "my-host", "/home/me", "/usr", '"/y'):
        assert secret not in text
    (one, other), _ = history.read(_settings(root))
    assert one.figures.problem == "tests: no, .../x.py: boom"  # type: ignore[union-attr]
    assert one.figures == history.without_machine(summary)._replace(problem=one.figures.problem)  # type: ignore[union-attr]
    assert other.figures.tests.places == (("a.py", "a.py: .../x -> .../y"),)  # type: ignore[union-attr]


def test_the_conditions_of_two_machines_are_told_apart() -> None:
    one = measured().summary
    other = one._replace(conditions=one.conditions._replace(machine="there, 2 CPUs"))
    assert history.without_machine(one) != history.without_machine(other)


def test_paths_are_from_the_root(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "tests").mkdir()
    monkeypatch.chdir(root / "tests")
    found = history.relative_paths(root, ["unit/", str(root / "a.py"), "./unit"])
    assert found == ("a.py", "tests/unit")


def _baseline(paths: tuple[str, ...], tests: str = "a", time: str = "1") -> Record:
    return Record(time, paths, measured(paths, tests=tests).summary)


def test_a_baseline_that_broke_off_does_not_count() -> None:
    summaries = [measured(problem="timeout").summary, measured(cold=()).summary]
    records = [Record("1", ("tests",), s) for s in (*summaries, measured().summary)]
    assert History(Path(), records).baselines(["tests/"]) == [("1", measured().summary)]


@pytest.mark.parametrize(
    ("measured_paths", "shown", "tests"),
    [
        ([], [], None),
        (["t/a", "t/b", "t/c", "u"], ["t/a", "t/b", "t/c"], 3),
        (["t", "t/a"], ["t"], 1),
        (["t/a/x", "t/a", "t/b/x"], ["t/a", "t/b/x"], 2),
        (["t/a t/b", "t/b t/c"], ["t/b t/c"], 1),
        (["t/a t/b", "t/b"], ["t/a t/b"], 1),
        (["t/ab", "t/a"], ["t/a", "t/ab"], 2),
    ],
)
def test_the_parts_of_some_paths_have_nothing_in_common(
    measured_paths: list[str], shown: list[str], tests: int | None
) -> None:
    records = [
        _baseline(tuple(paths.split()), time=str(n)) for n, paths in enumerate(measured_paths)
    ]
    latest = {paths: summaries[-1][1] for paths, summaries in History(Path(), records).parts(["t"])}
    assert [" ".join(paths) for paths in latest] == shown
    assert collected([], latest) == tests


def test_a_line_names_the_first_modules_without_bytecode(tmp_path: Path) -> None:
    warmed = Warmed(None, 2.0, 1.0, 2, 99, 0, tuple(f"{n}.py" for n in range(99)), 0, "", ())
    history.append(Settings(root=tmp_path), [], warmed)
    ((record,), _) = history.read(Settings(root=tmp_path))
    assert record.figures == warmed._replace(not_cached=warmed.not_cached[:20])


def test_the_same_tests_have_the_same_digest_in_any_order() -> None:
    one, other, third = (measured(tests=tests).summary.nodes for tests in ("ab", "ba", "abb"))
    assert one == other != third


def test_figures_of_a_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("test_a.py", "test_b.py"):
        Path(name).write_text(f"{COPY}\n\nws = TestWebSocketConnection()\n")
    Path("test_c.py").write_text("class TestWebSocketConnection:\n    pass\n")
    planned = plan(scan(_settings(tmp_path)), ProcessPool(1))
    journal = Journal(tmp_path)
    written = write(planned, journal, Batch("migrate", 1, allow_dirty=True))
    assert written.run is not None
    figures = history.of_migration("replace_local_copies", planned, written, journal)
    assert figures == Migration(
        run=written.run.id,
        files={"test_a.py": ChangedFile({"TestWebSocketConnection": 1})},
        refused_count=1,
        failed_count=0,
        remaining_count=1,
        copy_count=1,
    )
    none = Written(3, None, (), 2, 0)
    assert history.of_migration("replace_local_copies", planned, none, journal) == Migration(
        None, {}, 0, 0, 2, 2
    )


def test_figures_of_a_verification(root: Path) -> None:
    before = {"a.py::x": "passed", "a.py::y": "passed", "a.py::z": "failed", "b.py::x": "passed"}
    after = {**before, "a.py::y": "failed", "a.py::new": "passed"}
    del after["b.py::x"]
    differences = [
        Difference("a.py", "a.py::y", "passed", "failed"),
        Difference("a.py", "collection", "collected", "boom"),
        *(Difference("b.py", f"b.py::{n}", "passed", "failed") for n in range(50)),
    ]
    shown = evidence(before, after, *differences)
    # As pytest is started where its configuration is, which may be below the root.
    below = str(root / "sub")
    shown = shown._replace(
        before=shown.before._replace(root=below),
        after=shown.after._replace(root=below),
        healed=("c.py",),
    )
    edited = (str(root / "d.py"),)
    verified = Verified(shown, golden_path={"make": ExitCodes(0, 1)}, run="run-1", edited=edited)
    figures = history.of_verification(verified, root, is_whole=True)
    tests = figures.tests
    assert isinstance(tests, ComparedTests)
    assert tests.files == {
        "sub/a.py": ComparedFile(test_count=3, passed_count=2, lost_count=1, difference_count=2),
        "sub/b.py": ComparedFile(test_count=0, passed_count=1, lost_count=1, difference_count=50),
        "sub/c.py": ComparedFile(healed_count=1),
    }
    assert (figures.run, figures.golden_path) == ("run-1", {"make": (0, 1)})
    assert (figures.edited, figures.is_whole) == (("d.py",), True)
    assert tests.places[:2] == (
        ("sub/a.py", "a.py::y: passed -> failed"),
        ("sub/a.py", "collection: collected -> boom"),
    )
    assert len(tests.places) == 20
    nothing = history.of_verification(Verified(None, run="run-1"), root, is_whole=False)
    assert nothing == Verification("run-1")


def test_tests_that_were_run_once_compare_nothing(root: Path) -> None:
    once = RanOnce(Outcomes({"a.py::x": "passed", "a.py::y": "failed"}, {}, {}, ""), {"m": 0})
    figures = history.of_verification(once, root, is_whole=False)
    assert figures == Verification(None, {"m": ExitCodes(None, 0)}, RanTests(1, 2))


def test_what_was_shown_of_a_run_goes_with_it() -> None:
    changed = {"a.py": ChangedFile({"A": 1}), "b.py": ChangedFile({"A": 1})}
    records = [
        *(Record(str(n), (), Migration(run, changed)) for n, run in enumerate(("r1", "r2"))),
        *(Record("3", (), Verification(run)) for run in ("r1", "r2", "forgotten")),
        Record("4", (), Rollback("r2", ("a.py",))),
        Record("5", (), Rollback("r1", ("a.py",))),
        Record("6", (), Rollback("r1", ("b.py",))),
    ]
    about = (Migration, Verification)
    left = [r.figures.run for r in History(Path(), records).records if isinstance(r.figures, about)]
    assert left == ["r2", "r2", "forgotten"]


def test_what_was_interrupted_and_resumed_is_one_run(root: Path) -> None:
    journal = Journal(root)
    (root / "a.py").write_text("class A: ...\n")
    run = journal.begin("m", [Change("a.py", b"class A: ...\n", b"import a\n", 0o644)])
    assert history.changed_files(journal, run.id) == {}
    journal.apply(run, run.entries[0])
    assert history.changed_files(journal, run.id) == {"a.py": ChangedFile({"A": 1})}
