"""What pytest makes of the shared modules in each folder concerned, and what to do about it."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from codemods.engine.run import Pool
from codemods.measure.importable import FolderAnswer, ImportCost, ModuleAnswer, ask_imports
from codemods.measure.session import Pytest
from codemods.migration.migrate import plan
from codemods.migration.scan import Progress, Scan
from codemods.model import SharedModule
from codemods.pytest_config import pytest_config
from codemods.settings import Settings, read_config
from codemods.shared_modules import SettingsByFile, asserting_definitions, conftests

#: The code of the finding that pytest could not be asked.
NO_PYTEST = "no-pytest"


class Finding(NamedTuple):
    """One thing that is wrong, and what to do about it.

    `code` is stable; `is_error` says that new imports would fail, or be of other code.
    """

    code: str
    is_error: bool
    message: str
    fix: str


class ModuleCheckup(NamedTuple):
    """What the test modules of one folder see of one shared module.

    `path` is the file that they import; for `first_import` see `ModuleAnswer`.
    """

    name: str
    path: str | None
    findings: tuple[Finding, ...]
    first_import: ImportCost | None = None


class FolderCheckup(NamedTuple):
    """What the test modules of one folder see of the shared modules.

    `findings` has what keeps pytest from its test modules there; then `modules` is empty, and
    `pytest`, its version, may be None.
    """

    folder: str
    modules: tuple[ModuleCheckup, ...]
    findings: tuple[Finding, ...]
    pytest: str | None
    import_mode: str | None
    plugins: tuple[str, ...]
    sys_path: tuple[str, ...]

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """What was found, of the folder and of each module."""
        return (*self.findings, *(f for module in self.modules for f in module.findings))


class Checkup(NamedTuple):
    """What pytest makes of the shared modules."""

    folders: tuple[FolderCheckup, ...]

    @property
    def ok(self) -> bool:
        """Whether new imports would work everywhere."""
        return not any(f.is_error for folder in self.folders for f in folder.all_findings)


def diagnose(
    by_file: SettingsByFile,
    uses: Mapping[str, Collection[str]],
    jobs: int,
    *,
    timeout: float = 300,
    python: str = sys.executable,
    progress: Progress = lambda done, total: None,
) -> Checkup:
    """Start pytest in each folder of some files, `jobs` at once, and import shared modules there.

    `uses` has for each file the dotted names of the shared modules that it imports, or would
    import; one without any is skipped. The `timeout` is for each folder.
    """
    groups: dict[Path, dict[str, Collection[str]]] = {}
    settings = {}
    for path, names in uses.items():
        if not names:
            continue
        found = by_file.settings(path)
        settings[found.root] = found
        groups.setdefault(found.root, {})[path] = names
    folders = []
    for root, group in groups.items():
        modules = {m.name: m for path in group for m in by_file.modules(path)}
        pytest = Pytest(root, python, timeout)
        answers = ask_imports(pytest, group, jobs=jobs, progress=progress)
        folders += [_folder(answer, settings[root], modules) for answer in answers]
    return Checkup(tuple(sorted(folders, key=lambda folder: folder.folder)))


def files_to_check(by_file: SettingsByFile, scan: Scan, pool: Pool) -> dict[str, list[str]]:
    """Return the files that would change or that import a shared module.

    Each has the dotted names of the shared modules that count for it.
    """
    planned = plan(scan, pool)
    files = scan.sharing | {result.path for result in planned.changes}
    modules = {path: by_file.modules(path) for path in files}
    shared = by_file.shared_paths()
    return {
        path: [module.name for module in found]
        for path, found in modules.items()
        if os.path.realpath(path) not in shared
    }


def _folder(
    answer: FolderAnswer, settings: Settings, modules: Mapping[str, SharedModule]
) -> FolderCheckup:
    advice = (
        "run pytest on this folder and fix what stops it, or name the interpreter of your tests by "
        "--python"
    )
    stopped = Finding(NO_PYTEST, True, answer.error, advice) if answer.error is not None else None
    return FolderCheckup(
        folder=answer.folder,
        modules=tuple(_module(m, answer, settings, modules[m.name]) for m in answer.modules),
        findings=(stopped,) if stopped is not None else (),
        pytest=answer.pytest,
        import_mode=answer.import_mode,
        plugins=tuple(dict.fromkeys(answer.plugins)),
        sys_path=tuple(entry for entry in answer.sys_path if not _is_probe(entry)),
    )


def _is_probe(entry: str) -> bool:
    """Whether an entry of ``sys.path`` was there for the question alone, and is gone."""
    return os.path.basename(entry).startswith("ssot-codemods-") and not os.path.exists(entry)


def _module(
    answer: ModuleAnswer, folder: FolderAnswer, settings: Settings, module: SharedModule
) -> ModuleCheckup:
    own = Path(module.path)
    case = _Case(answer, folder, settings, module, _import_folder(own, module.name))
    if answer.file is None:
        findings = [case.not_imported()]
    elif not own.samefile(answer.file):
        findings = [case.another_first(answer.file)]
    else:
        findings = list(case.warnings())
    return ModuleCheckup(module.name, answer.file, tuple(findings), answer.first_import)


def _import_folder(file: Path, name: str) -> Path:
    """Return the folder that must be on `sys.path` for a module to have its name."""
    module = file.parent if file.name == "__init__.py" else file
    return module.parents[name.count(".")]


class _Case(NamedTuple):
    """One shared module as one folder sees it; `base` is what must be on `sys.path` for it."""

    answer: ModuleAnswer
    folder: FolderAnswer
    settings: Settings
    module: SharedModule
    base: Path

    def not_imported(self) -> Finding:
        """Return why the module cannot be imported."""
        error = self.answer.error or f"{self.module.name} is a folder without code"
        hiding = self._hiding_package()
        if hiding is not None:
            message = f"{error}: the package {hiding} is found first and hides {self._own_package}"
            return Finding("hidden", True, message, self._advice_on_order(hiding))
        if self._is_on_path:
            advice = f"fix what {self.module.path} raises when it is imported"
            if error.startswith("ModuleNotFoundError"):
                advice += ", or name the interpreter of your tests by --python"
            return Finding("not-importable", True, error, advice)
        return Finding("not-importable", True, error, self._path_advice)

    def another_first(self, file: str) -> Finding:
        """Return that another file has the name: of equal code perhaps, and yet other objects."""
        message = f"{file} is found before {self.module.path}"
        advice = self._advice_on_order(self.answer.package or file)
        return Finding("another-first", True, message, advice)

    def warnings(self) -> Iterator[Finding]:
        """Yield what is worth changing about a module that can be imported."""
        name, path = self.module.name, self.module.path
        if self.answer.collected:
            names = ", ".join(self.answer.collected)
            message = f"pytest takes {names} of {name} for tests in each module that imports it"
            yield Finding("collected", False, message, f"set `__test__ = False` on it in {path}")
        asserting = asserting_definitions(self.module)
        if asserting and not self.answer.rewritten:
            message = f"pytest does not rewrite the assert statements in {', '.join(asserting)}"
            files = " or ".join(map(str, conftests(self.settings)))
            advice = f'add `pytest.register_assert_rewrite("{name}")` to {files}: see `init`'
            # Where the text promises it, copies with an assert are replaced.
            yield Finding("assert-not-rewritten", self.module.rewrites_asserts, message, advice)
        if self.answer.needs_working_folder:
            message = f"`python -m pytest`, started in {self.settings.root}, finds {name}"
            message += "; `pytest` alone does not"
            # Not all start it so: where the setting is missing, `pytest` alone would fail.
            yield Finding("working-folder", True, message, self._path_advice)

    @property
    def _is_on_path(self) -> bool:
        return str(self.base) in map(os.path.realpath, self.folder.sys_path)

    @property
    def _own_package(self) -> Path:
        """The outermost folder around the module that Python has to find; else its file."""
        return self.base / Path(self.module.path).relative_to(self.base).parts[0]

    def _hiding_package(self) -> str | None:
        """Return the file of a package elsewhere that has the name of one around the module."""
        file = self.answer.package
        around = Path(os.path.realpath(file)).parent if file is not None else None
        if around is None or around in Path(self.module.path).parents:
            return None
        return file

    def _advice_on_order(self, other: str) -> str:
        own = self._own_package
        folder = Path(os.path.realpath(self.folder.folder))
        if Path(os.path.realpath(other)).parent in {folder, *folder.parents}:
            return f"give {own} another name: pytest puts the folder of that package first"
        if not self._is_on_path:
            return self._path_advice
        if own.is_dir() and not (own / "__init__.py").exists() and other.endswith("__init__.py"):
            # Python takes a folder without it only where no other entry has a package.
            return f"uninstall what brought {other}, or add {own}/__init__.py"
        return f"uninstall what brought {other}, or give {own} another name"

    @property
    def _path_advice(self) -> str:
        """What to write where, so that pytest finds the module: beside what stands there."""
        ini = self.folder.ini_file
        file = Path(ini) if ini is not None else self.settings.root / "pyproject.toml"
        folder = Path(os.path.realpath(file.parent))
        config = pytest_config(folder, folder)
        old = [os.path.relpath(p, folder) for p in config.pythonpath] if config is not None else []
        entries = list(dict.fromkeys([os.path.relpath(self.base, folder), *old]))
        value = json.dumps(entries) if file.suffix == ".toml" else " ".join(entries)
        verb = "change to" if old else "add"
        return f"{verb} `pythonpath = {value}` under {_section(file)} in {file}"


def _section(file: Path) -> str:
    if file.name == "pyproject.toml":
        own = file.exists() and re.search(rb"(?m)^\s*\[tool\.pytest\]", read_config(file))
        return "[tool.pytest]" if own else "[tool.pytest.ini_options]"
    return "[tool:pytest]" if file.name == "setup.cfg" else "[pytest]"
