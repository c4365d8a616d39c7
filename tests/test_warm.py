"""Bytecode written ahead, and read afterwards."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from codemods.measure import process as process_module
from codemods.measure import warm as warm_module
from codemods.measure.session import Pytest, Session
from codemods.measure.warm import shards_of, warm
from tests.tools import write_modules

ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_", "PYTHON"))},
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}


def bytecode(folder: Path) -> set[str]:
    return {p.name.partition(".")[0] for p in folder.rglob("*.pyc") if "pytest" in p.name}


def test_it_is_written_and_read(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    write_modules(
        tmp_path,
        tests__conftest="",
        tests__test_a="def test(): pass",
        tests__sub__test_b="def test(): pass",
        tests__sub__test_c="def test(): pass",
        tests__other__test_d="def test(): pass",
    )
    lines: list[str] = []
    warmed = warm(
        Pytest(tmp_path, timeout=60, environment=ENVIRONMENT),
        ["tests/sub", "tests/test_a.py"],
        jobs=2,
        measure_cold=False,
        progress=lines.append,
    )
    assert warmed.problem == ""
    assert (warmed.module_count, warmed.cached_count, warmed.not_cached) == (3, 3, ())
    assert (warmed.jobs, warmed.error_count, warmed.notes) == (2, 0, ())
    assert warmed.writing_seconds > 0
    assert warmed.warm_seconds > 0
    assert warmed.cold_seconds is None
    assert bytecode(tmp_path) == {"conftest", "test_a", "test_b", "test_c"}
    assert lines[:2] == ["looking for test modules ...", "3 test modules, 2 at a time ..."]


def test_it_is_measured_cold(tmp_path: Path) -> None:
    write_modules(tmp_path, test_a="def test(): pass", test_b="import nowhere", test_c="1 +")
    variables = {**ENVIRONMENT, "PYTHONDONTWRITEBYTECODE": "1"}
    warmed = warm(Pytest(tmp_path, environment=variables))
    assert warmed.problem == ""
    assert warmed.cold_seconds is not None
    assert warmed.cold_seconds > 0
    assert (warmed.module_count, warmed.cached_count, warmed.not_cached) == (3, 2, ("test_c.py",))
    assert warmed.error_count == 2
    assert "PYTHONDONTWRITEBYTECODE is set here" in warmed.notes[0]
    assert warmed.notes[1] == "a module that cannot be compiled has no bytecode"


def test_tests_that_prevent_it(tmp_path: Path) -> None:
    write_modules(tmp_path, conftest="import sys; sys.dont_write_bytecode = True", test_a="")
    warmed = warm(Pytest(tmp_path, environment=ENVIRONMENT), measure_cold=False, jobs=1)
    assert (warmed.module_count, warmed.cached_count) == (1, 0)
    assert warmed.notes == (
        "the tests or a plugin set sys.dont_write_bytecode: no bytecode is written",
    )


def test_a_listing_that_fails(tmp_path: Path) -> None:
    warmed = warm(Pytest(tmp_path, environment=ENVIRONMENT), ["missing"])
    assert warmed.problem == "file or directory not found: missing"
    assert (warmed.module_count, warmed.cold_seconds, warmed.warm_seconds) == (0, None, 0.0)


def test_looking_for_modules_imports_none(tmp_path: Path) -> None:
    """So that each is imported twice: where bytecode is written, and where it is checked."""
    write_modules(tmp_path, test_a="with open('imported', 'a') as file: file.write('x')")
    warm(Pytest(tmp_path, environment=ENVIRONMENT), measure_cold=False)
    assert (tmp_path / "imported").read_text() == "xx"


def test_a_share_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[list[str]] = []

    real = Pytest.collect

    def spy(self: Pytest, *arguments: str, **options: Any) -> Session:
        collected.append([Path(a).name for a in arguments if a.endswith(".py")])
        return real(self, *arguments, **options)

    monkeypatch.setattr(Pytest, "collect", spy)
    write_modules(tmp_path, test_a="import os; os._exit(3)", test_b="")
    warmed = warm(Pytest(tmp_path, environment=ENVIRONMENT))
    assert warmed.problem == (
        "pytest ended with exit code 3 while it ran test_a.py, before its session was over"
    )
    assert warmed.cold_seconds is None
    assert sorted(collected) == [[], ["test_a.py"], ["test_b.py"]]


def test_the_time_runs_out_while_cold_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_modules(tmp_path, test_a="")
    real = threading.Event.wait
    monkeypatch.setattr(process_module, "_wait", lambda done, *_: real(done, 0.0))
    hasty = Pytest(tmp_path, sys.executable, timeout=1.0, environment=ENVIRONMENT)
    assert warm_module._cold(hasty, [], lambda _: None) is None


def test_shards() -> None:
    assert shards_of([], 3) == []
    assert shards_of(["a"], 3) == [["a"]]
    assert shards_of(["a", "b", "c", "d", "e"], 2) == [["a", "b", "c"], ["d", "e"]]
    long = ["x" * 999] * 1000
    assert [len(shard) for shard in shards_of(long, 2)] == [200] * 5
