"""Where an import stands that replaces a definition."""

from __future__ import annotations

import ast
import sys

import pytest

from codemods.model import Status
from tests.tools import COPY, check_replaced, run, shared

IMPORT = "from {shared} import TestWebSocketConnection\n"
ASYNC_IMPORT = "from {shared} import AwaitedWebSocketConnection as TestWebSocketConnection\n"
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
        "import os\nif os.sep:\n    def make():\n        return TestWebSocketConnection()\n\n"
        + IMPORT
        + "\nws = make()\nimport re\n",
    ),
    "a blank line below where set-up is followed by other code": (
        "import os\nos.environ['A'] = 'b'\nN = 1\n\n\n{copy}\n\n" + USE,
        "import os\nos.environ['A'] = 'b'\n\n" + IMPORT + "\nN = 1\n\n\n" + USE,
    ),
    "above names that something is unpacked to": (
        "import os\n\nx, (y, *z) = os.times()\n\n\n{copy}\n\n" + USE,
        "import os\n" + IMPORT + "\nx, (y, *z) = os.times()\n\n\n" + USE,
    ),
    "below what is unpacked to other things than names": (
        "import os\n\nx, os.sep = '12'\n\n\n{copy}\n\n" + USE,
        "import os\n\nx, os.sep = '12'\n\n" + IMPORT + "\n\n" + USE,
    ),
    "after imports in try, with a class in except": (
        "try:\n    import a\nexcept ImportError:\n    class a: ...\n\nVALUE = 1\n\n\n{copy}\n\n"
        + USE,
        "try:\n    import a\nexcept ImportError:\n    class a: ...\n\n"
        + IMPORT
        + "\nVALUE = 1\n\n\n"
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
        "{copy}\nimport os\nwire = globals()['TestWebSocketConnection']()\nimport sys\n",
        "import os\n" + IMPORT + "wire = globals()['TestWebSocketConnection']()\nimport sys\n",
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
        "from {shared} import (\n    AGENT_EVENTS,\n    TestWebSocketConnection,\n)\n",
    ),
    "behind a comment": (
        "from {shared} import AGENT_EVENTS  # events\n",
        "from {shared} import AGENT_EVENTS, TestWebSocketConnection  # events\n",
    ),
    "behind a word to a linter": (
        "from {shared} import AGENT_EVENTS  # noqa: F401\n",
        "from {shared} import AGENT_EVENTS, TestWebSocketConnection  # noqa: F401\n",
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
    "a relative import": (
        "from .{shared} import AGENT_EVENTS\n\n\n{copy}\n\n" + USE,
        "from .{shared} import AGENT_EVENTS\n\n" + IMPORT + "\n\n" + USE,
    ),
    "an import in a block": (
        "import os\nif os.sep:\n    from {shared} import AGENT_EVENTS\n\n\n{copy}\n\n" + USE,
        "import os\nif os.sep:\n    from {shared} import AGENT_EVENTS\n\n" + IMPORT + "\n\n" + USE,
    ),
}


@pytest.mark.parametrize(("before", "after"), NOT_JOINED.values(), ids=NOT_JOINED)
def test_it_does_not_join(before: str, after: str) -> None:
    check_replaced(before, after)


def test_it_is_not_added_twice() -> None:
    check_replaced(IMPORT + "\n\n{copy}\n\n" + USE, IMPORT + "\n\n" + USE)


def test_two_names_come_in_one_import() -> None:
    mock = COPY.replace("TestWeb", "MockWeb")
    before = "import os\n\n\n{copy}\n\n" + mock + "\n\n" + USE + "    MockWebSocketConnection()\n"
    names = "    MockWebSocketConnection,\n    TestWebSocketConnection,\n"
    after = "from {shared} import (\n" + names + ")\n"
    check_replaced(before, "import os\n" + after + "\n\n" + USE + "    MockWebSocketConnection()\n")


def test_the_awaited_copy_comes_under_the_name_of_the_file() -> None:
    before = "import asyncio\n\n\n{awaited}\n\n" + USE + "    asyncio.run(main())\n"
    after = "import asyncio\n" + ASYNC_IMPORT + "\n\n" + USE + "    asyncio.run(main())\n"
    check_replaced(before, after)


def test_the_same_copy_twice_goes_twice() -> None:
    check_replaced(
        "import os\n\n\n{copy}\n\n{copy}\n\n" + USE, "import os\n" + IMPORT + "\n\n" + USE
    )


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


