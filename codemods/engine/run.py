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
        """The file as it is, which may be read when it is first asked for."""
        ...

    @property
    def size(self) -> int:
        """How many bytes travel with it to another process."""
        ...


T = TypeVar("T", bound=Item)
R = TypeVar("R")

#: One item -> its result. What it raises is a fault of ours.
Work = Callable[[T], R]
#: The path of a file, and why there is no result of it -> its result.
Failed = Callable[[str, Reason], R]
#: Whether there is anything to do for a file, by its bytes.
Wanted = Callable[[T], bool]


def everything(item: Item) -> bool:
    """Return that the work is to be done on each file."""
    return True


class Pool(Protocol):
    """Does some work on each file: in this process, or in workers."""

    def __call__(
        self,
        work: Work[T, R],
        items: Iterable[T],
        failed: Failed[R],
        /,
        wanted: Wanted[T] = everything,
    ) -> Iterator[R]:
        """Do some work on each file that is wanted.

        Args:
            work: what to do. It must be picklable: only values travel to it and back.
            items: the files; each is let go of as soon as it is done.
            failed: returns the result for a file where the work came to no end.
            wanted: picklable too; it is asked where the bytes of a file are read.

        Returns:
            One result for each file that is wanted. Their order is that of the files.

        """
        ...


def one_by_one(
    work: Work[T, R], items: Iterable[T], failed: Failed[R], /, wanted: Wanted[T] = everything
) -> Iterator[R]:
    """Do the work in this process, without a limit of time.

    What it raises is a fault of ours, and must not cost the other files.
    """
    for item in items:
        try:
            if wanted(item):
                yield work(item)
        except Exception as error:  # noqa: BLE001 -- it is unforeseen
            yield failed(item.path, internal_error(error))


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

    def done(
        work: Work[T, R], items: Iterable[T], failed: Failed[R], /, wanted: Wanted[T] = everything
    ) -> Iterator[R]:
        for item in items:
            is_small = len(item.content) <= SMALL
            chosen: Pool = one_by_one if is_small else run
            yield from chosen(work, [item], failed, wanted)

    return done
