from __future__ import annotations

import html.parser
import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from codemods.disk.journal import Change, Journal, JournalError
from codemods.measure.model import Baseline, Claim, MeasureError
from codemods.measure.saved import save_baseline
from codemods.migration.migrate import Batch, plan, write
from codemods.migration.rollback import roll_back
from codemods.progress import history
from codemods.progress.completion import (
    CollectionChange,
    Completion,
    Place,
    RefusedPlace,
    StandingRun,
    completion_report,
)
from codemods.progress.history import ComparedTests, Verification
from codemods.report import chart, page, report
from codemods.report.page import Code, Details, Paragraph, Table
from codemods.settings import Settings
from codemods.workers.pool import ProcessPool
from tests.figures import measured, timing
from tests.tools import COPY, default_modules, scan

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


def _migrate(root: Path, number: int | None = None, paths: Sequence[str] = ("tests",)) -> None:
    planned = plan(scan(_settings(root), *paths), ProcessPool(1))
    write(planned, Journal(root), Batch("migrate tests", number, allow_dirty=True))


def _report(
    root: Path,
    paths: Sequence[str] = ("tests",),
    before: str | None = None,
    after: str | None = None,
    **settings: Any,
) -> Completion:
    return completion_report(
        _settings(root, **settings),
        lambda _: default_modules(),
        paths,
        compare_baseline=before,
        after_baseline=after,
        pool=ProcessPool(1),
        progress=lambda done, total: None,
    )


def _note(root: Path, baseline: Baseline) -> None:
    history.append(root, baseline.summary.conditions.paths, baseline.summary)


# What changed


def test_what_the_runs_replaced_and_what_was_left_after_each(root: Path) -> None:
    _migrate(root, 1)
    _migrate(root, 1)
    done = _report(root)
    assert [(run.left, run.removed) for run in done.runs] == [
        (2, (Place("tests/test_a.py", 4, "TestWebSocketConnection"),)),
        (1, (Place("tests/test_b.py", 4, "TestWebSocketConnection"),)),
    ]
    assert done.left == (Place("tests/test_c.py", 4, "TestWebSocketConnection"),)
    assert (done.files, done.helpers, done.compliant, done.paths) == (3, 3, 2, ("tests",))
    curve = report.as_json(done)["copies_over_time"]
    assert [point["copies"] for point in curve] == [3, 2, 1]


def test_what_was_taken_back_does_not_count(root: Path) -> None:
    _migrate(root)
    journal = Journal(root)
    (run,) = journal.runs()
    roll_back(journal, run, ["tests/test_a.py"], force=False)
    done = _report(root)
    assert [place.path for place in done.removed] == ["tests/test_b.py", "tests/test_c.py"]
    Path("tests/test_a.py").unlink()
    assert len(_report(root).removed) == 2
    run = journal.run(run.id)
    roll_back(journal, run, ["tests/test_b.py", "tests/test_c.py"], force=False)
    assert _report(root).runs == ()


def test_what_somebody_put_back_does_not_count(root: Path) -> None:
    old = Path("tests/test_a.py").read_text()
    _migrate(root)
    Path("tests/test_a.py").write_text(f"{old}\n# edited\n")
    Path("tests/test_b.py").unlink()
    Path("tests/test_c.py").write_text("broken(")
    assert [place.path for place in _report(root).removed] == [
        "tests/test_b.py",
        "tests/test_c.py",
    ]


def test_what_the_run_did_not_get_to_does_not_count(root: Path) -> None:
    path = Path("tests/test_a.py")
    before = path.read_bytes()
    Journal(root).begin("migrate", [Change("tests/test_a.py", before, b"import os\n", 0o644)])
    assert _report(root).runs == ()


def test_only_what_lies_below_the_paths_counts(root: Path) -> None:
    _migrate(root)
    assert len(_report(root, ["tests/test_a.py"]).removed) == 1
    Path("test").mkdir()
    assert _report(root, ["test"]).removed == ()
    assert len(_report(root, ["."]).removed) == 3


def test_a_damaged_journal_is_an_error(root: Path) -> None:
    _migrate(root)
    (kept,) = root.glob(".ssot-codemods/runs/*/after/0")
    kept.write_bytes(b"else")
    with pytest.raises(JournalError, match="damaged"):
        _report(root)


