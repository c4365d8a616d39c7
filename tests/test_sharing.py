"""What a definition itself must not do to be shared: keep state, act, mean its module."""

from __future__ import annotations

import re
import sys

import pytest

from codemods.model import Code, SharedModules, Status
from tests.tools import check_refused, indented, run, shared

LIB = "lib.tools"


def is_shared(text: str, modules: SharedModules | None = None) -> bool:
    """Whether a file replaces each of its definitions, the shared module being of the same text."""
    result = run(text, modules=modules or shared(text, LIB))
    assert result.error is None
    assert result.decisions
    return result.status is Status.CHANGED and not result.refused


STATELESS = {
    "constants": "    a = -1\n    b = ('a', b'b', 1 + 2)\n    c = None\n",
    "a sum with a text, and of flags": "    a = len + 'x'\n    b = len.X | len.Y\n",
    "a name": "    a = len\n    b = a\n",
    "a lambda": "    f = lambda self, x=1, *, y=(): x\n",
    "immutable defaults": "    def f(self, x=(), *, y=None, z=-1): ...\n",
    "instance attributes": "    def f(self):\n        self.a = []\n        self.a.b = 1\n",
    "an attribute of something made": (
        "    @classmethod\n    def f(cls):\n        x = cls()\n        x.a = 1\n"
    ),
    "a class in it": "    class Inner:\n        x = 1\n",
    "slots": "    __slots__ = ['a', 'b']\n    def f(self): ...\n",
    "match arguments": "    __match_args__ = ('a',)\n",
    "setattr of an instance": "    def f(self):\n        setattr(self, 'a', 1)\n",
}

STATE = {
    "a list": ("    a = []\n", "`a = []` is state of the class"),
    "a mapping": ("    a: dict = {}\n", "is state of the class"),
    "a tuple with a list": ("    a = (1, [])\n", "is state of the class"),
    "a sum of what has names": ("    a = MORE + LESS\n", "is state of the class"),
    "what has a name, repeated": ("    a = MORE * 2\n", "is state of the class"),
    "a call": ("    a = Lock()\n", "`a = Lock()` is state of the class"),
    "a comprehension": ("    a = [x for x in ()]\n", "is state of the class"),
    "a formatted text": ("    a = f'{1}'\n", "is state of the class"),
    "state of a class in it": ("    class Inner:\n        a = []\n", "is state of the class"),
    "a mutable default": ("    def f(self, x=[]): ...\n", "the default value `[]` is mutable"),
    "a keyword-only mutable default": ("    def f(self, *, x={}): ...\n", "the default value `{}`"),
    "a made default": ("    def f(self, x=now()): ...\n", "the default value `now()`"),
    "a mutable default of a lambda": ("    f = lambda self, x=[]: x\n", "is state of the class"),
    "cls": ("    @classmethod\n    def f(cls):\n        cls.n = 1\n", "`cls.n` is set on"),
    "its own name": ("    def f(self):\n        Fake.n += 1\n", "`Fake.n` is set on"),
    "its type": ("    def f(self):\n        type(self).n = 1\n", "`type(self).n` is set on"),
    "its class": ("    def f(self):\n        del self.__class__.n\n", "is set on the definition"),
    "the class cell": ("    def f(self):\n        __class__.n = 1\n", "`__class__.n` is set on"),
    "the first parameter of a class method": (
        "    @classmethod\n    def f(kind):\n        kind.n = 1\n",
        "`kind.n` is set on",
    ),
    "the first parameter of __new__": (
        (
            "    def __new__(kind):\n        kind.one = object.__new__(kind)\n"
            "        return kind.one\n"
        ),
        "`kind.one` is set on",
    ),
    "another name for its type": (
        "    def f(self):\n        kind = type(self)\n        kind.n = 1\n",
        "`kind.n` is set on",
    ),
    "a walrus": (
        "    def f(self):\n        (k := type(self)).n = (k, 1)\n        k.n = 1\n",
        "is set",
    ),
    "one of several names": (
        "    def f(self):\n        kind, x = type(self), 1\n        kind.n = x\n",
        "`kind.n` is set on",
    ),
    "type.__setattr__": (
        "    def f(self):\n        type.__setattr__(type(self), 'n', 1)\n",
        "is set on",
    ),
    "setattr": ("    def f(self):\n        setattr(type(self), 'n', 1)\n", "is set on"),
    "delattr": ("    @classmethod\n    def f(cls):\n        delattr(cls, 'n')\n", "is set on"),
    "an attribute of a method": ("    def f(self):\n        self.__class__.f.n = 1\n", "is set on"),
    "an attribute of a class in it": (
        "    class Inner: ...\n    def f(self):\n        self.Inner.n = 1\n",
        "`self.Inner.n` is set on",
    ),
    "global": ("    def f(self):\n        global n\n        n = 1\n", "`global n` writes outside"),
    "nonlocal": (
        (
            "    def f(self):\n        n = 1\n        def g():\n            nonlocal n\n"
            "            n = 2\n"
        ),
        "",
    ),
}


