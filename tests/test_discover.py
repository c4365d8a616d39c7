"""Which definitions are pasted: the groups, and what they are told from."""

from __future__ import annotations

import ast
import os
import subprocess
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codemods.engine.names import ModuleNames
from codemods.engine.scopes import DEFINITIONS, FUNCTIONS
from codemods.migration.discover import Wanted, discover
from codemods.model import Code, Discovery, PytestNames, Reason
from codemods.rewrites.collected import is_fixture, is_test_function, own_test
from codemods.rewrites.discover.blocks import blocks_of, fingerprint_of
from codemods.rewrites.discover.helpers import helpers_of
from codemods.rewrites.replace_local_copies.equality import Normal
from codemods.rewrites.replace_local_copies.local import is_plain
from codemods.rewrites.replace_local_copies.shared import bare
from codemods.settings import Settings
from codemods.workers.pool import ProcessPool
from tests.tools import Here

TESTS = PytestNames()


def find(
    root: Path, files: dict[str, str | bytes], wanted: Wanted | None = None, jobs: int = 0
) -> Discovery:
    """Write files into a folder, and discover what is pasted there."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, bytes) else textwrap.dedent(content).encode()
        (root / path).write_bytes(text)
    pool = ProcessPool(jobs) if jobs else Here()
    return discover(Settings(root=root), ["."], pool, wanted or Wanted(), lambda done, total: None)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(found: Discovery) -> list[tuple[str, bool, tuple[str, ...], list[str]]]:
    """Return kind, whether it is nested, names and places of each group."""
    return [
        (g.kind, g.is_nested, g.names, [f"{p.path}:{p.line}" for p in g.places])
        for g in found.groups
    ]


HELPER = """\
def make(n):
    return [n] * 3
