from __future__ import annotations

import html
import itertools
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from codemods.disk.journal import Change, Journal
from codemods.measure.model import Baseline, Claim, ExitCodes, MeasureError
from codemods.migration.migrate import Batch, plan, write
from codemods.migration.rollback import roll_back
from codemods.model import Code, Decision, Definition, FileResult, Plan, Reason, Status, Verdict
from codemods.progress import edits, history
from codemods.progress.completion import (
    CollectionChange,
    Completion,
    completion_report,
)
from codemods.progress.edits import ChangedFile, changed_file, still_gone
from codemods.progress.history import (
    ComparedFile,
    ComparedTests,
    DifferingPlace,
    Migration,
    Rollback,
    Verification,
)
from codemods.progress.standing import StandingRun
from codemods.report import report
from codemods.settings import Settings
from codemods.wording import visible
from codemods.workers.pool import ProcessPool
from tests.figures import measured, timing
from tests.pages import Page
from tests.tools import COPY, LONG, never_done, scan

USE = "\n\nws = TestWebSocketConnection()\n"
NAMES = ("a", "b", "c")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tests").mkdir()
    monkeypatch.chdir(tmp_path)
    # Runs of one second stand in the order of their ids.
    numbers = itertools.count(1000)
    monkeypatch.setattr("secrets.token_hex", lambda size: str(next(numbers)))
    for name in NAMES:
        Path(f"tests/test_{name}.py").write_text(f"import os\n\n\n{COPY}{USE}")
    return tmp_path


def _settings(root: Path, **more: Any) -> Settings:
    return Settings(root=root, **more)


def _migrate(root: Path, number: int | None = None, paths: Sequence[str] = ("tests",)) -> str:
    planned = plan(scan(_settings(root), *paths), ProcessPool(1))
    journal = Journal(root)
    written = write(planned, journal, Batch("migrate tests", number, allow_dirty=True))
    assert written.run is not None
    figures = history.of_migration("replace_local_copies", planned, written, journal)
    history.append(_settings(root), paths, figures)
    return written.run.id


def _roll_back(root: Path, run: str, *files: str) -> None:
    journal = Journal(root)
    roll_back(journal, journal.run(run), files, force=False)
    history.append(_settings(root), files, Rollback(run, files))


def _report(
    root: Path,
    paths: Sequence[str] = ("tests",),
    before: str | None = None,
    **settings: Any,
) -> Completion:
    made = _settings(root, **settings)
    records, damaged = history.read(made)
    assert damaged == []
    planned = plan(scan(made, *paths), ProcessPool(1))
    return completion_report(made, records, paths, planned, compare_baseline=before)


def _removed(done: Completion) -> list[tuple[str, dict[str, int]]]:
    return [(f, dict(changed.removed)) for run in done.runs for f, changed in run.files.items()]


def _note(root: Path, baseline: Baseline, name: str = "") -> None:
    history.append(
        _settings(root), baseline.summary.conditions.paths or ["."], baseline.summary, name
    )


# What changed


def test_what_the_runs_replaced_and_what_was_left_after_each(root: Path) -> None:
    runs = [_migrate(root, 1), _migrate(root, 1)]
    done = _report(root)
    assert [run.id for run in done.runs] == runs
    assert _removed(done) == [
        ("tests/test_a.py", {"TestWebSocketConnection": 4}),
        ("tests/test_b.py", {"TestWebSocketConnection": 4}),
    ]
    left = [(path, d.definition.line) for path, d in done.planned.copies]
    assert left == [("tests/test_c.py", 4)]
    planned = done.planned
    assert (planned.files, planned.helpers, planned.compliant, done.paths) == (3, 3, 2, ("tests",))
    curve = report.as_json(done)["copies_over_time"]
    assert [point["copy_count"] for point in curve] == [3, 2, 1]


def test_what_other_codemods_removed_is_no_copy() -> None:
    other = RUN._replace(id="run-2", codemod="rename_local_class")
    markdown = report.as_markdown(FULL._replace(runs=(RUN, other)))
    assert "2 copies replaced in 1 file, 1 left" in markdown
    assert re.search(r"`run-1` \| `replace_local_copies` \| .* \| 1 \| 2 \| 1 \|\n", markdown)
    assert re.search(r"`run-2` \| `rename_local_class` \| .* \| 1 \| 0 \| 1 \|\n", markdown)


