"""The bytes of one file -> its text and its syntax tree."""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import os
import re
import symtable
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import PurePath

from codemods.model import Code, Reason

_IN_WORD = re.compile(rb"[\w\x80-\xff]")


class Unparsable(Exception):  # noqa: N818 - it is an outcome, not a fault
    """CPython does not take a file; the message says why, `line` where, `reason` both."""

    def __init__(
        self, message: str, line: int = 1, column: int = 1, code: Code = Code.SYNTAX_ERROR
    ) -> None:
        super().__init__(message)
        self.line = line
        self.reason = Reason(code, line, message, column)


def encoding_of(source: bytes) -> str:
    """Return the encoding of a file by PEP 263, with a name of its own for a BOM.

    Raises:
        LookupError, SyntaxError: there is none of the name that the file has.

    """
    return tokenize.detect_encoding(io.BytesIO(source).readline)[0]


def decoded(source: bytes) -> str:
    """Decode a file by the rules of PEP 263.

    Raises:
        Unparsable: its bytes are no text.

    """
    try:
        return source.decode(encoding_of(source))
    except UnicodeDecodeError as error:
        *lines, before = source[: error.start].split(b"\n")
        column = len(before.decode(error.encoding, "replace")) + 1
        message = f"not {error.encoding}: {error.reason}"
        raise Unparsable(message, len(lines) + 1, column, Code.UNDECODABLE) from error
    except (LookupError, SyntaxError, UnicodeError) as error:  # rot13 is a codec, and none of text
        raise Unparsable(str(error), code=Code.UNDECODABLE) from error


def parse(source: bytes) -> ast.Module:
    """Parse a file as CPython would, without the warnings that it may print.

    Raises:
        Unparsable: it is no Python of the version that runs, or too much for its parser.

    """
    with _plain_errors():
        try:
            return ast.parse(source)
        except (RecursionError, MemoryError) as error:
            raise Unparsable("nested too deeply, or too large, to be parsed") from error


def compiles(code: bytes | ast.Module) -> None:
    """Compile a file, or what was parsed of it, and throw the code away.

    Raises:
        Unparsable: also for what parses and does not compile, as a late ``__future__`` import.

    """
    with _plain_errors():
        compile(code, "<file>", "exec", dont_inherit=True)


def symbols(text: str) -> symtable.SymbolTable:
    """Return the scopes of a file that compiles, and what each name means in them."""
    with _plain_errors():
        return symtable.symtable(text, "<file>", "exec")


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except SyntaxError as error:
            raise Unparsable(str(error.msg), error.lineno or 1, error.offset or 1) from error
        except ValueError as error:  # null bytes, before CPython 3.12
            raise Unparsable(str(error)) from error


def reason_at(node: ast.expr | ast.stmt | ast.alias, code: Code, message: str) -> Reason:
    """Return a reason about a node; its column counts bytes, see `column_of`."""
    return Reason(code, node.lineno, message, node.col_offset + 1)


def rows_with_ends(text: str) -> list[str]:
    """Return the lines of a file as Python counts them, with their ends, where they have one."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)


def lines_of(text: str) -> list[str]:
    """Return the lines of a file as Python counts them, without their ends."""
    return re.split(r"\r\n|\r|\n", text)


def column_of(line: str, column: int) -> int:
    """Return a column in characters, for one in bytes of UTF-8, as `ast` counts them; from 1.

    The first one stands for that of the first character: where a statement begins.
    """
    if column > 1:
        return len(line.encode()[: column - 1].decode(errors="ignore")) + 1
    return len(line) - len(line.lstrip(" \t\f")) + 1


@functools.lru_cache(maxsize=1 << 14)  # each other file is asked about each changed one
def stem_of(path: str) -> bytes:
    """Return the word by which other files name a module: the last part of its dotted name."""
    file = PurePath(path)
    return os.fsencode(file.parent.name if file.stem == "__init__" else file.stem)


def word_places(source: bytes, word: bytes) -> Iterator[int]:
    """Return where a word stands as a whole; `bytes.find` is many times as fast as a pattern."""
    at = source.find(word)
    while at >= 0:
        end = at + len(word)
        if not (
            _IN_WORD.match(source[max(0, at - 1) : at]) or _IN_WORD.match(source[end : end + 1])
        ):
            yield at
        at = source.find(word, end)
