"""Every value that passes between the rooms: immutable, picklable, without tree nodes.

Named tuples, as the class of one takes a tenth of the time to make that a dataclass takes, and
each start makes them all.
"""

from __future__ import annotations

import enum
from typing import NamedTuple


class UsageError(Exception):
    """Something that the user can fix: an argument, a setting, a file; the message says what."""


class Verdict(enum.Enum):
    """What is to become of one local definition."""

    REPLACE = "replace"
    REFUSE = "refuse"


class Status(enum.Enum):
    """What became of one file."""

    UNCHANGED = "unchanged"  # no definition of a target name in it
    CHANGED = "changed"
    REFUSED = "refused"  # definitions, none of them replaced
    FAILED = "failed"  # could not be read as Python


class Code(enum.Enum):
    """Why a definition or a file is left alone, or what is worth a warning. Values are stable."""

    CHANGED_SINCE_PLANNED = "changed-since-planned"
    CLASS_STATE = "class-state"
    CONDITIONAL = "conditional"
    DECORATED = "decorated"
    DIFFERENT_GLOBALS = "different-globals"
    DIFFERENT_SHAPE = "different-shape"
    HARD_LINKED = "hard-linked"
    INTROSPECTED = "introspected"
    LOSSY_ROUND_TRIP = "lossy-round-trip"
    MUTATED = "mutated"
    NESTED = "nested"
    NOT_WRITTEN = "not-written"
    PROOF_FAILED = "proof-failed"
    PYTEST_TESTS = "pytest-tests"
    READ_ONLY = "read-only"
    REBOUND = "rebound"
    SHARED_MODULE = "shared-module"
    SUBCLASS_OF_TESTS = "subclass-of-tests"
    SWALLOWED_CODE = "swallowed-code"
    SYNTAX_ERROR = "syntax-error"
    TESTS_DIFFER = "tests-differ"
    UNCOMMITTED = "uncommitted"
    UNDECODABLE = "undecodable"
    UNDEFINED_NAME = "undefined-name"
    UNREADABLE = "unreadable"
    UNSAFE_PROLOGUE = "unsafe-prologue"
    WORKER_DIED = "worker-died"


class Reason(NamedTuple):
    """One finding: its code, the line it is about (from 1), and a sentence for people."""

    code: Code
    line: int
    message: str


class SharedModule(NamedTuple):
    """One module of shared definitions, as read from its text.

    `name` is its dotted name as pytest imports it, `path` the real path of its file; `source` its
    bytes; `rewrites_asserts` whether pytest rewrites its assert statements (its name matches
    ``python_files``, or the root conftest registers it by `pytest.register_assert_rewrite`).
    """

    name: str
    path: str
    source: bytes
    rewrites_asserts: bool = False


class SharedModules(NamedTuple):
    """The shared modules of one settings table.

    `harmless` are dotted names of bases and decorators that the settings trust; `only` the names of
    definitions to look at, None for all.
    """

    modules: tuple[SharedModule, ...]
    harmless: tuple[str, ...] = ()
    only: frozenset[str] | None = None


class Member(NamedTuple):
    """One member of a class, normalised.

    `key` decides equality, `text` is what a message shows, `line` is where it stands.
    """

    name: str
    key: str
    text: str
    line: int


class Shape(NamedTuple):
    """A class definition without what does not count.

    `header` holds decorators, bases and class keywords; `reads` the global names that its code
    reads, in alphabetical order.
    """

    header: Member
    members: tuple[Member, ...]
    reads: tuple[str, ...]


class RecordedShape(NamedTuple):
    """A local class that is known to be equal to a shared one.

    `name` and `line` are those of the recorded class in its file; `sources` says for each name in
    ``shape.reads`` where that class takes it from: ``"builtin"`` or the text of an import.
    """

    name: str
    line: int
    shape: Shape
    sources: tuple[tuple[str, str], ...]
    shared_name: str
    aliases: tuple[str, ...]


class Target(NamedTuple):
    """Which local class names give way to which shared module.

    `own_files` are the ends of the paths of the shared module and its shapes, with ``/``;
    `shared_members` the names of all members in the shared module, None where it is not found.
    """

    class_names: tuple[str, ...]
    module: str
    shapes: tuple[RecordedShape, ...]
    own_files: tuple[str, ...]
    shared_members: frozenset[str] | None = None


class Definition(NamedTuple):
    """One local definition; lines from 1, `line` that of the first decorator or of ``class``."""

    class_name: str
    line: int
    end_line: int


class Decision(NamedTuple):
    """The verdict on one definition.

    `shared_name` is the name to import from the shared module, None where refused.
    """

    definition: Definition
    verdict: Verdict
    shared_name: str | None
    reasons: tuple[Reason, ...]


