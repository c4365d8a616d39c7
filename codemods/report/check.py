"""Which copies are left, as text, JSON, or findings for a code host."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from codemods.model import STDIN, Code, Decision, Plan, Reason, Verdict
from codemods.report.document import document
from codemods.report.findings import (
    Finding,
    command,
    copy_text,
    definition_json,
    definition_line,
    dotted,
    failed,
    failure_lines,
    failures_json,
    from_root,
    is_namesake,
)
from codemods.report.table import Detail, joined
from codemods.wording import percentage


def as_text(planned: Plan, asked: Sequence[str] = (), detail: Detail = Detail.NORMAL) -> str:
    """Format what is left for people, and for pipelines: the fourth field is the percentage.

    Args:
        planned: what would be replaced.
        asked: the arguments that named the files, for the command that replaces the copies.
            There is none for a module on stdin.
        detail: VERBOSE also names what stays, QUIET has no totals.

    """
    good, helpers = planned.compliant, planned.helpers
    shown = [
        (r.path, d)
        for r in planned.results
        for d in r.decisions
        if d.verdict is Verdict.REPLACE or (detail is Detail.VERBOSE and not is_namesake(d))
    ]
    lines = [definition_line(path, d) for path, d in shown]
    failures = failure_lines(planned.results)
    lines += failures
    if detail is Detail.QUIET:
        return joined(lines)
    # Of files that failed nothing is known: with no other ones, there is no share.
    share = f" {percentage(good, helpers)}%" if helpers or not failures else ""
    lines += [f"Compliant Files: {good}/{helpers}{share}", f"Copies Left: {len(planned.copies)}"]
    if any(path != STDIN for path, _ in planned.copies):
        lines.append(f"To fix them: {_command(planned, asked)}")
    return joined(lines)


def as_json(planned: Plan) -> dict[str, Any]:
    """Return what is left as values of JSON."""
    values = {
        "file_count": planned.files,
        "helper_file_count": planned.helpers,
        "compliant_file_count": planned.compliant,
        "compliant_percent": percentage(planned.compliant, planned.helpers),
        "copies": [definition_json(path, d) for path, d in planned.copies],
        "failures": failures_json(planned.results),
    }
    return document("check", values)


def findings(planned: Plan, root: Path) -> list[Finding]:
    """Return what is left as findings for a code host; `root` is that of the repository."""
    copies = [_copy(from_root(path, root), decision) for path, decision in planned.copies]
    return copies + [_failure(from_root(p, root), error) for p, error in failed(planned.results)]


def head(planned: Plan) -> str:
    """Return the figures on a line."""
    return (
        f"Compliant Files: {planned.compliant:,}/{planned.helpers:,}; "
        f"Copies Left: {len(planned.copies):,}"
    )


def _copy(path: str, decision: Decision) -> Finding:
    place = decision.definition
    return Finding(
        code=Code.COPY,
        path=path,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        message=copy_text(decision),
        about=f"{place.kind} {place.name} {dotted(decision)}",
        fix="" if path == STDIN else command("migrate", path),
    )


def _failure(path: str, error: Reason) -> Finding:
    line, column = error.line, error.column
    about = error.code.value
    return Finding(error.code, path, line, column, line, error.message, about, is_failure=True)


def _command(planned: Plan, asked: Sequence[str]) -> str:
    paths = [r.path for r in planned.changes]
    if len(paths) > 1 and len(asked) > 5:
        return command("migrate")  # pre-commit names each file there is
    return command("migrate", *(paths if len(paths) == 1 else asked))
