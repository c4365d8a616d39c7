"""Every value that passes between the rooms: immutable, picklable, without tree nodes.

Named tuples, as the class of one takes a tenth of the time to make that a dataclass takes, and
each start makes them all.
"""

from __future__ import annotations

import enum
import fnmatch
import posixpath
from collections import Counter
from typing import NamedTuple


class UsageError(Exception):
    """Something that the user can fix: an argument, a setting, a file; the message says what.

    Each argument is a line of the message.
    """

    def __str__(self) -> str:
        """Return the lines."""
        return "\n".join(self.args)


class Verdict(enum.Enum):
    """What is to become of one local definition."""

    REPLACE = "replace"
    REFUSE = "refuse"


class Status(enum.Enum):
    """What became of one file."""

    UNCHANGED = "unchanged"  # no definition of a shared name in it
    CHANGED = "changed"
    REFUSED = "refused"  # definitions, none of them replaced
    FAILED = "failed"  # could not be read as Python


class Code(enum.Enum):
    """Why a definition or a file stays as it is, or what is worth saying. Values are stable."""

    ACTS_WHEN_DEFINED = "acts-when-defined"
    ASSERTS = "asserts"
    BECOMES_MEMBER = "becomes-member"
    CALLED_BY_NAME = "called-by-name"
    CIRCULAR_IMPORT = "circular-import"
    CHANGED_SINCE_PLANNED = "changed-since-planned"
    COPY = "copy"
    DIFFERENT_GLOBALS = "different-globals"
    DIFFERENT_SHAPE = "different-shape"
    DOCTEST = "doctest"
    ESCAPES = "escapes"
    HARD_LINKED = "hard-linked"
    INCOMPLETE_COPY = "incomplete-copy"
    INTERNAL_ERROR = "internal-error"
    LOSSY_ROUND_TRIP = "lossy-round-trip"
    MODULE_DEPENDENT = "module-dependent"
    MUTATED = "mutated"
    NAME_TAKEN = "name-taken"
    NEAR_COPY = "near-copy"
    NESTED = "nested"
    NOT_WRITTEN = "not-written"
    ONE_LINE = "one-line"
    OUTSIDE_TESTS = "outside-tests"
    PROOF_FAILED = "proof-failed"
    PYTEST_TESTS = "pytest-tests"
    READ_ONLY = "read-only"
    REBOUND = "rebound"
    RENAMED_COPY = "renamed-copy"
    RUN_AS_SCRIPT = "run-as-script"
    SAME_NAME_ONLY = "same-name-only"
    STATE = "state"
    SUBCLASS_OF_TESTS = "subclass-of-tests"
    SWALLOWED_CODE = "swallowed-code"
    SYNTAX_ERROR = "syntax-error"
    TESTS_DIFFER = "tests-differ"
    TOO_SLOW = "too-slow"
    UNCLEAR_MENTION = "unclear-mention"
    UNCOMMITTED = "uncommitted"
    UNDECODABLE = "undecodable"
    UNDEFINED_NAME = "undefined-name"
    UNKNOWN_KIND = "unknown-kind"
    UNREADABLE = "unreadable"
    USED_ELSEWHERE = "used-elsewhere"
    WORKER_DIED = "worker-died"


class Reason(NamedTuple):
    """One finding: its code, the place it is about, and a sentence for people.

    Lines and columns are counted from 1, columns in characters.
    """

    code: Code
    line: int
    message: str
    column: int = 1


class SharedModule(NamedTuple):
    """One module of shared definitions, as read from its text.

    `name` is its dotted name as pytest imports it, `path` the real path of its file; `source` its
    bytes; `rewrites_asserts` whether pytest rewrites its assert statements (its name matches
    ``python_files``, or a conftest that runs first has `pytest.register_assert_rewrite`);
    `folder` is the one that it is imported from, `beside` what else can be imported from there
    alone.
    """

    name: str
    path: str
    source: bytes
    rewrites_asserts: bool = False
    folder: str = ""
    beside: frozenset[str] = frozenset()

    @property
    def word(self) -> bytes:
        """The last part of its name, which stands in each file that imports it."""
        return self.name.rpartition(".")[2].encode()


def is_conftest(path: str) -> bool:
    """Whether pytest loads a file for the tests of its folder."""
    return posixpath.basename(path.replace("\\", "/")) == "conftest.py"


