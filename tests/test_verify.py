"""Runs of the journal, judged by the tests that use their files."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from codemods.cli import main
from codemods.disk.folder import EditedError
from codemods.disk.journal import Change, Journal
from codemods.measure.model import MeasureError
from codemods.measure.outcomes import Outcomes, Side
from codemods.migration.concerned import Concerned
from codemods.migration.trial import Trial, chosen_run
from codemods.migration.verify import revert_regressions
from codemods.model import RunState
from codemods.progress import history
from codemods.progress.history import RanTests, Verification
from codemods.settings import Settings
from tests.tools import COPY, write_shared

USE = "\n\ndef test_it():\n    ws = TestWebSocketConnection()\n    assert ws.is_connected\n"
READS_ITSELF = (
    "\n\ndef test_text(s=open(__file__).read()):\n    assert 'class TestWeb' + 'Socket' in s\n"
)


def suite(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        path = tmp_path / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    write_shared(tmp_path)
    return tmp_path


def run(root: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.chdir(root)
    return CliRunner().invoke(main, arguments)


def trial_of(root: Path, *names: str) -> Trial:
    journal = Journal(root)
    changes = [Change(n, (root / n).read_bytes(), b"# new\n", 0o644) for n in names]
    with journal.lock():
        started = journal.begin("test", changes)
        for entry in started.entries:
            journal.apply(started, entry)
        journal.finish(started)
    found = chosen_run(journal, None)
    assert found is not None
    return found


def itself(changed: Sequence[str]) -> Concerned:
    return Concerned({path: frozenset({path}) for path in changed})


def seen(tests: Mapping[str, str], root: Path) -> Outcomes:
    return Outcomes(tests, {}, {}, str(root))


def test_what_differs_is_taken_back_and_the_rest_stays(tmp_path: Path) -> None:
    root = suite(tmp_path, test_a="# a\n", test_b="# b\n", test_c="# c\n")
    trial = trial_of(root, "test_a.py", "test_b.py", "test_c.py")

    def tests(paths: object) -> Outcomes:
        # b is worse as soon as it is new; c is worse where b is old and c new.
        new = {n for n in "abc" if (root / f"test_{n}.py").read_text() == "# new\n"}
        b = "failed" if "b" in new else "passed"
        c = "failed" if "c" in new and "b" not in new else "passed"
        return seen({"test_a.py::t": "passed", "test_b.py::t": b, "test_c.py::t": c}, root)

    verified = revert_regressions(trial, itself, tests)
    assert verified.evidence is not None
    assert verified.evidence.differences == ()
    names = [Path(path).name for path in verified.reverted]
    assert names == ["test_b.py", "test_c.py"]
    assert [(root / f"test_{n}.py").read_text() for n in "abc"] == ["# new\n", "# b\n", "# c\n"]
    assert trial.journal.runs()[-1].state == RunState.PARTLY_ROLLED_BACK


def test_where_the_tests_do_not_end_nothing_stays(tmp_path: Path) -> None:
    root = suite(tmp_path, test_a="# a\n")
    trial = trial_of(root, "test_a.py")

    def tests(paths: object) -> Outcomes:
        raise MeasureError("killed")

    verified = revert_regressions(trial, itself, tests)
    assert (verified.evidence, verified.problem) == (None, "killed")
    assert (root / "test_a.py").read_text() == "# a\n"
    assert chosen_run(trial.journal, None) is None


def test_commands_are_run_in_both_states(tmp_path: Path) -> None:
    root = suite(tmp_path, test_a="# a\n")
    trial = trial_of(root, "test_a.py")
    codes = trial.in_both(lambda: {"cmd": len((root / "test_a.py").read_text())})
    assert codes == {"cmd": (4, 6)}
    assert (root / "test_a.py").read_text() == "# new\n"


def test_migrate_takes_back_the_file_whose_tests_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = suite(tmp_path, test_a=COPY + USE, test_b=COPY + READS_ITSELF)
    before = (root / "test_b.py").read_bytes()
    result = run(root, monkeypatch, "migrate", "--verify", "--allow-dirty", "--skip-probe")
    assert result.exit_code == 3, result.output
    assert "tests-differ" in result.output
    assert "test_b.py::test_text: passed -> failed" not in result.output  # it was taken back
    assert "reverted: " in result.output
    assert "from test_framework" in (root / "test_a.py").read_text()
    assert (root / "test_b.py").read_bytes() == before


def test_a_file_that_failed_to_import_may_heal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = suite(tmp_path, test_a="@pytest.mark.unit\n" + COPY + "import pytest\n" + USE)
    result = run(root, monkeypatch, "migrate", "--verify", "--allow-dirty", "--skip-probe")
    assert result.exit_code == 0, result.output
    assert "healed: test_a.py can be collected now" in result.output


def test_a_suite_that_dies_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = suite(
        tmp_path, test_a=COPY + USE + "\n\ndef test_end():\n    import os\n    os._exit(0)\n"
    )
    before = (root / "test_a.py").read_bytes()
    result = run(root, monkeypatch, "migrate", "--verify", "--allow-dirty", "--skip-probe")
    assert result.exit_code == 3
    assert "every change was undone" in result.output
    assert (root / "test_a.py").read_bytes() == before


def test_verify_judges_the_last_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = suite(tmp_path, test_a=COPY + USE, test_b=COPY + READS_ITSELF)
    run(root, monkeypatch, "migrate", "--allow-dirty", "--skip-probe")
    after = (root / "test_b.py").read_bytes()
    result = run(root, monkeypatch, "verify")
    assert result.exit_code == 3, result.output
    assert "differs: test_b.py::test_text: passed -> failed" in result.output
    assert (root / "test_b.py").read_bytes() == after
    assert run(root, monkeypatch, "verify", "--file", "test_a.py").exit_code == 0


def test_verify_runs_the_golden_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = suite(tmp_path, test_a=COPY + USE)
    (root / "golden.py").write_text("raise SystemExit('class' not in open('test_a.py').read())\n")
    (root / "pyproject.toml").write_text(
        f"[tool.ssot-codemods]\ngolden-path = ['{sys.executable} golden.py']\n"
        "categories.unit = ['test_a.py']\n"
    )
    alone = run(root, monkeypatch, "verify", "--golden-path", "--category", "unit")
    assert "no run to verify" in alone.output
    assert alone.exit_code == 0, alone.output
    run(root, monkeypatch, "migrate", "--allow-dirty", "--skip-probe")
    result = run(root, monkeypatch, "verify", "--golden-path")
    assert result.exit_code == 3, result.output
    assert result.output.split("golden path")[1].split()[-2:] == ["0", "1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.py"], "gone.py: no such file"),
        (["--category", "odd"], "--category odd: unknown; the settings have mission_critical"),
        (["--category", "e2e"], "none of tests/e2e exists"),
    ],
)
def test_what_cannot_be_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    result = run(suite(tmp_path), monkeypatch, "verify", *arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_without_commands_there_is_no_golden_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(suite(tmp_path, test_a=USE), monkeypatch, "verify", "--golden-path")
    assert result.exit_code == 2
    assert "no commands under `golden-path`" in result.output


def test_without_a_run_all_tests_are_run_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = suite(tmp_path, test_a=COPY + USE, test_b=COPY + USE)
    result = run(root, monkeypatch, "verify")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[:2] == ["outcome        tests", "passed             2"]
    assert "all outcomes unchanged" not in result.output
    (record,), _ = history.read(Settings(root=root))
    assert record.figures == Verification(None, {}, RanTests(passed_count=2, test_count=2))


@pytest.mark.parametrize(
    ("test", "code", "expected"),
    [("def test_it():\n    assert 0\n", 0, 3), ("import gone\n", 0, 3), (USE, 1, 3), (USE, 0, 0)],
    ids=["a test fails", "no collection", "a command fails", "all is well"],
)
def test_what_fails_with_nothing_to_compare_it_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, test: str, code: int, expected: int
) -> None:
    root = suite(tmp_path, test_a=COPY + test)
    command = f"{sys.executable} -c 'raise SystemExit({code})'"
    (root / "pyproject.toml").write_text(f'[tool.ssot-codemods]\ngolden-path = ["{command}"]\n')
    assert run(root, monkeypatch, "verify", "--golden-path").exit_code == expected


def test_what_failed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = suite(tmp_path, test_a="def test_it():\n    assert 0\n", test_b="import gone\n")
    result = run(root, monkeypatch, "verify")
    assert result.stdout.splitlines()[-2:] == [
        "failed: test_a.py::test_it",
        "not collected: test_b.py: ModuleNotFoundError: No module named 'gone'",
    ]
    values = json.loads(run(root, monkeypatch, "verify", "--format", "json").stdout)
    assert values["after"]["failed_tests"] == {"test_a.py::test_it": "failed"}
    assert list(values["after"]["not_collected"]) == ["test_b.py"]


def test_files_that_are_not_as_the_run_left_them_stay_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = suite(tmp_path, test_a=COPY + USE, test_b=COPY + USE)
    run(root, monkeypatch, "migrate", "--allow-dirty", "--skip-probe")
    (root / "test_a.py").write_text(COPY + USE)  # as on another branch
    edited = (root / "test_b.py").read_text() + "# mine\n"
    (root / "test_b.py").write_text(edited)
    for arguments in ((), ("--file", "test_a.py")):
        result = run(root, monkeypatch, "verify", *arguments)
        assert result.exit_code == 3
        assert result.stdout.splitlines() == [
            "skipped: edited since the run: test_a.py",
            "skipped: edited since the run: test_b.py",
            "",
            f"nothing to compare: the files of run {Journal(root).runs()[-1].id} were edited since",
        ]
    assert (root / "test_a.py").read_text() == COPY + USE
    assert (root / "test_b.py").read_text() == edited


def test_the_files_that_are_not_judged_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = suite(tmp_path, test_a=COPY + USE, test_b=COPY + USE, test_c=COPY + USE)
    run(root, monkeypatch, "migrate", "--allow-dirty", "--skip-probe")
    run(root, monkeypatch, "rollback", Journal(root).runs()[-1].id, "test_c.py")
    with (root / "test_b.py").open("a") as file:
        file.write("# formatted\n")
    result = run(root, monkeypatch, "verify")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[-3:] == [
        "no difference in the 1 test that ran",
        "",
        "skipped: edited since the run: test_b.py",
    ]
    values = json.loads(run(root, monkeypatch, "verify", "--format", "json").stdout)
    assert (values["edited"], values["unused"]) == (["test_b.py"], [])


def test_tests_that_fail_before_and_after_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = suite(tmp_path, test_a=f"{COPY}{USE}    assert not ws.is_connected\n", test_b=COPY + USE)
    result = run(root, monkeypatch, "migrate", "--allow-dirty", "--skip-probe", "--verify")
    assert result.exit_code == 0
    verdict = "no difference in the 2 tests that ran; 1 of them fails before and after\n"
    assert result.output.endswith(f"\n\n{verdict}")


def test_that_all_tests_fail_before_and_after_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = suite(tmp_path, test_a=f"{COPY}{USE}    assert not ws.is_connected\n")
    result = run(root, monkeypatch, "migrate", "--allow-dirty", "--skip-probe", "--verify")
    assert result.exit_code == 3
    verdict = "no test passed, of the 1 test that ran, before or after: nothing is shown"
    assert f"\n\n{verdict}\n" in result.stdout
    assert "no test shows anything of them; to undo them: " in result.stderr


@pytest.mark.parametrize("verb", ["migrate", "verify"])
def test_a_script_is_no_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """Pytest imports what it is given by name, and this would run, then."""
    root = suite(tmp_path, test_a=COPY + USE, tests_script=COPY + USE + "\n\nopen('ran', 'w')\n")
    verify = ["--verify"] if verb == "migrate" else []
    result = run(root, monkeypatch, "migrate", "--allow-dirty", "--skip-probe", *verify)
    if verb == "verify":
        result = run(root, monkeypatch, "verify")
    assert result.exit_code == 0, result.output
    assert result.output.endswith(
        "no difference in the 1 test that ran\n\nnot tested: no test uses it: tests_script.py\n"
    )
    assert not (root / "ran").exists()
    assert "class Test" not in (root / "tests_script.py").read_text()


def test_files_that_no_test_uses_are_kept_unjudged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no other test is run in their place. That is no success: nothing was verified."""
    root = suite(tmp_path, tests_script=COPY + USE, test_b="def test_b():\n    open('ran', 'w')\n")
    result = run(root, monkeypatch, "migrate", "--allow-dirty", "--skip-probe", "--verify")
    assert result.exit_code == 3, result.output
    assert (
        "\n\nno test ran: nothing is shown\n\nnot tested: no test uses it: tests_script.py\n"
        in result.stdout
    )
    undo = f"ssot-codemods rollback {Journal(root).runs()[-1].id}"
    assert result.stderr.endswith(f"no test shows anything of them; to undo them: {undo}\n")
    assert run(root, monkeypatch, "verify").exit_code == 3
    assert not (root / "ran").exists()
    assert "class Test" not in (root / "tests_script.py").read_text()


