"""Which definitions are the same code as a shared one, and the first difference of the others."""

from __future__ import annotations

import ast

import pytest

from codemods.model import Code, Status
from codemods.rewrites.replace_local_copies.equality import Normal
from tests.tools import COPY, check_refused, run, shared

LIB = "lib.tools"


def is_equal(here: str, there: str) -> bool:
    """Run the codemod on a file with `here`, the shared module being `there`."""
    result = run(here, modules=shared(there, LIB))
    assert result.error is None
    return result.status is Status.CHANGED


EQUAL = {
    "a docstring": ("def f():\n    '''Doc.'''\n    return 1\n", "def f():\n    return 1\n"),
    "a docstring of a class and of a method": (
        "class A:\n    '''Doc.'''\n    def f(self):\n        'doc'\n",
        "class A:\n    def f(self):\n        pass\n",
    ),
    "annotations of parameters and results": (
        "def f(a: int, *b: str, c: list = None, **d) -> None:\n    return a\n",
        "def f(a, *b, c=None, **d):\n    return a\n",
    ),
    "an annotated assignment": (
        "class A:\n    x: int = 1\n    def f(self):\n        self.y: int = 2\n",
        "class A:\n    x = 1\n    def f(self):\n        self.y = 2\n",
    ),
    "a bare annotation in a class": ("class A:\n    x: int\n    y = 1\n", "class A:\n    y = 1\n"),
    "pass": (
        "def f(x):\n    pass\n    if x:\n        pass\n    else:\n        pass\n    return 1\n",
        "def f(x):\n    if x:\n        pass\n    return 1\n",
    ),
    "the order of methods": (
        "class A:\n    def f(self): return 1\n    x = 1\n    def g(self): return 2\n",
        "class A:\n    x = 1\n    def g(self): return 2\n    def f(self): return 1\n",
    ),
    "the order of built-in decorated methods": (
        "class A:\n    @property\n    def f(self): ...\n    @staticmethod\n    def g(): ...\n",
        "class A:\n    @staticmethod\n    def g(): ...\n    @property\n    def f(self): ...\n",
    ),
    "a base object": ("class A(object):\n    x = 1\n", "class A:\n    x = 1\n"),
    "a mark": ("import pytest\n@pytest.mark.unit\nclass A:\n    x = 1\n", "class A:\n    x = 1\n"),
    "a mark, where pytest is imported later": (
        "@pytest.mark.unit\nclass A:\n    x = 1\n\nimport pytest\n",
        "class A:\n    x = 1\n",
    ),
    "a mark by its own import": (
        "from pytest import mark\n@mark.x(1)\nclass A:\n    x = 1\n",
        "class A:\n    x = 1\n",
    ),
    "a mark of a fixture": (
        "import pytest\n@pytest.fixture\n@pytest.mark.x\ndef f():\n    return 1\n",
        "import pytest\n@pytest.fixture\ndef f():\n    return 1\n",
    ),
    "a mark of a method": (
        "import pytest\nclass A:\n    @pytest.mark.x\n    def f(self): ...\n",
        "class A:\n    def f(self): ...\n",
    ),
    "no test, in both": ("class A:\n    __test__ = False\n", "class A:\n    __test__ = False\n"),
    "no test, there": ("class A:\n    x = 1\n", "class A:\n    __test__ = False\n    x = 1\n"),
    "a leading underscore": ("def _f():\n    return 1\n", "def f():\n    return 1\n"),
    "a leading underscore there": ("def f():\n    return 1\n", "def _f():\n    return 1\n"),
    "a leading underscore, recursive": (
        "def _f(n):\n    return _f(n - 1) if n else 0\n",
        "def f(n):\n    return f(n - 1) if n else 0\n",
    ),
    "an alias": ("class B:\n    x = 1\n", "class A:\n    x = 1\nB = A\n"),
    "layout, quotes and comments": (
        "def f(a,\n      b):\n    # why\n    return ('x' + \"y\"  # z\n            u'')\n",
        'def f(a, b): return "x" + "y" ""\n',
    ),
    "a type comment": ("def f(a):  # type: (int) -> int\n    return a\n", "def f(a): return a\n"),
    "a docstring of a fixture": (
        "import pytest\n@pytest.fixture\ndef f() -> int:\n    'Doc.'\n    return 1\n",
        "import pytest\n@pytest.fixture\ndef f():\n    return 1\n",
    ),
    "annotations of a context manager": (
        "from contextlib import contextmanager\n@contextmanager\ndef f(x: int):\n    yield x\n",
        "from contextlib import contextmanager\n@contextmanager\ndef f(x):\n    yield x\n",
    ),
    "annotations of an exception": (
        "class A(Exception):\n    def f(self, x: int): return x\n",
        "class A(Exception):\n    def f(self, x): return x\n",
    ),
    "text annotations, where nothing reads them": (
        "from __future__ import annotations\ndef f(a: X): return a\n",
        "def f(a): return a\n",
    ),
    "a match of True": ("def f(x):\n    match x:\n        case True | None: return 1\n",) * 2,
    "a coroutine": ("async def f():\n    await g()\ng = 1\n", "async def f(): await g()\ng = 1\n"),
    "a generator": ("def f():\n    yield 1\n    yield from ()\n",) * 2,
    "integers that are too long to be written in decimals": (
        f"class A:\n    x = 0x{'f' * 4000}\n",
        f"class A:\n    x = 0x{'f' * 4000}\n",
    ),
}

