"""Whether a folder can import the shared modules, the way pytest imports its test modules.

Each of these starts a real pytest.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import time
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from codemods.measure import import_probe, importable
from codemods.measure.importable import FolderAnswer, ModuleAnswer, ask_imports
from codemods.measure.process import Ended, run_process
from codemods.measure.session import Pytest
from tests.tools import write

SHARED = "class Shared:\n    __test__ = False\n\n\nclass TestOpen:\n    pass\n"
#: A test module that is run by mistake says so.
LOUD = "raise SystemExit('a test module was run')\n"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("PYTHONPATH", "PYTEST_ADDOPTS", "PYTHONDONTWRITEBYTECODE", "PYTHONSAFEPATH"):
        monkeypatch.delenv(name, raising=False)
    return iter(())


def ask(
    root: Path,
    files: dict[str, str],
    *asked: str,
    module: str = "own.shared",
    timeout: float = 100,
) -> FolderAnswer:
    """Build a repository, ask about one folder, and check that nothing came of it on disk."""
    write(root, {"own/__init__.py": "", "own/shared.py": SHARED, **files})
    before = sorted(root.rglob("*"))
    uses = {str(root / name): [module] for name in asked or ["tests/test_a.py"]}
    (answer,) = ask_imports(Pytest(root, timeout=timeout), uses)
    assert sorted(root.rglob("*")) == before
    return answer


def first(answer: FolderAnswer) -> ModuleAnswer:
    """Return what was answered about the one module."""
    assert answer.error is None
    (found,) = answer.modules
    return found


def check_found(answer: FolderAnswer, root: Path, file: str = "own/shared.py") -> None:
    found = first(answer)
    assert found.error is None
    assert found.file == str(root / file)
    assert found.collected == ("TestOpen",)
    assert not found.rewritten
    assert answer.pytest == pytest.__version__


def check_not_found(answer: FolderAnswer) -> None:
    found = first(answer)
    assert found.error == "ModuleNotFoundError: No module named 'own'"
    assert found.file is None
    assert not found.needs_working_folder


def test_a_setting_of_the_path(tmp_path: Path) -> None:
    ini = "[pytest]\npythonpath = .\naddopts = --strict-config -p no:cacheprovider\n"
    answer = ask(tmp_path, {"tests/test_a.py": LOUD, "pytest.ini": ini})
    check_found(answer, tmp_path)
    assert not first(answer).needs_working_folder
    assert answer.import_mode == "prepend"
    assert answer.ini_file == str(tmp_path / "pytest.ini")
    assert answer.folder == str(tmp_path / "tests")
    assert answer.plugins == ()


def test_packages_up_to_the_root_in_mode_prepend(tmp_path: Path) -> None:
    answer = ask(tmp_path, {"tests/__init__.py": "", "tests/test_a.py": LOUD})
    check_found(answer, tmp_path)
    assert answer.sys_path[0] == str(tmp_path)
    assert not first(answer).needs_working_folder
    assert answer.ini_file is None


def test_mode_append_and_what_comes_first(tmp_path: Path) -> None:
    """Another module of the name, in front: by `append` it wins, by `prepend` it does not."""
    files = {
        "tests/__init__.py": "",
        "tests/test_a.py": LOUD,
        "front/own/__init__.py": "",
        "front/own/shared.py": SHARED,
    }
    for mode, file in (("append", "front/own/shared.py"), ("prepend", "own/shared.py")):
        ini = f"[pytest]\npythonpath = front\naddopts = --import-mode={mode}\n"
        answer = ask(tmp_path, {**files, "pytest.ini": ini})
        check_found(answer, tmp_path, file)
        assert answer.import_mode == mode


def test_prepend_puts_the_folder_first_though_it_is_in_the_path(tmp_path: Path) -> None:
    files = {
        "tests/__init__.py": "",
        "tests/test_a.py": LOUD,
        "front/own/__init__.py": "",
        "front/own/shared.py": SHARED,
        "pytest.ini": "[pytest]\npythonpath = front .\n",
    }
    check_found(ask(tmp_path, files), tmp_path)


def test_mode_importlib(tmp_path: Path) -> None:
    ini = "[pytest]\naddopts = --import-mode importlib\n"
    files = {"tests/__init__.py": "", "tests/test_a.py": LOUD, "pytest.ini": ini}
    answer = ask(tmp_path, files)
    # Only `python -m pytest` has the root in its path.
    check_found(answer, tmp_path)
    assert first(answer).needs_working_folder
    assert answer.import_mode == "importlib"
    beside = {**files, "tests/own/__init__.py": "", "tests/own/shared.py": SHARED}
    answer = ask(tmp_path, beside, module="tests.own.shared")
    check_found(answer, tmp_path, "tests/own/shared.py")


def test_only_python_m_pytest_finds_it(tmp_path: Path) -> None:
    answer = ask(tmp_path, {"tests/test_a.py": LOUD})
    check_found(answer, tmp_path)
    assert first(answer).needs_working_folder


def test_only_python_m_pytest_though_a_package_of_the_name_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "installed"))
    answer = ask(tmp_path, {"tests/test_a.py": LOUD, "installed/own/__init__.py": ""})
    check_found(answer, tmp_path)
    assert first(answer).needs_working_folder


@pytest.mark.parametrize("ini", ["[pytest]\n", "[pytest]\npythonpath = .\n"])
def test_a_package_of_the_name_beside_the_tests_comes_first(tmp_path: Path, ini: str) -> None:
    """`python -m pytest` does not find it either: the folder of the tests is looked into first."""
    files = {"tests/test_a.py": LOUD, "tests/own/__init__.py": "", "tests/pytest.ini": ini}
    answer = ask(tmp_path, files)
    assert first(answer).error == "ModuleNotFoundError: No module named 'own.shared'"
    assert not first(answer).needs_working_folder


def test_nothing_finds_it(tmp_path: Path) -> None:
    write(tmp_path, {"tests/test_a.py": LOUD, "tests/pytest.ini": "[pytest]\n"})
    (answer,) = ask_imports(Pytest(tmp_path), {str(tmp_path / "tests/test_a.py"): ["own.shared"]})
    check_not_found(answer)


@pytest.mark.parametrize("name", ["conftest.py", "tests/__init__.py"])
def test_what_edits_the_path(tmp_path: Path, name: str) -> None:
    """A conftest does, or the package that pytest imports before the test module."""
    edit = "import sys\nsys.path.insert(0, __file__.rpartition('/own_tests')[0] + '/lib')\n"
    files = {
        f"own_tests/{name}": edit,
        "own_tests/tests/test_a.py": LOUD,
        "lib/own/__init__.py": "",
        "lib/own/shared.py": SHARED,
    }
    answer = ask(tmp_path, files, "own_tests/tests/test_a.py")
    check_found(answer, tmp_path, "lib/own/shared.py")


def test_a_package_that_raises(tmp_path: Path) -> None:
    answer = ask(tmp_path, {"tests/__init__.py": "1 / 0\n", "tests/test_a.py": LOUD})
    assert answer.error is not None
    assert answer.error.startswith("pytest cannot import the test modules there: ")
    assert "ZeroDivisionError" in answer.error
    assert answer.import_mode == "prepend"


def test_a_conftest_that_raises(tmp_path: Path) -> None:
    answer = ask(tmp_path, {"tests/conftest.py": "1 / 0\n", "tests/test_a.py": LOUD})
    assert answer.error is not None
    assert answer.error.startswith("pytest did not get to its test modules: ")
    assert "ZeroDivisionError: division by zero" in answer.error
    assert answer.import_mode is None


def test_an_option_that_is_unknown(tmp_path: Path) -> None:
    ini = "[pytest]\naddopts = --no-such-option\n"
    answer = ask(tmp_path, {"tests/test_a.py": LOUD, "pytest.ini": ini})
    assert answer.error is not None
    assert answer.error.endswith("error: unrecognized arguments: --no-such-option")


def test_a_conftest_that_hangs_and_what_it_started(tmp_path: Path) -> None:
    """It is ended at the time limit, and what it started with it."""
    child = tmp_path.parent / f"{tmp_path.name}-child"
    conftest = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"path = {str(child)!r}\n"
        "with open(path + '.new', 'w') as file:\n    file.write(str(child.pid))\n"
        "import os\nos.rename(path + '.new', path)\n"
        "time.sleep(600)\n"
    )
    answer = ask(tmp_path, {"tests/conftest.py": conftest, "tests/test_a.py": LOUD}, timeout=3)
    assert answer.error == "pytest did not get to its test modules in 3 s"
    if child.exists():  # the machine was fast enough for it
        check_ended(int(child.read_text()))


def test_a_process_that_a_conftest_leaves_behind(tmp_path: Path) -> None:
    conftest = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(tmp_path.parent / 'left')!r}, 'w').write(str(child.pid))\n"
    )
    files = {"tests/__init__.py": "", "tests/conftest.py": conftest, "tests/test_a.py": LOUD}
    check_found(ask(tmp_path, files), tmp_path)
    check_ended(int((tmp_path.parent / "left").read_text()))


def check_ended(process: int) -> None:
    """Wait for the end of a process; one that nobody has waited for yet has ended too."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.05)
    raise AssertionError(f"process {process} is still there")


