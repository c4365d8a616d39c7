"""Where the shared modules lie, and which of them count for which file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codemods import shared_modules as module
from codemods.model import PytestNames, SharedModule, SharedModules
from codemods.settings import DEFAULT_MODULE, Settings, SettingsError, read_settings, settings_in
from codemods.shared_modules import (
    SettingsByFile,
    asserting_definitions,
    conftests,
    find_module,
    read_shared_modules,
)
from tests.tools import write

HELPER = "def make_agent():\n    return 1\n"
CHECKER = "def check(x):\n    assert x\n"
DEFAULT_FILE = f"{DEFAULT_MODULE.replace('.', '/')}.py"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the root of a checkout, that is the working folder."""
    root = tmp_path / "repo"
    (root / ".git").mkdir(parents=True)
    monkeypatch.chdir(root)
    return root


def table(*modules: str, more: str = "") -> str:
    names = ", ".join(f'"{name}"' for name in modules)
    return f"[tool.ssot-codemods]\n{more}modules = [{names}]\n"


# Finding a module


@pytest.mark.parametrize(
    ("files", "dotted", "found"),
    [
        ({"a/b.py": ""}, "a.b", "a/b.py"),
        ({"a/b/__init__.py": ""}, "a.b", "a/b/__init__.py"),
        ({"a/b/__init__.py": "", "a/b.py": ""}, "a.b", "a/b/__init__.py"),
        ({"helpers.py": ""}, "helpers", "helpers.py"),
        ({"src/a/b.py": ""}, "a.b", "src/a/b.py"),
        ({"src/a/b.py": "", "a/b.py": ""}, "a.b", "a/b.py"),
        ({"lib/a/b.py": "", "pytest.ini": "[pytest]\npythonpath = x lib\n"}, "a.b", "lib/a/b.py"),
        (
            {"lib/a.py": "", "src/a.py": "", "setup.cfg": "[tool:pytest]\npythonpath = lib\n"},
            "a",
            "lib/a.py",
        ),
        ({"a/c.py": ""}, "a.b", None),
        ({"tests/a.py": ""}, "a", None),
        ({"a/b.py/c.txt": ""}, "a.b", None),
    ],
)
def test_a_module_is_found(
    root: Path, files: dict[str, str], dotted: str, found: str | None
) -> None:
    write(root, files)
    assert find_module(Settings(root=root), dotted) == (root / found if found else None)


def test_the_configuration_of_pytest_that_counts_for_the_paths(root: Path) -> None:
    write(root, {"checks/pytest.ini": "[pytest]\npythonpath = ../lib\n", "lib/a.py": ""})
    assert find_module(Settings(root=root), "a") is None
    assert find_module(Settings(paths=("checks",), root=root), "a") == root / "lib/a.py"


def test_a_root_that_is_a_package_gives_its_modules_a_longer_name(root: Path) -> None:
    """pytest puts its parent folder on sys.path, so that `tests.a` would be a second module."""
    write(root, {"__init__.py": "", "tests/__init__.py": "", "tests/a.py": ""})
    settings = Settings(root=root)
    assert find_module(settings, "tests.a") is None
    assert find_module(settings, "repo.tests.a") == root / "tests/a.py"
    message = r"repo is a package itself, so pytest imports it as repo\.tests\.a"
    with pytest.raises(SettingsError, match=message):
        read_shared_modules(settings, ["tests.a"])
    write(root, {"pytest.ini": "[pytest]\npythonpath = .\n"})
    assert find_module(settings, "tests.a") == root / "tests/a.py"


def test_a_root_below_other_packages(tmp_path: Path) -> None:
    root = tmp_path / "outer/inner"
    write(root, {"__init__.py": "", "../__init__.py": "", "tests/a.py": ""})
    (root / ".git").mkdir()
    settings = Settings(root=root)
    assert find_module(settings, "outer.inner.tests.a") == root / "tests/a.py"
    assert find_module(settings, "inner.tests.a") is None
    with pytest.raises(SettingsError, match=r"imports it as outer\.inner\.tests\.a"):
        read_shared_modules(settings, ["tests.a"])


def test_a_root_that_is_known_by_a_longer_name(tmp_path: Path) -> None:
    """An Ansible collection has no package around its modules, and is imported by its full name."""
    root = tmp_path / "ansible_collections/netapp/ontap"
    write(root, {"tests/mocks.py": ""})
    (root / ".git").mkdir()
    settings = Settings(root=root)
    dotted = "ansible_collections.netapp.ontap.tests.mocks"
    assert find_module(settings, dotted) == root / "tests/mocks.py"
    assert find_module(settings, "collections.netapp.ontap.tests.mocks") is None