READ = {
    "a dataclass": "from dataclasses import dataclass\n@dataclass\nclass A:\n    {}\n",
    "a named tuple": "from typing import NamedTuple\nclass A(NamedTuple):\n    {}\n",
    "a model": "import pydantic\nclass A(pydantic.BaseModel):\n    {}\n",
    "a typed dictionary": (
        "from typing import TypedDict\nclass A(TypedDict, total=False):\n    {}\n"
    ),
    "a class in a class": (
        "from dataclasses import dataclass\nclass A:\n    @dataclass\n    class B:\n        {}\n"
    ),
}

UNEQUAL = {
    "another builtin": ("def f(x):\n    return min(x)\n", "def f(x):\n    return max(x)\n"),
    "another exception": (
        "def f():\n    x = 1\n    raise TypeError\n",
        "def f():\n    x = 1\n    raise ValueError\n",
    ),
    "another constant": ("def f():\n    x = 1\n    return 1\n", "def f():\n    x = 1\n"),
    "a mark of a function": (
        "import pytest\n@pytest.mark.xfail\ndef f():\n    x = 1\n    raise TypeError\n",
        "def f():\n    x = 1\n    raise TypeError\n",
    ),
    "True and 1": ("class A:\n    x = True\n", "class A:\n    x = 1\n"),
    "1 and 1.0": ("class A:\n    x = 1\n", "class A:\n    x = 1.0\n"),
    "a string and bytes": ("class A:\n    x = 'a'\n", "class A:\n    x = b'a'\n"),
    "another default": ("def f(x=1): return x\n", "def f(x=2): return x\n"),
    "another name of a parameter": ("def f(x): return 1\n", "def f(y): return 1\n"),
    "a keyword-only parameter": ("def f(*, x): return x\n", "def f(x): return x\n"),
    "a positional-only parameter": ("def f(x, /): return x\n", "def f(x): return x\n"),
    "a coroutine": ("async def f(): return 1\n", "def f(): return 1\n"),
    "a generator": ("def f():\n    return 1\n    yield\n", "def f():\n    return 1\n"),
    "a static method": (
        "class A:\n    @staticmethod\n    def f(x): ...\n    y = 1\n",
        "class A:\n    def f(x): ...\n    y = 1\n",
    ),
    "a base": ("class A(Exception):\n    x = 1\n", "class A:\n    x = 1\n"),
    "a base of the name object": (
        "from x import object\nclass A(object):\n    x = 1\n",
        "class A:\n    x = 1\n",
    ),
    "finally: pass": (
        "def f():\n    try: x()\n    finally: pass\n",
        "def f():\n    x()\n",
    ),
    "a bare local annotation, which makes the name a local one": (
        "def f():\n    x: int\n    return x\n",
        "def f():\n    return x\n",
    ),
    "the order of attributes": (
        "class A:\n    x = 1\n    y = x\n",
        "class A:\n    y = x\n    x = 1\n",
    ),
    "the order of an attribute and a method that it reads": (
        "class A:\n    def f(self): ...\n    g = f\n",
        "class A:\n    g = f\n    def f(self): ...\n",
    ),
    "a method defined twice": (
        "class A:\n    def f(self): return 1\n    def f(self): return 2\n",
        "class A:\n    def f(self): return 2\n    def f(self): return 1\n",
    ),
    "a method and two names for one value": (
        "class A:\n    def f(self): return 1\n    f = g = None\n",
        "class A:\n    f = g = None\n    def f(self): return 1\n",
    ),
    "a method that takes the name of a decorator": (
        "class A:\n    @property\n    def x(self): ...\n    def property(self): ...\n",
        "class A:\n    def property(self): ...\n    @property\n    def x(self): ...\n",
    ),
    "a method of the name of the class": (
        "class A:\n    def A(self): ...\n",
        "class A:\n    x = 1\nclass B:\n    def B(self): ...\n",
    ),
    "an annotation that acts": (
        "def f(x: print(1)): return x\n",
        "def f(x): return x\n",
    ),
    "a result annotated by what acts": ("def f() -> print(1): return 1\n", "def f(): return 1\n"),
    "no test, here": ("class A:\n    __test__ = False\n    x = 1\n", "class A:\n    x = 1\n"),
    "no test, by an annotated assignment": (
        "class A:\n    __test__: bool = False\n    x = 1\n",
        "class A:\n    x = 1\n",
    ),
    "a test": ("class A:\n    __test__ = True\n    x = 1\n", "class A:\n    x = 1\n"),
    "the name of an alias, that it reads": (
        "class B:\n    def f(self): return type(self).__name__\n",
        "class A:\n    def f(self): return type(self).__name__\nB = A\n",
    ),
    "the name of a function, that it reads": (
        "def _f(): return _f.__name__\n",
        "def f(): return f.__name__\n",
    ),
    "an alias, whose name a base may tell": (
        "from abc import ABC\nclass B(ABC):\n    x = 1\n",
        "from abc import ABC\nclass A(ABC):\n    x = 1\nB = A\n",
    ),
    "an alias, whose name a decorator may tell": (
        "from dataclasses import dataclass\n@dataclass\nclass B:\n    x: int\n",
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\nB = A\n",
    ),
    "private names of an alias": (
        "class B:\n    def f(self): return self.__x\n",
        "class A:\n    def f(self): return self.__x\nB = A\n",
    ),
}


