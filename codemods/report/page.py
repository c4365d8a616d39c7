"""A page as blocks, and the same blocks as Markdown and as one HTML file.

`Code` is for each text that comes from files, settings or arguments: a code host makes no mention,
reference, link or tag of what stands in it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from string import Template
from typing import NamedTuple

from codemods.wording import visible


class Code(NamedTuple):
    """A text that others wrote, to be shown as it is."""

    text: str


class Message(NamedTuple):
    """A message of ours about what others wrote, which stands in backticks."""

    text: str


class Strong(NamedTuple):
    """A text of our own that stands out."""

    text: str


Text = str | Code | Message
Inline = Text | Strong
Cell = Text | int


class Heading(NamedTuple):
    """The head of a section."""

    text: str


class Paragraph(NamedTuple):
    """Some text."""

    parts: tuple[Inline, ...]


class Figure(NamedTuple):
    """A figure with its name, and what else there is to say of it."""

    name: str
    value: str
    note: tuple[Text, ...]


class Figures(NamedTuple):
    """The few figures that matter most."""

    figures: tuple[Figure, ...]


class Table(NamedTuple):
    """Rows under a head; a column of numbers is set to the right."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Details(NamedTuple):
    """A list that opens on demand."""

    summary: tuple[Inline, ...]
    items: tuple[tuple[Inline, ...], ...]


class Diff(NamedTuple):
    """Lines that others wrote, coloured as a diff where a code host does."""

    lines: tuple[str, ...]


class Bar(NamedTuple):
    """One bar, with `text` for its value; the state before the change is hollow."""

    label: str
    is_before: bool
    value: float
    text: str


class Bars(NamedTuple):
    """Bars that start at 0; at least one."""

    title: str
    bars: tuple[Bar, ...]

    @property
    def highest(self) -> float:
        """The value of the longest bar; never 0."""
        return max(bar.value for bar in self.bars) or 1.0


Block = Heading | Paragraph | Figures | Table | Details | Diff | Bars

#: A code host cuts a comment behind 65,536 characters, and a character is at least a byte.
_MOST_BYTES = 65_000
#: How much of each list and table is shown: the first number with which the page is short enough.
MOST_ITEMS = (200, 50, 10, 3, 0)
#: A longer table is folded.
_FEW_ROWS = 20
#: Of a text that others wrote.
_MOST_CHARACTERS = 300
#: What a phone shows of a line in a fixed font, and the least of it for a bar.
_COLUMNS, _LEAST = 44, 8


def as_markdown(title: tuple[Inline, ...], blocks: Sequence[Block], rest: str) -> str:
    """Format the page as GitHub Flavored Markdown, short enough for a comment on a code host.

    `rest` is where the whole of a list is that was cut: a command, or a file.
    """
    for most in MOST_ITEMS:
        shown = [f"# {_inlines(title)}"]
        shown += ["\n".join(_markdown(block, _Cut(most, rest))) for block in blocks]
        text = "\n\n".join(shown) + "\n"
        if len(text.encode()) < _MOST_BYTES:
            return text
    ends = accumulate(len(block.encode()) + 2 for block in shown)
    fitting = [block for block, end in zip(shown, ends, strict=True) if end < _MOST_BYTES - 2000]
    end = f"The page is cut here; the whole of it: {_markdown_code(rest)}\n"
    return "\n\n".join([*fitting, end])


def as_html(title: tuple[Inline, ...], blocks: Sequence[Block]) -> str:
    """Format the page as one HTML file that loads nothing and runs nothing."""
    page, style = (Path(__file__).with_suffix(end).read_text("utf-8") for end in (".html", ".css"))
    return Template(page).substitute(
        plain="".join(escaped(p if isinstance(p, str) else p.text) for p in title),
        style=style,
        title=_html_inlines(title),
        blocks="\n".join(line for block in blocks for line in _html(block)),
    )


# Markdown


