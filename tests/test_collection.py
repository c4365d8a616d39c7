"""One session of pytest and its faults; collection times, saved and compared."""

from __future__ import annotations

import dataclasses
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

from codemods.measure import collection
from codemods.measure import session as session_module
from codemods.measure.collection import (
    against,
    baseline,
    baseline_file,
    baseline_from_dict,
    baseline_to_dict,
    claim,
    collect,
    compare,
    load_baseline,
    save_baseline,
)
from codemods.measure.model import (
    Baseline,
    Claim,
    CollectionError,
    Conditions,
    MeasureError,
    Series,
    Session,
    Timing,
)
from codemods.measure.session import run_pytest

# Without other plugins pytest starts in half the time.
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_", "PYTHON"))},
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}
LINUX = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux's /proc")


def write(folder: Path, **files: str) -> Path:
    """Write Python files; ``__`` in a name stands for a slash."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def run(folder: Path, *arguments: str, **options: Any) -> Session:
    return run_pytest(arguments, **{"root": folder, "environment": ENVIRONMENT, **options})


def processes_with(mark: str) -> list[int]:
    """Give the processes with a text in their command line, less those that have ended."""
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

    def wait(done: threading.Event, timeout: float | None) -> bool:
        assert timeout == 60
        while not (tmp_path / "up").exists() and not done.is_set():
            time.sleep(0.02)
        return done.wait(0.2)

    monkeypatch.setattr(session_module, "_wait", wait)


def test_the_time_runs_out(tmp_path: Path) -> None:
    seen = run(tmp_path, timeout=0.01)
    assert (seen.complete, seen.timed_out) == (False, True)
    assert seen.problem == "killed after 0.01 s"


# One session


def test_without_a_cache(tmp_path: Path) -> None:
    """Where the plugin is blocked, pytest must know the option for its folder all the same."""
    seen = run(tmp_path, "-p", "no:cacheprovider", "--strict-config", "--collect-only")
    assert seen.problem == ""


def test_a_session(tmp_path: Path) -> None:
    seen = run(write(tmp_path, test_it="def test_a(): pass\ndef test_b(): assert 0"))
    assert (seen.complete, seen.exit_code, seen.timed_out, seen.problem) == (True, 1, False, "")
    assert seen.document is not None
    assert seen.document["collected"] == ["test_it.py::test_a", "test_it.py::test_b"]
    assert 0 < seen.cpu < 60
    assert 0 < seen.wall < 60
    assert "1 failed" in seen.output_tail
    assert not (tmp_path / ".pytest_cache").exists()


def test_the_memory_is_that_of_pytest_alone(tmp_path: Path) -> None:
    """What Linux counts for a child begins with the size of its parent."""
    ballast = bytearray(200_000_000)
    seen = run(write(tmp_path, test_it="def test(): pass"), "--collect-only")
    assert len(ballast) > seen.peak_memory > 10_000_000


def test_a_package_of_the_same_name_is_no_hindrance(tmp_path: Path) -> None:
    own = write(tmp_path, codemods____init__="", test_it="import codemods\ndef test(): pass")
    (own / "codemods" / "measure").mkdir()
    seen = run(own, environment={**ENVIRONMENT, "PYTHONPATH": str(own)})
    assert seen.complete
    assert seen.exit_code == 0


def test_a_configuration_that_stops_early_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = -x --maxfail=1 --cache-clear --strict-config -p no:cacheprovider\n"
    )
    write(tmp_path, test_a="import nowhere", test_b="import nowhere", test_c="def test(): pass")
    seen = collect([], root=tmp_path, environment=ENVIRONMENT)
    assert seen.problem == ""
    assert seen.document is not None
    assert len(seen.document["errors"]) == 2
    assert seen.document["collected"] == ["test_c.py::test"]


def test_the_probe_may_be_loaded_late(tmp_path: Path) -> None:
    write(tmp_path, test_it="def test(): pass", myplugin="")
    variables = {**ENVIRONMENT, "PYTEST_PLUGINS": "myplugin", "PYTHONPATH": str(tmp_path)}
    seen = run(tmp_path, early=False, environment=variables)
    assert seen.complete


def test_no_pytest(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'pytest': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    seen = run(tmp_path, environment={**ENVIRONMENT, "PYTHONPATH": str(tmp_path)})
    assert seen.problem == f"{sys.executable} has no pytest"
    assert not seen.complete
    assert seen.document is None


def test_an_interpreter_that_does_nothing_right(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho broken; rm $0; exit 9\n")
    broken.chmod(0o755)
    seen = run(tmp_path, python=broken)
    assert seen.problem == "pytest did not start its session (exit code 9): broken"


def test_no_interpreter(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="there is no interpreter /no/python"):
        run(tmp_path, python="/no/python")
    with pytest.raises(MeasureError, match="there is no interpreter"):
        run(tmp_path, python=tmp_path)
    with pytest.raises(MeasureError, match=r"cannot be started in .*missing: "):
        run(tmp_path / "missing")


def test_an_interpreter_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inner").mkdir()
    seen = run(tmp_path / "inner", "--collect-only", python=Path("bin/python"))
    # A link outside of its venv may be another interpreter, as far as packages go.
    assert seen.problem in ("", f"{tmp_path}/bin/python has no pytest")


def test_a_conftest_that_raises(tmp_path: Path) -> None:
    seen = run(write(tmp_path, conftest="raise ValueError('no')"))
    assert (seen.complete, seen.exit_code) == (False, 4)
    assert seen.problem == f"{tmp_path}/conftest.py: ValueError: no"


def test_a_usage_error(tmp_path: Path) -> None:
    seen = run(tmp_path, "missing.py")
    assert (seen.exit_code, seen.problem) == (4, "file or directory not found: missing.py")
    seen = run(tmp_path, "--no-such-option")
    assert seen.problem.startswith("pytest did not start its session (exit code 4): ")
    assert "--no-such-option" in seen.problem


def test_a_configuration_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options\n")
    seen = run(tmp_path)
    assert seen.document is None
    assert seen.problem.startswith("pytest did not start its session (exit code 4): ")


def test_a_test_that_leaves_at_once(tmp_path: Path) -> None:
    seen = run(write(tmp_path, test_it="import os\ndef test_leaves(): os._exit(0)"))
    assert (seen.complete, seen.exit_code) == (False, 0)
    assert seen.problem == (
        "pytest ended with exit code 0 while it ran test_it.py::test_leaves, "
        "before its session was over"
    )


def test_a_test_that_kills_its_process_group(tmp_path: Path) -> None:
    text = "import os\ndef test_kills(): os.killpg(os.getpgid(0), 9)"
    seen = run(write(tmp_path, test_it=text))
    assert (seen.complete, seen.exit_code) == (False, -signal.SIGKILL)
    assert seen.problem == "pytest was killed by SIGKILL while it ran test_it.py::test_kills"


def test_a_test_that_kills_its_parent(tmp_path: Path) -> None:
    text = "import os, time\ndef test_kills():\n    os.kill(os.getppid(), 9)\n    time.sleep(600)"
    seen = run(write(tmp_path, test_it=text), str(tmp_path))
    assert seen.problem == "pytest was killed by SIGKILL while it ran test_it.py::test_kills"
    wait_for_end_of(str(tmp_path))


def test_a_signal_to_pytest_alone(tmp_path: Path) -> None:
    seen = run(write(tmp_path, test_it="import os\ndef test_it(): os.kill(os.getpid(), 15)"))
    assert seen.exit_code == -signal.SIGTERM
    assert seen.problem == "pytest was killed by SIGTERM while it ran test_it.py::test_it"


@pytest.mark.usefixtures("impatient")
def test_a_hang_is_killed_without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "_processes", lambda: iter(()))
    text = "import pathlib, time\ndef test():\n pathlib.Path('up').touch()\n time.sleep(600)"
    seen = run(write(tmp_path, test_it=text), str(tmp_path), timeout=60)
    assert seen.timed_out
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
    seen = run(write(tmp_path, test_it=text % mark), timeout=60)
    assert (seen.complete, seen.timed_out) == (False, True)
    assert seen.problem == "killed after 60 s while it ran test_it.py::test_hangs"
    assert seen.document is not None
    assert "test_it.py::test_quick" in seen.document["tests"]
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
    seen = run(write(tmp_path, test_it=text % mark))
    assert seen.complete
    wait_for_end_of(mark)


def wait_for_end_of(mark: str) -> None:
    """A process that was killed needs a moment to be gone."""
    for _ in range(100):
        if not processes_with(mark):
            return
        time.sleep(0.02)
    pytest.fail(f"left behind: {processes_with(mark)}")


@LINUX
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from codemods.measure.session import run_pytest\n"
        "run_pytest([], root=Path(sys.argv[1]))\n"
    )
    text = "import time, pathlib\ndef test():\n pathlib.Path('up').touch()\n time.sleep(600)"
    write(tmp_path, test_it=text)
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


def test_megabytes_of_output(tmp_path: Path) -> None:
    text = "def test():\n    for _ in range(50): print('x' * 100_000)\n    assert 0"
    seen = run(write(tmp_path, test_it=text), "-s")
    assert seen.complete
    assert len(seen.output_tail) <= 4000


def test_the_folder_changes_and_files_go(tmp_path: Path) -> None:
    text = (
        "import os, pathlib\n"
        "def test_away(tmp_path): os.chdir(tmp_path)\n"
        "def test_gone(): pathlib.Path(__file__).unlink()\n"
    )
    seen = run(write(tmp_path, test_it=text))
    assert (seen.complete, seen.exit_code) == (True, 0)


def test_processes_that_may_not_be_looked_at_are_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session_module, "_marked", lambda token: [2**22 + 1])
    session_module._end(2**22 + 1, "token", running=True)
    monkeypatch.undo()
    monkeypatch.setattr(Path, "iterdir", lambda path: (_ for _ in ()).throw(OSError()))
    assert list(session_module._marked("token")) == []


# A baseline


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    recorder = "class TestRecorder:\n    def __init__(self): pass\n"
    return write(
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

    def spy(*args: Any, **options: Any) -> Session:
        prefix = Path(options["environment"]["PYTHONPYCACHEPREFIX"])
        assert "PYTHONDONTWRITEBYTECODE" not in options["environment"]
        there = [any(prefix.rglob(name)) for name in ("_pytest/main.*.pyc", "helper.*.pyc")]
        session = run_pytest(*args, **options)
        assert session.document is not None
        seen.append((*there, [m["from_cache"] for m in session.document["modules"].values()]))
        return session

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(collection, "run_pytest", spy)
        measured = baseline(
            ["tests"],
            root=suite,
            runs=1,
            timeout=60,
            environment={**ENVIRONMENT, "PYTHONDONTWRITEBYTECODE": "1"},
            progress=lines.append,
        )
    return measured, seen, lines


@pytest.fixture(scope="module")
def measured(observed: tuple[Baseline, list[Any], list[str]]) -> Baseline:
    return observed[0]


def test_a_baseline(suite: Path, measured: Baseline) -> None:
    assert measured.problem == ""
    assert measured.tests == ("tests/test_a.py::test_a",)
    assert measured.modules == 2
    message = "ModuleNotFoundError: No module named 'nowhere'"
    assert measured.errors == (CollectionError("tests/test_b.py", "tests/test_b.py", message),)
    assert measured.warnings == (("PytestCollectionWarning", 1),)
    for timing in (measured.cold, measured.warm):
        for series in (timing.wall, timing.cpu, timing.memory):
            assert len(series.values) == 1
            assert series.minimum == series.median == series.maximum > 0
    assert measured.stable
    assert measured.conditions.pytest == pytest.__version__
    assert measured.conditions.interpreter == sys.executable
    assert measured.conditions.commit == ""
    assert not list(suite.rglob("__pycache__"))


def test_forbidden_bytecode_is_reported(measured: Baseline) -> None:
    assert measured.dont_write_bytecode
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
    write(tmp_path, test_a="def test_a(): pass", test_b=hangs)
    measured = baseline(root=tmp_path, timeout=60, environment=ENVIRONMENT)
    assert measured.problem == "warm-up: killed after 60 s while it ran test_b.py"
    assert measured.tests == ("test_a.py::test_a",)
    assert measured.modules == 1
    assert measured.warm.wall.values == ()
    assert measured.warm.wall.median == measured.warm.wall.minimum == 0


def test_tests_that_set_dont_write_bytecode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, conftest="import sys; sys.dont_write_bytecode = True")
    seen = run(tmp_path)
    monkeypatch.setattr(collection, "run_pytest", lambda *_, **__: seen)
    (note,) = baseline(root=tmp_path, runs=1, environment=ENVIRONMENT).notes
    assert note == "the tests or a plugin set sys.dont_write_bytecode: the warm runs are cold, too"


def test_runs_that_do_not_collect_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = iter((["a"], ["a"], ["a", "a"]))

    def fake(*_: Any, **__: Any) -> Session:
        document = {"collected": next(ids), "installed": []}
        return Session(True, 0, False, 1.0, 1.0, 1, document, "", "")

    monkeypatch.setattr(collection, "run_pytest", fake)
    measured = baseline(root=tmp_path, runs=1)
    assert not measured.stable
    assert "the runs did not collect the same tests" in measured.notes


def test_no_runs(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="0 runs measure nothing"):
        baseline(root=tmp_path, runs=0)


# Saved


def test_save_and_load(tmp_path: Path, measured: Baseline) -> None:
    path = save_baseline(measured, tmp_path, "before")
    assert path == tmp_path / ".ssot-codemods" / "baselines" / "before.json"
    assert load_baseline(tmp_path, "before") == measured
    save_baseline(dataclasses.replace(measured, runs=7), tmp_path, "before")
    assert load_baseline(tmp_path, "before").runs == 7
    assert [p.name for p in path.parent.iterdir()] == ["before.json"]


def test_what_cannot_be_loaded(tmp_path: Path, measured: Baseline) -> None:
    with pytest.raises(MeasureError, match=r"none\.json: no baseline of that name was saved"):
        load_baseline(tmp_path, "none")
    path = save_baseline(measured, tmp_path, "bad")
    good = baseline_to_dict(measured)
    other: tuple[dict[str, Any], ...] = (
        {"cold": {}, "x": 1},
        {"cold": []},
        {"cold": {**good["cold"], "wall": {"values": ["1"]}}},
        {"tests": [1]},
        {"errors": [{"nodeid": 1, "file": "", "message": ""}]},
        {"conditions": {**good["conditions"], "dirty": "no"}},
        {"conditions": []},
        {"runs": "5"},
    )
    damaged = [json.dumps({**good, **values}) for values in other]
    for text in ("{", "{}", "[]", "[" * 100_000, *damaged):
        path.write_text(text)
        with pytest.raises(MeasureError, match=r"bad\.json: no baseline: "):
            load_baseline(tmp_path, "bad")
    path.unlink()
    path.mkdir()
    with pytest.raises(MeasureError, match=r"bad\.json: Is a directory"):
        load_baseline(tmp_path, "bad")
    with pytest.raises(MeasureError, match=r"bad\.json: Is a directory"):
        save_baseline(measured, tmp_path, "bad")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "-x"])
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(MeasureError, match="is no name for a baseline"):
        baseline_file(tmp_path, name)


# Compared


def make(
    cold: tuple[float, ...] = (2.0, 2.1, 2.2),
    warm: tuple[float, ...] = (1.0, 1.1, 1.2),
    **other: Any,
) -> Baseline:
    """Make a baseline of its wall seconds."""
    conditions = Conditions(("t",), "/py", "CPython 3", "9", ("x 1",), "m", "c", False)
    return Baseline(**{
        "root": "/r",
        "runs": 3,
        "conditions": dataclasses.replace(conditions, **other.pop("conditions", {})),
        "cold": Timing(wall=Series(cold)),
        "warm": Timing(wall=Series(warm)),
        "modules": 1,
        "tests": ("a", "b"),
        "errors": (),
        "warnings": (),
        "stable": True,
        "dont_write_bytecode": False,
        "problem": "",
        "notes": (),
        **other,
    })  # fmt: skip


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


def test_compare() -> None:
    compared = compare(
        make(), make(warm=(0.5, 0.5, 0.6), conditions={"commit": "d", "dirty": True})
    )
    assert (compared.cold, compared.warm) == (Claim.NONE, Claim.FASTER)
    assert (compared.unlike, compared.gone, compared.came) == ((), (), ())


@pytest.mark.parametrize(
    "other",
    [
        {"conditions": {"paths": ()}},
        {"conditions": {"interpreter": "/other"}},
        {"conditions": {"python": "CPython 4"}},
        {"conditions": {"pytest": "8"}},
        {"conditions": {"plugins": ("x 2",)}},
        {"conditions": {"machine": "n"}},
        {"tests": ("a",)},
        {"tests": ("a", "b", "b")},
        {"problem": "killed"},
        {"stable": False},
        {"conditions": {"environment": ("PYTEST_ADDOPTS=-x",)}},
        {"errors": (CollectionError("t/test_a.py", "t/test_a.py", "boom"),)},
    ],
    ids=str,
)
@pytest.mark.parametrize("turned", [False, True])
def test_unlike_things_are_not_compared(other: dict[str, Any], turned: bool) -> None:
    sides = [make(), make(cold=(9.0, 9.0, 9.0), **other)]
    compared = compare(*(reversed(sides) if turned else sides))
    assert compared.cold is compared.warm is Claim.NOT_COMPARABLE
    assert len(compared.unlike) == bool(other.keys() & {"conditions", "errors"})


def test_what_the_environment_tells_python_and_pytest() -> None:
    """And not what a pytest around the runs has set, which is another each time."""
    ours = {"PYTEST_ADDOPTS": "-x", "PYTHONOPTIMIZE": "1"}
    around = {"PYTEST_XDIST_TESTRUNUID": "1", "PYTEST_VERSION": "9", "PYTEST_CURRENT_TEST": "x"}
    other = {"HOME": "/", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/p"}
    found = list(collection._settings_in({**other, **around, **ours}))
    assert found == ["PYTEST_ADDOPTS=-x", "PYTHONOPTIMIZE=1"]


def test_what_came_and_went() -> None:
    compared = compare(make(tests=("a", "b", "c")), make(tests=("c", "b", "d")))
    assert (compared.gone, compared.came) == (("a",), ("d",))


def test_a_baseline_as_values_of_json() -> None:
    one = make(errors=(CollectionError("a", "b", "c"),), warnings=(("W", 1),), notes=("n",))
    assert baseline_from_dict(json.loads(json.dumps(baseline_to_dict(one)))) == one


# Against a commit


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = write(tmp_path / "repo", inner__test_it="def test_old(): pass")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "one")
    return write(folder, inner__test_it="def test_new(): pass")


def fake_run(seen: list[str]) -> Any:
    def run(arguments: Any, **options: Any) -> Session:
        text = (options["root"] / "test_it.py").read_text()
        name = text[text.index("test_") : text.index("(")]
        seen.append(name)
        document = {"collected": [f"test_it.py::{name}"], "installed": []}
        return Session(True, 0, False, 1.0, 1.0, 1, document, "", "")

    return run


def test_both_trees_are_measured_in_turn(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(collection, "run_pytest", fake_run(seen))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    lines: list[str] = []
    compared = against("HEAD", root=checkout / "inner", runs=3, progress=lines.append)
    assert seen == ["test_old", "test_new"] * 7
    assert compared.gone == ("test_it.py::test_old",)
    assert compared.came == ("test_it.py::test_new",)
    assert (compared.before.conditions.dirty, compared.after.conditions.dirty) == (False, True)
    assert compared.before.conditions.commit == compared.after.conditions.commit != ""
    assert lines[0] == "HEAD: warm-up ..."
    assert lines[2] == "here: warm-up ..."
    monkeypatch.delenv("GIT_DIR")
    assert len(git(checkout, "worktree", "list").splitlines()) == 1


def test_the_worktree_goes_whatever_happens(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> Session:
        raise KeyboardInterrupt

    monkeypatch.setattr(collection, "run_pytest", interrupt)
    with pytest.raises(KeyboardInterrupt):
        against("HEAD", root=checkout)
    assert len(git(checkout, "worktree", "list").splitlines()) == 1
    assert "prunable" not in git(checkout, "worktree", "list", "--porcelain")


def test_against_what_is_not_there(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MeasureError, match="there is no commit 'nix' in"):
        against("nix", root=checkout)
    with pytest.raises(MeasureError, match="there is no commit '--help' in"):
        against("--help", root=checkout)
    (checkout / "later").mkdir()
    with pytest.raises(MeasureError, match="there is no folder later in 'HEAD'"):
        against("HEAD", root=checkout / "later")
    with pytest.raises(MeasureError, match="is in no git checkout"):
        against("HEAD", root=checkout.parent)
    real = collection._git
    monkeypatch.setattr(collection, "_git", lambda root, *a: None if "add" in a else real(root, *a))
    with pytest.raises(MeasureError, match="git cannot check out 'HEAD'"):
        against("HEAD", root=checkout)


def test_no_git(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MeasureError, match="is in no git checkout"):
        against("HEAD", root=checkout)


def test_the_run_waits_in_a_thread_that_ends(tmp_path: Path) -> None:
    before = threading.active_count()
    run(write(tmp_path, test_it="def test(): pass"))
    assert threading.active_count() == before
