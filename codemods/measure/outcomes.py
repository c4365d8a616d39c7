"""The same tests before and after a change: what each node id gave, and what differs."""

from __future__ import annotations

import enum
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from codemods.measure.model import MeasureError
from codemods.measure.record import SessionRecord
from codemods.measure.session import Pytest

#: All passed, some failed, none were there.
_MEANINGFUL_CODES = frozenset({0, 1, 5})
#: The outcomes of a test that did not fail.
GOOD = frozenset({"passed", "skipped", "xfailed", "xpassed"})


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What one run of some tests gave.

    `tests` has for each node id its outcome: ``passed``, ``failed``, ``error`` (in set-up or
    tear-down), ``skipped``, ``xfailed``, ``xpassed``. `errors` has for each file that could not be
    collected what was raised. `warnings` counts category, file and message; lines move with an
    edit, so they do not count. Paths are relative to `rootdir`, pytest's own; `seconds` is wall
    time. `exit_code` is pytest's: 1 where something failed, even if only a plugin says so.
    """

    tests: Mapping[str, str]
    errors: Mapping[str, str]
    warnings: Mapping[tuple[str, str, str], int]
    rootdir: str
    seconds: float
    exit_code: int = 0

    @property
    def failed(self) -> bool:
        """Whether a test failed, its set-up or tear-down, or a collection."""
        return bool(self.errors) or not GOOD.issuperset(self.tests.values())


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as before: in which file, what, and both sides of it."""

    file: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a change did to the tests.

    `differences` showed in each run; `flaky` came and went with the change in place or without it;
    `healed` are files that could not be collected before and can be now.
    """

    differences: tuple[Difference, ...]
    flaky: tuple[Difference, ...]
    healed: tuple[str, ...]
    before: Outcomes
    after: Outcomes


class Side(enum.Enum):
    """The two states of files that a change makes."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Xdist:
    """Where tests run: in `workers` of pytest-xdist (its ``-n``), or at `targets` (its ``--tx``).

    Without either, pytest runs them itself.
    """

    workers: str | None = None
    targets: tuple[str, ...] = ()


def run_tests(
    pytest: Pytest, xdist: Xdist, paths: Sequence[str], *, same: Sequence[str] = ()
) -> Outcomes:
    """Run the tests of some files once.

    Args:
        pytest: how it is started.
        xdist: where the tests run.
        paths: files and folders, relative to the root.
        same: real paths of files that must be the same on the targets as they are here.

    Raises:
        MeasureError: the session did not come to its end, so it shows nothing; or a target has
            other files.

    """
    options = ["-q", "--continue-on-collection-errors"]
    top = os.path.realpath(pytest.root)
    if xdist.targets:
        # pytest-xdist brings the files there, and turns paths below this one into those there.
        options += ["--dist=load", f"--rsyncdir={top}", *(f"--tx={t}" for t in xdist.targets)]
        paths = [os.path.join(top, path) for path in paths]
    elif xdist.workers is not None:
        options += ["-n", xdist.workers]
    session = pytest.run(
        *options,
        *paths,
        early=not xdist.targets,
        same=[os.path.relpath(path, top) for path in same] if xdist.targets else (),
    )
    record = session.record
    problem = session.problem or _unfinished(record)
    if xdist.targets and record.facts.targets != xdist.targets:
        problem = problem or "pytest's own configuration has -n, which takes the place of --tx"
    if problem:
        raise MeasureError(f"the tests were not run to the end: {problem}")
    return outcomes_of(record, session.wall)


def modules_in(pytest: Pytest, folders: Sequence[str]) -> frozenset[str]:
    """Find the test modules that pytest collects by itself in some folders; import none of them.

    Returns:
        Their real paths.

    Raises:
        MeasureError: the session did not come to its end.

    """
    session = pytest.collect(*folders, probe_options=["list"])
    if session.problem:
        raise MeasureError(f"the test modules were not found: {session.problem}")
    rootdir = session.record.facts.rootdir
    return frozenset(
        os.path.realpath(os.path.join(rootdir, path)) for path in session.record.modules
    )


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


