"""Measured values for tests that start no pytest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from codemods.measure.collection import digest
from codemods.measure.model import (
    Baseline,
    BaselineSummary,
    CollectionError,
    Conditions,
    Series,
    Timing,
)
from codemods.measure.outcomes import Difference, Evidence, Outcomes

COLD, WARM = (2.0, 2.1, 2.2), (1.0, 1.1, 1.2)


def timing(*seconds: float, memory: float = 50 * 2**20) -> Timing:
    return Timing(Series(seconds), Series(seconds), Series((memory,) * len(seconds)))


def measured(
    paths: Sequence[str] = ("tests",),
    *,
    cold: Sequence[float] = COLD,
    warm: Sequence[float] = WARM,
    tests: Sequence[str] = ("tests/test_a.py::test_a",),
    warnings: Mapping[str, int] | None = None,
    errors: int = 0,
    pytest: str = "9.0",
    memory: float = 50 * 2**20,
    problem: str = "",
    stable: bool = True,
    time: str = "2026-01-01T00:00:00Z",
) -> Baseline:
    summary = BaselineSummary(
        time=time,
        commit="c0ffee",
        is_dirty=False,
        conditions=Conditions(
            paths=tuple(paths),
            interpreter="/usr/bin/python",
            python="CPython 3.11",
            pytest=pytest,
            plugins=("xdist 3",),
            machine="here, 2 CPUs",
        ),
        cold=timing(*cold, memory=memory),
        warm=timing(*warm, memory=memory),
        module_count=3,
        test_count=len(tests),
        nodes=digest(tests),
        error_count=errors,
        warning_counts=dict(warnings or {}),
        is_stable=stable,
        problem=problem,
    )
    return Baseline(
        root="/repository",
        summary=summary,
        nodeids=tuple(tests),
        errors=tuple(CollectionError(f"e{n}", f"e{n}.py", "boom") for n in range(errors)),
        notes=(),
    )


def evidence(
    before: Mapping[str, str], after: Mapping[str, str], *differences: Difference
) -> Evidence:
    return Evidence(differences, (), (), *(Outcomes(t, {}, {}, "") for t in (before, after)))
