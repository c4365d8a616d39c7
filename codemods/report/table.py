"""Plain text as all verbs lay it out: columns, blocks, and long lists cut short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Row = Sequence[object]

#: Of a longer list, the rest is counted.
MOST_LINES = 10


def table(head: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Format rows under a head: columns of numbers to the right, others to the left."""
    columns = list(zip(head, *rows, strict=True))
    widths = [max(len(str(cell)) for cell in column) for column in columns]
    right = [all(isinstance(cell, int | float) for cell in column[1:]) for column in columns]
    return [_line(row, widths, right) for row in (head, *rows)]


def _line(row: Row, widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = (
        str(cell).rjust(width) if to_right else str(cell).ljust(width)
        for cell, width, to_right in zip(row, widths, right, strict=True)
    )
    return "  ".join(cells).rstrip()


def markdown_table(head: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Format rows as a Markdown table."""
    right = [all(isinstance(row[n], int | float) for row in rows) for n in range(len(head))]
    rule = ["---:" if to_right else "---" for to_right in right]
    return [f"| {' | '.join(_escape(cell) for cell in row)} |" for row in (head, rule, *rows)]


def _escape(cell: object) -> str:
    return str(cell).replace("|", "\\|").replace("\n", " ")


def shortened(label: str, texts: Sequence[str]) -> Iterator[str]:
    """Yield the first lines of many, each with a label, and how many more there are."""
    yield from (f"{label}{text}" for text in texts[:MOST_LINES])
    if len(texts) > MOST_LINES:
        yield f"{label}and {len(texts) - MOST_LINES} more"


def joined(lines: Iterable[str]) -> str:
    """Return lines as one text."""
    return "".join(f"{line}\n" for line in lines)


def paragraphs(blocks: Iterable[Sequence[str]]) -> str:
    """Return blocks of lines as one text, an empty line between them; empty ones are left out."""
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"
