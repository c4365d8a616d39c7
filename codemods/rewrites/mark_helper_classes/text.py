"""Which classes may have a constructor, told from the bytes of a file."""

from __future__ import annotations

import builtins
import re
from bisect import bisect_left
from functools import cached_property

from codemods.rewrites.mark_helper_classes.classes import (
    MEMBERS,
    WITH_CONSTRUCTOR,
    is_constructing_builtin,
)

#: Plain text in front is searched for at the speed of `bytes.find`.
CLASS = re.compile(rb"class(?:[ \t\f]|\\\r?\n|\\\r)+([\w\x80-\xff]+)")
OTHER_NAME = re.compile(
    rb"[\r\n]([\w\x80-\xff]+)[ \t]*=[ \t]*"
    rb"(?:[\w\x80-\xff.]*\.)?([\w\x80-\xff]+)[ \t]*(?=[\r\n#]|\Z)"
)
_CONSTRUCTOR = re.compile(rb"def\s+__(?:init|new)__")
_DECORATOR = re.compile(rb"@[^\r\n]*")
_MAKES_INIT = re.compile(rb"dataclass|attr|define|frozen|mutable")
_TOP = re.compile(rb"\n(?=class\b|def\b|async\b|@)")
_BASES = re.compile(rb"\s*\(([^)]{0,1000})\)?")
_WORD = re.compile(rb"[\w\x80-\xff]+")
_ALIAS = re.compile(rb" as[ \t]+([\w\x80-\xff]+)")
#: The last names of the bases that have a constructor.
_CONSTRUCTING = frozenset(
    name.encode()
    for name in (
        *(source.rpartition(".")[2] for source in WITH_CONSTRUCTOR | MEMBERS),
        *filter(is_constructing_builtin, vars(builtins)),
    )
)


class Text:
    """A file as bytes: tells which classes may have a constructor, without parsing."""

    def __init__(self, source: bytes) -> None:
        self._source = source

    def may_have_constructor(self, head: re.Match[bytes]) -> bool:
        """Whether a class may have a constructor; `head` is ``class`` and its name."""
        return self._has_own(head.end()) or self._is_decorated(head.start()) or self._derives(head)

    def _has_own(self, at: int) -> bool:
        """Whether there is a constructor above the next definition at the top of the file."""
        number = bisect_left(self._constructors, at)
        if number == len(self._constructors):
            return False
        end = _TOP.search(self._source, at, self._constructors[number])
        # A line in a string may look like the next definition.
        body = self._source[at : end.start()] if end else b""
        return end is None or any(body.count(quotes) % 2 for quotes in (b'"""', b"'''"))

    def _is_decorated(self, at: int) -> bool:
        number = bisect_left(self._tops, at - 1)  # the line of the class is none above it
        above = self._tops[number - 1] if number else 0
        return bisect_left(self._decorators, above) < bisect_left(self._decorators, at)

    def _derives(self, head: re.Match[bytes]) -> bool:
        bases = _BASES.match(self._source, head.end())
        words = set(_WORD.findall(bases[1])) if bases else set()
        return bool(words) and not (
            words.isdisjoint(_CONSTRUCTING) and words.isdisjoint(self._here)
        )

    @cached_property
    def _here(self) -> set[bytes]:
        """Names that may stand here for a class with a constructor."""
        return {*CLASS.findall(self._source), *self._aliases}

    @cached_property
    def _aliases(self) -> set[bytes]:
        return set(_ALIAS.findall(self._source))

    @cached_property
    def _tops(self) -> list[int]:
        """Where definitions begin that stand at the top of the file."""
        return [m.start() for m in re.finditer(rb"\n(?:def|class) ", self._source)]

    @cached_property
    def _decorators(self) -> list[int]:
        """Where decorators begin that may make a constructor."""
        return [
            m.start()
            for m in _DECORATOR.finditer(self._source)
            if _MAKES_INIT.search(m[0]) or not self._aliases.isdisjoint(_WORD.findall(m[0]))
        ]

    @cached_property
    def _constructors(self) -> list[int]:
        return [m.start() for m in _CONSTRUCTOR.finditer(self._source)]
