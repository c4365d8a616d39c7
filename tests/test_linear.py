"""The work on a file grows as the file does: four times as long is about four times the work."""

from __future__ import annotations

import ast
import time
import timeit
from collections.abc import Callable
from cProfile import Profile
from types import CodeType

import pytest

from codemods.engine.codemod import apply
from codemods.engine.comments import own_comment
from codemods.model import PytestNames, Source
from codemods.rewrites.discover.blocks import blocks_of
from codemods.rewrites.discover.groups import groups_of
from codemods.rewrites.discover.shapes import shapes_of
from codemods.rewrites.mark_helper_classes.codemod import MarkHelperClasses
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.rewrites.replace_local_copies.importers import outside_effects
from codemods.rewrites.replace_local_copies.survey import survey
from tests.tools import COPY, SHARED, default_modules, shared

_NAME = "TestWebSocketConnection"
_USED = f"{COPY}\n\ndef test_it():\n    {_NAME}()\n\n"
_HELPER = "class TestA0:\n    def __init__(self): pass\n"


def several(before: str, value: str, between: str, after: str) -> Callable[[int], str]:
    """Return what makes a file in which one expression has a value again and again."""
    return lambda n: _USED + before + between.join([value] * n) + after


def lines(number: int, line: Callable[[int], str]) -> str:
    return "".join(f"{line(n)}\n" for n in range(number))


def in_function(number: int, line: Callable[[int], str]) -> str:
    return "def f(x):\n" + lines(number, lambda n: f"    {line(n)}")


def chain(number: int, line: str) -> str:
    """Make lines of which each names the one above it as `old`, the first one the class."""
    return lines(number, lambda n: line.format(new=f"A{n}", old=f"A{n - 1}" if n else _NAME))


def indented(text: str) -> str:
    return "".join(f"    {line}" if line.strip() else line for line in text.splitlines(True))


