"""Chunks over processes, whatever becomes of one."""

from __future__ import annotations

import faulthandler
import gc
import multiprocessing
import os
import re
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from codemods.disk.files import Checkout
from codemods.engine.codemod import apply
from codemods.engine.run import Pool, one_by_one, small_here
from codemods.model import Code, FileResult, Reason, Source, Status
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.workers import pool as module
from codemods.workers.pool import CHUNKS_AHEAD, ProcessPool, chunks
from tests.tools import COPY, default_modules, gone, wait_until

_METHODS = ["fork", "forkserver", "spawn"]
_FASTEST = "fork" if sys.platform == "linux" else "spawn"
_Result = tuple[str, int, int]


def measure(source: Source) -> _Result:
    """Work that says where it was done."""
    return source.path, len(source.content), os.getpid()


def die(source: Source, *, how: str) -> _Result:
    """Work that some files end the process of, each in its way."""
    if source.content.startswith(b"killer"):
        os.write(2, b"what LibCST says as it crashes\n")
        if how == "exit":
            os._exit(3)
        if how == "raise":
            raise ValueError("of its own")
        if how == "never ends":
            # One call of C code that lets no other thread of Python run.
            re.match(b"(a*)*b", b"a" * 100)
        os.kill(os.getpid(), signal.SIGKILL)
    return source.path, len(source.content), os.getpid()


def interrupt(source: Source) -> _Result:
    """Work that the signals of a terminal come upon."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTSTP):
        os.kill(os.getpid(), number)
    return source.path, len(source.content), os.getpid()


def is_collecting(source: Source) -> bool:
    return gc.isenabled()


def compute(source: Source) -> _Result:
    """Work that takes 0.8 seconds of processor time."""
    end = time.process_time() + 0.8
    while time.process_time() < end:
        pass
    return measure(source)


def failed(path: str, reason: Reason) -> _Result:
    return f"{path}: {reason.code.value}: {reason.message}", -1, 0


def none_fails(path: str, reason: Reason) -> _Result:
    raise AssertionError(f"{path}: {reason}")


def sources(number: int, size: int = 50_000) -> list[Source]:
    """Return files that fill a few chunks."""
    return [Source(f"f{n}.py", b"x" * (size + n)) for n in range(number)]


def with_killers(number: int, *killers: int, size: int = 50_000) -> list[Source]:
    files = sources(number, size)
    for n in killers:
        files[n] = Source(f"k{n}", b"killer" + bytes(size))
    return files


@pytest.fixture(params=_METHODS)
def method(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Start the workers in each of the ways there are."""
    name: str = request.param
    monkeypatch.setattr(module, "_context", lambda: multiprocessing.get_context(name))
    return name


class TestWorkers:
    @pytest.mark.parametrize("jobs", [1, 2, 3])
    def test_the_results_and_their_order_are_those_of_the_files(self, jobs: int) -> None:
        files = sources(40, 20_000)
        results = list(ProcessPool(jobs)(measure, files, none_fails))
        assert [r[:2] for r in results] == [(s.path, len(s.content)) for s in files]
        workers = {r[2] for r in results}
        assert len(workers) <= jobs
        assert os.getpid() not in workers

    def test_no_file(self) -> None:
        assert list(ProcessPool(2)(measure, [], none_fails)) == []

    def test_one_file_starts_one_worker(self, monkeypatch: pytest.MonkeyPatch) -> None:
        started = iter([multiprocessing.get_context()])
        monkeypatch.setattr(module, "_context", lambda: next(started))
        assert len(list(ProcessPool(8)(measure, sources(1), none_fails))) == 1

    @pytest.mark.usefixtures("method")
    def test_each_way_to_start_a_process(self) -> None:
        results = list(ProcessPool(2)(measure, sources(8), none_fails))
        assert [r[:2] for r in results] == [(f"f{n}.py", 50_000 + n) for n in range(8)]

    @pytest.mark.usefixtures("method")
    def test_the_signals_of_a_terminal_are_no_matter_of_theirs(self) -> None:
        results = list(ProcessPool(2)(interrupt, sources(6), none_fails))
        assert [r[0] for r in results] == [f"f{n}.py" for n in range(6)]

    def test_no_worker_is_left(self) -> None:
        list(ProcessPool(2)(partial(die, how="exit"), with_killers(6, 2), failed))
        assert not multiprocessing.active_children()

    def test_syntax_trees_are_not_collected(self) -> None:
        pool = ProcessPool(1)
        assert list(pool(is_collecting, sources(2), lambda path, reason: True)) == [False] * 2


