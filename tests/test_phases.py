from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from codemods.measure.model import ExitCodes
from codemods.progress import grep, phases
from codemods.progress.edits import ChangedFile
from codemods.progress.history import (
    ComparedFile,
    ComparedTests,
    Migration,
    Record,
    Rollback,
    Verification,
)
from codemods.progress.phases import Acceptance, Criterion, Standing, State
from codemods.report import accept, status
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.settings import DEFAULT_MODULE, Phase, Settings, phases_of
from codemods.workers.pool import ProcessPool
from tests.figures import measured
from tests.tools import COPY, LONG, default_modules, never_done

PHASE = Phase("one", ("tests/unit",), 5, aim_seconds=3)
USE = "\n\nws = TestWebSocketConnection()\n"
FAILED_COPY = COPY.replace("def __init__(self)", "def __init__(self")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tests/unit").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _status(root: Path, records: Sequence[Record] = (), *phase: Phase, **settings: Any) -> Standing:
    made = Settings(root=root, phases=phase or (PHASE,), **settings)
    return phases.status(made, records, _planner(made))


def _accept(
    root: Path, records: Sequence[Record] = (), *phase: Phase, **settings: Any
) -> Acceptance:
    made = Settings(root=root, phases=phase or (PHASE,), **settings)
    return phases.accept(made, "TestWebSocketConnection", records, (), _planner(made))


def _planner(settings: Settings) -> phases.Count:
    codemod = ReplaceLocalCopies(default_modules())
    return phases.planner(settings, lambda _: codemod, ProcessPool(1), lambda done, total: None)


def _criterion(standing: Standing, name: str, phase: int = 0) -> Criterion:
    return next(c for c in standing.phases[phase].criteria if c.name == name)


MOMENT = "2026-01-01T00:00:00Z"


def _baseline(
    seconds: float = 1, paths: Sequence[str] = ("tests/unit",), time: str = MOMENT, **more: Any
) -> Record:
    found = measured(paths, warm=(seconds,) * 3, time=time, **more)
    return Record(time, tuple(paths), found.summary)


FILE = "tests/unit/test_a.py"


def _verify(
    before: int,
    after: int,
    golden_path: Mapping[str, ExitCodes] = {},
    run: str = "run-1",
    file: str = FILE,
    **more: Any,
) -> Record:
    tests = ComparedTests({file: ComparedFile(before, before, before - after)})
    more = {"is_whole": True, **more}
    return Record(MOMENT, ("tests/unit",), Verification(run, golden_path, tests, **more))


def _change(
    time: str = MOMENT, run: str | None = "run-1", copies: int = 0, files: Sequence[str] = (FILE,)
) -> Record:
    changed = {file: ChangedFile({"A": 1}) for file in files}
    return Record(time, ("tests",), Migration(run, changed, copy_count=copies))


def test_copies_and_compliance_are_counted_now(root: Path) -> None:
    Path("tests/unit/test_a.py").write_text(COPY + USE)
    own = f"from {DEFAULT_MODULE} import TestWebSocketConnection\n"
    Path("tests/unit/test_b.py").write_text(own)
    standing = _status(root)
    copies, compliance = standing.phases[0].criteria[:2]
    assert (copies.name, copies.state, copies.value) == ("copies left", State.NOT_MET, 1)
    assert (compliance.state, compliance.value) == (State.NOT_MET, 50)
    assert standing.next_batch == "ssot-codemods migrate tests/unit --max-files 10"
    Path("tests/unit/test_a.py").unlink()
    standing = _status(root)
    assert [c.state for c in standing.phases[0].criteria[:2]] == [State.MET, State.MET]
    assert standing.next_batch == ""


def test_a_budget_for_copies(root: Path) -> None:
    Path("tests/unit/test_a.py").write_text(COPY + USE)
    standing = _status(root, (), PHASE._replace(copies_left=1, compliance=0))
    assert [c.state for c in standing.phases[0].criteria[:2]] == [State.MET, State.MET]


