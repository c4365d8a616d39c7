"""The bytes of one file -> its text, its syntax tree, and where in the text a class may begin."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import tokenize
import warnings
from collections.abc import Iterator

from codemods.model import Code, Reason

#: What may stand behind a keyword.
_BLANKS = frozenset(" \t\f\\")
#: How far back to look for the beginning of a line, as a line may be as long as the file.
_NEAR = 300
_IN_WORD = re.compile(rb"[\w\x80-\xff]")


class Unparsable(Exception):  # noqa: N818 - it is an outcome, not a fault
    """CPython does not take a file; the message says why, `line` where."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def decoded(source: bytes) -> str | Reason:
    """Decode a file by the rules of PEP 263, or say why its bytes are no text."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    except SyntaxError as error:
        return Reason(Code.UNDECODABLE, 1, str(error.msg))
    try:
        return source.decode(encoding)
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        return Reason(Code.UNDECODABLE, line, f"not {encoding}: {error.reason}")
    except (LookupError, UnicodeError) as error:  # a codec that is none of text, as rot13
        return Reason(Code.UNDECODABLE, 1, str(error))


def parse(source: bytes, path: str) -> ast.Module:
    """Parse a file as CPython would, without the warnings that it may print.

    Raises:
        Unparsable: it is no Python of the version that runs.
        RecursionError, MemoryError: it is nested too deeply, as with `ast.parse`.

    """
    with _plain_errors():
        return ast.parse(source, path)


def compiles(code: bytes | ast.Module, path: str) -> None:
    """Compile a file, or what was parsed of it, and throw the code away.

    Raises:
        Unparsable: also for what parses and does not compile, as a late ``__future__`` import.

    """
    with _plain_errors():
        compile(code, path, "exec", dont_inherit=True)


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except SyntaxError as error:
            raise Unparsable(str(error.msg), error.lineno or 1) from error
        except ValueError as error:  # null bytes, before CPython 3.12
            raise Unparsable(str(error), 1) from error


def word_places(source: bytes, word: bytes) -> Iterator[int]:
    """Give where a word stands as a whole; `bytes.find` is many times as fast as a pattern."""
    at = source.find(word)
    while at >= 0:
        end = at + len(word)
        if not (
            _IN_WORD.match(source[max(0, at - 1) : at]) or _IN_WORD.match(source[end : end + 1])
        ):
            yield at
        at = source.find(word, end)


def class_lines(text: str) -> list[int]:
    """Give the lines on which a class statement may begin, in order.

    Each ``class`` that is a statement is there. One in a string may be there too.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines, line, counted = [], 1, 0
    at = text.find("class")
    while at >= 0:
        end = at + len("class")
        # No other character of Unicode can stand for those of a keyword.
        if text[end : end + 1] in _BLANKS and _starts_line(text, at):
            line += text.count("\n", counted, at)
            counted = at
            lines.append(line)
        at = text.find("class", end)
    return lines


def _starts_line(text: str, at: int) -> bool:
    before = text[max(0, at - _NEAR) : at].rstrip(" \t\f")
    return not before or before[-1] == "\n"
