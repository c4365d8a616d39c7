"""The same tests before and after a change: what each node id gave, and what differs."""

from __future__ import annotations

import enum
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

from codemods.measure.model import MeasureError
from codemods.measure.record import SessionRecord
from codemods.measure.session import Pytest, Session

#: All passed, some failed, none were there.
_MEANINGFUL_CODES = frozenset({0, 1, 5})
#: That of ``xfail(run=False)``, and of ``pytest.xfail`` in a fixture.
NEVER_RUN = "xfailed in set-up"
#: So often is a difference looked for: of a test that fails every other time, two show too often.
_ROUNDS = 3
#: The outcomes of a test that did not fail.
GOOD = frozenset({"passed", "skipped", "xfailed", "xpassed", NEVER_RUN})


class Outcomes(NamedTuple):
    """What one run of some tests gave.

    `tests` has for each node id its outcome: ``passed``, ``failed``, ``error`` (in set-up or
    tear-down), ``skipped``, ``xfailed``, ``xpassed``. `errors` has for each file that could not be
    collected what was raised. `warnings` counts category, file and message; lines move with an
    edit, so they do not count. Paths are relative to `root`, a real path. `exit_code` is pytest's:
    1 where something failed, even if only a plugin says so. `deselected` counts the tests that were
    collected and not run, as with ``-k`` in ``addopts``.
    """

    tests: Mapping[str, str]
    errors: Mapping[str, str]
    warnings: Mapping[tuple[str, str, str], int]
    root: str
    exit_code: int = 0
    deselected: int = 0

    @property
    def failed(self) -> bool:
        """Whether a test failed, its set-up or tear-down, or a collection."""
        return bool(self.errors) or not GOOD.issuperset(self.tests.values())

    @property
    def ran(self) -> frozenset[str]:
        """The node ids of the tests that ran: they were neither skipped nor failed in set-up."""
        never = {"skipped", "error", NEVER_RUN}
        return frozenset(n for n, o in self.tests.items() if o.partition(" (")[0] not in never)

    def real_path(self, path: str) -> str:
        """Return the real path of one of the files."""
        return os.path.realpath(os.path.join(self.root, path))


class Difference(NamedTuple):
    """One thing that is not as before: the path of the file, what, and both sides of it."""

    path: str
    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.what}: {self.before} -> {self.after}"


class Evidence(NamedTuple):
    """What a change did to the tests.

    `differences` showed in each run; `flaky` came and went with the change in place or without it;
    `healed` are files that could not be collected before and can be now.
    """

    differences: tuple[Difference, ...]
    flaky: tuple[Difference, ...]
    healed: tuple[str, ...]
    before: Outcomes
    after: Outcomes

    @property
    def ran(self) -> frozenset[str]:
        """The node ids of the tests that ran and show something: they are not flaky."""
        return (self.before.ran | self.after.ran) - {d.what for d in self.flaky}

    @property
    def failing(self) -> frozenset[str]:
        """Those of them that fail on both sides: how far they come is not known."""
        return frozenset(
            n
            for n in self.ran
            if {self.before.tests.get(n), self.after.tests.get(n)}.isdisjoint(GOOD)
        )

    @property
    def shows(self) -> bool:
        """Whether a test ran and did not fail on both sides."""
        return bool(self.ran - self.failing)

    @property
    def files_that_ran(self) -> frozenset[str]:
        """The real paths of the files of these tests."""
        return frozenset(self.after.real_path(node.partition("::")[0]) for node in self.ran)


class Side(enum.Enum):
    """The two states of files that a change makes."""

    BEFORE = "before"
    AFTER = "after"


def run_tests(pytest: Pytest, workers: str | None, paths: Sequence[str]) -> Outcomes:
    """Run the tests of some files and folders once, in one session of pytest.

    The `workers` are those of pytest-xdist, as its ``-n`` has them. Where the session does not come
    to its end, so that it shows nothing, it is a `MeasureError`.
    """
    options = ["-q", "--continue-on-collection-errors"]
    top = os.path.realpath(pytest.root)
    options += ["-n", workers] if workers is not None else []
    session, conftests = _start(partial(pytest.run, *options), top, paths)
    errors = {os.path.relpath(path, top): _last_line(error) for path, error in conftests.items()}
    if session is None:
        return Outcomes({}, errors, {}, top, 1)
    record = session.record
    problem = session.problem or _unfinished(record)
    if problem:
        raise MeasureError(f"the tests were not run to the end: {problem}")
    found = outcomes_of(record, top)
    return found._replace(errors={**found.errors, **errors})


