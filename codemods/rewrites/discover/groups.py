"""The shapes of all files -> groups of equal definitions, in an order that is always the same."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from codemods.model import Group, Place
from codemods.rewrites.discover.shapes import Shaped


def groups_of(found: Iterable[Shaped], least: int) -> list[Group]:
    """Group equal definitions that stand in at least so many files.

    A definition inside of one that is pasted as a whole is no copy of its own.
    """
    outer = _equal(found, least)
    groups = _equal(_not_inside(outer), least)
    return sorted(map(_group, groups), key=order)


def order(group: Group) -> tuple[bool, int, str, bytes, int]:
    """Return what groups are sorted by: those that save most lines first, then by their names."""
    return group.is_nested, -group.lines, group.names[0], *position(group.places[0])


def _equal(found: Iterable[Shaped], least: int) -> list[list[Shaped]]:
    """Return the definitions that are equal to one in another file, together with those."""
    groups: dict[bytes, list[Shaped]] = defaultdict(list)
    for shaped in found:
        groups[shaped.key].append(shaped)
    return [group for group in groups.values() if len({s.place.path for s in group}) >= least]


def _not_inside(groups: Sequence[Sequence[Shaped]]) -> list[Shaped]:
    """Return the definitions that do not stand in another one of these."""
    by_path: dict[str, list[Shaped]] = defaultdict(list)
    for shaped in (shaped for group in groups for shaped in group):
        by_path[shaped.place.path].append(shaped)
    kept: list[Shaped] = []
    for definitions in by_path.values():
        end = 0
        for shaped in sorted(definitions, key=lambda s: (s.place.line, -s.place.end_line)):
            if shaped.place.line > end:
                kept.append(shaped)
                end = shaped.place.end_line
    return kept


def _group(found: Sequence[Shaped]) -> Group:
    found = sorted(found, key=lambda s: position(s.place))
    texts = Counter(shaped.text for shaped in found)
    pattern = max(range(len(found)), key=lambda n: (texts[found[n].text], -n))
    places = tuple(shaped.place for shaped in found)
    return Group(found[0].kind, found[0].is_nested, places, places[pattern])


def position(place: Place) -> tuple[bytes, int]:
    """Return what places are sorted by."""
    return os.fsencode(place.path), place.line
