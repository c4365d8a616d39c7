"""The runs of the journal, and what became of their files."""

from __future__ import annotations

from codemods.model import Entry, Outcome, Run
from codemods.report.rollback import outcomes_as_json, outcomes_as_text, runs_as_json, runs_as_text


def run(name: str, files: int, *, finished: bool = True, undone: tuple[str, ...] = ()) -> Run:
    entries = tuple(Entry(n, f"{n}.py", "b", "a", 0o644) for n in range(files))
    time = "2026-01-02T03:04:05Z"
    return Run(name, time, "migrate 'a\nb'", entries, finished, frozenset(undone))


RUNS = [
    run("first", 12),
    run("2nd", 1, finished=False),
    run("3rd", 2, undone=("0.py",)),
    run("4th", 1, undone=("0.py",)),
]


def test_no_runs() -> None:
    assert runs_as_text([]) == "no runs\n"
    assert runs_as_json([]) == {"schema": "ssot-codemods/rollback-list/3", "runs": []}


def test_runs() -> None:
    assert (
        runs_as_text(RUNS)
        == """\
run    time                  files  state               command
first  2026-01-02T03:04:05Z     12  complete            migrate 'a\\nb'
2nd    2026-01-02T03:04:05Z      1  unfinished          migrate 'a\\nb'
3rd    2026-01-02T03:04:05Z      2  1 of 2 rolled back  migrate 'a\\nb'
4th    2026-01-02T03:04:05Z      1  rolled back         migrate 'a\\nb'
"""
    )


def test_runs_for_programs() -> None:
    (values,) = runs_as_json(RUNS[2:3])["runs"]
    assert values == {
        "id": "3rd",
        "time": "2026-01-02T03:04:05Z",
        "command": "migrate 'a\nb'",
        "state": "partly rolled back",
        "changed": ["0.py", "1.py"],
    }


OUTCOMES = [
    Outcome("a.py"),
    Outcome("b\n.py", "edited since"),
    Outcome("c.py", None, "/kept/0-c.py"),
]


def test_outcomes() -> None:
    assert (
        outcomes_as_text("rollback", RUNS[0], OUTCOMES)
        == """\
b\\n.py: edited since
c.py: overwritten; a copy is /kept/0-c.py
run first: 2 of 3 files restored
"""
    )


def test_outcomes_for_programs() -> None:
    assert outcomes_as_json("rollback", RUNS[0], OUTCOMES) == {
        "schema": "ssot-codemods/rollback/3",
        "run": "first",
        "outcomes": [
            {"path": "a.py", "error": None, "kept": None},
            {"path": "b\n.py", "error": "edited since", "kept": None},
            {"path": "c.py", "error": None, "kept": "/kept/0-c.py"},
        ],
    }
