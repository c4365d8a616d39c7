"""When a copy leaves an import behind, and which names a module loses."""

from __future__ import annotations

import pytest

from codemods.model import SharedModules, Status
from tests.tools import check_replaced, run, shared

IMPORT = "from {shared} import TestWebSocketConnection\n"

UNUSED = {
    "nothing mentions it": "def test_x():\n    pass\n",
    "a longer word does": "def test_x():\n    print('TestWebSocketConnections')\n",
}


@pytest.mark.parametrize("rest", UNUSED.values(), ids=UNUSED)
@pytest.mark.parametrize("mark", ["", "@pytest.mark.unit\n"])
def test_an_unused_copy_goes_without_an_import(rest: str, mark: str) -> None:
    result = check_replaced(
        "import os\n\n\n" + mark + "{copy}\n\n" + rest, "import os\n\n\n" + rest
    )
    assert result.dropped == {"TestWebSocketConnection"}


USED = {
    "a docstring": 'def test_x():\n    """About TestWebSocketConnection."""\n',
    "a comment": "def test_x():\n    pass  # TestWebSocketConnection\n",
    "a message": "def test_x():\n    print('No TestWebSocketConnection here')\n",
    "a local import of that name": "def test_x():\n    from a import TestWebSocketConnection\n",
    "a call": "x = TestWebSocketConnection()\n",
    "__all__": "__all__ = ['TestWebSocketConnection']\n",
    "a patch target": "patch('tests.test_sample.TestWebSocketConnection')\n",
    "a string annotation": "x: 'TestWebSocketConnection' = None\n",
    "a string annotation with an argument": "x: 'list[TestWebSocketConnection]' = None\n",
    "a spec": "x = Mock(spec=TestWebSocketConnection)\n",
    "a fixture parameter": "def test_x(TestWebSocketConnection):\n    pass\n",
    "a type comment": "x = None  # type: TestWebSocketConnection\n",
    "an attribute of some module": "x = some.module.TestWebSocketConnection\n",
    "a doctest": 'def test_x():\n    """>>> TestWebSocketConnection()"""\n',
    "an annotation of several words": "x: 'TestWebSocketConnection or None' = None\n",
    "a name that is put together": "x = globals()[f'{kind}Connection']\n",
    "text that is compiled": "x = compile('x is TestWebSocketConnection', '', 'eval')\n",
    "text that is timed": "t.timeit('x = TestWebSocketConnection is y')\n",
    "a subclass": "class Sub(TestWebSocketConnection):\n    pass\n",
}


@pytest.mark.parametrize("rest", USED.values(), ids=USED)
def test_a_used_copy_leaves_an_import(rest: str) -> None:
    result_gap = "\n\n" if rest.startswith(("def ", "class ")) else "\n"
    check_replaced("import os\n\n\n{copy}\n\n" + rest, "import os\n" + IMPORT + result_gap + rest)


@pytest.mark.parametrize("path", ["tests/conftest.py", "tests/helpers.py", "<stdin>"])
def test_a_module_that_pytest_does_not_collect_keeps_the_name(path: str) -> None:
    check_replaced("import os\n\n\n{copy}", "import os\n" + IMPORT, path=path)


@pytest.mark.parametrize(
    "code",
    [
        "list(vars().values())",
        "dir()",
        "inspect.getmembers(module)",
        "eval(text)",
        "sys.modules[__name__]",
    ],
)
def test_a_module_that_looks_through_its_own_names_keeps_the_name(code: str) -> None:
    result = run(f"{{copy}}\n\ndef test():\n    {code}\n")
    assert result.dropped == frozenset()


ACTING = {
    "a decorator": "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n",
    "a base": "from typing import Protocol\nclass A(Protocol):\n    x = 1\n",
    "a keyword": "import abc\nclass A(metaclass=abc.ABCMeta):\n    x = 1\n",
    "an autouse fixture": "import pytest\n@pytest.fixture(autouse=True)\ndef f(): ...\n",
    "a local base": "from lib import B\nclass A(B):\n    x = 1\n",
}


@pytest.mark.parametrize("text", ACTING.values(), ids=ACTING)
def test_what_may_act_when_it_is_defined_leaves_an_import(text: str) -> None:
    base = "class B:\n    y = 1\n" if "(B)" in text else ""
    result = run(text, modules=shared(base + text.replace("from lib import B\n", ""), "lib"))
    assert result.status is Status.CHANGED
    assert result.dropped == frozenset()


@pytest.mark.parametrize("text", ["class A(Exception):\n    x = 1\n", "def f():\n    return 1\n"])
def test_what_cannot_act_leaves_none(text: str) -> None:
    result = check_replaced("import os\n\n\n" + text, "import os\n", modules=shared(text, "lib"))
    assert len(result.dropped) == 1


def test_a_name_that_an_import_binds_already_is_not_dropped() -> None:
    result = check_replaced(IMPORT + "\n\n{copy}", IMPORT)
    assert result.dropped == frozenset()


def test_an_inner_copy_always_leaves_an_import() -> None:
    before = "def test_x():\n    class TestWebSocketConnection: ...\n"
    module = shared("class TestWebSocketConnection: ...\n", "lib")
    after = "def test_x():\n    from lib import TestWebSocketConnection\n"
    check_replaced(before, after, modules=module)


def test_the_imports_of_several_modules_stand_in_their_order() -> None:
    two, one = shared("def f():\n    return 1\n", "b"), shared("def g():\n    return 2\n", "a")
    check_replaced(
        "import os\n\ndef f():\n    return 1\n\ndef g():\n    return 2\n\nassert f() != g()\n",
        "import os\nfrom a import g\nfrom b import f\n\nassert f() != g()\n",
        modules=SharedModules((*two.modules, *one.modules)),
    )
