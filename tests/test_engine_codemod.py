"""Any file: bad input, what LibCST cannot do, and the result as a value."""

from __future__ import annotations

import hashlib
import pickle
import re

import libcst as cst
import pytest

from codemods.engine.codemod import ParsedModule, Planned, apply, decide
from codemods.model import Code, FileResult, Status
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.rewrites.replace_local_copies.shared import SharedModuleError, shared_definitions
from tests.tools import COPY, check_refused, default_modules, indented, run, shared, source

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


def test_a_definition_that_is_nested_too_deeply_to_be_compared() -> None:
    error = run(f"class TestWebSocketConnection:\n    x = y{'.z' * 900}\n").error
    assert error is not None
    assert (error.code, error.message[:17]) == (Code.SYNTAX_ERROR, "nested too deeply")


#: Joined strings, more than LibCST takes.
JOINED = "x = (" + "\n".join(["'a'"] * 5000) + ")\n"


def test_a_file_that_libcst_cannot_parse() -> None:
    before = source(f"a = 1\nb = 2\n{JOINED}{{copy}}")
    with pytest.raises(cst.ParserSyntaxError) as error:
        cst.parse_module(before)
    check_refused(before, Code.LOSSY_ROUND_TRIP, saying="LibCST cannot parse it")
    (decision,) = run(before).decisions
    assert [reason.line for reason in decision.reasons] == [error.value.raw_line]


def test_a_file_in_an_encoding_that_cannot_be_printed() -> None:
    before = "# coding: idna\n{copy}\nTestWebSocketConnection()\n"
    check_refused(before, Code.LOSSY_ROUND_TRIP, saying="cannot be printed")


def test_what_is_not_next_to_a_change_is_nothing_to_libcst() -> None:
    """It cannot parse what is above, and would print what is below otherwise."""
    above = f"{JOINED}y = 2\nfrom {{shared}} import TestWebSocketConnection"
    rest = "\n\n\ndef test():\n    TestWebSocketConnection()\n"
    for line in ("x = 1\r", "import os\n        # one\n        # two\n"):
        result = run(f"{above}\n\n\n{{copy}}{rest}{line}")
        assert result.after == source(above + rest + line), line
    check_refused("{copy}\nx = 1\r", Code.LOSSY_ROUND_TRIP)


@pytest.mark.parametrize("line", ["x = 1 \\\n\n", "# a \\\n", "x = '\\\n'\n"])
def test_a_line_that_is_continued_below_the_last_change(line: str) -> None:
    result = run("{copy}\n" + line + "TestWebSocketConnection()\n" * 2)
    assert result.after is not None
    assert result.after.endswith(source(line + "TestWebSocketConnection()\n" * 2))


class Panic(BaseException):
    """What PyO3 raises where Rust panics is no `Exception`."""


