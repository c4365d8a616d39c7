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
    """One thing that must hold of a phase.

    `wanted` is what must hold, `figure` what was measured, `note` what else there is to say, all
    for people; `limit` and `value` are the same for programs (seconds, percent or a number), None
    where there is none. `remedy` is the command that measures it, empty where it is measured.
    """

    name: str
    wanted: str
    limit: float | None = None
    state: State = State.NOT_MEASURED
    figure: str = ""
    value: float | None = None
    note: str = ""
    remedy: str = ""

    def measured(self, is_met: bool, figure: str, value: float | None, note: str = "") -> Criterion:
        """Return the criterion with what was measured."""
        state = State.MET if is_met else State.NOT_MET
        return replace(self, state=state, figure=figure, value=value, note=note)

    def unmeasured(self, remedy: str, note: str = "") -> Criterion:
        """Return the criterion with what measures it, and why it is not measured."""
        return Criterion(self.name, self.wanted, self.limit, note=note, remedy=remedy)


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


def planner(settings: Settings, target: Target, pool: Pool, progress: Progress) -> Count:
    """Return a function that plans some paths, and each set of them once.

    Args:
        settings: of the repository.
        target: what is replaced by what.
        pool: the workers that plan.
        progress: called for each file that was read.

    """
    known: dict[tuple[str, ...], Plan] = {}

    def count(paths: Sequence[str]) -> Plan:
        key = outermost(paths)
        if key not in known:
            folders = [str(settings.root / p) for p in key]
            known[key] = plan(Scan(settings, target, folders, progress), pool)
        return known[key]

    return count


def status(settings: Settings, history: Sequence[Record], count: Count) -> Standing:
    """Return how far the phases of the settings are.

    Copies and compliance are counted now; what takes a run of pytest comes from the history, as
    `codemods.progress.history.standing` returns it.
    """
    phases = [_phase(settings.root, phase, history, count) for phase in settings.phases]
    overall = tuple(_golden_path(settings.golden_path, history))
    criteria = [*(c for p in phases for c in p.criteria), *overall]
    remedies = dict.fromkeys(c.remedy for c in criteria if c.remedy)
    return Standing(tuple(phases), overall, _batch(phases), tuple(remedies))


def accept(settings: Settings, name: str, history: Sequence[Record], count: Count) -> Acceptance:
    """Return whether all criteria of all phases are met, and what grep counts of a name there."""
    paths = [p for phase in settings.phases for p in phase.paths]
    roots = outermost(_existing(settings.root, paths))
    planned = count(roots) if roots else Plan(0, 0, ())
    standing = status(settings, history, count)
    return Acceptance(standing, count_lines(settings, name, roots, planned))


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
    # As the history has them, which knows no links.
    real = relative_paths(root, [str(root / p) for p in paths])
    planned = count(paths) if paths else Plan(0, 0, ())
    criteria: tuple[Criterion, ...] = (
        _copies(phase, real, planned),
        _compliance(phase, planned),
        _collection(phase, real, history),
        _success(phase, real, history),
        _warnings(phase, real, history),
    )
    if not paths:
        remedy = f"name the paths of phase {phase.name} in [tool.ssot-codemods.phases]"
        criteria = tuple(c.unmeasured(remedy, "none of its paths exists") for c in criteria)
    return PhaseStatus(phase.name, phase.paths, missing, criteria)


def _copies(phase: Phase, paths: Sequence[str], planned: Plan) -> Criterion:
    number, limit = len(planned.copies), phase.copies_left
    found = Criterion(COPIES, f"at most {limit:,}", limit)
    failed = sum(r.error is not None for r in planned.results)
    if failed and number <= limit:
        # Such a file has a target name in it, so it may well hold a copy.
        note = f"{plural(failed, 'file')} with a target name cannot be read: fix or exclude them"
        remedy = f"see {_command('check', paths)}"
        return replace(found.unmeasured(remedy, note), value=number)
    return found.measured(number <= limit, f"{number:,}", number)


