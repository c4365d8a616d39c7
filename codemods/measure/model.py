"""What was measured: named tuples. Seconds are seconds, sizes are bytes."""

from __future__ import annotations

import enum
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from codemods.model import UsageError


class MeasureError(UsageError):
    """Nothing can be measured; the message says why."""


class Series(NamedTuple):
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


class Timing(NamedTuple):
    """The runs of one kind; the memory is its peak."""

    wall_seconds: Series = Series()
    cpu_seconds: Series = Series()
    memory_bytes: Series = Series()


class CollectionError(NamedTuple):
    """What pytest could not collect: a node id, the path of its file, and what was raised."""

    nodeid: str
    path: str
    message: str


class Conditions(NamedTuple):
    """Under what was measured; figures of different conditions cannot be compared.

    `environment` has the variables of Python and pytest, as ``NAME=value``.
    """

    paths: tuple[str, ...]
    interpreter: str
    python: str
    pytest: str
    plugins: tuple[str, ...]
    machine: str
    environment: tuple[str, ...] = ()


class BaselineSummary(NamedTuple):
    """The time that collection takes, in figures: what history, status and reports read.

    `cold` are runs without bytecode of the repository's own files (that of the standard library
    and of installed packages is there), `warm` runs with all of it. The counts are of the last
    session, `warning_counts` by category; `nodes` is a digest of what it collected. `is_stable`
    says that each run collected the same. `problem` is empty where all runs came to their end.
    `time` is when that was: UTC, ISO 8601. `commit` is empty outside of git, and `is_dirty` says
    that tracked files were changed.
    """

    time: str
    commit: str
    is_dirty: bool
    conditions: Conditions
    cold: Timing
    warm: Timing
    module_count: int
    test_count: int
    nodes: str
    error_count: int
    warning_counts: Mapping[str, int]
    is_stable: bool
    problem: str

    @property
    def runs(self) -> int:
        """How many runs there were of each kind."""
        return min(len(timing.wall_seconds.values) for timing in (self.cold, self.warm))

    @property
    def memory(self) -> int:
        """The peak of all runs, in bytes."""
        return int(max(timing.memory_bytes.maximum for timing in (self.cold, self.warm)))


class Baseline(NamedTuple):
    """A measurement with all that the last session saw: node ids, and what is not collected."""

    root: str
    summary: BaselineSummary
    nodeids: tuple[str, ...]
    errors: tuple[CollectionError, ...]
    notes: tuple[str, ...]


class Claim(enum.Enum):
    """What may be said of two series."""

    NONE = "no difference that these runs can show"
    FASTER = "faster"
    SLOWER = "slower"
    NOT_COMPARABLE = "not comparable"


class Comparison(NamedTuple):
    """Two baselines side by side.

    `obstacles` are the reasons why nothing can be claimed: then both claims are
    NOT_COMPARABLE. `only_before` and `only_after` are the node ids of one side alone.
    """

    before: Baseline
    after: Baseline
    obstacles: tuple[str, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    cold_claim: Claim
    warm_claim: Claim


class Import(NamedTuple):
    """One import of a module: seconds without and with what it imports in turn.

    `around` are the modules that were being imported as it began, the innermost last; the test
    module, conftest or plugin of the step is none of them.
    """

    name: str
    own: float
    cumulative: float
    around: Sequence[str]


class PackageTime(NamedTuple):
    """Importing one top-level package.

    `own_seconds` is the time in its own modules, `cumulative_seconds` with what they import in turn
    (and so counted at other packages, too). `importer_count` is how many test modules name it in an
    import at their top level, `first_importer` the module that imported it first, empty where that
    was a test module or unknown. `is_standard` says that it belongs to the standard library.
    """

    name: str
    own_seconds: float
    cumulative_seconds: float
    module_count: int
    importer_count: int
    first_importer: str
    is_standard: bool


class Step(NamedTuple):
    """Loading one test module, conftest or plugin, or looking through one folder.

    `own_seconds` is without what it imports for the first time, `cumulative_seconds` with it;
    `import_seconds` has those of each top-level package, where imports were told apart.
    `from_cache` says that a module came from bytecode, None where that is unknown.
    """

    name: str
    own_seconds: float
    cumulative_seconds: float
    import_seconds: Mapping[str, float] = {}
    from_cache: bool | None = None


class Cost(NamedTuple):
    """Seconds in one part of pytest's work, and how often it was done."""

    seconds: float = 0.0
    count: int = 0  # type: ignore[assignment]  # not the method of tuples


class Advice(NamedTuple):
    """What would help, and by how many of the seconds that were measured."""

    seconds: float
    message: str


class Profile(NamedTuple):
    """Where the time of collection goes.

    `cold_seconds` and `warm_seconds` are wall time of one run each, `start_seconds` that of the
    warm one before pytest's session begins. `rewriting` is of the cold run, all else of warm ones.
    All lists are longest first.
    """

    cold_seconds: float
    warm_seconds: float
    start_seconds: float
    collection_seconds: float
    module_times: tuple[Step, ...]
    package_times: tuple[PackageTime, ...]
    conftest_times: tuple[Step, ...]
    plugin_times: tuple[Step, ...]
    folder_times: tuple[Step, ...]
    empty_folders: tuple[str, ...]
    rewriting: Cost
    warnings_building: Cost
    advice: tuple[Advice, ...]
    problem: str


class Warmed(NamedTuple):
    """Bytecode was written, and what came of it.

    `cold_seconds` is the wall time of a collection without bytecode of the repository's own files,
    None where it was not measured; `writing_seconds` that of writing it, `jobs` side by side;
    `warm_seconds` that of the collection afterwards. Of `module_count` modules that were loaded,
    `cached_count` were read from bytecode; `not_cached` are the others.
    """

    cold_seconds: float | None
    writing_seconds: float
    warm_seconds: float
    jobs: int
    module_count: int
    cached_count: int
    not_cached: tuple[str, ...]
    error_count: int
    problem: str
    notes: tuple[str, ...]


class ExitCodes(NamedTuple):
    """The exit codes of a command before a change and after; None where it was not run."""

    before: int | None
    after: int | None
