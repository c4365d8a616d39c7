"""What other files do with a module: which names it must keep, which copies they would change."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, Protocol

from codemods.engine.text import Unparsable, parse, word_places
from codemods.engine.walk import walk
from codemods.model import Code, FileResult, Reason, SharedModules, Source, TestNames
from codemods.rewrites.replace_local_copies.collected import tests_derived_from
from codemods.rewrites.replace_local_copies.cycles import imported_files
from codemods.rewrites.replace_local_copies.escape import SETTERS, last_name


class Effects(NamedTuple):
    """What one file has to do with a module that would change.

    `kept` are the names that it may take from there; `reasons` what forbids the replacement, by the
    name of the definition.
    """

    kept: frozenset[str]
    reasons: dict[str, tuple[Reason, ...]]


def stem_of(path: str) -> bytes:
    """Return the word by which other files name a module: the last part of its dotted name."""
    name = os.path.basename(path).removesuffix(".py")
    return os.fsencode(os.path.basename(os.path.dirname(path)) if name == "__init__" else name)


class Others(Protocol):
    """All files of a checkout, with absolute paths."""

    @property
    def paths(self) -> list[str]:
        """Where they lie."""
        ...

    def read(self) -> Iterable[Source]:
        """Read all of them."""
        ...

    def read_one(self, path: str) -> bytes | None:
        """Read one of them, None where that fails."""
        ...


def outside_effects(
    modules: SharedModules, changed: Mapping[str, FileResult], others: Others
) -> dict[str, Effects]:
    """Return what other files do with the modules that would change, where it matters.

    A conftest counts without the name of the module: its fixtures may look into the module of a
    test, as ``request.module`` does.

    Args:
        modules: the shared modules.
        changed: what would become of the other modules, by their absolute paths.
        others: the files of the checkout.

    """
    found = _uses(modules.tests, changed, others.read())
    for path in imported_files(modules, others.paths, others.read_one) & changed.keys():
        message = "the shared module imports this file: they would import each other"
        reasons: dict[str, tuple[Reason, ...]] = {}
        for definition in (d.definition for d in changed[path].replaced):
            reason = Reason(Code.CIRCULAR_IMPORT, definition.line, message)
            reasons[definition.name] = (reason,)
        found[path] = _merged(found.get(path), Effects(frozenset(), reasons))
    return found


def _uses(
    tests: TestNames, changed: Mapping[str, FileResult], sources: Iterable[Source]
) -> dict[str, Effects]:
    modules = {path: _Changed(result) for path, result in changed.items()}
    stems = {module.stem for module in modules.values()}
    any_stem = re.compile(b"|".join(map(re.escape, sorted(stems))))
    found: dict[str, Effects] = {}
    for source in sources:
        folder, name = os.path.split(source.path)
        looks = name == "conftest.py" and _MODULE.search(source.content) is not None
        below = os.path.join(folder, "") if looks else None
        if below is None and any_stem.search(source.content) is None:
            continue
        file = _File(source)
        for path, module in modules.items():
            looked_into = below is not None and path.startswith(below)
            if path != source.path and (looked_into or module.stem in source.content):
                new = module.effects(file, tests)
                if new.kept or new.reasons:
                    found[path] = _merged(found.get(path), new)
    return found


#: How a hook or a fixture gets at the names of a test module: ``request.module``, ``item.obj``.
#: https://docs.pytest.org/en/stable/reference/reference.html
_MODULE = re.compile(rb"\b(?:module|obj|Module|__globals__|modules|getmodule|import_module)\b")


def _merged(old: Effects | None, new: Effects) -> Effects:
    if old is None:
        return new
    names = {**old.reasons, **new.reasons}
    reasons = {n: (*old.reasons.get(n, ()), *new.reasons.get(n, ())) for n in names}
    return Effects(old.kept | new.kept, reasons)


class _Set(NamedTuple):
    """One place that sets an attribute: ``owner.name = ...``, ``setattr(owner, "name", ...)``.

    `owner` is the last name of what it belongs to, `name` empty where a call does not write it out.
    """

    owner: str
    name: str
    line: int
    text: str


class _File:
    """One file that may use a changed module; it is parsed when it is first worth it."""

    def __init__(self, source: Source) -> None:
        self.path = source.path
        self.content = source.content

    def has(self, name: str) -> bool:
        """Whether a word stands in it."""
        return next(word_places(self.content, name.encode()), None) is not None

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree, an empty one where nothing of it runs."""
        try:
            return parse(self.content)
        except (Unparsable, RecursionError, MemoryError):
            return ast.Module([], [])

    @cached_property
    def sets(self) -> list[_Set]:
        """The places that set an attribute."""
        return list(self._sets())

    def _sets(self) -> Iterator[_Set]:
        for node in walk(self.tree):
            match node:
                case ast.Attribute(value=owner, attr=name, ctx=ast.Store() | ast.Del()):
                    yield _Set(last_name(owner), name, node.lineno, ast.unparse(node))
                case ast.Call(func=func, args=[owner, *rest]) if last_name(func) in SETTERS:
                    written = rest[0].value if rest and isinstance(rest[0], ast.Constant) else ""
                    text = f"{ast.unparse(func)}({ast.unparse(owner)}, ...)"
                    yield _Set(last_name(owner), str(written), node.lineno, text)

    @cached_property
    def paths(self) -> list[tuple[tuple[str, ...], int]]:
        """The texts that are dotted names, as those of a patch, with their lines."""
        return [
            (tuple(node.value.split(".")), node.lineno)
            for node in walk(self.tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and _DOTTED.fullmatch(node.value)
        ]


_DOTTED = re.compile(r"\w+(?:\.\w+)+")


class _Changed:
    """One module that would change, and what other files must not do to it."""

    def __init__(self, result: FileResult) -> None:
        self.stem = stem_of(result.path)
        self._name = os.fsdecode(self.stem)
        self._dropped = result.dropped
        self._copies = {d.definition.name: d for d in result.replaced}

    def effects(self, file: _File, tests: TestNames) -> Effects:
        """Return what one file does that names the module, or that is a conftest.

        What a dotted name means depends on ``sys.path``, so the last part of it is enough. That
        keeps a name too many, or refuses a copy too many, rather than one too few.
        """
        # A file that names the module may hand any name of it on, by a star or as an attribute.
        named = file.has(self._name)
        kept = frozenset(n for n in self._dropped if named or file.has(n))
        found: dict[str, tuple[Reason, ...]] = {}
        for name, decision in self._copies.items():
            reasons: list[Reason] = []
            if file.has(name):
                reasons += self._changes(name, file)
                if decision.definition.kind == "class":
                    reasons += self._subclasses(name, file, tests)
            reasons += self._replacements(decision.relies_on, file)
            if reasons:
                found[name] = tuple(r._replace(line=decision.definition.line) for r in reasons)
        return Effects(kept, found)

    def _changes(self, name: str, file: _File) -> Iterator[Reason]:
        """Yield where a file sets an attribute of a definition, or patches one by its path."""
        for place in file.sets:
            if place.owner == name:
                yield _mutated(file.path, place.line, place.text)
        for path, line in file.paths:
            if (self._name, name) in pairwise(path[:-1]):
                yield _mutated(file.path, line, ".".join(path))

    def _replacements(self, relied_on: frozenset[str], file: _File) -> Iterator[Reason]:
        """Yield where a file replaces a global that the replaced code reads."""
        sets = b"setattr" in file.content or b"patch" in file.content
        at_risk = frozenset(
            n
            for n in relied_on
            if b"%b.%b" % (self.stem, n.encode()) in file.content or (sets and file.has(n))
        )
        if not at_risk:
            return
        for place in file.sets:
            if place.owner == self._name and place.name in at_risk:
                yield _patched(file.path, place.line, f"{self._name}.{place.name}")
        for path, line in file.paths:
            if path[-2] == self._name and path[-1] in at_risk:
                yield _patched(file.path, line, ".".join(path))

    @staticmethod
    def _subclasses(name: str, file: _File, tests: TestNames) -> Iterator[Reason]:
        """Yield the subclasses with tests in a file that imports the class."""
        names = {name}
        for node in walk(file.tree):
            if isinstance(node, ast.ImportFrom):
                names |= {a.asname or a.name for a in node.names if a.name == name}
        for local in sorted(names):
            for reason in tests_derived_from(local, file.tree, tests):
                yield reason._replace(message=f"{file.path}:{reason.line}: {reason.message}")


def _mutated(path: str, line: int, what: str) -> Reason:
    message = f"{path}:{line} changes it by `{what}`, which would leak into other files"
    return Reason(Code.MUTATED, 1, message)


def _patched(path: str, line: int, what: str) -> Reason:
    message = f"{path}:{line} replaces `{what}`, which the shared definition would not see"
    return Reason(Code.DIFFERENT_GLOBALS, 1, message)
