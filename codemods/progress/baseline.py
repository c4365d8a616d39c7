"""The collection of a repository: measured, recorded in the history, saved, compared.

A baseline under a name is ``.ssot-codemods/baselines/NAME.json``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from codemods.decode import decode, encode
from codemods.disk.git import head_of, worktree
from codemods.disk.journal import Journal
from codemods.measure import collection
from codemods.measure.compare import compare
from codemods.measure.model import Baseline, Comparison, MeasureError
from codemods.measure.session import Pytest
from codemods.model import RunState
from codemods.progress import history
from codemods.settings import Settings

SCHEMA = "ssot-codemods/saved-baseline/3"
_FOLDER = "baselines"


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

    Returns the baseline, and why it was not recorded or saved.
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
    history.append(settings, paths or ["."], measured.summary, name)
    if save is not None and measured.summary.problem:
        yield f"not saved as {save}: {measured.summary.problem}"
    elif save is not None:
        save_baseline(measured, root, save)


def measure_against(
    gitref: str, pytest: Pytest, paths: Sequence[str], *, runs: int, progress: Callable[[str], None]
) -> Comparison:
    """Measure a commit and the files as they are, in turn."""
    here = collection.Tree(pytest, *head_of(pytest.root), name="here: ")
    with worktree(pytest.root, gitref) as folder:
        there = pytest._replace(root=folder)
        tree = collection.Tree(there, *head_of(folder), name=f"{gitref}: ")
        return compare(*collection.in_turn([tree, here], paths, runs=runs, progress=progress))


def save_baseline(measured: Baseline, root: Path, name: str) -> Path:
    """Save a baseline below a folder, and return its file; one of that name is replaced."""
    path = baseline_file(root, name)
    text = json.dumps({"schema": SCHEMA, **encode(measured)}, indent=1)
    try:
        Journal(root).make_files().folder(_FOLDER).write(path.name, f"{text}\n".encode())
    except OSError as error:
        raise MeasureError(f"{path}: {error.strerror}") from error
    return path


def load_baseline(root: Path, name: str) -> Baseline:
    """Read a saved baseline; where there is none of that name, it is a `MeasureError`."""
    path = baseline_file(root, name)
    try:
        values = json.loads(Journal(root).files.folder(_FOLDER).read(path.name)[0])
        if not isinstance(values, dict) or values.pop("schema", None) != SCHEMA:
            raise ValueError(f"the schema is not {SCHEMA}: save it again")
        return decode(Baseline, values)
    except FileNotFoundError as error:
        raise MeasureError(f"{path}: no baseline of that name was saved") from error
    except OSError as error:
        raise MeasureError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise MeasureError(f"{path}: not a baseline: {error}") from error


def baseline_file(root: Path, name: str) -> Path:
    """Return the file of a saved baseline; raise `MeasureError` for what cannot be a name."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name):
        allowed = "letters, digits, '.', '_', '-'"
        raise MeasureError(f"{name!r} cannot be the name of a baseline: {allowed}")
    return Journal(root).folder / _FOLDER / f"{name}.json"
