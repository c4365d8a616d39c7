"""The phases and the history, as text or JSON."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from codemods.decode import encode
from codemods.measure.model import BaselineSummary, Warmed
from codemods.progress.history import (
    SCHEMA,
    ComparedTests,
    Migration,
    RanTests,
    Record,
    Rollback,
    Verification,
    record_json,
)
from codemods.progress.phases import COLLECTION, Standing
from codemods.progress.standing import total
from codemods.registry import DEFAULT
from codemods.report.findings import prospect_line
from codemods.report.table import paragraphs, table

STATUS_SCHEMA = "ssot-codemods/status/2"
_BLOCKS = "▁▂▃▄▅▆▇█"
_WIDTH, _INDENT = 100, " " * 6
_MOST_POINTS = 40
_MOST_PATHS = 3


def as_text(standing: Standing) -> str:
    """Format the criteria of each phase, and the next steps."""
    return paragraphs(blocks(standing))


def blocks(standing: Standing) -> Iterator[list[str]]:
    """Yield the criteria of each phase, what does not exist, and the next steps."""
    groups = [(f"{p.name}: {' '.join(p.paths)}", p.criteria) for p in standing.phases]
    groups += [("all phases", standing.overall)] if standing.overall else []
    criteria = [criterion for _, group in groups for criterion in group]
    rows = [
        (f"  {c.state.value}", c.name, c.figure or "-", f"wanted: {c.wanted}") for c in criteria
    ]
    lines = iter(table(("", "", "", ""), rows)[1:])
    for head, group in groups:
        yield [head, *(text for c in group for text in (next(lines), *_wrapped(c.note)))]
    yield list(_missing_paths(standing))
    yield list(_next_steps(standing))
    yield list(map(prospect_line, standing.prospects))


def as_json(standing: Standing) -> dict[str, Any]:
    """Return it as values of JSON."""
    prospects = [prospect._asdict() for prospect in standing.prospects]
    return {"schema": STATUS_SCHEMA, **standing_json(standing), "prospects": prospects}


def history_text(records: Sequence[Record], *, unicode: bool) -> str:
    """Format the history: curves of seconds and copies, then a line for each record.

    Args:
        records: the oldest first.
        unicode: whether the reader can show blocks; else the curves are left out.

    """
    if not records:
        return "no history\n"
    rows = [(f"{r.time[:19]}Z", r.verb, shown_paths(r.paths), _figures(r)) for r in records]
    return paragraphs([
        _curves("collection, seconds", records, _seconds, unicode),
        _curves("copies left", records, _copies_left, unicode),
        table(("time", "verb", "paths", "figures"), rows),
    ])  # fmt: skip


def shown_paths(paths: Sequence[str]) -> str:
    """Return the first paths, and how many more there are: a batch may have hundreds."""
    more = len(paths) - _MOST_PATHS
    shown = " ".join(paths[:_MOST_PATHS]) or "-"
    return f"{shown} and {more:,} more" if more > 0 else shown


def history_json(records: Sequence[Record]) -> dict[str, Any]:
    """Return it as values of JSON."""
    return {"schema": SCHEMA, "records": [record_json(r) for r in records]}


def sparkline(values: Sequence[float]) -> str:
    """Draw numbers from 0 on as blocks, the largest as the highest one."""
    highest = max(values, default=0)
    if highest <= 0:
        return _BLOCKS[0] * len(values)
    top = len(_BLOCKS) - 1
    return "".join(_BLOCKS[round(top * value / highest)] for value in values)


def _wrapped(note: str) -> list[str]:
    wrapper = textwrap.TextWrapper(
        _WIDTH,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapper.wrap(note)


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
    return round(found.warm.wall.median, 2) if isinstance(found, BaselineSummary) else None


def _copies_left(record: Record) -> float | None:
    found = record.figures
    if not isinstance(found, Migration) or found.codemod != DEFAULT:
        return None
    return found.copies


def _figures(record: Record) -> str:
    """Return what is worth a place on a line; the rest is in the JSON."""
    shown = {key: value for key, value in _values(record).items() if value is not None}
    return ", ".join(f"{key} {_figure(value)}" for key, value in shown.items())


def _values(record: Record) -> dict[str, object]:
    match record.figures:
        case BaselineSummary() as found:
            values = {kind: getattr(found, kind).wall.median for kind in ("cold", "warm")}
            values |= {kind: getattr(found, kind) for kind in ("modules", "tests", "errors")}
            return {**values, "warnings": sum(found.warnings.values()), "name": record.name or None}
        case Warmed() as found:
            kinds = ("cold", "warmed", "warm", "modules", "cached", "errors")
            return {kind: getattr(found, kind) for kind in kinds}
        case Migration(run=run, files=files) as found:
            replaced = sum(len(file.removed) for file in files.values())
            values = {
                kind: getattr(found, kind) for kind in ("refused", "failed", "left", "copies")
            }
            codemod = found.codemod if found.codemod != DEFAULT else None
            head = {"codemod": codemod, "run": run, "changed": len(files), "replaced": replaced}
            return {**head, **values}
        case Verification(run=run, tests=ComparedTests(files=files)):
            return {"run": run, **total(files.values())._asdict()}
        case Verification(run=run, tests=RanTests(passed, tests)):
            return {"run": run, "tests": tests, "passed": passed}
        case Verification(run=run):
            return {"run": run}
        case Rollback(run=run, files=restored):
            return {"run": run, "files": len(restored)}


def _figure(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
