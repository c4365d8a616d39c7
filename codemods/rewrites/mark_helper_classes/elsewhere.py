"""What other files bring to the classes of a file: constructors by their bases, and more names."""

from __future__ import annotations

import ast
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

from codemods.engine.codemod import ParsedModule
from codemods.engine.names import own_nodes
from codemods.engine.run import Pool
from codemods.engine.text import Unparsable
from codemods.engine.walk import reached
from codemods.model import Code, PytestNames, Reason, Source
from codemods.rewrites.collected import fits
from codemods.rewrites.mark_helper_classes.classes import Classes
from codemods.rewrites.mark_helper_classes.places import (
    Above,
    Elsewhere,
    Facts,
    imported_place,
    inherited,
    module_place,
    place_of,
)
from codemods.rewrites.mark_helper_classes.text import heads, other_names
from codemods.rewrites.others import Others, has_any


class _Found(NamedTuple):
    """What one file has, by the places of its names.

    `own` is what a class brings itself, `above` what a class derives from or a name stands for,
    and `renamed` are the names that fit which the file gives to classes of others, by their places.
    """

    own: list[tuple[str, Facts]]
    above: list[tuple[str, Above]]
    renamed: list[tuple[str, str]]


def elsewhere(others: Others, tests: PytestNames, harmless: frozenset[str], run: Pool) -> Elsewhere:
    """Return what the files of a checkout bring to the classes of others.

    Args:
        others: the files of the checkout.
        tests: what pytest collects by its name.
        harmless: dotted names of bases and decorators that the settings trust.
        run: looks at the files that matter.

    """
    paths, words = _wanted(others.read(), tests)
    sources = (Source(p, others.read_one(p) or b"", os.path.relpath(p)) for p in paths)
    look = partial(_look, tests=tests, harmless=harmless)
    found = [*run(look, sources, lambda path, reason: _Found([], [], []))]
    ends = _ends(others.paths)
    modules = {end: module for module, of_one in ends.items() for end in of_one}

    def whole(place: str) -> str:
        module, _, name = place.rpartition(os.sep)
        return os.path.join(modules.get(module, module), name)

    own: dict[str, Facts] = defaultdict(Facts)
    for place, facts in (pair for one in found for pair in one.own):
        own[place] |= facts
    classes = frozenset(own)
    above = [(place, whole(a.place), a.reason) for one in found for place, a in one.above]
    known = classes.union(place for place, _, _ in above)
    links: dict[str, list[str]] = defaultdict(list)
    for place, base, reason in above:
        links[place].append(base)
        own[place] |= Facts(reason=None if base in known else reason)
    stands_for = {place: bases for place, bases in links.items() if place not in classes}
    called: dict[str, set[str]] = defaultdict(set)
    for new, place in (pair for one in found for pair in one.renamed):
        for name in reached([whole(place)], stands_for) & classes:
            called[name].add(new)
    by_end = {
        os.path.join(end, name): facts._replace(
            has_constructor=facts.has_constructor and not facts.is_case
        )
        for place, facts in inherited(own, links).items()
        for module, _, name in [place.rpartition(os.sep)]
        for end in (ends.get(module, ()) if name in words else ())
    }
    new_names = {place: frozenset(new) for place, new in called.items()}
    return Elsewhere(by_end, new_names, os.getcwd())


def _wanted(sources: Iterable[Source], tests: PytestNames) -> tuple[list[str], set[str]]:
    """Return the files to look at, and the names that are asked for, from the bytes of all files.

    These are the names of the bases of classes whose name fits, and of what gets a name that fits.
    """
    asked: set[bytes] = set()
    made_from: dict[bytes, set[bytes]] = defaultdict(set)
    files: dict[bytes, list[str]] = defaultdict(list)
    packages: list[Source] = []
    renaming: list[str] = []
    for source in sources:
        for name, bases in heads(source.content):
            files[name].append(source.path)
            made_from[name] |= bases
            asked |= bases if _fits(name, tests) else set()
        for new, old in other_names(source.content):
            made_from[new].add(old)
            if new != old and _fits(new, tests):
                asked.add(old)
                renaming.append(source.path)
        if os.path.basename(source.path) == "__init__.py":
            packages.append(source)
    every = reached(asked, made_from)
    paths = [*renaming, *(path for name in every for path in files.get(name, ()))]
    paths += (p.path for p in packages if has_any(p.content, every))
    return sorted(set(paths)), {name.decode(errors="replace") for name in every}


def _fits(name: bytes, tests: PytestNames) -> bool:
    return fits(name.decode(errors="replace"), tests.classes)


def _ends(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return for each module its place, and the ends of that which are of no other module."""
    modules = [module_place(path) for path in paths]
    top = os.path.dirname(os.path.commonpath(modules)) if modules else ""
    owners: dict[str, str | None] = {}
    for module in modules:
        parts = os.path.relpath(module, top).split(os.sep)
        for end in (module, *(os.sep.join(parts[number:]) for number in range(len(parts)))):
            owners[end] = None if end in owners else module
    found: dict[str, list[str]] = defaultdict(list)
    for end, owner in owners.items():
        if owner is not None:
            found[owner].append(end)
    return found


def _look(source: Source, *, tests: PytestNames, harmless: frozenset[str]) -> _Found:
    """Return what one file has."""
    try:
        module = ParsedModule(source.content, source.path)
    except Unparsable:  # nothing of it can be imported
        return _Found([], [], [])
    place, names, found = module_place(source.path), module.names, _Found([], [], [])
    for own_names, facts, above in Classes(module, tests, harmless).brought():
        reason = facts.reason
        if reason is not None:
            message = f"{source.shown}:{reason.line}: {reason.message}"
            facts = facts._replace(reason=reason._replace(message=message))
        for name in own_names:
            found.own.append((os.path.join(place, name), facts))
            found.above.extend((os.path.join(place, name), one) for one in above)
    for new, old in _other_names(module):
        bindings = names.bindings.get(new, ())
        if len(bindings) == 1 and all(line < bindings[0].line for line in names.stars):
            what = f"{source.shown}:{bindings[0].line}: `{new}` comes from a file that is not known"
            unknown = Reason(Code.UNKNOWN_KIND, 1, what)
            found.above.append((os.path.join(place, new), Above(old, unknown)))
        if fits(new, tests.classes) and os.path.basename(old) != new:
            found.renamed.append((new, old))
    return found


def _other_names(module: ParsedModule) -> Iterator[tuple[str, str]]:
    """Yield the names that a module gives to what it imports, with the places of that."""
    for node in own_nodes(module.tree.body):
        match node:
            case ast.ImportFrom(names=aliases):
                for alias in aliases:
                    place = imported_place(node, alias.name, module.path)
                    yield alias.asname or alias.name, place
            case ast.Assign(targets=[ast.Name(id=new)], value=ast.Name() | ast.Attribute()):
                value = place_of(node.value, module.names, module.path)
                if value is not None:
                    yield new, value
