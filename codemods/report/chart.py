"""Charts: inline SVG for HTML, blocks of Mermaid for Markdown. Both say what the table says."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WIDTH = 640
_MOST_LABELS = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a median in `unit` of its chart, with whiskers from `low` to `high`.

    `kind` is ``"before"`` or ``"after"``, and decides the colour.
    """

    label: str
    kind: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars that start at 0. `about` is the text for those who do not see it."""

    title: str
    about: str
    unit: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """A number that stays until the next point, from 0 up; at least one point.

    Labels differ from each other: Mermaid makes one place of two that are equal.
    """

    title: str
    about: str
    unit: str
    points: tuple[tuple[str, float], ...]


def mermaid(chart: Bars | Curve) -> list[str]:
    """Return the lines of a fenced block that GitHub and GitLab show as a picture.

    https://mermaid.js.org/syntax/xyChart.html: medians or points alone, as it has no whiskers.
    """
    if isinstance(chart, Bars):
        labels = [bar.label for bar in chart.bars]
        values = [bar.value for bar in chart.bars]
        highest = max(bar.high for bar in chart.bars)
        title, kind = f"{chart.title}, medians", "bar"
    else:
        labels = [label for label, _ in chart.points]
        values = [value for _, value in chart.points]
        highest = max(values)
        title, kind = chart.title, "line"
    axis = ", ".join(_quoted(label) for label in labels)
    many = len(labels) > _MOST_LABELS
    return [
        "```mermaid",
        _COLOUR,
        "xychart-beta",
        f"    title {_quoted(title)}",
        f"    x-axis 0 --> {len(labels) - 1}" if many else f"    x-axis [{axis}]",
        f"    y-axis {_quoted(chart.unit)} 0 --> {_ceiling(highest):g}",
        f"    {kind} [{', '.join(f'{value:.4g}' for value in values)}]",
        "```",
    ]


#: Mermaid's own colour is next to white.
_COLOUR = '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#2f81f7"}}}}%%'


def svg(chart: Bars | Curve, name: str) -> list[str]:
    """Return an inline SVG whose colours are variables of the page.

    Args:
        chart: what to draw.
        name: unique on the page; the ids of its title and description begin with it.

    """
    height, content = _bars(chart) if isinstance(chart, Bars) else _curve(chart)
    return [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-labelledby="{name}-title {name}-about">',
        f'<title id="{name}-title">{html.escape(chart.title)}</title>',
        f'<desc id="{name}-about">{html.escape(chart.about)}</desc>',
        *content,
        "</svg>",
    ]


_LEFT, _RIGHT = 110, 430  # of the bars; labels stand to the left, figures to the right
_ROW = 34


def _bars(chart: Bars) -> tuple[int, list[str]]:
    scale = (_RIGHT - _LEFT) / _ceiling(max(bar.high for bar in chart.bars))
    lines = [line for n, bar in enumerate(chart.bars) for line in _bar(chart, bar, n, scale)]
    bottom = _ROW * len(chart.bars)
    axis = f'<line class="axis" x1="{_LEFT}" y1="0" x2="{_LEFT}" y2="{bottom}"/>'
    return bottom, [*lines, axis]


def _bar(chart: Bars, bar: Bar, number: int, scale: float) -> Iterator[str]:
    middle = number * _ROW + _ROW / 2
    low, high = (_LEFT + scale * value for value in (bar.low, bar.high))
    yield _label(_LEFT - 8, middle + 5, bar.label, "end")
    yield (
        f'<rect class="{bar.kind}" x="{_LEFT}" y="{middle - 10:g}" '
        f'width="{scale * bar.value:.1f}" height="20"/>'
    )
    yield (
        f'<path class="whisker" d="M{low:.1f} {middle - 5:g}v10M{low:.1f} {middle:g}'
        f'H{high:.1f}M{high:.1f} {middle - 5:g}v10"/>'
    )
    text = f"{bar.value:.2f} {chart.unit} ({bar.low:.2f} to {bar.high:.2f})"
    yield _label(_RIGHT + 12, middle + 5, text, "start")


_TOP, _BOTTOM, _START, _END = 24, 190, 60, 600  # of the curve


def _curve(chart: Curve) -> tuple[int, list[str]]:
    values = [value for _, value in chart.points]
    highest = _ceiling(max(values))
    step = (_END - _START) / max(len(values) - 1, 1)
    places = [
        (_START + n * step, _BOTTOM - (_BOTTOM - _TOP) * v / highest) for n, v in enumerate(values)
    ]
    return 230, [
        *_grid(highest),
        f'<path class="curve" d="{_steps(places)}"/>',
        *(f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y in places),
        *_curve_labels(chart, places),
    ]


def _grid(highest: float) -> Iterator[str]:
    for share in (0, 0.5, 1):
        y = _BOTTOM - (_BOTTOM - _TOP) * share
        yield f'<line class="grid" x1="{_START}" y1="{y:g}" x2="{_END}" y2="{y:g}"/>'
        yield _label(_START - 10, y + 5, f"{highest * share:,g}", "end")


def _steps(places: Sequence[tuple[float, float]]) -> str:
    first, *rest = (f"{x:.1f} {y:.1f}" for x, y in places)
    return f"M{first}" + "".join(f"H{p.split()[0]}V{p.split()[1]}" for p in rest)


def _curve_labels(chart: Curve, places: Sequence[tuple[float, float]]) -> Iterator[str]:
    """Label each point where there is room, else the first and the last."""
    last = len(places) - 1
    for n, ((label, value), (x, y)) in enumerate(zip(chart.points, places, strict=True)):
        if n in (0, last) or last < _MOST_LABELS:
            # Right of the line that comes down to the point.
            yield _label(x + 7, y - 8, f"{value:,g}", "start")
        if n in (0, last):
            yield _label(x, _BOTTOM + 24, label, "middle")


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'


def _ceiling(value: float) -> float:
    """Return the next round number from a positive one on; 1 for 0."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * n for n in (1, 2, 3, 4, 5, 6, 8, 10, 20) if power * n >= value)


def _quoted(text: str) -> str:
    return f'"{text.replace(chr(34), chr(39))}"'
