"""Chunks over any executor, whatever becomes of a worker."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from codemods.model import Source
from codemods.workers.pool import Pool, process_pool, run
from tests.tools import gone, wait_until

_Result = tuple[str, int, int]


def measure(source: Source) -> _Result:
    """Work that says where it was done."""
    return source.path, len(source.content), os.getpid()


def die(source: Source, *, how: str) -> _Result:
    """Work that some files end the process of, each in its way."""
    if source.content.startswith(b"killer"):
        if how == "exit":
            os._exit(3)
        if how == "raise":
            raise ValueError("of its own")
        os.kill(os.getpid(), signal.SIGKILL)
    return source.path, len(source.content), os.getpid()


def interrupt(source: Source) -> _Result:
    """Work that Ctrl-C comes upon."""
    os.kill(os.getpid(), signal.SIGINT)
    return source.path, len(source.content), os.getpid()


def died(path: str, error: Exception) -> _Result:
    return f"{path}: {type(error).__name__}", -1, 0


def no_death(path: str, error: Exception) -> _Result:
    raise AssertionError(f"{path} died") from error


def sources(number: int, size: int = 50_000) -> list[Source]:
    """Give files that fill a few chunks."""
    return [Source(f"f{n}.py", b"x" * (size + n)) for n in range(number)]


def spawning(method: str, jobs: int = 2) -> Pool:
    pool = process_pool(jobs)
    assert isinstance(pool.open, partial)
    context = multiprocessing.get_context(method)
    return Pool(jobs, partial(pool.open, mp_context=context))


def never() -> Executor:
    raise AssertionError("no executor is wanted here")


class Fake(Executor):
    """Does the work when it is asked for the result, and counts what is handed in."""

    def __init__(self) -> None:
        self.waiting = self.most = self.submitted = 0
        self.closed: list[tuple[bool, bool]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.waiting += 1
        self.submitted += 1
        self.most = max(self.most, self.waiting)
        return _Lazy(self, partial(fn, *args, **kwargs))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.closed.append((wait, cancel_futures))


class _Lazy(Future[Any]):
    def __init__(self, fake: Fake, call: Callable[[], Any]) -> None:
        super().__init__()
        self._fake, self._call = fake, call

    def result(self, timeout: float | None = None) -> Any:
        self._fake.waiting -= 1
        return self._call()


class TestInThisProcess:
    @pytest.mark.parametrize("number", [0, 3])
    def test_few_files(self, number: int) -> None:
        results = list(run(measure, sources(number), Pool(2, never), no_death, 3))
        assert results == [(f"f{n}.py", 50_000 + n, os.getpid()) for n in range(number)]

    def test_one_file_more_than_few(self) -> None:
        results = list(run(measure, sources(4), process_pool(2), no_death, 3))
        assert [r[:2] for r in results] == [(f"f{n}.py", 50_000 + n) for n in range(4)]
        assert os.getpid() not in {r[2] for r in results}

    @pytest.mark.parametrize("enabled", [True, False])
    def test_the_collector_is_left_as_it_was(self, enabled: bool) -> None:
        was = gc.isenabled()
        try:
            (gc.enable if enabled else gc.disable)()
            seen = list(run(_is_collecting, sources(1), Pool(1, never), _no_death, 3))
            assert (seen, gc.isenabled()) == ([False], enabled)
            with pytest.raises(ValueError, match="of its own"):
                list(run(_fail, sources(1), Pool(1, never), _no_death, 3))
            assert gc.isenabled() == enabled
        finally:
            (gc.enable if was else gc.disable)()

    def test_a_risky_file_gets_a_process_of_its_own(self) -> None:
        files = [Source("a", b"a"), Source("b", b"killer"), Source("c", b"c"), Source("d", b"d!")]
        work = partial(die, how="kill")
        results = list(run(work, files, process_pool(1), died, 9, risky=_has_k_or_d))
        assert [r[:2] for r in results] == [
            ("a", 1),
            ("b: BrokenProcessPool", -1),
            ("c", 1),
            ("d", 2),
        ]
        assert [r[2] == os.getpid() for r in results] == [True, False, True, False]


def _is_collecting(source: Source) -> bool:
    return gc.isenabled()


def _fail(source: Source) -> bool:
    raise ValueError("of its own")


def _no_death(path: str, error: Exception) -> bool:
    raise AssertionError(path)


def _has_k_or_d(content: bytes) -> bool:
    return content[:1] in {b"k", b"d"}


class TestWorkers:
    @pytest.mark.parametrize("jobs", [1, 2, 3])
    def test_the_results_and_their_order_are_the_same(self, jobs: int) -> None:
        alone = [r[:2] for r in run(measure, sources(40, 20_000), Pool(1, never), no_death, 40)]
        results = list(run(measure, sources(40, 20_000), process_pool(jobs), no_death, 0))
        assert [r[:2] for r in results] == alone
        assert os.getpid() not in {r[2] for r in results}

    @pytest.mark.parametrize("method", ["fork", "spawn"])
    def test_each_way_to_start_a_process(self, method: str) -> None:
        results = list(run(measure, sources(8), spawning(method), no_death, 0))
        assert [r[:2] for r in results] == [(f"f{n}.py", 50_000 + n) for n in range(8)]

    @pytest.mark.parametrize("how", ["exit", "kill", "raise"])
    def test_a_killer_costs_itself_alone(self, how: str) -> None:
        files = sources(30)
        for n in (0, 11, 12, 29):
            files[n] = Source(f"k{n}", b"killer" + bytes(20_000))
        results = list(run(partial(die, how=how), files, process_pool(2), died, 0))
        name = "ValueError" if how == "raise" else "BrokenProcessPool"
        assert [r[:2] for r in results] == [
            (f"{s.path}: {name}", -1) if s.path.startswith("k") else (s.path, len(s.content))
            for s in files
        ]

    def test_a_killer_where_processes_are_spawned(self) -> None:
        files = [*sources(3), Source("k", b"killer")]
        results = list(run(partial(die, how="exit"), files, spawning("spawn"), died, 0))
        assert [r[0] for r in results] == ["f0.py", "f1.py", "f2.py", "k: BrokenProcessPool"]

    def test_small_files_beside_a_killer_share_an_executor(self) -> None:
        opened: list[Executor] = []

        def open_() -> Executor:
            opened.append(ProcessPoolExecutor(1))
            return opened[-1]

        files = [Source(f"f{n}", b"x") for n in range(50)]
        files[20] = Source("k", b"killer")
        results = list(run(partial(die, how="exit"), files, Pool(2, open_), died, 0))
        assert len(results) == 50
        assert [r[0] for r in results if r[1] == -1] == ["k: BrokenProcessPool"]
        assert len(opened) == 3  # the first, that for the files one by one, that behind the killer

    def test_ctrl_c_is_no_matter_of_theirs(self) -> None:
        results = list(run(interrupt, sources(6), process_pool(2), no_death, 0))
        assert [r[0] for r in results] == [f"f{n}.py" for n in range(6)]

    def test_no_worker_is_left(self) -> None:
        list(run(partial(die, how="exit"), sources(6), process_pool(2), died, 0))
        wait_until(lambda: not multiprocessing.active_children())


class TestBackpressure:
    @pytest.mark.parametrize("jobs", [2, 3])
    def test_chunks_ahead_are_bounded_and_so_is_what_was_read(self, jobs: int) -> None:
        fake = Fake()
        taken = 0

        def given() -> Iterator[Source]:
            nonlocal taken
            for source in sources(120, 130 * 1024):  # each is a chunk
                taken += 1
                yield source

        done = 0
        for _ in run(measure, given(), Pool(jobs, lambda: fake), no_death, 5):
            done += 1
            assert taken <= done + jobs * 4 + 5
        assert (done, fake.submitted, fake.most) == (120, 120, jobs * 4)
        assert fake.closed == [(True, False)]

    def test_nothing_more_is_done_where_nobody_wants_the_rest(self) -> None:
        fake = Fake()
        results = run(measure, sources(40, 130 * 1024), Pool(2, lambda: fake), no_death, 5)
        next(iter(results))
        del results
        assert fake.closed == [(False, True)]
        assert fake.submitted == 8

    def test_small_files_share_a_chunk_and_large_ones_do_not(self) -> None:
        fake = Fake()
        files = [*sources(100, 100), *sources(3, 200_000), *sources(2, 1)]
        results = list(run(measure, files, Pool(2, lambda: fake), no_death, 0))
        assert [r[:2] for r in results] == [(s.path, len(s.content)) for s in files]
        assert fake.submitted == 4

    def test_a_consumer_that_stops_closes_the_executor(self) -> None:
        fake = Fake()
        results = run(measure, sources(99), Pool(2, lambda: fake), no_death, 0)

        next(results)
        assert fake.closed == []
        del results  # as an exception in the loop over them would
        gc.collect()
        assert fake.closed == [(False, True)]

    def test_a_source_that_fails_closes_the_executor(self) -> None:
        fake = Fake()

        def given() -> Iterator[Source]:
            yield from sources(9)
            raise OSError("of the source")

        with pytest.raises(OSError, match="of the source"):
            list(run(measure, given(), Pool(2, lambda: fake), no_death, 0))
        assert fake.closed == [(False, True)]


_SCRIPT = """
    import os, sys, time, multiprocessing
    from codemods.model import Source
    from codemods.workers.pool import process_pool, run

    def slow(source):
        os.write(1, b"%d\\n" % os.getpid())
        time.sleep(600 if sys.argv[2] == "long" else 0.05)
        return source.path

    def given():
        for n in range(1000):
            yield Source(str(n), b"x" * 200_000)

    def died(path, error):
        return path

    if __name__ == "__main__":
        multiprocessing.set_start_method(sys.argv[1])
        for path in run(slow, given(), process_pool(2), died, 0):
            pass
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "work.py"
    path.write_text(textwrap.dedent(_SCRIPT))
    return path


