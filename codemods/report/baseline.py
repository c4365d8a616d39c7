"""What was measured of collection, as text or JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from codemods.decode import encode
from codemods.measure.model import (
    Baseline,
    BaselineSummary,
    Claim,
    Comparison,
    PackageTime,
    Profile,
    Series,
    Step,
    Timing,
)
from codemods.report.document import document
from codemods.report.table import Detail, joined, shortened
from codemods.wording import plural


def as_text(measured: Baseline, detail: Detail = Detail.NORMAL) -> str:
    """Format a baseline; VERBOSE with the seconds of each run.

    The line ``Collection Time: 12.34 s`` is the median of the warm runs; its third word is the
    bare number. There is none where no run was measured.
    """
    if detail is Detail.QUIET:
        return joined([*_wrong(measured), *_collection_time(measured.summary)])
    return joined(_baseline(measured, detail))


def as_json(measured: Baseline) -> dict[str, Any]:
    """Return a baseline as values of JSON."""
    warm = measured.summary.warm.wall_seconds
    seconds = warm.median if warm.values else None
    values = {"collection_seconds": seconds, **encode(measured, WITH_MEDIANS)}
    return document("baseline", values)


def comparison_text(comparison: Comparison, detail: Detail = Detail.NORMAL) -> str:
    """Format a comparison; QUIET: what may be claimed of it."""
    return joined(_comparison(comparison, detail))


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as values of JSON."""
    sides = {"before": as_json(comparison.before), "after": as_json(comparison.after)}
    return document("baseline-compare", {**encode(comparison), **sides})


def profile_text(found: Profile, detail: Detail = Detail.NORMAL) -> str:
    """Format a profile: the longest of each kind, and what would help most (QUIET: that alone)."""
    return joined(_profile(found, detail))


def profile_json(found: Profile) -> dict[str, Any]:
    """Return a profile as values of JSON."""
    return document("baseline-profile", found)


def _baseline(measured: Baseline, detail: Detail) -> Iterator[str]:
    summary = measured.summary
    conditions = summary.conditions
    yield f"Collecting {' '.join(conditions.paths) or 'everything'} in {measured.root}"
    versions = (conditions.python, conditions.pytest and f"pytest {conditions.pytest}")
    yield ", ".join(filter(None, (*versions, conditions.machine)))
    timings = [
        (n, t) for n, t in (("cold", summary.cold), ("warm", summary.warm)) if t.wall_seconds.values
    ]
    if timings:
        yield ""
        yield f"{'':6}{'median':>10}{'min':>10}{'max':>10}{'CPU':>10}{'memory':>10}{'runs':>6}"
        yield from (f"{name:6}{_timing(timing)}" for name, timing in timings)
        for name, timing in timings if detail is Detail.VERBOSE else ():
            yield f"{name}, each run: {' '.join(f'{s:.2f}' for s in timing.wall_seconds.values)}"
    yield ""
    counts = (
        (summary.module_count, "module"),
        (summary.test_count, "test"),
        (summary.error_count, "error"),
    )
    yield ", ".join(plural(number, noun) for number, noun in counts)
    if summary.warning_counts:
        found = (f"{name} {count}" for name, count in summary.warning_counts.items())
        yield f"warnings: {', '.join(found)}"
    yield from (f"note: {note}" for note in measured.notes)
    yield from _wrong(measured, detail)
    yield from _collection_time(summary)


def _wrong(measured: Baseline, detail: Detail = Detail.NORMAL) -> Iterator[str]:
    errors = [f"{e.nodeid}: {_first_line(e.message)}" for e in measured.errors]
    yield from shortened("error: ", errors, detail)
    if measured.summary.problem:
        yield f"problem: {measured.summary.problem}"


def _collection_time(summary: BaselineSummary) -> Iterator[str]:
    if summary.warm.wall_seconds.values:
        yield f"Collection Time: {summary.warm.wall_seconds.median:.2f} s"


