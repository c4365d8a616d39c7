"""The probe, in pytest sessions of their own: in a subprocess, and in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import types
import warnings
from pathlib import Path
from typing import Any

import pytest

from codemods.measure.probe import plugin as probe
from codemods.measure.probe.timing import Meter, Timing
from codemods.measure.record import SeenWarning, SessionRecord, fold, read_record

SUITE = """\
import warnings
import pytest

class TestRecorder:
    def __init__(self):
        self.lines = []

def test_passes(): pass

def test_fails():
    assert 0, "no"

@pytest.mark.xfail
def test_known(): assert 0

@pytest.mark.xfail
def test_better(): pass

@pytest.mark.skip(reason="later")
def test_skipped(): pass

def test_warns():
    warnings.warn("old", DeprecationWarning)

@pytest.fixture
def broken():
    yield
    raise ValueError("torn")

def test_torn(broken): pass

class TestGroup:
    def test_inside(self): pass
"""


def write(folder: Path, **files: str) -> Path:
    """Write Python files; ``__`` in a name stands for a slash."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    folder.mkdir(exist_ok=True)
    (folder / "pytest.ini").touch()
    return folder


def run(folder: Path, *arguments: str, options: str = "", **variables: str) -> SessionRecord:
    """Run pytest with the probe in a process of its own."""
    lines = folder.parent / f"{folder.name}.lines"
    lines.unlink(missing_ok=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
    environment |= {
        "PYTHONDONTWRITEBYTECODE": "",
        probe.VARIABLE: str(lines),
        probe.OPTIONS: options,
        **variables,
    }
    subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "codemods.measure.probe.plugin", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return read_record(lines)


def run_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str, options: str = ""
) -> SessionRecord:
    """Run pytest with the probe in this process."""
    lines = folder.parent / f"{folder.name}.lines"
    lines.unlink(missing_ok=True)
    monkeypatch.setenv(probe.VARIABLE, str(lines))
    monkeypatch.setenv(probe.OPTIONS, options)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    # Filters of ours would reach in, and pytest-asyncio, where it is installed, warns.
    always = ["-W", "always", "-p", "no:cacheprovider", "-p", "no:asyncio"]
    pytest.main([*always, *arguments], plugins=[probe])
    for name in set(sys.modules) - before:
        del sys.modules[name]
    return read_record(lines)


def outcomes(seen: SessionRecord) -> dict[str, str]:
    """Return the outcomes of each test's phases, less those that passed."""
    return {
        nodeid.partition("::")[2]: " ".join(
            f"{phase}:{outcome}" for phase, outcome in phases.items() if outcome != "passed"
        )
        for nodeid, phases in seen.tests.items()
    }


EXPECTED = {
    "test_passes": "",
    "test_fails": "call:failed",
    "test_known": "call:xfailed",
    "test_better": "call:xpassed",
    "test_skipped": "setup:skipped",
    "test_warns": "",
    "test_torn": "teardown:failed",
    "TestGroup::test_inside": "",
}


def check_suite(seen: SessionRecord) -> None:
    """Check what a run of SUITE in test_it.py gives, with or without pytest-xdist."""
    assert seen.exit_code == 1
    assert seen.running == ""
    assert seen.collected == [f"test_it.py::{name}" for name in EXPECTED]
    assert outcomes(seen) == EXPECTED
    found = sorted((w.category, w.file, w.line) for w in seen.warnings)
    assert found == [
        ("DeprecationWarning", "test_it.py", 23),
        ("PytestCollectionWarning", "test_it.py", 4),
    ]
    assert seen.facts.pytest == pytest.__version__
    assert seen.peak_memory > 10_000_000


def check_steps(seen: SessionRecord) -> None:
    """Check what is measured of SUITE, which no worker of pytest-xdist hands over."""
    module = seen.modules["test_it.py"]
    assert module.cumulative_seconds >= module.own_seconds > 0
    assert seen.warnings_building.count == 1


def test_a_suite(tmp_path: Path) -> None:
    seen = run(write(tmp_path / "a", test_it=SUITE))
    check_suite(seen)
    check_steps(seen)
    assert [p.name for p in tmp_path.iterdir() if p.name != "a"] == ["a.lines"]


def test_a_suite_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = write(tmp_path / "here", test_it=SUITE)
    seen = run_here(suite, monkeypatch, options="imports")
    check_suite(seen)
    check_steps(seen)


