"""What people and programs read of the figures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from codemods.measure.collection import digest
from codemods.measure.compare import compare
from codemods.measure.model import (
    Advice,
    Baseline,
    BaselineSummary,
    CollectionError,
    Conditions,
    Cost,
    PackageTime,
    Profile,
    Series,
    Step,
    Timing,
    Warmed,
)
from codemods.report import baseline, warm
from codemods.report.baseline import (
    comparison_json,
    comparison_text,
    profile_json,
    profile_text,
)

CONDITIONS = Conditions(("t", "u"), "/py", "CPython 3.12", "9.0", ("x 1",), "m, 2 CPUs")


def timing(*walls: float) -> Timing:
    return Timing(Series(walls), Series(tuple(w / 2 for w in walls)), Series((50e6,) * len(walls)))


NODES = ("a", "b", "c")
BASELINE = Baseline(
    root="/repo",
    summary=BaselineSummary(
        time="2026-01-01T00:00:00Z",
        commit="c",
        is_dirty=False,
        conditions=CONDITIONS,
        cold=timing(20.0, 21.0, 22.0),
        warm=timing(12.3, 12.34, 13.0),
        module_count=2,
        test_count=3,
        nodes=digest(NODES),
        error_count=1,
        warning_counts={"PytestCollectionWarning": 4, "UserWarning": 1},
        is_stable=True,
        problem="",
    ),
    nodeids=NODES,
    errors=(CollectionError("t/test_x.py", "t/test_x.py", "ImportError: no\nand more"),),
    notes=("something",),
)


def other(
    tests: tuple[str, ...] = NODES,
    errors: tuple[CollectionError, ...] = BASELINE.errors,
    **summary: Any,
) -> Baseline:
    counts: dict[str, Any] = {
        "test_count": len(tests),
        "nodes": digest(tests),
        "error_count": len(errors),
    }
    changed = BASELINE.summary._replace(**counts, **summary)
    return BASELINE._replace(nodeids=tests, errors=errors, summary=changed)


def test_a_baseline() -> None:
    assert baseline.as_text(BASELINE) == (
        "Collecting t u in /repo\n"
        "CPython 3.12, pytest 9.0, m, 2 CPUs\n"
        "\n"
        "          median       min       max       CPU    memory  runs\n"
        "cold     21.00 s   20.00 s   22.00 s   10.50 s     48 MB     3\n"
        "warm     12.34 s   12.30 s   13.00 s    6.17 s     48 MB     3\n"
        "\n"
        "2 modules, 3 tests, 1 error\n"
        "warnings: PytestCollectionWarning 4, UserWarning 1\n"
        "note: something\n"
        "error: t/test_x.py: ImportError: no\n"
        "Collection Time: 12.34 s\n"
    )


def test_the_third_word_of_the_collection_time_is_the_number() -> None:
    (line,) = (li for li in baseline.as_text(BASELINE).splitlines() if "Collection Time" in li)
    assert line.split()[2] == "12.34"


def test_a_baseline_without_a_run() -> None:
    """No figure is better than a zero, which would pass for a fast one."""
    text = baseline.as_text(
        other(
            cold=Timing(),
            warm=Timing(),
            problem="warm-up: killed",
            warning_counts={},
            conditions=CONDITIONS._replace(pytest="", python="", paths=()),
        )
    )
    assert text == (
        "Collecting everything in /repo\nm, 2 CPUs\n\n2 modules, 3 tests, 1 error\n"
        "note: something\nerror: t/test_x.py: ImportError: no\nproblem: warm-up: killed\n"
    )
    assert "Collection Time" not in text
    assert "warm  " not in baseline.as_text(other(warm=Timing()))


def test_many_errors_are_cut_short() -> None:
    errors = tuple(CollectionError(f"e{n}", "f", "m") for n in range(12))
    lines = baseline.as_text(other(errors=errors)).splitlines()
    assert [li for li in lines if li.startswith("error")][-2:] == [
        "error: e9: m",
        "error: 2 more (-v names them)",
    ]


def test_a_baseline_for_programs() -> None:
    values = json.loads(json.dumps(baseline.as_json(BASELINE)))
    assert values["schema"] == "ssot-codemods/baseline/3"
    assert values["collection_seconds"] == 12.34
    wall = {"median": 12.34, "min": 12.3, "max": 13.0, "values": [12.3, 12.34, 13.0]}
    assert values["summary"]["warm"]["wall_seconds"] == wall
    assert values["summary"]["warning_counts"] == {"PytestCollectionWarning": 4, "UserWarning": 1}
    assert baseline.as_json(other(warm=Timing()))["collection_seconds"] is None


def test_a_comparison_without_a_difference() -> None:
    text = comparison_text(compare(BASELINE, BASELINE))
    assert text.splitlines()[1:] == [
        "cold    21.00 s (20.00 to 22.00)  21.00 s (20.00 to 22.00)  "
        "no difference that these runs can show",
        "warm    12.34 s (12.30 to 13.00)  12.34 s (12.30 to 13.00)  "
        "no difference that these runs can show",
        "the same 3 tests",
        "Collection Time: 12.34 s",
    ]


def test_a_comparison_with_one() -> None:
    after = other(
        cold=timing(10.0, 10.5, 11.0),
        warm=timing(24.6, 24.68, 25.0),
        warning_counts={"UserWarning": 1, "NewWarning": 2},
    )
    lines = comparison_text(compare(BASELINE, after)).splitlines()
    assert lines[1].endswith("10.50 s (10.00 to 11.00)  faster: -50 %")
    assert lines[2].endswith("slower: +100 %")
    assert lines[3:] == [
        "the same 3 tests",
        "Collection Time: 24.68 s",
        "NewWarning: 0 to 2",
        "PytestCollectionWarning: 4 to 0",
    ]


def test_a_comparison_of_different_things() -> None:
    after = other(
        conditions=CONDITIONS._replace(pytest="8.0", plugins=()),
        tests=("b", "c", "d"),
        errors=(),
        is_stable=False,
        problem="warm-up: killed",
        cold=timing(1.0),
        warm=Timing(),
    )
    lines = comparison_text(compare(BASELINE, after)).splitlines()
    assert lines[1].endswith("  not comparable")
    assert lines[2:] == [
        "not comparable: pytest: 9.0 / 8.0",
        "not comparable: plugins: x 1 / -",
        "not comparable: not the same tests were collected: 3 / 3",
        "not comparable: not as many errors at collection: 1 / 0",
        "not comparable: after: warm-up: killed",
        "not comparable: after: the runs did not collect the same tests",
        "not comparable: after: at least 3 runs are needed",
        "not comparable: collected after, and not before: t/test_x.py",
        "only before: a",
        "only after: d",
    ]


def test_a_comparison_for_programs() -> None:
    values = json.loads(json.dumps(comparison_json(compare(BASELINE, other(tests=("a",))))))
    assert values["schema"] == "ssot-codemods/baseline-compare/3"
    assert (values["only_before"], values["only_after"]) == (["b", "c"], [])
    assert values["cold_claim"] == "not comparable"
    assert values["before"]["summary"]["module_count"] == 2


PROFILE = Profile(
    cold_seconds=3.0,
    warm_seconds=2.0,
    start_seconds=0.5,
    collection_seconds=1.5,
    module_times=tuple(Step(f"test_{n}.py", 0.1, 0.2) for n in range(12)),
    package_times=(PackageTime("pandas", 0.5, 0.7, 400, 3, "", False),),
    conftest_times=(Step("conftest.py", 0.1, 0.3),),
    plugin_times=(),
    folder_times=(),
    empty_folders=(),
    rewriting=Cost(0.8, 12),
    warnings_building=Cost(0.3, 60),
    advice=(Advice(1.0, "do this"), Advice(0.3, "and that")),
    problem="",
)


def test_a_profile() -> None:
    lines = profile_text(PROFILE).splitlines()
    assert lines[:7] == [
        "cold                                  3.00 s",
        "warm                                  2.00 s",
        "  until collection, and after         0.50 s",
        "  collection                          1.50 s",
        "assertion rewriting, cold             0.80 s      12",
        "building warnings                     0.30 s      60",
        "",
    ]
    assert "    0.10 s    0.20 s  test_9.py" in lines
    assert "2 more (-v names them)" in lines
    assert "    0.50 s    0.70 s  pandas" in lines
    assert lines[-3:] == ["What would help most", "    1.00 s  do this", "    0.30 s  and that"]
    assert not any(line.startswith("plugins") for line in lines)


def test_a_profile_without_advice_or_runs() -> None:
    text = profile_text(PROFILE._replace(advice=()))
    assert text.endswith("What would help most\n  nothing that these runs show\n")
    failed = PROFILE._replace(warm_seconds=0.0, problem="killed")
    assert profile_text(failed) == "problem: killed\n"


def test_a_profile_for_programs() -> None:
    values = json.loads(json.dumps(profile_json(PROFILE)))
    assert values["schema"] == "ssot-codemods/baseline-profile/3"
    assert values["advice"][0] == {"seconds": 1.0, "message": "do this"}


WARMED = Warmed(36.7, 20.0, 15.9, 2, 421, 420, ("t/test_x.py",), 1, "", ("something",))


def test_warmed() -> None:
    assert warm.as_text(WARMED) == (
        "cold       36.70 s\n"
        "warmed     20.00 s  2 jobs\n"
        "warm       15.90 s\n"
        "420 of 421 modules read from bytecode\n"
        "not from bytecode: t/test_x.py\n"
        "note: something\n"
        "1 error at collection\n"
    )


@pytest.mark.parametrize("cold", [None, 1.0])
def test_warmed_that_failed(cold: float | None) -> None:
    text = warm.as_text(Warmed(cold, 1.0, 0.0, 1, 0, 0, (), 0, "killed", ()))
    first = "" if cold is None else "cold        1.00 s\n"
    assert text == f"{first}warmed      1.00 s  1 job\nproblem: killed\n"


def test_warmed_for_programs() -> None:
    values = json.loads(json.dumps(warm.as_json(WARMED)))
    assert values["schema"] == "ssot-codemods/warm/3"
    assert values["cached_count"] == 420
