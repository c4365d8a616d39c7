"""How work on some files is done: in this process, or where it can be ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from codemods.model import Reason, Source

R = TypeVar("R")

#: In bytes. CPython's parser takes at most quadratic time, and stack by the length of a file:
#: such a small one is done within a second, whatever it holds.
SMALL = 32 * 1024


class Run(Protocol):
    """Does some work on each file, and asks for another result where that came to no end."""

    def __call__(
        self,
        work: Callable[[Source], R],
        items: Iterable[Source],
        failed: Callable[[str, Reason], R],
        /,
    ) -> Iterable[R]:
        """Return one result for each file."""
        ...


def one_by_one(
    work: Callable[[Source], R], items: Iterable[Source], failed: Callable[[str, Reason], R], /
) -> Iterator[R]:
    """Do the work in this process, without a limit of time."""
    return map(work, items)


def small_here(run: Run) -> Run:
    """Return a run that does small files in this process, and the larger ones by another run."""

    def done(
        work: Callable[[Source], R], items: Iterable[Source], failed: Callable[[str, Reason], R], /
    ) -> Iterator[R]:
        for item in items:
            is_small = len(item.content) <= SMALL
            yield from (one_by_one if is_small else run)(work, [item], failed)

    return done
