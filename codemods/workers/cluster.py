"""The same chunks on a running Dask cluster; needs the extra ``distributed``."""

from __future__ import annotations

import gc
import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from codemods.engine.run import Failed, Item, R, T, Wanted, Work, everything
from codemods.model import UsageError
from codemods.workers.pool import (
    CHUNKS_AHEAD,
    FILE_TIMEOUT,
    ProcessPool,
    chunks,
    without_collector,
    worker_died,
)


class Cluster(NamedTuple):
    """The workers of a running cluster, `jobs` in all; the limit is that of a `ProcessPool`.

    The contents of the files travel to them and values travel back: they need this package, and no
    disk in common with us.
    """

    client: Any
    jobs: int
    file_timeout: float

    def __call__(
        self,
        work: Work[T, R],
        items: Iterable[T],
        failed: Failed[R],
        /,
        wanted: Wanted[T] = everything,
    ) -> Iterator[R]:
        """Do some work on each file, as `Pool` says."""
        given = chunks(_read(items, wanted), _CHUNK_BYTES)
        ahead: deque[tuple[list[Item], Any]] = deque()
        try:
            while True:
                for chunk in islice(given, self.jobs * CHUNKS_AHEAD - len(ahead)):
                    # Not pure: a chunk that is handed in again is to be done again.
                    arguments = work, chunk, failed, self.file_timeout
                    ahead.append((chunk, self.client.submit(_do_chunk, *arguments, pure=False)))
                if not ahead:
                    return
                chunk, future = ahead.popleft()
                try:
                    results = future.result()
                except Exception as error:  # noqa: BLE001 -- which ones Dask raises is its matter
                    reason = worker_died(f"{type(error).__name__}: {error}")
                    results = [failed(item.path, reason) for item in chunk]
                yield from results
        finally:  # also where nobody wants the rest
            self.client.cancel([future for _, future in ahead])


def _read(items: Iterable[T], wanted: Wanted[T]) -> Iterator[Item]:
    """Yield the files that are wanted with their contents, as they are to travel."""
    return (item for item in items if wanted(item) and item.content is not None)


#: A process is started for each chunk.
_CHUNK_BYTES = 256 * 1024


def _do_chunk(work: Work[T, R], chunk: list[T], failed: Failed[R], file_timeout: float) -> list[R]:
    """Do some files in a process of this machine: Dask could not end one that takes too long."""
    # Dask's workers are daemons, which may have no child: ours does not outlive them.
    multiprocessing.current_process().daemon = False
    return list(ProcessPool(1, file_timeout)(work, chunk, failed))


def cluster_pool(address: str, file_timeout: float | None = None) -> Cluster:
    """Return the workers of a running cluster.

    Args:
        address: of its scheduler, as ``tcp://host:8786``.
        file_timeout: of processor time for each file, in seconds; None for the default.

    Raises:
        UsageError: the extra is not installed, or no scheduler answers.

    """
    try:
        from distributed import Client
    except ImportError as error:
        message = "--scheduler needs Dask: pip install 'ssot-codemods[distributed]'"
        raise UsageError(message) from error
    # A client that failed closes itself when it is collected. As Python ends, or while another one
    # is made, that would wait for a lock for ever: so it is collected here, and not then.
    client: Any = None
    failure = ""
    with without_collector():
        try:
            client = Client(address, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError, AssertionError) as error:  # Dask asserts of odd addresses
            failure = str(error) or "no address"
    if client is None:
        gc.collect()
        raise UsageError(f"--scheduler {address}: {failure}")
    jobs = sum(client.nthreads().values())
    if not jobs:
        raise UsageError(f"--scheduler {address}: it has no workers")
    return Cluster(client, jobs, file_timeout or FILE_TIMEOUT)
