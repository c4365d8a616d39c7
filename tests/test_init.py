"""A repository made ready."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from codemods.cli import main
from codemods.disk.folder import Folder
from codemods.settings import DEFAULT_MODULE, Settings, read_settings
from codemods.shared_modules import read_shared_modules
from tests import tools

ROOT = Path(__file__).parent.parent
MODULE = "websocket_connection_test_utility"
TABLE = (
    b'[tool.ssot-codemods]\nmodules = ["test_framework.ssot.websocket_connection_test_utility"]\n'
)
FILES = {
    ".libcst.codemod.yaml",
    "pyproject.toml",
    "test_framework/__init__.py",
    "test_framework/ssot/__init__.py",
    f"test_framework/ssot/{MODULE}.py",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", *arguments])


def files(root: Path) -> dict[str, bytes]:
    found = (p for p in root.rglob("*") if p.is_file())
    return {str(p.relative_to(root)): p.read_bytes() for p in found}


def test_a_fresh_repository(root: Path) -> None:
    result = init()
    assert (result.exit_code, result.stderr) == (0, "")
    *lines, gap, first, then = result.stdout.splitlines()
    assert {re.sub(": .+", "", line) for line in lines} == {f"wrote {name}" for name in FILES}
    assert (gap, then) == ("", "then: ssot-codemods analyze")
    assert first == "next: name the modules of your own helpers in pyproject.toml, and commit"
    found = files(root)
    assert set(found) == FILES
    assert found["pyproject.toml"] == TABLE
    assert found[".libcst.codemod.yaml"] == (ROOT / ".libcst.codemod.yaml").read_bytes()
    name = f"test_framework/ssot/{MODULE}.py"
    assert found[name] == (ROOT / name).read_bytes()
    settings = read_settings(root)
    assert settings == Settings(root=root, has_table=True)
    assert read_shared_modules(settings).modules[0].path == str(root / name)


def test_twice(root: Path) -> None:
    init()
    before = files(root)
    assert init("-v").stdout.startswith("nothing to do\n\nunchanged: .libcst.codemod.yaml\n")
    assert init("-q").stdout == ""
    again = init()
    assert (again.exit_code, again.stdout, again.stderr) == (0, "nothing to do\n", "")
    assert files(root) == before


def test_from_a_folder_below(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "tests").mkdir()
    monkeypatch.chdir(root / "tests")
    assert "wrote ../pyproject.toml: " in init().stdout
    assert set(files(root)) == FILES


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", TABLE),
        (b"[a]\nx = 1\n", b"[a]\nx = 1\n\n" + TABLE),
        (b"[a]\nx = 1", b"[a]\nx = 1\n\n" + TABLE),
        (b"[a]\r\nx = 1\r\n", b"[a]\r\nx = 1\r\n\r\n" + TABLE.replace(b"\n", b"\r\n")),
        ("# ä".encode(), "# ä\n\n".encode() + TABLE),
    ],
)
def test_the_table_is_added(root: Path, before: bytes, after: bytes) -> None:
    path = root / "pyproject.toml"
    path.write_bytes(before)
    path.chmod(0o640)
    assert init().exit_code == 0
    assert path.read_bytes() == after
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert read_settings(root).has_table
    assert init().stdout == "nothing to do\n"


def test_a_link_stays_one(root: Path) -> None:
    (root / "real.toml").write_bytes(b"[a]\n")
    (root / "pyproject.toml").symlink_to("real.toml")
    assert init().exit_code == 0
    assert (root / "pyproject.toml").is_symlink()
    assert (root / "real.toml").read_bytes() == b"[a]\n\n" + TABLE


@pytest.mark.parametrize("text", [b"x = \n", b"[tool]\nssot-codemods = 1\n", b"tool = {a = 1}\n"])
def test_a_pyproject_that_takes_no_table(root: Path, text: bytes) -> None:
    (root / "pyproject.toml").write_bytes(text)
    result = init()
    assert result.exit_code == 2
    assert str(root / "pyproject.toml") in result.stderr
    assert files(root) == {"pyproject.toml": text}


def test_a_table_that_says_the_same(root: Path) -> None:
    text = TABLE + b'paths = ["tests"]\n'
    (root / "pyproject.toml").write_bytes(text)
    result = init()
    assert result.exit_code == 0
    assert "pyproject" not in result.stdout
    assert files(root)["pyproject.toml"] == text


OWN = f"test_framework.ssot.{MODULE}"
TABLES = {
    "a list on lines": (
        '[a]\n[tool.ssot-codemods]\nmodules = [\n  "own",  # ours\n]\npaths = ["t"]\n\n[b]\n',
        '"own",  # ours\n',
        f'"own",  # ours\n  "{OWN}",\n',
    ),
    "a list on lines without a comma": (
        '[tool.ssot-codemods]\nmodules = [\n\t"own"  # ours\n\t# end\n]\n',
        '"own"  # ours\n',
        f'"own",  # ours\n\t"{OWN}",\n',
    ),
    "a list on one line": (
        '[tool.ssot-codemods]\nmodules = ["own", ]  # ours\npaths = ["t[1]"]\n',
        '["own", ]',
        f'["own", "{OWN}" ]',
    ),
    "a list of another table first": (
        '[tool.x]\nmodules = ["own"]\n[tool.ssot-codemods]\nmodules = ["own"]\n',
        '[tool.ssot-codemods]\nmodules = ["own"',
        f'[tool.ssot-codemods]\nmodules = ["own", "{OWN}"',
    ),
    "dotted keys": (
        'tool.ssot-codemods.modules = ["own"]\n',
        '["own"]',
        f'["own", "{OWN}"]',
    ),
    "an inline table": (
        '[tool]\nssot-codemods = {paths = ["t"], modules = ["own"]}\n',
        'modules = ["own"]',
        f'modules = ["own", "{OWN}"]',
    ),
    "Windows": (
        '[tool.ssot-codemods]\r\nmodules = [\r\n  "own"\r\n]',
        '"own"\r\n',
        f'"own",\r\n  "{OWN}",\r\n',
    ),
}


@pytest.mark.parametrize(("text", "old", "new"), TABLES.values(), ids=TABLES)
def test_a_table_that_names_other_modules(root: Path, text: str, old: str, new: str) -> None:
    (root / "own.py").touch()
    (root / "t").mkdir()
    (root / "pyproject.toml").write_bytes(text.encode())
    result = init("--to", "test_framework/ssot")
    assert result.exit_code == 0, result.output
    assert files(root)["pyproject.toml"].decode() == text.replace(old, new, 1)
    assert "added to pyproject.toml" in result.stdout


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_table_without_modules(root: Path, end: str) -> None:
    text = f'[tool.ssot-codemods]\n# ours\nharmless = ["a"]\n\n[b]{end}'
    (root / "pyproject.toml").write_text(text)
    assert init("--to", "lib").exit_code == 0
    line = f'[tool.ssot-codemods]\nmodules = ["lib.{MODULE}"]\n'
    after = text.replace("[tool.ssot-codemods]\n", line)
    assert files(root)["pyproject.toml"].decode() == after


def test_a_list_with_no_place_that_is_found(root: Path) -> None:
    text = '[tool.ssot-codemods]\n"modu\\u006ces" = ["own"]\n'
    (root / "pyproject.toml").write_text(text)
    (root / "own.py").touch()
    result = init("--to", "lib")
    assert result.exit_code == 2
    assert f'add "lib.{MODULE}" to `modules` of [tool.ssot-codemods]' in result.stderr
    assert files(root)["pyproject.toml"].decode() == text


YAMLS = {
    "nothing": ("", "modules:\n- codemods.commands\n"),
    "a comment": ("# ours\n", "# ours\nmodules:\n- codemods.commands\n"),
    "no modules": ("repo_root: '.'", "repo_root: '.'\nmodules:\n- codemods.commands\n"),
    "a list on lines": (
        "modules:\n  - ours.codemods  # a\nformatter:\n  - black\n  - '-'\n",
        "modules:\n  - ours.codemods  # a\n  - codemods.commands\nformatter:\n  - black\n  - '-'\n",
    ),
    "a list on one line": (
        "formatter: [black]\nmodules: [ours.codemods]\n",
        "formatter: [black]\nmodules: [ours.codemods, codemods.commands]\n",
    ),
    "Windows": ("modules:\r\n- ours\r\n", "modules:\r\n- ours\r\n- codemods.commands\r\n"),
}


@pytest.mark.parametrize(("before", "after"), YAMLS.values(), ids=YAMLS)
def test_a_yaml_file_of_the_repository(root: Path, before: str, after: str) -> None:
    (root / ".libcst.codemod.yaml").write_bytes(before.encode())
    result = init()
    assert result.exit_code == 0, result.output
    assert files(root)[".libcst.codemod.yaml"].decode() == after
    assert "--no-format" in result.stdout
    assert "libcst" not in init().stdout


@pytest.mark.parametrize("text", ["- a\n", "modules: a\n", "a: [\n", "modules: &a [*a]\n"])
def test_a_yaml_file_that_takes_no_command(root: Path, text: str) -> None:
    (root / ".libcst.codemod.yaml").write_text(text)
    result = init()
    assert result.exit_code == 2
    assert str(root / ".libcst.codemod.yaml") in result.stderr
    assert files(root) == {".libcst.codemod.yaml": text.encode()}


@pytest.mark.parametrize(
    "name", sorted(FILES - {"pyproject.toml", ".libcst.codemod.yaml", "test_framework/__init__.py"})
)
@pytest.mark.parametrize("content", [b"", b"# mine\n"])
def test_a_file_that_is_there_is_never_overwritten(root: Path, name: str, content: bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    result = init()
    if name.endswith("__init__.py"):  # that of a folder which is there is none of ours
        assert result.exit_code == 0
    else:
        assert result.exit_code == 1
        assert f"--- a/{name}\n" in result.stdout
        assert set(files(root)) == {name}
    assert path.read_bytes() == content


def test_folders_that_are_there_stay_packages_or_none(root: Path) -> None:
    (root / "tests/shared").mkdir(parents=True)
    assert init("--to", "tests/shared/ssot").exit_code == 0
    found = set(files(root))
    assert "tests/shared/ssot/__init__.py" in found
    assert not found & {"tests/__init__.py", "tests/shared/__init__.py"}
    assert read_settings(root).modules == (f"tests.shared.ssot.{MODULE}",)


def test_to_the_root_itself(root: Path) -> None:
    assert init("--to", ".").exit_code == 0
    assert set(files(root)) == {
        ".libcst.codemod.yaml",
        "pyproject.toml",
        f"{MODULE}.py",
    }
    assert read_settings(root).modules == (MODULE,)


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("/tmp/x", "a folder below"),
        ("../x", "a folder below"),
        ("a/../b", "a folder below"),
        ("my-tests", "is not a dotted name"),
        ("a/1", "is not a dotted name"),
        ("a/class", "is not a dotted name"),
        ("a.b", "holds a dot"),
        ("file/x", "is no folder"),
        ("broken", "is no folder"),
    ],
)
def test_bad_names(root: Path, folder: str, message: str) -> None:
    (root / "file").write_bytes(b"")
    (root / "broken").symlink_to("nowhere")
    result = init("--to", folder)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert message in result.stderr
    assert set(files(root)) == {"file"}


@pytest.mark.parametrize("name", [".libcst.codemod.yaml", "pyproject.toml", "test_framework"])
@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_that_leads_out(root: Path, name: str, is_there: bool) -> None:
    other = root.parent / f"{root.name}-other"
    if is_there and name == "test_framework":
        other.mkdir()
    elif is_there:
        other.write_bytes(b"")
    (root / name).symlink_to(other)
    result = init()
    assert result.exit_code == 2
    assert str(root / name) in result.stderr
    assert other.exists() == is_there
    assert not is_there or not other.is_dir() or list(other.iterdir()) == []
    assert not other.is_file() or other.read_bytes() == b""


def test_a_huge_file(root: Path) -> None:
    with (root / ".libcst.codemod.yaml").open("wb") as file:
        file.truncate(1 << 40)
    result = init()
    assert result.exit_code == 2
    assert "File too large" in result.stderr


@pytest.mark.parametrize("name", [".libcst.codemod.yaml", "pyproject.toml"])
def test_what_is_no_file(root: Path, name: str) -> None:
    (root / name).mkdir()
    result = init()
    assert result.exit_code == 2
    assert "is there, and is no file" in result.stderr
    assert files(root) == {}


def test_a_disk_that_is_full_is_no_usage_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Folder, name: str, content: bytes) -> None:
        raise OSError(28, "No space left on device", name)

    monkeypatch.setattr(Folder, "write", full)
    result = init()
    assert result.exit_code == 3
    assert "No space left on device" in result.stderr
    assert files(root) == {}


def test_a_repository_with_packages_of_the_same_names(root: Path) -> None:
    """The console script finds its own code and copies, whatever the repository has."""
    for name in ("test_framework", "codemods"):
        (root / name).mkdir()
        (root / name / "__init__.py").write_bytes(b"raise ImportError('not ours')\n")
    script = Path(sys.executable).with_name("ssot-codemods")
    done = subprocess.run([script, "init"], capture_output=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, b"")
    found = files(root)
    assert (
        found[f"test_framework/ssot/{MODULE}.py"]
        == (ROOT / f"test_framework/ssot/{MODULE}.py").read_bytes()
    )
    assert found["test_framework/__init__.py"] == b"raise ImportError('not ours')\n"


def run(*command: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, capture_output=True, check=False, timeout=120)


def test_migrate_after_init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new imports are of the own module, and pytest really imports that one."""
    monkeypatch.chdir(tmp_path)
    run("git", "init", "-q")
    (tmp_path / "checks/unit").mkdir(parents=True)
    body = "{copy}\n\ndef test_it():\n    ws = TestWebSocketConnection()\n"
    says = "    print('FROM', ws.close.__code__.co_filename)\n    assert ws.is_connected\n"
    (tmp_path / "checks/unit/test_a.py").write_bytes(tools.source(body + says))
    assert init("--to", "checks/own").exit_code == 0
    (tmp_path / "pytest.ini").write_bytes(b"[pytest]\npythonpath = .\n")
    run("git", "add", "-A")
    run("git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "init")
    result = CliRunner().invoke(main, ["migrate", "checks"])
    assert (result.exit_code, result.stderr) == (0, "")
    text = (tmp_path / "checks/unit/test_a.py").read_text()
    assert text.startswith(f"from checks.own.{MODULE} import TestWebSocketConnection\n")
    pytest_run = run(sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider")
    assert pytest_run.returncode == 0, pytest_run.stdout
    assert f"FROM {tmp_path}/checks/own/{MODULE}.py".encode() in pytest_run.stdout


def test_the_module_of_this_package_does_not_pass_for_the_own_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where this package is installed, its shared module may be found before the copy of it."""
    monkeypatch.chdir(tmp_path)
    run("git", "init", "-q")
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks/test_a.py").write_bytes(tools.source("{copy}"))
    assert init().exit_code == 0
    arguments = ["migrate", "--allow-dirty", "checks"]
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"is found before {tmp_path}/test_framework/ssot/{MODULE}.py" in result.stderr
    (tmp_path / "pytest.ini").write_bytes(b"[pytest]\npythonpath = .\n")
    assert CliRunner().invoke(main, arguments).exit_code == 0


# A shared module of one's own, and its asserts

CHECKER = "def check(x):\n    assert x\n"
OWN = '[tool.ssot-codemods]\nmodules = ["tests.own"]\n'
LINE = 'pytest.register_assert_rewrite("tests.own")\n'


@pytest.fixture
def own(root: Path) -> Path:
    """Return a repository that names a module with an assert, and a conftest that imports it."""
    (root / "tests").mkdir()
    (root / "tests/own.py").write_text(CHECKER)
    (root / "pyproject.toml").write_text(OWN)
    return root


def test_modules_of_ones_own_alone_need_no_default_one(own: Path) -> None:
    (own / "tests/own.py").write_text("def make(): ...\n")
    assert init().stdout == (
        "wrote .libcst.codemod.yaml: for `python -m libcst.tool`\n\n"
        "next: commit\nthen: ssot-codemods analyze\n"
    )
    assert set(files(own)) == {".libcst.codemod.yaml", "pyproject.toml", "tests/own.py"}
    assert init().stdout == "nothing to do\n"


def test_a_module_that_is_not_there(root: Path) -> None:
    (root / "pyproject.toml").write_text(OWN)
    result = init()
    assert result.exit_code == 2
    assert "pyproject.toml:2: [tool.ssot-codemods] modules: no module tests.own" in result.stderr
    assert set(files(root)) == {"pyproject.toml"}


def test_beside_the_default_module(own: Path) -> None:
    (own / "pyproject.toml").write_text(OWN.replace('"]', f'", "{DEFAULT_MODULE}"]'))
    assert init().exit_code == 0
    assert (own / f"test_framework/ssot/{MODULE}.py").exists()
    assert (own / "conftest.py").read_text() == f"import pytest\n\n{LINE}"


def test_a_file_that_is_added_to_is_named_as_such(root: Path) -> None:
    (root / "pyproject.toml").write_text("[project]\nname = 'a'\n")
    assert "added to pyproject.toml: the settings, [tool.ssot-codemods]\n" in init().stdout


def test_a_conftest_that_is_not_there(own: Path) -> None:
    purpose = "has pytest rewrite the asserts of tests.own"
    assert f"wrote conftest.py: {purpose}\n" in init().stdout
    assert (own / "conftest.py").read_text() == f"import pytest\n\n{LINE}"
    assert read_shared_modules(read_settings(own)).modules[0].rewrites_asserts
    assert init().stdout == "nothing to do\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import pytest\n", "import pytest\n\n@"),
        ("import pytest", "import pytest\n\n@"),
        ("import pytest\nimport tests.own\n", "import pytest\n\n@\nimport tests.own\n"),
        (
            '"""Doc."""\n\nimport os\nimport pytest\n\nfrom tests import fixtures\n',
            '"""Doc."""\n\nimport os\nimport pytest\n\n@\nfrom tests import fixtures\n',
        ),
        (
            "from __future__ import annotations\nimport os\n\nx = 1\n",
            "from __future__ import annotations\nimport os\n\nimport pytest\n\n@\nx = 1\n",
        ),
        (
            "from tests import own\nimport pytest\n",
            "import pytest\n\n@\nfrom tests import own\nimport pytest\n",
        ),
        ("#!/usr/bin/python\n# ä\nx = 1\n", "#!/usr/bin/python\n# ä\nimport pytest\n\n@\nx = 1\n"),
        ("# only a comment\n", "# only a comment\nimport pytest\n\n@"),
        ("import os; import tests.own\n", "import pytest\n\n@\nimport os; import tests.own\n"),
        ("@x\ndef f(): ...\n", "import pytest\n\n@\n@x\ndef f(): ...\n"),
        ("import pytest as p\n", "import pytest as p\n\nimport pytest\n\n@"),
        ("from . import x\n", "import pytest\n\n@\nfrom . import x\n"),
        ("import pytest\r\nx = 1\r\n", "import pytest\r\n\r\n@\r\nx = 1\r\n"),
        ("\ufeffx = 1\n", "\ufeffimport pytest\n\n@\nx = 1\n"),
        (f"import pytest\n{LINE}", None),
    ],
)
def test_the_line_in_a_conftest(own: Path, before: str, after: str | None) -> None:
    path = own / "conftest.py"
    path.write_bytes(before.encode())
    path.chmod(0o640)
    assert init().exit_code == 0
    end = "\r\n" if "\r\n" in before else "\n"
    wanted = before if after is None else after.replace("@", LINE.replace("\n", end), 1)
    assert path.read_bytes().decode() == wanted
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert read_shared_modules(read_settings(own)).modules[0].rewrites_asserts
    assert init().stdout == "nothing to do\n"


def test_a_conftest_that_does_not_parse(own: Path) -> None:
    (own / "conftest.py").write_text("x =\n")
    before = files(own)
    result = init()
    assert (result.exit_code, files(own)) == (2, before)
    assert f"{own}/conftest.py:1: " in result.stderr
