"""Classes that pytest tries to collect and cannot: which are marked, and how."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from codemods.cli import main
from codemods.disk.journal import Journal
from codemods.engine.codemod import ParsedModule
from codemods.engine.proof import difference
from codemods.model import Code, FileResult, PytestNames, Source, Status, Verdict
from codemods.progress import history
from codemods.progress.standing import History
from codemods.rewrites.mark_helper_classes.codemod import MarkHelperClasses
from codemods.settings import Settings
from tests import tools
from tests.tools import Files

CODEMOD = MarkHelperClasses(PytestNames())
INIT = "    def __init__(self):\n        self.sent = []\n"
TEST = "    def test_it(self):\n        pass\n"


def check_marked(before: str | bytes, after: str | bytes) -> FileResult:
    return tools.check_replaced(before, after, codemod=CODEMOD)


def check_refused(before: str, *codes: Code, saying: str = "") -> None:
    tools.check_refused(before, *codes, saying=saying, codemod=CODEMOD)


def check_untouched(before: str | bytes, path: str = "tests/test_sample.py") -> None:
    tools.check_untouched(before, path=path, codemod=CODEMOD)


PLACES = {
    "above a method": (
        f"class TestSocket:\n{INIT}",
        f"class TestSocket:\n    __test__ = False\n\n{INIT}",
    ),
    "below the docstring": (
        f'class TestSocket:\n    """A fake."""\n\n{INIT}',
        f'class TestSocket:\n    """A fake."""\n\n    __test__ = False\n\n{INIT}',
    ),
    "below a docstring that a method follows": (
        f'class TestSocket:\n    """A fake."""\n{INIT}',
        f'class TestSocket:\n    """A fake."""\n\n    __test__ = False\n\n{INIT}',
    ),
    "below a docstring of several lines, and strings": (
        f'class TestSocket:\n    """A\n\n    fake.""" "!"\n\n{INIT}',
        f'class TestSocket:\n    """A\n\n    fake.""" "!"\n\n    __test__ = False\n\n{INIT}',
    ),
    "above an attribute": (
        f"class TestSocket:\n    port = 80\n\n{INIT}",
        f"class TestSocket:\n    __test__ = False\n    port = 80\n\n{INIT}",
    ),
    "above a comment and what it is about": (
        f"class TestSocket:\n    # note\n    port = 80\n\n{INIT}",
        f"class TestSocket:\n    __test__ = False\n\n    # note\n    port = 80\n\n{INIT}",
    ),
    "below a comment on the head": (
        f"class TestSocket:  # noqa\n\n{INIT}",
        f"class TestSocket:  # noqa\n    __test__ = False\n\n{INIT}",
    ),
    "a head of several lines": (
        f"class TestSocket(\n    object,\n):\n{INIT}",
        f"class TestSocket(\n    object,\n):\n    __test__ = False\n\n{INIT}",
    ),
    "below a docstring with more on its line": (
        f'class TestSocket:\n    """A fake."""; port = 80\n{INIT}',
        f'class TestSocket:\n    """A fake."""; port = 80\n\n    __test__ = False\n\n{INIT}',
    ),
    "a decorated method": (
        "class TestSocket(Exception):\n    @property\n    def x(self): ...\n",
        "class TestSocket(Exception):\n    __test__ = False\n\n"
        "    @property\n    def x(self): ...\n",
    ),
    "pass alone": (
        "class TestError(Exception):\n    pass\n",
        "class TestError(Exception):\n    __test__ = False\n    pass\n",
    ),
    "a docstring alone, without a final newline": (
        'class TestError(Exception):\n    """Wrong."""',
        'class TestError(Exception):\n    """Wrong."""\n\n    __test__ = False',
    ),
    "tabs": (
        "class TestSocket:\n\tdef __init__(self):\n\t\tpass\n",
        "class TestSocket:\n\t__test__ = False\n\n\tdef __init__(self):\n\t\tpass\n",
    ),
    "two blanks among four": (
        "def f():\n    pass\nclass TestSocket:\n  def __init__(self):\n    pass\n",
        "def f():\n    pass\nclass TestSocket:\n  __test__ = False\n\n"
        "  def __init__(self):\n    pass\n",
    ),
    "in an if": (
        f"if True:\n    class TestSocket:\n{tools.indented(INIT)}",
        "if True:\n    class TestSocket:\n        __test__ = False\n\n" + tools.indented(INIT),
    ),
    "in a class that is collected": (
        f"class TestAll:\n    class TestSocket:\n{tools.indented(INIT)}\n{TEST}",
        "class TestAll:\n    class TestSocket:\n        __test__ = False\n\n"
        f"{tools.indented(INIT)}\n{TEST}",
    ),
    "two in one file, and a base": (
        f"class TestA:\n{INIT}\n\nclass TestB(TestA):\n    x = 1\n",
        f"class TestA:\n    __test__ = False\n\n{INIT}\n\n"
        "class TestB(TestA):\n    __test__ = False\n    x = 1\n",
    ),
    "a base of another name": (
        f"class Base:\n{INIT}\n\nclass TestB(Base):\n    x = 1\n",
        f"class Base:\n{INIT}\n\nclass TestB(Base):\n    __test__ = False\n    x = 1\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), PLACES.values(), ids=PLACES)
def test_where_it_stands(before: str, after: str) -> None:
    check_marked(before, after)
    crlf = [text.replace("\n", "\r\n").encode() for text in (before, after)]
    check_marked(*crlf)
    marks = [b"\xef\xbb\xbf# \xc3\xa4\n\x0c\n" + text.encode() for text in (before, after)]
    check_marked(*marks)


#: Kinds of classes that pytest warns of, which the attribute changes in nothing else.
KINDS = {
    "inside of a base": (
        "class Base:\n    class TestInner:\n"
        f"{textwrap.indent(INIT, '    ')}\n\nclass TestIt(Base):\n{TEST}"
    ),
    "another name fits": f"class Socket:\n{INIT}\n\nTestSocket = Socket\n",
    "a constructor": f"class TestA:\n{INIT}",
    "a dataclass": "from dataclasses import dataclass\n@dataclass\nclass TestA:\n    x: int\n",
    "a frozen one by its module": (
        "import dataclasses as d\n@d.dataclass(frozen=True)\nclass TestA:\n    x: int = 1\n"
    ),
    "attrs": "import attrs\n@attrs.define\nclass TestA:\n    x: int = 1\n",
    "attr.s": "import attr\n@attr.s(auto_attribs=True)\nclass TestA:\n    x: int = 1\n",
    "a model": "import pydantic\nclass TestA(pydantic.BaseModel):\n    x: int = 1\n",
    "an enum": "from enum import Enum\nclass TestA(Enum):\n    A = 1\n",
    "an enum of text": "from enum import Enum\nclass TestA(str, Enum):\n    A = 'a'\n",
    "a flag": "import enum\n@enum.unique\nclass TestA(enum.IntFlag):\n    A = 1\n",
    "an error": "class TestA(ValueError):\n    x = 1\n",
    "a dictionary": "class TestA(dict[str, int]):\n    x = 1\n",
    "__new__": "class TestA:\n    def __new__(cls):\n        return object.__new__(cls)\n",
    "a base of the standard library": f"import logging\nclass TestA(logging.Handler):\n{INIT}",
    "a generic": (
        f"from typing import Generic, TypeVar\nT = TypeVar('T')\nclass TestA(Generic[T]):\n{INIT}"
    ),
    "marked by pytest": f"import pytest\n@pytest.mark.skip\nclass TestA:\n{INIT}",
    "a class with tests and other bases": (
        "import m\nfrom n import *\nfrom o import Case\nclass B: ...\nOther = B\n"
        f"class TestA:\n{INIT}\n\nclass TestIt(m.Case, Case, Base, Other, object):\n{TEST}"
    ),
    "a class without tests and a base that a call returns": (
        f"class TestA:\n{INIT}\n\nclass Own(same(TestA)): ...\n"
    ),
    "a subclass that is no test": f"class TestA:\n{INIT}\n\nclass Sub(TestA, ValueError): ...\n",
}


@pytest.mark.parametrize("text", KINDS.values(), ids=KINDS)
def test_kinds_that_are_marked(text: str) -> None:
    result = tools.run(text, codemod=CODEMOD)
    assert result.after is not None
    assert [d.reasons for d in result.decisions] == [()]
    assert result.after.count(b"__test__ = False") == 1


REFUSED = {
    "a subclass by another name has tests": (
        f"class Socket:\n{INIT}\n\nTestSocket = Socket\n\n\nclass TestIt(TestSocket):\n{TEST}",
        Code.SUBCLASS_OF_TESTS,
    ),
    "a subclass by a name that it has elsewhere": (
        f"class TestA:\n{INIT}\n\nif True:\n    B, _ = TestA, 1\nC: type = B or object\n\n\n"
        f"class TestIt(C):\n{TEST}",
        Code.SUBCLASS_OF_TESTS,
    ),
    **{
        f"a class with tests derives from {what}": (
            f"class TestA:\n{INIT}\n\n{text}class TestIt({base}):\n{TEST}",
            Code.SUBCLASS_OF_TESTS,
        )
        for what, text, base in (
            ("what a call returns", "Base = same(TestA)\n", "Base"),
            ("a call", "", "same(TestA)"),
            ("an item", "every = {'a': TestA}\n", "every['a']"),
            ("an attribute", "class Box:\n    a = TestA\n\n\n", "Box.a"),
            ("a generic with a parameter", "Base = TestA[int]\n", "Base"),
            ("what a loop binds", "for Base in (TestA,): ...\n", "Base"),
            ("a class of an item", "every = {'a': TestA}\nclass Mid(every['a']): ...\n", "Mid"),
        )
    },
    "a class with tests derives from a parameter": (
        f"class TestA:\n{INIT}\n\ndef made(base):\n"
        + tools.indented(f"class TestIt(base):\n{TEST}")
        + "    return TestIt\n",
        Code.SUBCLASS_OF_TESTS,
    ),
    "another name is asked for its attributes": (
        f"class Socket:\n{INIT}\n\nTestSocket = Socket\nnames = dir(TestSocket)\n",
        Code.ESCAPES,
    ),
    "a test": (f"class TestA:\n{INIT}\n{TEST}", Code.PYTEST_TESTS),
    "a test of a base": (f"class B:\n{TEST}\nclass TestA(B):\n{INIT}", Code.PYTEST_TESTS),
    "a test case": (
        f"import unittest\nclass B(unittest.TestCase): ...\nclass TestA(B):\n{INIT}",
        Code.PYTEST_TESTS,
    ),
    "a class of tests in it": (
        f"class TestA:\n{INIT}\n    class TestB:\n{tools.indented(TEST)}",
        Code.PYTEST_TESTS,
    ),
    "a decorator of tests": (
        "import functools\nclass TestA:\n    def __init__(self, f):\n"
        "        functools.update_wrapper(self, f)\n    def __call__(self): ...\n"
        "@TestA\ndef test_it(): ...\n",
        Code.PYTEST_TESTS,
    ),
    "a subclass with tests": (
        f"class TestA:\n{INIT}\n\nclass TestB(TestA):\n{TEST}",
        Code.SUBCLASS_OF_TESTS,
    ),
    "a subclass that is a test case": (
        f"import unittest\nclass TestA:\n{INIT}\n\nclass B(TestA, unittest.TestCase): ...\n",
        Code.SUBCLASS_OF_TESTS,
    ),
    "a subclass with a base from elsewhere": (
        f"from lib import Case\nclass TestA:\n{INIT}\n\nclass B(TestA, Case): ...\n",
        Code.SUBCLASS_OF_TESTS,
    ),
    "a named tuple": (
        "from typing import NamedTuple\nclass TestA(NamedTuple):\n    x: int\n",
        Code.BECOMES_MEMBER,
    ),
    "a typed dictionary": (
        "from typing import TypedDict\nclass TestA(TypedDict):\n    x: int\n",
        Code.BECOMES_MEMBER,
    ),
    "a protocol": (
        "from typing import Protocol, runtime_checkable\n@runtime_checkable\n"
        "class TestA(Protocol):\n    x: int\n",
        Code.BECOMES_MEMBER,
    ),
    "a metaclass": ("class TestA(type):\n    pass\n", Code.BECOMES_MEMBER),
    "a base from elsewhere": (f"from lib import B\nclass TestA(B):\n{INIT}", Code.UNKNOWN_KIND),
    "a decorator from elsewhere": (
        f"from lib import register\n@register\nclass TestA:\n{INIT}",
        Code.UNKNOWN_KIND,
    ),
    "a metaclass from elsewhere": (
        f"from lib import Meta\nclass TestA(metaclass=Meta):\n{INIT}",
        Code.UNKNOWN_KIND,
    ),
    "a base that looks at its subclasses": (
        "class B:\n    def __init_subclass__(cls):\n        print(cls.__dict__)\n\n"
        f"class TestA(B):\n{INIT}",
        Code.UNKNOWN_KIND,
    ),
    "its attributes are read": (f"class TestA:\n{INIT}\n\nprint(dir(TestA))\n", Code.ESCAPES),
    "its dictionary is read": (f"class TestA:\n{INIT}\n\nx = {{**TestA.__dict__}}\n", Code.ESCAPES),
    "its body reads itself": (f"class TestA:\n    x = list(locals())\n{INIT}", Code.ESCAPES),
    "a class is derived by a call": (
        f"class TestA:\n{INIT}\n\nB = type('B', (TestA,), {{'test_it': print}})\n",
        Code.ESCAPES,
    ),
    "one line": ("class TestA(Exception): pass\n", Code.ONE_LINE),
    "one line by a backslash": ("class TestA(Exception): \\\n    pass\n", Code.ONE_LINE),
    "one line below a long head": ("class TestA(\n    Exception\n): ...\n", Code.ONE_LINE),
}


@pytest.mark.parametrize(("text", "code"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(text: str, code: Code) -> None:
    found = tools.run(text, codemod=CODEMOD)
    assert found.after is None
    assert found.status is Status.REFUSED
    assert code in {r.code for d in found.decisions for r in d.reasons}


UNTOUCHED = {
    "another name does not fit": f"class Socket:\n{INIT}\n\nWebSocket = Socket\n",
    "another name of another class": (
        f"class Socket:\n{INIT}\n\nSocket = make()\nTestSocket = Socket\n"
    ),
    "marked by another name": (
        f"class Socket:\n{INIT}\n\nTestSocket = Socket\nTestSocket.__test__ = False\n"
    ),
    "a name in a string": f'class Socket:\n{INIT}\n\nTEXT = """\nTestSocket = Socket\n"""\n',
    "no constructor": "class TestA:\n    def send(self): ...\n",
    "another name": f"class Socket:\n{INIT}",
    "a mark": f"class TestA:\n    __test__ = False\n{INIT}",
    "a mark of a base": f"class B:\n    __test__ = False\n{INIT}\n\nclass TestA(B):\n{INIT}",
    "a mark with an annotation": f"class TestA:\n    __test__: bool = False\n{INIT}",
    "a mark from below": f"class TestA:\n{INIT}\n\nTestA.__test__ = False\n",
    "a mark by a call": f"class TestA:\n{INIT}\n\nsetattr(TestA, '__test__', False)\n",
    "in a function": f"def test():\n    class TestA:\n{tools.indented(INIT)}",
    "in a class that is not collected": f"class A:\n    class TestA:\n{tools.indented(INIT)}",
    "no constructor of a dataclass": (
        "from dataclasses import dataclass\n@dataclass(init=False)\nclass TestA:\n    x: int = 1\n"
    ),
    "abstract": (
        f"import abc\nclass TestA(abc.ABC):\n{INIT}\n"
        "    @abc.abstractmethod\n    def f(self): ...\n"
    ),
    "a text": f"x = '''\nclass TestA:\n{INIT}'''\n",
    "tests with a base from elsewhere": f"from lib import Case\nclass TestA(Case):\n{TEST}",
}


@pytest.mark.parametrize("text", UNTOUCHED.values(), ids=UNTOUCHED)
def test_what_is_left(text: str) -> None:
    check_untouched(text)


def test_the_names_of_pytest_and_the_trusted_bases_count() -> None:
    names = PytestNames(("check_*.py",), ("Check", "*Suite"), ("check",))
    own = MarkHelperClasses(names, ("lib.Base",))
    text = f"from lib import Base\nclass MySuite(Base):\n{INIT}\nclass TestA:\n{INIT}"
    found = tools.run(text, "check_a.py", codemod=own)
    assert found.after is not None
    assert [d.definition.name for d in found.decisions] == ["MySuite"]


def test_a_message_says_which_name_to_trust() -> None:
    text = f"from lib import Base as B, mark\n@mark(1)\nclass TestA(B):\n{INIT}"
    check_refused(text, Code.UNKNOWN_KIND, saying="add `lib.Base` to the setting `harmless`")
    trusted = MarkHelperClasses(PytestNames(), ("lib.Base",))
    advice = "add `lib.mark` to the setting `harmless`"
    tools.check_refused(text, Code.UNKNOWN_KIND, saying=advice, codemod=trusted)
    assert tools.run(text, codemod=MarkHelperClasses(PytestNames(), ("lib.Base", "lib.mark"))).after


def _again(
    others: dict[str, str], text: str, path: str, codemod: MarkHelperClasses = CODEMOD
) -> FileResult:
    """Apply the codemod to one file of a checkout."""
    every = {path: text, **others}
    files = Files(*(Source(name, content.encode()) for name, content in every.items()))
    result = tools.run(text, path, codemod=codemod)
    informed = codemod.again({path: result}, files).get(path)
    return tools.run(text, path, codemod=informed) if informed else result


@pytest.mark.parametrize(
    ("other", "marked"),
    [
        ({"/r/test_b.py": "from tests.helpers import TestA\n"}, True),
        ({"/r/test_b.py": "from tests import TestA as A\n"}, True),
        ({"/r/test_b.py": "from tests.helpers import *\nTestA()\n"}, True),
        ({"/r/test_b.py": f"class TestA:\n{INIT}"}, False),
        ({"/r/test_b.py": "import tests.helpers\ntests.helpers.TestA()\n"}, False),
        ({"/r/other.py": "from tests.helpers import TestA\n"}, False),
        ({}, False),
    ],
)
def test_of_a_helper_file_what_a_test_module_imports_is_marked(
    other: dict[str, str], marked: bool
) -> None:
    found = _again(other, f"class TestA:\n{INIT}", "/r/helpers.py")
    assert (found.after is not None) is marked
    assert found.status is (Status.CHANGED if marked else Status.UNCHANGED)


def test_another_name_counts_in_other_files() -> None:
    helpers = f"class Socket:\n{INIT}\n\nTestSocket = Socket\n"
    taken = "from tests.helpers import TestSocket\n"
    assert _again({"/r/test_b.py": taken}, helpers, "/r/helpers.py").after
    assert not _again({"/r/test_b.py": "from tests import Other\n"}, helpers, "/r/helpers.py").after
    derived = f"{taken}class TestB(TestSocket):\n{TEST}"
    found = _again({"/r/test_b.py": derived}, helpers, "/r/helpers.py")
    assert [r.code for r in found.decisions[0].reasons] == [Code.SUBCLASS_OF_TESTS]


@pytest.mark.parametrize(
    "more",
    ["Base = TestA", "if True:\n    Own = TestA\n    Base = Own", "class Base(TestA): ..."],
)
def test_what_else_has_the_class_in_its_file_counts_in_other_files(more: str) -> None:
    other = f"import helpers\nfrom helpers import TestA, Base\nclass TestB(Base):\n{TEST}"
    found = _again({"/r/test_b.py": other}, f"class TestA:\n{INIT}\n{more}\n", "/r/helpers.py")
    assert [r.code for r in found.decisions[0].reasons] == [Code.SUBCLASS_OF_TESTS]


@pytest.mark.parametrize(
    "other",
    [
        f"import helpers\nTestA = helpers.TestA\nclass TestB(TestA):\n{TEST}",
        f"import helpers\nBase = helpers.TestA\nclass TestB(Base):\n{TEST}",
        "try:\n    from helpers import TestA\nexcept ImportError:\n    TestA = object\n"
        f"class TestB(TestA):\n{TEST}",
        f"import helpers\nclass TestA(helpers.TestA):\n{TEST}",
    ],
)
def test_another_name_in_another_file_counts(other: str) -> None:
    found = _again({"/r/test_b.py": other}, f"class TestA:\n{INIT}", "/r/test_a.py")
    assert [r.code for r in found.decisions[0].reasons] == [Code.SUBCLASS_OF_TESTS]


@pytest.mark.parametrize(
    ("other", "marked"),
    [
        ("from helpers import TestA as Base\n", False),
        ("import helpers\nBase = helpers.TestA\n", False),
        ("from helpers import TestA\nclass Base(TestA): ...\n", False),
        ("from helpers import TestA\nbase = TestA()\napp.kind = TestA\n", True),
        ("from helpers import TestA\n__all__ = ['TestA']\n", True),
        ("from helpers import TestA\n__all__: list[str] = [*x.__all__, 'TestA']\n", True),
        ("NAME = 'TestA' if x else 'helpers.TestA'\n", True),
    ],
)
def test_a_file_without_tests_that_hands_the_class_on_refuses(other: str, marked: bool) -> None:
    others = {"/r/util.py": other, "/r/test_b.py": "from helpers import TestA\n"}
    found = _again(others, f"class TestA:\n{INIT}", "/r/helpers.py")
    assert (found.after is not None) is marked


def test_a_subclass_with_tests_in_another_file_refuses() -> None:
    other = f"from test_a import TestA as Base\nclass TestB(Base):\n{TEST}"
    found = _again({"/r/test_b.py": other}, f"class TestA:\n{INIT}", "/r/test_a.py")
    (reason,) = found.decisions[0].reasons
    assert (reason.code, reason.message[:17]) == (Code.SUBCLASS_OF_TESTS, "/r/test_b.py:3: s")
    own = f"class TestA:\n{INIT}\nclass TestB(TestA):\n{TEST}"
    assert _again({"/r/test_b.py": own}, f"class TestA:\n{INIT}", "/r/test_a.py").after


@pytest.mark.parametrize(
    ("other", "marked"),
    [
        ("from helpers import TestA as TestB\n", False),
        ("import helpers\nTestB = helpers.TestA\n", False),
        ("from helpers import TestA as Own\n", True),
        ("from helpers import TestA\nclass TestB(TestA): ...\n", True),
    ],
)
def test_a_test_module_that_gives_the_class_a_name_of_tests_refuses(
    other: str, marked: bool
) -> None:
    others = {"/r/test_b.py": other, "/r/test_c.py": "from helpers import TestA\n"}
    found = _again(others, f"class TestA:\n{INIT}", "/r/helpers.py")
    assert (found.after is not None) is marked


def test_a_subclass_with_tests_of_a_subclass_that_another_file_calls_otherwise() -> None:
    text = f"class TestA:\n{INIT}\n\nclass Sub(TestA): ...\n"
    other = {"/r/test_b.py": f"from test_a import Sub as Own\nclass TestB(Own):\n{TEST}"}
    found = _again(other, text, "/r/test_a.py")
    assert found.after is None
    assert [r.code for r in found.decisions[0].reasons] == [Code.SUBCLASS_OF_TESTS]


BASE = f"class Base:\n{INIT}"


@pytest.mark.parametrize("body", ["x = 1", TEST.strip()])
def test_a_base_of_another_file_that_may_bring_a_constructor(body: str) -> None:
    text = f"from base import Base\nclass TestA(Base):\n    {body}\n"
    found = _again({"/r/base.py": BASE}, text, "/r/test_a.py")
    assert (found.status, found.decisions) == (Status.UNCHANGED, ())


def test_a_base_of_another_file_may_have_tests() -> None:
    text = f"from base import Base\nclass TestA(Base):\n{INIT}"
    found = _again({"/r/base.py": BASE}, text, "/r/test_a.py")
    assert [r.code for r in found.decisions[0].reasons] == [Code.UNKNOWN_KIND]
    trusting = MarkHelperClasses(PytestNames(), ("base.Base",))
    assert _again({"/r/base.py": BASE}, text, "/r/test_a.py", trusting).after


# Generated modules, collected by pytest before and after

_PLUGIN = """
import json, os

