"""Every kind of node of the running Python, and what equality, scopes and escape make of it.

A kind that is new in a later Python fails here: it has to be looked at.
"""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Iterator

import pytest

from codemods.engine.scopes import DEFINITIONS
from codemods.engine.walk import walk
from codemods.model import Status
from codemods.rewrites.replace_local_copies.equality import Normal, Shape
from tests.tools import run, shared

#: A definition that has each kind of node; the later ones need a later Python.
SAMPLE = """
@decorated(1)
async def outer(a, /, b: int = 1, *c, d=2, **e) -> int:
    global g, h
    x = y = z
    n: int = 1
    n: str
    m += 1
    async with j as k, l: await m
    with j as (k, l): ...
    async for o in p: yield q
    else: r
    for o in p: break
    while s: continue
    try: raise t from u
    except v as w: del x.y, z
    else: A
    finally: assert B, C
    if D: pass
    elif E: F
    def inner(G, H=1):
        nonlocal a, b
        yield from G
    @I
    class J(K, L, metaclass=M):
        n: int = 1
        def f(self): return self.x
    import N, O.P as Q
    from R import S as T, U
    from . import V
    W = [lambda X, Y=1: Z, aa if bb else cc, not dd, ee and ff, gg + hh, -ii, (jj := kk)]
    ll = {**mm, 1: nn}, {oo, pp}, [*qq, rr], (ss, 1.5, b"tt", "uu", None, True, ..., 2j)
    vv = [ww for xx in yy if zz if ab for ac in ad], {ae async for ae in af}
    ag = {ah: ai for ah, ai in aj}, (ak for al in am)
    an = ao < ap <= aq is not ar, f"{at!r:>{au}}{av}", aw[1:2:3, ax], ay(az, *ba, bc=1, **bd)
    match be:
        case {"a": [b, *c], "d": 1, **bf} | Bg(1, bh=bi, bj=2) if bk: return bl
        case (1 | None | True | bm.bn) as bo: return
        case [_, *_]: ...
        case _: bp
"""
LATER = {
    (3, 11): "\n    try: ...\n    except* bq as br: bs\n",
    (3, 12): (
        "\n    type Bt[Bu: int, *Bv, **Bw] = Bx\n    def by[Bz: (int, str), *Ca, **Cb](x): Cc\n"
        "    class Cd[Ce]: Cf\n"
    ),
    (3, 13): "\n    def cg[Ch = int, *Ci = Cj, **Ck = [int]](x): Cl\n",
    (3, 14): "\n    cm = t'{cn!r:>{co}}'\n",
}
for version, more in LATER.items():
    if sys.version_info >= version:
        # One function cannot have both kinds of `except`, nor `await` in all of these.
        SAMPLE += more

#: What no definition holds: whole files, and classes that the parser no longer makes.
ELSEWHERE = {
    *("Module", "Interactive", "Expression", "FunctionType", "TypeIgnore"),
    *("Num", "Str", "Bytes", "NameConstant", "Ellipsis", "Index", "ExtSlice", "Suite"),
    *("AugLoad", "AugStore", "Param"),
}

#: What may differ in two equal definitions, by kind and field.
NOT_COUNTED = {
    *(("AnnAssign", "annotation"), ("AnnAssign", "simple"), ("arg", "annotation")),
    *(("AsyncFunctionDef", "returns"), ("FunctionDef", "returns"), ("Constant", "kind")),
}


def kinds() -> set[str]:
    """Return the names of all classes of nodes that have no subclasses but the obsolete ones."""
    pending: list[type[ast.AST]] = [ast.AST]
    found = set()
    while pending:
        kind = pending.pop()
        below = [k for k in kind.__subclasses__() if k.__module__ in {"ast", "_ast"}]
        pending += below
        if kind.__name__ == "Constant" or not below:
            found.add(kind.__name__)
    return found


def sample() -> ast.AsyncFunctionDef:
    (node,) = ast.parse(SAMPLE).body
    assert isinstance(node, ast.AsyncFunctionDef)
    return node


def shape(node: ast.AST) -> Shape:
    assert isinstance(node, DEFINITIONS)
    return Normal(node, lambda name: False).shape


def test_the_sample_has_each_kind() -> None:
    found = {type(node).__name__ for node in ast.walk(sample())}
    operators = (ast.operator, ast.cmpop, ast.unaryop, ast.boolop)
    missing = kinds() - found - ELSEWHERE
    assert {k for k in missing if not issubclass(getattr(ast, k), operators)} == set()


def test_walking_reaches_each_node() -> None:
    left_out = (ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)
    wanted = [n for n in ast.walk(sample()) if not isinstance(n, left_out)]
    assert list(map(type, walk(sample()))) == list(map(type, wanted))


# Equality: each field of each node counts, but for those of the table.


def other(value: object) -> object:
    """Return something else in the place of the value of a field; None where there is nothing."""
    match value:
        case ast.expr_context():
            return None
        case ast.operator() | ast.unaryop() | ast.boolop() | ast.cmpop():
            family: type[ast.AST] = type(value).__base__  # type: ignore[assignment]
            return next(k() for k in family.__subclasses__() if not isinstance(value, k))
        case ast.pattern():
            return ast.MatchSingleton(True)
        case ast.expr():
            return ast.copy_location(ast.Name("another", ast.Load()), value)
        case ast.AST():
            return None
        case [*_, ast.Pass()]:
            return None
        case [*_, last]:
            return [*value, copy.deepcopy(last)]
        case bool() | None:
            return None
        case int() | float() | complex():
            return value + 1
        case str():
            return value + "x"
        case bytes():
            return value + b"x"
    return None


