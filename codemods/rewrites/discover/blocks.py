"""The text of a file -> the places of its helpers, with a fingerprint each.

Equal definitions have equal fingerprints, so that only those that recur need to be compared. Where
the text does not tell for sure what is a definition, where it ends, or what it calls, that is
parsed.
"""

from __future__ import annotations

import ast
import bisect
import codecs
import functools
import keyword
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from codemods.engine.scopes import FUNCTIONS, Definition, local_names
from codemods.engine.text import decoded, parse
from codemods.engine.walk import children
from codemods.model import PytestNames
from codemods.rewrites.collected import is_mark, is_test_class, is_test_function
from codemods.rewrites.discover.helpers import helpers_of, parse_blocks

#: What may begin a definition, or one of its decorators, what may stand in front of it on its line,
#: and whether that is a class. A pattern that begins with plain characters is searched for many
#: times as fast as one for the beginning of a line.
_NAME = rb"[ \t]+([\w\x80-\xff]+)"
_HEADS = (
    (re.compile(rb"@()"), re.compile(rb" *"), False),
    (re.compile(rb"def" + _NAME), re.compile(rb" *(?:async[ \t]+)?"), False),
    (re.compile(rb"class" + _NAME), re.compile(rb" *"), True),
)
_FIXTURE = re.compile(rb"fixture\b(?<!\wfixture)")
#: A line that is not indented, and the word that it begins with.
_TOP_LINES = re.compile(rb"\n(?![ \n#)\]}])(\w*)")
_COMPOUND = frozenset((b"if", b"elif", b"else", b"try", b"except", b"finally", b"with", b"for"))
#: What makes lines and indents mean something else than they seem to.
_TABS = re.compile(rb"(?:\A|\n) *\t")
_COOKIE = re.compile(rb"(?i)\A(?:[^\n]*\n)?[ \t]*#[^\n]*coding[:=](?![ \t]*utf-?8[^\w-])")
_SPLIT_HEAD = re.compile(
    rb"\\\n(?:(?<=def\\\n)|(?<=def[ \t]\\\n)|(?<=class\\\n)|(?<=class[ \t]\\\n)"
    rb"|(?<=async\\\n)|(?<=async[ \t]\\\n)|(?<=[ \t][ \t]\\\n))"
)

#: A string that ends on its line, or a comment.
_SHORT_OR_COMMENT = re.compile(
    rb'"[^"\\\n]*(?:\\.[^"\\\n]*)*"' + rb"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'|#[^\n]*", re.DOTALL
)
#: What a string of several lines gives way to: what follows it is no line of its own.
_STRING = b'""'
_FAR_RIGHT = b" " * 200

#: Behind one of these, a line goes on.
_OPEN_ENDS = frozenset(b"([{,\\")
_BRACKETS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
#: What stands in a definition as often as in one that is equal to it: what is bound by ``=``, and
#: the names that are called. No annotation or docstring that does not count has any, but perhaps a
#: lambda in one.
_BINDS = re.compile(rb"=(?<![=!<>:+\-*/%&|^@]=)(?!=)")
#: Nodes that are strings in the text; what they call is not looked at.
_STRINGS = frozenset({"JoinedStr", "TemplateStr"})
#: For a text that is read backwards: a pattern that begins with a plain character is searched for
#: at the speed of `bytes.find`.
_CALLED = re.compile(rb"\( *(\w+)(?: *(\.)(?!\.)|[ \t]+(fed|ssalc)\b)?")
#: Brackets around what is called, or a line break in front of its brackets or its name.
_ODD_CALL = re.compile(rb"\( *(?:\)|\n[ \\\n]*\w|\w+[ \\]*\n[ \\\n]*\.(?!\.))")
_MARK = re.compile(rb"@[ (]*(?:pytest[\s\\]*\.[\s\\]*)?mark\b")
_KEYWORDS = frozenset(word.encode()[::-1] for word in (*keyword.kwlist, "case", "match"))


