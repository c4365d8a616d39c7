"""What a file has to do with the target names, changed or not: definitions, comments, strings."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from codemods.engine.judge import judge
from codemods.engine.names import ModuleNames
from codemods.engine.text import decoded, word_places
from codemods.model import (
    Decision,
    DefinitionFacts,
    FileSurvey,
    Shape,
    Status,
    Target,
    Variant,
)
from codemods.rewrites.replace_local_copies import equality as shapes
from codemods.rewrites.replace_local_copies.decide import classes
from codemods.rewrites.replace_local_copies.importers import may_import_star

#: Import statements as far as bytes tell them: no comment is one, a line of a string may be.
_FROM = re.compile(
    rb"^[ \t\f]*from[ \t]*([.\w\x80-\xff]+)(?:[ \t]+|(?<=\.))import\b[ \t]*"
    rb"(\([^)]*\)|(?:[^\n\\]|\\\r?\n)*)",
    re.MULTILINE,
)
#: How far before a name to look for what it belongs to, in bytes.
_NEAR = 300
_BASES = re.compile(rb"\bclass\s+\w+\s*\([^)]*\Z")
#: What stands before a name on a line of its own in a list of imports.
_IN_LIST = re.compile(rb"\s*|[\s\w\x80-\xff,]*,\s*")
_HEAD_END = re.compile(rb"\(|[ \t]*:")
_PATH = re.compile(rb"[\"'](?:[\w\x80-\xff]+\.)+\Z")


@dataclass(frozen=True)
class TextSearch:
    """Finds what the bytes alone tell about the target names."""

    class_names: tuple[str, ...]

    def mentions(self, source: bytes) -> bool:
        """Tell whether a file has any of the names in it."""
        if self._common not in source:
            return False
        return any(name in source for name in self._names)

    def written_out(self, source: bytes) -> tuple[str, ...]:
        """Give the names that stand behind the word ``class`` somewhere, as grep would find.

        The beginning of a longer name counts too, as it does for grep.
        """
        return tuple(n for n in self.class_names if b"class %b" % n.encode() in source)

    def commented_out(self, source: bytes) -> tuple[tuple[int, str], ...]:
        """Give line and name of each definition that stands in a comment.

        A word or two may stand before it, as ``# REMOVED: class X:``; one that only speaks of a
        class has no colon or bracket behind the name.
        """
        return tuple(
            (mention.line, name.decode())
            for name in self._names
            for mention in _mentions(source, b"class %b" % name)
            if mention.comment_line and _HEAD_END.match(source, mention.end)
        )

    def imported(self, source: bytes) -> tuple[tuple[str, str], ...]:
        """Give module and name of each target name that stands in a ``from x import``.

        A star stands for each of the names that the file has in it.
        """
        if not self._may_import(source):
            return ()
        return tuple(
            (match.group(1).decode(errors="replace"), name)
            for match in _FROM.finditer(source)
            for name in self.class_names
            if _has(source if match.group(2).startswith(b"*") else match.group(2), name)
        )

    def _may_import(self, source: bytes) -> bool:
        """Tell whether a name stands behind ``import``, or in a list of several lines."""
        if may_import_star(source):
            return True
        heads = (mention.head for name in self._names for mention in _mentions(source, name))
        return any(b"import" in head or _IN_LIST.fullmatch(head) for head in heads)

    def used(self, source: bytes, name: str) -> list[int]:
        """Give the line of each place that has a name, but for comments, in order."""
        return [m.line for m in _mentions(source, name.encode()) if not m.in_comment]

    def derived(self, source: bytes, name: str) -> int:
        """Count the classes that have one among their bases."""
        heads = (source[max(0, at - _NEAR) : at] for at in word_places(source, name.encode()))
        return sum(_BASES.search(head) is not None for head in heads)

    def patched(self, source: bytes, name: str) -> int:
        """Count the strings that end in a dotted path to one name, as those of a patch do."""
        word = name.encode()
        return sum(
            source[at + len(word) : at + len(word) + 1] in {b'"', b"'", b"."}
            and _PATH.search(source[max(0, at - _NEAR) : at]) is not None
            for at in word_places(source, word)
        )

    @cached_property
    def _names(self) -> tuple[bytes, ...]:
        return tuple(name.encode() for name in self.class_names)

    @cached_property
    def _common(self) -> bytes:
        """The longest text that all names have in common: one search for it spares most files."""
        first, *others = self._names
        parts = (first[i:j] for i in range(len(first)) for j in range(len(first), i, -1))
        shared = (part for part in parts if all(part in other for other in others))
        return max(shared, key=len, default=b"")


def _has(text: bytes, name: str) -> bool:
    """Tell whether a name stands in a text as a whole."""
    pattern = rb"(?<![\w\x80-\xff])%b(?![\w\x80-\xff])"
    return re.search(pattern % name.encode(), text) is not None


class _Mention(NamedTuple):
    """A place where a word stands; `head` is the end of what stands before it in its line."""

    end: int
    line: int
    head: bytes
    in_comment: bool
    comment_line: bool


def _mentions(source: bytes, word: bytes) -> Iterator[_Mention]:
    """Give where a word stands as a whole, from one pass: a line may be as long as the file."""
    line, start, seen, in_comment = 1, 0, 0, False
    for at in word_places(source, word):
        lines = source.count(b"\n", seen, at)
        if lines:
            start = seen = source.rindex(b"\n", seen, at) + 1
            line, in_comment = line + lines, False
        in_comment = in_comment or source.find(b"#", seen, at) >= 0
        seen = at
        comment_line = in_comment and source[start : start + _NEAR].lstrip().startswith(b"#")
        head = source[max(start, at - _NEAR) : at]
        yield _Mention(at + len(word), line, head, in_comment, comment_line)


def survey(source: bytes, path: str, target: Target, *, variants: bool = False) -> FileSurvey:
    """Look at one file that has a target name in it.

    Args:
        source: the file as it is on disk.
        path: where it lies.
        target: what is replaced by what.
        variants: whether to tell the shape of each definition too.

    """
    search = TextSearch(target.class_names)
    judgement = judge(source, path, target)
    result, names = judgement.result, judgement.names
    facts: tuple[DefinitionFacts, ...] = ()
    if names is not None and result.status is not Status.FAILED:
        facts = tuple(_facts(result.decisions, source, search))
    return FileSurvey(
        path=path,
        definitions=facts,
        variants=_variants(names, source, target) if variants and names is not None else (),
        written_out=search.written_out(source),
        commented_out=search.commented_out(source),
        imported=search.imported(source),
        warnings=result.warnings,
        error=result.error,
    )


def _facts(
    decisions: Sequence[Decision], source: bytes, search: TextSearch
) -> Iterator[DefinitionFacts]:
    """Give the facts of each definition; what its name has in the file is looked up once."""
    names = {d.definition.class_name for d in decisions}
    used = {name: search.used(source, name) for name in names}
    derived = {name: search.derived(source, name) for name in names}
    patched = {name: search.patched(source, name) for name in names}
    for decision in decisions:
        definition = decision.definition
        name, lines = definition.class_name, used[definition.class_name]
        inside = bisect_right(lines, definition.end_line) - bisect_left(lines, definition.line)
        yield DefinitionFacts(decision, len(lines) - inside, derived[name], patched[name])


def _variants(names: ModuleNames, source: bytes, target: Target) -> tuple[Variant, ...]:
    text = decoded(source)
    assert isinstance(text, str)  # else there were no names
    found = [node for node, _ in classes(names.tree, text) if node.name in target.class_names]
    found.sort(key=lambda node: node.lineno)
    return tuple(_variant(node, target) for node in found)


def _variant(node: ast.ClassDef, target: Target) -> Variant:
    # Few ask for variants, and OpenSSL takes its time to load.
    import difflib
    import hashlib

    shape = shapes.shape_of(node)
    key = hashlib.sha256("\0".join(shapes.keys_of(shape)).encode()).hexdigest()[:12]
    nearest = shapes.nearest(shapes.LocalShape(node), target)
    here, there = _text(shape), _text(nearest.shape)
    difference = difflib.unified_diff(there, here, nearest.name, "here", lineterm="", n=1)
    keys = {m.key for m in shape.members}
    same_head = shape.header.key == nearest.shape.header.key
    return Variant(
        key=key,
        nearest=nearest.name,
        difference=tuple(difference),
        only_adds=same_head and all(m.key in keys for m in nearest.shape.members),
    )


def _text(shape: Shape) -> list[str]:
    """Give the normalised class as lines, its methods in alphabetical order."""
    members = [line for m in shape.members for line in ["", *m.text.splitlines()]]
    return [shape.header.text, *(f"    {line}".rstrip() for line in members)]
