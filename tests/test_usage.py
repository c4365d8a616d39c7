"""What a file may not do with a class that it is to share, and what it may."""

from __future__ import annotations

import pytest

from codemods.model import Code, Status
from tests.tools import COPY, check_refused, default_target, run

MUTATED = {
    "sets an attribute": "TestWebSocketConnection.limit = 1\n",
    "silences pytest": "TestWebSocketConnection.__test__ = False\n",
    "adds to an attribute": "TestWebSocketConnection.count += 1\n",
    "deletes an attribute": "del TestWebSocketConnection.close\n",
    "sets an attribute in a test": "def test_x():\n    TestWebSocketConnection.close = None\n",
    "setattr": "setattr(TestWebSocketConnection, 'close', None)\n",
    "delattr": "delattr(TestWebSocketConnection, 'close')\n",
    "monkeypatch": "def test_x(monkeypatch):\n"
    "    monkeypatch.setattr(TestWebSocketConnection, 'close', None)\n",
    "patch.object": "with patch.object(TestWebSocketConnection, 'close'):\n    pass\n",
    "patch.multiple": "patch.multiple(TestWebSocketConnection, close=None)\n",
    "a patch of an attribute by name": "patch('tests.a.TestWebSocketConnection.close')\n",
    "another name for it": "fake = TestWebSocketConnection\nfake.limit = 1\n",
    "one of several in a loop": "for c in [TestWebSocketConnection, X]:\n    c.limit = 1\n",
    "the class of an instance": "ws = TestWebSocketConnection()\nws.__class__.limit = 1\n",
    "the type of an instance": "ws = TestWebSocketConnection()\ntype(ws).limit = 1\n",
}

MUTATED |= {
    "a parameter by its name": (
        "def install(target):\n    target.hits = 1\n\ninstall(target=TestWebSocketConnection)\n"
    ),
    "a method of the class": "TestWebSocketConnection.close.calls = 0\n",
    "an attribute that holds it": (
        "class TestA:\n    kind = TestWebSocketConnection\n\n"
        "    def test_x(self):\n        self.kind.limit = 1\n"
    ),
    "a fixture that gives it": (
        "@fixture\ndef kind():\n    return TestWebSocketConnection\n\n\n"
        "def test_x(kind):\n    kind.limit = 1\n"
    ),
    "a collection that holds it": (
        "KINDS = {'a': TestWebSocketConnection}\nKINDS['a'].limit = 1\n"
    ),
    "a loop over a collection": (
        "KINDS = [TestWebSocketConnection]\nfor kind in KINDS:\n    kind.limit = 1\n"
    ),
    "a parameter of parametrize": (
        "@pytest.mark.parametrize('kind, n', [(TestWebSocketConnection, 1)], ids=['a'])\n"
        "def test_x(kind, n):\n    kind.limit = n\n"
    ),
    "a parameter of a fixture": (
        "@fixture(params=[TestWebSocketConnection], ids=['a'])\n"
        "def ws(request):\n    request.param.limit = 1\n"
    ),
    "a patch by an f-string": "patch(f'{__name__}.TestWebSocketConnection.close')\n",
    "a patch by a joined string": "patch(__name__ + '.TestWebSocketConnection.close')\n",
}