class PytestNames(NamedTuple):
    """What pytest collects by its name: ``python_files``, ``python_classes``, ``python_functions``.

    https://docs.pytest.org/en/stable/reference/reference.html#confval-python_files
    """

    files: tuple[str, ...] = ("test_*.py", "*_test.py")
    classes: tuple[str, ...] = ("Test",)
    functions: tuple[str, ...] = ("test",)

    def has_file(self, path: str) -> bool:
        """Whether pytest collects a module by its name; a pattern with a slash is of its path."""
        path = path.replace("\\", "/")
        name = posixpath.basename(path)
        return any(
            fnmatch.fnmatchcase(f"/{path}" if "/" in p else name, f"*/{p}" if "/" in p else p)
            for p in self.files
        )

    def loads(self, path: str) -> bool:
        """Whether a file is a test module or a conftest, of which pytest rewrites the asserts."""
        return is_conftest(path) or self.has_file(path)


class SharedModules(NamedTuple):
    """The shared modules of one settings table.

    `harmless` are dotted names of bases, decorators and functions that the settings trust; `only`
    the names of definitions to look at, None for all; `tests` what pytest collects in the files,
    and `filters` its filters of warnings; `first_party` the modules of the repository, as isort and
    ruff sort imports.
    """

    modules: tuple[SharedModule, ...]
    harmless: tuple[str, ...] = ()
    only: frozenset[str] | None = None
    tests: PytestNames = PytestNames()
    filters: tuple[str, ...] = ()
    first_party: frozenset[str] = frozenset()


class Renaming(NamedTuple):
    """How classes are renamed: to `new_name`, or, where that is empty, by the name of their file.

    `with_tests` tells whether those that have tests are, too.
    """

    new_name: str = ""
    with_tests: bool = False


class Definition(NamedTuple):
    """One local definition; lines and columns from 1, `line` that of the first decorator.

    `kind` is ``class``, ``function`` or ``fixture``.
    """

    name: str
    kind: str
    line: int
    end_line: int
    column: int = 1


class Decision(NamedTuple):
    """The verdict on one definition.

    `shared` are the module and the name to import, None where it is refused (but where it only
    resembles that definition); `relies_on` the names of the globals that the replaced code reads,
    here and in the shared module; `lost_comments` the lines of comments that are removed with it
    and that the shared definition does not have.
    """

    definition: Definition
    verdict: Verdict
    shared: tuple[str, str] | None
    reasons: tuple[Reason, ...]
    relies_on: frozenset[str] = frozenset()
    lost_comments: tuple[int, ...] = ()

    @property
    def is_namesake(self) -> bool:
        """Whether the definition shares nothing but the name with a shared one."""
        return any(reason.code is Code.SAME_NAME_ONLY for reason in self.reasons)


class FileResult(NamedTuple):
    """What a codemod makes of one file.

    `after` holds the new bytes where `status` is CHANGED, else None, and `before_digest` the
    SHA-256 of the old ones, in hexadecimal digits, else nothing; `error` the reason where it
    is FAILED, else None; `warnings` what is worth saying and no refusal; `dropped` the global names
    that the module bound before the change and no longer binds after it.
    """

    path: str
    status: Status
    decisions: tuple[Decision, ...] = ()
    warnings: tuple[Reason, ...] = ()
    before_digest: str = ""
    after: bytes | None = None
    error: Reason | None = None
    dropped: frozenset[str] = frozenset()

    @classmethod
    def failure(cls, path: str, reason: Reason) -> FileResult:
        """Return the result of a file that could not be looked at."""
        return cls(path, Status.FAILED, error=reason)

    @property
    def replaced(self) -> tuple[Decision, ...]:
        """The definitions that an import stands for after the change."""
        return tuple(d for d in self.decisions if d.verdict is Verdict.REPLACE)

    @property
    def refused(self) -> tuple[Decision, ...]:
        """The definitions that stay."""
        return tuple(d for d in self.decisions if d.verdict is Verdict.REFUSE)


#: Stands for the path of a module that was read from standard input.
STDIN = "<stdin>"


class Source(NamedTuple):
    """One file as it is on disk; `shown` is its path in messages, where that is another one."""

    path: str
    content: bytes
    shown: str = ""

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)


class Variant(NamedTuple):
    """The shape of one definition, against the nearest shared one.

    `key` is the same for equal shapes; `difference` a unified diff of the normalised definitions.
    """

    key: str
    nearest: str
    difference: tuple[str, ...]
    only_adds: bool


class FileSurvey(NamedTuple):
    """What one file has to do with the shared names.

    `variants` has one for each of `decisions`, or none; `commented_out` line and name of each
    definition in a comment.
    """

    path: str
    decisions: tuple[Decision, ...] = ()
    variants: tuple[Variant, ...] = ()
    commented_out: tuple[tuple[int, str], ...] = ()
    warnings: tuple[Reason, ...] = ()
    error: Reason | None = None


