"""What an edit takes out of a module and puts in: the same plan for the edit and for its proof.

Positions are rows: a row is one statement of the module's body, or several on one line with
semicolons between them. LibCST's ``Module.body`` has the same rows.
"""

from __future__ import annotations

import ast
import enum
from typing import NamedTuple


class Row(NamedTuple):
    """Statements of the module's body that share a line."""

    statements: tuple[ast.stmt, ...]

    @property
    def line(self) -> int:
        """The first line, decorators included."""
        return first_line(self.statements[0])

    @property
    def end_line(self) -> int:
        """The last line."""
        return self.statements[-1].end_lineno or self.statements[-1].lineno


class Where(enum.Enum):
    """Where a new import stands, as seen from a row."""

    AFTER = "after"  # below the row
    INSTEAD = "instead"  # in the place of the copy in the row
    TOP = "top"  # above all rows


class NewImport(NamedTuple):
    """One import to insert. `names` are pairs of the shared name and the local one."""

    where: Where
    row: int
    module: str
    names: tuple[tuple[str, str], ...]


class ImportChange(NamedTuple):
    """One import statement that loses aliases (by index) or gets names at its end."""

    row: int
    statement: int
    drop: frozenset[int] = frozenset()
    add: tuple[tuple[str, str], ...] = ()


class Plan(NamedTuple):
    """Everything that one edit does. `copies` are the rows of the classes that go."""

    copies: tuple[int, ...]
    inserts: tuple[NewImport, ...]
    changes: tuple[ImportChange, ...]

    def gone(self, rows: list[Row]) -> set[int]:
        """Give the rows of which nothing stays: the copies and the imports that go whole."""
        gone = set(self.copies)
        for change in self.changes:
            row = rows[change.row]
            if len(row.statements) == 1 and is_emptied(row.statements[0], change):
                gone.add(change.row)
        return gone


def first_line(statement: ast.stmt) -> int:
    """Give the line of a statement, or of its first decorator."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(d.lineno for d in decorators)])


def is_emptied(statement: ast.stmt, change: ImportChange) -> bool:
    """Tell whether a change takes every alias of an import."""
    assert isinstance(statement, ast.Import | ast.ImportFrom)
    return not change.add and len(change.drop) == len(statement.names)


def rows_of(tree: ast.Module) -> list[Row]:
    """Group the statements of a module's body by line."""
    rows: list[Row] = []
    for statement in tree.body:
        if rows and not hasattr(statement, "body") and statement.lineno == rows[-1].end_line:
            rows[-1] = Row((*rows[-1].statements, statement))
        else:
            rows.append(Row((statement,)))
    return rows