def test_a_file_that_cannot_be_read_may_hold_a_copy(root: Path) -> None:
    Path("tests/unit/test_a.py").write_text(FAILED_COPY)
    copies = _criterion(_status(root), "copies left")
    assert (copies.state, copies.figure) == (State.NOT_MEASURED, "")
    assert copies.remedy == "see ssot-codemods check tests/unit"
    assert copies.note == "1 file with a shared name cannot be read: fix or exclude them"


def test_the_next_batch_is_of_the_first_phase_with_copies(root: Path) -> None:
    for name in ("a", "b", "c d"):
        Path(name).mkdir()
    for name in ("b", "c d"):
        Path(name, "test_a.py").write_text(COPY + USE)
    made = [Phase(n, (n, "missing"), 5) for n in ("a", "b", "c d")]
    assert _status(root, (), *made).next_batch == "ssot-codemods migrate b --max-files 10"
    Path("b/test_a.py").unlink()
    assert _status(root, (), *made).next_batch == "ssot-codemods migrate 'c d' --max-files 10"


@pytest.mark.parametrize(
    ("seconds", "state", "note"),
    [
        (2.9, State.MET, "aim reached"),
        (3, State.MET, "aim not reached"),
        (4.99, State.MET, "aim not reached"),
        (5, State.NOT_MET, "aim not reached"),
    ],
)
def test_collection_against_its_budget(root: Path, seconds: float, state: State, note: str) -> None:
    found = _criterion(_status(root, [_baseline(99), _baseline(seconds)]), "collection")
    assert (found.state, found.value) == (state, seconds)
    assert found.note == f"{note}; measured 2026-01-01T00:00:00Z"
    assert found.wanted == "under 5 s (aim: 3 s)"


def test_collection_without_an_aim(root: Path) -> None:
    found = _criterion(_status(root, [_baseline(1)], Phase("x", ("tests",), 5)), "collection")
    assert (found.state, found.wanted) == (State.NOT_MEASURED, "under 5 s")
    phase = Phase("x", ("tests/unit",), 5)
    assert _criterion(_status(root, [_baseline(1)], phase), "collection").note.startswith("measur")


def test_a_baseline_of_other_paths_does_not_count(root: Path) -> None:
    records = [_baseline(1, ["tests"]), _baseline(1, ["tests/unit", "tests"]), _baseline(1, [])]
    found = _criterion(_status(root, records), "collection")
    assert (found.state, found.value) == (State.NOT_MEASURED, None)
    assert found.remedy == "ssot-codemods baseline tests/unit"


def test_a_baseline_counts_for_the_paths_that_exist(root: Path) -> None:
    phase = Phase("x", ("tests/unit", "backend/tests"), 5)
    standing = _status(root, [_baseline(1)], phase)
    assert _criterion(standing, "collection").state is State.MET
    assert standing.phases[0].missing == ("backend/tests",)


def test_a_phase_may_go_through_a_link(root: Path) -> None:
    Path("link").symlink_to("tests")
    standing = _status(root, [_baseline(1)], PHASE._replace(paths=("link/unit",)))
    assert _criterion(standing, "collection").state is State.MET
    assert standing.remedies[0] == "ssot-codemods baseline tests/unit"


@pytest.mark.parametrize(
    ("before", "after", "state", "rate"),
    [
        (10, 9, State.MET, 90),
        (100, 89, State.NOT_MET, 89),
        (0, 0, State.NOT_MEASURED, None),
    ],
)
def test_success_is_a_share_of_what_passed_before(
    root: Path, before: int, after: int, state: State, rate: float | None
) -> None:
    records = [_change(), _verify(1, 1), _verify(before, after)]
    found = _criterion(_status(root, records), "success")
    assert (found.state, found.value) == (state, rate)


def _success(root: Path, *records: Record, paths: Sequence[str] = ("tests/unit",)) -> Criterion:
    standing = _status(root, records, PHASE._replace(paths=tuple(paths)))
    return _criterion(standing, "success")


def test_success_is_not_known_without_a_change(root: Path) -> None:
    found = _success(root, _baseline())
    assert (found.state, found.remedy) == (State.NOT_MEASURED, "")
    assert found.note == "no file here was migrated"