class _Cut(NamedTuple):
    """How much of a list is shown, and where the rest is."""

    most: int
    rest: str

    def of(self, items: Sequence[object]) -> Iterator[str]:
        """Yield how many more items there are, if any."""
        if len(items) > self.most:
            number = f"{len(items) - self.most:,}"
            yield f"and {number} more: {_markdown_code(self.rest)}"


def _markdown(block: Block, cut: _Cut) -> Iterator[str]:
    match block:
        case Heading(text):
            yield f"## {_markdown_text(text)}"
        case Paragraph(parts):
            yield _inlines(parts)
        case Figures(figures):
            yield from ("| figure | now | details |", "| --- | --- | --- |")
            for figure in figures:
                value = f"**{_markdown_text(figure.value)}**"
                note = "".join(map(_markdown_cell, figure.note))
                yield _row([_markdown_text(figure.name), value, note])
        case Table(head, rows):
            yield from _folded(head, rows, _markdown_table(head, rows, cut))
        case Details(summary, items):
            yield f"<details><summary>{_html_inlines(summary)}</summary>"
            yield ""
            yield from (f"- {_inlines(item)}" for item in items[: cut.most])
            yield from (f"- {more}" for more in cut.of(items))
            yield ""
            yield "</details>"
        case Diff(lines):
            yield from _fenced("diff", lines[: cut.most])
            yield from (f"\n{more}" for more in cut.of(lines))
        case Bars(title):
            yield f"{_markdown_text(title)}:"
            yield ""
            yield from _fenced("text", [*bar_lines(block)])


def _markdown_table(
    head: tuple[str, ...], rows: tuple[tuple[Cell, ...], ...], cut: _Cut
) -> Iterator[str]:
    yield _row([_markdown_text(name) for name in head])
    yield _row(["---:" if to_right else "---" for to_right in _numbers(head, rows)])
    yield from (_row([_markdown_cell(cell) for cell in row]) for row in rows[: cut.most])
    yield from (f"\n{more}" for more in cut.of(rows))


def _fenced(kind: str, lines: Sequence[str]) -> Iterator[str]:
    shown = [visible(line) for line in lines]
    fence = max(["``", *re.findall("`+", "".join(shown))], key=len) + "`"
    yield from (f"{fence}{kind}", *shown, fence)


def bar_lines(chart: Bars) -> Iterator[str]:
    """Yield a line for each bar."""
    labels = [visible(bar.label) for bar in chart.bars]
    widest = max(map(len, labels))
    room = max(_LEAST, _COLUMNS - widest - max(len(bar.text) for bar in chart.bars) - 2)
    for label, bar in zip(labels, chart.bars, strict=True):
        drawn = ("░" if bar.is_before else "█") * round(room * bar.value / chart.highest)
        yield f"{label:{widest}} {drawn} {bar.text}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _inlines(parts: Sequence[Inline]) -> str:
    return "".join(map(_inline, parts))


def _inline(part: Inline) -> str:
    if isinstance(part, Strong):
        return f"**{_markdown_text(part.text)}**"
    return _markdown_text(part) if isinstance(part, str) else _markdown_code(part.text)


