"""The check that no edit went wrong, made without the code that edited.

It compares what an edit gave with what its plan allowed: the syntax trees, and the bytes of each
line. A difference is a sentence, not an exception, because the file then stays unchanged.
"""

from __future__ import annotations

import ast
import codecs
import re
from collections.abc import Iterator

from codemods.engine.comments import comment_lines
from codemods.engine.plan import (
    EditPlan,
    Inner,
    InnerImport,
    JoinedImport,
    Span,
    Where,
    alias_nodes,
    assignment_node,
    import_node,
)
from codemods.engine.renaming import difference_in_names
from codemods.engine.rows import (
    Row,
    below_docstring,
    definitions_in,
    first_line,
    last_line,
    rows_of,
)
from codemods.engine.text import Unparsable, compiles, decoded, encoding_of, parse
from codemods.engine.walk import walk_statements


def difference(before: bytes, tree: ast.Module, after: bytes, plan: EditPlan) -> str | None:
    """Return in which way the result of an edit is not what was planned.

    Args:
        before: the file, and `tree` what `ast` makes of it.
        after: the edited file.
        plan: what the edit was to do.

    Returns:
        None where the result compiles, its syntax tree is the old one but for the plan, its
        docstring is the old one, and each other line is byte for byte the same.

    """
    try:
        decoded(after)
    except Unparsable as error:
        return f"it would be no text: {error}"
    try:
        after_tree = parse(after)
        compiles(after_tree)
    except Unparsable as error:
        return f"it would not compile: {error}"
    if plan.renamed:
        return difference_in_names(before, tree, after, after_tree, plan.renamed)
    if ast.get_docstring(tree, clean=False) != ast.get_docstring(after_tree, clean=False):
        return "the docstring of the module would change"
    old_lines, new_lines = _split(before), _split(after)
    if not _are_comments(before, old_lines, plan.comments):
        return "a line that holds more than a comment would be removed"
    rows = rows_of(tree)
    expected = list(_expected_statements(rows, plan))
    pairs = list(zip(expected, after_tree.body, strict=False))
    stays = set(map(id, tree.body))
    if len(expected) != len(after_tree.body) or not all(
        (id(wanted) in stays and _same_text(old_lines, wanted, new_lines, new))
        or ast.dump(wanted) == ast.dump(new)
        for (wanted, _), new in pairs
    ):
        return "the syntax tree would change beyond what was planned"
    spans = [s for (wanted, ours), new in pairs for s in _written(wanted, new, whole=ours)]
    if encoding_of(before) != encoding_of(after) or not _same_lines(
        old_lines, new_lines, rows, plan, spans
    ):
        return "a line beside what was planned would change"
    return None


def _are_comments(source: bytes, lines: list[bytes], spans: tuple[Span, ...]) -> bool:
    """Return whether all lines of some spans hold a comment and nothing else, or are blank."""
    comments = comment_lines(source) if spans else {}
    return all(
        number in comments or not lines[number - 1].strip(b" \t\r\n")
        for first, last in spans
        for number in range(first, last + 1)
    )


def _same_text(
    old_lines: list[bytes], old: ast.stmt, new_lines: list[bytes], new: ast.stmt
) -> bool:
    """Return whether two statements, as CPython found them, are spelled alike.

    The syntax tree of a statement of a module depends on nothing but its text, in one encoding.
    """
    if (old.col_offset, old.end_col_offset) != (new.col_offset, new.end_col_offset):
        return False
    (first, last), (new_first, new_last) = _span(old), _span(new)
    ours, theirs = old_lines[first - 1 : last], new_lines[new_first - 1 : new_last]
    # The end of the last line is not part of the statement.
    return ours[:-1] == theirs[:-1] and ours[-1].rstrip(b"\r\n") == theirs[-1].rstrip(b"\r\n")


def _expected_statements(rows: list[Row], plan: EditPlan) -> Iterator[tuple[ast.stmt, bool]]:
    """Yield the statements of the module as they should be, and which are new or in a new line."""
    joined = {(j.row, j.statement): j for j in plan.joined}
    removed = set(plan.removed)
    inner = plan.inside()
    yield from _new_imports(plan, Where.TOP, 0)
    for index, row in enumerate(rows):
        if index in removed:
            yield from _new_imports(plan, Where.INSTEAD, index)
        elif index in inner:
            yield _with_changes(row.statements[0], inner[index]), False
        else:
            # What stays of a row that changes stands on a changed line.
            touched = any(j.row == index for j in plan.joined)
            for number, statement in enumerate(row.statements):
                change = joined.get((index, number))
                yield statement if change is None else _longer(statement, change), touched
        yield from _new_imports(plan, Where.AFTER, index)


def _new_imports(plan: EditPlan, where: Where, row: int) -> Iterator[tuple[ast.stmt, bool]]:
    for new in plan.inserted:
        if new.where is where and new.row == row:
            yield import_node(new.module, new.names), True


