"""Bad input, and results that are not to be trusted."""

from __future__ import annotations

import hashlib
import pickle
from typing import Any

import libcst as cst
import pytest

from codemods.engine import proof as prove
from codemods.engine.edit import edit
from codemods.model import Code, FileResult, Status
from tests.tools import COPY, SHARED, check_refused, run, source

FAILED = {
    "a syntax error": ("{copy}\ndef f(:\n", Code.SYNTAX_ERROR, 24, "invalid syntax"),
    "a late future import": (
        "{copy}\nfrom __future__ import annotations\n",
        Code.SYNTAX_ERROR,
        24,
        "from __future__ imports must occur at the beginning",
    ),
    "return outside a function": ("{copy}\nreturn\n", Code.SYNTAX_ERROR, 24, "outside function"),
    "null bytes": ("{copy}\n\0\n", Code.SYNTAX_ERROR, None, "null"),
    "an unknown encoding": ("# coding: klingon\n{copy}", Code.UNDECODABLE, 1, "klingon"),
    "bytes that are no UTF-8": (
        COPY.encode() + b"\n# caf\xe9\n",
        Code.UNDECODABLE,
        24,
        "not utf-8: ",
    ),
    "parentheses without end": (
        "{copy}\nx = " + "(" * 5000 + ")" * 5000 + "\n",
        Code.SYNTAX_ERROR,
        None,
        "too",
    ),
    "a chain of operators without end": (
        "{copy}\nx = " + "-" * 200_000 + "1\n",
        Code.SYNTAX_ERROR,
        None,
        "",
    ),
}


FAILED |= {
    f"the encoding {name}": (f"# coding: {name}\n{{copy}}", Code.UNDECODABLE, 1, "")
    for name in ("rot13", "hex", "undefined")
}


@pytest.mark.parametrize(("before", "code", "line", "saying"), FAILED.values(), ids=FAILED)
def test_a_file_that_cannot_be_read(
    before: str | bytes, code: Code, line: int | None, saying: str
) -> None:
    result = run(before)
    assert result.status is Status.FAILED
    assert result.after is None
    assert result.error is not None
    assert result.error.code is code
    assert saying in result.error.message
    if line is not None:
        assert result.error.line == line


def test_a_broken_file_without_a_target_name_is_not_looked_at() -> None:
    assert run("def f(:\n").status is Status.UNCHANGED


LOSSY = {
    "a comment indented deeper than its block": "import os\n        # one\n        # two\n",
    "a lone carriage return at the end": "x = 1\r",
}


@pytest.mark.parametrize("rest", LOSSY.values(), ids=LOSSY)
def test_a_file_that_libcst_would_not_print_as_it_is(rest: str) -> None:
    before = source("{copy}\n\n" + rest)
    assert cst.parse_module(before).bytes != before
    check_refused(before, Code.LOSSY_ROUND_TRIP)


DEEP = {
    "a sum": "x = " + " + ".join(["1"] * 900) + "\n",
    "joined strings": "x = (" + " ".join(["'a'"] * 900) + ")\n",
    "a chain of calls": "x = y" + ".z()" * 400 + "\n",
    "elif": "if x:\n    pass\n" + "elif x:\n    pass\n" * 400,
}


@pytest.mark.parametrize("rest", DEEP.values(), ids=DEEP)
def test_a_file_that_is_nested_deeply_is_refused_or_changed(rest: str) -> None:
    result = run("{copy}\n\n" + rest)
    if result.status is Status.REFUSED:
        assert {r.code for d in result.decisions for r in d.reasons} == {Code.LOSSY_ROUND_TRIP}
    elif result.status is Status.FAILED:
        assert result.error is not None
        assert "nested too deeply" in result.error.message
    else:
        assert result.status is Status.CHANGED


def test_a_file_that_libcst_cannot_parse() -> None:
    before = source("{copy}\n\nx = (" + "\n".join(["'a'"] * 5000) + ")\n")
    with pytest.raises(cst.ParserSyntaxError):
        cst.parse_module(before)
    check_refused(before, Code.LOSSY_ROUND_TRIP, saying="LibCST cannot parse it")


def test_a_file_in_an_encoding_that_libcst_cannot_print() -> None:
    check_refused("# coding: idna\n{copy}", Code.LOSSY_ROUND_TRIP, saying="cannot print it")


