"""Which definitions are copies, and the reason for each one that is not."""

from __future__ import annotations

import ast

import pytest
from codemods.rewrites.replace_local_copies.recorded import read_shapes

from codemods.engine.names import module_names
from codemods.model import Code, Status, Target, Verdict
from codemods.rewrites.replace_local_copies.decide import undefined_names
from tests.tools import (
    AWAITED,
    COPY,
    check_refused,
    check_replaced,
    check_untouched,
    default_target,
    indented,
    run,
)

HEAD = "class TestWebSocketConnection:\n"
INIT = "    def __init__(self):\n        self.messages_sent = []\n"
USE = "\n\ndef test_send():\n    TestWebSocketConnection()\n"


def changed(old: str, new: str, copy: str = COPY) -> str:
    """Give a copy with one thing different."""
    assert old in copy
    return copy.replace(old, new)


REFUSED = {
    "another constructor": (
        changed("def __init__(self)", "def __init__(self, user_id)"),
        Code.DIFFERENT_SHAPE,
        4,
        "`__init__` differs: `def __init__(self, user_id):` here, `def __init__(self):` in",
    ),
    "another default": (
        changed("code: int = 1000", "code: int = 1001"),
        Code.DIFFERENT_SHAPE,
        15,
        "`close` differs: `async def close(self, code=1001",
    ),
    "an annotation that does something": (
        changed("message: dict", "message: note(dict)"),
        Code.DIFFERENT_SHAPE,
        9,
        "`send_json` differs: `async def send_json(self, message: note(dict)",
    ),
    "a result that is annotated by what does something": (
        changed("-> list", "-> note(list)"),
        Code.DIFFERENT_SHAPE,
        20,
        "`get_messages` differs: `def get_messages(self) -> note(list)",
    ),
    "an attribute without a value that does something": (
        changed("    def __init__(self):", "    x: note(1)\n\n    def __init__(self):"),
        Code.DIFFERENT_SHAPE,
        4,
        "`x`",
    ),
    "another name of a parameter": (
        changed("message: dict", "data: dict").replace("(message)", "(data)"),
        Code.DIFFERENT_SHAPE,
        9,
        "`send_json` differs",
    ),
    "another exception": (
        changed("raise RuntimeError", "raise ConnectionError"),
        Code.DIFFERENT_SHAPE,
        9,
        "`raise ConnectionError('WebSocket is closed')` here",
    ),
    "another text of the exception": (
        changed("is closed", "was closed"),
        Code.DIFFERENT_SHAPE,
        9,
        "'WebSocket was closed'",
    ),
    "another literal": (
        changed("_closed = False", "_closed = 0"),
        Code.DIFFERENT_SHAPE,
        4,
        "`self._closed = 0` here",
    ),
    "a method that is no coroutine": (
        changed("async def close", "def close"),
        Code.DIFFERENT_SHAPE,
        15,
        "`def close(self, code=1000, reason='Normal closure'):` here",
    ),
    "get_messages without the copy": (
        changed(".copy()", ""),
        Code.DIFFERENT_SHAPE,
        20,
        "`get_messages` differs",
    ),
    "a member more": (
        COPY + "\n    def reset(self):\n        self.messages_sent = []\n",
        Code.DIFFERENT_SHAPE,
        24,
        "`reset` is not in recorded `CommonCopy`",
    ),
    "a member less": (
        COPY[: COPY.index("    def get_messages")].rstrip() + "\n",
        Code.DIFFERENT_SHAPE,
        1,
        "it has no `get_messages`",
    ),
    "a statement more in a method": (
        COPY + "        return None\n",
        Code.DIFFERENT_SHAPE,
        20,
        "`return None` is not in recorded `CommonCopy`",
    ),
    "a statement less in a method": (
        changed("        self._closed = True\n", ""),
        Code.DIFFERENT_SHAPE,
        15,
        "`close` differs",
    ),
    "a class attribute": (
        changed(HEAD, HEAD + "    __test__ = False\n"),
        Code.DIFFERENT_SHAPE,
        2,
        "`__test__` is not in recorded `CommonCopy`",
    ),
    "a base": (
        changed("Connection:", "Connection(Base):"),
        Code.DIFFERENT_SHAPE,
        1,
        "its head is `class ...(Base):`, not `class ...:`",
    ),
    "a metaclass": (
        changed("Connection:", "Connection(metaclass=Meta):"),
        Code.DIFFERENT_SHAPE,
        1,
        "metaclass=Meta",
    ),
    "a decorator": ("@dataclass\n" + COPY, Code.DECORATED, 1, "`@dataclass`"),
    "a decorated method": (
        changed("    def get", "    @property\n    def get"),
        Code.DIFFERENT_SHAPE,
        21,
        "`@property`",
    ),
    "test methods": (
        HEAD + "    def test_send(self):\n        assert True\n",
        Code.PYTEST_TESTS,
        2,
        "it has tests",
    ),
    "test methods of a base in the file": (
        "class Base:\n    def test_send(self):\n        pass\n\n\n"
        "class TestWebSocketConnection(Base):\n    pass\n",
        Code.PYTEST_TESTS,
        2,
        "it has tests",
    ),
    "test methods with functions of their own": (
        HEAD + "    def test_send(self):\n        def inner():\n            pass\n",
        Code.PYTEST_TESTS,
        2,
        "it has tests",
    ),
    "a nested test class": (
        HEAD + "    class TestInner:\n        pass\n",
        Code.PYTEST_TESTS,
        2,
        "it has tests",
    ),
    "methods nested in __init__": (
        HEAD + INIT + "        def get_messages(self):\n            return []\n",
        Code.SWALLOWED_CODE,
        4,
        "`get_messages` is defined inside its method `__init__`",
    ),
    "imports in one of its methods": (
        COPY + "        import pytest\n",
        Code.SWALLOWED_CODE,
        23,
        "its method `get_messages` holds `import pytest`",
    ),
    "a test class in one of its methods": (
        COPY + "        class TestMore:\n            pass\n",
        Code.SWALLOWED_CODE,
        23,
        "`TestMore` is defined inside",
    ),
    "an import in a method of another mock": (
        changed("    def get", "    def connect(self):\n        import socket\n\n    def get"),
        Code.DIFFERENT_SHAPE,
        20,
        "`connect` is not in recorded `CommonCopy`",
    ),
}


