"""Whether the global names of a copy mean the same as in the shared module."""

from __future__ import annotations

import pytest

from codemods.model import Code, Status, Verdict
from tests.tools import check_refused, check_replaced, indented, run, shared

LIB = "lib.tools"

CHECKING = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "
TYPE = f"{CHECKING}from x import y"

SAME = {
    "what is set by setup_module on something else": (
        "import x\ndef setup_module(given):\n    given.y = 1\n    setattr(Other, n, 1)",
        "import x",
        "x",
    ),
    "a builtin": ("", "", "len"),
    "an exception": ("", "", "KeyError"),
    "an import": ("import x", "import x", "x"),
    "an import under two names": ("import x.y as z", "import x.y as w", "z w"),
    "from and as": ("from x import y", "from x import y as w", "y w"),
    "a package and its module": ("import os.path", "import os", "os"),
    "an import, and one of the shared module": (f"from {LIB} import base as own", "", "own base"),
    "a module of another name in sys.modules": (
        "import x.y\nsys.modules['y'] = sys.modules['x.z'] = 1",
        "import x.y",
        "x",
    ),
    "a module that a test replaces": (
        "import x\ndef g():\n    sys.modules['x'] = 1",
        "import x",
        "x",
    ),
    "a patch of another module": (
        "import x\nM = 'a.b'\ndef g():\n    patch(M + '.x')",
        "import x",
        "x",
    ),
    "a constant": ("LIMIT = 3", "LIMIT = 3", "LIMIT"),
    "a constant under two names": ("LIMIT = (1, -2, 'a' * 3)", "MAX = (1,-2,'a'*3)", "LIMIT MAX"),
    "an annotated constant": ("LIMIT: int = 3", "LIMIT = 3", "LIMIT"),
    "an import that stands twice": ("import x\nimport x", "import x", "x"),
    "an import in a block": ("try:\n    import x\nfinally:\n    pass", "import x", "x"),
    "a star import above the import": ("from a import *\nimport x", "import x", "x"),
    "a list of the shared module": (f"from {LIB} import SEEN", "SEEN = []", "SEEN"),
    "a type variable of it under another name": (
        f"from {LIB} import T as Own",
        "T = TypeVar('T', bound=A)",
        "Own T",
    ),
    "an import of it": (f"from {LIB} import x", "import x", "x"),
    "an import for type checkers in both": (TYPE, TYPE, "y"),
    "one for type checkers, and another constant of the same": (
        "import typing as t\nif t.TYPE_CHECKING:\n    import z\n    from x import w as y, v",
        f"{CHECKING}from x import w",
        "y w",
    ),
    "a patch of something in a module": ("import x\npatch('x.y')", "import x", "x"),
    "a file name that ends like it": ("import x\nPATH = 'basket.x'", "import x", "x"),
    "a mark of that name": ("import x\npytestmark = 'pytest.mark.x'", "import x", "x"),
    "a logger of the module": ("import x\nlog = getLogger(__name__)", "import x", "x"),
    "globals that are only read": ("import x\ny = globals()['z']", "import x", "x"),
    "a name that is looked for in the globals": ("import x\ny = 'z' in globals()", "import x", "x"),
    "a global of another name that is set": ("import x\nglobals()['z'] = 1", "import x", "x"),
    "globals of other names that are set": (
        "import x\nglobals().update({'z': 1})",
        "import x",
        "x",
    ),
}

