"""One session of pytest and its faults; collection times, saved and compared."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from codemods.interrupts import heard_as_one, uninterrupted
from codemods.measure import collection
from codemods.measure import process as process_module
from codemods.measure.collection import Tree, in_turn
from codemods.measure.compare import claim, compare
from codemods.measure.model import (
    Baseline,
    Claim,
    CollectionError,
    MeasureError,
    Series,
)
from codemods.measure.record import SessionRecord
from codemods.measure.session import Pytest, Session
from codemods.progress.baseline import baseline_file, load_baseline, save_baseline
from tests.figures import measured as figures
from tests.tools import write_modules

# Without other plugins pytest starts in half the time.
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_", "PYTHON"))},
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}
LINUX = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux's /proc")


def pytest_in(folder: Path, **options: Any) -> Pytest:
    return Pytest(folder, **{"environment": ENVIRONMENT, **options})


def run(folder: Path, *arguments: str, **options: Any) -> Session:
    return pytest_in(folder, **options).run(*arguments)


def processes_with(mark: str) -> list[int]:
    """Return the processes with a text in their command line, less those that have ended."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                line = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if mark.encode() in line:
                found.append(int(process.name))
    return found


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the time run out soon after a file called ``up`` is there, and not before."""

    def wait(done: threading.Event, timeout: float | None, watch: object) -> bool:
        assert timeout == 60
        while not (tmp_path / "up").exists() and not done.is_set():
            time.sleep(0.02)
        return done.wait(0.2)

    monkeypatch.setattr(process_module, "_wait", wait)


def test_the_time_runs_out(tmp_path: Path) -> None:
    seen = run(tmp_path, timeout=0.01)
    assert seen.record.exit_code is None
    assert seen.problem == "killed after 0.01 s"


# One session


def test_without_a_cache(tmp_path: Path) -> None:
    """Where the plugin is blocked, pytest must know the option for its folder all the same."""
    seen = run(tmp_path, "-p", "no:cacheprovider", "--strict-config", "--collect-only")
    assert seen.problem == ""


def test_a_session(tmp_path: Path) -> None:
    seen = run(write_modules(tmp_path, test_it="def test_a(): pass\ndef test_b(): assert 0"))
    assert (seen.record.exit_code, seen.problem) == (1, "")
    assert seen.record.collected == ["test_it.py::test_a", "test_it.py::test_b"]
    assert 0 < seen.cpu < 60
    assert 0 < seen.wall < 60
    assert not (tmp_path / ".pytest_cache").exists()


def test_the_memory_is_that_of_pytest_alone(tmp_path: Path) -> None:
    """What Linux counts for a child begins with the size of its parent."""
    ballast = bytearray(200_000_000)
    seen = run(write_modules(tmp_path, test_it="def test(): pass"), "--collect-only")
    assert len(ballast) > seen.record.peak_memory > 10_000_000


def test_a_package_of_the_same_name_is_no_hindrance(tmp_path: Path) -> None:
    own = write_modules(
        tmp_path, codemods____init__="", test_it="import codemods\ndef test(): pass"
    )
    (own / "codemods" / "measure").mkdir()
    seen = run(own, environment={**ENVIRONMENT, "PYTHONPATH": str(own)})
    assert seen.record.exit_code == 0


def test_a_configuration_that_stops_early_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = -x --maxfail=1 --cache-clear --strict-config -p no:cacheprovider\n"
    )
    write_modules(
        tmp_path, test_a="import nowhere", test_b="import nowhere", test_c="def test(): pass"
    )
    seen = pytest_in(tmp_path).collect()
    assert seen.problem == ""
    assert len(seen.record.errors) == 2
    assert seen.record.collected == ["test_c.py::test"]


def test_a_path_of_modules_is_kept(tmp_path: Path) -> None:
    write_modules(tmp_path, test_it="def test(): pass", myplugin="")
    variables = {**ENVIRONMENT, "PYTEST_PLUGINS": "myplugin", "PYTHONPATH": str(tmp_path)}
    seen = run(tmp_path, environment=variables)
    assert seen.record.exit_code is not None


def test_no_pytest(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'pytest': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    seen = run(tmp_path, environment={**ENVIRONMENT, "PYTHONPATH": str(tmp_path)})
    assert (
        seen.problem
        == f"{sys.executable} has no pytest: name the interpreter of your tests by --python"
    )
    assert seen.record == SessionRecord()


def test_an_interpreter_that_does_nothing_right(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho broken; rm $0; exit 9\n")
    broken.chmod(0o755)
    seen = run(tmp_path, python=str(broken))
    hint = "--python names another interpreter"
    assert seen.problem == f"pytest did not start its session (exit code 9; {hint}): broken"


def test_no_interpreter(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="there is no interpreter /no/python"):
        run(tmp_path, python="/no/python")
    with pytest.raises(MeasureError, match="there is no interpreter"):
        run(tmp_path, python=str(tmp_path))
    with pytest.raises(MeasureError, match=r"cannot be started in .*missing: "):
        run(tmp_path / "missing")


def test_an_interpreter_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inner").mkdir()
    seen = run(tmp_path / "inner", "--collect-only", python="bin/python")
    # A link outside of its venv may be another interpreter, as far as packages go.
    assert seen.problem in (
        "",
        f"{tmp_path}/bin/python has no pytest: name the interpreter of your tests by --python",
    )


def test_a_conftest_that_raises(tmp_path: Path) -> None:
    seen = run(write_modules(tmp_path, conftest="raise ValueError('no')"))
    assert seen.record.exit_code is None
    assert seen.problem == f"{tmp_path}/conftest.py: ValueError: no"


def test_a_usage_error(tmp_path: Path) -> None:
    seen = run(tmp_path, "missing.py")
    assert (seen.record.exit_code, seen.problem) == (4, "file or directory not found: missing.py")
    seen = run(tmp_path, "--no-such-option")
    assert seen.problem.startswith("pytest did not start its session (exit code 4; ")
    assert "--no-such-option" in seen.problem


def test_a_configuration_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options\n")
    seen = run(tmp_path)
    assert seen.record == SessionRecord()
    assert seen.problem.startswith("pytest did not start its session (exit code 4; ")


def test_a_test_that_leaves_at_once(tmp_path: Path) -> None:
    seen = run(write_modules(tmp_path, test_it="import os\ndef test_leaves(): os._exit(0)"))
    assert seen.record.exit_code is None
    assert seen.problem == (
        "pytest ended with exit code 0 while it ran test_it.py::test_leaves, "
        "before its session was over"
    )


def test_a_test_that_kills_its_process_group(tmp_path: Path) -> None:
    text = "import os\ndef test_kills(): os.killpg(os.getpgid(0), 9)"
    seen = run(write_modules(tmp_path, test_it=text))
    assert seen.record.exit_code is None
    assert seen.problem == "pytest was killed by SIGKILL while it ran test_it.py::test_kills"


def test_a_test_that_kills_its_parent(tmp_path: Path) -> None:
    text = "import os, time\ndef test_kills():\n    os.kill(os.getppid(), 9)\n    time.sleep(600)"
    seen = run(write_modules(tmp_path, test_it=text), str(tmp_path))
    assert seen.problem == "pytest was killed by SIGKILL while it ran test_it.py::test_kills"
    wait_for_end_of(str(tmp_path))


def test_a_signal_to_pytest_alone(tmp_path: Path) -> None:
    seen = run(
        write_modules(tmp_path, test_it="import os\ndef test_it(): os.kill(os.getpid(), 15)")
    )
    assert seen.problem == "pytest was killed by SIGTERM while it ran test_it.py::test_it"


@pytest.mark.usefixtures("impatient")
def test_a_hang_is_killed_without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "_processes", lambda: iter(()))
    text = "import pathlib, time\ndef test():\n pathlib.Path('up').touch()\n time.sleep(600)"
    seen = run(write_modules(tmp_path, test_it=text), str(tmp_path), timeout=60)
    assert seen.problem.startswith("killed after 60 s")
    wait_for_end_of(str(tmp_path))


@LINUX
@pytest.mark.usefixtures("impatient")
def test_a_hang_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    text = """\
import pathlib, subprocess, sys, time
def test_quick(): pass
def test_hangs():
    script = "import time; time.sleep(600)"
    for options in ({}, {"start_new_session": True}, {"start_new_session": True, "env": {}}):
        subprocess.Popen([sys.executable, "-c", script, %r], **options)
    pathlib.Path("up").touch()
    time.sleep(600)