@pytest.mark.parametrize(("here", "there"), EQUAL.values(), ids=EQUAL)
def test_what_does_not_count(here: str, there: str) -> None:
    assert is_equal(here, there)


@pytest.mark.parametrize(("here", "there"), UNEQUAL.values(), ids=UNEQUAL)
def test_what_counts(here: str, there: str) -> None:
    assert not is_equal(here, there)
    assert is_equal(here, here) or "__test__" in here or "A(object)" in here or "x()" in here


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_annotations_and_docstrings_count_where_something_reads_them(text: str) -> None:
    field = text.format("x: int")
    assert is_equal(field, field)
    for other in ("x: str", "x: 'int'", "y: int", "'Doc.'\n    x: int".replace("\n    ", "; ")):
        assert not is_equal(field, text.format(other)), other
    future = "from __future__ import annotations\n"
    assert is_equal(future + field, future + field)
    assert not is_equal(future + field, field)
    assert not is_equal(field, future + field)


MODEL = "import pydantic\nfrom {} import Other\nclass A(pydantic.BaseModel):\n    x: {}\n"


@pytest.mark.parametrize("annotation", ["Other", "'Other'", "list['Other']"])
def test_the_names_in_annotations_that_are_read_mean_the_same(annotation: str) -> None:
    text = MODEL.format("a", annotation)
    assert is_equal(text, text)
    assert not is_equal(MODEL.format("b", annotation), text)