def outcomes_of(record: SessionRecord, seconds: float) -> Outcomes:
    """Return the outcomes of a session that came to its end."""
    assert record.exit_code is not None
    errors = {e.file or e.nodeid: _last_line(e.message) for e in record.errors.values()}
    # The test module that a warning came up in, else the file that it points to.
    warnings = Counter(
        (w.category, w.nodeid.partition("::")[0] or w.file, _last_line(w.message))
        for w in record.warnings
    )
    tests = {node: _outcome(phases) for node, phases in record.tests.items()}
    rootdir = record.facts.rootdir
    return Outcomes(tests, errors, warnings, rootdir, seconds, record.exit_code)


def compare(
    use: Callable[[Side], None], run: Callable[[], Outcomes], *, now: Side = Side.BEFORE
) -> Evidence:
    """Run tests on both sides, and a second time on both where something differs.

    Args:
        use: brings the files to one side of the change; they are left after it.
        run: runs the tests.
        now: the side that the files are on at the start.

    Raises:
        MeasureError: a session did not come to its end.

    """
    sides = sorted(Side, key=lambda side: side is not now)
    seen: dict[Side, list[Outcomes]] = {side: [] for side in Side}

    def run_on(side: Side) -> None:
        use(side)
        seen[side].append(run())

    for side in sides:
        run_on(side)
    first = seen[Side.BEFORE][0], seen[Side.AFTER][0]
    if differences(*first) or healed_files(*first):
        # The last side first: the files need not be changed for it.
        for side in reversed(sides):
            run_on(side)
    use(Side.AFTER)
    return _judge(seen[Side.BEFORE], seen[Side.AFTER])


def differences(before: Outcomes, after: Outcomes) -> list[Difference]:
    """Return what is worse or other after a change than before it.

    What failed before and fails after is as before. A file that can be collected now counts as
    healed, and the tests that it brings as no difference.
    """
    found = []
    healed = set(healed_files(before, after))
    for file in sorted(set(after.errors) - set(before.errors)):
        found.append(Difference(file, "collection", "collected", after.errors[file]))
    broken = {d.file for d in found}
    for node in sorted({*before.tests, *after.tests}):
        file = node.partition("::")[0]
        old, new = before.tests.get(node, "absent"), after.tests.get(node, "absent")
        if old != new and file not in broken and not (old == "absent" and file in healed):
            found.append(Difference(file, node, old, new))
    for key in sorted(set(after.warnings)):
        more = after.warnings[key] - before.warnings.get(key, 0)
        category, file, message = key
        if more > 0 and file not in healed:
            count = str(before.warnings.get(key, 0))
            found.append(
                Difference(file, f"{category}: {message}", count, str(after.warnings[key]))
            )
    if _only_by_exit_code(after) and not _only_by_exit_code(before):
        codes = str(before.exit_code), str(after.exit_code)
        found.append(Difference("", "exit code of pytest", *codes))
    return found


def _only_by_exit_code(outcomes: Outcomes) -> bool:
    """Whether pytest failed where no test did: by a plugin, for low coverage perhaps."""
    return outcomes.exit_code == 1 and not outcomes.failed


def healed_files(before: Outcomes, after: Outcomes) -> list[str]:
    """Return the files that could not be collected before, and can be now."""
    return sorted(set(before.errors) - set(after.errors))


def _judge(before: Sequence[Outcomes], after: Sequence[Outcomes]) -> Evidence:
    """Separate what showed each time from what did not."""
    each = [differences(b, a) for b, a in zip(before, after, strict=True)]
    unstable = _unstable(before) | _unstable(after)
    first = each[0]
    # By what differs, not by how: the text of an error may be another one each time.
    keys = [{(d.file, d.what) for d in other} for other in each]
    lasting = [
        d
        for d in first
        if all((d.file, d.what) in other for other in keys) and d.what not in unstable
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
    outcome = call if setup == "passed" else setup
    return f"{outcome}, error in teardown" if teardown == "failed" else outcome


def _last_line(message: str) -> str:
    """Return the last line, without the addresses of objects, which differ from run to run."""
    lines = message.strip().splitlines()
    return re.sub(r"\b0x[0-9a-fA-F]+", "0x...", lines[-1]) if lines else ""


def file_of(difference: Difference, outcomes: Outcomes) -> str:
    """Return the real path of the file that a difference is in."""
    return os.path.realpath(os.path.join(outcomes.rootdir, difference.file))