class Block(NamedTuple):
    """The lines of one definition, from that of its first decorator on."""

    name: str
    line: int
    end_line: int
    is_nested: bool
    fingerprint: int


class Blocks(NamedTuple):
    """The helpers of a file; `is_clear` tells whether its lines can be parsed a few at a time."""

    found: tuple[Block, ...] = ()
    is_clear: bool = True


class _Unclear(Exception):  # noqa: N818 - it is an outcome, not a fault
    """The text alone does not tell."""


def blocks_of(source: bytes, tests: PytestNames) -> Blocks:
    """Find the helpers in a file: module-level and nested classes, functions and fixtures.

    Tests are none, and neither are the methods of a class, but for fixtures.

    Raises:
        Unparsable, RecursionError, MemoryError: it had to be parsed, and cannot be.

    """
    try:
        plain = _lines(source)
        return Blocks(tuple(_Reader(plain, _without_long_strings(plain), tests).blocks()))
    except _Unclear:
        decoded(source)
        found = (
            Block(h.node.name, h.line, h.end_line, h.is_nested, fingerprint_of(h.node))
            for h in helpers_of(parse(source), tests)
        )
        return Blocks(tuple(found), is_clear=False)


def _lines(source: bytes) -> bytes:
    """Return a file with plain line ends, and without a mark of byte order."""
    source = source.removeprefix(codecs.BOM_UTF8)
    if b"\r" in source:
        source = source.replace(b"\r\n", b"\n")
    if (
        any(character in source for character in (b"\r", b"\f", b"\0"))
        or (b"\t" in source and _TABS.search(source))
        or _COOKIE.match(source)
        or (b"\\\n" in source and _SPLIT_HEAD.search(source))
    ):
        raise _Unclear
    return source


def _without_long_strings(source: bytes) -> bytes:
    """Replace the strings of three quotes; the lines keep their numbers."""
    pieces: list[bytes] = []
    at = copied = 0
    double, single = source.find(b'"""'), source.find(b"'''")
    while double >= 0 or single >= 0:
        is_double = single < 0 or 0 <= double < single
        start = double if is_double else single
        at = _covered_until(source, max(at, source.rfind(b"\n", at, start) + 1), start)
        if not at:
            at = _closed_at(source, start + 3, b'"""' if is_double else b"'''")
            lines = source.count(b"\n", start, at)
            pieces += (source[copied:start], _STRING, b"\n" * lines, _FAR_RIGHT[: 200 * lines])
            copied = at
        if 0 <= double < at:
            double = source.find(b'"""', at)
        if 0 <= single < at:
            single = source.find(b"'''", at)
    return b"".join([*pieces, source[copied:]])


def _covered_until(source: bytes, begin: int, place: int) -> int:
    """Return where the string or comment ends that a place stands in, 0 where in none.

    `begin` is a place on the same line, which is in no string.
    """
    before = source[begin:place]
    if b'"' not in before and b"'" not in before and b"#" not in before:
        return 0
    for match in _SHORT_OR_COMMENT.finditer(source, begin):
        if match.start() >= place:
            return 0
        if match.end() > place:
            return match.end()
    return 0


def _closed_at(source: bytes, start: int, quote: bytes) -> int:
    """Return the end of a string of three quotes."""
    first = start
    while (end := source.find(quote, start)) >= 0:
        slashes = end
        while slashes > first and source[slashes - 1] == ord("\\"):
            slashes -= 1
        if (end - slashes) % 2 == 0:
            return end + 3
        start = end + 1
    raise _Unclear


class _Frame:
    """One definition while those in it are read; `end` is -1 until it is asked for."""

    __slots__ = ("above", "end", "head", "indent", "is_class", "is_test", "name", "start")

    def __init__(
        self,
        start: int,
        head: int,
        name: bytes,
        above: _Frame | None,
        *,
        indent: int,
        is_class: bool,
    ) -> None:
        self.start = start
        self.head = head
        self.indent = indent
        self.name = name
        self.above = above
        self.is_class = is_class
        self.is_test = False
        self.end = -1


