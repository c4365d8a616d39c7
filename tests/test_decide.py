"""Which definitions are decided on, and what else may be bound to their names."""

from __future__ import annotations

import pytest

from codemods.engine.codemod import ParsedModule
from codemods.model import Code, Status, Verdict
from codemods.rewrites.replace_local_copies.decide import undefined_names
from codemods.rewrites.replace_local_copies.shared import shared_definitions
from tests.tools import (
    AWAITED,
    COPY,
    check_refused,
    check_replaced,
    check_untouched,
    default_modules,
    indented,
    run,
    shared,
)

USE = "\n\ndef test_send():\n    TestWebSocketConnection()\n"
IMPORT = "from {shared} import TestWebSocketConnection\n"

PLACES = {
    "if": ("if x:\n", ""),
    "else": ("if 0:\n    pass\nelse:\n", ""),
    "try": ("try:\n", "finally:\n    pass\n"),
    "except": ("try:\n    import a\nexcept ImportError:\n", ""),
    "a function": ("def f():\n", ""),
    "a coroutine": ("async def f():\n", ""),
    "a class": ("class C:\n", ""),
}


@pytest.mark.parametrize(("above", "below"), PLACES.values(), ids=PLACES)
def test_a_copy_that_does_not_stand_at_the_top_is_replaced_at_its_place(
    above: str, below: str
) -> None:
    before = above + indented(COPY) + below
    check_replaced(before, above + "    " + IMPORT + below)
    deeper = "def g():\n" + indented(before)
    check_replaced(deeper, "def g():\n" + indented(above + "    " + IMPORT + below))


MAKES = "def make():\n"
WITH = "def test_a():\n    with pytest.warns(UserWarning):\n"
#: the definition; what stands above it and below it in a function, and what refuses it.
EXECUTED = {
    "in a with": ("class A:\n    x = 1\n", WITH, ""),
    "an exception that is made each time": ("class A(Exception): ...\n", MAKES, "raise A()\n"),
    "a dataclass that is made each time": (
        *("@dataclasses.dataclass\nclass A:\n    x: int\n", MAKES, "return A(1)\n"),
    ),
    "a class that compares types, made each time": (
        "class A:\n    def __eq__(self, other): return type(other) is type(self)\n",
        MAKES,
        "return A()\n",
    ),
    "with its qualified name": ("class A:\n    x = 1\n", "def test_a():\n", "'a.<locals>.A'\n"),
}


@pytest.mark.parametrize(("code", "above", "below"), EXECUTED.values(), ids=EXECUTED)
def test_when_and_how_often_a_nested_definition_is_executed(
    code: str, above: str, below: str
) -> None:
    imports = "import dataclasses\nimport pytest\n\n\n"
    modules = shared(imports + code, "lib.tools")
    depth = "    " * above.count("\n")
    before = imports + above + indented(code + below, depth)
    check_refused(before, Code.NESTED, modules=modules)


@pytest.mark.parametrize("above", [MAKES, "def test_a():\n    for _ in 'ab':\n"])
def test_a_function_that_is_made_each_time_and_handed_on(above: str) -> None:
    modules = shared("def A(): ...\n", "lib.tools")
    body = indented("def A(): ...\nfound.add(A)\n", "    " * above.count("\n"))
    check_refused(above + body, Code.ESCAPES, modules=modules)


def test_a_plain_class_that_each_call_makes_one_object_of_is_replaced() -> None:
    modules = shared("class A:\n    x = 1\n", "lib.tools")
    before = MAKES + "    class A:\n        x = 1\n    return A()\n"
    after = MAKES + "    from lib.tools import A\n    return A()\n"
    check_replaced(before, after, modules=modules)


def test_classes_of_one_name_in_two_functions_that_the_file_tells_apart() -> None:
    modules = shared("class A:\n    x = 1\n", "lib.tools")
    text = "def {}():\n    class A:\n        x = 1\n    return isinstance(a, A)\n"
    before = text.format("test_a") + text.format("test_b")
    check_refused(before, Code.ESCAPES, modules=modules)


def test_a_copy_in_a_case_is_replaced_at_its_place() -> None:
    above = "match x:\n    case 1:\n"
    check_replaced(above + indented(indented(COPY)), above + "        " + IMPORT)