def test_mocking_that_came_with_a_change(root: Path) -> None:
    path = Path("tests/test_a.py")
    after = b"from unittest.mock import Mock, patch\n"
    journal = Journal(root)
    run = journal.begin("migrate", [Change("tests/test_a.py", path.read_bytes(), after, 0o644)])
    for entry in run.entries:
        journal.apply(run, entry)
    assert _report(root).mocking == (("tests/test_a.py", ("Mock", "patch")),)


def test_no_mocking_came(root: Path) -> None:
    _migrate(root)
    done = _report(root)
    assert done.mocking == ()
    assert "None introduced: no new name of mocking in 3 files" in report.as_markdown(done)


def test_what_was_refused_and_what_failed(root: Path) -> None:
    Path("tests/test_a.py").write_text("\nclass TestWebSocketConnection:\n    pass\n")
    Path("tests/test_b.py").write_text(COPY.replace("(self)", "(self", 1))
    done = _report(root)
    (refused,), (failed,) = done.refused, done.failed
    assert (refused.path, refused.line, refused.code) == ("tests/test_a.py", 2, "same-name-only")
    assert (failed.path, failed.code) == ("tests/test_b.py", "syntax-error")


# What was measured


def test_the_first_baseline_against_the_latest(root: Path) -> None:
    for seconds in (9.0, 5.0, 3.0):
        _note(root, measured(warm=(seconds,) * 3, time=f"2026-01-0{seconds:.0f}T00:00:00Z"))
    _note(root, measured(["tests/other"], warm=(1, 1, 1)))
    change = _report(root).collection
    assert change.before is not None
    assert change.after is not None
    assert change.before.time == "2026-01-09T00:00:00Z"
    assert (change.before.warm.wall.median, change.after.warm.wall.median) == (9, 3)
    assert (change.cold, change.warm) == (Claim.NONE, Claim.FASTER)
    assert change.obstacles == ()


def test_one_baseline_compares_with_nothing(root: Path) -> None:
    assert _report(root).collection == NOTHING
    _note(root, measured())
    change = _report(root).collection
    assert change.before is None
    assert change.after is not None
    assert (change.cold, change.warm) == (None, None)


def test_a_saved_baseline_is_the_side_before(root: Path) -> None:
    save_baseline(measured(warm=(9, 9, 9)), root, "start")
    _note(root, measured(warm=(9, 9, 9)))
    assert _report(root, before="start").collection.after is None  # the same one
    _note(root, measured(warm=(5, 5, 5)))
    change = _report(root, before="start").collection
    assert (change.warm, change.obstacles) == (Claim.FASTER, ())
    save_baseline(measured(warm=(19, 19, 19), time="later"), root, "end")
    change = _report(root, before="start", after="end").collection
    assert change.after is not None
    assert (change.warm, change.after.time) == (Claim.SLOWER, "later")


def test_there_is_no_such_baseline(root: Path) -> None:
    with pytest.raises(MeasureError, match="no baseline of that name"):
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
    save_baseline(other, root, "start")
    _note(root, measured(warm=(1e-3,) * 3))
    change = _report(root, before="start").collection
    assert change.obstacles == (obstacle,)
    assert change.cold is change.warm is Claim.NOT_COMPARABLE


def test_the_latest_verification_and_golden_path(root: Path) -> None:
    tests = ComparedTests("t", 2, 2, 2, 1, 2, 3, ("x: passed -> failed",))
    for number, code in ((1, 1), (2, 0)):
        found = Verification(
            "run-1", {"make": (0, code), "gone": (0, 0)}, replace(tests, passed_before=number)
        )
        history.append(root, ["tests"], found)
    done = _report(root, golden_path=("make", "never run"))
    assert done.verification == tests
    assert done.golden_path == {"make": (0, 0)}
    assert _report(root, ["tests/test_a.py"]).verification is None


# How it is told