def _heads(text: bytes) -> list[tuple[int, int, int, bytes, bool]]:
    """Return the lines that begin a definition or a decorator, which has no name, in order.

    Of each, where it begins, its indent, where the name ends, the name, and whether it is a class.
    """
    found: list[tuple[int, int, int, bytes, bool]] = []
    for head, before, is_class in _HEADS:
        for match in head.finditer(text):
            place = match.start()
            begin = text.rfind(b"\n", 0, place) + 1
            if before.fullmatch(text, begin, place):
                line = text[begin:place]
                indent = len(line) - len(line.lstrip(b" "))
                found.append((begin, indent, match.end(), match[1], is_class))
    return sorted(found)


class _Reader:
    def __init__(self, source: bytes, text: bytes, tests: PytestNames) -> None:
        self._source = source
        self._text = b"\n" + text
        self._is_test, self._is_test_class = _named_tests(tests)

    def blocks(self) -> Iterator[Block]:
        counted, line = 0, 0
        for frame in sorted(self._helpers(), key=lambda f: f.start):
            if frame.is_test:
                continue
            line += self._text.count(b"\n", counted, frame.start + 1)
            counted = frame.start + 1
            text = self._text[frame.start : self._end(frame)]
            end_line = line + text.count(b"\n", 1)
            found = _fingerprint(text, frame.name)
            if found is None:
                found = self._parsed_fingerprint(line, end_line)
            name = frame.name.decode(errors="replace")
            yield Block(name, line, end_line, frame.above is not None, found)

    def _parsed_fingerprint(self, line: int, end_line: int) -> int:
        nodes = parse_blocks(self._source, [(line, end_line)])
        if nodes is None:
            raise _Unclear
        return fingerprint_of(nodes[0])

    def _helpers(self) -> Iterator[_Frame]:
        """Yield the definitions that are neither methods nor test functions."""
        text, around = self._text, None
        decorated, indent_of_decorator = -1, -1
        for begin, indent, end, name, is_class in _heads(text):
            if not name:
                if decorated < 0 or indent != indent_of_decorator:
                    decorated, indent_of_decorator = begin - 1, indent
                continue
            start = decorated if decorated >= 0 and indent == indent_of_decorator else begin - 1
            decorated = -1
            while around is not None and (around.indent >= indent or self._end(around) < begin):
                around = around.above
            if indent and around is None:
                self._check_compound(begin)
            around = _Frame(start, end, name, around, indent=indent, is_class=is_class)
            is_fixture = start < begin - 1 and _FIXTURE.search(text, start, begin) is not None
            if self._is_helper(around, is_fixture):
                yield around

    def _is_helper(self, frame: _Frame, is_fixture: bool) -> bool:
        above = frame.above
        in_class = above is not None and above.is_class
        if not frame.is_class:
            is_test = self._is_test(frame.name)
        else:
            is_test = in_class and self._is_test_class(frame.name)
        if is_test and in_class:
            assert above is not None
            above.is_test = True
        return frame.is_class or is_fixture or not (is_test or in_class)

    def _check_compound(self, place: int) -> None:
        """Check that an indented line that no definition is around stands in an `if` or `try`."""
        found = bisect.bisect_left(self._compound, (place,))
        if not found or self._compound[found - 1][1] not in _COMPOUND:
            raise _Unclear

    @functools.cached_property
    def _compound(self) -> list[tuple[int, bytes]]:
        """The places and first words of the lines that are not indented."""
        return [(m.start(), m.group(1)) for m in _TOP_LINES.finditer(self._text)]

    def _end(self, frame: _Frame) -> int:
        """Return where a definition ends: at the next line that is not indented deeper."""
        if frame.end < 0:
            match = _end_of_block(frame.indent).search(self._text, frame.head)
            frame.end = match.start() if match else len(self._text)
            before = self._text[max(frame.head, frame.end - 200) : frame.end].rstrip()
            if match and before[-1:] and before[-1] in _OPEN_ENDS:
                raise _Unclear
        return frame.end


