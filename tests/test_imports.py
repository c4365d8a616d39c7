"""Where the shared import goes, when none is needed, and which imports go with the class."""

from __future__ import annotations

import sys

import pytest
from codemods.rewrites.replace_local_copies.imports import is_collected

from codemods.model import Code
from tests.tools import COPY, check_refused, check_replaced, run

IMPORT = "from {shared} import TestWebSocketConnection\n"
ASYNC_IMPORT = "from {shared} import SSotAsyncWebSocketConnection as TestWebSocketConnection\n"
USE = "def test_send():\n    TestWebSocketConnection()\n"
HELPER = "def helper():\n    return 1\n"

PLACES = {
    "after the last import, wherever the class stood": (
        "{copy}\nimport os\n\nimport sys\n\nVALUE = 1\n\n\n" + USE,
        "import os\n\nimport sys\n" + IMPORT + "\nVALUE = 1\n\n\n" + USE,
    ),
    "after sys.path is changed, also below the last import": (
        "{copy}\nimport sys\n\nsys.path.insert(0, '.')\n\n\n" + USE,
        "import sys\n\nsys.path.insert(0, '.')\n\n" + IMPORT + "\n\n" + USE,
    ),
    "after imports that need sys.path changed": (
        "{copy}\nimport sys\nsys.path.insert(0, '.')\nimport os\n\n\n" + USE,
        "import sys\nsys.path.insert(0, '.')\nimport os\n" + IMPORT + "\n\n" + USE,
    ),
    "after a guarded change of sys.path": (
        "import sys\n\nif '.' not in sys.path:\n    sys.path.append('.')\n\n\n{copy}\n\n" + USE,
        "import sys\n\nif '.' not in sys.path:\n    sys.path.append('.')\n\n"
        + IMPORT
        + "\n\n"
        + USE,
    ),
    "after importorskip": (
        "import pytest\n\nnumpy = pytest.importorskip('numpy')\n\n\n{copy}\n\n" + USE,
        "import pytest\n\nnumpy = pytest.importorskip('numpy')\n\n" + IMPORT + "\n\n" + USE,
    ),
    "after the environment is set": (
        "import os\n\nos.environ['MODE'] = 'test'\n\n\n{copy}\n\n" + USE,
        "import os\n\nos.environ['MODE'] = 'test'\n\n" + IMPORT + "\n\n" + USE,
    ),
    "not after the environment is only read": (
        "import os\n\nSTAGE = os.environ.get('STAGE', os.environ['HOME'])\n\n\n{copy}\n\n" + USE,
        "import os\n"
        + IMPORT
        + "\nSTAGE = os.environ.get('STAGE', os.environ['HOME'])\n\n\n"
        + USE,
    ),
    "after the environment is set by a call": (
        "import os\n\nos.environ.setdefault('A', 'b')\n\n\n{copy}\n\n" + USE,
        "import os\n\nos.environ.setdefault('A', 'b')\n\n" + IMPORT + "\n\n" + USE,
    ),
    "after sys.path is set as a whole": (
        "import sys\n\nsys.path = ['.', *sys.path]\n\n\n{copy}\n\n" + USE,
        "import sys\n\nsys.path = ['.', *sys.path]\n\n" + IMPORT + "\n\n" + USE,
    ),
    "after a module is put in the place of another": (
        "import sys\n\nsys.modules['numpy'] = None\n\n\n{copy}\n\n" + USE,
        "import sys\n\nsys.modules['numpy'] = None\n\n" + IMPORT + "\n\n" + USE,
    ),
    "after a skip of the module": (
        "import os, pytest\n\nif not os.sep:\n    pytest.skip('no', allow_module_level=True)\n"
        "\n\n{copy}\n\n" + USE,
        "import os, pytest\n\nif not os.sep:\n    pytest.skip('no', allow_module_level=True)\n\n"
        + IMPORT
        + "\n\n"
        + USE,
    ),
    "after a docstring that is just its name": (
        "{copy}\n'TestWebSocketConnection'\nimport os\n\n\n" + USE,
        "'TestWebSocketConnection'\nimport os\n" + IMPORT + "\n\n" + USE,
    ),
    "below a call of a function that changes sys.path": (
        "import sys\n\n\ndef set_up():\n    sys.path.insert(0, '.')\n\n\nset_up()\n\n\n{copy}\n\n"
        + USE,
        "import sys\n\n\ndef set_up():\n    sys.path.insert(0, '.')\n\n\nset_up()\n\n\n"
        + IMPORT
        + "\n\n"
        + USE,
    ),
    "below sys.path under another name": (
        "from sys import path\n\npath.insert(0, '.')\n\n\n{copy}\n\n" + USE,
        "from sys import path\n\npath.insert(0, '.')\n\n" + IMPORT + "\n\n" + USE,
    ),
    "below set-up that follows a definition, with its imports": (
        "{copy}\n\n"
        + HELPER
        + "\n\nimport sys\n\nsys.path.insert(0, '.')\nimport os\n\nN = 1\n\n\n"
        + USE,
        HELPER
        + "\n\nimport sys\n\nsys.path.insert(0, '.')\nimport os\n"
        + IMPORT
        + "\nN = 1\n\n\n"
        + USE,
    ),
    "at the place of the copy, below importorskip that follows a class": (
        "import pytest\n\n\nclass Other:\n    pass\n\n\npytest.importorskip('numpy')\n\n\n"
        "{copy}\n\n" + USE,
        "import pytest\n\n\nclass Other:\n    pass\n\n\npytest.importorskip('numpy')\n\n\n"
        + IMPORT
        + "\n\n"
        + USE,
    ),
    "not below set-up of the main block at the end": (
        "import os\n\n\n{copy}\n\n"
        + USE
        + "\n\nif __name__ == '__main__':\n    import sys\n    sys.path.insert(0, '.')\n",
        "import os\n"
        + IMPORT
        + "\n\n"
        + USE
        + "\n\nif __name__ == '__main__':\n    import sys\n    sys.path.insert(0, '.')\n",
    ),
    "before a use through a lambda": (
        "{copy}\nimport os\nmake = lambda: TestWebSocketConnection()\nws = make()\nimport re\n",
        "import os\n"
        + IMPORT
        + "make = lambda: TestWebSocketConnection()\nws = make()\nimport re\n",
    ),
    "before a use through a function in a block": (
        "{copy}\nimport os\nif os.sep:\n    def make():\n        return TestWebSocketConnection()\n"
        "ws = make()\nimport re\n",
        "import os\n"
        + IMPORT
        + "if os.sep:\n    def make():\n        return TestWebSocketConnection()\n"
        "ws = make()\nimport re\n",
    ),
    "a blank line below where set-up is followed by other code": (
        "import os\nos.environ['A'] = 'b'\nN = 1\n\n\n{copy}\n\n" + USE,
        "import os\nos.environ['A'] = 'b'\n\n" + IMPORT + "\nN = 1\n\n\n" + USE,
    ),
    "after imports in try, with a class in except": (
        "try:\n    import a\nexcept ImportError:\n    class a: ...\n\nVALUE = 1\n\n\n{copy}\n\n"
        + USE,
        "try:\n    import a\nexcept ImportError:\n    class a: ...\n\n"
        + IMPORT
        + "\nVALUE = 1\n\n\n"
        + USE,
    ),
    "not after an import for type checkers": (
        "import os\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import a\n\n\n"
        "{copy}\n\n" + USE,
        "import os\nfrom typing import TYPE_CHECKING\n"
        + IMPORT
        + "\nif TYPE_CHECKING:\n    import a\n\n\n"
        + USE,
    ),
    "not after imports below the first definition": (
        "import os\n\n\n" + HELPER + "\n\nimport sys\n\n\n{copy}\n\n" + USE,
        "import os\n" + IMPORT + "\n\n" + HELPER + "\n\nimport sys\n\n\n" + USE,
    ),
    "before its first use when the module runs": (
        "{copy}\nimport os\nwire = TestWebSocketConnection()\nimport sys\n",
        "import os\n" + IMPORT + "wire = TestWebSocketConnection()\nimport sys\n",
    ),
    "before a use of its name as a string when the module runs": (
        "{copy}\nimport os\nwire = globals()['TestWebSocketConnection']\nimport sys\n",
        "import os\n" + IMPORT + "wire = globals()['TestWebSocketConnection']\nimport sys\n",
    ),
    "before a semicolon line that uses it": (
        "{copy}\nimport os\nimport sys; wire = TestWebSocketConnection()\n",
        "import os\n" + IMPORT + "import sys; wire = TestWebSocketConnection()\n",
    ),
    "behind a semicolon line of imports": (
        "{copy}\nimport os; import sys\n\n\n" + USE,
        "import os; import sys\n" + IMPORT + "\n\n" + USE,
    ),
    "after docstring and __future__ where nothing is imported": (
        '"""Doc."""\nfrom __future__ import annotations\n\n\n{copy}\n\n' + USE,
        '"""Doc."""\nfrom __future__ import annotations\n\n' + IMPORT + "\n\n" + USE,
    ),
    "after a docstring alone": (
        '"""Doc."""\n\n\n' + HELPER + "\n\n{copy}\n\n" + USE,
        '"""Doc."""\n\n' + IMPORT + "\n\n" + HELPER + "\n\n" + USE,
    ),
    "after a docstring of two joined strings": (
        '("Doc " "joined.")\nimport os\n\n\n{copy}\n\n' + USE,
        '("Doc " "joined.")\nimport os\n' + IMPORT + "\n\n" + USE,
    ),
    "after a __future__ import that shares its line": (
        "from __future__ import annotations; import os\n\n\n{copy}\n\n" + USE,
        "from __future__ import annotations; import os\n" + IMPORT + "\n\n" + USE,
    ),
    "at the top where there is nothing before": (
        HELPER + "\n\n{copy}\n\n" + USE,
        IMPORT + "\n\n" + HELPER + "\n\n" + USE,
    ),
    "at the top, below the comments of the file": (
        "#!/usr/bin/env python\n# About helper.\n" + HELPER + "\n\n{copy}\n\n" + USE,
        "#!/usr/bin/env python\n" + IMPORT + "\n\n# About helper.\n" + HELPER + "\n\n" + USE,
    ),
    "at the place of the copy where something must run before": (
        HELPER + "\n\nimport sys\n\nsys.path.insert(0, '.')\n\n\n{copy}\n\n" + USE,
        HELPER + "\n\nimport sys\n\nsys.path.insert(0, '.')\n\n\n" + IMPORT + "\n\n" + USE,
    ),
    "behind a star import above the copy, which may bind the name": (
        "import os\n\n\n" + HELPER + "\n\nfrom helpers import *\n\n\n{copy}\n\n" + USE,
        "import os\n\n\n" + HELPER + "\n\nfrom helpers import *\n\n\n" + IMPORT + "\n\n" + USE,
    ),
    "before a star import below the copy, which may bind the name": (
        "import os\n\n\n{copy}\n\nfrom helpers import *\n\n\n" + USE,
        "import os\n" + IMPORT + "\nfrom helpers import *\n\n\n" + USE,
    ),
    "at the place of the copy where a star import fed a use above it": (
        "from helpers import *\n\nold = TestWebSocketConnection()\n\n\n{copy}\n\n" + USE,
        "from helpers import *\n\nold = TestWebSocketConnection()\n\n\n" + IMPORT + "\n\n" + USE,
    ),
    "not in the main block": (
        "{copy}\n\nif __name__ == '__main__':\n    import sys\n    TestWebSocketConnection()\n",
        IMPORT + "\nif __name__ == '__main__':\n    import sys\n    TestWebSocketConnection()\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), PLACES.values(), ids=PLACES)
def test_the_import_goes(before: str, after: str) -> None:
    check_replaced(before, after)


JOINS = {
    "to the one name of an import": (
        "from {shared} import AGENT_EVENTS\n",
        "from {shared} import AGENT_EVENTS, TestWebSocketConnection\n",
    ),
    "behind a comment": (
        "from {shared} import AGENT_EVENTS  # events\n",
        "from {shared} import AGENT_EVENTS, TestWebSocketConnection  # events\n",
    ),
    "in parentheses": (
        "from {shared} import (AGENT_EVENTS)\n",
        "from {shared} import (AGENT_EVENTS, TestWebSocketConnection)\n",
    ),
    "one a line, comma at the end": (
        "from {shared} import (\n    AGENT_EVENTS,  # events\n    # z\n    Z,  # zz\n)\n",
        "from {shared} import (\n    AGENT_EVENTS,  # events\n    # z\n    Z,  # zz\n"
        "    TestWebSocketConnection,\n)\n",
    ),
    "one a line, no comma at the end": (
        "from {shared} import (\n    AGENT_EVENTS,\n    Z  # zz\n)\n",
        "from {shared} import (\n    AGENT_EVENTS,\n    Z,  # zz\n    TestWebSocketConnection\n)\n",
    ),
    "continued lines": (
        "from {shared} import (AGENT_EVENTS,\n    Z)\n",
        "from {shared} import (AGENT_EVENTS,\n    Z, TestWebSocketConnection)\n",
    ),
    "a backslash": (
        "from {shared} import AGENT_EVENTS, \\\n    Z\n",
        "from {shared} import AGENT_EVENTS, \\\n    Z, TestWebSocketConnection\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), JOINS.values(), ids=JOINS)
def test_it_joins_an_import_from_the_shared_module(before: str, after: str) -> None:
    rest = "import os\n\n\n"
    check_replaced(before + rest + "{copy}\n\n" + USE, after + rest + USE)


NOT_JOINED = {
    "an import that comes after the first use": (
        "import os\n\n\n{copy}\n\nw = TestWebSocketConnection()\n"
        "from {shared} import AGENT_EVENTS\n",
        "import os\n"
        + IMPORT
        + "\nw = TestWebSocketConnection()\nfrom {shared} import AGENT_EVENTS\n",
    ),
    "an import below a definition that the module may call": (
        "import os\n\n\n{copy}\n\n" + USE + "\n\nfrom {shared} import AGENT_EVENTS\n",
        "import os\n" + IMPORT + "\n\n" + USE + "\n\nfrom {shared} import AGENT_EVENTS\n",
    ),
    "a star import of the shared module": (
        "from {shared} import *\n\n\n{copy}\n\n" + USE,
        "from {shared} import *\n" + IMPORT + "\n\n" + USE,
    ),
    "a relative import": (
        "from .{shared} import AGENT_EVENTS\n\n\n{copy}\n\n" + USE,
        "from .{shared} import AGENT_EVENTS\n" + IMPORT + "\n\n" + USE,
    ),
    "an import for type checkers": (
        "import os\nif os.sep:\n    from {shared} import AGENT_EVENTS\n\n\n{copy}\n\n" + USE,
        "import os\n" + IMPORT + "if os.sep:\n    from {shared} import AGENT_EVENTS\n\n\n" + USE,
    ),
}


@pytest.mark.parametrize(("before", "after"), NOT_JOINED.values(), ids=NOT_JOINED)
def test_it_does_not_join(before: str, after: str) -> None:
    check_replaced(before, after)


def test_it_is_not_added_twice() -> None:
    check_replaced(IMPORT + "\n\n{copy}\n\n" + USE, IMPORT + "\n\n" + USE)


def test_an_import_above_a_star_import_does_not_serve() -> None:
    check_replaced(
        IMPORT + "from helpers import *\n\n\n{copy}\n\n" + USE,
        IMPORT + "from helpers import *\n" + IMPORT + "\n\n" + USE,
    )


def test_another_name_of_the_same_class_serves() -> None:
    alias = "from {shared} import SSotWebSocketConnection as TestWebSocketConnection\n"
    check_replaced(alias + "\n\n{copy}\n\n" + USE, alias + "\n\n" + USE)


def test_two_names_come_in_one_import() -> None:
    mock = "{copy}".replace("{copy}", "{mock}")
    mock = COPY.replace("TestWeb", "MockWeb")
    before = "import os\n\n\n{copy}\n\n" + mock + "\n\n" + USE + "    MockWebSocketConnection()\n"
    after = "from {shared} import MockWebSocketConnection, TestWebSocketConnection\n"
    check_replaced(before, "import os\n" + after + "\n\n" + USE + "    MockWebSocketConnection()\n")


def test_the_awaited_copy_comes_under_the_name_of_the_file() -> None:
    before = "import asyncio\n\n\n{awaited}\n\n" + USE + "    asyncio.run(main())\n"
    after = "import asyncio\n" + ASYNC_IMPORT + "\n\n" + USE + "    asyncio.run(main())\n"
    check_replaced(before, after)


def test_the_same_copy_twice_goes_twice() -> None:
    check_replaced(
        "import os\n\n\n{copy}\n\n{copy}\n\n" + USE, "import os\n" + IMPORT + "\n\n" + USE
    )


UNUSED = {
    "nothing mentions it": "def test_x():\n    pass\n",
    "only a docstring does": 'def test_x():\n    """About TestWebSocketConnection."""\n',
    "only a comment does": "def test_x():\n    pass  # TestWebSocketConnection\n",
    "only a message does": "def test_x():\n    print('No TestWebSocketConnection here')\n",
    "a function has one of its own": (
        "def test_x():\n    from a import TestWebSocketConnection\n    TestWebSocketConnection()\n"
    ),
}


@pytest.mark.parametrize("rest", UNUSED.values(), ids=UNUSED)
def test_an_unused_copy_goes_without_an_import(rest: str) -> None:
    check_replaced("import os\n\n\n{copy}\n\n" + rest, "import os\n\n\n" + rest)


USED = {
    "a call": "x = TestWebSocketConnection()\n",
    "__all__": "__all__ = ['TestWebSocketConnection']\n",
    "a patch target": "target = 'tests.test_sample.TestWebSocketConnection'\n",
    "a string annotation": "x: 'TestWebSocketConnection' = None\n",
    "a string annotation with an argument": "x: 'list[TestWebSocketConnection]' = None\n",
    "a spec": "x = Mock(spec=TestWebSocketConnection)\n",
    "a fixture parameter": "def test_x(TestWebSocketConnection):\n    pass\n",
    "a type comment": "x = None  # type: TestWebSocketConnection\n",
    "an attribute of some module": "x = some.module.TestWebSocketConnection\n",
    "text that is evaluated": "x = eval('not TestWebSocketConnection is None')\n",
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


@pytest.mark.parametrize("path", ["tests/conftest.py", "tests/helpers.py"])
def test_a_module_that_pytest_does_not_collect_keeps_its_imports(path: str) -> None:
    before = "import asyncio\n\n\n{awaited}"
    check_replaced(before, "import asyncio\n" + ASYNC_IMPORT, path=path)


ORPHANS = {
    "a module": ("import asyncio\nimport os\n", "import os\n"),
    "the last of the imports": ("import os\nimport asyncio\n", "import os\n"),
    "the first of several": ("import asyncio, os\n", "import os\n"),
    "the last of several": ("import os, asyncio\n", "import os\n"),
    "on a line with another": ("import asyncio; import os\n", "import os\n"),
    "behind another on its line": ("import os; import asyncio\n", "import os\n"),
    "alone between blank lines": (
        "import os\n\nimport asyncio\n\nimport re\n",
        "import os\n\nimport re\n",
    ),
    "its comments stay": (
        "import os\n# loop\nimport asyncio\nimport re\n",
        "import os\n# loop\nimport re\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), ORPHANS.values(), ids=ORPHANS)
def test_an_import_that_only_the_class_used_goes(before: str, after: str) -> None:
    rest = "def test_x():\n    pass\n"
    check_replaced(before + "\n\n{awaited}\n\n" + rest, after + "\n\n" + rest)


ANNOTATED = {
    "the name of a list": ("from typing import Any, Dict\n", "from typing import Any\n"),
    "a name in parentheses": (
        "from typing import (\n    Any,\n    Dict,\n    List,\n)\n",
        "from typing import (\n    Any,\n    List,\n)\n",
    ),
    "the last name in parentheses": (
        "from typing import (\n    Any,\n    List,\n    Dict,\n)\n",
        "from typing import (\n    Any,\n    List,\n)\n",
    ),
    "the last name in parentheses without a comma": (
        "from typing import (Any,\n    List, Dict)\n",
        "from typing import (Any,\n    List)\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), ANNOTATED.values(), ids=ANNOTATED)
def test_a_from_import_loses_just_the_name(before: str, after: str) -> None:
    rest = "def test_x() -> Any:\n    return List\n"
    copy = COPY.replace("message: dict", "message: Dict")
    check_replaced(before + "\n\n" + copy + "\n\n" + rest, after + "\n\n" + rest)


KEPT = {
    "unused before": ("import json\n", ""),
    "noqa": ("import asyncio  # noqa: F401\n", ""),
    "a type comment on it": ("import asyncio  # type: ignore\n", ""),
    "used in a test": ("import asyncio\n", "    asyncio.run(main())\n"),
    "asked for as a fixture": ("import asyncio\n", "def test_y(asyncio):\n    pass\n"),
    "in __all__": ("import asyncio\n", "__all__ = ['asyncio']\n"),
    "in a string annotation": ("import asyncio\n", "x: 'asyncio.Task[None]'\n"),
    "in a patch target": ("import asyncio\n", "target = 'tests.test_sample.asyncio.sleep'\n"),
    "in a type comment": ("import asyncio\n", "x = None  # type: asyncio.Task\n"),
    "bound twice": ("import asyncio\nimport asyncio\n", ""),
    "a comment among its names": ("from typing import (\n    # any\n    Any,\n    Dict,\n)\n", ""),
    "in an annotation of several words": ("import asyncio\n", "x: 'int or asyncio.Task'\n"),
    "in text that is timed": ("import asyncio\n", "t.timeit('x = 1 if asyncio else 2')\n"),
    "beside a comprehension with a variable of that name": (
        "import asyncio\n",
        "def f(mods):\n    names = [asyncio for asyncio in mods]\n    return asyncio, names\n",
    ),
    "the name of a parameter of the class": ("from fixtures import message\n", ""),
    "a comment behind one of its names": (
        "from typing import (\n    Any,  # any\n    Dict,\n)\n",
        "x: Any\n",
    ),
    "__future__": ("from __future__ import annotations\n", ""),
}


@pytest.mark.parametrize(("imports", "rest"), KEPT.values(), ids=KEPT)
def test_any_other_import_stays(imports: str, rest: str) -> None:
    needs_asyncio = "asyncio" in imports
    copy = "{awaited}" if needs_asyncio else COPY.replace("message: dict", "message: Dict")
    test = "def test_x():\n    pass\n"
    tail = rest if rest.startswith("    ") else "\n\n" + rest if rest else ""
    check_replaced(imports + "\n\n" + copy + "\n\n" + test + tail, imports + "\n\n" + test + tail)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="PEP 695")
def test_a_type_parameter_is_a_use() -> None:
    rest = "def f[T: TestWebSocketConnection](x: T): ...\n"
    check_replaced("import os\n\n\n{copy}\n\n" + rest, "import os\n" + IMPORT + "\n\n" + rest)


def test_a_use_above_a_skip_does_not_matter() -> None:
    rest = "wire = TestWebSocketConnection()\nimport pytest\npytest.importorskip('numpy')\n"
    check_replaced("import os\n\n\n{copy}\n\n" + rest, "import os\n" + IMPORT + "\n" + rest)


def test_a_mention_of_a_function_that_sets_the_path_is_no_call() -> None:
    rest = "wire = TestWebSocketConnection()\n\n\ndef load():\n    sys.path.pop()\n\n\nx = [load]\n"
    check_replaced("import os\n\n\n{copy}\n\n" + rest, "import os\n" + IMPORT + "\n" + rest)


def test_a_use_above_set_up_leaves_no_place() -> None:
    before = "{copy}\nwire = TestWebSocketConnection()\nimport sys\nsys.path.insert(0, '.')\n"
    check_refused(before, Code.UNSAFE_PROLOGUE, line=24, saying="above line 26")


def test_a_use_on_the_line_of_a_future_import_leaves_no_place() -> None:
    before = (
        "from __future__ import annotations; wire = TestWebSocketConnection()\n\n\n{copy}\n\n" + USE
    )
    check_refused(before, Code.UNSAFE_PROLOGUE, line=1)


@pytest.mark.parametrize(
    ("path", "collected"),
    [
        ("tests/test_a.py", True),
        ("a_test.py", True),
        ("tests\\test_a.py", True),
        ("tests/conftest.py", False),
        ("test_dir/helpers.py", False),
        ("contest_a.py", False),
        ("<stdin>", False),
    ],
)
def test_is_collected(path: str, collected: bool) -> None:
    assert is_collected(path) is collected


@pytest.mark.parametrize(
    "code",
    [
        "list(vars().values())",
        "dir()",
        "inspect.getmembers(module)",
        "sys.modules[__name__]",
    ],
)
def test_a_module_that_looks_through_its_own_names_keeps_the_name(code: str) -> None:
    result = run(f"{{copy}}\n\ndef test():\n    {code}\n")
    assert result.dropped == frozenset()
