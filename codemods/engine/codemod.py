"""The bytes of one file -> a `FileResult`: judge, edit, then prove the result."""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from typing import TYPE_CHECKING

from codemods.engine import proof as prove
from codemods.engine.judge import TOO_DEEP, Judgement, failed, judge, refused
from codemods.engine.placement import is_string
from codemods.engine.text import Unparsable, compiles
from codemods.model import Code, FileResult, Reason, Target, Verdict

if TYPE_CHECKING:
    import libcst as cst

    from codemods.engine.printed import Printed


def transform(
    source: bytes, path: str, target: Target, kept: frozenset[str] = frozenset()
) -> FileResult:
    """Replace the copies in one file by an import, as far as that can be shown to be right.

    Args:
        source: the file as it is on disk.
        path: where it lies; it decides whether pytest collects the module, and stands in messages.
        target: what is replaced by what.
        kept: global names that other files import from this module: they stay bound.

    Returns:
        What became of the file. Bad input and a failed proof are results too, not exceptions.

    """
    return transform_tree(source, path, target, kept)[0]


def transform_tree(
    source: bytes,
    path: str,
    target: Target,
    kept: frozenset[str] = frozenset(),
    module: cst.Module | None = None,
) -> tuple[FileResult, cst.Module | None]:
    """Do what `transform` does, and give the edited module too, where there is one.

    `module` is what LibCST made of the file, where the caller has that already; where it does not
    print as the file it is not used.
    """
    judgement = judge(source, path, target, kept)
    result = judgement.result
    if judgement.plan is None:
        return result, None
    assert judgement.names is not None
    tree = judgement.names.tree
    try:
        if sys.version_info < (3, 11):
            # Only from 3.11 on does `ast.parse` look at the depth, and LibCST takes time by its
            # square.
            compiles(tree, path)
        changed = _edited(judgement, source, target, module)
        if isinstance(changed, Reason) or _may_not_compile(tree, source, target):
            compiles(tree, path)
    except Unparsable as error:
        return failed(result, Reason(Code.SYNTAX_ERROR, error.line, str(error))), None
    except RecursionError:
        changed = TOO_DEEP
    except UnicodeError as error:
        changed = Reason(Code.LOSSY_ROUND_TRIP, 1, f"LibCST cannot print it: {error}")
    if isinstance(changed, Reason):
        return refused(result, changed), None
    after, edited = changed
    digest = hashlib.sha256(source).hexdigest()
    return result._replace(after=after, before_digest=digest), edited


def _edited(
    judgement: Judgement, source: bytes, target: Target, module: cst.Module | None
) -> tuple[bytes, cst.Module] | Reason:
    """Edit a file and prove the result, or say why it is left alone."""
    # LibCST takes longer to import than most files to judge, and most runs of a check need none.
    import libcst as cst

    from codemods.engine.edit import edit

    result, names, plan = judgement.result, judgement.names, judgement.plan
    assert names is not None
    assert plan is not None
    try:
        printed = _printed(source, module)
    except cst.ParserSyntaxError as error:
        message = f"LibCST cannot parse it: {error.message}"
        return Reason(Code.LOSSY_ROUND_TRIP, error.raw_line, message)
    lost = _first_lost_line(source, printed.bytes)
    if lost is not None:
        message = "LibCST would not print this line as it is"
        return Reason(Code.LOSSY_ROUND_TRIP, lost, message)
    edited = edit(printed.module, plan)
    after = printed.edited(edited)
    wrong = prove.difference(source, names.tree, after, plan, result.path, target)
    if wrong is not None:
        line = next(d.definition.line for d in result.decisions if d.verdict is Verdict.REPLACE)
        return Reason(Code.PROOF_FAILED, line, wrong)
    return after, edited


#: A statement; it may follow another one on its line.
_GLOBAL = re.compile(rb"(?m)(?:^|[;:])[ \t\f]*global[ \t\f\\]")


def _may_not_compile(tree: ast.Module, source: bytes, target: Target) -> bool:
    """Tell whether a file may have a fault that the edit would mend.

    That its result compiles is known. What goes is a class that equals a recorded one, and imports:
    they can be at fault for what stands around them, or for their decorators.
    """
    classes = (s for s in tree.body if isinstance(s, ast.ClassDef) and s.decorator_list)
    decorated = any(s.name in target.class_names for s in classes)
    named = b"__debug__" in source or _GLOBAL.search(source) is not None
    return decorated or named or _has_late_future(tree)


def _has_late_future(tree: ast.Module) -> bool:
    """Tell whether code stands above a ``from __future__ import``, which does not compile."""
    last = max((i for i, s in enumerate(tree.body) if _is_future(s)), default=0)
    above = [s for s in tree.body[:last] if not _is_future(s)]
    return len(above) > 1 or any(not is_string(s) for s in above)


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _printed(source: bytes, module: cst.Module | None) -> Printed:
    import libcst as cst

    from codemods.engine.printed import Printed

    if module is not None:
        printed = Printed(module)
        if printed.bytes == source:
            return printed
    return Printed(cst.parse_module(source))


def _first_lost_line(source: bytes, printed: bytes) -> int | None:
    if source == printed:
        return None
    pairs = zip(source.split(b"\n"), printed.split(b"\n"), strict=False)
    return next((n for n, (a, b) in enumerate(pairs, start=1) if a != b), source.count(b"\n") + 1)
