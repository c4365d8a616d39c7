"""What pytest would collect of a definition, and of the classes that derive from it."""

from __future__ import annotations

import pytest

from codemods.model import Code, PytestNames, SharedModules, Status
from tests.tools import check_refused, indented, run, shared

LIB = "lib.tools"


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
def test_files_of_tests(path: str, collected: bool) -> None:
    assert PytestNames().has_file(path) is collected


@pytest.mark.parametrize(
    ("patterns", "path", "expected"),
    [
        (("tests/*.py",), "/r/tests/helpers.py", True),
        (("tests/*.py",), "tests/helpers.py", True),
        (("tests/*.py",), "/r/other/helpers.py", False),
        (("check_*.py",), "tests/check_a.py", True),
        (("check_*.py",), "tests/test_a.py", False),
    ],
)
def test_own_patterns_of_files(patterns: tuple[str, ...], path: str, expected: bool) -> None:
    assert PytestNames(files=patterns).has_file(path) is expected


TESTS = {
    "a test function": "def test_a(): return 1\n",
    "a test coroutine": "async def test_a(): return 1\n",
    "a class with a test": "class A:\n    def test_a(self): return 1\n",
    "a class with a test coroutine": "class A:\n    async def test_a(self): return 1\n",
    "a class with runTest": "class A:\n    def runTest(self): return 1\n",
    "a class with a test class": "class A:\n    class TestB: ...\n",
    "a test by assignment": "class A:\n    test_a = x.f\n",
    "a test by a lambda": "class A:\n    test_a = lambda self: 1\n",
    "a test by a call": "class A:\n    test_a = made(1)\n",
    "a test on a branch": "class A:\n    if True:\n        def test_a(self): return 1\n",
    "a test by an import": "class A:\n    from x import test_a\n",
    "a class with tests by assignment": "class A:\n    TestB = Other\n",
    "a test case": "import unittest\nclass A(unittest.TestCase):\n    x = 1\n",
    "a test case by its own import": (
        "from unittest import IsolatedAsyncioTestCase as Case\nclass A(Case):\n    x = 1\n"
    ),
}


@pytest.mark.parametrize("text", TESTS.values(), ids=TESTS)
def test_a_test_is_no_copy(text: str) -> None:
    result = run(text, modules=shared(text, LIB))
    assert result.after is None
    assert {r.code for d in result.decisions for r in d.reasons} >= {Code.PYTEST_TESTS}
    other = "class A:\n    x = 2\n" if "class" in text else "def test_a(): return 2\n"
    check_refused(text, Code.PYTEST_TESTS, modules=shared(other, LIB))


@pytest.mark.parametrize("base", ["Base", "Base[int]"])
def test_tests_of_a_base_in_the_same_file(base: str) -> None:
    text = f"class Base:\n    def test_a(self): return 1\n\n\nclass A({base}):\n    x = 1\n"
    check_refused(text, Code.PYTEST_TESTS, line=2, modules=shared("class A:\n    y = 1\n", LIB))


@pytest.mark.parametrize("order", [("test", "check"), ("check", "test")])
def test_each_file_has_the_names_of_its_own_settings(order: tuple[str, str]) -> None:
    text = "class Base:\n    def check_a(self): return 1\n\n\nclass A(Base):\n    x = 1\n"
    modules = shared("class A:\n    y = 1\n", LIB)
    codes = {
        name: [r.code for d in run(text, modules=given).decisions for r in d.reasons]
        for name in order
        for given in [modules._replace(tests=PytestNames(functions=(name,)))]
    }
    assert codes["check"] == [Code.PYTEST_TESTS]
    assert codes["test"] == [Code.SAME_NAME_ONLY]


NO_TESTS = {
    "a fixture of such a name": "import pytest\n@pytest.fixture\ndef test_data(): return 1\n",
    "a nested function of such a name": "def f():\n    def test_a(): return 1\n    return test_a\n",
    "a class of such a name": "class TestClient:\n    def get(self): return 1\n",
    "an attribute of such a name": "class A:\n    test_data = 1\n",
}


@pytest.mark.parametrize("text", NO_TESTS.values(), ids=NO_TESTS)
def test_what_only_looks_like_a_test(text: str) -> None:
    assert run(text, modules=shared(text, LIB)).status is Status.CHANGED


def test_a_function_of_a_helper_module_is_no_test() -> None:
    text = "def test_connection(): return 1\n"
    assert run(text, "tests/helpers.py", shared(text, LIB)).status is Status.CHANGED


# ``__test__ = False`` is inherited

LOCAL = "class TestClient:\n    def get(self): return 1\n"
HIDDEN = shared(LOCAL.replace(":\n", ":\n    __test__ = False\n", 1), LIB)

WITH_TESTS = {
    "tests of its own": "class TestA(TestClient):\n    def test_x(self): ...\n",
    "tests of another base in the file": (
        "class Base:\n    def test_x(self): ...\n\n\nclass TestA(TestClient, Base): ...\n"
    ),
    "tests of a subclass of the subclass": (
        "class Sub(TestClient): ...\n\n\nclass TestA(Sub):\n    def test_x(self): ...\n"
    ),
    "nested test classes": "class TestA(TestClient):\n    class TestInner: ...\n",
    "tests from elsewhere, perhaps": "class TestA(TestClient, a.Tests): ...\n",
    "tests by assignment": "def f(self): ...\nclass TestA(TestClient):\n    test_x = f\n",
    "tests of a generic class": "class TestA(TestClient[int]):\n    def test_x(self): ...\n",
    "in a function": ("def f():\n    class TestA(TestClient):\n        def test_x(self): ...\n"),
}