def test_a_module_that_a_link_leads_to(root: Path) -> None:
    write(root, {"real/a.py": ""})
    write(root.parent, {"outside/b.py": ""})
    (root / "linked").symlink_to("real")
    (root / "b.py").symlink_to("../outside/b.py")
    settings = Settings(root=root)
    assert find_module(settings, "linked.a") == root / "real/a.py"
    assert find_module(settings, "b") is None
    with pytest.raises(SettingsError, match=r"b\.py is a link to .*outside/b\.py, outside of it"):
        read_shared_modules(settings, ["b"])


def test_a_module_above_the_checkout_is_not_found(root: Path) -> None:
    write(root.parent, {"a.py": "", "src/b.py": ""})
    write(root, {"pytest.ini": "[pytest]\npythonpath = .. ../src\n"})
    assert find_module(Settings(root=root), "a") is None
    assert find_module(Settings(root=root), "b") is None


def test_settings_below_the_root_of_the_checkout(root: Path) -> None:
    """A package of a monorepo may share what lies beside it, where pytest imports it from."""
    write(root, {"one/pytest.ini": "[pytest]\npythonpath = ../common\n", "common/a.py": ""})
    assert find_module(Settings(root=root / "one"), "a") == root / "common/a.py"


def test_a_root_that_is_a_link(root: Path, tmp_path: Path) -> None:
    write(root, {"a.py": ""})
    (tmp_path / "link").symlink_to("repo")
    assert find_module(Settings(root=tmp_path / "link"), "a") == root / "a.py"


# Reading the modules


def test_the_modules_are_read(root: Path) -> None:
    write(root, {"tests/a.py": HELPER, "b/__init__.py": CHECKER})
    settings = Settings(("tests.a", "b"), ("x.Base",), root=root)
    beside = frozenset({"tests", "b"})
    a = SharedModule(
        "tests.a", str(root / "tests/a.py"), HELPER.encode(), folder=str(root), beside=beside
    )
    b = SharedModule(
        "b", str(root / "b/__init__.py"), CHECKER.encode(), folder=str(root), beside=beside
    )
    wanted = SharedModules((a, b), ("x.Base",), None, first_party=beside)
    assert read_shared_modules(settings) == wanted


@pytest.mark.parametrize(
    ("ruff", "wanted"),
    [
        ("", {"a", "app", "src", "lib"}),
        ('[tool.ruff]\nsrc = ["src", "lib", "gone", "../outside", 1]\n', {"app", "tools"}),
        ("[tool.ruff]\nline-length = 100\n", {"a", "app", "src", "lib"}),
        (
            '[tool.ruff.lint.isort]\nknown-third-party = ["lib", "x"]\nknown-first-party = ["y"]\n',
            {"a", "app", "src", "y"},
        ),
        ("[tool.ruff.lint.isort]\nknown-third-party = 1\n", {"a", "app", "src", "lib"}),
    ],
    ids=["by default", "some folders", "other settings", "some modules", "no list"],
)
def test_the_modules_of_the_repository_are_those_of_ruff(
    ruff: str, wanted: set[str], root: Path
) -> None:
    write(root, {"a.py": HELPER, "src/app/__init__.py": "", "lib/tools.py": "", "b-c.txt": ""})
    write(root, {"../outside/far.py": "", "pyproject.toml": table("a") + ruff})
    assert read_shared_modules(read_settings(root)).first_party == wanted


def test_the_options_replace_and_restrict(root: Path) -> None:
    write(root, {"a.py": HELPER, "b.py": HELPER})
    found = read_shared_modules(Settings(("gone",), root=root), ["b"], ["make_agent"])
    assert [m.name for m in found.modules] == ["b"]
    assert found.only == frozenset({"make_agent"})