def _markdown_text(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|#~&])", r"\\\1", visible(text))


def _markdown_code(text: str) -> str:
    """Return a code span, https://spec.commonmark.org/0.31.2/#code-spans."""
    shown = _clipped(text)
    runs = [len(run) for run in re.findall("`+", shown)]
    fence = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{pad}{shown}{pad}{fence}" if shown else ""


def _clipped(text: str) -> str:
    shown = visible(text)
    return shown if len(shown) <= _MOST_CHARACTERS else f"{shown[:_MOST_CHARACTERS]}…"


def _markdown_cell(cell: Cell) -> str:
    if isinstance(cell, Code | Message):
        if "\\|" in cell.text:
            # In a cell a backslash escapes the bar, and nothing escapes that backslash.
            shown = re.sub("[^A-Za-z0-9 ]", lambda m: f"&#{ord(m[0])};", _clipped(cell.text))
            return f"<code>{shown}</code>"
        return _markdown_code(cell.text).replace("|", "\\|")
    return _markdown_text(cell) if isinstance(cell, str) else f"{cell:,}"


# HTML


def _html(block: Block) -> Iterator[str]:
    match block:
        case Heading(text):
            yield f"<h2>{escaped(text)}</h2>"
        case Paragraph(parts):
            yield f"<p>{_html_inlines(parts)}</p>"
        case Figures(figures):
            yield '<dl class="figures">'
            for figure in figures:
                yield f"<div><dt>{escaped(figure.name)}</dt>"
                yield f"<dd>{escaped(figure.value)}</dd>"
                yield f'<dd class="note">{_html_inlines(figure.note)}</dd></div>'
            yield "</dl>"
        case Table(head, rows):
            yield from _folded(head, rows, _html_table(head, rows))
        case Details(summary, items):
            yield f"<details><summary>{_html_inlines(summary)}</summary>"
            yield "<ul>"
            yield from (f"<li>{_html_inlines(item)}</li>" for item in items)
            yield "</ul>"
            yield "</details>"
        case Diff(lines):
            yield from ("<pre>", *map(escaped, lines), "</pre>")
        case Bars(title, bars):
            yield "<figure>"
            yield f"<figcaption>{escaped(title)}</figcaption>"
            yield "<ul>"
            for bar in bars:
                kind = "before" if bar.is_before else "after"
                size = f'width="{100 * bar.value / block.highest:.1f}%" height="100%"'
                yield f"<li><span>{escaped(bar.label)}</span><span>{escaped(bar.text)}</span>"
                yield f'<svg aria-hidden="true"><rect class="{kind}" {size}/></svg></li>'
            yield "</ul>"
            yield "</figure>"


def _html_table(head: tuple[str, ...], rows: tuple[tuple[Cell, ...], ...]) -> Iterator[str]:
    classes = [' class="number"' if to_right else "" for to_right in _numbers(head, rows)]
    names = zip(classes, head, strict=True)
    yield '<div class="wide" tabindex="0"><table>'
    cells = "".join(f'<th scope="col"{c}>{escaped(name)}</th>' for c, name in names)
    yield f"<thead><tr>{cells}</tr></thead>"
    yield "<tbody>"
    for row in rows:
        pairs = zip(classes, row, strict=True)
        yield f"<tr>{''.join(f'<td{c}>{_html_cell(cell)}</td>' for c, cell in pairs)}</tr>"
    yield "</tbody>"
    yield "</table></div>"


def _html_inlines(parts: Sequence[Inline]) -> str:
    return "".join(map(_html_cell, parts))


def _html_cell(cell: Cell | Strong) -> str:
    match cell:
        case Code(text):
            return f"<code>{escaped(text)}</code>"
        case Strong(text):
            return f"<strong>{escaped(text)}</strong>"
        case Message(text):
            parts = [escaped(part) for part in text.split("`")]
            parts[1::2] = [f"<code>{part}</code>" for part in parts[1::2]]
            return "".join(parts)
    return escaped(cell) if isinstance(cell, str) else f"{cell:,}"


# Both


def escaped(text: str) -> str:
    """Return a text as HTML has it."""
    return html.escape(visible(text))


def _folded(head: Sequence[str], rows: Sequence[object], lines: Iterator[str]) -> Iterator[str]:
    """Yield the lines of a table; one with many rows opens on demand."""
    if len(rows) <= _FEW_ROWS:
        yield from lines
        return
    yield f"<details><summary>{len(rows):,} rows: {escaped(', '.join(head))}</summary>"
    yield from ("", *lines, "", "</details>")


def _numbers(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[bool]:
    columns = [[row[n] for row in rows] for n in range(len(head))]
    return [bool(c) and all(isinstance(cell, int) for cell in c) for c in columns]