#: Files of a size; each of them is one that changes, or nearly so.
FILES: dict[str, Callable[[int], str]] = {
    "subclasses in a chain": lambda n: _USED + chain(n, "class {new}({old}): x = 1"),
    "subclasses in a chain, the last one first": lambda n: (
        _USED
        + "def f():\n"
        + "".join(reversed(indented(chain(n, "class {new}({old}): x = 1")).splitlines(True)))
    ),
    "subclasses side by side": lambda n: _USED + lines(n, lambda i: f"class A{i}({_NAME}): x = 1"),
    "subclasses with tests": lambda n: (
        _USED + lines(n, lambda i: f"class A{i}({_NAME}):\n    def test_a(self): pass")
    ),
    "helper classes": lambda n: (
        _USED + lines(n, lambda i: f"class TestA{i}:\n    def __init__(self): pass")
    ),
    "helper classes in a chain": lambda n: (
        f"{_HELPER}\n" + chain(n, "class TestA{new}(TestA{old}):\n    x = 1").replace(_NAME, "0")
    ),
    "helper classes that derive from one": lambda n: (
        f"{_HELPER}\n" + lines(n, lambda i: f"class TestB{i}(TestA0):\n    x = 1")
    ),
    "helper classes with a subclass that has tests": lambda n: (
        f"{_HELPER}\n"
        + chain(n, "class TestA{new}(TestA{old}):\n    x = 1").replace(_NAME, "0")
        + f"class TestIt(TestAA{n - 1}):\n    def test_it(self): pass\n"
    ),
    "names of a helper class": lambda n: (
        f"{_HELPER}\n" + lines(n, lambda i: f"TestA{i + 1} = TestA{i}")
    ),
    "names in a tuple": lambda n: (
        f"{_HELPER}\n({'TestB{}, ' * n}) = ({'TestA0, ' * n})\n"
        f"({'TestC{}, ' * n}) = ({'TestB{}, ' * n})\n"
    ).format(*range(n), *range(n), *range(n)),
    "assignments": lambda n: _USED + lines(n, lambda i: f"a{i} = {i}"),
    "instances": lambda n: _USED + lines(n, lambda i: f"a{i} = {_NAME}()"),
    "names of the class": lambda n: _USED + lines(n, lambda i: f"a{i} = {_NAME}"),
    "classes of instances": lambda n: _USED + lines(n, lambda i: f"a{i} = type(b{i})"),
    "variables that are the class": lambda n: _USED + in_function(n, lambda i: "c = x.__class__"),
    "attributes of instances": lambda n: _USED + in_function(n, lambda i: f"x{i}.__class__.a"),
    "functions that call one another": lambda n: (
        _USED + chain(n, "def {new}():\n    return {old}()")
    ),
    "functions that call the next one": lambda n: (
        lines(n, lambda i: f"def g{i}():\n    return {f'g{i + 1}' if i < n - 1 else _NAME}()")
        + _USED
    ),
    "nested functions": lambda n: _USED + in_function(n, lambda i: f"def g{i}(): return a{i}"),
    "imports": lambda n: lines(n, lambda i: f"import m{i}") + _USED,
    "imports in a string": lambda n: f"{_USED}x = '{'import x; ' * n}'\n",
    "imports of one name": lambda n: _USED + f"from {SHARED} import a\n" * n,
    "imports for type checkers": lambda n: (
        lines(n, lambda i: f"if TYPE_CHECKING:\n    from a import b{i}") + _USED
    ),
    "star imports": lambda n: lines(n, lambda i: f"from m{i} import *") + _USED,
    "__all__": lambda n: f"{_USED}__all__ = {[f'a{i}' for i in range(n)]}\n",
    "type comments": lambda n: _USED + lines(n, lambda i: f"x{i} = []  # type: {_NAME}"),
    "comments": lambda n: "# a comment\n" * n + _USED + "# a comment\n" * n,
    "a long comment": lambda n: f"{_USED}# {'a ' * n}\n",
    "many rows on a line": lambda n: _USED + "; ".join(f"{_NAME}()" for _ in range(n)) + "\n",
    "decorators": lambda n: _USED + lines(n, lambda i: f"@d{i}") + "def f(): pass\n",
    "marks of a copy": lambda n: "import pytest\n" + "@pytest.mark.a\n" * n + _USED,
    "mentions": lambda n: _USED + in_function(n, lambda i: f"isinstance(x, ({_NAME},))"),
    "values of a dictionary": several("x = {", f"1: {_NAME}", ", ", "}\n"),
    "elements of a list": several("x = [", _NAME, ", ", "]\n"),
    "operands": several("x = ", _NAME, " or ", "\n"),
    "things compared": several("x = ", _NAME, " == ", "\n"),
    "arguments": several("f(", _NAME, ", ", ")\n"),
    "keywords": lambda n: f"{_USED}f({', '.join(f'a{i}={_NAME}' for i in range(n))})\n",
    "defaults": lambda n: f"{_USED}def f({', '.join(f'a{i}={_NAME}' for i in range(n))}): pass\n",
    "names of the module": several("x = [", "__name__", ", ", "]\n"),
    "patches": lambda n: _USED + in_function(n, lambda i: f"patch('a.b{i}.c'); setattr(x, 'a', 1)"),
    "strings": lambda n: f"{_USED}x = {[f'{_NAME} {i}' for i in range(n)]}\n",
    "copies": lambda n: (COPY + "\n\n") * (n // 8),
    "copies in one function": lambda n: (
        "def test_it():\n" + indented(f"{COPY}\n{_NAME}()\n") * (n // 8)
    ),
    "copies in a function that is called often": lambda n: (
        "def make():\n" + indented(f"{COPY}\n{_NAME}()\n") * (n // 8)
    ),
    "copies in functions of their own": lambda n: lines(
        n // 8, lambda i: f"def test_{i}():\n" + indented(f"{COPY}\n{_NAME}()\n")
    ),
    "copies with subclasses": lambda n: lines(
        n // 8,
        lambda i: f"def test_{i}():\n" + indented(f"{COPY}\n\nclass A({_NAME}): x = {i}\n"),
    ),
    "other classes of that name": lambda n: (
        _USED + lines(n, lambda i: f"class {_NAME}(A{i}): x = {i}")
    ),
    "nesting": lambda n: (
        _USED + "".join(f"{' ' * i}if x:\n" for i in range(n // 8)) + " " * n + "x"
    ),
}


def steps(work: Callable[[], object]) -> int:
    """Count the calls that our own code makes, and those of the code that writes a tree as text."""
    profile = Profile()
    profile.runcall(work)
    ours = (
        entry
        for entry in profile.getstats()
        if isinstance(entry.code, CodeType)
        and ("/codemods/" in entry.code.co_filename or entry.code.co_filename == ast.__file__)
    )
    # What is written in C has no code of its own, and counts for its callers.
    return sum(
        entry.callcount
        + sum(called.callcount for called in entry.calls or () if isinstance(called.code, str))
        for entry in ours
    )


class Others:
    """A checkout that has one other file, which may look into every module."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.paths = ["/r/test_a.py", "/r/conftest.py"]

    def read(self) -> list[Source]:
        return [Source("/r/conftest.py", self._content + b"\n# request.module of test_a\n")]

    def read_one(self, path: str) -> bytes:
        return self._content


def importing(content: bytes) -> object:
    changed = {"/r/test_a.py": apply(_USED.encode(), "/r/test_a.py", _CODEMOD)}
    return outside_effects(default_modules(), changed, Others(content))


def marking(content: bytes) -> object:
    codemod = MarkHelperClasses(PytestNames())
    result = apply(content, "/r/test_a.py", codemod)
    return codemod.again({"/r/test_a.py": result}, Others(content))


def discovering(content: bytes) -> object:
    blocks = blocks_of(content, PytestNames())
    paths = "a.py", "b.py"
    return groups_of([s for p in paths for s in shapes_of(content, p, blocks, PytestNames())], 2)


_CODEMOD = ReplaceLocalCopies(default_modules())
WORK: dict[str, Callable[[bytes], object]] = {
    "apply": lambda content: apply(content, "test_a.py", _CODEMOD),
    "mark": marking,
    "survey": lambda content: survey(content, "test_a.py", default_modules(), variants=True),
    "outside effects": importing,
    "discover": discovering,
}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("work", WORK)
def test_the_steps_grow_as_the_file_does(file: str, work: str) -> None:
    short, long = (FILES[file](n).encode() for n in (50, 200))
    assert len(long) < 4.2 * len(short)
    do = WORK[work]
    do(_USED.encode())  # what is done once in a process
    assert steps(lambda: do(long)) < 4.7 * steps(lambda: do(short))


@pytest.mark.parametrize(
    "line",
    [
        "def g(f): f.x = 1\ng(helper)\n",
        "sys.modules['json']\n",
        "filterwarnings('a', module='x')\n",
    ],
)
def test_what_a_file_does_with_a_function_takes_steps_as_there_is_of_it(line: str) -> None:
    definition = "import json\n\n\ndef helper(x):\n    return json.dumps(x)\n\n\n"
    codemod = ReplaceLocalCopies(shared(definition, "lib.tools"))
    short, long = ((definition + line * n).encode() for n in (100, 400))
    apply(short, "test_a.py", codemod)
    few = steps(lambda: apply(short, "test_a.py", codemod))
    assert steps(lambda: apply(long, "test_a.py", codemod)) < 5 * few


def test_small_copies_in_functions_do_not_each_look_at_the_whole_file() -> None:
    codemod = ReplaceLocalCopies(shared("class A:\n    x = 1\n"))

    def work(number: int) -> int:
        copy = "def test_{0}():\n    class A:\n        x = 1\n    A()\n    b.c = 1\n"
        content = lines(number, copy.format).encode()
        return steps(lambda: apply(content, "test_a.py", codemod))

    work(1)
    assert work(400) < 4.2 * work(100)


#: Texts that are read without being parsed.
UNPARSED: dict[str, Callable[[int], str]] = {
    "quotes in a comment": lambda n: "x = 1\n# " + '"""' * n + "\n",
    "quotes in strings": lambda n: "x = [" + '\'"""\', ' * n + "]\n",
    "escaped quotes": lambda n: 'x = """' + '\\"""' * n + '"""\n',
    "strings of several lines": lambda n: 'x = """\n"""\n' * n,
    "blank lines": lambda n: "def f():" + "\n " * n + "\n\nx = 1\n",
    "decorators": lambda n: "@a\n" * n + "def f(): pass\n",
    "definitions in an if": lambda n: "if x:\n" + "    def f(): g(1)\n" * n,
    "nested definitions": lambda n: "def f():\n" + "    def g():\n        h()\n" * n,
    "fixtures": lambda n: "class A:\n" + "    @fixture\n    def g(self): h()\n" * n,
}


@pytest.mark.parametrize("text", UNPARSED)
def test_the_steps_grow_as_the_text_does(text: str) -> None:
    short, long = (UNPARSED[text](n).encode() for n in (100, 400))
    blocks_of(short, PytestNames())
    least = steps(lambda: blocks_of(short, PytestNames()))
    assert steps(lambda: blocks_of(long, PytestNames())) < 5 * least


def marked(text: str) -> bool:
    return MarkHelperClasses(PytestNames()).may_concern(text.encode())


#: What is done with one text, which no step is counted of: the longer one may take ten times as
#: long, where four times are expected, and sixteen would be those of two loops in one another.
TEXTS: dict[str, tuple[Callable[[str], object], Callable[[int], str]]] = {
    "classes in a comment": (lambda t: own_comment([t]), lambda n: "# " + "class X " * n),
    "a rule in a comment": (lambda t: own_comment([t]), lambda n: "# a " + "-" * n + " b"),
    "a rule and blanks": (lambda t: own_comment([t]), lambda n: "# a " + "----" + " " * n + "b"),
    "rules in a comment": (lambda t: own_comment([t]), lambda n: "# a" + " ----" * n + " b"),
    "words in a comment": (lambda t: own_comment([t]), lambda n: "# " + "coding author " * n),
    "classes on a line": (
        lambda t: _CODEMOD.may_concern(t.encode()),
        lambda n: f"x = '{f'class {_NAME}: ' * n}'",
    ),
    "helper classes without a constructor": (
        marked,
        lambda n: "class TestA:\n    x = 1\n" * (n // 8),
    ),
    "brackets that are not closed": (
        marked,
        lambda n: "class TestA(\n" * (n // 8),
    ),
    "names of names": (
        marked,
        lambda n: "\nTestA = " + "a.bc." * (n // 8) + " as x" * (n // 8),
    ),
    "helper classes with a decorator, in a function": (
        marked,
        lambda n: "def f():\n" + "    @a\n    class TestA:\n        x = 1\n" * (n // 8),
    ),
    "blanks on a line": (
        lambda t: _CODEMOD.may_concern(t.encode()),
        lambda n: f"x = 'class{' ' * n}'",
    ),
}


@pytest.mark.parametrize(("work", "text"), TEXTS.values(), ids=TEXTS)
def test_patterns_take_time_as_the_text_is_long(
    work: Callable[[str], object], text: Callable[[int], str]
) -> None:
    short, long = text(10_000), text(40_000)

    def least(content: str) -> float:
        timer = time.process_time  # the machine may do something else meanwhile
        return min(timeit.repeat(lambda: work(content), timer=timer, number=1, repeat=5))

    assert any(least(long) < 10 * least(short) + 0.001 for _ in range(5))