def test_what_was_taken_back_does_not_count(root: Path) -> None:
    run = _migrate(root)
    _roll_back(root, run, "tests/test_a.py")
    assert [path for path, _ in _removed(_report(root))] == ["tests/test_b.py", "tests/test_c.py"]
    Path("tests/test_a.py").unlink()
    assert len(_removed(_report(root))) == 2
    _roll_back(root, run, "tests/test_b.py", "tests/test_c.py")
    assert _report(root).runs == ()


def test_what_somebody_put_back_does_not_count(root: Path) -> None:
    old = Path("tests/test_a.py").read_text()
    _migrate(root)
    Path("tests/test_a.py").write_text(f"{old}\n# edited\n")
    Path("tests/test_b.py").unlink()
    Path("tests/test_c.py").write_text("class TestWebSocketConnection: broken(")
    assert [path for path, _ in _removed(_report(root))] == ["tests/test_b.py", "tests/test_c.py"]


def test_what_git_restored_and_a_later_run_replaced_again_counts_once(root: Path) -> None:
    path = Path("tests/test_a.py")
    old = path.read_text()
    first = _migrate(root)
    path.write_text(f"{path.read_text()}\n# edited\n")
    _roll_back(root, first, "tests/test_b.py", "tests/test_c.py")
    path.write_text(old)
    second = _migrate(root)
    done = _report(root)
    assert [(run.id, len(run.files)) for run in done.runs] == [(second, 3)]
    assert report.as_summary(done).count("3 before the first run") == 1


NESTED = """\
class A:
    class B: ...

    def f(self):
        def B(): ...

if True:
    def g(): ...
    async def h(): ...
"""


def test_definitions_are_known_by_their_qualified_names(root: Path) -> None:
    def removed_definitions(before: bytes, after: bytes) -> Mapping[str, int]:
        return changed_file("a.py", before, after).removed

    before = NESTED.encode()
    assert removed_definitions(before, b"") == {"A": 1, "g": 8, "h": 9}
    assert removed_definitions(before, b"class A:\n    def B(): ...\n") == {
        "A.f": 4,
        "g": 8,
        "h": 9,
    }
    assert removed_definitions(before, b"broken(") == {"A": 1, "g": 8, "h": 9}
    assert removed_definitions(b"broken(", b"") == {}
    assert removed_definitions(b"\n@a\n@b\ndef f(): ...\n", b"") == {"f": 2}
    (root / "a.py").write_text("class A: ...\n\ndef f():\n    class B: ...\n")
    assert still_gone(root, "a.py", ["A", "A.B", "B", "f.B", "C"]) == ["A.B", "B", "C"]


def test_a_file_that_cannot_be_parsed_in_time_defines_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "a.py").write_text(f"class A: ...\n{LONG}")
    assert still_gone(root, "a.py", ["A"]) == []
    monkeypatch.setattr(edits, "careful", never_done)
    assert still_gone(root, "a.py", ["A"]) == ["A"]


@pytest.mark.parametrize(
    "path", ["nowhere.py", "../out.py", "/etc/hosts", "link.py", "a\0b", "\ud800"]
)
def test_no_file_outside_of_the_root_is_read(root: Path, path: str) -> None:
    for there in (root.parent / "out.py", root / "real.py"):
        there.write_text("class A: ...\n")
    (root / "link.py").symlink_to("../out.py")
    assert still_gone(root, path, ["A"]) == ["A"]
    assert still_gone(root, "real.py", ["A", "\ud800"]) != []


def test_only_what_lies_below_the_paths_counts(root: Path) -> None:
    _migrate(root)
    assert len(_removed(_report(root, ["tests/test_a.py"]))) == 1
    Path("test").mkdir()
    assert _report(root, ["test"]).runs == ()
    assert len(_removed(_report(root, ["."]))) == 3


def test_the_journal_is_not_needed(root: Path) -> None:
    _migrate(root, 2)
    _note(root, measured())
    here = report.as_json(_report(root))
    history_file = root / ".ssot-codemods/history.jsonl"
    lines = history_file.read_bytes()
    shutil.rmtree(history_file.parent)
    (root / "evidence.jsonl").write_bytes(lines)
    there = report.as_json(_report(root, evidence="evidence.jsonl"))
    assert {**here, "time": ""} == {**there, "time": ""}