@pytest.mark.usefixtures("plugins")
def test_with_xdist(tmp_path: Path) -> None:
    seen = run(write(tmp_path / "a", test_it=SUITE), "-n", "2")
    assert '["worker", ' in (tmp_path / "a.lines").read_text()
    seen.tests = {nodeid: seen.tests[nodeid] for nodeid in seen.collected}
    check_suite(seen)
    assert any(plugin.startswith("pytest-xdist ") for plugin in seen.facts.plugins)


@pytest.mark.usefixtures("plugins")
def test_with_xdist_a_worker_that_dies(tmp_path: Path) -> None:
    suite = write(tmp_path / "a", test_it="import os\ndef test_dies(): os._exit(3)\n")
    seen = run(suite, "-n", "1")
    assert seen.exit_code is not None
    assert "failed" in outcomes(seen)["test_dies"]


@pytest.mark.usefixtures("plugins")
def test_with_xdist_errors_at_collection(tmp_path: Path) -> None:
    suite = write(tmp_path / "a", test_a="import nowhere", test_b="def test(): pass")
    seen = run(suite, "-n", "2", "--continue-on-collection-errors")
    assert [e.message for e in seen.errors.values()] == [
        "ModuleNotFoundError: No module named 'nowhere'"
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["-p", "no:terminal"], id="no terminal"),
        pytest.param(["-p", "no:cacheprovider"], id="no cache"),
        pytest.param(["-p", "no:logging", "-p", "no:capture"], id="no capture"),
        pytest.param(["--assert=plain"], id="no rewriting"),
        pytest.param(["--import-mode=importlib"], id="importlib"),
    ],
)
def test_with_other_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    seen = run_here(write(tmp_path / "other", test_it=SUITE), monkeypatch, *arguments)
    assert outcomes(seen) == EXPECTED
    assert len(seen.warnings) == 2


def test_without_pytests_own_look_at_warnings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = write(tmp_path / "a", test_it=SUITE)
    before = warnings.showwarning
    with warnings.catch_warnings(record=True) as passed_on:
        warnings.simplefilter("always")
        seen = run_here(suite, monkeypatch, "-p", "no:warnings")
    assert warnings.showwarning is before
    assert len(passed_on) == len(seen.warnings)
    found = {(w.category, w.file) for w in seen.warnings}
    assert found >= {
        ("DeprecationWarning", "test_it.py"),
        ("PytestCollectionWarning", "test_it.py"),
    }


def test_errors_at_collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = write(
        tmp_path / "errors",
        test_a="import nowhere",
        test_b="1 +",
        test_c="import pytest\npytest.importorskip('nowhere')",
        test_d="raise RuntimeError('x' * 1000)",
        sub__conftest="import nowhere",
        sub__test_e="",
        test_f="import pytest\n@pytest.mark.parametrize('a', [1])\ndef test_it(): pass",
    )
    seen = run_here(suite, monkeypatch, "--collect-only")
    errors = {e.nodeid: (e.path, e.message.partition("(")[0][:40]) for e in seen.errors.values()}
    assert errors == {
        "test_a.py": ("test_a.py", "ModuleNotFoundError: No module named 'no"),
        "test_b.py": ("test_b.py", "SyntaxError: invalid syntax "),
        "test_d.py": ("test_d.py", "RuntimeError: " + "x" * 26),
        "sub": ("sub", "ModuleNotFoundError: No module named 'no"),
        "test_f.py": ("test_f.py", errors["test_f.py"][1]),
    }
    assert "uses no argument" in seen.errors["test_f.py"].message
    assert max(len(e.message) for e in seen.errors.values()) == 500
    assert seen.exit_code is not None
    assert seen.problems == []


def test_a_path_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = run_here(write(tmp_path / "none"), monkeypatch, "missing.py")
    assert seen.exit_code == 4
    assert seen.problems == ["file or directory not found: missing.py"]


def test_a_conftest_that_raises(tmp_path: Path) -> None:
    seen = run(write(tmp_path / "a", conftest="raise ValueError('no')", test_it=SUITE))
    assert seen.exit_code is None
    assert seen.conftest_errors == {f"{tmp_path}/a/conftest.py": "ValueError: no"}


def test_pytest_exit_and_internal_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leaves = write(tmp_path / "exit", test_it="import pytest\ndef test(): pytest.exit('enough')")
    assert run_here(leaves, monkeypatch).problems == ["stopped: Exit: enough"]
    hook = "def pytest_collection_modifyitems(): raise KeyError('inside')"
    seen = run_here(write(tmp_path / "hook", conftest=hook, test_it=SUITE), monkeypatch)
    assert seen.problems == ["internal error of pytest: KeyError: 'inside'"]
    assert seen.exit_code == 3


