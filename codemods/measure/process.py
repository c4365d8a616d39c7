"""Run a command to its end, and leave no process of it behind.

POSIX only: process groups, ``os.wait4``. A shell stands between this process and the command, so
that a test that kills the parent of its process does not kill this one. What the command starts in
a session of its own is found through Linux's /proc: each process below it, and each one that has
the mark of this run in its environment. (A process that gave up both is not found.)
"""

from __future__ import annotations

import contextlib
import math
import os
import shlex
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from codemods.interrupts import uninterrupted
from codemods.measure.model import MeasureError

_MARK = "SSOT_CODEMODS_RUN"
_WATCH_EVERY = 0.2  # seconds
#: The exit code of what did not end in time, as timeout(1) has it.
TIMED_OUT = 124
#: What runs now: the process group, and the mark of the run. Threads may run several.
_running: dict[int, str] = {}
_interrupted = threading.Event()


@dataclass(slots=True)
class Ended:
    """How a process ended: seconds, and its exit code or the negative number of a signal."""

    exit_code: int = 0
    timed_out: bool = False
    wall: float = 0.0
    cpu: float = 0.0


def run_process(
    command: Sequence[str],
    root: Path,
    variables: Mapping[str, str],
    timeout: float | None,
    out: Path,
    watch: Callable[[], None] = lambda: None,
) -> Ended:
    """Run a command to its end, and leave nothing of it behind.

    It runs in the folder `root`, with `variables` as its environment; after `timeout` seconds it is
    killed. What it prints goes to the file `out`. `watch` is called again and again while it runs.
    A command that cannot be started is a `MeasureError`.
    """
    ended = Ended()
    token = uuid.uuid4().hex
    with out.open("wb") as output:
        begin = time.perf_counter()
        done = threading.Event()
        process: subprocess.Popen[bytes] | None = None

        def wait(process: subprocess.Popen[bytes]) -> None:
            _, status, usage = os.wait4(process.pid, 0)
            ended.wall = time.perf_counter() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
            ended.exit_code = _signal_or_code(process.returncode)
            ended.cpu = usage.ru_utime + usage.ru_stime
            done.set()

        try:
            with uninterrupted():
                process = _started(command, root, {**variables, _MARK: token}, output)
                waiter = threading.Thread(target=wait, args=[process], daemon=True)
                waiter.start()
                _running[process.pid] = token
            ended.timed_out = not _wait(done, timeout, watch)
        finally:
            if process is not None:
                with uninterrupted():
                    _end(process.pid, token, running=not done.is_set())
                    waiter.join()
                    del _running[process.pid]
    return ended


def _started(
    command: Sequence[str], root: Path, variables: Mapping[str, str], out: BinaryIO
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            cwd=root,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise MeasureError(f"{command[0]} cannot be started in {root}: {error}") from error


def run_commands(commands: Sequence[str], root: Path, timeout: float | None) -> dict[str, int]:
    """Run commands one after the other, without a shell; each for `timeout` seconds at most.

    Returns the exit code of each: the negative number of a signal that ended it, 124 where it did
    not end in time. One that cannot be started is a `MeasureError`.
    """
    codes = {}
    with tempfile.TemporaryDirectory(prefix="ssot-codemods-") as folder:
        out = Path(folder, "output")
        for command in commands:
            ended = run_process(shlex.split(command), root, os.environ, timeout, out)
            codes[command] = TIMED_OUT if ended.timed_out else ended.exit_code
    return codes


@contextlib.contextmanager
def side_by_side(jobs: int) -> Iterator[ThreadPoolExecutor]:
    """Yield threads for runs side by side; an interrupt here ends what they run."""
    with ThreadPoolExecutor(jobs) as threads:
        try:
            yield threads
        except BaseException:
            with uninterrupted():
                threads.shutdown(wait=False, cancel_futures=True)
                _interrupted.set()
                for group, token in list(_running.items()):
                    _end(group, token, running=True)
                threads.shutdown()
                _interrupted.clear()
            raise


def _wait(done: threading.Event, timeout: float | None, watch: Callable[[], None]) -> bool:
    end = time.monotonic() + (math.inf if timeout is None else timeout)
    while not _interrupted.is_set() and not done.wait(min(_WATCH_EVERY, end - time.monotonic())):
        if time.monotonic() >= end:
            return False
        watch()
    return True


def _signal_or_code(code: int) -> int:
    """Return the negative number of a signal, which a shell reports as 128 and more."""
    # Only those with a name: a test may end its process with any code.
    return 128 - code if code - 128 in {*signal.Signals} else code


def _end(group: int, token: str, *, running: bool) -> None:
    """Kill the whole group, and what is left of the run elsewhere, until nothing is."""
    if running:
        # Before their parents end, after which they can no longer be found as descendants.
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
