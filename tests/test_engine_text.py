"""The bytes of a file: its text, its syntax tree, its words."""

from __future__ import annotations

import ast
import subprocess
import sys
import warnings

import pytest

from codemods.engine.text import Unparsable, compiles, decoded, parse, word_places
from codemods.model import Code

TEXTS = {
    "UTF-8": ("é = 1\n".encode(), "é = 1\n"),
    "a BOM": (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
    "Latin-1": (b"# coding: latin-1\nx = '\xe9'\n", "# coding: latin-1\nx = 'é'\n"),
    "nothing": (b"", ""),
}


@pytest.mark.parametrize(("source", "text"), TEXTS.values(), ids=TEXTS)
def test_decoded(source: bytes, text: str) -> None:
    assert decoded(source) == text


NO_TEXTS = {
    "bytes that are no UTF-8": (b"x = 1\n# caf\xe9\n", 2, "not utf-8: "),
    "an unknown encoding": (b"# coding: klingon\n", 1, "klingon"),
    "a BOM beside another encoding": (b"\xef\xbb\xbf# coding: latin-1\n", 1, ""),
    "a codec that is none of text": (b"# coding: rot13\n", 1, ""),
    "a codec of bytes": (b"# coding: hex\n", 1, ""),
    "a codec that never decodes": (b"# coding: undefined\n", 1, ""),
}


@pytest.mark.parametrize(("source", "line", "saying"), NO_TEXTS.values(), ids=NO_TEXTS)
def test_bytes_that_are_no_text(source: bytes, line: int, saying: str) -> None:
    with pytest.raises(Unparsable) as error:
        decoded(source)
    assert saying in str(error.value)
    assert (error.value.reason.code, error.value.line) == (Code.UNDECODABLE, line)


def test_what_does_not_parse_and_what_does_not_compile() -> None:
    for source, line in ((b"x = 1\ndef f(:\n", 2), (b"x = '\0'\n", 1)):
        with pytest.raises(Unparsable) as error:
            parse(source)
        assert error.value.line == line
    tree = parse(b"x = 1\nreturn\n")
    with pytest.raises(Unparsable, match="outside function") as error:
        compiles(tree)
    assert error.value.line == 2
    compiles(b"x = 1\n")


def test_no_warning_of_the_files_of_others() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compiles(parse(b"x = '\\d' is 1\n"))
    assert caught == []


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("Name", [0]),
        ("x.Name(Name)", [2, 7]),
        ("Names, myName, Name_, _Name, Name1", []),
        ("NameName Name", [9]),
        ("Naméé Nameé éName", []),
        ("'Name'\r\nName", [1, 8]),
        ("", []),
    ],
)
def test_where_a_word_stands(source: str, places: list[int]) -> None:
    assert list(word_places(source.encode(), b"Name")) == places


def test_deciding_starts_neither_libcst_nor_pytest() -> None:
    program = (
        "import sys\n"
        "import codemods.rewrites.replace_local_copies.survey\n"
        "import codemods.rewrites.replace_local_copies.importers\n"
        "assert not {'libcst', 'pytest'} & set(sys.modules), sorted(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_syntax_tree_is_that_of_cpython() -> None:
    text = b"# coding: latin-1\nx = '\xe9'\n"
    assert ast.dump(parse(text)) == ast.dump(ast.parse(text))
