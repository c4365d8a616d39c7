"""The command as LibCST calls it; `test_end_to_end` runs it by `libcst.tool`."""

from __future__ import annotations

import argparse
from pathlib import Path

import libcst as cst
import pytest
from libcst.codemod import CodemodContext, TransformFailure, TransformSuccess, transform_module

from codemods.commands.replace_local_copies import ReplaceLocalCopiesCommand, UnreadableFileError
from codemods.engine.codemod import transform
from tests.test_engine_edit import CASES
from tests.tools import COPY, SHARED, default_target, source

USE = "\n\ndef test_send():\n    TestWebSocketConnection()\n"

RECORDER = '''\
class Recorder:
    """Remembers what it was told."""

    def __init__(self, limit=10):
        self.lines = []
        self.limit = limit

    def tell(self, line):
        if len(self.lines) < self.limit:
            self.lines.append(line)
'''


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


def on_disk(content: bytes, name: str = "test_sample.py") -> ReplaceLocalCopiesCommand:
    path = Path(name).absolute()
    path.write_bytes(content)
    return ReplaceLocalCopiesCommand(CodemodContext(filename=str(path)))


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    ReplaceLocalCopiesCommand.add_args(parser)
    return parser.parse_args(arguments)


@pytest.mark.parametrize("before", [case[0] for case in CASES.values()], ids=CASES)
def test_it_gives_the_bytes_that_the_pure_function_gives(before: str) -> None:
    content = source(before)
    command = on_disk(content)
    given = command.transform_module(cst.parse_module(content)).bytes
    assert given == transform(content, "test_sample.py", default_target()).after
    assert command.context.warnings == []


@pytest.mark.parametrize("rest", ["import os\n        # one\n        # two\n", "x = 1\r"])
@pytest.mark.parametrize("copy", ["", COPY], ids=["without a copy", "with a copy"])
def test_a_file_that_libcst_would_damage_stays(copy: str, rest: str) -> None:
    content = (copy + rest).encode()
    command = on_disk(content)
    module = command.transform_module(cst.parse_module(content))
    assert module.bytes == content
    assert module.code == content.decode()
    assert len(command.context.warnings) == (1 if copy else 0)


def test_a_file_that_libcst_cannot_print_stays() -> None:
    content = ("x = y" + ".z()" * 400 + "\n").encode()
    given = on_disk(content).transform_module(cst.parse_module(content))
    assert given.bytes == content


def test_a_refusal_is_one_line_with_its_place_and_reason() -> None:
    content = source("{copy}\nvars(TestWebSocketConnection)\ndel TestWebSocketConnection.close\n")
    command = on_disk(content)
    assert command.transform_module(cst.parse_module(content)).bytes == content
    (warning,) = command.context.warnings
    assert warning.startswith("test_sample.py:24: introspected: the file calls `vars` on it")
    assert "; line 25: mutated: the file sets `TestWebSocketConnection.close`" in warning


def test_many_reasons_are_cut_short() -> None:
    content = source("{copy}\n" + "vars(TestWebSocketConnection)\n" * 9)
    command = on_disk(content)
    command.transform_module(cst.parse_module(content))
    (warning,) = command.context.warnings
    assert warning.count("introspected") == 3
    assert warning.endswith("; and 6 more")


def test_a_file_without_a_copy_is_silent() -> None:
    command = on_disk(b"x = 1\n")
    tree = cst.parse_module(b"x = 1\n")
    assert command.transform_module(tree) is tree
    assert command.context.warnings == []


def test_stdin_has_no_name_and_so_keeps_the_import() -> None:
    command = ReplaceLocalCopiesCommand(CodemodContext())
    result = transform_module(command, COPY)
    assert isinstance(result, TransformSuccess)
    assert result.code.startswith("from test_framework")


def test_a_file_that_cpython_cannot_read_is_a_failure_with_path_and_line() -> None:
    content = source("{copy}\nreturn\n")
    command = on_disk(content)
    result = transform_module(command, content.decode())
    assert isinstance(result, TransformFailure)
    assert isinstance(result.error, UnreadableFileError)
    assert str(result.error).startswith("test_sample.py:24: syntax-error: 'return' outside")


def test_an_unrelated_helper_class_is_consolidated_by_arguments() -> None:
    Path("shapes.py").write_text("@replaced_by('SharedRecorder')\n" + RECORDER)
    arguments = parsed(
        "--class-name", "Recorder", "--module", "shared.recorders", "--shapes", "shapes.py"
    )
    content = (RECORDER + "\n\ndef test_tell():\n    Recorder().tell(1)\n").encode()
    path = Path("test_sample.py").absolute()
    path.write_bytes(content)
    context = CodemodContext(filename=str(path))
    command = ReplaceLocalCopiesCommand(context, **vars(arguments))
    given = command.transform_module(cst.parse_module(content)).code
    assert given == (
        "from shared.recorders import SharedRecorder as Recorder\n"
        "\n\ndef test_tell():\n    Recorder().tell(1)\n"
    )