FOUND = {"ids": [], "warnings": [], "seen": {}}

def pytest_collection_modifyitems(items):
    FOUND["ids"] = [item.nodeid for item in items]

def pytest_collectreport(report):
    for node in report.result:
        module = getattr(node, "obj", None)
        if type(node).__name__ == "Module":
            FOUND["seen"][node.nodeid] = getattr(module, "SEEN", None)

def pytest_warning_recorded(warning_message):
    FOUND["warnings"].append(str(warning_message.message))

def pytest_unconfigure():
    with open(os.environ["FOUND"], "w") as file:
        json.dump(FOUND, file)
"""


class Collected(NamedTuple):
    """What pytest made of some modules."""

    ids: list[str]
    warned: set[tuple[str, str]]
    seen: dict[str, Any]


def _collect(folder: Path, modules: dict[str, bytes]) -> Collected:
    folder.mkdir()
    for name, content in modules.items():
        (folder / name).write_bytes(content)
    (folder / "plugin.py").write_text(_PLUGIN)
    found = folder / "found.json"
    options = ["--collect-only", "-qq", "--assert=plain", "-pplugin", "-pno:cacheprovider"]
    options.append("--continue-on-collection-errors")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c/dev/null", "--rootdir=.", *options, "."],
        cwd=folder,
        env={"PYTHONPATH": ".", "FOUND": str(found), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.exists(), done.stdout[-2000:] + done.stderr[-2000:]
    values = json.loads(found.read_text())
    pattern = re.compile(r"cannot collect test class '(\w+)' .*\(from: (\w+\.py)")
    warned = {(m[2], m[1]) for text in values["warnings"] if (m := pattern.match(text))}
    return Collected(values["ids"], warned, values["seen"])


_INIT = INIT.replace("(self)", "(self, *_)")
_BODIES = (
    _INIT,
    "    def __new__(cls, *_):\n        return super().__new__(cls, *_)\n",
    "    x: int = 1\n    y: str = 'a'\n",
    "    A = 1\n    B = 2\n",
    "    pass\n",
    "    # only a note\n    port = 80; host = 'a'\n",
    TEST,
    "    class TestInner:\n        def __init__(self, *_): ...\n",
    f"{_INIT}\n{TEST}",
    "    @staticmethod\n    def make(): ...\n",
)
_HEADS = (
    *("class {n}:", "class {n}(object):", "class {n}({b}):", "class {n}({b}):  # noqa"),
    *("class {n}(Exception):", "class {n}(enum.Enum):", "class {n}(dict):", "class {n}(type):"),
    *("@dataclasses.dataclass\nclass {n}:", "@dataclasses.dataclass(slots=True)\nclass {n}:"),
    *("class {n}(abc.ABC):", "class {n}(typing.NamedTuple):", "class {n}(typing.TypedDict):"),
    *("class {n}(typing.Protocol):", "class {n}({b}, unittest.TestCase):"),
    *("class {n}(unittest.TestCase):", "class {n}(enum.IntFlag):"),
)
_DOCS = ("", "", '    """A helper."""\n', '    """A helper.\n\n    Of tests.\n    """\n\n', "\n")
_NAMES = ("TestA", "TestB", "Helper", "TestC", "Other", "TestD")


def _module(choose: random.Random) -> str:
    """Return the text of a module of classes, each of which is defined or left out."""
    parts = ["import abc, collections, dataclasses, enum, typing, unittest\nSEEN = []\n"]
    made: list[str] = []
    for name in choose.sample(_NAMES, choose.randint(1, 4)):
        head = choose.choice(_HEADS).format(n=name, b=choose.choice([*made, "object"]))
        text = f"{head}\n{choose.choice(_DOCS)}{choose.choice(_BODIES)}"
        if choose.random() < 0.3:
            text = f"if True:\n{textwrap.indent(text, '    ')}"
        try:  # some kinds do not go together: the class is left out then
            exec("".join([*parts, text]), {"__name__": "generated"})
        except (SyntaxError, TypeError, ValueError, AttributeError, RuntimeError, Warning):
            continue
        made.append(name)
        parts.append(text)
        parts.append(choose.choice(["", "\n\n", f"SEEN.append({name}.__mro__[1:].__len__())\n"]))
        if choose.random() < 0.2:
            made.append(choose.choice(["Test", ""]) + f"Again{len(made)}")
            parts.append(f"{made[-1]} = {name}\n")
        fields = f"[f.name for f in dataclasses.fields({name})]"
        parts.append(f"SEEN.append(dataclasses.is_dataclass({name}) and {fields})\n")
        parts.append(f"SEEN.append(sorted(getattr({name}, '__members__', ())))\n")
    return "".join(parts) + "def test_end(): ...\n"


def test_random_modules_are_collected_as_before(tmp_path: Path) -> None:
    """Four hundred: the same tests, the same values, and no warning of what was marked."""
    choose = random.Random(12)
    indent, ends = ("    ", "\t", "  "), ("\n", "\r\n")
    before: dict[str, bytes] = {}
    for number in range(400):
        text = _module(choose).replace("    ", choose.choice(indent))
        text = text.replace("\n", choose.choice(ends))
        before[f"test_{number}.py"] = text.encode()
    results = {name: tools.run(text, name, codemod=CODEMOD) for name, text in before.items()}
    after = {name: result.after or before[name] for name, result in results.items()}
    assert all(tools.run(text, name, codemod=CODEMOD).after is None for name, text in after.items())
    old, new = _collect(tmp_path / "before", before), _collect(tmp_path / "after", after)
    assert old.ids == new.ids
    assert old.seen == new.seen
    decided = {
        (name, d.definition.name): d.verdict for name, r in results.items() for d in r.decisions
    }
    marked = {place for place, verdict in decided.items() if verdict is Verdict.REPLACE}
    assert len(marked) > 120
    assert new.warned == old.warned - marked
    faults = {Code.PROOF_FAILED, Code.INTERNAL_ERROR, Code.LOSSY_ROUND_TRIP}
    codes = {r.code for f in results.values() for d in f.decisions for r in d.reasons}
    assert codes.isdisjoint(faults)
    # Each warning is ended, or there is a reason.
    assert old.warned <= decided.keys()
    assert marked <= old.warned


def test_what_other_files_do_with_it_is_collected_as_before(tmp_path: Path) -> None:
    before = {
        "helpers.py": f"class TestA:\n{INIT}\n\nclass TestB:\n{_INIT}\n\nclass TestC:\n    x = 1\n",
        "test_a.py": "from helpers import TestA\n\n\ndef test_a(): ...\n",
        "test_b.py": "from helpers import TestB as TestOther\n",
        "test_c.py": f"from test_b import TestOther\nclass TestD(TestOther):\n{TEST}",
        "test_e.py": f"from helpers import TestC\nclass TestE(TestC):\n{TEST}",
    }
    files = {str(tmp_path / name): text for name, text in before.items()}
    after = {
        os.path.basename(path): _again(files, text, path).after or text.encode()  # noqa: PTH119
        for path, text in files.items()
    }
    before_bytes = {name: text.encode() for name, text in before.items()}
    old, new = _collect(tmp_path / "before", before_bytes), _collect(tmp_path / "after", after)
    assert old.ids == new.ids != []
    left = {("test_b.py", "TestB"), ("test_c.py", "TestB"), ("test_c.py", "TestD")}
    assert old.warned == {("test_a.py", "TestA"), *left}
    assert new.warned == left


# Through the verbs and libcst.tool

HELPER = f"class TestSocket:\n{INIT}"
MARKED = f"class TestSocket:\n    __test__ = False\n\n{INIT}"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository without settings and without a shared module."""
    monkeypatch.chdir(tmp_path)
    files = {
        "tests/helpers.py": HELPER,
        "tests/test_a.py": f"from tests.helpers import TestSocket\n\n\n{HELPER.replace('S', 's')}",
        "app/runs.py": HELPER.replace("Socket", "Run"),
    }
    for name, text in files.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
    return tmp_path


