"""What a migration did: from the journal, the history, saved baselines, and what is left now."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codemods.disk.files import read_file
from codemods.disk.journal import Journal
from codemods.engine.scopes import DEFINITIONS
from codemods.engine.text import Unparsable, parse
from codemods.measure.compare import claims, obstacles
from codemods.measure.model import BaselineSummary, Claim
from codemods.migration.migrate import plan
from codemods.migration.scan import ModulesOf, Progress, Scan
from codemods.model import Entry, FileResult, Plan, Run
from codemods.progress import history
from codemods.progress.history import ComparedTests, ExitCodes, Record
from codemods.progress.mocking import introduced
from codemods.progress.saved import load_baseline
from codemods.settings import Settings
from codemods.workers.pool import Pool


@dataclass(frozen=True, slots=True)
class CollectionChange:
    """Collection before and after; None where it was not measured.

    `cold` and `warm` are what may be claimed, None where a side is missing; `obstacles` are the
    reasons why nothing may be.
    """

    before: BaselineSummary | None
    after: BaselineSummary | None
    cold: Claim | None
    warm: Claim | None
    obstacles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One definition of a class; `path` is relative to the root, `line` counts from 1."""

    path: str
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class RefusedPlace:
    """A definition that stays, or a file that failed, and the first reason."""

    path: str
    line: int
    name: str
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
    verification: ComparedTests | None
    golden_path: Mapping[str, ExitCodes]
    mocking: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def removed(self) -> tuple[Place, ...]:
        """The definitions that went, those of all runs."""
        return tuple(place for run in self.runs for place in run.removed)


def completion_report(
    settings: Settings,
    modules_of: ModulesOf,
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
        modules_of: returns the shared modules for a file.
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
    planned = plan(Scan(settings, modules_of, paths, progress), pool)
    left = tuple(
        Place(_from_root(root, path), d.definition.line, d.definition.name)
        for path, d in planned.copies
    )
    codes = history.latest_codes(records)
    journal = Journal(root)
    runs = _standing_runs(journal, inside)
    return Completion(
        time=history.now(),
        paths=inside,
        files=planned.files,
        helpers=planned.helpers,
        compliant=planned.compliant,
        runs=_counted_back([_standing(run, kept) for run, kept in runs], len(left)),
        refused=tuple(_refused(root, planned)),
        failed=tuple(_failed(root, r) for r in planned.results if r.error is not None),
        left=left,
        collection=collection,
        verification=next(reversed(history.comparisons(records, inside)), None),
        golden_path={c: codes[c] for c in settings.golden_path if c in codes},
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
                decision.definition.name,
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
    """Return the runs with changes that stand below some paths, the oldest first."""
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
    """Return the definitions that a run removed from a file, and that are not in it now.

    A file that the run did not get to, and one that somebody gave its old bytes, has them still.
    """
    before, after = _sides(journal, run, entry)
    there = _definitions(after).keys() | _definitions(_now(journal.root / entry.path)).keys()
    gone = {names: line for names, line in _definitions(before).items() if names not in there}
    return tuple(
        Place(entry.path, line, names[-1])
        for names, line in gone.items()
        if names[:-1] not in gone  # what is in it went with it
    )


def _sides(journal: Journal, run: Run, entry: Entry) -> tuple[bytes, bytes]:
    return journal.content(run, entry, "before"), journal.content(run, entry, "after")


def _now(path: Path) -> bytes:
    try:
        content, _ = read_file(str(path))
    except OSError:
        return b""
    return content


def _definitions(content: bytes) -> dict[tuple[str, ...], int]:
    """Return the lines of the classes and functions of a module by their qualified names.

    None where it does not parse.
    """
    try:
        pending: list[tuple[ast.AST, tuple[str, ...]]] = [(parse(content), ())]
    except (Unparsable, RecursionError, MemoryError):
        return {}
    found: dict[tuple[str, ...], int] = {}
    while pending:
        node, names = pending.pop()
        if isinstance(node, DEFINITIONS):
            names = (*names, node.name)
            found.setdefault(names, node.lineno)
        pending += [(child, names) for child in ast.iter_child_nodes(node)]
    return found


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
    """Find the two sides, and what may be claimed of them."""
    measured = history.baselines(records, paths)
    after = measured[-1] if measured else None
    before = history.before_the_change(records, measured) if len(measured) > 1 else None
    if before == after:
        after = None  # nothing was measured since
    found: list[str] = []
    if after_baseline is not None:
        after = _saved(root, after_baseline, paths, found)
    if compare_baseline is not None:
        before = _saved(root, compare_baseline, paths, found)
        if after == before:
            after = None  # the saved baseline is the latest one: nothing was measured since
    if before is None or after is None:
        return CollectionChange(before, after, None, None, tuple(found))
    found += obstacles(before, after)
    return CollectionChange(before, after, *claims(before, after, found), tuple(found))


def _saved(root: Path, name: str, paths: Sequence[str], found: list[str]) -> BaselineSummary:
    """Load the figures of a saved baseline; other paths than the report's are an obstacle."""
    summary = load_baseline(root, name).summary
    theirs = [str(root / p) for p in summary.conditions.paths or (".",)]
    wanted = history.relative_paths(root, theirs)
    if set(wanted) != set(paths):
        found.append(f"baseline {name} is of other paths: {' '.join(wanted)}")
    return summary
