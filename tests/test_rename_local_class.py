"""Classes that share only their name with a shared definition: what is renamed, what is refused."""

from __future__ import annotations

import ast
import contextlib
import io
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner
from libcst.codemod import CodemodContext

from codemods.cli import main
from codemods.commands.rename_local_class import RenameLocalClassCommand
from codemods.engine.codemod import ParsedModule, apply
from codemods.engine.plan import EditPlan, Renamed
from codemods.engine.proof import difference
from codemods.model import Code, FileResult, Reason, Renaming, SharedModules, Source, Status
from codemods.rewrites.rename_local_class.codemod import RenameLocalClass, suffix_of
from tests import tools
from tests.tools import Files, shared

TEXT = """\
class FakeBus:
    def __init__(self):
        self.sent = []

    def send(self, text):
        self.sent.append(text)


class TestLink:
    def open(self):
        return 1
"""
MODULES = shared(TEXT, "tests.support")
CODEMOD = RenameLocalClass(MODULES._replace(only=frozenset({"FakeBus"})), Renaming("OrderBus"))
BUS = "class FakeBus:\n    def send(self, text):\n        return text\n"
COPY = TEXT.partition("\n\n\n")[0] + "\n"
NEW = BUS.replace("FakeBus", "OrderBus")


def check_renamed(before: str | bytes, after: str | bytes) -> FileResult:
    return tools.check_replaced(before, after, codemod=CODEMOD)


def check_refused(before: str, *codes: Code, line: int | None = None, saying: str = "") -> None:
    tools.check_refused(before, *codes, line=line, saying=saying, codemod=CODEMOD)


#: What follows the class; ``@`` stands for its name, where that is to change.
FOLLOWED = {
    "a call": "@()\n@.send; print(@)\n",
    "a base": "class Sub(@):\n    def send(self):\n        return super(Sub, self), @.send\n",
    "annotations": "x: @ = @()\ndef f(a: @, *b: list[@]) -> @ | None: ...\n",
    "annotations that are texts": (
        "x: '@ | None' = @()\ndef f(a: \"list[@]\", b: list['@']) -> 'dict[@, @]': ...\n"
    ),
    "a text of several lines": "def f(a: '''(\n@, @)''', b: 'int | ' '@'): ...\n",
    "annotations of nested functions": "def f():\n    def g(a: '@') -> @: ...\n    y: '@' = 1\n",
    "__all__": "__all__ = ['@', 'f']\n__all__ += ('@',)\n",
    "a patch of it": (
        "@patch('tests.test_sample.{n}')\ndef test(bus): ...\n"
        "def test_it(monkeypatch):\n    monkeypatch.setattr('test_sample.{n}.send', 1)\n"
    ),
    "tests and handlers": (
        "assert isinstance(1, (@, int))\ntry:\n    pass\nexcept @ as e:\n    raise @() from e\n"
        "match 1:\n    case @() | @(send=1):\n        pass\n"
    ),
    "functions and closures": (
        "def f(a=@):\n    def g():\n        return [@ for _ in @.x if @], lambda: @\n    return g\n"
    ),
    "decorators": "@patch.object(@, 'send')\ndef f(): ...\n",
    "a class body": "class A:\n    kind = @\n    def f(self) -> @:\n        return @\n",
    "a parameter of its name": "def f(FakeBus, x: @ = @):\n    return FakeBus\n",
    "a local of its name": "def f():\n    FakeBus = 1\n    return lambda: FakeBus\n@()\n",
    "a loop, a with and a handler in a function": (
        "def f():\n    for FakeBus in (): print(FakeBus)\ndef g():\n    with x as FakeBus: ...\n"
        "def h():\n    try: ...\n    except E as FakeBus: FakeBus\n@()\n"
    ),
    "comprehensions": "x = [@ for y in (1, @)]\ny = {@: @ for _ in [@] if @}\n",
    "a lambda of its name": "x = lambda FakeBus, y=@: FakeBus\n@()\n",
    "a function of its name in a function": "def f():\n    def FakeBus(): FakeBus()\n@()\n",
    "another global": "def f():\n    global other\n    other = @\n",
    "longer words": "FakeBusy = my_FakeBus = 1\nprint('FakeBusy')\n@()\n",
    "comments and docstrings": "# FakeBus\ndef f():\n    'Use FakeBus.'\n    return @  # FakeBus\n",
    "a name that is asked of something else": (
        "try: ...\nexcept E as e:\n    print(type(e).__name__, e.__class__.__name__)\n"
        "print('e' in locals())\nimport importlib\nimportlib.import_module('tests.other')\n"
    ),
    "instances as parameters": (
        "BUS: @ = @()\n@pytest.mark.parametrize('bus', [@()])\n"
        "def test_it(bus: @) -> @:\n    print(@)\nclass Sub(@): ...\n"
        "@pytest.fixture\ndef bus():\n    return @\n"
        "def is_bus(bus):\n    try: return isinstance(bus, @)\n    except @: return @()\n"
    ),
    "the same line": "x = 'ä', @, 'ü', @; y = @\n",
    "an f-string": "print(f'{@().send} ä {@} {1:{@}}', f'''\n{@}''')\n",
}


