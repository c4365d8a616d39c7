"""The same tests before and after a change: what each node id gave, and what differs."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codemods.measure.model import MeasureError
from codemods.measure.session import run_pytest

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
    time. `exit_code` is pytest's: 1 where something failed, be it by the word of a plugin alone.
    """

    tests: Mapping[str, str]
    errors: Mapping[str, str]
    warnings: Mapping[tuple[str, str, str], int]
    rootdir: str
    seconds: float
    exit_code: int = 0

    @property
    def failed(self) -> bool:
        """Tell whether a test failed, its set-up or tear-down, or a collection."""
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


def run_tests(
    paths: Sequence[str],
    root: Path,
    *,
    python: str = sys.executable,
    timeout: float | None = None,
    workers: str | None = None,
    targets: Sequence[str] = (),
    same: Sequence[str] = (),
) -> Outcomes:
    """Run the tests of some files once.

    Args:
        paths: files and folders, relative to `root`.
        root: where pytest is started.
        python: the interpreter that runs the tests.
        timeout: seconds for the whole run; None for no limit.
        workers: what ``-n`` of pytest-xdist is to be, None to run without it.
        targets: where the workers are, each as ``--tx`` of pytest-xdist has it (``ssh=host``), in
            the place of `workers`.
        same: real paths of files that must be the same on the targets as they are here.

    Raises:
        MeasureError: the session did not come to its end, so it shows nothing; or a target has
            other files.

    """
    options = ["-q", "--continue-on-collection-errors"]
    if targets:
        # pytest-xdist brings the files there, and turns paths below this one into those there.
        top = os.path.realpath(root)
        options += ["--dist=load", f"--rsyncdir={top}", *(f"--tx={t}" for t in targets)]
        paths = [os.path.join(top, path) for path in paths]
    elif workers is not None:
        options += ["-n", workers]
    session = run_pytest(
        [*options, *paths],
        root=root,
        python=python,
        timeout=timeout,
        early=not targets,
        same=[os.path.relpath(path, os.path.realpath(root)) for path in same] if targets else (),
    )
    problem = session.problem
    if session.complete and session.document is not None:
        problem = problem or _unfinished(session.document) or _elsewhere(session.document, targets)
    if problem or session.document is None:
        raise MeasureError(f"the tests were not run to the end: {problem}")
    return outcomes_of(session.document, session.wall)


def modules_in(
    folders: Sequence[str],
    root: Path,
    *,
    python: str = sys.executable,
    timeout: float | None = None,
) -> frozenset[str]:
    """Find the test modules that pytest collects by itself in some folders; import none of them.

    Returns:
        Their real paths.

    Raises:
        MeasureError: the session did not come to its end.

    """
    session = run_pytest(
        ["--collect-only", "-q", *folders],
        root=root,
        python=python,
        timeout=timeout,
        probe_options=["list"],
    )
    if session.problem or session.document is None:
        raise MeasureError(f"the test modules were not found: {session.problem}")
    rootdir = session.document["rootdir"]
    return frozenset(
        os.path.realpath(os.path.join(rootdir, path)) for path in session.document["modules"]
    )


def _unfinished(document: Mapping[str, Any]) -> str:
    """Say why a session that came to its end shows nothing: a usage error, tests left out.

    https://docs.pytest.org/en/stable/reference/exit-codes.html
    """
    code = document["exit_code"]
    if code not in _MEANINGFUL_CODES:
        return f"pytest ended with exit code {code}"
    collected, seen = document["collected"], document["tests"]
    left = [n for n in collected if n not in seen or _outcome(seen[n]).startswith("not run")]
    if left:
        return (
            f"{len(left)} of {len(collected)} tests were collected and not run, as with "
            f"--collect-only or --stepwise; the first is {left[0]}"
        )
    return ""


def _elsewhere(document: Mapping[str, Any], targets: Sequence[str]) -> str:
    """Say where the tests were run on other targets than those that were asked for."""
    if not targets or document["targets"] == list(targets):
        return ""
    return "pytest's own configuration has -n, which takes the place of --tx"


def outcomes_of(document: dict[str, Any], seconds: float) -> Outcomes:
    """Read the outcomes out of what the probe wrote."""
    errors = {e["file"] or e["id"]: _last_line(e["message"]) for e in document["errors"]}
    warnings = Counter(
        (w["category"], _module_of(w), _last_line(w["message"])) for w in document["warnings"]
    )
    tests = {node: _outcome(phases) for node, phases in document["tests"].items()}
    code = document["exit_code"]
    return Outcomes(tests, errors, warnings, document["rootdir"], seconds, code)


def compare(
    use: Callable[[str], None], run: Callable[[], Outcomes], *, now: str = "before"
) -> Evidence:
    """Run tests in both states, and a second time in both where something differs.

    Args:
        use: brings the files into the state ``"before"`` or ``"after"``; left in ``"after"``.
        run: runs the tests.
        now: the state that the files are in at the start.

    Raises:
        MeasureError: a session did not come to its end.

    """
    states = ("before", "after") if now == "before" else ("after", "before")
    seen: dict[str, list[Outcomes]] = {"before": [], "after": []}

    def once(state: str) -> None:
        use(state)
        seen[state].append(run())

    for state in states:
        once(state)
    first = seen["before"][0], seen["after"][0]
    if differences(*first) or healed_files(*first):
        # The last state first: that spares a change of state.
        for state in reversed(states):
            once(state)
    use("after")
    return _judge(seen["before"], seen["after"])


def once(seen: Outcomes) -> Evidence:
    """Give what there is to say of a single run."""
    return Evidence((), (), (), seen, seen)


def differences(before: Outcomes, after: Outcomes) -> list[Difference]:
    """Say what is worse or other after a change than before it.

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
    """Tell whether pytest failed where no test did: a plugin may say so, of coverage perhaps."""
    return outcomes.exit_code == 1 and not outcomes.failed


def healed_files(before: Outcomes, after: Outcomes) -> list[str]:
    """Give the files that could not be collected before, and can be now."""
    return sorted(set(before.errors) - set(after.errors))


def _judge(before: Sequence[Outcomes], after: Sequence[Outcomes]) -> Evidence:
    """Tell what showed each time from what did not."""
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
    """Give the node ids that are not the same in each run of one state."""
    nodes = {node for run in runs for node in run.tests}
    return {n for n in nodes if len({run.tests.get(n, "absent") for run in runs}) > 1}


def _outcome(phases: Mapping[str, Mapping[str, str]]) -> str:
    setup, call, teardown = (
        phases.get(phase, {}).get("outcome", "not run") for phase in ("setup", "call", "teardown")
    )
    if setup == "failed":
        return "error"
    outcome = call if setup == "passed" else setup
    return f"{outcome}, error in teardown" if teardown == "failed" else outcome


def _module_of(warning: Mapping[str, Any]) -> str:
    """Give the test module that a warning came up in, else the file that it points to."""
    return str(warning["id"]).partition("::")[0] or str(warning["file"])


def _last_line(message: str) -> str:
    """Give the last line, without the addresses of objects, which differ from run to run."""
    lines = message.strip().splitlines()
    return re.sub(r"\b0x[0-9a-fA-F]+", "0x...", lines[-1]) if lines else ""


def file_of(difference: Difference, outcomes: Outcomes) -> str:
    """Give the real path of the file that a difference is in."""
    return os.path.realpath(os.path.join(outcomes.rootdir, difference.file))