@pytest.mark.parametrize("body", STATELESS.values(), ids=STATELESS)
def test_a_class_without_state(body: str) -> None:
    assert is_shared("class Fake:\n" + body)


@pytest.mark.parametrize(("body", "saying"), STATE.values(), ids=STATE)
def test_a_class_with_state(body: str, saying: str) -> None:
    text = "class Fake:\n" + body
    if not saying:  # that one is inside of the definition
        assert is_shared(text)
    else:
        check_refused(text, Code.STATE, saying=saying, modules=shared(text, LIB))


def test_what_a_definition_sets_of_the_function_around_it_is_quoted() -> None:
    definition = "def f():\n    nonlocal n\n    n = 1\n"
    before = "def test():\n    n = 0\n" + indented(definition) + "    f()\n"
    codes = (Code.STATE, Code.NESTED)
    check_refused(before, *codes, line=4, saying="`nonlocal n`", modules=shared(definition, LIB))


FUNCTION_STATE = {
    "a mutable default": "def f(x=[]): ...\n",
    "a counter": "def f():\n    f.calls += 1\n",
    "setattr": "def f():\n    setattr(f, 'calls', 1)\n",
    "global": "def f():\n    global n\n    n = 1\n",
    "parameters of a fixture": (
        "import pytest\n@pytest.fixture(params=[1, {}])\ndef f(request): return request.param\n"
    ),
    "parameters of a fixture by param": (
        "import pytest\n@pytest.fixture(params=[pytest.param([], id='a')])\ndef f(request): ...\n"
    ),
}


@pytest.mark.parametrize("text", FUNCTION_STATE.values(), ids=FUNCTION_STATE)
def test_a_function_with_state(text: str) -> None:
    check_refused(text, Code.STATE, modules=shared(text, LIB))


def test_a_method_of_an_enum_that_changes_its_member() -> None:
    text = "from enum import Enum\n\n\nclass E(Enum):\n    A = 1\n    def {}(self): self.n = 1\n"
    for name in ("go", "__str__"):
        found = check_refused(text.format(name), Code.STATE, modules=shared(text.format(name), LIB))
        assert "is set on a member" in found.decisions[0].reasons[0].message
    assert is_shared(text.format("__init__"))


FIELDS = {
    "fields of a dataclass": (
        "from dataclasses import dataclass, field\n@dataclass\nclass A:\n"
        "    x: list = field(default_factory=list)\n    y: int = field(default=1, repr=False)\n"
    ),
    "fields of a model": (
        "from pydantic import BaseModel, ConfigDict, Field\nclass A(BaseModel):\n"
        "    model_config = ConfigDict(extra='allow')\n    x: int = Field(1, gt=0)\n"
        "    y: list = Field(default_factory=list, description='x')\n"
    ),
    "automatic values of an enumeration": (
        "import enum\nclass A(enum.Enum):\n    X = enum.auto()\n    Y = 2\n"
    ),
}

NO_FIELDS = {
    "a default that is called": (
        "from dataclasses import dataclass, field\n@dataclass\nclass A:\n"
        "    x: int = field(default=now())\n"
    ),
    "a field of another kind": "from x import field\nclass A:\n    x = field(default=1)\n",
}


@pytest.mark.parametrize("text", FIELDS.values(), ids=FIELDS)
def test_fields_are_no_state(text: str) -> None:
    assert is_shared(text)