def test_a_use_above_set_up_leaves_the_place_of_the_copy() -> None:
    rest = "wire = TestWebSocketConnection()\nimport sys\nsys.path.insert(0, '.')\n"
    check_replaced("{copy}\n" + rest, IMPORT + "\n" + rest)


def test_a_use_on_the_line_of_a_future_import_leaves_the_place_of_the_copy() -> None:
    above = "from __future__ import annotations; wire = TestWebSocketConnection()\n\n\n"
    check_replaced(above + "{copy}\n\n" + USE, above + IMPORT + "\n\n" + USE)


# Star imports, with a class that reads no builtin

FAKE = "class Fake:\n    x = 1\n"
MODULES = shared(FAKE + "class Other:\n    y = 1\n", "lib.tools")
FAKE_IMPORT = "from lib.tools import Fake\n"
FAKE_USE = "def test_fake():\n    Fake()\n"

STARS = {
    "behind a star import above the copy, which may bind the name": (
        "import os\n\n\n" + HELPER + "\n\nfrom a import *\n\n\n" + FAKE + "\n\n" + FAKE_USE,
        "import os\n\n\n" + HELPER + "\n\nfrom a import *\n\n\n" + FAKE_IMPORT + "\n\n" + FAKE_USE,
    ),
    "before a star import below the copy, which may bind the name": (
        "import os\n\n\n" + FAKE + "\n\nfrom a import *\n\n\n" + FAKE_USE,
        "import os\n" + FAKE_IMPORT + "\nfrom a import *\n\n\n" + FAKE_USE,
    ),
    "at the place of the copy where a star import fed a use above it": (
        "from a import *\n\nold = Fake()\n\n\n" + FAKE + "\n\n" + FAKE_USE,
        "from a import *\n\nold = Fake()\n\n\n" + FAKE_IMPORT + "\n\n" + FAKE_USE,
    ),
    "beside a star import of the shared module": (
        "from lib.tools import *\n\n\n" + FAKE + "\n\n" + FAKE_USE,
        "from lib.tools import *\n" + FAKE_IMPORT + "\n\n" + FAKE_USE,
    ),
    "once more below a star import": (
        FAKE_IMPORT + "from a import *\n\n\n" + FAKE + "\n\n" + FAKE_USE,
        FAKE_IMPORT + "from a import *\n" + FAKE_IMPORT + "\n\n" + FAKE_USE,
    ),
}


@pytest.mark.parametrize(("before", "after"), STARS.values(), ids=STARS)
def test_star_imports(before: str, after: str) -> None:
    check_replaced(before, after, modules=MODULES)


def test_what_uses_the_builtin_of_that_name_above_the_copy_still_does() -> None:
    copy = "def open(x):\n    return x\n"
    before = "import os\n\nTEXT = open(os.devnull).read()\n\n\n" + copy + "\n\nopen(1)\n"
    after = before.replace(copy, "from lib.tools import open\n").replace("\n\nopen(1)", "\nopen(1)")
    check_replaced(before, after, modules=shared(copy, "lib.tools"))


# Among the imports of the file, in the order of isort and ruff

