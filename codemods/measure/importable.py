"""Can the test modules of a folder import the shared module, the way pytest imports them?"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from codemods.decode import decode
from codemods.measure.process import run_process, side_by_side
from codemods.measure.session import Pytest

_PLUGIN = "ssot_codemods_import_probe"
#: As the script `pytest` starts it, which leaves the working folder out of ``sys.path``.
_START = "import sys; sys.path[:] = filter(None, sys.path); import pytest; sys.exit(pytest.main())"


@dataclass(frozen=True, slots=True)
class ImportAnswer:
    """What importing the shared module gave, from the test modules of one folder.

    `file` is what was imported, None where `error` says why nothing was; `names` its global names;
    `collected` those of its classes that do not say ``__test__ = False``; `needs_working_folder`
    whether only ``python -m pytest`` finds it, started where we are; `ini_file` where pytest has
    its settings, None where it has none.
    """

    folder: str
    file: str | None = None
    error: str | None = None
    names: frozenset[str] = frozenset()
    collected: frozenset[str] = frozenset()
    needs_working_folder: bool = False
    pytest: str | None = None
    import_mode: str | None = None
    sys_path: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    ini_file: str | None = None


def ask_imports(
    pytest: Pytest, files: Iterable[str], module: str, *, jobs: int = 1
) -> list[ImportAnswer]:
    """Import the shared module in a fresh pytest for each folder of some files.

    pytest starts as always: with its own rootdir, configuration, conftest files, import mode and
    ``pythonpath``. Only the test modules themselves are not imported.

    Args:
        pytest: how it is started, for each folder.
        files: Python files; one of each folder is taken.
        module: dotted name of the shared module.
        jobs: how many at once.

    Returns:
        One answer for each folder, in order.

    """
    by_folder: dict[str, str] = {}
    for file in sorted(files, key=_order):
        by_folder.setdefault(os.path.dirname(file) or ".", file)
    with side_by_side(jobs) as threads:
        return list(threads.map(partial(_ask, pytest, module), by_folder, by_folder.values()))


def _order(file: str) -> tuple[str, bool, str]:
    """Put last what pytest takes for something else: a bracket is a parameter of a test to it."""
    folder, name = os.path.split(file)
    return folder, name in {"__init__.py", "conftest.py"} or "[" in name, name


def _ask(pytest: Pytest, module: str, folder: str, file: str) -> ImportAnswer:
    with tempfile.TemporaryDirectory(prefix="ssot-codemods-") as temporary:
        shutil.copy(Path(__file__).with_name("import_probe.py"), f"{temporary}/{_PLUGIN}.py")
        output = _run(pytest, module, file, Path(temporary))
        answer = Path(temporary, "answer.json")
        if not answer.exists():
            return ImportAnswer(folder, error=output)
        return decode(ImportAnswer, {"folder": folder, **json.loads(answer.read_bytes())})


def _run(pytest: Pytest, module: str, file: str, temporary: Path) -> str:
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
        "SSOT_CODEMODS_MODULE": module,
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
    return f"pytest did not get to its test modules: {last}"
