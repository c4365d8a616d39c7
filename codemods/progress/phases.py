"""The phases of the settings against what was measured, and what is counted now."""

from __future__ import annotations

import enum
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codemods.measure.compare import differing_conditions
from codemods.measure.model import BaselineSummary
from codemods.migration.migrate import plan
from codemods.migration.scan import Progress, Scan
from codemods.model import Plan, Target
from codemods.progress.grep import Grep, count_lines, outermost
from codemods.progress.history import (
    Record,
    baselines,
    before_the_change,
    comparisons,
    latest_codes,
    relative_paths,
)
from codemods.settings import Phase, Settings
from codemods.wording import percentage, plural
from codemods.workers.pool import Pool

COPIES, COMPLIANCE = "copies left", "compliance"
#: The criterion that needs a figure from before the change.
COLLECTION = "collection"
SUCCESS, WARNINGS, GOLDEN_PATH = "success", "fall of warnings", "golden path"
_TOOL = "ssot-codemods"
_BATCH = 10

#: Counts the copies in some paths, relative to the root.
Count = Callable[[Sequence[str]], Plan]


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
class Acceptance:
    """Whether all criteria of all phases are met."""

    standing: Standing
    grep: Grep

    @property
    def ok(self) -> bool:
        """Whether each criterion was measured and is met."""
        criteria = [c for p in self.standing.phases for c in p.criteria]
        return all(c.state is State.MET for c in (*criteria, *self.standing.overall))


def status(
    settings: Settings,
    target: Target,
    history: Sequence[Record],
    pool: Pool,
    progress: Progress,
) -> Standing:
    """Return how far the phases of the settings are.

    Copies and compliance are counted now; what takes a run of pytest comes from the history.

    Args:
        settings: of the repository; its phases and golden path count.
        target: what is replaced by what.
        history: what `codemods.progress.history.standing` returns.
        pool: the workers that work out what would change.
        progress: is told of each file that was read.

    """
    return _standing(settings, history, _counter(settings, target, pool, progress))


def accept(
    settings: Settings,
    target: Target,
    history: Sequence[Record],
    pool: Pool,
    progress: Progress,
) -> Acceptance:
    """Return whether all criteria are met; the arguments are those of `status`."""
    count = _counter(settings, target, pool, progress)
    standing = _standing(settings, history, count)
    paths = [p for phase in settings.phases for p in phase.paths]
    roots = outermost(_existing(settings.root, paths))
    planned = count(roots) if roots else Plan(0, 0, ())
    return Acceptance(standing, count_lines(settings, target.class_names[0], roots, planned))


def _counter(settings: Settings, target: Target, pool: Pool, progress: Progress) -> Count:
    """Return a function that plans each set of paths once."""
    known: dict[tuple[str, ...], Plan] = {}

    def count(paths: Sequence[str]) -> Plan:
        key = outermost(paths)
        if key not in known:
            folders = [str(settings.root / p) for p in key]
            known[key] = plan(Scan(settings, target, folders, progress), pool)
        return known[key]

    return count


def _standing(settings: Settings, history: Sequence[Record], count: Count) -> Standing:
    phases = [_phase(settings.root, phase, history, count) for phase in settings.phases]
    overall = tuple(_golden_path(settings.golden_path, history))
    criteria = [*(c for p in phases for c in p.criteria), *overall]
    remedies = dict.fromkeys(c.remedy for c in criteria if c.remedy)
    return Standing(tuple(phases), overall, _batch(phases), tuple(remedies))


def _batch(phases: Sequence[PhaseStatus]) -> str:
    """Return the command for the first phase that has copies left."""
    for phase in phases:
        left = next(c for c in phase.criteria if c.name == COPIES)
        if left.value:
            paths = [p for p in phase.paths if p not in phase.missing]
            return f"{_command('migrate', paths)} --max-files {_BATCH}"
    return ""


def _phase(root: Path, phase: Phase, history: Sequence[Record], count: Count) -> PhaseStatus:
    paths = _existing(root, phase.paths)
    missing = tuple(p for p in phase.paths if p not in paths)
    if paths:
        # As the history has them, which knows no links.
        real = relative_paths(root, [str(root / p) for p in paths])
        criteria = tuple(_criteria(phase, real, history, count(paths)))
    else:
        nothing = Plan(0, 0, ())
        remedy = f"name the paths of phase {phase.name} in [tool.ssot-codemods.phases]"
        criteria = tuple(
            replace(_unmeasured(c, remedy), note="none of its paths exists")
            for c in _criteria(phase, paths, (), nothing)
        )
    return PhaseStatus(phase.name, phase.paths, missing, criteria)


def _criteria(
    phase: Phase, paths: Sequence[str], history: Sequence[Record], planned: Plan
) -> Iterator[Criterion]:
    yield _copies(phase, paths, planned)
    yield _compliance(phase, planned)
    yield _collection(phase, paths, history)
    yield _success(phase, paths, history)
    yield _warnings(phase, paths, history)


def _copies(phase: Phase, paths: Sequence[str], planned: Plan) -> Criterion:
    number = len(planned.copies)
    failed = sum(r.error is not None for r in planned.results)
    state = _state(number <= phase.copies_left)
    limit = phase.copies_left
    found = Criterion(COPIES, state, f"{number:,}", f"at most {limit:,}", number, limit)
    if state is State.MET and failed:
        # Such a file names a class of ours, so it may well hold a copy.
        note = f"{plural(failed, 'file')} with a target name cannot be read: mend or exclude them"
        remedy = f"see {_command('check', paths)}"
        return replace(found, state=State.NOT_MEASURED, figure="", note=note, remedy=remedy)
    return found


