"""`remove_commented_copies`: what is removed, what stays, and that the code is the same."""

from __future__ import annotations

import ast
import random
import subprocess
import sys
from pathlib import Path

import pytest

from codemods.engine.codemod import apply
from codemods.model import Code, Status
from codemods.rewrites.remove_commented_copies import RemoveCommentedCopies
from tests.tools import (
    AWAITED,
    COPY,
    check_refused,
    check_replaced,
    check_untouched,
    default_modules,
    shared,
    write_shared,
)

CODEMOD = RemoveCommentedCopies(default_modules())


def commented(text: str, prefix: str = "# ") -> str:
    """Comment out each line that is not blank."""
    return "".join(prefix + n if n.strip() else n for n in text.splitlines(keepends=True))


def broken(text: str, prefix: str = "# REMOVED_SYNTAX_ERROR: ") -> str:
    """Comment out code that has lost its indentation, some of it in front of the comment."""
    lines = text.splitlines(keepends=True)
    return "".join(
        n if not n.strip() else ("    " if "self." in n else "") + prefix + n.lstrip()
        for n in lines
    )


LOST_ASYNC = AWAITED.replace("async def get", "def get")
WITH_PASS = COPY.replace("(self):\n", "(self):\n        pass\n").replace(
    "is_connected = False\n", "is_connected = False\n        pass\n"
)
REMOVED = {
    "hash and blank": commented(COPY),
    "hash alone": commented(COPY, "#"),
    "prefix": commented(COPY, "# REMOVED: "),
    "indented": commented(COPY, "    # "),
    "broken indentation": broken(COPY),
    "a variant that lost its `async`": broken(LOST_ASYNC),
    "an awaited one": commented(AWAITED),
    "with pass": broken(WITH_PASS),
    "bare marks between": commented(COPY).replace("\n\n", "\n#\n\n#\n"),
    "another name": commented(COPY.replace("class Test", "class _Test")),
    "base object": commented(COPY.replace("Connection:", "Connection(object):", 1)),
    "no annotations": commented(COPY.replace(" -> list", "").replace(": dict", "")),
    "other quotes": commented(COPY.replace('"WebSocket is closed"', "'WebSocket is closed'")),
    "no docstrings": commented("".join(n for n in COPY.splitlines(True) if '"""' not in n)),
    "long docstring": commented(COPY.replace('JSON message."""', 'JSON:\n\n        a [.\n"""')),
    "two lines": commented(COPY.replace("1000, reason", "1000,\n            reason")),
    "`pass` below": commented(COPY) + "# pass\n",
    "__test__": commented(
        COPY.replace("    def __init__", "    __test__ = False\n\n    def __init__")
    ),
}


@pytest.mark.parametrize("block", REMOVED.values(), ids=REMOVED)
def test_a_copy_is_removed(block: str) -> None:
    check_replaced(f"x = 1\n\n{block}\ny = 2\n", "x = 1\n\ny = 2\n", codemod=CODEMOD)


PLACES = {
    "at the start": ("{}\n\nx = 1\n", "x = 1\n"),
    "at the end": ("x = 1\n\n\n{}", "x = 1\n"),
    "alone": ("{}", ""),
    "below a docstring": ('"""Tests."""\n{}import os\n', '"""Tests."""\nimport os\n'),
    "in a function": (
        "def f():\n    a = 1\n{}    return a\n",
        "def f():\n    a = 1\n    return a\n",
    ),
    "in a list": ("x = [\n    1,\n{}    2,\n]\n", "x = [\n    1,\n    2,\n]\n"),
    "larger gap below": ("x = 1\n\n{}\n\n\ndef f(): ...\n", "x = 1\n\n\n\ndef f(): ...\n"),
    "larger gap above": ("x = 1\n\n\n{}\ny = 2\n", "x = 1\n\n\ny = 2\n"),
    "above other comments": ("x = 1\n{}# keep\ny = 2\n", "x = 1\n# keep\ny = 2\n"),
    "twice": ("x = 1\n{0}\n{0}y = 2\n", "x = 1\n\ny = 2\n"),
    "above a shebang": ("{}#!/usr/bin/env python\nx = 1\n", "#!/usr/bin/env python\nx = 1\n"),
    "above `fmt: off`": ("x = 1\n{}# fmt: off\ny = 2\n", "x = 1\n# fmt: off\ny = 2\n"),
}