NASTY = "<b>&`|\\|*@x*#1\u202e\x1b"
NODES = [f"test_a.py::test_{number}" for number in range(40)]
SIDE = measured(
    cold=(1.9, 2.0, 2.1), warm=(0.9, 1.0, 1.1), tests=NODES, warnings={"A": 370, "B": 1}
).summary
SIDE = replace(SIDE, commit=NASTY)
AFTER = replace(SIDE, warm=timing(0.4, 0.5, 0.6), warnings={"A": 0, NASTY: 2})
NOTHING = CollectionChange(None, None, None, None, ())
PLACE = Place(f"{NASTY}.py", 1, "TestWebSocketConnection")
FULL = Completion(
    time="2026-01-01T00:00:00Z",
    paths=(NASTY, "tests/unit"),
    files=9,
    helpers=4,
    compliant=3,
    runs=(StandingRun("run-1", "2026-01-01T00:00:00Z", NASTY, (PLACE, PLACE), 1),),
    refused=(RefusedPlace(NASTY, 7, "TestWebSocketConnection", "nested", NASTY),),
    failed=(RefusedPlace(NASTY, 8, "", "syntax-error", NASTY),),
    left=(Place(NASTY, 3, "MockWebSocketConnection"),),
    collection=CollectionChange(SIDE, AFTER, Claim.NOT_COMPARABLE, Claim.FASTER, (NASTY,)),
    verification=ComparedTests("2026-01-01T00:00:00Z", 10, 9, 9, 2, 0, 0, (NASTY,)),
    golden_path={NASTY: (0, None)},
    mocking=((NASTY, ("Mock",)),),
)
EMPTY = Completion(
    time="2026-01-01T00:00:00Z",
    paths=("tests",),
    files=0,
    helpers=0,
    compliant=0,
    runs=(),
    refused=(),
    failed=(),
    left=(),
    collection=NOTHING,
    verification=None,
    golden_path={},
    mocking=(),
)
VOID = {"meta"}