def test_the_texts_of_a_literal_type_are_no_names() -> None:
    text = "import pydantic\nfrom typing import Literal\nclass A(pydantic.BaseModel):\n    {}\n"
    text = text.format("x: Literal['one', 'two words']")
    assert is_equal(text, text)


DOC = "class A:\n    def f(self, x: int):\n        'Doc.'\n        return x\n\n\n"
BARE = "class A:\n    def f(self, x):\n        return x\n\n\n"
READS = {
    "a docstring": "A().f.__doc__\n",
    "annotations": "A().f.__annotations__\n",
    "a signature": "inspect.signature(A().f)\n",
    "type hints": "typing.get_type_hints(A().f)\n",
    "what a method is passed to": "app.tool(A().f)\n",
    "what a method of an instance is passed to": "def test(a):\n    app.add(run=a.f)\n",
    "a base beside it": "from lib import Model\nclass B(A, Model): ...\n",
    "a base beside a subclass": "import lib\nclass B(A): ...\nclass C(B, lib.Model[int]): ...\n",
    "the metaclass of a subclass": "from lib import Meta\nclass B(A, metaclass=Meta): ...\n",
    "the decorator of a subclass": "import lib\n@lib.model(x=1)\nclass B(A): ...\n",
}
READS_NOT = {
    "a subclass": "class B(A): ...\n",
    "a base of Python beside it": "import unittest\nclass B(A, unittest.TestCase): ...\n",
    "a decorator of Python": "from dataclasses import dataclass\n@dataclass\nclass B(A): ...\n",
    "a mark": "import pytest\n@pytest.mark.slow\nclass B(A): ...\n",
    "a method that is replaced": "def test(a):\n    a.f = app.Mock()\n",
    "a method that is called": "def test(a):\n    app.tool(a.f(1))\n",
    "a method that is patched": "def test(a):\n    patch('a.b', a.f)\n    a.f.assert_called()\n",
    "a method of what an import made": "import app\na = app.A()\napp.tool(a.f)\n",
    "another class": "import lib\nclass B(lib.Model): ...\n",
}


@pytest.mark.parametrize("rest", READS.values(), ids=READS)
def test_they_count_where_the_file_reads_them(rest: str) -> None:
    assert is_equal(DOC + rest, DOC)
    check_refused(DOC + rest, Code.DIFFERENT_SHAPE, saying="may read", modules=shared(BARE, LIB))
    other = DOC.replace("int", "str")
    assert not is_equal(other + rest, DOC)
    assert not is_equal("from __future__ import annotations\n" + DOC + rest, DOC)
    assert is_equal(BARE + rest, BARE)


@pytest.mark.parametrize("rest", READS_NOT.values(), ids=READS_NOT)
def test_they_do_not_count_for_what_reads_none(rest: str) -> None:
    assert is_equal(DOC + rest, BARE)


def test_those_of_an_inner_function_count_where_its_decorator_reads_them() -> None:
    text = (
        "import app\nfrom a import Model\n\n\ndef f(){}:\n    @app.tool\n    def g(x{}): return x\n"
    )
    plain = text.format("", ": int")
    assert is_equal(plain, plain)
    assert is_equal(text.format(" -> Model", ": int"), plain)
    assert not is_equal(text.format("", ": str"), plain)
    assert not is_equal(text.format(" -> 'Model'", ": 'int'"), text.format("", ": 'int'"))


def test_those_of_an_inner_function_count() -> None:
    text = "def f({}):\n    def g(x{}):\n        {}return x\n    return g\n"
    plain = text.format("a", ": int", "'Doc.'; ")
    assert is_equal(text.format("a: int", ": int", "'Doc.'; "), plain)
    assert not is_equal(text.format("a", ": str", "'Doc.'; "), plain)
    assert not is_equal(text.format("a", ": int", ""), plain)
    assert not is_equal("from __future__ import annotations\n" + plain, plain)


