"""What a migration did: from the journal, the history, saved baselines, and what is left now."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from codemods.disk.files import read_file
from codemods.disk.journal import Journal
from codemods.measure.collection import FEWEST_RUNS, claim, load_baseline
from codemods.measure.model import Baseline, Claim, Series
from codemods.migration.migrate import plan
from codemods.migration.scan import Progress, Scan
from codemods.model import Entry, FileResult, Plan, Run, Target
from codemods.progress import history
from codemods.progress.history import Record
from codemods.progress.mocking import introduced
from codemods.settings import Settings
from codemods.workers.pool import Pool


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, minimum and maximum of one quantity."""

    median: float
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What a baseline showed: wall seconds, bytes, numbers.

    `cold` and `warm` are None where no such run was made; `time` is empty for a saved baseline,
    which does not have it.
    """

    time: str
    commit: str
    cold: Spread | None
    warm: Spread | None
    memory: int
    modules: int
    tests: int
    errors: int
    warnings: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class CollectionChange:
    """Collection before and after; None where it was not measured.

    `cold` and `warm` are what may be claimed (a value of `codemods.measure.model.Claim`), empty
    where a side is missing; `remarks` say why nothing may be.
    """

    before: Measured | None
    after: Measured | None
    cold: str
    warm: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One definition of a class; `path` is relative to the root, `line` counts from 1."""

    path: str
    line: int
    class_name: str


@dataclass(frozen=True, slots=True)
class RefusedPlace:
    """A definition that stays, or a file that failed, and the first reason."""

    path: str
    line: int
    class_name: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class StandingRun:
    """A run of the journal of which something stands.

    `removed` are the definitions that went and are still gone, by their lines before the run;
    `left` counts the copies that were left after it, counted back from now.
    """

    id: str
    time: str
    command: str
    removed: tuple[Place, ...]
    left: int


@dataclass(frozen=True, slots=True)
class Verification:
    """What the latest verification found; `places` has the first of the differences."""

    time: str
    passed_before: int
    passed_after: int
    differences: int
    flaky: int
    healed: int
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Completion:
    """What a migration did to some paths, and what is left.

    `files` counts those looked at, `helpers` those that use the helper; `golden_path` has for each
    command its exit codes before and after, None for one without; `mocking` for each changed file
    the names of mocking that came with the change.
    """

    time: str
    paths: tuple[str, ...]
    files: int
    helpers: int
    compliant: int
    runs: tuple[StandingRun, ...]
    refused: tuple[RefusedPlace, ...]
    failed: tuple[RefusedPlace, ...]
    left: tuple[Place, ...]
    collection: CollectionChange
    verification: Verification | None
    golden_path: tuple[tuple[str, int | None, int | None], ...]
    mocking: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def removed(self) -> tuple[Place, ...]:
        """The definitions that went, those of all runs."""
        return tuple(place for run in self.runs for place in run.removed)


def completion_report(
    settings: Settings,
    target: Target,
    paths: Sequence[str],
    *,
    compare_baseline: str | None,
    after_baseline: str | None,
    pool: Pool,
    progress: Progress,
) -> Completion:
    """Gather what there is to say of the migration of some paths.

    Args:
        settings: of the repository.
        target: what is replaced by what.
        paths: files and folders, absolute or relative to the current folder.
        compare_baseline: name of the saved baseline that is the side before; None for the first
            baseline of these paths in the history.
        after_baseline: name of a saved baseline for the side after; None for the latest one of
            these paths in the history.
        pool: the workers that work out what is left.
        progress: is told of each file that was read.

    Raises:
        codemods.measure.model.MeasureError: there is no baseline of such a name.
        codemods.model.UsageError: a path cannot be used.
        codemods.disk.journal.JournalError: the journal cannot be read.

    """
    root = settings.root
    inside = history.relative_paths(root, paths)
    records = history.standing(root)
    collection = _collection(root, records, inside, compare_baseline, after_baseline)
    planned = plan(Scan(settings, target, paths, progress), pool)
    left = tuple(
        Place(_from_root(root, path), d.definition.line, d.definition.class_name)
        for path, d in planned.copies
    )
    journal = Journal(root)
    runs = _standing_runs(journal, inside)
    return Completion(
        time=f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
        paths=inside,
        files=planned.files,
        helpers=planned.helpers,
        compliant=planned.compliant,
        runs=_counted_back([_standing(run, kept) for run, kept in runs], len(left)),
        refused=tuple(_refused(root, planned)),
        failed=tuple(_failed(root, r) for r in planned.results if r.error is not None),
        left=left,
        collection=collection,
        verification=_verification(records, inside),
        golden_path=_golden_path(settings.golden_path, records),
        mocking=tuple(_mocking(journal, runs)),
    )