def is_odd(source: Source) -> bool:
    if source.content.startswith(b"killer"):
        raise ValueError("of its own")
    return len(source.content) % 2 == 1


def was_read(source: Source) -> bool:
    return "content" in vars(source)


class TestWanted:
    @pytest.mark.parametrize("pool", [one_by_one, ProcessPool(2), small_here(ProcessPool(2))])
    def test_other_files_have_no_result(self, pool: Pool) -> None:
        for size in (1_000, 50_000):
            results = list(pool(measure, sources(9, size), none_fails, is_odd))
            assert [r[0] for r in results] == ["f1.py", "f3.py", "f5.py", "f7.py"]

    @pytest.mark.parametrize("pool", [one_by_one, ProcessPool(1)])
    def test_a_fault_of_the_question_costs_one_file(self, pool: Pool) -> None:
        results = list(pool(measure, with_killers(4, 2, size=10), failed, is_odd))
        assert [r[0] for r in results[::2]] == ["f1.py", "f3.py"]
        assert results[1][0].startswith("k2: internal-error: ValueError: of its own (at engine/run")

    def test_the_worker_reads_the_files_of_a_checkout(self, tmp_path: Path) -> None:
        for name in ("a.py", "b.py"):
            (tmp_path / name).write_text(name)
        (tmp_path / "gone.py").touch()
        found = list(Checkout(tmp_path).read())
        (tmp_path / "gone.py").unlink()
        results = ProcessPool(1)(measure, found, none_fails)
        assert [(Path(path).name, size) for path, size, _ in results] == [
            *[("a.py", 4), ("b.py", 4), ("gone.py", 0)]
        ]
        assert not any(map(was_read, found))