@pytest.mark.parametrize(("before", "after"), PLACES.values(), ids=PLACES)
def test_nothing_around_it_changes(before: str, after: str) -> None:
    check_replaced(before.format(commented(COPY)), after, codemod=CODEMOD)


LEFT = {
    "a statement more": COPY.replace(
        "        self._closed = True", "        self.x = 1\n        self._closed = True"
    ),
    "a statement less": COPY.replace("        self.is_connected = False\n", ""),
    "another value": COPY.replace("1000", "1001"),
    "another order": COPY.replace("messages_sent = []", "is_connected = 1"),
    "another base": COPY.replace("Connection:", "Connection(Base):", 1),
    "a remark": COPY.replace(
        "        if self", "        TODO: Initialize real service\n        if self"
    ),
    "a word to a tool": COPY.replace("self._closed = False", "self._closed = False  # noqa"),
    "a type": COPY.replace("self._closed = False", "self._closed = False  # type: bool"),
    "one more method": COPY + "\n    def reset(self):\n        self._closed = False\n",
    "the head alone": "class TestWebSocketConnection:\n",
    "`await` elsewhere": COPY.replace(
        "        if self", "        await asyncio.sleep(0)\n        if self"
    ),
}


@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT)
def test_what_is_no_whole_copy_stays(text: str) -> None:
    for block in (commented(text), broken(text)):
        check_refused(f"x = 1\n{block}y = 2\n", Code.INCOMPLETE_COPY, line=2, codemod=CODEMOD)


def test_code_between_ends_the_block() -> None:
    block = commented(COPY).replace("\n\n", "\n\nx = 1\n", 1)
    check_refused(block, Code.INCOMPLETE_COPY, line=1, codemod=CODEMOD)


def test_another_prefix_ends_the_block() -> None:
    first, rest = COPY.split("\n\n", 1)
    block = commented(first, "# OLD: ") + "\n" + commented(rest)
    check_refused(block, Code.INCOMPLETE_COPY, line=1, codemod=CODEMOD)


UNTOUCHED = {
    "in a string": "text = '''\n{}'''\n",
    "in an f-string": "text = f'''{{1}}\n{}'''\n",
    "in a docstring": "def f():\n    '''Do.\n\n{}    '''\n",
}


@pytest.mark.parametrize("text", UNTOUCHED.values(), ids=UNTOUCHED)
def test_a_string_is_no_comment(text: str) -> None:
    check_untouched(text.format(commented(COPY)), codemod=CODEMOD)


def test_a_comment_behind_code_stays() -> None:
    check_untouched("x = 1  # class TestWebSocketConnection:\n", codemod=CODEMOD)


def test_a_comment_that_becomes_a_coding_cookie() -> None:
    source = commented(COPY) + "# -*- coding: latin-1 -*-\nx = 'ä'\n"
    check_refused(source, Code.PROOF_FAILED, codemod=CODEMOD)


FUNCTIONS = """
    import pytest

    @pytest.fixture
    def agent():
        return object()

    def wait(seconds: int = 1):
        for _ in range(3):
            try:
                pause(seconds)
            except OSError:
                continue
            else:
                break
            finally:
                x = {"a": 1}
        match x:
            case 1:
                return f"{x!r} and {seconds:>{x}}"
"""


def test_functions_and_each_kind_of_statement() -> None:
    modules = shared(FUNCTIONS)
    text = modules.modules[0].source.decode()
    agent = text[text.index("@pytest") : text.index("def wait")].rstrip() + "\n"
    wait = text[text.index("def wait") :]
    codemod = RemoveCommentedCopies(modules)
    for block in (agent, wait, broken(agent), broken(wait)):
        shown = block if block.startswith("# ") else commented(block)
        check_replaced(f"x = 1\n{shown}y = 2\n", "x = 1\ny = 2\n", codemod=codemod)
    bare = commented(agent.partition("\n")[2])
    check_refused(bare, Code.INCOMPLETE_COPY, codemod=codemod)