@pytest.mark.usefixtures("plugins")
def test_settings_that_would_write_run_or_leave_out(tmp_path: Path) -> None:
    """Nothing but the import happens, whatever the settings say."""
    ini = (
        "[pytest]\n"
        "addopts = -n 2 --maxfail=1 -x --junitxml=report.xml --doctest-modules -k nothing\n"
        "    --ignore=tests/test_a.py --import-mode=append -W error\n"
        "log_file = logs.txt\npythonpath = .\nnorecursedirs = tests\n"
    )
    conftest = (
        "collect_ignore_glob = ['*']\n\n\n"
        "def pytest_configure(config):\n    config.cache.set('own/value', 1)\n"
    )
    files = {"tests/test_a.py": LOUD, "pytest.ini": ini, "tests/conftest.py": conftest}
    answer = ask(tmp_path, files)
    check_found(answer, tmp_path)
    assert answer.import_mode == "append"
    assert any(plugin.startswith("pytest-xdist ") for plugin in answer.plugins)


def test_a_conftest_that_collects_in_its_own_way(tmp_path: Path) -> None:
    conftest = (
        "import pytest\n\n\n"
        "def pytest_pycollect_makemodule(module_path, parent):\n"
        "    return pytest.Module.from_parent(parent, path=module_path)\n"
    )
    files = {"tests/__init__.py": "", "tests/test_a.py": LOUD, "conftest.py": conftest}
    check_found(ask(tmp_path, files), tmp_path)