def test_they_count_for_a_function_that_is_passed_on() -> None:
    text = "from {} import Model\n\n\ndef f(x: Model):\n    return x\n\n\n"
    use = "f(1)\n"
    assert is_equal(text.format("b") + use, text.format("a"))
    use = "app.add(f)\n"
    assert is_equal(text.format("a") + use, text.format("a"))
    assert not is_equal(text.format("b") + use, text.format("a"))
    assert not is_equal("def f(x):\n    return x\n\n\n" + use, text.format("a"))
    future = "from __future__ import annotations\n"
    assert not is_equal(future + text.format("a") + use, text.format("a"))
    assert is_equal(text.format("b") + "patch('a.b', f)\n", text.format("a"))


# Which one of several


def imported(here: str, there: str) -> bytes:
    result = run(here, modules=shared(there, LIB), path="tests/helpers.py")
    assert result.after is not None
    return result.after.splitlines()[0]


def test_of_two_of_equal_code_the_one_of_its_own_name_is_imported() -> None:
    there = "class Exit:\n    x = 1\nclass Fail:\n    x = 1\nAlias = Exit\n"
    for name in ("Exit", "Fail", "Alias"):
        here = f"class {name}:\n    x = 1\n"
        assert imported(here, there) == f"from lib.tools import {name}".encode()
        hidden = imported(here.replace(name, f"_{name}"), there)
        assert hidden == f"from lib.tools import {name} as _{name}".encode()


def test_of_two_of_equal_code_the_one_with_the_same_globals_is_imported() -> None:
    code = "class {}:\n    def go(self): return {}\n"
    there = "from a import x\nfrom b import y\n" + code.format("f", "x") + code.format("g", "y")
    there += "def h(): ...\n"
    here = "from b import y as z\n" + code.format("h", "z")
    result = run(here, modules=shared(there, LIB))
    assert [d.shared for d in result.decisions] == [(LIB, "g")]


def test_a_name_whose_shared_code_is_another_takes_an_equal_one_of_another_name() -> None:
    there = "class A:\n    x = 1\nclass B:\n    y = 1\n"
    assert imported("class A:\n    y = 1\n", there) == b"from lib.tools import B as A"


@pytest.mark.parametrize(
    "code",
    [
        "def {}(): return 1\n",
        "class {}(Exception):\n    x = 1\n",
        "@dataclasses.dataclass\nclass {}:\n    x: int\n",
    ],
)
def test_what_may_tell_its_name_is_no_copy_of_one_of_another_name(code: str) -> None:
    there = f"import dataclasses\n{code.format('A')}class B:\n    y = 3\ndef other(): ...\n"
    here = f"import dataclasses\n{code.format('B')}"
    check_refused(here, Code.SAME_NAME_ONLY, modules=shared(there, LIB))


# The first difference

DIFFERENCES = {
    "the head of a class": (
        ("Connection:", "Connection(Base):"),
        1,
        "its head is `class ...(Base):`, not `class ...:`",
    ),
    "the head of a method": (
        ("def __init__(self)", "def __init__(self, user_id)"),
        4,
        "`__init__` differs: `def __init__(self, user_id):` here, `def __init__(self):` in",
    ),
    "a default": (("= 1000", "= 1001"), 15, "`close` differs: `async def close(self, code=1001"),
    "an exception": (
        ("raise RuntimeError", "raise ConnectionError"),
        9,
        "`raise ConnectionError('WebSocket is closed')` here",
    ),
    "a literal": (("_closed = False", "_closed = 0"), 4, "`self._closed = 0` here"),
    "a coroutine or not": (("async def close", "def close"), 15, "`def close(self, code=1000"),
    "a statement less": (("        self._closed = True\n", ""), 15, "`close` differs"),
    "a decorator": (("    def get", "    @property\n    def get"), 21, "`@property`"),
    "a member more": (
        ("    def get", "    def reset(self): ...\n\n    def get"),
        20,
        "`reset` is not in the shared definition",
    ),
    "a member less": (
        (COPY[COPY.index("\n    def get_messages") :], ""),
        1,
        "it has no `get_messages`, as the shared definition has",
    ),
    "an import in a method that the shared class lacks": (
        ("    def get", "    def connect(self):\n        import socket\n\n    def get"),
        20,
        "`connect` is not in the shared definition",
    ),
}