"""


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        pytest.param(HELPER, HELPER, ("function", False, ("make",)), id="a function"),
        pytest.param(
            "def make(n):\n    n = n + 1\n    return [n] * 3\n",
            'x = 1\ndef other(n: int) -> list:\n    """Tell."""\n    n = n + 1\n    # why\n'
            "    return [n] * 3\n",
            ("function", False, ("make", "other")),
            id="another name, annotations, a docstring and a comment",
        ),
        pytest.param(
            "class A:\n    def f(self): return 1\n    def g(self): return 2\n",
            "class _A(object):\n    def g(self): return 2\n\n    def f(self):\n        return 1\n",
            ("class", False, ("A", "_A")),
            id="a class, the order of its methods, a base object",
        ),
        pytest.param(
            "class A:\n    __test__ = False\n    def f(self): return g(1)\n",
            "class A:\n    def f(self): return g(1)\n",
            ("class", False, ("A",)),
            id="__test__ = False",
        ),
        pytest.param(
            "import pytest\n@pytest.fixture\ndef test_user():\n    return {'a': 1}\n",
            "import pytest\n@pytest.fixture\n\ndef test_user():\n    return {'a': 1}\n",
            ("fixture", False, ("test_user",)),
            id="a fixture with the name of a test",
        ),
        pytest.param(
            "async def wait():\n    await go()\n",
            "async  def wait( ):\n    await go( )\n",
            ("function", False, ("wait",)),
            id="an async function",
        ),
        pytest.param(
            "@wraps(\n    f\n)\n# why\ndef g(a,\n    b\n):\n    return a(b)\n",
            "@wraps(f)\ndef g(a, b):\n    return a(b)\n",
            ("function", False, ("g",)),
            id="decorators and brackets over several lines",
        ),
        pytest.param(
            "def test_it():\n    class A:\n        x = go(1)\n",
            "def f():\n    def test_b():\n        class A:\n            x = go(1)\n    return 3\n",
            ("class", True, ("A",)),
            id="a nested class",
        ),
        pytest.param(
            "class TestIt:\n    @pytest.fixture\n    def a(self):\n        return go()\n"
            "    def test_a(self, a): pass\n",
            "class TestIt:\n    def test_a(self, a): pass\n"
            "    @pytest.fixture\n    def a(self):\n        return go()\n",
            ("fixture", True, ("a",)),
            id="a fixture of a class of tests",
        ),
        pytest.param(
            "try:\n    from a import A\nexcept ImportError:\n    class A:\n        x = 1\n",
            "class A:\n    x = 1\n",
            ("class", False, ("A",)),
            id="in a try",
        ),
        pytest.param(
            'def text():\n    return """\nclass A:\n    x = 1\n"""\n',
            "def text():\n    return '''\nclass A:\n    x = 1\n'''\n",
            ("function", False, ("text",)),
            id="code in a string is none",
        ),
        pytest.param(
            "def f():\n\treturn go(1)\n",
            "def f():\n    return go(1)\n",
            ("function", False, ("f",)),
            id="tabs",
        ),
        pytest.param(
            "def f(a):\n    return (go)(a)\n",
            "def f(a):\n    return go(a)\n",
            ("function", False, ("f",)),
            id="brackets around what is called",
        ),
        pytest.param(
            "def f(a):\n    if a:\n        return a.b.c(1)\n    else:\n        return f(a)\n",
            "def g(a):\n    if a: return (a.b\n      .c(1))\n    else: return g (a)\n",
            ("function", False, ("f", "g")),
            id="calls over several lines, and of itself",
        ),
    ],
)
def test_equal_definitions_are_a_group(
    root: Path, one: str, two: str, expected: tuple[object, ...]
) -> None:
    found = find(root, {"test_a.py": one, "test_b.py": two})
    assert not found.failures
    assert [(kind, nested, names) for kind, nested, names, _ in shown(found)] == [expected]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        pytest.param(HELPER, HELPER.replace("3", "4"), id="another constant"),
        pytest.param("def f(): return a\n", "def f(): return b\n", id="another global"),
        pytest.param("def f(): return 1\n", "async def f(): return 1\n", id="async"),
        pytest.param("def test_a(): go()\n", "def test_a(): go()\n", id="tests"),
        pytest.param(
            "class TestA:\n    def test_a(self): go()\n",
            "class TestA:\n    def test_a(self): go()\n",
            id="a class of tests",
        ),
        pytest.param(
            "import unittest\nclass A(unittest.TestCase):\n    x = 1\n",
            "import unittest\nclass A(unittest.TestCase):\n    x = 1\n",
            id="a base of tests",
        ),
        pytest.param("def setup_module(): go()\n", "def setup_module(): go()\n", id="hooks"),
        pytest.param(
            "class TestA:\n    def go(self): return 1\n    def test_a(self): pass\n",
            "class TestB:\n    def go(self): return 1\n    def test_b(self): pass\n",
            id="methods",
        ),
        pytest.param('"""\ndef f():\n    go()\n"""\n', '"""\ndef f():\n    go()\n"""\n', id="text"),
    ],
)
def test_what_is_no_group(root: Path, one: str, two: str) -> None:
    assert shown(find(root, {"test_a.py": one, "test_b.py": two})) == []


def test_other_files_than_those_of_tests_do_not_count(root: Path) -> None:
    files = dict.fromkeys(["test_a.py", "lib.py", "b/conftest.py", "c/checks.py"], HELPER)
    found = find(root, {**files, "c/pytest.ini": "[pytest]\npython_files = checks.py\n"})
    assert found.files == 3
    assert [g[3] for g in shown(found)] == [["b/conftest.py:1", "c/checks.py:1", "test_a.py:1"]]


def test_definitions_in_a_pasted_one_are_no_group_of_their_own(root: Path) -> None:
    outer = "def f():\n    class A:\n        x = go(1)\n    return A()\n"
    alone = "def test_it():\n    class A:\n        x = go(1)\n"
    found = find(root, {"test_a.py": outer, "test_b.py": outer, "test_c.py": alone})
    assert [(g[0], g[2]) for g in shown(found)] == [("function", ("f",))]


def test_files_and_least_number_of_them(root: Path) -> None:
    files: dict[str, str | bytes] = {f"test_{n}.py": HELPER for n in range(3)}
    assert shown(find(root, {**files, "test_0.py": HELPER + "\n\n" + HELPER}, Wanted(3)))
    assert not shown(find(root, files, Wanted(4)))
    twice = HELPER + "\n\n" + HELPER.replace("make", "again")
    assert not shown(find(root, {"test_1.py": "", "test_2.py": "", "test_0.py": twice}))


def test_what_is_in_the_way_is_told_as_the_core_does(root: Path) -> None:
    copy = "import json\nFULL = 3\n\ndef other(): return FULL\n\n\nclass A:\n"
    copy += "    def f(self): return json.dumps(other())\n\n\n"
    found = find(
        root,
        {
            "test_a.py": copy + "A().f()\n",
            "test_b.py": copy + "A().f()\n",
            "test_c.py": copy + "x = [A]\n",
            "test_d.py": copy.replace("import json", "import other as json") + "A().f()\n",
            "test_e.py": copy.replace("FULL = 3", "FULL = 4") + "A().f()\n",
        },
    )
    (group,) = (g for g in found.groups if g.names == ("A",))
    codes = {p.path: [r.code for r in p.reasons] for p in group.places}
    assert codes == {
        "test_a.py": [],
        "test_b.py": [],
        "test_c.py": [Code.ESCAPES],
        "test_d.py": [Code.DIFFERENT_GLOBALS],
        "test_e.py": [Code.DIFFERENT_GLOBALS],
    }
    assert group.lines == 2
    own = "class A:\n    def f(self): return json.dumps(other())\n"
    text = f"import json\n\nFULL = 3\n\n\ndef other(): return FULL\n\n\n{own}"
    assert group.module.decode() == f'"""Helpers, shared by the tests."""\n\n{text}'


@pytest.mark.parametrize("handler", ["raise", "pass"])
def test_what_it_reads_is_taken_from_wherever_the_file_has_it(root: Path, handler: str) -> None:
    """An import that may fail cannot stand in a module that must not: `adopt` takes none."""
    text = f"try:\n    from a.b import c as d, e\nexcept ImportError:\n    {handler}\n\n"
    text += "import os.path\nN: int = 3\n\n\ndef f():\n    return d(os.path.sep, N, len)\n"
    (group,) = find(root, dict.fromkeys(["test_a.py", "test_b.py"], text)).groups
    imports = "\nimport os.path\n\nfrom a.b import c as d\n\nN: int = 3\n"
    assert bool(group.replaceable) is (handler == "raise") is (imports in group.module.decode())


def test_what_cannot_be_taken_along_is_in_the_way_everywhere(root: Path) -> None:
    text = "from .models import Model\n\n\ndef f(x: Model):\n    return g(x)\n\n\n"
    text += "def g(x):\n    return x\n"
    found = find(root, {"test_a.py": text, "test_b.py": f"# On\n# g.\n{text}"})
    groups = {group.names[0]: group for group in found.groups}
    message = "`f` reads `Model`, which is imported relatively (test_a.py)"
    assert [p.reasons for p in groups["f"].places] == [
        (Reason(Code.DIFFERENT_GLOBALS, line, message),) for line in (4, 6)
    ]
    assert len(groups["g"].replaceable) == 2


@pytest.mark.parametrize("head", ["from .a import x", "from b.a import x\nfrom c import *"])
def test_a_file_that_has_the_imports_otherwise_is_taken(root: Path, head: str) -> None:
    files = {
        f"test_{n}.py": f"{head}\n\n\ndef f():\n    return x(1)\n"
        for n, head in enumerate([head, "from b.a import x", "from b.a import x"])
    }
    (group,) = find(root, dict(files)).groups
    assert [place.path for place in group.replaceable] == ["test_1.py", "test_2.py"]
    assert b"from b.a import x" in group.module


def test_state_is_said_before_what_cannot_be_taken_along(root: Path) -> None:
    text = "from .models import x\n\n\ndef f(a=[]):\n    return x(a)\n"
    (group,) = find(root, {"test_a.py": text, "test_b.py": f"# On x.\n{text}"}).groups
    found = [(r.code, r.line) for place in group.places for r in place.reasons]
    assert found == [(Code.STATE, 4), (Code.STATE, 5)]


def test_a_test_where_its_base_cannot_be_taken_along_is_no_helper(root: Path) -> None:
    text = "from .base import Base\n\n\nclass TestA(Base):\n    x = go(1)\n"
    assert not find(root, dict.fromkeys(["test_a.py", "test_b.py"], text)).groups


@pytest.mark.parametrize(
    ("head", "is_test"),
    [
        ("from lib import Base\n\n\nclass TestA(Base):", True),
        ("class TestA(Exception):", False),
        ("from lib import Base\n\n\nclass A(Base):", False),
        ("from lib import Base\n\n\nclass TestA(Base):\n    def __init__(self): pass\n", False),
        ("class Base: pass\n\n\nclass TestA(Base):", False),
        ("from lib import Base\n\n\ndef test_it():\n  class TestA(Base):", False),
    ],
)
def test_a_class_that_may_inherit_tests_is_a_test(root: Path, head: str, is_test: bool) -> None:
    text = f"{head}\n    def f(self): return go()\n"
    found = find(root, dict.fromkeys(["test_a.py", "test_b.py"], text))
    assert any("A" in g.names[0] for g in found.groups) is not is_test


def test_a_class_of_another_name_can_be_replaced(root: Path) -> None:
    text = "class {0}:\n    def f(self): return 1\n\n\n{0}().f()\n"
    files = {"test_a.py": text.format("A"), "test_b.py": text.format("B")}
    (group,) = find(root, dict(files)).groups
    assert (group.names, len(group.replaceable)) == (("A", "B"), 2)
    assert group.module.endswith(b"\n\nB = A\n")


@pytest.mark.parametrize(
    "text",
    [
        "class {}(Exception): pass\n",
        "class {}(Exception):\n    def f(self): ...\n    def g(self): ...\n",
        'class {}(Exception):\n    """Raised."""\n',
        "def {}(): return 1\n",
        "@pytest.fixture\ndef {}():\n    return 1\n",
    ],
)
def test_what_is_no_copy_under_another_name(root: Path, text: str) -> None:
    one, two, three = (text.format(name) for name in ("One", "_One", "Two"))
    found = find(root, {"test_a.py": one, "test_b.py": two, "test_c.py": three})
    assert [names for _, _, names, _ in shown(found)] == [("One", "_One")]


def test_a_nested_definition_is_written_without_its_indent(root: Path) -> None:
    text = 'def test_it():\n    class A:\n        x = """\n    a\n"""\n        y = go(1)\n    A()\n'
    (group,) = find(root, {"test_a.py": text, "test_b.py": text}).groups
    assert b'class A:\n    x = """\n    a\n"""\n    y = go(1)\n' in group.module


def test_warnings_of_collection(root: Path) -> None:
    text = "class TestConnection:\n    def __init__(self):\n        self.x = 1\n"
    found = find(root, dict.fromkeys(["test_a.py", "test_b.py", "conftest.py"], text))
    assert [g.warnings for g in found.groups] == [2]
    quiet = text.replace("    def", "    __test__ = False\n    def")
    assert [g.warnings for g in find(root, dict.fromkeys(["test_a.py"], quiet)).groups] == [1]


# --- the order


def test_the_order_is_that_of_lines_that_go_then_of_names(root: Path) -> None:
    long = "def {0}():\n    a = go()\n    return a\n"
    text = (
        "from lib import go, run\n"
        + long.format("z")
        + long.format("b").replace("go", "run")
        + "def y(): return 1\n"
    )
    text += "class A:\n    x = []\n    y = 2\n    z = 3\n    def f(self): return 1\n"
    files = dict.fromkeys(["test_b.py", "test_a.py", "c/test_c.py"], text)
    found = find(root, dict(files))
    assert [(g.names[0], g.lines) for g in found.groups] == [
        ("b", 6), ("z", 6), ("y", 2), ("A", 0)
    ]  # fmt: skip
    assert [p.path for p in found.groups[0].places] == ["c/test_c.py", "test_a.py", "test_b.py"]


def test_processes_give_the_same_as_one(root: Path) -> None:
    text = "def f():\n    return go({n})\n\n\nclass A:\n    def g(self): return {n}\n"
    files = {f"test_{n}.py": text.format(n=n % 3) for n in range(12)}
    alone = find(root, dict(files))
    for jobs in (1, 2):
        assert find(root, {}, jobs=jobs)._replace(seconds=0) == alone._replace(seconds=0)


def test_the_largest_alone_are_the_same_as_the_first_of_all(root: Path) -> None:
    texts = [
        f"def f{n}(a):\n"
        + "".join(f"    a = go({i})\n" for i in range(n))
        + f"    return a + {n}\n"
        for n in range(1, 20)
    ]
    broken = texts[-1].replace("def f", "def g").replace("(a):", "(a=[]):")
    text = "\n".join(["from lib import go", *texts, broken])
    whole = find(root, dict.fromkeys(["test_a.py", "test_b.py"], text))
    some = find(root, {}, Wanted(most=3))
    saving = [g for g in some.groups if g.lines]
    assert list(whole.groups[:3]) == saving[:3]
    assert some.left == len(whole.groups) - len(some.groups) > 0


# --- near


def test_definitions_of_one_name_that_differ_little(root: Path) -> None:
    body = "def make(n):\n" + "".join(f"    a{i} = {i}\n" for i in range(8)) + "    return n\n"
    found = find(
        root,
        {
            "test_a.py": body,
            "test_b.py": body,
            "test_c.py": body.replace("a3 = 3", "a3 = 4"),
            "test_d.py": "def make(n):\n    return wholly(other)\n",
        },
        Wanted(near=True),
    )
    (near,) = found.near
    assert (near.name, near.kind, near.changed) == ("make", "function", 2)
    assert [[p.path for p in places] for places in near.variants] == [
        ["test_a.py", "test_b.py"],
        ["test_c.py"],
    ]
    assert [t for t in near.difference if t[:1] in "+-"][2:] == ["-    a3 = 3", "+    a3 = 4"]


# --- hostile files


@pytest.mark.parametrize(
    ("content", "fails"),
    [
        pytest.param(b"def make(n:\n", True, id="a syntax error"),
        pytest.param(HELPER.encode() + b"\nx = (\n", True, id="a syntax error below a helper"),
        pytest.param(HELPER.encode() + b"\0", True, id="a null byte"),
        pytest.param(b"x = " + b"(" * 300 + b")" * 300 + b"\n", False, id="deep brackets"),
        pytest.param(b"match a:\n    case " + b"(" * 24 + b"1" + b")" * 24 + b": pass\n", False,
                     id="24 brackets"),
        pytest.param(b"# \xff\n" + HELPER.encode(), True, id="no UTF-8"),
        pytest.param(b"# coding: latin-1\n# \xff\n" + HELPER.encode(), False, id="latin-1"),
        pytest.param(b"\xef\xbb\xbf" + HELPER.encode(), False, id="a mark of byte order"),
        pytest.param(HELPER.replace("\n", "\r\n").encode(), False, id="CRLF"),
        pytest.param(HELPER.replace("\n", "\r").encode(), False, id="CR"),
        pytest.param(b'x = """' + HELPER.encode(), True, id="an open string"),
    ],
)  # fmt: skip
def test_hostile_files_cost_the_others_nothing(root: Path, content: bytes, fails: bool) -> None:
    files: dict[str, str | bytes] = {"test_a.py": HELPER, "test_b.py": HELPER}
    found = find(root, {**files, "test_0.py": content})
    (group,) = found.groups
    has_helper = b"def make" in content and not fails
    assert group.files == 2 + has_helper
    assert bool(found.failures) <= fails


