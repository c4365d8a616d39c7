"""Values of JSON as typed values, and the messages for what is something else."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from codemods.decode import decode, encode


class Colour(enum.Enum):
    RED = "red"


class Inner(NamedTuple):
    number: float
    name: str = "none"


class Outer(NamedTuple):
    many: tuple[Inner, ...]
    pair: tuple[str, int | None]
    by_name: Mapping[str, tuple[int, ...]]
    colour: Colour
    is_on: bool
    one: Inner | None = None


GOOD: dict[str, Any] = {
    "many": [{"number": 1}, {"number": 2.5, "name": "two"}],
    "pair": ["a", None],
    "by_name": {"x": [1, 2]},
    "colour": "red",
    "is_on": True,
}
VALUE = Outer((Inner(1.0), Inner(2.5, "two")), ("a", None), {"x": (1, 2)}, Colour.RED, True)


def test_there_and_back() -> None:
    assert decode(Outer, GOOD) == VALUE
    assert decode(Outer, json.loads(json.dumps(encode(VALUE)))) == VALUE
    assert isinstance(decode(Outer, GOOD).many[0].number, float)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"many": [{"number": "1"}]}, r"many\[0\]\.number: float expected, got str"),
        ({"many": [{"number": True}]}, r"many\[0\]\.number: float expected, got bool"),
        ({"many": {}}, "many: list expected, got dict"),
        ({"many": [{}]}, r"many\[0\]: no 'number'"),
        ({"many": [{"number": 1, "x": 1}]}, r"many\[0\]: unknown key 'x'"),
        ({"pair": ["a"]}, "pair: 2 items expected, got 1"),
        ({"many": [{"number": float("nan")}]}, r"many\[0\]\.number: not a number that was"),
        ({"many": [{"number": float("inf")}]}, r"many\[0\]\.number: not a number that was"),
        ({"many": [{"number": 10**400}]}, r"many\[0\]\.number: not a number that was"),
        ({"pair": ["a", -(10**400)]}, r"pair\[1\]: not a number that was measured"),
        ({"pair": ["a", "b"]}, r"pair\[1\]: int expected, got str or .*NoneType expected"),
        ({"by_name": {"x": [True]}}, r"by_name\.x\[0\]: int expected, got bool"),
        ({"colour": "blue"}, "colour: 'blue' is not a valid Colour"),
        ({"is_on": 1}, "is_on: bool expected, got int"),
        ({"one": 1}, "one: dict expected, got int or one: NoneType expected, got int"),
    ],
)
def test_what_is_something_else(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decode(Outer, {**GOOD, **changes})


def test_a_document_that_is_something_else() -> None:
    with pytest.raises(ValueError, match="the document: dict expected, got list"):
        decode(Outer, [])
    with pytest.raises(ValueError, match="the document: no 'many'"):
        decode(Outer, {})