@pytest.mark.parametrize(
    "error", [TypeError("a"), cst.CSTValidationError("a"), RuntimeError("a"), Panic("a")]
)
def test_whatever_libcst_raises_is_the_matter_of_the_file(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse_module(source: bytes) -> cst.Module:
        raise error

    monkeypatch.setattr(cst, "parse_module", parse_module)
    said = f"LibCST cannot parse or print it: {type(error).__name__}: a"
    check_refused("{copy}", Code.LOSSY_ROUND_TRIP, saying=said)


def test_ctrl_c_in_libcst_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse_module(source: bytes) -> cst.Module:
        raise KeyboardInterrupt

    monkeypatch.setattr(cst, "parse_module", parse_module)
    with pytest.raises(KeyboardInterrupt):
        run("{copy}")


class Faulty(ReplaceLocalCopies):
    """A codemod with a fault of ours."""

    def plan(self, module: ParsedModule) -> Planned:
        module.tree.body[0].lineno = None  # type: ignore[assignment]
        return super().plan(module)


def test_a_fault_of_ours_is_the_matter_of_the_file() -> None:
    result = apply(source("{copy}"), "test_a.py", Faulty(default_modules()))
    assert (result.status, result.decisions, result.after) == (Status.FAILED, (), None)
    assert result.error is not None
    assert result.error.code is Code.INTERNAL_ERROR
    assert re.fullmatch(
        r"TypeError: .* \(at (rewrites|engine)/[\w/]+\.py:\d+\); please report it",
        result.error.message,
    )


def test_the_result_says_what_it_was_made_from() -> None:
    result = run("{copy}", "tests/test_a.py")
    assert result.path == "tests/test_a.py"
    assert result.before_digest == hashlib.sha256(COPY.encode()).hexdigest()


@pytest.mark.parametrize(
    "before",
    ["{copy}", "{copy}\nvars(TestWebSocketConnection)\n", "class TestWebSocketConnection(", ""],
)
def test_the_result_crosses_processes(before: str) -> None:
    result = run(before)
    copy = pickle.loads(pickle.dumps(result))
    assert isinstance(copy, FileResult)
    assert copy == result


def test_no_warning_of_the_compiler_reaches_the_user() -> None:
    # Invalid escapes and `is` with a literal make CPython warn when it compiles a file.
    result = run("{copy}\nx = '\\d' is 1\n")
    assert result.status is Status.CHANGED


def test_a_decision_needs_no_libcst() -> None:
    before = COPY.encode()
    codemod = ReplaceLocalCopies(default_modules())
    result = decide(before, "tests/test_a.py", codemod)
    assert (result.status, result.after) == (Status.CHANGED, None)
    assert result.decisions == apply(before, "tests/test_a.py", codemod).decisions
    # What does not compile is seen when it is applied.
    before += b"\nreturn\n"
    assert decide(before, "tests/test_a.py", codemod).status is Status.CHANGED
    assert apply(before, "tests/test_a.py", codemod).status is Status.FAILED


UNCHANGED = {
    "refused": "{copy}\nvars(TestWebSocketConnection)\n",
    "not parsed": "{copy}\n(",
    "not printed as it is": "{copy}\nx = 1\r",
    "empty": "",
}


@pytest.mark.parametrize("before", UNCHANGED.values(), ids=UNCHANGED)
def test_what_is_not_changed_drops_nothing(before: str) -> None:
    result = run(before)
    assert (result.after, result.dropped, result.before_digest) == (None, frozenset(), "")


CRASHES = {
    "return(lambda: a)": "def f():\n    return(lambda: a)\n",
    "nested conditions without blanks": "x = 1 if(True)else(2 if(False)else(3))\n",
    "a number that is too long to be written in decimals": f"X = 0x{'f' * 4000}\n",
    "one inside of the statement that is edited": (
        f"def f():\n    x = 0x{'f' * 4000}\n    class TestWebSocketConnection: ...\n"
    ),
}


@pytest.mark.parametrize("rest", CRASHES.values(), ids=CRASHES)
def test_what_makes_libraries_raise_is_a_result(rest: str) -> None:
    module = "class TestWebSocketConnection: ...\n"
    copy = "" if "class" in rest else module
    result = run(copy + "\n\n" + rest, modules=shared(module, "lib"))
    assert result.status in {Status.CHANGED, Status.REFUSED}
    assert {r.code for d in result.decisions for r in d.reasons} <= {Code.LOSSY_ROUND_TRIP}


# From the bytes alone

NAME = "TestWebSocketConnection"
DEFINITIONS = {
    "at the start": f"class {NAME}: pass",
    "below a BOM": f"\ufeffclass {NAME}: pass",
    "indented": f"if x:\n \t class {NAME}: pass",
    "behind a form feed": f"x = 1\n\fclass {NAME}: pass",
    "with blanks": f"class \t {NAME} : pass",
    "with a continued line": f"class \\\n  {NAME}: pass",
    "with a continued line, without blanks": f"class\\\n{NAME}: pass",
    "with a continued line of Windows": f"class\\\r\n{NAME}: pass",
    "below a lone carriage return": f"x = 1\rclass {NAME}: pass",
    "by another name": "class MockWebSocketConnection: pass",
    "with an underscore": f"class _{NAME}: pass",
    "with type parameters": f"class {NAME}[T]: pass",
    "at the end": f"\nclass {NAME}",
}
NO_DEFINITIONS = {
    "nothing": "",
    "a use": f"{NAME}()",
    "another name": f"class {NAME}s: pass",
    "another name, not in ASCII": f"class {NAME}\u00e9: pass",
    "another name in front": f"class Real{NAME}: pass",
    "a subclass": f"class Other({NAME}): pass",
    "no blank": f"class{NAME}: pass",
}
#: A search for each name, one for all definitions; the second is for many names.
MANY = shared("".join(f"class Other{n}: ...\n" for n in range(9)) + COPY + "def f(): ...\n", "lib")


@pytest.mark.parametrize("text", DEFINITIONS.values(), ids=DEFINITIONS)
def test_a_definition_is_seen_in_the_bytes(text: str) -> None:
    assert ReplaceLocalCopies(default_modules()).may_concern(text.encode())
    if "Mock" not in text:
        assert ReplaceLocalCopies(MANY).may_concern(text.encode())


@pytest.mark.parametrize("text", NO_DEFINITIONS.values(), ids=NO_DEFINITIONS)
def test_what_is_no_definition_is_mostly_not_parsed(text: str) -> None:
    broken = text.encode() + b"\nx = (:\n"
    assert not ReplaceLocalCopies(MANY).may_concern(broken)
    assert run(broken, modules=MANY).status is Status.UNCHANGED


@pytest.mark.parametrize("text", ["def f(): ...", "async def f(): ...", "async  def\\\n_f(): ..."])
def test_a_function_is_seen_in_the_bytes(text: str) -> None:
    for modules in (MANY, shared("def f(): ...\n", "lib")):
        assert ReplaceLocalCopies(modules).may_concern(text.encode())
        assert not ReplaceLocalCopies(modules).may_concern(text.replace("f()", "g()").encode())


@pytest.mark.parametrize("text", ["class A:\n    (", "x = '\0'", "(" * 5000])
def test_a_shared_module_that_does_not_parse(text: str) -> None:
    with pytest.raises(SharedModuleError, match=r"^/repository/lib\.py:\d"):
        shared_definitions(shared(text, "lib"))


@pytest.mark.parametrize(
    ("before", "place"),
    [
        ("{copy}", (1, 1)),
        ("if True:\n" + indented(COPY), (2, 5)),
        ("def test():\n" + indented(COPY, "\t") + "\tTestWebSocketConnection()\n", (2, 2)),
        ("# coding: latin-1\r\rclass T:\r    pass\r\n" + COPY, (5, 1)),
    ],
    ids=["at the top", "nested", "behind a tab", "behind lines of any end"],
)
def test_the_column_of_a_definition(before: str, place: tuple[int, int]) -> None:
    definition = run(before).decisions[0].definition
    assert (definition.line, definition.column) == place


def test_the_column_of_a_reason_counts_characters() -> None:
    """Of what a line does twice, the first one is told."""
    uses = "keep(TestWebSocketConnection), keep(TestWebSocketConnection)"
    result = run(f"{{copy}}\n\ndef test():\n    ä = 'ü', {uses}\n")
    assert [(r.line, r.column) for d in result.decisions for r in d.reasons] == [(26, 19)]
    result = decide(
        source("{copy}\n\nclass X:\n  y = MockWebSocketConnection\n"),
        "t.py",
        ReplaceLocalCopies(default_modules()),
    )
    assert [(r.line, r.column) for r in result.warnings] == [(26, 7)]


@pytest.mark.parametrize(
    ("line", "column"),
    [(b"x = ", 5), ("\u00e4 = ".encode(), 5), ("\U0001f600 = ".encode(), 1)],
    ids=["ASCII", "two bytes", "four bytes"],
)
def test_the_column_of_a_syntax_error_counts_characters(line: bytes, column: int) -> None:
    error = run(COPY.encode() + line + b")\n").error
    assert error is not None
    assert (error.line, error.column) == (23, column)


def test_the_column_of_what_cannot_be_decoded_counts_characters() -> None:
    error = run(COPY.encode() + "# \u00e4\u00e4".encode() + b"\xff\n").error
    assert error is not None
    assert (error.line, error.column) == (23, 5)
