"""What a file has to do with the target names."""

from __future__ import annotations

import pytest

from codemods.model import Code, FileSurvey, Verdict
from codemods.rewrites.replace_local_copies.survey import TextSearch, survey
from tests import tools

NAME = "TestWebSocketConnection"
NAMES = (NAME, "MockWebSocketConnection", "WebSocketConnectionMock")


def surveyed(text: str | bytes, *, variants: bool = False) -> FileSurvey:
    target = tools.default_target()
    return survey(tools.source(text), "tests/test_sample.py", target, variants=variants)


def search(*names: str) -> TextSearch:
    return TextSearch(names or NAMES)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"x = MockWebSocketConnection()", True),
        (b"# TestWebSocketConnectionPool", True),
        (b"class WebSocketConnection: ...", False),
        (b"", False),
    ],
)
def test_mentions(source: bytes, expected: bool) -> None:
    assert search().mentions(source) is expected


def test_names_with_nothing_in_common() -> None:
    assert search("Abc", "Xyz").mentions(b"an Xyz")
    assert not search("Abc", "Xyz").mentions(b"an Ab and a yz")


def test_written_out_is_what_grep_would_find() -> None:
    source = b"# class TestWebSocketConnection\n'class MockWebSocketConnectionPool'\n"
    assert search().written_out(source) == NAMES[:2]
    assert search().written_out(b"class\tTestWebSocketConnection: ...") == ()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("# class TestWebSocketConnection:", True),
        ("    #class TestWebSocketConnection(Base):", True),
        ("# REMOVED_SYNTAX_ERROR: class TestWebSocketConnection:", True),
        ("# class TestWebSocketConnection :", True),
        ("# the class TestWebSocketConnection is gone", False),
        ("# class TestWebSocketConnectionPool:", False),
        ("class TestWebSocketConnection:", False),
        ("x = 1  # class TestWebSocketConnection:", False),
    ],
)
def test_commented_out(line: str, found: bool) -> None:
    source = f"import os\n\n{line}\n#     pass\n".encode()
    assert search().commented_out(source) == (((3, NAME),) if found else ())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from a.b import TestWebSocketConnection", [("a.b", NAME)]),
        ("from  a\timport   TestWebSocketConnection as T", [("a", NAME)]),
        ("from . import TestWebSocketConnection", [(".", NAME)]),
        ("from .import TestWebSocketConnection", [(".", NAME)]),
        ("from ..a import (\n    x,\n    TestWebSocketConnection,\n)", [("..a", NAME)]),
        ("from a import x, \\\n    TestWebSocketConnection", [("a", NAME)]),
        ("def f():\n    from a import TestWebSocketConnection", [("a", NAME)]),
        ("from a import *\nTestWebSocketConnection()", [("a", NAME)]),
        ("from a import TestWebSocketConnection, MockWebSocketConnection", [("a", NAME)]),
        ("from a import x\nTestWebSocketConnection", []),
        ("# from a import TestWebSocketConnection", []),
        ("from a import TestWebSocketConnectionPool", []),
        ("from a importTestWebSocketConnection", []),
    ],
)
def test_imported(source: str, expected: list[tuple[str, str]]) -> None:
    assert list(search(NAME).imported(source.encode())) == expected
    assert list(search(NAME).imported(source.replace("\n", "\r\n").encode())) == expected


def test_names_that_are_not_ascii() -> None:
    found = search("Café").imported("from a.ö import Café\nfrom b import Cafés\n".encode())
    assert found == (("a.ö", "Café"),)
    assert search("Café").patched("patch('ö.Café')".encode(), "Café") == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("patch('a.b.TestWebSocketConnection')", 1),
        ('patch("a.TestWebSocketConnection.close")', 1),
        ("'TestWebSocketConnection'", 0),
        ("'a.TestWebSocketConnectionPool'", 0),
        ("a.TestWebSocketConnection", 0),
    ],
)
def test_patched(text: str, count: int) -> None:
    assert search().patched(text.encode(), NAME) == count