def mutants() -> Iterator[tuple[str, str, ast.AST]]:
    """Yield the sample with each of its fields changed once, and what was changed."""
    original = sample()
    places = [(type(n).__name__, f, n) for n in ast.walk(original) for f in n._fields]
    notes = [getattr(n, f, None) for kind, f, n in places if (kind, f) in NOT_COUNTED]
    noted = {id(n) for note in notes if isinstance(note, ast.AST) for n in ast.walk(note)}
    for index, node in enumerate(ast.walk(original)):
        if id(node) in noted:
            continue  # that is a part of what does not count
        for field in node._fields:
            value = getattr(node, field, None)
            if other(value) is None or (node is original and field == "name"):
                continue
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and field == "body":
                continue  # a method more that is the same changes nothing but the order
            changed = copy.deepcopy(original)
            target = list(ast.walk(changed))[index]
            setattr(target, field, other(getattr(target, field)))
            yield type(node).__name__, field, changed


def test_each_field_of_each_kind_counts() -> None:
    wanted = shape(sample())
    equal = {(kind, field) for kind, field, node in mutants() if shape(node) == wanted}
    assert equal <= NOT_COUNTED
    assert shape(sample()) == wanted


# Escape: a mention of the class right below each kind that has an expression below it.

CONTAINED = {
    "AnnAssign": "x: Fake = 1",
    "Call": "Fake()",
    "ClassDef": "class Sub(Fake): ...",
    "ExceptHandler": "try: ...\nexcept Fake: ...",
    "Expr": "Fake",
    "MatchClass": "match x:\n    case Fake(): ...",
    "MatchSequence": "match x:\n    case [Fake()]: ...",
    "MatchMapping": "match x:\n    case {1: Fake()}: ...",
    "MatchOr": "match x:\n    case Fake() | 1: ...",
    "MatchAs": "match x:\n    case Fake() as y: ...",
    "ParamSpec": "def f[**P = Fake](): ...",
    "TypeVar": "def f[T: Fake](): ...",
    "TypeVarTuple": "def f[*Ts = Fake](): ...",
    "Raise": "def f():\n    raise Fake",
    "arg": "def f(x: Fake): ...",
}
ESCAPES = {
    "Assert": "assert Fake",
    "Assign": "x = Fake",
    "AsyncFor": "async def f():\n    async for x in Fake: ...",
    "AsyncFunctionDef": "@Fake\nasync def f(): ...",
    "AsyncWith": "async def f():\n    async with Fake: ...",
    "Attribute": "Fake.x",
    "AugAssign": "x += Fake",
    "Await": "async def f():\n    await Fake",
    "BinOp": "Fake + 1",
    "BoolOp": "Fake and 1",
    "Compare": "x < Fake",
    "Dict": "{1: Fake}",
    "DictComp": "{x: Fake for x in y}",
    "For": "for x in Fake: ...",
    "FormattedValue": "f'{Fake}'",
    "FunctionDef": "@Fake\ndef f(): ...",
    "GeneratorExp": "(Fake for x in y)",
    "If": "if Fake: ...",
    "IfExp": "x if y else Fake",
    "JoinedStr": "f'{x:{Fake}}'",
    "Lambda": "lambda: Fake",
    "List": "[Fake]",
    "ListComp": "[Fake for x in y]",
    "Match": "match Fake:\n    case 1: ...",
    "MatchValue": "match x:\n    case Fake.x: ...",
    "NamedExpr": "(x := Fake)",
    "Return": "def f():\n    return Fake",
    "Set": "{Fake}",
    "SetComp": "{Fake for x in y}",
    "Slice": "x[1:Fake]",
    "Starred": "[*Fake]",
    "Subscript": "x[Fake]",
    "Tuple": "(Fake,)",
    "UnaryOp": "not Fake",
    "While": "while Fake: ...",
    "With": "with Fake: ...",
    "Yield": "def f():\n    yield Fake",
    "YieldFrom": "def f():\n    yield from Fake",
    "arguments": "def f(x=Fake): ...",
    "comprehension": "[x for x in y if Fake]",
    "keyword": "f(x=Fake)",
    "match_case": "match x:\n    case 1 if Fake: ...",
    "withitem": "with Fake as x: ...",
    "TypeAlias": "type X = Fake",
    "Interpolation": "t'{Fake}'",
    "TemplateStr": "t'{x:{Fake}}'",
}
#: No expression stands right below these.
WITHOUT = {
    *("Break", "Constant", "Continue", "Global", "Import", "ImportFrom", "MatchSingleton"),
    *("MatchStar", "Name", "Nonlocal", "Pass", "Try", "TryStar", "alias", "Delete"),
}


def test_each_kind_is_known() -> None:
    known = {*CONTAINED, *ESCAPES, *WITHOUT, *ELSEWHERE}
    others = (ast.operator, ast.cmpop, ast.unaryop, ast.boolop, ast.expr_context)
    assert {k for k in kinds() - known if not issubclass(getattr(ast, k), others)} == set()


@pytest.mark.parametrize("kind", [*CONTAINED, *ESCAPES])
def test_what_becomes_of_a_class_below_each_kind(kind: str) -> None:
    rest = CONTAINED.get(kind) or ESCAPES[kind]
    fake = "class Fake:\n    a = 1\n"
    try:
        compile(rest, "", "exec")
    except SyntaxError:
        assert not hasattr(ast, kind) or kind in {"TypeVarTuple", "ParamSpec"}
        pytest.skip("a later Python has it")
    result = run(f"{fake}\n\n{rest}\n", modules=shared(fake, "lib"))
    assert (result.status is Status.CHANGED) == (kind in CONTAINED), result.decisions