def _timing(timing: Timing) -> str:
    wall = timing.wall_seconds
    seconds = (wall.median, wall.minimum, wall.maximum, timing.cpu_seconds.median)
    figures = "".join(f"{f'{s:.2f} s':>10}" for s in seconds)
    memory = f"{timing.memory_bytes.maximum / 2**20:.0f} MB"
    return f"{figures}{memory:>10}{len(wall.values):>6}"


def _comparison(comparison: Comparison, detail: Detail) -> Iterator[str]:
    before, after = comparison.before.summary, comparison.after.summary
    yield f"{'':6}{'before':>26}{'after':>26}"
    for name, claim in (("cold", comparison.cold_claim), ("warm", comparison.warm_claim)):
        one: Series = getattr(before, name).wall_seconds
        other: Series = getattr(after, name).wall_seconds
        if one.values and other.values:
            sides = f"{series_text(one):>26}{series_text(other):>26}"
            yield f"{name:6}{sides}  {claim_text(claim, one, other)}"
    yield from shortened("not comparable: ", comparison.obstacles, detail)
    if detail is Detail.QUIET:
        return
    if before.nodes == after.nodes:
        yield f"the same {plural(after.test_count, 'test')}"
    yield from shortened("only before: ", comparison.only_before, detail)
    yield from shortened("only after: ", comparison.only_after, detail)
    yield from _collection_time(after)
    for name in sorted({**before.warning_counts, **after.warning_counts}):
        was, is_ = (summary.warning_counts.get(name, 0) for summary in (before, after))
        if was != is_:
            yield f"{name}: {was} to {is_}"


def claim_text(claim: Claim, before: Series, after: Series) -> str:
    """Format what may be claimed, with the change of the median where that is a difference."""
    if claim in (Claim.FASTER, Claim.SLOWER):
        return f"{claim.value}: {100 * (after.median / before.median - 1):+.0f} %"
    return str(claim.value)


def series_text(series: Series) -> str:
    """Format the median and the range of seconds."""
    return f"{series.median:.2f} s ({series.minimum:.2f} to {series.maximum:.2f})"


def _profile(found: Profile, detail: Detail) -> Iterator[str]:
    if found.problem:
        yield f"problem: {found.problem}"
    if not found.warm_seconds:
        return
    if detail is not Detail.QUIET:
        yield from _times(found, detail)
        yield ""
    yield "What would help most"
    yield from (f"{advice.seconds:8.2f} s  {advice.message}" for advice in found.advice)
    if not found.advice:
        yield "  nothing that these runs show"


def _times(found: Profile, detail: Detail) -> Iterator[str]:
    yield f"{'cold':34}{found.cold_seconds:8.2f} s"
    yield f"{'warm':34}{found.warm_seconds:8.2f} s"
    yield f"{'  until collection, and after':34}{found.start_seconds:8.2f} s"
    yield f"{'  collection':34}{found.collection_seconds:8.2f} s"
    for name, cost in (
        ("assertion rewriting, cold", found.rewriting),
        ("building warnings", found.warnings_building),
    ):
        yield f"{name:34}{cost.seconds:8.2f} s {cost.count:7}"
    for title, steps in (
        ("modules", found.module_times),
        ("imported packages", found.package_times),
        ("conftest files", found.conftest_times),
        ("plugins", found.plugin_times),
    ):
        yield from _table(f"{title} (own, with imports)", steps, detail)


def _table(title: str, steps: Sequence[Step | PackageTime], detail: Detail) -> Iterator[str]:
    if steps:
        yield ""
        yield title
        lines = [f"{s.own_seconds:8.2f} s{s.cumulative_seconds:8.2f} s  {s.name}" for s in steps]
        yield from shortened("", lines, detail)


def _series(series: Series) -> dict[str, Any]:
    return {
        "median": series.median,
        "min": series.minimum,
        "max": series.maximum,
        "values": list(series.values),
    }


#: How a document has the quantities that were measured.
WITH_MEDIANS: Mapping[type, Callable[[Any], Any]] = {Series: _series}


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