@pytest.mark.parametrize("text", NO_FIELDS.values(), ids=NO_FIELDS)
def test_other_calls_are_state(text: str) -> None:
    assert not is_shared(text)


SPIDER = "import scrapy\n\n\nclass A(scrapy.Spider):\n    urls = ['a']\n"
SPIDERS = {
    "alone": ("", True),
    "of another class": ("class B:\n    urls = 1\n", True),
    "changed by an instance": ("A().urls.append('b')\n", False),
    "changed by itself": ("    def go(self): self.urls.append('b')\n", False),
    "made by a call": ("    urls = find()\n", False),
}


@pytest.mark.parametrize(("rest", "is_trusted"), SPIDERS.values(), ids=SPIDERS)
def test_the_settings_may_trust_an_attribute_that_nothing_changes(
    rest: str, *, is_trusted: bool
) -> None:
    text = SPIDER + rest
    modules = shared(text, LIB, harmless=("scrapy.Spider", "scrapy.Spider.urls"))
    result = run(text, modules=modules)
    codes = [r.code for d in result.decisions if d.definition.name == "A" for r in d.reasons]
    assert codes == ([] if is_trusted else [Code.STATE])


def test_which_attribute_to_trust_is_said() -> None:
    modules = shared(SPIDER, LIB, harmless=("scrapy.Spider",))
    advice = "(if nothing changes it, add `scrapy.Spider.urls` to the setting `harmless`)"
    check_refused(SPIDER, Code.STATE, saying=advice, modules=modules)


# Acts when it is executed

ACTS = {
    "a decorator": "@register\nclass A:\n    x = 1\n",
    "a decorator with arguments": "from app import route\n@route('/')\ndef f(): ...\n",
    "a decorator of a method": (
        "from app import route\nclass A:\n    @route\n    def f(self): ...\n"
    ),
    "a cache": "from functools import lru_cache\n@lru_cache\ndef f(): ...\n",
    "a cache of a method": (
        "import functools\nclass A:\n    @functools.cache\n    def f(self): ...\n"
    ),
    "singledispatch": "from functools import singledispatch\n@singledispatch\ndef f(x): ...\n",
    "a local decorator": "def wrap(f): return f\n@wrap\ndef f(): ...\n",
    "a base from elsewhere": "from orm import Base\nclass A(Base):\n    x = 1\n",
    "a base that is a call": "from orm import base\nclass A(base()):\n    x = 1\n",
    "a base that a module has": "import orm\nclass A(orm.Base):\n    x = 1\n",
    "a keyword from elsewhere": "from orm import Meta\nclass A(metaclass=Meta):\n    x = 1\n",
    "a hook for subclasses": "class A:\n    def __init_subclass__(cls): ...\n",
    "a hook of a metaclass": "class A(type):\n    def __init__(cls, *args): print(cls)\n",
    "a hook of an abstract metaclass": (
        "import abc\nclass A(abc.ABCMeta):\n    def __new__(mcs, *args): return 1\n"
    ),
    "a call in the body": "class A:\n    print(1)\n",
    "a condition in the body": "class A:\n    if 1:\n        x = 1\n",
    "a loop in the body": "class A:\n    for x in (): ...\n",
    "a call in a mark": "import pytest\n@pytest.mark.x(register())\nclass A:\n    x = 1\n",
    "what only looks like a mark": "from x import pytest\n@pytest.mark.a\nclass A:\n    x = 1\n",
    "a mark of our own": "mark = Mark()\n@mark.a\nclass A:\n    x = 1\n",
    "an attribute that the file sets, in a class": (
        "import lib\ndef g(): lib.url = 1\nclass A:\n    x = lib.url\n"
    ),
    "an attribute that the file sets, as a default": (
        "from lib import conf\ndef g(): conf.url = 1\ndef f(x=conf.url): ...\n"
    ),
    "an attribute that the file sets, in a method": (
        "import lib\ndef g(): setattr(lib, 'url', 1)\nclass A:\n    def f(self, x=lib.url): ...\n"
    ),
    "an attribute that the file sets, in a fixture": (
        "import pytest, lib\ndef g(): lib.p = 1\n@pytest.fixture(params=lib.p)\ndef f(): ...\n"
    ),
    "a mark in a variable": "import pytest\nslow = pytest.mark.slow\n@slow\nclass A:\n    x = 1\n",
    "a called argument of a harmless decorator": (
        "import pytest\n@pytest.fixture(params=make())\ndef f(): ...\n"
    ),
    "a fixture of another kind": "from x import fixture\n@fixture\ndef f(): ...\n",
    "a harmless base that is rebound": (
        "from typing import Protocol\nProtocol = 1\nclass A(Protocol):\n    x = 1\n"
    ),
}