@pytest.mark.parametrize(
    "text", ["X = 1\n", "import pytest\npytest.skip('', allow_module_level=True)\n"]
)
def test_no_test_at_all_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    result = run(suite(tmp_path, test_a=text), monkeypatch, "verify")
    assert result.exit_code == 3
    assert result.stdout.endswith("\n\nno test ran: nothing is shown\n")


@pytest.mark.parametrize(
    "verb", ["verify", "migrate --allow-dirty --skip-probe --verify", "baseline --runs 1"]
)
def test_modules_that_the_interpreter_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    root = suite(tmp_path, test_a=f"import no_such_module\n{COPY}{USE}", test_b=COPY + USE)
    hint = (
        f"modules are missing, by 1 error: if {sys.executable} is not the interpreter of your tests"
    )
    assert f"{hint}, name that by --python\n" in run(root, monkeypatch, *verb.split()).stderr
    (root / "test_a.py").write_text(COPY + USE)
    assert "--python" not in run(root, monkeypatch, *verb.split()).stderr


def test_while_files_are_put_back_the_run_counts_as_cut_off(tmp_path: Path) -> None:
    root = suite(tmp_path, test_a="# a\n")
    trial = trial_of(root, "test_a.py")
    states = []

    def tests() -> Outcomes:
        states.append(trial.journal.runs()[-1].state)
        return seen({}, root)

    trial.compare(tests)
    assert states == [RunState.UNFINISHED] * 2
    assert trial.journal.runs()[-1].state == RunState.COMPLETE


