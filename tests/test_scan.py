"""One pass over the files: which of them the rest is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.migration.scan import Scan
from codemods.model import UsageError
from codemods.settings import Settings
from tests.tools import COPY, SHARED, default_target


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = {
        "a/test_copy.py": COPY,
        "a/test_none.py": "x = 1\n",
        "a/test_word.py": "# TestWebSocketConnection\n",
        "a/test_shared.py": f"from {SHARED} import TestWebSocketConnection\n",
        "b/test_star.py": "from a.test_copy import *\n",
        "b/test_import.py": "from a.test_copy import TestWebSocketConnection\n",
        "b/test_shared.py": f"from {SHARED} import TestWebSocketConnection\n",
        "b/test_none.py": "x = 1\n",
        "c/test_excluded.py": COPY,
    }
    for name, text in files.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
    Path("a/link.py").symlink_to("../b/test_import.py")


@pytest.fixture
def seen() -> list[tuple[int, int]]:
    return []


@pytest.fixture
def scan(tmp_path: Path, seen: list[tuple[int, int]]) -> Scan:
    settings = Settings(root=tmp_path, exclude=("c",))
    return Scan(settings, default_target(), ["a"], lambda done, total: seen.append((done, total)))


def test_mentions(scan: Scan, seen: list[tuple[int, int]]) -> None:
    paths = [s.path for s in scan.mentions()]
    assert paths == ["a/test_copy.py", "a/test_shared.py", "a/test_word.py", "b/test_import.py"]
    assert (scan.files, scan.failures) == (5, [])
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_definitions_and_who_may_import_them(scan: Scan, tmp_path: Path) -> None:
    assert [s.path for s in scan.definitions()] == ["a/test_copy.py"]
    assert scan.sharing == {"a/test_shared.py"}
    names = {str(Path(s.path).relative_to(tmp_path)) for s in scan.possible_importers()}
    assert names == {
        "a/test_copy.py",
        "a/test_shared.py",
        "a/test_word.py",
        "b/test_import.py",
        "b/test_shared.py",
        "b/test_star.py",
        "c/test_excluded.py",
    }
    assert scan.sharing == {"a/test_shared.py"}  # of what was asked about
    assert scan.files == 5


@pytest.mark.parametrize("kind", [UsageError, OSError, ValueError])
def test_what_goes_wrong_beside_is_raised_where_the_files_are_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def failing(*_: object) -> tuple[str, ...]:
        raise kind("no such")

    monkeypatch.setattr("codemods.migration.scan.list_files", failing)
    scan = Scan(Settings(root=tmp_path), default_target(), ["."], lambda done, total: None)
    for read in (scan.mentions, scan.definitions, scan.all_files):
        with pytest.raises(kind, match="no such"):
            list(read())
