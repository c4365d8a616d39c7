"""Ctrl-C and the like: when they have to wait."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: In seconds. What starts this process often passes on what the terminal has sent to both.
_AT_ONCE = 1.0
_last = -math.inf  # when one was heard


@contextmanager
def heard_as_one() -> Iterator[None]:
    """Hear a job that is cancelled, or a terminal that closes, as Ctrl-C; several at once as one.

    The second one would come before what the first one interrupts has begun to clean up.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        global _last
        before, _last = _last, time.monotonic()
        if _last - before > _AT_ONCE:
            raise KeyboardInterrupt

    global _last
    _last = -math.inf
    with _handled_by(interrupt):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C, a closed terminal and the like to the end, as something is being cleaned up.

    Raises:
        KeyboardInterrupt: at the end, where one of them came.

    """
    if threading.current_thread() is not threading.main_thread():  # no signal comes here
        yield
        return
    global _last
    came: list[int] = []
    try:
        with _handled_by(lambda number, frame: came.append(number)):
            try:
                yield
            finally:
                _last = time.monotonic() if came else _last
    finally:
        if came:
            raise KeyboardInterrupt


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Handle signals, but for those that are ignored: by nohup, they stay so."""
    before = {n: signal.getsignal(n) for n in _NUMBERS}
    heard = {n: h for n, h in before.items() if h not in (signal.SIG_IGN, None)}
    for number in heard:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in heard.items():
            signal.signal(number, old)