def test_a_subclass_may_get_the_tests_of_a_test_case_whatever_its_name_is() -> None:
    text = LOCAL + "\n\nclass Slow(TestClient, a.Base): ...\n"
    check_refused(text, Code.SUBCLASS_OF_TESTS, saying="`Slow` may get tests", modules=HIDDEN)


@pytest.mark.parametrize("rest", WITH_TESTS.values(), ids=WITH_TESTS)
def test_a_subclass_with_tests_that_would_be_hidden(rest: str) -> None:
    text = LOCAL + "\n\n" + rest
    check_refused(text, Code.SUBCLASS_OF_TESTS, saying="`TestA`", modules=HIDDEN)
    assert run(text, modules=shared(LOCAL, LIB)).status is Status.CHANGED
    hidden = LOCAL.replace(":\n", ":\n    __test__ = False\n", 1) + "\n\n" + rest
    assert run(hidden, modules=HIDDEN).status is Status.CHANGED


WITHOUT_TESTS = {
    "no tests": "class TestA(TestClient):\n    def post(self): ...\n",
    "another class with tests": "class TestA:\n    def test_x(self): TestClient()\n",
    "a subclass with a base of Python's own": "class TestError(TestClient, ValueError): ...\n",
}


@pytest.mark.parametrize("rest", WITHOUT_TESTS.values(), ids=WITHOUT_TESTS)
def test_a_subclass_without_tests(rest: str) -> None:
    assert run(LOCAL + "\n\n" + rest, modules=HIDDEN).status is Status.CHANGED


SWALLOWED = {
    "a method nested in a method": (
        "    def f(self):\n        x = 1\n        def g(self): return 2\n",
        4,
        "`g` is defined inside its method `f`",
    ),
    "tests in a method": (
        "    def f(self):\n        return 1\n"
        "        class TestB:\n            def test_b(self): ...\n        def test_c(): ...\n",
        4,
        "`TestB` is defined inside its method `f`; tests inside that never run: 2",
    ),
}


def test_a_class_that_merely_imports_has_swallowed_nothing() -> None:
    there = "class A:\n    def __init__(self): self.x = 1\n    def g(self): return 2\n"
    before = "class A:\n    def __init__(self):\n        import asyncio\n        self.x = asyncio\n"
    check_refused(before, Code.SAME_NAME_ONLY, modules=shared(there, LIB))
    nested = before + "    def g(self): return 2\n"
    saying = "`__init__`"
    check_refused(nested, Code.DIFFERENT_SHAPE, saying=saying, modules=shared(there, LIB))


@pytest.mark.parametrize(("body", "line", "saying"), SWALLOWED.values(), ids=SWALLOWED)
def test_code_that_a_wrong_indentation_swallowed(body: str, line: int, saying: str) -> None:
    there = "class A:\n    def f(self): return 1\n    def g(self): return 2\n"
    before = "class A:\n" + body
    check_refused(before, Code.SWALLOWED_CODE, line=line, saying=saying, modules=shared(there, LIB))
    nested = "def test():\n" + indented(before)
    check_refused(nested, Code.SWALLOWED_CODE, modules=shared(there, LIB))


def test_what_the_shared_method_has_inside_was_not_swallowed() -> None:
    there = "class A:\n    x = 1\n    def f(self):\n        def g(): return 1\n        return g\n"
    here = there.replace("return 1", "return 2")
    check_refused(here, Code.DIFFERENT_SHAPE, modules=shared(there, LIB))
    more = here + "        def h(): ...\n"
    check_refused(more, Code.SWALLOWED_CODE, saying="`h`", modules=shared(there, LIB))


MAY_INHERIT = {
    "a base from another file": "from lib.base import Base\n\n\nclass TestA(Base):\n    x = 1\n",
    "by way of another class": (
        "from lib.base import Base\n\n\nclass B(Base): ...\n\n\nclass TestA(B):\n    x = 1\n"
    ),
}


@pytest.mark.parametrize("there", MAY_INHERIT.values(), ids=MAY_INHERIT)
def test_a_class_that_may_inherit_tests_stays(there: str) -> None:
    modules = shared(there, LIB, harmless=("lib.base.Base",))
    assert Code.PYTEST_TESTS in codes_of(there, modules)
    marked = there.replace("class TestA", "@pytest.mark.slow\nclass TestA")
    assert Code.PYTEST_TESTS in codes_of(f"import pytest\n{marked}", modules)
    made = there.replace("    x = 1\n", "    def __init__(self): self.x = 1\n")
    assert not codes_of(made, shared(made, LIB, harmless=("lib.base.Base",)))


def codes_of(text: str, modules: SharedModules) -> set[Code]:
    result = run(f"{text}\n\nTestA()\n", modules=modules)
    return {r.code for d in result.decisions if d.definition.name == "TestA" for r in d.reasons}
