"""Plain text as all verbs lay it out: columns, blocks, and long lists cut short."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence

from codemods.wording import output_line, visible

Row = Sequence[object]


class Detail(enum.IntEnum):
    """How much a verb prints: with -q, with neither, with -v."""

    QUIET = -1
    NORMAL = 0
    VERBOSE = 1


#: Of a longer list, the rest is counted.
MOST_LINES = 10


def table(head: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Format rows under a head: columns of numbers to the right, others to the left."""
    columns = list(zip(head, *rows, strict=True))
    right = [all(isinstance(cell, int | float) for cell in column[1:]) for column in columns]
    shown = [[visible(str(cell)) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return [_line(row, widths, right) for row in shown]


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = (
        cell.rjust(width) if to_right else cell.ljust(width)
        for cell, width, to_right in zip(row, widths, right, strict=True)
    )
    return "  ".join(cells).rstrip()


def shortened(label: str, texts: Sequence[str], detail: Detail = Detail.NORMAL) -> Iterator[str]:
    """Yield the first of many texts (VERBOSE: all) behind a label, and how many more there are."""
    most = len(texts) if detail is Detail.VERBOSE else MOST_LINES
    yield from (f"{label}{text}" for text in texts[:most])
    if len(texts) > most:
        yield f"{label}{len(texts) - most} more (-v names them)"


def joined(lines: Iterable[str]) -> str:
    """Return lines as one text, each safe to print: none has a line break of its own."""
    return "".join(f"{output_line(line)}\n" for line in lines)


def paragraphs(blocks: Iterable[Sequence[str]]) -> str:
    """Return blocks of lines as one text, an empty line between them; empty ones are left out."""
    return "\n".join(joined(block) for block in blocks if block) or "\n"
