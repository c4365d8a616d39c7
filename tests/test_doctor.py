from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from codemods.measure.importable import ImportCost
from codemods.migration.diagnose import (
    Checkup,
    Finding,
    FolderCheckup,
    ModuleCheckup,
    diagnose,
    files_to_check,
)
from codemods.migration.init import steps
from codemods.migration.steps import write
from codemods.report import doctor as report
from codemods.settings import read_settings
from codemods.shared_modules import SettingsByFile
from codemods.workers.pool import ProcessPool
from tests import tools
from tests.tools import COPY, SHARED

USE = "\n\nws = TestWebSocketConnection()\n"
FILE = f"{SHARED.replace('.', '/')}.py"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(steps(read_settings(tmp_path), None))
    return tmp_path


def _write(path: str, text: str = "") -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
    return path


def _doctor(paths: Sequence[str] = (".",)) -> Checkup:
    settings = read_settings(Path.cwd())
    scan = tools.scan(settings, *paths)
    by_file = SettingsByFile(settings)
    return diagnose(by_file, files_to_check(by_file, scan, ProcessPool(1)), jobs=2, timeout=100)


def test_folders_with_files_that_would_change_or_that_import_it(root: Path) -> None:
    _write("change/test_a.py", COPY + USE)
    _write("import/test_a.py", f"from {SHARED} import TestWebSocketConnection\n{USE}")
    _write("refused/test_a.py", "class TestWebSocketConnection:\n    pass\n")
    _write("neither/test_a.py", "import os\n")
    _write("pytest.ini", "[pytest]\npythonpath = .\n")
    checkup = _doctor()
    assert [f.folder for f in checkup.folders] == ["change", "import"]
    assert checkup.ok
    first = checkup.folders[0]
    assert first.all_findings == ()
    (module,) = first.modules
    assert (module.name, module.path, module.findings) == (SHARED, str(root / FILE), ())
    assert module.first_import is not None
    assert module.first_import.repository_module_count == 3  # itself, and two packages around it
    assert (first.pytest, first.import_mode) == (pytest.__version__, "prepend")
    assert str(root / "change") in first.sys_path
    assert not any("ssot-codemods-" in Path(entry).name for entry in first.sys_path)


def test_the_shared_module_itself_is_no_user_of_it(root: Path) -> None:
    with Path(FILE).open("a") as file:
        file.write(f"# {SHARED}\n")
    checkup = _doctor()
    assert checkup.folders == ()
    assert report.as_text(checkup) == (
        "nothing to check: no file uses a shared module, and none would\n"
    )


def test_an_import_that_would_fail(root: Path) -> None:
    _write("tests/test_a.py", COPY + USE)
    _write("tests/conftest.py", "raise RuntimeError('no such service')\n")
    checkup = _doctor()
    assert not checkup.ok
    text = report.as_text(checkup)
    assert "error: no-pytest: pytest did not get to its test modules: " in text
    assert "no such service" in text
    assert "--skip-probe" not in text  # an option of other verbs
    assert "sys.path:" not in text
    assert text.endswith("new imports would fail in 1 of 1 folder\n")


def _folder(name: str, *modules: ModuleCheckup, findings: Sequence[Finding] = ()) -> FolderCheckup:
    path = ("/a", "/b")
    return FolderCheckup(name, modules, tuple(findings), "9.0", "prepend", ("xdist 3",), path)


MISSING = Finding("not-importable", True, "ModuleNotFoundError: x", "add `pythonpath`")
COLLECTED = Finding("collected", False, "pytest takes TestA for tests", "set `__test__`")
COST = ImportCost(0.7, 2, 1)
CHECKUP = Checkup(
    (
        _folder("a", ModuleCheckup("m", None, (MISSING,)), ModuleCheckup("n", "/n.py", (), COST)),
        _folder("b", ModuleCheckup("m", "/m.py", (COLLECTED,), ImportCost(1234.0, 987, 310))),
        FolderCheckup("c", (), (Finding("no-pytest", True, "time", "x"),), None, None, (), ()),
        FolderCheckup(
            "d", (ModuleCheckup("m", None, (MISSING,)),), (), "9.0", "append", (), ("/a",)
        ),
    )
)


def test_the_text_has_each_finding_once() -> None:
    assert (
        report.as_text(CHECKUP)
        == """\
folder  state    module  file
a       error    m       -
a       OK       n       /n.py
b       warning  m       /m.py
c       error    -       -
d       error    m       -

error: not-importable: ModuleNotFoundError: x
  where: a, d
  fix: add `pythonpath`
warning: collected: pytest takes TestA for tests
  where: b
  fix: set `__test__`
error: no-pytest: time
  where: c
  fix: x

folder  first import, ms  modules  of this repository  imported
a                    0.7        2                   1  n
b                 1234.0      987                 310  m

in a, b:
  pytest 9.0, import mode prepend
  plugins: xdist 3
  sys.path:
    /a
    /b

in d:
  pytest 9.0, import mode append
  plugins: none
  sys.path:
    /a

new imports would fail in 3 of 4 folders
"""
    )


def test_the_values_for_programs() -> None:
    values = json.loads(json.dumps(report.as_json(CHECKUP)))
    assert values["schema"] == "ssot-codemods/doctor/3"
    assert values["ok"] is False
    first, second = values["folders"][0]["modules"]
    assert first["findings"][0]["code"] == "not-importable"
    assert first["first_import"] is None
    assert second["first_import"] == {
        "milliseconds": 0.7,
        "module_count": 2,
        "repository_module_count": 1,
    }
    fine = Checkup((_folder("a", ModuleCheckup("m", "/m.py", (COLLECTED,))),))
    assert report.as_json(fine)["ok"] is True
    assert report.as_text(fine).endswith("\nthe shared modules can be imported in 1 folder\n")
