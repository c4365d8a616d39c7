"""The history: what each run of a verb did, one line of JSON each, in a file that can be committed.

It is ``.ssot-codemods/history.jsonl``, or the file that `evidence` in the settings names. Lines are
appended and never changed. A record counts once, and its time says where it stands, so that two
histories are merged by putting their lines together in any order. No record has an absolute path or
the name of a machine.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timezone
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from codemods.decode import decode, encode
from codemods.disk.folder import Folder, naming
from codemods.disk.journal import Journal
from codemods.measure.model import BaselineSummary, ExitCodes, Warmed
from codemods.measure.outcomes import Evidence
from codemods.migration.verify import RanOnce, Verified
from codemods.model import Plan, Run, Status, Written
from codemods.progress.edits import ChangedFile, changed_file
from codemods.registry import DEFAULT
from codemods.settings import Settings

SCHEMA = "ssot-codemods/history/4"
_FILE = "history.jsonl"
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
#: A run that broke each test of a large suite must not make a line of megabytes.
_MOST_PLACES = 20


class Migration(NamedTuple):
    """What a migration changed; `run` is None where nothing was written.

    `files` are those that it changed, by their paths from the root. `refused_count` is a number of
    definitions, `failed_count` one of files, and `remaining_count` one of files that a later batch
    would change. `copy_count` are the definitions that can still be replaced, None where they were
    not counted; `codemod` is what was applied.
    """

    run: str | None
    files: Mapping[str, ChangedFile]
    refused_count: int = 0
    failed_count: int = 0
    remaining_count: int = 0
    copy_count: int | None = None
    codemod: str = DEFAULT


class ComparedFile(NamedTuple):
    """What the tests of one file showed before and after a run.

    Of `test_count` tests that were there on both sides, `passed_count` passed before, and
    `lost_count` of those no longer. `difference_count` and `flaky_count` count what else differed,
    too; `healed_count` is 1 where the file could not be collected before, and can be now.
    """

    test_count: int = 0
    passed_count: int = 0
    lost_count: int = 0
    difference_count: int = 0
    flaky_count: int = 0
    healed_count: int = 0


class DifferingPlace(NamedTuple):
    """A file, by its path from the root, and what differs there."""

    path: str
    what: str


class ComparedTests(NamedTuple):
    """What the tests showed before and after a run, by file; `places` are the first differences."""

    files: Mapping[str, ComparedFile]
    places: tuple[DifferingPlace, ...] = ()


class RanTests(NamedTuple):
    """What the tests showed that were run once."""

    passed_count: int
    test_count: int


class Verification(NamedTuple):
    """What was shown of a run of the journal, or with None, of the files as they were.

    `golden_path` has for each command its exit codes before and after. `tests` is None where none
    were run to their end. Of the files of the run, the `edited` were edited since, so that nothing
    was shown of them, and no test that uses the `untested` ran. `is_whole` says that the tests were
    all those that use the files of the run, and not those of some paths.
    """

    run: str | None
    golden_path: Mapping[str, ExitCodes] = {}
    tests: ComparedTests | RanTests | None = None
    edited: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()
    is_whole: bool = False


class Rollback(NamedTuple):
    """A rollback of a run of the journal, with the paths of the files that were restored."""

    run: str
    restored: tuple[str, ...]


Figures = BaselineSummary | Warmed | Migration | Verification | Rollback
_KINDS: dict[str, type[Figures]] = {
    "baseline": BaselineSummary,
    "warm": Warmed,
    "migrate": Migration,
    "verify": Verification,
    "rollback": Rollback,
}
_VERBS = {kind: verb for verb, kind in _KINDS.items()}


class Record(NamedTuple):
    """One run of a verb.

    `time` is UTC, ISO 8601, with microseconds; `paths` are relative to the root, in order; `name`
    is the one under which a baseline was saved.
    """

    time: str
    paths: tuple[str, ...]
    figures: Figures
    name: str = ""

    @property
    def verb(self) -> str:
        """The verb that ran."""
        return _VERBS[type(self.figures)]


def now() -> str:
    """Return the time as a record has it."""
    return f"{datetime.now(timezone.utc):{_TIME}}"


def relative_paths(root: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """Return paths (absolute, or relative to the current folder) from the root, each once."""
    top = os.path.realpath(root)
    return tuple(sorted({os.path.relpath(os.path.realpath(p), top) for p in paths}))


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether a path is one of some others, or below one; all are relative to the root."""
    return any(
        path == folder
        or path.startswith(f"{folder}/")
        or (folder == "." and path.partition("/")[0] != ".." and not os.path.isabs(path))
        for folder in map(os.path.normpath, folders)
    )


