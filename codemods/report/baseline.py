"""What was measured of collection, as text or JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from codemods.measure.collection import FEWEST_RUNS, baseline_to_dict
from codemods.measure.model import (
    Baseline,
    Claim,
    Comparison,
    Profile,
    Series,
    Timing,
)
from codemods.report.table import MOST_LINES, joined, shortened
from codemods.wording import plural


def as_text(measured: Baseline) -> str:
    """Format a baseline.

    The line ``Collection Time: 12.34 s`` is the median of the warm runs; its third word is the
    bare number. There is none where no run was measured.
    """
    return joined(_baseline(measured))


def as_json(measured: Baseline) -> dict[str, Any]:
    """Return a baseline as values of JSON, schema ``ssot-codemods/baseline/1``."""
    values = baseline_to_dict(measured)
    values["collection_seconds"] = measured.warm.wall.median if measured.warm.wall.values else None
    for kind in ("cold", "warm"):
        timing: Timing = getattr(measured, kind)
        values[kind] = {name: _series(getattr(timing, name)) for name in ("wall", "cpu", "memory")}
    return values


def comparison_text(comparison: Comparison) -> str:
    """Format a comparison."""
    return joined(_comparison(comparison))


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as values of JSON, schema ``ssot-codemods/comparison/1``."""
    return {
        "schema": "ssot-codemods/comparison/1",
        "before": as_json(comparison.before),
        "after": as_json(comparison.after),
        "unlike": list(comparison.unlike),
        "gone": list(comparison.gone),
        "came": list(comparison.came),
        "cold": comparison.cold.value,
        "warm": comparison.warm.value,
    }


def profile_text(found: Profile) -> str:
    """Format a profile: the longest of each kind, and what would help most."""
    return joined(_profile(found))


def profile_json(found: Profile) -> dict[str, Any]:
    """Return a profile as values of JSON, schema ``ssot-codemods/profile/1``."""
    return {"schema": "ssot-codemods/profile/1", **dataclasses.asdict(found)}


def _baseline(measured: Baseline) -> Iterator[str]:
    conditions = measured.conditions
    yield f"Collecting {' '.join(conditions.paths) or 'everything'} in {measured.root}"
    versions = (conditions.python, conditions.pytest and f"pytest {conditions.pytest}")
    yield ", ".join(filter(None, (*versions, conditions.machine)))
    if measured.cold.wall.values or measured.warm.wall.values:
        yield ""
        yield f"{'':6}{'median':>10}{'min':>10}{'max':>10}{'CPU':>10}{'memory':>10}{'runs':>6}"
        for name, timing in (("cold", measured.cold), ("warm", measured.warm)):
            if timing.wall.values:
                yield f"{name:6}{_timing(timing)}"
    yield ""
    yield (
        f"{plural(measured.modules, 'module')}, {plural(len(measured.tests), 'test')}, "
        f"{plural(len(measured.errors), 'error')}"
    )
    if measured.warnings:
        yield "warnings: " + ", ".join(f"{name} {count}" for name, count in measured.warnings)
    errors = [f"{e.nodeid}: {_first_line(e.message)}" for e in measured.errors]
    yield from shortened("error: ", errors)
    yield from (f"note: {note}" for note in measured.notes)
    if measured.problem:
        yield f"problem: {measured.problem}"
    if measured.warm.wall.values:
        yield f"Collection Time: {measured.warm.wall.median:.2f} s"


def _timing(timing: Timing) -> str:
    wall = timing.wall
    seconds = (wall.median, wall.minimum, wall.maximum, timing.cpu.median)
    figures = "".join(f"{f'{s:.2f} s':>10}" for s in seconds)
    return f"{figures}{_size(timing.memory.maximum):>10}{len(wall.values):>6}"


def _comparison(comparison: Comparison) -> Iterator[str]:
    before, after = comparison.before, comparison.after
    yield f"{'':6}{'before':>26}{'after':>26}"
    for name, claim in (("cold", comparison.cold), ("warm", comparison.warm)):
        one: Series = getattr(before, name).wall
        other: Series = getattr(after, name).wall
        if one.values and other.values:
            yield f"{name:6}{_range(one):>26}{_range(other):>26}  {_claim(claim, one, other)}"
    yield from shortened("differs: ", comparison.unlike)
    if not (comparison.gone or comparison.came):
        yield f"the same {plural(len(after.tests), 'test')}"
    yield from shortened("only before: ", comparison.gone)
    yield from shortened("only after: ", comparison.came)
    if after.warm.wall.values:
        yield f"Collection Time: {after.warm.wall.median:.2f} s"
    for name, side in (("before", before), ("after", after)):
        if side.problem:
            yield f"{name}: {side.problem}"
        if not side.stable:
            yield f"{name}: the runs did not collect the same tests"
        if min(len(s.wall.values) for s in (side.cold, side.warm)) < FEWEST_RUNS:
            yield f"{name}: at least {FEWEST_RUNS} runs are needed"
    counts = [dict(side.warnings) for side in (before, after)]
    for name in sorted(counts[0].keys() | counts[1].keys()):
        was, is_ = (c.get(name, 0) for c in counts)
        if was != is_:
            yield f"{name}: {was} to {is_}"
    if len(before.errors) != len(after.errors):
        yield f"errors: {len(before.errors)} to {len(after.errors)}"


def _claim(claim: Claim, before: Series, after: Series) -> str:
    if claim in (Claim.FASTER, Claim.SLOWER):
        return f"{claim.value}: {100 * (after.median / before.median - 1):+.0f} %"
    return str(claim.value)


def _range(series: Series) -> str:
    return f"{series.median:.2f} s ({series.minimum:.2f} to {series.maximum:.2f})"


def _profile(found: Profile) -> Iterator[str]:
    if found.problem:
        yield f"problem: {found.problem}"
    if not found.warm:
        return
    yield f"{'cold':34}{found.cold:8.2f} s"
    yield f"{'warm':34}{found.warm:8.2f} s"
    yield f"{'  until collection, and after':34}{found.start:8.2f} s"
    yield f"{'  collection':34}{found.collection:8.2f} s"
    for name, cost in (
        ("assertion rewriting, cold", found.rewriting),
        ("building warnings", found.warnings_building),
    ):
        yield f"{name:34}{cost.seconds:8.2f} s {cost.count:7}"
    yield from _table(
        "modules (own, with imports)",
        [(m.path, m.own, m.cumulative) for m in found.modules],
    )
    yield from _table(
        "imported packages (own, with imports)",
        [(p.name, p.own, p.cumulative) for p in found.packages],
    )
    for title, steps in (
        ("conftest files (own, with imports)", found.conftests),
        ("plugins (own, with imports)", found.plugins),
    ):
        yield from _table(title, [(s.name, s.own, s.cumulative) for s in steps])
    yield ""
    yield "What would help most"
    yield from (f"{advice.seconds:8.2f} s  {advice.text}" for advice in found.advice)
    if not found.advice:
        yield "  nothing that these runs show"


def _table(title: str, rows: Sequence[tuple[str, float, float]]) -> Iterator[str]:
    if rows:
        yield ""
        yield title
        for name, own, cumulative in rows[:MOST_LINES]:
            yield f"{own:8.2f} s{cumulative:8.2f} s  {name}"
        if len(rows) > MOST_LINES:
            yield f"{'':22}and {len(rows) - MOST_LINES} more"


def _series(series: Series) -> dict[str, Any]:
    return {
        "median": series.median,
        "min": series.minimum,
        "max": series.maximum,
        "values": list(series.values),
    }


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _size(size: float) -> str:
    return f"{size / 2**20:.0f} MB"