def test_a_file_that_is_edited_meanwhile_keeps_no_other_from_its_place(tmp_path: Path) -> None:
    root = suite(tmp_path, test_a="# a\n", test_b="# b\n")
    trial = trial_of(root, "test_a.py", "test_b.py")
    after = (root / "test_b.py").read_text()

    def tests() -> Outcomes:
        if (root / "test_b.py").read_text() != after:
            (root / "test_a.py").write_text("# mine\n")
        return seen({}, root)

    with pytest.raises(EditedError, match=r"^test_a\.py: edited meanwhile$"):
        trial.compare(tests)
    assert (root / "test_a.py").read_text() == "# mine\n"
    assert (root / "test_b.py").read_text() == after
    assert trial.journal.runs()[-1].state == RunState.COMPLETE


def test_ctrl_c_takes_a_transaction_back(tmp_path: Path) -> None:
    root = suite(tmp_path, test_a="# a\n")
    trial = trial_of(root, "test_a.py")

    def tests(paths: object) -> Outcomes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        revert_regressions(trial, itself, tests)
    assert (root / "test_a.py").read_text() == "# a\n"


@pytest.mark.parametrize("verify", [True, False])
def test_a_second_ctrl_c_waits_until_the_files_are_back(tmp_path: Path, verify: bool) -> None:
    root = suite(tmp_path, test_a="# a\n", test_b="# b\n")
    trial = trial_of(root, "test_a.py", "test_b.py")
    original = trial.journal.apply if verify else trial.journal.revert
    came: list[str] = []

    def again(*arguments: Any, **options: Any) -> object:
        if len(came) == 1:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            came.append("again")
        return original(*arguments, **options)

    def tests(paths: object = ()) -> Outcomes:
        trial.use(Side.BEFORE)
        came.append("first")
        os.kill(os.getpid(), signal.SIGINT)
        return seen({}, root)

    setattr(trial.journal, "apply" if verify else "revert", again)
    heard = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            _ = trial.compare(tests) if verify else revert_regressions(trial, itself, tests)
    finally:
        signal.signal(signal.SIGTERM, heard)
    assert came == ["first", "again"]
    state, texts = (
        (RunState.COMPLETE, ["# new\n"] * 2)
        if verify
        else (RunState.ROLLED_BACK, ["# a\n", "# b\n"])
    )
    assert [(root / f"test_{n}.py").read_text() for n in "ab"] == texts
    assert trial.journal.runs()[-1].state == state