@pytest.mark.parametrize(("before", "code", "line", "saying"), REFUSED.values(), ids=REFUSED)
def test_a_definition_that_is_no_copy(before: str, code: Code, line: int, saying: str) -> None:
    check_refused(before + USE, code, line=line, saying=saying)


PLACES = {
    "if": ("if True:\n" + indented(COPY), Code.CONDITIONAL, "`if`"),
    "else": ("if 0:\n    pass\nelse:\n" + indented(COPY), Code.CONDITIONAL, "`if`"),
    "try": ("try:\n" + indented(COPY) + "finally:\n    pass\n", Code.CONDITIONAL, "`try`"),
    "except": (
        "try:\n    import a\nexcept ImportError:\n" + indented(COPY),
        Code.CONDITIONAL,
        "`except`",
    ),
    "with": ("with open('a'):\n" + indented(COPY), Code.CONDITIONAL, "`with`"),
    "for": ("for i in []:\n" + indented(COPY), Code.CONDITIONAL, "`for`"),
    "while": ("while 0:\n" + indented(COPY), Code.CONDITIONAL, "`while`"),
    "match": (
        "match 1:\n    case 1:\n" + indented(indented(COPY)),
        Code.CONDITIONAL,
        "`case`",
    ),
    "a function": ("def f():\n" + indented(COPY), Code.NESTED, "function `f`"),
    "a coroutine": ("async def f():\n" + indented(COPY), Code.NESTED, "function `f`"),
    "a class": ("class C:\n" + indented(COPY), Code.NESTED, "class `C`"),
    "try in a function": (
        "def f():\n    try:\n" + indented(indented(COPY)) + "    finally:\n        pass\n",
        Code.NESTED,
        "function `f`",
    ),
}


@pytest.mark.parametrize(("before", "code", "saying"), PLACES.values(), ids=PLACES)
def test_a_copy_that_does_not_stand_at_the_top(before: str, code: Code, saying: str) -> None:
    check_refused(before, code, saying=saying)


SAME = {
    "docstrings": changed('        """Send JSON message."""\n', ""),
    "another docstring": changed("Real WebSocket", "Fake WebSocket"),
    "annotations": changed(": dict", "").replace(" -> list", "").replace(": int", ": 'int'"),
    "annotated attributes": changed("_sent = []", "_sent: list = []"),
    "a bare annotation in the class": changed(
        'of mocks."""\n', 'of mocks."""\n    messages_sent: list\n'
    ),
    "pass": changed("_sent = []\n", "_sent = []\n        pass\n"),
    "the order of methods": HEAD
    + COPY[COPY.index("    def get_messages") :]
    + "\n"
    + COPY[COPY.index("    def __init__") : COPY.index("    def get_messages")].rstrip()
    + "\n",
    "a base object": changed("Connection:", "Connection(object):"),
    "no bases in parentheses": changed("Connection:", "Connection():"),
    "quotes and layout": changed('"WebSocket is closed"', "( 'WebSocket ' 'is closed')"),
    "a u before a string": changed('"WebSocket is', 'u"WebSocket is'),
    "comments": changed("        self.m", "        # note\n        self.m"),
    "a mark on a method": changed("    def get", "    @pytest.mark.x\n    def get"),
}


