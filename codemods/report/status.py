"""The phases and the history, as text or JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from codemods.decode import encode
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

_BLOCKS = "▁▂▃▄▅▆▇█"
_MOST_POINTS = 40
_MOST_PATHS = 3


def as_text(standing: Standing, detail: Detail = Detail.NORMAL) -> str:
    """Format the criteria of each phase, and the next steps."""
    return paragraphs(blocks(standing, detail))


def blocks(standing: Standing, detail: Detail = Detail.NORMAL) -> Iterator[list[str]]:
    """Yield the criteria of each phase, and unless QUIET their notes and the next steps."""
    groups = [(f"{p.name}: {' '.join(p.paths)}", p.criteria) for p in standing.phases]
    groups += [("all phases", standing.overall)] if standing.overall else []
    criteria = [criterion for _, group in groups for criterion in group]
    rows = [
        (f"  {c.state.value}", c.name, c.figure or "-", f"wanted: {c.wanted}") for c in criteria
    ]
    lines = iter(table(("", "", "", ""), rows)[1:])
    for head, group in groups:
        yield [
            head,
            *(text for c in group for text in (next(lines), *_note(c, detail))),
        ]
    if detail is Detail.QUIET:
        return
    yield list(_missing_paths(standing))
    yield list(_next_steps(standing))
    yield prospect_lines(standing.prospects)


def as_json(standing: Standing) -> dict[str, Any]:
    """Return it as values of JSON."""
    return document("status", encode(standing))


def history_text(
    records: Sequence[Record], detail: Detail = Detail.NORMAL, *, unicode: bool
) -> str:
    """Format the history: curves of seconds and copies, then a line for each record.

    Args:
        records: the oldest first.
        detail: VERBOSE names all paths, QUIET has no curves.
        unicode: whether the reader can show blocks; else the curves are left out.

    """
    if not records:
        return "no history\n"
    most = None if detail is Detail.VERBOSE else _MOST_PATHS
    rows = [(f"{r.time[:19]}Z", r.verb, shown_paths(r.paths, most), _figures(r)) for r in records]
    lines = table(("time", "verb", "paths", "figures"), rows)
    if detail is Detail.QUIET:
        return paragraphs([lines])
    return paragraphs([
        _curves("collection, seconds", records, _seconds, unicode),
        _curves("copies left", records, _copies_left, unicode),
        lines,
    ])  # fmt: skip


def shown_paths(paths: Sequence[str], most: int | None = _MOST_PATHS) -> str:
    """Return the first paths, and how many more there are: a batch may have hundreds."""
    shown = " ".join(paths[:most]) or "-"
    more = len(paths) - len(paths[:most])
    return f"{shown} and {more:,} more" if more > 0 else shown


def history_json(records: Sequence[Record]) -> dict[str, Any]:
    """Return it as values of JSON."""
    return document("status-history", {"records": list(map(record_values, records))}, WITH_MEDIANS)


def sparkline(values: Sequence[float]) -> str:
    """Draw numbers from 0 on as blocks, the largest as the highest one."""
    highest = max(values, default=0)
    if highest <= 0:
        return _BLOCKS[0] * len(values)
    top = len(_BLOCKS) - 1
    return "".join(_BLOCKS[round(top * value / highest)] for value in values)


def _note(criterion: Criterion, detail: Detail) -> list[str]:
    return [f"      {criterion.note}"] if criterion.note and detail is not Detail.QUIET else []


def _missing_paths(standing: Standing) -> Iterator[str]:
    """Yield a line for each path of a phase that does not exist."""
    missing = dict.fromkeys(path for phase in standing.phases for path in phase.missing)
    for path in missing:
        names = [phase.name for phase in standing.phases if path in phase.missing]
        yield f"{path}: no such file or directory (phase {', '.join(names)})"


def _next_steps(standing: Standing) -> Iterator[str]:
    """Yield the commands that come next: what is to be measured, and the next batch."""
    # What is to be compared with has to be measured before the change.
    criteria = (c for phase in standing.phases for c in phase.criteria)
    missing = {c.remedy for c in criteria if c.name == COLLECTION}
    first = [remedy for remedy in standing.remedies if remedy in missing]
    yield from (f"not measured yet: {remedy}" for remedy in first)
    if standing.next_batch:
        yield f"next batch: {standing.next_batch}"
    yield from (
        f"not measured yet: {remedy}" for remedy in standing.remedies if remedy not in first
    )


def _curves(
    title: str,
    records: Sequence[Record],
    value_of: Callable[[Record], float | None],
    unicode: bool,
) -> list[str]:
    """Format for each set of paths the first value, the last one, and the curve between."""
    series: defaultdict[str, list[float]] = defaultdict(list)
    for record in records:
        value = value_of(record)
        if value is not None:
            series[shown_paths(record.paths)].append(value)
    if not series:
        return []
    rows = [
        (paths, f"{values[0]:g}", f"{values[-1]:g}", len(values), _curve(values, unicode))
        for paths, values in series.items()
    ]
    return table((title, "first", "last", "records", ""), rows)


def _curve(values: Sequence[float], unicode: bool) -> str:
    return sparkline(values[-_MOST_POINTS:]) if unicode else ""


def _seconds(record: Record) -> float | None:
    found = record.figures
    return round(found.warm.wall_seconds.median, 2) if isinstance(found, BaselineSummary) else None


def _copies_left(record: Record) -> float | None:
    found = record.figures
    if not isinstance(found, Migration) or found.codemod != DEFAULT:
        return None
    return found.copy_count


def _figures(record: Record) -> str:
    """Return what is worth a place on a line; the rest is in the JSON."""
    shown = {key: value for key, value in _values(record).items() if value is not None}
    return ", ".join(f"{key} {_figure(value)}" for key, value in shown.items())


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


def _figure(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
