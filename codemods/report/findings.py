"""A definition, a reason, a failed file: as a line ``path:line: code: message``, and as JSON."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from codemods.model import Decision, FileResult, Reason, Verdict
from codemods.wording import printable, reason_line


def definition_line(path: str, decision: Decision) -> str:
    """Return what becomes of one definition."""
    if decision.verdict is Verdict.REFUSE:
        return reason_line(path, *decision.reasons)
    name, line = decision.definition.class_name, decision.definition.line
    return f"{printable(path)}:{line}: replace: `{name}` by the shared `{decision.shared_name}`"


def failure_lines(failures: Iterable[FileResult]) -> list[str]:
    """Return which files failed, and why, in the order of their paths."""
    ordered = sorted(failures, key=lambda f: os.fsencode(f.path))
    return [reason_line(f.path, f.error) for f in ordered if f.error is not None]


def definition_json(decision: Decision) -> dict[str, Any]:
    """Return one definition as values of JSON, without its reasons."""
    definition = decision.definition
    return {
        "line": definition.line,
        "end_line": definition.end_line,
        "class_name": definition.class_name,
        "shared_name": decision.shared_name,
    }


def reason_json(reason: Reason) -> dict[str, Any]:
    """Return one reason as values of JSON."""
    return {"code": reason.code.value, "line": reason.line, "message": reason.message}


def failures_json(results: Iterable[FileResult]) -> list[dict[str, Any]]:
    """Return the files that failed, as values of JSON."""
    return [
        {"path": r.path, **reason_json(error)} for r in results if (error := r.error) is not None
    ]