@pytest.mark.parametrize("text", ["x = = 1\n", f"{HELPER}x = (\n", "# \xff\n"])
def test_a_conftest_that_is_no_python_is_named(root: Path, text: str) -> None:
    """All tests of its folder fail with it, whether something in it is pasted or not."""
    files: dict[str, str | bytes] = {"test_a.py": HELPER, "test_b.py": HELPER}
    found = find(root, {**files, "conftest.py": text.encode("latin-1")})
    assert [failure.path for failure in found.failures] == ["conftest.py"]
    assert [group.files for group in found.groups] == [2]


def test_the_configuration_of_a_template_hinders_no_other_file(root: Path) -> None:
    paths = ("test_a.py", "test_b.py", "template/test_c.py")
    found = find(root, {**dict.fromkeys(paths, HELPER), "template/pyproject.toml": "{{name}} = 1"})
    assert [group.files for group in found.groups] == [3]
    assert not found.failures


def test_nothing_at_all(root: Path) -> None:
    found = find(root, {"lib.py": HELPER})
    assert (found.files, found.groups, found.failures) == (0, (), ())


# --- the text against the syntax


def reference(files: dict[str, bytes], least: int = 2) -> list[set[tuple[str, int]]]:
    """Group the definitions of some files by their whole syntax."""
    groups: dict[tuple[object, ...], set[tuple[str, int]]] = defaultdict(set)
    spans: dict[tuple[str, int], int] = {}
    for path, source in files.items():
        tree = ast.parse(source)
        names = ModuleNames(tree)

        def walk(node: ast.AST, around: tuple[ast.AST, ...]) -> Iterator[tuple[ast.AST, ...]]:
            for child in ast.iter_child_nodes(node):
                yield child, *around
                inner = (child, *around) if isinstance(child, DEFINITIONS) else around
                yield from walk(child, inner)

        for node, *around in walk(tree, ()):
            if not isinstance(node, DEFINITIONS):
                continue
            fixture = is_fixture(node)
            in_class = bool(around) and isinstance(around[0], ast.ClassDef)
            is_test = isinstance(node, FUNCTIONS) and is_test_function(node.name, TESTS)
            if isinstance(node, FUNCTIONS) and not fixture and (in_class or is_test):
                continue
            if isinstance(node, ast.ClassDef) and own_test(node, TESTS) is not None:
                continue
            normal = Normal(node, names.is_builtin)
            shape = normal.shape
            is_derived = isinstance(node, ast.ClassDef) and not is_plain(node)
            own = bare(node.name) if normal.is_short or is_derived else ""
            line = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            key = (type(node), fixture, bool(around), own, shape.key, *map(bare, shape.reads))
            groups[key].add((path, line))
            spans[path, line] = node.end_lineno or 0
    equal = [g for g in groups.values() if len({path for path, _ in g}) >= least]
    pasted = {place for g in equal for place in g}

    def is_inside(place: tuple[str, int]) -> bool:
        return any(p == place[0] and n < place[1] <= spans[p, n] for p, n in pasted)

    equal = [{place for place in g if not is_inside(place)} for g in equal]
    return [g for g in equal if len({path for path, _ in g}) >= least]