def _compliance(phase: Phase, planned: Plan) -> Criterion:
    share = percentage(planned.compliant, planned.helpers)
    return Criterion(COMPLIANCE, f"at least {phase.compliance:g} %", phase.compliance).measured(
        share >= phase.compliance,
        f"{share:.1f} %",
        share,
        f"{planned.compliant:,} of {plural(planned.helpers, 'file')} that use the helper",
    )


def _collection(phase: Phase, paths: Sequence[str], history: Sequence[Record]) -> Criterion:
    budget, aim = phase.collection_seconds, phase.aim_seconds
    wanted = f"under {budget:g} s" + (f" (aim: {aim:g} s)" if aim is not None else "")
    found = Criterion(COLLECTION, wanted, budget)
    measured = baselines(history, paths)
    broken = _broken(before_the_change(history, measured), measured[-1]) if measured else ""
    if broken or not measured:
        return found.unmeasured(_command("baseline", paths), broken)
    latest = measured[-1]
    seconds = latest.warm.wall.median
    notes = [f"measured {latest.time}"]
    if aim is not None:
        notes.insert(0, "aim reached" if seconds < aim else "aim not reached")
    return found.measured(seconds < budget, f"{seconds:.2f} s", seconds, "; ".join(notes))


def _broken(before: BaselineSummary, latest: BaselineSummary) -> str:
    """Return why the latest shows nothing: what is not collected neither takes time nor warns."""
    if latest.errors > before.errors:
        return f"{latest.errors:,} errors at collection in the latest, {before.errors:,} before"
    return "" if latest.tests else "nothing was collected"


def _success(phase: Phase, paths: Sequence[str], history: Sequence[Record]) -> Criterion:
    found = Criterion(SUCCESS, f"at least {phase.success_rate:g} %", phase.success_rate)
    compared = comparisons(history, paths)
    if not compared or not compared[-1].passed_before:
        note = "no test passed before" if compared else ""
        return found.unmeasured(_command("verify", paths), note)
    latest = compared[-1]
    before, after = latest.passed_before, latest.still_passing
    rate = 100 * after / before
    note = f"{after:,} of {before:,} tests that passed still do; measured {latest.time}"
    return found.measured(rate >= phase.success_rate, f"{rate:.1f} %", rate, note)


def _warnings(phase: Phase, paths: Sequence[str], history: Sequence[Record]) -> Criterion:
    found = Criterion(WARNINGS, f"at least {phase.warnings_fall:g} %", phase.warnings_fall)
    remedy = _command("baseline", paths)
    measured = baselines(history, paths)
    if not measured:
        return found.unmeasured(remedy)
    before, latest = before_the_change(history, measured), measured[-1]
    first, last = (sum(summary.warnings.values()) for summary in (before, latest))
    broken = _broken(before, latest) or "; ".join(differing_conditions(before, latest))
    if before is latest and not broken:
        broken = f"{plural(first, 'warning')} in the baseline of {before.time}, none measured since"
    if broken:
        return found.unmeasured(remedy, broken)
    note = f"{first:,} in the baseline of {before.time}, {last:,} in the latest"
    if not first:
        # There is no share of nothing: there must be none after, either.
        return found.measured(not last, f"{last:,} new" if last else "none before", None, note)
    fall = 100 * (first - last) / first
    return found.measured(fall >= phase.warnings_fall, f"{fall:.1f} %", fall, note)


def _golden_path(commands: Sequence[str], history: Sequence[Record]) -> Iterator[Criterion]:
    """Judge the commands that must not fail, where there are any."""
    if not commands:
        return
    found = Criterion(GOLDEN_PATH, "each command gives 0", len(commands))
    codes = {command: after for command, (_, after) in latest_codes(history).items()}
    failing = [f"{c}: {codes[c]}" for c in commands if codes.get(c) not in (0, None)]
    passed = sum(codes.get(c) == 0 for c in commands)
    if passed < len(commands) and not failing:
        yield found.unmeasured(f"{_TOOL} verify --golden-path")
    else:
        figure = f"{passed} of {plural(len(commands), 'command')}"
        yield found.measured(not failing, figure, passed, "; ".join(failing))


def _command(verb: str, paths: Sequence[str]) -> str:
    return shlex.join([_TOOL, verb, *paths])


def _existing(root: Path, paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p for p in paths if (root / p).exists()))