class _Page(html.parser.HTMLParser):
    """Reads a page strictly: each tag is closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def words(self) -> list[str]:
        return re.findall(r"[\w.%-]+", " ".join(self.texts))


@pytest.mark.parametrize("done", [FULL, EMPTY])
def test_the_html_stands_alone(done: Completion) -> None:
    text = report.as_html(done)
    read = _Page(text)
    assert read.open == []
    assert not read.tags & {"script", "link", "img", "iframe", "b", "a", "object"}
    assert not read.attributes & {"src", "href", "onload", "style"}
    assert "url(" not in text
    assert "@import" not in text
    assert "http://" not in text
    assert "prefers-color-scheme: dark" in text
    assert text.encode("utf-8")


def test_each_chart_has_a_title_and_a_description() -> None:
    pictures = re.findall(r"<svg.*?</svg>", report.as_html(FULL), re.DOTALL)
    assert len(pictures) == 2
    ids: list[str] = []
    for picture in pictures:
        tree = ET.fromstring(picture)
        title, about = tree[0], tree[1]
        assert (title.tag, about.tag) == ("title", "desc")
        assert tree.attrib["aria-labelledby"] == f"{title.attrib['id']} {about.attrib['id']}"
        assert title.text
        assert about.text
        ids += [title.attrib["id"], about.attrib["id"]]
    assert len(set(ids)) == 4


def test_what_others_wrote_is_shown_and_never_markup() -> None:
    shown = "<b>&`|\\|*@x*#1\\u202e\\x1b"
    assert page.visible(NASTY) == shown
    read = _Page(report.as_html(FULL))
    assert "".join(read.texts).count(shown) == 15
    markdown = report.as_markdown(FULL)
    assert "\u202e" not in markdown
    assert "\x1b" not in markdown
    outside = re.sub(r"(`+).*?\1|<code>.*?</code>", "", markdown.replace("```mermaid", ""))
    assert "@x" not in outside
    assert "#1" not in outside
    assert "<b>" not in outside


def test_a_name_that_is_no_utf_8_can_be_printed() -> None:
    done = replace(EMPTY, paths=("a\udcff.py",))
    for text in (report.as_markdown(done), report.as_html(done), json.dumps(report.as_json(done))):
        assert "a\\udcff.py" in text
        assert text.encode("utf-8")


def test_all_three_say_the_same() -> None:
    plain = json.loads(json.dumps(report.as_json(FULL)).replace(json.dumps(NASTY)[1:-1], "N"))
    assert plain["schema"] == "ssot-codemods/report/1"
    done = replace(FULL, collection=replace(FULL.collection, obstacles=("different",)))
    markdown = re.sub(r"```mermaid.*?```", "", report.as_markdown(done), flags=re.DOTALL)
    words = set(re.findall(r"[\w.%-]+", re.sub(r"<[^>]*>|&#\d+;|\\(?=[#*_])", " ", markdown)))
    read = set(_Page(report.as_html(done)).words)
    figures = {w for w in words if re.search(r"\d", w)}
    assert len(figures) > 20
    assert figures - read == set()
    for number in ("370", "75.0", "-50", "run-1"):
        assert number in read
    assert plain["percent"] == 75.0
    assert plain["collection"]["before"]["warnings"] == {"A": 370, "B": 1}


def test_the_markdown() -> None:
    place = Place("tests/test_a.py", 4, "TestWebSocketConnection")
    done = replace(
        FULL,
        paths=("tests",),
        runs=(
            StandingRun("run-1", "2026-01-01T10:11:12Z", "migrate --max-files 1", (place,), 2),
            StandingRun("run-2", "2026-01-02T10:11:12Z", "migrate", (place,), 1),
        ),
        refused=(RefusedPlace("a.py", 7, "TestWebSocketConnection", "nested", "in `f`"),),
        failed=(RefusedPlace("b.py", 8, "", "syntax-error", "no"),),
        left=(place,),
        collection=CollectionChange(
            replace(SIDE, commit="c0ffee"),
            replace(AFTER, commit="", cold=timing(), warnings={"A": 0}),
            Claim.NOT_COMPARABLE,
            Claim.FASTER,
            ("pytest: 8 / 9",),
        ),
        verification=ComparedTests(
            "2026-01-01T00:00:00Z", 10, 9, 9, 1, 0, 0, ("x: passed -> failed",)
        ),
        golden_path={"make | cat": (0, None)},
        mocking=(),
    )
    assert report.as_markdown(done) == Path(__file__).with_name("report_completion.md").read_text()


def test_the_markdown_of_nothing() -> None:
    text = report.as_markdown(EMPTY)
    assert "0 copies replaced in 0 files, 0 left, 0 definitions refused." in text
    for sentence in (
        "No run of the journal stands here.",
        "Nothing.",
        f"Not measured: `ssot-codemods baseline {EMPTY.paths[0]}` does it.",
        f"Not measured: `ssot-codemods verify {EMPTY.paths[0]}` does it.",
        "Not measured: `ssot-codemods verify --golden-path` does it.",
        "Nothing changed.",
        "No copy that can be replaced.",
    ):
        assert f"\n\n{sentence}\n" in text
    assert "mermaid" not in text


def test_one_side_alone() -> None:
    for before, after, missing in ((SIDE, None, "after"), (None, SIDE, "before")):
        change = CollectionChange(before, after, None, None, ())
        text = report.as_markdown(replace(EMPTY, collection=change))
        assert f"Nothing was measured {missing} that this could be compared with." in text
        assert "| `A` | 370 | not measured |" in text or "| `A` | not measured | 370 |" in text
    bare = replace(SIDE, cold=timing(), warm=timing(), warnings={})
    change = CollectionChange(bare, bare, None, None, ())
    text = report.as_markdown(replace(EMPTY, collection=change))
    assert "mermaid" not in text
    assert "## Warnings at collection\n\nNone.\n" in text


def test_a_long_list_is_cut_short_but_not_in_the_json() -> None:
    left = tuple(Place(f"{n:04}.py", 1, "X") for n in range(page.MOST_ITEMS + 1000))
    done = replace(EMPTY, left=left)
    for text in (report.as_markdown(done), report.as_html(done)):
        assert f"{page.MOST_ITEMS - 1:04}.py" in text
        assert f"{page.MOST_ITEMS:04}.py" not in text
        assert "and 1,000 more, which the JSON has" in text
    assert len(report.as_json(done)["left"]) == page.MOST_ITEMS + 1000


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("a", "`a`"),
        ("", ""),
        ("a`b", "``a`b``"),
        ("`a``b", "``` `a``b ```"),
        ("a`", "`` a` ``"),
        (" a ", "`  a  `"),
        ("a\nb", "`a\\nb`"),
    ],
)
def test_code_spans(text: str, span: str) -> None:
    assert page.as_markdown((Code(text),), []) == f"# {span}\n"


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (Code("a|b"), "`a\\|b`"),
        (Code("a\\|b"), "<code>a&#92;&#124;b</code>"),
        ("a|b*", "a\\|b\\*"),
        (1234, "1,234"),
    ],
)
def test_cells(cell: page.Cell, shown: str) -> None:
    text = page.as_markdown(("x",), [Table(("h",), ((cell,),))])
    assert text.splitlines()[-1] == f"| {shown} |"


def test_columns_of_numbers_are_to_the_right() -> None:
    blocks = [Table(("a", "b", "c"), ((1, "x", 1), (2, 3, "y"))), Table(("d",), ())]
    text = page.as_markdown(("x",), blocks)
    assert "| ---: | --- | --- |" in text
    assert "\n| d |\n| --- |\n" in text
    assert page.as_html(("x",), blocks).count('class="number"') == 3


def test_blocks_of_html() -> None:
    details = Details(("more ", Code("<x>")), (("one",), (Code("&"),)))
    text = page.as_html(("a<b",), [Paragraph(("1 < 2 ", Code("c"))), details])
    assert "<title>a&lt;b</title>" in text
    assert "<p>1 &lt; 2 <code>c</code></p>" in text
    assert "<details><summary>more <code>&lt;x&gt;</code></summary>" in text
    assert "<li>one</li>\n<li><code>&amp;</code></li>" in text


def _curve(*values: float) -> chart.Curve:
    points = tuple((f"run {n}", value) for n, value in enumerate(values))
    return chart.Curve('Copies "left"', "about", "copies", points)


def test_a_curve_of_mermaid() -> None:
    assert chart.mermaid(_curve(22, 18, 0))[2:] == [
        "xychart-beta",
        "    title \"Copies 'left'\"",
        '    x-axis ["run 0", "run 1", "run 2"]',
        '    y-axis "copies" 0 --> 30',
        "    line [22, 18, 0]",
        "```",
    ]
    assert "    x-axis 0 --> 19" in chart.mermaid(_curve(*range(20)))


def test_a_curve_goes_in_steps_and_starts_at_nought() -> None:
    picture = "\n".join(chart.svg(_curve(40, 20, 0), "c"))
    assert 'd="M60.0 24.0H330.0V107.0H600.0V190.0"' in picture
    assert re.findall(r">([\d,]+|run \d)</text>", picture) == [
        *("0", "20", "40"),
        *("40", "run 0", "20", "0", "run 2"),
    ]


def test_a_long_curve_has_two_labels() -> None:
    picture = "\n".join(chart.svg(_curve(*range(50, 0, -1)), "c"))
    assert re.findall(r">([\d,]+|run \d+)</text>", picture)[3:] == ["50", "run 0", "1", "run 49"]
    assert picture.count("<circle") == 50


def test_a_curve_of_one_point_and_of_noughts() -> None:
    assert 'd="M60.0 190.0"' in "\n".join(chart.svg(_curve(0), "c"))
    assert '    y-axis "copies" 0 --> 1' in chart.mermaid(_curve(0, 0))


def test_bars_have_whiskers() -> None:
    bars = chart.Bars("t", "about", "s", (chart.Bar("cold", "before", 1.5, 1.0, 2.0),))
    picture = "\n".join(chart.svg(bars, "c"))
    assert '<rect class="before" x="110" y="7" width="240.0" height="20"/>' in picture
    assert "M270.0 12v10M270.0 17H430.0M430.0 12v10" in picture
    assert ">1.50 s (1.00 to 2.00)</text>" in picture
    lines = chart.mermaid(bars)
    assert '    title "t, medians"' in lines
    assert "    bar [1.5]" in lines
    assert '    y-axis "s" 0 --> 2' in lines


@pytest.mark.parametrize(
    ("value", "ceiling"),
    [(0, 1), (0.05, 0.05), (0.7, 0.8), (1, 1), (1.01, 2), (9.5, 10), (22, 30), (370, 400)],
)
def test_the_top_of_an_axis_is_round(value: float, ceiling: float) -> None:
    assert chart._ceiling(value) == pytest.approx(ceiling)
