"""Which tests a change concerns."""

from __future__ import annotations

import ast
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from codemods.migration import references
from codemods.migration.concerned import Concerned, concerned
from codemods.migration.sessions import is_test
from codemods.model import Code, Reason, Source
from tests.tools import Files, failing


def below(root: Path) -> Files:
    """Return all Python files below a folder."""
    paths = sorted(map(os.path.realpath, root.rglob("*.py")))
    return Files(*(Source(path, Path(path).read_bytes()) for path in paths))


def suite(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        path = tmp_path / f"{name.replace('__', '/').replace('/init/', '__init__')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def uses_in(root: Path, changed: Sequence[str], roots: Sequence[str] = ()) -> Concerned:
    return concerned(changed, below(root), roots, is_test)


def uses(root: Path, *changed: str) -> list[str]:
    found = uses_in(root, [os.path.realpath(root / name) for name in changed])
    return [os.path.relpath(t, os.path.realpath(root)) for t in found.all]


def test_a_test_module_is_its_own_test(tmp_path: Path) -> None:
    root = suite(tmp_path, test_a="", test_b="")
    assert uses(root, "test_a.py") == ["test_a.py"]


def test_the_importers_of_a_helper_count_however_far_away(tmp_path: Path) -> None:
    root = suite(
        tmp_path,
        tests__helper="x = 1\n",
        tests__further="from tests.helper import x\n",
        tests__unit__test_a="import tests.further\n",
        tests__unit__test_b="from . import nothing\n",
        tests__test_c="from .helper import x\n",
    )
    found = uses(root, "tests/helper.py")
    assert found == [
        "tests/test_c.py",
        "tests/unit/test_a.py",
    ]


def test_a_conftest_stands_for_its_folder(tmp_path: Path) -> None:
    root = suite(tmp_path, tests__conftest="", tests__test_a="", test_b="import test_a\n")
    assert uses(root, "tests/conftest.py", "tests/test_a.py") == ["test_b.py", "tests"]


def test_modules_that_import_each_other_come_to_an_end(tmp_path: Path) -> None:
    root = suite(tmp_path, test_a="import test_b\n", test_b="import test_a\n")
    assert uses(root, "test_a.py") == ["test_a.py", "test_b.py"]


def test_who_is_to_blame(tmp_path: Path) -> None:
    root = suite(tmp_path, helper="", test_a="import helper\n", test_b="", sub__conftest="")
    changed = [os.path.realpath(root / n) for n in ("helper.py", "test_b.py", "sub/conftest.py")]
    found = uses_in(root, changed)
    helper, other, conftest = changed
    below = os.path.realpath(root / "sub/test_c.py")
    assert found.used_by(os.path.realpath(root / "test_a.py")) == {helper}
    assert found.used_by(other) == {other}
    assert found.used_by(below) == {conftest}
    assert found.used_by(os.path.realpath(root / "elsewhere.py")) == set()


@pytest.mark.parametrize(
    "text",
    [
        "import tests.helper",
        "import tests.helper.part as p",
        "from tests import other, helper",
        "from tests import (\n    other,\n    helper as h,  # more\n)",
        "import os, \\\n    tests.helper",
        "def f():\n    if f: from .helper import x",
        "from . import helper",
        "import helper",
        "from ..tests.helper import x",
        "patch('tests.helper.Name.method')",
        "patch('helper.Name')",
        "run([python, 'tests/helper.py'])",
        "open(Path(__file__).parent / 'helper.py')",
        "run(f'{root}/tests/helper.py')",
        "importlib.import_module('helper')",
        "for name in ['helper', 'other']: __import__(name)",
        "pytest_plugins = ['helper']",
        "pytest.main(['-p', 'helper'])",
    ],
)
def test_what_uses_a_module(tmp_path: Path, text: str) -> None:
    root = suite(tmp_path, tests__helper="x = 1\n", tests__test_a=text, tests__test_b="b = 1\n")
    assert uses(root, "tests/helper.py") == ["tests/test_a.py"]


@pytest.mark.parametrize(
    "text",
    [
        "x = 'helper'",
        "x = ['helper', 'other']",
        "def helper(): ...",
        "helper()",
        "# import helper",
        '"""\nimport helper\n"""',
        "import helpers",
        "from other.helper import x",
        "from .sub import helper",
        "run('lib/helper.py')",
        "patch('other.helper.x')",
        "import helper from",
    ],
)
def test_what_does_not_use_a_module(tmp_path: Path, text: str) -> None:
    others = {"tests__other__helper": "", "tests__sub__helper": "", "tests__lib__helper": ""}
    root = suite(tmp_path, tests__helper="", tests__test_a=text, **others)
    assert uses(root, "tests/helper.py") == []


def test_a_name_is_looked_for_near_the_file_first(tmp_path: Path) -> None:
    near = "from conftest import x\n"
    root = suite(tmp_path, a__conftest="", b__conftest="", a__tool="", a__test_a=near)
    suite(tmp_path, b__run=near, b__test_b="import run\n", c__test_c="import tool\n")
    suite(tmp_path, c__test_d="open('tool.py')\n")
    assert uses(root, "b/conftest.py") == ["b"]
    assert uses(root, "a/conftest.py") == ["a"]
    # It may be anywhere: the file may change `sys.path`.
    assert uses(root, "a/tool.py") == ["c/test_c.py"]


def test_a_module_of_the_standard_library_is_not_one_of_the_repository(tmp_path: Path) -> None:
    root = suite(tmp_path, a__types="", a__test_a="import types\n", b__test_b="import types\n")
    assert uses(root, "a/types.py") == ["a/test_a.py"]


def test_other_roots_count_beside_the_folders_of_the_file(tmp_path: Path) -> None:
    root = suite(tmp_path, lib__tool="", tool="", tests__test_a="import tool\n")
    tool, lib = (os.path.realpath(root / name) for name in ("lib/tool.py", "lib"))
    assert not uses_in(root, [tool]).all
    assert uses_in(root, [tool], [lib]).all == (os.path.realpath(root / "tests/test_a.py"),)


def test_a_package_runs_before_what_is_in_it(tmp_path: Path) -> None:
    root = suite(tmp_path, pkg__part="", test_a="import pkg.part\n", test_b="")
    (root / "pkg/__init__.py").write_text("")
    assert uses(root, "pkg/__init__.py") == ["pkg", "test_a.py"]


def test_a_file_is_parsed_once_and_only_if_it_names_what_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = {f"step_{n}": f"import step_{n + 1}\n" for n in range(9)}
    for number in range(9):
        chain[f"test_{number}"] = f"import step_{number}\nfrom step_9 import x\n"
    root = suite(tmp_path, step_9="x = 1\n", test_word="step_90()\nx = 'my_step_8'\n", **chain)
    parsed: Counter[bytes] = Counter()

    def parse(content: bytes) -> ast.Module:
        parsed[content] += 1
        return ast.parse(content)

    monkeypatch.setattr(references, "parse", parse)
    assert len(uses(root, "step_9.py")) == 9
    assert set(parsed.values()) == {1}
    assert len(parsed) == 18


def test_progress_is_told_of_each_file_that_is_read(tmp_path: Path) -> None:
    root = suite(tmp_path, test_a="", test_b="", test_c="")
    told: list[tuple[int, int]] = []
    path = os.path.realpath(root / "test_a.py")
    concerned([path], below(root), [], is_test, lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_dotted_name_of_very_many_parts_has_few_prefixes(tmp_path: Path) -> None:
    text = f"import helper\nx = '{'a.' * 30_000}a'\n"
    root = suite(tmp_path, helper="", test_a=text)
    assert uses(root, "helper.py") == ["test_a.py"]
    assert len(list(references._prefixes("a." * 30_000))) == 64


def test_a_file_that_cannot_be_parsed_in_time_may_use_what_it_names(tmp_path: Path) -> None:
    root = suite(tmp_path, helper="", test_a="# import helper", test_b="x = 1")
    assert uses(root, "helper.py") == []
    reason = Reason(Code.TOO_SLOW, 1, "not done after 1 second")
    helper, test = (os.path.realpath(root / name) for name in ("helper.py", "test_a.py"))
    assert concerned([helper], below(root), [], is_test, run=failing(reason)).all == (test,)