ACTS_NOT = {
    "builtins": (
        "class A(dict):\n    @property\n    def f(self): ...\n    @f.setter\n"
        "    def f(self, x): ...\n"
    ),
    "an exception": "class A(KeyError, OSError):\n    x = 1\n",
    "an abstract class": (
        "from abc import ABC, abstractmethod\nclass A(ABC):\n    @abstractmethod\n"
        "    def f(self): ...\n"
    ),
    "a metaclass of the standard library": (
        "import abc\nclass A(metaclass=abc.ABCMeta):\n    x = 1\n"
    ),
    "a protocol": "import typing as t\n@t.runtime_checkable\nclass A(t.Protocol):\n    x = 1\n",
    "a generic class": (
        "from typing import Generic\nfrom x import T\nclass A(Generic[T]):\n    x = 1\n"
    ),
    "a named tuple": "from typing import NamedTuple\nclass A(NamedTuple):\n    x: int = 1\n",
    "a typed dictionary": (
        "from typing import TypedDict\nclass A(TypedDict, total=False):\n    x: int\n"
    ),
    "an enumeration": "from enum import Enum, unique\n@unique\nclass A(str, Enum):\n    X = 'x'\n",
    "a dataclass": (
        "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass A:\n    x: int\n"
    ),
    "a model": "from pydantic import BaseModel\nclass A(BaseModel):\n    x: int\n",
    "context managers": (
        "import contextlib\n@contextlib.asynccontextmanager\nasync def f():\n    yield\n"
    ),
    "wraps": (
        "from functools import wraps\ndef f(g):\n    @wraps(g)\n    def h(): ...\n    return h\n"
    ),
    "a decorator inside of a function": (
        "from app import route\ndef f():\n    @route\n    def g(): ...\n"
    ),
    "a cached property": (
        "from functools import cached_property\nclass A:\n    @cached_property\n"
        "    def f(self): ...\n"
    ),
    "a local base": "class B:\n    x = 1\nclass A(B):\n    y = 1\n",
    "a default that the class binds": "class A:\n    X = 1\n    def f(self, x=X): ...\n",
    "a class in the class": "class A:\n    class B: ...\n    class C(B): ...\n",
    "a fixture": (
        "import pytest\n@pytest.fixture(scope='session', autouse=True)\ndef f():\n    yield 1\n"
    ),
    "an attribute that the file sets of another thing": (
        "import conf, lib\ndef g(): conf.url = 1\ndef f(x=lib.url): ...\n"
    ),
    "an attribute that is read when it is called": (
        "import lib\ndef g(): lib.url = 1\nclass A:\n    def f(self): return lib.url\n"
    ),
    "an asynchronous fixture": (
        "import pytest_asyncio\n@pytest_asyncio.fixture\nasync def f():\n    yield 1\n"
    ),
}


@pytest.mark.parametrize("text", ACTS.values(), ids=ACTS)
def test_what_acts_when_it_is_defined(text: str) -> None:
    result = run(text, modules=shared(text, LIB))
    found = {r.code for d in result.decisions if d.definition.name in {"A", "f"} for r in d.reasons}
    assert Code.ACTS_WHEN_DEFINED in found


@pytest.mark.parametrize("text", ACTS_NOT.values(), ids=ACTS_NOT)
def test_what_is_known_not_to_act(text: str) -> None:
    assert is_shared(text)