def test_mocking_that_came_with_a_change(root: Path) -> None:
    before = Path("tests/test_a.py").read_bytes()
    after = b"from unittest.mock import Mock, patch\n"
    journal = Journal(root)
    run = journal.begin("migrate", [Change("tests/test_a.py", before, after, 0o644)])
    for entry in run.entries:
        journal.apply(run, entry)
    files = history.changed_files(journal, run.id)
    history.append(_settings(root), ["tests"], Migration(run.id, files))
    markdown = report.as_markdown(_report(root))
    assert "| `tests/test_a.py` | `Mock, patch` |" in markdown


def test_no_mocking_came(root: Path) -> None:
    _migrate(root)
    done = _report(root)
    assert "None introduced: no new name of mocking in 3 files" in report.as_markdown(done)


def test_what_was_refused_and_what_failed(root: Path) -> None:
    Path("tests/test_a.py").write_text("\nclass TestWebSocketConnection:\n    pass\n")
    Path("tests/test_b.py").write_text(COPY.replace("(self)", "(self", 1))
    done = _report(root)
    refused, failed, _ = done.planned.results
    ((reason,),) = (decision.reasons for decision in refused.refused)
    assert (refused.path, reason.line, reason.code) == ("tests/test_a.py", 2, Code.SAME_NAME_ONLY)
    assert failed.error is not None
    assert (failed.path, failed.error.code) == ("tests/test_b.py", Code.SYNTAX_ERROR)


# What was measured


def test_the_first_baseline_against_the_latest(root: Path) -> None:
    for seconds in (9.0, 5.0, 3.0):
        _note(root, measured(warm=(seconds,) * 3, time=f"2026-01-0{seconds:.0f}T00:00:00Z"))
    _note(root, measured(["tests/other"], warm=(1, 1, 1)))
    (change,) = _report(root).collection
    assert change.before is not None
    assert change.after is not None
    assert change.before.time == "2026-01-09T00:00:00Z"
    assert (change.before.warm.wall_seconds.median, change.after.warm.wall_seconds.median) == (9, 3)
    assert (change.cold_claim, change.warm_claim) == (Claim.NONE, Claim.FASTER)
    assert change.obstacles == ()


def test_one_baseline_is_the_side_before_unless_a_run_came_first(root: Path) -> None:
    assert _report(root).collection == ()
    _note(root, measured())
    (change,) = _report(root).collection
    assert change.before is not None
    assert (change.after, change.cold_claim, change.warm_claim) == (None, None, None)
    Path(root, ".ssot-codemods/history.jsonl").unlink()
    _migrate(root)
    _note(root, measured())
    (change,) = _report(root).collection
    assert change.before is None
    assert change.after is not None


def test_the_parts_of_the_paths_are_shown(root: Path) -> None:
    folders = ("tests/a", "tests/b", "tests/c")
    for folder in folders:
        Path(folder).mkdir()
        for number in (9, 0):
            _note(root, measured([folder], tests=("x", "y"), warnings={"A": number}))
    done = _report(root)
    assert [change.paths for change in done.collection] == [(f,) for f in folders]
    assert done.collected == 6
    markdown = report.as_markdown(done)
    assert "Together: 6 tests in the latest." in markdown
    for folder in folders:
        assert f"| `{folder}` | tests | 2 | 2 |  |" in markdown
        assert f"| `{folder}` | `A` | 9 | 0 |" in markdown
    assert "warm, medians of 3 measurements added; 3.00 to 3.60 s |" in markdown
    assert "\ntests/a, before ░░" in markdown
    _note(root, measured(warnings={"A": 1}))
    assert [change.paths for change in _report(root).collection] == [("tests",)]


def test_the_figures_of_one_part_are_not_those_of_all(root: Path) -> None:
    run = _migrate(root)
    Path("tests/a").mkdir()
    _note(root, measured(["tests/a"]))
    tests = ComparedTests({"tests/test_a.py": ComparedFile(9, 9, 0)})
    history.append(_settings(root), ["tests"], Verification(run, {}, tests, is_whole=True))
    markdown = report.as_markdown(_report(root))
    assert "| of an unknown number collected; 9 of 9 that passed" in markdown
    assert "| of `tests/a` alone: warm, median of 3 runs; " in markdown
    _note(root, measured())
    markdown = report.as_markdown(_report(root))
    assert "an unknown number" not in markdown
    assert " alone: " not in markdown


