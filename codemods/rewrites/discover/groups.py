"""The shapes of all files -> groups of equal definitions, in an order that is always the same."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from codemods.model import Group, Place
from codemods.rewrites.discover.shapes import Shaped

#: The path of a file, and one definition in it.
Found = tuple[str, Shaped]


def groups_of(found: Iterable[Found], least: int) -> list[Group]:
    """Group equal definitions that stand in at least so many files.

    A definition inside of one that is pasted as a whole is no copy of its own.
    """
    outer = _equal(found, least)
    groups = _equal(_not_inside(outer), least)
    return sorted(map(_group, groups), key=order)


def order(group: Group) -> tuple[bool, int, str, bytes, int]:
    """Return what groups are sorted by: those that save most lines first, then by their names."""
    first = group.places[0]
    return group.is_nested, -group.lines, group.names[0], os.fsencode(first.path), first.line


def _equal(found: Iterable[Found], least: int) -> list[list[Found]]:
    """Return the definitions that are equal to one in another file, together with those."""
    groups: dict[bytes, list[Found]] = defaultdict(list)
    for path, shaped in found:
        groups[shaped.key].append((path, shaped))
    return [group for group in groups.values() if len({path for path, _ in group}) >= least]


def _not_inside(groups: Sequence[Sequence[Found]]) -> list[Found]:
    """Return the definitions that do not stand in another one of these."""
    by_path: dict[str, list[Shaped]] = defaultdict(list)
    for group in groups:
        for path, shaped in group:
            by_path[path].append(shaped)
    kept: list[Found] = []
    for path, definitions in by_path.items():
        end = 0
        for shaped in sorted(definitions, key=lambda s: (s.line, -s.end_line)):
            if shaped.line > end:
                kept.append((path, shaped))
                end = shaped.end_line
    return kept


def _group(found: Sequence[Found]) -> Group:
    found = sorted(found, key=lambda f: (os.fsencode(f[0]), f[1].line))
    texts = Counter(shaped.text for _, shaped in found)
    pattern = max(range(len(found)), key=lambda n: (texts[found[n][1].text], -n))
    places = [place_of(path, shaped) for path, shaped in found]
    _, first = found[0]
    return Group(first.kind, first.is_nested, tuple(places), places[pattern])


def place_of(path: str, shaped: Shaped) -> Place:
    """Return where a definition stands."""
    return Place(path, shaped.name, shaped.line, shaped.end_line, shaped.warns)
