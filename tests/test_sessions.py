"""In which sessions of pytest tests are run, and what is said of those that never run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from codemods.cli import main
from codemods.disk.journal import Change, Journal
from codemods.measure.outcomes import Outcomes
from codemods.measure.session import Pytest
from codemods.migration import trial
from codemods.migration.sessions import Sessions, split
from codemods.migration.trial import chosen_run
from tests.tools import COPY, LONG, never_done, write_shared

USE = "\n\ndef test_it():\n    ws = TestWebSocketConnection()\n    assert ws.is_connected\n"
PASSES = "def test_it():\n    pass\n"


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in {"pytest.ini": "[pytest]\n", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


class Shown:
    """Takes what is said and what a bar shows."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.ended: list[tuple[int, int]] = []

    @contextmanager
    def bar(self, label: str) -> Iterator[object]:
        yield lambda done, total: self.ended.append((done, total))


def outcomes(root: Path, *paths: str) -> tuple[Outcomes, Shown]:
    shown = Shown()
    sessions = Sessions(Pytest(root, timeout=120), None, shown.lines.append, shown.bar)  # type: ignore[arg-type]
    return sessions.run(paths), shown


def run(root: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.chdir(root)
    return CliRunner().invoke(main, arguments)


def migrated(root: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> Path:
    write_shared(tree(root, files))
    result = run(root, monkeypatch, "migrate", "--allow-dirty", "--skip-probe")
    assert result.exit_code == 0, result.output
    return root


def test_each_configuration_and_each_name_of_a_module_has_its_session(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "a/test_x.py": "",
            "b/test_x.py": "",
            "b/test_y.py": "",
            "sub/pytest.ini": "",
            "sub/test_z.py": "",
            "p/tests/__init__.py": "",
            "p/tests/test_p.py": "",
            "q/tests/__init__.py": "",
            "q/tests/test_q.py": "",
        },
    )
    paths = sorted(os.path.relpath(path, root) for path in root.rglob("test_*.py"))
    assert split(paths, str(root)) == [
        ["a/test_x.py", "b/test_y.py", "p/tests/test_p.py"],
        ["b/test_x.py", "q/tests/test_q.py"],
        ["sub/test_z.py"],
    ]


def test_without_a_configuration_each_rootdir_has_its_session(tmp_path: Path) -> None:
    files = ("a/setup.py", "a/test_a.py", "b/pyproject.toml", "b/c/test_b.py", "d/test_d.py")
    root = tree(tmp_path, dict.fromkeys(files, ""))
    (root / "pytest.ini").unlink()
    paths = sorted(os.path.relpath(path, root) for path in root.rglob("test_*.py"))
    assert split(paths, str(root)) == [[path] for path in paths]


def test_modules_of_equal_names_run_beside_each_other(tmp_path: Path) -> None:
    inner = {"c/pytest.ini": "[pytest]\npython_functions = check_*\n"}
    check = "def check_it():\n    pass\n"
    files = {"a/test_x.py": PASSES, "b/test_x.py": PASSES, "c/test_x.py": check}
    seen, shown = outcomes(tree(tmp_path, files | inner), "a", "b", "c/test_x.py")
    assert outcomes(tmp_path)[0].tests == seen.tests
    assert seen.tests == {
        "a/test_x.py::test_it": "passed",
        "b/test_x.py::test_it": "passed",
        "c/test_x.py::check_it": "passed",
    }
    assert shown.lines == ["running 3 test files, in 3 sessions of pytest"]


def test_a_conftest_that_fails_keeps_no_other_tests_from_running(tmp_path: Path) -> None:
    files = {"a/conftest.py": "import gone\n", "a/test_a.py": PASSES, "b/test_b.py": PASSES}
    seen, shown = outcomes(tree(tmp_path, files), "a", "b")
    assert seen.tests == {"b/test_b.py::test_it": "passed"}
    assert seen.errors == {"a/conftest.py": "ModuleNotFoundError: No module named 'gone'"}
    assert shown.lines == ["running 1 test file, 1 folder that pytest cannot look into"]


def test_progress_is_told_of_each_test(tmp_path: Path) -> None:
    text = "import time\n\n" + "".join(
        f"def test_{n}():\n    time.sleep(0.5)\n\n" for n in range(3)
    )
    _, shown = outcomes(tree(tmp_path, {"test_a.py": text}), "test_a.py")
    assert shown.ended
    assert set(shown.ended) <= {(1, 3), (2, 3), (3, 3)}


@pytest.mark.parametrize(
    ("files", "row"),
    [
        ({"test_a.py": COPY + USE, "pytest.ini": "[pytest]\naddopts = -k other\n"}, "deselected"),
        ({"test_a.py": COPY + USE, "pytest.ini": "[pytest]\naddopts = -m other\n"}, "deselected"),
        ({"test_a.py": "import gone\n" + COPY + USE}, "not collected"),
        ({"conftest.py": "import gone\n", "test_a.py": COPY + USE}, "not collected"),
        ({"test_a.py": "import pytest\npytestmark = pytest.mark.skip\n" + COPY + USE}, "skipped"),
        (
            {
                "test_a.py": f"import pytest\n{COPY}{USE}\n\n"
                "pytestmark = pytest.mark.xfail(run=False)\n"
            },
            "xfailed in set-up",
        ),
        (
            {
                "test_a.py": f"import pytest\n{COPY}{USE}\n\n@pytest.fixture(autouse=True)\n"
                "def broken():\n    raise ValueError\n"
            },
            "error",
        ),
        (
            {"test_a.py": f"import pytest\n\npytest.importorskip('gone')\n{COPY}{USE}"},
            "skipped             1      1",
        ),
        ({"test_a.py": COPY + "\n\nWS = TestWebSocketConnection()\n"}, "not collected"),
    ],
    ids=["-k", "-m", "import", "conftest", "skip", "xfail", "set-up", "importorskip", "no tests"],
)
def test_nothing_is_shown_by_tests_that_never_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], row: str
) -> None:
    result = run(migrated(tmp_path, monkeypatch, files), monkeypatch, "verify")
    assert row in result.stdout
    assert result.exit_code == 3
    assert "\nno test ran: nothing is shown\n" in result.stdout
    assert result.stdout.endswith("not tested: no test that uses it ran: test_a.py\n")