@pytest.mark.parametrize("options", ["", "imports"])
def test_a_session_that_dies_is_not_complete(tmp_path: Path, options: str) -> None:
    text = "import os\ndef test_a(): pass\ndef test_dies(): os._exit(0)\ndef test_c(): pass\n"
    seen = run(write(tmp_path / "a", test_it=text), options=options)
    assert seen.exit_code is None
    assert seen.running == "test_it.py::test_dies"
    assert len(seen.collected) == 3
    assert "call" in seen.tests["test_it.py::test_a"]


def test_a_session_that_dies_while_it_collects(tmp_path: Path) -> None:
    suite = write(tmp_path / "a", test_a="def test(): pass", test_b="import os; os._exit(0)")
    seen = run(suite)
    assert seen.exit_code is None
    assert seen.running == "test_b.py"
    assert seen.collected == ["test_a.py::test"]


def test_half_a_line_at_the_end_is_left_out(tmp_path: Path) -> None:
    seen = fold([b'["running", "a"]', b'["collected", ["a::b"]]', b'["runn', b'["running", "\xc3'])
    assert (seen.running, seen.collected) == ("a", ["a::b"])
    assert read_record(tmp_path / "nothing") == SessionRecord()


def test_the_folder_changes_and_the_file_goes(tmp_path: Path) -> None:
    text = (
        "import os, pathlib\n"
        "def test_away(tmp_path): os.chdir(tmp_path)\n"
        "def test_gone(): pathlib.Path(__file__).unlink()\n"
        "def test_after(): pass\n"
    )
    seen = run(write(tmp_path / "a", test_it=text))
    assert seen.exit_code is not None
    assert outcomes(seen) == {"test_away": "", "test_gone": "", "test_after": ""}


def test_what_comes_from_bytecode(tmp_path: Path) -> None:
    suite = write(tmp_path / "a", test_it=SUITE, test_plain="def test(): pass")
    for rewriting in ((), ("--assert=plain",)):
        runs = [run(suite, "--collect-only", *rewriting) for _ in range(2)]
        cached = [[m.from_cache for m in seen.modules.values()] for seen in runs]
        assert cached == [[False, False], [True, True]]
        assert (runs[0].rewriting.count >= 2) is (rewriting == ())


def test_imports_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = "import time\ntime.sleep(0.05)\n"
    suite = write(
        tmp_path / "told",
        test_it="import heavy_one\ndef test(): pass",
        heavy_one="import heavy_two\n" + slow,
        heavy_two=slow,
        conftest="import heavy_three",
        heavy_three="",
    )
    seen = run_here(suite, monkeypatch, "--collect-only", options="imports")
    module = seen.modules["test_it.py"]
    assert sorted(module.import_seconds) == ["heavy_one", "heavy_two"]
    assert min(module.import_seconds.values()) >= 0.05
    assert module.own_seconds + sum(module.import_seconds.values()) == pytest.approx(
        module.cumulative_seconds
    )
    (conftest,) = seen.conftests.values()
    assert list(conftest.import_seconds) == ["heavy_three"]
    around = {i.name: i.around for i in seen.imports if i.name.startswith("heavy")}
    assert around == {"heavy_one": [], "heavy_two": ["heavy_one"], "heavy_three": []}
    times = {i.name: i for i in seen.imports}
    assert times["heavy_one"].cumulative >= times["heavy_one"].own + 0.05 >= 0.1
    assert conftest.own_seconds < conftest.cumulative_seconds


def test_timing_imports_changes_no_warning(tmp_path: Path) -> None:
    warns = "import warnings\nwarnings.warn('old', DeprecationWarning, stacklevel=2)\n"
    suite = write(tmp_path / "a", test_it="\n\nimport old_one\n", old_one=warns)
    seen = [run(suite, "--collect-only", options=o).warnings for o in ("", "imports")]
    assert [(w.file, w.line) for w in seen[0]] == [("test_it.py", 3)]
    assert seen[0] == seen[1]


def test_test_modules_are_listed_without_an_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = write(tmp_path / "list", test_a="1/0", sub__test_b="1/0", helper="1/0")
    seen = run_here(suite, monkeypatch, "--collect-only", options="list")
    assert sorted(seen.modules) == ["sub/test_b.py", "test_a.py"]
    assert seen.errors == {}