OWN = MODULES._replace(first_party=frozenset({"lib", "app", "zap", "zoo"}))
REST = "\n\n" + FAKE_USE
ORDER = {
    "between the modules of the repository": (
        "import os\n\nimport pytest\n\nimport zoo\nfrom app import a\nfrom zoo import b\n",
        "import os\n\nimport pytest\n\nimport zoo\nfrom app import a\n"
        + FAKE_IMPORT
        + "from zoo import b\n",
    ),
    "in a group of its own below other modules": (
        "import os\n\nimport pytest\n",
        "import os\n\nimport pytest\n\n" + FAKE_IMPORT,
    ),
    "in a group of its own above the relative imports": (
        "import pytest\n\nfrom .near import b\n",
        "import pytest\n\n" + FAKE_IMPORT + "\nfrom .near import b\n",
    ),
    "above relative imports that follow closely": (
        "from app import a\nfrom .near import b\n",
        "from app import a\n" + FAKE_IMPORT + "\nfrom .near import b\n",
    ),
    "above relative imports alone, below the docstring": (
        "'Doc.'\n\nfrom .near import b\n",
        "'Doc.'\n\n" + FAKE_IMPORT + "\nfrom .near import b\n",
    ),
    "first in the group of modules of the repository": (
        "import pytest\n\nfrom zoo import b\n",
        "import pytest\n\n" + FAKE_IMPORT + "from zoo import b\n",
    ),
    "at the top, in a group": (
        "from zoo import b\n",
        FAKE_IMPORT + "from zoo import b\n",
    ),
    "above what only type checkers see": (
        "from typing import TYPE_CHECKING\n\nfrom app import a\n\nX = 1\n\n"
        "if TYPE_CHECKING:\n    from zoo import b\n",
        "from typing import TYPE_CHECKING\n\nfrom app import a\n"
        + FAKE_IMPORT
        + "\nX = 1\n\nif TYPE_CHECKING:\n    from zoo import b\n",
    ),
    "below what runs where type checkers do not": (
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    b = 1\nelse:\n"
        "    from zoo import b\n",
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    b = 1\nelse:\n"
        "    from zoo import b\n\n" + FAKE_IMPORT,
    ),
    "below an import of what the file does not use: it is there for what it does": (
        "from app import a\nfrom zoo import set_up\n",
        "from app import a\nfrom zoo import set_up\n" + FAKE_IMPORT,
    ),
    "below a relative import of what the file does not use": (
        "from app import a\n\nfrom . import set_up\n",
        "from app import a\n\nfrom . import set_up\n\n" + FAKE_IMPORT,
    ),
    "last, where the imports are not sorted": (
        "from zoo import b\nfrom zap import a\n",
        "from zoo import b\nfrom zap import a\n" + FAKE_IMPORT,
    ),
    "below a star import": (
        "from app import a\nfrom zoo import *\n",
        "from app import a\nfrom zoo import *\n" + FAKE_IMPORT,
    ),
    "below set-up": (
        "from app import a\n\na.set_up()\n\nfrom zoo import b\n",
        "from app import a\n\na.set_up()\n\n" + FAKE_IMPORT + "from zoo import b\n",
    ),
    "below a line with two imports": (
        "from app import a\nfrom zoo import b; import os\n",
        "from app import a\nfrom zoo import b; import os\n\n" + FAKE_IMPORT,
    ),
}


@pytest.mark.parametrize(("before", "after"), ORDER.values(), ids=ORDER)
def test_it_is_sorted(before: str, after: str) -> None:
    uses = "\n\ndef test_all():\n    a(b)\n"
    check_replaced(before + "\n\n" + FAKE + REST + uses, after + REST + uses, modules=OWN)


TEXTS = {
    "a call that gets such a text": "timeit('x = Fake is None')\n",
}


@pytest.mark.parametrize("rest", TEXTS.values(), ids=TEXTS)
def test_an_import_stands_above(rest: str) -> None:
    before = "import os\n\n\n" + FAKE + "\n\n" + rest
    check_replaced(before, "import os\n" + FAKE_IMPORT + "\n" + rest, modules=MODULES)


# A string that would become the docstring of the module

BARE = {
    "the import stays above it": (FAKE + "'Text.'\n\n\n" + FAKE_USE, "'Text.'\n\n\n" + FAKE_USE),
    "also where nothing uses the copy": (FAKE + "'Text.'\n", "'Text.'\n"),
    "also where another import could be joined": (
        FAKE + "'Text.'\nfrom lib.tools import Other\n\n\n" + FAKE_USE,
        "'Text.'\nfrom lib.tools import Other\n\n\n" + FAKE_USE,
    ),
}


@pytest.mark.parametrize(("before", "after"), BARE.values(), ids=BARE)
def test_a_text_below_a_leading_copy_becomes_no_docstring(before: str, after: str) -> None:
    check_replaced(before, FAKE_IMPORT + after, modules=MODULES)


def test_two_leading_copies_above_a_text() -> None:
    other = "class Other:\n    y = 1\n"
    before = FAKE + other + "'Text.'\n\n\n" + FAKE_USE + "    Other()\n"
    result = run(before, modules=MODULES)
    assert result.status is Status.CHANGED
    assert result.after is not None
    assert ast.get_docstring(ast.parse(result.after)) is None


def test_no_import_is_ever_removed() -> None:
    rest = "def test_x():\n    pass\n"
    check_replaced(
        "import asyncio\nimport os\n\n\n{awaited}\n\n" + rest,
        "import asyncio\nimport os\n\n\n" + rest,
    )
