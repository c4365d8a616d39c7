"""The nodes of a tree, against `ast.walk`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from codemods.engine.walk import children, walk, walk_statements

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = (ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)
SAMPLE = """
async def f(a, /, b: int = 1, *c, d=2, e, **g) -> int:
    global h, i
    async with j as k, l: await m
    async for n in o: yield p
    else: return {**q, 1: r}
    try: raise s from t
    except* u as v: del w
    else: ...
    finally: assert x, y
    return [z := lambda: 0 for aa in bb if not cc if -dd], f"{ee!r:>{ff}}", gg[1:2, ...]
@hh
class Ii(jj, kk=ll):
    mm: nn
    oo += 1 if pp < qq <= rr else ss and tt
match uu:
    case {"a": [b, *c], **d} | Vv(1, x=y) if z: import ww as xx
    case (1 | None) as yy: from . import zz, aaa as bbb
    case _: pass
"""
FILES = sorted((ROOT / "codemods").rglob("*.py")) + sorted((ROOT / "tests").glob("*.py"))
TEXTS = [SAMPLE.replace("except*", "except")] + [path.read_text() for path in FILES]


@pytest.mark.parametrize("text", TEXTS, ids=["sample", *(path.name for path in FILES)])
def test_the_nodes_come_in_the_order_of_ast(text: str) -> None:
    tree = ast.parse(text)
    nodes = [node for node in ast.walk(tree) if not isinstance(node, LEFT_OUT)]
    assert walk(tree) == nodes
    for node in nodes:
        below = ast.iter_child_nodes(node)
        assert children(node) == [n for n in below if not isinstance(n, LEFT_OUT)]
    kinds = (ast.stmt, ast.ExceptHandler, ast.match_case)
    assert walk_statements(tree.body) == [n for n in nodes if isinstance(n, kinds)]