INTROSPECTED = {
    "raises as a call": "pytest.raises(TypeError, TestWebSocketConnection, user_id='x')\n",
    "raises with a lambda": (
        "pytest.raises(AttributeError, lambda: TestWebSocketConnection().queue_message(1))\n"
    ),
    "suppress": (
        "ws = TestWebSocketConnection()\nwith suppress(AttributeError):\n    ws.queue_message(1)\n"
    ),
    "any exception": (
        "ws = TestWebSocketConnection()\n"
        "try:\n    ws.queue_message(1)\nexcept Exception:\n    pass\n"
    ),
    "a bare except": (
        "ws = TestWebSocketConnection()\ntry:\n    ws.queue_message(1)\nexcept:\n    pass\n"
    ),
    "__name__": "x = TestWebSocketConnection.__name__\n",
    "__qualname__": "x = TestWebSocketConnection.__qualname__\n",
    "__module__": "x = TestWebSocketConnection.__module__\n",
    "__dict__": "x = TestWebSocketConnection.__dict__\n",
    "__doc__": "x = TestWebSocketConnection.__doc__\n",
    "__doc__ of a method": "x = TestWebSocketConnection.close.__doc__\n",
    "__code__ of a method": "x = TestWebSocketConnection.close.__code__\n",
    "__mro__": "x = TestWebSocketConnection.__mro__\n",
    "vars": "x = vars(TestWebSocketConnection)\n",
    "dir": "x = dir(TestWebSocketConnection)\n",
    "vars of an instance": "x = vars(TestWebSocketConnection())\n",
    "__dict__ of an instance": "ws = TestWebSocketConnection()\nx = ws.__dict__\n",
    "the name of the type of an instance": (
        "ws = TestWebSocketConnection()\nx = type(ws).__name__\n"
    ),
    "the name of the class of an attribute": (
        "class A:\n    def f(self):\n        self.ws = TestWebSocketConnection()\n"
        "        return self.ws.__class__.__name__\n"
    ),
    "the class of a fixture": (
        "@fixture\ndef ws():\n    yield TestWebSocketConnection()\n\n\n"
        "def test_x(ws):\n    assert type(ws).__module__\n"
    ),
    "the class of what a function gives": (
        "def make():\n    ws = TestWebSocketConnection()\n    return ws\n\n\n"
        "def test_x():\n    one = make()\n    assert vars(one)\n"
    ),
    "an annotated parameter": "def f(ws: TestWebSocketConnection):\n    return vars(ws)\n",
    "a parameter annotated by a string": (
        "def f(ws: 'TestWebSocketConnection'):\n    return vars(ws)\n"
    ),
    "a with block": "with TestWebSocketConnection() as ws:\n    vars(ws)\n",
    "a walrus": "print(ws := TestWebSocketConnection(), vars(ws))\n",
    "a tuple": "ws, n = TestWebSocketConnection(), 1\nvars(ws)\n",
    "an awaited call": "async def f():\n    ws = await TestWebSocketConnection()\n    vars(ws)\n",
    "an annotated variable": "ws: TestWebSocketConnection = make()\nvars(ws)\n",
    "inspect": "import inspect\nx = inspect.getsource(TestWebSocketConnection)\n",
    "inspect of a method": "import inspect\nx = inspect.signature(TestWebSocketConnection.close)\n",
    "inspect under another name": "import inspect as i\ni.getsource(TestWebSocketConnection)\n",
    "a function of inspect": "from inspect import getsource\ngetsource(TestWebSocketConnection)\n",
    "pickle": "import pickle\nx = pickle.dumps(TestWebSocketConnection())\n",
    "get_type_hints": "import typing\ntyping.get_type_hints(TestWebSocketConnection)\n",
    "a comparison with its name": "x = thing.__class__.__name__ == 'TestWebSocketConnection'\n",
    "a search for its name": "x = 'TestWebSocketConnection' in text\n",
    "a subclass made by type": "X = type('X', (TestWebSocketConnection,), {})\n",
    "hasattr of what it lacks": "x = hasattr(TestWebSocketConnection(), 'send_text')\n",
    "getattr of what it lacks": "x = getattr(TestWebSocketConnection(), 'get_events', None)\n",
    "getattr of who knows what": "x = getattr(TestWebSocketConnection, name)\n",
    "parametrize": "@pytest.mark.parametrize('c', [TestWebSocketConnection])\ndef f(c): ...\n",
    "parametrize by a list": (
        "KINDS = [X, TestWebSocketConnection]\n\n\n"
        "@pytest.mark.parametrize('c', KINDS)\ndef f(c): ...\n"
    ),
    "parametrize with a function for ids": (
        "@pytest.mark.parametrize('c', [TestWebSocketConnection], ids=str)\ndef f(c): ...\n"
    ),
    "parametrize by param": (
        "@pytest.mark.parametrize('c', [pytest.param(TestWebSocketConnection)])\ndef f(c): ...\n"
    ),
    "parametrize by the values of a mapping": (
        "F = {'ws': TestWebSocketConnection}\n\n\n"
        "@pytest.mark.parametrize('c', F.values())\ndef f(c): ...\n"
    ),
    "parametrize by keyword": (
        "@mark.parametrize(argnames='c', argvalues=(TestWebSocketConnection,))\ndef f(c): ...\n"
    ),
    "parameters of a fixture": (
        "@pytest.fixture(params=[TestWebSocketConnection])\ndef ws(request): ...\n"
    ),
    "the argument of a function of the file": (
        "def audit(c, log):\n    log.append(type(c).__name__)\n\n\n"
        "audit(TestWebSocketConnection(), [])\n"
    ),
    "the argument of a method of the file": (
        "class A:\n    def audit(self, c):\n        return c.__name__\n\n\n"
        "A().audit(TestWebSocketConnection)\n"
    ),
    "a search for its repr": "assert 'TestWebSocketConnection object' in f'{ws}'\n",
    "a start with its name": "assert text.startswith('TestWebSocketConnection')\n",
    "a message with its name": "pytest.raises(TypeError, match='TestWebSocketConnection')\n",
    "an attribute that it must lack": (
        "with pytest.raises(AttributeError):\n    TestWebSocketConnection().receive_json\n"
    ),
    "a parameter that it must lack": (
        "with self.assertRaises(TypeError):\n    TestWebSocketConnection(user_id=1)\n"
    ),
    "an attribute that it may lack": (
        "try:\n    TestWebSocketConnection().clear_messages()\n"
        "except (OSError, AttributeError):\n    pass\n"
    ),
    "an element of a list": (
        "all = [TestWebSocketConnection() for _ in range(2)]\nprint([vars(c) for c in all])\n"
    ),
    "what a lambda gives": "make = lambda: TestWebSocketConnection()\nws = make()\nvars(ws)\n",
    "one of several results": (
        "def make():\n    return TestWebSocketConnection(), 1\n\n\n[ws, *rest] = make()\nvars(ws)\n"
    ),
    "a value of a mapping": (
        "all = {n: TestWebSocketConnection() for n in 'ab'}\nvars(all['a'])\n"
    ),
    "put into a mapping": "all = {}\nall['a'] = TestWebSocketConnection()\nvars(all['b'])\n",
    "one or another": "ws = TestWebSocketConnection() if x else None\nvars(ws)\n",
    "arguments that it does not take": "ws = TestWebSocketConnection(user_id='a')\n",
    "two bases": "class Both(TestWebSocketConnection, Extra):\n    pass\n",
    "a private attribute": "x = ws._TestWebSocketConnection__state\n",
    "a private attribute by name": "x = getattr(ws, '_TestWebSocketConnection__state')\n",
}