REBOUND = {
    "an assignment": "TestWebSocketConnection = None\n",
    "an annotated assignment": "TestWebSocketConnection: type = None\n",
    "an import above": "from other import TestWebSocketConnection\n{copy}",
    "another class of the shared module": (
        "from {shared} import AwaitedWebSocketConnection as TestWebSocketConnection\n{copy}"
    ),
    "the shared class, imported below": "{copy}\nfrom {shared} import TestWebSocketConnection\n",
    "an import as": "import other as TestWebSocketConnection\n",
    "an import in try": (
        "try:\n    from {shared} import TestWebSocketConnection\nfinally:\n    pass\n"
    ),
    "a function": "def TestWebSocketConnection():\n    pass\n",
    "del": "del TestWebSocketConnection\n",
    "a loop": "for TestWebSocketConnection in []:\n    pass\n",
    "with": "with x as TestWebSocketConnection:\n    pass\n",
    "except": "try:\n    pass\nexcept OSError as TestWebSocketConnection:\n    pass\n",
    "a walrus": "print(TestWebSocketConnection := 1)\n",
    "a match": "match x:\n    case [TestWebSocketConnection]:\n        pass\n",
    "global in a function": (
        "def f():\n    global TestWebSocketConnection\n    TestWebSocketConnection = 1\n"
    ),
    "another conditional definition": "if x:\n    class TestWebSocketConnection:\n        pass\n",
    "a local variable of the function that holds it": (
        "def f():\n" + indented(COPY) + "    TestWebSocketConnection = 1\n"
    ),
}


@pytest.mark.parametrize("rest", REBOUND.values(), ids=REBOUND)
def test_a_name_with_two_values(rest: str) -> None:
    before = rest if "class TestWeb" in rest or "{copy}" in rest else "{copy}\n\n" + rest
    before = "{copy}\n\n" + rest if "if x" in rest else before
    result = run(before)
    assert result.status is Status.REFUSED
    codes = {r.code for d in result.decisions for r in d.reasons}
    assert codes & {Code.REBOUND, Code.ESCAPES}


NOT_REBOUND = {
    "a local variable": (
        "def f():\n    TestWebSocketConnection = 1\n    return TestWebSocketConnection\n"
    ),
    "a parameter": "f = lambda TestWebSocketConnection: TestWebSocketConnection\n",
    "a keyword argument": "f(TestWebSocketConnection=1)\n",
    "a key": "x = {'TestWebSocketConnection ': 1}\n",
    "the same once more": "{copy}",
    "the same in a block": "if x:\n" + indented(COPY),
    "the same in a function": "def f():\n" + indented(COPY),
}


@pytest.mark.parametrize("rest", NOT_REBOUND.values(), ids=NOT_REBOUND)
def test_a_name_with_one_value(rest: str) -> None:
    result = run("{copy}\n\n" + rest)
    assert result.status is Status.CHANGED
    assert not result.refused


def test_two_definitions_of_a_name_that_differ_both_stay() -> None:
    check_refused("import asyncio\n\n\n" + COPY + "\n\n" + AWAITED + USE, Code.REBOUND)


def test_two_definitions_of_a_name_of_which_one_stays_both_stay() -> None:
    there = "class A:\n    def f(self, x: int):\n        return x\n"
    both = there + "\n\n" + there.replace(": int", "") + "\n\nA().f.__annotations__\n"
    check_refused(both, Code.REBOUND, Code.DIFFERENT_SHAPE, modules=shared(there, "tests.lib"))
    text = there + "\n\n" + there + "\n\nA().f.__annotations__\n"
    assert run(text, modules=shared(there, "tests.lib")).status is Status.CHANGED


def test_a_definition_in_each_branch() -> None:
    text = "if x:\n" + indented(COPY) + "else:\n" + indented(COPY)
    check_replaced(text, f"if x:\n    {IMPORT}else:\n    {IMPORT}")
    other = text.replace("_closed = False", "_closed = 0", 1)
    check_refused(other, Code.DIFFERENT_SHAPE, Code.REBOUND)


def test_a_conditional_copy_in_a_file_with_a_star_import() -> None:
    check_refused("from a import *\n\nif x:\n" + indented(COPY), Code.REBOUND)


def test_two_names_with_different_bodies_are_decided_each_on_its_own() -> None:
    mock = COPY.replace("TestWeb", "MockWeb").replace("_closed = False", "_closed = 0")
    result = run("import os\n\n\n" + COPY + "\n\n" + mock + USE)
    verdicts = [(d.definition.name, d.verdict) for d in result.decisions]
    assert verdicts == [
        ("TestWebSocketConnection", Verdict.REPLACE),
        ("MockWebSocketConnection", Verdict.REFUSE),
    ]
    assert result.after is not None
    assert mock.encode() in result.after