def test_the_settings_may_trust_more_and_a_message_says_what_to_add() -> None:
    text = (
        "import scrapy\nfrom app import route\nfrom generic import Box\n"
        "@route('/a')\nclass A(scrapy.Spider, Box[int]):\n    x = 1\n"
    )
    added: list[str] = []
    for message in ("`@route('/a')`", "`scrapy.Spider`", "`Box[int]`"):
        modules = shared(text, LIB, harmless=tuple(added))
        result = check_refused(text, Code.ACTS_WHEN_DEFINED, saying=message, modules=modules)
        advice = re.search(r"add `(.+)` to the setting", result.decisions[0].reasons[0].message)
        assert advice
        added.append(advice[1])
    assert is_shared(text, shared(text, LIB, harmless=tuple(added)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from .app import A\nclass B(A):\n    x = 1\n", id="relative import"),
        pytest.param("from a import f\n@f(f())\nclass B:\n    x = 1\n", id="an argument acts"),
        pytest.param("from a import f\nclass B(f()):\n    x = 1\n", id="a call as a base"),
        pytest.param("import functools\n@functools.cache\ndef f(): pass\n", id="a cache"),
    ],
)
def test_no_advice_that_would_not_be_enough(text: str) -> None:
    result = run(text, modules=shared(text, LIB))
    reasons = [r for d in result.decisions for r in d.reasons if r.code is Code.ACTS_WHEN_DEFINED]
    assert reasons
    assert not any("harmless" in r.message for r in reasons)


# Means its module

DEPENDENT = {
    "__name__": "return __name__",
    "__file__": "return open(__file__)",
    "__package__": "return __package__",
    "__spec__": "return __spec__.name",
    "globals": "return globals()",
    "eval": "return eval('x')",
    "exec": "exec('x')",
    "vars without arguments": "return vars()",
    "a relative import": "from . import x",
    "a relative import of a module": "from ..x import y",
    "sys._getframe": "import sys\n    return sys._getframe(1)",
    "inspect.stack": "import inspect\n    return inspect.stack()",
    "inspect.currentframe": "import inspect\n    return inspect.currentframe().f_back",
    "a stack level": "import warnings\n    warnings.warn('x', stacklevel=2)",
    "the module of something": "return f.__module__",
    "the globals of a function": "return f.__globals__",
    "the code of a function": "return f.__code__.co_filename",
    "an import with globals": "return __import__(x, globals())",
    "an import with other globals": "return __import__(x, {})",
    "an import with globals by name": "return __import__(x, globals=x)",
    "a relative import by a call": "return __import__(x, level=1)",
    "an import of an unknown level": "return __import__(x, level=x)",
    "an import of unknown arguments": "return __import__(*x)",
    "an import of unknown keywords": "return __import__(x, **x)",
    "an import without a name": "return __import__(name=x)",
    "an import that is handed on": "return map(__import__, x)",
}

INDEPENDENT = {
    "a local name": "with x() as stack:\n        return stack.close()",
    "an attribute": "return x.stack, x.currentframe",
    "an absolute import": "from a import b\n    return b",
    "vars of something": "return vars(x), dir(x)",
    "a warning": "import warnings\n    warnings.warn('x')",
    "an import by a call": "return __import__(x), __import__(x, fromlist=[x], level=0)",
}


@pytest.mark.parametrize("body", DEPENDENT.values(), ids=DEPENDENT)
def test_what_means_its_module(body: str) -> None:
    function = f"def f(x):\n    {body}\n"
    check_refused(function, Code.MODULE_DEPENDENT, modules=shared(function, LIB))
    method = "class A:\n" + indented(function).replace("f(x)", "f(self, x)")
    check_refused(method, Code.MODULE_DEPENDENT, modules=shared(method, LIB))


def test_a_function_of_frames_that_is_imported_by_its_name() -> None:
    text = "from inspect import stack\ndef f(): return stack()\n"
    check_refused(text, Code.MODULE_DEPENDENT, modules=shared(text, LIB))
    text = "import inspect as i\ndef f(): return i.stack()\n"
    check_refused(text, Code.MODULE_DEPENDENT, modules=shared(text, LIB))


def test_an_import_function_of_the_file() -> None:
    text = "def __import__(x): ...\ndef f(x): return __import__(x)\n"
    check_refused(text, Code.MODULE_DEPENDENT, modules=shared(text, LIB))


@pytest.mark.parametrize("body", INDEPENDENT.values(), ids=INDEPENDENT)
def test_what_means_the_same_in_any_module(body: str) -> None:
    assert is_shared(f"def f(x):\n    {body}\n")


# What the shared module does when it is imported

