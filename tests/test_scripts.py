"""A file that is also run as a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.engine.codemod import apply
from codemods.model import Code, SharedModule, SharedModules, Status
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.settings import Settings
from codemods.shared_modules import read_shared_modules
from tests.tools import write

HELPER = """
class Clock:
    def tick(self):
        return 1
"""
MAIN = """

if __name__ == "__main__":
    print(Clock().tick())
"""


def codes(root: Path, path: str, text: str) -> list[tuple[Code, int]]:
    write(root, {"tests/support/clock.py": HELPER, "pkg/__init__.py": "", path: text})
    modules = read_shared_modules(Settings(("tests.support.clock",), root=root))
    result = apply(text.encode(), str(root / path), ReplaceLocalCopies(modules))
    assert result.status is Status.CHANGED
    return [(w.code, w.line) for w in result.warnings]


@pytest.mark.parametrize(
    "main",
    [
        MAIN,
        MAIN.replace('__name__ == "__main__"', '"__main__" == __name__'),
        "\nif __name__ != '__main__':\n    pass\nelse:\n    Clock()\n",
    ],
)
def test_python_would_not_find_the_shared_module(tmp_path: Path, main: str) -> None:
    text = "import os\n" + HELPER + main
    line = text.split("\n").index(next(x for x in text.split("\n") if "__main__" in x)) + 1
    assert codes(tmp_path, "tests/test_a.py", text) == [(Code.RUN_AS_SCRIPT, line)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tests/test_a.py", HELPER),
        ("test_a.py", HELPER + MAIN),
        ("tests/test_a.py", "import sys\nsys.path.insert(0, '.')\n" + HELPER + MAIN),
        ("tests/test_a.py", "from pkg import x\n" + HELPER + MAIN),
        ("tests/test_a.py", "import tests.more\n" + HELPER + MAIN),
    ],
    ids=["no script", "beside it", "it makes its path", "needs the root", "needs its package"],
)
def test_it_is_no_worse_off(tmp_path: Path, path: str, text: str) -> None:
    assert codes(tmp_path, path, text) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", "[project]\nname = 'pkg'\nversion = '1'\n"),
        ("pyproject.toml", "[build-system]\nrequires = []\n"),
        ("setup.py", ""),
    ],
)
def test_what_may_be_installed_is_found_without_the_root(
    tmp_path: Path, file: str, text: str
) -> None:
    write(tmp_path, {file: text})
    needs = {"from pkg import x\n": [Code.RUN_AS_SCRIPT], "import tests.more\n": []}
    for first, expected in needs.items():
        found = codes(tmp_path, "tests/test_a.py", first + HELPER + MAIN)
        assert [code for code, _ in found] == expected


def test_another_shared_module_does_not_matter(tmp_path: Path) -> None:
    beside = SharedModule("clock", "", HELPER.encode(), folder=str(tmp_path))
    other = SharedModule("other.clock", "", b"class Other: ...\n", folder="/elsewhere")
    codemod = ReplaceLocalCopies(SharedModules((beside, other)))
    result = apply((HELPER + MAIN).encode(), str(tmp_path / "test_a.py"), codemod)
    assert (result.status, result.warnings) == (Status.CHANGED, ())


def test_a_file_that_starts_python_with_itself(tmp_path: Path) -> None:
    start = "\n\ndef test_it():\n    run([sys.executable, __file__])\n"
    modules = SharedModules((SharedModule("support.clock", "", HELPER.encode(), folder="/other"),))
    for text, status in (
        (HELPER + start + MAIN, Status.REFUSED),
        (HELPER + start, Status.CHANGED),
        (HELPER + MAIN, Status.CHANGED),
    ):
        path = str(tmp_path / "test_a.py")
        result = apply(text.encode(), path, ReplaceLocalCopies(modules))
        assert result.status is status
        if status is Status.REFUSED:
            (reason,) = result.decisions[0].reasons
            assert reason.code is Code.RUN_AS_SCRIPT