class TestTheEndOfTheParent:
    @pytest.mark.parametrize("method", ["fork", "spawn"])
    def test_workers_do_not_outlive_it(self, script: Path, method: str) -> None:
        with self._start(script, method, "long") as (parent, workers):
            parent.kill()
            for pid in workers:
                wait_until(partial(gone, pid))

    @pytest.mark.parametrize("method", ["fork", "spawn"])
    def test_ctrl_c_leaves_no_worker(self, script: Path, method: str) -> None:
        with self._start(script, method, "short") as (parent, workers):
            os.killpg(parent.pid, signal.SIGINT)  # as a terminal does: to all of them
            _, errors = parent.communicate(timeout=60)
            for pid in workers:
                wait_until(partial(gone, pid))
        assert parent.returncode == -signal.SIGINT
        assert errors.rstrip().splitlines()[-1] == b"KeyboardInterrupt"
        assert errors.count(b"Traceback") == 1, errors.decode()

    @contextmanager
    def _start(
        self, script: Path, method: str, how: str
    ) -> Iterator[tuple[subprocess.Popen[bytes], set[int]]]:
        """Start it in a process group of its own, and wait until both workers are at work."""
        command = [sys.executable, str(script), method, how]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, start_new_session=True) as parent:
            assert parent.stdout is not None
            workers: set[int] = set()
            guard = threading.Timer(60, parent.kill)
            guard.start()
            try:
                while len(workers) < 2:
                    workers.add(int(parent.stdout.readline()))
                assert all(gone(pid) is False for pid in workers)
                yield parent, workers
            finally:
                guard.cancel()
                parent.kill()
