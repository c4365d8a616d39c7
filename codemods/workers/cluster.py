"""The same chunks on a running Dask cluster; needs the extra ``distributed``."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from codemods.model import UsageError
from codemods.workers.pool import (
    CHUNKS_AHEAD,
    Failed,
    Item,
    R,
    Work,
    chunks,
    without_collector,
    worker_died,
)


class Cluster(NamedTuple):
    """The workers of a running cluster, `jobs` in all; it has no limit of time for one file.

    The contents of the files travel to them and values travel back: they need this package, and no
    disk in common with us.
    """

    client: Any
    jobs: int

    def run(self, work: Work[R], items: Iterable[Item], failed: Failed[R]) -> Iterator[R]:
        """Do some work on each file, as `Pool.run` says."""
        given = chunks(items)
        ahead: deque[tuple[list[Item], Any]] = deque()
        try:
            while True:
                wanted = self.jobs * CHUNKS_AHEAD - len(ahead)
                ahead.extend((c, self._submit(work, c)) for c in islice(given, wanted))
                if not ahead:
                    return
                chunk, future = ahead.popleft()
                try:
                    results = future.result()
                except Exception:  # noqa: BLE001 -- which of them Dask raises is its matter
                    results = [self._alone(work, item, failed) for item in chunk]
                yield from results
        finally:  # also where nobody wants the rest
            self.client.cancel([future for _, future in ahead])

    def _submit(self, work: Work[R], chunk: list[Item]) -> Any:
        # Not pure: a chunk that is handed in again is to be done again.
        return self.client.submit(_do_chunk, work, chunk, pure=False)

    def _alone(self, work: Work[R], item: Item, failed: Failed[R]) -> R:
        """Do one file of a chunk whose worker died, be it of another file."""
        try:
            (result,) = self._submit(work, [item]).result()
        except Exception as error:  # noqa: BLE001 -- which of them Dask raises is its matter
            return failed(item.path, worker_died(f"{type(error).__name__}: {error}"))
        found: R = result
        return found


def _do_chunk(work: Work[R], chunk: list[Item]) -> list[R]:
    with without_collector():
        return [work(item) for item in chunk]


def cluster_pool(address: str) -> Cluster:
    """Return the workers of a running cluster.

    Args:
        address: of its scheduler, as ``tcp://host:8786``.

    Raises:
        UsageError: the extra is not installed, or no scheduler answers.

    """
    try:
        from distributed import Client
    except ImportError as error:
        message = "--scheduler needs Dask: pip install 'ssot-codemods[distributed]'"
        raise UsageError(message) from error
    # A client that failed closes itself when it is collected. Where that comes about while another
    # one is made, each waits for the lock of the other: so it is collected here, and not then.
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
    return Cluster(client, jobs)