FAILS_ONCE = """

def test_now_and_then():
    import pathlib
    TestWebSocketConnection()
    mark = pathlib.Path(__file__).with_name("mark")
    is_first = not mark.exists()
    mark.touch()
    assert not is_first
"""


def test_a_flaky_test_shows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_shared(tree(tmp_path, {"test_a.py": COPY + FAILS_ONCE, "test_b.py": COPY + USE}))
    arguments = ("migrate", "--allow-dirty", "--skip-probe", "--verify")
    result = run(tmp_path, monkeypatch, *arguments)
    assert result.exit_code == 0, result.output
    assert "\nno difference in the 1 test that ran, flaky ones aside\n" in result.stdout
    assert "\nflaky: test_a.py::test_now_and_then: " in result.stdout
    last = "not tested: no test that uses it ran, or only flaky ones: test_a.py\n"
    assert result.stdout.endswith(last)
    (tmp_path / "mark").unlink()
    result = run(tmp_path, monkeypatch, "verify", "test_a.py")
    assert "\nno test but flaky ones ran: nothing is shown\n" in result.stdout


def test_a_file_that_healed_has_other_outcomes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = migrated(
        tmp_path, monkeypatch, {"test_a.py": f"@pytest.mark.unit\n{COPY}import pytest\n{USE}"}
    )
    result = run(root, monkeypatch, "verify")
    assert "healed: test_a.py can be collected now" in result.stdout
    assert "unchanged" not in result.stdout


def test_many_differences_are_folded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        f"import pytest\n{COPY}\n\n@pytest.mark.parametrize('n', range(12))\ndef test_it(n):\n"
        "    import support\n    assert support.is_own(TestWebSocketConnection())\n"
    )
    is_own = "def is_own(value):\n    return type(value).__module__ == 'test_a'\n"
    root = migrated(tmp_path, monkeypatch, {"test_a.py": text, "support.py": is_own})
    result = run(root, monkeypatch, "verify")
    lines = [line for line in result.stdout.splitlines() if line.startswith("differs: ")]
    assert lines[0] == "differs: test_a.py::test_it[0]: passed -> failed"
    assert lines[10:] == ["differs: 2 more (-v names them)"]


