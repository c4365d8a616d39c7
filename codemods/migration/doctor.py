"""What pytest makes of the shared module in each folder concerned, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codemods.measure.importable import ImportAnswer, ask_imports
from codemods.measure.session import Pytest
from codemods.migration.guards import hidden_module
from codemods.migration.migrate import plan
from codemods.migration.scan import Progress, Scan
from codemods.model import Target
from codemods.settings import DEFAULT_MODULE, Settings, find_shared_module, is_expected
from codemods.workers.pool import Pool

_INIT = "`ssot-codemods init --to DIR` gives this repository a shared module of its own"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and what to do about it.

    `code` is stable; `is_error` says that new imports would fail, or be of another class.
    """

    code: str
    is_error: bool
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class FolderCheckup:
    """What the test modules of one folder see of the shared module.

    `file` is what they would import, None where that fails; `pytest` its version, None where it
    did not get to the modules.
    """

    folder: str
    file: str | None
    pytest: str | None
    import_mode: str | None
    plugins: tuple[str, ...]
    sys_path: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Checkup:
    """What pytest makes of a shared module; `findings` are about all folders together."""

    module: str
    folders: tuple[FolderCheckup, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Tell whether new imports would work everywhere."""
        found = [f for folder in self.folders for f in folder.findings]
        return not any(f.is_error for f in (*found, *self.findings))


def doctor(
    settings: Settings,
    target: Target,
    paths: Sequence[str],
    *,
    jobs: int,
    timeout: float,
    pool: Pool,
    progress: Progress,
) -> Checkup:
    """Start pytest in each folder with files that would change or that import the shared module.

    Args:
        settings: of the repository.
        target: whose shared names must be there.
        paths: files and folders.
        jobs: how many times to start pytest at once.
        timeout: seconds for each folder.
        pool: the workers that work out what would change.
        progress: is told of each file that was read.

    Raises:
        codemods.model.UsageError: a path cannot be used.

    """
    files = _files(settings, target, paths, pool, progress)
    pytest = Pytest(settings.root, timeout=timeout)
    answers = ask_imports(pytest, files, settings.module, jobs=jobs)
    folders = [_folder(answer, settings, target) for answer in answers]
    return Checkup(settings.module, tuple(folders), tuple(_common(folders)))


def _files(
    settings: Settings, target: Target, paths: Sequence[str], pool: Pool, progress: Progress
) -> set[str]:
    """Give the files that would change and those that import the shared module."""
    scan = Scan(settings, target, paths, progress)
    planned = plan(scan, pool)
    using = {path for path in scan.sharing if not _is_ours(path, target)}
    return using | {r.path for r in planned.changes}


def _is_ours(path: str, target: Target) -> bool:
    return os.path.abspath(path).endswith(tuple(f"/{end}" for end in target.own_files))


def _folder(answer: ImportAnswer, settings: Settings, target: Target) -> FolderCheckup:
    return FolderCheckup(
        folder=answer.folder,
        file=answer.file,
        pytest=answer.pytest,
        import_mode=answer.import_mode,
        plugins=tuple(dict.fromkeys(answer.plugins)),
        sys_path=tuple(entry for entry in answer.sys_path if not _is_probe(entry)),
        findings=tuple(_findings(answer, settings, target)),
    )


def _is_probe(entry: str) -> bool:
    """Tell whether an entry of ``sys.path`` was there for the question alone, and is gone."""
    return os.path.basename(entry).startswith("ssot-codemods-") and not os.path.exists(entry)


def _findings(answer: ImportAnswer, settings: Settings, target: Target) -> Iterator[Finding]:
    """Say what is wrong in one folder, the worst first."""
    if answer.pytest is None:
        advice = "mend what keeps pytest from starting there: run it on this folder yourself"
        yield Finding("no-pytest", True, str(answer.error), advice)
        return
    if answer.file is None:
        message = answer.error or "it has no file"
        yield Finding("not-importable", True, message, _where(settings))
        return
    hidden = hidden_module(answer, settings)
    if hidden is not None:
        message = f"{answer.file} is found before {hidden}"
        yield Finding("another-first", True, message, _where(settings))
    wanted = {n for s in target.shapes for n in (s.shared_name, *s.aliases)}
    missing = sorted(wanted - answer.names)
    if missing:
        message = f"{answer.file} has no {', '.join(missing)}"
        yield Finding("missing-names", True, message, f"add them, or {_INIT}")
    if not is_expected(settings, Path(answer.file)):
        message = f"{answer.file} is not the module that the recorded shapes are equal to"
        advice = f"say which shapes it is equal to (`shapes` in the settings), or {_INIT}"
        yield Finding("another-module", True, message, advice)
    # pytest collects what begins with Test, unless `python_classes` says otherwise.
    collected = sorted(n for n in answer.collected & wanted if n.startswith("Test"))
    if collected:
        names = ", ".join(collected)
        message = f"pytest takes {names} for tests in each module that imports it"
        yield Finding("collected", False, message, f"set `__test__ = False` in {names}")
    if answer.needs_working_folder:
        message = "`python -m pytest` finds it, started in the root; `pytest` alone does not"
        yield Finding("working-folder", False, message, _add_to_path(settings, "."))


def _where(settings: Settings) -> str:
    """Say how to make the shared module importable: it is somewhere, or nowhere."""
    found = find_shared_module(settings)
    if found is not None and found.is_relative_to(settings.root):
        folder = found.parents[settings.module.count(".")]
        return _add_to_path(settings, os.path.relpath(folder, settings.root))
    if settings.module != DEFAULT_MODULE:
        return "add the folder that it lies in to `pythonpath` in the pytest settings"
    return f"install ssot-codemods where the tests run, or {_INIT}"


def _add_to_path(settings: Settings, entry: str) -> str:
    return f'add `pythonpath = ["{entry}"]` to the pytest settings of {settings.root}'


def _common(folders: Sequence[FolderCheckup]) -> Iterator[Finding]:
    """Say what is wrong with the folders together."""
    files = sorted({f.file for f in folders if f.file is not None})
    if len(files) > 1:
        message = f"not all folders find the same shared module: {', '.join(files)}"
        advice = "leave one of them, or one entry of sys.path: classes of two modules differ"
        yield Finding("many-modules", True, message, advice)
