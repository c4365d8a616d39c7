"""What other files do with a module: which names it must keep, which copies they would change."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator, Mapping
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
    stems = {path: stem_of(path) for path in changed}
    any_stem = re.compile(b"|".join(map(re.escape, sorted(set(stems.values())))))
    found: dict[str, Effects] = {}
    for source in sources:
        is_conftest = os.path.basename(source.path) == "conftest.py"
        if not is_conftest and any_stem.search(source.content) is None:
            continue
        for path, result in changed.items():
            if path == source.path or not (is_conftest or stems[path] in source.content):
                continue
            new = effects(source, result, tests)
            if new.kept or new.reasons:
                found[path] = _merged(found.get(path), new)
    return found


def _merged(old: Effects | None, new: Effects) -> Effects:
    if old is None:
        return new
    names = {**old.reasons, **new.reasons}
    reasons = {n: (*old.reasons.get(n, ()), *new.reasons.get(n, ())) for n in names}
    return Effects(old.kept | new.kept, reasons)


def effects(source: Source, result: FileResult, tests: TestNames) -> Effects:
    """Return what a file does that names a module, or that is a conftest above it.

    What a dotted name means depends on ``sys.path``, so the last part of it is enough. That keeps a
    name too many, or refuses a copy too many, rather than one too few.

    Args:
        source: the other file.
        result: what would become of the module.
        tests: what pytest collects.

    """
    copies = {d.definition.name: d for d in result.replaced}
    kept = frozenset(n for n in result.dropped if _has(source.content, n))
    relied_on = frozenset().union(*(d.relies_on for d in copies.values()))
    named = [n for n in copies if _has(source.content, n)]
    if not named and not any(_has(source.content, n) for n in relied_on):
        return Effects(kept, {})
    try:
        tree = parse(source.content)
    except (Unparsable, RecursionError, MemoryError):
        return Effects(kept, {})  # nothing of it runs
    stem = os.fsdecode(stem_of(result.path))
    found: dict[str, tuple[Reason, ...]] = {}
    for name, decision in copies.items():
        reasons = [
            *(_changes(tree, name, stem, source.path) if name in named else ()),
            *_replacements(tree, decision.relies_on, stem, source.path),
        ]
        if name in named and decision.definition.kind == "class":
            reasons += _subclasses(tree, name, source.path, tests)
        if reasons:
            line = decision.definition.line
            found[name] = tuple(r._replace(line=line) for r in reasons)
    return Effects(kept, found)


def _has(content: bytes, name: str) -> bool:
    return next(word_places(content, name.encode()), None) is not None


def _changes(tree: ast.Module, name: str, stem: str, path: str) -> Iterator[Reason]:
    """Yield where a file sets an attribute of a definition, or patches one by its path."""
    pattern = re.compile(rf"(?:\w+\.)*{re.escape(stem)}\.{re.escape(name)}\.[\w.]+")
    for node in walk(tree):
        match node:
            case ast.Attribute(value=owner, ctx=ast.Store() | ast.Del()) if _is_named(owner, name):
                yield _mutated(path, node.lineno, ast.unparse(node))
            case ast.Call(func=func, args=[owner, *_]) if last_name(func) in SETTERS and _is_named(
                owner, name
            ):
                yield _mutated(path, node.lineno, ast.unparse(func))
            case ast.Constant(value=str(text)) if name in text and pattern.fullmatch(text):
                yield _mutated(path, node.lineno, text)


def _replacements(
    tree: ast.Module, relied_on: frozenset[str], stem: str, path: str
) -> Iterator[Reason]:
    """Yield where a file puts something in the place of a global that the replaced code reads."""
    for node in walk(tree):
        match node:
            case ast.Constant(value=str(text)) if f"{stem}." in text:
                *above, name = text.split(".")
                if name in relied_on and above and above[-1] == stem:
                    yield _patched(path, node.lineno, text)
            case ast.Attribute(
                value=ast.Name(id=owner) | ast.Attribute(attr=owner),
                attr=name,
                ctx=ast.Store() | ast.Del(),
            ) if name in relied_on and owner == stem:
                yield _patched(path, node.lineno, f"{stem}.{name}")
            case ast.Call(
                func=func,
                args=[
                    ast.Name(id=owner) | ast.Attribute(attr=owner),
                    ast.Constant(value=str(name)),
                    *_,
                ],
            ) if name in relied_on and owner == stem and last_name(func) in SETTERS:
                yield _patched(path, node.lineno, f"{stem}.{name}")


def _subclasses(tree: ast.Module, name: str, path: str, tests: TestNames) -> Iterator[Reason]:
    """Yield the subclasses with tests in a file that imports the class."""
    names = {name}
    for node in walk(tree):
        if isinstance(node, ast.ImportFrom):
            names |= {a.asname or a.name for a in node.names if a.name == name}
    for local in sorted(names):
        for reason in tests_derived_from(local, tree, tests):
            yield reason._replace(message=f"{path}:{reason.line}: {reason.message}")


def _is_named(node: ast.expr, name: str) -> bool:
    match node:
        case ast.Name(id=found) | ast.Attribute(attr=found):
            return found == name
    return False


def _mutated(path: str, line: int, what: str) -> Reason:
    message = f"{path}:{line} changes it by `{what}`, which would leak into other files"
    return Reason(Code.MUTATED, 1, message)


def _patched(path: str, line: int, what: str) -> Reason:
    message = f"{path}:{line} replaces `{what}`, which the shared definition would not see"
    return Reason(Code.DIFFERENT_GLOBALS, 1, message)