def test_a_subtest_that_fails_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conftest = """\
import types
def pytest_runtest_logreport(report): pass
def pytest_runtest_logfinish(nodeid, location): pass
import pytest
@pytest.fixture
def subtest(request):
    def report(outcome):
        seen = types.SimpleNamespace(
            nodeid=request.node.nodeid, when="call", outcome=outcome, context="one", longrepr=None)
        request.config.pluginmanager.get_plugin("ssot-codemods-probe").pytest_runtest_logreport(seen)
    return report
"""
    text = "def test(subtest):\n    subtest('passed')\n    subtest('failed')\n"
    seen = run_here(write(tmp_path / "sub", conftest=conftest, test_it=text), monkeypatch)
    assert outcomes(seen) == {"test": "", "test [subtest]": "call:failed"}


def test_a_pytest_that_a_test_starts_has_no_part_in_it(tmp_path: Path) -> None:
    inner = (
        "import os, subprocess, sys\n"
        "def test_starts(tmp_path):\n"
        "    (tmp_path / 'test_inner.py').write_text('def test_inner(): pass')\n"
        "    subprocess.run([sys.executable, '-m', 'pytest', str(tmp_path)], check=True)\n"
        "    assert 'SSOT_CODEMODS_PROBE' not in os.environ\n"
    )
    suite = write(tmp_path / "a", test_it=inner)
    seen = run(suite, PYTEST_PLUGINS="codemods.measure.probe.plugin")
    assert seen.exit_code is not None
    assert outcomes(seen) == {"test_starts": ""}


def test_without_the_variable_it_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(probe.VARIABLE, raising=False)
    monkeypatch.chdir(write(tmp_path / "a", test_a="def test(): pass"))
    options = ["-p", "no:cacheprovider", "-p", "no:asyncio"]
    assert pytest.main(["-p", "codemods.measure.probe.plugin", *options]) == 0
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_fork_writes_nothing(tmp_path: Path) -> None:
    text = (
        "import os, pytest\n"
        "def test_fork(request):\n"
        "    pid = os.fork()\n"
        "    if not pid:\n"
        "        plugin = request.config.pluginmanager.get_plugin('ssot-codemods-probe')\n"
        "        plugin.add('problem', 'from the child')\n"
        "        plugin.pytest_unconfigure()\n"
        "        os._exit(0)\n"
        "    os.waitpid(pid, 0)\n"
        "def test_dies(): os._exit(3)\n"
    )
    seen = run(write(tmp_path / "a", test_it=text))
    assert seen.exit_code is None
    assert seen.problems == []
    assert outcomes(seen)["test_fork"] == ""


def test_the_wraps_come_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib._bootstrap as bootstrap

    from _pytest.assertion import rewrite

    def wrapped() -> tuple[Any, ...]:
        found = vars(bootstrap)["_find_and_load"]
        return (rewrite._rewrite_test, pytest.Item.warn, found)

    before = wrapped()
    run_here(write(tmp_path / "off", test_it="def test(): pass"), monkeypatch, options="imports")
    assert wrapped() == before


def test_a_function_that_pytest_lacks_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patches = Timing._patches
    gone = [("_pytest.nodes", "Node.gone", str), ("_pytest.gone", "gone", str)]
    monkeypatch.setattr(Timing, "_patches", lambda self: [*gone, *patches(self)])
    seen = run_here(write(tmp_path / "lack", test_it="def test(): pass"), monkeypatch)
    assert seen.exit_code is not None


def lines(*events: list[Any]) -> list[str]:
    return [json.dumps(event) for event in events]


def test_warnings_of_several_workers() -> None:
    """Each collects everything; what tests themselves warn of counts each time."""
    at_collection: list[Any] = ["warning", "A", "a.py", 1, "", "collect", ""]
    in_test: list[Any] = ["warning", "B", "a.py", 1, "", "runtest", ""]
    other: list[Any] = ["warning", "B", "a.py", 2, "", "runtest", ""]
    workers = lines(at_collection, in_test), lines(at_collection, at_collection)
    seen = fold([
        *lines(at_collection, in_test, at_collection, at_collection, other),
        *(json.dumps(["worker", worker]) for worker in workers),
    ])  # fmt: skip
    kept = [at_collection, in_test, at_collection, other]
    assert seen.warnings == [SeenWarning(*event[1:]) for event in kept]


