"""What a migration did: from the history, and from what is left now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from codemods.disk.files import paths_from
from codemods.disk.git import repository_name
from codemods.measure.compare import claims, obstacles
from codemods.measure.model import BaselineSummary, Claim, ExitCodes, MeasureError
from codemods.model import Plan
from codemods.progress.history import Record, now, relative_paths
from codemods.progress.standing import History, Measured, StandingRun, collected
from codemods.settings import Settings


class CollectionChange(NamedTuple):
    """Collection of some paths before and after; None where it was not measured.

    The claims are what may be said of the two, None where a side is missing; `obstacles` are the
    reasons why nothing may be.
    """

    paths: tuple[str, ...]
    before: BaselineSummary | None
    after: BaselineSummary | None
    cold_claim: Claim | None = None
    warm_claim: Claim | None = None
    obstacles: tuple[str, ...] = ()

    @property
    def latest(self) -> BaselineSummary | None:
        """The side after, else the one before."""
        return self.after or self.before


class Completion(NamedTuple):
    """What a migration did to some paths of a repository, and what is left.

    `planned` is what is left, with paths from the root; `collected` counts the tests of the latest
    baselines, None without one; `golden_path` has for each command its exit codes before and after,
    None for one without.
    """

    repository: str
    time: str
    paths: tuple[str, ...]
    planned: Plan
    runs: tuple[StandingRun, ...]
    collection: tuple[CollectionChange, ...]
    golden_path: Mapping[str, ExitCodes]

    @property
    def collected(self) -> int | None:
        """How many tests the latest baselines collected; None where they lack compared ones."""
        found = {change.paths: change.latest for change in self.collection}
        return collected(self.runs, {part: side for part, side in found.items() if side})


def completion_report(
    settings: Settings,
    records: Sequence[Record],
    paths: Sequence[str],
    planned: Plan,
    *,
    compare_baseline: str | None = None,
) -> Completion:
    """Gather what there is to say of the migration of some paths.

    These are absolute or relative to the current folder; `planned` is what would still change in
    them. `compare_baseline` names the saved baseline that is the side before, a `MeasureError`
    where there is none; without it that is the latest one of these paths before the first run that
    stands.
    """
    root = settings.root
    from_root = paths_from(root)
    inside = relative_paths(root, paths)
    history = History(root, records)
    return Completion(
        repository=repository_name(root),
        time=now(),
        paths=inside,
        planned=planned._replace(
            results=tuple(r._replace(path=from_root(r.path)) for r in planned.results)
        ),
        runs=tuple(history.runs(inside)),
        collection=tuple(_collection(history, inside, compare_baseline)),
        golden_path=history.codes(settings.golden_path),
    )


def _collection(
    history: History, paths: Sequence[str], saved: str | None
) -> Iterator[CollectionChange]:
    """Yield the two sides of the paths, or of each part of them, and what may be claimed."""
    if saved is None:
        for part, measured in history.parts(paths):
            yield _change(part, *_sides(history, measured))
        return
    about, before = _saved(history.records, saved)
    is_other = set(about) != set(paths)
    found = [f"baseline {saved} is of other paths: {' '.join(about)}"] if is_other else []
    measured = history.baselines(paths)
    after = measured[-1][1] if measured else None
    # The saved baseline may be the latest one: then nothing was measured since.
    yield _change(tuple(paths), before, after if after != before else None, *found)


def _sides(
    history: History, measured: Sequence[Measured]
) -> tuple[BaselineSummary | None, BaselineSummary | None]:
    """Return the side before the change and the latest, None for one that was not measured."""
    if not measured:
        return None, None
    (time, latest), change = measured[-1], history.first_change
    if len(measured) == 1 and change and change < time:
        return None, latest
    before = history.before_the_change(measured)
    return before, latest if latest != before else None


def _change(
    paths: tuple[str, ...],
    before: BaselineSummary | None,
    after: BaselineSummary | None,
    *found: str,
) -> CollectionChange:
    if before is None or after is None:
        return CollectionChange(paths, before, after, None, None, found)
    found = (*found, *obstacles(before, after))
    return CollectionChange(paths, before, after, *claims(before, after, found), found)


def _saved(records: Sequence[Record], name: str) -> tuple[Sequence[str], BaselineSummary]:
    for record in reversed(records):
        if record.name == name and isinstance(record.figures, BaselineSummary):
            return record.paths, record.figures
    raise MeasureError(f"no baseline was saved as {name} in the history")
