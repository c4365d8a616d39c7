"""The global names of a module."""

from __future__ import annotations

import ast

import pytest

from codemods.engine.names import ModuleNames


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("import a", "import a"),
        ("import a.b", "import a"),
        ("import x.a as a", "import x.a"),
        ("from x import a", "from x import a"),
        ("from x import b as a", "from x import b"),
        ("import a\nimport a.c", "import a"),
        ("from . import a", "is bound on line 1"),
        ("import a\n\na = 1", "is bound on line 3"),
        ("import a\nimport b as a", "is bound on line 2"),
        ("a = 1", "1"),
        ("a: int = -1", "-1"),
        ("a = ('x', b'y', 1 + 2)", "('x', b'y', 1 + 2)"),
        ("a = [1]", "is bound on line 1"),
        ("a = b = 1", "is bound on line 1"),
        ("if x:\n    a = 1", "is bound on line 2"),
        ("if TYPE_CHECKING:\n    import a", "is bound on line 2"),
        ("if TYPE_CHECKING:\n    from x import *\nimport a", "import a"),
        (
            "if TYPE_CHECKING:\n    import a\nelse:\n    from x import *",
            "may come from the star import of line 4",
        ),
        (
            "if not TYPE_CHECKING:\n    from x import *",
            "may come from the star import of line 2",
        ),
        ("from x import *", "may come from the star import of line 1"),
        ("", "is bound nowhere in the file"),
        ("def f():\n    import a", "is bound nowhere in the file"),
        ("def f():\n    global a\n    import a", "import a"),
        ("class A:\n    global a\n    import a", "import a"),
        ("a = 1\nclass A:\n    global a\n    a = 2", "is bound on line 4"),
        ("a = 1\ndef f():\n    class A:\n        global a\n        a = 2", "is bound on line 5"),
    ],
)
def test_where_a_name_comes_from(text: str, source: str) -> None:
    meaning = ModuleNames(ast.parse(text)).meaning_of("a")
    assert meaning.text == source
    assert meaning.is_known == (not source.startswith(("is bound", "may come")))


def test_a_builtin_is_none_where_the_file_may_bind_it() -> None:
    assert ModuleNames(ast.parse("")).meaning_of("len") == ("builtin len", True)
    assert not ModuleNames(ast.parse("from x import *")).meaning_of("len").is_known
    assert not ModuleNames(ast.parse("def len(): ...")).meaning_of("len").is_known


MENTIONS = {
    "at the top": ("a", 1),
    "in a function": ("def f():\n    return a", 1),
    "in a nested function": ("def f():\n    def g():\n        return a", 1),
    "in a class body": ("class C:\n    x = a", 1),
    "in a method": ("class C:\n    def f(self):\n        return a", 1),
    "in a default": ("def f(x=a): ...", 1),
    "in an annotation": ("def f(x: a) -> a: ...", 2),
    "in a decorator": ("@a\ndef f(): ...", 1),
    "as a base": ("class C(a, metaclass=a): ...", 2),
    "in a lambda": ("f = lambda x: a", 1),
    "in the default of a lambda": ("f = lambda x=a: x", 1),
    "in a comprehension": ("[a for x in a]", 2),
    "in an f-string": ("f'{a}'", 1),
    "global in a function that sets it": ("def f():\n    global a\n    a = 1\n    return a", 2),
    "a parameter": ("def f(a):\n    return a", 0),
    "a starred parameter": ("def f(*a):\n    return a", 0),
    "a parameter of a lambda": ("f = lambda a: a", 0),
    "a local variable": ("def f():\n    a = 1\n    return a", 0),
    "a local import": ("def f():\n    import a\n    return a", 0),
    "a local class": ("def f():\n    class a: ...\n    return a", 0),
    "a local loop": ("def f():\n    for a in x:\n        pass\n    return a", 0),
    "a local of the function around": ("def f(a):\n    def g():\n        return a", 0),
    "a local except": ("def f():\n    try: x\n    except E as a: a", 0),
    "a local match": ("def f():\n    match x:\n        case {'k': 1, **a}: a", 0),
    "an attribute": ("x.a", 0),
    "a keyword": ("f(a=1)", 0),
}


@pytest.mark.parametrize(("text", "count"), MENTIONS.values(), ids=MENTIONS)
def test_mentions_of_a_global(text: str, count: int) -> None:
    assert len(ModuleNames(ast.parse(text)).mentions.get("a", [])) == count