def test_a_saved_baseline_is_the_side_before(root: Path) -> None:
    _note(root, measured(warm=(9, 9, 9)), "start")
    (change,) = _report(root, before="start").collection
    assert change.after is None  # the same one
    _note(root, measured(warm=(5, 5, 5), time="now"))
    (change,) = _report(root, before="start").collection
    assert (change.warm_claim, change.obstacles) == (Claim.FASTER, ())


def test_there_is_no_such_baseline(root: Path) -> None:
    with pytest.raises(MeasureError, match="no baseline was saved as start"):
        _report(root, before="start")


@pytest.mark.parametrize(
    ("other", "obstacle"),
    [
        (measured(pytest="8.0"), "pytest: 8.0 / 9.0"),
        (measured(tests=("x", "y")), "not the same tests were collected: 2 / 1"),
        (measured(errors=2), "not as many errors at collection: 2 / 0"),
        (measured(["unit"]), "baseline start is of other paths: unit"),
        (measured([]), "baseline start is of other paths: ."),
        (measured(stable=False), "before: the runs did not collect the same tests"),
        (measured(problem="timeout"), "before: timeout"),
        (measured(cold=(9, 9)), "before: at least 3 runs are needed"),
        (measured(cold=()), "before: at least 3 runs are needed"),
    ],
)
def test_baselines_that_are_not_alike_are_not_compared(
    root: Path, other: Baseline, obstacle: str
) -> None:
    _note(root, other, "start")
    _note(root, measured(warm=(1e-3,) * 3, time="now"))
    (change,) = _report(root, before="start").collection
    assert change.obstacles == (obstacle,)
    assert change.cold_claim is change.warm_claim is Claim.NOT_COMPARABLE


def test_each_run_with_its_verification(root: Path) -> None:
    first, second = _migrate(root, 1), _migrate(root, 1)
    for number, code in ((3, 1), (4, 0)):
        files = {"tests/test_a.py": ComparedFile(number, number, 1), "e2e/x.py": ComparedFile(9, 9)}
        tests = ComparedTests(files, (DifferingPlace("tests/test_a.py", "x: passed -> failed"),))
        found = Verification(
            first, {"make": ExitCodes(0, code), "gone": ExitCodes(0, 0)}, tests, is_whole=True
        )
        history.append(_settings(root), ["tests"], found)
    done = _report(root, golden_path=("make", "never run"))
    one, other = done.runs
    assert (one.id, one.unverified, other.unverified) == (first, (), ("tests/test_b.py",))
    assert one.tests == {"tests/test_a.py": ComparedFile(4, 4, 1)}
    assert one.places == (("tests/test_a.py", "x: passed -> failed"),)
    assert done.golden_path == {"make": (0, 0)}
    markdown = report.as_markdown(done)
    assert "**Not done**: 1 copy left in 1 file; 1 of 2 runs not verified.\n" in markdown
    assert f"| `{second}` | 1 of 1 | `ssot-codemods verify --run {second}` |" in markdown
    assert "4 tests compared, of an unknown number; 3 of 4 that passed before still do." in markdown


# How it is told

NASTY = "<b>&`|\\|*@x*#1\u202e\x1b"
NODES = [f"test_a.py::test_{number}" for number in range(40)]
SIDE = measured(
    cold=(1.9, 2.0, 2.1), warm=(0.9, 1.0, 1.1), tests=NODES, warnings={"A": 370, "B": 1}
).summary
SIDE = SIDE._replace(commit=NASTY)
AFTER = SIDE._replace(warm=timing(0.4, 0.5, 0.6), warning_counts={"A": 0, NASTY: 2})
COMPARED = {"a.py": ComparedFile(10, 10, 1, 2)}
RUN = StandingRun(
    id="run-1",
    time="2026-01-01T00:00:00.000000Z",
    codemod="replace_local_copies",
    paths=(NASTY,),
    files={f"{NASTY}.py": ChangedFile({"A.X": 1, "Y": 1}, ("Mock",))},
    unverified=(),
    tests=COMPARED,
    places=(DifferingPlace("a.py", NASTY),),
)