class FileResult(NamedTuple):
    """What a codemod makes of one file.

    `after` holds the new bytes where `status` is CHANGED, else None, and `before_digest` the
    SHA-256 of the old ones, in hexadecimal digits, else nothing; `error` the reason where it
    is FAILED, else None; `warnings` what is worth saying and no refusal; `dropped` the global names
    that the module bound before the change and no longer binds after it.
    """

    path: str
    status: Status
    decisions: tuple[Decision, ...]
    warnings: tuple[Reason, ...]
    before_digest: str
    after: bytes | None
    error: Reason | None
    dropped: frozenset[str] = frozenset()

    @classmethod
    def failure(cls, path: str, reason: Reason) -> FileResult:
        """Return the result of a file that could not be looked at."""
        return cls(path, Status.FAILED, (), (), "", None, reason)

    @property
    def replaced(self) -> tuple[Decision, ...]:
        """The definitions that an import stands for after the change."""
        return tuple(d for d in self.decisions if d.verdict is Verdict.REPLACE)

    @property
    def refused(self) -> tuple[Decision, ...]:
        """The definitions that stay."""
        return tuple(d for d in self.decisions if d.verdict is Verdict.REFUSE)


class Source(NamedTuple):
    """One file as it is on disk."""

    path: str
    content: bytes


class DefinitionFacts(NamedTuple):
    """One definition and what its file does with it: places outside of it, counted in its text."""

    decision: Decision
    uses: int
    subclasses: int
    patch_strings: int


class Variant(NamedTuple):
    """The shape of one definition, against the nearest recorded one.

    `key` is the same for equal shapes; `difference` a unified diff of the normalised classes.
    """

    key: str
    nearest: str
    difference: tuple[str, ...]
    only_adds: bool


class FileSurvey(NamedTuple):
    """What one file has to do with the target names.

    `variants` has one for each of `definitions`, or none; `written_out` the names that stand
    behind the word ``class``; `commented_out` line and name of each definition in a comment;
    `imported` module and name of each ``from x import``.
    """

    path: str
    definitions: tuple[DefinitionFacts, ...]
    variants: tuple[Variant, ...]
    written_out: tuple[str, ...]
    commented_out: tuple[tuple[int, str], ...]
    imported: tuple[tuple[str, str], ...]
    warnings: tuple[Reason, ...]
    error: Reason | None


class Analysis(NamedTuple):
    """The scope of a migration.

    `files` counts all files looked at; `surveys` has those with a target name in them, in the
    order of their paths; `importers` counts for path and name the files that import it from there;
    `seconds` is wall time.
    """

    files: int
    surveys: tuple[FileSurvey, ...]
    failures: tuple[FileResult, ...]
    importers: dict[tuple[str, str], int]
    seconds: float


class Entry(NamedTuple):
    """One file of a run. `path` is relative to the root, `before` and `after` are SHA-256."""

    number: int
    path: str
    before: str
    after: str
    mode: int


class RunState(enum.Enum):
    """What became of a run of the journal."""

    COMPLETE = "complete"
    UNFINISHED = "unfinished"  # interrupted, or still in progress in another process
    PARTLY_ROLLED_BACK = "partly rolled back"
    ROLLED_BACK = "rolled back"


class Run(NamedTuple):
    """One run as the journal has it. `time` is UTC, ISO 8601."""

    id: str
    time: str
    command: str
    entries: tuple[Entry, ...]
    finished: bool
    undone: frozenset[str]

    @property
    def state(self) -> RunState:
        """What became of the run."""
        if len(self.undone) == len(self.entries):
            return RunState.ROLLED_BACK
        if not self.finished:
            return RunState.UNFINISHED
        return RunState.PARTLY_ROLLED_BACK if self.undone else RunState.COMPLETE


class Outcome(NamedTuple):
    """What became of one file: `error` says why it stays as it is, `kept` where a copy lies."""

    path: str
    error: str | None = None
    kept: str | None = None


class Plan(NamedTuple):
    """What a migration would do.

    `files` counts all files looked at, `helpers` those that define a target name or import one
    from the shared module; `results` has those that hold a definition or failed, in the order of
    their paths.
    """

    files: int
    helpers: int
    results: tuple[FileResult, ...]

    @property
    def changes(self) -> tuple[FileResult, ...]:
        """The files that would change."""
        return tuple(r for r in self.results if r.status is Status.CHANGED)

    @property
    def copies(self) -> tuple[tuple[str, Decision], ...]:
        """Each definition that would be replaced, with the path of its file."""
        return tuple((r.path, d) for r in self.results for d in r.replaced)

    @property
    def compliant(self) -> int:
        """The number of files that use the helper and hold no copy that can be replaced."""
        return self.helpers - len(self.changes)


class Written(NamedTuple):
    """What a migration did: its run in the journal, None where nothing of one is left.

    `files` counts those looked at; `results` are those of the plan, with what could not be written
    as refused or failed; `left` counts the files that a later batch would change, `held_back` those
    of this one that were not written; `stopped` tells whether Ctrl-C ended it.
    """

    files: int
    run: Run | None
    results: tuple[FileResult, ...]
    left: int
    held_back: int
    stopped: bool = False
