"""What goes, what stays, and how many blank lines are between."""

from __future__ import annotations

import pytest

from codemods.engine.edit import own_comment
from tests.tools import COPY, check_replaced, source

IMPORT = "from {shared} import TestWebSocketConnection\n"
USE = "def test_send():\n    assert TestWebSocketConnection().get_messages() == []\n"

CASES = {
    "between an import and a test": (
        "import os\n\n\n{copy}\n\n" + USE,
        "import os\n" + IMPORT + "\n\n" + USE,
    ),
    "first in the file, above the docstring and the imports": (
        '{copy}\n"""About the tests."""\n\nimport os\n\n\n' + USE,
        '"""About the tests."""\n\nimport os\n' + IMPORT + "\n\n" + USE,
    ),
    "first in the file, directly above the docstring": (
        '{copy}"""About the tests."""\nimport os\n\n\n' + USE,
        '"""About the tests."""\nimport os\n' + IMPORT + "\n\n" + USE,
    ),
    "first in the file, above a shebang that never worked": (
        '{copy}\n#!/usr/bin/env python\n"""Doc."""\nimport os\n\n\n' + USE,
        '#!/usr/bin/env python\n"""Doc."""\nimport os\n' + IMPORT + "\n\n" + USE,
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
        "import os\n{copy}import sys\nprint(TestWebSocketConnection, os, sys)\n",
        "import os\nimport sys\n" + IMPORT + "print(TestWebSocketConnection, os, sys)\n",
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
        "import os\n" + IMPORT + "\n\n    # def old(self): ...\n\n\n" + USE,
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
        "{copy}\nprint(TestWebSocketConnection)\nimport os",
        "from {shared} import TestWebSocketConnection\n\nprint(TestWebSocketConnection)\nimport os",
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
    before = "def f():\n    pass\n\n\nfrom helpers import *\n\n\n" + COPY.rstrip()
    after = "def f():\n    pass\n\n\nfrom helpers import *\n\n\n" + IMPORT.rstrip()
    check_replaced(before, after, path="conftest.py")


def test_a_line_above_a_last_orphan_without_a_newline_keeps_its_own() -> None:
    copy = COPY.replace("message: dict", "message: Dict")
    check_replaced(copy + "\nx = 1\nfrom typing import Dict", "x = 1\n")


def test_mixed_line_endings_stay_mixed() -> None:
    before = b"import os\r\nx = 1\n\n\n" + source("{copy}") + b"\n\n" + b"y = 1\r\nz = 2\n"
    check_replaced(before, b"import os\r\nx = 1\n\ny = 1\r\nz = 2\n")


def test_a_copy_indented_by_tabs_is_replaced() -> None:
    tabs = COPY.replace("    ", "\t")
    check_replaced("import os\n\n\n" + tabs + "\n\n" + USE, "import os\n" + IMPORT + "\n\n" + USE)


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
