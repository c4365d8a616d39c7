"""The same chunks on a running Dask cluster; needs the extra ``distributed``."""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from codemods.model import UsageError
from codemods.workers.pool import Pool, without_collector


class _Cluster(Executor):
    """The executor of a Dask client, closed the way those of the standard library are."""

    def __init__(self, client: Any) -> None:
        # Not pure: a chunk that is handed in again is to be done again.
        self._executor = client.get_executor(pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = self._executor.submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._executor.shutdown(wait=wait and not cancel_futures)


def cluster_pool(address: str) -> Pool:
    """Return the workers of a running cluster.

    The contents of the files travel to them and values travel back: they need this package, and no
    disk in common with us.

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
    return Pool(jobs, lambda: _Cluster(client))
