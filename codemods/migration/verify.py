"""The same tests before and after a run of the journal; files whose tests differ are reverted."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from codemods.disk.atomic import EditedError, uninterrupted
from codemods.disk.journal import Journal
from codemods.engine.codemod import refused
from codemods.measure.model import MeasureError
from codemods.measure.outcomes import Difference, Evidence, Outcomes, Side, compare, file_of
from codemods.migration.references import refers_to
from codemods.model import Code, Entry, FileResult, PytestNames, Reason, Run, Source, Written

#: Runs the tests of some paths.
RunTests = Callable[[Sequence[str]], Outcomes]
#: Runs the golden path, and returns the exit code of each command.
Commands = Callable[[], Mapping[str, int]]
#: Finds the test modules in some folders, as real paths.
FindModules = Callable[[Sequence[str]], Collection[str]]


@dataclass(frozen=True, slots=True)
class Verified:
    """What the tests showed of a run.

    `evidence` is None where no tests were run to their end, and `problem` says why. `golden_path`
    has for each command its exit codes before and after, `reverted` for each file that was taken
    out of the run the reason. `edited` are the files that were edited since the run, so that
    nothing is known of them; `unused` those that no test uses which pytest collects.
    """

    evidence: Evidence | None
    golden_path: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    reverted: Mapping[str, Difference] = field(default_factory=dict)
    edited: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    problem: str = ""
    run: str | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        differs = self.evidence is not None and bool(self.evidence.differences)
        same = all(before == after for before, after in self.golden_path.values())
        return not self.problem and not differs and same


@dataclass(frozen=True, slots=True)
class RanOnce:
    """What the tests showed, and the commands of the golden path, where no run is to be judged."""

    outcomes: Outcomes
    golden_path: Mapping[str, int]

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        failed = self.outcomes.failed or self.outcomes.exit_code == 1
        return not failed and not any(self.golden_path.values())


@dataclass(frozen=True, slots=True)
class Affected:
    """Which tests a change may touch.

    `tests` are files and folders for pytest; `causes` has for each file that uses a changed one
    (its real path) the changed ones, itself included; `unused` are the changed ones that none of
    the tests uses.
    """

    tests: tuple[str, ...]
    causes: Mapping[str, frozenset[str]]
    unused: tuple[str, ...]

    def blame(self, file: str, changed: Iterable[str]) -> frozenset[str]:
        """Return the changed files that may be why the tests of a file differ."""
        changed = frozenset(changed)
        above = {c for c in changed if _is_conftest(c) and _is_below(file, os.path.dirname(c))}
        blamed = (self.causes.get(file, frozenset()) | above) & changed
        return blamed or changed  # unknown: none of them stays


def verify(
    journal: Journal,
    identity: str | None,
    tests: Sequence[str],
    *,
    read: Callable[[], Iterable[Source]],
    find_modules: FindModules,
    run_tests: Callable[..., Outcomes],
    commands: Commands | None,
    say: Callable[[str], None],
) -> Verified | RanOnce:
    """Run tests and commands with a run and without it; where there is no run, run them once.

    Args:
        journal: of the repository.
        identity: the run; None for the last one that was not rolled back.
        tests: files and folders; none for the tests that use the files of the run.
        read: see `affected`, as is `find_modules`.
        find_modules: see `affected`.
        run_tests: runs some tests once; as `same`, it takes the files that differ.
        commands: runs the golden path; None to leave it out.
        say: takes a line about what is verified.

    Raises:
        MeasureError: the tests could not be run to their end.
        codemods.disk.atomic.EditedError: they edited files of the run.
        codemods.disk.journal.JournalError: there is no run of that name.

    """
    with journal.lock():
        trial = chosen_run(journal, identity)
        if trial is None:
            say("no run to verify: the tests are run once")
            return RanOnce(run_tests(tests), commands() if commands is not None else {})
        say(f"verifying run {trial.run.id}: {trial.run.command}")
        changed = trial.paths()
        find_uses = partial(affected, changed, read, find_modules)
        return compare_states(trial, tests, find_uses, partial(run_tests, same=changed), commands)


def chosen_run(journal: Journal, identity: str | None) -> Trial | None:
    """Return the run that is named, else the last one that was not rolled back; None for no run."""
    if identity is not None:
        run = journal.run(identity)
    else:
        runs = [r for r in journal.runs() if r.finished and len(r.undone) < len(r.entries)]
        if not runs:
            return None
        run = runs[-1]
    # A file that is not as the run left it (edited, or of another branch) is not to be touched.
    return Trial(journal, run, [e for e in run.entries if journal.is_new(e)])


def affected(
    changed: Sequence[str], read: Callable[[], Iterable[Source]], find_modules: FindModules
) -> Affected:
    """Find the tests that use changed files, directly or by way of other modules.

    Args:
        changed: real paths.
        read: reads the files that may import them; their paths are absolute. It is called for
            each step from importer to importer, so that no more than one file is in memory.
        find_modules: asked for the folders of files whose names do not say that they are tests.

    """
    causes: dict[str, set[str]] = {path: {path} for path in changed}
    modules = dict.fromkeys(changed)
    while modules:
        stems = {path: _stem(path) for path in modules}
        reached: dict[str, None] = {}
        for source in read():
            for module in modules:
                if stems[module] in source.content and refers_to(source, module):
                    known = causes.setdefault(source.path, set())
                    if not causes[module] <= known:
                        known |= causes[module]
                        reached[source.path] = None
        modules = reached
    tests = _test_modules([p for p in causes if not _is_conftest(p)], find_modules)
    conftests = {p for p in causes if _is_conftest(p)}
    used = {c for path in (*tests, *conftests) for c in causes[path]}
    tests |= {os.path.dirname(p) for p in conftests}
    inside = {t for t in tests if any(t != o and _is_below(t, o) for o in tests)}
    return Affected(
        tests=tuple(sorted(tests - inside)),
        causes={path: frozenset(by) for path, by in causes.items()},
        unused=tuple(path for path in changed if path not in used),
    )


def _test_modules(paths: Sequence[str], find_modules: FindModules) -> set[str]:
    """Return the paths that pytest collects by itself: it imports each file that is named to it.

    And a script would run as it is imported.
    """
    unsure = [path for path in paths if not PytestNames().has_file(path)]
    if not unsure:
        return set(paths)
    modules = find_modules(sorted({os.path.dirname(path) for path in unsure}))
    return {path for path in paths if PytestNames().has_file(path) or path in modules}


class Trial:
    """One run of the journal, put into place and taken out again."""

    def __init__(self, journal: Journal, run: Run, entries: Sequence[Entry]) -> None:
        self.journal = journal
        self.run = run
        self.entries = list(entries)

    def use(self, side: Side) -> None:
        """Bring the files into their state before or after the run.

        Raises:
            codemods.disk.atomic.EditedError: some were edited since; all the others are in it.

        """
        edited = []
        for entry in self.entries:
            try:
                if side is Side.BEFORE:
                    self.journal.revert(self.run, entry)
                else:
                    self.journal.apply(self.run, entry)
            except (EditedError, OSError) as error:
                edited.append(f"{entry.path}: {error}")
        if edited:
            raise EditedError("; ".join(edited))

    def in_both(self, run: Commands) -> dict[str, tuple[int, int]]:
        """Run commands in both states, and again in both where an exit code differs.

        Returns:
            For each its exit codes before and after: different ones where they were each time.

        """
        with self._open():
            after = run()
            self.use(Side.BEFORE)
            before = run()
            rounds = [(before, after)]
            if before != after:
                before = run()
                self.use(Side.AFTER)
                rounds.append((before, run()))
        pairs = {command: [(b[command], a[command]) for b, a in rounds] for command in after}
        return {
            command: next((p for p in codes if p[0] == p[1]), codes[0])
            for command, codes in pairs.items()
        }

    def compare(self, run: Callable[[], Outcomes]) -> Evidence:
        """Run tests in both states, the files being in that after the run, and staying there."""
        with self._open():
            return compare(self.use, run, now=Side.AFTER)

    @contextmanager
    def _open(self) -> Iterator[None]:
        """Make the run count as unfinished until its files are back: this process may be killed."""
        self.journal.reopen(self.run)
        try:
            yield
        finally:
            with uninterrupted():
                self._close()

    def _close(self) -> None:
        """Make the run count as complete again: all files are back, except edited ones."""
        try:
            self.use(Side.AFTER)
        except EditedError:
            self.journal.close(self.run)
            raise
        self.journal.close(self.run)

    def revert(self, paths: Iterable[str]) -> list[str]:
        """Revert some files of the run, for good.

        Returns:
            The paths of those that stay, as they were edited meanwhile.

        """
        wanted = set(paths)
        edited = []
        gone = []
        with uninterrupted():
            self.journal.reopen(self.run)
            for entry in [e for e in self.entries if self.path(e) in wanted]:
                try:
                    self.journal.revert(self.run, entry)
                except (EditedError, OSError):
                    edited.append(entry.path)
                else:
                    gone.append(entry.path)
                self.entries.remove(entry)
            self.journal.note_undone(self.run, gone)
            self.journal.close(self.run)
        return edited

    def edited(self) -> tuple[str, ...]:
        """Return the real paths of the files that are neither as the run left them nor reverted."""
        known = {e.path for e in self.entries} | self.run.undone
        return tuple(self.path(e) for e in self.run.entries if e.path not in known)

    def paths(self) -> list[str]:
        """Return the real paths of the files that the run still changes."""
        return [self.path(entry) for entry in self.entries]

    def path(self, entry: Entry) -> str:
        """Return the real path of a file."""
        return os.path.realpath(self.journal.root / entry.path)


def compare_states(
    trial: Trial,
    tests: Sequence[str],
    find_uses: Callable[[], Affected],
    run_tests: RunTests,
    commands: Commands | None,
) -> Verified:
    """Run tests and commands with a run and without it; its files stay as they are.

    Args:
        trial: the run, in place.
        tests: files and folders; none for the tests that use the files of the run.
        find_uses: finds those.
        run_tests: runs tests once.
        commands: runs the golden path; None to leave it out.

    Raises:
        MeasureError: the tests could not be run to their end.
        codemods.disk.atomic.EditedError: they edited files of the run.

    """
    edited = trial.edited()
    if not trial.entries:
        nothing = f"nothing to compare: the files of run {trial.run.id} were edited since"
        return Verified(None, edited=edited, problem=nothing, run=trial.run.id)
    unused: tuple[str, ...] = ()
    if not tests:
        uses = find_uses()
        tests, unused = uses.tests, uses.unused
    evidence = trial.compare(lambda: run_tests(tests)) if tests else None
    codes = trial.in_both(commands) if commands is not None else {}
    return Verified(evidence, codes, edited=edited, unused=unused, run=trial.run.id)


def revert_regressions(
    trial: Trial, find_uses: Callable[[], Affected], run_tests: RunTests
) -> Verified:
    """Undo the change of each file whose tests differ, until none differs.

    Args:
        trial: the run, in place.
        find_uses: finds which tests the changed files touch.
        run_tests: runs tests once.

    Returns:
        The evidence for what stayed. Where the tests cannot be run to their end, nothing stays.

    """
    taken: dict[str, Difference] = {}
    evidence = None
    try:
        uses = find_uses()
        while trial.entries and uses.tests:
            evidence = trial.compare(lambda: run_tests(uses.tests))
            if not evidence.differences:
                break
            changed = trial.paths()
            for difference in evidence.differences:
                for path in uses.blame(file_of(difference, evidence.after), changed):
                    taken.setdefault(path, difference)
            trial.revert(taken)
    except (MeasureError, EditedError) as error:
        edited = trial.revert(trial.paths())
        stays = f"; not reverted: {', '.join(edited)}" if edited else ""
        return Verified(None, reverted=taken, problem=f"{error}{stays}")
    except BaseException:  # Ctrl-C: all or nothing
        trial.revert(trial.paths())
        raise
    run = trial.run.id if trial.entries else None
    return Verified(evidence, reverted=taken, unused=uses.unused, run=run)


def without(written: Written, verified: Verified, trial: Trial) -> Written:
    """Turn the results of the files that were reverted into refusals."""
    kept = set(trial.paths())
    results = tuple(
        _reverted(r, verified)
        if r.after is not None and os.path.realpath(r.path) not in kept
        else r
        for r in written.results
    )
    more = sum(r.after is not None for r in written.results) - len(kept)
    return written._replace(results=results, held_back=written.held_back + more)


def _reverted(result: FileResult, verified: Verified) -> FileResult:
    difference = verified.reverted.get(os.path.realpath(result.path))
    why = (
        f"{difference.what}: {difference.before} before, {difference.after} after"
        if difference is not None
        else verified.problem
    )
    return refused(result, Reason(Code.TESTS_DIFFER, 1, why))


def _is_conftest(path: str) -> bool:
    return os.path.basename(path) == "conftest.py"


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _stem(path: str) -> bytes:
    name = os.path.basename(path).removesuffix(".py")
    return os.fsencode(os.path.basename(os.path.dirname(path)) if name == "__init__" else name)
