"""Hand files to workers in chunks, and yield their results, even if a worker dies."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain, islice
from multiprocessing import connection, parent_process
from typing import Any, Generic, NamedTuple, TypeVar

from codemods.model import Code, Reason, Source

R = TypeVar("R")

#: The content and the path of one file -> its result. Must be picklable, and must not raise.
Work = Callable[[bytes, str], R]

#: The path of a file, and what its executor says of its worker's death -> its result.
Died = Callable[[str, Exception], R]

_Chunk = tuple[Source, ...]
_Pending = tuple[_Chunk, Future[list[R]]]

#: Opens a new executor; `Executor.shutdown` closes it.
Opener = Callable[[], Executor]

_CHUNK_BYTES = 32 * 1024
_CHUNKS_AHEAD = 4  # for each worker, so that the parent never holds more than it needs


class Pool(NamedTuple):
    """Workers: how many, and how to get hold of them."""

    jobs: int
    open: Opener


def process_pool(jobs: int) -> Pool:
    """Return a pool of processes on this machine, with the default start method of Python."""
    return Pool(jobs, partial(ProcessPoolExecutor, jobs, initializer=_prepare_worker))


def worker_died(error: Exception) -> Reason:
    """Return the reason for a file whose worker died of it."""
    message = f"the worker that had this file died: {type(error).__name__}: {error}"
    return Reason(Code.WORKER_DIED, 1, message)


def _never(content: bytes) -> bool:
    return False


def run(
    work: Work[R],
    sources: Iterable[Source],
    pool: Pool,
    died: Died[R],
    few: int,
    *,
    risky: Callable[[bytes], bool] = _never,
) -> Iterator[R]:
    """Do some work on each file.

    Args:
        work: what to do; only values travel to it and back.
        sources: the files; each is let go of as soon as its chunk is done.
        pool: where to do it.
        died: gives the result for a file whose worker died of it.
        few: up to this many files are done in this process, and no worker is started.
        risky: tells of a content that it may take its process along: not this one, then.

    Returns:
        One result for each file. Their order is that of the files.

    """
    sources = iter(sources)
    first = list(islice(sources, few + 1))
    if len(first) <= few:
        return _here(work, first, pool, died, risky)
    return _Workers(work, pool, died).run(_chunks(chain(first, sources)))


def _here(
    work: Work[R],
    sources: Iterable[Source],
    pool: Pool,
    died: Died[R],
    risky: Callable[[bytes], bool],
) -> Iterator[R]:
    for source in sources:
        if risky(source.content):
            yield from _one_by_one(work, (source,), pool, died)
        else:
            yield from _do_chunk(work, (source,))


def _one_by_one(work: Work[R], chunk: Sequence[Source], pool: Pool, died: Died[R]) -> Iterator[R]:
    """Work on some files in an executor of their own, a new one behind each file that breaks it."""
    executor = pool.open()
    try:
        for source in chunk:
            try:
                results = executor.submit(_do_chunk, work, (source,)).result()
            except Exception as error:  # noqa: BLE001 -- each executor has its own for a dead worker
                results = [died(source.path, error)]
                _let_go(executor)
                executor = pool.open()
            yield from results
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown()


def _do_chunk(work: Work[R], chunk: Sequence[Source]) -> list[R]:
    with without_collector():
        return [work(source.content, source.path) for source in chunk]


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


def _chunks(sources: Iterable[Source]) -> Iterator[_Chunk]:
    chunk: list[Source] = []
    size = 0
    for source in sources:
        chunk.append(source)
        size += len(source.content)
        if size >= _CHUNK_BYTES:
            yield tuple(chunk)
            chunk, size = [], 0
    if chunk:
        yield tuple(chunk)


class _Workers(Generic[R]):
    """Keeps an executor busy, and replaces it when a worker dies."""

    def __init__(self, work: Work[R], pool: Pool, died: Died[R]) -> None:
        self._work = work
        self._pool = pool
        self._died = died
        self._executor = pool.open()

    def run(self, chunks: Iterable[_Chunk]) -> Iterator[R]:
        chunks = iter(chunks)
        pending: deque[_Pending[R]] = deque()
        try:
            while True:
                wanted = self._pool.jobs * _CHUNKS_AHEAD - len(pending)
                pending.extend(self._submit(c) for c in islice(chunks, wanted))
                if not pending:
                    break
                yield from self._result(*pending.popleft())
        except BaseException:  # also where nobody wants the rest
            self._executor.shutdown(wait=False, cancel_futures=True)
            raise
        self._executor.shutdown()

    def _submit(self, chunk: _Chunk) -> _Pending[R]:
        try:
            future = self._executor.submit(_do_chunk, self._work, chunk)
        except BrokenExecutor:
            _let_go(self._executor)
            self._executor = self._pool.open()
            future = self._executor.submit(_do_chunk, self._work, chunk)
        return chunk, future

    def _result(self, chunk: _Chunk, future: Future[list[R]]) -> Iterable[R]:
        try:
            return future.result()
        except Exception:  # noqa: BLE001 -- each executor has its own for a dead worker
            # It takes along what the other workers had in hand, so it need not be this chunk.
            _unblock(self._executor)
            return _one_by_one(self._work, chunk, self._pool, self._died)


def _let_go(executor: Executor) -> None:
    """Shut down an executor whose worker died, without waiting for it."""
    _unblock(executor)
    executor.shutdown(wait=False, cancel_futures=True)


def _unblock(executor: Executor) -> None:
    """Read what the workers of a broken executor do not, so that the thread that writes it ends.

    Before 3.11.5 it waits for ever else, and so does the end of this process:
    https://github.com/python/cpython/issues/94777.
    """
    if sys.version_info >= (3, 11, 5) or not getattr(executor, "_broken", False):
        return
    queue: Any = getattr(executor, "_call_queue", None)
    manager: Any = getattr(executor, "_executor_manager_thread", None)
    while queue is not None and manager is not None and manager.is_alive():
        with suppress(OSError, EOFError):  # it was closed meanwhile
            if queue._reader.poll():
                queue._reader.recv_bytes()
        manager.join(0.01)


def _prepare_worker() -> None:
    """Leave Ctrl-C and a closed terminal to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)
