"""The phases of the settings against what was measured, and what is counted now."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from codemods.engine.run import Pool
from codemods.measure.compare import differing_conditions
from codemods.measure.model import BaselineSummary
from codemods.migration.migrate import plan
from codemods.migration.scan import CodemodOf, Progress, Scan
from codemods.model import Code, Plan, Prospect
from codemods.progress.grep import Grep, count_lines, outermost
from codemods.progress.history import Record, relative_paths
from codemods.progress.standing import History, collected, compared, compared_text, untested_text
from codemods.settings import Phase, Settings, phases_of
from codemods.wording import command, most_first, percentage, plural

COPIES, COMPLIANCE = "copies left", "compliance"
#: The criterion that needs a figure from before the change.
COLLECTION = "collection"
SUCCESS, WARNINGS, GOLDEN_PATH = "success", "fall of warnings", "golden path"
_BATCH = 10

#: The baseline before the change, and the latest one.
_Sides = tuple[BaselineSummary, BaselineSummary]
#: Counts the copies in some paths, relative to the root.
Count = Callable[[Sequence[str]], Plan]


class State(enum.Enum):
    """How far a criterion of a phase is."""

    MET = "met"
    NOT_MET = "not met"
    NOT_MEASURED = "not measured"


class Criterion(NamedTuple):
    """One thing that must hold of a phase.

    `wanted` is what must hold, `figure` what was measured, `note` what else there is to say, all
    for people; `limit` and `value` are the same for programs, in `unit` (copies, percent, seconds
    or commands), None where there is none. `remedy` is the command that measures it, empty where it
    is measured.
    """

    name: str
    wanted: str
    unit: str
    limit: float | None = None
    state: State = State.NOT_MEASURED
    figure: str = ""
    value: float | None = None
    note: str = ""
    remedy: str = ""

    def measured(self, is_met: bool, figure: str, value: float | None, note: str = "") -> Criterion:
        """Return the criterion with what was measured."""
        state = State.MET if is_met else State.NOT_MET
        return self._replace(state=state, figure=figure, value=value, note=note)

    def unmeasured(self, remedy: str, note: str = "") -> Criterion:
        """Return the criterion with what measures it, and why it is not measured."""
        return Criterion(self.name, self.wanted, self.unit, self.limit, note=note, remedy=remedy)


class PhaseStatus(NamedTuple):
    """One phase and its criteria; `missing` are those of its paths that do not exist."""

    name: str
    paths: tuple[str, ...]
    missing: tuple[str, ...]
    criteria: tuple[Criterion, ...]


class Standing(NamedTuple):
    """How far a migration is.

    `overall` are criteria of no single phase; `next_batch` is the command for the next batch, empty
    where no copy is left; `remedies` are the commands that measure what is not measured;
    `prospects` are about the other codemods.
    """

    phases: tuple[PhaseStatus, ...]
    overall: tuple[Criterion, ...]
    next_batch: str
    remedies: tuple[str, ...]
    prospects: tuple[Prospect, ...] = ()

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """All criteria."""
        return (*(c for phase in self.phases for c in phase.criteria), *self.overall)


class Acceptance(NamedTuple):
    """Whether all criteria of all phases are met.

    `damaged` says what is wrong with the history: a line that cannot be read may be the one that
    tells of a change.
    """

    standing: Standing
    grep: Grep
    damaged: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether each criterion was measured and is met, and the whole history was read."""
        return not self.damaged and all(c.state is State.MET for c in self.standing.criteria)


def planner(settings: Settings, codemod_of: CodemodOf, pool: Pool, progress: Progress) -> Count:
    """Return a function that plans some paths, and each set of them once."""

    @cache
    def planned(folders: tuple[str, ...]) -> Plan:
        paths = [str(settings.root / folder) for folder in folders]
        return plan(Scan(settings, codemod_of, paths, progress), pool)

    return lambda paths: planned(outermost(paths))