FINE = {
    "any exception of what it has": (
        "ws = TestWebSocketConnection()\ntry:\n    ws.get_messages()\nexcept Exception:\n    pass\n"
    ),
    "raises as a call of something else": "pytest.raises(TypeError, f, user_id='x')\n",
    "calls": "ws = TestWebSocketConnection()\nws.is_connected = False\nws.extra = 1\n",
    "isinstance": "assert isinstance(ws, TestWebSocketConnection)\n",
    "spec": "ws = Mock(spec=TestWebSocketConnection)\n",
    "patch of the name in the module": "patch('tests.a.TestWebSocketConnection')\n",
    "patch of the name by object": "patch.object(module, 'TestWebSocketConnection')\n",
    "patch of a method of an instance": (
        "ws = TestWebSocketConnection()\npatch.object(ws, 'close')\nws.close = None\n"
    ),
    "annotations": "def f(ws: TestWebSocketConnection) -> 'TestWebSocketConnection': ...\n",
    "a string that names it": "print('TestWebSocketConnection.close was called')\n",
    "hasattr of what it has": "x = hasattr(TestWebSocketConnection(), 'is_connected')\n",
    "getattr of a method": "x = getattr(TestWebSocketConnection, 'close')\n",
    "iscoroutinefunction": (
        "import inspect\nx = inspect.iscoroutinefunction(TestWebSocketConnection.close)\n"
    ),
    "another class's name": "x = type(error).__name__\n",
    "vars of something else": "x = vars(other)\n",
    "setattr of something else": "setattr(other, 'x', TestWebSocketConnection)\n",
    "parametrize with ids": (
        "@pytest.mark.parametrize('c', [TestWebSocketConnection], ids=['ws'])\ndef f(c): ...\n"
    ),
    "parametrize by param with an id": (
        "@pytest.mark.parametrize('c', [pytest.param(TestWebSocketConnection, id='ws')])\n"
        "def f(c): ...\n"
    ),
    "parametrize with instances": (
        "@pytest.mark.parametrize('c', [TestWebSocketConnection()])\ndef f(c): ...\n"
    ),
    "an error that the copy raises": (
        "with pytest.raises(RuntimeError, match='closed'):\n    TestWebSocketConnection()\n"
    ),
    "a TypeError that has other causes": (
        "try:\n    json.dumps(TestWebSocketConnection())\nexcept TypeError:\n    pass\n"
    ),
    "an error of something else": "with pytest.raises(TypeError):\n    other()\n",
    "pickle of its messages": (
        "import pickle\nws = TestWebSocketConnection()\npickle.dumps(ws.messages_sent)\n"
    ),
    "a dataclass derived from it": (
        "@dataclass\nclass Named(TestWebSocketConnection):\n    user_id: str\n"
    ),
    "repr and str": "print(repr(TestWebSocketConnection()), str(TestWebSocketConnection()))\n",
    "hasattr of what neither has": "x = hasattr(TestWebSocketConnection(), 'user_id')\n",
    "getattr of what neither has": (
        "def user(ws):\n    return getattr(ws, 'user_id', None)\n\n\n"
        "user(TestWebSocketConnection())\n"
    ),
    "an attribute that neither has": (
        "ws = TestWebSocketConnection()\ntry:\n    ws.user_id\nexcept AttributeError:\n    pass\n"
    ),
    "its name in the message of an assertion": (
        "self.assertEqual(len(sent), 0, 'TestWebSocketConnection should be empty')\n"
    ),
    "its name as the message of an assertion": (
        "self.assertIn(1, sent, msg='TestWebSocketConnection')\n"
    ),
    "a call of a call": "make()(TestWebSocketConnection)\n",
    "a mapping": "x = {'ws': TestWebSocketConnection}\n",
    "a subclass without tests": (
        "class Slow(TestWebSocketConnection):\n    def wait(self):\n        pass\n"
    ),
    "a subclass whose attribute is set": (
        "class Slow(TestWebSocketConnection):\n    pass\n\n\nSlow.limit = 1\n"
    ),
    "a test class that uses it": (
        "class TestSend:\n    def test_x(self):\n        TestWebSocketConnection()\n"
    ),
}

