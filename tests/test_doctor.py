from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codemods.measure.importable import ImportAnswer
from codemods.migration import doctor as module
from codemods.migration.doctor import Checkup, Finding
from codemods.migration.init import steps, write
from codemods.report import doctor as report
from codemods.settings import Settings, load_target, read_settings
from codemods.workers.pool import process_pool
from tests.tools import COPY, SHARED, default_target

USE = "\n\nws = TestWebSocketConnection()\n"
NAMES = frozenset(n for s in default_target().shapes for n in (s.shared_name, *s.aliases))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(path: str, text: str = "") -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
    return path


def _doctor(settings: Settings, paths: Sequence[str] = (".",)) -> Checkup:
    return module.doctor(
        settings,
        load_target(settings),
        paths,
        jobs=2,
        timeout=100,
        pool=process_pool(1),
        progress=lambda done, total: None,
    )


def _codes(checkup: Checkup) -> list[list[str]]:
    return [[f.code for f in folder.findings] for folder in checkup.folders]


# With pytest


def test_folders_with_files_that_would_change_or_that_import_it(root: Path) -> None:
    _write("change/test_a.py", COPY + USE)
    _write("import/test_a.py", f"from {SHARED} import TestWebSocketConnection\n{USE}")
    _write("refused/test_a.py", "class TestWebSocketConnection:\n    pass\n")
    _write("neither/test_a.py", "import os\n")
    checkup = _doctor(Settings(root=root))
    assert [f.folder for f in checkup.folders] == ["change", "import"]
    assert checkup.ok
    first = checkup.folders[0]
    assert first.findings == ()
    assert first.file is not None
    assert first.file.endswith("ssot/websocket_connection_test_utility.py")
    assert (first.pytest, first.import_mode) == (pytest.__version__, "prepend")
    assert len(set(first.plugins)) == len(first.plugins)
    assert str(root / "change") in first.sys_path
    assert not any("ssot-codemods-" in Path(entry).name for entry in first.sys_path)
    text = report.as_text(checkup)
    assert text.startswith("folder  state  test_framework.ssot.websocket_connection_test_utility\n")
    assert f"  pytest {pytest.__version__}, import mode prepend\n" in text
    assert text.endswith("the shared module can be imported in 2 folders\n")


SHAPES = """\
@replaced_by("TestRecorder")
class TestWebSocketConnection:
    def send(self):
        return 1
"""


def _own(root: Path, shared: str) -> Settings:
    """Give settings of a repository with a shared module of its own, and one copy."""
    _write("lib/helpers/__init__.py")
    _write("lib/helpers/shared.py", shared)
    _write("lib/helpers/shapes.py", SHAPES)
    copy = SHAPES.partition("\n")[2]
    _write("tests/test_a.py", f"{copy}\n\nws = TestWebSocketConnection()\n")
    return Settings(root=root, module="helpers.shared", shapes=root / "lib/helpers/shapes.py")


def _set_pythonpath(entry: str) -> None:
    _write("pytest.ini", f"[pytest]\npythonpath = {entry}\n")


def test_a_module_that_pytest_does_not_find(root: Path) -> None:
    settings = _own(root, "class TestRecorder:\n    __test__ = False\n")
    checkup = _doctor(settings)
    assert _codes(checkup) == [["not-importable"]]
    assert not checkup.ok
    (finding,) = checkup.folders[0].findings
    assert finding.message == "ModuleNotFoundError: No module named 'helpers'"
    _set_pythonpath("lib")
    assert _codes(_doctor(settings)) == [[]]


def test_classes_that_pytest_would_collect_and_names_that_are_missing(root: Path) -> None:
    _set_pythonpath("lib")
    settings = _own(root, "class TestRecorder:\n    pass\n")
    checkup = _doctor(settings)
    assert _codes(checkup) == [["collected"]]
    assert checkup.ok
    settings = _own(root, "class TestOther:\n    pass\n")
    checkup = _doctor(settings)
    assert _codes(checkup) == [["missing-names"]]
    assert not checkup.ok


def test_pytest_that_does_not_start(root: Path) -> None:
    settings = _own(root, "")
    _write("tests/conftest.py", "raise RuntimeError('no such service')\n")
    checkup = _doctor(settings)
    assert _codes(checkup) == [["no-pytest"]]
    text = report.as_text(checkup)
    assert "error: no-pytest: pytest did not get to its test modules: " in text
    assert "no such service" in text
    assert "sys.path:" not in text
    assert text.endswith("new imports would not work in 1 of 1 folder\n")


# With answers at hand


def _answer(folder: str = "tests", **more: Any) -> ImportAnswer:
    file = str(Path(module.__file__).parents[2] / f"{SHARED.replace('.', '/')}.py")
    answer = ImportAnswer(
        folder=folder,
        file=file,
        error=None,
        names=NAMES,
        collected=frozenset(),
        needs_working_folder=False,
        pytest="9.0",
        import_mode="prepend",
        sys_path=("/a", "/b"),
        plugins=("xdist 3", "xdist 3"),
    )
    return replace(answer, **more)


def _judged(
    root: Path, monkeypatch: pytest.MonkeyPatch, *answers: ImportAnswer, **settings: Any
) -> Checkup:
    monkeypatch.setattr(module, "ask_imports", lambda *args, **options: list(answers))
    return _doctor(Settings(root=root, **settings))