DIFFERENT = {
    "a builtin that is rebound here": ("len = f", "", "len"),
    "a builtin that is rebound there": ("", "def len(x): ...", "len"),
    "a builtin that a star import may rebind": ("from a import *", "", "len"),
    "a builtin that a star import may rebind there": ("", "from a import *", "len"),
    "a builtin that a function rebinds": ("def g():\n    global len\n    len = 1", "", "len"),
    "another builtin": ("", "", "min max"),
    "another module in its place": ("sys.modules['x'] = f\nimport x", "import x", "x"),
    "another package in its place": (
        "with patch.dict('sys.modules', {'x': f}):\n    from x.y import z",
        "from x.y import z",
        "z",
    ),
    "a patch by a variable": ("import x\nM = __name__\npatch(M + '.x')", "import x", "x"),
    "a patch by a text": ("import x\nM = 'a.test_sample'\npatch(f'{M}.x')", "import x", "x"),
    "a patch by a parameter": ("import x\ndef g(m):\n    patch(f'{m}.x')", "import x", "x"),
    "nothing that binds it": ("", "import x", "x"),
    "nothing that binds it there": ("import x", "", "x"),
    "nothing that binds it in both": ("", "", "x"),
    "another import": ("import y as x", "import x", "x"),
    "a name of a module": ("from y import x", "import x", "x"),
    "a relative import": ("from . import x", "from . import x", "x"),
    "a star import below the import": ("import x\nfrom a import *", "import x", "x"),
    "a second value": ("import x\nx = None", "import x", "x"),
    "an import that is deleted": ("import x\ndel x", "import x", "x"),
    "an import or a substitute": (
        "try:\n    import x\nexcept ImportError:\n    x = None",
        "import x",
        "x",
    ),
    "one of two imports": ("if y:\n    import x\nelse:\n    from y import x", "import x", "x"),
    "an import for type checkers": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import x",
        "import x",
        "x",
    ),
    "a list of another module": ("from lib.other import SEEN", "SEEN = []", "SEEN"),
    "another list of the shared module": (
        f"from {LIB} import KEPT as SEEN",
        "SEEN = []\nKEPT = []",
        "SEEN",
    ),
    "a list that is bound again there": (
        f"from {LIB} import SEEN",
        "SEEN = []\nSEEN = [1]",
        "SEEN",
    ),
    "a count that a function there sets": (
        f"from {LIB} import COUNT",
        "COUNT = 0\ndef go():\n    global COUNT\n    COUNT += 1",
        "COUNT",
    ),
    "a list that a star import there may bind": (
        f"from {LIB} import SEEN",
        "SEEN = []\nfrom a import *",
        "SEEN",
    ),
    "a list of the shared module that is patched there": (
        f"from {LIB} import SEEN\npatch('{LIB}.SEEN')",
        "SEEN = []",
        "SEEN",
    ),
    "a list of the shared module that is patched here": (
        f"from {LIB} import SEEN\npatch('tests.test_sample.SEEN')",
        "SEEN = []",
        "SEEN",
    ),
    "an import for type checkers there": ("from x import y", TYPE, "y"),
    "another import for type checkers": (TYPE, f"{CHECKING}from z import y", "y"),
    "a relative import for type checkers": (
        f"{CHECKING}from . import y",
        f"{CHECKING}from . import y",
        "y",
    ),
    "a constant of another module": (
        "from own import TYPE_CHECKING\nif TYPE_CHECKING:\n    from x import y",
        TYPE,
        "y",
    ),
    "a constant that is true": (f"{TYPE}\nTYPE_CHECKING = True", TYPE, "y"),
    "a constant that a star import may rebind": (f"from a import *\n{TYPE}", TYPE, "y"),
    "a condition that is more than the constant": (
        TYPE.replace("if TYPE_CHECKING", "if TYPE_CHECKING or DEBUG"),
        TYPE,
        "y",
    ),
    "the other condition": (TYPE.replace("if TYPE", "if not TYPE"), TYPE, "y"),
    "a block in one for type checkers": (f"{CHECKING}if a:\n        from x import y", TYPE, "y"),
    "a substitute at run time": (f"{TYPE}\nelse:\n    y = None", TYPE, "y"),
    "the other branch": (f"{CHECKING}import z\nelse:\n    from x import y", TYPE, "y"),
    "a second import for type checkers": (f"{TYPE}\n    from z import y", TYPE, "y"),
    "a class for type checkers": (f"{CHECKING}class y: ...", f"{CHECKING}class y: ...", "y"),
    "a patch of what is for type checkers": (f"{TYPE}\npatch('test_sample.y')", TYPE, "y"),
    "another constant": ("LIMIT = 3", "LIMIT = 4", "LIMIT"),
    "a constant of another type": ("LIMIT = 1", "LIMIT = True", "LIMIT"),
    "a mutable value": ("SEEN = []", "SEEN = []", "SEEN"),
    "a value that a call gives": ("T = TypeVar('T')", "T = TypeVar('T')", "T"),
    "a constant that is counted up": ("N = 1\nN += 1", "N = 1", "N"),
    "a constant in a block": ("if y:\n    N = 1", "N = 1", "N"),
    "a local function": ("def helper(): ...", "import helper", "helper"),
    # The module's own globals are replaced.
    "a patch of the module": ("import x\npatch('tests.test_sample.x')", "import x", "x"),
    "a patch of a module of the root": ("import x\npatch('test_sample.x')", "import x", "x"),
    "the end of a path of a shared module": (
        "import x\nTARGET = 'tools.x'\npatch(PACKAGE + TARGET)",
        "import x",
        "x",
    ),
    "a path of the module in parts": (
        "import x\nTARGET = f'{PACKAGE}{\"lib.x\"}'",
        "import x",
        "x",
    ),
    "a patch of where it is imported from": ("from m import x\nP = 'm.x'", "from m import x", "x"),
    "a patch by the name of the module": ("import x\npatch(f'{__name__}.x')", "import x", "x"),
    "a patch by the name of a module that is asked for": (
        *("import x\ndef g(request):\n    patch(request.module.__name__ + '.x')", "import x", "x"),
    ),
    "a patch by a sum": ("import x\npatch(__name__ + '.x')", "import x", "x"),
    "a patch by a format": ("import x\npatch('%s.x' % __name__)", "import x", "x"),
    "a patch by a variable with the name": (
        "import x\nM = __name__\ndef g():\n    patch('%s.x' % M)",
        "import x",
        "x",
    ),
    "a patch by a variable with a text": (
        "import x\nM = 'tests.test_sample'\npatch('.'.join((M, 'x')))",
        "import x",
        "x",
    ),
    "a patch of several": ("import x\npatch.multiple(__name__, x=1)", "import x", "x"),
    "a patch of the dictionary": ("import x\npatch.dict(globals(), {'x': 1})", "import x", "x"),
    "a value in the dictionary": ("import x\nglobals()['x'] = 1", "import x", "x"),
    "values in the dictionary": ("import x\nglobals().update({'x': 1})", "import x", "x"),
    "unknown values in the dictionary": ("import x\nglobals().update(y)", "import x", "x"),
    "a value set on a module": ("import x\nsome.module.x = None", "import x", "x"),
    "a value set by its name": ("import x\nmonkeypatch.setattr(m, 'x', None)", "import x", "x"),
    "a value set in the dictionary of this module": (
        "import x\nimport test_sample as me\nvars(me)['x'] = 1",
        "import x",
        "x",
    ),
    "a value set by a variable": (
        "import x\nme = sys.modules[__name__]\nvars(me)['x'] = 1",
        "import x",
        "x",
    ),
    "a patch of the dictionary by its path": (
        "import x\npatch.dict('test_sample.__dict__', x=1)",
        "import x",
        "x",
    ),
    "a value set on this module": (
        "import x\nsys.modules[__name__].__dict__['x'] = 1",
        "import x",
        "x",
    ),
    "a value set on a module by a parameter with the name of an import": (
        "import x\nfrom app import item\ndef g(item):\n    item.module.x = 1",
        "import x",
        "x",
    ),
    # Those of the shared module are.
    "a constant that a function there sets": (
        f"from {LIB} import LIMIT",
        "def limit(to):\n    global LIMIT\n    LIMIT = to\nlimit(1)",
        "LIMIT",
    ),
    "a value in the dictionary there": ("N = 1", "N = 1\nglobals()['N'] = 2", "N"),
    "any value set by setup_module": (
        "import x\ndef setup_module(given):\n    for n in NAMES: setattr(given, n, 1)",
        "import x",
        "x",
    ),
    "any value set on the module of a request": (
        "import x\ndef fake(request):\n    change(request.module)",
        "import x",
        "x",
    ),
    "a value set on the module there": ("import x", "import x\nsys.modules[__name__].x = 1", "x"),
    "a builtin that is set there": ("", "globals()['len'] = f", "len"),
    "what is for type checkers, and set there": (TYPE, f"{TYPE}\nexec('y = 1')", "y"),
    "the constant of typing that is set": (
        f"import typing\ntyping.TYPE_CHECKING = True\n{TYPE}",
        TYPE,
        "y",
    ),
    "a star import at run time": (f"{TYPE}\nelse:\n    from z import *", TYPE, "y"),
    "a star import that rebinds a builtin at run time": (
        f"{CHECKING}import x\nelse:\n    from z import *",
        "",
        "len",
    ),
    "a patch of a builtin in the module": ("patch('tests.test_sample.len')", "", "len"),
}


