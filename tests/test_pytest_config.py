"""What pytest is told about imports: each case is asked of pytest itself, too."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codemods.model import PytestNames
from codemods.pytest_config import (
    PytestConfig,
    imports_module,
    pytest_config,
    registers_rewrite,
)
from codemods.settings import SettingsError
from tests.tools import write

#: files, where pytest is started, and what it takes: the folder, `pythonpath`, `python_files`
CONFIGS: dict[str, tuple[dict[str, str], str, tuple[str, list[str], list[str]]]] = {
    "pytest.ini": ({"pytest.ini": "[pytest]\npythonpath = . lib\n"}, ".", (".", [".", "lib"], [])),
    "an empty pytest.ini wins": (
        {"pytest.ini": "", "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = 'x'\n"},
        ".",
        (".", [], []),
    ),
    ".pytest.ini": ({".pytest.ini": "[pytest]\npythonpath = 'a b'\n"}, ".", (".", ["a b"], [])),
    "lines of an INI file": (
        {"tox.ini": "[pytest]\npythonpath =\n  one\n  two\n"},
        ".",
        (".", ["one", "two"], []),
    ),
    "tox.ini without the section": (
        {"tox.ini": "[tox]\n", "setup.cfg": "[tool:pytest]\npython_files = check_*.py\n"},
        ".",
        (".", [], ["check_*.py"]),
    ),
    "a string in pyproject.toml": (
        {"pyproject.toml": "[tool.pytest.ini_options]\npythonpath = 'one two'\n"},
        ".",
        (".", ["one", "two"], []),
    ),
    "a list in pyproject.toml": (
        {"pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['one two']\n"},
        ".",
        (".", ["one two"], []),
    ),
    "pyproject.toml before tox.ini": (
        {
            "pyproject.toml": "[tool.pytest.ini_options]\n",
            "tox.ini": "[pytest]\npythonpath = x\n",
        },
        ".",
        (".", [], []),
    ),
    "pyproject.toml without the table": (
        {"pyproject.toml": "[tool.other]\n", "tox.ini": "[pytest]\npythonpath = x\n"},
        ".",
        (".", ["x"], []),
    ),
    "the nearest upwards": (
        {"a/pytest.ini": "[pytest]\npythonpath = ..\n", "pytest.ini": "[pytest]\n"},
        "a/b",
        ("a", ["a/.."], []),
    ),
    "from a folder above": ({"pytest.ini": "[pytest]\npythonpath = x\n"}, "a/b", (".", ["x"], [])),
}
#: As of pytest 9.
NATIVE: dict[str, tuple[dict[str, str], str, tuple[str, list[str], list[str]]]] = {
    "pytest.toml": (
        {"pytest.toml": "[pytest]\npythonpath = ['a b']\n", "pytest.ini": "[pytest]\n"},
        ".",
        (".", ["a b"], []),
    ),
    ".pytest.toml": ({".pytest.toml": "[pytest]\npythonpath = ['x']\n"}, ".", (".", ["x"], [])),
    "an empty pytest.toml": (
        {"pytest.toml": "", "pytest.ini": "[pytest]\npythonpath = x\n"},
        ".",
        (".", [], []),
    ),
    "[tool.pytest]": (
        {"pyproject.toml": "[tool.pytest]\npython_files = ['a.py', 'b.py']\n"},
        ".",
        (".", [], ["a.py", "b.py"]),
    ),
}
if tuple(map(int, pytest.__version__.split(".")[:1])) >= (9,):
    CONFIGS |= NATIVE


@pytest.mark.parametrize(("files", "start", "expected"), CONFIGS.values(), ids=CONFIGS)
def test_the_configuration_is_that_of_pytest(
    tmp_path: Path, files: dict[str, str], start: str, expected: tuple[str, list[str], list[str]]
) -> None:
    write(tmp_path, files)
    (tmp_path / start).mkdir(parents=True, exist_ok=True)
    folder, pythonpath, python_files = expected
    wanted = PytestConfig(tmp_path / folder, tuple(tmp_path / entry for entry in pythonpath))
    if python_files:
        wanted = wanted._replace(tests=wanted.tests._replace(files=tuple(python_files)))
    assert pytest_config(tmp_path / start, tmp_path) == wanted
    assert asked_of_pytest(tmp_path / start) == [
        str(wanted.folder),
        [str(entry) for entry in wanted.pythonpath],
        *map(list, wanted.tests),
    ]


def test_the_names_of_tests_are_those_of_pytest(tmp_path: Path) -> None:
    names = "python_files = check_*.py\npython_classes = *Suite\npython_functions = check it_*\n"
    write(tmp_path, {"pytest.ini": f"[pytest]\n{names}"})
    tests = PytestNames(("check_*.py",), ("*Suite",), ("check", "it_*"))
    assert pytest_config(tmp_path, tmp_path) == PytestConfig(tmp_path, tests=tests)
    assert asked_of_pytest(tmp_path)[2:] == [list(names) for names in tests]


FILTERS = {
    "lines": ("pytest.ini", "[pytest]\nfilterwarnings =\n  error\n  ignore::Warning:a.b\n"),
    "options": (
        "pytest.ini",
        "[pytest]\naddopts = -v -W error --pythonwarnings=ignore::Warning:a.b",
    ),
    "joined": ("tox.ini", "[pytest]\naddopts = -Werror --pythonwarnings ignore::Warning:a.b"),
    "a list": (
        "pyproject.toml",
        "[tool.pytest.ini_options]\nfilterwarnings = ['error', 'ignore::Warning:a.b']\n",
    ),
    "both": (
        "pyproject.toml",
        "[tool.pytest.ini_options]\n"
        "filterwarnings = 'error'\naddopts = ['-Wignore::Warning:a.b']\n",
    ),
}


@pytest.mark.parametrize(("name", "text"), FILTERS.values(), ids=FILTERS)
def test_the_filters_of_warnings(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, {name: text})
    config = pytest_config(tmp_path, tmp_path)
    assert config is not None
    assert config.filters == ("error", "ignore::Warning:a.b")


@pytest.mark.parametrize("value", ["1", "[1]", "{ a = 1 }"])
def test_filters_of_warnings_that_are_no_texts(tmp_path: Path, value: str) -> None:
    text = f"[tool.pytest.ini_options]\nfilterwarnings = {value}\n"
    write(tmp_path, {"pyproject.toml": text})
    with pytest.raises(SettingsError, match=r"filterwarnings: wanted: a list of strings"):
        pytest_config(tmp_path, tmp_path)


def asked_of_pytest(folder: Path) -> list[Any]:
    plugin = (
        "import json, sys, pytest\n"
        "class Plugin:\n"
        "    def pytest_configure(self, config):\n"
        "        values = [[str(p) for p in config.getini('pythonpath')],\n"
        "                  *[list(config.getini(f'python_{kind}'))\n"
        "                    for kind in ('files', 'classes', 'functions')]]\n"
        "        print('ANSWER', json.dumps([str(config.rootpath), *values]))\n"
        "pytest.main(['-p', 'no:cacheprovider', '--collect-only', '.'], plugins=[Plugin()])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", plugin],
        cwd=folder,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("ANSWER "))
    answer: list[Any] = json.loads(line.removeprefix("ANSWER "))
    return answer


def test_there_is_none(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "[project]\n", "repo/tests/test_a.py": ""})
    assert pytest_config(tmp_path / "repo/tests", tmp_path / "repo") is None


def test_nothing_above_the_top_counts(tmp_path: Path) -> None:
    write(tmp_path, {"pytest.ini": "[pytest]\npythonpath = x\n", "repo/tests/test_a.py": ""})
    assert pytest_config(tmp_path / "repo/tests", tmp_path / "repo") is None


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("pytest.ini", "[pytest\n", "pytest.ini: "),
        ("pytest.ini", "[pytest]\npythonpath = 'x\n", "pythonpath: No closing quotation"),
        (
            "pytest.ini",
            "[pytest]\npythonpath =\n" + " a\n" * 1_000_000,
            "pytest.ini: File too large",
        ),
        ("pytest.toml", "x = \n", "pytest.toml: "),
        ("pyproject.toml", "[tool.pytest.ini_options]\npythonpath = [1]\n", "wanted: a list"),
        ("pytest.ini", f"[pytest]\npython_files = {'[' * 100_000}\n", "bracket that is not closed"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, name: str, text: str, message: str) -> None:
    write(tmp_path, {name: text})
    with pytest.raises(SettingsError, match=message):
        pytest_config(tmp_path, tmp_path)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    write(tmp_path, {"pytest.ini": "[pytest]\npythonpath = one\n"})
    assert pytest_config(tmp_path, tmp_path) == PytestConfig(tmp_path, (tmp_path / "one",))
    write(tmp_path, {"pytest.ini": "[pytest]\npythonpath = another\n"})
    assert pytest_config(tmp_path, tmp_path) == PytestConfig(tmp_path, (tmp_path / "another",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import pytest\npytest.register_assert_rewrite('a.b')\n", True),
        ("import pytest\npytest.register_assert_rewrite('x', 'a')\nimport a.b\n", True),
        ("from pytest import register_assert_rewrite\nregister_assert_rewrite('a.b')\n", True),
        ("pytest_plugins = ['a.b']\n", True),
        ("pytest_plugins = 'a.b'\n", True),
        ("import pytest\npytest.register_assert_rewrite('a.bc')\n", False),
        ("import pytest\npytest.register_assert_rewrite(NAME)\n", False),
        ("if ON:\n    pytest.register_assert_rewrite('a.b')\n", False),
        ("import a.b\npytest.register_assert_rewrite('a.b')\n", False),
        ("from a import b\npytest.register_assert_rewrite('a.b')\n", False),
        ("from a.b import c\npytest.register_assert_rewrite('a.b')\n", False),
        ("from a import c\npytest.register_assert_rewrite('a.b')\n", True),
        ("other('a.b')\nplugins = 'a.b'\n", False),
        ("", False),
    ],
)
def test_asserts_that_a_conftest_has_rewritten(text: str, expected: bool) -> None:
    assert registers_rewrite(ast.parse(text), "a.b") == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("from .b import c", True),
        ("from . import b", True),
        ("from . import other", False),
        ("from .. import b", False),
        ("from ..a import b", True),
        ("def f():\n    import a.b.c", True),
        ("import a", False),
    ],
)
def test_imports_in_a_package(statement: str, expected: bool) -> None:
    assert imports_module(ast.parse(statement).body[0], "a.b", "a") == expected
