"""What a file has to do with the target names, changed or not: definitions, comments, strings."""

from __future__ import annotations

import ast
import difflib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from codemods.model import (
    Decision,
    Definition,
    DefinitionFacts,
    FileSurvey,
    Shape,
    Status,
    Target,
    Variant,
)
from codemods.rewrite import shape as shapes
from codemods.rewrite.decide import classes
from codemods.rewrite.judge import judge
from codemods.rewrite.names import ModuleNames
from codemods.rewrite.source import decoded

#: Import statements as far as bytes tell them: no comment is one, a line of a string may be.
_FROM = re.compile(
    rb"^[ \t\f]*from[ \t]*([.\w\x80-\xff]+)(?:[ \t]+|(?<=\.))import\b[ \t]*"
    rb"(\([^)]*\)|(?:[^\n\\]|\\\r?\n)*)",
    re.MULTILINE,
)
#: How far before a name to look for what it belongs to, in bytes.
_NEAR = 300
_BASES = re.compile(rb"\bclass\s+\w+\s*\([^)]*\Z")
_IN_WORD = re.compile(rb"[\w\x80-\xff]")
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
            (source.count(b"\n", 0, match.start()) + 1, match.group(1).decode())
            for match in self._class.finditer(source)
            if source[_line_start(source, match.start()) : match.start()].lstrip().startswith(b"#")
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
        if re.search(rb"import[ \t]*\*", source):
            return True
        heads = (
            source[_line_start(source, at) : at]
            for name in self.class_names
            for at in _places(source, name)
        )
        return any(b"import" in head or re.fullmatch(rb"[\s\w,]*", head) for head in heads)

    def used(self, source: bytes, definition: Definition) -> int:
        """Count the places outside of a definition that name its class, but for comments."""
        return sum(
            b"#" not in source[_line_start(source, at) : at]
            and not definition.line <= source.count(b"\n", 0, at) + 1 <= definition.end_line
            for at in _places(source, definition.class_name)
        )

    def derived(self, source: bytes, name: str) -> int:
        """Count the classes that have one among their bases."""
        heads = (source[max(0, at - _NEAR) : at] for at in _places(source, name))
        return sum(_BASES.search(head) is not None for head in heads)

    def patched(self, source: bytes, name: str) -> int:
        """Count the strings that end in a dotted path to one name, as those of a patch do."""
        return sum(
            source[at + len(name.encode()) :][:1] in {b'"', b"'", b"."}
            and _PATH.search(source[max(0, at - _NEAR) : at]) is not None
            for at in _places(source, name)
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

    @cached_property
    def _class(self) -> re.Pattern[bytes]:
        names = b"|".join(re.escape(name) for name in self._names)
        return re.compile(rb"class (%b)(?:\(|[ \t]*:)" % names)


def _has(text: bytes, name: str) -> bool:
    """Tell whether a name stands in a text as a whole."""
    pattern = rb"(?<![\w\x80-\xff])%b(?![\w\x80-\xff])"
    return re.search(pattern % name.encode(), text) is not None


def _places(source: bytes, name: str) -> Iterator[int]:
    """Give where a name stands as a word; `bytes.find` is many times as fast as a pattern."""
    word = name.encode()
    at = source.find(word)
    while at >= 0:
        end = at + len(word)
        if not (
            _IN_WORD.match(source[max(0, at - 1) : at]) or _IN_WORD.match(source[end : end + 1])
        ):
            yield at
        at = source.find(word, end)


def _line_start(source: bytes, position: int) -> int:
    return source.rfind(b"\n", 0, position) + 1


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
        facts = tuple(_facts(d, source, search) for d in result.decisions)
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


def _facts(decision: Decision, source: bytes, search: TextSearch) -> DefinitionFacts:
    name = decision.definition.class_name
    return DefinitionFacts(
        decision=decision,
        uses=search.used(source, decision.definition),
        subclasses=search.derived(source, name),
        patch_strings=search.patched(source, name),
    )


def _variants(names: ModuleNames, source: bytes, target: Target) -> tuple[Variant, ...]:
    text = decoded(source)
    assert isinstance(text, str)  # else there were no names
    found = [node for node, _ in classes(names.tree, text) if node.name in target.class_names]
    found.sort(key=lambda node: node.lineno)
    return tuple(_variant(node, target) for node in found)


def _variant(node: ast.ClassDef, target: Target) -> Variant:
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