@pytest.mark.parametrize(
    ("line", "end"),
    [
        ("# TODO: ask the server", "`# TODO: ask the server`"),
        ("#     x = 1", "`# x = 1`"),
        ("# noqa: E501", "`# noqa: E501`"),
        ("# " + "a long remark " * 9, "`# a long remark a long remark a long remark a long [...]`"),
        ("x = 1", ""),
    ],
)
def test_a_reason_names_the_line_that_ends_the_comment(line: str, end: str) -> None:
    above, mark, below = commented(COPY).partition("#     async def close")
    result = apply(f"{above}#\n{line}\n{mark}{below}".encode(), "tests/test_a.py", CODEMOD)
    (reason,) = result.decisions[0].reasons
    number = above.count("\n") + 2
    ending = f"; line {number} ends it: {end}" if end else ""
    missing = "`async def close(self, code=1000, reason='Normal closure'):` is missing"
    assert reason.message.endswith(f"{missing}{ending}")


BYTES = {
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "BOM": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "latin-1": lambda text: ("# coding: latin-1\n" + text).encode("latin-1"),
    "form feed": lambda text: text.replace("\ny", "\n\f\ny").encode(),
    "no end": lambda text: text.rstrip("\n").encode(),
}


@pytest.mark.parametrize("encode", BYTES.values(), ids=BYTES)
def test_bytes_are_kept(encode: object) -> None:
    assert callable(encode)
    before = f"x = 'ä'  \n{commented(COPY)}\t\ny = 2 # c\n"
    after = "x = 'ä'  \n\t\ny = 2 # c\n"
    check_replaced(encode(before), encode(after), codemod=CODEMOD)


PIECES = (
    "import os\n",
    "# a remark\n",
    "\n",
    "\n\n\n",
    "def f(a):\n    # inside\n    return a\n",
    f"TEXT = '''\n{commented(COPY)}'''\n",
    "VALUES = [\n    1,\n    # two\n    2,\n]\n",
    "class A:\n    x = 1\n\n    # the end\n",
    commented(COPY.replace("1000", "1001")),
    commented("def other():\n    return 1\n"),
)
COPIES = (*REMOVED.values(), commented(COPY, "  # "), commented(AWAITED, "#"))


@pytest.mark.parametrize("seed", range(10))
def test_random_modules(seed: int) -> None:
    """The syntax tree stays, lines are removed from the copies alone, a second run changes none."""
    chance = random.Random(seed)
    for _ in range(100):
        pieces = [chance.choice(PIECES if chance.random() < 0.7 else COPIES) for _ in range(6)]
        before = "".join(pieces)
        rest = "".join(p for p in pieces if p not in COPIES)
        result = apply(before.encode(), "tests/test_a.py", CODEMOD)
        after = before if result.after is None else result.after.decode()
        assert (result.after is None) == (before == after)
        assert ast.dump(ast.parse(before)) == ast.dump(ast.parse(after))
        assert [n for n in after.splitlines() if n] == [n for n in rest.splitlines() if n]
        assert apply(after.encode(), "tests/test_a.py", CODEMOD).after is None


def test_both_routes_write_the_same_bytes(tmp_path: Path) -> None:
    written = []
    source = f"# -*- coding: utf-8 -*-\r\nx = 1\n{broken(LOST_ASYNC)}\n\ny = 'ä'"
    for number, command in enumerate(
        (
            ("codemods", "migrate", "--codemod", "remove_commented_copies", "tests"),
            (
                *("libcst.tool", "codemod"),
                *("remove_commented_copies.RemoveCommentedCopiesCommand", "tests"),
            ),
        )
    ):
        root = tmp_path / str(number)
        (root / "tests").mkdir(parents=True)
        write_shared(root)
        (root / "pyproject.toml").write_text(
            "[tool.ssot-codemods]\nmodules = "
            '["test_framework.ssot.websocket_connection_test_utility"]\n'
        )
        (root / ".libcst.codemod.yaml").write_text(
            "modules: [codemods.commands]\nformatter: [cat]\n"
        )
        (root / "tests/test_a.py").write_bytes(source.encode())
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        written.append((root / "tests/test_a.py").read_bytes())
    assert written[0] == written[1] == "# -*- coding: utf-8 -*-\r\nx = 1\n\n\ny = 'ä'".encode()
    assert Status.CHANGED is apply(source.encode(), "tests/test_a.py", CODEMOD).status
