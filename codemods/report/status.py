"""The phases and the history, as text or JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from codemods.decode import encode
from codemods.measure.model import BaselineSummary
from codemods.progress.history import Check, Migration, Record, Verification, record_json
from codemods.progress.phases import COLLECTION, Criterion, PhaseStatus, Standing, State
from codemods.report.table import paragraphs, table

STATUS_SCHEMA = "ssot-codemods/status/1"
HISTORY_SCHEMA = "ssot-codemods/history/2"
_BLOCKS = "▁▂▃▄▅▆▇█"
_MOST_POINTS = 40
_MOST_PATHS = 3


def as_text(standing: Standing) -> str:
    """Format a table of the phases, what is not met, and the next steps."""
    blocks = [_matrix(standing.phases), *_unmet(standing), list(next_steps(standing))]
    return paragraphs(blocks)


def as_json(standing: Standing) -> dict[str, Any]:
    """Return it as values of JSON."""
    return {"schema": STATUS_SCHEMA, **standing_json(standing)}


def history_text(records: Sequence[Record], *, unicode: bool) -> str:
    """Format the history: curves of seconds and copies, then a line for each record.

    Args:
        records: the oldest first.
        unicode: whether the reader can show blocks; else the curves are left out.

    """
    if not records:
        return "no history\n"
    rows = [(r.time, r.verb, _shown(r.paths), _figures(r)) for r in records]
    blocks = [
        _curves("collection, seconds", records, _seconds, unicode),
        _curves("copies left", records, _copies_left, unicode),
        table(("time", "verb", "paths", "figures"), rows),
    ]
    return paragraphs(blocks)


def _shown(paths: Sequence[str]) -> str:
    """Return the first paths, and how many more there are: a batch may have hundreds."""
    more = len(paths) - _MOST_PATHS
    shown = " ".join(paths[:_MOST_PATHS]) or "-"
    return f"{shown} and {more:,} more" if more > 0 else shown


def history_json(records: Sequence[Record]) -> dict[str, Any]:
    """Return it as values of JSON."""
    return {"schema": HISTORY_SCHEMA, "records": [record_json(r) for r in records]}


def sparkline(values: Sequence[float]) -> str:
    """Draw numbers from 0 on as blocks, the largest as the highest one."""
    highest = max(values, default=0)
    if highest <= 0:
        return _BLOCKS[0] * len(values)
    top = len(_BLOCKS) - 1
    return "".join(_BLOCKS[round(top * value / highest)] for value in values)


def _matrix(phases: Sequence[PhaseStatus]) -> list[str]:
    if not phases:
        return ["no phases"]
    names = [c.name for c in phases[0].criteria]
    rows = [(phase.name, *(_cell(c) for c in phase.criteria)) for phase in phases]
    return table(("phase", *names), rows)


def _cell(criterion: Criterion) -> str:
    return f"{criterion.state.value} {criterion.figure}".rstrip()


def _unmet(standing: Standing) -> Iterator[list[str]]:
    """Yield more about what is not met, and about criteria of no phase."""
    lines = [_remark(p.name, c) for p in standing.phases for c in p.criteria if _is_open(c)]
    yield lines + [_remark("all", c) for c in standing.overall]
    yield list(missing_paths(standing.phases))


def _is_open(criterion: Criterion) -> bool:
    has_note = criterion.state is State.NOT_MEASURED and criterion.note
    return criterion.state is State.NOT_MET or bool(has_note)


def _remark(phase: str, criterion: Criterion) -> str:
    note = f" ({criterion.note})" if criterion.note else ""
    return f"{phase}: {criterion.name}: {_cell(criterion)}, wanted {criterion.wanted}{note}"


def missing_paths(phases: Sequence[PhaseStatus]) -> Iterator[str]:
    """Yield a line for each path of a phase that does not exist."""
    missing = dict.fromkeys(path for phase in phases for path in phase.missing)
    for path in missing:
        names = [phase.name for phase in phases if path in phase.missing]
        yield f"{path}: no such file or directory (phase {', '.join(names)})"


def next_steps(standing: Standing) -> Iterator[str]:
    """Yield the commands that come next: what is to be measured, and the next batch."""
    # What is to be compared with has to be measured before the change.
    criteria = (c for phase in standing.phases for c in phase.criteria)
    missing = {c.remedy for c in criteria if c.name == COLLECTION}
    first = [remedy for remedy in standing.remedies if remedy in missing]
    yield from (f"not measured yet: {remedy}" for remedy in first)
    if standing.batch:
        yield f"next batch: {standing.batch}"
    yield from (
        f"not measured yet: {remedy}" for remedy in standing.remedies if remedy not in first
    )


def standing_json(standing: Standing) -> dict[str, Any]:
    """Return the phases and their criteria as values of JSON."""
    return {
        "phases": encode(standing.phases),
        "overall": encode(standing.overall),
        "next_batch": standing.batch or None,
        "to_measure": list(standing.remedies),
    }


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
            series[_shown(record.paths)].append(value)
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
    return round(found.warm.wall.median, 2) if isinstance(found, BaselineSummary) else None


def _copies_left(record: Record) -> float | None:
    found = record.figures
    return found.copies if isinstance(found, Check | Migration) else None


#: What is worth a place on a line; the rest is in the JSON.
_SHOWN = (
    *("run", "changed", "replaced", "refused", "failed", "left", "files"),
    *("copies", "compliant", "total", "percent"),
    *("passed_before", "passed_after", "differences", "flaky", "healed"),
    *("cold", "warmed", "warm", "modules", "cached", "tests", "errors", "warnings"),
)


def _figures(record: Record) -> str:
    found = record.figures
    values = encode(found)
    if isinstance(found, BaselineSummary):
        values |= {kind: getattr(found, kind).wall.median for kind in ("cold", "warm")}
        values["warnings"] = sum(found.warnings.values())
    elif isinstance(found, Verification):
        values |= {"tests": None, **(encode(found.tests) or {})}
    shown = ((key, values.get(key)) for key in _SHOWN)
    return ", ".join(f"{key} {_figure(v)}" for key, v in shown if v is not None)


def _figure(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