def copies(path: str, *places: tuple[int, str]) -> FileResult:
    """Return the result of a file with copies that are left, each with its line and name."""
    made = (
        Decision(Definition(name, "class", line, line), Verdict.REPLACE, ("m", name), ())
        for line, name in places
    )
    return FileResult(path, Status.CHANGED, tuple(made))


def stays(path: str, line: int, name: str, code: Code, message: str) -> FileResult:
    """Return the result of a file with a definition that stays."""
    reasons = (Reason(code, line, message),)
    definition = Definition(name, "class", line, line)
    decision = Decision(definition, Verdict.REFUSE, None, reasons)
    return FileResult(path, Status.REFUSED, (decision,))


def fails(path: str, line: int, message: str) -> FileResult:
    """Return the result of a file that cannot be parsed."""
    return FileResult.failure(path, Reason(Code.SYNTAX_ERROR, line, message))


def of_results(*results: FileResult) -> Plan:
    return Plan(9, 4, results)


FULL = Completion(
    repository=NASTY,
    time="2026-01-01T00:00:00Z",
    paths=(NASTY, "tests/unit"),
    planned=of_results(
        copies(NASTY, (3, "MockWebSocketConnection")),
        stays(NASTY, 7, "TestWebSocketConnection", Code.NESTED, NASTY),
        fails(NASTY, 8, NASTY),
    ),
    runs=(RUN,),
    collection=(
        CollectionChange((NASTY,), SIDE, AFTER, Claim.NOT_COMPARABLE, Claim.FASTER, (NASTY,)),
    ),
    golden_path={NASTY: ExitCodes(0, None)},
)
EMPTY = Completion(
    repository="larkchat",
    time="2026-01-01T00:00:00Z",
    paths=("tests",),
    planned=Plan(0, 0, ()),
    runs=(),
    collection=(),
    golden_path={},
)


@pytest.mark.parametrize("done", [FULL, EMPTY])
def test_the_html_stands_alone(done: Completion) -> None:
    text = report.as_html(done)
    read = Page(text)
    assert read.open == []
    assert not read.tags & {"script", "link", "img", "iframe", "b", "a", "object"}
    assert read.headings == ["h1"] + ["h2"] * (len(read.headings) - 1)
    assert f"<title>{html.escape(visible(done.repository))}: " in text
    assert '<html lang="en">' in text
    assert not read.attributes & {"src", "href", "onload", "style"}
    assert "url(" not in text
    assert "@import" not in text
    assert "http://" not in text
    assert "prefers-color-scheme: dark" in text
    assert text.encode("utf-8")


def test_each_chart_can_be_read_without_its_picture() -> None:
    charts = re.findall(r"<figure>.*?</figure>", report.as_html(FULL), re.DOTALL)
    assert len(charts) == 2
    for chart in charts:
        assert "<figcaption>" in chart
        assert chart.count("<svg aria-hidden") == chart.count("<li><span>") > 1


def test_what_others_wrote_is_shown_and_never_markup() -> None:
    shown = "<b>&`|\\|*@x*#1\\u202e\\x1b"
    assert visible(NASTY) == shown
    read = Page(report.as_html(FULL))
    assert "".join(read.texts).count(shown) == 16
    markdown = report.as_markdown(FULL)
    assert "\u202e" not in markdown
    assert "\x1b" not in markdown
    outside = re.sub(r"(`+).*?\1|<code>.*?</code>", "", markdown.replace("```text", ""))
    assert "@x" not in outside
    assert "#1" not in outside
    assert "<b>" not in outside


def test_a_name_that_is_no_utf_8_can_be_printed() -> None:
    done = EMPTY._replace(paths=("a\udcff.py",))
    for text in (report.as_markdown(done), report.as_html(done), json.dumps(report.as_json(done))):
        assert "a\\udcff.py" in text
        assert text.encode("utf-8")


