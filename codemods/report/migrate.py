"""What a migration would do or did, as text or JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from codemods.model import Code, Decision, FileResult, Status, Verdict
from codemods.report.lines import definition_line, failure_lines, paragraphs, reason_line
from codemods.report.table import plural, table

SCHEMA = "ssot-codemods/migration/1"

#: Reasons that are about the file as it is just now: each is worth a line.
_HELD_BACK = frozenset(
    {
        *(Code.CHANGED_SINCE_PLANNED, Code.HARD_LINKED, Code.READ_ONLY, Code.TESTS_DIFFER),
        Code.UNCOMMITTED,
    }
)


def as_text(
    results: Sequence[FileResult],
    *,
    files: int,
    run: str | None,
    left: int,
    dry_run: bool,
    verbose: bool,
) -> str:
    """Sum up, for people.

    Args:
        results: of the files with a definition, and of those that failed.
        files: how many were looked at.
        run: the run in the journal, None where nothing was written.
        left: how many files a later batch would change.
        dry_run: whether nothing was to be written.
        verbose: whether to give a line to each definition that stays, and not to those alone that
            stay for what their file is just now.

    """
    changed = [r for r in results if r.status is Status.CHANGED]
    replaced = sum(d.verdict is Verdict.REPLACE for r in changed for d in r.decisions)
    refused = [d for _, d in _refused(results)]
    failed = [r for r in results if r.status is Status.FAILED]
    unread = sum(r.error is not None and r.error.code is Code.UNREADABLE for r in failed)
    verb = "would change" if dry_run else "changed"
    rows: list[Sequence[object]] = [
        (verb, len(changed), f"with {plural(replaced, 'copy')}"),
        ("left for later", left, ""),
        ("refused", len({r.path for r, _ in _refused(results)}), _count(refused)),
        ("failed", len(failed), ""),
        ("untouched by it", files - (len(results) - unread) - left, ""),
    ]
    blocks = [[_line(row) for row in rows if row[1] or row[0] == verb]]
    codes = Counter(d.reasons[0].code.value for d in refused)
    by_count = sorted(codes.items(), key=lambda pair: (-pair[1], pair[0]))
    if codes:
        blocks.append(table(("refused, by first reason", "definitions"), list(by_count)))
    lines = [
        definition_line(r.path, d)
        for r, d in _refused(results)
        if verbose or d.reasons[0].code in _HELD_BACK
    ]
    warned = [reason_line(r.path, w) for r in results for w in r.warnings]
    blocks += [lines, warned, failure_lines(failed)]
    if run:
        blocks.append([f"take it back: ssot-codemods rollback {run}"])
    return paragraphs(blocks)


def _count(refused: Sequence[Decision]) -> str:
    return f"with {plural(len(refused), 'definition')}"


def _line(row: Sequence[object]) -> str:
    label, number, more = row
    return f"{label!s:<15}  {number:>7,} {'file' if number == 1 else 'files'}  {more}".rstrip()


def _refused(results: Sequence[FileResult]) -> list[tuple[FileResult, Decision]]:
    return [(r, d) for r in results for d in r.decisions if d.verdict is Verdict.REFUSE]


def as_json(
    results: Sequence[FileResult], *, files: int, run: str | None, left: int, dry_run: bool
) -> dict[str, Any]:
    """Sum up, for programs."""
    return {
        "schema": SCHEMA,
        "dry_run": dry_run,
        "run": run,
        "files": files,
        "left": left,
        "changed": [
            {
                "path": r.path,
                "replaced": [_replaced(d) for d in r.decisions if d.verdict is Verdict.REPLACE],
            }
            for r in results
            if r.status is Status.CHANGED
        ],
        "refused": [
            {
                "path": r.path,
                **_replaced(d),
                "reasons": [
                    {"code": x.code.value, "line": x.line, "message": x.message} for x in d.reasons
                ],
            }
            for r, d in _refused(results)
        ],
        "warnings": [
            {"path": r.path, "code": w.code.value, "line": w.line, "message": w.message}
            for r in results
            for w in r.warnings
        ],
        "failures": failures_as_json(results),
    }


def failures_as_json(results: Sequence[FileResult]) -> list[dict[str, Any]]:
    """Give the files that failed, for programs."""
    return [
        {"path": r.path, "line": e.line, "code": e.code.value, "message": e.message}
        for r in results
        if (e := r.error) is not None
    ]


def _replaced(decision: Decision) -> dict[str, Any]:
    definition = decision.definition
    return {
        "line": definition.line,
        "end_line": definition.end_line,
        "class_name": definition.class_name,
        "shared_name": decision.shared_name,
    }