def _from_root(root: Path, path: str) -> str:
    return os.path.relpath(os.path.realpath(path), os.path.realpath(root))


def _refused(root: Path, planned: Plan) -> Iterator[RefusedPlace]:
    for result in planned.results:
        for decision in result.refused:
            reason = decision.reasons[0]
            yield RefusedPlace(
                _from_root(root, result.path),
                reason.line,
                decision.definition.class_name,
                reason.code.value,
                reason.message,
            )


def _failed(root: Path, result: FileResult) -> RefusedPlace:
    assert result.error is not None
    error = result.error
    path = _from_root(root, result.path)
    return RefusedPlace(path, error.line, "", error.code.value, error.message)


# What changed


#: For each file of a run of which the change stands: the definitions that went.
_Kept = list[tuple[Entry, tuple[Place, ...]]]


def _standing_runs(journal: Journal, paths: Sequence[str]) -> list[tuple[Run, _Kept]]:
    """Give the runs of which something stands below some paths, the oldest first."""
    found = []
    for run in journal.runs():
        entries = (e for e in run.entries if e.path not in run.undone and _is_in(e.path, paths))
        kept = [(e, gone) for e in entries if (gone := _gone(journal, run, e))]
        if kept:
            found.append((run, kept))
    return found


def _is_in(path: str, paths: Sequence[str]) -> bool:
    return any(p in (".", path) or path.startswith(f"{p}/") for p in paths)


def _gone(journal: Journal, run: Run, entry: Entry) -> tuple[Place, ...]:
    """Give the definitions that a run took out of a file, and that are not there now.

    A file that the run did not get to, and one that somebody gave its old bytes, has them still.
    """
    before, after = _sides(journal, run, entry)
    there = set(_classes(after)) | set(_classes(_now(journal.root / entry.path)))
    classes = _classes(before).items()
    return tuple(Place(entry.path, line, name) for name, line in classes if name not in there)


def _sides(journal: Journal, run: Run, entry: Entry) -> tuple[bytes, bytes]:
    return journal.content(run, entry, "before"), journal.content(run, entry, "after")


def _now(path: Path) -> bytes:
    try:
        content, _ = read_file(str(path))
    except OSError:
        return b""
    return content


def _classes(content: bytes) -> dict[str, int]:
    """Give the classes of a module with their lines; none where it does not parse."""
    try:
        module = ast.parse(content)
    except (SyntaxError, ValueError):
        return {}
    return {node.name: node.lineno for node in module.body if isinstance(node, ast.ClassDef)}


def _standing(run: Run, kept: _Kept) -> StandingRun:
    removed = tuple(place for _, places in kept for place in places)
    return StandingRun(run.id, run.time, run.command, removed, 0)


def _counted_back(runs: Sequence[StandingRun], left: int) -> tuple[StandingRun, ...]:
    """Fill in what was left after each run, from what is left after the last."""
    counted: list[StandingRun] = []
    for run in reversed(runs):
        counted.append(replace(run, left=left))
        left += len(run.removed)
    return tuple(reversed(counted))


