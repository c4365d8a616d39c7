"""Which copies are left, as text, JSON or annotations of GitHub."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from codemods.model import Decision, FileResult, Status, Verdict
from codemods.report.lines import failure_lines, printable
from codemods.report.migrate import failures_as_json

SCHEMA = "ssot-codemods/check/1"
_COMMAND = ("ssot-codemods", "migrate")


def as_text(results: Sequence[FileResult], helpers: int, asked: Sequence[str] = ()) -> str:
    """Say it to people and to the pipelines of old: the fourth field is the percentage.

    Args:
        results: of the files with a definition, and of those that failed.
        helpers: how many files define a target name or import the shared module.
        asked: the arguments that named the files, for the command that mends them.

    """
    lines = [
        f"{printable(path)}:{d.definition.line}: a copy of the shared `{d.shared_name}`"
        for path, d in copies(results)
    ]
    lines += failure_lines(results)
    left = len({path for path, _ in copies(results)})
    good = helpers - left
    lines += [
        f"Compliant Files: {good}/{helpers} {percentage(good, helpers)}%",
        f"Copies Left: {sum(1 for _ in copies(results))}",
    ]
    if left:
        lines.append(f"To mend them: {_command(results, asked)}")
    return "\n".join(lines) + "\n"


def as_json(results: Sequence[FileResult], helpers: int, files: int) -> dict[str, Any]:
    """Say it to programs."""
    left = len({path for path, _ in copies(results)})
    return {
        "schema": SCHEMA,
        "files": files,
        "copies": [
            {
                "path": path,
                "line": d.definition.line,
                "end_line": d.definition.end_line,
                "class_name": d.definition.class_name,
                "shared_name": d.shared_name,
            }
            for path, d in copies(results)
        ],
        "compliant": helpers - left,
        "total": helpers,
        "percent": percentage(helpers - left, helpers),
        "failures": failures_as_json(results),
    }


def as_github(results: Sequence[FileResult]) -> str:
    """Say it as annotations.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    lines = []
    for path, decision in copies(results):
        place = decision.definition
        command = shlex.join([*_COMMAND, path])
        message = f"a copy of the shared `{decision.shared_name}`; to mend it: {command}"
        where = f"file={_property(path)},line={place.line},endLine={place.end_line}"
        lines.append(f"::error {where},title=ssot-codemods::{_data(message)}\n")
    for result in results:
        if result.error is not None:
            where = f"file={_property(result.path)},line={result.error.line}"
            message = f"{result.error.code.value}: {result.error.message}"
            lines.append(f"::error {where},title=ssot-codemods::{_data(message)}\n")
    return "".join(lines)


def copies(results: Sequence[FileResult]) -> Iterator[tuple[str, Decision]]:
    """Give each definition that can be replaced, with the path of its file."""
    for result in results:
        if result.status is Status.CHANGED:
            for decision in result.decisions:
                if decision.verdict is Verdict.REPLACE:
                    yield result.path, decision


def percentage(part: int, whole: int) -> float:
    """Give a share in percent; nothing at all is all of it, and nothing less is 100.0."""
    return math.floor(1000 * part / whole) / 10 if whole else 100.0


def _command(results: Sequence[FileResult], asked: Sequence[str]) -> str:
    paths = list(dict.fromkeys(path for path, _ in copies(results)))
    if len(paths) > 1 and len(asked) > 5:
        return shlex.join(_COMMAND)  # pre-commit names each file there is
    chosen = paths if len(paths) == 1 else asked
    return shlex.join([*_COMMAND, *(f"./{p}" if p.startswith("-") else p for p in chosen)])


def _data(text: str) -> str:
    return re.sub(r"[%\r\n]", _percent, text)


def _property(text: str) -> str:
    return re.sub(r"[%\r\n:,]", _percent, text)


def _percent(match: re.Match[str]) -> str:
    return f"%{ord(match.group()):02X}"