def _verb(*arguments: str) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code in {0, 1}, result.output
    return result.stdout


MIGRATE = ("migrate", "--codemod", "mark_helper_classes", "--allow-dirty")


def test_migrate_marks_writes_history_and_is_undone(repository: Path) -> None:
    shown = _verb("migrate", "--codemod", "mark_helper_classes", "--dry-run", "tests")
    assert shown.count("\n+    __test__ = False\n") == 2
    written = _verb(*MIGRATE, "--max-files", "1")
    assert "with 1 class\nremaining           1 file\n" in written
    assert "unused imports" not in written
    assert Path("tests/helpers.py").read_text() == MARKED
    _verb(*MIGRATE)
    assert b"__test__" not in Path("app/runs.py").read_bytes()
    assert _verb(*MIGRATE).startswith("changed             0 files  with 0 classes\n")
    records, damaged = history.read(Settings(root=repository))
    assert damaged == []
    found = [r.figures for r in records if isinstance(r.figures, history.Migration)]
    assert [f.codemod for f in found] == ["mark_helper_classes"] * 3
    assert [f.copy_count for f in found] == [1, 0, 0]
    runs = History(repository, records).runs(["."])
    assert [list(run.files) for run in runs] == [["tests/helpers.py"], ["tests/test_a.py"]]
    for _ in range(2):
        _verb("rollback")
    assert Path("tests/helpers.py").read_text() == HELPER


