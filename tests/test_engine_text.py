"""Where in a text a class may begin."""

from __future__ import annotations

import ast

import pytest

from codemods.engine.text import class_lines

PLACES = {
    "nothing": "",
    "at the start": "class A: pass\n",
    "in blocks": "if x:\n  class A:\n    class B: pass\ndef f():\n\tclass C: pass\n",
    "decorated": "@a\n@b(\n  c)\nclass A: pass\n",
    "continued": "class\\\nA: pass\nclass \\\n  B: pass\n\\\nclass C: pass\n",
    "behind form feeds": "\fclass A: pass\nx = 1\nif x:\n \f\tclass B: pass\n",
    "Windows": "x = 1\r\nclass A: pass\r\n\r\nclass B: pass",
    "old Mac": "x = 1\rclass A: pass\rif x:\r  class B: pass\r",
    "mixed": "x = 1\r\n\rclass A: pass\n\r\n\nclass B: pass",
    "not the end of a line": "x = 'a\x0bb\x85c\u2028d'\n# e\x1cf\nclass A: pass\n",
    "with type parameters in front": "x = 1\nclass  A (B): pass\n",
    "one word": "classes = 1\nclass A: pass\n",
}


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
def test_each_class_is_found(text: str) -> None:
    classes = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ClassDef)]
    assert class_lines(text) == sorted(n.lineno for n in classes)


def test_text_that_looks_like_a_class_may_be_found() -> None:
    assert class_lines('"""\nclass A: pass\n"""\n# class B: pass\nx = "class C: pass"\n') == [2]
