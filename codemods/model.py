"""Every value that passes between the rooms: frozen, slotted, picklable, without tree nodes."""

from __future__ import annotations

import enum
from dataclasses import dataclass


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

    CLASS_STATE = "class-state"
    CONDITIONAL = "conditional"
    DECORATED = "decorated"
    DIFFERENT_GLOBALS = "different-globals"
    DIFFERENT_SHAPE = "different-shape"
    INTROSPECTED = "introspected"
    LOSSY_ROUND_TRIP = "lossy-round-trip"
    MUTATED = "mutated"
    NESTED = "nested"
    PROOF_FAILED = "proof-failed"
    PYTEST_TESTS = "pytest-tests"
    REBOUND = "rebound"
    SHARED_MODULE = "shared-module"
    SUBCLASS_OF_TESTS = "subclass-of-tests"
    SWALLOWED_CODE = "swallowed-code"
    SYNTAX_ERROR = "syntax-error"
    UNDECODABLE = "undecodable"
    UNDEFINED_NAME = "undefined-name"
    UNSAFE_PROLOGUE = "unsafe-prologue"


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding: its code, the line it is about (from 1), and a sentence for people."""

    code: Code
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a class, normalised.

    `key` decides equality, `text` is what a message shows, `line` is where it stands.
    """

    name: str
    key: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Shape:
    """A class definition without what does not count.

    `header` holds decorators, bases and class keywords; `reads` the global names that its code
    reads, in alphabetical order.
    """

    header: Member
    members: tuple[Member, ...]
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordedShape:
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


@dataclass(frozen=True, slots=True)
class Target:
    """Which local class names give way to which shared module.

    `own_files` are the ends of the paths of the shared module and its shapes, with ``/``;
    `shared_members` the names of all members in the shared module, None where it is not found.
    """

    class_names: tuple[str, ...]
    module: str
    shapes: tuple[RecordedShape, ...]
    own_files: tuple[str, ...]
    shared_members: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """One local definition; lines from 1, `line` that of the first decorator or of ``class``."""

    class_name: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one definition.

    `shared_name` is the name to import from the shared module, None where refused.
    """

    definition: Definition
    verdict: Verdict
    shared_name: str | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class FileResult:
    """What a codemod makes of one file.

    `after` holds the new bytes where `status` is CHANGED, else None; `error` the reason where it
    is FAILED, else None; `warnings` what is worth saying and no refusal.
    """

    path: str
    status: Status
    decisions: tuple[Decision, ...]
    warnings: tuple[Reason, ...]
    before_digest: str
    after: bytes | None
    error: Reason | None
