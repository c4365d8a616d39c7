"""The suites of the benchmarks: what the generator says is in them is in them."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from codemods.engine.codemod import apply
from codemods.model import FileResult, Status
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from tests.benchmarks.generate import NAMES, PLACES, Counts, generate
from tests.test_end_to_end import outcomes_in, run, snapshot
from tests.tools import default_modules

FILES = 400
WARNING = "PytestCollectionWarning: cannot collect test class 'TestWebSocketConnection'"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Counts]:
    folder = tmp_path_factory.mktemp("generated")
    return folder, generate(folder, FILES)


def test_counts_are_what_is_on_disk(suite: tuple[Path, Counts]) -> None:
    folder, counts = suite
    texts = [path.read_bytes() for path in folder.rglob("*.py")]
    assert len(texts) == counts.files == FILES
    assert sum(text.count(b"\n") for text in texts) == counts.lines
    assert [*PLACES] == [place for place in PLACES if (folder / place / "__init__.py").is_file()]


def test_counts_are_what_the_codemod_makes_of_it(suite: tuple[Path, Counts]) -> None:
    folder, counts = suite
    results = applied(folder)
    assert (counts.candidates, counts.definitions, counts.to_change) == (12, 4, 2)
    assert {r.path for r in results if r.decisions} == set(counts.definition_paths)
    assert {r.path for r in results if r.after is not None} == set(counts.change_paths)
    assert sum(len(r.decisions) for r in results) == counts.definitions
    assert not [r for r in results if r.error or r.warnings]
    names = [name.encode() for name in set(NAMES)]
    mentioned = [p for p in folder.rglob("*.py") if any(name in p.read_bytes() for name in names)]
    assert len(mentioned) == counts.candidates


def test_sizes_are_spread(suite: tuple[Path, Counts]) -> None:
    folder, counts = suite
    lines = sorted(path.read_bytes().count(b"\n") for path in folder.rglob("test_*.py"))
    assert 60 <= lines[0] < 100
    assert 1300 < lines[-1] < 1500
    assert 350 < counts.lines / counts.files < 450


def test_shares_of_a_large_suite(tmp_path: Path) -> None:
    counts = generate(tmp_path, 2000)
    assert (counts.files, counts.candidates, counts.definitions, counts.to_change) == (
        2000,
        60,
        22,
        10,
    )
    found = [r for r in applied(tmp_path) if r.decisions]
    assert {r.path for r in found} == set(counts.definition_paths)
    assert {r.path for r in found if r.status is Status.CHANGED} == set(counts.change_paths)


def test_same_seed_gives_the_same_bytes_everywhere(suite: tuple[Path, Counts]) -> None:
    assert digest(suite[0]) == ("688bc541d41b1a24464a69c9e6f1f4be45a1964bd905e9727cc98006aa125f28")


def test_another_seed_gives_another_suite(tmp_path: Path) -> None:
    generate(tmp_path / "one", 60)
    generate(tmp_path / "two", 60, seed=2)
    assert digest(tmp_path / "one") != digest(tmp_path / "two")


def test_every_copy_is_warned_of_before_and_none_after(tmp_path: Path) -> None:
    suite = tmp_path / "suite"
    counts = generate(suite, 20, copies=20)
    assert counts.files == counts.candidates == counts.definitions == counts.to_change == 20
    before, warned_before = pytest_run(suite)
    for path, result in zip(sorted(counts.change_paths), applied(suite), strict=True):
        assert result.after is not None
        (suite / path).write_bytes(result.after)
    after, warned_after = pytest_run(suite)
    assert before == after
    assert set(before.values()) == {"passed"}
    assert len(before) > 100
    assert (warned_before, warned_after) == (20, 0)


def test_copies_are_put_into_so_many_files(tmp_path: Path) -> None:
    counts = generate(tmp_path, 30, copies=10)
    assert (counts.files, counts.candidates, counts.definitions, counts.to_change) == (
        30,
        10,
        10,
        10,
    )
    changed = {r.path for r in applied(tmp_path) if r.status is Status.CHANGED}
    assert changed == set(counts.change_paths)
    assert {place for place in PLACES if [*(tmp_path / place).rglob("test_*.py")]} == {*PLACES}


def test_command_line_prints_the_counts(tmp_path: Path) -> None:
    script = Path(__file__).parent / "benchmarks" / "generate.py"
    result = run([sys.executable, str(script), "made", "50", "--copies", "5"], tmp_path)
    assert result.returncode == 0, result.stderr.decode()
    printed = dict(line.split() for line in result.stdout.decode().splitlines())
    assert printed["files"] == "50"
    assert printed["to_change"] == "5"
    assert snapshot(tmp_path / "made") == made_again(tmp_path / "again")


# Tools


def applied(folder: Path) -> list[FileResult]:
    """Return what the codemod makes of each file, in path order."""
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))
    codemod = ReplaceLocalCopies(default_modules())
    return [apply((folder / path).read_bytes(), path, codemod) for path in paths]


def digest(folder: Path) -> str:
    digests = hashlib.sha256()
    for path, content in snapshot(folder).items():
        digests.update(f"{path} {hashlib.sha256(content).hexdigest()}\n".encode())
    return digests.hexdigest()


def made_again(folder: Path) -> dict[str, bytes]:
    generate(folder, 50, copies=5)
    return snapshot(folder)


def pytest_run(suite: Path) -> tuple[dict[str, str], int]:
    """Return the outcome of each test, and how often pytest warned of a copy."""
    report = suite.parent / "report.xml"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={report}"]
    result = run(command, suite)
    printed = result.stdout.decode()
    assert result.returncode == 0, printed
    return outcomes_in(report), printed.count(WARNING)