def status(settings: Settings, records: Sequence[Record], count: Count) -> Standing:
    """Return how far the phases of the settings are.

    Copies and compliance are counted now; what takes a run of pytest comes from the history.
    """
    history = History(settings.root, records)
    phases = [_phase(settings.root, phase, history, count) for phase in phases_of(settings)]
    overall = tuple(_golden_path(settings, history))
    found = Standing(tuple(phases), overall, _batch(phases), ())
    remedies = dict.fromkeys(c.remedy for c in found.criteria if c.remedy)
    return found._replace(remedies=tuple(remedies))


def accept(
    settings: Settings, name: str, records: Sequence[Record], damaged: Sequence[str], count: Count
) -> Acceptance:
    """Return whether all criteria of all phases are met, and what grep counts of a class there.

    `name` is that of the class, empty for none; for `damaged`, see `Acceptance`.
    """
    paths = [p for phase in phases_of(settings) for p in phase.paths]
    roots = outermost(_existing(settings.root, paths))
    planned = count(roots) if roots else Plan(0, 0, ())
    found = status(settings, records, count)
    grep = count_lines(settings, name, roots if name else (), planned)
    return Acceptance(found, grep, tuple(damaged))


def _batch(phases: Sequence[PhaseStatus]) -> str:
    for phase in phases:
        left = next(c for c in phase.criteria if c.name == COPIES)
        if left.value:
            paths = [p for p in phase.paths if p not in phase.missing]
            return f"{command('migrate', *paths)} --max-files {_BATCH}"
    return ""


def _phase(root: Path, phase: Phase, history: History, count: Count) -> PhaseStatus:
    paths = _existing(root, phase.paths)
    missing = tuple(p for p in phase.paths if p not in paths)
    # As the history has them, which knows no links.
    real = relative_paths(root, [str(root / p) for p in paths])
    planned = count(paths) if paths else Plan(0, 0, ())
    measured = history.baselines(real)
    sides = (history.before_the_change(measured), measured[-1][1]) if measured else None
    criteria: tuple[Criterion, ...] = (
        _copies(phase, real, planned),
        _compliance(phase, planned),
        _collection(phase, real, sides),
        _success(phase, real, history, len(planned.copies)),
        _warnings(phase, real, sides),
    )
    if not paths:
        remedy = f"name the paths of phase {phase.name} in [tool.ssot-codemods.phases]"
        criteria = tuple(c.unmeasured(remedy, "none of its paths exists") for c in criteria)
    return PhaseStatus(phase.name, phase.paths, missing, criteria)


def _copies(phase: Phase, paths: Sequence[str], planned: Plan) -> Criterion:
    number, limit = len(planned.copies), phase.copies_left
    found = Criterion(COPIES, f"at most {limit:,}", "copies", limit)
    failed = sum(r.error is not None for r in planned.results)
    if failed and number <= limit:
        # Such a file has a shared name in it, so it may well hold a copy.
        note = f"{plural(failed, 'file')} with a shared name cannot be read: fix or exclude them"
        remedy = f"see {command('check', *paths)}"
        return found.unmeasured(remedy, note)._replace(value=number)
    return found.measured(number <= limit, f"{number:,}", number)


def _compliance(phase: Phase, planned: Plan) -> Criterion:
    share = percentage(planned.compliant, planned.helpers)
    codes = (d.reasons[0].code for result in planned.results for d in result.refused)
    reasons = most_first(code.value for code in codes if code is not Code.SAME_NAME_ONLY)
    by_reason = ", ".join(f"{code} {n:,}" for code, n in reasons)
    found = Criterion(COMPLIANCE, f"at least {phase.compliance:g} %", "percent", phase.compliance)
    return found.measured(
        share >= phase.compliance,
        f"{share:.1f} %",
        share,
        f"no copy that can be replaced in {planned.compliant:,} of "
        f"{plural(planned.helpers, 'file')} with a shared name; definitions that stay: "
        f"{sum(n for _, n in reasons):,}"
        f"{f' ({by_reason})' if by_reason else ''}",
    )


