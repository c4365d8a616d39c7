"""The English of this project: words that the reader of a message should not have to guess.

A list for each place where words go wrong; what the words should be stands beside them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*ROOT.glob("codemods/**/*.py"), *ROOT.glob("test_framework/**/*.py")])
TESTS = sorted({*ROOT.glob("tests/**/*.py")} - {*ROOT.glob("tests/legacy_suite/**/*.py")})
PAGES = sorted([ROOT / "README.md", *ROOT.glob("codemods/**/*.md"), *ROOT.glob("tests/**/*.md")])

#: How a docstring of a function does not begin, and why.
FIRST_WORDS = {
    **dict.fromkeys(("Give", "Gives", "Say", "Says", "Tell", "Tells"), "Return, Print, Write"),
    **dict.fromkeys(("Returns", "Yields", "Checks", "Writes", "Reads", "Runs"), "the imperative"),
    **dict.fromkeys(("The", "A", "An", "All", "Its", "This", "It", "What", "How"), "a verb"),
}

#: What no text of ours says, and what it says in its place.
PHRASES = {
    r"t(ak(e|es|en|ing)|ook) back": "undo",
    r"pass(ed|es)? over(?! the files)": "skip",
    r"left for later": "remaining",
    r"untouched by": "unchanged",
    r"cut off": "interrupted, shortened",
    r"not(e|es|ed|ing) down": "record",
    r"mend(s|ed|ing)?": "fix",
    r"what it was": "unchanged",
    r"nobody|whoever": "the one who does it, by name",
    r"would answer": "would behave",
    r"gets? along|in the place of": "works, instead of",
    r"(came|gone|unlike):": "only after:, only before:, differs:",
    r"get a life of its own": "break its hard links",
    r"no effort|simply|obviously|just works": "nothing",
}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions that are called by name: no property, no fixture, no test."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = " ".join(map(ast.unparse, node.decorator_list))
            if not re.search("property|fixture", decorators) and "test_" not in node.name:
                yield node


def first_words(tree: ast.Module) -> Iterator[str]:
    """Yield what is wrong with the first word of each docstring."""
    for node in functions(tree):
        word = (ast.get_docstring(node) or "Return").split()[0]
        if word in FIRST_WORDS:
            yield f"{node.lineno}: {node.name}: {word}: {FIRST_WORDS[word]} instead"


def phrases(text: str) -> Iterator[str]:
    """Yield each phrase of a text that has a plainer one."""
    for phrase, plain in PHRASES.items():
        for match in re.finditer(rf"(?i)\b(?:{phrase})", text):
            yield f"{match.group()!r}: {plain} instead"


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield each text of a module: messages, helps, docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("def f():\n    '''Give a name.'''", ["1: f: Give: Return, Print, Write instead"]),
        ("def f():\n    '''The name.'''", ["1: f: The: a verb instead"]),
        ("@property\ndef f():\n    '''The name.'''", []),
        ("def f():\n    '''Return a name.'''", []),
    ],
)
def test_first_words_are_told(source: str, wrong: list[str]) -> None:
    assert list(first_words(ast.parse(source))) == wrong


@pytest.mark.parametrize("text", ["left for later", "to mend it", "Nobody may", "took back"])
def test_phrases_are_told(text: str) -> None:
    assert len(list(phrases(text))) == 1


def test_docstrings_of_functions_begin_with_a_verb() -> None:
    found = [
        f"{path}:{wrong}"
        for path in [*SOURCES, *TESTS]
        for wrong in first_words(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []


def test_texts_use_the_words_of_the_field() -> None:
    found = [
        f"{path}:{line}: {wrong}"
        for path in SOURCES
        for line, text in texts(ast.parse(path.read_text("utf-8")))
        for wrong in phrases(text)
    ]
    found += [f"{path}: {wrong}" for path in PAGES for wrong in phrases(path.read_text("utf-8"))]
    assert found == []