def test_all_three_say_the_same() -> None:
    plain = json.loads(json.dumps(report.as_json(FULL)).replace(json.dumps(NASTY)[1:-1], "N"))
    assert plain["schema"] == "ssot-codemods/report/3"
    (change,) = FULL.collection
    done = FULL._replace(collection=(change._replace(obstacles=("different",)),))
    markdown = report.as_markdown(done)
    words = set(re.findall(r"[\w.%-]+", re.sub(r"<[^>]*>|&#\d+;|\\(?=[#*_])", " ", markdown)))
    read = set(Page(report.as_html(done)).words)
    figures = {w for w in words if re.search(r"\d", w)}
    assert len(figures) > 20
    assert figures - read == set()
    for number in ("370", "75.0", "-50", "run-1"):
        assert number in read
    assert plain["compliant_percent"] == 75.0
    assert plain["collection"][0]["before"]["warning_counts"] == {"A": 370, "B": 1}


def test_the_markdown() -> None:
    changed = {"tests/test_a.py": ChangedFile({"TestWebSocketConnection": 4})}
    run = RUN._replace(
        time="2026-01-01T10:11:12.131415Z",
        paths=("tests",),
        files=changed,
        tests={"tests/a.py": COMPARED["a.py"]},
        places=(DifferingPlace("a.py", "x: passed -> failed"),),
    )
    done = FULL._replace(
        repository="larkchat",
        paths=("tests",),
        runs=(
            run,
            run._replace(
                id="run-2",
                time="2026-01-02T10:11:12.131415Z",
                files={**changed, "b.py": ChangedFile({"X": 1})},
                unverified=("b.py",),
                tests={},
                places=(),
            ),
        ),
        planned=of_results(
            stays("a.py", 7, "TestWebSocketConnection", Code.NESTED, "in `f`"),
            fails("b.py", 8, "no"),
            copies("tests/test_a.py", (4, "TestWebSocketConnection")),
        ),
        collection=(
            CollectionChange(
                ("tests",),
                SIDE._replace(commit="c0ffee"),
                AFTER._replace(commit="", cold=timing(), warning_counts={"A": 0}),
                Claim.NOT_COMPARABLE,
                Claim.FASTER,
                ("pytest: 8 / 9",),
            ),
        ),
        golden_path={"make | cat": ExitCodes(0, None)},
    )
    assert report.as_markdown(done) == Path(__file__).with_name("report_completion.md").read_text()


def test_the_definitions_of_a_file_are_in_the_order_of_their_lines() -> None:
    planned = of_results(copies("b.py", (9, "Z"), (2, "Y")), copies("a.py", (3, "X")))
    markdown = report.as_markdown(EMPTY._replace(planned=planned), "")
    assert "- `a.py`: `X (3)`\n- `b.py`: `Y (2), Z (9)`\n" in markdown


def test_the_markdown_of_nothing() -> None:
    assert (
        report.as_markdown(EMPTY)
        == """\
# `larkchat`: migration to shared definitions, `tests`

**Done**: no copy left, and no run is recorded here.

| figure | now | details |
| --- | --- | --- |
| copies left | **0** | none in 0 of 0 files with a shared name, 100.0 % |
| definitions that stay | **0** |  |
| tests compared | **0** | of an unknown number collected |
| collection time | **not measured** | `ssot-codemods baseline tests` measures it |

## Copies

0 copies replaced in 0 files, 0 left. 0 files looked at; 2026-01-01 00:00:00 UTC.

No run is recorded here.

## Tests before and after

No tests were compared.

## Collection

Not measured: `ssot-codemods baseline tests` measures it.
"""
    )


def test_one_side_alone() -> None:
    for before, after, missing in ((SIDE, None, "after"), (None, SIDE, "before")):
        change = CollectionChange(("tests",), before, after)
        text = report.as_markdown(EMPTY._replace(collection=(change,)))
        columns = {"before": "{1} | {0}", "after": "{0} | {1}"}[missing]
        assert f"| `A` | {columns.format(370, 'not measured')} |" in text
        assert f"| modules | {columns.format(3, 'not measured')} |  |" in text
        assert f"warm, median of 3 runs; 0.90 to 1.10 s; not measured {missing} |" in text
    bare = SIDE._replace(cold=timing(), warm=timing(), warning_counts={})
    change = CollectionChange(("tests",), bare, bare)
    text = report.as_markdown(EMPTY._replace(collection=(change,)))
    assert "```" not in text
