"""Aligned columns of plain text, the one table of all verbs."""

from __future__ import annotations

from collections.abc import Sequence

Row = Sequence[object]


def table(head: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Lay out rows under a head: numbers to the right, anything else to the left.

    A column is one of numbers where each cell below the head is one.
    """
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
    """Lay out rows as a Markdown table."""
    right = [all(isinstance(row[n], int | float) for row in rows) for n in range(len(head))]
    rule = ["---:" if to_right else "---" for to_right in right]
    return [f"| {' | '.join(_escape(cell) for cell in row)} |" for row in (head, rule, *rows)]


def _escape(cell: object) -> str:
    return str(cell).replace("|", "\\|").replace("\n", " ")


def plural(number: int, noun: str) -> str:
    """Say a number of things, with thousands set apart."""
    if number == 1:
        return f"1 {noun}"
    nouns = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {nouns}"
