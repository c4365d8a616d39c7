"""The same chunks on a real Dask cluster of two processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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
    return source.path, os.getpid()


def failed(path: str, reason: Reason) -> tuple[str, int]:
    return f"{path}: {reason.message.split(':')[1].strip()}", 0


def test_the_bytes_are_those_of_a_local_run(tmp_path: Path, address: str) -> None:
    write_shared(tmp_path)
    for n in range(20):
        text = f"{COPY}\n\ndef test_{n}():\n    TestWebSocketConnection()\n"
        (tmp_path / f"test_{n}.py").write_text(text + "# padding\n" * 3000)
    (tmp_path / "test_broken.py").write_text(COPY + "(")
    local = migrate(tmp_path, "--dry-run", "--jobs", "1")
    remote = migrate(tmp_path, "--dry-run", "--scheduler", address)
    assert (remote.returncode, remote.stdout) == (local.returncode, local.stdout)
    assert remote.stderr == local.stderr
    assert remote.stdout.count(b"\n+from test_framework") == 20
    written = migrate(tmp_path, "--skip-probe", "--scheduler", address)
    assert written.returncode == 3
    assert b"changed            20 files" in written.stdout
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


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_worker_that_dies_costs_its_file(address: str) -> None:
    files = [Source(f"f{n}", b"x" * 60_000) for n in range(12)]
    files[5] = Source("k", b"killer" + bytes(60_000))
    results = list(cluster_pool(address).run(die, files, failed))
    assert [path for path, _ in results] == [
        "k: KilledWorker" if s.path == "k" else s.path for s in files
    ]
    assert os.getpid() not in {pid for _, pid in results}


def test_no_scheduler_at_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    done = migrate(tmp_path, "--dry-run", "--scheduler", "tcp://127.0.0.1:9")
    assert done.returncode == 2
    assert done.stderr.startswith(b"Error: --scheduler tcp://127.0.0.1:9: ")
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
