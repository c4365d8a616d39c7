"""Can the test modules of a folder import the shared module, the way pytest imports them?"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from codemods.measure.session import run_process, side_by_side

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
    file: str | None
    error: str | None
    names: frozenset[str]
    collected: frozenset[str]
    needs_working_folder: bool
    pytest: str | None
    import_mode: str | None
    sys_path: tuple[str, ...]
    plugins: tuple[str, ...]
    ini_file: str | None = None


def ask_imports(
    files: Iterable[str],
    module: str,
    root: Path,
    *,
    python: str = sys.executable,
    timeout: float = 300,
    jobs: int = 1,
) -> list[ImportAnswer]:
    """Import the shared module in a fresh pytest for each folder of some files.

    pytest starts as always: with its own rootdir, configuration, conftest files, import mode and
    ``pythonpath``. Only the test modules themselves are not imported.

    Args:
        files: Python files; one of each folder is taken.
        module: dotted name of the shared module.
        root: where pytest is started.
        python: the interpreter that runs the tests.
        timeout: seconds for each folder.
        jobs: how many at once.

    Returns:
        One answer for each folder, in order.

    """
    by_folder: dict[str, str] = {}
    for file in sorted(files, key=_order):
        by_folder.setdefault(os.path.dirname(file) or ".", file)
    ask = partial(_ask, module=module, root=root, python=python, timeout=timeout)
    with side_by_side(jobs) as threads:
        return list(threads.map(ask, by_folder, by_folder.values()))


def _order(file: str) -> tuple[str, bool, str]:
    """Put last what pytest takes for something else: a bracket is a parameter of a test to it."""
    folder, name = os.path.split(file)
    return folder, name in {"__init__.py", "conftest.py"} or "[" in name, name


def _ask(
    folder: str,
    file: str,
    *,
    module: str,
    root: Path,
    python: str,
    timeout: float,
) -> ImportAnswer:
    with tempfile.TemporaryDirectory(prefix="ssot-codemods-") as temporary:
        shutil.copy(Path(__file__).with_name("import_probe.py"), f"{temporary}/{_PLUGIN}.py")
        answer = Path(temporary, "answer.json")
        output = _run(python, file, module, root, Path(temporary), timeout)
        if not answer.exists():
            return _failed(folder, output)
        values = json.loads(answer.read_bytes())
    return ImportAnswer(
        folder=folder,
        file=values.get("file"),
        error=values.get("error"),
        names=frozenset(values.get("names", ())),
        collected=frozenset(values.get("collected", ())),
        needs_working_folder=values.get("needs_working_folder", False),
        pytest=values["pytest"],
        import_mode=values["import_mode"],
        sys_path=tuple(values["sys_path"]),
        plugins=tuple(values["plugins"]),
        ini_file=values["ini_file"],
    )


def _failed(folder: str, message: str) -> ImportAnswer:
    none: frozenset[str] = frozenset()
    return ImportAnswer(folder, None, message, none, none, False, None, None, (), ())


def _run(
    python: str,
    file: str,
    module: str,
    root: Path,
    temporary: Path,
    timeout: float,
) -> str:
    """Start pytest, and give the end of what it printed, for the case that it did not get far."""
    # Nothing of it may appear in the user's folders: no cache, no bytecode, no coverage data.
    options = ["--collect-only", "-q", "-p", _PLUGIN, "-o", f"cache_dir={temporary}/cache"]
    search = [str(temporary), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(search),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COVERAGE_FILE": f"{temporary}/coverage",
        "HYPOTHESIS_STORAGE_DIRECTORY": f"{temporary}/hypothesis",
        "SSOT_CODEMODS_MODULE": module,
        "SSOT_CODEMODS_ANSWER": f"{temporary}/answer.json",
    }
    command = [python, "-c", _START, *options, os.path.abspath(file)]
    log = temporary / "output"
    if run_process(command, root, environment, timeout, log).timed_out:
        return f"pytest did not get to its test modules in {timeout:g} s"
    return _tail(log.read_bytes())


def _tail(output: bytes) -> str:
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    errors = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
    usage = [line for line in lines if re.match("ERROR: (?!usage)|[^ ]+: error: ", line)]
    last = (errors or usage or lines or ["it printed nothing"])[-1]
    return f"pytest did not get to its test modules: {last}"