"""
    mark = str(tmp_path)
    seen = run(write_modules(tmp_path, test_it=text % mark), timeout=60)
    assert seen.problem == "killed after 60 s while it ran test_it.py::test_hangs"
    assert "test_it.py::test_quick" in seen.record.tests
    wait_for_end_of(mark)


@LINUX
def test_what_outlives_the_session_is_killed(tmp_path: Path) -> None:
    text = """\
import subprocess, sys
def test_leaves_some():
    script = "import time; time.sleep(600)"
    for options in ({}, {"start_new_session": True}):
        subprocess.Popen([sys.executable, "-c", script, %r], **options)
"""
    mark = str(tmp_path)
    seen = run(write_modules(tmp_path, test_it=text % mark))
    assert seen.record.exit_code == 0
    wait_for_end_of(mark)


def wait_for_end_of(mark: str) -> None:
    """Wait for a process that was killed: it needs a moment to be gone."""
    for _ in range(100):
        if not processes_with(mark):
            return
        time.sleep(0.02)
    pytest.fail(f"left behind: {processes_with(mark)}")


#: Has Ctrl-C come while something is started.
STARTING = """
import os, signal, subprocess
from codemods.measure import process
start = subprocess.Popen
def started(*arguments, **options):
    done = start(*arguments, **options)
    os.kill(os.getpid(), signal.SIGINT)
    return done