@pytest.mark.parametrize("name", ["conftest.py", "__init__.py", "a b.py"])
def test_a_file_of_any_name(tmp_path: Path, name: str) -> None:
    files = {"pytest.ini": "[pytest]\npythonpath = .\n", f"tests/{name}": ""}
    check_found(ask(tmp_path, files, f"tests/{name}"), tmp_path)


def test_a_folder_that_is_no_name_of_a_package(tmp_path: Path) -> None:
    files = {"my-tests/__init__.py": "", "my-tests/x/__init__.py": "", "my-tests/x/test_a.py": LOUD}
    answer = ask(tmp_path, files, "my-tests/x/test_a.py")
    assert answer.sys_path[0] == str(tmp_path / "my-tests")
    assert first(answer).needs_working_folder


def test_a_module_that_raises(tmp_path: Path) -> None:
    files = {
        "tests/__init__.py": "",
        "tests/test_a.py": LOUD,
        "own/bad.py": "raise SystemExit(4)\n",
    }
    assert first(ask(tmp_path, files, module="own.bad")).error == "SystemExit: 4"


def test_one_file_of_each_folder_and_a_test_module_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, list[str]]] = []

    def answered(pytest: Pytest, folder: str, file: str, modules: list[str]) -> FolderAnswer:
        asked.append((folder, file, modules))
        return FolderAnswer(folder)

    monkeypatch.setattr(importable, "_ask", answered)
    files = ["b/x.py", "conftest.py", "b/__init__.py", "a.py", "b/a[b].py", "c/conftest.py"]
    uses = {file: ["m", "n"] if file == "b/a[b].py" else ["m"] for file in files}
    seen: list[tuple[int, int]] = []
    answers = ask_imports(Pytest(tmp_path), uses, progress=lambda *n: seen.append(n))
    assert seen == [(number, len(answers)) for number in range(len(answers) + 1)]
    assert asked == [
        (".", "a.py", ["m"]),
        ("b", "b/x.py", ["m", "n"]),
        ("c", "c/conftest.py", ["m"]),
    ]
    assert [a.folder for a in answers] == [".", "b", "c"]
    assert ask_imports(Pytest(tmp_path), {}) == []