class TestKillers:
    @pytest.mark.parametrize(
        ("how", "said"),
        [
            ("exit", "worker-died: the worker that had this file died: exit code 3"),
            ("kill", "worker-died: the worker that had this file died: SIGKILL"),
            ("raise", "internal-error: ValueError: of its own (at engine/run.py:"),
        ],
    )
    def test_one_costs_itself_alone(
        self, how: str, said: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        files = with_killers(30, 0, 11, 12, 29, size=9_000)  # some share a chunk
        results = list(ProcessPool(2)(partial(die, how=how), files, failed))
        for file, (path, size, _) in zip(files, results, strict=True):
            is_killer = file.path.startswith("k")
            assert path.startswith(f"{file.path}: {said}" if is_killer else file.path)
            assert size == (-1 if is_killer else len(file.content))
        assert capfd.readouterr().err == ""

    @pytest.mark.usefixtures("method")
    def test_however_its_process_was_started(self) -> None:
        pool = ProcessPool(2)
        results = list(pool(partial(die, how="exit"), with_killers(4, 3), failed))
        assert [r[1] for r in results] == [50_000, 50_001, 50_002, -1]

    def test_all_of_them(self) -> None:
        pool = ProcessPool(2)
        results = list(pool(partial(die, how="exit"), with_killers(9, *range(9)), failed))
        assert [r[1] for r in results] == [-1] * 9


def with_little_memory(source: Source, *, more: int) -> FileResult:
    """Work that may take so many bytes more than what the process has."""
    faulthandler.disable()  # that of pytest
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    return apply(source.content, source.path, ReplaceLocalCopies(default_modules()))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit")
@pytest.mark.parametrize("megabytes", [60, 400])
def test_a_file_that_takes_more_memory_than_there_is_fails_alone(megabytes: int) -> None:
    text = f"{COPY}\n\ndef test_it():\n    TestWebSocketConnection()\n"
    large = f"x = [{'1,' * 300_000}]\n\n\n{text}"
    files = [Source(f"test_{n}.py", t.encode()) for n, t in enumerate((text, large, text))]
    work = partial(with_little_memory, more=megabytes << 20)
    before, failed, after = ProcessPool(1)(work, files, FileResult.failure)
    assert (before.status, after.status) == (Status.CHANGED, Status.CHANGED)
    # LibCST's parser ends the process.
    assert failed.error is not None
    assert failed.error.code in {Code.SYNTAX_ERROR, Code.WORKER_DIED}
    if megabytes == 60:
        assert failed.error.message == "nested too deeply, or too large, to be parsed"


class TestLimit:
    @pytest.mark.parametrize("number", [1, 12])
    @pytest.mark.usefixtures("method")
    def test_what_never_ends_costs_itself_alone(self, number: int) -> None:
        files = with_killers(number, number // 2, size=9_000)
        pool = ProcessPool(2, 2)
        results = list(pool(partial(die, how="never ends"), files, failed))
        limit = "too-slow: not done after 2 seconds of processor time"
        message = f"{limit}: exclude it, or allow more by --file-timeout"
        assert [r[:2] for r in results] == [
            (f"{s.path}: {message}", -1) if s.path.startswith("k") else (s.path, len(s.content))
            for s in files
        ]

    def test_it_is_for_each_file_and_not_for_a_chunk(self) -> None:
        files = sources(5, 1)
        assert len(list(chunks(files))) == 1
        assert len(list(ProcessPool(1, 3)(compute, files, none_fails))) == 5

    def test_a_worker_may_wait_for_longer(self) -> None:
        def given() -> Iterator[Source]:
            for source in sources(3):
                yield source
                time.sleep(1)

        for _ in ProcessPool(1, 1.5)(measure, given(), none_fails):
            time.sleep(1)

    def test_the_longest_one_that_the_command_line_takes(self) -> None:
        pool = ProcessPool(1, threading.TIMEOUT_MAX)
        assert len(list(pool(measure, sources(1), none_fails))) == 1

    def test_a_signal_that_was_ignored_or_blocked_ends_it_all_the_same(self) -> None:
        before = signal.signal(signal.SIGPROF, signal.SIG_IGN)
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF})
        try:
            pool = ProcessPool(1, 0.5)
            results = list(pool(partial(die, how="never ends"), with_killers(1, 0), failed))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            signal.signal(signal.SIGPROF, before)
        assert results[0][0].startswith(f"k0: {Code.TOO_SLOW.value}: ")


class TestAmongThreads:
    """As in a worker of Dask."""

    def test_no_process_is_forked(self) -> None:
        # In a process of its own: an earlier test may have left a thread here, as Dask does.
        code = """
            import threading
            from codemods.workers.pool import _context
            print(_context().get_start_method())
            done = threading.Event()
            threading.Thread(target=done.wait).start()
            print(_context().get_start_method())
            done.set()
        """
        ended = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            capture_output=True,
            text=True,
            check=True,
        )
        alone, among_threads = ended.stdout.split()
        assert alone == _FASTEST
        assert among_threads != "fork"

    def test_they_take_turns_to_leave_the_working_directory(self) -> None:
        before = Path.cwd()
        is_inside, may_leave = threading.Event(), threading.Event()

        def other() -> None:
            with module._beside_no_module():
                is_inside.set()
                may_leave.wait()

        thread = threading.Thread(target=other)
        with module._beside_no_module():
            thread.start()
            came_in = is_inside.wait(0.2)
        may_leave.set()
        thread.join()
        assert not came_in
        assert Path.cwd() == before


