"""Which comments of a copy are lost, as the shared definition does not have them."""

from __future__ import annotations

import pytest

from codemods.model import Written
from codemods.report.migrate import as_json, as_text
from tests.tools import check_replaced, run, shared

MODULES = shared(
    "# The fake.\nclass Fake:\n    x = 1  # known\n\n    def f(self):\n        return 2\n",
    "lib.tools",
)
IMPORT = "from lib.tools import Fake\n"
USE = "\n\ndef test_fake():\n    Fake()\n"

LOST = {
    "none": ("class Fake:\n    x = 1\n\n    def f(self):\n        return 2\n", []),
    "those that the shared definition has": (
        "# The  fake.\nclass Fake:\n    #known\n    x = 1\n\n    def f(self):\n        return 2\n",
        [],
    ),
    "on lines of their own and behind code": (
        "class Fake:\n    # why\n    x = 1  # because\n\n    def f(self):\n        return 2\n",
        [2, 3],
    ),
    "above it": ("# Why.\n# The fake.\nclass Fake:\n    x = 1\n    def f(self): return 2\n", [1]),
    "not above it where they stay": (
        "# Why.\n\n# ---- Fakes ----\nclass Fake:\n    x = 1\n    def f(self): return 2\n",
        [],
    ),
    "below it, as far as they hang on it": (
        "class Fake:\n    x = 1\n    def f(self): return 2\n    # z\n    # y\n# stays\n",
        [4, 5],
    ),
    "nothing in a string": (
        "class Fake:\n    '''# a\n    # b'''\n    x = 1\n    def f(self): return 2\n",
        [],
    ),
    "no words to tools, and no rules": (
        "class Fake:\n    x = 1  # noqa: E501\n    # -----\n    #\n    def f(self):"
        "  # type: ignore\n        return 2  # pragma: no cover\n",
        [],
    ),
    "in a block": (
        "if True:\n    # z\n    class Fake:\n        x = 1  # y\n        def f(self): return 2\n",
        [2, 4],
    ),
}


@pytest.mark.parametrize(("text", "lines"), LOST.values(), ids=LOST)
def test_lost_comments(text: str, lines: list[int]) -> None:
    result = run(text + USE, modules=MODULES)
    assert [d.lost_comments for d in result.replaced] == [tuple(lines)]
    assert result.after is not None
    old = text.splitlines()
    assert not [n for n in lines if old[n - 1].strip().encode() in result.after.splitlines()]


def test_they_are_named_beside_the_other_changes() -> None:
    before = "class Fake:\n    # why\n    x = 1  # because\n    def f(self): return 2\n"
    result = check_replaced(before + USE, IMPORT + USE, modules=MODULES)
    written = Written(1, None, (result,), 0, 1)
    line = f"{result.path}:2: 2 comments of `Fake` that the shared definition does not have"
    assert f"\ncomments lost: {line}\n" in as_text(written, dry_run=True)
    (replaced,) = as_json(written, dry_run=True)["replaced"]
    assert replaced["lost_comment_lines"] == [2, 3]