def test_a_changed_module_is_read_again(root: Path) -> None:
    write(root, {"a.py": HELPER})
    settings = Settings(("a",), root=root)
    assert read_shared_modules(settings).modules[0].source == HELPER.encode()
    write(root, {"a.py": CHECKER})
    os.utime(root / "a.py", ns=(1, 1))
    assert read_shared_modules(settings).modules[0].source == CHECKER.encode()


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        (["gone.a"], r"toml:3: .*\] modules: no module gone\.a in this repository"),
        (["gone.a"], r"or run `ssot-codemods init`, which writes the default module$"),
        (
            [DEFAULT_MODULE],
            r"toml:3: .*: begin with `ssot-codemods discover` .* or name your module$",
        ),
        (["broken"], r"/broken\.py:2: "),
        (["null"], r"/null\.py:1: .*null"),
        (["a", "linked"], r"toml:3: .* a and linked are the same file, .*/a\.py: name it once$"),
        (["lib.a", "a"], r"toml:3: .* lib\.a and a are the same file"),
    ],
)
def test_modules_that_cannot_be_used(root: Path, modules: list[str], message: str) -> None:
    write(root, {"lib/a.py": HELPER, "broken.py": "\nclass (:\n", "null.py": "x = '\0'\n"})
    write(root, {"pytest.ini": "[pytest]\npythonpath = lib\n"})
    write(root, {"pyproject.toml": table(*modules, more="paths = ['.']\n")})
    (root / "linked.py").symlink_to("lib/a.py")
    with pytest.raises(SettingsError, match=message):
        read_shared_modules(read_settings(root))


def test_where_the_table_does_not_name_modules(root: Path) -> None:
    write(
        root, {"pyproject.toml": "[project]\nname = 'a'\n\n[tool.ssot-codemods]\npaths = ['.']\n"}
    )
    with pytest.raises(SettingsError, match=r"toml:4: .* modules: no module test_framework\."):
        read_shared_modules(read_settings(root))


def test_what_is_no_file_or_far_too_large(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(root / "pipe.py")
    (root / "zero.py").symlink_to("/dev/zero")
    for name in ("pipe", "zero"):
        with pytest.raises(SettingsError, match=f"no module {name} in this repository"):
            read_shared_modules(Settings(root=root), [name])
    write(root, {"large.py": HELPER})
    monkeypatch.setattr(module, "LIMIT", 10)
    with pytest.raises(SettingsError, match=r"large\.py: File too large"):
        read_shared_modules(Settings(root=root), ["large"])


def test_what_pytest_collects_by_any_configuration(root: Path) -> None:
    write(
        root,
        {
            "a.py": HELPER,
            "one/pytest.ini": "[pytest]\npython_functions = check\n",
            "two/pytest.ini": "[pytest]\npython_classes = Suite\n",
        },
    )
    found = read_shared_modules(Settings(("a",), paths=("one", "two"), root=root))
    assert found.tests == PytestNames(classes=("Test", "Suite"), functions=("check", "test"))


# Whether pytest rewrites asserts


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, False),
        ({"conftest.py": "import pytest\npytest.register_assert_rewrite('tests.a')\n"}, True),
        ({"conftest.py": "import tests.a\n"}, False),
        ({"tests/conftest.py": "import pytest\npytest.register_assert_rewrite('tests')\n"}, False),
        ({"tests/__init__.py": "import pytest\npytest.register_assert_rewrite('tests.a')\n"}, True),
        ({"tests/__init__.py": "from .a import *\n"}, False),
        ({"pytest.ini": "[pytest]\npython_files = tests/*.py\n"}, True),
        ({"pytest.ini": "[pytest]\npython_files = *_a.py\n"}, False),
    ],
)
def test_rewritten_asserts(root: Path, files: dict[str, str], expected: bool) -> None:
    write(root, {"tests/a.py": CHECKER, **files})
    (found,) = read_shared_modules(Settings(("tests.a",), root=root)).modules
    assert found.rewrites_asserts == expected


def test_the_asserts_of_a_package_and_of_a_conftest(root: Path) -> None:
    write(root, {"__init__.py": "", "a/__init__.py": CHECKER, "conftest.py": ""})
    settings = Settings(("repo.a", "repo.conftest"), root=root)
    assert [m.rewrites_asserts for m in read_shared_modules(settings).modules] == [False, True]
    write(root, {"__init__.py": "import pytest\npytest.register_assert_rewrite('repo.a')\n"})
    assert read_shared_modules(settings).modules[0].rewrites_asserts


def test_the_conftest_of_each_configuration_counts(root: Path) -> None:
    register = "import pytest\npytest.register_assert_rewrite('a')\n"
    write(root, {"a.py": CHECKER, "one/pytest.ini": "", "two/pytest.ini": ""})
    settings = Settings(("a",), paths=("one", "two"), root=root)
    for files, expected in (
        ({"conftest.py": register}, False),  # pytest does not look above its configuration
        ({"one/conftest.py": register}, False),
        ({"two/conftest.py": register}, True),
    ):
        write(root, files)
        assert read_shared_modules(settings).modules[0].rewrites_asserts == expected


