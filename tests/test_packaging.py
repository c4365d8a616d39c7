"""The package as it is installed: built, put into a new environment, and run on a repository."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pytest

import codemods
from tests import tools

ROOT = Path(__file__).resolve().parents[1]


class Installed(NamedTuple):
    """A wheel, and the folder of the programs of an environment that has it."""

    wheel: Path
    programs: Path


def run(*command: str | Path, cwd: Path, code: int = 0) -> str:
    """Run a command that ends with an exit code, and return what it printed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("COV", "PYTHON"))}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def build(folder: Path, target: Path, *kinds: str) -> dict[str, Path]:
    """Build what is to be published of the sources in a folder."""
    options = [option for kind in kinds for option in ("-t", kind)]
    run(sys.executable, "-m", "hatchling", "build", "-d", target, *options, cwd=folder)
    endings = {"wheel": "*.whl", "sdist": "*.tar.gz"}
    return {kind: next(target.glob(endings[kind])) for kind in kinds}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return build(ROOT, tmp_path_factory.mktemp("built"), "sdist", "wheel")


@pytest.fixture(scope="module")
def installed(built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the wheel where its needs are those of this environment, and nothing else of it."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin/python"
    arguments = ("install", "--quiet", "--no-deps", "--no-index", built["wheel"])
    run(sys.executable, "-m", "pip", "--python", python, *arguments, cwd=folder)
    packages = next(folder.glob("lib/python*/site-packages"))
    # A folder that a .pth file names is searched last, and its own .pth files are not read.
    (packages / "needs.pth").write_text(sysconfig.get_path("purelib"))
    return Installed(built["wheel"], folder / "bin")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Give a repository that has packages of the same names as ours."""
    test = "def test_it():\n    assert VALUE and TestWebSocketConnection().is_connected\n"
    module = f"from test_framework import VALUE\n\n\n{{copy}}\n\n{test}"
    files = {
        "codemods/__init__.py": b"raise ImportError('not ours')\n",
        "test_framework/__init__.py": b"VALUE = 1\n",
        "pytest.ini": b"[pytest]\npythonpath = .\n",
        "tests/test_a.py": tools.source(module),
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    commit(tmp_path, "as found")
    return tmp_path


def commit(root: Path, message: str) -> None:
    run("git", "init", "-q", cwd=root)
    run("git", "add", "-A", cwd=root)
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    run("git", *who, "commit", "-qm", message, cwd=root)


def test_what_the_wheel_holds(built: dict[str, Path]) -> None:
    names = ZipFile(built["wheel"]).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {
        "codemods",
        "ssot_codemods",
    }
    tracked = set(run("git", "ls-files", "codemods", cwd=ROOT).split())
    assert tracked <= set(names)


def test_a_wheel_of_the_sdist_is_the_same(built: dict[str, Path], tmp_path: Path) -> None:
    with tarfile.open(built["sdist"]) as archive:
        archive.extractall(tmp_path, filter="data")
    (sources,) = tmp_path.iterdir()
    again = build(sources, tmp_path / "again", "wheel")
    assert set(ZipFile(again["wheel"]).namelist()) == set(ZipFile(built["wheel"]).namelist())


def test_each_module_of_the_installed_package_compiles(installed: Installed) -> None:
    """With no warning either, and the sample suite too, though one file of it is no Python."""
    packages = next(installed.programs.parent.glob("lib/python*/site-packages"))
    python = (installed.programs / "python", "-W", "error")
    assert run(*python, "-m", "compileall", "-f", "-q", "codemods", cwd=packages) == ""


def test_a_repository_with_packages_of_the_same_names(
    installed: Installed, repository: Path
) -> None:
    program = installed.programs / "ssot-codemods"
    assert "wrote test_framework/ssot/" in run(program, "init", cwd=repository)
    commit(repository, "Add the shared module")
    assert "1 to be replaced" in run(program, "analyze", "tests", cwd=repository)
    assert "1" in run(program, "migrate", "tests", cwd=repository)
    text = (repository / "tests/test_a.py").read_text()
    assert f"\nfrom {tools.SHARED} import TestWebSocketConnection\n" in text
    passed = run(installed.programs / "python", "-m", "pytest", "-q", "tests", cwd=repository)
    assert "1 passed" in passed


def test_the_command_of_libcst(installed: Installed, repository: Path) -> None:
    run(installed.programs / "ssot-codemods", "init", cwd=repository)
    python = [installed.programs / "python"]
    if sys.version_info >= (3, 11):
        python.append(Path("-P"))  # does not import from the folder it is started in
    else:
        (repository / "codemods/__init__.py").unlink()
        (repository / "codemods").rmdir()
    command = ("-m", "libcst.tool", "codemod", "--no-format")
    name = "replace_local_copies.ReplaceLocalCopiesCommand"
    run(*python, *command, name, "tests/test_a.py", cwd=repository)
    assert tools.SHARED in (repository / "tests/test_a.py").read_text()


def test_demo_beside_packages_of_the_same_names(installed: Installed, repository: Path) -> None:
    printed = run(installed.programs / "ssot-codemods", "demo", cwd=repository)
    assert "Copies Left: 0\n" in printed
    assert printed.endswith(": 7 of 7 files restored\n")
    assert run("git", "status", "--porcelain", cwd=repository) == ""


def test_the_sample_suite_is_complete(installed: Installed, tmp_path: Path) -> None:
    code = "import pathlib; from codemods import bundled; "
    code += "bundled.copy_sample_suite(pathlib.Path('a'))"
    run(installed.programs / "python", "-c", code, cwd=tmp_path)
    found = {str(p.relative_to(tmp_path / "a")) for p in (tmp_path / "a").rglob("*") if p.is_file()}
    tracked = run("git", "ls-files", cwd=ROOT / "tests/legacy_suite").split()
    assert found == {name.removesuffix(".txt") for name in tracked}


def test_the_public_names() -> None:
    for name in codemods.__all__:
        assert getattr(codemods, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'appply'"):
        codemods.appply  # noqa: B018


def test_the_other_codemods_are_applied_likewise() -> None:
    modules = tools.default_modules()
    comment = "".join(f"# {line}\n" for line in tools.COPY.splitlines())
    other = "class TestWebSocketConnection:\n    x = 1\n\n\nTestWebSocketConnection()\n"
    warned = "class TestSocket:\n    def __init__(self):\n        self.sent = []\n"
    for codemod, source, has_word in (
        (codemods.RemoveCommentedCopies(modules), f"import os\n\n{comment}\nprint(os)\n", b"print"),
        (codemods.RenameLocalClass(modules), other, b"class TestWebSocketConnectionBus:"),
        (codemods.MarkHelperClasses(codemods.PytestNames()), warned, b"__test__ = False"),
    ):
        after = codemods.apply(source.encode(), "tests/test_bus.py", codemod).after
        assert after is not None
        assert has_word in after


def test_the_example_of_the_public_names(tmp_path: Path) -> None:
    tools.write_shared(tmp_path)
    source = tools.source("{copy}\n\ndef test_it():\n    assert TestWebSocketConnection()\n")
    assert codemods.__doc__ is not None
    example = codemods.__doc__.split("::\n")[1].split("\n`result")[0]
    code = ast.parse("if True:\n" + example)
    values: dict[str, object] = {**{n: getattr(codemods, n) for n in codemods.__all__}}
    values |= {"Path": lambda _: tmp_path, "source": source}
    exec(compile(code, "example", "exec"), values)
    result = values["result"]
    assert isinstance(result, codemods.FileResult)
    assert result.after is not None
    assert result.after.startswith(f"from {tools.SHARED} import TestWebSocketConnection".encode())