def test_what_could_not_be_put_back_waits_for_someone_to_decide(tmp_path: Path) -> None:
    root = suite(tmp_path, test_a="# a\n")
    trial = trial_of(root, "test_a.py")

    def fails(*_: object) -> bool:
        raise MemoryError

    def tests() -> Outcomes:
        trial.use(Side.BEFORE)
        trial.journal.apply = fails  # type: ignore[method-assign, assignment]
        return seen({}, root)

    with pytest.raises(MemoryError):
        trial.compare(tests)
    assert Journal(root).runs()[-1].state == RunState.UNFINISHED


def test_a_command_that_fails_now_and_then_is_no_difference(tmp_path: Path) -> None:
    trial = trial_of(suite(tmp_path, test_a="# a\n"), "test_a.py")
    flaky = iter([1, 0, 0, 0])
    sure = iter([1, 0, 0, 1])
    codes = trial.in_both(lambda: {"flaky": next(flaky), "sure": next(sure)})
    assert codes == {"flaky": (0, 0), "sure": (0, 1)}


def test_figures_of_files_that_are_on_their_way_are_not_noted_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = suite(tmp_path, test_a=COPY + USE)
    trial = trial_of(root, "test_a.py")
    trial.journal.set_open(trial.run, True)
    for verb in ("baseline", "status", "accept", "check", "report", "verify"):
        result = run(root, monkeypatch, verb, *["--runs", "1"] * (verb == "baseline"))
        assert f"run {trial.run.id} was interrupted, or is still in progress" in result.stderr
    records, _ = history.read(Settings(root=root))
    assert [r.verb for r in records if r.verb == "baseline"] == []


