"""Definitions of one name that differ little: where a team has to decide which is right."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence

from codemods.engine.names import ModuleNames
from codemods.engine.text import parse
from codemods.model import NearGroup, Place, PytestNames
from codemods.rewrites.discover.groups import position
from codemods.rewrites.discover.helpers import helpers_of
from codemods.rewrites.discover.shapes import Shaped
from codemods.rewrites.replace_local_copies.equality import Normal
from codemods.rewrites.replace_local_copies.shared import bare
from codemods.rewrites.replace_local_copies.survey import normal_lines

#: Of the lines of two definitions, so many may differ: one in so many.
_SHARE = 4

#: The definitions that are equal to one another, and those of one name that are not.
Variant = tuple[Place, ...]
Variants = list[Variant]


def variants_of(found: Iterable[Shaped], least: int) -> dict[tuple[str, str], Variants]:
    """Return the variants of each kind and name that stand in at least so many files.

    Only what stands at the top of a module counts. The most frequent variant comes first.
    """
    named: dict[tuple[str, str], dict[bytes, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for shaped in found:
        if not shaped.is_nested:
            named[shaped.kind, bare(shaped.place.name)][shaped.key].append(shaped.place)
    variants = {
        key: sorted((tuple(sorted(v, key=position)) for v in groups.values()), key=_frequency)
        for key, groups in named.items()
        if len(groups) > 1
    }
    return {key: v for key, v in variants.items() if len({p.path for g in v for p in g}) >= least}


def _frequency(variant: Variant) -> tuple[int, bytes, int]:
    return -len(variant), *position(variant[0])


def near_groups(
    variants: dict[tuple[str, str], Variants], lines_at: Callable[[Place], Sequence[str]]
) -> list[NearGroup]:
    """Return what differs little from the most frequent variant, the smallest differences first.

    `lines_at` returns the normalised definition at a place, no line where there is none.
    """
    found: list[NearGroup] = []
    for (kind, name), (first, *others) in variants.items():
        for other in others:
            here, there = (f"{variant[0].path}:{variant[0].line}" for variant in (first, other))
            texts = lines_at(first[0]), lines_at(other[0])
            difference, changed = difference_of(*texts, here, there)
            if difference:
                found.append(NearGroup(name, kind, (first, other), changed, tuple(difference)))
    return sorted(found, key=lambda n: (n.changed, n.name, position(n.variants[1][0])))


def difference_of(
    one: Sequence[str], two: Sequence[str], here: str = "", there: str = ""
) -> tuple[list[str], int]:
    """Return how two normalised definitions differ: a unified diff, and how many lines change.

    There is none where they are equal, or differ much.
    """
    if not one or not two or abs(len(one) - len(two)) * _SHARE > len(one) + len(two):
        return [], 0
    difference = list(difflib.unified_diff(one, two, here, there, lineterm="", n=1))
    changed = sum(line[:1] in {"+", "-"} for line in difference[2:])
    return (difference, changed) if changed * _SHARE <= len(one) + len(two) else ([], 0)


def lines_of(
    source: bytes, wanted: Collection[int], tests: PytestNames
) -> dict[int, tuple[str, ...]]:
    """Return the normalised definitions that begin on some lines of a file.

    Raises:
        Unparsable, RecursionError, MemoryError: the file does not parse.

    """
    tree = parse(source)
    is_builtin = ModuleNames(tree).is_builtin
    return {
        helper.line: tuple(normal_lines(Normal(helper.node, is_builtin)))
        for helper in helpers_of(tree, tests)
        if helper.line in wanted
    }