@pytest.mark.parametrize("variable", ["PYTHONSAFEPATH", "PYTHONPATH"])
def test_variables_of_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    answer = ask(tmp_path, {"tests/test_a.py": LOUD})
    check_found(answer, tmp_path)
    assert first(answer).needs_working_folder == (variable != "PYTHONPATH")


def test_an_interpreter_without_pytest(tmp_path: Path) -> None:
    write(
        tmp_path, {"tests/test_a.py": LOUD, "python": f'#!/bin/sh\nexec {sys.executable} -S "$@"\n'}
    )
    (tmp_path / "python").chmod(0o755)
    python = str(tmp_path / "python")
    uses = {str(tmp_path / "tests/test_a.py"): ["own.shared"]}
    (answer,) = ask_imports(Pytest(tmp_path, python), uses)
    assert answer.error == f"{python} has no pytest"


def test_a_message_goes_on_to_its_cause(tmp_path: Path) -> None:
    write(tmp_path, {"pytest.ini": "[pytest]\nfilterwarnings = ignore::os.NoWarning\n"})
    answer = ask(tmp_path, {"tests/test_a.py": LOUD})
    assert answer.error is not None
    assert answer.error.startswith("pytest did not get to its test modules: ERROR: while parsing")
    assert answer.error.endswith("AttributeError: module 'os' has no attribute 'NoWarning'")


def test_an_interpreter_that_says_nothing(tmp_path: Path) -> None:
    (answer,) = ask_imports(Pytest(tmp_path, "/bin/true"), {str(tmp_path / "a.py"): ["own"]})
    assert answer.error == "pytest did not get to its test modules: it printed nothing"


