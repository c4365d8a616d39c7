"""Which copies are left, as text, JSON, or findings for a code host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from codemods.disk.files import paths_from
from codemods.model import STDIN, Code, Decision, Plan, Ratcheted, Reason, Verdict
from codemods.report.document import document
from codemods.report.findings import (
    Finding,
    copy_text,
    definition_json,
    definition_line,
    dotted,
    failed,
    failure_lines,
    failures_json,
)
from codemods.report.table import Detail, joined
from codemods.wording import command, percentage

#: More are not repeated in a command.
_MOST_PATHS = 5


def as_text(
    planned: Plan,
    asked: Sequence[str] = (),
    detail: Detail = Detail.NORMAL,
    ratcheted: Ratcheted | None = None,
) -> str:
    """Format what is left for people, and for pipelines: the fourth field is the percentage.

    VERBOSE also names what stays, QUIET has no totals. The arguments that named the files, `asked`,
    are for the command that replaces the copies: there is none for a module on stdin.
    """
    good, helpers = planned.compliant, planned.helpers
    lines = _lines(planned, detail, has_copies=ratcheted is None)
    if ratcheted is not None:
        found = [_finding(path, decision, str) for path, decision in ratcheted.excess]
        lines += [f"{f.path}:{f.line}:{f.column}: {f.coded(f.text)}" for f in found]
    failures = failure_lines(planned.results)
    lines += failures
    if detail is Detail.QUIET:
        return joined(lines)
    # Of files that failed nothing is known: with no other ones, there is no share.
    share = f" {percentage(good, helpers)}%" if helpers or not failures else ""
    lines += [f"Compliant Files: {good}/{helpers}{share}", f"Copies Left: {len(planned.copies)}"]
    if ratcheted is not None:
        lines += _ratchet_totals(ratcheted, asked)
    elif any(path != STDIN for path, _ in planned.copies):
        lines.append(f"To fix them: {_command(planned, asked)}")
    return joined(lines)


def as_json(planned: Plan, ratcheted: Ratcheted | None = None) -> dict[str, Any]:
    """Return what is left as values of JSON."""
    values = {
        "file_count": planned.files,
        "helper_file_count": planned.helpers,
        "compliant_file_count": planned.compliant,
        "compliant_percent": percentage(planned.compliant, planned.helpers),
        "copies": [definition_json(path, d) for path, d in planned.copies],
        "ratchet": _ratchet_json(ratcheted) if ratcheted is not None else None,
        "failures": failures_json(planned.results),
    }
    return document("check", values)


def findings(planned: Plan, root: Path, ratcheted: Ratcheted | None = None) -> list[Finding]:
    """Return what is to be fixed, for a code host: paths begin at the root of the repository."""
    from_root = paths_from(root)
    found = planned.copies if ratcheted is None else ratcheted.excess
    copies = [_finding(path, decision, from_root) for path, decision in found]
    return copies + [_failure(from_root(p), error) for p, error in failed(planned.results)]


def head(planned: Plan, ratcheted: Ratcheted | None = None) -> str:
    """Return the figures on a line."""
    figures = [
        f"Compliant Files: {planned.compliant:,}/{planned.helpers:,}",
        f"Copies Left: {len(planned.copies):,}",
    ]
    return "; ".join(figures if ratcheted is None else [*figures, _against(ratcheted)])


def _lines(planned: Plan, detail: Detail, *, has_copies: bool) -> list[str]:
    has_refused = detail is Detail.VERBOSE
    return [
        definition_line(r.path, d)
        for r in planned.results
        for d in r.decisions
        if (has_copies if d.verdict is Verdict.REPLACE else has_refused and not d.is_namesake)
    ]


def _ratchet_totals(ratcheted: Ratcheted, asked: Sequence[str]) -> list[str]:
    lines = [_against(ratcheted)]
    if ratcheted.left < ratcheted.allowed:
        # pre-commit names each file there is.
        paths = asked if len(asked) <= _MOST_PATHS else ()
        update = command("check --update --ratchet", ratcheted.file, *paths)
        lines.append(f"To lower it: {update}")
    return lines


def _against(ratcheted: Ratcheted) -> str:
    return (
        f"{ratcheted.file}: {ratcheted.left:,} left, with renamed and near copies; "
        f"{ratcheted.allowed:,} allowed"
    )


def _ratchet_json(ratcheted: Ratcheted) -> dict[str, Any]:
    return {
        "path": ratcheted.file,
        "left_count": ratcheted.left,
        "allowed_count": ratcheted.allowed,
        "excess": [definition_json(path, d) for path, d in ratcheted.excess],
    }


def _finding(path: str, decision: Decision, from_root: Callable[[str], str]) -> Finding:
    place = decision.definition
    path = from_root(path)
    is_copy = not decision.reasons
    return Finding(
        code=Code.COPY if is_copy else decision.reasons[0].code,
        path=path,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        message=copy_text(decision) if is_copy else decision.reasons[0].message,
        about=f"{place.kind} {place.name} {dotted(decision)}",
        fix="" if path == STDIN else _fix(path, decision),
    )


def _fix(path: str, decision: Decision) -> str:
    """Return what to do about a copy; it ends with a command."""
    migrate = command("migrate", path)
    module, name = decision.shared or ("", "")
    match decision.reasons:
        case (Reason(code=Code.RENAMED_COPY), *_):
            own = decision.definition.name.lstrip("_")
            return f"add `{own} = {name}` to `{module}`, then {migrate}"
        case (Reason(code=Code.NEAR_COPY), *_):
            look = command("analyze --variants", path)
            return f"make it equal ({look} shows the difference), then {migrate}"
    return migrate


def _failure(path: str, error: Reason) -> Finding:
    line, column = error.line, error.column
    about = error.code.value
    return Finding(error.code, path, line, column, line, error.message, about, is_failure=True)


def _command(planned: Plan, asked: Sequence[str]) -> str:
    paths = [r.path for r in planned.changes]
    if len(paths) > 1 and len(asked) > _MOST_PATHS:
        return command("migrate")  # pre-commit names each file there is
    return command("migrate", *(paths if len(paths) == 1 else asked))