def _collection(phase: Phase, paths: Sequence[str], sides: _Sides | None) -> Criterion:
    budget, aim = phase.collection_seconds, phase.aim_seconds
    wanted = f"under {budget:g} s" + (f" (aim: {aim:g} s)" if aim is not None else "")
    found = Criterion(COLLECTION, wanted, "seconds", budget)
    broken = _broken(*sides) if sides is not None else ""
    if broken or sides is None:
        return found.unmeasured(command("baseline", *paths), broken)
    latest = sides[1]
    seconds = latest.warm.wall_seconds.median
    notes = [f"measured {latest.time}"]
    if aim is not None:
        notes.insert(0, "aim reached" if seconds < aim else "aim not reached")
    return found.measured(seconds < budget, f"{seconds:.2f} s", seconds, "; ".join(notes))


def _broken(before: BaselineSummary, latest: BaselineSummary) -> str:
    """Return why the latest shows nothing: what is not collected neither takes time nor warns."""
    if latest.error_count > before.error_count:
        counts = f"{latest.error_count:,} errors at collection in the latest"
        return f"{counts}, {before.error_count:,} before"
    return "" if latest.test_count else "nothing was collected"


def _success(phase: Phase, paths: Sequence[str], history: History, copies: int) -> Criterion:
    limit = phase.success_rate
    runs = history.runs(paths)
    found = Criterion(SUCCESS, f"at least {limit:g} %", "percent", limit)
    if not runs:
        note = "no file here was migrated"
        # Without any run, the history may be that of a clone that has none.
        if copies or history.first_change is None:
            return found.unmeasured("", note)
        return found.measured(True, "unchanged", None, note)
    tests = compared(runs)
    open_runs = [run for run in runs if run.unverified]
    verified = f"{len(runs) - len(open_runs):,} of {plural(len(runs), 'run')} verified"
    shown = ""
    if tests.passed_count or tests.test_count:
        latest = {part: measured[-1][1] for part, measured in history.parts(paths)}
        shown = compared_text(tests, collected(runs, latest))
    if open_runs:
        files = sum(len(run.files) for run in runs)
        left = sum(len(run.unverified) for run in runs)
        verified += f", {files - left:,} of {plural(files, 'changed file')}"
    note = (f"{verified}; {shown}" if shown else verified) + untested_text(runs)
    if open_runs:
        run = next((run for run in open_runs if not run.obstacle), open_runs[0])
        obstacle = f" ({run.obstacle})" if run.obstacle else ""
        return found.unmeasured(f"{command('verify --run', run.id)}{obstacle}", note)
    if not tests.passed_count:
        return found.unmeasured(command("verify", *paths), note)
    rate = 100 * (tests.passed_count - tests.lost_count) / tests.passed_count
    return found.measured(rate >= limit, f"{rate:.1f} %", rate, note)


def _warnings(phase: Phase, paths: Sequence[str], sides: _Sides | None) -> Criterion:
    limit = phase.warnings_fall
    found = Criterion(WARNINGS, f"at least {limit:g} %", "percent", limit)
    remedy = command("baseline", *paths)
    if sides is None:
        return found.unmeasured(remedy)
    before, latest = sides
    first, last = (sum(summary.warning_counts.values()) for summary in (before, latest))
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
    return found.measured(fall >= limit, f"{fall:.1f} %", fall, note)


def _golden_path(settings: Settings, history: History) -> Iterator[Criterion]:
    """Judge the commands that must not fail, where there are any."""
    commands = settings.golden_path
    if not commands:
        return
    found = Criterion(GOLDEN_PATH, "each command gives 0", "commands", len(commands))
    codes = {command: after for command, (_, after) in history.codes(commands).items()}
    failing = [f"{c}: {codes[c]}" for c in commands if codes.get(c) not in (0, None)]
    passed = sum(codes.get(c) == 0 for c in commands)
    if passed < len(commands) and not failing:
        yield found.unmeasured(command("verify --golden-path"))
    else:
        figure = f"{passed} of {plural(len(commands), 'command')}"
        yield found.measured(not failing, figure, passed, "; ".join(failing))


def _existing(root: Path, paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p for p in paths if (root / p).exists()))