@functools.lru_cache(maxsize=64)
def _end_of_block(indent: int) -> re.Pattern[bytes]:
    """Return a pattern for a line that ends a block of that indent; one of brackets does not."""
    return re.compile(rb"\n(?! {%d}) *[^ \n#)\]}]" % (indent + 1))


@functools.lru_cache(maxsize=8)
def _named_tests(tests: PytestNames) -> tuple[Callable[[bytes], bool], Callable[[bytes], bool]]:
    """Return whether a function, and whether a class, is a test by its name; names recur."""
    return (
        functools.cache(lambda name: is_test_function(name.decode(errors="replace"), tests)),
        functools.cache(lambda name: is_test_class(name.decode(errors="replace"), tests)),
    )


def _fingerprint(text: bytes, name: bytes) -> int | None:
    """Return a number that is the same for equal definitions; None where their texts may hide it.

    `text` has no strings of three quotes; the own name of a definition does not count.
    """
    plain = _SHORT_OR_COMMENT.sub(b" ", text)
    if any(plain.count(opening) != plain.count(closing) for opening, closing in _BRACKETS):
        raise _Unclear  # it ends elsewhere
    backwards = plain[::-1]
    if not plain.isascii() or b"__test__" in plain or _MARK.search(plain):
        return None
    if _ODD_CALL.search(backwards):
        return None
    called = [
        word.rstrip(b"_") + dot
        for word, dot, head in _CALLED.findall(backwards)
        if not head and word not in _KEYWORDS
    ]
    if name.lstrip(b"_")[::-1] in called:  # it calls itself, or a variable of that name
        return None
    return _number(len(_BINDS.findall(plain)), called)


def fingerprint_of(node: Definition) -> int:
    """Return the number that `_fingerprint` returns for the text of a definition."""
    is_variable = isinstance(node, FUNCTIONS) and node.name in local_names(node)
    own = "" if is_variable else node.name
    bound = 0
    called: list[bytes] = []
    pending: list[ast.AST] = [node]
    while pending:
        inner = pending.pop()
        if inner.__class__.__name__ in _STRINGS:
            continue
        marks = {id(d) for d in getattr(inner, "decorator_list", ()) if is_mark(d)}
        pending += [n for n in children(inner) if id(n) not in marks]
        bound += _equals_signs(inner)
        match getattr(inner, "func", None) or getattr(inner, "cls", None):
            case ast.Name(id=name) if name != own:
                called.append(name.lstrip("_")[::-1].encode())
            case ast.Attribute(attr=name):
                called.append(name.lstrip("_")[::-1].encode() + b".")
    return _number(bound, [c for c in called if c.rstrip(b".") not in _KEYWORDS])


def _equals_signs(node: ast.AST) -> int:
    match node:
        case ast.Assign(targets=[ast.Name(id="__test__")]):
            return 0
        case ast.AnnAssign(target=ast.Name(id="__test__")):
            return 0
        case ast.Assign(targets=targets):
            return len(targets)
        case ast.AnnAssign(value=ast.expr()) | ast.keyword(arg=str()):
            return 1
        case ast.arguments(defaults=defaults, kw_defaults=keywords):
            return len(defaults) + sum(d is not None for d in keywords)
        case ast.MatchClass(kwd_attrs=names):
            return len(names)
    has_default = getattr(node, "default_value", None) is not None  # of a type parameter
    return int(has_default or node.__class__.__name__ == "TypeAlias")


def _number(bound: int, called: Sequence[bytes]) -> int:
    return zlib.crc32(repr((bound, sorted(called))).encode())
