"""Printing by statements gives what LibCST gives."""

from __future__ import annotations

import libcst as cst
import pytest

from codemods.engine.codemod import ParsedModule
from codemods.engine.edit import edit
from codemods.engine.printed import Printed
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from tests.test_engine_edit import CASES
from tests.tools import default_modules, source

TEXTS = {
    "nothing": b"",
    "a newline": b"\n",
    "a comment": b"# one",
    "no newline at the end": b"x = 1",
    "no newline at the end of a block": b"if x:\n    y",
    "no newline behind blank lines": b"x = 1\n\n  ",
    "Windows": b"x = 1\r\n\r\n# y\r\ny = 2",
    "a BOM": b"\xef\xbb\xbfx = 1\n",
    "Latin-1": b"# coding: latin-1\nx = '\xe9'\n",
    "each compound statement": (
        b"# a\n@b\n# c\ndef f(): ...\n# d\n@e\nclass G: ...\n# h\nfor i in j: ...\n# k\n"
        b"while l: ...\n# m\ntry: ...\nfinally: ...\n# n\nwith o: ...\n# p\nif q: ...\n"
        b"# r\nmatch s:\n    case t: ...\n# u\nx = 1; y = 2\n"
    ),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_module_is_printed_as_libcst_prints_it(text: bytes) -> None:
    module = cst.parse_module(text)
    printed = Printed(module)
    assert printed.bytes == printed.edited(module) == module.bytes
    less = module.with_changes(body=module.body[1:], has_trailing_newline=False)
    assert printed.edited(less) == less.bytes
    above = [statement.with_changes(leading_lines=[cst.EmptyLine()]) for statement in module.body]
    moved = module.with_changes(body=above)
    assert printed.edited(moved) == moved.bytes


def test_a_change_inside_a_statement_is_printed() -> None:
    module = cst.parse_module("def f():\n    pass\n")
    (function,) = module.body
    changed = module.with_changes(body=[function.with_changes(name=cst.Name("g"))])
    assert Printed(module).edited(changed) == b"def g():\n    pass\n"


@pytest.mark.parametrize("before", [case[0] for case in CASES.values()], ids=CASES)
def test_an_edited_module_is_printed_as_libcst_prints_it(before: str) -> None:
    content = source(before)
    parsed = ParsedModule(content, "tests/test_sample.py")
    plan = ReplaceLocalCopies(default_modules()).plan(parsed).plan
    assert plan is not None
    module = cst.parse_module(content)
    edited = edit(module, plan)
    assert Printed(module).edited(edited) == edited.bytes