def test_decisions_come_in_the_order_of_the_file() -> None:
    result = run("def f():\n" + indented(COPY) + "\n\n@pytest.mark.x\n" + COPY)
    assert [d.definition.line for d in result.decisions] == [2, 26]
    assert [d.definition.end_line for d in result.decisions] == [23, 48]
    assert [d.definition.kind for d in result.decisions] == ["class", "class"]
    assert {d.shared and d.shared[1] for d in result.decisions} == {"TestWebSocketConnection"}


def test_several_reasons_are_all_given() -> None:
    text = "class A:\n    seen = []\n    def f(self): return __file__\n\n\nx = [A]\n"
    codes = (Code.STATE, Code.MODULE_DEPENDENT)
    result = run(text, modules=shared(text, "lib"))
    assert tuple(r.code for d in result.decisions for r in d.reasons) == codes


def test_definitions_inside_of_a_copy_are_no_definitions_of_their_own() -> None:
    text = "def make():\n    class Fake:\n        x = 1\n    return Fake\n"
    result = run(text, modules=shared(text + "class Fake:\n    x = 1\n", "lib"))
    assert [d.definition.name for d in result.decisions] == ["make"]
    other = text.replace("return Fake", "return Fake()")
    result = run(other, modules=shared(text + "class Fake:\n    x = 1\n", "lib"))
    assert [d.definition.name for d in result.replaced] == ["Fake"]


UNTOUCHED = {
    "empty file": "",
    "a blank line": "\n",
    "no mention": "x = 1\n",
    "commented out": "# class TestWebSocketConnection:\n#     pass\n",
    "in a string": "SAMPLE = '''\nclass TestWebSocketConnection:\n    pass\n'''\n",
    "made by type": "x = type('MockWebSocketConnection', (), {})\n",
    "a list of names": "NAMES = ['TestWebSocketConnection', 'MockWebSocketConnection']\n",
    "a longer name": "class TestWebSocketConnectionPool:\n    pass\n",
    "imported already": (
        "from helpers import TestWebSocketConnection\n\nTestWebSocketConnection()\n"
    ),
    "perhaps imported by star": "from helpers import *\n\nx = TestWebSocketConnection()\n",
    "an assignment": "TestWebSocketConnection = None\n",
}


@pytest.mark.parametrize("text", UNTOUCHED.values(), ids=UNTOUCHED)
def test_no_definition_at_all(text: str) -> None:
    assert check_untouched(text).warnings == ()


def test_a_name_of_underscores_alone_is_no_shared_name() -> None:
    modules = shared("@f.register\ndef _(x): return 1\n", "lib")
    check_untouched("@f.register\ndef _(x): return 1\n", modules=modules)


def test_calls_of_a_name_that_nothing_defines_are_reported_and_stay() -> None:
    mock = COPY.replace("TestWeb", "MockWeb")
    result = check_replaced("import os\n\n\n" + mock + USE, "import os\n" + USE)
    (warning,) = result.warnings
    assert (warning.code, warning.line) == (Code.UNDEFINED_NAME, 29)
    assert "TestWebSocketConnection" in warning.message


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("x = TestWebSocketConnection()", [1]),
        ("def f():\n    return TestWebSocketConnection", [2]),
        ("x = 'TestWebSocketConnection'\ny.TestWebSocketConnection", []),
        ("TestWebSocketConnectionPool()", []),
        ("# TestWebSocketConnection()", []),
        ("from a import TestWebSocketConnection\nTestWebSocketConnection()", []),
        ("from a import *\nTestWebSocketConnection()", []),
        ("class TestWebSocketConnection: ...\nTestWebSocketConnection()", []),
        ("def f():\n    class TestWebSocketConnection: ...\n    TestWebSocketConnection()", []),
        ("def f():\n    class TestWebSocketConnection: ...\nTestWebSocketConnection()", [3]),
        ("def f():\n    class A(Enum):\n        TestWebSocketConnection = 1", []),
        ("class A:\n    class TestWebSocketConnection: ...\nTestWebSocketConnection()", [3]),
    ],
)
def test_a_name_that_is_read_and_bound_nowhere(text: str, lines: list[int]) -> None:
    module = ParsedModule(text.encode(), "tests/test_a.py")
    found = undefined_names(module, shared_definitions(default_modules()))
    assert [(r.code, r.line) for r in found] == [(Code.UNDEFINED_NAME, line) for line in lines]