ACTS = {
    "a call": "print('shared')\n",
    "an item": "os.environ['MODE'] = 'test'\n",
    "an attribute": "time.sleep = None\n",
    "in a block": "if sys.version_info > (3,):\n    random.seed(1)\n",
    "in a try": "try:\n    import a\nexcept ImportError:\n    sys.path.insert(0, 'lib')\n",
    "a loop": "for x in ():\n    x()\n",
    "a skip": "a = pytest.importorskip('a')\n",
}
ONLY_BINDS = {
    "what it needs": "'''Tools.'''\nimport a\nT = TypeVar('T')\nlog: Any = getLogger(__name__)\n",
    "a choice": "try:\n    import a\nexcept ImportError:\n    a = None\n",
    "types": "if TYPE_CHECKING:\n    import a\n",
    "a list of names": "__all__ = ['make']\n__all__ += ['other']\n",
    "a program": "if __name__ == '__main__':\n    main()\n",
    "rewritten asserts": "pytest.register_assert_rewrite('tests.other')\n",
}


@pytest.mark.parametrize("text", [*ACTS.values(), *ONLY_BINDS.values()])
def test_a_shared_module_that_acts_when_it_is_imported(text: str) -> None:
    definition = "def make():\n    return 1\n"
    modules = shared(text + definition, LIB)
    assert is_shared(definition, modules) is (text not in ACTS.values())
    assert is_shared(f"from {LIB} import other\n{definition}", modules)
    if text in ACTS.values():
        check_refused(definition, Code.ACTS_WHEN_DEFINED, saying="conftest.py", modules=modules)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="PEP 695")
def test_a_type_of_a_shared_module_does_not_act() -> None:
    definition = "def make():\n    return 1\n"
    assert is_shared(definition, shared("type Ints = list[int]\n" + definition, LIB))


# Traps of pytest, unittest and doctest

DOCTESTS = {
    "a function": 'def f():\n    """Return 1.\n\n    >>> f()\n    1\n    """\n    return 1\n',
    "a class": 'class A:\n    """>>> A()"""\n    x = 1\n',
    "a method": 'class A:\n    def f(self):\n        """>>> A()"""\n',
}


@pytest.mark.parametrize("text", DOCTESTS.values(), ids=DOCTESTS)
def test_a_docstring_with_an_example(text: str) -> None:
    check_refused(text, Code.DOCTEST, modules=shared(text, LIB))
    without = text.replace(">>>", "See")
    assert is_shared(without, shared(text, LIB))


CALLED_BY_NAME = [
    *("setup_module", "teardown_module", "setup_function", "teardown_function", "load_tests"),
    *("setUpModule", "tearDownModule", "pytest_configure", "pytest_generate_tests"),
    *("__getattr__", "__dir__"),
]


@pytest.mark.parametrize("name", CALLED_BY_NAME)
def test_a_function_that_is_called_by_its_name(name: str) -> None:
    text = f"def {name}(*args): return 1\n"
    # Such a function of the shared module is called there, and is no shared definition.
    assert run(text, modules=shared(text, LIB)).decisions == ()
    other = shared(f"def f(*args): return 1\ndef {name}(): ...\n{name} = 1\n", LIB)
    assert run(text, modules=other).after is None


ASSERTS = {
    "a function": "def f(x):\n    assert x == 1\n",
    "a method": "class A:\n    def f(self):\n        assert self.x\n",
    "a fixture": "import pytest\n@pytest.fixture\ndef f():\n    yield 1\n    assert True\n",
}


@pytest.mark.parametrize("text", ASSERTS.values(), ids=ASSERTS)
@pytest.mark.parametrize("path", ["tests/test_a.py", "tests/a_test.py", "tests/conftest.py"])
def test_an_assertion_that_pytest_explains_here_alone(text: str, path: str) -> None:
    saying = 'let the root conftest.py call `pytest.register_assert_rewrite("lib.tools")`'
    check_refused(text, Code.ASSERTS, saying=saying, path=path, modules=shared(text, LIB))
    rewritten = shared(text, LIB, rewrites_asserts=True)
    assert run(text, path, rewritten).status is Status.CHANGED
    assert run(text, "tests/helpers.py", shared(text, LIB)).status is Status.CHANGED
