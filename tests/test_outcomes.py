"""The same tests before and after a change."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.measure.model import MeasureError
from codemods.measure.outcomes import (
    Difference,
    Outcomes,
    Side,
    compare,
    differences,
    files_with_tests,
    healed_files,
    run_tests,
)
from codemods.measure.session import Pytest

SUITE = """\
import warnings
import pytest

class TestHelper:
    def __init__(self):
        pass

def test_passes():
    warnings.warn(f"at {object()}")

def test_fails():
    assert False

@pytest.fixture
def broken():
    raise ValueError

@pytest.fixture
def late():
    yield
    raise ValueError

def test_broken(broken):
    pass

def test_late(late):
    pass

@pytest.mark.skip
def test_skipped():
    pass

@pytest.mark.xfail
def test_expected():
    assert False
"""


ROOTDIR = Path("/suite")


def outcomes(
    tests: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    warnings: dict[tuple[str, str, str], int] | None = None,
) -> Outcomes:
    return Outcomes(tests or {}, errors or {}, warnings or {}, str(ROOTDIR))


def test_a_run_gives_each_kind_of_outcome(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --maxfail=1\n")
    (tmp_path / "test_a.py").write_text(SUITE)
    (tmp_path / "test_b.py").write_text("import no_such_module\n")
    seen = run_tests(Pytest(tmp_path, timeout=120), None, ["test_a.py", "test_b.py"])
    assert seen.tests == {
        "test_a.py::test_passes": "passed",
        "test_a.py::test_fails": "failed",
        "test_a.py::test_broken": "error",
        "test_a.py::test_late": "passed (error in tear-down)",
        "test_a.py::test_skipped": "skipped",
        "test_a.py::test_expected": "xfailed",
    }
    assert list(seen.errors) == ["test_b.py"]
    assert "no_such_module" in seen.errors["test_b.py"]
    categories = sorted((c, f) for c, f, _ in seen.warnings)
    assert categories == [("PytestCollectionWarning", "test_a.py"), ("UserWarning", "test_a.py")]
    # The address of an object is not the same in the next run.
    again = run_tests(Pytest(tmp_path, timeout=120), None, ["test_a.py", "test_b.py"])
    assert differences(seen, again) == []


@pytest.mark.usefixtures("plugins")
def test_workers_of_xdist_give_the_same(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(SUITE)
    alone = run_tests(Pytest(tmp_path, timeout=120), None, ["test_a.py"])
    beside = run_tests(Pytest(tmp_path, timeout=120), "2", ["test_a.py"])
    assert beside.tests == alone.tests


@pytest.mark.parametrize("code", [0, 1, 137, 170])
def test_a_session_that_dies_is_no_evidence(tmp_path: Path, code: int) -> None:
    (tmp_path / "test_a.py").write_text(f"import os\ndef test_a():\n    os._exit({code})\n")
    with pytest.raises(MeasureError, match=r"not run to the end: .*test_a"):
        run_tests(Pytest(tmp_path, timeout=120), None, ["test_a.py"])


@pytest.mark.parametrize(
    ("options", "path", "message"),
    [
        ("--collect-only", "test_a.py", r"2 of 2 tests were collected and not run.*test_fails"),
        ("--stepwise", "test_a.py", "exit code 2"),
        ("-q", "test_a.py::test_gone", "not found: .*test_gone"),
        ("-q", "test_b.py", "stopped: Exit: enough"),
    ],
)
def test_a_session_that_runs_not_all_is_no_evidence(
    tmp_path: Path, options: str, path: str, message: str
) -> None:
    (tmp_path / "pytest.ini").write_text(f"[pytest]\naddopts = {options}\n")
    text = "def test_fails():\n    assert 0\n\ndef test_passes():\n    pass\n"
    (tmp_path / "test_a.py").write_text(text)
    text = "import pytest\n\ndef test_exit():\n    pytest.exit('enough')\n"
    (tmp_path / "test_b.py").write_text(text)
    with pytest.raises(MeasureError, match=message):
        run_tests(Pytest(tmp_path, timeout=120), None, [path])


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("test_a.py", r"worker gw\d of pytest-xdist died: .*; it died while it ran test_a\.py::"),
        ("conftest.py", r"worker gw\d of pytest-xdist died"),
    ],
)
def test_a_worker_that_dies_is_no_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, message: str
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # these tests have workers themselves
    text = "import os\ndef test_a():\n    pass\n"
    (tmp_path / "test_a.py").write_text(text.replace("pass", "os._exit(1)"))
    if where == "conftest.py":
        (tmp_path / "test_a.py").write_text(text)
        kill = "import os\nif 'PYTEST_XDIST_WORKER' in os.environ:\n    os._exit(1)\n"
        (tmp_path / "conftest.py").write_text(kill)
    with pytest.raises(MeasureError, match=message):
        run_tests(Pytest(tmp_path, timeout=120), "2", ["test_a.py"])


def test_a_test_that_closes_all_files(tmp_path: Path) -> None:
    """The descriptor of the probe may be that of a file of the test, then."""
    text = (
        "import os\n\ndef test_a():\n    os.closerange(3, 99)\n"
        "    global files\n    files = [open(f'mine{n}', 'w') for n in range(9)]\n"
        "def test_b():\n    pass\n"
    )
    (tmp_path / "test_a.py").write_text(text)
    seen = run_tests(Pytest(tmp_path, timeout=120), None, ["test_a.py"])
    assert seen.tests == {"test_a.py::test_a": "passed", "test_a.py::test_b": "passed"}
    assert not [p.name for p in tmp_path.glob("mine*") if b"running" in p.read_bytes()]


def test_test_modules_are_found_and_not_imported(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\npython_files = check_*.py\n")
    for name in ("check_a.py", "test_b.py", "script.py", "conftest.py", "below/check_c.py"):
        path = tmp_path / "sub" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("" if name == "conftest.py" else "raise SystemExit(3)\n")
    found = files_with_tests(Pytest(tmp_path), [str(tmp_path / "sub")])
    names = {os.path.relpath(path, os.path.realpath(tmp_path)) for path in found}
    assert names == {"sub/check_a.py", "sub/below/check_c.py"}
    (tmp_path / "sub/conftest.py").write_text("raise OSError('no')\n")
    found = files_with_tests(Pytest(tmp_path), [str(tmp_path / "sub")])
    assert found == {os.path.realpath(tmp_path / "sub")}  # pytest cannot look into it


def test_what_a_test_puts_in_the_place_of_the_functions_of_the_probe(tmp_path: Path) -> None:
    text = (
        "import json, os\n\ndef test_a(monkeypatch):\n"
        "    monkeypatch.setattr(os, 'getpid', lambda: 1)\n"
        "    monkeypatch.setattr(json, 'dumps', None)\n    monkeypatch.setattr(os, 'write', None)\n"
    )
    (tmp_path / "test_a.py").write_text(text)
    seen = run_tests(Pytest(tmp_path, timeout=120), None, ["test_a.py"])
    assert seen.tests == {"test_a.py::test_a": "passed"}


def test_a_subtest_that_fails_has_failed(tmp_path: Path) -> None:
    text = (
        "import unittest\n\n\nclass TestIt(unittest.TestCase):\n    def test_one(self):\n"
        "        with self.subTest(i=1):\n            self.fail()\n"
    )
    (tmp_path / "test_a.py").write_text(text)
    seen = run_tests(Pytest(tmp_path, timeout=120), None, ["test_a.py"])
    assert seen.failed
    assert "not run" not in seen.tests.values()


def test_a_difference_lasts_whatever_it_says_each_time() -> None:
    errors = iter(["at 1", "at 2", "at 3"])
    side = Side.BEFORE

    def run() -> Outcomes:
        if side is Side.BEFORE:
            return outcomes({"a.py::t": "passed"})
        return outcomes({}, {"a.py": next(errors)})

    def use(wanted: Side) -> None:
        nonlocal side
        side = wanted

    evidence = compare(use, run)
    assert [(d.path, d.what) for d in evidence.differences] == [("a.py", "collection")]
    assert evidence.flaky == ()


def test_what_can_be_collected_now_and_then_is_not_healed() -> None:
    passed = outcomes({"a.py::t": "passed"})
    runs = iter([passed, outcomes({}, {"a.py": "x"}), passed, passed])
    evidence = compare(lambda state: None, lambda: next(runs))
    assert (evidence.healed, evidence.differences) == ((), ())
    assert evidence.flaky == (Difference("a.py", "collection", "x", "collected"),)


def test_what_failed_before_and_fails_after_is_no_difference() -> None:
    same = outcomes({"a.py::t": "failed"}, {"b.py": "SyntaxError"})
    assert differences(same, same) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (outcomes({"a.py::t": "passed"}), outcomes({"a.py::t": "failed"}), "a.py::t"),
        (outcomes({"a.py::t": "passed"}), outcomes(), "a.py::t"),
        (outcomes(), outcomes({"a.py::t": "passed"}), "a.py::t"),
        (outcomes({"a.py::t": "failed"}), outcomes({"a.py::t": "passed"}), "a.py::t"),
        (outcomes({"a.py::t": "passed"}), outcomes({}, {"a.py": "NameError"}), "collection"),
        (outcomes(), outcomes(warnings={("W", "a.py", "m"): 1}), "W: m"),
        (
            outcomes(warnings={("W", "a.py", "m"): 1}),
            outcomes(warnings={("W", "a.py", "m"): 2}),
            "W: m",
        ),
    ],
    ids=["fails", "lost", "new", "passes", "not collected", "warns", "warns twice"],
)
def test_what_is_a_difference(before: Outcomes, after: Outcomes, expected: str) -> None:
    (found,) = differences(before, after)
    assert (found.path, found.what) == ("a.py", expected)


def test_pytest_may_fail_where_no_test_does() -> None:
    """As a plugin has it that wants more coverage."""
    good = outcomes({"a.py::t": "passed"})
    bad = good._replace(exit_code=1)
    (found,) = differences(good, bad)
    assert (found.what, found.before, found.after) == ("exit code of pytest", "0", "1")
    assert differences(bad, bad) == differences(bad, good) == []
    fails = outcomes({"a.py::t": "failed"})
    assert differences(fails._replace(exit_code=1), fails._replace(exit_code=1)) == []


def test_a_node_id_that_is_run_twice_fails_where_it_failed_once(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "def pytest_collection_modifyitems(items):\n    items[:] = items * 2\n"
    )
    (tmp_path / "test_a.py").write_text(
        "SEEN = []\n\ndef test_a():\n    SEEN.append(1)\n    assert len(SEEN) == 2\n"
    )
    seen = run_tests(Pytest(tmp_path, timeout=120), None, ["test_a.py"])
    assert (seen.tests, seen.exit_code) == ({"test_a.py::test_a": "failed"}, 1)


def test_a_warning_less_is_no_difference() -> None:
    before = outcomes(warnings={("W", "a.py", "m"): 1})
    assert differences(before, outcomes()) == []


def test_a_warning_that_comes_up_in_another_file_is_no_difference() -> None:
    """As that of a module which another file is the first to import now."""
    before = outcomes(warnings={("W", "b.py", "m"): 1})
    assert differences(before, outcomes(warnings={("W", "a.py", "m"): 1})) == []
    (found,) = differences(
        before, outcomes(warnings={("W", "a.py", "m"): 1, ("W", "b.py", "m"): 1})
    )
    assert found.path == "a.py"


def test_a_file_that_can_be_collected_now_is_healed() -> None:
    before = outcomes({}, {"a.py": "NameError: pytest"})
    after = outcomes({"a.py::t": "failed"}, {}, {("W", "a.py", "m"): 1})
    assert differences(before, after) == []
    assert healed_files(before, after) == ["a.py"]


class Scripted:
    """Gives what the script says, and notes down the states that it was asked in."""

    def __init__(self, **runs: list[Outcomes]) -> None:
        self.runs = runs
        self.side = Side.AFTER
        self.asked: list[str] = []

    def use(self, side: Side) -> None:
        self.side = side

    def run(self) -> Outcomes:
        self.asked.append(self.side.value)
        return self.runs[self.side.value].pop(0)


def scripted(node: str) -> Callable[..., Scripted]:
    def build(before: str, after: str) -> Scripted:
        return Scripted(
            before=[outcomes({node: o}) for o in before.split()],
            after=[outcomes({node: o}) for o in after.split()],
        )

    return build


SCRIPT = scripted("a.py::t")


def test_without_a_difference_each_state_is_run_once() -> None:
    script = SCRIPT("passed", "passed")
    evidence = compare(script.use, script.run)
    assert script.asked == ["after", "before"]
    assert (evidence.differences, evidence.flaky) == ((), ())


def test_a_difference_must_show_three_times_in_both_states() -> None:
    script = SCRIPT("passed passed passed", "failed failed failed")
    evidence = compare(script.use, script.run)
    assert script.asked == ["after", "before", "before", "after", "after", "before"]
    assert [d.what for d in evidence.differences] == ["a.py::t"]
    assert script.side is Side.AFTER


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("passed passed", "failed passed"),
        ("passed failed", "failed failed"),
        ("passed passed failed", "failed failed failed"),
    ],
    ids=["after", "before", "the third time"],
)
def test_what_comes_and_goes_is_flaky(before: str, after: str) -> None:
    evidence = compare((script := SCRIPT(before, after)).use, script.run)
    assert evidence.differences == ()
    assert [d.what for d in evidence.flaky] == ["a.py::t"]
    assert evidence.ran == frozenset()


def test_the_file_of_a_difference_is_a_real_path() -> None:
    after = outcomes()
    (found,) = differences(outcomes({"a.py::t": "passed"}), after)
    assert after.real_path(found.path) == "/suite/a.py"


def test_files_are_relative_to_the_rootdir_of_pytest(tmp_path: Path) -> None:
    inner = tmp_path / "tests"
    inner.mkdir()
    (inner / "pytest.ini").write_text("[pytest]\n")
    (inner / "test_a.py").write_text("def test_a():\n    assert False\n")
    seen = run_tests(Pytest(tmp_path, timeout=120), None, ["tests/test_a.py"])
    (found,) = differences(outcomes(), seen)
    assert seen.real_path(found.path) == str((inner / "test_a.py").resolve())
