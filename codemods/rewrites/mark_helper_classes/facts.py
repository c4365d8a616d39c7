"""What classes bring to those that derive from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple, TypeVar

from codemods.engine.walk import nearest, reached
from codemods.model import Reason

_Key = TypeVar("_Key", bound=Hashable)


class Facts(NamedTuple):
    """What a class brings to those that derive from it.

    `is_case` tells whether unittest runs it; `reason` is what forbids a mark of such a class.
    """

    has_constructor: bool = False
    is_marked: bool = False
    is_case: bool = False
    reason: Reason | None = None


def inherited(own: Mapping[_Key, Facts], above: Mapping[_Key, Iterable[_Key]]) -> dict[_Key, Facts]:
    """Return what each class brings with what is above it; a reason is that of the nearest one."""
    heirs: dict[_Key, list[_Key]] = defaultdict(list)
    for one, bases in above.items():
        for base in bases:
            heirs[base].append(one)
    constructing = reached([one for one, facts in own.items() if facts.has_constructor], heirs)
    marked = reached([one for one, facts in own.items() if facts.is_marked], heirs)
    cases = reached([one for one, facts in own.items() if facts.is_case], heirs)
    reasons = {one: facts.reason for one, facts in own.items() if facts.reason is not None}
    reasons = nearest(reasons, heirs)
    return {
        one: Facts(one in constructing, one in marked, one in cases, reasons.get(one))
        for one in own
    }
