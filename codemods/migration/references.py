"""Which modules a file uses: the names that it imports, and those and paths in its strings."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from codemods.engine.text import Unparsable, parse
from codemods.engine.walk import walk_statements
from codemods.model import Reason, Source

#: Parts of a dotted name or of a path, without the end ``.py``.
Parts = tuple[str, ...]
#: Such a file may name a module by a single word, which anywhere else is just a word.
_LOADS_BY_NAME = re.compile(
    rb"import_module|__import__|importorskip|run_module|pytest_plugins|[\"']-p[\"']"
)
#: Text without spaces between quotes, or between one and a part of an f-string.
_TEXT = re.compile(rb"(?<=[\"'}])[\w./\\\x80-\xff-]+(?=[\"'{])")
_NAME = re.compile(r"\w+(\.\w+)*")
_PATH = re.compile(r"[\w./\\-]+\.py")

_IN_WORD = re.compile(rb"[\w\x80-\xff]")
#: Of a dotted name: no path of a module has more, and all of a long one would be very many.
_MOST_PARTS = 64


def may_refer(content: bytes, words: Sequence[re.Pattern[bytes]]) -> bool:
    """Whether one of some words stands in a file, as a whole one: it is then parsed."""
    places = (match.span() for pattern in words for match in pattern.finditer(content))
    return any(
        not _IN_WORD.match(content[start - 1 : start]) and not _IN_WORD.match(content, end)
        for start, end in places
    )


class Names(NamedTuple):
    """What a file names: modules of dotted names, and files.

    `files` are absolute paths without their ends, by relative imports; `near` are single words of
    strings, too common to be looked for anywhere but near the file. Where it is not `is_known`, the
    file may name anything.
    """

    path: str
    files: frozenset[str] = frozenset()
    names: frozenset[Parts] = frozenset()
    near: frozenset[Parts] = frozenset()
    is_known: bool = True

    @property
    def words(self) -> frozenset[str]:
        """The last parts of all that is named."""
        names = (name[-1] for name in self.names | self.near)
        return frozenset([*names, *map(os.path.basename, self.files)])


class References:
    """What a file refers to.

    A name or a path is looked for as Python and pytest would, whose ``sys.path`` has the folder of
    the file, some of those above it, and the roots. Where it is in none of them, it may be in any
    folder: the file may have changed ``sys.path``. `exists` is asked about absolute paths.
    """

    def __init__(self, named: Names, roots: frozenset[str], exists: Callable[[str], bool]) -> None:
        self._named = named
        self._folders = {*above(os.path.dirname(named.path)), *roots}
        self._exists = exists
        self._is_found = cache(self._search)
        self._words = named.words

    def among(self, modules: Mapping[str, Sequence[str]]) -> list[str]:
        """Return which of some modules the file uses; given by the names of their files."""
        words = modules.keys() & self._words if self._named.is_known else modules
        return [module for word in words for module in modules[word] if self.has(module)]

    def has(self, module: str) -> bool:
        """Whether the file uses a module, or a name of it; `module` is an absolute path."""
        if not self._named.is_known:
            return True
        module = module.removesuffix(".py").removesuffix(f"{os.sep}__init__")
        if module in self._named.files:
            return True
        parts = tuple(module.split(os.sep))
        for length in range(1, len(parts)):
            name = parts[-length:]
            is_name = name in self._named.names
            if not is_name and name not in self._named.near:
                continue
            if os.sep.join(parts[:-length]) in self._folders:
                return True
            if is_name and not self._is_found(name):
                return True
        return False

    def _search(self, name: Parts) -> bool:
        """Whether one of the folders of the file has a module of that name."""
        if name[0] in sys.stdlib_module_names:
            return True
        paths = (os.path.join(folder, *name) for folder in self._folders)
        return any(self._exists(path) or self._exists(f"{path}.py") for path in paths)


def names_in(source: Source) -> Names:
    """Return what a file names; nothing where it does not parse, as nothing of it runs."""
    files: set[str] = set()
    names: set[Parts] = set()
    near: set[Parts] = set()
    try:
        tree = parse(source.content)
    except Unparsable:
        return Names(source.path)
    for node in walk_statements(tree.body):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names.update(_prefixes(alias.name))
        elif isinstance(node, ast.ImportFrom):
            origin = f"{node.module}." if node.module else ""
            for alias in node.names:
                if node.level:
                    files.update(_relative(source.path, f"{origin}{alias.name}", node.level))
                else:
                    names.update(_prefixes(f"{origin}{alias.name}"))
    loads_by_name = _LOADS_BY_NAME.search(source.content) is not None
    for text in {found.decode(errors="replace") for found in set(_TEXT.findall(source.content))}:
        if _PATH.fullmatch(text):
            parts = tuple(p for p in re.split(r"[/\\]+", text.removesuffix(".py")) if p.strip("."))
            (names if len(parts) > 1 else near).add(parts)
        if _NAME.fullmatch(text) and (loads_by_name or "." in text):
            first, *longer = _prefixes(text)
            near.add(first)
            names.update(longer)
    return Names(source.path, frozenset(files), frozenset(names), frozenset(near))


def unknown_names(path: str, reason: Reason) -> Names:
    """Return what a file names that came to no end."""
    return Names(path, is_known=False)


def _relative(path: str, name: str, level: int) -> Iterator[str]:
    """Yield the paths of a name that a file imports by a relative import of that level."""
    base = os.path.dirname(path)
    for _ in range(level - 1):
        base = os.path.dirname(base)
    yield base
    yield from (os.path.join(base, *parts) for parts in _prefixes(name))


def _prefixes(name: str) -> Iterator[Parts]:
    """Yield ``a``, ``a.b`` and ``a.b.c`` of ``a.b.c``: each of them is imported."""
    parts = name.split(".")[:_MOST_PARTS]
    yield from (tuple(parts[:number]) for number in range(1, len(parts) + 1))


def above(folder: str) -> Iterator[str]:
    """Yield a folder and those above it."""
    yield folder
    while (parent := os.path.dirname(folder)) != folder:
        folder = parent
        yield folder


def imports_of(source: Source) -> frozenset[tuple[str, str]]:
    """Return what a file imports by ``from module import name``, as pairs of both."""
    try:
        nodes = walk_statements(parse(source.content).body)
    except Unparsable:
        return frozenset()
    found = (n for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level)
    return frozenset((str(n.module), alias.name) for n in found for alias in n.names)