def test_where_no_copy_was_there_is_nothing_to_verify(root: Path) -> None:
    elsewhere = _change(files=["tests/e2e/test_e.py"])
    found = _success(root, elsewhere)
    assert (found.state, found.figure) == (State.MET, "unchanged")
    Path(FILE).write_text(COPY + USE)
    assert _success(root, elsewhere).state is State.NOT_MEASURED


def test_success_takes_a_verification_of_each_run_that_stands(root: Path) -> None:
    other = _change(run="run-2", files=["tests/unit/test_b.py"])
    found = _success(root, _baseline(tests="abcde"), _change(), other, _verify(3, 3))
    assert (found.state, found.remedy) == (
        State.NOT_MEASURED,
        "ssot-codemods verify --run run-2",
    )
    assert found.note == (
        "1 of 2 runs verified, 1 of 2 changed files; 3 of 5 collected tests were compared; "
        "3 of 3 that passed before still do"
    )
    elsewhere = _change(run="run-2", files=["tests/test_b.py"])
    assert _success(root, _change(), elsewhere, _verify(3, 3)).state is State.MET
    rolled_back = Record(MOMENT, (), Rollback("run-2", ("tests/unit/test_b.py",)))
    found = _success(root, _change(), other, rolled_back, _verify(3, 3))
    assert found.state is State.MET
    assert found.note.startswith("1 of 1 run verified; ")
    Path("tests/unit/test_b.py").write_text("class A: ...\n")  # somebody put it back
    assert _success(root, _change(), other, _verify(3, 3)).state is State.MET


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({}, State.MET),
        ({"is_whole": False}, State.MET),
        ({"edited": (FILE,)}, State.NOT_MEASURED),
        ({"untested": (FILE,)}, State.MET),
        ({"run": "run-2"}, State.NOT_MEASURED),
    ],
)
def test_a_verification_is_of_the_files_that_it_was_about(
    root: Path, more: dict[str, Any], state: State
) -> None:
    assert _success(root, _change(), _verify(3, 3, **more)).state is state


def test_changed_files_of_which_no_test_runs_are_counted(root: Path) -> None:
    change = _change(files=[FILE, "tests/unit/test_b.py"])
    found = _success(root, change, _verify(3, 3, untested=("tests/unit/test_b.py",)))
    assert found.state is State.MET
    assert found.note.endswith("; no test runs of 1 changed file")
    again = _verify(4, 4)  # one has come
    assert "no test" not in _success(root, change, _verify(3, 3, untested=(FILE,)), again).note


def test_a_verification_of_other_paths_does_not_count(root: Path) -> None:
    shown = Record(MOMENT, ("tests/e2e",), _verify(3, 3, is_whole=False).figures)
    assert _success(root, _change(), shown).state is State.NOT_MEASURED


def test_a_test_counts_once_and_what_any_run_lost_is_lost(root: Path) -> None:
    runs = [_change(), _change(run="run-2", files=["tests/unit/test_b.py"])]
    found = _success(root, *runs, _verify(10, 9), _verify(9, 8, run="run-2"))
    assert found.value == 80
    assert (
        "10 tests compared, of an unknown number; 8 of 10 that passed before still do" in found.note
    )
    # The latest of a run counts.
    found = _success(root, *runs, _verify(10, 9), _verify(9, 8, run="run-2"), _verify(10, 10))
    assert found.value == 90


def test_the_figures_of_phases_add_up(root: Path) -> None:
    (root / "tests/e2e").mkdir()
    files = (FILE, "tests/e2e/test_e.py")
    records = [
        _baseline(tests="abcde"),
        _baseline(tests="abc", paths=("tests/e2e",)),
        _change(files=files),
        *(_verify(n, n, file=file) for n, file in ((3, files[0]), (2, files[1]))),
    ]
    notes = [_success(root, *records, paths=p).note for p in (["tests/unit"], ["tests/e2e"], ["."])]
    assert [note.partition("; ")[2].partition(" tests")[0] for note in notes] == [
        "3 of 5 collected",
        "2 of 3 collected",
        "5 of 8 collected",
    ]
    unmeasured = _success(root, *records[:1], *records[2:], paths=["."]).note
    assert "; 5 tests compared, of an unknown number; " in unmeasured


