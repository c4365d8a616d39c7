"""What there is to say of a whole migration: frozen, slotted values without behaviour."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from codemods.measure.outcomes import Difference, Evidence

#: The criterion that needs a figure from before the change.
COLLECTION = "collection"


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the history: one run of a verb.

    `time` is UTC, ISO 8601; `paths` are relative to the root, in order, and none where pytest's
    configuration said what to collect; `figures` are values of JSON (`codemods.progress.history`).
    """

    time: str
    verb: str
    paths: tuple[str, ...]
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verified:
    """What the tests said of a run, or of the files as they are.

    `evidence` is None where nothing was run to its end, and `problem` says why. `golden_path` has
    for each command its exit codes before and after, `taken_back` for each file that was taken out
    of the run the reason. `edited` are the files of the run that are not as it left them any more,
    so that nothing is known of them; `unused` those that no test uses which pytest collects. `run`
    is the run of the journal, None where there was none to judge.
    """

    evidence: Evidence | None
    golden_path: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    taken_back: Mapping[str, Difference] = field(default_factory=dict)
    edited: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    problem: str = ""
    run: str | None = None

    @property
    def ok(self) -> bool:
        """Tell whether nothing differs; where nothing was compared, whether nothing failed."""
        if self.problem:
            return False
        compared = self.evidence is None or self.evidence.before is not self.evidence.after
        if compared:
            differs = self.evidence is not None and bool(self.evidence.differences)
            return not differs and all(b == a for b, a in self.golden_path.values())
        assert self.evidence is not None
        seen = self.evidence.after
        failed = seen.failed or seen.exit_code == 1
        return not failed and not any(after for _, after in self.golden_path.values())


class State(enum.Enum):
    """How far a criterion of a phase is."""

    MET = "met"
    NOT_MET = "not met"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that is to hold of a phase.

    `figure` is what was measured, `wanted` what is to hold, `note` what else there is to say, all
    for people; `value` and `limit` are the same for programs (seconds, percent or a number), None
    where there is none. `remedy` is what measures it, empty where it is measured.
    """

    name: str
    state: State
    figure: str
    wanted: str
    value: float | None = None
    limit: float | None = None
    note: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class PhaseStatus:
    """One phase and its criteria; `missing` are those of its paths that do not exist."""

    name: str
    paths: tuple[str, ...]
    missing: tuple[str, ...]
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a migration is.

    `overall` are criteria of no single phase; `batch` is the command for the next batch, empty
    where no copy is left; `remedies` are the commands that measure what is not measured.
    """

    phases: tuple[PhaseStatus, ...]
    overall: tuple[Criterion, ...]
    batch: str
    remedies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grep:
    """What ``grep -r "class NAME" PATHS | wc -l`` counts, and how that comes about.

    `copies` is what the tool counts in the same paths. `parts` say how many of the `lines` are
    what; `unseen` is the number of copies that grep does not see.
    """

    pattern: str
    paths: tuple[str, ...]
    lines: int
    copies: int
    parts: tuple[tuple[str, int], ...]
    unseen: int


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Whether all criteria of all phases are met."""

    standing: Standing
    grep: Grep

    @property
    def ok(self) -> bool:
        """Tell whether each criterion was measured and is met."""
        criteria = [c for p in self.standing.phases for c in p.criteria]
        return all(c.state is State.MET for c in (*criteria, *self.standing.overall))


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


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and what to do about it.

    `code` is stable; `is_error` says that new imports would fail, or be of another class.
    """

    code: str
    is_error: bool
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class FolderCheckup:
    """What the test modules of one folder see of the shared module.

    `file` is what they would import, None where that fails; `pytest` its version, None where it
    did not get to the modules.
    """

    folder: str
    file: str | None
    pytest: str | None
    import_mode: str | None
    plugins: tuple[str, ...]
    sys_path: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Checkup:
    """What pytest makes of a shared module; `findings` are about all folders together."""

    module: str
    folders: tuple[FolderCheckup, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Tell whether new imports would work everywhere."""
        found = [f for folder in self.folders for f in folder.findings]
        return not any(f.is_error for f in (*found, *self.findings))
