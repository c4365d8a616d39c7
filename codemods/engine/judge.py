"""The bytes of one file -> a `Judgement`: what would become of it. Never starts LibCST."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from codemods.engine import text as sources
from codemods.engine.names import ModuleNames, module_names
from codemods.engine.placement import NoPlace
from codemods.engine.plan import Plan
from codemods.model import Code, Decision, FileResult, Reason, Status, Target, Verdict
from codemods.rewrites.replace_local_copies.decide import decide, undefined_names
from codemods.rewrites.replace_local_copies.imports import dropped_names, plan

#: How far before a name to look for its ``class``, in bytes.
_NEAR = 300
_GAP = re.compile(rb"(?:[ \t\f]|\\(?:\r\n|\r|\n))+")


class Judgement(NamedTuple):
    """What would become of one file, as far as `ast` can tell without compiling it.

    `result` is final where `plan` is None; else it is CHANGED without `after`, and `plan` says
    what is to be edited. `names` are those of the module, None where nothing was parsed.
    """

    result: FileResult
    names: ModuleNames | None
    plan: Plan | None


def may_define(source: bytes, target: Target) -> bool:
    """Tell from the bytes alone whether a file can hold a definition of a target name.

    A ``class`` statement starts a line. A line in a string may look like one; nothing is wrong
    with a file that is parsed for it.
    """
    return any(
        _heads_class(source, at)
        for name in target.class_names
        for at in sources.word_places(source, name.encode())
    )


def _heads_class(source: bytes, name: int) -> bool:
    """Tell whether the word ``class`` at the beginning of a line stands before a name."""
    near = source[max(0, name - _NEAR) : name]
    head = near.rstrip(b" \t\f\\\r\n")
    if not head.endswith(b"class") or not _GAP.fullmatch(near, len(head)):
        # Nobody leaves a gap as wide as that: the parser is to tell.
        return len(near) == _NEAR and b"class".endswith(head)
    before = head.removesuffix(b"class").rstrip(b" \t\f")
    return not before or before.endswith((b"\n", b"\r")) or before == codecs.BOM_UTF8


def judge(
    source: bytes, path: str, target: Target, kept: frozenset[str] = frozenset()
) -> Judgement:
    """Say what is to become of one file.

    Args:
        source: the file as it is on disk.
        path: where it lies; it decides whether pytest collects the module, and stands in messages.
        target: what is replaced by what.
        kept: global names that other files import from this module: they stay bound.

    Returns:
        The judgement. Bad input is a result too, not an exception.

    """
    result = FileResult(
        path=path,
        status=Status.UNCHANGED,
        decisions=(),
        warnings=(),
        before_digest="",
        after=None,
        error=None,
    )
    if not may_define(source, target):
        return Judgement(result, None, None)
    text = sources.decoded(source)
    if isinstance(text, Reason):
        return _failed(result, text)
    try:
        names = module_names(sources.parse(source, path))
        decisions = decide(names, text, path, target)
        warnings = undefined_names(names, text, target)
    except (RecursionError, MemoryError):
        return _failed(result, Reason(Code.SYNTAX_ERROR, 1, "nested too deeply to be parsed"))
    except sources.Unparsable as error:
        return _failed(result, Reason(Code.SYNTAX_ERROR, error.line, str(error)))
    result = result._replace(decisions=decisions, warnings=warnings)
    if not any(d.verdict is Verdict.REPLACE for d in decisions):
        status = Status.REFUSED if decisions else Status.UNCHANGED
        return Judgement(result._replace(status=status), names, None)
    return _planned(result, names, source, target, kept)


def _planned(
    result: FileResult, names: ModuleNames, source: bytes, target: Target, kept: frozenset[str]
) -> Judgement:
    """Plan the edit of a file that holds a copy."""
    try:
        planned = plan(names, result.decisions, source, result.path, target, kept)
    except RecursionError:
        return Judgement(refused(result, TOO_DEEP), names, None)
    except NoPlace as error:
        return Judgement(refused(result, error.reason), names, None)
    dropped = dropped_names(names, planned)
    return Judgement(result._replace(status=Status.CHANGED, dropped=dropped), names, planned)


TOO_DEEP = Reason(Code.LOSSY_ROUND_TRIP, 1, "nested too deeply for LibCST to print it")


def refused(result: FileResult, reason: Reason) -> FileResult:
    """Turn each replacement of a file into a refusal for one reason."""
    decisions = tuple(
        d
        if d.verdict is Verdict.REFUSE
        else Decision(d.definition, Verdict.REFUSE, None, (reason,))
        for d in result.decisions
    )
    return result._replace(
        status=Status.REFUSED, decisions=decisions, after=None, dropped=frozenset()
    )


def failed(result: FileResult, reason: Reason) -> FileResult:
    """Turn a result into that of a file that is no Python."""
    return result._replace(status=Status.FAILED, decisions=(), error=reason, dropped=frozenset())


def _failed(result: FileResult, reason: Reason) -> Judgement:
    return Judgement(failed(result, reason), None, None)
