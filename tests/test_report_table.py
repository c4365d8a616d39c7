"""Aligned columns."""

from __future__ import annotations

import pytest

from codemods.report.table import joined, paragraphs, table
from codemods.wording import plural


def test_numbers_to_the_right_and_text_to_the_left() -> None:
    rows = [("a", 5, "x"), ("longer", 1000, "")]
    assert table(("name", "n", "more"), rows) == [
        "name       n  more",
        "a          5  x",
        "longer  1000",
    ]


def test_a_column_of_numbers_and_text_is_text() -> None:
    assert table(("n",), [(10,), ("x",), (5,)]) == ["n", "10", "x", "5"]


def test_a_row_of_another_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="zip"):
        table(("a", "b"), [(1,)])


def test_no_text_makes_a_line_of_its_own() -> None:
    assert table(("name", "n"), [("a\nb\x1b", 1)]) == ["name      n", "a\\nb\\x1b  1"]
    assert joined(["a\nb", "c"]) == "a\\nb\nc\n"
    assert paragraphs([["a"], [], ["b\n\nc", "d"]]) == "a\n\nb\\n\\nc\nd\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", "\\x3a:error::x"),
        (" ::add-mask::x", " \\x3a:add-mask::x"),
        ("\x0b::stop-commands::x", "\\x0b::stop-commands::x"),
        ("a ##[error]x", "a \\x23#[error]x"),
        ("tests/test_a.py::test_b", "tests/test_a.py::test_b"),
    ],
)
def test_no_text_is_a_command_of_a_workflow(text: str, shown: str) -> None:
    assert joined([text]) == f"{shown}\n"


@pytest.mark.parametrize(
    ("number", "noun", "expected"),
    [
        (0, "file", "0 files"),
        (1, "file", "1 file"),
        (1234567, "file", "1,234,567 files"),
        (1, "copy", "1 copy"),
        (2, "copy", "2 copies"),
    ],
)
def test_plural(number: int, noun: str, expected: str) -> None:
    assert plural(number, noun) == expected