def _longer(statement: ast.stmt, joined: JoinedImport) -> ast.stmt:
    assert isinstance(statement, ast.ImportFrom)
    names = [*statement.names, *alias_nodes(joined.names)]
    return ast.ImportFrom(statement.module, names, statement.level)


def _with_changes(statement: ast.stmt, changes: dict[int, Inner]) -> ast.stmt:
    """Copy a statement, with some of the definitions in it changed; what is new has no place."""
    wanted = {
        id(node): new
        for ordinal, node in enumerate(definitions_in(statement))
        if (new := changes.get(ordinal)) is not None
    }

    def rebuilt(node: ast.AST) -> ast.AST:
        new = wanted.get(id(node))
        if isinstance(new, InnerImport):
            return import_node(new.module, new.names)
        copy = node.__class__(**{f: value(v) for f, v in ast.iter_fields(node)})
        if new is not None:
            assert isinstance(node, ast.ClassDef)
            assert isinstance(copy, ast.ClassDef)
            copy.body.insert(below_docstring(node.body), assignment_node(new.name, new.value))
        return ast.copy_location(copy, node)

    def value(old: object) -> object:
        if isinstance(old, list):
            return [value(v) for v in old]
        return rebuilt(old) if isinstance(old, ast.AST) else old

    result = rebuilt(statement)
    assert isinstance(result, ast.stmt)
    return result


def _written(wanted: ast.stmt, new: ast.stmt, *, whole: bool) -> Iterator[Span]:
    """Yield the lines of a statement that the plan wrote: all, or those of what has no place."""
    if whole:
        yield _span(new)
        return
    for ours, theirs in zip(walk_statements([wanted]), walk_statements([new]), strict=True):
        if isinstance(ours, ast.stmt) and not hasattr(ours, "lineno"):
            assert isinstance(theirs, ast.stmt)
            yield _span(theirs)


def _span(node: ast.stmt) -> Span:
    return first_line(node), last_line(node)


def _same_lines(
    old_lines: list[bytes],
    new_lines: list[bytes],
    rows: list[Row],
    plan: EditPlan,
    new: list[Span],
) -> bool:
    """Compare the lines outside the plan; a comment is a line like any other.

    Blank lines are left out: a gap closes by PEP 8. (Those in strings are in the syntax tree.)
    """
    removed = [rows[index].statements[0] for index in plan.removed]
    imports = [i for i in plan.inner if isinstance(i, InnerImport)]
    definitions = {i.row: list(definitions_in(rows[i.row].statements[0])) for i in imports}
    removed += [definitions[inner.row][inner.ordinal] for inner in imports]
    copies = list(map(_span, removed))
    edited = sorted({(rows[j.row].line, rows[j.row].end_line) for j in plan.joined})
    if _comments(old_lines, edited) != _comments(new_lines, new):
        return False
    may_go = {number for node in removed for number in _attached_comments(old_lines, node)}
    old = _outside(old_lines, [*copies, *edited, *plan.comments])
    rest = iter(_outside(new_lines, new))
    wanted = next(rest, None)
    for number, line in old:
        # A last line without its end gets one where the import now stands below it.
        below = wanted is not None and wanted[0] < len(new_lines)
        if wanted is not None and (line == wanted[1] or (below and _ended(line, wanted[1]))):
            wanted = next(rest, None)
        elif number not in may_go:
            return False
    return wanted is None


def _comments(lines: list[bytes], spans: list[Span]) -> list[bytes]:
    """Return what stands behind a ``#`` in some imports, which hold no strings."""
    inside = [line for first, last in spans for line in lines[first - 1 : last]]
    return [n[n.index(b"#") :].removesuffix(b"\n") for n in inside if b"#" in n]


def _ended(line: bytes, now: bytes) -> bool:
    return not line.endswith((b"\n", b"\r")) and now.rstrip(b"\r\n") == line


def _split(source: bytes) -> list[bytes]:
    """Split as the tokenizer does: at LF, CR and CRLF, not at a form feed."""
    # The BOM belongs to the file, not to its first line.
    return source.removeprefix(codecs.BOM_UTF8).splitlines(keepends=True)


def _outside(lines: list[bytes], spans: list[Span]) -> list[tuple[int, bytes]]:
    """Return the lines that are in no span and not blank, each with its number."""
    inside = {number for first, last in spans for number in range(first, last + 1)}
    numbered = enumerate(lines, start=1)
    return [(n, line) for n, line in numbered if n not in inside and line.strip(b" \t\r\n")]


def _attached_comments(lines: list[bytes], removed: ast.stmt) -> list[int]:
    """Return the comment lines directly above a definition and, further in, directly below it."""
    first, last = _span(removed)
    inside = re.compile(rb"[ \t]{%d,}#" % (removed.col_offset + 1))
    above, below = first - 1, last + 1
    while above >= 1 and lines[above - 1].lstrip(b" \t").startswith(b"#"):
        above -= 1
    while below <= len(lines) and inside.match(lines[below - 1]):
        below += 1
    return [*range(above + 1, first), *range(last + 1, below)]