REGISTER = "import pytest\npytest.register_assert_rewrite('a')\n"
CHAINS: dict[str, tuple[dict[str, str], bool, str]] = {
    "the one around all paths": ({"tests/conftest.py": REGISTER}, True, "tests/conftest.py"),
    "one below it": ({"tests/x/conftest.py": REGISTER}, False, "conftest.py"),
    "none": ({}, False, "conftest.py"),
    "an outer one that says nothing": (
        {"conftest.py": "", "tests/conftest.py": REGISTER},
        True,
        "conftest.py",
    ),
    "an outer one that imports the module": (
        {"conftest.py": "import a\n", "tests/conftest.py": REGISTER},
        False,
        "conftest.py",
    ),
}


@pytest.mark.parametrize(("given", "expected", "first"), CHAINS.values(), ids=CHAINS)
def test_conftests_that_run_before_all_tests(
    root: Path, given: dict[str, str], expected: bool, first: str
) -> None:
    tests = {"tests/x/test_a.py": "", "tests/y/test_b.py": ""}
    write(root, {"a.py": CHECKER, "pytest.ini": "[pytest]\n", **tests, **given})
    settings = Settings(("a",), paths=("tests/x", "tests/y"), root=root)
    assert read_shared_modules(settings).modules[0].rewrites_asserts == expected
    assert conftests(settings) == [root / first]


def test_definitions_with_an_assert() -> None:
    source = (
        f"{HELPER}{CHECKER}class A:\n    def f(self):\n        assert self\nassert make_agent\n"
    )
    assert asserting_definitions(SharedModule("a", "a.py", source.encode())) == ("check", "A")


# The settings of each file


def by_file(modules: list[str] | None = None, names: list[str] | None = None) -> SettingsByFile:
    return SettingsByFile(read_settings(Path.cwd()), modules, names)


def names(found: SharedModules | None) -> list[str] | None:
    return None if found is None else [m.name for m in found.modules]


def test_the_nearest_table_counts_for_each_file(root: Path) -> None:
    write(root, {"pyproject.toml": table("common"), "common.py": HELPER})
    write(root, {"one/pyproject.toml": table("own"), "one/own.py": HELPER})
    write(root, {"two/pyproject.toml": "[project]\n", "one/sub/test_a.py": ""})
    files = by_file()
    assert files.settings("one/sub/test_a.py").root == root / "one"
    assert names(files.shared("one/sub/test_a.py")) == ["own"]
    assert names(files.shared("two/test_a.py")) == ["common"]
    assert names(files.shared("test_a.py")) == ["common"]
    assert files.uncovered() == ()
    assert files.shared("one/test_b.py") == files.shared(str(root / "one/test_c.py"))


def test_files_that_no_table_covers_are_named(root: Path) -> None:
    write(root, {"one/pyproject.toml": table("own"), "one/own.py": HELPER})
    files = by_file()
    assert names(files.shared("one/test_a.py")) == ["own"]
    assert files.shared("two/test_a.py") is None
    assert files.modules("two/test_a.py") == ()
    assert files.uncovered() == ("two",)


@pytest.mark.parametrize("asked", [[], ["tests/test_a.py"]])
def test_no_table_and_no_default_module(root: Path, asked: list[str]) -> None:
    files = by_file()
    assert [files.shared(path) for path in asked] == [None for _ in asked]
    with pytest.raises(SettingsError, match="`ssot-codemods init`"):
        files.uncovered()


def test_the_default_module_without_a_table(root: Path) -> None:
    write(root, {DEFAULT_FILE: HELPER})
    files = by_file()
    assert names(files.shared("tests/test_a.py")) == [DEFAULT_MODULE]
    assert files.uncovered() == ()


def test_without_git_the_working_folder_is_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {DEFAULT_FILE: HELPER})
    assert names(by_file().shared("tests/unit/test_a.py")) == [DEFAULT_MODULE]


def test_a_checkout_inside_is_another_repository(root: Path) -> None:
    write(root, {"pyproject.toml": table("common"), "common.py": HELPER})
    (root / "inner/.git").mkdir(parents=True)
    files = by_file()
    assert files.shared("inner/tests/test_a.py") is None
    assert names(files.shared("tests/test_a.py")) == ["common"]


