"""One finding: a value, a line ``path:line:column: code message``, and values of JSON."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, NamedTuple

from codemods.model import Code, Decision, FileResult, Prospect, Reason, Verdict
from codemods.report.table import Detail, table
from codemods.wording import most_first, plural, reason_line


class Finding(NamedTuple):
    """One thing to fix; lines and columns as those of `Definition`.

    `path` is relative to the root of the repository. `about` tells it from others of the same code
    in the file, wherever it moves to; `is_failure` whether the file could not be looked at; `fix`
    what to do, which ends with a command.
    """

    code: Code
    path: str
    line: int
    column: int
    end_line: int
    message: str
    about: str
    is_failure: bool = False
    fix: str = ""

    @property
    def text(self) -> str:
        """The message, and what to do."""
        return f"{self.message}; to fix it: {self.fix}" if self.fix else self.message

    def coded(self, text: str) -> str:
        """Return a text with the code before it: that of a copy says so itself."""
        return text if self.code is Code.COPY else f"{self.code.value} {text}"


def definition_line(path: str, decision: Decision) -> str:
    """Return what becomes of one definition."""
    if decision.verdict is Verdict.REFUSE:
        return reason_line(path, *decision.reasons)
    place = decision.definition
    return f"{path}:{place.line}:{place.column}: {copy_text(decision)}"


def copy_text(decision: Decision) -> str:
    """Return what a definition is a copy of; its own name where that is another one."""
    name, shared = decision.definition.name, dotted(decision)
    alias = "" if shared.rpartition(".")[2] == name else f", as `{name}`"
    return f"copy of `{shared}`{alias}"


def dotted(decision: Decision) -> str:
    """Return the dotted name of the shared definition that replaces a copy."""
    return ".".join(decision.shared or ())


def failed(results: Iterable[FileResult]) -> list[tuple[str, Reason]]:
    """Return the paths of the files that failed, in order, and why."""
    errors = [(r.path, r.error) for r in results if r.error is not None]
    return sorted(errors, key=lambda pair: os.fsencode(pair[0]))


def failure_lines(results: Iterable[FileResult]) -> list[str]:
    """Return a line for each file that failed."""
    return [reason_line(path, error) for path, error in failed(results)]


def namesakes_text(number: int, detail: Detail) -> str:
    """Return how many definitions share only the name."""
    verb = "shares" if number == 1 else "share"
    return f"{plural(number, 'other definition')} {verb} only the name{way_to_list(detail)}"


def way_to_list(detail: Detail) -> str:
    """Return what lists the things that are counted, nothing where they are listed."""
    return "" if detail is Detail.VERBOSE else " (-v lists them)"


def reason_counts(refused: Iterable[Decision], detail: Detail) -> list[str]:
    """Return how many definitions stay for each first reason, and what says more."""
    rows = most_first(d.reasons[0].code.value for d in refused if d.reasons)
    if not rows:
        return []
    more = "" if detail is Detail.VERBOSE else "-v names each; "
    way = f"why: {more}ssot-codemods explain {rows[0][0]}"
    return [*table(("refused, by first reason", "definitions"), rows), way]


def prospect_lines(prospects: Iterable[Prospect]) -> list[str]:
    """Return a line for each other codemod that would change something."""
    return [
        f"migrate --codemod {name}: at most {plural(changed, noun)} in {plural(files, 'file')} "
        f"to be changed, {refused:,} to stay"
        for name, noun, files, changed, refused in prospects
        if changed
    ]


def definition_json(path: str, decision: Decision) -> dict[str, Any]:
    """Return one definition and the reasons why it stays, as values of JSON."""
    return {
        "path": path,
        **decision.definition._asdict(),
        "verdict": decision.verdict,
        "shared": dotted(decision) or None,
        "reasons": [finding_json(path, reason) for reason in decision.reasons],
        "lost_comment_lines": [*decision.lost_comments],
    }


def finding_json(path: str, reason: Reason) -> dict[str, Any]:
    """Return one reason, warning or failure as values of JSON."""
    return {"path": path, **reason._asdict()}


def failures_json(results: Iterable[FileResult]) -> list[dict[str, Any]]:
    """Return the files that failed, as values of JSON."""
    return [finding_json(r.path, r.error) for r in results if r.error is not None]
