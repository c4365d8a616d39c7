"""Each edit that went wrong is found."""

from __future__ import annotations

import ast
import itertools
from typing import Any

import libcst as cst
import pytest

from codemods.engine.codemod import ParsedModule
from codemods.engine.edit import edit
from codemods.engine.plan import EditPlan
from codemods.engine.proof import difference
from codemods.model import Code, SharedModules, Status
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from tests.tools import COPY, SHARED, check_refused, indented, run, shared

FAKE = "class Fake:\n    # why\n    x = 1\n"
MODULES = shared(FAKE + "def helper(): return 1\n", "lib.tools")


class Case:
    """A file, and what becomes of it."""

    def __init__(self, before: str) -> None:
        self.before = before.encode()
        module = ParsedModule(self.before, "tests/test_a.py")
        self.tree = module.tree
        plan = ReplaceLocalCopies(MODULES).plan(module).plan
        after = run(before, modules=MODULES).after
        assert plan is not None
        assert after is not None
        self.plan = plan
        self.after = after

    def wrong(self, after: bytes) -> str | None:
        return difference(self.before, self.tree, after, self.plan)


PLAIN = Case(
    f'"""Doc."""\n\nimport os\n\n\n# The fake.\n{FAKE}\n\n# note\nx = 1\n\n\n'
    "def test():\n    Fake()\n"
)
JOINED = Case(
    "import os\nfrom lib.tools import (\n    other,  # noqa\n)\nz = 1  # type: ignore\n\n\n"
    f"{FAKE}\n\ndef test():\n    Fake()\n"
)
INNER = Case(
    f"# head\n\n\ndef test():  # noqa\n    a = 1\n    # The fake.\n{indented(FAKE)}"
    "    # more\n    b = '''\n    text\n    '''; c = 2\n    return Fake()\n\n\ny = 1  # end\n"
)
INSTEAD = Case(
    f"{FAKE}'text'\n\n\ndef test():\n    Fake()\n    helper()\n\n\ndef helper(): return 1\n"
)
CASES = {"plain": PLAIN, "joined": JOINED, "inner": INNER, "in its place": INSTEAD}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_right_edit_is_proved(case: Case) -> None:
    assert case.wrong(case.after) is None


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_file_that_stays_as_it_is_is_no_edit(case: Case) -> None:
    assert case.wrong(case.before) is not None
    assert case.wrong(b"") is not None


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_line_that_is_lost_is_found(case: Case) -> None:
    lines = case.after.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.strip():
            assert case.wrong(b"".join(lines[:number] + lines[number + 1 :])) is not None, line


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("more", [b"# more\n", b"pass\n", b"import os\n", b"''\n"])
def test_each_line_too_many_is_found(case: Case, more: bytes) -> None:
    lines = case.after.splitlines(keepends=True)
    for number in range(len(lines) + 1):
        assert case.wrong(b"".join([*lines[:number], more, *lines[number:]])) is not None, number


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_change_of_a_line_is_found(case: Case) -> None:
    lines = case.after.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if not line.strip() or b"lib.tools" in line:
            continue
        for changed in (
            line[:-1] + b" \n",
            line[:-1] + b"  # x\n",
            line[:-1] + b"\r\n",
            b" " + line,
        ):
            if case is JOINED and 1 <= number <= 4 and b"  # x" not in changed:
                continue  # an import that is joined may be laid out anew
            wrong = b"".join([*lines[:number], changed, *lines[number + 1 :]])
            assert case.wrong(wrong) is not None, changed


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_two_lines_that_change_places_are_found(case: Case) -> None:
    lines = case.after.splitlines(keepends=True)
    for number, (one, other) in enumerate(itertools.pairwise(lines)):
        ours = b"lib.tools" in one + other
        if one.strip() and other.strip() and one != other and not ours:
            wrong = b"".join([*lines[:number], other, one, *lines[number + 2 :]])
            assert case.wrong(wrong) is not None, one


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize(
    "change",
    [
        (b"import Fake", b"import helper as Fake"),
        (b"Fake\n", b"Fake as Fake\n"),
        (b"lib.tools import", b"lib.other import"),
        (b"from lib", b"from .lib"),
        (b"Fake", b"Faker"),
    ],
)
def test_another_import_is_found(case: Case, change: tuple[bytes, bytes]) -> None:
    if change[0] in case.after:
        assert case.wrong(case.after.replace(*change, 1)) is not None


