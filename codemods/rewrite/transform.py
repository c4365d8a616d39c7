"""The bytes of one file -> a `FileResult`: decide, edit, then prove the result."""

from __future__ import annotations

import hashlib
import io
import tokenize
from dataclasses import replace

import libcst as cst

from codemods.model import Code, Decision, FileResult, Reason, Status, Target, Verdict
from codemods.rewrite import prove
from codemods.rewrite.decide import decide, mentions_target, undefined_names
from codemods.rewrite.edit import edit
from codemods.rewrite.imports import plan
from codemods.rewrite.names import ModuleNames, module_names
from codemods.rewrite.place import NoPlace


def transform(source: bytes, path: str, target: Target) -> FileResult:
    """Replace the copies in one file by an import, as far as that can be shown to be right.

    Args:
        source: the file as it is on disk.
        path: where it lies; it decides whether pytest collects the module, and stands in messages.
        target: what is replaced by what.

    Returns:
        What became of the file. Bad input and a failed proof are results too, not exceptions.

    """
    result = FileResult(
        path=path,
        status=Status.UNCHANGED,
        decisions=(),
        warnings=(),
        before_digest=hashlib.sha256(source).hexdigest(),
        after=None,
        error=None,
    )
    if not mentions_target(source, target):
        return result
    undecodable = _undecodable(source)
    if undecodable is not None:
        return _failed(result, undecodable)
    try:
        tree = prove.parse(source, path)
        names = module_names(tree)
        decisions = decide(names, path, target)
    except (RecursionError, MemoryError):
        return _failed(result, Reason(Code.SYNTAX_ERROR, 1, "nested too deeply to be parsed"))
    except prove.Unparsable as error:
        return _failed(result, Reason(Code.SYNTAX_ERROR, error.line, str(error)))
    result = replace(result, decisions=decisions, warnings=undefined_names(names, target))
    if not any(d.verdict is Verdict.REPLACE for d in decisions):
        return replace(result, status=Status.REFUSED) if decisions else result
    try:
        prove.compiles(source, path)
        changed = _edited(names, decisions, source, path, target)
    except prove.Unparsable as error:
        return _failed(result, Reason(Code.SYNTAX_ERROR, error.line, str(error)))
    except RecursionError:
        changed = Reason(Code.LOSSY_ROUND_TRIP, 1, "nested too deeply for LibCST to print it")
    except UnicodeError as error:
        changed = Reason(Code.LOSSY_ROUND_TRIP, 1, f"LibCST cannot print it: {error}")
    if isinstance(changed, Reason):
        return _refused(result, changed)
    return replace(result, status=Status.CHANGED, after=changed)


def _edited(
    names: ModuleNames, decisions: tuple[Decision, ...], source: bytes, path: str, target: Target
) -> bytes | Reason:
    """Edit a file and prove the result, or say why it is left alone."""
    try:
        planned = plan(names, decisions, source, path, target)
    except NoPlace as error:
        return error.reason
    try:
        module = cst.parse_module(source)
    except cst.ParserSyntaxError as error:
        message = f"LibCST cannot parse it: {error.message}"
        return Reason(Code.LOSSY_ROUND_TRIP, error.raw_line, message)
    lost = _first_lost_line(source, module.bytes)
    if lost is not None:
        message = "LibCST would not print this line as it is"
        return Reason(Code.LOSSY_ROUND_TRIP, lost, message)
    after = edit(module, planned).bytes
    wrong = prove.difference(source, names.tree, after, planned, path, target)
    if wrong is not None:
        line = next(d.definition.line for d in decisions if d.verdict is Verdict.REPLACE)
        return Reason(Code.PROOF_FAILED, line, wrong)
    return after


def _failed(result: FileResult, reason: Reason) -> FileResult:
    return replace(result, status=Status.FAILED, decisions=(), error=reason)


def _undecodable(source: bytes) -> Reason | None:
    """Say why the bytes are no text, by the rules of PEP 263."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    except SyntaxError as error:
        return Reason(Code.UNDECODABLE, 1, str(error.msg))
    try:
        source.decode(encoding)
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        return Reason(Code.UNDECODABLE, line, f"not {encoding}: {error.reason}")
    except (LookupError, UnicodeError) as error:  # a codec that is none of text, as rot13
        return Reason(Code.UNDECODABLE, 1, str(error))
    return None


def _refused(result: FileResult, reason: Reason) -> FileResult:
    """Turn each replacement of a file into a refusal for one reason."""
    decisions = tuple(
        d
        if d.verdict is Verdict.REFUSE
        else Decision(d.definition, Verdict.REFUSE, None, (reason,))
        for d in result.decisions
    )
    return replace(result, status=Status.REFUSED, decisions=decisions)


def _first_lost_line(source: bytes, printed: bytes) -> int | None:
    if source == printed:
        return None
    pairs = zip(source.split(b"\n"), printed.split(b"\n"), strict=False)
    return next((n for n, (a, b) in enumerate(pairs, start=1) if a != b), source.count(b"\n") + 1)
