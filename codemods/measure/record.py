"""What a session of pytest did, folded from the lines that the plugin of `probe` wrote.

A session that died has written fewer lines, and no last one: it is read in the same way.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from codemods.decode import decode
from codemods.measure.model import CollectionError, Cost, Import, Step


class SessionFacts(NamedTuple):
    """What was known when the session began; `configuration` is its file."""

    pytest: str = ""
    plugins: tuple[str, ...] = ()
    python: str = ""
    executable: str = ""
    rootdir: str = ""
    configuration: str = ""
    testpaths: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    installed: tuple[str, ...] = ()


class SeenWarning(NamedTuple):
    """One warning; `when` is pytest's word for it, `nodeid` that of the test or the file."""

    category: str
    file: str
    line: int
    message: str
    when: str
    nodeid: str


@dataclass(slots=True)
class SessionRecord:
    """What one session did, as far as it came.

    `facts` is empty until the session began, and `exit_code` None until it ended. `running` is the
    node id of the step it was at. `tests` has for each node id the outcome of each phase,
    `deselected` the node ids that were collected and not to be run. `problems` are for people.
    `conftest_errors` has for the path of each conftest what it raised: that ends a session that has
    not begun, and later is an error at collection, too. Other paths are relative to `rootdir`.
    """

    facts: SessionFacts = field(default_factory=SessionFacts)
    exit_code: int | None = None
    running: str = ""
    collected: list[str] = field(default_factory=list)
    deselected: set[str] = field(default_factory=set)
    tests: dict[str, dict[str, str]] = field(default_factory=dict)
    errors: dict[str, CollectionError] = field(default_factory=dict)
    warnings: list[SeenWarning] = field(default_factory=list)
    modules: dict[str, Step] = field(default_factory=dict)
    folders: dict[str, Step] = field(default_factory=dict)
    conftests: dict[str, Step] = field(default_factory=dict)
    plugins: dict[str, Step] = field(default_factory=dict)
    imports: list[Import] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    conftest_errors: dict[str, str] = field(default_factory=dict)
    collection_seconds: float = 0.0
    rewriting: Cost = field(default_factory=Cost)
    warnings_building: Cost = field(default_factory=Cost)
    peak_memory: int = 0
    dont_write_bytecode: bool = False


def read_record(path: Path) -> SessionRecord:
    """Read what a session wrote: nothing, where the plugin was never loaded."""
    try:
        return fold(path.read_bytes().splitlines())
    except FileNotFoundError:
        return SessionRecord()


class Follower:
    """Follows what a session writes: `progress` gets the numbers of ended tests and of all."""

    def __init__(self, path: Path, progress: Callable[[int, int], None] | None) -> None:
        self._path = path
        self._progress = progress
        self._ended = self._tests = self._read = 0

    def follow(self) -> None:
        """Read what was written since, and tell of it where a test has ended."""
        if self._progress is None:
            return
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                whole, newline, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return
        self._read += len(whole) + len(newline)
        before = self._ended
        for line in whole.splitlines():
            if line.startswith(b'["finished"'):
                self._ended += 1
            elif line.startswith((b'["items"', b'["worker_collected"')):
                self._tests = max(self._tests, len(json.loads(line)[1]))
        if self._ended > before:
            self._progress(self._ended, self._tests)


def fold(lines: Iterable[bytes | str]) -> SessionRecord:
    """Fold the lines of one process, those of its workers included."""
    record = SessionRecord()
    workers: list[SessionRecord] = []
    for line in lines:
        # The last line of a process that was killed may be half a line.
        with contextlib.suppress(json.JSONDecodeError, UnicodeDecodeError):
            event = json.loads(line)
            if event[0] == "worker":
                workers.append(fold(event[1]))
            else:
                _add(record, event)
    if workers:
        record.warnings = _without_repeats(record.warnings, [w.warnings for w in workers])
    for worker in workers:
        record.errors |= worker.errors
        record.deselected |= worker.deselected
    return record


def _add(record: SessionRecord, event: list[Any]) -> None:
    """Add one line of the process itself; the plugin writes no other."""
    match event:
        case ["begun", facts]:
            record.facts = decode(SessionFacts, facts)
        case ["running", nodeid]:
            record.running = nodeid
        case ["finished", nodeid]:
            record.running = "" if record.running == nodeid else record.running
        case ["step", kind, name, values]:
            getattr(record, kind)[name] = Step(name, **values)
        case ["collected", ids]:
            record.collected += ids
        case ["worker_collected", ids]:
            known = set(record.collected)
            record.collected += [nodeid for nodeid in ids if nodeid not in known]
        case ["items", ids]:
            record.collected = ids
        case ["deselected", ids]:
            record.deselected.update(ids)
        case ["collection_seconds", seconds]:
            record.collection_seconds = seconds
        case ["error", nodeid, file, message]:
            record.errors[nodeid] = CollectionError(nodeid, file, message)
        case ["test", nodeid, phase, outcome]:
            phases = record.tests.setdefault(nodeid, {})
            # A node id that is run twice fails where it failed once.
            phases[phase] = "failed" if phases.get(phase) == "failed" else outcome
        case ["warning", *values]:
            record.warnings.append(SeenWarning(*values))
        case ["problem", message]:
            record.problems.append(message)
        case ["conftest_error", path, message]:
            record.conftest_errors[path] = message
        case ["ended", exit_code, totals]:
            record.exit_code = exit_code
            record.imports = [Import(*values) for values in totals["imports"]]
            record.rewriting = Cost(*totals["rewriting"])
            record.warnings_building = Cost(*totals["warnings_building"])
            record.peak_memory = totals["peak_memory"]
            record.dont_write_bytecode = totals["dont_write_bytecode"]


def _without_repeats(
    recorded: Iterable[SeenWarning], workers: Iterable[Iterable[SeenWarning]]
) -> list[SeenWarning]:
    """Keep of a warning at collection what the worker with most of them saw: each collects all."""
    left: Counter[SeenWarning] = Counter()
    for seen in workers:
        left |= Counter(w for w in seen if w.when != "runtest")
    known = set(left)
    kept = []
    for warning in recorded:
        if warning not in known or left[warning] > 0:
            left[warning] -= 1
            kept.append(warning)
    return kept
