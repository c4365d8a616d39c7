"""Which files of a run make tests differ: not those that show it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from functools import partial

from codemods.measure.outcomes import Difference, Evidence, Outcomes, differences
from codemods.migration.concerned import Concerned
from codemods.migration.sessions import is_test
from codemods.migration.trial import Trial
from codemods.model import Entry

#: Runs the tests of some paths.
RunTests = Callable[[Sequence[str]], Outcomes]


def find_causes(
    trial: Trial, evidence: Evidence, uses: Concerned, tests: Sequence[str], run_tests: RunTests
) -> dict[str, Difference]:
    """Find the changed files that make tests differ, and for each a difference that it makes.

    The `trial` is in place; `tests` is what was run for the evidence. Where no difference shows
    again, all changed files are returned that the tests use which differ.
    """
    shown_in = {d: evidence.after.real_path(d.path) for d in evidence.differences}
    if not shown_in:
        return {}
    if len(trial.entries) == 1:
        return {trial.path(trial.entries[0]): evidence.differences[0]}
    files = set(shown_in.values())
    alone = sorted(path for path in files if os.path.isfile(path) and is_test(path))
    in_these = [d for d, file in shown_in.items() if file in alone]
    with trial.opened():
        for paths, known in ((alone, in_these), (tests, list(shown_in))):
            run = partial(run_tests, paths)
            shows = partial(_difference, trial, known, evidence.before, run)
            if known and (found := _search(trial, files, shows)):
                return found
    changed = set(trial.paths())
    return {p: d for d, file in shown_in.items() for p in (uses.used_by(file) & changed or changed)}


def _search(
    trial: Trial, files: Collection[str], shows: Callable[[Sequence[Entry]], Difference | None]
) -> dict[str, Difference]:
    """Halve the files again and again: as many runs for a cause as log2 of their number.

    The tests are run with the first files of the run alone. Between the most that show no
    difference and one more, that one is a cause. The `files` that show one stand first: a file
    that changes what they read is found, and not they.
    """
    found: dict[str, Difference] = {}
    entries = sorted(trial.entries, key=lambda entry: trial.path(entry) not in files)
    while entries and (shown := shows(entries)) is not None:
        none, some = 0, len(entries)
        while some - none > 1:
            middle = (none + some) // 2
            difference = shows(entries[:middle])
            if difference is None:
                none = middle
            else:
                some, shown = middle, difference
        found[trial.path(entries.pop(some - 1))] = shown
    return found


def _difference(
    trial: Trial,
    known: Sequence[Difference],
    before: Outcomes,
    run: Callable[[], Outcomes],
    new: Sequence[Entry],
) -> Difference | None:
    """Return one of the known differences that shows with some files of the run alone."""
    trial.put(new)
    keys = {(d.path, d.what) for d in known}
    return next((d for d in differences(before, run()) if (d.path, d.what) in keys), None)
