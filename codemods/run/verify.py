"""The same tests before and after a run of the journal; what differs is taken back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from codemods.measure.model import MeasureError
from codemods.measure.outcomes import Difference, Evidence, Outcomes, compare, file_of
from codemods.model import Code, Entry, FileResult, Reason, Run, Source
from codemods.rewrite.importers import refers_to
from codemods.rewrite.imports import is_collected
from codemods.run.atomic import EditedError
from codemods.run.journal import Journal
from codemods.run.migrate import Written, refuse

#: Runs the tests of some paths.
RunTests = Callable[[Sequence[str]], Outcomes]


@dataclass(frozen=True, slots=True)
class Affected:
    """Which tests a change may touch.

    `tests` are files and folders for pytest; `causes` has for each file that uses a changed one
    (its real path) the changed ones, itself included.
    """

    tests: tuple[str, ...]
    causes: Mapping[str, frozenset[str]]

    def blame(self, file: str, changed: Iterable[str]) -> frozenset[str]:
        """Give the changed files that may be why the tests of a file differ."""
        changed = frozenset(changed)
        above = {c for c in changed if _is_conftest(c) and _is_below(file, os.path.dirname(c))}
        blamed = (self.causes.get(file, frozenset()) | above) & changed
        return blamed or changed  # nobody knows: none of them stays


def standing(journal: Journal, identity: str | None) -> Trial | None:
    """Give the run that is named, or the last one that was not rolled back; None for no run.

    Raises:
        codemods.run.journal.JournalError: there is none of that name.

    """
    if identity is not None:
        run = journal.run(identity)
    else:
        runs = [r for r in journal.runs() if r.finished and len(r.undone) < len(r.entries)]
        if not runs:
            return None
        run = runs[-1]
    # A file that is not as the run left it (edited, or of another branch) is not to be touched.
    return Trial(journal, run, [e for e in run.entries if journal.is_new(e)])


def affected(changed: Sequence[str], read: Callable[[], Iterable[Source]]) -> Affected:
    """Find the tests that use changed files, directly or by way of other modules.

    Args:
        changed: real paths.
        read: reads the files that may import them; their paths are absolute. It is called for
            each step from importer to importer, so that no more than one file is in memory.

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
    # pytest imports a file that is named whatever `python_files` says, and a script would run then.
    tests = {p for p in causes if not _is_conftest(p) and (p in changed or is_collected(p))}
    tests |= {os.path.dirname(p) for p in causes if _is_conftest(p)}
    inside = {t for t in tests if any(t != o and _is_below(t, o) for o in tests)}
    frozen = {path: frozenset(by) for path, by in causes.items()}
    return Affected(tuple(sorted(tests - inside)), frozen)


class Trial:
    """One run of the journal, put into place and taken out again."""

    def __init__(self, journal: Journal, run: Run, entries: Sequence[Entry]) -> None:
        self.journal = journal
        self.run = run
        self.entries = list(entries)

    def use(self, state: str) -> None:
        """Bring the files into the state ``"before"`` or ``"after"`` the run.

        Raises:
            codemods.run.atomic.EditedError: some were edited since; all the others are in it.

        """
        edited = []
        for entry in self.entries:
            try:
                if state == "before":
                    self.journal.revert(self.run, entry)
                else:
                    self.journal.apply(self.run, entry)
            except (EditedError, OSError) as error:
                edited.append(f"{entry.path}: {error}, while the tests ran")
        if edited:
            raise EditedError("; ".join(edited))

    def in_both(self, run: Callable[[], Mapping[str, int]]) -> dict[str, tuple[int, int]]:
        """Run commands in both states; give for each its exit codes before and after."""
        with self._open():
            after = run()
            self.use("before")
            before = run()
        return {command: (before[command], code) for command, code in after.items()}

    def compare(self, run: Callable[[], Outcomes]) -> Evidence:
        """Run tests in both states, the files being in that after the run, and staying there."""
        with self._open():
            return compare(self.use, run, now="after")

    @contextmanager
    def _open(self) -> Iterator[None]:
        """Have the run count as cut off, should this process not live to put its files back."""
        self.journal.reopen(self.run)
        try:
            yield
        finally:
            try:
                self.use("after")
            finally:
                self.journal.close(self.run)

    def take_back(self, paths: Iterable[str]) -> list[str]:
        """Take some files out of the run, for good.

        Returns:
            The paths of those that stay, as they were edited meanwhile.

        """
        wanted = set(paths)
        edited = []
        gone = []
        for entry in [e for e in self.entries if self.path(e) in wanted]:
            try:
                self.journal.revert(self.run, entry)
            except (EditedError, OSError):
                edited.append(entry.path)
            else:
                gone.append(entry.path)
            self.entries.remove(entry)
        self.journal.note_undone(self.run, gone)
        return edited

    def paths(self) -> list[str]:
        """Give the real paths of the files that the run still changes."""
        return [self.path(entry) for entry in self.entries]

    def path(self, entry: Entry) -> str:
        """Give the real path of a file."""
        return os.path.realpath(self.journal.root / entry.path)


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of a transaction: the last evidence, and for each file taken back why."""

    evidence: Evidence | None
    taken_back: Mapping[str, Difference]
    problem: str = ""


def keep_what_is_clean(trial: Trial, uses: Affected, run_tests: RunTests) -> Verified:
    """Take back each file whose tests differ, until what stays is clean.

    Args:
        trial: the run, in place.
        uses: which tests the changed files touch.
        run_tests: runs tests once.

    Returns:
        The evidence for what stayed. Where the tests cannot be run to their end, nothing stays.

    """
    taken: dict[str, Difference] = {}
    evidence = None
    try:
        while trial.entries:
            evidence = trial.compare(lambda: run_tests(uses.tests))
            if not evidence.differences:
                break
            changed = trial.paths()
            for difference in evidence.differences:
                for path in uses.blame(file_of(difference, evidence.after), changed):
                    taken.setdefault(path, difference)
            trial.take_back(taken)
    except (MeasureError, EditedError) as error:
        edited = trial.take_back(trial.paths())
        stays = f"; edited meanwhile, and left alone: {', '.join(edited)}" if edited else ""
        return Verified(None, taken, f"{error}{stays}")
    except BaseException:  # Ctrl-C: it is one transaction
        trial.take_back(trial.paths())
        raise
    return Verified(evidence, taken)


def without(written: Written, verified: Verified, trial: Trial) -> Written:
    """Turn the results of the files that were taken back into refusals."""
    kept = set(trial.paths())
    results = tuple(
        _taken_back(r, verified)
        if r.after is not None and os.path.realpath(r.path) not in kept
        else r
        for r in written.results
    )
    more = sum(r.after is not None for r in written.results) - len(kept)
    return replace(written, results=results, held_back=written.held_back + more)


def _taken_back(result: FileResult, verified: Verified) -> FileResult:
    difference = verified.taken_back.get(os.path.realpath(result.path))
    said = (
        f"{difference.what}: {difference.before} before, {difference.after} after"
        if difference is not None
        else verified.problem
    )
    return refuse(result, Reason(Code.TESTS_DIFFER, 1, said))


def _is_conftest(path: str) -> bool:
    return os.path.basename(path) == "conftest.py"


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _stem(path: str) -> bytes:
    name = os.path.basename(path).removesuffix(".py")
    return os.fsencode(os.path.basename(os.path.dirname(path)) if name == "__init__" else name)
