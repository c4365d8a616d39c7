"""Definitions that leave their file for a module of their own, with what they read."""

from __future__ import annotations

import pytest

from codemods.rewrites.adopt import CannotAdopt, extract, module_with

FILE = '''\
#!/usr/bin/env python
# A comment on the file.
from __future__ import annotations

import os, json as j
import os.path
from typing import TYPE_CHECKING, Any
from collections import OrderedDict as Ordered, deque

if TYPE_CHECKING:
    from app.models import Model, Other

#: In seconds.
LIMIT: float = 1.5
NAMES = ("a", "b")
STATE = []


# What it is for.
# In two lines.
@staticmethod
def make(model: Model, limit=LIMIT) -> Any:
    """Make one."""
    return j.dumps(Ordered(a=os.path.join("a", str(limit))))  # trailing


class Fake:
    x = 1

    def go(self):
        return make(self, NAMES)


def bad():
    return STATE


def test_it():
    assert Fake().go()
'''

MODULE = '''\
"""Helpers, shared by the tests."""

from __future__ import annotations

import json as j
import os
import os.path
from collections import OrderedDict as Ordered
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.models import Model

#: In seconds.
LIMIT: float = 1.5
NAMES = ("a", "b")


# What it is for.
# In two lines.
@staticmethod
def make(model: Model, limit=LIMIT) -> Any:
    """Make one."""
    return j.dumps(Ordered(a=os.path.join("a", str(limit))))  # trailing


class Fake:
    x = 1

    def go(self):
        return make(self, NAMES)
'''


def adopted(source: str, *names: str, before: str = "") -> str:
    """Return a module with definitions of a file; asked again, it stays as it is."""
    parts = extract(source.encode(), names)
    after = module_with(before.encode(), parts)
    assert module_with(after, parts) == after
    compile(after, "<module>", "exec")
    return after.decode()


def test_what_it_reads_is_taken_along() -> None:
    assert adopted(FILE, "Fake") == MODULE


def test_long_imports_are_broken() -> None:
    names = [f"name_{n:02}" for n in range(12)]
    source = f"from a import {', '.join(names)}\ndef f(): return {', '.join(names)}\n"
    lines = "".join(f"    {name},\n" for name in names)
    assert f"\nfrom a import (\n{lines})\n" in adopted(source, "f")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_module_is_extended(end: str) -> None:
    before = '"""Ours."""\n\nimport os  # paths\nfrom a import b\n\n\ndef mine():\n    return b\n'
    source = "import os\nimport re\n\n\ndef new():\n    return os, re\n"
    after = adopted(source, "new", before=before.replace("\n", end))
    assert after == (
        '"""Ours."""\n\nimport os  # paths\nfrom a import b\nimport re\n\n\n'
        "def mine():\n    return b\n\n\ndef new():\n    return os, re\n"
    ).replace("\n", end)


NOT_TAKEN = {
    "a mutable global": ("S = []\ndef f(): return S\n", "`f` reads `S`, which is bound on line 1"),
    "a global that is set": ("def f():\n    global S\n    S = 1\n", "sets the global `S`"),
    "an import in a try": (
        "try:\n    import a\nexcept ImportError:\n    a = None\ndef f(): return a\n",
        "`f` reads `a`",
    ),
    "a relative import": (
        "from .a import b\ndef f(): return b\n",
        "reads `b`, which is imported relatively",
    ),
    "a star import": ("from a import *\ndef f(): return b\n", "the star import of line 1"),
    "an unknown name": ("def f(): return b\n", "is bound nowhere in the file"),
    "two definitions": ("def f(): ...\ndef f(): ...\n", "no one definition at the top"),
    "a definition in an if": ("if x:\n    def f(): ...\n", "no one definition at the top"),
    "a shared line": ("x = 1; f = 2\n", "no one definition at the top"),
    "an assignment twice": ("N = 1\nN = 1\ndef f(): return N\n", "`f` reads `N`"),
    "a syntax error": ("def f(:\n", "line 1"),
}


@pytest.mark.parametrize(("source", "why"), NOT_TAKEN.values(), ids=NOT_TAKEN)
def test_what_cannot_be_taken(source: str, why: str) -> None:
    with pytest.raises(CannotAdopt) as error:
        extract(source.encode(), ["f"])
    assert why in str(error.value)


CLASHES = {
    "another definition": ("def f(): return 2\n", "`f` is something else", "line 1"),
    "another import": ("import x as os\n", "`os` is something else", "line 1"),
    "another constant": ("\nN = 2\n", "`N` is something else", "line 2"),
}


@pytest.mark.parametrize(("before", "what", "where"), CLASHES.values(), ids=CLASHES)
def test_a_name_that_the_module_has_for_something_else(before: str, what: str, where: str) -> None:
    parts = extract(b"import os\nN = 1\ndef f(): return os, N\n", ["f"])
    with pytest.raises(CannotAdopt) as error:
        module_with(before.encode(), parts)
    assert what in str(error.value)
    assert where in str(error.value)


def test_a_module_without_the_future_import() -> None:
    parts = extract(b"from __future__ import annotations\ndef f(x: int): ...\n", ["f"])
    with pytest.raises(CannotAdopt, match="lacks `from __future__"):
        module_with(b"x = 1\n", parts)