class TestBackpressure:
    @pytest.mark.parametrize("jobs", [1, 2])
    def test_what_was_read_ahead_is_bounded(self, jobs: int) -> None:
        taken = 0

        def given() -> Iterator[Source]:
            nonlocal taken
            for source in sources(120, 40_000):  # each is a chunk
                taken += 1
                yield source

        done = 0
        for _ in ProcessPool(jobs)(measure, given(), none_fails):
            done += 1
            assert taken <= done + jobs * CHUNKS_AHEAD
        assert done == taken == 120

    def test_small_files_share_a_chunk_and_large_ones_do_not(self) -> None:
        files = [*sources(100, 100), *sources(3, 200_000), *sources(2, 1)]
        assert [len(chunk) for chunk in chunks(files)] == [101, 1, 1, 2]

    def test_results_that_are_larger_than_a_pipe_holds(self) -> None:
        files = sources(20, 1_000_000)
        results = list(ProcessPool(2)(_content, files, lambda path, reason: b""))
        assert results == [source.content for source in files]

    def test_a_consumer_that_stops_ends_the_workers(self) -> None:
        results = ProcessPool(2)(measure, sources(99), none_fails)
        next(results)
        assert multiprocessing.active_children()
        del results  # as an exception in the loop over them would
        gc.collect()
        assert not multiprocessing.active_children()

    def test_a_source_that_fails_ends_the_workers(self) -> None:
        def given() -> Iterator[Source]:
            yield from sources(9)
            raise OSError("of the source")

        with pytest.raises(OSError, match="of the source"):
            list(ProcessPool(2)(measure, given(), none_fails))
        assert not multiprocessing.active_children()


def _content(source: Source) -> bytes:
    return source.content


_SCRIPT = """
    import os, re, signal, sys, time, multiprocessing
    from codemods.model import Source
    from codemods.workers import pool

    def slow(source):
        os.write(1, b"%d\\n" % os.getpid())
        if sys.argv[2] == "native":
            re.match(b"(a*)*b", b"a" * 100)  # no other thread of Python can run meanwhile
        time.sleep(600 if sys.argv[2] == "long" else 0.05)
        return source.path

    def given():
        for n in range(1000):
            yield Source(str(n), b"x" * 200_000)

    def failed(path, reason):
        return path

    if __name__ == "__main__":
        pool._context = lambda: multiprocessing.get_context(sys.argv[1])
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        limit = 3 if sys.argv[2] == "native" else 900
        for path in pool.ProcessPool(2, limit)(slow, given(), failed):
            pass
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "work.py"
    path.write_text(textwrap.dedent(_SCRIPT))
    return path


def wait_and_write(source: Source, *, begun: Path, done: Path) -> str:
    begun.touch()
    time.sleep(5)
    done.touch()
    return source.path


def test_a_signal_that_came_to_another_thread_is_heard_at_once(tmp_path: Path) -> None:
    """It interrupts no wait of this one."""

    def interrupt_this_process() -> None:
        wait_until(begun.exists)
        time.sleep(0.3)  # until the worker is waited for
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    begun, done = tmp_path / "begun", tmp_path / "done"
    thread = threading.Thread(target=interrupt_this_process)
    thread.start()
    work = partial(wait_and_write, begun=begun, done=done)
    results = ProcessPool(1)(work, sources(1), _path)
    with pytest.raises(KeyboardInterrupt):
        list(results)
    thread.join()
    assert not done.exists()


def _path(path: str, reason: Reason) -> str:
    return path


class TestTheEndOfTheParent:
    @pytest.mark.parametrize("method", _METHODS)
    @pytest.mark.parametrize("how", ["long", "native"])
    def test_workers_do_not_outlive_it(self, script: Path, method: str, how: str) -> None:
        """In native code, they do no longer than a file may take."""
        with self._start(script, method, how) as (parent, workers):
            parent.kill()
            for pid in workers:
                wait_until(partial(gone, pid))

    @pytest.mark.parametrize("method", _METHODS)
    @pytest.mark.parametrize("how", ["short", "long"])
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_is_heard_at_once_and_leaves_no_worker(
        self, script: Path, method: str, how: str, number: signal.Signals
    ) -> None:
        with self._start(script, method, how) as (parent, workers):
            # A terminal sends to all of them.
            (os.killpg if number == signal.SIGINT else os.kill)(parent.pid, number)
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