process.subprocess.Popen = started
"""

#: Has the second Ctrl-C come while the first one is seen to.
AGAIN = """
import os, signal
from codemods.measure import process
find = process._descendants
process._descendants = lambda pid: os.kill(os.getpid(), signal.SIGINT) or find(pid)
"""


@LINUX
@pytest.mark.parametrize("again", ["", AGAIN], ids=["once", "twice"])
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, again: str) -> None:
    script = (
        f"{again}import sys; from pathlib import Path\n"
        "from codemods.measure.session import Pytest\n"
        "Pytest(Path(sys.argv[1])).run()\n"
    )
    text = "import time, pathlib\ndef test():\n pathlib.Path('up').touch()\n time.sleep(600)"
    write_modules(tmp_path, test_it=text)
    (tmp_path / "tmp").mkdir()
    variables = {**ENVIRONMENT, "TMPDIR": str(tmp_path / "tmp")}
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, env=variables, stderr=subprocess.PIPE) as process:
        while not (tmp_path / "up").exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in error
    assert list((tmp_path / "tmp").iterdir()) == []
    wait_for_end_of(str(tmp_path))


@LINUX
def test_an_interrupt_while_something_is_started_leaves_nothing_behind(tmp_path: Path) -> None:
    script = (
        f"{STARTING}import sys; from pathlib import Path\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(600)', sys.argv[1]]\n"
        "process.run_process(sleep, Path.cwd(), dict(os.environ), None, Path(sys.argv[1], 'out'))\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    ended = subprocess.run(command, env=ENVIRONMENT, capture_output=True, timeout=60)
    assert b"KeyboardInterrupt" in ended.stderr
    wait_for_end_of(str(tmp_path))


def test_several_interrupts_at_once_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with heard_as_one():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        now = 102.0
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGHUP)
        now = 104.0
        with pytest.raises(KeyboardInterrupt), uninterrupted():
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_megabytes_of_output(tmp_path: Path) -> None:
    text = "def test():\n    for _ in range(50): print('x' * 100_000)\n    assert 0"
    seen = run(write_modules(tmp_path, test_it=text), "-s")
    assert seen.record.exit_code == 1


def test_the_folder_changes_and_files_go(tmp_path: Path) -> None:
    text = (
        "import os, pathlib\n"
        "def test_away(tmp_path): os.chdir(tmp_path)\n"
        "def test_gone(): pathlib.Path(__file__).unlink()\n"
    )
    seen = run(write_modules(tmp_path, test_it=text))
    assert seen.record.exit_code == 0


def test_processes_that_may_not_be_looked_at_are_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process_module, "_marked", lambda token: [2**22 + 1])
    process_module._end(2**22 + 1, "token", running=True)
    monkeypatch.undo()
    monkeypatch.setattr(Path, "iterdir", lambda path: (_ for _ in ()).throw(OSError()))
    assert list(process_module._marked("token")) == []


# A baseline


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    recorder = "class TestRecorder:\n    def __init__(self): pass\n"
    return write_modules(
        folder,
        tests__test_a=f"import helper\n{recorder}def test_a(): pass",
        tests__test_b="import nowhere",
        tests__helper="",
    )


@pytest.fixture(scope="module")
def observed(suite: Path) -> tuple[Baseline, list[Any], list[str]]:
    """Measure once, and note of each run which bytecode was there before it, and was read."""
    seen: list[Any] = []
    lines: list[str] = []

    real = Pytest.run

    def spy(self: Pytest, *arguments: str, **options: Any) -> Session:
        prefix = Path(self.environment["PYTHONPYCACHEPREFIX"])
        assert "PYTHONDONTWRITEBYTECODE" not in self.environment
        there = [any(prefix.rglob(name)) for name in ("_pytest/main.*.pyc", "helper.*.pyc")]
        session = real(self, *arguments, **options)
        seen.append((*there, [m.from_cache for m in session.record.modules.values()]))
        return session

    variables = {**ENVIRONMENT, "PYTHONDONTWRITEBYTECODE": "1"}
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(Pytest, "run", spy)
        (measured,) = in_turn(
            [Tree(pytest_in(suite, timeout=60, environment=variables))],
            ["tests"],
            runs=1,
            progress=lines.append,
        )
    return measured, seen, lines


@pytest.fixture(scope="module")
def measured(observed: tuple[Baseline, list[Any], list[str]]) -> Baseline:
    return observed[0]


def test_a_baseline(suite: Path, measured: Baseline) -> None:
    summary = measured.summary
    assert summary.problem == ""
    assert measured.nodeids == ("tests/test_a.py::test_a",)
    assert (summary.module_count, summary.test_count, summary.error_count, summary.runs) == (
        2,
        1,
        1,
        1,
    )
    message = "ModuleNotFoundError: No module named 'nowhere'"
    assert measured.errors == (CollectionError("tests/test_b.py", "tests/test_b.py", message),)
    assert summary.warning_counts == {"PytestCollectionWarning": 1}
    for timing in (summary.cold, summary.warm):
        for series in (timing.wall_seconds, timing.cpu_seconds, timing.memory_bytes):
            assert len(series.values) == 1
            assert series.minimum == series.median == series.maximum > 0
    assert summary.is_stable
    assert summary.conditions.pytest == pytest.__version__
    assert summary.conditions.interpreter == sys.executable
    assert not list(suite.rglob("__pycache__"))


def test_forbidden_bytecode_is_reported(measured: Baseline) -> None:
    assert "PYTHONDONTWRITEBYTECODE is set here" in measured.notes[0]


def test_cold_is_cold_and_warm_is_warm(
    observed: tuple[Baseline, list[Any], list[str]],
) -> None:
    """Cold has the bytecode of pytest, but not that of the tests and what they import."""
    assert observed[1] == [
        (False, False, [False, False]),
        (True, False, [False, False]),
        (True, True, [True, True]),
    ]


def test_progress(observed: tuple[Baseline, list[Any], list[str]]) -> None:
    assert observed[2][::2] == ["warm-up ...", "cold 1 of 1 ...", "warm 1 of 1 ..."]
    assert all(line.endswith(" s") for line in observed[2][1::2])


@pytest.mark.usefixtures("impatient")
def test_a_timeout_gives_what_was_seen(tmp_path: Path) -> None:
    hangs = "import pathlib, time\npathlib.Path('up').touch()\ntime.sleep(600)"
    write_modules(tmp_path, test_a="def test_a(): pass", test_b=hangs)
    (measured,) = in_turn([Tree(pytest_in(tmp_path, timeout=60))])
    summary = measured.summary
    assert summary.problem == "warm-up: killed after 60 s while it ran test_b.py"
    assert measured.nodeids == ("test_a.py::test_a",)
    assert (summary.module_count, summary.runs) == (1, 0)
    assert summary.warm.wall_seconds.median == summary.warm.wall_seconds.minimum == 0


def test_tests_that_set_dont_write_bytecode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_modules(tmp_path, conftest="import sys; sys.dont_write_bytecode = True")
    seen = run(tmp_path)
    monkeypatch.setattr(Pytest, "run", lambda *_, **__: seen)
    (measured,) = in_turn([Tree(pytest_in(tmp_path))], runs=1)
    (note,) = measured.notes
    assert note == "the tests or a plugin set sys.dont_write_bytecode: the warm runs are cold, too"


def test_runs_that_do_not_collect_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = iter((["a"], ["a"], ["a", "a"]))
    monkeypatch.setattr(Pytest, "run", lambda *_, **__: session(*next(ids)))
    (measured,) = in_turn([Tree(Pytest(tmp_path))], runs=1)
    assert not measured.summary.is_stable
    assert "the runs did not collect the same tests" in measured.notes


def session(*nodes: str) -> Session:
    """Return a session that collected some tests."""
    return Session(SessionRecord(exit_code=0, collected=list(nodes)), "", 1.0, 1.0)


# Saved


def test_save_and_load(tmp_path: Path, measured: Baseline) -> None:
    path = save_baseline(measured, tmp_path, "before")
    assert path == tmp_path / ".ssot-codemods" / "baselines" / "before.json"
    assert load_baseline(tmp_path, "before") == measured
    other = measured._replace(notes=("n",))
    save_baseline(other, tmp_path, "before")
    assert load_baseline(tmp_path, "before") == other
    assert [p.name for p in path.parent.iterdir()] == ["before.json"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Expecting property name"),
        ("[" * 100_000, "recursion|Stack overflow"),
        ("[]", "the schema is not ssot-codemods/saved-baseline/3: save it again"),
        ("{}", "the schema is not"),
        ('{"schema": "ssot-codemods/saved-baseline/3"}', "no 'root'"),
    ],
)
def test_what_cannot_be_loaded(tmp_path: Path, text: str, message: str) -> None:
    path = save_baseline(figures(), tmp_path, "bad")
    path.write_text(text)
    with pytest.raises(MeasureError, match=rf"bad\.json: not a baseline: .*{message}"):
        load_baseline(tmp_path, "bad")


def test_a_place_in_a_file_that_is_something_else_is_named(tmp_path: Path) -> None:
    path = save_baseline(figures(), tmp_path, "bad")
    values = json.loads(path.read_bytes())
    values["summary"]["cold"]["wall_seconds"]["values"][1] = "1"
    path.write_text(json.dumps(values))
    place = r"summary\.cold\.wall_seconds\.values\[1\]: float expected, got str"
    with pytest.raises(MeasureError, match=rf"bad\.json: not a baseline: {place}"):
        load_baseline(tmp_path, "bad")


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"none\.json: no baseline of that name was saved"):
        load_baseline(tmp_path, "none")
    baseline_file(tmp_path, "bad").mkdir(parents=True)
    with pytest.raises(MeasureError, match=r"bad\.json: not a regular file"):
        load_baseline(tmp_path, "bad")
    with pytest.raises(MeasureError, match=r"bad\.json: Is a directory"):
        save_baseline(figures(), tmp_path, "bad")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "-x"])
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(MeasureError, match="cannot be the name of a baseline"):
        baseline_file(tmp_path, name)


# Compared


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param((1.0, 1.1, 1.2), (1.0, 1.1, 1.2), Claim.NONE, id="equal"),
        pytest.param((1.0, 1.1, 1.2), (1.1, 1.25, 1.3), Claim.NONE, id="less than the spread"),
        pytest.param((1.0, 1.1, 1.2), (0.7, 0.8, 0.9), Claim.FASTER, id="ranges apart, faster"),
        pytest.param((1.0, 1.1, 1.2), (1.3, 1.4, 2.9), Claim.SLOWER, id="ranges apart, slower"),
        pytest.param((1.0, 2.0, 2.1), (0.8, 0.85, 1.1), Claim.FASTER, id="medians apart"),
        pytest.param((1.0, 2.0, 2.2), (0.8, 0.9, 1.1), Claim.NONE, id="medians not so far apart"),
        pytest.param((1.0, 1.0), (9.0, 9.0, 9.0), Claim.NOT_COMPARABLE, id="too few"),
        pytest.param((), (), Claim.NOT_COMPARABLE, id="nothing"),
    ],
)
def test_claim(before: tuple[float, ...], after: tuple[float, ...], expected: Claim) -> None:
    assert claim(Series(before), Series(after)) is expected


def other(one: Baseline, **conditions: Any) -> Baseline:
    """Return a baseline under other conditions."""
    changed = one.summary.conditions._replace(**conditions)
    return one._replace(summary=one.summary._replace(conditions=changed))


def test_compare() -> None:
    after = figures(warm=(0.5, 0.5, 0.6))
    after = after._replace(summary=after.summary._replace(commit="d", is_dirty=True))
    compared = compare(figures(), after)
    assert (compared.cold_claim, compared.warm_claim) == (Claim.NONE, Claim.FASTER)
    assert (compared.obstacles, compared.only_before, compared.only_after) == ((), (), ())


@pytest.mark.parametrize(
    ("after", "obstacle"),
    [
        (other(figures(), paths=()), "paths: tests / -"),
        (other(figures(), interpreter="/p"), "interpreter: /usr/bin/python / /p"),
        (other(figures(), python="CPython 4"), "python: CPython 3.11 / CPython 4"),
        (other(figures(), pytest="8"), "pytest: 9.0 / 8"),
        (other(figures(), plugins=("x 2",)), "plugins: xdist 3 / x 2"),
        (other(figures(), machine="n"), "machine: here, 2 CPUs / n"),
        (other(figures(), environment=("A=b",)), "environment: - / A=b"),
        (figures(tests=("a", "b")), "not the same tests were collected: 1 / 2"),
        (figures(tests=("tests/test_a.py::test_a",) * 2), "not the same tests were collected: 1"),
        (figures(problem="killed"), "after: killed"),
        (figures(stable=False), "after: the runs did not collect the same tests"),
        (figures(cold=(1.0, 1.0)), "after: at least 3 runs are needed"),
        (figures(errors=1), "not as many errors at collection: 0 / 1"),
    ],
    ids=str,
)
def test_what_is_not_alike_is_not_compared(after: Baseline, obstacle: str) -> None:
    for compared in (compare(figures(), after), compare(after, figures())):
        assert compared.cold_claim is compared.warm_claim is Claim.NOT_COMPARABLE
    assert compare(figures(), after).obstacles[0].startswith(obstacle)


def test_other_errors_are_named() -> None:
    obstacles = compare(figures(errors=1), figures(errors=2)).obstacles
    assert obstacles[1:] == ("collected before, and not after: e1",)


def test_what_the_environment_tells_python_and_pytest() -> None:
    """And not what a pytest around the runs has set, which is another each time."""
    ours = {"PYTEST_ADDOPTS": "-x", "PYTHONOPTIMIZE": "1"}
    around = {"PYTEST_XDIST_TESTRUNUID": "1", "PYTEST_VERSION": "9", "PYTEST_CURRENT_TEST": "x"}
    other = {"HOME": "/", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/p"}
    found = list(collection._settings_in({**other, **around, **ours}))
    assert found == ["PYTEST_ADDOPTS=-x", "PYTHONOPTIMIZE=1"]


def test_what_came_and_went() -> None:
    compared = compare(figures(tests=("a", "b", "c")), figures(tests=("c", "b", "d")))
    assert (compared.only_before, compared.only_after) == (("a",), ("d",))


# Against another tree


def test_both_trees_are_measured_in_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def run(self: Pytest, *arguments: str, **options: Any) -> Session:
        seen.append(self.root.name)
        return session(f"test_it.py::test_{self.root.name}")

    monkeypatch.setattr(Pytest, "run", run)
    lines: list[str] = []
    before = Tree(Pytest(tmp_path / "old"), "c", name="HEAD: ")
    after = Tree(Pytest(tmp_path / "new"), "c", is_dirty=True, name="here: ")
    compared = compare(*in_turn([before, after], runs=3, progress=lines.append))
    assert seen == ["old", "new"] * 7
    assert compared.only_before == ("test_it.py::test_old",)
    assert compared.only_after == ("test_it.py::test_new",)
    sides = (compared.before.summary, compared.after.summary)
    assert [(side.commit, side.is_dirty) for side in sides] == [("c", False), ("c", True)]
    assert lines[::2][:2] == ["HEAD: warm-up ...", "here: warm-up ..."]


def test_the_run_waits_in_a_thread_that_ends(tmp_path: Path) -> None:
    before = threading.active_count()
    run(write_modules(tmp_path, test_it="def test(): pass"))
    assert threading.active_count() == before
