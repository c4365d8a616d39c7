"""What each run of a verb did, one line each: ``.ssot-codemods/history.jsonl``.

It takes the place of the guide's performance_log.txt and migration_progress.log. Lines are appended
and never changed.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

from codemods.decode import decode, encode
from codemods.disk.folder import naming
from codemods.disk.journal import Journal
from codemods.measure.model import BaselineSummary, Warmed
from codemods.measure.outcomes import Difference, Evidence, Outcomes
from codemods.migration.verify import RanOnce, Verified
from codemods.model import Plan, RunState, Status, Written
from codemods.wording import percentage

SCHEMA = "ssot-codemods/history/2"
_FILE = "history.jsonl"
#: A run that broke each test of a large suite must not make a line of megabytes.
_MOST_PLACES = 20


@dataclass(frozen=True, slots=True)
class Migration:
    """What a migration changed; `run` is None where nothing was written.

    `changed` and `failed` count files, `left` those that a later batch would change; `replaced` and
    `refused` count definitions, and `copies` those that can still be replaced.
    """

    run: str | None
    changed: int
    replaced: int
    refused: int
    failed: int
    left: int
    copies: int


@dataclass(frozen=True, slots=True)
class ComparedTests:
    """What the tests showed before and after a run; `places` has the first of the differences."""

    time: str
    passed_before: int
    passed_after: int
    still_passing: int
    differences: int
    flaky: int
    healed: int
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RanTests:
    """What the tests showed that were run once."""

    passed: int
    tests: int


ExitCodes = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Verification:
    """What was shown of a run of the journal, or with None, of the files as they were.

    `golden_path` has for each command its exit codes before and after. `tests` is None where none
    were run.
    """

    run: str | None
    golden_path: Mapping[str, ExitCodes] = field(default_factory=dict)
    tests: ComparedTests | RanTests | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """The copies that were left, and how many files that use a helper are `compliant`."""

    copies: int
    compliant: int
    total: int
    percent: float


@dataclass(frozen=True, slots=True)
class Rollback:
    """A rollback of a run of the journal; `files` counts those that were restored."""

    run: str
    files: int


@dataclass(frozen=True, slots=True)
class Reported:
    """A report was made; it changes and measures nothing."""


Figures = BaselineSummary | Warmed | Migration | Verification | Check | Rollback | Reported
_KINDS: dict[str, type[Figures]] = {
    "baseline": BaselineSummary,
    "warm": Warmed,
    "migrate": Migration,
    "verify": Verification,
    "check": Check,
    "rollback": Rollback,
    "report": Reported,
}
_VERBS = {kind: verb for verb, kind in _KINDS.items()}
_Kind = TypeVar("_Kind", bound=Figures)


@dataclass(frozen=True, slots=True)
class Record:
    """One run of a verb. `time` is UTC, ISO 8601; `paths` are relative to the root, in order."""

    time: str
    paths: tuple[str, ...]
    figures: Figures

    @property
    def verb(self) -> str:
        """The verb that ran."""
        return _VERBS[type(self.figures)]


def now() -> str:
    """Return the time as a record has it."""
    return f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def relative_paths(root: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """Return paths (absolute, or relative to the current folder) from the root, each once."""
    top = os.path.realpath(root)
    return tuple(sorted({os.path.relpath(os.path.realpath(p), top) for p in paths}))


def append(root: Path, paths: Iterable[str], figures: Figures) -> None:
    """Append a record of a run that has just ended.

    By one ``write``, so that two processes at once do not mix their lines.

    Args:
        root: of the repository.
        paths: files and folders, absolute or relative to the current folder.
        figures: what the verb did.

    Raises:
        OSError: it cannot be written.

    """
    record = Record(now(), relative_paths(root, paths), figures)
    line = f"{json.dumps(record_json(record))}\n".encode()
    folder = Journal(root).make_files()
    with folder.update(_FILE, os.O_APPEND) as descriptor, naming(folder.path / _FILE):
        # A line that was interrupted by a loss of power stays alone.
        line = line if _ends_with_newline(descriptor) else b"\n" + line
        if os.write(descriptor, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def record_json(record: Record) -> dict[str, Any]:
    """Return a record as values of JSON."""
    return {"schema": SCHEMA, "verb": record.verb, **encode(record)}


def read(root: Path) -> list[Record]:
    """Read the records, the oldest first; a line that is none (interrupted, perhaps) is skipped."""
    try:
        lines = Journal(root).files.read(_FILE)[0].splitlines()
    except FileNotFoundError:
        return []
    records = (_from_line(line) for line in lines)
    return [r for r in records if r is not None]


def _from_line(line: bytes) -> Record | None:
    try:
        values = json.loads(line)
        if values["schema"] != SCHEMA:
            return None
        time, paths = decode(str, values["time"]), decode(tuple[str, ...], values["paths"])
        return Record(time, paths, decode(_KINDS[values["verb"]], values["figures"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def standing(root: Path) -> list[Record]:
    """Read the records, less those of runs that were rolled back since, and what they showed."""
    undone = {run.id for run in Journal(root).runs() if run.state is RunState.ROLLED_BACK}
    about = Migration | Verification
    records = read(root)
    return [r for r in records if not (isinstance(r.figures, about) and r.figures.run in undone)]


def of_paths(records: Iterable[Record], kind: type[_Kind], paths: Iterable[str]) -> list[_Kind]:
    """Return the figures of one kind for just these paths, the oldest first."""
    wanted = {os.path.normpath(p) for p in paths}
    return [r.figures for r in records if isinstance(r.figures, kind) and set(r.paths) == wanted]


def baselines(records: Iterable[Record], paths: Iterable[str]) -> list[BaselineSummary]:
    """Return the measurements of just these paths whose runs came to their end, oldest first."""
    return [b for b in of_paths(records, BaselineSummary, paths) if b.runs and not b.problem]


def comparisons(records: Iterable[Record], paths: Iterable[str]) -> list[ComparedTests]:
    """Return what the tests of just these paths showed before and after a run, oldest first."""
    found = of_paths(records, Verification, paths)
    return [v.tests for v in found if isinstance(v.tests, ComparedTests)]


def before_the_change(
    records: Iterable[Record], measured: Sequence[BaselineSummary]
) -> BaselineSummary:
    """Return of some measurements the latest before the first run that stands, else the first.

    Args:
        records: what `standing` returns.
        measured: at least one, the oldest first.

    """
    changes = [r.time for r in records if isinstance(r.figures, Migration) and r.figures.run]
    earlier = [summary for summary in measured if changes and summary.time <= changes[0]]
    return earlier[-1] if earlier else measured[0]


def latest_codes(records: Iterable[Record]) -> dict[str, ExitCodes]:
    """Return for each command of the golden path the exit codes of its last run."""
    codes: dict[str, ExitCodes] = {}
    for record in records:
        if isinstance(record.figures, Verification):
            codes.update(record.figures.golden_path)
    return codes


def of_warming(warmed: Warmed) -> Warmed:
    """Return the figures of writing bytecode, with the first of the modules that have none."""
    return replace(warmed, not_cached=warmed.not_cached[:_MOST_PLACES])


def of_migration(planned: Plan, written: Written) -> Migration:
    """Return the figures of a migration."""
    changed = [r for r in written.results if r.status is Status.CHANGED]
    replaced = sum(len(r.replaced) for r in changed)
    return Migration(
        run=written.run.id if written.run is not None else None,
        changed=len(changed),
        replaced=replaced,
        refused=sum(len(r.refused) for r in written.results),
        failed=sum(r.status is Status.FAILED for r in written.results),
        left=written.left,
        copies=len(planned.copies) - replaced,
    )


def of_check(planned: Plan) -> Check:
    """Return the figures of a check."""
    share = percentage(planned.compliant, planned.helpers)
    return Check(len(planned.copies), planned.compliant, planned.helpers, share)


def of_verification(shown: Verified | RanOnce) -> Verification:
    """Return the figures of a verification."""
    if isinstance(shown, RanOnce):
        codes = {command: (None, code) for command, code in shown.golden_path.items()}
        tests = RanTests(_passed(shown.outcomes), len(shown.outcomes.tests))
        return Verification(None, codes, tests)
    compared = _compared(shown.evidence) if shown.evidence is not None else None
    return Verification(shown.run, shown.golden_path, compared)


def _compared(evidence: Evidence) -> ComparedTests:
    before, after = evidence.before, evidence.after
    return ComparedTests(
        time=now(),
        passed_before=_passed(before),
        passed_after=_passed(after),
        still_passing=sum(
            outcome == after.tests.get(node) == "passed" for node, outcome in before.tests.items()
        ),
        differences=len(evidence.differences),
        flaky=len(evidence.flaky),
        healed=len(evidence.healed),
        places=tuple(map(_difference, evidence.differences[:_MOST_PLACES])),
    )


def _ends_with_newline(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


def _passed(outcomes: Outcomes) -> int:
    return sum(outcome == "passed" for outcome in outcomes.tests.values())


def _difference(difference: Difference) -> str:
    where = "" if difference.what.startswith(difference.file) else f"{difference.file}: "
    return f"{where}{difference.what}: {difference.before} -> {difference.after}"