TEST_SUBCLASSES = {
    "tests of its own": (
        "class TestSub(TestWebSocketConnection):\n    def test_x(self):\n        pass\n"
    ),
    "tests of another base in the file": (
        "class Base:\n    def test_x(self):\n        pass\n\n\n"
        "class TestSub(TestWebSocketConnection, Base):\n    pass\n"
    ),
    "tests of a subclass of the subclass": (
        "class Sub(TestWebSocketConnection):\n    pass\n\n\n"
        "class TestSub(Sub):\n    def test_x(self):\n        pass\n"
    ),
    "tests under another name of the class": (
        "Base = TestWebSocketConnection\n\n\n"
        "class TestSub(Base):\n    def test_x(self):\n        pass\n"
    ),
    "nested test classes": (
        "class TestSub(TestWebSocketConnection):\n    class TestInner:\n        pass\n"
    ),
    "a base from elsewhere": "class TestSub(TestWebSocketConnection, a.Tests):\n    pass\n",
    "in a function": (
        "def f():\n    class TestSub(TestWebSocketConnection):\n"
        "        def test_x(self):\n            pass\n"
    ),
}


@pytest.mark.parametrize("rest", MUTATED.values(), ids=MUTATED)
def test_mutated(rest: str) -> None:
    check_refused("{copy}\n\n" + rest, Code.MUTATED)


@pytest.mark.parametrize("rest", INTROSPECTED.values(), ids=INTROSPECTED)
def test_introspected(rest: str) -> None:
    check_refused("{copy}\n\n" + rest, Code.INTROSPECTED)


@pytest.mark.parametrize("rest", TEST_SUBCLASSES.values(), ids=TEST_SUBCLASSES)
def test_a_subclass_with_tests(rest: str) -> None:
    check_refused("{copy}\n\n" + rest, Code.SUBCLASS_OF_TESTS)


@pytest.mark.parametrize("rest", FINE.values(), ids=FINE)
def test_harmless_uses(rest: str) -> None:
    result = run("{copy}\n\n" + rest)
    assert [r for d in result.decisions for r in d.reasons] == []
    assert result.status is Status.CHANGED


def test_a_shared_module_that_is_not_found_may_have_any_member() -> None:
    target = default_target()._replace(shared_members=None)
    before = "{copy}\n\nhasattr(TestWebSocketConnection(), 'user_id')\n"
    check_refused(before, Code.INTROSPECTED, target=target)


def test_each_use_is_a_reason_with_its_line() -> None:
    result = run(COPY + "\n\nTestWebSocketConnection.a = 1\nvars(TestWebSocketConnection)\n")
    reasons = [(r.line, r.code) for d in result.decisions for r in d.reasons]
    assert reasons == [(25, Code.MUTATED), (26, Code.INTROSPECTED)]


@pytest.mark.parametrize(
    "code",
    [
        "getattr(TestWebSocketConnection, '__name__')",
        "getattr(TestWebSocketConnection(), '__module__')",
    ],
)
def test_asking_for_what_tells_the_class(code: str) -> None:
    check_refused(f"{{copy}}\n\ndef test():\n    {code}\n", Code.INTROSPECTED)
