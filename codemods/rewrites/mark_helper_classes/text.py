"""Which classes may have a constructor, told from the bytes of a file."""

from __future__ import annotations

import builtins
import re
from bisect import bisect_left
from collections.abc import Iterator, Set
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
_IMPORTED_AS = re.compile(rb" as[ \t]+([\w\x80-\xff]+)[ \t]*(?=[,)\r\n#;\\]|\Z)")
_OPENING = re.compile(rb"[ \t\f]*[(:\[\\]")
#: In bytes: a longer name has no other one.
_LONGEST = 200
#: The last names of the bases that have a constructor.
_CONSTRUCTING = frozenset(
    name.encode()
    for name in (
        *(source.rpartition(".")[2] for source in WITH_CONSTRUCTOR | MEMBERS),
        *filter(is_constructing_builtin, vars(builtins)),
    )
)


def heads(source: bytes) -> Iterator[tuple[bytes, set[bytes]]]:
    """Yield the name of each class in a file, with the words of its bases."""
    for head in CLASS.finditer(source):
        if _OPENING.match(source, head.end()):  # it is no prose
            yield head[1], _words_of_bases(source, head)


def other_names(source: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield what a file gives another name, behind that name."""
    yield from OTHER_NAME.findall(source)
    for alias in _IMPORTED_AS.finditer(source):
        words = _WORD.findall(source, max(0, alias.start() - _LONGEST), alias.start())
        yield from ((alias[1], word) for word in words[-1:])


def _words_of_bases(source: bytes, head: re.Match[bytes]) -> set[bytes]:
    bases = _BASES.match(source, head.end())
    return set(_WORD.findall(bases[1])) if bases else set()


class Text:
    """A file as bytes: tells which classes may have a constructor, without parsing.

    `elsewhere` are the names of classes of other files that have one.
    """

    def __init__(self, source: bytes, elsewhere: Set[bytes]) -> None:
        self._source = source
        self._elsewhere = elsewhere

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
        words = _words_of_bases(self._source, head)
        known = (_CONSTRUCTING, self._elsewhere, self._here) if words else ()
        return any(not words.isdisjoint(names) for names in known)

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
