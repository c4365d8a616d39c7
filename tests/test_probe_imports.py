"""Before the first write: would the new imports work where they are to stand?"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from codemods.measure.importable import ImportAnswer, ask_imports
from codemods.measure.session import Pytest
from codemods.migration import guards as probe
from codemods.migration.guards import check_imports, problem
from codemods.migration.init import steps, write
from codemods.model import UsageError
from codemods.settings import DEFAULT_MODULE, Settings, load_target, read_settings
from tests import tools

NAMES = frozenset({"Shared", "Alias"})
SHAPES = "@replaced_by('Shared', aliases=['Alias'])\nclass Local:\n    x = 1\n"


def answer(**values: object) -> ImportAnswer:
    found = ImportAnswer(
        folder="tests",
        file=None,
        error=None,
        names=NAMES,
        collected=frozenset(),
        needs_working_folder=False,
        pytest="9",
        import_mode="prepend",
        sys_path=(),
        plugins=(),
    )
    return replace(found, **values)  # type: ignore[arg-type]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give a repository with a shared module of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "lib/own").mkdir(parents=True)
    (tmp_path / "lib/own/shared.py").write_text("class Shared: ...\nAlias = Shared\n")
    (tmp_path / "shapes.py").write_text(SHAPES)
    return Settings(module="lib.own.shared", shapes=tmp_path / "shapes.py", root=tmp_path)


def told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, *answers: ImportAnswer
) -> tuple[list[str], str]:
    """Give the notes, and the message where something is wrong."""
    monkeypatch.setattr(probe, "ask_imports", lambda *a, **k: list(answers))
    try:
        return check_imports(settings, load_target(settings), ["tests/test_a.py"], 1), ""
    except UsageError as error:
        return [], str(error)


def test_nothing_is_wrong(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    fine = answer(file=str(own.root / "lib/own/shared.py"))
    assert told(own, monkeypatch, fine, fine) == ([], "")


#: name and text of the file with pytest's settings -> where to add what
INI_FILES = {
    "pytest.ini": ("", "pythonpath = .` under [pytest]"),
    "tox.ini": ("", "pythonpath = .` under [pytest]"),
    "setup.cfg": ("", "pythonpath = .` under [tool:pytest]"),
    "pytest.toml": ("", 'pythonpath = ["."]` under [pytest]'),
    "pyproject.toml": ("", 'pythonpath = ["."]` under [tool.pytest.ini_options]'),
    "sub/pyproject.toml": ("[tool.pytest]\n", 'pythonpath = [".."]` under [tool.pytest]'),
    "sub/pytest.ini": ("", "pythonpath = ..` under [pytest]"),
}


@pytest.mark.parametrize("name", INI_FILES)
def test_what_to_add_where(own: Settings, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    text, wanted = INI_FILES[name]
    file = own.root / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    wrong = answer(error="ModuleNotFoundError: No module named 'lib'", ini_file=str(file))
    _, message = told(own, monkeypatch, wrong)
    assert message == (
        "nothing was written, as the new imports would fail:\n"
        "  tests: ModuleNotFoundError: No module named 'lib'\n"
        f"Add `{wanted} in {file}."
    )


def test_without_any_settings_of_pytest(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    _, message = told(own, monkeypatch, answer(error="ModuleNotFoundError: x"))
    assert message.endswith(
        f'Add `pythonpath = ["."]` under [tool.pytest.ini_options] in {own.root}/pyproject.toml.'
    )


def test_a_package_as_the_module(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (own.root / "lib/own/__init__.py").write_text("class Shared: ...\nAlias = Shared\n")
    _, message = told(own._replace(module="lib.own"), monkeypatch, answer(error="Error: x"))
    assert '`pythonpath = ["."]`' in message


def test_each_advice_once_for_all_folders(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = answer(error="ModuleNotFoundError: x")
    other = replace(wrong, folder="e2e")
    broken = answer(error="pytest did not get to its test modules: x", import_mode=None)
    _, message = told(own, monkeypatch, wrong, other, broken, answer())
    lines = message.splitlines()
    assert len(lines) == 6
    assert lines[2] == "  e2e: ModuleNotFoundError: x"
    assert lines[5] == "Mend what keeps pytest from its test modules, or go on with --skip-probe."


def test_packages_that_raise(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = answer(error="pytest cannot import the test modules there: x")
    assert "--skip-probe" in told(own, monkeypatch, wrong)[1]


def test_the_module_is_nowhere(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = own._replace(module="gone.shared")
    _, message = told(elsewhere, monkeypatch, answer(error="ModuleNotFoundError: x"))
    file = own.root / "pyproject.toml"
    assert message.endswith(f"Mend `module` in {file}: gone.shared is not to be found from there.")
    default = own._replace(module=DEFAULT_MODULE, root=own.root / "gone")
    monkeypatch.setattr(probe, "find_shared_module", lambda settings: None)
    _, message = told(default, monkeypatch, answer(error="ModuleNotFoundError: x"))
    assert message.endswith("its own: `ssot-codemods init`.")


def test_a_module_that_lacks_names(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    file = own.root / "lib/own/shared.py"
    lacks = answer(file=str(file), names=frozenset({"Alias"}))
    _, message = told(own, monkeypatch, lacks)
    assert f"  tests: {file} has no Shared\n" in message
    assert message.endswith(
        f"Define the names in {file}, or mend {own.shapes}, which promises them."
    )


def test_a_folder_in_the_place_of_the_module(own: Settings) -> None:
    found = problem(answer(names=frozenset()), own, load_target(own))
    assert found == "lib.own.shared has no Alias, Shared"


def test_another_module_of_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(root=tmp_path)
    target = load_target(settings)
    names = frozenset(n for s in target.shapes for n in (s.shared_name, *s.aliases))
    other = tmp_path / "other.py"
    ours = (Path(__file__).parent.parent / tools.SHARED.replace(".", "/")).with_suffix(".py")
    other.write_bytes(ours.read_bytes() + b"\n")
    _, message = told(settings, monkeypatch, answer(file=str(other), names=names))
    assert f"{other} is not the module that the recorded shapes are equal to" in message
    assert "`ssot-codemods init --to DIR`" in message
    other.write_bytes(ours.read_bytes())
    assert told(settings, monkeypatch, answer(file=str(other), names=names)) == ([], "")


def test_a_copy_of_the_own_module_that_is_found_before_it(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is equal, and yet another one: what is changed in the own one would reach no test."""
    mine = own.root / "lib/own/shared.py"
    other = own.root / "elsewhere.py"
    other.write_bytes(mine.read_bytes())
    _, message = told(own, monkeypatch, answer(file=str(other)))
    assert f"  tests: {other} is found before {mine}\n" in message
    assert 'Add `pythonpath = ["."]` under [tool.pytest.ini_options]' in message
    other.unlink()
    other.symlink_to(mine)
    assert told(own, monkeypatch, answer(file=str(other))) == ([], "")