def test_compliance_stands_beside_what_stays(root: Path) -> None:
    other = f"{COPY}\n    def more(self): return 1\n"
    Path("tests/unit/test_a.py").write_text(f"{other}\n\nws = TestWebSocketConnection()\n")
    Path("tests/unit/test_b.py").write_text(f"{COPY}\n\nTestWebSocketConnection.x = 1\n")
    Path("tests/unit/test_c.py").write_text("class TestWebSocketConnection:\n    pass\n")
    found = _criterion(_status(root), "compliance")
    assert (found.state, found.figure) == (State.MET, "100.0 %")
    assert found.note == (
        "no copy that can be replaced in 2 of 2 files with a shared name; "
        "definitions that stay: 2 (different-shape 1, escapes 1)"
    )


def test_the_usual_phases_are_those_of_which_a_path_exists(root: Path) -> None:
    def found(*paths: str) -> dict[str, tuple[str, ...]]:
        return {phase.name: phase.paths for phase in phases_of(Settings(root=root, paths=paths))}

    for paths in (["."], ["src", "./tests/"]):
        assert found(*paths) == {"unit": ("tests/unit",), "all": ("tests",)}
    assert found("tests/unit") == {"unit": ("tests/unit",)}
    # Where the settings have the tests elsewhere, a folder of that name holds none of them.
    assert found("src", "test") == {"all": ("src", "test")}
    (root / "backend/tests").mkdir(parents=True)
    assert found(".")["unit"] == ("tests/unit", "backend/tests")
    for folder in ("tests", "backend"):
        shutil.rmtree(root / folder)
    assert found(".") == {"all": (".",)}
    assert phases_of(Settings(root=root, phases=(PHASE,))) == (PHASE,)


