"""The same tests before and after a run of the journal: compared, and differing files reverted."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from codemods.disk.folder import EditedError
from codemods.disk.journal import Journal
from codemods.engine.codemod import refused
from codemods.measure.model import ExitCodes, MeasureError
from codemods.measure.outcomes import Difference, Evidence, Outcomes
from codemods.migration.causes import RunTests, find_causes
from codemods.migration.concerned import Concerned
from codemods.migration.trial import Commands, Trial, chosen_run
from codemods.model import Code, FileResult, Reason, Written

#: Finds the tests that use some files.
FindUses = Callable[[Sequence[str]], Concerned]


class Verified(NamedTuple):
    """What the tests showed of a run.

    `evidence` is None where no tests were run to their end, and `problem` says why. `golden_path`
    has for each command its exit codes before and after, `causes` for each file that makes tests
    differ one of the differences, `reverted` the same for those that were taken out of the run.
    `edited` are the files that were edited since the run, so that nothing is known of them;
    `unused` those that no test uses which pytest collects; `not_run` those of which no
    test ran that shows something.
    """

    evidence: Evidence | None
    golden_path: Mapping[str, ExitCodes] = {}
    causes: Mapping[str, Difference] = {}
    reverted: Mapping[str, Difference] = {}
    edited: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()
    problem: str = ""
    run: str | None = None

    @property
    def ran(self) -> bool:
        """Whether a test or a command was run that shows something."""
        return bool(self.golden_path) or (self.evidence is not None and self.evidence.shows)

    @property
    def ok(self) -> bool:
        """Whether something was run, and nothing differs."""
        differs = self.evidence is not None and bool(self.evidence.differences)
        same = all(before == after for before, after in self.golden_path.values())
        return self.ran and not self.problem and not differs and same

    @property
    def collection_errors(self) -> Mapping[str, str]:
        """What was raised with the change, by the file that could not be collected."""
        return self.evidence.after.errors if self.evidence is not None else {}


class RanOnce(NamedTuple):
    """What the tests showed, and the commands of the golden path, where no run is to be judged."""

    outcomes: Outcomes
    golden_path: Mapping[str, int]

    @property
    def ran(self) -> bool:
        """Whether a test or a command was run."""
        return bool(self.golden_path) or bool(self.outcomes.ran)

    @property
    def ok(self) -> bool:
        """Whether something was run, and nothing failed."""
        failed = self.outcomes.failed or self.outcomes.exit_code == 1
        return self.ran and not failed and not any(self.golden_path.values())

    @property
    def collection_errors(self) -> Mapping[str, str]:
        """What was raised, by the file that could not be collected."""
        return self.outcomes.errors


def verify(
    journal: Journal,
    identity: str | None,
    tests: Sequence[str],
    *,
    find_uses: FindUses,
    run_tests: RunTests,
    commands: Commands | None,
    say: Callable[[str], None],
) -> Verified | RanOnce:
    """Run tests and commands with a run and without it; its files stay as they are.

    The run is the one of that `identity`, else the last one that was not rolled back; where there
    is none, they are run once. The `tests` are files and folders, or without any, those that use
    the files of the run. Tests that cannot be run to their end are a `MeasureError`, and an
    `EditedError` if they edit files of the run.
    """
    with journal.lock():
        trial = chosen_run(journal, identity)
        if trial is None:
            say("no run to verify: the tests are run once")
            return RanOnce(run_tests(tests), commands() if commands is not None else {})
        say(f"verifying run {trial.run.id}: {trial.run.command}")
        edited = trial.edited()
        if not trial.entries:
            nothing = f"nothing to compare: the files of run {trial.run.id} were edited since"
            return Verified(None, edited=edited, problem=nothing, run=trial.run.id)
        uses = find_uses([*trial.paths(), *trial.sharing()])
        tests = tests or uses.all
        evidence = trial.compare(lambda: run_tests(tests)) if tests else None
        causes = (
            find_causes(trial, evidence, uses, tests, run_tests) if evidence is not None else {}
        )
        codes = trial.in_both(commands) if commands is not None else {}
        shown = Verified(evidence, codes, causes=causes, edited=edited, run=trial.run.id)
        return _with_the_unknown(shown, trial, uses)


def revert_regressions(trial: Trial, find_uses: FindUses, run_tests: RunTests) -> Verified:
    """Undo the change of each file that makes tests differ, until none differs.

    Returns the evidence for what stayed. Where the tests cannot be run to their end, nothing stays.
    """
    taken: dict[str, Difference] = {}
    evidence = None
    try:
        uses = find_uses([*trial.paths(), *trial.sharing()])
        while trial.entries and uses.all:
            evidence = trial.compare(lambda: run_tests(uses.all))
            if not evidence.differences:
                break
            taken |= find_causes(trial, evidence, uses, uses.all, run_tests)
            trial.revert(taken)
    except (MeasureError, EditedError) as error:
        edited = tuple(trial.revert(trial.paths()))
        return Verified(None, reverted=taken, problem=str(error), edited=edited)
    except BaseException:  # Ctrl-C: all or nothing
        trial.revert(trial.paths())
        raise
    run = trial.run.id if trial.entries else None
    return _with_the_unknown(Verified(evidence, reverted=taken, run=run), trial, uses)


def _with_the_unknown(shown: Verified, trial: Trial, uses: Concerned) -> Verified:
    """Add the files of the run of which the tests showed nothing."""
    changed = set(trial.paths())
    ran: frozenset[str] = frozenset()
    if shown.evidence is not None:
        ran = shown.evidence.files_that_ran
    return shown._replace(
        unused=tuple(path for path in uses.unused if path in changed),
        not_run=tuple(path for path in uses.not_run(ran) if path in changed),
    )


def without(written: Written, verified: Verified, trial: Trial) -> Written:
    """Turn the results of the files that were reverted into refusals."""
    kept = set(trial.paths())
    results = tuple(
        _reverted(r, verified)
        if r.after is not None and os.path.realpath(r.path) not in kept
        else r
        for r in written.results
    )
    return written._replace(results=results)


def _reverted(result: FileResult, verified: Verified) -> FileResult:
    path = os.path.realpath(result.path)
    if path in verified.edited:
        why = "the tests edited or deleted it, so that its change was not undone"
        return refused(result, Reason(Code.CHANGED_SINCE_PLANNED, 1, why))
    difference = verified.reverted.get(path)
    why = (
        f"{difference.what}: {difference.before} before, {difference.after} after"
        if difference is not None
        else verified.problem
    )
    return refused(result, Reason(Code.TESTS_DIFFER, 1, why))
