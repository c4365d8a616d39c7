"""Bars with their values: inline SVG for HTML, lines of text for Markdown."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import NamedTuple

from codemods.wording import visible

#: In SVG, about as many units as a phone has pixels: the text has the size that the style gives it.
_WIDTH, _ROW = 360, 40
#: In text, what a phone shows of a line in a fixed font, and the least of it for a bar.
_COLUMNS, _LEAST = 44, 8


class Bar(NamedTuple):
    """One bar, with `text` for its value; `low` and `high` are the ends of a whisker.

    The state before the change is hollow, the one after is filled.
    """

    label: str
    is_before: bool
    value: float
    text: str
    low: float = 0.0
    high: float = 0.0


class Bars(NamedTuple):
    """Bars that start at 0; at least one."""

    title: str
    bars: tuple[Bar, ...]


def as_text(chart: Bars) -> list[str]:
    """Return a line for each bar."""
    labels = [visible(bar.label) for bar in chart.bars]
    widest = max(map(len, labels))
    room = max(_LEAST, _COLUMNS - widest - max(len(bar.text) for bar in chart.bars) - 2)
    lines = []
    for label, bar in zip(labels, chart.bars, strict=True):
        length = round(room * bar.value / _highest(chart))
        drawn = ("░" if bar.is_before else "█") * length
        lines.append(f"{label:{widest}} {drawn} {bar.text}")
    return lines


def as_svg(chart: Bars, name: str) -> list[str]:
    """Return an inline SVG whose colours are variables of the page.

    The ids of its title and description begin with `name`, which is unique on the page.
    """
    about = "; ".join(f"{bar.label}: {bar.text}" for bar in chart.bars)
    rows = [line for n, bar in enumerate(chart.bars) for line in _row(chart, bar, n * _ROW)]
    return [
        f'<svg viewBox="0 0 {_WIDTH} {_ROW * len(chart.bars)}" role="img" '
        f'aria-labelledby="{name}-title {name}-about">',
        f'<title id="{name}-title">{escaped(chart.title)}</title>',
        f'<desc id="{name}-about">{escaped(about)}</desc>',
        *rows,
        "</svg>",
    ]


def _row(chart: Bars, bar: Bar, top: int) -> Iterator[str]:
    scale = (_WIDTH - 4) / _highest(chart)
    kind = "before" if bar.is_before else "after"
    yield f'<text x="1" y="{top + 14}">{escaped(bar.label)}</text>'
    yield f'<text x="{_WIDTH - 1}" y="{top + 14}" text-anchor="end">{escaped(bar.text)}</text>'
    width = f"{scale * bar.value:.1f}"
    yield f'<rect class="{kind}" x="2" y="{top + 20}" width="{width}" height="14"/>'
    if bar.high > bar.low:
        low, high = (f"{2 + scale * value:.1f}" for value in (bar.low, bar.high))
        path = f"M{low} {top + 23}v8M{low} {top + 27}H{high}M{high} {top + 23}v8"
        yield from (f'<path class="{style}" d="{path}"/>' for style in ("halo", "whisker"))


def _highest(chart: Bars) -> float:
    return max(max(bar.value, bar.high) for bar in chart.bars) or 1.0


def escaped(text: str) -> str:
    """Return a text as HTML and SVG have it."""
    return html.escape(visible(text))