@pytest.mark.parametrize("copy", SAME.values(), ids=SAME)
def test_what_does_not_count(copy: str) -> None:
    check_replaced("import os\n\n\n" + copy, "import os\n")


def test_a_class_that_sets_a_variable_of_the_function_around_it() -> None:
    method = "    def count(self):\n        nonlocal n\n        n += 1\n\n    def get"
    inner = "n = 0\n" + changed("    def get", method)
    check_refused("def f():\n" + indented(inner), Code.NESTED, Code.DIFFERENT_SHAPE)


def test_two_reasons_are_both_given() -> None:
    other = changed("_closed = False", "_closed = 0")
    check_refused("def f():\n" + indented(other), Code.NESTED, Code.DIFFERENT_SHAPE)


@pytest.mark.parametrize(
    "path",
    [
        "test_framework/ssot/websocket_connection_test_utility.py",
        "/repo/test_framework/ssot/websocket_connection_test_utility.py",
        "test_framework\\ssot\\websocket_connection_test_utility.py",
        "test_framework/ssot/websocket_connection_shapes.py",
        "test_framework/ssot/websocket_connection_test_utility/__init__.py",
    ],
)
def test_the_shared_module_and_its_shapes_stay(path: str) -> None:
    check_refused(COPY, Code.SHARED_MODULE, path=path)


@pytest.mark.parametrize(
    "path", ["tests/test_websocket_connection_test_utility.py", "other/websocket.py"]
)
def test_a_module_of_another_path_is_not_the_shared_one(path: str) -> None:
    assert run(COPY, path).status is Status.CHANGED


REBOUND = {
    "an assignment": "TestWebSocketConnection = None\n",
    "an annotated assignment": "TestWebSocketConnection: type = None\n",
    "an import above": "from other import TestWebSocketConnection\n{copy}",
    "another class of the shared module": (
        "from {shared} import SSotAsyncWebSocketConnection as TestWebSocketConnection\n{copy}"
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
    "a conditional definition": "if x:\n    class TestWebSocketConnection:\n        pass\n",
}


@pytest.mark.parametrize("rest", REBOUND.values(), ids=REBOUND)
def test_a_name_with_two_values(rest: str) -> None:
    before = rest if "{copy}" in rest else "{copy}\n\n" + rest
    result = run(before)
    assert result.status is Status.REFUSED
    assert Code.REBOUND in {r.code for d in result.decisions for r in d.reasons}


NOT_REBOUND = {
    "a local variable": (
        "def f():\n    TestWebSocketConnection = 1\n    return TestWebSocketConnection\n"
    ),
    "a parameter": "f = lambda TestWebSocketConnection: TestWebSocketConnection\n",
    "a keyword argument": "f(TestWebSocketConnection=1)\n",
    "a key": "x = {'TestWebSocketConnection ': 1}\n",
}


@pytest.mark.parametrize("rest", NOT_REBOUND.values(), ids=NOT_REBOUND)
def test_a_name_with_one_value(rest: str) -> None:
    assert run("{copy}\n\n" + rest).status is Status.CHANGED


def test_two_definitions_of_a_name_that_differ_both_stay() -> None:
    before = "import asyncio\n\n\n" + COPY + "\n\n" + AWAITED + USE
    check_refused(before, Code.REBOUND)


def test_two_names_with_different_bodies_are_decided_each_on_its_own() -> None:
    mock = COPY.replace("TestWeb", "MockWeb").replace("_closed = False", "_closed = 0")
    result = run("import os\n\n\n" + COPY + "\n\n" + mock + USE)
    assert result.status is Status.CHANGED
    verdicts = [(d.definition.class_name, d.verdict) for d in result.decisions]
    assert verdicts == [
        ("TestWebSocketConnection", Verdict.REPLACE),
        ("MockWebSocketConnection", Verdict.REFUSE),
    ]
    assert result.after is not None
    assert mock.encode() in result.after


GLOBALS = {
    "another module of that name": "import fake.asyncio as asyncio\n",
    "a name from a module": "from fake import asyncio\n",
    "a relative import": "from . import asyncio\n",
    "no import": "",
    "a star import": "from fake import *\n",
    "a second value": "import asyncio\nasyncio = None\n",
    "only in try": "try:\n    import asyncio\nexcept ImportError:\n    asyncio = None\n",
    "a patch of the name in the module": (
        "import asyncio\npatch('tests.unit.test_sample.asyncio')\n"
    ),
    "a value set on a module": "import asyncio\nsome.module.asyncio = None\n",
    "monkeypatch": "import asyncio\nmonkeypatch.setattr(module, 'asyncio', None)\n",
}


@pytest.mark.parametrize("imports", GLOBALS.values(), ids=GLOBALS)
def test_a_global_that_is_not_the_recorded_one(imports: str) -> None:
    check_refused(imports + "\n\n{awaited}", Code.DIFFERENT_GLOBALS)


def test_a_builtin_that_the_file_redefines() -> None:
    before = "class RuntimeError(Exception):\n    pass\n\n\n{copy}"
    check_refused(before, Code.DIFFERENT_GLOBALS, saying="`RuntimeError`, which is bound otherwise")


@pytest.mark.parametrize(
    "rest",
    [
        "patch('asyncio.sleep')\n",
        "pytestmark = 'pytest.mark.asyncio'\n",
        "import asyncio.subprocess\n",
    ],
)
def test_a_global_that_is_the_recorded_one(rest: str) -> None:
    assert run("import asyncio\n\n\n{awaited}\n\n" + rest).status is Status.CHANGED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "x = 1\n",
        "# class TestWebSocketConnection:\n#     pass\n",
        "SAMPLE = '''\nclass TestWebSocketConnection:\n    pass\n'''\n",
        "x = type('MockWebSocketConnection', (), {})\n",
        "NAMES = ['TestWebSocketConnection', 'MockWebSocketConnection']\n",
        "class TestWebSocketConnectionPool:\n    pass\n",
        "from helpers import TestWebSocketConnection\n\nx = TestWebSocketConnection()\n",
        "from helpers import *\n\nx = TestWebSocketConnection()\n",
    ],
    ids=[
        "empty file",
        "a blank line",
        "no mention",
        "commented out",
        "in a string",
        "made by type",
        "a list of names",
        "a longer name",
        "imported already",
        "perhaps imported by star",
    ],
)
def test_no_definition_at_all(text: str) -> None:
    assert check_untouched(text).warnings == ()


