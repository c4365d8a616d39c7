"""Which copies are left, as text, JSON or annotations for GitHub."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any

from codemods.model import STDIN, Plan, Verdict
from codemods.report.document import document
from codemods.report.findings import (
    copy_text,
    definition_json,
    definition_line,
    failure_lines,
    failures_json,
    is_namesake,
)
from codemods.report.table import Detail, joined
from codemods.wording import percentage, visible

_COMMAND = ("ssot-codemods", "migrate")


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


def as_github(planned: Plan) -> str:
    """Format what is left as annotations.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    lines = []
    for path, decision in planned.copies:
        place = decision.definition
        fix = "" if path == STDIN else f"; to fix it: {shlex.join([*_COMMAND, path])}"
        message = f"{copy_text(decision)}{fix}"
        # GitHub takes a column only where the first line is the last.
        column = f"col={place.column}," if place.line == place.end_line else ""
        where = f"file={_property(path)},line={place.line},{column}endLine={place.end_line}"
        lines.append(f"::error {where},title=ssot-codemods::{_data(message)}\n")
    for result in planned.results:
        if result.error is not None:
            error = result.error
            where = f"file={_property(result.path)},line={error.line},col={error.column}"
            message = f"{error.code.value} {error.message}"
            lines.append(f"::error {where},title=ssot-codemods::{_data(message)}\n")
    return "".join(lines)


def _command(planned: Plan, asked: Sequence[str]) -> str:
    paths = [r.path for r in planned.changes]
    if len(paths) > 1 and len(asked) > 5:
        return shlex.join(_COMMAND)  # pre-commit names each file there is
    chosen = paths if len(paths) == 1 else asked
    return shlex.join([*_COMMAND, *(f"./{p}" if p.startswith("-") else p for p in chosen)])


def _data(text: str) -> str:
    return visible(re.sub(r"[%\r\n]", _percent, text))


def _property(text: str) -> str:
    return visible(re.sub(r"[%\r\n:,]", _percent, text))


def _percent(match: re.Match[str]) -> str:
    return f"%{ord(match.group()):02X}"