@pytest.mark.parametrize(("change", "line", "saying"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_the_first_difference_is_named(change: tuple[str, str], line: int, saying: str) -> None:
    assert change[0] in COPY
    before = COPY.replace(*change) + "\n\nTestWebSocketConnection()\n"
    result = check_refused(before, Code.DIFFERENT_SHAPE, line=line, saying=saying)
    ((reason,),) = (d.reasons for d in result.decisions)
    assert "(`TestWebSocketConnection`, line " in reason.message


FUNCTION_DIFFERENCES = {
    "another statement": ("    x = 2\n", 2, "`x = 2` here, `x = 1` in the shared definition"),
    "a statement more": ("    x = 1\n    return x\n    y\n", 4, "`y` is not in the shared"),
    "a statement less": ("    x = 1\n", 1, "it has no `return x`, as the shared"),
    "a long statement": (
        "    x = 1\n    return " + "z" * 99 + "\n",
        3,
        "is not in the shared",
    ),
}


@pytest.mark.parametrize(
    ("body", "line", "saying"), FUNCTION_DIFFERENCES.values(), ids=FUNCTION_DIFFERENCES
)
def test_the_first_difference_of_a_function_is_named(body: str, line: int, saying: str) -> None:
    there = "def f():\n    x = 1\n    return x\n"
    here = "def f():\n" + body + ("    return x\n" if body == "    x = 2\n" else "")
    check_refused(here, Code.DIFFERENT_SHAPE, line=line, saying=saying, modules=shared(there, LIB))


ONLY_A_NAME = {
    "a class": "class A:\n    def go(self): return 2\n",
    "nothing in it": "class A:\n    pass\n",
}


@pytest.mark.parametrize("here", ONLY_A_NAME.values(), ids=ONLY_A_NAME)
def test_what_only_shares_the_name_is_counted_apart(here: str) -> None:
    there = "class A:\n    def go(self): return 1\n    def come(self): return 1\n"
    check_refused(here, Code.SAME_NAME_ONLY, line=1, modules=shared(there, LIB))


def test_an_order_that_matters_is_named() -> None:
    here, there = UNEQUAL["the order of an attribute and a method that it reads"]
    check_refused(here, Code.DIFFERENT_SHAPE, saying="an order", modules=shared(there, LIB))


def test_two_integers_that_are_too_long_to_be_written_in_decimals() -> None:
    here, _ = EQUAL["integers that are too long to be written in decimals"]
    result = run(here.replace("fff", "fef", 1), modules=shared(here, LIB))
    assert result.after is None


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("class A:\n    def f(self): return json.loads(self.x)\n", ("json",)),
        ("class A(Base, metaclass=Meta): ...\n", ("Base", "Meta")),
        ("class A:\n    def f(self, x=DEFAULT): ...\n", ("DEFAULT",)),
        ("class A:\n    def f(self, x: Noted) -> Noted: ...\n", ()),
        ("class A:\n    def f(self):\n        def g(): return h\n        return g\n", ("h",)),
        ("class A:\n    def f(self): return super().f()\n", ("super",)),
        ("class A:\n    def f(self): return A()\n", ()),
    ],
)
def test_the_globals_that_it_reads(text: str, reads: tuple[str, ...]) -> None:
    (node,) = ast.parse(text).body
    assert isinstance(node, ast.ClassDef)
    before = ast.dump(node)
    assert Normal(node, lambda name: name == "super").shape.reads == reads
    assert ast.dump(node) == before