def function(name: str, reads: str) -> str:
    return f"def {name}(a):\n    b = a\n    return {reads}(b)\n"


def pair(here: str, there: str, reads: str) -> tuple[str, str]:
    ours, theirs = reads.split()[0], reads.split()[-1]
    base = "def base(x): return x\n" if theirs == "base" else ""
    return f"{here}\n\n\n" + function("f", ours), f"{there}\n\n\n{base}" + function("f", theirs)


@pytest.mark.parametrize(("here", "there", "reads"), SAME.values(), ids=SAME)
def test_a_global_that_means_the_same(here: str, there: str, reads: str) -> None:
    local, module = pair(here, there, reads)
    result = run(local, modules=shared(module, LIB))
    assert result.status is Status.CHANGED, result.decisions


@pytest.mark.parametrize(("here", "there", "reads"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_global_that_means_something_else(here: str, there: str, reads: str) -> None:
    local, module = pair(here, there, reads)
    code = Code.DIFFERENT_SHAPE if reads == "min max" else Code.DIFFERENT_GLOBALS
    check_refused(local, code, modules=shared(module, LIB))


MESSAGES = {
    "two imports": (
        ("import y as x", "import x", "x"),
        "it reads `x`, which is `import y` here; in lib.tools it is `import x`",
    ),
    "a builtin": (("", "import x as min", "min"), "which is `builtin min` here"),
    "a second value": (("import x\nx = 1", "import x", "x"), "which is bound on line 2 here"),
    "a star import": (("from a import *", "", "len"), "the star import of line 1 here"),
    "nothing": (("", "import x", "x"), "`x`, which is bound nowhere in the file here"),
    "a replacement": (("import x\n\npatch('tests.a.x')", "import x", "x"), "line 3 may replace"),
    "a replacement there": (
        ("import x", "import x\nglobals()['x'] = 1", "x"),
        "it reads `x`, which line 2 of lib.tools may replace there",
    ),
    "no constant": (("x = [1]", "x = [1]", "x"), "bound on line 1 to no constant here"),
    "a relative import": (("from . import x", "import x", "x"), "by a relative import here"),
    "an import that is not run": (
        ("if TYPE_CHECKING:\n    import x", "import x", "x"),
        "bound on line 2 for type checkers alone here",
    ),
    "a definition there": (("", "def x(): ...", "x"), "in lib.tools it is another definition"),
    "a definition": (("def x(): ...", "import x", "x"), "by a definition here"),
}


@pytest.mark.parametrize(("case", "saying"), MESSAGES.values(), ids=MESSAGES)
def test_both_meanings_are_named(case: tuple[str, str, str], saying: str) -> None:
    local, module = pair(*case)
    check_refused(local, Code.DIFFERENT_GLOBALS, saying=saying, modules=shared(module, LIB))


# Definitions that read each other

USE = "\n\ndef test(): ...\n"
BASE = "class Base:\n    x = 1\n"
CHILD = "class Child(Base):\n    def go(self): return maker()\n"
MAKER = "def maker():\n    return Child()\n"
ALL = shared(BASE + CHILD + MAKER, LIB)


def verdicts(text: str) -> dict[str, bool]:
    result = run(text, modules=ALL)
    assert result.error is None
    return {d.definition.name: d.verdict is Verdict.REPLACE for d in result.decisions}


def test_definitions_that_read_each_other_are_decided_together() -> None:
    assert verdicts(BASE + CHILD + MAKER) == {"Base": True, "Child": True, "maker": True}


def test_one_that_stays_keeps_all_that_read_it() -> None:
    text = BASE + CHILD + MAKER + "maker.calls = 0\n"
    assert verdicts(text) == {"Base": True, "Child": False, "maker": False}
    text = BASE.replace("1", "2") + CHILD + MAKER
    assert verdicts(text) == {"Base": False, "Child": False, "maker": False}


def test_one_that_is_missing_keeps_all_that_read_it() -> None:
    assert verdicts(BASE + CHILD) == {"Base": True, "Child": False}


def test_one_that_is_imported_from_the_shared_module_serves() -> None:
    assert verdicts(f"from {LIB} import maker\n" + BASE + CHILD) == {"Base": True, "Child": True}
    other = f"from {LIB} import Child as maker\n"
    assert verdicts(other + BASE + CHILD) == {"Base": True, "Child": False}


def test_names_with_underscores_that_read_each_other() -> None:
    text = (BASE + CHILD + MAKER).replace("maker", "_maker").replace("Base", "_Base")
    used = "\n\ndef test():\n    _Base()\n    Child()\n    _maker()\n"
    result = check_replaced(
        text + used,
        f"from {LIB} import Base as _Base, Child, maker as _maker\n{used}",
        modules=ALL,
    )
    assert len(result.decisions) == 3


def test_two_names_for_one_that_read_one_another() -> None:
    there = "def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n != 0 and even(n - 1)\n"
    modules = shared(there, LIB)
    # Nothing but each other needs them.
    check_replaced(there + USE, USE.lstrip(), modules=modules)


def test_a_function_that_a_default_value_reads() -> None:
    there = "def f(): return 1\ndef g(a=f): return a()\n"
    assert run(there, modules=shared(there, LIB)).status is Status.CHANGED
    changed = there.replace("1", "2")
    assert run(changed, modules=shared(there, LIB)).status is Status.REFUSED


@pytest.mark.parametrize("use", ["    patch(f'{__name__}.f')\n", "    globals()['f'] = 1\n"])
def test_what_calls_itself_stays_where_its_name_is_replaced(use: str) -> None:
    use = f"\n\ndef test():\n{use}    f(1)\n"
    once = "def f(n): return n - 1\n"
    itself = "def f(n): return n and f(n - 1)\n"
    assert run(once + use, modules=shared(once, LIB)).status is Status.CHANGED
    check_refused(itself + use, Code.DIFFERENT_GLOBALS, modules=shared(itself, LIB))


def test_a_copy_that_is_patched_stays_where_another_copy_reads_it() -> None:
    there = "def f(): return 1\ndef g(): return f()\n"
    modules = shared(there, LIB)
    use = "\n\ndef test(monkeypatch):\n    monkeypatch.setattr(module, 'f', None)\n    g()\n"
    result = run(there + use, modules=modules)
    assert {d.definition.name: d.verdict for d in result.decisions} == {
        "f": Verdict.REPLACE,
        "g": Verdict.REFUSE,
    }


# Nested ones

NESTED = shared("import x\nclass Fake:\n    def go(self): return x\n", LIB)
FAKE = "    class Fake:\n        def go(self): return x\n"

INNER = indented(FAKE)

CAPTURES = {
    "a local variable": "def test():\n    x = 1\n" + FAKE,
    "a parameter": "def test(x):\n" + FAKE,
    "a local import": "def test():\n    import x\n" + FAKE,
    "a variable of a loop": "def test():\n    for x in y: ...\n" + FAKE,
    "a variable of a function further out": "def f(x):\n    def g():\n" + INNER,
    "a parameter of a method": "class T:\n    def g(x):\n" + INNER,
}


@pytest.mark.parametrize("before", CAPTURES.values(), ids=CAPTURES)
def test_a_nested_copy_that_captures_something_stays(before: str) -> None:
    check_refused("import x\n" + before, Code.NESTED, saying="`x` of", modules=NESTED)


def test_a_nested_copy_that_captures_nothing_is_replaced_at_its_place() -> None:
    before = "import x\n\n\ndef test(y):\n    z = 1\n" + FAKE + "    Fake().go(z)\n"
    after = f"import x\n\n\ndef test(y):\n    z = 1\n    from {LIB} import Fake\n    Fake().go(z)\n"
    check_replaced(before, after, modules=NESTED)


def test_a_nested_copy_that_writes_to_the_function_around_it_stays() -> None:
    inner = "    def f():\n        nonlocal n\n        n = 1\n"
    module = shared("def f():\n    global n\n    n = 1\n", LIB)
    result = run("def test():\n    n = 0\n" + inner, modules=module)
    assert result.status is Status.REFUSED


def test_what_runs_in_a_class_body_sees_the_names_of_the_class() -> None:
    text = "X = 1\n\n\nclass T:\n    X = 2\n    def f(self, a=X): return a\n"
    module = shared("X = 1\ndef f(self, a=X): return a\n", LIB)
    check_refused(text, Code.NESTED, saying="`X` of the class `T`", modules=module)
    module = shared("X = 1\ndef f(self, a): return X\n", LIB)
    text = "X = 1\n\n\nclass T:\n    X = 2\n    def f(self, a): return X\n"
    assert run(text, modules=module).status is Status.CHANGED


@pytest.mark.parametrize("body", ["return super().f()", "return __class__", "return self.__x"])
def test_a_method_that_means_the_class_around_it_stays(body: str) -> None:
    text = f"class T:\n    def f(self):\n        {body}\n"
    module = shared(f"def f(self):\n    {body}\n", LIB)
    assert run(text, modules=module).status is Status.REFUSED


OF_CLASSES = {
    "a base": "class T(app.Model):",
    "a metaclass": "class T(metaclass=app.Meta):",
    "a decorator": "@app.model\nclass T:",
    "a base of a base": "class B(app.Model): ...\nclass T(B):",
}


@pytest.mark.parametrize("head", OF_CLASSES.values(), ids=OF_CLASSES)
def test_what_others_see_of_a_class_stays(head: str) -> None:
    there = "class Meta:\n    x = 1\n"
    before = f"import app\nimport unittest\n\n\n{head}\n" + indented(there)
    modules = shared(there, LIB)
    check_refused(before, Code.NESTED, saying="may change or tell", modules=modules)
    fixture = "import pytest\n\n\n@pytest.fixture\ndef meta():\n    return 1\n"
    text = f"import app\nimport pytest\n\n\n{head}\n" + indented(fixture.partition("\n\n\n")[2])
    assert run(text, modules=shared(fixture, LIB)).status is Status.CHANGED
    plain = before.replace("app.Model", "unittest.TestCase").replace("app.Meta", "type")
    assert run(plain.replace("@app.model\n", ""), modules=modules).status is Status.CHANGED


def test_a_method_that_only_shares_the_name_is_not_looked_at() -> None:
    result = run(
        "class T:\n    def f(self): return 2\n", modules=shared("def f(): return 1\n", LIB)
    )
    assert (result.status, result.decisions) == (Status.UNCHANGED, ())