def test_facts() -> None:
    found = surveyed(
        "{copy}\n\nclass Sub(TestWebSocketConnection):\n    pass\n\n"
        "def test(x: TestWebSocketConnection):\n    TestWebSocketConnection()\n"
        "    patch('a.TestWebSocketConnection')\n"
    )
    (facts,) = found.definitions
    assert facts.decision.verdict is Verdict.REPLACE
    assert (facts.uses, facts.subclasses, facts.patch_strings) == (4, 1, 1)
    assert found.variants == ()
    assert found.error is None


def test_what_the_class_says_of_itself_is_no_use() -> None:
    body = tools.COPY.replace("self._closed = False", "TestWebSocketConnection", 1)
    (facts,) = surveyed(body).definitions
    assert facts.uses == 0


def test_a_file_that_does_not_parse() -> None:
    found = surveyed("class TestWebSocketConnection:\n    (\n", variants=True)
    assert found.error is not None
    assert found.error.code is Code.SYNTAX_ERROR
    assert (found.definitions, found.variants, found.written_out) == ((), (), (NAME,))


def test_a_file_that_is_not_compiled_to_see() -> None:
    found = surveyed("{copy}\nreturn\n")
    assert found.error is None
    assert len(found.definitions) == 1


def test_a_name_that_is_only_mentioned() -> None:
    found = surveyed("x = TestWebSocketConnection\n", variants=True)
    assert (found.definitions, found.variants, found.written_out) == ((), (), ())


def test_variants_are_in_the_order_of_the_definitions() -> None:
    other = "class MockWebSocketConnection:\n    def ping(self): ...\n"
    found = surveyed(f"{other}\n\n{{copy}}", variants=True)
    names = [f.decision.definition.class_name for f in found.definitions]
    assert names == ["MockWebSocketConnection", NAME]
    different, same = found.variants
    assert same.nearest == "CommonCopy"
    assert (same.difference, same.only_adds) == ((), True)
    assert different.difference[:2] == (f"--- {different.nearest}", "+++ here")
    assert "+    def ping(self):" in different.difference
    assert not different.only_adds
    assert different.key != same.key


def test_a_variant_that_only_adds() -> None:
    added = tools.COPY + "\n    def ping(self):\n        return 1\n"
    (variant,) = surveyed(added, variants=True).variants
    assert variant.only_adds
    assert not [line for line in variant.difference[2:] if line.startswith("-")]
    headed = added.replace("class TestWebSocketConnection:", "class TestWebSocketConnection(Base):")
    (variant,) = surveyed(headed, variants=True).variants
    assert not variant.only_adds


def test_equal_shapes_have_one_key_whatever_their_names_and_docstrings() -> None:
    renamed = tools.COPY.replace(NAME, "MockWebSocketConnection").replace("Send JSON", "Send")
    (one,), (two,) = (surveyed(t, variants=True).variants for t in (tools.COPY, renamed))
    assert one == two


def test_a_single_name_of_another_family() -> None:
    target = tools.default_target()._replace(class_names=("Recorder",))
    found = survey(b"class Recorder:\n    pass\n", "a.py", target)
    assert [f.decision.verdict for f in found.definitions] == [Verdict.REFUSE]


@pytest.mark.parametrize(
    ("source", "commented"),
    [
        (b"x = [" + b"TestWebSocketConnection, " * 100_000 + b"]\n", 0),
        (b"# class TestWebSocketConnection:\n" * 100_000, 100_000),
        (b"# class TestWebSocketConnection:\r" * 100_000, 100_000),
    ],
    ids=["one line", "many comments", "old line endings"],
)
def test_a_name_that_stands_everywhere_takes_one_pass(source: bytes, commented: int) -> None:
    found = survey(source, "x.py", tools.default_target())
    assert (len(found.commented_out), found.definitions) == (commented, ())


@pytest.mark.parametrize(
    "text",
    [
        "def f{n}():\n    class {name}:\n        x = {n}\n\n    {name}()\n\n\n",
        "def f{n}():\n    class {name}({name}):\n        pass\n\n\n",
    ],
    ids=["one after the other", "each the base of the others"],
)
def test_many_definitions_take_no_more_than_their_number(text: str) -> None:
    source = "".join(text.format(n=n, name=NAME) for n in range(200)).encode()
    found = survey(source, "x.py", tools.default_target())
    assert len(found.definitions) == 200
