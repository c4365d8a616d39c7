"""Generated repositories: a shared module, files with copies and near-copies, and surroundings.

Every choice comes from a `random.Random`, which may be one of hypothesis.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple, TypeVar

from hypothesis import strategies as st

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
T = TypeVar("T")

#: The name of the shared module.
SHARED = "kit.tools"


class Global(NamedTuple):
    """A global name: an expression that reads it, its usual binding, and others."""

    read: str
    usual: str
    others: tuple[str, ...]


GLOBALS = {
    "os": Global("os.sep", "import os", ("import ntpath as os", "import os, json", "os = None")),
    "json": Global("json.dumps([1])", "import json", ("import pickle as json",)),
    "OrderedDict": Global(
        "OrderedDict(a=1)",
        "from collections import OrderedDict",
        (
            "OrderedDict = dict",
            *(
                f"{binds}\nif {condition}:\n    from collections import OrderedDict"
                for binds in ("from typing import TYPE_CHECKING", "TYPE_CHECKING = True")
                for condition in ("TYPE_CHECKING", "not TYPE_CHECKING")
            ),
        ),
    ),
    "LIMIT": Global(
        "LIMIT",
        "LIMIT = 3",
        (
            *("LIMIT = 4", "LIMIT = 3.0", "LIMIT: int = 3", "LIMIT = 3\nLIMIT = 5", "LIMIT = [3]"),
            *("for LIMIT in (3, 5):\n    pass", "if True:\n    LIMIT = 3", "LIMIT = int('7')"),
            *("from outside import LIMIT", "LIMIT = 3\nLIMIT += 1", "LIMIT = 2\n(LIMIT := 3)"),
            *("LIMIT = 3\nfrom outside import *", "from outside import *", "LIMIT = True"),
        ),
    ),
    "LABEL": Global("LABEL", "LABEL = 'a'", ("LABEL = 'b'", "LABEL = b'a'", "LABEL = f'a'")),
    "STATE": Global("STATE.append(1)", "STATE = []", ("STATE = [0]", "STATE = ()")),
    "sorted": Global(
        "sorted([2, 1])", "", ("sorted = list", "def sorted(x):\n    return x", "import sorted")
    ),
    "len": Global("len('abc')", "", ("len = str", "from outside import build as len")),
}

CLASS_NAMES = ("Alpha", "Beta", "TestLink")
FUNCTION_NAMES = ("build", "load", "make_it")
METHODS = ("run", "close", "get", "__call__", "__eq__", "__enter__", "__len__", "__getattr__")

#: Imports that decorators and bases need.
PRELUDE = """\
import asyncio
import contextlib
import enum
import functools
from abc import ABC
from dataclasses import dataclass, field
from typing import Any, NamedTuple
import pytest"""


# The shared module


def often(random: Random, usual: Sequence[T], rare: Sequence[T]) -> T:
    """Draw what is usual three times out of four."""
    return random.choice(usual if random.randrange(4) < 3 else rare)


def some(random: Random, most: int, draw: Callable[[], T]) -> list[T]:
    """Draw up to `most` different values."""
    drawn = [draw() for _ in range(random.randrange(most + 1))]
    return [value for n, value in enumerate(drawn) if value not in drawn[:n]]


def expression(random: Random, names: Sequence[str], known: Sequence[str], depth: int = 2) -> str:
    """Draw an expression of some local names, and calls of the definitions `known`."""
    kinds = ["global", "literal", "name", "global", "pair", "text", "sum", "list", "lambda", "each"]
    kind = random.choice(kinds if depth else kinds[:4])
    if kind == "name" and names:
        return random.choice(names)
    if kind in {"name", "literal"}:
        return random.choice(["1", "2", "'x'", "None", "b'y'", "(1, 'z')", "'é'"])
    if kind == "global":
        calls = [f"{name}(1)" for name in known]
        return random.choice([*(g.read for g in GLOBALS.values()), *calls, *calls])
    one = expression(random, names, known, depth - 1)
    if kind == "text":
        return f"str({one})"
    if kind == "list":
        return f"[{one}]"
    other = expression(random, names, known, depth - 1)
    forms = {
        "pair": f"({one}, {other})",
        "sum": f"{one} + {other}",
        "lambda": f"(lambda x: (x, {one}))({other})",
        "each": f"[(x, {one}) for x in ({other}, 2)]",
    }
    return forms[kind]


STATEMENTS = (
    "x = {0}",
    "print({0})",
    "if {0}:\n    {return} {1}",
    "for y in (1, 2):\n    x = y",
    "x: int = {0}",
    "try:\n    x = {0}\nexcept (TypeError, KeyError) as error:\n    x = str(error)",
    "def inner():\n    return {0}\nx = inner()",
    "with contextlib.suppress(TypeError):\n    x = {0}",
    "import string\nx = string.digits",
    "match {0}:\n    case (a, b):\n        x = a\n    case _:\n        x = {1}",
)
OF_METHODS = (
    *("self.limit = {0}", "self.items = [{0}]", "self._kept = {0}", "self.__own = {0}"),
    *("self.extra = self.run", "type(self).limit = {0}"),
)
LAST = {
    "def": ("return {0}", "return {0}", "raise ValueError({0})", "pass"),
    "async def": ("return {0}", "await asyncio.sleep(0)\nreturn {0}", "raise ValueError({0})"),
    "yield": ("yield {0}", "yield {0}\nyield {1}", "yield"),
}


def body(random: Random, names: Sequence[str], known: Sequence[str], kind: str) -> list[str]:
    """Draw the statements of a function; `kind` is ``def``, ``async def`` or ``yield``."""
    rare = (*STATEMENTS, *OF_METHODS) if "self" in names else STATEMENTS
    usual = OF_METHODS[:3] if "self" in names else STATEMENTS[:5]
    chosen = some(random, 3, lambda: often(random, usual, rare))
    chosen.append(random.choice(LAST[kind]))
    word = "yield" if kind == "yield" else "return"
    values = [expression(random, names, known) for _ in range(2)]
    return [form.replace("{return}", word).format(*values) for form in chosen]


def function(random: Random, name: str, known: Sequence[str]) -> str:
    """Draw a function of a module."""
    kind = random.choice(["def", "def", "async def", "yield"])
    decorators = ["@pytest.fixture", "@functools.lru_cache"]
    if kind == "yield":
        decorators = ["@pytest.fixture", "@contextlib.contextmanager"]
    decorator = often(random, [""], decorators if kind != "async def" else [""])
    parameters = random.choice(
        [
            *("a", "a=1", "a, b=2", "*a", "a=1, *, b='k'", "a=None, **b", "a: int = 1", "a=LIMIT"),
            *("a=(1, 2)", "a=[]"),
        ]
    )
    if decorator == "@pytest.fixture":
        parameters = ""
    names = _names(parameters)
    lines = body(random, names, known, kind)
    if kind == "def" and names[:1] == ["a"] and random.randrange(4) == 0:
        lines.insert(0, f"if isinstance(a, int) and a > 0:\n    return {name}(a - 1)")
    return _function(decorator, kind, f"{name}({parameters})", lines)


def method(random: Random, name: str, known: Sequence[str]) -> str:
    """Draw a method of a class."""
    kind = "def" if name.startswith("__") else random.choice(["def", "def", "async def", "yield"])
    decorators = ["@property", "@staticmethod", "@classmethod"]
    decorator = often(random, [""], decorators if not name.startswith("__") else [""])
    parameters = random.choice(["a=1", "a", "a, b=2", "*a", "a=1, *, b='k'", "a=None, **b"])
    first = {"@staticmethod": "", "@classmethod": "cls"}.get(decorator, "self")
    signature = first if decorator == "@property" else f"{first}, {parameters}".strip(", ")
    lines = body(random, _names(signature), known, kind)
    if name == "__init__":
        lines = [line.replace("return ", "x = ").replace("raise ", "x = ") for line in lines]
    return _function(decorator, kind, f"{name}({signature})", lines)


def _names(parameters: str) -> list[str]:
    parts = (part.strip("* ").partition("=")[0].partition(":")[0] for part in parameters.split(","))
    return [part for part in parts if part.isidentifier()]


def _function(decorator: str, kind: str, signature: str, lines: list[str]) -> str:
    word = "async def" if kind == "async def" else "def"
    text = "\n".join([f"{word} {signature}:", *map(indented, lines)])
    return f"{decorator}\n{text}" if decorator else text


CLASS_ATTRIBUTES = (
    *("limit = 3", "limit = LIMIT", "limit: int = 3", "label = ('a', LABEL)", "limit = None"),
    *("items = []", "kinds = {}", "size = len('ab')", "__slots__ = ('limit', 'items')"),
    "def __init_subclass__(cls):\n    cls.label = cls.__name__",
)
FIELDS = (
    *("limit: int = 1", "label: 'str' = 'x'", "other: Any = None", "limit: float = 1"),
    "items: list = field(default_factory=list)",
)


def class_(random: Random, name: str, known: Sequence[str]) -> str:
    """Draw a class."""
    bases = ["object", "Exception", "dict", "ABC", "enum.Enum", "NamedTuple", "dataclass"]
    bases += [k for k in known if k[0].isupper()]
    base = often(random, [""], bases)
    if base == "enum.Enum":
        return f"class {name}(enum.Enum):\n    ONE = 1\n    TWO = 'x'"
    if base in {"NamedTuple", "dataclass"}:
        head = f"class {name}(NamedTuple)" if base == "NamedTuple" else f"@dataclass\nclass {name}"
        fields = FIELDS if base == "dataclass" else FIELDS[:-1]
        lines = some(random, 2, lambda: random.choice(fields))
    else:
        head = f"class {name}({base})" if base else f"class {name}"
        lines = some(random, 2, lambda: often(random, CLASS_ATTRIBUTES[:5], CLASS_ATTRIBUTES))
        if random.randrange(2):
            lines.append(method(random, "__init__", known))
    for one in some(random, 3, lambda: often(random, METHODS[:3], METHODS)):
        lines.append(method(random, one, known))
    return "\n".join([f"{head}:", *map(indented, lines or ["pass"])])


def indented(text: str) -> str:
    """Indent each line of a text."""
    return "\n".join("    " + line for line in text.split("\n"))


def shared_module(random: Random) -> str:
    """Draw the text of a shared module."""
    names = some(random, 3, lambda: random.choice(CLASS_NAMES + FUNCTION_NAMES)) or ["Alpha"]
    parts: list[str] = []
    for number, name in enumerate(names):
        draw = class_ if name[0].isupper() else function
        parts.append(draw(random, name, names[:number]))
    if random.randrange(6) == 5:
        alias = "Gamma" if names[-1][0].isupper() else "other"
        parts.append(f"{alias} = {names[-1]}")
    future = ["from __future__ import annotations"] if random.randrange(10) == 9 else []
    usual = [g.usual for g in GLOBALS.values() if g.usual]
    return "\n".join([*future, PRELUDE, *usual, *parts]) + "\n"


# Copies and near-copies


def copy_of(node: Definition) -> Definition:
    """Return a definition of the same text."""
    (copied,) = ast.parse(ast.unparse(node)).body
    assert isinstance(copied, Definition)
    return copied


def _nodes(node: Definition, kind: type[ast.AST]) -> list[ast.AST]:
    return [n for n in ast.walk(node) if isinstance(n, kind)]


def _inner(random: Random, node: Definition) -> Definition:
    """Draw the definition or one of its methods."""
    inner = [n for n in ast.walk(node) if isinstance(n, Definition)]
    return random.choice(inner)


def _documented(random: Random, node: Definition) -> None:
    inner = _inner(random, node)
    inner.body.insert(0, ast.Expr(ast.Constant(random.choice(["A text.", "Größe."]))))


def _annotated(random: Random, node: Definition) -> None:
    inner = _inner(random, node)
    if isinstance(inner, FUNCTIONS):
        for arg in inner.args.args:
            arg.annotation = random.choice([None, ast.Name("int"), ast.Constant("Any")])
        inner.returns = random.choice([None, ast.Name("int")])


def _padded(random: Random, node: Definition) -> None:
    inner = _inner(random, node)
    inner.body.insert(random.randint(1, len(inner.body)), ast.Pass())  # below a docstring


def _reordered(random: Random, node: Definition) -> None:
    if isinstance(node, ast.ClassDef):
        node.body = random.sample(node.body, len(node.body))


def _based_on_object(_: Random, node: Definition) -> None:
    if isinstance(node, ast.ClassDef) and not node.bases:
        node.bases = [ast.Name("object")]


def _no_test(_: Random, node: Definition) -> None:
    if isinstance(node, ast.ClassDef):
        node.body.insert(0, *ast.parse("__test__ = False").body)


def _marked(_: Random, node: Definition) -> None:
    if isinstance(node, ast.ClassDef):
        node.decorator_list.insert(0, ast.parse("pytest.mark.slow", mode="eval").body)


def _underscored(_: Random, node: Definition) -> None:
    old, node.name = node.name, f"_{node.name}"
    for name in ast.walk(node):
        if isinstance(name, ast.Name) and name.id == old:
            name.id = node.name


Change = Callable[[Random, Definition], None]

EQUAL_ANYWHERE: tuple[Change, ...] = (_padded, _based_on_object, _marked, _underscored)
EQUAL = (_documented, _annotated, _reordered, _no_test, *EQUAL_ANYWHERE)


def _other_literal(random: Random, node: Definition) -> None:
    constants = [n for n in ast.walk(node) if isinstance(n, ast.Constant)]
    if constants:
        others: list[int | float | str | bytes | None] = [1, 1.0, True, "x", "", b"x", None, -2]
        random.choice(constants).value = random.choice(others)


def _other_operator(random: Random, node: Definition) -> None:
    for operation in ast.walk(node):
        if isinstance(operation, ast.BinOp):
            operation.op = random.choice([ast.Sub(), ast.Mult(), ast.Mod()])


def _other_name(random: Random, node: Definition) -> None:
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    if names:
        name = random.choice(names)
        name.id = random.choice([*GLOBALS, "a", "x", "self", "Alpha", "build"])


def _other_attribute(random: Random, node: Definition) -> None:
    attributes = [n for n in ast.walk(node) if isinstance(n, ast.Attribute)]
    if attributes:
        random.choice(attributes).attr = random.choice(["limit", "items", "run"])


def _less(random: Random, node: Definition) -> None:
    bodies = [getattr(n, "body", None) for n in ast.walk(node)]
    block = random.choice([b for b in bodies if isinstance(b, list)])
    if len(block) > 1:
        del block[random.randrange(len(block))]


def _twisted(random: Random, node: Definition) -> None:
    inner = _inner(random, node)
    inner.body = random.sample(inner.body, len(inner.body))


def _more(random: Random, node: Definition) -> None:
    lines = ["x = 0", "self.limit = 9", "print(1)", "def run(self):\n    return 7", "limit = 8"]
    inner = _inner(random, node)
    place = random.randint(0, len(inner.body))
    inner.body[place:place] = ast.parse(random.choice(lines)).body


def _other_parameter(random: Random, node: Definition) -> None:
    inner = _inner(random, node)
    if isinstance(inner, FUNCTIONS):
        inner.args.defaults = inner.args.defaults[1:]
        if random.randrange(2):
            inner.args.kwarg = ast.arg("more")


def _other_kind(random: Random, node: Definition) -> None:
    swaps = {ast.FunctionDef: ast.AsyncFunctionDef, ast.AsyncFunctionDef: ast.FunctionDef}
    for place, method in enumerate(node.body):
        if isinstance(method, FUNCTIONS):
            node.body[place] = swaps[type(method)](**method.__dict__)
            return


def _decorated(random: Random, node: Definition) -> None:
    decorator = random.choice(["change", "functools.lru_cache", "staticmethod"])
    _inner(random, node).decorator_list.append(ast.parse(decorator, mode="eval").body)


DIFFERENT: tuple[Change, ...] = (
    *(_other_literal, _other_operator, _other_name, _other_attribute, _less, _twisted, _more),
    *(_other_parameter, _other_kind, _decorated),
)


def near_copy(random: Random, node: Definition) -> Definition:
    """Draw a copy of a definition with some changes, one of them perhaps one that counts."""
    near = copy_of(node)
    for change in some(random, 2, lambda: random.choice(EQUAL)):
        change(random, near)
    if random.randrange(3) == 2:
        random.choice(DIFFERENT)(random, near)
    return ast.fix_missing_locations(near)


def equal_copy(random: Random, node: Definition) -> Definition:
    """Draw a copy of a definition with changes that never count."""
    copy = copy_of(node)
    # What decorates it, derives it or gets it as a value may read docstrings and annotations.
    is_plain = isinstance(copy, ast.ClassDef) and not [*copy.decorator_list, *copy.bases]
    changes = (_documented, _annotated, *EQUAL_ANYWHERE) if is_plain else EQUAL_ANYWHERE
    for change in some(random, 2, lambda: random.choice(changes)):
        change(random, copy)
    return ast.fix_missing_locations(copy)


# What surrounds them

#: Uses of a class, `{C}`, and of what it makes, `{made}`, that cannot change the class.
CONTAINED = (
    "show({made})",
    "show({made}.run(2))",
    "show({made}.get(1, 2))",
    "show([isinstance({made}, {C}), hasattr({made}, 'limit'), hasattr({made}, 'note')])",
    "x = {made}\nx.note = 1\nshow(x)",
    "{C}(1, 2, 3, 4, 5)",
    "class Sub({C}):\n    def extra(self):\n        return 1\nshow(Sub())",
    "class Sub({C}):\n    limit = 7\nshow([Sub().limit, {made}])",
    "try:\n    raise {C}()\nexcept {C} as error:\n    show(error)",
    "with pytest.raises({C}):\n    raise {C}()",
    "x: {C} = {made}\nshow(x)",
    "async def go(x: '{C}'):\n    return x\nshow(go({made}))",
    "with {made} as x:\n    show(x)",
    "show([{made}] == [{made}])",
    "show({made}.limit)",
    "import copy\nshow(copy.copy({made}))",
)

#: Uses of a class that may change it, or tell it from another one.
RISKY = (
    "{C}.limit = 5",
    "del {C}.limit",
    "setattr({C}, 'note', 1)",
    "type.__setattr__({C}, 'note', 1)",
    "type({made}).note = 1",
    "{made}.__class__.note = 1",
    "x = {made}\ntype(x).note = 1",
    "x = {made}\nkind = type(x)\nkind.note = 1",
    "x = {made}\nkind = x.__class__\nsetattr(kind, 'note', 1)",
    "x = {C}\nx.note = 1",
    "[{C}][0].note = 1",
    "for kind in ({C}, str):\n    try:\n        kind.note = 1\n    except TypeError:\n        pass",
    "change({C})",
    "passed({C}).note = 1",
    "passed(kind={C}).note = 1",
    "def go(kind={C}):\n    kind.note = 1\ngo()",
    "def go(*kinds):\n    kinds[0].note = 1\ngo({C})",
    "(lambda: {C})().note = 1",
    "(x := {C}).note = 1",
    "{{1: {C}}}[1].note = 1",
    "[kind for kind in [{C}]][0].note = 1",
    "class Sub({C}):\n    pass\nSub.__mro__[1].note = 1",
    "class Sub({C}):\n    pass\nSub.__bases__[0].note = 1",
    "class Sub({C}):\n    pass\nSub.__base__.note = 1",
    "class Sub({C}):\n    def go(self):\n        __class__.__base__.note = 1\nSub().go()",
    "class Sub({C}):\n    pass\nshow([c.__name__ for c in {C}.__subclasses__()])",
    "class Holder:\n    kind = {C}\nHolder.kind.note = 1",
    "class Holder:\n    def __init__(self, kind):\n        kind.note = 1\nHolder({C})",
    "@{C}\ndef go():\n    pass\nshow(type(go).__name__)",
    "{C}.run = lambda self, *a: 'other'",
    "{C}.run.note = 1",
    "{made}.run.__func__.note = 1",
    "{made}.run.__func__.__defaults__ = (8,)",
    "{made}.run.__globals__['LIMIT'] = 8\nshow(LIMIT)",
    "{C}.__init__.__defaults__ = (8,)",
    "{C}.items.append(1)",
    "{made}.items.append(1)",
    "{made}.kinds[1] = 2",
    "with patch.object({C}, 'run', lambda self, *a: 'patched'):\n    show({made}.run())",
    "with patch.object({C}, 'note', 1, create=True):\n    show({made})",
    "with patch(__name__ + '.{C}.run', lambda self, *a: 'patched'):\n    show({made}.run())",
    "with patch(f'{{__name__}}.{C}', lambda *a: 'patched'):\n    show({made})",
    "with patch('{module}.{C}') as made:\n    show(made is {C})",
    "globals()['{C}'].note = 1",
    "vars(sys.modules[__name__])['{C}'].note = 1",
    "getattr(sys.modules[__name__], '{C}').note = 1",
    "sys.modules[__name__].{C}.note = 1",
    "eval('{C}').note = 1",
    "exec('{C}.note = 1')",
    "import {module}\n{module}.{C}.note = 1",
    "show({C} in [int, {C}])",
    "show({C} is not None)",
    "show({C}.__name__)",
    "show(type({made}).__name__)",
    "show(type({made}) is {C})",
    "show(f'{{{C}.__name__}}')",
    "show({C}.limit)",
    "show({C}.__init__)",
    "show(sorted({C}.__dict__))",
    "show({C}.note)",
    "show({C}.__annotations__)",
    "show({C}.__doc__)",
    "show({made}.__doc__)",
    "show({C}.__module__ == __name__)",
    "show(inspect.signature({C}))",
    "show(list(map({C}, [1])))",
    "show(functools.partial({C}, 1)())",
    "import pickle\nshow(pickle.loads(pickle.dumps({made})))",
    "match {made}:\n    case {C}():\n        show(1)",
    "with pytest.raises(TypeError, match='{C}'):\n    {C}(1, 2, 3, 4, 5)",
    "object.__setattr__({C}(), 'note', 1)",
    "{C}(1).note = 1",
    "super(type({made}), {made}).__self_class__.note = 1",
    "x = [{made}]\nfor y in x:\n    type(y).note = 1",
    "import typing\nshow(typing.get_type_hints({C}))",
    "ABC.register({C})",
    "{C}.register(int)\nshow(isinstance(1, {C}))",
)

#: The same for a function, `{f}`; `{call}` calls it. (To pass a function on is fine by design, so
#: nothing here passes it to what sets an attribute of its argument.)
CALLED = (
    "show({call})",
    "show([{call}, {call}])",
    "show({f}(1, 2, 3, 4))",
    "show({f}())",
    "with {call} as x:\n    show(x)",
    "show(list(map({f}, [1])))",
    "show(functools.partial({f}, 1)())",
    "passed({f})",
    "show([{f}][0](1))",
    "def go(call={f}):\n    return call(1)\nshow(go())",
    "def go({f}):\n    return {f}\nshow(go(1))",
)

CHANGED = (
    "{f}.note = 1",
    "setattr({f}, 'note', 1)",
    "x = {f}\nx.note = 1",
    "{f}.__defaults__ = (8,)",
    "{f}.__globals__['LIMIT'] = 8\nshow(LIMIT)",
    "vars({f})['note'] = 1",
    "{f}.__dict__['note'] = 1",
    "{f}.__code__ = (lambda *a: 8).__code__",
    "with patch(f'{{__name__}}.{f}', lambda *a: 'patched'):\n    show({call})",
    "with patch('{module}.{f}', lambda *a: 'patched'):\n    show({call})",
    "sys.modules[__name__].{f}.note = 1",
    "globals()['{f}'] = None",
    "show(inspect.signature({f}))",
    "show({f}.__name__)",
    "show({f}.__doc__)",
    "show({f}.__module__ == __name__)",
    "show(hasattr({f}, 'note'))",
    "show({f}.__annotations__)",
    "show({f}.__qualname__)",
    "show({f}.__kwdefaults__)",
    "{f}.cache_clear()",
    "with patch.object({f}, 'note', 1, create=True):\n    pass",
)

#: Statements that put something in the place of a global.
REPLACING = (
    "global LIMIT\nLIMIT = 9",
    "globals()['LIMIT'] = 9",
    "globals().update(LIMIT=9)",
    "globals().update({{'LIMIT': 9}})",
    "vars(sys.modules[__name__])['LIMIT'] = 9",
    "vars(sys.modules[__name__]).update(LIMIT=9)",
    "sys.modules[__name__].__dict__['LIMIT'] = 9",
    "sys.modules[__name__].LIMIT = 9",
    "setattr(sys.modules[__name__], 'LIMIT', 9)",
    "import {module}\n{module}.LIMIT = 9",
    "import {module} as me\nsetattr(me, 'LIMIT', 9)",
    "exec('LIMIT = 9', globals())",
    "exec('global LIMIT\\nLIMIT = 9')",
    "patch(f'{{__name__}}.LIMIT', 9).start()",
    "patch('{module}.LIMIT', 9).start()",
    "patch.object(sys.modules[__name__], 'LIMIT', 9).start()",
    "patch.multiple(__name__, LIMIT=9).start()",
    "patch.multiple('{module}', LIMIT=9).start()",
    "patch.dict(globals(), LIMIT=9).start()",
    "patch.dict('{module}.__dict__', LIMIT=9).start()",
    "pytest.MonkeyPatch().setattr('{module}.LIMIT', 9)",
    "pytest.MonkeyPatch().setattr(sys.modules[__name__], 'LIMIT', 9)",
    "pytest.MonkeyPatch().setitem(globals(), 'LIMIT', 9)",
    "show.__globals__['LIMIT'] = 9",
    "test_last.__globals__['LIMIT'] = 9",
    "import importlib\nimportlib.import_module(__name__).LIMIT = 9",
    "inspect.currentframe().f_globals['LIMIT'] = 9",
    "sys._getframe().f_globals['LIMIT'] = 9",
    "sys._getframe(0).f_globals.update(LIMIT=9)",
)

#: Statements of the module's body.
AROUND = (
    "__all__ = ['test_last', '{name}']",
    "if __name__ == '__main__':\n    show({name}(1))",
    "x: '{name}' = None",
    "# {name} is here",
    "'''Words on {name}.'''",
    "try:\n    import nothing\nexcept ImportError:\n    nothing = None",
    "import later",
    "from {shared} import {bare}",
    "from {shared} import {bare} as {name}",
    "from {shared} import LIMIT as _limit",
    "import {shared}",
    "from {shared} import *",
    "del {name}",
    "{name} = None",
    "{name}: int",
    "import os as {name}",
    "try:\n    {name}\nexcept NameError:\n    {name} = 1",
    "pytestmark = pytest.mark.slow",
    "ready = {name}(1)",
    "def other_{name}(a={name}):\n    return a",
    "class Sub_{name}({name}):\n    pass",
    "def {name}_call():\n    return {name}(1)",
    "called = {name}_call()",
    "@pytest.fixture\ndef ready_{name}():\n    return {name}(1)",
    "def test_fixture({name}):\n    show({name})",
    "if True:\n    class Inner:\n        value = {name}",
    "LIMIT = 11",
    "@{name}\ndef decorated(): ...",
    "x = [{name}]",
    "vars()['LIMIT'] = 9",
    "locals()['LIMIT'] = 9",
)

NESTED = (
    "if True:\n{0}",
    "if not True:\n    pass\nelse:\n{0}",
    "try:\n{0}\nfinally:\n    pass",
    "try:\n    raise KeyError\nexcept KeyError:\n{0}",
    "with contextlib.suppress(KeyError):\n{0}",
    "class Holder:\n{0}\nshow(Holder.{name}(1))",
    "def test_inner():\n{0}\n    show({name}(1))",
    "def test_inner():\n    LIMIT = 8\n{0}\n    show({name}(1))",
    "def test_inner(len=None):\n{0}\n    return {name}",
    "class TestIt:\n    def test_one(self):\n{00}\n        show({name}(1))\nTestIt().test_one()",
)


class File(NamedTuple):
    """One generated file: its name, and its bytes."""

    name: str
    source: bytes


class Repository(NamedTuple):
    """A shared module and files with copies of its definitions."""

    shared: str
    files: tuple[File, ...]
    locked: bool

    @property
    def modules(self) -> dict[str, bytes]:
        """All modules by name."""
        return {SHARED: self.shared.encode(), **{f.name: f.source for f in self.files}}


def definitions_of(shared: str) -> list[Definition]:
    """Return the definitions of a shared module."""
    return [n for n in ast.parse(shared).body if isinstance(n, Definition)]


def globals_here(random: Random) -> list[str]:
    """Draw the bindings of the globals that a shared module reads, in another file."""
    lines = [line for line in PRELUDE.splitlines() if random.randrange(20) < 19]
    for one in GLOBALS.values():
        strange = random.randrange(20)
        if strange > 16:
            lines.append(random.choice(one.others))
        elif one.usual and strange < 16:
            lines.append(one.usual)
    return lines


def use(random: Random, node: Definition, module: str, *, is_safe: bool) -> str:
    """Draw a statement that uses a local definition."""
    usual, risky = (CONTAINED, RISKY) if isinstance(node, ast.ClassDef) else (CALLED, CHANGED)
    form = random.choice(usual if is_safe or random.randrange(3) else risky)
    call = f"{node.name}({random.choice(['', '1', '1', '2, 3'])})"
    return form.format(C=node.name, f=node.name, made=call, call=call, module=module)


def in_test(number: int, statement: str) -> str:
    """Put statements into a test."""
    return f"def test_{number}():\n{indented(statement)}"


def placed(random: Random, node: Definition) -> str:
    """Draw where a copy stands: at the top of the module, or in another statement."""
    text = ast.unparse(node)
    if random.randrange(6) < 5:
        return text
    inner = indented(text)
    form = random.choice(NESTED).replace("{00}", indented(inner)).replace("{0}", inner)
    return form.replace("{name}", node.name)


HEAD = (
    "import sys, inspect",
    "from unittest.mock import patch",
    "from outside import show, change, passed",
)


def safe_file(random: Random, shared: str, name: str) -> str:
    """Draw a file in which each copy can be replaced, where the definition can be shared."""
    definitions = definitions_of(shared)
    copies = [equal_copy(random, node) for node in definitions]
    renamed = {node.name: copy.name for node, copy in zip(definitions, copies, strict=True)}
    for read in (n for copy in copies for n in ast.walk(copy) if isinstance(n, ast.Name)):
        read.id = renamed.get(read.id, read.id)
    uses = [use(random, node, name, is_safe=True) for node in copies]
    tests = [in_test(number, statement) for number, statement in enumerate(uses)]
    usual = [g.usual for g in GLOBALS.values() if g.usual]
    future = [line for line in shared.splitlines()[:1] if "__future__" in line]
    parts = [*future, *HEAD, PRELUDE, *usual, *map(ast.unparse, copies), *tests]
    return "\n".join(parts) + "\n"


def any_file(random: Random, shared: str, name: str) -> str:
    """Draw a file with copies and near-copies, and anything around them."""
    definitions = definitions_of(shared)
    chosen = random.sample(definitions, random.randint(1, len(definitions)))
    if random.randrange(6) == 5:
        chosen.append(random.choice(chosen))
    copies = [near_copy(random, node) for node in chosen]
    parts = [placed(random, node) for node in copies]
    for form in some(random, 2, lambda: random.choice(AROUND)):
        local = random.choice(copies).name
        parts.append(form.format(name=local, bare=local.lstrip("_"), shared=SHARED))
    if random.randrange(4) == 3:
        parts = random.sample(parts, len(parts))
    if random.randrange(6) == 5:
        statement = random.choice(REPLACING).format(module=name)
        if random.randrange(2) or statement.startswith(("global ", "inspect", "sys._")):
            parts.append(in_test(0, statement))
        else:
            parts.insert(random.randint(0, len(parts)), statement)
    for node in copies:
        for _ in range(random.randrange(4)):
            statement = use(random, node, name, is_safe=False)
            if random.randrange(6) < 5:
                parts.append(in_test(len(parts), statement))
                continue
            caught = indented(statement)
            statement = f"try:\n{caught}\nexcept Exception as error:\n    show(error)"
            parts.insert(random.randint(0, len(parts)), statement)
    head = [*HEAD, *globals_here(random)]
    if random.randrange(3) == 2:
        head = random.sample(head, len(head))
    return "\n".join([*head, *parts, "def test_last():\n    pass"]) + "\n"


SET_UPS = (
    "sys.path.insert(0, '/set/up')",
    "sys.path[:0] = ['/set/up']",
    "import sys as _s; _s.path.append('/set/up')",
    "from outside import fix\nfix()",
    "for folder in ['/set/up']:\n    sys.path.append(folder)",
    "if '/set/up' not in sys.path:\n    sys.path.append('/set/up')",
)


def encoded(random: Random, text: str) -> bytes:
    """Draw how a text is laid out, and return its bytes."""
    if random.randrange(4) == 3:
        text = re.sub(r"(?m)^( {4})+", lambda m: "\t" * (len(m[0]) // 4), text)
    if random.randrange(4) == 3:
        text = text.rstrip("\n")
    if random.randrange(6) == 5:
        text = f"'''The docstring.'''\n{text}"
    if random.randrange(4) == 3:
        text = text.replace("\n", "\r\n")
    mark, encoding = random.choice(
        [(b"", "utf-8"), (b"\xef\xbb\xbf", "utf-8"), (b"# coding: latin-1\n", "latin-1")]
    )
    return mark + text.encode(encoding)


def repository(random: Random, count: int = 1, *, is_safe: bool = False) -> Repository:
    """Draw a shared module and some files with copies of its definitions.

    Args:
        random: where choices come from.
        count: how many files.
        is_safe: whether each copy that can be shared is to be replaced.

    """
    shared = shared_module(random)
    if is_safe:
        found = [File("test_a", safe_file(random, shared, "test_a").encode())]
        return Repository(shared, tuple(found), locked=False)
    set_up = f"import sys\n{random.choice(SET_UPS)}\n" if random.randrange(5) == 4 else ""
    texts = {name: any_file(random, shared, name) for name in ("test_a", "test_b")[:count]}
    files = [File(name, encoded(random, set_up + text)) for name, text in texts.items()]
    return Repository(shared, tuple(files), locked=bool(set_up))


def used_once(
    definition: str, use: str = "pass", *, above: str = "", below: str = "", instead: str = ""
) -> Repository:
    """Return two files with one copy each, of which the first has something around it.

    Args:
        definition: the shared one.
        use: what a test does with the copy.
        above: statements above the copy.
        below: statements below the copy.
        instead: a binding in the place of the usual one of that name.

    """
    (node,) = ast.parse(definition).body
    assert isinstance(node, Definition)
    name = node.name

    def filled(form: str) -> str:
        call = f"{name}(1)"
        names = {"C": name, "f": name, "name": name, "bare": name, "made": call, "call": call}
        return form.format(**names, module="test_a", shared=SHARED)

    usual = [g.usual for g in GLOBALS.values() if g.usual]
    others = [g.usual for g in GLOBALS.values() if g.usual and instead not in g.others]
    last = in_test(1, f"x = {name}(1)\nshow(x.run() if hasattr(x, 'run') else x)")
    changed = [*others, instead, filled(above), definition, filled(below), in_test(0, filled(use))]
    texts = {"test_a": [*HEAD, PRELUDE, *changed], "test_b": [*HEAD, PRELUDE, *usual, definition]}
    ends = [last, "def test_last():\n    pass\n"]
    files = [File(module, "\n".join([*t, *ends]).encode()) for module, t in texts.items()]
    shared = "\n".join([PRELUDE, *usual, definition])
    return Repository(shared, tuple(files), locked=False)


def repositories(count: int = 1, *, is_safe: bool = False) -> st.SearchStrategy[Repository]:
    """Draw as `repository` does, so that hypothesis can make a failing example small."""
    randoms = st.randoms(use_true_random=False)
    return randoms.map(lambda random: repository(random, count, is_safe=is_safe))
