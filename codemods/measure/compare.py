"""What two measurements show: a difference is claimed only where the runs can show one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from codemods.measure.model import Baseline, BaselineSummary, Claim, Comparison, Conditions, Series

FEWEST_RUNS = 3


def compare(before: Baseline, after: Baseline) -> Comparison:
    """Compare two baselines; see `obstacles` for what must be the same, `claim` for the figures."""
    one, other = before.summary, after.summary
    paths = _differences(one.conditions, other.conditions, ("paths",))
    found = (*paths, *obstacles(one, other), *_other_errors(before, after))
    ours, theirs = Counter(before.nodeids), Counter(after.nodeids)
    only_before, only_after = (
        tuple((a - b).elements()) for a, b in ((ours, theirs), (theirs, ours))
    )
    return Comparison(before, after, found, only_before, only_after, *claims(one, other, found))


def obstacles(before: BaselineSummary, after: BaselineSummary) -> Iterator[str]:
    """Yield what keeps two measurements from being compared; the paths are left to the caller."""
    yield from differing_conditions(before, after)
    if before.nodes != after.nodes:
        yield f"not the same tests were collected: {before.test_count:,} / {after.test_count:,}"
    if before.error_count != after.error_count:
        yield f"not as many errors at collection: {before.error_count:,} / {after.error_count:,}"
    for side, summary in (("before", before), ("after", after)):
        if summary.problem:
            yield f"{side}: {summary.problem}"
        if not summary.is_stable:
            yield f"{side}: the runs did not collect the same tests"
        if summary.runs < FEWEST_RUNS:
            yield f"{side}: at least {FEWEST_RUNS} runs are needed"


def differing_conditions(before: BaselineSummary, after: BaselineSummary) -> Iterator[str]:
    """Yield the conditions that differ, with both values."""
    names = ("interpreter", "python", "pytest", "plugins", "machine", "environment")
    return _differences(before.conditions, after.conditions, names)


def _differences(before: Conditions, after: Conditions, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        one, other = getattr(before, name), getattr(after, name)
        if one != other:
            texts = (", ".join(v) if isinstance(v, tuple) else v for v in (one, other))
            yield f"{name}: {' / '.join(t or '-' for t in texts)}"


def _other_errors(before: Baseline, after: Baseline) -> Iterator[str]:
    """Yield the files that one side alone could not collect: what breaks early takes less time."""
    ours, theirs = ({e.nodeid for e in side.errors} for side in (before, after))
    yield from (f"collected before, and not after: {name}" for name in sorted(theirs - ours))
    yield from (f"collected after, and not before: {name}" for name in sorted(ours - theirs))


def claims(
    before: BaselineSummary, after: BaselineSummary, found: Sequence[str]
) -> tuple[Claim, Claim]:
    """Return what may be claimed of cold and of warm runs: nothing where obstacles were found."""
    if found:
        return Claim.NOT_COMPARABLE, Claim.NOT_COMPARABLE
    return (
        claim(before.cold.wall_seconds, after.cold.wall_seconds),
        claim(before.warm.wall_seconds, after.warm.wall_seconds),
    )


def claim(before: Series, after: Series) -> Claim:
    """Return whether one series is faster than another.

    It is where no value of one lies within the range of the other, or where the medians differ by
    more than the range (maximum less minimum) of either. The rule is ours: with five runs on each
    side, ranges that do not touch come about by chance in 2 of 252 orders.
    """
    if min(len(before.values), len(after.values)) < FEWEST_RUNS:
        return Claim.NOT_COMPARABLE
    apart = after.maximum < before.minimum or before.maximum < after.minimum
    spread = max(s.maximum - s.minimum for s in (before, after))
    if not apart and abs(after.median - before.median) <= spread:
        return Claim.NONE
    return Claim.FASTER if after.median < before.median else Claim.SLOWER