def test_a_file_outside_of_the_root(root: Path) -> None:
    write(root, {"pyproject.toml": table("common"), "common.py": HELPER})
    files = by_file()
    assert files.shared("../elsewhere/test_a.py") is None
    assert files.uncovered() == ("../elsewhere",)


def test_the_paths_of_all_read_shared_modules(root: Path) -> None:
    write(root, {"pyproject.toml": table("common"), "common.py": HELPER})
    write(root, {"one/pyproject.toml": table("own"), "one/own.py": HELPER})
    files = by_file()
    assert files.shared_paths() == frozenset()
    for path in ("test_a.py", "one/test_a.py"):
        files.shared(path)
    assert files.shared_paths() == {str(root / "common.py"), str(root / "one/own.py")}


def test_each_table_is_read_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run over thousands of folders asks for each of them."""
    write(root, {"pyproject.toml": table("common"), "common.py": HELPER})
    asked: list[Path] = []

    def seen(folder: Path) -> Settings | None:
        asked.append(folder)
        return settings_in(folder)

    monkeypatch.setattr(module, "settings_in", seen)
    files = by_file()
    found = {id(files.shared(f"tests/{n}/test_{m}.py")) for n in range(3) for m in range(3)}
    assert len(found) == 1
    assert len(asked) == len(set(asked)) == 5


def test_a_file_that_a_link_leads_to(root: Path) -> None:
    write(root, {"pyproject.toml": table("common"), "common.py": HELPER})
    write(root, {"one/pyproject.toml": table("own"), "one/own.py": HELPER})
    (root / "linked").symlink_to("one")
    files = by_file()
    assert names(files.shared("linked/test_a.py")) == ["own"]
    assert files.settings("linked/test_a.py").root == root / "one"


def test_the_excluded_patterns_of_the_command_line_stay(root: Path) -> None:
    write(root, {"pyproject.toml": table("common"), "common.py": HELPER})
    own = read_settings(root)._replace(exclude=("x",))
    assert SettingsByFile(own).settings("tests/test_a.py").exclude == ("x",)


def test_the_limit_of_time_of_the_command_line_counts_for_all_files(root: Path) -> None:
    write(root, {"one/pyproject.toml": table("own"), "one/own.py": HELPER})
    files = SettingsByFile(read_settings(root)._replace(file_timeout=3))
    assert files.settings("one/test_a.py").root == root / "one"
    assert files.settings("one/test_a.py").file_timeout == 3


def test_a_module_of_the_command_line_counts_for_all_files(root: Path) -> None:
    write(root, {"one/pyproject.toml": table("own"), "one/own.py": HELPER, "b.py": HELPER})
    files = by_file(modules=["b"], names=["x"])
    for path in ("one/test_a.py", "two/test_a.py"):
        found = files.shared(path)
        assert found is not None
        assert (names(found), found.only) == (["b"], frozenset({"x"}))
    assert files.uncovered() == ()


def test_a_table_with_a_module_that_is_not_there(root: Path) -> None:
    write(root, {"one/pyproject.toml": table("gone")})
    with pytest.raises(SettingsError, match=r"one/pyproject\.toml:2: .* no module gone"):
        by_file().shared("one/test_a.py")


# A configuration that cannot be read

NO_TOML = "[project.scripts]\n{{name}} = 1\n"


def test_a_template_has_the_settings_around_it(root: Path) -> None:
    """pytest does not start in its folder, and nothing else there is hindered."""
    own = f"{table('a')}[tool.pytest.ini_options]\npython_files = ['check_*.py']\n"
    write(root, {"pyproject.toml": own, "t/pyproject.toml": NO_TOML, "t/u/pytest.ini": "[pytest"})
    files = by_file()
    for path in ("t/test_a.py", "t/u/test_a.py"):
        assert files.settings(path) == files.own
        assert files.tests(path).files == ("check_*.py",)


@pytest.mark.parametrize(
    ("path", "text"),
    [("t/pyproject.toml", f"{NO_TOML}[tool.ssot-codemods]\n"), ("pyproject.toml", NO_TOML)],
)
def test_a_broken_file_of_ones_own_is_an_error(root: Path, path: str, text: str) -> None:
    write(root, {path: text})
    with pytest.raises(SettingsError, match=f"{path}.*line 2"):
        SettingsByFile(Settings(root=root)).tests("t/test_a.py")