def test_an_unrelated_helper_class_is_consolidated_by_settings() -> None:
    Path("shapes.py").write_text("@replaced_by('Recorder')\n" + RECORDER)
    Path("pyproject.toml").write_text(
        "[tool.ssot-codemods]\nclass-names = ['Recorder']\nmodule = 'shared.recorders'\n"
        "shapes = 'shapes.py'\n"
    )
    content = (RECORDER + "\n\ndef test_tell():\n    Recorder().tell(1)\n").encode()
    given = on_disk(content).transform_module(cst.parse_module(content)).code
    assert given.startswith("from shared.recorders import Recorder\n\n\ndef test_tell")


def test_the_defaults_of_the_arguments_are_the_settings() -> None:
    Path("shapes.py").write_text("@replaced_by('Recorder')\n" + RECORDER)
    Path("pyproject.toml").write_text(
        "[tool.ssot-codemods]\nclass-names = ['A', 'B']\nmodule = 'a.b'\nshapes = 'shapes.py'\n"
    )
    arguments = parsed()
    assert arguments.class_names == ("A", "B")
    assert arguments.module == "a.b"
    assert arguments.shapes == str(Path("shapes.py").absolute())


def test_class_names_may_be_given_more_than_once() -> None:
    assert parsed("--class-name", "A", "--class-name", "B").class_names == ("A", "B")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--class-name", "a b"], "'a b' is not a class name"),
        (["--module", "a/b"], "'a/b' is not a dotted module name"),
        (["--shapes", "gone.py"], "gone.py: No such file or directory"),
        (["--shapes", "empty.py"], "empty.py:1: no class with a decorator @replaced_by"),
    ],
)
def test_a_bad_argument_is_a_usage_error(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty.py").touch()
    with pytest.raises(SystemExit) as exit_:
        parsed(*arguments)
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err


def test_bad_settings_are_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_text("[tool.ssot-codemods]\nmodule = 1\n")
    with pytest.raises(SystemExit) as exit_:
        parsed()
    assert exit_.value.code == 2
    assert "pyproject.toml:2: [tool.ssot-codemods] module: wanted: a string" in (
        capsys.readouterr().err
    )


OURS = Path(__file__).resolve().parent.parent / Path(*SHARED.split(".")).with_suffix(".py")
NOT_OURS = "this is not the shared module that the recorded shapes are equal to"

DOUBTS = {
    "a module of that name that is not ours": (SHARED, b"# another one\n", "", NOT_OURS),
    "a copy of ours": (SHARED, OURS.read_bytes(), "", None),
    "one of the repository's own": ("own.recorders", b"class Shared: ...\n", "own.recorders", None),
    "a package of its own": ("own.__init__", b"Shared = object\n", "own", None),
    "a module with a star import": ("own.recorders", b"from x import *\n", "own.recorders", None),
    "a module without the name": (
        "own.recorders",
        b"class Other: ...\n",
        "own.recorders",
        "recorders.py:1: no Shared here: the new imports would fail",
    ),
    "no such module": ("own.recorders", b"", "own.recordr", "no module own.recordr is found from"),
}


@pytest.mark.parametrize(("file", "content", "module", "saying"), DOUBTS.values(), ids=DOUBTS)
def test_a_doubt_about_the_shared_module_is_told_once(
    file: str, content: bytes, module: str, saying: str | None
) -> None:
    path = Path(*file.split(".")).with_suffix(".py")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    if module:
        Path("shapes.py").write_text("@replaced_by('Shared')\n" + RECORDER)
        Path("pyproject.toml").write_text(
            f"[tool.ssot-codemods]\nclass-names = ['Recorder']\nmodule = '{module}'\n"
            "shapes = 'shapes.py'\n"
        )
    before = (RECORDER if module else COPY).encode()
    warnings = []
    for name in ("test_one.py", "test_two.py"):
        command = on_disk(before, name)
        assert command.transform_module(cst.parse_module(before)).bytes != before
        warnings += command.context.warnings
    assert len(warnings) == (1 if saying else 0)
    assert (saying or "") in "".join(warnings)


def test_what_is_made_of_a_changed_module_is_printed_anew() -> None:
    content = source("{copy}\nx = TestWebSocketConnection()\n")
    changed = on_disk(content).transform_module(cst.parse_module(content))
    assert changed.with_changes(body=changed.body[:1]).code == changed.code.splitlines(True)[0]


def test_a_tree_that_is_not_that_of_the_file_is_not_edited() -> None:
    content = source("{copy}\nx = TestWebSocketConnection()\n")
    changed = on_disk(content).transform_module(cst.parse_module(content + b"y = 1\n"))
    assert changed.bytes == transform(content, "test_sample.py", default_target()).after
