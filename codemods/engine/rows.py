"""The statements of a module's body as rows: what shares a line is one row.

LibCST's ``Module.body`` has the same rows.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from codemods.engine.scopes import DEFINITIONS
from codemods.engine.walk import walk_statements


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
        return last_line(self.statements[-1])


def first_line(statement: ast.stmt) -> int:
    """Return the line of a statement, or of its first decorator."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(d.lineno for d in decorators)])


def last_line(statement: ast.stmt) -> int:
    """Return the last line of a statement."""
    return statement.end_lineno or statement.lineno


def rows_of(tree: ast.Module) -> list[Row]:
    """Group the statements of a module's body by line."""
    rows: list[Row] = []
    for statement in tree.body:
        if rows and not hasattr(statement, "body") and statement.lineno == rows[-1].end_line:
            rows[-1] = Row((*rows[-1].statements, statement))
        else:
            rows.append(Row((statement,)))
    return rows


def is_string(statement: ast.stmt) -> bool:
    """Whether a statement is nothing but a string, as a docstring is."""
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
    return False


def below_docstring(body: list[ast.stmt]) -> int:
    """Return how many statements of a body stand on the lines of the docstring that begins it."""
    number = 0
    if is_string(body[0]):
        number = 1
        while number < len(body) and body[number].lineno == last_line(body[number - 1]):
            number += 1
    return number


def definitions_in(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Yield the classes and functions in a statement, itself included, in the order of the text.

    The same order as LibCST visits them in.
    """
    found = [n for n in walk_statements([statement]) if isinstance(n, DEFINITIONS)]
    yield from sorted(found, key=lambda n: (n.lineno, n.col_offset))
