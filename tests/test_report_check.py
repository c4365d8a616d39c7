"""Which copies are left."""

from __future__ import annotations

import subprocess

import pytest

from codemods.model import (
    STDIN,
    Code,
    Decision,
    Definition,
    FileResult,
    Plan,
    Reason,
    Status,
    Verdict,
)
from codemods.report.check import as_json, as_text
from codemods.wording import percentage

#: As the guide has it.
PIPELINE = """grep "Compliant Files" | awk '{print $4}' | tr -d '%'"""


def copy(path: str, *lines: int) -> FileResult:
    decisions = tuple(
        Decision(Definition("Fake", "class", n, n + 5), Verdict.REPLACE, ("lib", "Shared"), ())
        for n in lines
    )
    refused = Decision(
        Definition("Fake", "class", 99, 100), Verdict.REFUSE, None, (Reason(Code.NESTED, 99, "x"),)
    )
    return FileResult(path, Status.CHANGED, (*decisions, refused), (), "0", b"", None)


def failed(path: str, message: str = "it fails") -> FileResult:
    reason = Reason(Code.SYNTAX_ERROR, 3, message)
    return FileResult(path, Status.FAILED, (), (), "0", None, reason)


def plan(helpers: int, *results: FileResult) -> Plan:
    return Plan(100, helpers, results)


def test_copies_are_left() -> None:
    assert (
        as_text(plan(8, copy("a.py", 1, 9), copy("b.py", 4), failed("c.py")), ["tests/x y"])
        == """\
a.py:1:1: copy of `lib.Shared`, as `Fake`
a.py:9:1: copy of `lib.Shared`, as `Fake`
b.py:4:1: copy of `lib.Shared`, as `Fake`
c.py:3:1: syntax-error it fails
Compliant Files: 6/8 75.0%
Copies Left: 3
To fix them: ssot-codemods migrate 'tests/x y'
"""
    )


def test_one_file_is_named_itself() -> None:
    text = as_text(plan(1, copy("a b.py", 1)), ["tests"])
    assert text.endswith("To fix them: ssot-codemods migrate 'a b.py'\n")


def test_no_arguments_are_the_settings() -> None:
    text = as_text(plan(2, copy("a.py", 1), copy("b.py", 1)))
    assert text.endswith("To fix them: ssot-codemods migrate\n")


def test_nothing_is_left() -> None:
    assert as_text(plan(0)) == "Compliant Files: 0/0 100.0%\nCopies Left: 0\n"


@pytest.mark.parametrize(
    ("left", "helpers", "expected"),
    [(0, 0, "100.0"), (0, 7, "100.0"), (1, 3, "66.6"), (3, 3, "0.0"), (1, 9999, "99.9")],
)
def test_the_pipeline_of_the_guide(left: int, helpers: int, expected: str) -> None:
    text = as_text(plan(helpers, *(copy(f"{n}.py", 1) for n in range(left))))
    done = subprocess.run(
        ["sh", "-c", PIPELINE], input=text, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == f"{expected}\n"


def test_only_all_is_a_hundred_percent() -> None:
    assert percentage(99_999, 100_000) == 99.9
    assert percentage(5, 5) == percentage(0, 0) == 100.0


def test_json() -> None:
    assert as_json(plan(4, copy("a.py", 1), failed("c.py"))) == {
        "schema": "ssot-codemods/check/3",
        "file_count": 100,
        "copies": [
            {
                "path": "a.py",
                "line": 1,
                "column": 1,
                "end_line": 6,
                "name": "Fake",
                "kind": "class",
                "verdict": "replace",
                "lost_comment_lines": [],
                "shared": "lib.Shared",
                "reasons": [],
            }
        ],
        "compliant_file_count": 3,
        "helper_file_count": 4,
        "compliant_percent": 75.0,
        "ratchet": None,
        "failures": [
            {"path": "c.py", "line": 3, "column": 1, "code": "syntax-error", "message": "it fails"}
        ],
    }


def test_no_command_changes_a_module_on_stdin() -> None:
    assert "To fix them" not in as_text(plan(1, copy(STDIN, 3)), ["-"])
