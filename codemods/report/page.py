"""A page as blocks, and the same blocks as Markdown and as one HTML file.

`Code` is for each text that comes from files, settings or arguments: a code host makes no mention,
reference, link or tag of what stands in it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codemods.report.chart import Bars, Curve, mermaid, svg
from codemods.wording import visible


@dataclass(frozen=True, slots=True)
class Code:
    """A text that others wrote, to be shown as it is."""

    text: str


Inline = str | Code
Cell = str | int | Code


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some text."""

    parts: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; a column of numbers is set to the right."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Details:
    """A list that opens on demand."""

    summary: tuple[Inline, ...]
    items: tuple[tuple[Inline, ...], ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """Lines that others wrote, coloured as a diff where a code host does."""

    lines: tuple[str, ...]


Block = Heading | Paragraph | Table | Details | Diff | Bars | Curve

#: Each line of a list or table takes a place in a pull request, which has room for 65,536
#: characters on GitHub.
MOST_ITEMS = 200


def as_markdown(title: tuple[Inline, ...], blocks: Sequence[Block]) -> str:
    """Format the page as GitHub Flavored Markdown."""
    head = f"# {_inlines(title)}"
    return "\n\n".join([head, *("\n".join(_markdown(block)) for block in blocks)]) + "\n"


def as_html(title: tuple[Inline, ...], blocks: Sequence[Block]) -> str:
    """Format the page as one HTML file that loads nothing and runs nothing."""
    plain = "".join(p.text if isinstance(p, Code) else p for p in title)
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{_escaped(plain)}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        "<main>",
        f"<h1>{_html_inlines(title)}</h1>",
    ]
    for number, block in enumerate(blocks):
        lines += _html(block, number)
    return "\n".join([*lines, "</main>", "</body>", "</html>"]) + "\n"


# Markdown


def _markdown(block: Block) -> Iterator[str]:
    match block:
        case Heading(text):
            yield f"## {_markdown_text(text)}"
        case Paragraph(parts):
            yield _inlines(parts)
        case Table(head, rows):
            right = _numbers(head, rows)
            yield _row([_markdown_text(name) for name in head])
            yield _row(["---:" if to_right else "---" for to_right in right])
            yield from (_row([_markdown_cell(cell) for cell in row]) for row in rows)
        case Details(summary, items):
            yield f"<details><summary>{_html_inlines(summary)}</summary>"
            yield ""
            yield from (f"- {_inlines(item)}" for item in items[:MOST_ITEMS])
            yield from (f"- {text}" for text in _more(items))
            yield ""
            yield "</details>"
        case Diff(lines):
            shown = [visible(line) for line in lines]
            fence = max(["``", *re.findall("`+", "".join(shown))], key=len) + "`"
            yield from (f"{fence}diff", *shown, fence)
        case Bars() | Curve():
            yield f"*{_markdown_text(block.about)}*"
            yield ""
            yield from mermaid(block)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _inlines(parts: Sequence[Inline]) -> str:
    return "".join(
        _markdown_code(p.text) if isinstance(p, Code) else _markdown_text(p) for p in parts
    )


