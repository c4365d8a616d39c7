"""What an edit removes and keeps, and how many blank lines it leaves."""

from __future__ import annotations

import pytest

from codemods.engine.comments import own_comment
from tests.tools import COPY, check_replaced, indented, run, shared, source

IMPORT = "from {shared} import TestWebSocketConnection\n"
USE = "def test_send():\n    assert TestWebSocketConnection().get_messages() == []\n"

CASES = {
    "between an import and a test": (
        "import os\n\n\n{copy}\n\n" + USE,
        "import os\n" + IMPORT + "\n\n" + USE,
    ),
    "first in the file, above the docstring and the imports": (
        '{copy}\n"""About the tests."""\n\nimport os\n\n\n' + USE,
        IMPORT + '\n"""About the tests."""\n\nimport os\n\n\n' + USE,
    ),
    "first in the file, directly above the docstring": (
        '{copy}"""About the tests."""\nimport os\n\n\n' + USE,
        IMPORT + '"""About the tests."""\nimport os\n\n\n' + USE,
    ),
    "first in the file, above a shebang that never worked": (
        '{copy}\n#!/usr/bin/env python\n"""Doc."""\nimport os\n\n\n' + USE,
        IMPORT + '\n#!/usr/bin/env python\n"""Doc."""\nimport os\n\n\n' + USE,
    ),
    "last in the file": (
        "import os\n\n\n" + USE + "\n\n{copy}",
        "import os\n" + IMPORT + "\n\n" + USE,
    ),
    "last in the file, blank lines behind it": (
        "import os\n\n\n" + USE + "\n\n{copy}\n\n",
        "import os\n" + IMPORT + "\n\n" + USE,
    ),
    "last in the file, without a final newline": (
        "import os\n\n\n" + USE + "\n\n" + COPY.rstrip(),
        "import os\n" + IMPORT + "\n\n" + USE,
    ),
    "last in the file, without a final newline, below a comment that stays": (
        "import os\n\n\n" + USE + "\n\n# ==== Fakes ====\n" + COPY.rstrip(),
        "import os\n" + IMPORT + "\n\n" + USE + "\n\n# ==== Fakes ====\n",
    ),
    "last in the file, a comment without a final newline behind it": (
        "import os\n\n\n" + USE + "\n\n{copy}\n\n# the end",
        "import os\n" + IMPORT + "\n\n" + USE + "\n\n# the end",
    ),
    "the last line, elsewhere, without a final newline": (
        "import os\n\n\n{copy}\n\n" + USE.rstrip(),
        "import os\n" + IMPORT + "\n\n" + USE.rstrip(),
    ),
    "between two groups of imports": (
        "import os\n\n\n{copy}\n\nimport sys\n\nwire = TestWebSocketConnection()\n",
        "import os\n\nimport sys\n" + IMPORT + "\nwire = TestWebSocketConnection()\n",
    ),
    "one blank line around it, a function next": (
        "import os\n\n{copy}\n" + USE,
        "import os\n" + IMPORT + "\n\n" + USE,
    ),
    "no blank line around it, a function before": (
        "import os\ndef helper():\n    pass\n{copy}if helper():\n    TestWebSocketConnection()\n",
        "import os\n"
        + IMPORT
        + "def helper():\n    pass\n\n\nif helper():\n    TestWebSocketConnection()\n",
    ),
    "no blank line around it, imports on both sides": (
        "import os\n{copy}import sys\nprint(TestWebSocketConnection(), os, sys)\n",
        "import os\nimport sys\n" + IMPORT + "print(TestWebSocketConnection(), os, sys)\n",
    ),
    "white space on the blank lines around it": (
        "import os\n\n  \n{copy}    \n\n\n" + USE,
        "import os\n" + IMPORT + "\n  \n" + USE,
    ),
    "its own comment goes with it": (
        "import os\n\n\n# The fake connection.\n# Two lines.\n{copy}\n\n" + USE,
        "import os\n" + IMPORT + "\n\n" + USE,
    ),
    "a comment set off by a blank line stays": (
        "import os\n\n# About the file.\n\n# The fake.\n{copy}\n\n" + USE,
        "import os\n" + IMPORT + "\n# About the file.\n\n\n" + USE,
    ),
    "a section heading directly above it stays": (
        "import os\n\n\n# ------\n# Fakes\n# ------\n{copy}\n\n" + USE,
        "import os\n" + IMPORT + "\n\n# ------\n# Fakes\n# ------\n\n\n" + USE,
    ),
    "a heading with its rule on the same line stays": (
        "import os\n\n\n# --- Fakes ---------\n{copy}\n\n" + USE,
        "import os\n" + IMPORT + "\n\n# --- Fakes ---------\n\n\n" + USE,
    ),
    "a commented-out copy directly above it stays": (
        "import os\n\n\n# class TestWebSocketConnection:\n#     pass\n{copy}\n\n" + USE,
        "import os\n" + IMPORT + "\n\n# class TestWebSocketConnection:\n#     pass\n\n\n" + USE,
    ),
    "a comment below it stays": (
        "import os\n\n\n{copy}\n\n# Tests.\n" + USE,
        "import os\n" + IMPORT + "\n\n# Tests.\n" + USE,
    ),
    "a comment directly below it stays": (
        "import os\n\n\n{copy}# Tests.\n" + USE,
        "import os\n" + IMPORT + "\n\n# Tests.\n" + USE,
    ),
    "an indented comment that hangs on its last line goes": (
        "import os\n\n\n{copy}        # no more\n    # than this\n\n\n" + USE,
        "import os\n" + IMPORT + "\n\n" + USE,
    ),
    "an indented comment set off by a blank line stays where it is": (
        "import os\n\n\n{copy}\n    # def old(self): ...\n\n\n" + USE,
        "import os\n" + IMPORT + "\n    # def old(self): ...\n\n\n" + USE,
    ),
    "shebang, cookie and licence above it stay": (
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# Copyright 2024 The Authors\n"
        "# The fake.\n{copy}\n\n" + USE,
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# Copyright 2024 The Authors\n"
        + IMPORT
        + "\n\n"
        + USE,
    ),
    "a word to a linter about the whole file stays": (
        "# ruff: noqa\n# The fake.\n{copy}\n\n" + USE,
        "# ruff: noqa\n" + IMPORT + "\n\n" + USE,
    ),
    "pytest marks go with it": (
        "import pytest\n\n\n@pytest.mark.e2e\n# a comment\n@pytest.mark.slow\n{copy}\n\n"
        + "@pytest.mark.e2e\n"
        + USE,
        "import pytest\n" + IMPORT + "\n\n@pytest.mark.e2e\n" + USE,
    ),
    "a form feed stays": (
        "import os\n\n\n{copy}\n\x0c\n" + USE,
        "import os\n" + IMPORT + "\n\x0c\n" + USE,
    ),
    "a comment behind its last line goes": (
        "import os\n\n\n" + COPY.rstrip() + "  # done\n\n\n" + USE,
        "import os\n" + IMPORT + "\n\n" + USE,
    ),
    "above a last import without a final newline": (
        "{copy}\nprint(TestWebSocketConnection())\nimport os",
        IMPORT + "\nprint(TestWebSocketConnection())\nimport os",
    ),
    "the last import, to be followed, without a final newline": (
        "{copy}\nimport os",
        "import os",
    ),
    "nothing but the class, used nowhere": ("{copy}", ""),
    "nothing but the class and a comment without a final newline": ("{copy}\n# bye", "# bye"),
    "nothing but the class and a comment": ("{copy}\n# bye\n", "# bye\n"),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_the_class_goes_and_all_else_stays(before: str, after: str) -> None:
    check_replaced(before, after)


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_line_endings_survive(before: str, after: str) -> None:
    crlf = source(before).replace(b"\n", b"\r\n")
    check_replaced(crlf, source(after).replace(b"\n", b"\r\n"))


@pytest.mark.parametrize("first", ["first in the file, directly above the docstring"])
def test_bom_survives(first: str) -> None:
    before, after = CASES[first]
    check_replaced(b"\xef\xbb\xbf" + source(before), b"\xef\xbb\xbf" + source(after))


def test_an_encoding_other_than_utf_8_survives() -> None:
    before = "# coding: latin-1\nimport os\n\nNAME = 'Zoë'\n\n\n{copy}\n\n" + USE
    after = "# coding: latin-1\nimport os\n" + IMPORT + "\nNAME = 'Zoë'\n\n\n" + USE
    check_replaced(
        source(before).decode().encode("latin-1"), source(after).decode().encode("latin-1")
    )


def test_an_import_below_a_last_line_without_a_newline_ends_without_one() -> None:
    check_replaced("{copy}\nimport os", "import os\n" + IMPORT.rstrip(), path="conftest.py")


def test_an_import_in_the_place_of_a_last_copy_without_a_newline_ends_without_one() -> None:
    above = "def f():\n    pass\n\n\nfrom helpers import *\n\n\n"
    modules = shared("class Fake:\n    x = 1\n", "lib")
    after = above + "from lib import Fake"
    check_replaced(above + "class Fake:\n    x = 1", after, path="conftest.py", modules=modules)


def test_mixed_line_endings_stay_mixed() -> None:
    before = b"import os\r\nx = 1\n\n\n" + source("{copy}") + b"\n\n" + b"y = 1\r\nz = 2\n"
    check_replaced(before, b"import os\r\nx = 1\n\ny = 1\r\nz = 2\n")


def test_a_copy_indented_by_tabs_is_replaced() -> None:
    tabs = COPY.replace("    ", "\t")
    check_replaced("import os\n\n\n" + tabs + "\n\n" + USE, "import os\n" + IMPORT + "\n\n" + USE)


# Inside of a statement

FAKE = "class Fake:\n    def go(self):\n        return 1\n"
MODULES = shared(FAKE + "def helper(): return 1\n", "lib")
FAKE_IMPORT = "from lib import Fake\n"

INNER = {
    "alone": ("{fake}", "{import}"),
    "with a docstring above": ("'Doc.'\n{fake}\nFake()\n", "'Doc.'\n{import}\nFake()\n"),
    "its own comment goes with it": ("x = 1\n\n# The fake.\n{fake}", "x = 1\n\n{import}"),
    "a heading stays": ("x = 1\n# ---- Fakes ----\n{fake}", "x = 1\n# ---- Fakes ----\n{import}"),
    "a comment set off by a blank line stays": (
        "x = 1\n# About.\n\n# The fake.\n{fake}",
        "x = 1\n# About.\n\n{import}",
    ),
    "a comment below it stays": ("{fake}\n# Next.\ny = 1\n", "{import}\n# Next.\ny = 1\n"),
    "a comment behind its last line goes": (
        "class Fake:\n    def go(self):\n        return 1  # done\ny = 1\n",
        "{import}y = 1\n",
    ),
    "comments on other lines stay": (
        "x = 1  # noqa\n{fake}y = 2  # type: ignore\n",
        "x = 1  # noqa\n{import}y = 2  # type: ignore\n",
    ),
    "two of them": (
        "{fake}\ndef helper(): return 1\n\nx = Fake(), helper()\n",
        "{import}\nfrom lib import helper\n\nx = Fake(), helper()\n",
    ),
    "one in a block": (
        "if x:\n    y = 1\nelse:\n    def helper(): return 1\nz = 1\n",
        "if x:\n    y = 1\nelse:\n    from lib import helper\nz = 1\n",
    ),
    "a semicolon line beside it": (
        "x = 1; y = 2\n{fake}z = 3;\n",
        "x = 1; y = 2\n{import}z = 3;\n",
    ),
    "a continued line beside it": ("x = \\\n  1\n{fake}", "x = \\\n  1\n{import}"),
    "a text of several lines beside it": ('x = """\na\n   b"""\n{fake}', None),
    "a form feed beside it": ("x = 1\n\x0c\n{fake}y = 1\n", "x = 1\n\x0c\n{import}y = 1\n"),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["Unix", "Windows"])
@pytest.mark.parametrize("head", ["def f():\n", "class C:\n", "if x:\n", "async def f():\n"])
@pytest.mark.parametrize(("before", "after"), INNER.values(), ids=INNER)
def test_a_copy_inside_of_a_statement(
    before: str, after: str | None, head: str, newline: str
) -> None:
    after = before.replace("{fake}", "{import}") if after is None else after

    def block(text: str) -> bytes:
        filled = text.replace("{fake}", FAKE).replace("{import}", FAKE_IMPORT)
        return (head + indented(filled) + "\n\nz = 1\n").replace("\n", newline).encode()

    check_replaced(block(before), block(after), modules=MODULES)


def test_a_copy_indented_by_tabs_inside_of_a_statement() -> None:
    before = "def f():\n\tx = 1\n" + indented(FAKE.replace("    ", "\t"), "\t")
    check_replaced(before, "def f():\n\tx = 1\n\t" + FAKE_IMPORT, modules=MODULES)


def test_copies_inside_and_outside_of_one_statement() -> None:
    before = "def f():\n" + indented(FAKE) + "\n\n" + FAKE + "\n\nFake()\n"
    after = "def f():\n    " + FAKE_IMPORT + "\n\n" + FAKE_IMPORT + "\nFake()\n"
    result = run(before, modules=MODULES)
    assert result.after is not None
    assert result.after.count(b"import Fake") == 2
    assert len(result.replaced) == 2
    assert sorted(result.after.split()) == sorted(after.encode().split())


@pytest.mark.parametrize(
    ("comments", "own"),
    [
        ([], 0),
        (["# the fake"], 1),
        (["# one", "# two"], 2),
        (["#!/bin/sh", "# the fake"], 1),
        (["# type: ignore"], 0),
        (["# SPDX-License-Identifier: MIT", "# the fake"], 1),
        (["# =====", "# Fakes"], 0),
        (["# =====", "# Fakes", "# ====="], 0),
        (["# %% fakes"], 0),
        (["# region fakes"], 0),
        (["# Fakes ----"], 0),
        (["# Fakes ----", "# the fake"], 1),
        (["#", "# Fakes", "#"], 0),
        (["####", "# Fakes"], 0),
        (["# one", "#", "# two"], 3),
        (["# tests/test_a.py", "# Owner: platform"], 0),
        (["# class TestWebSocketConnection:", "#     pass"], 0),
        (["# REMOVED: def close(self):"], 0),
        (["# The class for tests."], 1),
    ],
)
def test_own_comment(comments: list[str], own: int) -> None:
    assert own_comment(comments) == own
