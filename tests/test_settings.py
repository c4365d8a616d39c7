"""[tool.ssot-codemods] of the repository worked on."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.settings import (
    Phase,
    Settings,
    SettingsError,
    check_class_name,
    check_module,
    load_target,
    read_settings,
)

TABLE = '[tool.ssot-codemods]\nclass-names = ["Fake"]\nmodule = "a.b"\nshapes = "a/shapes.py"\n'


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pyproject.toml"
    path.write_text(text)
    return path


def test_without_a_pyproject_the_defaults_hold(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    settings = read_settings(tmp_path)
    assert settings == Settings(root=tmp_path)
    assert load_target(settings).class_names[0] == "TestWebSocketConnection"


def test_without_the_table_the_defaults_hold(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, "[tool.other]\nmodule = 1\n")
    assert read_settings(tmp_path) == Settings(root=tmp_path)


def test_the_table(tmp_path: Path) -> None:
    write(tmp_path, TABLE)
    assert read_settings(tmp_path) == Settings(
        ("Fake",), "a.b", tmp_path / "a/shapes.py", root=tmp_path, has_table=True
    )


def test_it_is_found_from_a_folder_below(tmp_path: Path) -> None:
    write(tmp_path, TABLE)
    write(tmp_path / "tests", "[project]\nname = 'tests'\n")
    assert read_settings(tmp_path / "tests").module == "a.b"


def test_it_is_not_looked_for_outside_the_checkout(tmp_path: Path) -> None:
    write(tmp_path, TABLE)
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    assert read_settings(tmp_path / "repo") == Settings(root=tmp_path / "repo")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = \n", r"pyproject\.toml: .*line 1"),
        ("[tool]\nssot-codemods = 1\n", r"pyproject\.toml: \[tool\.ssot-codemods\] is not a table"),
        ("[tool.ssot-codemods]\n\nmodul = 'a'\n", r"toml:3: .* modul: unknown; known are categ"),
        ("[tool.ssot-codemods]\nclass-names = 'A'\n", r"toml:2: .* class-names: wanted: a list"),
        ("[tool.ssot-codemods]\nclass-names = []\n", r"toml:2: .* class-names: wanted: a list"),
        ("[tool.ssot-codemods]\nclass-names = [1]\n", r"toml:2: .* class-names: wanted: a list"),
        ("[tool.ssot-codemods]\nclass-names = ['a b']\n", r"toml:2: .* 'a b' is not a class name"),
        ("[tool.ssot-codemods]\nmodule = 1\n", r"toml:2: .* module: wanted: a string"),
        ("[tool.ssot-codemods]\nmodule = 'a/b'\n", r"toml:2: .* 'a/b' is not a dotted module name"),
        ("[tool.ssot-codemods]\npaths = []\n", r"toml:2: .* paths: .* strings, at least one"),
        (
            "[tool.ssot-codemods]\nexclude = [1]\n",
            r"toml:2: .* exclude: wanted: a list of strings$",
        ),
        ("[tool.ssot-codemods]\nshapes = 1\n", r"toml:2: .* shapes: wanted: a string"),
        (
            '[tool.ssot-codemods]\ngolden-path = ["make \'x"]\n',
            r"toml:2: .* golden-path: \"make 'x\": No closing quotation",
        ),
        ("[tool.ssot-codemods]\ngolden-path = [' ']\n", r"toml:2: .* ' ' names no command"),
        ("[tool.ssot-codemods]\ngolden-path = ['\"\" x']\n", r"toml:2: .* x' names no command"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, text)
    with pytest.raises(SettingsError, match=message):
        read_settings(tmp_path)


def test_bytes_that_are_no_utf_8(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"# \xff\n")
    with pytest.raises(SettingsError, match="utf-8"):
        read_settings(tmp_path)


def test_a_shapes_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.py: No such file"):
        load_target(Settings(shapes=tmp_path / "gone.py"))


def test_a_shared_module_that_does_not_parse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text("\nclass (:\n")
    with pytest.raises(SettingsError, match=r"own\.py:2: "):
        load_target(Settings(module="own"))


def test_a_changed_shapes_file_is_read_again(tmp_path: Path) -> None:
    shapes = tmp_path / "shapes.py"
    shapes.write_text("@replaced_by('One')\nclass A: ...\n")
    settings = Settings(shapes=shapes)
    assert load_target(settings).shapes[0].shared_name == "One"
    shapes.write_text("@replaced_by('Another')\nclass A: ...\n")
    assert load_target(settings).shapes[0].shared_name == "Another"


@pytest.mark.parametrize("text", ["", "a b", "1a", "class", "a.b"])
def test_no_class_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a class name"):
        check_class_name(text)


@pytest.mark.parametrize("text", ["", ".a", "a..b", "a/b", "a.class"])
def test_no_module(text: str) -> None:
    with pytest.raises(ValueError, match="is not a dotted module name"):
        check_module(text)


def test_paths_and_patterns(tmp_path: Path) -> None:
    write(tmp_path, "[tool.ssot-codemods]\npaths = ['tests']\nexclude = []\n")
    settings = read_settings(tmp_path)
    assert (settings.paths, settings.exclude) == (("tests",), ())


def test_phases_categories_and_the_golden_path(tmp_path: Path) -> None:
    write(
        tmp_path,
        "[tool.ssot-codemods]\ngolden-path = ['python x.py']\n"
        "[tool.ssot-codemods.categories]\nunit = ['u']\nslow = ['s']\n"
        "[tool.ssot-codemods.phases.first]\npaths = ['a']\ncollection-seconds = 2\n"
        "copies-left = 3\n",
    )
    settings = read_settings(tmp_path)
    assert settings.golden_path == ("python x.py",)
    assert dict(settings.categories)["unit"] == ("u",)
    assert dict(settings.categories)["slow"] == ("s",)
    assert dict(settings.categories)["e2e"] == ("tests/e2e",)
    assert settings.phases == (Phase("first", ("a",), 2, copies_left=3),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("categories = 1\n", r"toml:2: .* categories: wanted: a table"),
        ("categories.unit = 'u'\n", "unit: wanted: a list of strings, at least one"),
        ("[tool.ssot-codemods.phases]\na = 1\n", r"toml:3: .* a: wanted: a table with paths"),
        ("[tool.ssot-codemods.phases.a]\npaths = ['x']\n", r"toml:2: .* a: lacks collection-sec"),
        (
            "[tool.ssot-codemods.phases.a]\npaths = []\n",
            r"toml:3: .*\.a\] paths: wanted: a list",
        ),
        (
            "[tool.ssot-codemods.phases.a]\npaths = ['x']\ncollection-seconds = true\n",
            r"toml:4: .*\.a\] collection-seconds: wanted",
        ),
        ("[tool.ssot-codemods.phases.a]\npath = ['x']\n", r"toml:3: .* path: unknown; known are"),
    ],
)
def test_what_cannot_be_a_phase(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, f"[tool.ssot-codemods]\n{text}")
    with pytest.raises(SettingsError, match=message):
        read_settings(tmp_path)
