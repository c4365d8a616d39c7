"""A page as Markdown and HTML, its charts and its colours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from codemods.model import Code as Reasoned
from codemods.model import FileResult
from codemods.report import page, report
from codemods.report.page import Code, Details, Diff, Figure, Figures, Message, Paragraph, Table
from tests.pages import Page
from tests.test_report_completion import EMPTY, FULL, RUN, copies, fails, of_results, stays

REST = "report.html"

STYLE = Path(page.__file__).with_suffix(".css").read_text("utf-8")


def markdown(*blocks: page.Block) -> str:
    """Return the Markdown of some blocks, without the title."""
    return page.as_markdown(("x",), blocks, REST).removeprefix("# x\n\n")


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
        ("a" * 301, f"`{'a' * 300}…`"),
    ],
)
def test_code_spans(text: str, span: str) -> None:
    assert markdown(Paragraph((Code(text),))) == f"{span}\n"


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
    assert markdown(Table(("h",), ((cell,),))).splitlines()[-1] == f"| {shown} |"
    if not isinstance(cell, int):
        figures = markdown(Figures((Figure("f", "1", (cell,)),)))
        assert figures.splitlines()[-1] == f"| f | **1** | {shown} |"


def test_lines_of_a_diff_are_lines_and_end_no_fence() -> None:
    text = markdown(Diff(("+a\n# b\x1b", "-```", "+````")))
    assert text == "`````diff\n+a\\n# b\\x1b\n-```\n+````\n`````\n"


def test_a_text_of_html_stays_on_its_line() -> None:
    text = page.as_html(("a\nb",), [Paragraph((Code("c\x1b"),)), Diff(("+d\u2028",))])
    assert "<h1>a\\nb</h1>\n<p><code>c\\x1b</code></p>\n<pre>\n+d\\u2028\n</pre>" in text


def test_columns_of_numbers_are_to_the_right() -> None:
    blocks = [Table(("a", "b", "c"), ((1, "x", 1), (2, 3, "y"))), Table(("d",), ())]
    text = markdown(*blocks)
    assert "| ---: | --- | --- |" in text
    assert "\n| d |\n| --- |\n" in text
    assert page.as_html(("x",), blocks).count('class="number"') == 3


def test_blocks_of_html() -> None:
    details = Details(("more ", Code("<x>")), (("one",), (Code("&"),)))
    said = Message("it has `<b>`")
    text = page.as_html(("a<b",), [Paragraph(("1 < 2 ", Code("c"), said)), details])
    assert "<title>a&lt;b</title>" in text
    assert "<p>1 &lt; 2 <code>c</code>it has <code>&lt;b&gt;</code></p>" in text
    assert "<details><summary>more <code>&lt;x&gt;</code></summary>" in text
    assert "<li>one</li>\n<li><code>&amp;</code></li>" in text


# Long pages


def _path(number: int) -> str:
    return f"tests/a_folder/of_many/test_{number:05}.py"


def _refused(
    number: int, code: Reasoned = Reasoned.NESTED, message: str = "in `f`"
) -> list[FileResult]:
    return [stays(_path(n), 7, "Fake", code, f"{message} {n}") for n in range(number)]


def test_a_long_list_is_cut_and_names_the_file_that_has_all_of_it() -> None:
    left = (copies(f"{n:04}.py", (1, "X")) for n in range(1200))
    done = EMPTY._replace(planned=of_results(*left))
    text = report.as_markdown(done, "out/report.html")
    assert "`0199.py`" in text
    assert "0200.py" not in text
    assert "\n- and 1,000 more: `out/report.html`\n" in text
    assert "and 1,000 more: `ssot-codemods report --output FILE`" in report.as_markdown(done)
    html = report.as_html(done)
    assert all(f"{n:04}.py" in html for n in range(1200))
    assert len(report.as_json(done)["copies"]) == 1200


@pytest.mark.parametrize("number", [200, 1000, 5000])
def test_the_report_fits_into_a_comment_whatever_it_has(number: int) -> None:
    codes = ("nested", "escapes", "mutated", "state", "rebound")
    refused = (r for code in codes for r in _refused(number, Reasoned(code), "long " * 100))
    planned = of_results(*refused, *(fails(_path(n), 7, f"in `f` {n}") for n in range(number)))
    runs = tuple(RUN._replace(id=f"run-{n}", unverified=("a.py",)) for n in range(number // 10))
    text = report.as_markdown(FULL._replace(planned=planned, runs=runs, paths=("é" * 999,) * 9))
    assert len(text.encode()) < 65_536
    assert all(f"<code>{code}</code> ({number:,}): " in text for code in codes)
    assert "\n## Mocking\n" in text


def test_many_blocks_are_cut_at_the_end() -> None:
    text = markdown(*(Diff((f"+ line {n}", *["- x"] * 300)) for n in range(9000)))
    assert len(text.encode()) < 65_536
    assert text.endswith(f"The page is cut here; the whole of it: `{REST}`\n")
    assert text.count("```diff\n") == text.count("\n```\n") > 100


def test_of_many_runs_some_have_a_bar() -> None:
    runs = tuple(RUN._replace(id=f"run-{n}") for n in range(100))
    text = report.as_markdown(FULL._replace(runs=runs))
    (bars,) = re.findall(r"Copies left after each run:\n\n```text\n(.*?)\n```", text, re.DOTALL)
    numbers = [int(line.split()[-1]) for line in bars.splitlines()]
    assert len(numbers) == 12
    assert (numbers[0], numbers[-1]) == (201, 1)
    assert all(one > other for one, other in pairwise(numbers))
    assert bars.splitlines()[-1].startswith("run 100 ")


@pytest.mark.parametrize("output", ["", "report.html"])
def test_the_summary_has_at_most_fifteen_lines(output: str) -> None:
    for done in (FULL, EMPTY, FULL._replace(planned=of_results(*_refused(5000)))):
        text = report.as_summary(done, output)
        assert text.count("\n") <= 15
        assert text.startswith("# `")
        assert re.search(r"^\*\*(Done|Not done)\*\*: .+\.$", text, re.MULTILINE)
        names = re.findall(r"^\| ([a-z ]+) \| \*\*", text, re.MULTILINE)
        assert names == [
            "copies left",
            "definitions that stay",
            "tests compared",
            "collection time",
        ]
        assert ("`report.html`" in text) == bool(output)
        assert report.as_markdown(done).startswith(text.partition("\n\nThe whole")[0].rstrip())


# Refusals


@pytest.mark.parametrize("form", [report.as_markdown, report.as_html])
def test_each_refusal_is_told_once_by_reason_and_file(form: object) -> None:
    assert callable(form)
    nested, namesake = Reasoned.NESTED, Reasoned.SAME_NAME_ONLY
    refused = [
        stays("b.py", 9, "Second", nested, "in `g`"),
        stays("b.py", 7, "First", nested, "in `f`"),
        stays("a.py", 1, "Other", nested, "in `h`"),
        stays("c.py", 1, "Test", Reasoned.ESCAPES, "is an argument"),
        *(stays("d.py", n, "Mock", namesake, "only this") for n in (1, 2, 3)),
    ]
    text: str = form(EMPTY._replace(planned=of_results(*refused)))
    order = ["nested", "a.py:1", "b.py:7", "First", "Second", "escapes", "c.py:1", "same-name-only"]
    start = text.index("Definitions that stay, and why")
    places = [text.index(word, start) for word in order]
    assert places == sorted(places)
    shown = re.sub("<.*?>|`", "", text)
    for word in ("in f", "in g", "in h", "is an argument", "only this", "b.py", "d.py:2", "d.py:3"):
        assert shown.count(word) == (word not in ("d.py:2", "d.py:3")), word
    assert "line 2 Mock; line 3 Mock" in shown
    assert re.search(r"definitions that stay[^0-9]*4[^0-9]", shown), "namesakes are not counted"


# Charts


def _bars(*values: float) -> page.Bars:
    bars = (
        page.Bar(f"run {n}" if n else "before", not n, value, f"{value:g}")
        for n, value in enumerate(values)
    )
    return page.Bars("Copies left", tuple(bars))


def test_bars_as_text() -> None:
    lines = [*page.bar_lines(_bars(40, 20, 0))]
    assert lines == [f"before {'░' * 34} 40", f"run 1  {'█' * 17} 20", "run 2   0"]
    assert all(len(line) <= 44 for line in lines)
    assert [*page.bar_lines(_bars(0))] == ["before  0"]


def test_a_label_is_on_one_line() -> None:
    bars = page.Bars("t", (page.Bar("long label,\nbefore", True, 1, "1.00 s (1.00 to 2.00)"),))
    assert [*page.bar_lines(bars)] == [f"long label,\\nbefore {'░' * 8} 1.00 s (1.00 to 2.00)"]
    assert ">long label,\\nbefore</span>" in page.as_html(("t",), [bars])


def test_of_many_parts_the_bars_are_named_by_the_end_of_their_paths() -> None:
    (change,) = FULL.collection
    parts = tuple(change._replace(paths=(f"backend/{n}/tests/integration",)) for n in range(9))
    text = report.as_markdown(FULL._replace(collection=parts))
    (bars,) = re.findall(r"Seconds of collection:\n\n```text\n(.*?)\n```", text, re.DOTALL)
    lines = bars.splitlines()
    assert len(lines) == 12
    assert lines[1].startswith("…sts/integration, after ")
    assert max(map(len, lines)) <= 44
    head = "paths, quantity, before, after, these runs show"
    assert f"\n<details><summary>81 rows: {head}</summary>\n\n| paths | quantity |" in text
    assert Page(report.as_html(FULL._replace(collection=parts))).open == []


def test_a_fence_is_longer_than_what_stands_in_it() -> None:
    bars = page.Bars("t", (page.Bar("```", True, 1, "1"),))
    assert markdown(bars).startswith("t:\n\n````text\n``` ░")


def test_bars_have_values_and_two_shapes() -> None:
    before = page.Bar("warm, before", True, 1.0, "1.00 s (0.50 to 2.00)")
    after = page.Bar("warm, after", False, 0.5, "0.50 s (0.40 to 0.60)")
    shown = page.as_html(("t",), [page.Bars("Seconds", (before, after))])
    assert "<figcaption>Seconds</figcaption>" in shown
    assert "<span>warm, before</span><span>1.00 s (0.50 to 2.00)</span>" in shown
    assert '<rect class="before" width="100.0%" height="100%"/>' in shown
    assert "<span>warm, after</span><span>0.50 s (0.40 to 0.60)</span>" in shown
    assert '<rect class="after" width="50.0%" height="100%"/>' in shown
    assert ".before { fill: var(--paper); stroke: var(--before)" in STYLE
    assert ".after { fill: var(--after)" in STYLE


# Colours, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one: str, other: str) -> float:
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _colours() -> Sequence[dict[str, str]]:
    found = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", part))
        for part in STYLE.split("@media (prefers-color-scheme: dark)")
    ]
    assert len(found) == 2
    return found


@pytest.mark.parametrize("colours", _colours(), ids=["light", "dark"])
def test_the_contrast_is_enough(colours: dict[str, str]) -> None:
    for text in ("ink", "soft"):
        for behind in ("paper", "shade"):
            assert _contrast(colours[text], colours[behind]) >= 4.5, (text, behind)
    for shape in ("before", "after", "ink"):
        assert _contrast(colours[shape], colours["paper"]) >= 3, shape


def test_how_contrast_is_computed() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
