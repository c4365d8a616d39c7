"""Run pytest once, in a session of its own, with the plugin of `probe`."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from codemods.measure.model import MeasureError
from codemods.measure.process import Ended, run_process
from codemods.measure.record import Follower, SessionRecord, read_record

_PROBE = Path(__file__).with_name("probe")
#: The name of its copy, which no package of a repository has.
_COPY = "ssot_codemods_probe"
PLUGIN = f"{_COPY}.plugin"
_TAIL = 4000
#: What FORCE_COLOR brings; our own text has none.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SHELL = ["/bin/sh", "-c", '"$@"; exit $?', "sh"]
_HAS_MODULE = "import importlib.util, sys; sys.exit(importlib.util.find_spec({!r}) is None)"


class Session(NamedTuple):
    """One run of pytest.

    `record` is what the plugin saw of it, empty where it was never loaded. `problem` says for
    people what went wrong, and is empty where nothing did: errors at collection and tests that fail
    are results. `wall` and `cpu` are seconds.
    """

    record: SessionRecord
    problem: str
    wall: float
    cpu: float


class Pytest(NamedTuple):
    """How pytest is started.

    `root` is the folder to run in, `python` the interpreter; `timeout` is in seconds for each run,
    None for no limit. `environment` is the whole environment; that of this process unless given.
    `progress` is told of each test that ends, and how many there are.
    """

    root: Path
    python: str = sys.executable
    timeout: float | None = None
    environment: Mapping[str, str] = os.environ
    progress: Callable[[int, int], None] | None = None

    def run(self, *arguments: str, probe_options: Sequence[str] = ()) -> Session:
        """Run ``python -m pytest``, and return what the plugin saw.

        Nothing is raised for what happens inside: a timeout, a crash, a missing pytest are values;
        only where there is no such interpreter or folder, it is a `MeasureError`. The user's cache
        of pytest (``.pytest_cache``) is left alone, and ``--maxfail`` and ``-x`` of the
        configuration do not count (a later option wins). For `probe_options`, see
        `codemods.measure.probe.plugin`.
        """
        with tempfile.TemporaryDirectory(
            prefix="ssot-codemods-", ignore_cleanup_errors=True
        ) as name:
            folder = Path(name)
            variables = self._variables(folder, probe_options)
            started = self._replace(python=self._interpreter(), environment=variables)
            command = [*_SHELL, started.python, "-m", "pytest", "-p", PLUGIN]
            command += ["-o", f"cache_dir={folder / 'cache'}", "--maxfail=0", *arguments]
            out = folder / "output"
            watch = Follower(folder / "lines", self.progress).follow
            ended = run_process(command, self.root, variables, self.timeout, out, watch)
            watch()  # of the tests that ended since it looked last
            record = read_record(folder / "lines")
            problem = started._problem(ended, record, _tail(out))
        return Session(record, problem, ended.wall, ended.cpu)

    def collect(self, *arguments: str, **options: Any) -> Session:
        """Run ``pytest --collect-only -q``; the options are those of `run`."""
        return self.run("--collect-only", "-q", *arguments, **options)

    def has_module(self, name: str) -> bool:
        """Whether the interpreter finds a module, or cannot be asked: then a run says more."""
        command = [self.python, "-c", _HAS_MODULE.format(name)]
        try:
            with tempfile.TemporaryDirectory(prefix="ssot-codemods-") as folder:
                out = Path(folder, "output")
                ended = run_process(command, self.root, self.environment, 60, out)
        except MeasureError:
            return True
        return ended.timed_out or ended.exit_code == 0

    def _interpreter(self) -> str:
        found = shutil.which(self.python, path=self.environment.get("PATH"))
        if found is None:
            raise MeasureError(f"there is no interpreter {self.python}")
        # Absolute, as it is started in another folder; not resolved, or it would leave its venv.
        return str(Path(found).absolute())

    def _variables(self, folder: Path, probe_options: Sequence[str]) -> dict[str, str]:
        """Return the environment for one run, and put the plugin where it is found."""
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(_PROBE, folder / "plugin" / _COPY, ignore=ignored)
        variables = {
            **self.environment,
            "SSOT_CODEMODS_PROBE": str(folder / "lines"),
            "SSOT_CODEMODS_PROBE_OPTIONS": ",".join(probe_options),
        }
        search = [self.environment.get("PYTHONPATH", ""), str(folder / "plugin")]
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, search))
        return variables

    def _problem(self, ended: Ended, seen: SessionRecord, tail: str) -> str:
        """Return what went wrong, from what the plugin saw and how the process ended."""
        doing = f" while it ran {seen.running}" if seen.running else ""
        if ended.timed_out:
            return f"killed after {self.timeout:g} s{doing}"
        if seen.exit_code is not None:
            return "; ".join(seen.problems)
        if seen.problems or seen.conftest_errors:
            conftests = (f"{path}: {error}" for path, error in seen.conftest_errors.items())
            return "; ".join([*seen.problems, *conftests])
        if ended.exit_code < 0:
            return f"pytest was killed by {signal.Signals(-ended.exit_code).name}{doing}"
        if not seen.facts.pytest:
            if not self.has_module("pytest"):
                need = "name the interpreter of your tests by --python"
                return f"{self.python} has no pytest: {need}"
            last = " | ".join(map(str.strip, tail.strip().splitlines()[-8:]))
            hint = "--python names another interpreter"
            return f"pytest did not start its session (exit code {ended.exit_code}; {hint}): {last}"
        return f"pytest ended with exit code {ended.exit_code}{doing}, before its session was over"


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        return _COLOUR.sub("", file.read().decode("utf-8", "replace"))