def test_all_is_fine(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkup = _judged(root, monkeypatch, _answer())
    assert _codes(checkup) == [[]]
    assert checkup.folders[0].plugins == ("xdist 3",)


def test_another_module_than_the_shapes_were_proved_against(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = _write("other.py", "x = 1\n")
    checkup = _judged(root, monkeypatch, _answer(file=other))
    assert _codes(checkup) == [["another-module"]]
    assert not checkup.ok


def test_the_module_of_the_repository_behind_another_one(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(write(steps(root, None)))
    own = str(root / f"{SHARED.replace('.', '/')}.py")
    _write("tests/test_a.py", COPY + USE)
    settings = read_settings(root)
    for file, codes in ((_answer().file, ["another-first"]), (own, [])):
        answer = _answer(file=file)
        monkeypatch.setattr(module, "ask_imports", lambda *args, a=answer, **options: [a])
        checkup = _doctor(settings)
        assert _codes(checkup) == [codes]
        assert checkup.ok == (not codes)


def test_only_what_new_imports_bring_and_pytest_collects_counts(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected = frozenset({"TestWebSocketConnection", "MockWebSocketConnection", "TestHelper"})
    checkup = _judged(root, monkeypatch, _answer(collected=collected))
    (finding,) = checkup.folders[0].findings
    assert finding.advice == "set `__test__ = False` in TestWebSocketConnection"
    assert _codes(_judged(root, monkeypatch, _answer(collected=collected - NAMES))) == [[]]


def test_what_only_python_m_pytest_finds(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkup = _judged(root, monkeypatch, _answer(needs_working_folder=True))
    (finding,) = checkup.folders[0].findings
    assert (finding.code, finding.is_error) == ("working-folder", False)
    assert finding.advice == f'add `pythonpath = ["."]` to the pytest settings of {root}'


def test_a_namespace_package_has_no_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkup = _judged(root, monkeypatch, _answer(file=None))
    assert [f.message for f in checkup.folders[0].findings] == ["it has no file"]


def test_advice_for_what_is_not_importable(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = _answer(file=None, error="ModuleNotFoundError: x")
    checkup = _judged(root, monkeypatch, answer)
    assert "install ssot-codemods where the tests run" in checkup.folders[0].findings[0].advice
    settings = _own(root, "")
    (finding,) = _doctor(settings).folders[0].findings
    assert finding.advice.startswith("add the folder that it lies in to `pythonpath`")
    monkeypatch.syspath_prepend(root / "lib")
    (finding,) = _doctor(settings).folders[0].findings
    assert finding.advice == f'add `pythonpath = ["lib"]` to the pytest settings of {root}'


def test_folders_that_find_different_modules(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"module": "helpers.shared"}  # one's own is believed
    answers = [_answer("a", file="/x/shared.py"), _answer("b", file="/y/shared.py")]
    checkup = _judged(root, monkeypatch, *answers, **settings)
    (finding,) = checkup.findings
    assert finding.code == "many-modules"
    assert not checkup.ok
    text = report.as_text(checkup)
    assert "error: many-modules: not all folders find the same shared module: /x/shared.py, /y" in (
        text
    )
    assert text.endswith("see the errors above\n")


def test_the_shared_module_itself_is_no_user_of_it(root: Path) -> None:
    text = (Path(module.__file__).parents[2] / f"{SHARED.replace('.', '/')}.py").read_text()
    _write(f"{SHARED.replace('.', '/')}.py", f"{text}\n# {SHARED}\n")
    checkup = _doctor(Settings(root=root))
    assert checkup.folders == ()
    assert report.as_text(checkup) == (f"nothing to check: no file uses {SHARED}, and none would\n")


def test_the_text_says_each_finding_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = NAMES - {"TestWebSocketConnection"}
    broken = ImportAnswer("c", None, "timeout", frozenset(), frozenset(), False, None, None, (), ())
    answers = [
        _answer("a", names=missing, file="/x.py"),
        _answer("b", names=missing, file="/x.py", needs_working_folder=True),
        broken,
        _answer("d", file="/x.py", plugins=(), import_mode="importlib"),
        _answer("e", file="/x.py", needs_working_folder=True),
    ]
    text = report.as_text(_judged(root, monkeypatch, *answers, module="helpers"))
    assert (
        text
        == f"""\
folder  state    helpers
a       error    /x.py
b       error    /x.py
c       error    -
d       OK       /x.py
e       warning  /x.py

error: missing-names: /x.py has no TestWebSocketConnection
  where: a, b
  fix: add them, or `ssot-codemods init --to DIR` gives this repository a shared module of \
its own
warning: working-folder: `python -m pytest` finds it, started in the root; `pytest` alone does not
  where: b, e
  fix: add `pythonpath = ["."]` to the pytest settings of {root}
error: no-pytest: timeout
  where: c
  fix: mend what keeps pytest from starting there: run it on this folder yourself

in a, b, e:
  pytest 9.0, import mode prepend
  plugins: xdist 3
  sys.path:
    /a
    /b

in d:
  pytest 9.0, import mode importlib
  plugins: none
  sys.path:
    /a
    /b

new imports would not work in 3 of 5 folders
"""
    )


def test_it_is_told_to_programs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = json.loads(json.dumps(report.as_json(_judged(root, monkeypatch, _answer(file=None)))))
    assert values["schema"] == "ssot-codemods/doctor/1"
    assert values["ok"] is False
    assert values["folders"][0]["findings"][0]["code"] == "not-importable"
    assert report.as_json(Checkup("m", (), (Finding("x", False, "", ""),)))["ok"] is True