def filled(text: str, name: str) -> str:
    decorator = re.sub(r"(?m)^@(?=patch|f\(|pytest)", "\0", text)
    return decorator.replace("@", name).replace("{n}", name).replace("\0", "@")


@pytest.mark.parametrize("text", FOLLOWED.values(), ids=FOLLOWED)
def test_each_mention_follows(text: str) -> None:
    before, after = filled(text, "FakeBus"), filled(text, "OrderBus")
    check_renamed(f"{BUS}\n\n{before}", f"{NEW}\n\n{after}")
    check_renamed(
        f"if True:\n{tools.indented(BUS)}{before}", f"if True:\n{tools.indented(NEW)}{after}"
    )


DEFINED = {
    "in a function": (
        f"def f():\n{tools.indented(BUS)}    return FakeBus()\ndef g(FakeBus):\n    FakeBus()\n",
        f"def f():\n{tools.indented(NEW)}    return OrderBus()\ndef g(FakeBus):\n    FakeBus()\n",
    ),
    "in two functions, and used in one in it": (
        f"def f():\n{tools.indented(BUS)}    def g(): return FakeBus\n"
        f"def h():\n{tools.indented(BUS)}    FakeBus\n",
        f"def f():\n{tools.indented(NEW)}    def g(): return OrderBus\n"
        f"def h():\n{tools.indented(NEW)}    OrderBus\n",
    ),
    "on two branches": (
        f"if x:\n{tools.indented(BUS)}else:\n{tools.indented(BUS)}FakeBus()\n",
        f"if x:\n{tools.indented(NEW)}else:\n{tools.indented(NEW)}OrderBus()\n",
    ),
    "used above": (f"def f():\n    FakeBus()\n{BUS}", f"def f():\n    OrderBus()\n{NEW}"),
    "a head over two lines": (
        BUS.replace("class ", "class \\\n  \t"),
        NEW.replace("class ", "class \\\n  \t"),
    ),
    "a dataclass": (
        f"import dataclasses\n@dataclasses.dataclass(frozen=True)\n{BUS}",
        f"import dataclasses\n@dataclasses.dataclass(frozen=True)\n{NEW}",
    ),
    "a base in the file": (
        f"class Base: ...\n{BUS.replace('Bus:', 'Bus(Base):')}",
        f"class Base: ...\n{NEW.replace('Bus:', 'Bus(Base):')}",
    ),
    "no code of the shared one": ("class FakeBus: ...\n", "class OrderBus: ...\n"),
}


@pytest.mark.parametrize(("before", "after"), DEFINED.values(), ids=DEFINED)
def test_where_it_is_defined(before: str, after: str) -> None:
    check_renamed(before, after)


BYTES: dict[str, Callable[[str], bytes]] = {
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "BOM": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "latin-1": lambda text: ("# coding: latin-1\n" + text).encode("latin-1"),
    "form feed": lambda text: text.replace("\nx", "\n\f\nx").encode(),
    "tabs": lambda text: text.replace("    ", "\t").encode(),
    "no end": lambda text: text.rstrip("\n").encode(),
}


@pytest.mark.parametrize("encode", BYTES.values(), ids=BYTES)
def test_bytes_are_kept(encode: Callable[[str], bytes]) -> None:
    rest = "x = 'ä', @  \nif x:\n    y = 'é'; @()\t# @é\n"
    before, after = (
        rest.replace("@(", f"{n}(").replace("@ ", f"{n} ") for n in ("FakeBus", "OrderBus")
    )
    check_renamed(encode(BUS + before), encode(NEW + after))


def test_a_text_that_its_encoding_has_in_two_forms_is_refused() -> None:
    text = f"# coding: utf-7\n{BUS}x = '+AGE-'\n"
    tools.check_refused(text.encode(), Code.LOSSY_ROUND_TRIP, codemod=CODEMOD)