NAMES = st.sampled_from(["a", "b", "go", "_go", "self", "x.y", "json.dumps", "match"])
VALUES = st.recursive(
    st.sampled_from(["1", "'#'", '"def f():"', "b'('", "'''\nclass A: x\n'''", "f'{a(1)}'"])
    | NAMES,
    lambda inner: st.one_of(
        st.tuples(NAMES, inner).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(NAMES, inner).map(lambda t: f"{t[0]}(\n{t[1]}\n)"),
        st.tuples(NAMES, inner).map(lambda t: f"{t[0]} (k={t[1]})"),
        st.tuples(inner, inner).map(lambda t: f"[{t[0]}, {t[1]}]"),
        st.tuples(inner, inner).map(lambda t: f"({t[0]}\n  .z({t[1]}))"),
        inner.map(lambda t: f"(lambda q=2: {t})"),
    ),
    max_leaves=4,
)
LINES = st.one_of(
    VALUES.map(lambda v: f"c = {v}"),
    VALUES.map(lambda v: f"c: int = {v}"),
    VALUES.map(lambda v: f"return {v}"),
    VALUES.map(lambda v: f"assert {v}  # return"),
    VALUES.map(lambda v: f"match {v}:\n  case json.X(y=1): pass\n  case (go()): pass"),
    st.sampled_from(["pass", '"""Doc ( \' string."""', "raise E", "import json", "# class A:"]),
    st.sampled_from(["d: Literal['=']", "c += 1", "__test__ = False", "return  (1)"]),
)