SPECIAL = {
    "a BOM": (PLAIN, b"\xef\xbb\xbf" + PLAIN.after, "a line beside"),
    "an encoding": (INNER, b"# coding: latin-1\n" + INNER.after, ""),
    "no text": (PLAIN, PLAIN.after + b"\xff", "it would be no text"),
    "no Python": (PLAIN, PLAIN.after + b"def", "it would not compile"),
    "what does not compile": (PLAIN, PLAIN.after + b"return\n", "it would not compile"),
    "a late __future__": (
        PLAIN,
        PLAIN.after + b"from __future__ import annotations\n",
        "it would not compile",
    ),
    "another docstring": (PLAIN, PLAIN.after.replace(b"Doc.", b"doc."), "the docstring"),
    "a docstring where there was none": (
        INSTEAD,
        b"'text'\n" + INSTEAD.after.replace(b"'text'\n", b""),
        "the docstring of the module",
    ),
    "the final newline": (PLAIN, PLAIN.after[:-1], "a line beside"),
    "a layout": (PLAIN, PLAIN.after.replace(b"x = 1", b"x = (1)"), "a line beside"),
    "a quote": (PLAIN, PLAIN.after.replace(b'"""Doc."""', b"'Doc.'"), "a line beside"),
    "the white space in a text": (INNER, INNER.after.replace(b"text", b"text "), "syntax tree"),
    "the comment behind a name that is joined": (
        JOINED,
        JOINED.after.replace(b"  # noqa", b""),
        "",
    ),
}


@pytest.mark.parametrize(("case", "after", "saying"), SPECIAL.values(), ids=SPECIAL)
def test_what_else_is_found(case: Case, after: bytes, saying: str) -> None:
    wrong = case.wrong(after)
    assert wrong is not None
    assert saying in wrong


def test_a_text_in_a_nested_statement_that_would_become_its_docstring() -> None:
    case = Case("def test():\n" + indented(FAKE) + "    'text'\n    Fake()\n")
    lost = case.after.replace(b"    from lib.tools import Fake\n", b"")
    assert case.wrong(lost) is not None


# What is not proved is not given back.


def broken(monkeypatch: pytest.MonkeyPatch, breaks: Any) -> None:
    monkeypatch.setattr("codemods.engine.edit.edit", lambda m, p: breaks(edit(m, p)))


def changed(old: str, new: str) -> Any:
    return lambda module: cst.parse_module(module.code.replace(old, new))


BROKEN = {
    "nothing left": (lambda module: cst.parse_module(""), "syntax tree"),
    "a statement lost": (changed("x = 1\n", ""), "syntax tree"),
    "the class left": (changed("x = 1\n", "x = 1\n" + COPY), "syntax tree"),
    "the import lost": (changed(f"from {SHARED} import TestWebSocketConnection\n", ""), "syntax"),
    "a comment lost": (changed("# note\n", ""), "a line beside"),
    "no code": (
        lambda module: cst.Module([cst.SimpleStatementLine([cst.Expr(cst.Name("def"))])]),
        "it would not compile",
    ),
}


@pytest.mark.parametrize(("breaks", "saying"), BROKEN.values(), ids=BROKEN)
def test_an_edit_that_goes_wrong_is_not_given_back(
    breaks: Any, saying: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (
        "import os\n\n\n{copy}\n\n# note\nx = 1\n\n\ndef test_x():\n    TestWebSocketConnection()\n"
    )
    assert run(before).status is Status.CHANGED
    broken(monkeypatch, breaks)
    check_refused(before, Code.PROOF_FAILED, line=4, saying=saying)


def test_an_edit_that_a_second_run_would_repeat_is_not_given_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    modules: SharedModules = MODULES
    plan = ReplaceLocalCopies.plan
    first = ParsedModule(PLAIN.before, "tests/test_a.py")
    planned = plan(ReplaceLocalCopies(modules), first)
    monkeypatch.setattr(ReplaceLocalCopies, "plan", lambda self, module: planned)
    result = run(PLAIN.before, modules=modules)
    assert result.after is None
    (decision,) = result.decisions
    assert "a second run would change it again" in [r.message for r in decision.reasons]


@pytest.mark.parametrize(
    ("before", "span", "after"),
    [
        (b"x = 1  # a\ny = 2\n", (1, 1), b"y = 2\n"),
        (b"x = 1  # a\n# b\n", (1, 2), b""),
        (b"t = '''\n# a\n'''\n", (2, 2), b"t = '''\n'''\n"),
        (b"# a\n# b\n", (1, 1), b""),
        (b"x = [\n    1\n    ,\n]\n", (3, 3), b"x = [\n    1\n]\n"),
        (b"# a\nx = 1\n", (1, 1), b"y = 1\n"),
        (b"# a\n# coding: latin-1\nx = 1\n", (2, 2), b"# a\nx = 1\n"),
        (b"x = 1 + \\\n1 \\\n# a\n", (3, 3), b"x = 1 + \\\n1 \\\n"),
    ],
    ids=["code", "code too", "string", "another", "a comma", "a value", "coding", "backslash"],
)
def test_nothing_but_the_comments_of_the_plan_is_removed(
    before: bytes, span: tuple[int, int], after: bytes
) -> None:
    plan = EditPlan(comments=(span,))
    assert difference(before, ast.parse(before), after, plan) is not None


def test_comments_of_the_plan_are_removed() -> None:
    before = b"x = [\n    # a\n\n    # b\n    1,\n]\n# c\n"
    plan = EditPlan(comments=((2, 4), (7, 7)))
    after = b"x = [\n    1,\n]\n"
    assert difference(before, ast.parse(before), after, plan) is None
    assert difference(before, ast.parse(before), after, EditPlan()) is not None
