"""What a codemod is, and how one is applied to a file: decide, edit, prove.

A codemod is pure. It tells from the bytes whether a file may concern it, and makes of the parsed
file its decisions and a plan. `apply` does the rest, the same way for each codemod.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import sys
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from codemods.engine import proof
from codemods.engine.comments import without_lines
from codemods.engine.names import ModuleNames
from codemods.engine.plan import EditPlan, InnerImport
from codemods.engine.renaming import with_names
from codemods.engine.rows import Row, is_string, rows_of
from codemods.engine.run import internal_error
from codemods.engine.text import (
    Unparsable,
    column_of,
    compiles,
    decoded,
    encoding_of,
    lines_of,
    parse,
    rows_with_ends,
    stem_of,
)
from codemods.model import Code, Decision, Definition, FileResult, Reason, Status, Verdict

if TYPE_CHECKING:
    import libcst as cst

_Place = TypeVar("_Place", Definition, Reason)

TOO_DEEP = Reason(Code.LOSSY_ROUND_TRIP, 1, "nested too deeply for LibCST to print it")


class ParsedModule:
    """One file as a codemod sees it: `source`, `path`, and what is worked out of them.

    Raises:
        Unparsable: it is no text, or no Python.

    """

    def __init__(self, source: bytes, path: str) -> None:
        self.source = source
        self.path = path
        self.text = decoded(source)
        self.tree = parse(source)

    @property
    def stem(self) -> str:
        """The last part of its dotted name."""
        return os.fsdecode(stem_of(self.path))

    @cached_property
    def names(self) -> ModuleNames:
        """The global names of the module."""
        return ModuleNames(self.tree)

    @cached_property
    def rows(self) -> list[Row]:
        """The statements of its body by line."""
        return rows_of(self.tree)


class Planned(NamedTuple):
    """What a codemod makes of one file; `plan` is None where nothing is to be edited.

    `dropped` are the global names that the edit leaves unbound.
    """

    decisions: tuple[Decision, ...] = ()
    warnings: tuple[Reason, ...] = ()
    plan: EditPlan | None = None
    dropped: frozenset[str] = frozenset()


class Codemod(Protocol):
    """A change to one file at a time. It must be picklable, as it travels to the workers."""

    def may_concern(self, source: bytes) -> bool:
        """Whether a file may concern the codemod, from its bytes alone; never wrong to say yes."""
        ...

    def plan(self, module: ParsedModule) -> Planned:
        """Decide what is to become of a file."""
        ...


def apply(source: bytes, path: str, codemod: Codemod) -> FileResult:
    """Apply a codemod to one file, as far as the result can be proved to be right.

    Args:
        source: the file as it is on disk.
        path: where it lies; it stands in messages, and its name tells whether pytest collects it.
        codemod: what to do.

    Returns:
        What became of the file. Bad input, a failed proof and an unforeseen exception are results
        too.

    """
    try:
        return _with_columns(_applied(source, path, codemod), source)
    except Exception as error:  # noqa: BLE001 -- one file must not cost the others
        return FileResult.failure(path, internal_error(error))


def _applied(source: bytes, path: str, codemod: Codemod) -> FileResult:
    result, module, plan = _decided(source, path, codemod)
    if module is None or plan is None:
        return result
    try:
        if sys.version_info < (3, 11):
            # Only from 3.11 on does `ast.parse` look at the depth, and LibCST takes time by its
            # square.
            compiles(module.tree)
        changed = _edited(module, plan, codemod)
        if isinstance(changed, Reason) or _may_not_compile(module, plan):
            compiles(module.tree)
    except Unparsable as error:
        return FileResult.failure(path, error.reason)
    except RecursionError:
        changed = TOO_DEEP
    except ValueError as error:  # text that its encoding has not, an integer of 4,301 digits
        changed = Reason(Code.LOSSY_ROUND_TRIP, 1, f"it cannot be printed: {error}")
    if isinstance(changed, Reason):
        return refused(result, changed)
    return result._replace(after=changed, before_digest=hashlib.sha256(source).hexdigest())


def decide(source: bytes, path: str, codemod: Codemod) -> FileResult:
    """Return what would become of one file, as far as `ast` tells: LibCST is not started.

    A file that would change is CHANGED, without `after`. Unlike `apply`, it raises what is
    unforeseen.
    """
    return _with_columns(_decided(source, path, codemod)[0], source)


def _decided(
    source: bytes, path: str, codemod: Codemod
) -> tuple[FileResult, ParsedModule | None, EditPlan | None]:
    result = FileResult(path, Status.UNCHANGED)
    if not codemod.may_concern(source):
        return result, None, None
    try:
        module = ParsedModule(source, path)
        planned = codemod.plan(module)
    except (RecursionError, MemoryError):
        reason = Reason(Code.SYNTAX_ERROR, 1, "nested too deeply, or too large, to be parsed")
        return FileResult.failure(path, reason), None, None
    except Unparsable as error:
        return FileResult.failure(path, error.reason), None, None
    except ValueError as error:  # CPython writes no integer of more than 4,300 digits
        return FileResult.failure(path, Reason(Code.SYNTAX_ERROR, 1, str(error))), None, None
    result = result._replace(decisions=planned.decisions, warnings=planned.warnings)
    if planned.plan is None:
        status = Status.REFUSED if planned.decisions else Status.UNCHANGED
        return result._replace(status=status), module, None
    result = result._replace(status=Status.CHANGED, dropped=planned.dropped)
    return result, module, planned.plan


def _with_columns(result: FileResult, source: bytes) -> FileResult:
    """Turn the columns of a codemod into those of a file, which count characters."""
    if not result.decisions and not result.warnings:
        return result
    lines = dict(enumerate(lines_of(decoded(source)), start=1))

    def placed(found: _Place) -> _Place:
        return found._replace(column=column_of(lines.get(found.line, ""), found.column))

    decisions = tuple(
        d._replace(definition=placed(d.definition), reasons=tuple(map(placed, d.reasons)))
        for d in result.decisions
    )
    return result._replace(decisions=decisions, warnings=tuple(map(placed, result.warnings)))


def refused(result: FileResult, reason: Reason) -> FileResult:
    """Turn each replacement of a file into a refusal for one reason."""
    decisions = tuple(
        refuse(d, reason) if d.verdict is Verdict.REPLACE else d for d in result.decisions
    )
    return result._replace(
        status=Status.REFUSED, decisions=decisions, dropped=frozenset(), after=None
    )


def refuse(decision: Decision, *reasons: Reason) -> Decision:
    """Turn a decision into a refusal."""
    return Decision(decision.definition, Verdict.REFUSE, None, reasons)


def _edited(module: ParsedModule, plan: EditPlan, codemod: Codemod) -> bytes | Reason:
    """Edit a file and prove the result, or return why it stays as it is."""
    if plan.renamed:
        after = with_names(module.source, plan.renamed)
    elif plan.comments:
        after = without_lines(module.source, plan.comments)
    else:
        after = _edited_tree(module, plan)
    if isinstance(after, Reason):
        return after
    wrong = proof.difference(module.source, module.tree, after, plan)
    if wrong is None and codemod.plan(ParsedModule(after, module.path)).plan is not None:
        wrong = "a second run would change it again"
    if wrong is None:
        return after
    return Reason(Code.PROOF_FAILED, _first_line(module, plan), wrong)


def _edited_tree(module: ParsedModule, plan: EditPlan) -> bytes | Reason:
    """Edit the rows that change, with one above and one below: LibCST does not see the rest."""
    # LibCST takes longer to import than most files to judge, and most runs of a check need none.
    from codemods.engine.edit import edit

    lines = rows_with_ends(module.text)
    first, above, end = _rows_around(module, plan, lines)
    tree = _parsed("".join(lines[above:end]), above)
    if isinstance(tree, Reason):
        return tree
    parts = (*lines[:above], edit(tree, plan.from_row(first)).code, *lines[end:])
    return "".join(parts).encode(encoding_of(module.source))


def _rows_around(
    module: ParsedModule, plan: EditPlan, lines: Sequence[str]
) -> tuple[int, int, int]:
    """Return the row above those that change, the lines above it, and those down to the next one.

    At the ends of the file, all lines belong to the row.
    """
    changed = [*plan.removed, *(c.row for c in (*plan.inserted, *plan.joined, *plan.inner))]
    first, last = max(min(changed) - 1, 0), max(changed) + 1
    above = module.rows[first].line - 1 if first else 0
    end = module.rows[last].end_line if last < len(module.rows) - 1 else len(lines)
    if lines[end - 1].rstrip("\r\n").endswith("\\"):
        end = len(lines)  # a statement that may go on is no end of a file
    return first, above, end


def _parsed(text: str, above: int) -> cst.Module | Reason:
    """Return what LibCST parses, and would print as it is, or what it raises: may be anything.

    `above` is the number of lines that the file has above the text.
    """
    import libcst as cst

    try:
        tree = cst.parse_module(text)
        lost = _first_lost_line(text, tree.code)
    except cst.ParserSyntaxError as error:
        message = f"LibCST cannot parse it: {error.message}"
        return Reason(Code.LOSSY_ROUND_TRIP, above + error.raw_line, message)
    except (RecursionError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 -- a panic of its native parser is no `Exception`
        message = f"LibCST cannot parse or print it: {type(error).__name__}: {error}"
        return Reason(Code.LOSSY_ROUND_TRIP, above + 1, message)
    if lost is None:
        return tree
    return Reason(Code.LOSSY_ROUND_TRIP, above + lost, "LibCST would print this line otherwise")


def _first_line(module: ParsedModule, plan: EditPlan) -> int:
    rows = [*plan.removed, *(i.row for i in plan.inner), *(j.row for j in plan.joined)]
    lines = [module.rows[row].line for row in rows] + [first for first, _ in plan.comments]
    return min([*lines, *(place.line for place in plan.renamed)], default=1)


#: A statement; it may follow another one on its line.
_GLOBAL = re.compile(rb"(?m)(?:^|[;:])[ \t\f]*global[ \t\f\\]")


def _may_not_compile(module: ParsedModule, plan: EditPlan) -> bool:
    """Whether a file may have a fault that the edit would remove.

    That its result compiles is known. What is removed is a definition that equals one that
    compiles, so it can be at fault for what stands around it alone, or for its decorators.
    """
    removed = [module.rows[index].statements[0] for index in plan.removed]
    decorated = any(getattr(s, "decorator_list", ()) for s in removed)
    decorated |= any(isinstance(i, InnerImport) for i in plan.inner)
    source = module.source
    named = b"__debug__" in source or _GLOBAL.search(source) is not None
    return decorated or named or _has_late_future(module.tree)


def _has_late_future(tree: ast.Module) -> bool:
    """Whether code stands above a ``from __future__ import``, which does not compile."""
    last = max((i for i, s in enumerate(tree.body) if _is_future(s)), default=0)
    above = [s for s in tree.body[:last] if not _is_future(s)]
    return len(above) > 1 or any(not is_string(s) for s in above)


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _first_lost_line(text: str, printed: str) -> int | None:
    if text == printed:
        return None
    pairs = zip(text.split("\n"), printed.split("\n"), strict=False)
    return next((n for n, (a, b) in enumerate(pairs, start=1) if a != b), text.count("\n") + 1)
