"""The command as LibCST calls it; `test_end_to_end` runs it by `libcst.tool`."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import libcst as cst
import pytest
from libcst.codemod import CodemodContext, TransformFailure, TransformSuccess, transform_module

from codemods.commands._libcst import UnreadableFileError
from codemods.commands.replace_local_copies import ReplaceLocalCopiesCommand
from codemods.engine.codemod import apply
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.settings import read_settings
from codemods.shared_modules import read_shared_modules
from tests.test_engine_edit import CASES
from tests.tools import COPY, ROOT, default_modules, source

USE = "\n\ndef test_send():\n    TestWebSocketConnection()\n"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "test_framework", tmp_path / "test_framework")
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
    modules = read_shared_modules(read_settings(Path.cwd()))
    assert given == apply(content, "test_sample.py", ReplaceLocalCopies(modules)).after
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
    assert warning.startswith(
        "test_sample.py:24:6: escapes `TestWebSocketConnection` is passed to `vars`"
    )
    assert "; line 25: escapes `TestWebSocketConnection` is changed by" in warning


def test_many_reasons_are_cut_short() -> None:
    content = source("{copy}\n" + "vars(TestWebSocketConnection)\n" * 9)
    command = on_disk(content)
    command.transform_module(cst.parse_module(content))
    (warning,) = command.context.warnings
    assert warning.count(": escapes ") == 3
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
    assert str(result.error).startswith("test_sample.py:24:1: syntax-error 'return' outside")


def test_the_options_replace_the_settings() -> None:
    assert vars(parsed()) == {"modules": None, "names": None}
    arguments = parsed("--module", "a.b", "--name", "A", "--name", "B", "--module", "c")
    assert vars(arguments) == {"modules": ["a.b", "c"], "names": ["A", "B"]}


def test_a_module_and_a_name_of_the_command_line() -> None:
    content = source("{copy}\nx = TestWebSocketConnection()\n")
    Path("test_sample.py").write_bytes(content)
    Path("a").mkdir()
    Path("a/b.py").write_bytes(source("{copy}"))
    context = CodemodContext(filename=str(Path("test_sample.py").absolute()))
    arguments = vars(parsed("--module", "a.b", "--name", "TestWebSocketConnection"))
    changed = ReplaceLocalCopiesCommand(context, **arguments)
    assert changed.transform_module(cst.parse_module(content)).code.startswith("from a.b import")
    other = ReplaceLocalCopiesCommand(context, **vars(parsed("--name", "Other")))
    assert other.transform_module(cst.parse_module(content)).bytes == content


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--name", "a b"], "'a b' is not the name of a class or function"),
        (["--module", "a/b"], "'a/b' is not a dotted name"),
    ],
)
def test_a_bad_argument_is_a_usage_error(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        parsed(*arguments)
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err


def test_bad_settings_are_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_text("[tool.ssot-codemods]\nmodules = 1\n")
    with pytest.raises(SystemExit) as exit_:
        parsed()
    assert exit_.value.code == 2
    assert "pyproject.toml:2: [tool.ssot-codemods] modules: wanted: a list" in (
        capsys.readouterr().err
    )


def test_the_settings_may_lie_in_a_project_below(capsys: pytest.CaptureFixture[str]) -> None:
    Path("one/tests").mkdir(parents=True)
    Path("test_framework").rename("one/test_framework")
    Path("one/tests/test_sample.py").touch()
    with pytest.raises(SystemExit):
        parsed("--name", "A")
    assert "no pyproject.toml above them" in capsys.readouterr().err
    Path("one/pyproject.toml").write_text("[tool.ssot-codemods]\n")
    assert parsed("--name", "A").names == ["A"]


def test_a_module_of_the_command_line_needs_no_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("test_framework").rename("helpers")
    command = ["libcst.tool", "codemod", "x.Command", "."]
    for options in (["-h"], ["--module", "helpers.ssot.websocket_connection_test_utility"]):
        monkeypatch.setattr("sys.argv", [*command, *options])
        assert parsed("--name", "A").names == ["A"]
    monkeypatch.setattr("sys.argv", [*command, "--module=helpers.none"])
    with pytest.raises(SystemExit):
        parsed("--name", "A")
    assert "no module helpers.none in this repository" in capsys.readouterr().err


def test_what_is_made_of_a_changed_module_is_printed_anew() -> None:
    content = source("{copy}\nx = TestWebSocketConnection()\n")
    changed = on_disk(content).transform_module(cst.parse_module(content))
    assert changed.with_changes(body=changed.body[:1]).code == changed.code.splitlines(True)[0]


def test_a_tree_that_is_not_that_of_the_file_is_not_edited() -> None:
    content = source("{copy}\nx = TestWebSocketConnection()\n")
    changed = on_disk(content).transform_module(cst.parse_module(content + b"y = 1\n"))
    expected = apply(content, "test_sample.py", ReplaceLocalCopies(default_modules())).after
    assert changed.bytes == expected