def files_with_tests(pytest: Pytest, folders: Sequence[str]) -> frozenset[str]:
    """Find the files with tests that pytest collects in some folders; import no test module.

    Returns their real paths, and those of folders that pytest cannot look into. Where the session
    does not come to its end, it is a `MeasureError`.
    """
    top = os.path.realpath(pytest.root)
    session, conftests = _start(partial(pytest.collect, probe_options=["list"]), top, folders)
    closed = {path for path in folders if any(_is_above(c, top, path) for c in conftests)}
    if session is not None:
        if session.problem:
            raise MeasureError(f"the test modules were not found: {session.problem}")
        record = session.record
        items = {node.partition("::")[0] for node in record.collected}
        closed |= {error.path for error in record.errors.values()} | items | record.modules.keys()
        top = record.facts.rootdir
    return frozenset(os.path.realpath(os.path.join(top, path)) for path in closed)


def _start(
    start: Callable[..., Session], top: str, paths: Sequence[str]
) -> tuple[Session | None, dict[str, str]]:
    """Run a session without the paths below conftests that keep it from its beginning.

    Returns it, None where no path is left, and what each of these conftests raised.
    """
    errors: dict[str, str] = {}
    while True:
        session = start(*paths)
        failed = {} if session.record.facts.pytest else session.record.conftest_errors
        left = [path for path in paths if not any(_is_above(c, top, path) for c in failed)]
        if len(left) == len(paths):
            return session, errors
        errors |= failed
        if not left:
            return None, errors
        paths = left


def _is_above(conftest: str, top: str, path: str) -> bool:
    """Whether pytest runs a conftest before it collects a path, which may be a node id."""
    file = os.path.realpath(os.path.join(top, path.partition("::")[0]))
    return f"{file}/".startswith(f"{os.path.dirname(os.path.realpath(conftest))}/")


def _unfinished(record: SessionRecord) -> str:
    """Return why a session that came to its end shows nothing: a usage error, tests left out.

    https://docs.pytest.org/en/stable/reference/exit-codes.html
    """
    if record.exit_code not in _MEANINGFUL_CODES:
        return f"pytest ended with exit code {record.exit_code}"
    outcomes = {node: _outcome(phases) for node, phases in record.tests.items()}
    left = [n for n in record.collected if outcomes.get(n, "not run").startswith("not run")]
    if left:
        return (
            f"{len(left)} of {len(record.collected)} tests were collected and not run, as with "
            f"--collect-only or --stepwise; the first is {left[0]}"
        )
    return ""


def outcomes_of(record: SessionRecord, root: str) -> Outcomes:
    """Return the outcomes of a session that came to its end, with paths from `root`."""
    assert record.exit_code is not None

    @cache
    def place(file: str) -> str:
        path = os.path.normpath(os.path.join(record.facts.rootdir, file))
        return os.path.relpath(path, root) if file and _is_in(path, root) else file

    def node(nodeid: str) -> str:
        file, *rest = nodeid.split("::", 1)
        return "::".join([place(file), *rest])

    errors = {place(e.path or e.nodeid): _last_line(e.message) for e in record.errors.values()}
    # The test module that a warning came up in, else the file that it points to.
    warnings = Counter(
        (w.category, place(w.nodeid.partition("::")[0] or w.file), _last_line(w.message))
        for w in record.warnings
    )
    return Outcomes(
        tests={node(n): _outcome(phases) for n, phases in record.tests.items()},
        errors=errors,
        warnings=warnings,
        root=root,
        exit_code=record.exit_code,
        deselected=len(record.deselected),
    )


def merged(parts: Sequence[Outcomes]) -> Outcomes:
    """Return the outcomes of several sessions, at least one, as those of one."""
    codes = {part.exit_code for part in parts}
    warnings: Counter[tuple[str, str, str]] = Counter()
    for part in parts:
        warnings.update(part.warnings)
    return Outcomes(
        tests={node: outcome for part in parts for node, outcome in part.tests.items()},
        errors={file: error for part in parts for file, error in part.errors.items()},
        warnings=warnings,
        root=parts[0].root,
        exit_code=next(code for code in (1, 0, 5) if code in codes),
        deselected=sum(part.deselected for part in parts),
    )


def compare(use: Callable[[Side], None], run: Callable[[], Outcomes]) -> Evidence:
    """Run tests on both sides, and again on both where something differs.

    A difference counts that shows three times; a file is healed that is so twice. `use` brings the
    files to one side of the change; they are after it at the start, and in the end.
    """
    sides = [Side.AFTER, Side.BEFORE]
    seen: dict[Side, list[Outcomes]] = {side: [] for side in Side}
    for number in range(1, _ROUNDS + 1):
        for side in sides:
            use(side)
            seen[side].append(run())
        evidence = _judge(seen[Side.BEFORE], seen[Side.AFTER])
        if not evidence.differences and (number > 1 or not evidence.healed):
            break
        sides.reverse()  # the files are on the last side now
    use(Side.AFTER)
    return evidence


