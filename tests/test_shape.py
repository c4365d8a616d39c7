"""What makes two definitions equal, beyond the cases of test_decide."""

from __future__ import annotations

import ast

import pytest

from codemods.model import RecordedShape, Shape
from codemods.rewrites.replace_local_copies.equality import LocalShape, first_difference, shape_of
from codemods.rewrites.replace_local_copies.recorded import read_shapes


def only_class(text: str) -> ast.ClassDef:
    (node,) = ast.parse(text).body
    assert isinstance(node, ast.ClassDef)
    return node


def shape(text: str) -> Shape:
    return shape_of(only_class(text))


def recorded(text: str) -> RecordedShape:
    (result,) = read_shapes(f"@replaced_by('Shared')\n{text}".encode(), "shapes.py")
    return result


def same(one: str, other: str) -> bool:
    a, b = shape(one), shape(other)
    return (a.header.key, [m.key for m in a.members]) == (b.header.key, [m.key for m in b.members])


EQUAL = {
    "its own name": (
        "class A:\n    def f(self): return A()\n",
        "class B:\n    def f(self): return B()\n",
    ),
    "methods around an attribute that reads none": (
        "class A:\n    def f(self): ...\n    x = 1\n    def g(self): ...\n",
        "class A:\n    x = 1\n    def g(self): ...\n    def f(self): ...\n",
    ),
    "else: pass": (
        "class A:\n    def f(self):\n        if x: y\n        else: pass\n",
        "class A:\n    def f(self):\n        if x: y\n",
    ),
    "a method of nothing but a docstring": (
        "class A:\n    def f(self):\n        'doc'\n",
        "class A:\n    def f(self): pass\n",
    ),
    "a block of nothing but an annotation": (
        "class A:\n    with x:\n        y: int\n",
        "class A:\n    with x:\n        pass\n",
    ),
    "an annotated local variable": (
        "class A:\n    def f(self):\n        x: int = 1\n",
        "class A:\n    def f(self):\n        x = 1\n",
    ),
}

UNEQUAL = {
    "the order of an attribute and a method that it reads": (
        "class A:\n    def f(self): ...\n    g = f\n",
        "class A:\n    g = f\n    def f(self): ...\n",
    ),
    "a method defined twice": (
        "class A:\n    def f(self): return 1\n    def f(self): return 2\n",
        "class A:\n    def f(self): return 2\n    def f(self): return 1\n",
    ),
    "the order of attributes": (
        "class A:\n    x = a()\n    y = b()\n",
        "class A:\n    y = b()\n    x = a()\n",
    ),
    "the order of decorators that run code": (
        "class A:\n    @one\n    def f(self): ...\n    @two\n    def g(self): ...\n",
        "class A:\n    @two\n    def g(self): ...\n    @one\n    def f(self): ...\n",
    ),
    "annotations of fields that a decorator reads": (
        "@dataclass\nclass A:\n    x: int = 1\n",
        "@dataclass\nclass A:\n    x: str = 1\n",
    ),
    "a field without a value that a base reads": (
        "class A(NamedTuple):\n    x: int\n",
        "class A(NamedTuple):\n    pass\n",
    ),
    "True and 1": ("class A:\n    x = True\n", "class A:\n    x = 1\n"),
    "a string and bytes": ("class A:\n    x = 'a'\n", "class A:\n    x = b'a'\n"),
    "finally: pass": (
        "class A:\n    def f(self):\n        try: x\n        finally: pass\n",
        "class A:\n    def f(self):\n        x\n",
    ),
    "a bare local annotation, which makes the name local": (
        "class A:\n    def f(self):\n        x: int\n        return x\n",
        "class A:\n    def f(self):\n        return x\n",
    ),
    "keyword-only parameters": (
        "class A:\n    def f(self, *, x): ...\n",
        "class A:\n    def f(self, x): ...\n",
    ),
    "static or not": (
        "class A:\n    @staticmethod\n    def f(x): ...\n",
        "class A:\n    def f(x): ...\n",
    ),
}


@pytest.mark.parametrize(("one", "other"), EQUAL.values(), ids=EQUAL)
def test_equal(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(("one", "other"), UNEQUAL.values(), ids=UNEQUAL)
def test_unequal(one: str, other: str) -> None:
    assert not same(one, other)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("class A:\n    def f(self): return json.loads(self.x)\n", ("json",)),
        ("class A(Base, metaclass=Meta): ...\n", ("Base", "Meta")),
        ("@dec\nclass A:\n    x = LIMIT\n", ("LIMIT", "dec")),
        ("class A:\n    def f(self, x=DEFAULT): ...\n", ("DEFAULT",)),
        ("class A:\n    def f(self, x: Noted) -> Noted: ...\n", ()),
        ("class A:\n    def f(self):\n        def g(): return h\n        return g\n", ("h",)),
        ("class A:\n    def f(self): return super().f()\n", ("super",)),
        ("class A:\n    def f(self): return [x for x in self.y]\n", ()),
        ("class A:\n    def f(self): return A()\n", ()),
        ("class A:\n    def f(self):\n        global n\n        n = 1\n", ("n",)),
        ("class A:\n    def f(self):\n        nonlocal n\n        n = m\n", ("m",)),
    ],
)
def test_the_globals_that_it_reads(text: str, reads: tuple[str, ...]) -> None:
    assert shape(text).reads == reads


def test_the_definition_stays_as_it_is() -> None:
    (node,) = ast.parse("class A:\n    'doc'\n    def f(self, x: int): pass\n").body
    assert isinstance(node, ast.ClassDef)
    before = ast.dump(node)
    shape_of(node)
    assert ast.dump(node) == before


def test_an_order_that_matters_is_named() -> None:
    one, other = UNEQUAL["the order of an attribute and a method that it reads"]
    line, message = first_difference(LocalShape(only_class(one)), recorded(other))
    assert (line, message) == (1, "its members stand in an order that matters")


def test_a_long_line_is_cut() -> None:
    long = "class A:\n    x = '" + "y" * 100 + "'\n"
    _, message = first_difference(
        LocalShape(only_class(long)), recorded("class Local:\n    x = 1\n")
    )
    assert message.endswith("yyy...` here, `x = 1` in recorded `Local`")
