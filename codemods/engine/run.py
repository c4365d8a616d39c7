"""How work on some files is done: in this process, or where it can be ended."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from codemods.model import Code, Reason

#: In bytes. CPython's parser takes at most quadratic time, and stack by the length of a file:
#: such a small one is done within a second, whatever it holds.
SMALL = 32 * 1024


class Item(Protocol):
    """What is worked on: one file, and whatever else the work needs to know of it."""

    @property
    def path(self) -> str:
        """Where it lies."""
        ...

    @property
    def content(self) -> bytes:
        """The file as it is."""
        ...


T = TypeVar("T", bound=Item)
R = TypeVar("R")
F = TypeVar("F")

#: One item -> its result. What it raises is a fault of ours.
Work = Callable[[T], R]
#: The path of a file, and why there is no result of it -> its result.
Failed = Callable[[str, Reason], R]


class Pool(Protocol):
    """Does some work on each file: in this process, or in workers."""

    def __call__(self, work: Work[T, R], items: Iterable[T], failed: Failed[R], /) -> Iterator[R]:
        """Do some work on each file.

        Args:
            work: what to do. It must be picklable: only values travel to it and back.
            items: the files; each is let go of as soon as it is done.
            failed: returns the result for a file where the work came to no end.

        Returns:
            One result for each file. Their order is that of the files.

        """
        ...


def one_by_one(work: Work[T, R], items: Iterable[T], failed: Failed[R], /) -> Iterator[R]:
    """Do the work in this process, without a limit of time."""
    return (attempt(work, item, failed) for item in items)


def attempt(work: Work[T, R], item: T, failed: Failed[F]) -> R | F:
    """Do the work on one file: what it raises is our fault, and must not cost the other files."""
    try:
        return work(item)
    except Exception as error:  # noqa: BLE001 -- it is unforeseen
        return failed(item.path, internal_error(error))


def internal_error(error: Exception) -> Reason:
    """Return the reason for a file that made our own code fail."""
    import traceback  # few runs ever need it

    folder = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 -- as the frames have it
    frames = [(f.f_code.co_filename, n) for f, n in traceback.walk_tb(error.__traceback__)]
    name, line = next((f for f in reversed(frames) if f[0].startswith(folder)), frames[-1])
    place = f"{name.removeprefix(folder)[1:]}:{line}"
    message = f"{type(error).__name__}: {error} (at {place}); please report it"
    return Reason(Code.INTERNAL_ERROR, 1, message)


def small_here(run: Pool) -> Pool:
    """Return a run that does small files in this process, and the larger ones by another run."""

    def done(work: Work[T, R], items: Iterable[T], failed: Failed[R], /) -> Iterator[R]:
        for item in items:
            is_small = len(item.content) <= SMALL
            chosen: Pool = one_by_one if is_small else run
            yield from chosen(work, [item], failed)

    return done
