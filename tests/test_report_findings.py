"""One finding, one line."""

from __future__ import annotations

import pytest

from codemods.model import Code, Decision, Definition, FileResult, Reason, Status, Verdict
from codemods.report.findings import definition_line, failure_lines
from codemods.wording import reason_line, visible

PLACE = Definition("Fake", "class", 3, 9, 5)


def reason(line: int) -> Reason:
    return Reason(Code.MUTATED, line, f"message {line}")


def test_one_reason() -> None:
    assert reason_line("a/b.py", reason(4)) == "a/b.py:4:1: mutated message 4"


def test_up_to_four_reasons_are_said_and_of_more_than_that_three() -> None:
    four = reason_line("a.py", *map(reason, range(1, 5)))
    assert four.count("mutated") == 4
    assert "more" not in four
    six = reason_line("a.py", *map(reason, range(1, 7)))
    assert six.endswith("; line 2: mutated message 2; line 3: mutated message 3; and 3 more")


def test_definitions() -> None:
    replaced = Decision(PLACE, Verdict.REPLACE, ("lib", "Shared"), ())
    assert definition_line("a.py", replaced) == "a.py:3:5: copy of `lib.Shared`, as `Fake`"
    refused = Decision(PLACE, Verdict.REFUSE, None, (reason(4), reason(5)))
    assert definition_line("a.py", refused) == (
        "a.py:4:1: mutated message 4; line 5: mutated message 5"
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a b/ä.py", "a b/ä.py"),
        ("a\nb.py", "a\\nb.py"),
        ("\x1b[31m.py", "\\x1b[31m.py"),
        ("\x9b.py", "\\x9b.py"),
        ("\udcff.py", "\\udcff.py"),
        ("\u202e.py", "\\u202e.py"),
        ("\U000e0041.py", "\\U000e0041.py"),
    ],
)
def test_a_path_stays_on_its_line(path: str, expected: str) -> None:
    assert visible(path) == expected
    assert reason_line(path, reason(1)).startswith(f"{expected}:1:1: ")


def test_failures_in_the_order_of_their_bytes() -> None:
    def failed(path: str) -> FileResult:
        return FileResult(path, Status.FAILED, (), (), "", None, reason(1))

    fine = FileResult("c.py", Status.REFUSED, (), (), "", None, None)
    names = ["\udcff.py", "\U0001f600.py", "a.py"]
    lines = failure_lines([*map(failed, names), fine])
    assert [line.partition(":")[0] for line in lines] == ["a.py", "\U0001f600.py", "\\udcff.py"]