class Prospect(NamedTuple):
    """What another codemod would do, each file looked at alone.

    `noun` is what one of the definitions is called that it would change, in `file_count` files.
    """

    codemod: str
    noun: str
    file_count: int
    changed_count: int
    refused_count: int


class Analysis(NamedTuple):
    """The scope of a migration.

    `files` counts all files looked at; `surveys` has those that may define a shared name, in the
    order of their paths; `seconds` is wall time; `prospects` are about the other codemods;
    `without_code` are the files that hold nothing but comments.
    """

    files: int
    surveys: tuple[FileSurvey, ...]
    failures: tuple[FileResult, ...]
    seconds: float
    prospects: tuple[Prospect, ...] = ()
    without_code: tuple[str, ...] = ()


class Place(NamedTuple):
    """One of the equal definitions of a group; lines as those of `Definition`.

    `warns` tells whether pytest warns about it when it collects the file; `reasons` are what is in
    the way of replacing it by an import, none where it can be replaced, or nothing is known yet.
    """

    path: str
    name: str
    line: int
    end_line: int
    warns: bool = False
    reasons: tuple[Reason, ...] = ()

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return self.end_line - self.line + 1


class Group(NamedTuple):
    """Equal definitions in several files, in the order of their paths and lines.

    `kind` is ``class``, ``function`` or ``fixture``; `is_nested` tells whether they stand in a
    function or class; `pattern` is the place of the most frequent text, and `module` that text with
    what it reads from around it, as a module of its own: empty until it was decided which places
    can be replaced by an import of it. `is_shared` tells whether a module of the settings has it.
    """

    kind: str
    is_nested: bool
    places: tuple[Place, ...]
    pattern: Place
    module: bytes = b""
    is_shared: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the definition, the most frequent one first."""
        counted = Counter(place.name for place in self.places)
        return tuple(sorted(counted, key=lambda name: (-counted[name], name)))

    @property
    def files(self) -> int:
        """The number of files with a copy."""
        return len({place.path for place in self.places})

    @property
    def replaceable(self) -> tuple[Place, ...]:
        """The places that can be replaced by an import."""
        return tuple(place for place in self.places if not place.reasons)

    @property
    def lines(self) -> int:
        """The lines that would go: those of what can be replaced, but for one definition.

        None where one file has all that can be replaced: there is nothing to share.
        """
        if len({place.path for place in self.replaceable}) < 2:
            return 0
        return max(0, sum(p.lines for p in self.replaceable) - self.pattern.lines)

    @property
    def warnings(self) -> int:
        """The number of warnings that it causes when pytest collects the tests."""
        return sum(place.warns for place in self.places)


class NearGroup(NamedTuple):
    """Definitions of one name that differ little: the most frequent variant, and another one.

    `difference` is a unified diff of their normalised definitions, `changed` its number of lines.
    """

    name: str
    kind: str
    variants: tuple[tuple[Place, ...], tuple[Place, ...]]
    changed: int
    difference: tuple[str, ...]


class Discovery(NamedTuple):
    """The definitions that are pasted.

    `files` counts the test files and conftests looked at; `groups` are the decided ones, those at
    the top of a module first, those that save most lines first; `left` counts the others.
    """

    files: int
    groups: tuple[Group, ...]
    near: tuple[NearGroup, ...]
    left: int
    failures: tuple[FileResult, ...]
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

    `files` counts all files looked at, `helpers` those that have code of a shared definition or
    import a shared module; `results` has those that hold a definition or failed, in the order of
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


class Ratcheted(NamedTuple):
    """What is left, against the file that says what may be.

    `file` is its path, `left` counts the copies, renamed and near copies in the files looked at,
    `allowed` those that it allows there; `excess` are the definitions of which there are more than
    it allows, with the paths of their files.
    """

    file: str
    left: int
    allowed: int
    excess: tuple[tuple[str, Decision], ...]


class Written(NamedTuple):
    """What a migration did: its run in the journal, None where nothing of one is left.

    `files` counts those looked at; `results` are those of the plan, with what could not be written
    as refused or failed; of the `wanted` files that were to change, `left` are those of a later
    batch; `stopped` tells whether Ctrl-C ended it.
    """

    files: int
    run: Run | None
    results: tuple[FileResult, ...]
    left: int
    wanted: int
    stopped: bool = False

    @property
    def held_back(self) -> int:
        """The number of files of this batch that were not written."""
        return self.wanted - self.left - sum(r.status is Status.CHANGED for r in self.results)
