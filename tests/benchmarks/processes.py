"""Commands as they are measured: their seconds, and the memory of a process and its workers."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

SAMPLED_EVERY = 0.005


@dataclass(frozen=True)
class Command:
    """A command line, the folder to run it in, and what it reads from standard input."""

    arguments: tuple[str, ...]
    folder: Path
    stdin: bytes = b""

    def run(self) -> subprocess.CompletedProcess[bytes]:
        """Run it to its end; 0 and 1 are the statuses of a command that did its work."""
        result = subprocess.run(
            self.arguments, cwd=self.folder, input=self.stdin, capture_output=True
        )
        if result.returncode not in {0, 1}:
            shown = result.stderr.decode(errors="replace")[-2000:]
            raise SystemExit(f"{self.arguments}: exit status {result.returncode}\n{shown}")
        return result


@dataclass(frozen=True)
class Peaks:
    """The most memory that a process held, and the most that one of its workers added, in MB."""

    parent: float
    worker: float


def seconds(*commands: Command) -> Callable[[], float]:
    """Return a function that runs the commands one after the other, and returns the seconds."""

    def measure() -> float:
        start = time.perf_counter()
        for command in commands:
            command.run()
        return time.perf_counter() - start

    return measure


def in_turns(
    rounds: int, first: Callable[[], float], second: Callable[[], float]
) -> tuple[float, float, float]:
    """Return the medians of both and of their ratios; each side is first in every other round."""
    firsts, seconds = [], []
    for number in range(rounds):
        if number % 2:
            seconds.append(second())
            firsts.append(first())
        else:
            firsts.append(first())
            seconds.append(second())
    ratios = [one / other for one, other in zip(firsts, seconds, strict=True)]
    return median(firsts), median(seconds), median(ratios)


def peaks(command: Command) -> Peaks:
    """Run a command and watch its memory through /proc.

    The resource usage that `wait4` gives would not do: its maximum is that of the process and of
    the children it waited for. The high-water mark in /proc never falls, so that only what is
    reached within the last milliseconds of a process can be missed. Of a worker only what it does
    not share with its parent is counted: it begins as a copy of all that the parent holds.
    """
    quiet = subprocess.DEVNULL
    marks: dict[int, int] = {}
    samples: Counter[int] = Counter()
    with subprocess.Popen(command.arguments, cwd=command.folder, stdout=quiet, stderr=quiet) as run:
        program = _program(run.pid)
        while run.poll() is None:
            for pid in _family(run.pid):
                if _program(pid) == program:
                    samples[pid] += 1
                    held = _high_water_mark(pid) if pid == run.pid else _added(pid)
                    marks[pid] = max(marks.get(pid, 0), held)
            time.sleep(SAMPLED_EVERY)
    if run.returncode not in {0, 1}:
        raise SystemExit(f"{command.arguments}: exit status {run.returncode}")
    # A child that is about to become git shares the memory of its parent for a moment.
    workers = [mark for pid, mark in marks.items() if pid != run.pid and samples[pid] > 2]
    return Peaks(marks[run.pid] / 1024, max(workers, default=0) / 1024)


def _family(pid: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(children).split():
            yield from _family(int(child))


def _program(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:  # it has ended
        return ""


def _high_water_mark(pid: int) -> int:
    """Return the most memory that a process held so far, in KB."""
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def _added(pid: int) -> int:
    """Return the most memory that a process held so far, without what others hold too, in KB."""
    lines = _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines()
    shared = sum(int(line.split()[1]) for line in lines if line.startswith("Shared_"))
    return max(0, _high_water_mark(pid) - shared) if lines else 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process has ended
        return ""