def test_ctrl_c_before_the_first_test_takes_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = suite(tmp_path, test_a=COPY + USE)

    def interrupted(*_: object) -> None:
        assert "class Test" not in (root / "test_a.py").read_text()
        raise KeyboardInterrupt

    monkeypatch.setattr("codemods.migration.concerned.concerned", interrupted)
    result = run(root, monkeypatch, "migrate", "--allow-dirty", "--skip-probe", "--verify")
    assert result.exit_code == 130
    assert "interrupted: 1 of 1 file undone" in result.output
    assert (root / "test_a.py").read_text() == COPY + USE
    assert Journal(root).runs()[-1].state == RunState.ROLLED_BACK


@pytest.mark.parametrize("verb", ["migrate", "verify"])
def test_tests_that_delete_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    deletes = "\n\ndef test_end():\n    import shutil\n    shutil.rmtree('.ssot-codemods')\n"
    root = suite(tmp_path, test_a=COPY + USE + deletes)
    migrate = ("migrate", "--allow-dirty", "--skip-probe")
    if verb == "verify":
        run(root, monkeypatch, *migrate)
    result = run(root, monkeypatch, *((*migrate, "--verify") if verb == "migrate" else (verb,)))
    assert result.exit_code == 3
    assert "the tests deleted it, so that nothing of the run can be undone; " in result.stderr
    assert result.stderr.endswith(": git checkout -- test_a.py\n")


def test_a_run_that_was_interrupted_is_not_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = suite(tmp_path, test_a=COPY + USE)
    journal = Journal(root)
    with journal.lock():
        started = journal.begin("migrate", [Change("test_a.py", b"x", b"y", 0o644)])
    result = run(root, monkeypatch, "verify", "--run", started.id)
    assert result.exit_code == 2
    ways = f"finish it by `migrate --resume {started.id}`, or undo it by `rollback {started.id}`"
    assert f"Error: run {started.id} was interrupted: {ways}\n" in result.stderr
    assert not journal.run(started.id).finished


def test_a_file_that_a_test_edits_is_left_alone_and_named(tmp_path: Path) -> None:
    root = suite(tmp_path, test_a="# a\n", test_b="# b\n")
    trial = trial_of(root, "test_a.py", "test_b.py")

    def tests(paths: object) -> Outcomes:
        (root / "test_a.py").write_text("# mine\n")
        return seen({}, root)

    verified = revert_regressions(trial, itself, tests)
    assert "edited meanwhile" in verified.problem
    assert verified.edited == (os.path.realpath(root / "test_a.py"),)
    assert (root / "test_a.py").read_text() == "# mine\n"
    assert (root / "test_b.py").read_text() == "# b\n"