def test_a_changed_file_that_was_not_run_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"test_a.py": COPY + USE, "test_b.py": COPY + USE, "test_c.py": PASSES}
    root = migrated(tmp_path, monkeypatch, files)
    assert "all outcomes unchanged" in run(root, monkeypatch, "verify").stdout
    result = run(root, monkeypatch, "verify", "test_a.py", "test_c.py")
    assert result.stdout.endswith(
        "no difference in the 2 tests that ran\n\nnot tested: no test that uses it ran: test_b.py\n"
    )


def test_the_tests_of_another_file_do_not_stand_for_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skipped = f"import pytest\n\npytestmark = pytest.mark.skip\n{COPY}{USE}"
    files = {"test_a.py": skipped, "test_b.py": f"import test_a\n\n{PASSES}"}
    result = run(migrated(tmp_path, monkeypatch, files), monkeypatch, "verify")
    assert "no difference in the 1 test that ran\n" in result.stdout
    assert result.stdout.endswith("not tested: no test that uses it ran: test_a.py\n")


@pytest.mark.parametrize("text", [COPY, ""], ids=["changed", "unchanged"])
def test_errors_of_both_states_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    files = {"test_a.py": COPY + USE, "test_b.py": f"import gone\n{text}{USE}"}
    root = migrated(tmp_path, monkeypatch, files)
    result = run(root, monkeypatch, "verify", "test_a.py", "test_b.py")
    gone = "ModuleNotFoundError: No module named 'gone'"
    assert f"not collected, before and after: test_b.py: {gone}\n" in result.stdout
    assert "no difference in the 1 test that ran\n" in result.stdout


def test_deselected_tests_are_not_said_to_be_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"test_a.py": f"{COPY}{USE}\n\ndef test_other(): pass\n"}
    files["pytest.ini"] = "[pytest]\naddopts = --deselect test_a.py::test_other\n"
    result = run(migrated(tmp_path, monkeypatch, files), monkeypatch, "verify")
    assert (result.exit_code, "outcomes unchanged" in result.stdout) == (0, False)
    assert result.stdout.endswith("no difference in the 1 test that ran\n")


def test_a_file_of_an_earlier_run_that_cannot_be_parsed_in_time_may_share_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_shared(tree(tmp_path, {"test_a.py": LONG, "test_b.py": "y = 1\n"}))
    journal = Journal(tmp_path)
    for name in ("a", "b"):
        path = tmp_path / f"test_{name}.py"
        old = path.read_bytes()
        change = Change(path.name, old, old + f"from {name} import x\n".encode(), 0o644)
        run = journal.begin("migrate", [change])
        path.write_bytes(change.after)
        journal.finish(run)
    last = chosen_run(journal, None)
    assert last is not None
    assert last.sharing() == []
    monkeypatch.setattr(trial, "careful", never_done)
    assert last.sharing() == [os.path.realpath(tmp_path / "test_a.py")]


def test_a_run_is_verified_by_the_tests_of_others_that_share_a_definition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_shared(tree(tmp_path, {f"test_{n}.py": COPY + USE for n in "ab"}))
    for name in ("test_b.py", "test_a.py"):
        run(tmp_path, monkeypatch, "migrate", "--allow-dirty", "--skip-probe", name)
    assert "running 2 test files" in run(tmp_path, monkeypatch, "verify").stderr


@pytest.mark.parametrize("name", ["test_b", "test_c", "test_d"])
def test_a_later_batch_runs_the_tests_of_others_that_share_a_definition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """What a test of one changes at the class, a test of the other may read."""
    other = COPY.replace("TestWebSocketConnection", "Another")
    files = {f"test_{n}.py": COPY + USE for n in "ab"}
    write_shared(tree(tmp_path, files | {"test_c.py": other, "test_d.py": COPY + USE}))
    options = ("migrate", "--allow-dirty", "--skip-probe")
    run(tmp_path, monkeypatch, *options, f"{name}.py")
    if name == "test_d":
        run(tmp_path, monkeypatch, "rollback", Journal(tmp_path).runs()[-1].id)
    else:  # as ruff does
        with (tmp_path / f"{name}.py").open("a") as file:
            file.write("# formatted\n")
    result = run(tmp_path, monkeypatch, *options, "--verify", "test_a.py")
    assert ("running 2 test files" in result.stderr) == (name == "test_b")
