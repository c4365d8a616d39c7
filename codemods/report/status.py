"""The phases and the history, as text or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from codemods.measure.model import BaselineSummary, Warmed
from codemods.progress.history import (
    ComparedTests,
    Migration,
    RanTests,
    Record,
    Rollback,
    Verification,
    record_values,
)
from codemods.progress.phases import COLLECTION, Criterion, Standing
from codemods.progress.standing import total
from codemods.registry import DEFAULT
from codemods.report.baseline import WITH_MEDIANS
from codemods.report.document import document
from codemods.report.findings import prospect_lines
from codemods.report.table import Detail, paragraphs, table
from codemods.wording import first_of

_MOST_PATHS = 3


def as_text(standing: Standing, detail: Detail = Detail.NORMAL) -> str:
    """Format the criteria of each phase, and the next steps."""
    return paragraphs(blocks(standing, detail))


def blocks(standing: Standing, detail: Detail = Detail.NORMAL) -> Iterator[list[str]]:
    """Yield the criteria of each phase, and unless QUIET their notes and the next steps."""
    groups = [(f"{p.name}: {' '.join(p.paths)}", p.criteria) for p in standing.phases]
    groups += [("all phases", standing.overall)] if standing.overall else []
    rows = [
        (f"  {c.state.value}", c.name, c.figure or "-", f"wanted: {c.wanted}")
        for c in standing.criteria
    ]
    lines = iter(table(("", "", "", ""), rows)[1:])
    for head, group in groups:
        yield [head, *(text for c in group for text in (next(lines), *_note(c, detail)))]
    if detail is Detail.QUIET:
        return
    yield list(_missing_paths(standing))
    yield list(_next_steps(standing))
    yield prospect_lines(standing.prospects)


def as_json(standing: Standing) -> dict[str, Any]:
    """Return it as values of JSON."""
    return document("status", standing)


def history_text(records: Sequence[Record], detail: Detail = Detail.NORMAL) -> str:
    """Format the history, a line for each record; VERBOSE names all paths."""
    if not records:
        return "no history\n"
    most = None if detail is Detail.VERBOSE else _MOST_PATHS
    rows = [(f"{r.time[:19]}Z", r.verb, shown_paths(r.paths, most), _figures(r)) for r in records]
    return paragraphs([table(("time", "verb", "paths", "figures"), rows)])


def shown_paths(paths: Sequence[str], most: int | None = _MOST_PATHS) -> str:
    """Return the first paths, and how many more there are: a batch may have hundreds."""
    return first_of(paths, len(paths) if most is None else most) or "-"


def history_json(records: Sequence[Record]) -> dict[str, Any]:
    """Return it as values of JSON."""
    return document("status-history", {"records": list(map(record_values, records))}, WITH_MEDIANS)


def _note(criterion: Criterion, detail: Detail) -> list[str]:
    return [f"      {criterion.note}"] if criterion.note and detail is not Detail.QUIET else []


def _missing_paths(standing: Standing) -> Iterator[str]:
    missing = dict.fromkeys(path for phase in standing.phases for path in phase.missing)
    for path in missing:
        names = [phase.name for phase in standing.phases if path in phase.missing]
        yield f"{path}: no such file or directory (phase {', '.join(names)})"


def _next_steps(standing: Standing) -> Iterator[str]:
    """Yield the commands that come next: what is to be measured, and the next batch."""
    # What is to be compared with has to be measured before the change.
    missing = {c.remedy for c in standing.criteria if c.name == COLLECTION}
    first = [remedy for remedy in standing.remedies if remedy in missing]
    yield from (f"not measured yet: {remedy}" for remedy in first)
    if standing.next_batch:
        yield f"next batch: {standing.next_batch}"
    yield from (
        f"not measured yet: {remedy}" for remedy in standing.remedies if remedy not in first
    )


def _figures(record: Record) -> str:
    """Return what is worth a place on a line; the rest is in the JSON."""
    shown = {key: value for key, value in _values(record).items() if value is not None}
    texts = {key: f"{v:.2f}" if isinstance(v, float) else v for key, v in shown.items()}
    return ", ".join(f"{key} {text}" for key, text in texts.items())


def _values(record: Record) -> dict[str, object]:
    match record.figures:
        case BaselineSummary() as found:
            return {
                "cold": found.cold.wall_seconds.median,
                "warm": found.warm.wall_seconds.median,
                "modules": found.module_count,
                "tests": found.test_count,
                "errors": found.error_count,
                "warnings": sum(found.warning_counts.values()),
                "name": record.name or None,
            }
        case Warmed() as found:
            return {
                "cold": found.cold_seconds,
                "warmed": found.writing_seconds,
                "warm": found.warm_seconds,
                "modules": found.module_count,
                "cached": found.cached_count,
                "errors": found.error_count,
            }
        case Migration(run=run, files=files) as found:
            return {
                "codemod": found.codemod if found.codemod != DEFAULT else None,
                "run": run,
                "changed": len(files),
                "replaced": sum(len(file.removed) for file in files.values()),
                "refused": found.refused_count,
                "failed": found.failed_count,
                "left": found.remaining_count,
                "copies": found.copy_count,
            }
        case Verification(run=run, tests=ComparedTests(files=files)):
            names = ("tests", "passed", "lost", "differences", "flaky", "healed")
            return {"run": run, **dict(zip(names, total(files.values()), strict=True))}
        case Verification(run=run, tests=RanTests(passed, tests)):
            return {"run": run, "tests": tests, "passed": passed}
        case Verification(run=run):
            return {"run": run}
        case Rollback(run=run, restored=restored):
            return {"run": run, "files": len(restored)}