def _markdown_text(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|#~&])", r"\\\1", visible(text))


def _markdown_code(text: str) -> str:
    """Return a code span, https://spec.commonmark.org/0.31.2/#code-spans."""
    shown = visible(text)
    runs = [len(run) for run in re.findall("`+", shown)]
    fence = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{pad}{shown}{pad}{fence}" if shown else ""


def _markdown_cell(cell: Cell) -> str:
    if isinstance(cell, Code):
        if "\\|" in cell.text:
            # In a cell a backslash escapes the bar, and nothing escapes that backslash.
            return f"<code>{re.sub('[^A-Za-z0-9 ]', _reference, visible(cell.text))}</code>"
        return _markdown_code(cell.text).replace("|", "\\|")
    return _markdown_text(cell) if isinstance(cell, str) else f"{cell:,}"


def _reference(match: re.Match[str]) -> str:
    return f"&#{ord(match.group())};"


# HTML


def _html(block: Block, number: int) -> Iterator[str]:
    match block:
        case Heading(text):
            yield f"<h2>{_escaped(text)}</h2>"
        case Paragraph(parts):
            yield f"<p>{_html_inlines(parts)}</p>"
        case Table(head, rows):
            yield from _html_table(head, rows)
        case Details(summary, items):
            yield f"<details><summary>{_html_inlines(summary)}</summary>"
            yield "<ul>"
            yield from (f"<li>{_html_inlines(item)}</li>" for item in items[:MOST_ITEMS])
            yield from (f"<li>{text}</li>" for text in _more(items))
            yield "</ul>"
            yield "</details>"
        case Diff(lines):
            yield from ("<pre>", *map(_escaped, lines), "</pre>")
        case Bars() | Curve():
            yield "<figure>"
            yield f"<figcaption>{_escaped(block.title)}</figcaption>"
            yield from svg(block, f"chart-{number}")
            yield "</figure>"


def _html_table(head: tuple[str, ...], rows: tuple[tuple[Cell, ...], ...]) -> Iterator[str]:
    classes = [' class="number"' if to_right else "" for to_right in _numbers(head, rows)]
    names = zip(classes, head, strict=True)
    yield '<div class="wide"><table>'
    cells = "".join(f'<th scope="col"{c}>{_escaped(name)}</th>' for c, name in names)
    yield f"<thead><tr>{cells}</tr></thead>"
    yield "<tbody>"
    for row in rows:
        pairs = zip(classes, row, strict=True)
        yield f"<tr>{''.join(f'<td{c}>{_html_cell(cell)}</td>' for c, cell in pairs)}</tr>"
    yield "</tbody>"
    yield "</table></div>"


def _html_inlines(parts: Sequence[Inline]) -> str:
    return "".join(_html_cell(part) for part in parts)


def _html_cell(cell: Cell) -> str:
    if isinstance(cell, Code):
        return f"<code>{_escaped(cell.text)}</code>"
    return _escaped(cell) if isinstance(cell, str) else f"{cell:,}"


def _escaped(text: str) -> str:
    return html.escape(visible(text))


# Both


def _numbers(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[bool]:
    """Return for each column whether it holds numbers."""
    columns = [[row[n] for row in rows] for n in range(len(head))]
    return [bool(c) and all(isinstance(cell, int) for cell in c) for c in columns]


def _more(items: Sequence[object]) -> Iterator[str]:
    if len(items) > MOST_ITEMS:
        yield f"and {len(items) - MOST_ITEMS:,} more, which the JSON has"


_STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --rule: #d1d9e0; --shade: #f6f8fa;
  --before: #8c959f; --after: #0969da;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --rule: #3d444d; --shade: #151b23;
    --before: #7d8590; --after: #4493f8;
  }
}
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
}
main { max-width: 52rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 {
  margin-top: 2.2rem; padding-bottom: .3rem; border-bottom: 1px solid var(--rule);
  font-size: 1.25rem;
}
p { overflow-wrap: anywhere; }
code {
  padding: .1em .3em; border-radius: 4px; background: var(--shade);
  font: .87em ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere;
}
.wide { overflow-x: auto; }
td code { overflow-wrap: normal; }
table { border-collapse: collapse; margin: .5rem 0 1rem; font-size: .95rem; }
th, td {
  padding: .35rem .75rem; border: 1px solid var(--rule); text-align: left; vertical-align: top;
}
th { background: var(--shade); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
details { margin: .4rem 0; }
summary { cursor: pointer; }
figure { margin: 1rem 0; }
figcaption { margin-bottom: .4rem; color: var(--soft); font-size: .95rem; }
svg { display: block; width: 100%; max-width: 40rem; height: auto; }
svg text { fill: var(--ink); font-size: 13px; }
.before { fill: var(--before); }
.after, .point { fill: var(--after); }
.whisker, .axis { fill: none; stroke: var(--ink); stroke-width: 1.5; }
.grid { stroke: var(--rule); }
.curve { fill: none; stroke: var(--after); stroke-width: 2; }
"""