REFUSED: dict[str, tuple[str, Code]] = {
    "another text": (f"{BUS}print('FakeBus')\n", Code.UNCLEAR_MENTION),
    "a text with more": (f"{BUS}raises(match='FakeBus has no attribute')\n", Code.UNCLEAR_MENTION),
    "bytes": (f"{BUS}pickle.loads(b'ctests\\nFakeBus\\n')\n", Code.UNCLEAR_MENTION),
    "a part of an f-string": (f"{BUS}patch(f'{{__name__}}.FakeBus')\n", Code.UNCLEAR_MENTION),
    "a patch of another module": (f"{BUS}patch('app.bus.FakeBus')\n", Code.UNCLEAR_MENTION),
    "a patch of another folder": (f"{BUS}patch('app.test_sample.FakeBus')\n", Code.UNCLEAR_MENTION),
    "a literal type": (f"{BUS}def f(a: Literal['FakeBus']): ...\n", Code.UNCLEAR_MENTION),
    "a text in an annotation that is a text": (
        f"{BUS}def f(a: \"list['FakeBus']\"): ...\n",
        Code.UNCLEAR_MENTION,
    ),
    "an annotation that is no code": (f"{BUS}def f(a: 'a FakeBus'): ...\n", Code.UNCLEAR_MENTION),
    "an escaped text": (f"{BUS}def f(a: 'Fake\\x42us'): ...\n", Code.UNCLEAR_MENTION),
    "an annotation of another name": (
        f"{BUS}def f():\n    FakeBus = 1\n    def g(a: 'FakeBus'): ...\n",
        Code.UNCLEAR_MENTION,
    ),
    "an example in a docstring": (
        f"{BUS}def f():\n    '''\n    >>> FakeBus()\n    '''\n",
        Code.UNCLEAR_MENTION,
    ),
    "globals": (f"{BUS}globals()['Fake' + 'Bus']\n", Code.UNCLEAR_MENTION),
    "globals as a value": (f"{BUS}f(globals)\n", Code.UNCLEAR_MENTION),
    "locals": (f"def f():\n{tools.indented(BUS)}    return locals()\n", Code.UNCLEAR_MENTION),
    "vars": (f"{BUS}vars()\n", Code.UNCLEAR_MENTION),
    "eval": (f"{BUS}eval(text)\n", Code.UNCLEAR_MENTION),
    "exec": (f"{BUS}exec(text)\n", Code.UNCLEAR_MENTION),
    "the module by sys": (
        f"import sys\n{BUS}getattr(sys.modules[__name__], name)\n",
        Code.UNCLEAR_MENTION,
    ),
    "the module of a test": (
        f"{BUS}def f(request):\n    getattr(request.module, name)\n",
        Code.UNCLEAR_MENTION,
    ),
    "the module by its name": (
        f"{BUS}importlib.import_module('tests.test_sample')\n",
        Code.UNCLEAR_MENTION,
    ),
    "a module by a name": (f"{BUS}importlib.import_module(name)\n", Code.UNCLEAR_MENTION),
    "an import of itself": (f"{BUS}def f():\n    import tests.test_sample\n", Code.UNCLEAR_MENTION),
    "an import of its name": (f"{BUS}def f():\n    from x import FakeBus\n", Code.UNCLEAR_MENTION),
    "an attribute": (f"{BUS}self.FakeBus\n", Code.UNCLEAR_MENTION),
    "a keyword": (f"{BUS}patch.multiple(module, FakeBus=1)\n", Code.UNCLEAR_MENTION),
    "its name": (f"{BUS}print(FakeBus.__name__)\n", Code.UNCLEAR_MENTION),
    "a name of something": (f"{BUS}print(type(x).__qualname__)\n", Code.UNCLEAR_MENTION),
    "the name of what was raised": (
        f"{BUS.replace('Bus:', 'Bus(Exception):')}try: ...\n"
        "except E as e:\n    print(type(e).__name__)\n",
        Code.UNCLEAR_MENTION,
    ),
    "its own __qualname__": (f"{BUS}    path = __qualname__\n", Code.UNCLEAR_MENTION),
    "a parameter of a test": (
        f"{BUS}@pytest.mark.parametrize('cls', [FakeBus, 1])\ndef test_it(cls): ...\n",
        Code.UNCLEAR_MENTION,
    ),
    "a parameter of a fixture": (
        f"{BUS}@pytest.fixture(params=[FakeBus])\ndef bus(request): ...\n",
        Code.UNCLEAR_MENTION,
    ),
    "a parameter by way of a function": (
        f"{BUS}def f():\n    return [FakeBus]\n"
        "@pytest.mark.parametrize('cls', f())\ndef test_it(cls): ...\n",
        Code.UNCLEAR_MENTION,
    ),
    "a parameter that a function collects": (
        f"{BUS}def f():\n    found = [FakeBus]\n    return found\n"
        "@pytest.mark.parametrize('cls', f())\ndef test_it(cls): ...\n",
        Code.UNCLEAR_MENTION,
    ),
    "a parameter by the hook of pytest": (
        f"{BUS}def pytest_generate_tests(metafunc):\n    metafunc.parametrize('c', [FakeBus])\n",
        Code.UNCLEAR_MENTION,
    ),
    "a parameter by a decorator from elsewhere": (
        f"{BUS}@with_values(FakeBus)\ndef test_it(cls): ...\n",
        Code.UNCLEAR_MENTION,
    ),
    "a method that may give the class as a parameter": (
        f"{BUS}@pytest.mark.parametrize('cls', [FakeBus.own()])\ndef test_it(cls): ...\n",
        Code.UNCLEAR_MENTION,
    ),
    "a member of an enumeration as a parameter": (
        "import enum\nclass FakeBus(enum.Enum):\n    A = 1\n"
        "@pytest.mark.parametrize('bus', [FakeBus.A, FakeBus(1)])\ndef test_it(bus): ...\n",
        Code.UNCLEAR_MENTION,
    ),
    "an instance that shows its class as a parameter": (
        "import dataclasses\n@dataclasses.dataclass\nclass FakeBus:\n    a: int = 1\n"
        "@pytest.mark.parametrize('bus', [FakeBus()], ids=repr)\ndef test_it(bus): ...\n",
        Code.UNCLEAR_MENTION,
    ),
    "all subclasses": (
        f"class Base: ...\n{BUS.replace('Bus:', 'Bus(Base):')}Base.__subclasses__()\n",
        Code.UNCLEAR_MENTION,
    ),
    "its name by getattr": (f"{BUS}getattr(x, '__name__')\n", Code.UNCLEAR_MENTION),
    "its name in a format": (f"{BUS}'{{0.__qualname__}}'.format(x)\n", Code.UNCLEAR_MENTION),
    "modules from sys": (f"{BUS}from sys import modules\nmodules[x]\n", Code.UNCLEAR_MENTION),
    "sys by another name": (
        f"{BUS}def f():\n    import sys as s\n    return s.modules\n",
        Code.UNCLEAR_MENTION,
    ),
    "the module by inspect": (f"{BUS}inspect.getmodule(f)\n", Code.UNCLEAR_MENTION),
    "the module by pytest": (
        f"{BUS}pytest.importorskip('tests.test_sample')\n",
        Code.UNCLEAR_MENTION,
    ),
    "a name by pkgutil": (f"{BUS}resolve_name(__name__ + text)\n", Code.UNCLEAR_MENTION),
    "a metaclass of the file": (
        "class M(type):\n    def __init__(cls, name, *more):\n        cls.nick = name\n"
        f"{BUS.replace('Bus:', 'Bus(metaclass=M):')}",
        Code.UNKNOWN_KIND,
    ),
    "a doctest": (
        f'{BUS}    def f(self):\n        """\n        >>> 1\n        1\n        """\n',
        Code.UNCLEAR_MENTION,
    ),
    "private slots": (f"{BUS}    __slots__ = ('__x',)\n", Code.UNCLEAR_MENTION),
    "another global, which texts mean": (
        f"FakeBus = int\ndef f():\n{tools.indented(BUS)}    def g(a: 'FakeBus'): ...\n",
        Code.REBOUND,
    ),
    "a literal type by another name": (
        f"{BUS}from typing import Literal as L\ndef f(a: L['FakeBus']): ...\n",
        Code.UNCLEAR_MENTION,
    ),
    "a comment on a type": (f"{BUS}x = []  # type: list[FakeBus]\n", Code.UNCLEAR_MENTION),
    "private names": (f"{BUS}    def f(self):\n        self.__x = 1\n", Code.UNCLEAR_MENTION),
    "private names from outside": (f"{BUS}x._FakeBus__x\n", Code.UNCLEAR_MENTION),
    "bound again": (f"{BUS}FakeBus = wrapped(FakeBus)\n", Code.REBOUND),
    "deleted": (f"{BUS}del FakeBus\n", Code.REBOUND),
    "imported on another branch": (
        f"try:\n    from x import FakeBus\nexcept ImportError:\n{tools.indented(BUS)}",
        Code.REBOUND,
    ),
    "bound by a comprehension": (f"{BUS}[FakeBus for FakeBus in ()]\n", Code.REBOUND),
    "bound by a walrus": (f"{BUS}[(FakeBus := 1) for _ in ()]\n", Code.REBOUND),
    "global": (f"{BUS}def f():\n    global FakeBus\n    FakeBus = 1\n", Code.REBOUND),
    "nonlocal": (
        f"def f():\n{tools.indented(BUS)}    def g():\n        nonlocal FakeBus\n",
        Code.REBOUND,
    ),
    "a star import": (f"from x import *\n{BUS}", Code.REBOUND),
    "a class body that binds it, too": (
        f"{BUS}class A:\n    x = FakeBus\n    FakeBus = 1\n",
        Code.REBOUND,
    ),
    "a parameter of the function": (f"def f(FakeBus):\n{tools.indented(BUS)}", Code.REBOUND),
    "a copy beside": (f"def f():\n{tools.indented(COPY)}{BUS}", Code.REBOUND),
    "in a class": (f"class A:\n{tools.indented(BUS)}", Code.NESTED),
    "a decorator from elsewhere": (f"from x import deco\n@deco\n{BUS}", Code.UNKNOWN_KIND),
    "a base from elsewhere": (
        f"from x import Base\nclass Own(Base): ...\n{BUS.replace('Bus:', 'Bus(Own):')}",
        Code.UNKNOWN_KIND,
    ),
    "a metaclass": (
        f"from x import M\n{BUS.replace('Bus:', 'Bus(metaclass=M):')}",
        Code.UNKNOWN_KIND,
    ),
    "the new name is there": (f"{BUS}OrderBus = 1\n", Code.NAME_TAKEN),
    "the new name is an attribute": (f"{BUS}print(x.OrderBus)\n", Code.NAME_TAKEN),
    "tests": (f"{BUS}    def test_it(self): ...\n", Code.PYTEST_TESTS),
    "swallowed code": (
        "class FakeBus:\n    def send(self):\n        def test_it(): ...\n",
        Code.SWALLOWED_CODE,
    ),
}