def _compliance(phase: Phase, planned: Plan) -> Criterion:
    good = planned.compliant
    share = percentage(good, planned.helpers)
    return Criterion(
        COMPLIANCE,
        _state(share >= phase.compliance),
        f"{share:.1f} %",
        f"at least {phase.compliance:g} %",
        share,
        phase.compliance,
        f"{good:,} of {plural(planned.helpers, 'file')} that use the helper",
    )


def _collection(phase: Phase, paths: Sequence[str], history: Sequence[Record]) -> Criterion:
    budget, aim = phase.collection_seconds, phase.aim_seconds
    wanted = f"under {budget:g} s" + (f" (aim: {aim:g} s)" if aim is not None else "")
    found = Criterion(COLLECTION, State.NOT_MEASURED, "", wanted, None, budget)
    measured = baselines(history, paths)
    broken = _broken(before_the_change(history, measured), measured[-1]) if measured else ""
    if broken or not measured:
        return replace(_unmeasured(found, _command("baseline", paths)), note=broken)
    latest = measured[-1]
    seconds = latest.warm.wall.median
    return replace(
        found,
        state=_state(seconds < budget),
        figure=f"{seconds:.2f} s",
        value=seconds,
        note=_joined(_aim(seconds, aim), f"measured {latest.time}"),
    )


def _broken(before: BaselineSummary, latest: BaselineSummary) -> str:
    """Return why the latest shows nothing: what is not collected neither takes time nor warns."""
    if latest.errors > before.errors:
        return f"{latest.errors:,} errors at collection in the latest, {before.errors:,} before"
    return "" if latest.tests else "nothing was collected"


def _aim(seconds: float, aim: float | None) -> str:
    if aim is None:
        return ""
    return "aim reached" if seconds < aim else "aim not reached"


def _success(phase: Phase, paths: Sequence[str], history: Sequence[Record]) -> Criterion:
    wanted = f"at least {phase.success_rate:g} %"
    found = Criterion(SUCCESS, State.NOT_MEASURED, "", wanted, None, phase.success_rate)
    compared = comparisons(history, paths)
    if not compared:
        return _unmeasured(found, _command("verify", paths))
    before, after = compared[-1].passed_before, compared[-1].still_passing
    if not before:
        return replace(_unmeasured(found, _command("verify", paths)), note="no test passed before")
    rate = 100 * after / before
    return replace(
        found,
        state=_state(rate >= phase.success_rate),
        figure=f"{rate:.1f} %",
        value=rate,
        note=f"{after:,} of {before:,} tests that passed still do; measured {compared[-1].time}",
    )


def _warnings(phase: Phase, paths: Sequence[str], history: Sequence[Record]) -> Criterion:
    wanted = f"at least {phase.warnings_fall:g} %"
    found = Criterion(WARNINGS, State.NOT_MEASURED, "", wanted, None, phase.warnings_fall)
    measured = baselines(history, paths)
    if not measured:
        return _unmeasured(found, _command("baseline", paths))
    before, latest = before_the_change(history, measured), measured[-1]
    note = _broken(before, latest) or "; ".join(differing_conditions(before, latest))
    first, last = (sum(summary.warnings.values()) for summary in (before, latest))
    if before is latest and not note:
        note = f"{plural(first, 'warning')} in the baseline of {before.time}, none measured since"
    if note:
        return replace(_unmeasured(found, _command("baseline", paths)), note=note)
    note = f"{first:,} in the baseline of {before.time}, {last:,} in the latest"
    if not first:
        # There is no share of nothing: there must be none after, either.
        figure = "none before" if not last else f"{last:,} new"
        return replace(found, state=_state(not last), figure=figure, note=note)
    fall = 100 * (first - last) / first
    return replace(
        found,
        state=_state(fall >= phase.warnings_fall),
        figure=f"{fall:.1f} %",
        value=fall,
        note=note,
    )


def _golden_path(commands: Sequence[str], history: Sequence[Record]) -> Iterator[Criterion]:
    """Judge the commands that must not fail, where there are any."""
    if not commands:
        return
    wanted = "each command gives 0"
    codes = {command: after for command, (_, after) in latest_codes(history).items()}
    failing = [f"{c}: {codes[c]}" for c in commands if codes.get(c) not in (0, None)]
    passed = sum(codes.get(c) == 0 for c in commands)
    figure = f"{passed} of {plural(len(commands), 'command')}"
    found = Criterion(GOLDEN_PATH, State.MET, figure, wanted, passed, len(commands))
    if failing:
        yield replace(found, state=State.NOT_MET, note="; ".join(failing))
    elif passed < len(commands):
        yield _unmeasured(found, f"{_TOOL} verify --golden-path")
    else:
        yield found


def _unmeasured(criterion: Criterion, remedy: str) -> Criterion:
    return replace(criterion, state=State.NOT_MEASURED, figure="", value=None, remedy=remedy)


def _state(met: bool) -> State:
    return State.MET if met else State.NOT_MET


def _command(verb: str, paths: Sequence[str]) -> str:
    return shlex.join([_TOOL, verb, *paths])


def _joined(*texts: str) -> str:
    return "; ".join(filter(None, texts))


def _existing(root: Path, paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p for p in paths if (root / p).exists()))