@pytest.mark.parametrize(
    ("counts", "state", "value"),
    [
        ((), State.NOT_MEASURED, None),
        ((370,), State.NOT_MEASURED, None),
        ((10, 2), State.MET, 80),
        ((10, 0, 3), State.NOT_MET, 70),
        ((5, 10), State.NOT_MET, -100),
        ((0, 0), State.MET, None),
        ((0, 1), State.NOT_MET, None),
    ],
)
def test_the_fall_of_warnings_is_from_the_first_to_the_latest(
    root: Path, counts: Sequence[int], state: State, value: float | None
) -> None:
    records = [_baseline(warnings={"A": n - n // 2, "B": n // 2}) for n in counts]
    found = _criterion(_status(root, records), "fall of warnings")
    assert (found.state, found.value) == (state, value)
    assert bool(found.remedy) is (state is State.NOT_MEASURED)


def _at(second: int) -> str:
    return f"2026-01-01T00:00:{second:02}Z"


def test_what_was_measured_before_the_change_is_what_to_compare_with(root: Path) -> None:
    """And not a baseline from before another one that was rolled back, or from long ago."""
    records = [
        _baseline(warnings={"A": 3}, time=_at(1)),
        _baseline(warnings={"A": 16}, time=_at(2)),
        _change(_at(2)),
        _baseline(warnings={"A": 4}, time=_at(4)),
        _change(_at(5)),
    ]
    found = _criterion(_status(root, records), "fall of warnings")
    assert (found.state, found.value) == (State.NOT_MET, 75)
    assert found.note == "16 in the baseline of 2026-01-01T00:00:02Z, 4 in the latest"
    found = _criterion(_status(root, records[:3]), "fall of warnings")
    assert found.state is State.NOT_MEASURED
    assert found.note == "16 warnings in the baseline of 2026-01-01T00:00:02Z, none measured since"


def test_warnings_under_other_conditions_have_not_fallen(root: Path) -> None:
    records = [_baseline(warnings={"A": 5}), _baseline(pytest="8.0")]
    found = _criterion(_status(root, records), "fall of warnings")
    assert (found.state, found.note) == (State.NOT_MEASURED, "pytest: 9.0 / 8.0")


@pytest.mark.parametrize("outside", ["../{name}-out", "{root}-out"])
def test_paths_beside_the_root_are_not_below_it(root: Path, outside: str) -> None:
    out = root.with_name(f"{root.name}-out")
    out.mkdir()
    (out / "test_a.py").write_text(COPY + USE)
    phase = PHASE._replace(paths=(".", outside.format(root=root, name=root.name)))
    assert _criterion(_status(root, (), phase), "copies left").value == 1


def test_what_is_not_collected_neither_takes_time_nor_warns(root: Path) -> None:
    whole = _baseline(warnings={"UserWarning": 9})
    for broken, note in (
        (_baseline(errors=2), "2 errors at collection in the latest, 0 before"),
        (_baseline(tests=()), "nothing was collected"),
    ):
        standing = _status(root, (whole, broken))
        for name in ("collection", "fall of warnings"):
            found = _criterion(standing, name)
            assert (found.state, found.note) == (State.NOT_MEASURED, note)
            assert found.remedy == "ssot-codemods baseline tests/unit"


def test_what_does_not_exist_is_neither_met_nor_measured(root: Path) -> None:
    standing = _status(root, (), Phase("x", ("nowhere",), 5))
    assert {c.state for c in standing.phases[0].criteria} == {State.NOT_MEASURED}
    assert standing.remedies == ("name the paths of phase x in [tool.ssot-codemods.phases]",)
    assert "nowhere: no such file or directory (phase x)" in status.as_text(standing)


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ([], State.NOT_MEASURED),
        ([_verify(1, 1, {"make a": ExitCodes(1, 0)})], State.NOT_MEASURED),
        (
            [_verify(1, 1, {"make a": ExitCodes(1, 0), "make b": ExitCodes(0, None)})],
            State.NOT_MEASURED,
        ),
        (
            [
                _verify(1, 1, {"make a": ExitCodes(1, 0)}),
                _verify(1, 1, {"make b": ExitCodes(0, 0)}),
            ],
            State.MET,
        ),
        ([_verify(1, 1, {"make a": ExitCodes(0, 0), "make b": ExitCodes(1, 1)})], State.NOT_MET),
        ([_change(), _verify(1, 1, {"make a": ExitCodes(0, 1)})], State.NOT_MET),
    ],
)
def test_the_golden_path_is_of_all_phases(
    root: Path, records: Sequence[Record], state: State
) -> None:
    (found,) = _status(root, records, golden_path=("make a", "make b")).overall
    assert found.state is state
    assert bool(found.remedy) is (state is State.NOT_MEASURED)
    assert _status(root, records).overall == ()


def _all_met(root: Path) -> list[Record]:
    return [
        _baseline(warnings={"A": 10}),
        _change(_at(1)),
        _baseline(time=_at(2)),
        _verify(10, 10),
    ]


def test_accepted_is_what_meets_each_criterion(root: Path) -> None:
    accepted = _accept(root, _all_met(root))
    assert accepted.ok
    assert accept.as_text(accepted).endswith("\naccepted\n")
    assert accept.as_json(accepted)["ok"] is True


@pytest.mark.parametrize("left_out", [0, 2, 3])
def test_not_measured_is_not_accepted(root: Path, left_out: int) -> None:
    records = _all_met(root)
    del records[left_out]
    accepted = _accept(root, records)
    assert not accepted.ok
    text = accept.as_text(accepted)
    assert "not accepted: 1 of 5 not met" in text
    assert f"not measured yet: {accepted.standing.remedies[0]}" in text


def test_the_golden_path_counts_for_acceptance(root: Path) -> None:
    accepted = _accept(root, _all_met(root), golden_path=("make a",))
    assert not accepted.ok
    assert "not accepted: 1 of 6 not met" in accept.as_text(accepted)


NAME = "class TestWebSocketConnection"


def _write_for_grep(folder: Path) -> None:
    other = COPY.replace("TestWebSocketConnection", "MockWebSocketConnection")
    files = {
        "test_copy.py": f"{COPY}{USE}",
        "test_other_name.py": f"{other}\n\nws = MockWebSocketConnection()\n",
        "test_refused.py": f"{NAME}:\n    x = '{NAME}'\n",
        "test_comment.py": f"# {NAME}:\n{NAME}Pool: 0\n# sub{NAME}\n# {NAME}ä\n",
        "test_broken.py": FAILED_COPY,
        "test_string.py": f'text = """\n{NAME}:\n"""\n',
        "notes.md": f"{NAME}\n{NAME}\n",
        "blob.bin": f"{NAME}\n\0\n{NAME}\n",
        "test_none.py": "",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "link.py").symlink_to(folder / "test_copy.py")
    (folder / "sub").mkdir()
    (folder / "sub/test_excluded.py").write_text(COPY + USE)


def test_grep_counts_other_things(root: Path) -> None:
    _write_for_grep(root / "tests/unit")
    phase = PHASE._replace(paths=("tests", "tests/unit"))
    found = _accept(root, (), phase, exclude=("sub",)).grep
    assert tuple((part.what, part.line_count) for part in found.parts) == (
        ("parts of a longer name, which grep -w does not count", 3),
        ("in files that are no Python", 2),
        ("in strings", 2),
        ("commented out", 1),
        ("copies", 1),
        ("in files that are excluded or ignored by git", 1),
        ("in files that failed: syntax-error", 1),
        ("refused: same-name-only", 1),
    )
    assert (found.line_count, found.copy_count, found.unseen_count) == (12, 2, 1)
    (root / "tests/.ssot-codemods").mkdir()
    (root / "tests/.ssot-codemods/1").write_text(COPY)
    assert _accept(root, (), phase, exclude=("sub",)).grep == found
    for option, number in (("-r", found.line_count), ("-rw", found.word_count)):
        command = ["grep", option, found.pattern, "--exclude-dir=.ssot-codemods", *found.paths]
        done = subprocess.run(command, capture_output=True, check=True, cwd=root)
        assert done.stdout.count(b"\n") == number


def test_strings_of_a_file_that_cannot_be_parsed_in_time(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("tests/unit/test_a.py").write_text(f'x = "class TestWebSocketConnection"\n{LONG}')
    assert _accept(root).grep.parts == (grep.Part(1, "in strings"),)
    monkeypatch.setattr(grep, "careful", never_done)
    assert _accept(root).grep.parts == (grep.Part(1, "other text"),)


def test_grep_is_told_beside_the_copies(root: Path) -> None:
    _write_for_grep(root / "tests/unit")
    text = accept.as_text(_accept(root))
    command = 'grep -r "class TestWebSocketConnection" --exclude-dir=.ssot-codemods tests/unit'
    assert f"{command} | wc -l counts 12 lines, 9 with -w; copies left: 3\n" in text
    assert "       1 copies that grep does not see" in text


def test_grep_of_a_file_and_of_what_cannot_be_read(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("tests/unit/test_a.py").write_text(COPY + USE)
    phase = PHASE._replace(paths=("tests/unit/test_a.py",))
    assert _accept(root, (), phase).grep.line_count == 1

    def refuse(path: str) -> bytes:
        raise PermissionError(13, "denied", path)

    monkeypatch.setattr(grep, "read_file", refuse)
    assert grep._text_of("tests/unit/test_a.py") == b""


def test_without_a_shared_class_there_is_nothing_to_grep_for(root: Path) -> None:
    Path("tests/unit/test_a.py").write_text(COPY + USE)
    settings = Settings(root=root, phases=(PHASE,))
    text = accept.as_text(phases.accept(settings, "", (), (), _planner(settings)))
    assert "grep" not in text


def test_nothing_to_grep_in(root: Path) -> None:
    accepted = _accept(root, (), PHASE._replace(paths=("nowhere",)))
    assert accepted.grep.line_count == 0
    assert "grep" not in accept.as_text(accepted)


def test_the_status_is_a_table_for_each_phase(root: Path) -> None:
    Path("tests/unit/test_a.py").write_text(COPY + USE)
    records = [
        _baseline(6, warnings={"A": 5}),
        _change(files=["tests/unit/test_b.py"]),
        _verify(10, 10),
    ]
    two = Phase("two", ("tests", "nowhere"), 45)
    standing = _status(root, records, PHASE, two, golden_path=("make",))
    assert (
        status.as_text(standing)
        == """\
one: tests/unit
  not met       copies left       1        wanted: at most 0
  not met       compliance        0.0 %    wanted: at least 95 %
      no copy that can be replaced in 0 of 1 file with a shared name; definitions that stay: 0
  not met       collection        6.00 s   wanted: under 5 s (aim: 3 s)
      aim not reached; measured 2026-01-01T00:00:00Z
  met           success           100.0 %  wanted: at least 90 %
      1 of 1 run verified; 10 of 1 collected tests were compared; 10 of 10 that passed before \
still do
  not measured  fall of warnings  -        wanted: at least 80 %
      5 warnings in the baseline of 2026-01-01T00:00:00Z, none measured since

two: tests nowhere
  not met       copies left       1        wanted: at most 0
  not met       compliance        0.0 %    wanted: at least 95 %
      no copy that can be replaced in 0 of 1 file with a shared name; definitions that stay: 0
  not measured  collection        -        wanted: under 45 s
  met           success           100.0 %  wanted: at least 90 %
      1 of 1 run verified; 10 of 1 collected tests were compared; 10 of 10 that passed before \
still do
  not measured  fall of warnings  -        wanted: at least 80 %

all phases
  not measured  golden path       -        wanted: each command gives 0

nowhere: no such file or directory (phase two)

not measured yet: ssot-codemods baseline tests
next batch: ssot-codemods migrate tests/unit --max-files 10
not measured yet: ssot-codemods baseline tests/unit
not measured yet: ssot-codemods verify --golden-path
"""
    )


def test_the_status_for_programs(root: Path) -> None:
    values = json.loads(json.dumps(status.as_json(_status(root, [_baseline(6)]))))
    assert values["schema"] == "ssot-codemods/status/3"
    assert values["next_batch"] == ""
    assert values["remedies"] == ["ssot-codemods baseline tests/unit"]
    assert values["phases"][0]["criteria"][2] == {
        "name": "collection",
        "state": "not met",
        "figure": "6.00 s",
        "wanted": "under 5 s (aim: 3 s)",
        "value": 6,
        "limit": 5,
        "unit": "seconds",
        "note": "aim not reached; measured 2026-01-01T00:00:00Z",
        "remedy": "",
    }


def test_the_history_is_told_in_lines() -> None:
    records = [
        _baseline(8.0, warnings={"A": 370}),
        _change("2026-01-02T00:00:00.123456Z", copies=370),
        _change("2026-01-03T00:00:00Z", None, files=()),
        _baseline(4.0, (), time="2026-01-04T00:00:00Z"),
        _verify(9, 8),
        Record("2026-01-05T00:00:00Z", ("a", "b", "c", "d"), Rollback("run-1", ("a",))),
    ]
    text = status.history_text(records)
    assert (
        text
        == """\
time                  verb      paths               figures
2026-01-01T00:00:00Z  baseline  tests/unit          cold 2.10, warm 8.00, modules 3, tests 1, \
errors 0, warnings 370
2026-01-02T00:00:00Z  migrate   tests               run run-1, changed 1, replaced 1, refused 0, \
failed 0, left 0, copies 370
2026-01-03T00:00:00Z  migrate   tests               changed 0, replaced 0, refused 0, failed 0, \
left 0, copies 0
2026-01-04T00:00:00Z  baseline  -                   cold 2.10, warm 4.00, modules 3, tests 1, \
errors 0, warnings 0
2026-01-01T00:00:00Z  verify    tests/unit          run run-1, tests 9, passed 9, lost 1, \
differences 0, flaky 0, healed 0
2026-01-05T00:00:00Z  rollback  a, b, c and 1 more  run run-1, files 1
"""
    )
    assert status.history_text([]) == "no history\n"
    assert json.loads(json.dumps(status.history_json(records)))["records"][2]["verb"] == "migrate"


def test_nothing_is_accepted_while_a_line_of_the_history_cannot_be_read(root: Path) -> None:
    found = _accept(root, _all_met(root))._replace(damaged=("history.jsonl:1: ...",))
    assert not found.ok
    text = "not accepted: the history is damaged or not complete\n"
    assert accept.as_text(found).endswith(text)
    assert accept.as_json(found)["damaged"] == ["history.jsonl:1: ..."]
