"""The collection of a repository: measured, recorded in the history, saved, compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from codemods.disk.git import head_of, worktree
from codemods.disk.journal import Journal
from codemods.measure import collection
from codemods.measure.compare import compare
from codemods.measure.model import Baseline, Comparison
from codemods.measure.session import Pytest
from codemods.model import RunState
from codemods.progress import history
from codemods.progress.saved import baseline_file, save_baseline
from codemods.settings import Settings


def measure(
    settings: Settings,
    pytest: Pytest,
    paths: Sequence[str],
    *,
    runs: int,
    save: str | None,
    progress: Callable[[str], None],
) -> tuple[Baseline, list[str]]:
    """Measure the collection of some paths, record it, and save it under a name.

    Returns:
        The baseline, and why it was not recorded or saved.

    Raises:
        codemods.measure.model.MeasureError: nothing can be measured, or the name cannot be used.

    """
    if save is not None:
        baseline_file(pytest.root, save)
    tree = collection.Tree(pytest, *head_of(pytest.root))
    (measured,) = collection.in_turn([tree], paths, runs=runs, progress=progress)
    return measured, list(_record(measured, settings, paths, save))


def _record(
    measured: Baseline, settings: Settings, paths: Sequence[str], save: str | None
) -> Iterator[str]:
    """Record and save a baseline; yield why it was not."""
    root = settings.root
    if any(run.state is RunState.UNFINISHED for run in Journal(root).runs()):
        yield "these figures are not recorded: some files may be those before the run"
        return
    name = save if save is not None and not measured.summary.problem else ""
    about = [str(root / path) for path in paths or ["."]]
    history.append(settings, about, measured.summary, name)
    if save is not None and measured.summary.problem:
        yield f"not saved as {save}: {measured.summary.problem}"
    elif save is not None:
        save_baseline(measured, root, save)


def measure_against(
    gitref: str,
    pytest: Pytest,
    paths: Sequence[str],
    *,
    runs: int,
    progress: Callable[[str], None],
) -> Comparison:
    """Measure a commit and the files as they are, in turn.

    Raises:
        codemods.model.UsageError: there is no such commit, or nothing can be measured.

    """
    here = collection.Tree(pytest, *head_of(pytest.root), name="here: ")
    with worktree(pytest.root, gitref) as folder:
        there = replace(pytest, root=folder)
        tree = collection.Tree(there, *head_of(folder), name=f"{gitref}: ")
        return compare(*collection.in_turn([tree, here], paths, runs=runs, progress=progress))
