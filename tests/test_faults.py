"""What may go wrong while a run writes: each file is old or new, and all can be taken back."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from codemods.cli import main
from codemods.disk.journal import Journal
from codemods.model import RunState
from tests.tools import COPY, SHARED, gone, wait_until, write_shared

_FILES = 12
_TIMEOUT = 120
_BEFORE = COPY.encode() + b"\n\ndef test_%d():\n    assert TestWebSocketConnection()\n"
_LINE = b"from test_framework.ssot.websocket_connection_test_utility import TestWebSocketConnection"
#: A process that has loaded what takes time, and in which nothing else runs. For each line it forks
#: one that runs a command, with a fault at a call of the operating system.
_FAULTY = """
    import json, os, sys
    import codemods.migration.migrate, codemods.migration.rollback, codemods.workers.pool, libcst
    from codemods.cli import main

    def run(folder, streams, name, number, fault, arguments):
        os.chdir(folder)
        for descriptor, path in enumerate(streams, 1):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
        real = getattr(os, name)
        count = 0

        def faulty(*arguments, **options):
            nonlocal count
            count += 1
            if count == number:
                if fault == "interrupt":
                    os.kill(os.getpid(), 2)
                elif fault == "after":
                    real(*arguments, **options)
                    os.kill(os.getpid(), 9)
                elif fault == "kill":
                    os.kill(os.getpid(), 9)
                else:
                    raise OSError(int(fault), os.strerror(int(fault)))
            return real(*arguments, **options)

        setattr(os, name, faulty)
        main(arguments)

    for line in sys.stdin:
        child = os.fork()
        if not child:
            run(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@cache
def _faulty() -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(_FAULTY)]
    # It ends when its input does, with this process.
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Suite:
    """A small repository, and what each of its files is before and after a migration."""

    root: Path
    before: dict[str, bytes]
    after: dict[str, bytes]

    def run(self, *arguments: str) -> Done:
        """Run the command in this process, which is faster."""
        result = CliRunner().invoke(main, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    def run_faulty(self, name: str, number: int, fault: str, *arguments: str) -> Done:
        """Run the command with a fault at the call of that number of `os.name`."""
        server = _faulty()
        assert server.stdin is not None
        assert server.stdout is not None
        streams = [self.root.parent / name for name in ("out", "err")]
        request = str(self.root), [*map(str, streams)], name, number, fault, arguments
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        return Done(code, *(path.read_text(errors="surrogateescape") for path in streams))

    def files(self) -> dict[str, bytes]:
        """Read what is there, the journal and git apart."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and not {".git", ".ssot-codemods", "test_framework"} & set(path.parts)
        }

    def check_old_or_new(self) -> int:
        """Check that each file is whole, whatever else lies about; tell how many are new."""
        files = self.files()
        for path in self.before:
            assert files[path] in {self.before[path], self.after[path]}, path
        return sum(files[path] == self.after[path] for path in self.before)

    def check_way_back(self) -> None:
        """Roll back, and check that nothing is left of the run."""
        done = self.run("rollback")
        if "no run to undo" in done.err:  # it was ended before it began
            assert done.code == 2
        else:
            assert done.code == 0, done
        assert self.files() == self.before

    def check_way_on(self) -> None:
        """Bring the run to its end, or run again where it had not begun."""
        states = {run.id: run.state for run in Journal(self.root).runs()}
        unfinished = [run for run, state in states.items() if state is RunState.UNFINISHED]
        assert len(unfinished) <= 1
        if RunState.COMPLETE not in states.values():
            options = ["--resume", *unfinished] if unfinished else ["--skip-probe"]
            done = self.run("migrate", *options)
            assert done.code == 0, done
        assert self.files() == self.after


def make_suite(root: Path, names: Sequence[str] | None = None, *, git: bool = True) -> Suite:
    """Write some files with a copy each, and commit them."""
    if not (root / "test_framework").exists():
        write_shared(root)
    names = names or [f"tests/{n % 3}/test_{n}.py" for n in range(_FILES)]
    before = {name: _BEFORE % n for n, name in enumerate(names)}
    for name, content in before.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if git:
        identity = ("-c", "user.name=t", "-c", "user.email=t@t")
        for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "x"]):
            subprocess.run(["git", *command], cwd=root, check=True, timeout=60)
    after = {name: _LINE + b"\n\n\ndef" + c.partition(b"\n\ndef")[2] for name, c in before.items()}
    return Suite(root, before, after)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give an empty working folder, in memory where that can be had: to sync takes most time."""
    memory = Path("/dev/shm")
    place = str(memory) if os.access(memory, os.W_OK) else str(tmp_path)
    with tempfile.TemporaryDirectory(dir=place) as temporary:
        root = Path(temporary, "suite")
        root.mkdir()
        monkeypatch.chdir(root)
        yield root
        monkeypatch.undo()


@pytest.fixture
def suite(folder: Path) -> Suite:
    return make_suite(folder)


def test_what_the_other_tests_expect_of_a_run(suite: Suite) -> None:
    done = suite.run("migrate", "--skip-probe")
    assert done.code == 0, done
    assert suite.check_old_or_new() == _FILES
    assert suite.files() == suite.after
    suite.check_way_back()


class TestKill:
    # 12 files: two syncs each for the journal, one each for the write, and those of folders.
    @pytest.mark.parametrize(
        ("number", "fault"),
        [*((n, "kill") for n in range(1, 18)), *((n, "after") for n in (2, 3, 9, 14, 15))],
    )
    def test_at_each_replacement(self, suite: Suite, number: int, fault: str) -> None:
        """The first are those of the ignore file and of the manifest; then comes each file."""
        done = suite.run_faulty("replace", number, fault, "migrate", "--skip-probe", "--jobs", "1")
        new = suite.check_old_or_new()
        if done.code == 0:
            assert number > 2 + _FILES + 1
        else:
            assert done.code == -signal.SIGKILL
            written = number - 2 if fault == "after" else number - 3
            assert new == min(max(written, 0), _FILES)
        if number % 2:
            suite.check_way_on()
        suite.check_way_back()

    @pytest.mark.parametrize("number", [1, 4, 20, 29, 30, 31, 32, 33, 36, 44, 45, 48])
    def test_at_a_sync(self, suite: Suite, number: int) -> None:
        done = suite.run_faulty("fsync", number, "kill", "migrate", "--skip-probe", "--jobs", "1")
        assert done.code in {0, -signal.SIGKILL}
        suite.check_old_or_new()
        if number % 2:
            suite.check_way_on()
        suite.check_way_back()

    def test_at_random_moments(self, suite: Suite) -> None:
        seconds = self._duration(suite)
        rounds = random.Random(0)
        for number in range(16):
            jobs = "1" if number % 5 else "2"
            process = subprocess.Popen(
                [sys.executable, "-m", "codemods", "migrate", "--skip-probe", "--jobs", jobs],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(seconds * rounds.uniform(0.5, 1.1))
            process.kill()
            process.wait(_TIMEOUT)
            suite.check_old_or_new()
            self._wait_for_the_lock(suite)
            if number % 3 == 0:
                suite.check_way_on()
            suite.check_way_back()

    def _duration(self, suite: Suite) -> float:
        start = time.monotonic()
        assert suite.run("migrate", "--skip-probe").code == 0
        seconds = time.monotonic() - start
        suite.check_way_back()
        return seconds

    def _wait_for_the_lock(self, suite: Suite) -> None:
        """Wait for workers that hold it for the moment that they need to see they are alone."""
        end = time.monotonic() + 60
        while "another run is in progress" in suite.run("rollback", "none").err:
            assert time.monotonic() < end

    @pytest.mark.parametrize("number", [1, 2, 7, 12, 13])
    def test_a_rollback(self, suite: Suite, number: int) -> None:
        assert suite.run("migrate", "--skip-probe").code == 0
        done = suite.run_faulty("replace", number, "kill", "rollback")
        assert done.code == -signal.SIGKILL
        assert suite.check_old_or_new() == _FILES - number + 1
        assert suite.run("rollback").code == 0
        assert suite.files() == suite.before

    def test_what_a_run_left_that_did_not_begin_is_removed(self, suite: Suite) -> None:
        suite.run_faulty("fsync", 9, "kill", "migrate", "--skip-probe")
        runs = suite.root / ".ssot-codemods/runs"
        assert len(list(runs.iterdir())) == 1
        assert Journal(suite.root).identities() == []
        assert suite.run("migrate", "--skip-probe").code == 0
        assert [run.name for run in runs.iterdir()] == Journal(suite.root).identities()


class TestInterrupt:
    @pytest.mark.parametrize("number", [3, 8, 14])
    def test_while_it_writes(self, suite: Suite, number: int) -> None:
        done = suite.run_faulty("replace", number, "interrupt", "migrate", "--skip-probe")
        assert done.code == 130
        new = suite.check_old_or_new()
        assert 0 < new + 1 < number
        (run,) = Journal(suite.root).identities()
        assert f"interrupted: {new} of {_FILES} files written;" in done.err
        assert run in done.err
        assert len(suite.files()) == _FILES  # no temporary file
        suite.check_way_on()
        suite.check_way_back()

    def test_before_it_writes(self, suite: Suite) -> None:
        done = suite.run_faulty("fsync", 12, "interrupt", "migrate", "--skip-probe")
        assert done.code not in {0, 3}
        assert suite.files() == suite.before
        assert Journal(suite.root).identities() == []
        suite.check_way_on()


class TestFullDisk:
    @pytest.mark.parametrize("name", ["fsync", "replace"])
    @pytest.mark.parametrize("number", [1, 4, 33, 36, 44])
    def test_at_one_call(self, suite: Suite, name: str, number: int) -> None:
        done = suite.run_faulty(name, number, str(errno.ENOSPC), "migrate", "--skip-probe")
        new = suite.check_old_or_new()
        assert len(suite.files()) == _FILES
        if done.code == 0:
            assert new == _FILES
        else:
            assert done.code == 3
            assert "No space left on device" in done.out + done.err
            assert "Traceback" not in done.err
        suite.check_way_back()

    def test_one_file_fails_and_the_others_are_done(self, suite: Suite) -> None:
        done = suite.run_faulty("replace", 5, str(errno.ENOSPC), "migrate", "--skip-probe")
        assert done.code == 3
        assert suite.check_old_or_new() == _FILES - 1
        left = next(p for p, c in suite.files().items() if c == suite.before[p])
        said = f"{left}:1:1: not-written No space left on device; the file is unchanged"
        assert said in done.out
        assert suite.run("migrate", "--skip-probe").code == 0
        assert suite.files() == suite.after

    @pytest.mark.parametrize(
        ("name", "number", "named"),
        [
            *(("fsync", n, "kept/") for n in (1, 2)),
            *(("fsync", 3, "test_0.py"), ("fsync", 4, "suite")),
            *(("replace", 1, "kept/"), ("replace", 2, "test_0.py"), ("replace", 3, "undone.json")),
            *(("write", 1, ""), ("write", 2, "history.jsonl")),
        ],
    )
    def test_in_a_rollback(self, folder: Path, name: str, number: int, named: str) -> None:
        suite = make_suite(folder, ["test_0.py"])
        assert suite.run("migrate", "--skip-probe").code == 0
        with Path("test_0.py").open("ab") as file:
            file.write(b"# mine\n")
        done = suite.run_faulty(name, number, str(errno.ENOSPC), "rollback", "--force")
        if named:
            assert done.code == 3
            assert re.search(rf"No space left on device: '.*{named}", done.out + done.err), done
        else:  # the lock does not need its content
            assert done.code == 0
        assert suite.run("rollback", *Journal(suite.root).identities(), "--force").code == 0
        assert suite.files() == suite.before

    @pytest.fixture
    def small(self, tmp_path: Path) -> Iterator[Path]:
        folder = tmp_path / "small"
        folder.mkdir()
        options = ["-t", "tmpfs", "-o", "size=192k", "none", str(folder)]
        if os.geteuid() != 0 or not shutil.which("mount"):
            pytest.skip("not permitted to mount a file system")
        if subprocess.run(["mount", *options], capture_output=True, timeout=30).returncode:
            pytest.skip("not permitted to mount a file system")
        yield folder
        subprocess.run(["umount", "-l", str(folder)], check=True, timeout=30)

    @pytest.mark.parametrize("pages", [0, 1, 3, 8, 16, 28])
    def test_a_real_one(self, small: Path, pages: int, monkeypatch: pytest.MonkeyPatch) -> None:
        (small / "suite").mkdir()
        monkeypatch.chdir(small / "suite")
        suite = make_suite(small / "suite", [f"test_{n}.py" for n in range(4)], git=False)
        ballast = small / "ballast"
        with ballast.open("wb", buffering=0) as file:
            with contextlib.suppress(OSError):
                while file.write(bytes(4096)):
                    pass
            file.truncate(max(file.tell() - pages * 4096, 0))
        done = suite.run("migrate", "--skip-probe")
        suite.check_old_or_new()
        assert len(suite.files()) == 4
        if done.code:
            assert done.code == 3
            assert "No space left on device" in done.out + done.err
        ballast.unlink()
        suite.check_way_back()


_NAMES = [
    "test_plain.py",
    "a folder/test_ with spaces.py",
    "test_line\nbreak.py",
    'test_"quoted\\\t.py',
    "test_ünïcödé.py",
    os.fsdecode(b"test_\xff\xfe.py"),
    os.fsdecode(b"folder_\xe9/test_x.py"),
]


class TestNames:
    @pytest.mark.parametrize("git", [True, False])
    def test_from_end_to_end(self, folder: Path, git: bool) -> None:
        suite = make_suite(folder, _NAMES, git=git)
        os.mkfifo("fifo.py")
        Path("broken.py").symlink_to("gone")
        Path("loop.py").symlink_to("loop.py")
        by_name = sorted(_NAMES, key=os.fsencode)

        analysed = command("analyze", "--format", "json")
        assert analysed.code == 0
        values = json.loads(analysed.out)
        assert [d["path"] for d in values["definitions"]] == [
            name.encode(errors="backslashreplace").decode() for name in by_name
        ]
        listed = command("analyze", "--list")
        assert '"test_line\\012break.py"' in listed.out.splitlines()
        assert len(listed.out.splitlines()) == len(by_name)
        assert command("check").code == 1
        diff = command("migrate", "--dry-run")
        assert diff.code == 1
        applied = subprocess.run(
            ["git", "apply", "--check"],
            input=diff.out.encode(errors="surrogateescape"),
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert (applied.returncode, applied.stderr) == (0, b"")

        assert command("migrate", "--skip-probe").code == 0
        assert suite.files() == suite.after
        assert command("check").code == 0
        assert command("rollback", "--list", "--format", "json").code == 0
        for name in _NAMES[1:6]:
            assert command("rollback", name).code == 0
        assert suite.check_old_or_new() == 2
        assert command("rollback").code == 0
        assert suite.files() == suite.before

    def test_a_batch_file(self, folder: Path) -> None:
        suite = make_suite(folder, _NAMES)
        batch = folder.parent / "batch.txt"
        batch.write_bytes(command("analyze", "--list").out.encode(errors="surrogateescape"))
        assert command("migrate", "--skip-probe", f"@{batch}").code == 0
        assert suite.check_old_or_new() == len(_NAMES)


def command(*arguments: str) -> Done:
    """Run the command as people do."""
    done = subprocess.run(
        [sys.executable, "-m", "codemods", *arguments],
        capture_output=True,
        timeout=_TIMEOUT,
        check=False,
    )
    out, err = (b.decode(errors="surrogateescape") for b in (done.stdout, done.stderr))
    return Done(done.returncode, out, err)


#: What takes more stack than there is, in CPython or in LibCST, or nearly so.
_DEEP = {
    "parentheses": b"x = " + b"(" * 100_000 + b"1" + b")" * 100_000,
    "brackets": b"x = " + b"[" * 190 + b"]" * 190,
    "minus": b"x = " + b"-" * 100_000 + b"1",
    "not": b"x = " + b"not " * 900 + b"1",
    "attributes": b"x = a" + b".b" * 100_000,
    "calls": b"x = a" + b"()" * 2_500,
    "sum": b"x = 1" + b"+1" * 100_000,
    "and": b"x = 1" + b" and 1" * 20_000,
    "import": b"import a" + b".a" * 12_000,
    "elif": b"if x:\n    pass\n" + b"elif y:\n    pass\n" * 100_000,
    "lambda": b"x = " + b"lambda: " * 2_900 + b"1",
    "comparison": b"x = 1" + b"<1" * 20_000,
}


class TestSize:
    def test_deep_nesting(self, folder: Path) -> None:
        names = [f"test_{n}.py" for n in range(8)]
        suite = make_suite(folder, names, git=False)
        for name, content in _DEEP.items():
            Path(f"test_deep_{name}.py").write_bytes(COPY.encode() + b"\n\n" + content + b"\n")
        before = suite.files()
        done = command("migrate", "--skip-probe", "--jobs", "2", "--format", "json")
        assert done.code == 3, done
        assert "Traceback" not in done.err
        values = json.loads(done.out)
        died = {f["path"] for f in values["failures"] if f["code"] == "worker-died"}
        # Python 3.14 has less stack for one more of them.
        assert {"test_deep_and.py", "test_deep_import.py"} <= died
        assert died.isdisjoint(names)
        changed = {item["path"] for item in values["replaced"]}
        assert set(names) <= changed
        after = suite.files()
        assert {p for p in before if before[p] != after[p]} == changed
        assert command("analyze").code == 3
        assert command("rollback").code == 0
        assert suite.files() == before

    def test_long_files_and_empty_ones(self, folder: Path) -> None:
        suite = make_suite(folder, ["test_0.py"], git=False)
        large = {
            "test_10_mb.py": b"TEXT = '''\n" + b"a line of text\n" * 700_000 + b"'''\n",
            "test_100_000_lines.py": b"# a comment\n" * 100_000,
        }
        for name, content in large.items():
            suite.before[name] = _BEFORE % 7 + b"\n\n" + content
            suite.after[name] = suite.after["test_0.py"].replace(b"_0", b"_7") + b"\n\n" + content
            Path(name).write_bytes(suite.before[name])
        suite.before["empty.py"] = suite.after["empty.py"] = b""
        Path("empty.py").touch()
        assert command("migrate", "--skip-probe", "--jobs", "2").code == 0
        assert suite.files() == suite.after
        assert command("rollback").code == 0
        assert suite.files() == suite.before


#: LibCST's parser takes twice as long for each bracket more, and lets nothing else run meanwhile.
_ENDLESS = f"def f(x):\n    match x:\n        case {'(' * 40}1{')' * 40}:\n            pass\n"


class TestTime:
    def test_a_file_that_takes_too_long_fails_and_the_others_are_done(self, folder: Path) -> None:
        names = [f"test_{n}.py" for n in range(8)]
        suite = make_suite(folder, names, git=False)
        slow = Path("test_00_slow.py")
        slow.write_text(f"{COPY}\n\n{_ENDLESS}")
        done = command("migrate", "--skip-probe", "--file-timeout", "2")
        assert done.code == 3, done
        said = "test_00_slow.py:1:1: too-slow not done after 2 seconds of processor time: exclude"
        assert said in done.out
        assert suite.check_old_or_new() == len(names)
        assert slow.read_text() == f"{COPY}\n\n{_ENDLESS}"
        assert command("check", "--file-timeout", "2").code == 3
        assert command("analyze", "--file-timeout", "2").code == 0  # it parses nothing by LibCST
        assert command("check", "--exclude", "*slow*").code == 0

    @pytest.mark.parametrize("name", [f"{SHARED.replace('.', '/')}.py", "conftest.py"])
    def test_a_shared_module_or_a_conftest_that_takes_too_long_is_named(
        self, folder: Path, name: str
    ) -> None:
        make_suite(folder, ["test_0.py"], git=False)
        with Path(name).open("a") as file:
            file.write(f"x = f'{'{x}' * 1_000_000}'\n")  # time by the square of the length
        for verb in ("check", "analyze", "migrate"):
            done = command(verb, "--file-timeout", "2")
            assert (done.code, done.out) == (2, "")
            limit = "not done after 2 seconds of processor time"
            assert done.err == f"Error: {Path(name).resolve()}:1: too-slow: {limit}\n"

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_a_signal_is_heard_while_a_file_takes_long(
        self, folder: Path, number: signal.Signals
    ) -> None:
        make_suite(folder, ["test_0.py"], git=False)
        Path("test_00_slow.py").write_text(f"{COPY}\n\n{_ENDLESS}")
        pipe = subprocess.PIPE
        arguments = [sys.executable, "-m", "codemods", "check", "--file-timeout", "9000"]
        with subprocess.Popen(arguments, stdout=pipe, stderr=pipe, start_new_session=True) as run:
            try:
                wait_until(lambda: any(map(_is_at_work, _workers_of(run.pid))))
                workers = _workers_of(run.pid)
                os.killpg(run.pid, number)
                out, err = run.communicate(timeout=60)
            except BaseException:
                os.killpg(run.pid, signal.SIGKILL)
                raise
        assert (run.returncode, out, err) == (130, b"", b"interrupted\n")
        for pid in workers:
            wait_until(partial(gone, int(pid)))


def _workers_of(pid: int) -> list[str]:
    """Return the processes that a process has started."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _is_at_work(pid: str) -> bool:
    """Whether a process has used some processor time."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11]) > 20


class TestTheFolder:
    def test_a_read_only_file_stays(self, suite: Suite) -> None:
        Path("tests/0/test_3.py").chmod(0o444)
        done = suite.run("migrate", "--skip-probe", "-v")
        assert "tests/0/test_3.py:1:1: read-only file is read-only" in done.out
        assert suite.check_old_or_new() == _FILES - 1

    def test_a_folder_that_takes_no_file(
        self, suite: Suite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Root may write anywhere, so the system is made to refuse."""
        real = os.open
        folders: set[int] = set()

        def refuse(
            path: str | Path, flags: int, mode: int = 0o777, *, dir_fd: int | None = None
        ) -> int:
            if flags & os.O_CREAT and dir_fd in folders:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            descriptor = real(path, flags, mode, dir_fd=dir_fd)
            (folders.add if path == "1" else folders.discard)(descriptor)
            return descriptor

        monkeypatch.setattr(os, "open", refuse)
        done = suite.run("migrate", "--skip-probe", "--jobs", "1")
        assert done.code == 3
        assert done.out.count("not-written Permission denied; the file is unchanged") == 4
        assert suite.check_old_or_new() == 8
        monkeypatch.setattr(os, "open", real)
        suite.check_way_back()

    def test_a_journal_that_cannot_be_written(self, suite: Suite) -> None:
        Path(".ssot-codemods").touch()
        for arguments, code in ((["migrate", "--skip-probe"], 3), (["rollback"], 2)):
            done = suite.run(*arguments)
            assert done.code == code
            assert ".ssot-codemods" in done.err
        assert suite.check_old_or_new() == 0

    def test_two_runs_at_once(self, suite: Suite) -> None:
        with Journal(suite.root).lock():
            for arguments in (["migrate", "--skip-probe"], ["rollback"], ["migrate", "--resume=x"]):
                done = command(*arguments)
                assert done.code == 2
                assert (
                    f"another run is in progress in {suite.root} (process {os.getpid()})"
                    in done.err
                )
            assert command("migrate", "--dry-run").code == 1
        assert suite.files() == suite.before
