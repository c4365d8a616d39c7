"""[tool.ssot-codemods] of the repository worked on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codemods import settings as module
from codemods.settings import (
    DEFAULT_MODULE,
    Phase,
    Settings,
    SettingsError,
    check_dotted,
    check_name,
    has_flake8_alone,
    read_settings,
)

TABLE = '[tool.ssot-codemods]\nmodules = ["a.b", "c"]\nharmless = ["torch.nn.Module"]\n'


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pyproject.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", [None, "[tool.other]\nmodules = 1\n", "tool = 1\n"])
def test_without_the_table_the_defaults_hold(tmp_path: Path, text: str | None) -> None:
    (tmp_path / ".git").mkdir()
    if text is not None:
        write(tmp_path, text)
    settings = read_settings(tmp_path)
    assert settings == Settings(root=tmp_path)
    assert settings.modules == (DEFAULT_MODULE,)


def test_the_table(tmp_path: Path) -> None:
    write(tmp_path, TABLE)
    assert read_settings(tmp_path) == Settings(
        ("a.b", "c"), ("torch.nn.Module",), root=tmp_path, has_table=True
    )


def test_it_is_found_from_a_folder_below(tmp_path: Path) -> None:
    write(tmp_path, TABLE)
    write(tmp_path / "tests", "[project]\nname = 'tests'\n")
    assert read_settings(tmp_path / "tests").modules == ("a.b", "c")


def test_it_is_not_looked_for_outside_the_checkout(tmp_path: Path) -> None:
    write(tmp_path, TABLE)
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    assert read_settings(tmp_path / "repo") == Settings(root=tmp_path / "repo")


def test_a_link_to_a_pyproject(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", TABLE)
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo/pyproject.toml").symlink_to("../elsewhere/pyproject.toml")
    assert read_settings(tmp_path / "repo").root == tmp_path / "repo"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module = 'a.b'\n", r"toml:2: .*\] module: is now `modules`, a list"),
        ("shapes = 'a.py'\n", r"toml:2: .*\] shapes: is removed: .* in `modules`"),
        ("\nclass-names = ['A']\n", r"toml:3: .*\] class-names: is removed: .* in `modules`"),
    ],
)
def test_an_old_key_names_the_new_one(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, f"[tool.ssot-codemods]\n{text}")
    with pytest.raises(SettingsError, match=message):
        read_settings(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = \n", r"pyproject\.toml: .*line 1"),
        ("[tool]\nssot-codemods = 1\n", r"pyproject\.toml: \[tool\.ssot-codemods\] is not a table"),
        ("[tool.ssot-codemods]\n\nmodul = 'a'\n", r"toml:3: .* modul: unknown; known are categ"),
        ("[tool.ssot-codemods]\nmodules = 'a'\n", r"toml:2: .* modules: wanted: a list of strings"),
        ("[tool.ssot-codemods]\nmodules = []\n", r"toml:2: .* modules: .* strings, at least one"),
        ("[tool.ssot-codemods]\nmodules = [1]\n", r"toml:2: .* modules: wanted: a list of strings"),
        ("[tool.ssot-codemods]\nmodules = ['a/b']\n", r"toml:2: .* 'a/b' is not a dotted name"),
        ("[tool.ssot-codemods]\nharmless = ['a.']\n", r"toml:2: .*harmless: 'a.' is not a dotted"),
        ("[tool.ssot-codemods]\npaths = []\n", r"toml:2: .* paths: .* strings, at least one"),
        (
            "[tool.ssot-codemods]\nexclude = [1]\n",
            r"toml:2: .* exclude: wanted: a list of strings$",
        ),
        (
            f"[tool.ssot-codemods]\nexclude = ['{'[' * 1_000_000}']\n",
            r"toml:2: .* exclude: a pattern has a bracket that is not closed$",
        ),
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


def test_a_pyproject_that_is_far_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMIT", 10)
    write(tmp_path, TABLE)
    with pytest.raises(SettingsError, match=r"pyproject\.toml: File too large"):
        read_settings(tmp_path)


@pytest.mark.parametrize("path", ["..", "../other", "a/../../other", "/", "link", "link/x", "\0"])
@pytest.mark.parametrize(
    "table",
    ["paths = [{}]", "categories.x = [{}]", "phases.a = {{paths=[{}], collection-seconds=1}}"],
)
def test_paths_stay_below_the_root(tmp_path: Path, path: str, table: str) -> None:
    (tmp_path / "other").mkdir()
    root = tmp_path / "root"
    write(root, f"[tool.ssot-codemods]\n{table.format(json.dumps(path))}\n")
    (root / "link").symlink_to("../other")
    with pytest.raises(SettingsError, match=r"pyproject\.toml:\d: .* leads out of the repository"):
        read_settings(root)


def test_paths_of_links_inside_are_fine(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    write(tmp_path, '[tool.ssot-codemods]\npaths = [".", "link", "there/../x"]\n')
    assert read_settings(tmp_path).paths == (".", "link", "there/../x")


def test_a_path_of_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to("circle")
    write(tmp_path, '[tool.ssot-codemods]\npaths = ["circle/x"]\n')
    assert read_settings(tmp_path).paths == ("circle/x",)


@pytest.mark.parametrize("text", ["", "a b", "1a", "class", "a.b"])
def test_no_name_of_a_definition(text: str) -> None:
    with pytest.raises(ValueError, match="is not the name of a class or function"):
        check_name(text)


@pytest.mark.parametrize("text", ["", ".a", "a..b", "a/b", "a.class"])
def test_no_dotted_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a dotted name"):
        check_dotted(text)


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


@pytest.mark.parametrize("text", ["{key} = 1\n", "[{key}]\n", "[[{key}]]\n"])
def test_a_key_that_tomllib_would_not_be_done_with(tmp_path: Path, text: str) -> None:
    write(tmp_path, text.format(key=".".join(["a"] * 400_000)))
    with pytest.raises(SettingsError, match="a line with more than 5,000 dots"):
        read_settings(tmp_path)


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
        *(
            (
                f"[tool.ssot-codemods.phases.a]\npaths = ['x']\ncollection-seconds = {number}\n",
                r"toml:4: .* collection-seconds: wanted: a number from 0 to 1,000,000,000",
            )
            for number in ("-1", "nan", "inf", f"0x{'f' * 5000}")
        ),
        ("[tool.ssot-codemods.phases.a]\npath = ['x']\n", r"toml:3: .* path: unknown; known are"),
    ],
)
def test_what_cannot_be_a_phase(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, f"[tool.ssot-codemods]\n{text}")
    with pytest.raises(SettingsError, match=message):
        read_settings(tmp_path)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, False),
        ({".flake8": "[flake8]\n"}, True),
        ({"setup.cfg": "[metadata]\n[flake8]\n"}, True),
        ({"tox.ini": "[flake8]\n", "pyproject.toml": "tool = 1\n"}, True),
        ({"setup.cfg": "[metadata]\n"}, False),
        ({".flake8": "[flake8]\n", "pyproject.toml": "[tool.ruff]\n"}, False),
        ({".flake8": "[flake8]\n", ".ruff.toml": ""}, False),
    ],
)
def test_flake8_alone(tmp_path: Path, files: dict[str, str], expected: bool) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert has_flake8_alone(tmp_path) is expected