def _break_edit(monkeypatch: pytest.MonkeyPatch, mend: Any) -> None:
    monkeypatch.setattr("codemods.engine.edit.edit", lambda m, p: mend(edit(m, p)))


def _parsed(code: str) -> Any:
    return lambda module: cst.parse_module(code)


def _with(old: str, new: str) -> Any:
    return lambda module: cst.parse_module(module.code.replace(old, new))


BROKEN = {
    "nothing left": (_parsed(""), "syntax tree"),
    "a statement lost": (_with("x = 1\n", ""), "syntax tree"),
    "a statement more": (_with("x = 1\n", "x = 1\ny = 1\n"), "syntax tree"),
    "a literal changed": (_with("x = 1", "x = 2"), "syntax tree"),
    "the class left": (_with("x = 1\n", "x = 1\n" + COPY), "syntax tree"),
    "the import lost": (_with(f"from {SHARED} import TestWebSocketConnection\n", ""), "syntax"),
    "the import twice": (
        lambda m: m.with_changes(body=[*m.body[:2], m.body[1], *m.body[2:]]),
        "syntax tree",
    ),
    "a comment lost": (_with("# note\n", ""), "a line beside"),
    "a comment more": (_with("x = 1", "# more\nx = 1"), "a line beside"),
    "a comment changed": (_with("# note", "# Note"), "a line beside"),
    "a comment moved": (
        _with("# note\nx = 1\n", "x = 1\n# note\n"),
        "a line beside",
    ),
    "white space at the end of a line": (_with("x = 1\n", "x = 1 \n"), "a line beside"),
    "a line ending": (_with("x = 1\n", "x = 1\r\n"), "a line beside"),
    "a layout": (_with("x = 1\n", "x = (1)\n"), "a line beside"),
    "the final newline": (lambda m: m.with_changes(has_trailing_newline=False), "a line beside"),
    "a BOM": (lambda m: m.with_changes(encoding="utf-8-sig"), "a line beside"),
}


@pytest.mark.parametrize(("breaks", "saying"), BROKEN.values(), ids=BROKEN)
def test_an_edit_that_goes_wrong_is_not_given_back(
    breaks: Any, saying: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (
        "import os\n\n\n{copy}\n\n# note\nx = 1\n\n\ndef test_x():\n    TestWebSocketConnection()\n"
    )
    assert run(before).status is Status.CHANGED
    _break_edit(monkeypatch, breaks)
    check_refused(before, Code.PROOF_FAILED, line=4, saying=saying)


def test_a_newline_at_the_end_is_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    before = "{copy}\n# bye"
    _break_edit(monkeypatch, lambda module: cst.parse_module("# bye\n"))
    check_refused(before, Code.PROOF_FAILED, saying="a line beside")


def test_code_that_does_not_compile_is_not_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = cst.Module([cst.SimpleStatementLine([cst.Expr(cst.Name("def"))])])
    _break_edit(monkeypatch, lambda module: broken)
    check_refused("{copy}", Code.PROOF_FAILED, saying="it would not compile: invalid syntax")


def test_an_edit_that_a_second_run_would_repeat_is_not_given_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = COPY.replace("TestWeb", "MockWeb").replace("_closed = False", "_closed = 0")
    decisions = run("{copy}").decisions
    monkeypatch.setattr(prove, "decide", lambda *args: decisions)
    result = run("{copy}\n\n" + other)
    assert result.after is None
    assert "a second run would change it again" in [
        r.message for d in result.decisions for r in d.reasons
    ]


def test_the_result_says_what_it_was_made_from() -> None:
    result = run("{copy}", "tests/test_a.py")
    assert result.path == "tests/test_a.py"
    assert result.before_digest == hashlib.sha256(COPY.encode()).hexdigest()


@pytest.mark.parametrize("before", ["{copy}", "{copy}\nvars(TestWebSocketConnection)\n", "(", ""])
def test_the_result_crosses_processes(before: str) -> None:
    result = run(before)
    copy = pickle.loads(pickle.dumps(result))
    assert isinstance(copy, FileResult)
    assert copy == result


def test_no_warning_of_the_compiler_reaches_the_user() -> None:
    # Invalid escapes and `is` with a literal make CPython warn when it compiles a file.
    result = run("{copy}\nx = '\\d' is 1\n")
    assert result.status is Status.CHANGED
