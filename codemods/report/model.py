"""What there is to say of a whole migration: frozen, slotted values without behaviour."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from codemods.progress.completion import CollectionChange
from codemods.progress.history import ComparedTests

#: The criterion that needs a figure from before the change.
COLLECTION = "collection"


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