def differences(before: Outcomes, after: Outcomes) -> list[Difference]:
    """Return what is worse or other after a change than before it.

    What failed before and fails after is as before. A file that can be collected now counts as
    healed, and the tests that it brings as no difference.
    """
    found = []
    healed = healed_files(before, after)
    for file in sorted(f for f in after.errors if not _covers(before.errors, f)):
        found.append(Difference(file, "collection", "collected", after.errors[file]))
    broken = [d.path for d in found]
    for node in sorted({*before.tests, *after.tests}):
        file = node.partition("::")[0]
        old, new = before.tests.get(node, "absent"), after.tests.get(node, "absent")
        is_explained = _covers(broken, file) or (old == "absent" and _covers(healed, file))
        if old != new and not is_explained:
            found.append(Difference(file, node, old, new))
    more_at_all = _by_message(after) - _by_message(before)
    for key in sorted(set(after.warnings)):
        more = after.warnings[key] - before.warnings.get(key, 0)
        category, file, message = key
        # One that is issued once comes up in whichever file is the first to import its cause.
        is_new = more > 0 and (category, message) in more_at_all
        if is_new and not _covers(healed, file):
            count = str(before.warnings.get(key, 0))
            found.append(
                Difference(file, f"{category}: {message}", count, str(after.warnings[key]))
            )
    if _only_by_exit_code(after) and not _only_by_exit_code(before):
        codes = str(before.exit_code), str(after.exit_code)
        found.append(Difference("", "exit code of pytest", *codes))
    return found


def _by_message(outcomes: Outcomes) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for (category, _, message), number in outcomes.warnings.items():
        counts[category, message] += number
    return counts


def _covers(errors: Iterable[str], file: str) -> bool:
    """Whether a file was not collected, or lies below a folder or a conftest that was not."""
    return any(_is_in(file, _place_of(error)) for error in errors)


def _place_of(error: str) -> str:
    folder, name = os.path.split(error)
    return (folder or ".") if name == "conftest.py" else error


def _is_in(path: str, folder: str) -> bool:
    return folder == "." or f"{path}/".startswith(f"{folder}/")


def _only_by_exit_code(outcomes: Outcomes) -> bool:
    """Whether pytest failed where no test did: by a plugin, for low coverage perhaps."""
    return outcomes.exit_code == 1 and not outcomes.failed


def healed_files(before: Outcomes, after: Outcomes) -> list[str]:
    """Return the files that could not be collected before, and can be now."""
    return sorted(f for f in before.errors if not _covers(after.errors, f))


def _judge(before: Sequence[Outcomes], after: Sequence[Outcomes]) -> Evidence:
    """Separate what showed each time from what did not."""
    each = [differences(b, a) for b, a in zip(before, after, strict=True)]
    unstable = _unstable(before) | _unstable(after)
    first = each[0]
    # By what differs, not by how: the text of an error may be another one each time.
    keys = [{(d.path, d.what) for d in other} for other in each]
    lasting = [
        d
        for d in first
        if all((d.path, d.what) in other for other in keys) and d.what not in unstable
    ]
    flaky = [d for d in first if d not in lasting]
    rounds = [set(healed_files(b, a)) for b, a in zip(before, after, strict=True)]
    healed = set.intersection(*rounds)
    for file in sorted(set.union(*rounds) - healed):
        error = next(b.errors[file] for b in before if file in b.errors)
        flaky.append(Difference(file, "collection", error, "collected"))
    return Evidence(
        differences=tuple(lasting),
        flaky=tuple(flaky),
        healed=tuple(sorted(healed)),
        before=before[0],
        after=after[0],
    )


def _unstable(runs: Sequence[Outcomes]) -> set[str]:
    """Return the node ids whose outcome is not the same in each run on one side."""
    nodes = {node for run in runs for node in run.tests}
    return {n for n in nodes if len({run.tests.get(n, "absent") for run in runs}) > 1}


def _outcome(phases: Mapping[str, str]) -> str:
    setup, call, teardown = (phases.get(p, "not run") for p in ("setup", "call", "teardown"))
    if setup == "failed":
        return "error"
    if setup == "xfailed":
        return NEVER_RUN
    # A subtest has no set-up of its own.
    outcome = call if setup in ("passed", "not run") else setup
    return f"{outcome} (error in tear-down)" if teardown == "failed" else outcome


def _last_line(message: str) -> str:
    """Return the last line, without the addresses of objects, which differ from run to run."""
    lines = message.strip().splitlines()
    return re.sub(r"\b0x[0-9a-fA-F]+", "0x...", lines[-1]) if lines else ""
