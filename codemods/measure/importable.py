"""Whether the test modules of a folder can import some modules, the way pytest imports them."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from codemods.decode import decode
from codemods.measure.process import run_process, side_by_side
from codemods.measure.session import Pytest

_PLUGIN = "ssot_codemods_import_probe"
#: As the script `pytest` starts it, which leaves the working folder out of ``sys.path``.
_START = "import sys; sys.path[:] = filter(None, sys.path); import pytest; sys.exit(pytest.main())"


class ImportCost(NamedTuple):
    """What the first import of a module took in a new pytest.

    `module_count` is how many modules it brought in, with itself and those around it, that were not
    there before; `repository_module_count` how many of these have their files below the root, and
    not where packages are installed.
    """

    milliseconds: float
    module_count: int
    repository_module_count: int


class ModuleAnswer(NamedTuple):
    """What importing one module gave, from the test modules of one folder.

    `file` is what was imported, None where `error` says why nothing was; `package` the file of the
    innermost package around it that was found; `collected` the names of it that pytest would
    collect from a test module that imports them; `rewritten` whether pytest rewrote its assert
    statements; `needs_working_folder` whether only ``python -m pytest`` finds it, started in the
    root. `first_import` is None where the import failed, and where a conftest, a plugin or an
    earlier one of the modules had imported it.
    """

    name: str
    file: str | None = None
    error: str | None = None
    package: str | None = None
    collected: tuple[str, ...] = ()
    rewritten: bool = False
    needs_working_folder: bool = False
    first_import: ImportCost | None = None


class FolderAnswer(NamedTuple):
    """What pytest makes of some modules in one folder.

    `error` says why it did not get as far as importing them; `pytest` is its version, `ini_file`
    where it has its settings; all these are None where that is unknown.
    """

    folder: str
    error: str | None = None
    modules: tuple[ModuleAnswer, ...] = ()
    pytest: str | None = None
    import_mode: str | None = None
    sys_path: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    ini_file: str | None = None


def ask_imports(
    pytest: Pytest,
    uses: Mapping[str, Collection[str]],
    *,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[FolderAnswer]:
    """Import modules in a fresh pytest for each folder of some files, `jobs` at once.

    pytest starts as always: with its own rootdir, configuration, conftest files, import mode and
    ``pythonpath``. Only the test modules themselves are not imported. `uses` has for Python files
    the dotted names of the modules to import; one file of each folder stands for all of them. There
    is one answer for each folder, in order. `progress` gets the number of those done, and of all.
    """
    by_folder: dict[str, str] = {}
    modules: dict[str, set[str]] = {}
    for file in sorted(uses, key=_order):
        folder = os.path.dirname(file) or "."
        by_folder.setdefault(folder, file)
        modules.setdefault(folder, set()).update(uses[file])
    names = [sorted(modules[folder]) for folder in by_folder]
    answers: list[FolderAnswer] = []
    with side_by_side(jobs) as threads:
        progress(0, len(by_folder))
        for answer in threads.map(partial(_ask, pytest), by_folder, by_folder.values(), names):
            answers.append(answer)
            progress(len(answers), len(by_folder))
    return answers


def _order(file: str) -> tuple[str, bool, str]:
    """Sort last what pytest takes for something else: to it, a bracket is a parameter."""
    folder, name = os.path.split(file)
    return folder, name in {"__init__.py", "conftest.py"} or "[" in name, name


def _ask(pytest: Pytest, folder: str, file: str, modules: Sequence[str]) -> FolderAnswer:
    with tempfile.TemporaryDirectory(prefix="ssot-codemods-") as temporary:
        shutil.copy(Path(__file__).with_name("import_probe.py"), f"{temporary}/{_PLUGIN}.py")
        output = _run(pytest, modules, file, Path(temporary))
        answer = Path(temporary, "answer.json")
        if not answer.exists():
            has_pytest = pytest.has_module("pytest")
            error = output if has_pytest else f"{pytest.python} has no pytest"
            return FolderAnswer(folder, error=error)
        return decode(FolderAnswer, {"folder": folder, **json.loads(answer.read_bytes())})


def _run(pytest: Pytest, modules: Sequence[str], file: str, temporary: Path) -> str:
    """Start pytest, and return the end of what it printed, in case it did not get far."""
    # Nothing of it may appear in the user's folders: no cache, no bytecode, no coverage data.
    options = ["--collect-only", "-q", "-p", _PLUGIN, "-o", f"cache_dir={temporary}/cache"]
    search = [str(temporary), *filter(None, [pytest.environment.get("PYTHONPATH")])]
    environment = {
        **pytest.environment,
        "PYTHONPATH": os.pathsep.join(search),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COVERAGE_FILE": f"{temporary}/coverage",
        "HYPOTHESIS_STORAGE_DIRECTORY": f"{temporary}/hypothesis",
        "SSOT_CODEMODS_MODULES": ",".join(modules),
        "SSOT_CODEMODS_ROOT": os.path.realpath(pytest.root),
        "SSOT_CODEMODS_ANSWER": f"{temporary}/answer.json",
    }
    command = [pytest.python, "-c", _START, *options, os.path.abspath(file)]
    log = temporary / "output"
    if run_process(command, pytest.root, environment, pytest.timeout, log).timed_out:
        return f"pytest did not get to its test modules in {pytest.timeout:g} s"
    return _tail(log.read_bytes())


def _tail(output: bytes) -> str:
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    errors = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
    usage = [line for line in lines if re.match("ERROR: (?!usage)|[^ ]+: error: ", line)]
    last = (errors or usage or lines or ["it printed nothing"])[-1]
    if last.endswith(":") and lines[-1] != last:  # what it is about stands below
        last = f"{last} {lines[-1].strip()}"
    return f"pytest did not get to its test modules: {last}"