def test_only_python_m_pytest(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(own.root / "lib/own/shared.py")
    only = answer(file=file, needs_working_folder=True)
    notes, message = told(own, monkeypatch, only, replace(only, folder="e2e"))
    assert message == ""
    assert notes == [
        f"`python -m pytest`, started in {own.root}, finds lib.own.shared; for `pytest` alone, "
        'add `pythonpath = ["."]` under [tool.pytest.ini_options] in '
        f"{own.root}/pyproject.toml"
    ]
    installed = Settings(root=own.root)
    monkeypatch.setattr(probe, "problem", lambda *a: None)
    notes, _ = told(installed, monkeypatch, only)
    assert notes[0].endswith("; `pytest` alone does not")


def test_the_advice_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a real pytest: what is wrong, the line that mends it, and that it does."""
    for name in ("PYTHONPATH", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q"], check=True, timeout=60)
    (tmp_path / "checks/unit").mkdir(parents=True)
    (tmp_path / "checks/unit/test_a.py").write_bytes(tools.source("{copy}"))
    # By the root's own package `lib`, the working folder does not help.
    (tmp_path / "checks/pytest.ini").write_text("[pytest]\n")
    (tmp_path / "src").mkdir()
    list(write(steps(tmp_path / "src", "lib")))
    shapes = "src/lib/websocket_connection_shapes.py"
    (tmp_path / "pyproject.toml").write_text(
        '[tool.ssot-codemods]\nmodule = "lib.websocket_connection_test_utility"\n'
        f'shapes = "{shapes}"\n'
    )
    monkeypatch.syspath_prepend(str(tmp_path / "src"))
    settings = read_settings(tmp_path)
    files = ["checks/unit/test_a.py"]
    with pytest.raises(UsageError, match="No module named 'lib'") as caught:
        check_imports(settings, load_target(settings), files, 1)
    assert f"`pythonpath = ../src` under [pytest] in {tmp_path}/checks/pytest.ini" in str(
        caught.value
    )
    (tmp_path / "checks/pytest.ini").write_text("[pytest]\npythonpath = ../src\n")
    assert check_imports(settings, load_target(settings), files, 1) == []
    assert ask_imports(Pytest(tmp_path), files, settings.module)[0].error is None
