"""A LibCST module and a plan -> the edited module: the one place that changes a tree.

Only ``Module.body`` is rebuilt. Lines between two statements (blank ones and comments) belong to
the statement below them, or to ``Module.header`` and ``Module.footer`` at the ends; those around a
removed row are put together anew, the others stay what they were.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Sequence

import libcst as cst

from codemods.engine.comments import own_comment
from codemods.engine.plan import (
    EditPlan,
    Inner,
    JoinedImport,
    Names,
    NewAttribute,
    Where,
    import_node,
)

_Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
_DEFINITIONS = (cst.FunctionDef, cst.ClassDef)

#: What has no definition in it: most nodes of a file are in one of these.
_WITHOUT_DEFINITIONS = (cst.BaseExpression, cst.SimpleStatementLine)
#: In characters, as `black` has it; a longer import of several names has a line for each.
_LINE_LENGTH = 88


def edit(module: cst.Module, plan: EditPlan) -> cst.Module:
    """Carry out a plan that was made from the same bytes as a module; its rows are ``module.body``.

    The new module shares all nodes but those of the plan with the old one.
    """
    return _Editor(module, plan).edited()


class _Gap:
    """Stands among the lines above a statement where a row was removed."""


_Line = cst.EmptyLine | _Gap


class _Editor:
    def __init__(self, module: cst.Module, plan: EditPlan) -> None:
        self._module = module
        self._joined = {change.row: change for change in plan.joined}
        self._inner = plan.inside()
        self._removed = set(plan.removed)
        self._indent = module.default_indent
        self._inserts = plan.inserted
        self._body: list[_Statement] = []
        self._above: list[_Line] = []  # what stands above the next statement so far
        self._header: Sequence[cst.EmptyLine] | None = None
        self._apart: bool | None = None  # does the next statement want a blank line above?

    def edited(self) -> cst.Module:
        module = self._module
        self._above = list(module.header)
        for index, node in enumerate(module.body):
            self._take(index, _statement(node))
            self._insert(Where.AFTER, index)
        self._above.extend(module.footer)
        footer = self._resolved(None)
        last = len(module.body) - 1
        ends_anew = last in self._removed and not module.footer and not self._ends_in_import(last)
        if not self._body:
            # LibCST prints the footer of an empty module, and a newline where it has none.
            return module.with_changes(
                header=(),
                body=(),
                footer=footer,
                has_trailing_newline=bool(footer) and module.has_trailing_newline,
            )
        # The last line that stays had its newline, and keeps it.
        newline = module.has_trailing_newline or ends_anew
        return module.with_changes(
            header=self._header or (), body=self._body, footer=footer, has_trailing_newline=newline
        )

    def _ends_in_import(self, last: int) -> bool:
        return any(n.where is not Where.TOP and n.row == last for n in self._inserts)

    def _take(self, index: int, node: _Statement) -> None:
        if index == 0:
            self._insert_top()
        lines = node.leading_lines
        if self._apart and not any(line.comment is None for line in lines[:1]):
            self._above.append(_blank())
        if self._apart is False and all(map(_is_open, lines)):
            node = node.with_changes(leading_lines=())
        self._apart = None
        if index in self._removed:
            self._remove(index, node)
            return
        self._above.extend(node.leading_lines)
        self._emit(self._changed(index, node))

    def _emit(self, node: _Statement) -> None:
        lines = self._resolved(node)
        if not self._body:
            # LibCST keeps what stands above the first statement in the header.
            self._header, lines = lines, []
        self._body.append(node.with_changes(leading_lines=lines))
        self._above = []

    def _remove(self, index: int, node: _Statement) -> None:
        self._above.extend(node.leading_lines)
        del self._above[_start_of_own_comment(self._above) :]
        self._insert(Where.INSTEAD, index)
        self._above.append(_Gap())
        self._above.extend(_trailing_lines(node, self._module.default_indent))

    def _insert(self, where: Where, index: int) -> None:
        here = [new for new in self._inserts if new.where is where and new.row == index]
        for number, new in enumerate(here):
            if new.blank_above and number == 0:
                self._above = [_blank()]
            self._emit(_import_line(new.module, new.names, self._indent))
            self._apart = new.blank_below

    def _insert_top(self) -> None:
        imports = [new for new in self._inserts if new.where is Where.TOP]
        if not imports:
            return
        # They go below the comments of the file, above that of its first statement.
        comments = self._above
        split = _start_of_own_comment(comments)
        self._above = list(comments[:split])
        for new in imports:
            self._emit(_import_line(new.module, new.names, self._indent))
        first = self._module.body[0]
        blank = 2 if isinstance(first, _DEFINITIONS) else int(bool(imports[-1].blank_below))
        self._above = [*(_blank() for _ in range(blank))]
        self._above.extend(comments[split:])

    def _changed(self, index: int, node: _Statement) -> _Statement:
        joined = self._joined.get(index)
        if joined is not None:
            assert isinstance(node, cst.SimpleStatementLine)
            changed = _with_names(node.body[joined.statement], joined)
            if _is_made_too_long(node, changed) and not isinstance(changed.names, cst.ImportStar):
                changed = _name_by_name(changed, changed.names, self._indent)
            body = [*node.body]
            body[joined.statement] = changed
            return node.with_changes(body=body)
        inner = self._inner.get(index)
        if inner is None:
            return node
        changed_node = node.visit(_InnerEditor(inner, self._module.default_indent))
        assert isinstance(changed_node, cst.BaseCompoundStatement)
        return changed_node

    def _resolved(self, below: _Statement | None) -> list[cst.EmptyLine]:
        """Return the lines above `below`, with each gap closed by as many blank lines as belong."""
        runs = [list(run) for _, run in itertools.groupby(self._above, _is_open)]
        result: list[cst.EmptyLine] = []
        for number, run in enumerate(runs, start=1):
            if not any(isinstance(line, _Gap) for line in run):
                result.extend(line for line in run if isinstance(line, cst.EmptyLine))
                continue
            at_start = not self._body and not result
            at_end = number == len(runs) and below is None
            wanted = 0 if at_start or at_end else self._blank_lines(run, below)
            if wanted and not result and number < len(runs) and _is_open(self._above[-1]):
                # isort: two below imports only where a definition is next, or its own comment
                wanted = 1 if self._body and _is_import(self._body[-1]) else wanted
            if wanted and number < len(runs) and getattr(runs[number][0], "comment", None) is None:
                wanted -= 1  # a form feed comes next, and is a blank line as well
            result.extend(_pick(run, wanted))
        return result

    def _blank_lines(self, run: Sequence[_Line], below: _Statement | None) -> int:
        """Count the blank lines for a gap: PEP 8, two around a definition, else one at the most."""
        above = self._body[-1] if self._body else None
        if isinstance(above, _DEFINITIONS) or isinstance(below, _DEFINITIONS):
            return 2
        return int(any(isinstance(line, cst.EmptyLine) for line in run))


def _statement(node: cst.BaseStatement | cst.SimpleStatementLine) -> _Statement:
    assert isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement)
    return node


def _is_import(node: cst.CSTNode | None) -> bool:
    if not isinstance(node, cst.SimpleStatementLine):
        return False
    return isinstance(node.body[-1], cst.Import | cst.ImportFrom)


def _is_open(line: _Line) -> bool:
    """Return whether a line is a gap or blank. A form feed is a mark that stays."""
    if isinstance(line, _Gap):
        return True
    return line.comment is None and "\f" not in line.whitespace.value


def _pick(run: Sequence[_Line], wanted: int) -> list[cst.EmptyLine]:
    """Take blank lines from a run, the last ones first, and make what is missing."""
    gap = max(i for i, line in enumerate(run) if isinstance(line, _Gap))
    above = [line for line in run[:gap] if isinstance(line, cst.EmptyLine)]
    below = [line for line in run[gap:] if isinstance(line, cst.EmptyLine)]
    if len(above) >= wanted:
        return above[:wanted]
    picked = above + below[len(below) - (wanted - len(above)) :] if below else above
    return picked + [_blank() for _ in range(wanted - len(picked))]


def _blank() -> cst.EmptyLine:
    return cst.EmptyLine(indent=False)


def _start_of_own_comment(lines: Sequence[_Line]) -> int:
    """Return which of the lines above a statement is the first that belongs to it."""
    comments: list[str] = []
    for line in reversed(lines):
        if not isinstance(line, cst.EmptyLine) or line.comment is None:
            break
        comments.append(line.comment.value)
    return len(lines) - own_comment(comments[::-1])


def _trailing_lines(node: _Statement, default_indent: str) -> list[cst.EmptyLine]:
    """Return the lines inside a removed class, below its last statement, that stay.

    Those are all from the first blank line on. They keep their place on the line.
    """
    footers: list[tuple[str, cst.EmptyLine]] = []

    def collect(block: cst.CSTNode, indent: str) -> None:
        if not isinstance(block, cst.IndentedBlock):
            return
        inner = indent + (default_indent if block.indent is None else block.indent)
        last = block.body[-1]
        collect(getattr(last, "body", last), inner)
        footers.extend((inner if line.indent else "", line) for line in block.footer)

    collect(getattr(node, "body", node), "")
    blank = next((i for i, (_, line) in enumerate(footers) if line.comment is None), len(footers))
    return [
        line.with_changes(
            indent=False,
            whitespace=cst.SimpleWhitespace(indent + line.whitespace.value),
        )
        for indent, line in footers[blank:]
    ]


def _import_line(module: str, names: Names, indent: str) -> cst.SimpleStatementLine:
    """Make an import; one that is too long has a line for each name."""
    dotted = cst.parse_expression(module)
    assert isinstance(dotted, cst.Attribute | cst.Name)
    aliases = [_alias(name, local) for name, local in names]
    statement = cst.ImportFrom(module=dotted, names=aliases)
    if len(names) > 1 and len(ast.unparse(import_node(module, names))) > _LINE_LENGTH:
        statement = _name_by_name(statement, aliases, indent)
    return cst.SimpleStatementLine(body=[statement])


def _name_by_name(
    statement: cst.ImportFrom, names: Sequence[cst.ImportAlias], indent: str
) -> cst.ImportFrom:
    """Write each name of an import on a line of its own."""
    inside, outside = _line_break(indent), _line_break("")
    separated = [a.with_changes(comma=cst.Comma(whitespace_after=inside)) for a in names]
    separated[-1] = names[-1].with_changes(comma=cst.Comma(whitespace_after=outside))
    lpar, rpar = cst.LeftParen(whitespace_after=inside), cst.RightParen()
    return statement.with_changes(names=separated, lpar=lpar, rpar=rpar)


def _is_made_too_long(line: cst.SimpleStatementLine, changed: cst.ImportFrom) -> bool:
    """Whether more names make a line too long, of which nothing else would have to move."""
    if changed.lpar or len(line.body) > 1 or line.trailing_whitespace.comment:
        return False
    before, after = (cst.Module([]).code_for_node(node) for node in (line.body[0], changed))
    return "\n" not in after and len(before) <= _LINE_LENGTH < len(after)


def _line_break(indent: str) -> cst.ParenthesizedWhitespace:
    return cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent))


def _alias(shared: str, local: str) -> cst.ImportAlias:
    asname = None if shared == local else cst.AsName(name=cst.Name(local))
    return cst.ImportAlias(name=cst.Name(shared), asname=asname)


def _with_names(statement: cst.BaseSmallStatement, joined: JoinedImport) -> cst.ImportFrom:
    assert isinstance(statement, cst.ImportFrom)
    for name, local in joined.names:
        statement = _with_name(statement, _alias(name, local))
    return statement


class _InnerEditor(cst.CSTTransformer):
    """Changes definitions inside of one statement, or that statement itself."""

    def __init__(self, changes: dict[int, Inner], indent: str) -> None:
        super().__init__()
        self._indent = indent
        self._changes = changes
        self._count = 0
        self._ordinals: list[int] = []  # of the definitions that are being visited

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, _DEFINITIONS):
            self._ordinals.append(self._count)
            self._count += 1
        return not isinstance(node, _WITHOUT_DEFINITIONS)

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode:
        if not isinstance(updated_node, _DEFINITIONS):
            return updated_node
        new = self._changes.get(self._ordinals.pop())
        if new is None:
            return updated_node
        if isinstance(new, NewAttribute):
            return _with_attribute(updated_node, new)
        lines = updated_node.leading_lines
        kept = lines[: _start_of_own_comment(lines)]
        return _import_line(new.module, new.names, self._indent).with_changes(leading_lines=kept)


def _with_attribute(
    node: cst.ClassDef | cst.FunctionDef, new: NewAttribute
) -> cst.ClassDef | cst.FunctionDef:
    """Insert an assignment in a class body, with the blank lines of PEP 8 and PEP 257."""
    assert isinstance(node.body, cst.IndentedBlock)
    above = 0 if node.get_docstring(clean=False) is None else 1
    docstring, below = node.body.body[:above], list(node.body.body[above:])
    target = cst.AssignTarget(cst.Name(new.name))
    line = cst.SimpleStatementLine(
        [cst.Assign([target], cst.Name(str(new.value)))],
        leading_lines=[_blank() for _ in docstring],
    )
    if below:
        first = _statement(below[0])
        lines = first.leading_lines
        is_close = not lines or lines[0].comment is not None
        if is_close and (lines or isinstance(first, _DEFINITIONS)):
            below[0] = first.with_changes(leading_lines=[_blank(), *lines])
    body = node.body.with_changes(body=[*docstring, line, *below])
    return node.with_changes(body=body)


def _with_name(statement: cst.ImportFrom, new: cst.ImportAlias) -> cst.ImportFrom:
    """Put a name behind the others: on a line of its own where the last one has one."""
    names = statement.names
    assert not isinstance(names, cst.ImportStar)
    last, closing = names[-1], statement.rpar and statement.rpar.whitespace_before
    if isinstance(last.comma, cst.Comma):
        closing = last.comma.whitespace_after
    if statement.lpar is None or not isinstance(closing, cst.ParenthesizedWhitespace):
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        new = new.with_changes(comma=last.comma)
        return statement.with_changes(names=[*names[:-1], last.with_changes(comma=comma), new])
    # What closes the list now separates the two names, its comment included.
    opening = statement.lpar.whitespace_after
    indent = closing.last_line
    if isinstance(opening, cst.ParenthesizedWhitespace):
        indent = opening.last_line
    between = closing.with_changes(last_line=indent)
    plain = cst.TrailingWhitespace(newline=closing.first_line.newline)
    bare = closing.with_changes(first_line=plain, empty_lines=())
    separated = last.with_changes(comma=cst.Comma(whitespace_after=between))
    if isinstance(last.comma, cst.Comma):
        new = new.with_changes(comma=cst.Comma(whitespace_after=bare))
        return statement.with_changes(names=[*names[:-1], separated, new])
    rpar = cst.RightParen(whitespace_before=bare)
    return statement.with_changes(names=[*names[:-1], separated, new], rpar=rpar)