def test_ctrl_c_in_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here it comes in one of the threads, while the other one waits for a process."""
    up = tmp_path / "up"
    ended: list[Ended] = []

    def ask(pytest: Pytest, folder: str, *_: object) -> None:
        if folder == "b":
            program = f"import time; open({str(up)!r}, 'w').close(); time.sleep(600)"
            command = [sys.executable, "-c", program]
            ended.append(run_process(command, tmp_path, os.environ, None, tmp_path / "out"))
        else:
            while not up.exists():
                time.sleep(0.01)
            raise KeyboardInterrupt

    monkeypatch.setattr(importable, "_ask", ask)
    with pytest.raises(KeyboardInterrupt):
        ask_imports(Pytest(tmp_path), {"a/a.py": ["m"], "b/b.py": ["m"]}, jobs=2)
    (first,) = ended
    assert (first.exit_code, first.timed_out) == (-9, False)


def test_ctrl_c_ends_what_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pytest has a session of its own, so the terminal does not tell it."""
    started = tmp_path / "started"
    write(tmp_path, {"a/test_a.py": LOUD, "b/test_b.py": LOUD})
    hang = (
        f"import os, time\nopen({str(started)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    )
    write(tmp_path, {"conftest.py": hang})
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from codemods.measure.importable import ask_imports\n"
        "from codemods.measure.session import Pytest\n"
        "ask_imports(Pytest(Path('.')), {'a/test_a.py': ['m'], 'b/test_b.py': ['m']})\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=tmp_path, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while not (started.exists() and started.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(2)
    _, stderr = process.communicate(timeout=60)
    assert b"KeyboardInterrupt" in stderr
    check_ended(int(started.read_text()))


def test_a_package_that_fails_to_import(tmp_path: Path) -> None:
    files = {"tests/__init__.py": "import no_such_module\n", "tests/test_a.py": LOUD}
    error = ask(tmp_path, files).error
    assert error is not None
    assert error.endswith("ModuleNotFoundError: No module named 'no_such_module'")


@pytest.fixture
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take back what a pytest in this process does to it."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    modules, finders = dict(sys.modules), list(sys.meta_path)
    yield
    sys.meta_path[:] = finders
    for name in set(sys.modules) - set(modules):
        del sys.modules[name]


#: files, mode, what is answered
PLUGIN_CASES: dict[str, tuple[dict[str, str], str, dict[str, object]]] = {
    "found": ({"t/__init__.py": ""}, "prepend", {"collected": ["TestOpen"]}),
    "only by python -m pytest": ({}, "importlib", {"needs_working_folder": True}),
    "in the working folder, not in the package that was found": (
        {"t/own_x/__init__.py": ""},
        "append",
        {"needs_working_folder": True},
    ),
    "nowhere": ({"own_x/shared.py": "import gone_x"}, "append", {"error": "'own_x'"}),
    "a package that raises": (
        {"t/__init__.py": "1 / 0"},
        "prepend",
        {"error": "ZeroDivisionError"},
    ),
    "a package that does not import": (
        {"t/__init__.py": "import gone_x"},
        "prepend",
        {"error": "ModuleNotFoundError: No module named 'gone_x'"},
    ),
    "ignored by a conftest": (
        {"t/__init__.py": "", "t/conftest.py": "collect_ignore_glob = ['*']"},
        "prepend",
        {"import_mode": "prepend"},
    ),
}


@pytest.mark.usefixtures("_as_it_was")
@pytest.mark.parametrize("case", PLUGIN_CASES)
def test_the_plugin_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    files, mode, expected = PLUGIN_CASES[case]
    write(
        tmp_path, {"own_x/__init__.py": "", "own_x/shared.py": SHARED, "t/test_x.py": LOUD, **files}
    )
    answer = tmp_path / "answer.json"
    monkeypatch.setenv("SSOT_CODEMODS_MODULES", "own_x.shared")
    monkeypatch.setenv("SSOT_CODEMODS_ANSWER", str(answer))
    monkeypatch.setenv("SSOT_CODEMODS_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    options = ["-q", "--collect-only", f"--import-mode={mode}", f"--rootdir={tmp_path}"]
    options += ["-c", os.devnull, "-p", "no:cacheprovider", "-p", "no:faulthandler"]
    pytest.main([*options, "t/test_x.py"], plugins=[import_probe])
    values = json.loads(answer.read_bytes())
    assert values["pytest"] == pytest.__version__
    seen = {**values, **values["modules"][0]} if "modules" in values else values
    for key, value in expected.items():
        if key == "error":
            assert str(value) in seen[key]
        else:
            assert seen.get(key) == value


# What it knows of each module


def test_several_modules_in_one_session(tmp_path: Path) -> None:
    files = {"tests/__init__.py": "", "tests/test_a.py": LOUD, "own/other.py": "x = 1\n"}
    write(tmp_path, {"own/__init__.py": "", "own/shared.py": SHARED, **files})
    uses = {str(tmp_path / "tests/test_a.py"): ["own.shared", "own.gone", "own.other"]}
    (answer,) = ask_imports(Pytest(tmp_path, timeout=100), uses)
    assert {m.name: m.file for m in answer.modules} == {
        "own.gone": None,
        "own.other": str(tmp_path / "own/other.py"),
        "own.shared": str(tmp_path / "own/shared.py"),
    }
    gone = answer.modules[0]
    assert gone.error == "ModuleNotFoundError: No module named 'own.gone'"
    assert gone.package == str(tmp_path / "own/__init__.py")


def test_only_the_one_that_needs_it_needs_the_working_folder(tmp_path: Path) -> None:
    files = {"lib/one.py": "", "two.py": "", "pytest.ini": "[pytest]\npythonpath = lib\n"}
    write(tmp_path, {"tests/test_a.py": LOUD, **files})
    uses = {str(tmp_path / "tests/test_a.py"): ["one", "two"]}
    (answer,) = ask_imports(Pytest(tmp_path, timeout=100), uses)
    assert [m.needs_working_folder for m in answer.modules] == [False, True]
    assert str(tmp_path) not in answer.sys_path


#: A package around the shared module that imports an application, and that a bit of the library.
APPLICATION = {
    "own/__init__.py": "import application\n",
    "application/__init__.py": "".join(f"import application.part_{n}\n" for n in range(20)),
    **{f"application/part_{n}.py": "import colorsys\n" for n in range(20)},
}


@pytest.mark.parametrize(
    ("conftest", "counts"),
    [
        ("", (24, 23)),  # two of `own`, 21 of `application`, and `colorsys`
        ("import application.part_3\n", (2, 2)),
        ("import own.shared\n", None),
    ],
    ids=["nothing was there", "a conftest has the application", "a conftest has the module"],
)
def test_what_the_first_import_costs(
    tmp_path: Path, conftest: str, counts: tuple[int, int] | None
) -> None:
    files = {"tests/test_a.py": LOUD, "pytest.ini": "[pytest]\npythonpath = .\n", **APPLICATION}
    cost = first(ask(tmp_path, {**files, "tests/conftest.py": conftest})).first_import
    if counts is None:
        assert cost is None
    else:
        assert cost is not None
        assert (cost.module_count, cost.repository_module_count) == counts
        assert cost.milliseconds > 0


def test_installed_packages_below_the_root_are_not_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / ".venv/site-packages"
    write(tmp_path, {".venv/site-packages/third_x/__init__.py": "", "own_x.py": "import third_x\n"})
    monkeypatch.setenv("SSOT_CODEMODS_ROOT", str(tmp_path))
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"purelib": str(installed)})
    for name, file in (("third_x", installed / "third_x/__init__.py"), ("own_x", "own_x.py")):
        module = types.ModuleType(name)
        module.__file__ = str(tmp_path / file)
        monkeypatch.setitem(sys.modules, name, module)
    assert import_probe._cost(1_260_000, ["third_x", "own_x"]) == {
        "milliseconds": 1.3,
        "module_count": 2,
        "repository_module_count": 1,
    }


@pytest.mark.parametrize(
    ("files", "rewritten"),
    [
        ({"conftest.py": "import pytest\npytest.register_assert_rewrite('own')\n"}, True),
        ({"conftest.py": ""}, False),
        ({"pytest.ini": "[pytest]\npython_files = shared.py\n"}, True),
    ],
)
def test_asserts_that_pytest_rewrites(
    tmp_path: Path, files: dict[str, str], rewritten: bool
) -> None:
    answer = ask(tmp_path, {"tests/__init__.py": "", "tests/test_a.py": LOUD, **files})
    assert first(answer).rewritten == rewritten


def test_what_the_suite_collects_by_its_own_patterns(tmp_path: Path) -> None:
    shared = (
        "class SuiteA: ...\n\ndef check_it(): ...\n\nclass TestA: ...\n\n"
        "class SuiteB:\n    __test__ = False\n"
    )
    ini = "[pytest]\npython_classes = Suite*\npython_functions = check_*\n"
    files = {"tests/__init__.py": "", "tests/test_a.py": LOUD, "own/s.py": shared}
    answer = ask(tmp_path, {**files, "pytest.ini": ini}, module="own.s")
    assert first(answer).collected == ("SuiteA", "check_it")