@pytest.mark.parametrize(("text", "code"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(text: str, code: Code) -> None:
    found = tools.run(text, codemod=CODEMOD)
    assert found.after is None
    assert found.status is Status.REFUSED
    assert code in {r.code for d in found.decisions for r in d.reasons}, found
    assert all(decision.reasons for decision in found.decisions)


def test_a_refusal_names_the_line_and_what_stands_there() -> None:
    check_refused(
        f"{BUS}\nprint('FakeBus')\n",
        Code.UNCLEAR_MENTION,
        line=5,
        saying="the string has `FakeBus` in it, and may mean it",
    )
    check_refused(f"{BUS}\ndel FakeBus\n", Code.REBOUND, line=5)
    check_refused(f"{BUS}\n# OrderBus\n", Code.NAME_TAKEN, line=5)


@pytest.mark.parametrize(
    "text",
    [
        COPY,
        f"{COPY}\nFakeBus()\n",
        "def FakeBus(): ...\n",
        "class _FakeBus: ...\n",
        "class A: ...\n",
    ],
)
def test_a_copy_and_other_names_are_left(text: str) -> None:
    tools.check_untouched(text, codemod=CODEMOD)


def test_a_name_that_is_spelled_otherwise() -> None:
    """Python reads a ligature as its letters."""
    modules = shared("class Prefix:\n    def f(self): ...\n", "tests.support")
    text = "class Prefix: ...\nPre\ufb01x()\n"
    codemod = RenameLocalClass(modules, Renaming("Own"))
    tools.check_refused(text, Code.UNCLEAR_MENTION, line=2, saying="otherwise", codemod=codemod)


# The new name, and tests


@pytest.mark.parametrize(
    ("new", "saying"),
    [
        ("_TestLink", "shared definition"),
        ("_FakeBus", "shared definition"),
        ("FakeBus", "stands in the file already"),
        ("ValueError", "no name for a class"),
        ("while", "no name for a class"),
        ("a-b", "no name for a class"),
    ],
)
def test_names_that_cannot_be_taken(new: str, saying: str) -> None:
    codemod = RenameLocalClass(MODULES, Renaming(new))
    tools.check_refused(BUS, Code.NAME_TAKEN, saying=saying, codemod=codemod)


def test_a_class_that_pytest_would_collect_by_its_new_name_stays() -> None:
    codemod = RenameLocalClass(MODULES, Renaming("TestBus"))
    tools.check_refused(BUS, Code.PYTEST_TESTS, saying="would collect", codemod=codemod)


def test_classes_with_tests_are_renamed_when_asked() -> None:
    text = "class TestLink:\n    def test_it(self): ...\n\n    def open(self): ...\n"
    link = MODULES._replace(only=frozenset({"TestLink"}))
    tools.check_refused(
        text, Code.PYTEST_TESTS, codemod=RenameLocalClass(link, Renaming("TestOwn"))
    )
    codemod = RenameLocalClass(link, Renaming("TestOwn", with_tests=True))
    tools.check_replaced(text, text.replace("TestLink", "TestOwn"), codemod=codemod)
    codemod = RenameLocalClass(link, Renaming("OwnTest", with_tests=True))
    tools.check_refused(text, Code.PYTEST_TESTS, saying="would no longer", codemod=codemod)
    codemod = RenameLocalClass(link, Renaming("Link"))  # it warns no more
    for line in ("TestLink.test_it = it", "setattr(TestLink, name, it)"):
        found = f"class TestLink:\n    x = 1\n\n{line}\n"
        tools.check_refused(found, Code.PYTEST_TESTS, line=4, codemod=codemod)
    text = "class TestLink:\n    def __init__(self): ...\n\n    def open(self): ...\n"
    tools.check_replaced(text, text.replace("TestLink", "Link"), codemod=codemod)


@pytest.mark.parametrize(
    ("stem", "suffix"),
    [
        ("test_agent_bus", "AgentBus"),
        ("agent_bus_test", "AgentBus"),
        ("conftest", "Conftest"),
        ("test_v2_x", "V2X"),
        ("test_http-Link", "HttpLink"),
        ("test_", ""),
    ],
)
def test_the_suffix_of_a_file(stem: str, suffix: str) -> None:
    assert suffix_of(stem) == suffix


def test_the_suffix_is_added_to_each_shared_name() -> None:
    codemod = RenameLocalClass(MODULES)
    before = f"{BUS}\nclass TestLink:\n    def open(self): ...\n\nx: 'dict[FakeBus, TestLink]'\n"
    after = before.replace("FakeBus", "FakeBusSample").replace("TestLink", "TestLinkSample")
    tools.check_replaced(before, after, codemod=codemod)
    tools.check_refused(BUS, Code.NAME_TAKEN, path="tests/test_.py", codemod=codemod)


# Other files


def again(others: dict[str, str], text: str = BUS, path: str = "/r/tests/test_a.py") -> FileResult:
    result = tools.run(text, path, codemod=CODEMOD)
    files = Files(*(Source(name, content.encode()) for name, content in others.items()))
    informed = CODEMOD.again({path: result}, files).get(path)
    return tools.run(text, path, codemod=informed) if informed else result


@pytest.mark.parametrize(
    "other",
    [
        "from tests.test_a import FakeBus\n",
        "from tests.test_a import FakeBus as Bus\n",
        "from .test_a import *\n",
        "import tests.test_a as a\na.FakeBus()\n",
        "from tests import test_a\n",
        "import tests.test_a\n",
        "patch('tests.test_a.FakeBus')\n",
        "getattr(import_module('tests.test_a'), name)\n",
        "from tests.test_a import Other\nclass FakeBus(Other): ...\n",
        "from tests.test_a import ALL\n@pytest.mark.parametrize('a', ALL)\ndef test(a): ...\n",
        "import_module('.test_a', 'tests')\n",
        "import_module('test_a')\n",
        "def bus(request):\n    return request.module.FakeBus()\n",
        "patch(f'{request.module.__name__}.FakeBus')\n",
        "class Base:\n    def f(self): sys.modules[self.__module__].FakeBus\n",
        "for name in names: import_module(name).FakeBus\n",
        "__all__ = ['A']\nfor name in ['FakeBus']: getattr(sys.modules[a], name)\n",
    ],
)
def test_a_file_that_may_take_it_from_here_refuses(other: str) -> None:
    found = again({"/r/tests/test_b.py": other})
    (reason,) = found.decisions[0].reasons
    assert (reason.code, reason.message[:18]) == (Code.USED_ELSEWHERE, "/r/tests/test_b.py")
    inside = f"def f():\n{tools.indented(BUS)}"
    assert again({"/r/tests/test_b.py": other}, inside).after is not None


@pytest.mark.parametrize(
    "other",
    [
        "",
        "class FakeBus: ...\n",
        "from tests.support import FakeBus\n",
        "from tests.test_a import helper\n",
        "# see test_a\n",
        "from tests.test_ab import FakeBus\n",
        "import tests.support\nrequest.module, tests.support.FakeBus, 'a FakeBus'\n",
        "x.FakeBus\n",
        "# in this module\n__all__ = ['FakeBus']\n__all__ += ('FakeBus',)\nclass FakeBus: ...\n",
    ],
)
def test_other_files_do_not_matter(other: str) -> None:
    assert again({"/r/tests/test_b.py": other}).after is not None


def test_the_file_itself_is_no_other_one() -> None:
    path = "/r/tests/test_a.py"
    text = f"# test_a\n{BUS}"
    assert again({path: text}, text, path).after is not None


def test_a_conftest_that_reads_it_from_the_module_of_a_test_refuses() -> None:
    text = "def bus(request):\n    return getattr(request.module, 'FakeBus')()\n"
    assert again({"/r/tests/conftest.py": text}).status is Status.REFUSED
    assert again({"/r/tests/conftest.py": BUS}).after is not None


def test_a_file_that_cannot_be_looked_at_refuses() -> None:
    path = "/r/tests/test_a.py"
    result = tools.run(BUS, path, codemod=CODEMOD)
    files = Files(Source(path, BUS.encode()), Source("/r/b.py", b"test_a"))
    failing = tools.failing(Reason(Code.TOO_SLOW, 1, "not done"))
    informed = CODEMOD.again({path: result}, files, failing)[path]
    found = tools.run(BUS, path, codemod=informed)
    assert [r.code for r in found.decisions[0].reasons] == [Code.TOO_SLOW]


# The proof, made without the code that decides

PROVED = """\
class FakeBus: ...
def f(a, FakeBus=1):
    return FakeBus, [FakeBus for x in a]
def g():
    return FakeBus
def h():
    class FakeBus: ...
    return lambda: FakeBus
x = FakeBus()
"""
RIGHT = """\
class OrderBus: ...
def f(a, FakeBus=1):
    return FakeBus, [FakeBus for x in a]
def g():
    return OrderBus
def h():
    class OrderBus: ...
    return lambda: OrderBus
x = OrderBus()
"""

WRONG: dict[str, Callable[[str], str]] = {
    "a mention is forgotten": lambda text: text.replace("x = OrderBus", "x = FakeBus"),
    "a parameter is renamed": lambda text: text.replace("FakeBus", "OrderBus"),
    "a local is renamed": lambda text: text.replace("return FakeBus", "return OrderBus"),
    "more is changed": lambda text: text.replace("x = ", "y = "),
    "a comment is new": lambda text: text + "# new\n",
    "a space is gone": lambda text: text.replace("x = ", "x ="),
    "it does not compile": lambda text: text + "(",
    "another encoding": lambda text: "\ufeff" + text,
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_wrong_edit_is_found(change: Callable[[str], str]) -> None:
    before = PROVED.encode()
    module = ParsedModule(before, "tests/test_a.py")
    plan = CODEMOD.plan(module).plan
    assert plan is not None
    assert difference(before, module.tree, RIGHT.encode(), plan) is None
    assert difference(before, module.tree, change(RIGHT).encode(), plan) is not None


def _places(text: str, lines: Iterable[int]) -> tuple[EditPlan, bytes]:
    """Return a plan that renames what stands first on some lines, and the file after it."""
    all_lines = text.splitlines(keepends=True)
    found = []
    for number in lines:
        found.append(Renamed(number, all_lines[number - 1].index("FakeBus"), "FakeBus", "OrderBus"))
        all_lines[number - 1] = all_lines[number - 1].replace("FakeBus", "OrderBus", 1)
    return EditPlan(renamed=tuple(found)), "".join(all_lines).encode()


@pytest.mark.parametrize("left_out", [1, 5, 7, 8, 9])
def test_a_plan_that_forgets_a_mention_is_found(left_out: int) -> None:
    for lines, saying in (({1, 5, 7, 8, 9}, "None"), ({1, 5, 7, 8, 9} - {left_out}, "mean")):
        plan, after = _places(PROVED, lines)
        assert saying in str(difference(PROVED.encode(), ast.parse(PROVED), after, plan))


@pytest.mark.parametrize(
    "line", ["class OrderBus: ...", "OrderBus = 1", "def f(OrderBus): return FakeBus"]
)
def test_a_plan_that_captures_another_name_is_found(line: str) -> None:
    text = f"class FakeBus: ...\n{line}\n"
    plan, after = _places(text, [n for n, x in enumerate(text.split("\n"), 1) if "FakeBus" in x])
    assert "mean" in str(difference(text.encode(), ast.parse(text), after, plan))


@pytest.mark.parametrize(
    ("line", "wrong"),
    [("f(FakeBus=1)", "beyond"), ("x.FakeBus", "beyond"), ("# FakeBus", "planned")],
)
def test_a_plan_that_renames_something_else_is_found(line: str, wrong: str) -> None:
    text = f"class FakeBus: ...\n{line}\n"
    plan, after = _places(text, [1, 2])
    assert wrong in str(difference(text.encode(), ast.parse(text), after, plan))


# Random modules, executed before and after

_READS = (
    "show(X)",
    "show([X for _ in (0,)][0])",
    "show((lambda: X)())",
    "show((lambda a=X: a)())",
    "show(next(X for _ in (0,)))",
    "show(isinstance(X, type))",
    "def g(a: 'X', b: list['X'] = (), c: X = 1) -> 'X | None':\n    return X\nshow(g(1))\n"
    "print(g.__annotations__['return'])",
    "match 1:\n    case X() if show(2): pass\n    case _: show(X)",
    "print(f'{show(X)}')",
    "class Sub(X):\n    more = 1\nshow(Sub)",
    "class Holder:\n    kept = X\n    def get(self):\n        return X\nshow(Holder().get())",
)
_BINDS = (
    "X = 1",
    "for X in (2, 3): show(X)",
    "show((lambda X: X)(6))",
    "show([x for x in (4, X)])",
    "del X",
    "(X := 8)",
    "import math as X\nprint(X.pi)",
    "try:\n    raise ValueError(9)\nexcept ValueError as X:\n    show(X.args)",
    "def X(): return 10\nshow(X())",
    "def h(X, *, y=11):\n    return X, y\nshow(h(12))",
    "class Own:\n    X = 13\n    show(X)\nshow(Own.X)",
    "print('X')",
    "print(sorted(n for n in globals() if n == 'Fake' + 'Bus'))",
)
_DEFINES = "class X:\n    tag = {n}\n    def send(self): return {n}"


def _block(choose: random.Random, depth: int, bound: float) -> str:
    """Return some statements of one scope, each of which goes on after a `NameError`."""
    parts = [choose.choice(("global X", "nonlocal X"))] if choose.random() < bound / 4 else []
    for _ in range(choose.randint(1, 4)):
        kind = choose.random()
        if kind < 0.3 and depth:
            head = choose.choice(("def f():", "def f(X=14):", "class C:", "async def f():"))
            inner = _block(choose, depth - 1, bound if choose.random() < 0.5 else 0.5)
            call = "f()" if head.startswith("def") else "pass"
            part = f"{head}\n{tools.indented(inner)}\n{call}"
        elif kind < 0.3 + bound / 3:
            part = choose.choice(_BINDS)
        elif kind < 0.4 and depth < 3:
            part = _DEFINES.format(n=choose.randint(20, 99))
        else:
            part = choose.choice(_READS)
        caught = "except (NameError, AttributeError, TypeError) as error: print(type(error))"
        parts.append(f"try:\n{tools.indented(part)}\n{caught}")
    return "\n".join(parts)


_SHOW = "def show(value): print(getattr(value, 'tag', value))\n"


def _module(choose: random.Random) -> str:
    define = _DEFINES.format(n=15)
    if choose.random() < 0.2:
        define = f"if True:\n{tools.indented(define)}\nelse:\n{tools.indented(define)}"
    parts = [_block(choose, 3, choose.choice((0.0, 0.0, 0.1))) for _ in range(3)]
    if choose.random() < 0.8:
        parts.insert(choose.randint(0, 1), define)
    return (_SHOW + "\n".join(parts) + "\n").replace("X", "FakeBus")


def _printed(text: bytes) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(text, "<module>", "exec"), {"__name__": "generated"})
        except (NameError, TypeError, ValueError) as error:
            out.write(type(error).__name__)
    return re.sub(r" at 0x\w+", "", out.getvalue())


def _compiles(text: str) -> bool:
    try:
        compile(text, "<module>", "exec")
    except SyntaxError:
        return False
    return True


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_random_modules_print_the_same() -> None:
    """Four hundred: the same is printed, a second run changes nothing, and no proof fails."""
    choose = random.Random(5)
    modules: list[str] = []
    while len(modules) < 400:
        text = _module(choose)
        modules += [text] if _compiles(text) else []
    changed = 0
    faults = {Code.PROOF_FAILED, Code.INTERNAL_ERROR, Code.LOSSY_ROUND_TRIP}
    for text in modules:
        result = apply(text.encode(), "tests/test_sample.py", CODEMOD)
        assert result.error is None, text
        codes = {r.code for d in result.decisions for r in d.reasons}
        assert codes.isdisjoint(faults), f"{result.decisions}\n{text}"
        if result.after is None:
            continue
        changed += 1
        old, new = _printed(text.encode()), _printed(result.after)
        assert new.replace("OrderBus", "FakeBus") == old, text
        assert apply(result.after, "tests/test_sample.py", CODEMOD).after is None
    assert changed > 100, changed


# Through the verbs and libcst.tool


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    files = {
        "pyproject.toml": '[tool.ssot-codemods]\nmodules = ["tests.support"]\n',
        ".libcst.codemod.yaml": "modules: [codemods.commands]\nformatter: [cat]\n",
        "tests/support.py": TEXT,
        "tests/test_a.py": f"{BUS}\nx = 'ä', FakeBus()\r\n",
        "tests/test_b.py": f"{BUS}\ny = [FakeBus]",
        "tests/test_c.py": "from tests.test_b import y\n",
    }
    for name, text in files.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(text.encode())
    return tmp_path


def _verb(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    return result.output


MIGRATE = ("migrate", "--codemod", "rename_local_class", "--allow-dirty")


def _contents() -> list[bytes]:
    return [Path(f"tests/test_{letter}.py").read_bytes() for letter in "abc"]


@pytest.mark.parametrize(
    "options",
    [("--name", "FakeBus", "--to", "OrderBus"), ("--suffix-from-file",)],
    ids=["to", "suffix"],
)
def test_both_doors_write_the_same_bytes_which_are_undone(
    repository: Path, options: tuple[str, ...]
) -> None:
    before = _contents()
    shown = _verb(*MIGRATE, *options, "--dry-run", "tests", code=1)
    assert shown.count("\n-class FakeBus:\n") == 2
    written = _verb(*MIGRATE, *options, "--max-files", "1", "tests")
    assert "with 1 class\nremaining           1 file\n" in written
    _verb(*MIGRATE, *options, "tests")
    by_verb = _contents()
    new = "OrderBus" if "--to" in options else "FakeBusA"
    assert by_verb[0] == before[0].replace(b"FakeBus", new.encode())
    assert "changed             0 files" in _verb(*MIGRATE, *options, "tests")
    for _ in range(2):
        _verb("rollback")
    assert _contents() == before
    command = "rename_local_class.RenameLocalClassCommand"
    done = subprocess.run(
        [sys.executable, "-m", "libcst.tool", "codemod", command, *options, "tests"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert _contents() == by_verb


def test_both_doors_see_a_file_that_finds_the_class_without_its_module(repository: Path) -> None:
    Path("tests/test_d.py").write_text(
        "import sys\n\n\ndef test_it():\n"
        "    assert [m for m in sys.modules.values() if hasattr(m, 'FakeBus')]\n"
    )
    options = ("--name", "FakeBus", "--to", "OrderBus")
    assert "changed             0 files" in _verb(*MIGRATE, *options, "tests")
    path = Path("tests/test_a.py")
    context = CodemodContext(filename=str(path.absolute()))
    command = RenameLocalClassCommand(context, names=["FakeBus"], to="OrderBus")
    assert command.result_of(path.read_bytes(), str(path)).status is Status.REFUSED


def test_a_new_name_for_several_is_an_error_of_the_command(repository: Path) -> None:
    command = "rename_local_class.RenameLocalClassCommand"
    done = subprocess.run(
        [sys.executable, "-m", "libcst.tool", "codemod", command, "--to", "OrderBus", "tests"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.endswith("--to needs one --name\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--codemod", "rename_local_class"), "needs --name OLD --to NEW, or --suffix-from-file"),
        (("--codemod", "rename_local_class", "--to", "A"), "--to needs one --name"),
        (
            ("--codemod", "rename_local_class", "--to", "A", "--name", "B", "--suffix-from-file"),
            "needs --name OLD --to NEW, or --suffix-from-file",
        ),
        (("--name", "A"), "need --codemod rename_local_class"),
        (("--with-tests",), "need --codemod rename_local_class"),
        (("--codemod", "rename_local_class", "--to", "match"), "'match' is no new name"),
        (("--codemod", "rename_local_class", "--to", "__A"), "'__A' is no new name"),
        (("--codemod", "rename_local_class", "--name", "a b"), "'a b' is not the name"),
    ],
)
def test_wrong_options(repository: Path, options: tuple[str, ...], message: str) -> None:
    assert message in _verb("migrate", *options, code=2)


def test_a_name_that_no_file_has_is_told(repository: Path) -> None:
    options = ("--codemod", "rename_local_class", "--name", "FakeBuss", "--to", "A1")
    assert "--name FakeBuss: no file defines that shared name\n" in _verb("migrate", *options)


def test_analyze_tells_of_it(repository: Path) -> None:
    assert (
        "\nmigrate --codemod rename_local_class: at most 2 classes in 2 files to be changed"
        in _verb("analyze", "-v")
    )


def test_builtins_are_no_names_of_classes() -> None:
    modules = shared("class ValueError:\n    def f(self): ...\n", "tests.support")
    text = "class ValueError:\n    def f(self, a): ...\n"
    codemod = RenameLocalClass(modules, Renaming("Own"))
    tools.check_refused(text, Code.REBOUND, codemod=codemod)


def test_a_copy_among_definitions_of_the_name() -> None:
    modules: SharedModules = MODULES
    found = tools.run(f"{COPY}\ndef f():\n{tools.indented(BUS)}", codemod=RenameLocalClass(modules))
    assert [d.definition.line for d in found.decisions] == [9]