def test_a_worker_hands_its_lines_over(tmp_path: Path) -> None:
    """What pytest-xdist does between the two is in `test_with_xdist`."""
    worker = probe._Probe(None, ())
    worker.add("deselected", ["one"])
    worker.add("error", "bad.py", "bad.py", "from the worker")
    worker.add("problem", "not handed over")
    output: dict[str, Any] = {}
    config = types.SimpleNamespace(workeroutput=output)
    worker.pytest_sessionfinish(types.SimpleNamespace(config=config))  # type: ignore[arg-type]
    worker.pytest_unconfigure()

    controller = probe._Probe(tmp_path / "lines", ())
    controller.add("error", "bad.py", "bad.py", "in pytest's long words")
    controller.pytest_xdist_node_collection_finished(["a", "b"])
    controller.pytest_xdist_node_collection_finished(["b", "c"])
    controller.pytest_testnodedown(types.SimpleNamespace(workeroutput=output), None)
    controller.pytest_testnodedown(types.SimpleNamespace(), None)
    session = types.SimpleNamespace(exitstatus=1)
    controller._session = session  # type: ignore[assignment]
    controller.pytest_unconfigure()
    seen = read_record(tmp_path / "lines")
    assert seen.collected == ["a", "b", "c"]
    assert seen.deselected == {"one"}
    assert [e.message for e in seen.errors.values()] == ["from the worker"]
    assert seen.problems == []
    assert seen.exit_code == 1


@pytest.mark.usefixtures("plugins")
def test_with_xdist_no_worker_collects_alone(tmp_path: Path) -> None:
    """So what is measured of a collection is in the one process."""
    seen = run(write(tmp_path / "a", test_it=SUITE), "-n", "2", "--collect-only")
    assert '["worker", ' not in (tmp_path / "a.lines").read_text()
    check_steps(seen)


def test_a_session_that_never_began_has_no_end(tmp_path: Path) -> None:
    begun = probe._Probe(tmp_path / "lines", ())
    begun.pytest_unconfigure()
    assert not (tmp_path / "lines").exists()


def test_imports_in_another_thread_are_not_counted() -> None:
    meter = Meter()
    entry = meter.enter("module", "test_a.py")

    def load() -> None:
        meter.leave(meter.enter("import", "x"))

    thread = threading.Thread(target=load)
    thread.start()
    thread.join()
    meter.leave(entry)
    assert meter.step("module", "test_a.py")["import_seconds"] == {}


def test_a_package_is_its_init_file() -> None:
    meter = Meter()
    meter.leave(meter.enter("import", "before.any.step"))
    conftest = meter.enter("conftest", "/tests/unit/__init__.py")
    package = meter.enter("import", "tests.unit")
    meter.leave(meter.enter("import", "other.inner"))
    meter.leave(package)
    meter.leave(conftest)
    values = meter.step("conftest", "/tests/unit/__init__.py")
    assert list(values["import_seconds"]) == ["other"]


def test_what_takes_turns_may_end_in_another_order() -> None:
    meter = Meter()
    outer = meter.enter("module", "test_a.py")
    first = meter.enter("import", "first")
    second = meter.enter("import", "second")
    for entry in (first, second, second, outer):
        meter.leave(entry)
    assert list(meter.step("module", "test_a.py")["import_seconds"]) == ["first"]


def test_a_test_may_say_that_it_is_another_thread(tmp_path: Path) -> None:
    """As `eventlet.monkey_patch` does."""
    test = "def test_it(): pass\n"
    other = "import threading\nthreading.get_ident = lambda: 7\nimport wave\n"
    same = "import _thread, threading\nthreading.get_ident = _thread.get_ident\n"
    seen = run(
        write(tmp_path / "suite", test_a=other + test, test_b=same + test), options="imports"
    )
    assert list(seen.tests) == ["test_a.py::test_it", "test_b.py::test_it"]
    assert "wave" in seen.modules["test_a.py"].import_seconds
    assert not seen.problems


def test_pythons_own_bytecode(tmp_path: Path) -> None:
    """With ``--assert=plain``."""
    own = Timing(lambda *_: None, with_imports=False)
    for name, moment in (("old", own._began - 10), ("new", own._began + 10)):
        cached = tmp_path / f"{name}.pyc"
        cached.touch()
        os.utime(cached, (moment, moment))
        spec = types.SimpleNamespace(cached=str(cached))
        module = types.SimpleNamespace(path=name, _obj=types.SimpleNamespace(__spec__=spec))
        own.see_plain_cache(module)  # type: ignore[arg-type]
    gone = types.SimpleNamespace(cached=str(tmp_path / "gone.pyc"))
    for loaded in (None, types.SimpleNamespace(__spec__=gone)):
        own.see_plain_cache(types.SimpleNamespace(path="x", _obj=loaded))  # type: ignore[arg-type]
    assert own.cached == {"old": True, "new": False}


def test_a_system_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_: Any) -> str:
        raise OSError(path)

    monkeypatch.setattr(Path, "read_text", refuse)
    assert probe.peak_memory() > 10_000_000
