"""The same chunks on a real Dask cluster of two processes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

import pytest

from codemods.disk.files import Checkout
from codemods.engine.run import everything
from codemods.model import Reason, Source, UsageError
from codemods.workers.cluster import cluster_pool
from tests.tools import COPY, write_shared

distributed: Any = pytest.importorskip("distributed")

_CLUSTER = """
    import sys
    from distributed import LocalCluster

    if __name__ == "__main__":
        with LocalCluster(
            n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None
        ) as cluster:
            print(cluster.scheduler_address, flush=True)
            sys.stdin.read()
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a cluster in a process of its own, which none of its warnings gets out of."""
    folder = tmp_path_factory.mktemp("cluster")
    script = folder / "cluster.py"
    script.write_text(textwrap.dedent(_CLUSTER))
    pipe, root = subprocess.PIPE, str(Path(__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": root, "DASK_TEMPORARY_DIRECTORY": str(folder)}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, str(script)],
            cwd=folder,
            env=environment,
            stdin=pipe,
            stdout=pipe,
            stderr=log,
        ) as process,
    ):
        guard = threading.Timer(90, process.kill)
        guard.start()
        assert process.stdout is not None
        assert process.stdin is not None
        found = process.stdout.readline().decode().strip()
        assert found.startswith("tcp://"), (folder / "log").read_text()
        yield found
        process.stdin.close()
        process.wait(60)
        guard.cancel()


def migrate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return verb(folder, "migrate", *arguments)


def verb(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "codemods", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=90, check=False)


def die(source: Source) -> tuple[str, int]:
    if source.content.startswith(b"killer"):
        os._exit(9)
    if source.content.startswith(b"never ends"):
        re.match(b"(a*)*b", b"a" * 100)  # one call of C code
    return source.path, os.getpid()


def end_worker(source: Source) -> tuple[str, int]:
    """Work that ends the worker of the cluster that has it done."""
    parent = parent_process()
    assert parent is not None
    assert parent.pid is not None
    os.kill(parent.pid, signal.SIGKILL)
    time.sleep(60)
    raise AssertionError


def failed(path: str, reason: Reason) -> tuple[str, int]:
    return f"{path}: {reason.code.value}: {reason.message}", 0


def test_the_bytes_are_those_of_a_local_run(tmp_path: Path, address: str) -> None:
    write_shared(tmp_path)
    for n in range(8):
        text = f"{COPY}\n\ndef test_{n}():\n    TestWebSocketConnection()\n"
        (tmp_path / f"test_{n}.py").write_text(text + "# padding\n" * 3000)
    (tmp_path / "test_broken.py").write_text(COPY + "(")
    local = migrate(tmp_path, "--dry-run", "--jobs", "1")
    remote = migrate(tmp_path, "--dry-run", "--scheduler", address)
    assert (remote.returncode, remote.stdout) == (local.returncode, local.stdout)
    assert remote.stderr == local.stderr
    assert remote.stdout.count(b"\n+from test_framework") == 8
    written = migrate(tmp_path, "--skip-probe", "--scheduler", address)
    assert written.returncode == 3
    assert b"changed             8 files" in written.stdout
    assert not list(tmp_path.glob("dask*"))


def test_the_groups_are_those_of_a_local_run(tmp_path: Path, address: str) -> None:
    for n in range(20):
        helper = f"def make_{n % 3}(x):\n    return go(x, {n % 5})\n"
        odd = "def test_it():\n    class A:\n        x = [go(1)]\n    A()\n"
        near = (
            f"\n\ndef near():\n    a = go(2)\n    b = go(3)\n    c = {n % 2}\n    return a, b, c\n"
        )
        (tmp_path / f"test_{n}.py").write_text(f"{helper}\n\n{odd}{near}" + "# padding\n" * 3000)
    (tmp_path / "test_broken.py").write_text("def f(")
    local, remote = (
        verb(tmp_path, "discover", ".", "--near", "--format", "json", *where)
        for where in (("--jobs", "1"), ("--scheduler", address))
    )
    assert remote.returncode == local.returncode
    assert remote.stderr == local.stderr
    first, second = (json.loads(done.stdout) for done in (local, remote))
    assert first.pop("seconds") + second.pop("seconds") > 0
    assert first == second
    assert len(first["groups"]) > 5
    assert len(first["near"]) == len(first["failures"]) == 1


def was_read(source: Source) -> bool:
    return "content" in vars(source)


def is_large(source: Source) -> bool:
    return len(source.content) > 3


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_the_contents_of_what_is_wanted_travel(tmp_path: Path, address: str) -> None:
    """The workers may have no disk in common with us."""
    for text in ("x", "large", "larger"):
        (tmp_path / f"{text}.py").write_text(text)
    cluster = cluster_pool(address)
    for wanted, expected in ((everything, [True] * 3), (is_large, [True] * 2)):
        given = Checkout(tmp_path).read()
        results = cluster(was_read, given, lambda path, reason: False, wanted)
        assert list(results) == expected
    cluster.client.close()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_what_dies_or_never_ends_costs_itself_alone(address: str) -> None:
    """So it does among files of its chunk, and the workers of the cluster stay."""
    cluster = cluster_pool(address, 2)
    workers = cluster.client.scheduler_info()["workers"].keys()
    files = [Source(f"f{n}", b"x" * 60_000) for n in range(12)]
    files[5] = Source("k", b"killer" + bytes(60_000))
    files[7] = Source("n", b"never ends" + bytes(60_000))
    results = list(cluster(die, files, failed))
    said = {
        "k": "k: worker-died: the worker that had this file died: exit code 9",
        "n": "n: too-slow: not done after 2 seconds of processor time: "
        "exclude it, or allow more by --file-timeout",
    }
    assert [path for path, _ in results] == [said.get(s.path, s.path) for s in files]
    assert os.getpid() not in {pid for _, pid in results}
    assert cluster.client.scheduler_info()["workers"].keys() == workers


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_worker_of_the_cluster_that_dies_costs_its_chunk(address: str) -> None:
    results = list(cluster_pool(address)(end_worker, [Source("f", b"")], failed))
    assert [path.partition(": Attempted")[0] for path, _ in results] == [
        "f: worker-died: the worker that had this file died: KilledWorker"
    ]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense"])
def test_no_scheduler_at_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    done = migrate(tmp_path, "--dry-run", "--scheduler", address)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: --scheduler {address}: ".encode())
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("address", ["nonsense", "tcp://", "gopher://x:1"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(UsageError, match="--scheduler"):
        cluster_pool(address)


def test_a_cluster_without_workers(tmp_path: Path) -> None:
    script = tmp_path / "empty.py"
    script.write_text(textwrap.dedent(_CLUSTER.replace("n_workers=2", "n_workers=0")))
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, script], stdin=pipe, stdout=pipe, stderr=pipe) as empty:
        assert empty.stdout is not None
        address = empty.stdout.readline().decode().strip()
        done = migrate(tmp_path, "--dry-run", "--scheduler", address)
        empty.communicate(timeout=60)
    assert (done.returncode, b"it has no workers" in done.stderr) == (2, True)


def test_the_extra_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'ssot-codemods\[distributed\]'"):
        cluster_pool("tcp://127.0.0.1:9")