# The file


def append(settings: Settings, paths: Iterable[str], figures: Figures, name: str = "") -> None:
    """Append a record of a run that has just ended.

    By one ``write``, so that two processes at once do not mix their lines. The paths are absolute
    or relative to the root.
    """
    if isinstance(figures, BaselineSummary):
        figures = without_machine(figures)
    elif isinstance(figures, Warmed):
        figures = figures._replace(not_cached=figures.not_cached[:_MOST_PLACES])
    inside = relative_paths(settings.root, (os.path.join(settings.root, p) for p in paths))
    record = Record(now(), inside, figures, name)
    values = _portable_json(encode(record_values(record)), settings.root)
    line = f"{json.dumps(values)}\n".encode()
    if not settings.evidence:
        Journal(settings.root).make_files()
    folder, file = _place(settings)
    with folder.update(file, os.O_APPEND) as descriptor, naming(folder.path / file):
        status = os.fstat(descriptor)
        # A line that was interrupted by a loss of power stays alone.
        torn = status.st_size and os.pread(descriptor, 1, status.st_size - 1) != b"\n"
        line = b"\n" + line if torn else line
        if os.write(descriptor, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def record_values(record: Record) -> dict[str, Any]:
    """Return a record by the keys of its line, not encoded yet."""
    return {
        "schema": SCHEMA,
        "verb": record.verb,
        "time": record.time,
        "paths": record.paths,
        "figures": record.figures,
        "name": record.name,
    }


def read(settings: Settings) -> tuple[list[Record], list[str]]:
    """Read the records, the oldest first and each once.

    Returns them, and for each line that is none, what is wrong with it.
    """
    folder, file = _place(settings)
    try:
        content, _ = folder.read(file)
    except FileNotFoundError:
        return [], []
    shown = os.path.relpath(folder.path / file, settings.root)
    numbered = enumerate(map(bytes.strip, content.split(b"\n")), start=1)
    lines = {line: number for number, line in numbered if line}
    found: list[tuple[str, bytes, Record]] = []
    damaged = []
    for line, number in lines.items():
        try:
            record = _from_line(line)
        except (ValueError, KeyError, TypeError) as error:
            damaged.append(f"{shown}:{number}: not a record of the history: {error}")
        else:
            found.append((record.time, line, record))
    return [record for _, _, record in sorted(found, key=lambda item: item[:2])], damaged


def _from_line(line: bytes) -> Record:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is no JSON") from error
    if not isinstance(values, dict) or values.get("schema") != SCHEMA:
        raise ValueError(f"its schema is not {SCHEMA}")
    time = decode(str, values["time"], "time")
    datetime.strptime(time, _TIME)
    return Record(
        time,
        decode(tuple[str, ...], values["paths"], "paths"),
        decode(_KINDS[values["verb"]], values["figures"], "figures"),
        decode(str, values["name"], "name"),
    )


def _place(settings: Settings) -> tuple[Folder, str]:
    """Return the folder of the history, below the root by no link, and the name of its file."""
    if not settings.evidence:
        return Journal(settings.root).files, _FILE
    path = PurePosixPath(settings.evidence)
    return Folder(settings.root, str(path.parent)), path.name


# Nothing of this machine


def without_machine(summary: BaselineSummary) -> BaselineSummary:
    """Return figures of which the conditions can be compared, and do not name the machine."""
    conditions = summary.conditions
    variables = (variable.partition("=") for variable in conditions.environment)
    return summary._replace(
        conditions=conditions._replace(
            interpreter=_digest(conditions.interpreter),
            machine=_digest(conditions.machine),
            environment=tuple(f"{name}={_digest(value)}" for name, _, value in variables),
        ),
    )


def _digest(text: str) -> str:
    return f"digest {hashlib.sha256(os.fsencode(text)).hexdigest()[:12]}"


def portable(text: str, root: Path) -> str:
    """Return a text with paths from the root, and of other absolute paths the last part alone."""
    text = text.replace(os.path.join(os.path.realpath(root), ""), "")
    return _ABSOLUTE.sub(".../", text)


#: All of an absolute path but its last part.
_ABSOLUTE = re.compile(r"(?<![\w.:/~-])/(?:[^\s/'\":;,]+/)*(?=[^\s/])")


def _portable_json(value: Any, root: Path) -> Any:
    if isinstance(value, str):
        return portable(value, root)
    if isinstance(value, list):
        return [_portable_json(item, root) for item in value]
    if isinstance(value, dict):
        return {portable(key, root): _portable_json(item, root) for key, item in value.items()}
    return value


# Figures


def of_migration(codemod: str, planned: Plan, written: Written, journal: Journal) -> Migration:
    """Return the figures of a migration by a codemod."""
    replaced = sum(len(r.replaced) for r in written.results if r.status is Status.CHANGED)
    return Migration(
        run=written.run.id if written.run is not None else None,
        files=changed_files(journal, written.run.id) if written.run is not None else {},
        refused_count=sum(len(r.refused) for r in written.results),
        failed_count=sum(r.status is Status.FAILED for r in written.results),
        remaining_count=written.left,
        copy_count=len(planned.copies) - replaced,
        codemod=codemod,
    )


def of_resumption(journal: Journal, run: Run, failed: Collection[str]) -> Migration:
    """Return the figures of a run that was finished later; its command names the codemod.

    The paths that `failed`, from the root, are those of files that it could not change.
    """
    words = run.command.replace("=", " ").split()
    named = (word for before, word in pairwise(words) if before == "--codemod")
    files = changed_files(journal, run.id, failed)
    return Migration(run.id, files, codemod=next(named, DEFAULT))


def changed_files(
    journal: Journal, identity: str, failed: Collection[str] = ()
) -> dict[str, ChangedFile]:
    """Return what a run of the journal did to each file that has its new bytes now.

    The paths that `failed`, from the root, are those of files that it could not change.
    """
    run = journal.run(identity)
    left = run.undone.union(failed)
    standing = (e for e in run.entries if e.path not in left and journal.is_new(e))
    return {
        e.path: changed_file(
            e.path, journal.content(run, e, "before"), journal.content(run, e, "after")
        )
        for e in standing
    }


def of_verification(shown: Verified | RanOnce, root: Path, *, is_whole: bool) -> Verification:
    """Return the figures of a verification; `is_whole` where no paths were named to it."""
    if isinstance(shown, RanOnce):
        codes = {command: ExitCodes(None, code) for command, code in shown.golden_path.items()}
        passed = sum(outcome == "passed" for outcome in shown.outcomes.tests.values())
        return Verification(None, codes, RanTests(passed, len(shown.outcomes.tests)))
    return Verification(
        run=shown.run,
        golden_path=shown.golden_path,
        tests=_compared(shown.evidence, root) if shown.evidence is not None else None,
        edited=relative_paths(root, shown.edited),
        untested=relative_paths(root, (*shown.unused, *shown.not_run)),
        is_whole=is_whole,
    )


def _compared(evidence: Evidence, root: Path) -> ComparedTests:
    before, after = evidence.before, evidence.after
    counts: dict[str, Counter[str]] = {}

    def count(file: str, what: str) -> None:
        counts.setdefault(file, Counter())[what] += 1

    for node, outcome in before.tests.items():
        file = node.partition("::")[0]
        if node in after.tests:
            count(file, "test_count")
        if outcome == "passed":
            count(file, "passed_count")
            if after.tests.get(node) != "passed":
                count(file, "lost_count")
    for difference in evidence.differences:
        count(difference.path, "difference_count")
    for difference in evidence.flaky:
        count(difference.path, "flaky_count")
    for file in evidence.healed:
        count(file, "healed_count")
    top = os.path.realpath(root)
    names = {file: os.path.relpath(after.real_path(file), top) for file in counts}
    first = evidence.differences[:_MOST_PLACES]
    return ComparedTests(
        {names[file]: ComparedFile(**found) for file, found in sorted(counts.items())},
        tuple(DifferingPlace(names[d.path], str(d)) for d in first),
    )