def _mocking(
    journal: Journal, runs: Sequence[tuple[Run, _Kept]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for run, kept in runs:
        for entry, _ in kept:
            names = introduced(*_sides(journal, run, entry))
            if names:
                yield entry.path, tuple(sorted(names))


# What was measured


def _collection(
    root: Path,
    records: Sequence[Record],
    paths: Sequence[str],
    compare_baseline: str | None,
    after_baseline: str | None,
) -> CollectionChange:
    """Find the two sides, and say what may be claimed."""
    measured = history.baselines(records, paths)
    sides = [(r.time, r.figures) for r in measured]
    remarks: list[str] = []
    after = sides[-1] if sides else None
    first = history.before_the_change(records, measured) if measured else None
    before = (first.time, first.figures) if first is not None and len(sides) > 1 else None
    if before == after:
        after = None  # nothing was measured since
    if after_baseline is not None:
        after = _saved(root, after_baseline, paths, remarks)
    if compare_baseline is not None:
        before = _saved(root, compare_baseline, paths, remarks)
        if after is not None and after[1] == before[1]:
            after = None  # the saved baseline is the latest one: nothing was measured since
    if before is None or after is None:
        one, other = (None if s is None else _measured(*s) for s in (before, after))
        return CollectionChange(one, other, "", "", tuple(remarks))
    remarks += _unlike(before[1], after[1])
    cold, warm = (_claim(k, before[1], after[1], not remarks).value for k in ("cold", "warm"))
    return CollectionChange(_measured(*before), _measured(*after), cold, warm, tuple(remarks))


def _saved(
    root: Path, name: str, paths: Sequence[str], remarks: list[str]
) -> tuple[str, Mapping[str, Any]]:
    saved: Baseline = load_baseline(root, name)
    theirs = [str(root / p) for p in saved.conditions.paths or (".",)]
    wanted = history.relative_paths(root, theirs)
    if set(wanted) != set(paths):
        remarks.append(f"baseline {name} is of other paths: {' '.join(wanted)}")
    return "", history.of_baseline(saved)


def _unlike(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Say what keeps two baselines from being compared."""
    yield from history.unlike_conditions(before, after)
    if before["nodes"] != after["nodes"]:
        yield f"not the same tests were collected: {before['tests']:,} / {after['tests']:,}"
    if before["errors"] != after["errors"]:
        yield f"not as many errors at collection: {before['errors']:,} / {after['errors']:,}"
    for side, figures in (("before", before), ("after", after)):
        if figures["problem"]:
            yield f"{side}: {figures['problem']}"
        if not figures["stable"]:
            yield f"{side}: the runs did not collect the same tests"
        if figures["runs"] < FEWEST_RUNS:
            yield f"{side}: at least {FEWEST_RUNS} runs are needed"


def _claim(kind: str, before: Mapping[str, Any], after: Mapping[str, Any], is_sound: bool) -> Claim:
    if not is_sound:
        return Claim.NOT_COMPARABLE
    # The rule looks at nothing but these three of a series, and its length.
    one, other = (
        Series(tuple(f[f"{kind}_{name}"] for name in ("min", "median", "max")))
        for f in (before, after)
    )
    return claim(one, other)


def _measured(time: str, figures: Mapping[str, Any]) -> Measured:
    return Measured(
        time=time,
        commit=figures["commit"],
        cold=_spread(figures, "cold"),
        warm=_spread(figures, "warm"),
        memory=figures["memory"],
        modules=figures["modules"],
        tests=figures["tests"],
        errors=figures["errors"],
        warnings=tuple(figures["warnings"].items()),
    )


def _spread(figures: Mapping[str, Any], kind: str) -> Spread | None:
    values = [figures[f"{kind}_{name}"] for name in ("median", "min", "max")]
    return None if None in values else Spread(*values)


def _verification(records: Sequence[Record], paths: Sequence[str]) -> Verification | None:
    found = history.of_paths(records, "verify", paths, "passed_before")
    if not found:
        return None
    figures = found[-1].figures
    return Verification(
        time=found[-1].time,
        passed_before=figures["passed_before"],
        passed_after=figures["passed_after"],
        differences=figures["differences"],
        flaky=figures["flaky"],
        healed=figures["healed"],
        places=tuple(figures["places"]),
    )


def _golden_path(
    commands: Sequence[str], records: Sequence[Record]
) -> tuple[tuple[str, int | None, int | None], ...]:
    """Give the latest exit codes of each command of the settings that was run."""
    codes = {c: v for r in records for c, v in r.figures.get("golden_path", {}).items()}
    return tuple((c, codes[c][0], codes[c][1]) for c in commands if c in codes)
