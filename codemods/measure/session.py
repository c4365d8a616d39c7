"""Run pytest once, in a session of its own, with the probe; leave no process behind.

POSIX only: process groups, ``os.wait4``. A shell stands between this process and pytest, so that a
test that kills the parent of its process does not kill this one. What a test starts in a session
of its own is found through Linux's /proc: each process below pytest, and each one that has the mark
of this run in its environment. (A process that gave up both is not found.)
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from codemods.measure.model import MeasureError, Session

PLUGIN = "ssot_codemods_probe"
_PROBE = Path(__file__).with_name("probe.py")
_MARK = "SSOT_CODEMODS_RUN"
_TAIL = 4000
#: What FORCE_COLOR brings; our own text has none.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SHELL = ["/bin/sh", "-c", '"$@"; exit $?', "sh"]
#: What runs now: the process group, and the mark of the run. Threads may run several.
_running: dict[int, str] = {}
_interrupted = threading.Event()
_HAS_MODULE = "import importlib.util, sys; sys.exit(importlib.util.find_spec({!r}) is None)"


def run_pytest(
    arguments: Sequence[str],
    *,
    root: Path,
    python: Path | str = sys.executable,
    timeout: float | None = None,
    environment: Mapping[str, str] | None = None,
    interpreter_options: Sequence[str] = (),
    probe_options: Sequence[str] = (),
    early: bool = True,
    same: Sequence[str] = (),
    stderr: Path | None = None,
) -> Session:
    """Run ``python -m pytest`` in a folder and give what the probe saw.

    Nothing is raised for what happens inside: a timeout, a crash, a missing pytest are values. The
    user's cache of pytest (``.pytest_cache``) is left alone, and ``--maxfail`` and ``-x`` of the
    configuration do not count (a later option wins).

    Args:
        arguments: options and paths for pytest.
        root: the folder to run in.
        python: the interpreter to run.
        timeout: seconds until the run is killed; None for no limit.
        environment: the whole environment; None for that of this process.
        interpreter_options: options of the interpreter itself, such as ``-X importtime``.
        probe_options: ``imports``, ``list``; see `codemods.measure.probe`.
        early: load the probe before all other plugins, which times them. A worker of pytest-xdist
            on another machine has no probe: there, say False.
        same: files, relative to `root`, that a worker on another machine must have as they are
            here; else the session has a problem.
        stderr: a file for standard error; None to put it with standard output.

    Raises:
        MeasureError: there is no such interpreter or no such folder.

    """
    with tempfile.TemporaryDirectory(prefix="ssot-codemods-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "plugin").mkdir()
        shutil.copyfile(_PROBE, folder / "plugin" / f"{PLUGIN}.py")
        document = folder / "document.json"
        variables = dict(os.environ if environment is None else environment)
        variables.update({
            "SSOT_CODEMODS_PROBE": str(document),
            "SSOT_CODEMODS_PROBE_OPTIONS": ",".join(probe_options),
        })  # fmt: skip
        if same:
            digests = {
                path: hashlib.sha256((root / path).read_bytes()).hexdigest() for path in same
            }
            (folder / "same.json").write_text(json.dumps([root.resolve().name, digests]))
            variables["SSOT_CODEMODS_PROBE_SAME"] = str(folder / "same.json")
        _append(variables, "PYTHONPATH", str(folder / "plugin"), os.pathsep)
        if not early:
            _append(variables, "PYTEST_PLUGINS", PLUGIN, ",")
        found = shutil.which(python, path=variables.get("PATH"))
        if found is None:
            raise MeasureError(f"there is no interpreter {python}")
        # Absolute, as it is started in another folder; not resolved, or it would leave its venv.
        interpreter = str(Path(found).absolute())
        command = [*_SHELL, interpreter, *interpreter_options, "-m", "pytest"]
        command += ["-p", PLUGIN] if early else []
        command += ["-o", f"cache_dir={folder / 'cache'}", "--maxfail=0", *arguments]
        out = folder / "output"
        ended = run_process(command, root, variables, timeout, out, stderr)
        seen = _read_document(document)
        tail = _tail(out)
        return Session(
            complete=bool(seen and seen["complete"]) and not ended.timed_out,
            exit_code=ended.exit_code,
            timed_out=ended.timed_out,
            wall=ended.wall,
            cpu=ended.cpu,
            peak_memory=(seen or {}).get("peak_memory") or ended.peak_memory,
            document=seen,
            problem=_problem(ended, seen, tail, root, interpreter, timeout, variables),
            output_tail=tail,
        )


class Ended:
    """How a process ended: seconds, bytes, and its exit code or the negative number of a signal."""

    def __init__(self) -> None:
        self.exit_code = 0
        self.timed_out = False
        self.wall = 0.0
        self.cpu = 0.0
        self.peak_memory = 0


def run_process(
    command: Sequence[str],
    root: Path,
    variables: Mapping[str, str],
    timeout: float | None,
    out: Path,
    err: Path | None = None,
) -> Ended:
    """Run a command to its end, and leave nothing of it behind.

    Args:
        command: the program and its arguments.
        root: the folder to run in.
        variables: its environment.
        timeout: seconds until it is killed; None for no limit.
        out: a file for what it prints.
        err: a file for standard error; None to put it with standard output.

    Raises:
        MeasureError: it cannot be started.

    """
    ended = Ended()
    token = uuid.uuid4().hex
    with out.open("wb") as stdout, (err or out).open("ab") as stderr:
        begin = time.perf_counter()
        try:
            process = subprocess.Popen(
                command,
                cwd=root,
                env={**variables, _MARK: token},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        except OSError as error:
            raise MeasureError(f"{command[0]} cannot be started in {root}: {error}") from error
        done = threading.Event()

        def wait() -> None:
            _, status, usage = os.wait4(process.pid, 0)
            ended.wall = time.perf_counter() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
            ended.exit_code = _signal_or_code(process.returncode)
            ended.cpu = usage.ru_utime + usage.ru_stime
            unit = 1 if sys.platform == "darwin" else 1024
            ended.peak_memory = usage.ru_maxrss * unit
            done.set()

        waiter = threading.Thread(target=wait, name="ssot-codemods-wait", daemon=True)
        waiter.start()
        _running[process.pid] = token
        try:
            ended.timed_out = not _wait(done, timeout)
        finally:
            _end(process.pid, token, running=not done.is_set())
            waiter.join()
            del _running[process.pid]
    return ended


@contextlib.contextmanager
def side_by_side(jobs: int) -> Iterator[ThreadPoolExecutor]:
    """Give threads for runs side by side; Ctrl-C, which they do not hear of, ends what they run."""
    with ThreadPoolExecutor(jobs) as threads:
        try:
            yield threads
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            _interrupted.set()
            for group, token in list(_running.items()):
                _end(group, token, running=True)
            threads.shutdown()
            _interrupted.clear()
            raise


def _wait(done: threading.Event, timeout: float | None) -> bool:
    return _interrupted.is_set() or done.wait(timeout)


def _signal_or_code(code: int) -> int:
    """Give the negative number of a signal, which a shell reports as 128 and more."""
    # Only those with a name: a test may end its process with any code.
    return 128 - code if code - 128 in {*signal.Signals} else code


def _end(group: int, token: str, *, running: bool) -> None:
    """Kill the whole group, and what is left of the run elsewhere, until nothing is."""
    if running:
        # Before their parents die, and they are nobody's children.
        _kill(_descendants(group))
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    for _ in range(50):
        left = set(_marked(token))
        if not left:
            return
        _kill(left)
        time.sleep(0.01)


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _processes() -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from (p for p in Path("/proc").iterdir() if p.name.isdigit())


def _marked(token: str) -> Iterator[int]:
    mark = f"{_MARK}={token}".encode()
    for process in _processes():
        with contextlib.suppress(OSError):
            # A process that has ended and was not waited for has an empty one.
            if mark in (process / "environ").read_bytes().split(b"\0"):
                yield int(process.name)


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for process in _processes():
        with contextlib.suppress(OSError, ValueError, IndexError):
            # pid (name) state parent ...; the name may hold anything.
            parent = int(
                (process / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1]
            )
            children.setdefault(parent, []).append(int(process.name))
    found: list[int] = []
    todo = [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def _append(variables: dict[str, str], name: str, value: str, separator: str) -> None:
    old = variables.get(name)
    variables[name] = f"{old}{separator}{value}" if old else value


def _read_document(path: Path) -> dict[str, Any] | None:
    # pytest takes a tenth of a second to import, and most runs are complete.
    from codemods.measure.probe import read_document

    return read_document(path)


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        return _COLOUR.sub("", file.read().decode("utf-8", "replace"))


def _problem(
    ended: Ended,
    seen: dict[str, Any] | None,
    tail: str,
    root: Path,
    python: str,
    timeout: float | None,
    variables: dict[str, str],
) -> str:
    """Say what went wrong, from what the probe wrote and how the process ended."""
    while_ = f" while it ran {seen['running']}" if seen and seen["running"] else ""
    if ended.timed_out:
        return f"killed after {timeout:g} s{while_}"
    problems = "; ".join(seen["problems"]) if seen else ""
    if seen is not None and seen["complete"]:
        return problems
    if seen is not None and (problems or seen["conftest_errors"]):
        return "; ".join([*seen["problems"], *seen["conftest_errors"]])
    if ended.exit_code < 0:
        return f"pytest was killed by {_name_of(-ended.exit_code)}{while_}"
    if seen is None and not has_module("pytest", python, root, variables):
        return f"{python} has no pytest"
    last = "\n".join(tail.strip().splitlines()[-8:])
    if seen is None or "pytest" not in seen:
        return f"pytest did not start its session (exit code {ended.exit_code}): {last}"
    return f"pytest ended with exit code {ended.exit_code}{while_}, before its session was over"


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # one of those for real time has no name
        return f"signal {number}"


def has_module(
    name: str, python: str, root: Path | None = None, variables: Mapping[str, str] | None = None
) -> bool:
    """Tell whether an interpreter finds a module, started in some folder and environment."""
    try:
        done = subprocess.run(
            [python, "-c", _HAS_MODULE.format(name)],
            cwd=root,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        # Then the output of the run itself says more.
        return True
    return done.returncode == 0
