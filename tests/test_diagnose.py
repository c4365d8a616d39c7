"""What pytest makes of the shared modules, and what to do about it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from codemods.measure.importable import FolderAnswer, ModuleAnswer
from codemods.measure.session import Pytest
from codemods.migration import diagnose as module
from codemods.migration.diagnose import Checkup, diagnose
from codemods.report.doctor import before_writing
from codemods.settings import read_settings
from codemods.shared_modules import SettingsByFile

HELPER = "class Agent:\n    x = 1\n"
CHECKER = "def check(x):\n    assert x\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the root of a checkout with a shared module, for a real pytest."""
    for name in ("PYTHONPATH", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "repo"
    (root / ".git").mkdir(parents=True)
    monkeypatch.chdir(root)
    write({"lib/own/shared.py": HELPER, "pyproject.toml": table("lib.own.shared")})
    return root


def write(files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def table(*modules: str) -> str:
    names = ", ".join(f'"{name}"' for name in modules)
    return f"[tool.ssot-codemods]\nmodules = [{names}]\n"


def by_file() -> SettingsByFile:
    return SettingsByFile(read_settings(Path.cwd()))


def answered(
    monkeypatch: pytest.MonkeyPatch,
    *modules: ModuleAnswer,
    folders: Collection[str] = ("tests",),
    **more: Any,
) -> Checkup:
    """Diagnose with the answers of a pytest that was not started."""
    answer = FolderAnswer(
        folder="", modules=modules, pytest="9", import_mode="prepend", sys_path=("/a",)
    )
    answers = [answer._replace(folder=folder, **more) for folder in folders]
    monkeypatch.setattr(module, "ask_imports", lambda *args, **options: answers)
    uses = {f"{folder}/test_a.py": ["lib.own.shared"] for folder in folders}
    return diagnose(by_file(), uses, jobs=1)


def findings(checkup: Checkup) -> list[tuple[str, bool, str, str]]:
    found = [f for folder in checkup.folders for f in folder.all_findings]
    return [(f.code, f.is_error, f.message, f.fix) for f in found]


def codes(checkup: Checkup) -> list[str]:
    return [code for code, *_ in findings(checkup)]


def own(root: Path, **more: Any) -> ModuleAnswer:
    return ModuleAnswer("lib.own.shared", **{"file": str(root / "lib/own/shared.py"), **more})


def test_nothing_is_wrong(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkup = answered(monkeypatch, own(root), plugins=("xdist 3", "xdist 3"))
    assert findings(checkup) == []
    assert checkup.ok
    assert checkup.folders[0].plugins == ("xdist 3",)


def test_a_link_to_the_module_is_the_module(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "linked.py").symlink_to("lib/own/shared.py")
    assert answered(monkeypatch, own(root, file=str(root / "linked.py"))).ok


#: the file with pytest's settings, its text, and where to add what
INI_FILES = [
    (None, "", '[".."]` under [tool.pytest.ini_options] in {root}/pyproject.toml'),
    ("pytest.ini", "", "..` under [pytest] in {root}/pytest.ini"),
    ("tox.ini", "", "..` under [pytest] in {root}/tox.ini"),
    ("setup.cfg", "", "..` under [tool:pytest] in {root}/setup.cfg"),
    ("pytest.toml", "", '[".."]` under [pytest] in {root}/pytest.toml'),
    ("sub/pyproject.toml", "[tool.pytest]\n", '["../.."]` under [tool.pytest] in {root}/sub/'),
]


@pytest.mark.parametrize(("name", "text", "where"), INI_FILES)
def test_what_to_add_where(
    root: Path, monkeypatch: pytest.MonkeyPatch, name: str | None, text: str, where: str
) -> None:
    """The dotted name begins with the name of the root, so the folder above it is wanted."""
    write({"__init__.py": "", "pyproject.toml": table("repo.lib.own.shared")})
    if name is not None:
        write({name: text + (root / name).read_text() if (root / name).exists() else text})
    ini = str(root / name) if name is not None else None
    answer = ModuleAnswer("repo.lib.own.shared", error="ModuleNotFoundError: x")
    ((code, is_error, message, advice),) = findings(answered(monkeypatch, answer, ini_file=ini))
    assert (code, is_error, message) == ("not-importable", True, "ModuleNotFoundError: x")
    assert advice.startswith(f"add `pythonpath = {where.format(root=root)}")


@pytest.mark.parametrize(
    ("name", "text", "advice"),
    [
        ("pytest.ini", "[pytest]\npythonpath = src\n", "`pythonpath = .. src` under [pytest] in "),
        ("pytest.toml", "[pytest]\npythonpath = ['src', '..']\n", '`pythonpath = ["..", "src"]` '),
    ],
)
def test_what_to_change_where_other_folders_are_named(
    root: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, advice: str
) -> None:
    write({"__init__.py": "", "pyproject.toml": table("repo.lib.own.shared"), name: text})
    answer = ModuleAnswer("repo.lib.own.shared", error="ModuleNotFoundError: x")
    ((*_, shown),) = findings(answered(monkeypatch, answer, ini_file=str(root / name)))
    assert shown.startswith(f"change to {advice}")


def test_a_package_as_the_module(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"lib/own/__init__.py": HELPER, "pyproject.toml": table("lib.own")})
    answer = ModuleAnswer("lib.own", error="ModuleNotFoundError: x")
    assert 'add `pythonpath = ["."]`' in findings(answered(monkeypatch, answer))[0][3]


def test_a_module_that_raises(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No advice to add a folder that is on the path already."""
    answer = own(root, file=None, error="ZeroDivisionError: x")
    checkup = answered(monkeypatch, answer, sys_path=("/a", str(root)))
    assert findings(checkup) == [
        (
            "not-importable",
            True,
            "ZeroDivisionError: x",
            f"fix what {root}/lib/own/shared.py raises when it is imported",
        )
    ]


def test_a_module_that_needs_what_the_interpreter_lacks(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = own(root, file=None, error="ModuleNotFoundError: No module named 'x'")
    ((*_, advice),) = findings(answered(monkeypatch, answer, sys_path=("/a", str(root))))
    assert advice.endswith(", or name the interpreter of your tests by --python")


def test_the_own_package_hides_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"lib/own/__init__.py": ""})
    package = str(root / "lib/own/__init__.py")
    answer = own(root, file=None, error="ZeroDivisionError: x", package=package)
    assert codes(answered(monkeypatch, answer)) == ["not-importable"]


def test_a_folder_in_the_place_of_the_module(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ((_, _, message, _),) = findings(answered(monkeypatch, own(root, file=None)))
    assert message == "lib.own.shared is a folder without code"


def test_another_file_of_the_name(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is equal, and yet another one: what is changed in the own one would reach no test."""
    write({"elsewhere/lib/own/shared.py": HELPER})
    other = str(root / "elsewhere/lib/own/shared.py")
    ((code, is_error, message, advice),) = findings(answered(monkeypatch, own(root, file=other)))
    assert (code, is_error) == ("another-first", True)
    assert message == f"{other} is found before {root}/lib/own/shared.py"
    assert advice.startswith('add `pythonpath = ["."]`')
    checkup = answered(monkeypatch, own(root, file=other), sys_path=(str(root),))
    assert findings(checkup)[0][3] == (
        f"uninstall what brought {other}, or give {root}/lib another name"
    )


def test_names_that_pytest_would_collect(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkup = answered(monkeypatch, own(root, collected=("TestA", "TestB")))
    ((code, is_error, message, advice),) = findings(checkup)
    assert (code, is_error) == ("collected", False)
    assert "takes TestA, TestB of lib.own.shared for tests" in message
    assert advice == f"set `__test__ = False` on it in {root}/lib/own/shared.py"


def test_asserts_that_are_not_rewritten(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"lib/own/shared.py": HELPER + CHECKER})
    ((code, is_error, message, advice),) = findings(answered(monkeypatch, own(root)))
    assert (code, is_error) == ("assert-not-rewritten", False)
    assert message == "pytest does not rewrite the assert statements in check"
    assert f'register_assert_rewrite("lib.own.shared")` to {root}/conftest.py' in advice
    assert findings(answered(monkeypatch, own(root, rewritten=True))) == []


def test_asserts_that_a_conftest_registers_in_vain(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its text the copies may be replaced, so this is an error."""
    register = "import pytest\npytest.register_assert_rewrite('lib')\n"
    write({"lib/own/shared.py": CHECKER, "conftest.py": register})
    ((code, is_error, *_),) = findings(answered(monkeypatch, own(root)))
    assert (code, is_error) == ("assert-not-rewritten", True)


def test_only_python_m_pytest_finds_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkup = answered(monkeypatch, own(root, needs_working_folder=True))
    ((code, is_error, message, advice),) = findings(checkup)
    assert (code, is_error) == ("working-folder", True)
    assert message.startswith(f"`python -m pytest`, started in {root}, finds lib.own.shared")
    assert advice.startswith('add `pythonpath = ["."]`')


def test_pytest_that_does_not_start(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ((code, is_error, message, _),) = findings(answered(monkeypatch, error="timeout"))
    assert (code, is_error, message) == ("no-pytest", True, "timeout")


def test_a_file_without_a_shared_module(root: Path) -> None:
    assert diagnose(by_file(), {"tests/test_a.py": []}, jobs=1) == Checkup(())


def test_each_package_of_a_monorepo_by_its_own_settings(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"one/pyproject.toml": table("own"), "one/own.py": HELPER})
    asked: list[tuple[dict[str, Collection[str]], Path]] = []

    def ask(
        pytest: Pytest, uses: Mapping[str, Collection[str]], **options: object
    ) -> list[FolderAnswer]:
        asked.append((dict(uses), pytest.root))
        return []

    monkeypatch.setattr(module, "ask_imports", ask)
    uses = {"tests/test_a.py": ["lib.own.shared"], "one/tests/test_b.py": ["own"]}
    assert diagnose(by_file(), uses, jobs=1).ok
    assert asked == [
        ({"tests/test_a.py": ["lib.own.shared"]}, root),
        ({"one/tests/test_b.py": ["own"]}, root / "one"),
    ]


# Before a write


def told(uses: Mapping[str, Collection[str]]) -> tuple[list[str], list[str]]:
    """Return what is wrong, and the notes."""
    return before_writing(diagnose(by_file(), uses, jobs=1))


def test_each_error_once_with_its_advice(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = own(root, file=None, error="ModuleNotFoundError: x")
    broken = own(root, file=None, error="NameError: y")
    answered(monkeypatch, missing, folders=["tests", "e2e", "unit"])
    first, second, third = vars(module)["ask_imports"](Pytest(root), {})
    answers = [first, third._replace(modules=(broken,), sys_path=(str(root),)), second]
    monkeypatch.setattr(module, "ask_imports", lambda *args, **options: answers)
    errors, notes = told({"tests/test_a.py": ["lib.own.shared"]})
    assert notes == []
    assert errors == [
        "error: not-importable: ModuleNotFoundError: x",
        "  where: e2e, tests",
        f'  fix: add `pythonpath = ["."]` under [tool.pytest.ini_options] in {root}/pyproject.toml',
        "error: not-importable: NameError: y",
        "  where: unit",
        f"  fix: fix what {root}/lib/own/shared.py raises when it is imported",
    ]


def test_what_stops_pytest_can_be_skipped(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, error="no pytest")
    (error, _, way, skip), _ = told({"tests/test_a.py": ["lib.own.shared"]})
    assert error == "error: no-pytest: no pytest"
    assert way.endswith(" by --python")
    assert skip == "--skip-probe goes on without this check"


def test_warnings_do_not_stop_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, own(root, collected=("TestA",)), folders=["tests", "e2e"])
    errors, notes = told({"tests/test_a.py": ["lib.own.shared"]})
    assert errors == []
    assert len(notes) == 1
    assert notes[0].endswith(f"set `__test__ = False` on it in {root}/lib/own/shared.py")


# In a real pytest: what is wrong, what to do, and that it helps

USES = {"checks/unit/test_a.py": ["own.shared"]}


def test_the_advice_on_the_path_is_right(root: Path) -> None:
    write({"pyproject.toml": table("own.shared"), "src/own/shared.py": HELPER})
    write({"checks/unit/test_a.py": "", "checks/pytest.ini": "[pytest]\n"})
    (error, _, way), _ = told(USES)
    assert "No module named 'own'" in error
    assert f"add `pythonpath = ../src` under [pytest] in {root}/checks/pytest.ini" in way
    write({"checks/pytest.ini": "[pytest]\npythonpath = ../src\n"})
    assert told(USES) == ([], [])


def test_a_package_elsewhere_that_hides_a_folder_of_the_repository(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a wheel does that ships its `tests`: `pythonpath` is there already, and does not help."""
    wheel = tmp_path / "site"
    (wheel / "checks").mkdir(parents=True)
    (wheel / "checks/__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(wheel))
    write({"pyproject.toml": table("checks.shared"), "checks/shared.py": HELPER})
    write({"checks/unit/test_a.py": "", "pytest.ini": "[pytest]\npythonpath = .\n"})
    uses = {"checks/unit/test_a.py": ["checks.shared"]}
    checkup = diagnose(by_file(), uses, jobs=1)
    ((code, is_error, message, advice),) = findings(checkup)
    assert (code, is_error) == ("hidden", True)
    package = f"{wheel}/checks/__init__.py"
    assert message == (
        "ModuleNotFoundError: No module named 'checks.shared': "
        f"the package {package} is found first and hides {root}/checks"
    )
    assert advice == f"uninstall what brought {package}, or add {root}/checks/__init__.py"
    assert "pythonpath" not in advice
    write({"checks/__init__.py": ""})
    assert diagnose(by_file(), uses, jobs=1).ok


def test_a_package_of_the_repository_that_hides_another_one(root: Path) -> None:
    """`pythonpath` would not help: pytest puts the folder of what it collects before that."""
    write({"pyproject.toml": table("tests.shared"), "tests/shared.py": HELPER})
    write(
        {"libs/a/tests/__init__.py": "", "libs/a/tests/test_a.py": "", "pytest.ini": "[pytest]\n"}
    )
    uses = {"libs/a/tests/test_a.py": ["tests.shared"]}
    ((code, _, message, advice),) = findings(diagnose(by_file(), uses, jobs=1))
    assert code == "hidden"
    assert f"{root}/libs/a/tests/__init__.py is found first and hides {root}/tests" in message
    assert advice.startswith(f"give {root}/tests another name")


def test_the_line_that_init_writes_helps(root: Path) -> None:
    write({"tests/__init__.py": "", "tests/test_a.py": "", "lib/own/shared.py": CHECKER})
    uses = {"tests/test_a.py": ["lib.own.shared"]}
    assert codes(diagnose(by_file(), uses, jobs=1)) == ["assert-not-rewritten"]
    done = subprocess.run(
        [sys.executable, "-m", "codemods", "init"], capture_output=True, check=False
    )
    assert b"wrote conftest.py: " in done.stdout, done
    assert codes(diagnose(by_file(), uses, jobs=1)) == []