def test_calls_of_a_name_that_nothing_defines_are_reported_and_stay() -> None:
    mock = COPY.replace("TestWeb", "MockWeb")
    after = "import os\n" + USE
    result = check_replaced("import os\n\n\n" + mock + USE, after)
    (warning,) = result.warnings
    assert (warning.code, warning.line) == (Code.UNDEFINED_NAME, 29)
    assert "TestWebSocketConnection" in warning.message


MARKS = {
    "pytest.mark": "import pytest\n\n\n@pytest.mark.unit\n",
    "pytest.mark, not imported": "@pytest.mark.unit\n",
    "mark": "from pytest import mark\n\n\n@mark.unit\n",
}


@pytest.mark.parametrize("head", MARKS.values(), ids=MARKS)
def test_a_mark_does_not_count(head: str) -> None:
    assert run(head + COPY).status is Status.CHANGED


@pytest.mark.parametrize(
    "head", ["mark = Mark()\n@mark.unit\n", "from x import pytest\n@pytest.mark.a\n"]
)
def test_what_only_looks_like_a_mark(head: str) -> None:
    check_refused(head + COPY, Code.DECORATED, line=2)


MOCK = COPY.replace("TestWeb", "MockWeb")

TELLS_APART = {
    "isinstance": "isinstance(x, MockWebSocketConnection)\n",
    "is": "type(x) is MockWebSocketConnection\n",
    "a mapping": "x = {TestWebSocketConnection: 1, MockWebSocketConnection: 2}\n",
    "a set": "x = {TestWebSocketConnection, MockWebSocketConnection}\n",
    "assertNotIsInstance": "self.assertNotIsInstance(x, MockWebSocketConnection)\n",
    "type and type": "type(a()) is not type(b())\n",
    "a key that is set": "r[MockWebSocketConnection] = 1\n",
    "a call": "x = set([MockWebSocketConnection])\n",
    "a tuple": "KINDS = (MockWebSocketConnection,)\n",
    "match": "match x:\n    case MockWebSocketConnection():\n        pass\n",
}


@pytest.mark.parametrize("rest", TELLS_APART.values(), ids=TELLS_APART)
def test_two_classes_that_would_be_one_and_are_told_apart(rest: str) -> None:
    check_refused(COPY + "\n\n" + MOCK + "\n\n" + rest, Code.INTROSPECTED)
    shared = "from {shared} import SSotWebSocketConnection as MockWebSocketConnection\n"
    check_refused(shared + COPY + "\n\n" + rest, Code.INTROSPECTED)


