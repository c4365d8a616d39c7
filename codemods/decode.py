"""Values of JSON -> frozen values with types, and back: one check for every file that we read."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, Union

_T = TypeVar("_T")
#: More than anything that is counted or measured, and a number that a float can hold.
_MOST = 1 << 63


def decode(kind: type[_T], value: object, where: str = "") -> _T:
    """Return a value of JSON as a value of a kind: a scalar, a container, a record, or a union.

    Args:
        kind: what is wanted, nested as deep as need be. A record (a named tuple) takes an
            object with just its fields; those that have a default may be missing.
        value: what `json.loads` returned.
        where: the place of the value in the document, for the message.

    Raises:
        ValueError: it is something else; the message names where.

    """
    decoded: _T = _decode(kind, value, where)
    return decoded


def encode(value: object, known: Mapping[type, Callable[[Any], Any]] = {}) -> Any:
    """Return records as objects and enums as their values; `decode` takes them back.

    `known` are kinds of records with an encoding of their own, which `decode` does not know.
    """
    kind: Any = type(value)
    if kind in known:
        return known[kind](value)
    if _is_record(kind):
        return {name: encode(getattr(value, name), known) for name in _fields(kind)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: encode(item, known) for key, item in value.items()}
    if isinstance(value, frozenset):
        return [encode(item, known) for item in sorted(value)]
    if isinstance(value, list | tuple):
        return [encode(item, known) for item in value]
    return value


def _decode(kind: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return _one_of(arguments, value, where)
    if origin is tuple:
        return _tuple(arguments, value, where)
    if origin is frozenset:
        return frozenset(_tuple((*arguments, ...), value, where))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        items = _checked(dict, value, where).items()
        return {key: _decode(arguments[1], item, f"{where}.{key}") for key, item in items}
    if _is_record(kind):
        return _record(kind, value, where)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        try:
            return kind(value)
        except ValueError as error:
            raise ValueError(f"{where or 'the document'}: {error}") from error
    return _checked(kind, value, where)


def _checked(kind: type, value: Any, where: str) -> Any:
    """Return the value if it is of a kind; True is no number, and a whole number is a float."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, int | float) and not -_MOST <= value <= _MOST:  # `nan` neither
        raise ValueError(f"{where or 'the document'}: not a number that was measured")
    if kind is float and is_number:
        return float(value)
    if not isinstance(value, kind) or (kind is int and not is_number):
        name = type(value).__name__
        raise ValueError(f"{where or 'the document'}: {kind.__name__} expected, got {name}")
    return value


def _one_of(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    problems = []
    for kind in kinds:
        try:
            return _decode(kind, value, where)
        except ValueError as error:
            problems.append(str(error))
    raise ValueError(" or ".join(problems))


def _tuple(kinds: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    items = _checked(list, value, where)
    if kinds[-1:] == (...,):
        kinds = (kinds[0],) * len(items)
    elif len(items) != len(kinds):
        raise ValueError(f"{where}: {len(kinds)} items expected, got {len(items)}")
    pairs = zip(kinds, items, strict=True)
    return tuple(_decode(k, item, f"{where}[{n}]") for n, (k, item) in enumerate(pairs))


def _record(kind: Any, value: Any, where: str) -> Any:
    values = _checked(dict, value, where)
    fields = _fields(kind)
    for name in values:
        if name not in fields:
            raise ValueError(f"{where or 'the document'}: unknown key {name!r}")
    found = {}
    for name, (wanted, is_required) in fields.items():
        if name in values:
            found[name] = _decode(wanted, values[name], f"{where}.{name}" if where else name)
        elif is_required:
            raise ValueError(f"{where or 'the document'}: no {name!r}")
    return kind(**found)


def _is_record(kind: Any) -> bool:
    return hasattr(kind, "_field_defaults")


@cache
def _fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    """Return the type of each field, and whether a value must be there."""
    hints = typing.get_type_hints(kind)
    return {name: (hints[name], name not in kind._field_defaults) for name in kind._fields}