def indented(lines: list[str]) -> str:
    return textwrap.indent("\n".join([*lines, "pass"]), "    ").replace("    '''\n", "'''\n")


HEADS = st.sampled_from(
    [
        "def f(a, b: int = 1):",
        "def _f(a, b=1) -> x.y:",
        "async def f(\n    a,\n    b=1\n):",
        "@pytest.fixture\ndef g():",
        "@pytest.mark.parametrize('a', go())\n@wraps(\n  go\n)\ndef g():",
        "class A:",
        "class B(object):",
        "class Fake(Base, k=1):",
        "def test_it():",
    ]
)
DEFINITIONS_OF_TEXT = st.recursive(
    st.tuples(HEADS, st.lists(LINES, max_size=3)).map(lambda t: f"{t[0]}\n{indented(t[1])}"),
    lambda inner: st.tuples(HEADS, st.lists(LINES | inner, max_size=3)).map(
        lambda t: f"{t[0]}\n{indented(t[1])}"
    ),
    max_leaves=3,
)


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


MODULES = st.lists(
    DEFINITIONS_OF_TEXT
    | st.sampled_from(["x = 1", "if x:\n    def f(): go()", "'''\ndef f(): 1\n'''"]),
    max_size=4,
).map(lambda parts: "import pytest\n" + "\n\n".join(parts) + "\n")


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(MODULES.filter(parses), min_size=2, max_size=4))
def test_the_groups_are_those_of_the_whole_syntax(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    root = tmp_path_factory.mktemp("suite")
    before = Path.cwd()
    os.chdir(root)
    try:
        files = {f"test_{n}.py": text for n, text in enumerate(texts)}
        found = find(root, dict(files))
    finally:
        os.chdir(before)
    assert not found.failures
    groups = [{(p.path, p.line) for p in g.places} for g in found.groups]
    expected = reference({path: text.encode() for path, text in files.items()})
    assert sorted(map(sorted, groups)) == sorted(map(sorted, expected))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(MODULES.filter(parses))
def test_a_fingerprint_of_a_text_is_that_of_its_syntax(text: str) -> None:
    found = blocks_of(text.encode(), TESTS)
    expected = {
        (h.node.name, h.line, h.is_nested, fingerprint_of(h.node))
        for h in helpers_of(ast.parse(text), TESTS)
    }
    assert {(b.name, b.line, b.is_nested, b.fingerprint) for b in found.found} == expected


def test_no_file_of_this_repository_is_told_wrongly() -> None:
    """Each test module of our own: by its text as by its syntax."""
    folder = Path(__file__).parent
    files = subprocess.run(["git", "ls-files", "."], cwd=folder, capture_output=True, text=True)
    paths = [folder / name for name in files.stdout.split() if name.endswith(".py")]
    assert paths
    for path in paths:
        source = path.read_bytes()
        found = {(b.line, b.is_nested, b.fingerprint) for b in blocks_of(source, TESTS).found}
        helpers = helpers_of(ast.parse(source), TESTS)
        # A test that mentions fixtures in its decorators is sorted out when it is parsed.
        assert found >= {(h.line, h.is_nested, fingerprint_of(h.node)) for h in helpers}, path


def test_a_reason_speaks_of_the_shared_module(root: Path) -> None:
    """Its name is made up: nothing of it is there yet."""
    text = "class Own:\n    n = {}\n\n\ndef make(n):\n    n = Own(n)\n    return n\n"
    found = find(root, {f"test_{n}.py": text.format(n == 3) for n in (1, 2, 3)})
    (group,) = (g for g in found.groups if g.names == ("make",))
    (message,) = (r.message for place in group.places for r in place.reasons)
    assert message.endswith("; in the shared module it is another definition")