@pytest.mark.parametrize("rest", TELLS_APART.values(), ids=TELLS_APART)
def test_one_class_is_told_from_others_as_before(rest: str) -> None:
    assert run(MOCK + "\n\n" + rest).status is Status.CHANGED


def test_classes_that_stay_two_may_be_told_apart() -> None:
    local = "class A:\n    x = 1\n\n\nclass B:\n    x = 2\n"
    shapes = local.replace("class A", "@replaced_by('A')\nclass A")
    shapes = shapes.replace("class B", "@replaced_by('B')\nclass B")
    target = Target(("A", "B"), "a.b", read_shapes(shapes.encode(), "shapes.py"), ())
    rest = "\n\nfor kind in (A, B):\n    assert type(kind()) is kind\n"
    check_replaced(local + rest, "from a.b import A, B\n" + rest[1:], target=target)


STATE = {
    "a list": ("    seen = []\n", "`seen = []` is state of the class"),
    "a call": ("    lock = threading.Lock()\n", "`lock = threading.Lock()` is state of the class"),
    "a mutable default": ("    def f(self, x=[]): ...\n", "a default value is mutable"),
    "cls": (
        "    @classmethod\n    def f(cls):\n        cls.n = 1\n",
        "`cls.n` is set on the class",
    ),
    "its own name": ("    def f(self):\n        Local.n += 1\n", "`Local.n` is set on the class"),
    "its type": ("    def f(self):\n        type(self).n = 1\n", "`type(self).n` is set on"),
    "nonlocal": (
        "    def f(self):\n        n = 1\n"
        "        def g():\n            nonlocal n\n            n = 2\n",
        "`nonlocal n` writes outside the class",
    ),
}

STATELESS = {
    "constants": "    limit = -1\n    names = ('a', b'b', 1 + 2)\n",
    "an immutable default": "    def f(self, x=(), *, y=None): ...\n",
    "an instance attribute": "    def f(self):\n        self.seen = []\n",
}


def target_of(body: str, head: str = "import threading\n") -> tuple[str, Target]:
    text = head + "@replaced_by('Shared')\nclass Local:\n" + body
    shapes = read_shapes(text.encode(), "shapes.py")
    return head + "class Local:\n" + body, Target(("Local",), "a.b", shapes, ())


@pytest.mark.parametrize(("body", "saying"), STATE.values(), ids=STATE)
def test_state_of_the_class(body: str, saying: str) -> None:
    copy, target = target_of(body)
    check_refused(copy, Code.CLASS_STATE, saying=saying, target=target)


@pytest.mark.parametrize("body", STATELESS.values(), ids=STATELESS)
def test_no_state_of_the_class(body: str) -> None:
    copy, target = target_of(body)
    assert run(copy, target=target).status is Status.CHANGED


def test_fields_of_a_dataclass_are_no_state() -> None:
    head = "from dataclasses import dataclass, field\n"
    text = "@dataclass\nclass Local:\n    seen: list = field(default_factory=list)\n"
    shapes = read_shapes((head + "@replaced_by('Shared')\n" + text).encode(), "shapes.py")
    target = Target(("Local",), "a.b", shapes, ())
    assert run(head + text, target=target).status is Status.CHANGED


def test_decisions_come_in_the_order_of_the_file() -> None:
    result = run("def f():\n" + indented(COPY) + "\n\n" + COPY)
    assert [d.definition.line for d in result.decisions] == [2, 26]
    assert [d.definition.end_line for d in result.decisions] == [23, 47]
    assert [d.shared_name for d in result.decisions] == [None, "TestWebSocketConnection"]


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
        # a local one, and what is not its scope
        ("def f():\n    class TestWebSocketConnection: ...\n    TestWebSocketConnection()", []),
        ("def f():\n    class TestWebSocketConnection: ...\nTestWebSocketConnection()", [3]),
        (
            "class A:\n    def f(self):\n        class TestWebSocketConnection: ...\n"
            "    def g(self):\n        TestWebSocketConnection()",
            [5],
        ),
        ("class A:\n    class TestWebSocketConnection: ...\nTestWebSocketConnection()", [3]),
    ],
)
def test_a_name_that_is_read_and_bound_nowhere(text: str, lines: list[int]) -> None:
    found = undefined_names(module_names(ast.parse(text)), text, default_target())
    assert [(r.code, r.line) for r in found] == [(Code.UNDEFINED_NAME, line) for line in lines]
