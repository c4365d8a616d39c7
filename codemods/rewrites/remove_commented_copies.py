"""Remove blocks of comment lines that are a commented-out copy of a shared definition.

Such a block has a prefix on each line, as ``# REMOVED: ``, and often its indentation is lost. Code
that differs from every shared definition is not ours to judge: it stays.
"""

from __future__ import annotations

import ast
import copy
import functools
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from textwrap import shorten
from typing import NamedTuple

from codemods.engine.codemod import ParsedModule, Planned
from codemods.engine.comments import comment_lines
from codemods.engine.plan import EditPlan
from codemods.engine.rows import is_string
from codemods.engine.scopes import DEFINITIONS
from codemods.engine.scopes import Definition as Node
from codemods.engine.text import Unparsable, lines_of, parse
from codemods.model import Code, Decision, Definition, Reason, SharedModules, Verdict
from codemods.rewrites.others import RepositoryCodemod
from codemods.rewrites.replace_local_copies.shared import Shared, bare, shared_definitions

#: A definition behind a ``#``: a word or two may stand before it, as ``# REMOVED: class X:``.
_HEAD = re.compile(r"(#[^\n\r]*?)\b(class|(?:async[ \t]+)?def)[ \t]+(\w+)[ \t]*[(:]")
_HEAD_BYTES = re.compile(_HEAD.pattern.replace(r"(\w+)", r"([\w\x80-\xff]+)").encode("latin-1"))

_DEFINES = re.compile(r"(?:class|def|async\s+def)\b")

#: Words to a tool, which count where they stand.
_TO_TOOL = re.compile(r"#!|#\s*(?:noqa|pragma|(?:type|fmt|pylint|flake8|ruff|mypy|isort|yapf):)")

#: How a line of a statement becomes one that can be parsed, and which lines of the result are its
#: own. A body is `pass`, which is not counted.
_WHOLE = (
    ("{}", slice(None)),
    ("{} pass", slice(None)),
    ("{}\ndef _(): pass", slice(-1)),
    ("if 0: pass\n{} pass", slice(1, None)),
    ("{} pass\nfinally: pass", slice(1)),
    ("try: pass\n{} pass", slice(1, None)),
    ("match 0:\n {} pass", slice(1, None)),
    ("{}\n case _: pass", slice(1)),
)
#: More lines than a statement or a docstring of a pasted helper has.
_LONGEST = 100


@dataclass(frozen=True)
class RemoveCommentedCopies(RepositoryCodemod):
    """Remove comments that are a copy of a shared definition: `modules` are the specification."""

    modules: SharedModules

    def may_concern(self, source: bytes) -> bool:
        """Whether a definition of a shared name stands in a comment."""
        return any(commented_out(source, shared_definitions(self.modules)))

    def plan(self, module: ParsedModule) -> Planned:
        """Decide on each definition of a shared name in a comment."""
        shared = shared_definitions(self.modules)
        comments = _Comments(module)
        decisions: list[Decision] = []
        spans: list[tuple[int, int]] = []
        for number, comment in comments.by_line.items():
            head = _HEAD.match(comment)
            if head is None or bare(head[3]) not in shared.by_name:
                continue
            if spans and number <= spans[-1][1]:
                continue  # a method of the copy
            wanted = _candidates(self.modules, head[3])
            copies = [comments.compare(number, head[1], one) for one in wanted]
            best = max(copies, key=lambda c: (c.wrong is None, c.last))
            kind = "class" if head[2] == "class" else "function"
            definition = Definition(head[3], kind, best.first, best.last)
            if best.wrong:
                reason = Reason(Code.INCOMPLETE_COPY, *best.wrong)
                decisions.append(Decision(definition, Verdict.REFUSE, None, (reason,)))
            else:
                decisions.append(Decision(definition, Verdict.REPLACE, None, ()))
                spans.append((best.first, best.last))
        return Planned(tuple(decisions), plan=EditPlan(comments=tuple(spans)) if spans else None)

    @property
    def own_files(self) -> frozenset[str]:
        """The real paths of the shared modules."""
        return frozenset(m.path for m in self.modules.modules)


def commented_out(source: bytes, shared: Shared) -> Iterator[tuple[int, str]]:
    """Yield line and name of each definition of a shared name that stands in a comment."""
    if b"#" not in source:
        return
    for number, line in enumerate(source.splitlines(), start=1):
        if b"#" in line and (match := _HEAD_BYTES.match(line.lstrip())):
            name = match[3].decode(errors="replace")
            if bare(name) in shared.by_name:
                yield number, name


class _Wanted(NamedTuple):
    """The lines of a shared definition, and what stands before each of them in another one."""

    lines: tuple[str, ...]
    more: tuple[frozenset[str], ...]


class _Copy(NamedTuple):
    """How far a comment is a copy; `wrong` are line and message of what differs, if anything."""

    first: int
    last: int
    wrong: tuple[int, str] | None


