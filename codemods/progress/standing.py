"""What the history shows of some paths: the runs that stand, their tests, the baselines."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from codemods.disk.journal import Journal
from codemods.measure.model import BaselineSummary, ExitCodes
from codemods.progress.edits import ChangedFile, still_gone
from codemods.progress.history import (
    ComparedFile,
    ComparedTests,
    DifferingPlace,
    Migration,
    Record,
    Rollback,
    Verification,
    is_below,
    portable,
)
from codemods.wording import first_of, plural


class StandingRun(NamedTuple):
    """A run of a codemod, of which changes stand.

    `files` are those that still lack what the run removed, `unverified` those of them of which no
    verification of the run showed anything, and `edited` those of these that were edited before
    one. `untested` are those of which one found that no test of theirs runs; `tests` is what the
    tests of each file showed when they were compared last, and `places` the first differences.
    """

    id: str
    time: str
    codemod: str
    paths: tuple[str, ...]
    files: Mapping[str, ChangedFile]
    unverified: tuple[str, ...]
    edited: tuple[str, ...] = ()
    tests: Mapping[str, ComparedFile] = {}
    places: tuple[DifferingPlace, ...] = ()
    untested: tuple[str, ...] = ()

    @property
    def obstacle(self) -> str:
        """Why the same verification once more would show no more; empty where it would."""
        if not self.unverified or len(self.edited) < len(self.unverified):
            return ""
        return f"edited since the run: {first_of(self.edited)}"


Measured = tuple[str, BaselineSummary]


class History:
    """What the records of a repository show: `records` are those that stand.

    That is all, less those of runs that were rolled back, and what such runs showed. All paths are
    relative to the root.
    """

    def __init__(self, root: Path, records: Sequence[Record]) -> None:
        self._root = root
        changed: defaultdict[str, set[str]] = defaultdict(set)
        undone: defaultdict[str, set[str]] = defaultdict(set)
        for record in records:
            match record.figures:
                case Migration(run=str(run), files=files):
                    changed[run].update(files)
                case Rollback(run=run, restored=restored):
                    undone[run].update(restored)
        self._undone = undone
        gone = {run for run, files in undone.items() if files >= changed[run]}
        about = Migration | Verification
        self.records = [
            r for r in records if not (isinstance(r.figures, about) and r.figures.run in gone)
        ]

    def runs(self, paths: Sequence[str]) -> list[StandingRun]:
        """Return the runs with changes that stand below some paths, the oldest first.

        What was rolled back does not stand, nor what somebody put back into the file, or another
        run removed again. Only files and tests below the paths are told.
        """
        runs: dict[str, StandingRun] = {}
        verified: defaultdict[str, list[Record]] = defaultdict(list)
        for record in self.records:
            match record.figures:
                case Migration(run=str(identity), files=files, codemod=codemod):
                    new = StandingRun(identity, record.time, codemod, record.paths, {}, ())
                    first = runs.get(identity, new)
                    runs[identity] = first._replace(files={**first.files, **files})
                case Verification(run=str(identity), tests=ComparedTests()):
                    verified[identity].append(record)
        found = []
        later: set[tuple[str, str]] = set()
        for run in reversed(runs.values()):
            kept = {}
            for path, change in run.files.items():
                if path in self._undone[run.id] or not is_below(path, paths):
                    continue
                # What a later run removed again was back before it.
                names = [name for name in change.removed if (path, name) not in later]
                gone = still_gone(self._root, path, names)
                removed = {name: change.removed[name] for name in gone}
                # A codemod may remove nothing: what it did stands until it is rolled back.
                if removed or not change.removed:
                    kept[path] = change._replace(removed=removed)
                    later.update((path, name) for name in removed)
            if kept:
                found.append(_judged(run._replace(files=kept), verified[run.id], paths))
        return found[::-1]

    @property
    def first_change(self) -> str | None:
        """The time of the first run that stands."""
        runs = (r for r in self.records if isinstance(r.figures, Migration) and r.figures.run)
        return min((run.time for run in runs), default=None)

    def codes(self, commands: Iterable[str]) -> dict[str, ExitCodes]:
        """Return the exit codes of the last run of each command of the golden path that ran."""
        found: dict[str, ExitCodes] = {}
        for record in self.records:
            if isinstance(record.figures, Verification):
                found.update(record.figures.golden_path)
        keys = {command: portable(command, self._root) for command in commands}
        return {command: found[key] for command, key in keys.items() if key in found}

    def baselines(self, paths: Iterable[str]) -> list[Measured]:
        """Return the measurements of just these paths with their times, the oldest first.

        Only those count of which the runs came to their end.
        """
        return self._baselines().get(frozenset(map(os.path.normpath, paths)), [])

    def parts(self, paths: Sequence[str]) -> Iterator[tuple[tuple[str, ...], list[Measured]]]:
        """Yield the measurements of some paths, else of parts of them with nothing in common."""
        known = self._baselines()
        whole = frozenset(map(os.path.normpath, paths))
        taken: list[frozenset[str]] = []
        inside = [key for key in known if _is_within(key, paths)]
        # What holds others comes first, and of those that overlap, the latest.
        holding = {key: sum(_is_within(other, key) for other in inside) for key in inside}
        for key in sorted(inside, key=lambda k: (k == whole, holding[k], known[k][-1][0]))[::-1]:
            if not any(_overlap(key, other) for other in taken):
                taken.append(key)
        for key in sorted(taken, key=sorted):
            yield tuple(sorted(key)), known[key]

    def before_the_change(self, measured: Sequence[Measured]) -> BaselineSummary:
        """Return of some measurements the latest before the first run that stands, else the first.

        There is one at least, and the oldest comes first.
        """
        change = self.first_change
        earlier = [summary for time, summary in measured if change and time <= change]
        return earlier[-1] if earlier else measured[0][1]

    def _baselines(self) -> dict[frozenset[str], list[Measured]]:
        found: dict[frozenset[str], list[Measured]] = {}
        for record in self.records:
            summary = record.figures
            if isinstance(summary, BaselineSummary) and summary.runs and not summary.problem:
                found.setdefault(frozenset(record.paths), []).append((record.time, summary))
        return found


def _judged(run: StandingRun, verifications: Sequence[Record], paths: Sequence[str]) -> StandingRun:
    """Return a run with what was shown of it."""
    tests: dict[str, ComparedFile] = {}
    places: list[DifferingPlace] = []
    unverified = dict.fromkeys(run.files)
    untested: set[str] = set()
    edited: set[str] = set()
    for record in verifications:
        shown = record.figures
        assert isinstance(shown, Verification)
        assert isinstance(shown.tests, ComparedTests)
        tests |= shown.tests.files
        places = [place for place in places if place.path not in shown.tests.files]
        places += shown.tests.places
        for path in run.files:
            if path in shown.edited:
                edited.add(path)
            elif shown.is_whole or is_below(path, record.paths):
                unverified.pop(path, None)
                untested.discard(path)
        untested |= run.files.keys() & set(shown.untested)
    return run._replace(
        unverified=tuple(unverified),
        edited=tuple(path for path in unverified if path in edited),
        tests={file: found for file, found in tests.items() if is_below(file, paths)},
        places=tuple(place for place in places if is_below(place.path, paths)),
        untested=tuple(sorted(untested)),
    )


def unrecorded(journal: Journal, records: Iterable[Record]) -> Iterator[str]:
    """Yield a line for each run of the journal that stands and that no record tells of.

    The process was killed before it recorded the run, or the history is another one by now.
    """
    known = {r.figures.run for r in records if isinstance(r.figures, Migration | Rollback)}
    for run in (r for r in journal.runs() if r.finished and r.id not in known):
        if any(journal.is_new(e) for e in run.entries if e.path not in run.undone):
            yield f"run {run.id} of the journal is not in the history: undo it, and migrate again"


def compared(runs: Sequence[StandingRun]) -> ComparedFile:
    """Return what the tests showed of some runs together; each test counts once."""
    files: dict[str, ComparedFile] = {}
    for run in runs:
        for file, new in run.tests.items():
            old = files.get(file, ComparedFile())
            passed = max(old.passed_count, new.passed_count)
            lost = min(old.lost_count + new.lost_count, passed)  # by one run or by another
            files[file] = ComparedFile(max(old.test_count, new.test_count), passed, lost)
    return total(files.values())


def total(files: Iterable[ComparedFile]) -> ComparedFile:
    """Return the sums of some figures."""
    return ComparedFile(*(sum(column) for column in zip(*files, strict=True)))


def untested_text(runs: Sequence[StandingRun]) -> str:
    """Return of how many changed files no test runs, nothing where there is none."""
    number = sum(len(run.untested) for run in runs)
    return f"; no test runs of {plural(number, 'changed file')}" if number else ""


def compared_text(tests: ComparedFile, number: int | None) -> str:
    """Return what the tests showed, of how many that were collected (None: not known)."""
    shown = f"{plural(tests.test_count, 'test')} compared, of an unknown number"
    if number is not None:
        shown = f"{tests.test_count:,} of {number:,} collected tests were compared"
    kept = tests.passed_count - tests.lost_count
    return f"{shown}; {kept:,} of {tests.passed_count:,} that passed before still do"


def _is_within(paths: Iterable[str], others: Collection[str]) -> bool:
    return all(is_below(path, others) for path in paths)


def _overlap(paths: frozenset[str], others: frozenset[str]) -> bool:
    return any(is_below(p, others) for p in paths) or any(is_below(p, paths) for p in others)


def collected(
    runs: Iterable[StandingRun], latest: Mapping[tuple[str, ...], BaselineSummary]
) -> int | None:
    """Return how many tests the latest baselines collected, of the parts that they measured.

    None where none was taken, or where they lack a file of which tests were compared.
    """
    measured = [path for part in latest for path in part]
    if not latest or not _is_within((file for run in runs for file in run.tests), measured):
        return None
    return sum(summary.test_count for summary in latest.values())
