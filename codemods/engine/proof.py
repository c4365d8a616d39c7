"""The check that no edit went wrong, made without the code that edited.

It compares what an edit gave with what its plan allowed: the syntax trees, and the bytes of each
line. A difference is a sentence, not an exception, because the file is then simply left alone.
"""

from __future__ import annotations

import ast
import codecs
import io
import re
import tokenize
from collections.abc import Iterator

from codemods.engine.names import module_names
from codemods.engine.plan import ImportChange, Plan, Row, Where, first_line, is_emptied, rows_of
from codemods.engine.text import Unparsable, compiles, decoded, parse
from codemods.model import Reason, Target, Verdict
from codemods.rewrites.replace_local_copies.decide import decide

_Span = tuple[int, int]  # the first and the last line, from 1


def difference(
    before: bytes, tree: ast.Module, after: bytes, plan: Plan, path: str, target: Target
) -> str | None:
    """Say in which way the result of an edit is not what was planned.

    Args:
        before: the file, and `tree` what `ast` makes of it.
        after: the edited file.
        plan: what the edit was to do.
        path: for messages, and for the second run.
        target: for the second run.

    Returns:
        None where the result compiles, its syntax tree is the old one but for the plan, each
        other line is byte for byte what it was, and a second run would change nothing.

    """
    text = decoded(after)
    if isinstance(text, Reason):
        return f"it would be no text: {text.message}"
    try:
        after_tree = parse(after, path)
        compiles(after_tree, path)
    except Unparsable as error:
        return f"it would not compile: {error}"
    old_lines, new_lines = _split(before), _split(after)
    rows = rows_of(tree)
    expected = list(_expected_statements(rows, plan))
    pairs = list(zip(expected, after_tree.body, strict=False))
    if len(expected) != len(after_tree.body) or not all(
        (not ours and _same_text(old_lines, wanted, new_lines, new))
        or ast.dump(wanted) == ast.dump(new)
        for (wanted, ours), new in pairs
    ):
        return "the syntax tree would change beyond the class and its imports"
    spans = [_span(new) for (_, ours), new in pairs if ours]
    if _encoding(before) != _encoding(after) or not _same_lines(
        old_lines, new_lines, rows, plan, spans
    ):
        return "a line beside the class and its imports would change"
    again = decide(module_names(after_tree), text, path, target)
    if any(d.verdict is Verdict.REPLACE for d in again):
        return "a second run would change it again"
    return None


def _same_text(
    old_lines: list[bytes], old: ast.stmt, new_lines: list[bytes], new: ast.stmt
) -> bool:
    """Tell whether two statements, as CPython found them, are spelled alike.

    The syntax tree of a statement of a module depends on nothing but its text, in one encoding.
    """
    if (old.col_offset, old.end_col_offset) != (new.col_offset, new.end_col_offset):
        return False
    (first, last), (new_first, new_last) = _span(old), _span(new)
    ours, theirs = old_lines[first - 1 : last], new_lines[new_first - 1 : new_last]
    # The end of the last line is not part of the statement.
    return ours[:-1] == theirs[:-1] and ours[-1].rstrip(b"\r\n") == theirs[-1].rstrip(b"\r\n")


def _encoding(source: bytes) -> str:
    """Give the encoding by PEP 263, with a name of its own for a BOM."""
    return tokenize.detect_encoding(io.BytesIO(source).readline)[0]


def _expected_statements(rows: list[Row], plan: Plan) -> Iterator[tuple[ast.stmt, bool]]:
    """Give the statements of the module as they should be, and which of them the plan wrote."""
    changes = {(c.row, c.statement): c for c in plan.changes}
    yield from _new_imports(plan, Where.TOP, 0)
    for index, row in enumerate(rows):
        if index in plan.copies:
            yield from _new_imports(plan, Where.INSTEAD, index)
        else:
            # What stays of a row that changes stands on a changed line.
            touched = any(change.row == index for change in plan.changes)
            for number, statement in enumerate(row.statements):
                change = changes.get((index, number))
                if change is None:
                    yield statement, touched
                elif not is_emptied(statement, change):
                    yield _changed(statement, change), True
        yield from _new_imports(plan, Where.AFTER, index)


def _new_imports(plan: Plan, where: Where, row: int) -> Iterator[tuple[ast.stmt, bool]]:
    for new in plan.inserts:
        if new.where is where and new.row == row:
            yield ast.ImportFrom(new.module, _aliases(new.names), 0), True


def _aliases(names: tuple[tuple[str, str], ...]) -> list[ast.alias]:
    return [ast.alias(shared, None if shared == local else local) for shared, local in names]


def _changed(statement: ast.stmt, change: ImportChange) -> ast.stmt:
    assert isinstance(statement, ast.Import | ast.ImportFrom)
    kept = [a for i, a in enumerate(statement.names) if i not in change.drop]
    names = [*kept, *_aliases(change.add)]
    if isinstance(statement, ast.Import):
        return ast.Import(names)
    return ast.ImportFrom(statement.module, names, statement.level)


def _span(node: ast.stmt) -> _Span:
    return first_line(node), node.end_lineno or node.lineno


def _same_lines(
    old_lines: list[bytes], new_lines: list[bytes], rows: list[Row], plan: Plan, new: list[_Span]
) -> bool:
    """Compare the lines outside the plan; a comment is a line like any other.

    Blank lines are left out: a gap closes by PEP 8. (Those in strings are in the syntax tree.)
    """
    copies = [(rows[index].line, rows[index].end_line) for index in plan.copies]
    edited = [(rows[c.row].line, rows[c.row].end_line) for c in plan.changes]
    may_go = {number for copy in copies for number in _attached_comments(old_lines, copy)}
    old = _outside(old_lines, [*copies, *edited])
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


def _ended(line: bytes, now: bytes) -> bool:
    return not line.endswith((b"\n", b"\r")) and now.rstrip(b"\r\n") == line


def _split(source: bytes) -> list[bytes]:
    """Split as the tokenizer does: at LF, CR and CRLF, not at a form feed."""
    # The BOM belongs to the file, not to its first line.
    return source.removeprefix(codecs.BOM_UTF8).splitlines(keepends=True)


def _outside(lines: list[bytes], spans: list[_Span]) -> list[tuple[int, bytes]]:
    """Give the lines that are in no span and not blank, each with its number."""
    inside = {number for first, last in spans for number in range(first, last + 1)}
    numbered = enumerate(lines, start=1)
    return [(n, line) for n, line in numbered if n not in inside and line.strip(b" \t\r\n")]


def _attached_comments(lines: list[bytes], copy: _Span) -> list[int]:
    """Give the numbers of the comment lines directly above a class and, indented, below it."""
    first, last = copy
    above, below = first - 1, last + 1
    while above >= 1 and lines[above - 1].lstrip(b" \t").startswith(b"#"):
        above -= 1
    while below <= len(lines) and re.match(rb"[ \t]+#", lines[below - 1]):
        below += 1
    return [*range(above + 1, first), *range(last + 1, below)]