class _Comments:
    """The lines of a file, and its comments by line."""

    def __init__(self, module: ParsedModule) -> None:
        self.by_line = comment_lines(module.source)
        self._lines = lines_of(module.text)

    def compare(self, head: int, prefix: str, wanted: _Wanted) -> _Copy:
        """Compare what begins at a line with a definition."""
        first = head
        while (self._code(first - 1, prefix) or "").startswith("@"):
            first -= 1
        done, last, may_document = 0, first, False
        lines = wanted.lines
        for start, end, text in self._statements(first, prefix):
            found = _normal_lines(text)
            if done == len(lines) and (found != () or start > last + 1):
                more = wanted.lines[0].startswith("class ") and _is_method(text)
                wrong = (head, f"line {start} has one more method") if more else None
                return _Copy(first, last, wrong)
            if found and lines[done : done + len(found)] == found:
                done += len(found)
                may_document = _DEFINES.match(text) is not None
            elif found != () and (found is None or not wanted.more[done].issuperset(found)):
                if not (may_document and _is_text(text)):
                    break
                may_document = False
            last = end
        if done == len(lines):
            return _Copy(first, last, None)
        message = f"the comment is no whole copy: below line {last}, `{lines[done]}` is missing"
        return _Copy(first, last, (head, message + self._end(last + 1, prefix)))

    def _end(self, number: int, prefix: str) -> str:
        """Return which comment ends a block: the first one from a line on, if there is one."""
        while self._code(number, prefix) == "":
            number += 1
        comment = self.by_line.get(number)
        return f"; line {number} ends it: `{shorten(comment, 60)}`" if comment else ""

    def _statements(self, number: int, prefix: str) -> Iterator[tuple[int, int, str]]:
        """Yield the statements of a block from a line on, with their first and last lines."""
        held: list[str] = []
        for line in count(number):
            code = self._code(line, prefix)
            if code is None:
                return
            if code or held:
                held.append(code)
                text = "\n".join(held)
                if len(held) == _LONGEST or not _is_open(text):
                    yield line - len(held) + 1, line, text
                    held = []

    def _code(self, number: int, prefix: str) -> str | None:
        """Return what a comment of the block holds, None for a line that is not of the block."""
        comment = self.by_line.get(number)
        if comment is None:
            is_blank = 0 < number <= len(self._lines) and not self._lines[number - 1].strip()
            return "" if is_blank else None
        bare_prefix = prefix.rstrip()
        if comment.rstrip() in {bare_prefix, "#"}:
            return ""
        if _TO_TOOL.search(comment) or not comment.startswith(bare_prefix):
            return None
        return comment.removeprefix(bare_prefix).strip()


@functools.lru_cache(maxsize=256)
def _candidates(modules: SharedModules, name: str) -> tuple[_Wanted, ...]:
    """Return the shared definitions as if they had a name, those first that do have it."""
    definitions = sorted(
        shared_definitions(modules).definitions, key=lambda d: bare(d.name) != bare(name)
    )
    lines = list(dict.fromkeys(_lines_as(d.node, name) for d in definitions))
    return tuple(_Wanted(own, tuple(_more(own, lines))) for own in lines)


def _lines_as(node: Node, name: str) -> tuple[str, ...]:
    renamed = copy.deepcopy(node)
    renamed.name = name
    return _unparsed(renamed)


def _more(own: tuple[str, ...], others: list[tuple[str, ...]]) -> Iterator[frozenset[str]]:
    """Yield what stands before each line in definitions that have all of the lines, and more.

    `async` does not count: a copy may have lost it, and kept the `await` below.
    """
    found: list[set[str]] = [set() for _ in own]
    for other in others:
        inserted: list[set[str]] = [set()]
        for line in other:
            at = len(inserted) - 1
            if at < len(own) and line.removeprefix("async ") == own[at].removeprefix("async "):
                inserted.append(set())
            else:
                inserted[at].add(line)
        if len(inserted) > len(own):
            for mine, theirs in zip(found, inserted, strict=False):
                mine |= theirs
    yield from map(frozenset, found)


class _Bare(ast.NodeTransformer):
    """Drops what does not count: annotations, docstrings, ``__test__ = False``, a base `object`."""

    def visit(self, node: ast.AST) -> ast.AST | None:
        """Drop it from a node, and from those inside."""
        if isinstance(node, DEFINITIONS):
            node.body = node.body[is_string(node.body[0]) :]
        self.generic_visit(node)
        match node:
            case ast.ClassDef():
                node.bases = [b for b in node.bases if ast.unparse(b) != "object"]
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                node.returns = None
            case ast.arg():
                node.annotation = None
            case ast.AnnAssign(target=target, value=None):
                return ast.Expr(target)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                return ast.copy_location(ast.Assign([target], value), node)
            case ast.Assign(targets=[ast.Name("__test__")], value=ast.Constant(False)):
                return None
        return node


def _unparsed(tree: ast.AST) -> tuple[str, ...]:
    """Return the lines of some code, without what does not count and without indentation."""
    bare_tree = _Bare().visit(tree)
    lines = ast.unparse(bare_tree).splitlines() if bare_tree else []
    return tuple(s for line in lines if (s := line.strip()) not in {"", "pass"})


@functools.lru_cache(maxsize=4096)
def _normal_lines(text: str) -> tuple[str, ...] | None:
    """Return the lines of a statement, or of the first line of one; None for what is no code."""
    for whole, own in _WHOLE:
        try:
            return _unparsed(parse(whole.replace("{}", text).encode()))[own]
        except (Unparsable, ValueError, RecursionError):
            continue
    return None


def _is_method(text: str) -> bool:
    head = text.partition("(")[2]
    return _DEFINES.match(text) is not None and re.match(r"\s*(self|cls)\b", head) is not None


def _is_text(text: str) -> bool:
    try:
        return all(map(is_string, parse(text.encode()).body))
    except (Unparsable, ValueError):
        return False


@functools.lru_cache(maxsize=4096)
def _is_open(text: str) -> bool:
    """Whether a bracket or a long string goes on below a text."""
    lines = iter(text.splitlines(keepends=True))
    try:
        for _ in tokenize.generate_tokens(lambda: next(lines, "")):
            pass
    except (tokenize.TokenError, SyntaxError) as error:
        return re.search("multi-line|triple-quoted", str(error)) is not None
    return False
