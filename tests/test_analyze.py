"""paths -> Analysis."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from codemods.engine.run import Pool
from codemods.migration import analyze as module
from codemods.migration.scan import Scan, Task
from codemods.model import Analysis, Code, FileResult, Reason, UsageError, Verdict
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.settings import Settings
from codemods.workers.pool import ProcessPool
from tests import tools
from tests.tools import write_sources


def analyze(
    root: Path,
    paths: Sequence[str] = (".",),
    pool: Pool | None = None,
    exclude: tuple[str, ...] = (),
    variants: bool = False,
) -> Analysis:
    settings = Settings(root=root, exclude=exclude)
    shown: list[tuple[int, int]] = []
    scan = Scan(
        settings,
        lambda path: ReplaceLocalCopies(tools.default_modules()),
        paths,
        lambda done, total: shown.append((done, total)),
    )
    analysis = module.analyze(scan, pool or tools.Here(), variants=variants)
    assert shown == [(n, analysis.files) for n in range(1, analysis.files + 1)]
    return analysis


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_counts_and_order(root: Path) -> None:
    write_sources(
        root,
        {
            "b/test_b.py": "{copy}",
            "a.py": "{copy}\nTestWebSocketConnection = 1\n",
            "b.py": "import os\n",
            "a/broken.py": "{copy}\n(\n",
            "a/a.py": "# class MockWebSocketConnection:\n",
            "a/a.txt": "{copy}",
        },
    )
    analysis = analyze(root)
    assert analysis.files == 5
    assert [s.path for s in analysis.surveys] == ["a.py", "a/a.py", "a/broken.py", "b/test_b.py"]
    verdicts = {s.path: [d.verdict for d in s.decisions] for s in analysis.surveys}
    assert verdicts["a.py"] == [Verdict.REFUSE]
    assert verdicts["b/test_b.py"] == [Verdict.REPLACE]
    assert [(f.path, f.error and f.error.code) for f in analysis.failures] == [
        ("a/broken.py", Code.SYNTAX_ERROR)
    ]
    assert analysis.seconds > 0


def test_the_collector_is_back_on(root: Path) -> None:
    write_sources(root, {"a.py": "{copy}"})
    assert gc.isenabled()
    analyze(root)
    assert gc.isenabled()
    gc.disable()
    try:
        analyze(root)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_paths_and_patterns(root: Path) -> None:
    write_sources(
        root, {"a/test_a.py": "{copy}", "b/test_b.py": "{copy}", "b/c/test_c.py": "{copy}"}
    )
    assert [s.path for s in analyze(root, ["b"], exclude=("b/c",)).surveys] == ["b/test_b.py"]
    assert analyze(root, []).files == 0
    with pytest.raises(UsageError, match="gone: no such file"):
        analyze(root, ["gone"])


def test_workers_give_what_this_process_gives(root: Path) -> None:
    write_sources(root, {f"test_{n}.py": "{copy}" for n in range(4)})
    few = analyze(root, variants=True)
    many = analyze(root, pool=ProcessPool(2), variants=True)
    assert many.surveys == few.surveys
    assert len(many.surveys[0].variants) == 1


def test_a_worker_that_dies(root: Path) -> None:
    write_sources(
        root, {f"test_{n}.py": "{copy}" for n in range(4)} | {"test_1.py": "{copy}# killer\n"}
    )
    analysis = analyze(root)
    (failure,) = analysis.failures
    assert failure.path == "test_1.py"
    assert failure.error is not None
    assert failure.error.code is Code.WORKER_DIED
    assert "died: of it" in failure.error.message
    assert sum(len(s.decisions) for s in analysis.surveys) == 3


def test_failures_of_reading_stand_in_the_order_of_paths(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sources(root, {"a.py": "{copy}", "b.py": "{copy}(\n"})

    mentions = Scan.mentions

    def unreading(scan: Scan) -> Iterator[Task]:
        yield from mentions(scan)
        scan.failures.append(
            FileResult.failure("a/unread.py", Reason(Code.UNREADABLE, 1, "Permission denied"))
        )

    monkeypatch.setattr(Scan, "mentions", unreading)
    assert [f.path for f in analyze(root).failures] == ["a/unread.py", "b.py"]
