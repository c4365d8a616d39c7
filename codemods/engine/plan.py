"""What an edit takes out of a module and puts in: the same plan for the edit and for its proof.

Positions are rows, see `codemods.engine.rows`, and lines for comments, which are in none.
"""

from __future__ import annotations

import ast
import enum
from typing import NamedTuple

#: Pairs of the name in the module that it is imported from, and the local one.
Names = tuple[tuple[str, str], ...]

#: The first and the last line, from 1.
Span = tuple[int, int]


class Where(enum.Enum):
    """Where a new import stands, as seen from a row."""

    AFTER = "after"  # below the row
    INSTEAD = "instead"  # in the place of the removed definition in the row
    TOP = "top"  # above all rows


class NewImport(NamedTuple):
    """One import to insert among the rows.

    A blank line may set it off above, and below, where None leaves what is there.
    """

    where: Where
    row: int
    module: str
    names: Names
    blank_above: bool = False
    blank_below: bool | None = None


class JoinedImport(NamedTuple):
    """One import statement that gets more names at its end."""

    row: int
    statement: int
    names: Names


class InnerImport(NamedTuple):
    """One import that replaces a definition inside of a row.

    `ordinal` counts the definitions of the row in the order of the text, from 0.
    """

    row: int
    ordinal: int
    module: str
    names: Names


class NewAttribute(NamedTuple):
    """One assignment to insert in a class body: as its first statement, below the docstring.

    `row` and `ordinal` say which class, as for `InnerImport`.
    """

    row: int
    ordinal: int
    name: str
    value: bool


class Renamed(NamedTuple):
    """One place where a name stands that becomes another one.

    `column` counts bytes of UTF-8 from 0, as `ast` does.
    """

    line: int
    column: int
    old: str
    new: str


#: What changes inside of a row.
Inner = InnerImport | NewAttribute


class EditPlan(NamedTuple):
    """Everything that one edit does.

    `removed` are the rows of the definitions to remove, `comments` the lines to remove that hold
    nothing but comments, or are blank. A plan with `renamed` has nothing else.
    """

    removed: tuple[int, ...] = ()
    inserted: tuple[NewImport, ...] = ()
    joined: tuple[JoinedImport, ...] = ()
    inner: tuple[Inner, ...] = ()
    comments: tuple[Span, ...] = ()
    renamed: tuple[Renamed, ...] = ()

    def from_row(self, first: int) -> EditPlan:
        """Return the same plan for a module that begins with one of the rows."""
        return self._replace(
            removed=tuple(row - first for row in self.removed),
            inserted=tuple(new._replace(row=new.row - first) for new in self.inserted),
            joined=tuple(one._replace(row=one.row - first) for one in self.joined),
            inner=tuple(one._replace(row=one.row - first) for one in self.inner),
        )

    def inside(self) -> dict[int, dict[int, Inner]]:
        """Return the changes inside of each row, by the ordinals of its definitions."""
        found: dict[int, dict[int, Inner]] = {}
        for one in self.inner:
            found.setdefault(one.row, {})[one.ordinal] = one
        return found


def import_node(module: str, names: Names) -> ast.ImportFrom:
    """Return the syntax tree of an import."""
    return ast.ImportFrom(module, alias_nodes(names), 0)


def assignment_node(name: str, value: bool) -> ast.Assign:
    """Return the syntax tree of an assignment."""
    return ast.Assign([ast.Name(name, ast.Store())], ast.Constant(value))


def alias_nodes(names: Names) -> list[ast.alias]:
    """Return the syntax trees of the names of an import."""
    return [ast.alias(name, None if name == local else local) for name, local in names]
