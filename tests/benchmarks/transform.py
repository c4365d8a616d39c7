"""What one file costs, as ratios to its floor and to a plain codemod, measured in the same run.

    python tests/benchmarks/transform.py

The floor of a file that changes is one LibCST parse and print of it, that of a file that is refused
one `ast.parse`. The peer is the usual visitor: RemoveFromParent, AddImportsVisitor and
RemoveImportsVisitor, which decides nothing and proves nothing.
"""

from __future__ import annotations

import ast
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import libcst as cst
from libcst.codemod import CodemodContext, VisitorBasedCodemodCommand, transform_module
from libcst.codemod.visitors import AddImportsVisitor

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # runs from a checkout as it is

from tests.benchmarks.generate import NAMES
from tests.tools import COPY, SHARED, run

ROUNDS = 5
NAME = "TestWebSocketConnection"


class PlainCommand(VisitorBasedCodemodCommand):
    """Removes every class of the names and adds the import."""

    DESCRIPTION = "The peer."

    def leave_ClassDef(  # noqa: N802
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.ClassDef | cst.RemovalSentinel:
        name = original_node.name.value
        if name not in NAMES:
            return updated_node
        AddImportsVisitor.add_needed_import(self.context, SHARED, name)
        self.remove_unused_import("asyncio")
        return cst.RemoveFromParent()


def suite(tests: int) -> str:
    """Return a test module of about eight lines a test, with a copy on top."""
    test = (
        "def test_{n}(route):\n"
        '    """Message {n} reaches its user."""\n'
        f"    connection = {NAME}()\n"
        "    reply = route(connection, {{'type': 'message', 'number': {n}}}, retries=[1, 2, 3])\n"
        "    assert reply is not None and reply['number'] == {n}, reply\n"
        "    assert connection.get_messages() == []\n\n\n"
    )
    head = f'{COPY}\n"""About the routes."""\n\nimport asyncio\nimport os\n\n\n'
    return head + "".join(test.format(n=n) for n in range(tests))


def median(function: Callable[[str], object], text: str) -> float:
    """Return the median of the seconds that a call takes, after one to warm up."""
    function(text)
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        function(text)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def main() -> None:
    print(f"python {sys.version.split()[0]}, medians of {ROUNDS}, milliseconds\n")
    print(f"{'lines':<8}{'':<10}{'ours':>8}{'peer':>8}{'ratio':>8}")
    for tests in (10, 100):
        text = suite(tests)
        other = text.replace("_closed = False", "_closed = 0")
        assert run(text).after is not None
        assert run(other).after is None
        changed, refused = median(run, text), median(run, other)
        rows = [
            ("changed", changed, "LibCST parse and print", median(printed, text)),
            ("changed", changed, "plain codemod", median(plain, text)),
            ("refused", refused, "ast.parse", median(ast.parse, other)),
        ]
        for what, ours, peer, theirs in rows:
            figures = f"{ours * 1e3:>8.1f}{theirs * 1e3:>8.1f}{ours / theirs:>8.2f}"
            print(f"{text.count(chr(10)):<8}{what:<10}{figures}  {peer}")


def printed(text: str) -> bytes:
    return cst.parse_module(text.encode()).bytes


def plain(text: str) -> object:
    return transform_module(PlainCommand(CodemodContext()), text)


if __name__ == "__main__":
    main()