def test_a_reason_names_another_file_from_the_current_folder(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"from tests.helpers import TestSocket\n\nclass TestIt(TestSocket):\n{TEST}"
    Path("tests/test_a.py").write_text(text)
    dry = ("migrate", "--codemod", "mark_helper_classes", "--dry-run", "--format", "json")
    assert '"tests/test_a.py:4: subclass `TestIt` has tests' in _verb(*dry, "tests")
    monkeypatch.chdir("tests")
    assert '"test_a.py:4: subclass `TestIt` has tests' in _verb(*dry, ".")


def test_a_run_that_is_finished_later_is_of_its_codemod(repository: Path) -> None:
    _verb(*MIGRATE)
    journal = Journal(repository)
    (run,) = journal.runs()
    found = run._replace(command="migrate --codemod=mark_helper_classes tests")
    assert history.of_resumption(journal, found, ()).codemod == "mark_helper_classes"
    found = run._replace(command="migrate tests")
    assert history.of_resumption(journal, found, ()).codemod == "replace_local_copies"


def test_libcst_tool_gives_the_same_bytes(repository: Path) -> None:
    shutil.copy(tools.ROOT / ".libcst.codemod.yaml", repository)
    command = "mark_helper_classes.MarkHelperClassesCommand"
    Path("tests/test_b.py").write_text(
        f"from app.runs import TestRun\n\n\nclass TestIt(TestRun):\n{TEST}"
    )
    paths = ["tests/helpers.py", "tests/test_a.py", "app/runs.py", "tests/test_b.py"]
    texts = {path: Path(path).read_text() for path in paths}
    done = subprocess.run(
        # One process: libcst.tool does not write atomically, and another might read half a file.
        [sys.executable, "-m", "libcst.tool", "codemod", command, "-j1", "--no-format", *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    by_tool = [Path(path).read_bytes() for path in paths]
    assert by_tool[0].decode() == MARKED
    assert by_tool[2].decode() == HELPER.replace("Socket", "Run")
    for path, text in texts.items():
        Path(path).write_text(text)
    _verb(*MIGRATE)
    assert [Path(path).read_bytes() for path in paths] == by_tool


def test_analyze_tells_of_it(repository: Path) -> None:
    settings = '[tool.ssot-codemods]\nmodules = ["tests.helpers"]\n'
    Path("pyproject.toml").write_text(settings)
    assert (
        "\nmigrate --codemod mark_helper_classes: at most 3 classes in 3 files to be changed"
        in _verb("analyze", "-v")
    )


WRONG = {
    "not there": lambda text: text.replace("__test__ = False", "pass"),
    "another value": lambda text: text.replace("False", "True"),
    "below a method": lambda text: f"{HELPER}\n    __test__ = False\n",
    "in another class": lambda text: f"class Other:\n    __test__ = False\n\n{HELPER}",
    "with a comment elsewhere": lambda text: f"# new\n{text}",
    "another line is indented anew": lambda text: text.replace("        self", "      self"),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_wrong_edit_is_found(change: Callable[[str], str]) -> None:
    before = HELPER.encode()
    module = ParsedModule(before, "tests/test_a.py")
    plan = CODEMOD.plan(module).plan
    assert plan is not None
    assert difference(before, module.tree, MARKED.encode(), plan) is None
    assert difference(before, module.tree, change(MARKED).encode(), plan) is not None
