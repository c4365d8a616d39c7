"""Hand files to worker processes in chunks, and yield their results, whatever a file does."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import connection, parent_process
from pathlib import Path
from typing import Any, Generic, NamedTuple

from codemods.engine.run import (
    Failed,
    Item,
    Pool,
    R,
    T,
    Wanted,
    Work,
    everything,
    one_by_one,
    small_here,
)
from codemods.model import Code, Reason

#: How many chunks are at work or done, for each worker: so many files does the parent hold.
CHUNKS_AHEAD = 4
_CHUNK_BYTES = 32 * 1024
#: In a chunk, at most: the files that a worker reads itself have no size here.
_CHUNK_FILES = 128

#: In seconds, where the user gives no other.
FILE_TIMEOUT = 30.0

#: In seconds: a signal that comes just before a wait is heard only behind it.
_PATIENCE = 0.2


class ProcessPool(NamedTuple):
    """Up to `jobs` processes of this machine; each file may take `file_timeout` seconds.

    The seconds are those of processor time: what else the machine does changes no outcome. The
    kernel ends the process of a file that takes longer: what LibCST's parser does,
    nothing within the process could interrupt.
    """

    jobs: int
    file_timeout: float = FILE_TIMEOUT

    def __call__(
        self,
        work: Work[T, R],
        items: Iterable[T],
        failed: Failed[R],
        /,
        wanted: Wanted[T] = everything,
    ) -> Iterator[R]:
        """Do some work on each file, as `Pool` says."""
        crew = _Crew(self, (work, wanted), failed)
        try:
            yield from crew.run(chunks(items))
        finally:  # also where nobody wants the rest
            crew.end()


#: Does a few files that this process needs: by a worker where one is not small.
careful: Pool = small_here(ProcessPool(1))


def worker_died(how: str) -> Reason:
    """Return the reason for a file whose worker died of it."""
    return Reason(Code.WORKER_DIED, 1, f"the worker that had this file died: {how}")


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the cyclic collector from going through syntax trees: they have no cycles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def chunks(items: Iterable[Item], least: int = _CHUNK_BYTES) -> Iterator[list[Item]]:
    """Yield the files some at a time: small ones together, `least` bytes or more."""
    chunk: list[Item] = []
    size = 0
    for item in items:
        chunk.append(item)
        size += item.size
        if size >= least or len(chunk) == _CHUNK_FILES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


class _Chunk(Generic[R]):
    """Some files, those `left` to be done, and the results of the others that are wanted.

    They are done together, but one by one where a worker died of one of them.
    """

    def __init__(self, items: list[Item]) -> None:
        self.left = items
        self.results: list[R] = []
        self._at_once = len(items)

    @property
    def next(self) -> list[Item]:
        return self.left[: self._at_once]

    def add(self, results: list[R]) -> None:
        """Add the results of the next files."""
        self.results += results
        self.left = self.left[self._at_once :]

    def fail(self, failed: Callable[[str], R]) -> None:
        """Take the next file for failed, if there is but one: else do each alone."""
        if len(self.next) == 1:
            self.add([failed(self.left[0].path)])
        self._at_once = 1


class _Fault(NamedTuple):
    """What a worker returns for a file that our own code failed on."""

    path: str
    reason: Reason


#: What to do, and with which files.
_Wanting = tuple[Work[Any, Any], Wanted[Any]]


class _Worker:
    """A process at the other end of a connection."""

    def __init__(self, work: _Wanting, file_timeout: float) -> None:
        self.connection, theirs = multiprocessing.Pipe()
        arguments = (theirs, *work, file_timeout)
        self._process = _context().Process(target=_serve, args=arguments, daemon=True)
        with _beside_no_module():
            self._process.start()
        theirs.close()  # so that ours ends when the process does

    def end(self) -> int:
        """End the process, and return its exit code: a negative one is that of a signal."""
        self.connection.close()
        self._process.kill()
        self._process.join()
        return self._process.exitcode or 0


class _Crew(Generic[R]):
    """Keeps workers busy, and replaces those that die."""

    def __init__(self, pool: ProcessPool, work: _Wanting, failed: Failed[R]) -> None:
        self._pool = pool
        self._work = work
        self._failed = failed
        self._waiting: deque[_Chunk[R]] = deque()
        self._idle: list[_Worker] = []
        self._busy: dict[Any, tuple[_Worker, _Chunk[R]]] = {}

    def run(self, given: Iterator[list[Item]]) -> Iterator[R]:
        """Yield the results in the order of the files."""
        ahead: deque[_Chunk[R]] = deque()
        while True:
            items = next(given, None) if len(ahead) < self._pool.jobs * CHUNKS_AHEAD else None
            if items is not None:
                ahead.append(_Chunk(items))
                self._waiting.append(ahead[-1])
            elif not ahead:
                return
            self._hand_out()
            for ready in connection.wait(list(self._busy), 0 if items is not None else _PATIENCE):
                self._receive(*self._busy[ready])
            while ahead and not ahead[0].left:
                yield from ahead.popleft().results

    def end(self) -> None:
        """End all workers."""
        for worker in (*self._idle, *(worker for worker, _ in self._busy.values())):
            worker.end()

    def _hand_out(self) -> None:
        while self._waiting and (self._idle or len(self._busy) < self._pool.jobs):
            worker = self._idle.pop() if self._idle else self._started()
            chunk = self._waiting.popleft()
            self._busy[worker.connection] = worker, chunk
            with suppress(OSError):  # it is dead, which its connection tells when it is read
                worker.connection.send(chunk.next)

    def _started(self) -> _Worker:
        # A signal that came before the worker is ready for it would end it with a traceback, and
        # one that came while the other end of its connection is let go of would not be heard.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLERS)
        try:
            return _Worker(self._work, self._pool.file_timeout)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _receive(self, worker: _Worker, chunk: _Chunk[R]) -> None:
        """Take the results of some files, or that there will be none."""
        del self._busy[worker.connection]
        try:
            results = worker.connection.recv()
        except (EOFError, OSError):
            reason = self._reason(worker.end())
            chunk.fail(lambda path: self._failed(path, reason))
        else:
            self._idle.append(worker)
            chunk.add([self._failed(*r) if isinstance(r, _Fault) else r for r in results])
        if chunk.left:
            self._waiting.appendleft(chunk)

    def _reason(self, code: int) -> Reason:
        if code == -signal.SIGPROF:
            limit = f"not done after {self._pool.file_timeout:g} seconds of processor time"
            advice = "exclude it, or allow more by --file-timeout"
            return Reason(Code.TOO_SLOW, 1, f"{limit}: {advice}")
        return worker_died(signal.Signals(-code).name if code < 0 else f"exit code {code}")


def _context() -> Any:
    """Return how to start a process: by fork, the fastest way, where no thread is in its way."""
    if sys.platform != "linux":
        return multiprocessing.get_context()
    return multiprocessing.get_context("fork" if threading.active_count() == 1 else "forkserver")


@contextmanager
def _beside_no_module() -> Iterator[None]:
    """Leave the working directory, which may be a clone from a stranger, as a process is started.

    Where it is not forked, it is a ``python -c``, which looks there for modules first of all, until
    multiprocessing has given it our `sys.path`. In the folder of the standard library it finds what
    it looks for. `PYTHONSAFEPATH` would need Python 3.11. Threads of a Dask worker take turns.
    """
    with _TURN:
        here = os.open(os.curdir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.chdir(Path(os.__file__).parent)
            yield
        finally:
            os.fchdir(here)
            os.close(here)


_TURN = threading.Lock()


#: What a worker makes of signals: those of the terminal are a matter of the parent.
_HANDLERS = {
    signal.SIGINT: signal.SIG_IGN,
    signal.SIGHUP: signal.SIG_IGN,
    signal.SIGTSTP: signal.SIG_IGN,
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGPROF: signal.SIG_DFL,
}


def _serve(parent: Any, work: Work[Any, Any], wanted: Wanted[Any], file_timeout: float) -> None:
    """Work on the files that the parent sends, until it ends this process."""
    try:
        for number, handler in _HANDLERS.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HANDLERS)
        threading.Thread(target=_end_with_parent, daemon=True).start()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what CPython or LibCST says as it crashes
        gc.disable()
        while True:
            results: list[Any] = []
            pending = deque(parent.recv())
            while pending:  # each is let go of as soon as it is done
                signal.setitimer(signal.ITIMER_PROF, file_timeout)
                results += one_by_one(work, [pending.popleft()], _Fault, wanted)
                signal.setitimer(signal.ITIMER_PROF, 0)
            parent.send(results)
    finally:
        os._exit(1)


def _end_with_parent() -> None:
    process = parent_process()
    assert process is not None
    connection.wait([process.sentinel])
    os._exit(1)
