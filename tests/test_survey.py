"""What a file has to do with the shared names."""

from __future__ import annotations

import pytest

from codemods.model import Code, FileSurvey, Verdict
from codemods.rewrites.replace_local_copies.survey import survey
from tests import tools

NAME = "TestWebSocketConnection"


def surveyed(text: str | bytes, *, variants: bool = False) -> FileSurvey:
    modules = tools.default_modules()
    return survey(tools.source(text), "tests/test_sample.py", modules, variants=variants)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("# class TestWebSocketConnection:", True),
        ("    #class TestWebSocketConnection(Base):", True),
        ("# REMOVED_SYNTAX_ERROR: class TestWebSocketConnection:", True),
        ("# class TestWebSocketConnection :", True),
        ("# class _TestWebSocketConnection:", True),
        ("# the class TestWebSocketConnection is gone", False),
        ("# class TestWebSocketConnectionPool:", False),
        ("class TestWebSocketConnection:", False),
        ("x = 1  # class TestWebSocketConnection:", False),
    ],
)
def test_commented_out(line: str, found: bool) -> None:
    result = surveyed(f"import os\n\n{line}\n#     pass\n")
    assert [n for n, _ in result.commented_out] == ([3] if found else [])


def test_a_name_that_is_no_ascii_in_a_comment() -> None:
    modules = tools.shared("class Café:\n    x = 1\n", "lib")
    found = survey("# class Café:\n# class Caf\xff:\n".encode(), "a.py", modules)
    assert found.commented_out == ((1, "Café"),)
    assert survey(b"# class Caf\xe9:\n", "a.py", modules).commented_out == ()


def test_decisions_without_libcst() -> None:
    found = surveyed("{copy}\n\nTestWebSocketConnection()\n")
    assert [d.verdict for d in found.decisions] == [Verdict.REPLACE]
    assert (found.variants, found.error, found.warnings) == ((), None, ())


def test_a_file_that_does_not_parse() -> None:
    found = surveyed("class TestWebSocketConnection:\n    (\n", variants=True)
    assert found.error is not None
    assert found.error.code is Code.SYNTAX_ERROR
    assert (found.decisions, found.variants) == ((), ())


def test_a_file_that_is_not_compiled_to_see() -> None:
    found = surveyed("{copy}\nreturn\n")
    assert found.error is None
    assert len(found.decisions) == 1


def test_a_name_that_is_only_mentioned() -> None:
    found = surveyed("x = TestWebSocketConnection\n", variants=True)
    assert (found.decisions, found.variants) == ((), ())


def test_variants_are_in_the_order_of_the_definitions() -> None:
    other = "class MockWebSocketConnection:\n    def ping(self): ...\n"
    found = surveyed(f"{other}\n\n{{copy}}", variants=True)
    assert [d.definition.name for d in found.decisions] == ["MockWebSocketConnection", NAME]
    different, same = found.variants
    assert same.nearest == NAME
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
    renamed = tools.COPY.replace(NAME, f"_{NAME}").replace("Send JSON", "Send")
    (one,), (two,) = (surveyed(t, variants=True).variants for t in (tools.COPY, renamed))
    assert one == two


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
    found = survey(source, "x.py", tools.default_modules())
    assert (len(found.commented_out), found.decisions) == (commented, ())


@pytest.mark.parametrize(
    "text",
    [
        "def f{n}():\n    class {name}:\n        x = {n}\n        def get_messages(self): ...\n\n",
        "def f{n}():\n    class {name}({name}):\n        def get_messages(self): ...\n\n\n",
    ],
    ids=["one after the other", "each the base of the others"],
)
def test_many_definitions_take_no_more_than_their_number(text: str) -> None:
    source = "".join(text.format(n=n, name=NAME) for n in range(200)).encode()
    assert len(survey(source, "x.py", tools.default_modules()).decisions) == 200
