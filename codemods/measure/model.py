"""What was measured: frozen, slotted values. Seconds are seconds, sizes are bytes."""

from __future__ import annotations

import enum
import statistics
from dataclasses import dataclass
from typing import Any

from codemods.model import UsageError


class MeasureError(UsageError):
    """Nothing can be measured; the message says why."""


@dataclass(frozen=True, slots=True)
class Session:
    """One run of pytest.

    `document` is what the probe wrote (see `codemods.measure.probe`), None where it was never
    loaded; `complete` says that the session came to its end. `exit_code` is that of the process:
    pytest's own, or the negative number of a signal. `problem` says for people what went wrong,
    and is empty where nothing did: errors at collection and tests that fail are results.
    `output_tail` is the end of what pytest printed.
    """

    complete: bool
    exit_code: int
    timed_out: bool
    wall: float
    cpu: float
    peak_memory: int
    document: dict[str, Any] | None
    problem: str
    output_tail: str


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity, measured again and again."""

    values: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """The median; 0 where nothing was measured."""
        return statistics.median(self.values) if self.values else 0.0

    @property
    def minimum(self) -> float:
        """The smallest value; 0 where nothing was measured."""
        return min(self.values, default=0.0)

    @property
    def maximum(self) -> float:
        """The largest value; 0 where nothing was measured."""
        return max(self.values, default=0.0)


@dataclass(frozen=True, slots=True)
class Timing:
    """The runs of one kind: wall and CPU seconds, peak memory in bytes."""

    wall: Series = Series()
    cpu: Series = Series()
    memory: Series = Series()


@dataclass(frozen=True, slots=True)
class CollectionError:
    """What pytest could not collect: a node id, its file, and what was raised."""

    nodeid: str
    file: str
    message: str


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under what a baseline was measured. Unlike conditions make figures incomparable.

    `commit` is empty outside of git, and `dirty` says that tracked files were changed; those two
    are no condition, but what is compared. `environment` has the variables of Python and pytest,
    as ``NAME=value``.
    """

    paths: tuple[str, ...]
    interpreter: str
    python: str
    pytest: str
    plugins: tuple[str, ...]
    machine: str
    commit: str
    dirty: bool
    environment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """The time that collection takes, and what is collected.

    `cold` are runs without bytecode of the repository's own files (that of the standard library
    and of installed packages is there), `warm` runs with all of it. `seen` counts what the last
    session saw; `modules`, `tests` and what follows are its, too. `stable` says that each run
    collected the same. `problem` is empty where all runs came to their end.
    """

    root: str
    runs: int
    conditions: Conditions
    cold: Timing
    warm: Timing
    modules: int
    tests: tuple[str, ...]
    errors: tuple[CollectionError, ...]
    warnings: tuple[tuple[str, int], ...]
    stable: bool
    dont_write_bytecode: bool
    problem: str
    notes: tuple[str, ...]


class Claim(enum.Enum):
    """What may be said of two series."""

    NONE = "no difference that these runs can show"
    FASTER = "faster"
    SLOWER = "slower"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two baselines side by side.

    `unlike` lists the conditions and the errors that differ, `gone` and `came` the node ids of one
    side only. `cold` and `warm` are NOT_COMPARABLE where anything is unlike, came or went, or where
    a side has too few runs.
    """

    before: Baseline
    after: Baseline
    unlike: tuple[str, ...]
    gone: tuple[str, ...]
    came: tuple[str, ...]
    cold: Claim
    warm: Claim


@dataclass(frozen=True, slots=True)
class ModuleTime:
    """Collecting one test module; `own` is without what it imports for the first time.

    `from_cache` says that it came from bytecode, None where that is unknown.
    """

    path: str
    own: float
    cumulative: float
    from_cache: bool | None


@dataclass(frozen=True, slots=True)
class PackageTime:
    """Importing one top-level package.

    `own` is the time in its own modules, `cumulative` with what they import in turn (and so counted
    at other packages, too). `named_by` is how many test modules name it in an import at their top
    level, `first` the module that imported it first, empty where that was a test module or unknown.
    `standard` says that it belongs to the standard library.
    """

    name: str
    own: float
    cumulative: float
    modules: int
    named_by: int
    first: str
    standard: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A plugin, a conftest or a folder: `own` seconds, and `cumulative` with what it imports."""

    name: str
    own: float
    cumulative: float


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds in one part of pytest's work, and how often it was done."""

    seconds: float = 0.0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Advice:
    """What would help, and by how many of the seconds that were measured."""

    seconds: float
    text: str


@dataclass(frozen=True, slots=True)
class Profile:
    """Where the time of collection goes.

    `cold` and `warm` are wall seconds of one run each, `start` those of the warm one before
    pytest's session begins. `rewriting` is of the cold run, all else of warm ones. All lists are
    longest first.
    """

    cold: float
    warm: float
    start: float
    collection: float
    modules: tuple[ModuleTime, ...]
    packages: tuple[PackageTime, ...]
    conftests: tuple[Step, ...]
    plugins: tuple[Step, ...]
    folders: tuple[Step, ...]
    empty_folders: tuple[str, ...]
    rewriting: Cost
    warnings_building: Cost
    advice: tuple[Advice, ...]
    problem: str


@dataclass(frozen=True, slots=True)
class Warmed:
    """Bytecode was written, and what came of it.

    `cold` is the wall time of a collection without bytecode of the repository's own files, None
    where it was not measured; `warmed` that of writing it, `jobs` side by side; `warm` that of the
    collection afterwards. Of `modules` that were loaded, `cached` were read from bytecode;
    `not_cached` are the others.
    """

    cold: float | None
    warmed: float
    warm: float
    jobs: int
    modules: int
    cached: int
    not_cached: tuple[str, ...]
    errors: int
    problem: str
    notes: tuple[str, ...]
