"""What holds for any module around a copy, with generated surroundings."""

from __future__ import annotations

import ast
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.model import Status, Verdict
from tests.tools import AWAITED, COPY, run

OTHER = COPY.replace("_closed = False", "_closed = None")
MOCK = COPY.replace("TestWeb", "MockWeb")
COPIES = [COPY, AWAITED, MOCK]

#: Pieces of a module that a copy may stand among. Each compiles wherever it stands.
PIECES = [
    '"""Über a docstring."""\n',
    "import os\n",
    "import asyncio\n",
    "import asyncio  # noqa: F401\n",
    "import os; import re\n",
    "from typing import (\n    Any,\n    Dict,  # mapping\n)\n",
    "from test_framework.ssot.websocket_connection_test_utility import AGENT_EVENTS\n",
    "import sys\nsys.path.insert(0, '.')\n",
    "try:\n    import one\nexcept ImportError:\n    one = None\n",
    "from helpers import *\n",
    "# a comment\n",
    "# ---- a heading ----\n",
    "#!/usr/bin/env python\n",
    "\x0c\n",
    "VALUE = 'é'  # trailing\n",
    "x = 1; y = 2\n",
    "text = '''\n  kept   \n\n\n\n\tas it is\n'''\n",
    "if x:\n\tpass\n\t# with a tab\n",
    "def helper():\n    # inside\n    return 1\n",
    "@decorated\nclass Other:\n    a = 1\n",
    "def test_a():\n    assert TestWebSocketConnection().messages_sent == []\n",
    "def test_b(ws: 'MockWebSocketConnection'):\n    pass\n",
    "wire = TestWebSocketConnection()\n",
    "TestWebSocketConnection.limit = 1\n",
    "class Sub(MockWebSocketConnection):\n    pass\n",
    "# class TestWebSocketConnection:\n#     pass\n",
    "if __name__ == '__main__':\n    TestWebSocketConnection()\n",
    OTHER,
]

ENCODINGS = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "latin-1": b"# -*- coding: latin-1 -*-\n",
}


@st.composite
def modules(draw: st.DrawFn) -> bytes:
    """Draw a module: pieces in any order, at least one copy, layout and encoding of any kind."""
    piece = st.sampled_from(PIECES)
    copy = st.sampled_from(COPIES)
    parts = [
        *draw(st.lists(piece, max_size=5)),
        draw(copy),
        *draw(st.lists(piece | copy, max_size=5)),
    ]
    blank = st.lists(st.sampled_from(["\n", "\n", "  \n"]), max_size=3)
    text = "".join(part + "".join(draw(blank)) for part in parts)
    if draw(st.booleans()):
        text = text.rstrip("\n")
    newline = draw(st.sampled_from(["\n", "\r\n", "mixed"]))
    if newline == "mixed":
        lines = text.split("\n")
        text = "".join(a + draw(st.sampled_from(["\n", "\r\n"])) for a in lines[:-1]) + lines[-1]
    else:
        text = text.replace("\n", newline)
    encoding = draw(st.sampled_from(list(ENCODINGS)))
    return ENCODINGS[encoding] + text.encode(encoding)


def lines_of(content: bytes) -> list[bytes]:
    """Split at line ends, which stay, and leave blank lines out."""
    lines = re.findall(rb"[^\n]*\n|[^\n]+\Z", content.removeprefix(b"\xef\xbb\xbf"))
    return [line for line in lines if line.strip(b" \t\r\n")]


def is_subsequence(part: list[bytes], whole: list[bytes]) -> bool:
    rest = iter(whole)
    return all(line in rest for line in part)


@settings(max_examples=150, deadline=None)
@given(modules())
def test_any_module(before: bytes) -> None:
    result = run(before)
    assert (result.status is Status.CHANGED) == (result.after is not None)
    assert result.status is not Status.UNCHANGED
    if result.status is Status.FAILED:
        # The pieces compile each by itself; a late __future__ or so is not among them.
        raise AssertionError(result.error)
    if result.after is None:
        assert all(d.verdict is Verdict.REFUSE and d.reasons for d in result.decisions)
        return
    compile(result.after, "after", "exec")
    assert run(result.after).after is None
    added = [line for line in lines_of(result.after) if b"test_framework.ssot" in line]
    added += [b"from typing import (\n", b"import os\n", b"import os\r\n"]  # edited in their place
    untouched = [line for line in lines_of(result.after) if line not in added]
    assert is_subsequence(untouched, lines_of(before))
    assert before.startswith(b"\xef\xbb\xbf") == result.after.startswith(b"\xef\xbb\xbf")


@settings(max_examples=100, deadline=None)
@given(modules())
def test_what_is_lost_is_a_copy_or_an_import(before: bytes) -> None:
    result = run(before)
    if result.after is None:
        return
    replaced = [d.definition for d in result.decisions if d.verdict is Verdict.REPLACE]
    lines = re.findall(rb"[^\n]*\n|[^\n]+\Z", before.removeprefix(b"\xef\xbb\xbf"))
    for definition in replaced:
        for number in range(definition.line - 1, definition.end_line):
            lines[number] = b""
    rest = [line for line in lines if line.strip(b" \t\r\n")]
    after = lines_of(result.after)
    lost = [line for line in rest if rest.count(line) > after.count(line)]
    for line in lost:
        assert line.strip().startswith((b"import ", b"from ", b"# a comment")), line


@settings(max_examples=100, deadline=None)
@given(modules())
def test_the_statements_that_stay_are_the_same(before: bytes) -> None:
    result = run(before)
    if result.after is None:
        return

    def others(content: bytes) -> list[str]:
        body = ast.parse(content).body
        kinds = (ast.Import, ast.ImportFrom)
        kept = [s for s in body if not isinstance(s, kinds)]
        return [
            ast.dump(s)
            for s in kept
            if not (isinstance(s, ast.ClassDef) and s.lineno in replaced and content is before)
        ]

    replaced = {d.definition.line for d in result.decisions if d.verdict is Verdict.REPLACE}
    assert others(before) == others(result.after)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes(content: bytes, with_copy: bool) -> None:
    result = run(COPY.encode() + content if with_copy else content)
    assert result.status in Status
