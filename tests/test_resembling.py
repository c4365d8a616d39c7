"""Renamed and near copies of shared definitions: what is one, and what is none."""

from __future__ import annotations

import textwrap

import pytest

from codemods.engine.codemod import decide
from codemods.model import Code, Status
from codemods.rewrites.discover.resembling import FindResembling
from tests.tools import shared

SOCKET = '''\
class Socket:
    """Records."""

    def __init__(self):
        self.sent = []

    def send(self, text):
        self.sent.append(text)

    def last(self):
        return self.sent[-1]
'''
QUIET = SOCKET.replace("Socket", "QuietSocket").replace("self.sent.append(text)", "return")
#: Two classes that differ little, functions of which one calls itself, and what is equal by chance.
MODULE = (
    f"import json\n\n\n{SOCKET}\n\n{QUIET}"
    """

def depth(tree):
    children = tree.get("children", [])
    return 1 + max(map(depth, children), default=0)


def load(path):
    with open(path) as file:
        text = file.read()
    value = json.loads(text)
    assert value
    names = sorted(value)
    return names, value


class NotFound(Exception):
    pass


def make():
    return Socket()
"""
)
MODULES = shared(MODULE, "tests.helpers")
LOAD = MODULE[MODULE.index("def load") : MODULE.index("\n\nclass NotFound")]
DEPTH = MODULE[MODULE.index("def depth") : MODULE.index("\n\ndef load")]


def found(text: str) -> list[tuple[Code, str, int, str]]:
    source = textwrap.dedent(text).encode()
    result = decide(source, "test_a.py", FindResembling(MODULES))
    assert result.error is None
    assert result.status is (Status.REFUSED if result.decisions else Status.UNCHANGED)
    return [
        (r.code, ".".join(d.shared or ()), d.definition.line, r.message)
        for d in result.decisions
        for r in d.reasons
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (SOCKET.replace("Socket", "Fake"), "Socket"),
        (SOCKET.replace("Socket", "_Fake").replace('"""Records."""', "x: int"), "Socket"),
        ("import pytest\n@pytest.mark.x\n" + SOCKET.replace("Socket", "Fake"), "Socket"),
        (DEPTH.replace("depth", "height"), "depth"),
        ("import json\n" + LOAD.replace("load(path)", "read(path)"), "load"),
        ("def test_it():\n" + textwrap.indent(DEPTH.replace("depth", "height"), "    "), "depth"),
        ("\t\n" + SOCKET.replace("Socket", "Fake").replace("    ", "\t"), "Socket"),
    ],
    ids=["class", "docstring", "mark", "recursive", "reads a name", "nested", "tabs"],
)
def test_a_renamed_copy(text: str, name: str) -> None:
    ((code, dotted, _, message),) = found(text)
    assert (code, dotted) == (Code.RENAMED_COPY, f"tests.helpers.{name}")
    assert message == f"it is `tests.helpers.{name}` under another name"


@pytest.mark.parametrize(
    ("text", "differs"),
    [
        (SOCKET.replace("[-1]", "[0]"), "`last`"),
        (SOCKET + "\n    def more(self):\n" + "        print()\n" * 30, "`more`"),
        (SOCKET[: SOCKET.index("    def last")], "`last`"),
        (SOCKET.replace("class Socket:", "class _Socket(Base):"), "3 lines"),
        (LOAD.replace("    assert value\n", ""), "1 line"),
        ("if 1:\n" + textwrap.indent(SOCKET.replace("[-1]", "[0]"), "    "), "`last`"),
    ],
    ids=["changed", "added", "removed", "head", "function", "in a statement"],
)
def test_a_near_copy(text: str, differs: str) -> None:
    ((code, _, _, message),) = found(text)
    assert code is Code.NEAR_COPY
    assert message.endswith(f" but for {differs}")


@pytest.mark.parametrize(
    "text",
    [
        MODULE,
        "class Missing(Exception):\n    pass\n",
        "def build():\n    return Socket()\n",
        "class Socket:\n    def __init__(self, url):\n        self.url = url\n",
        "def Socket():\n    return 1\n",
        SOCKET.replace("Socket", "Fake").replace("[-1]", "[0]"),
        "class Base:\n" + textwrap.indent(DEPTH.replace("depth", "height"), "    "),
        "class Socket(\n",
        f"text = '''\n{SOCKET.replace('[-1]', '[0]')}'''\n",
        "import json as other\n" + LOAD.replace("json", "other").replace("load(p", "read(p"),
        "def depth(tree):\n    return 0\n",
        SOCKET.replace("Socket", "TestSocket") + "\n    def test_it(self):\n        pass\n",
        QUIET.replace("QuietSocket", "Socket"),
    ],
    ids=[
        *("equal ones", "short class", "short function", "another class", "another kind"),
        *("near under another name", "method", "no Python", "text", "other global"),
        *("another function", "tests", "another shared one"),
    ],
)
def test_what_resembles_none(text: str) -> None:
    assert found(text) == []


def test_the_place() -> None:
    text = "import pytest\n\nif 1:\n    @pytest.mark.x\n" + textwrap.indent(
        SOCKET.replace("Socket", "Fake"), "    "
    )
    (decision,) = decide(text.encode(), "test_a.py", FindResembling(MODULES)).decisions
    place = decision.definition
    assert (place.name, place.kind) == ("Fake", "class")
    assert (place.line, place.end_line, place.column) == (4, 15, 5)
