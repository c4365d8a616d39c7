"""What the shared class costs against the local copy that it replaces.

    python tests/benchmarks/shared_class.py

Both sides are measured in turns in the same run. A ratio is the median of the ratios of each turn,
since a busy machine changes its speed between turns more than within one. The ratio of the local
copy to itself is printed first: it shows how far equal things come out apart on this machine.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from timeit import timeit
from typing import Any

SOURCES = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCES))

from test_framework.ssot.websocket_connection_shapes import SHAPES, CommonCopy  # noqa: E402

ROUNDS = 25
CALLS = 10_000
IMPORT_ROUNDS = 25
SHARED_MODULE = "test_framework.ssot.websocket_connection_test_utility"


class AnotherCommonCopy(CommonCopy):
    """One class above the copy, as the shared class has one above it."""


def use(connection_class: type[Any]) -> Callable[[], None]:
    """Give a function that opens, sends and closes, without an event loop around it."""
    message = {"type": "agent_started"}

    def open_send_and_close() -> None:
        connection = connection_class()
        for coroutine in (connection.send_json(message), connection.close()):
            try:  # noqa: SIM105 - contextlib.suppress would cost more than what is measured
                coroutine.send(None)
            except StopIteration:
                pass

    return open_send_and_close


def in_turns(
    rounds: int, first: Callable[[], float], second: Callable[[], float]
) -> tuple[float, float, float]:
    """Give the medians of both and of their ratios, each side going first in every other round."""
    firsts, seconds = [], []
    for number in range(rounds):
        if number % 2:
            seconds.append(second())
            firsts.append(first())
        else:
            firsts.append(first())
            seconds.append(second())
    ratios = [one / other for one, other in zip(firsts, seconds, strict=True)]
    return median(firsts), median(seconds), median(ratios)


def use_seconds(connection_class: type[Any]) -> Callable[[], float]:
    function = use(connection_class)
    return lambda: timeit(function, number=CALLS) / CALLS


def import_seconds(module: str) -> Callable[[], float]:
    """Give a function that measures one import in a fresh interpreter, the start not counted."""
    program = (
        f"import sys, time\n"
        f"sys.path.insert(0, {str(SOURCES)!r})\n"
        f"start = time.perf_counter()\n"
        f"import {module}\n"
        f"print(time.perf_counter() - start)\n"
    )
    command = [sys.executable, "-I", "-S", "-c", program]
    return lambda: float(subprocess.check_output(command))


def row(what: str, against: str, medians: tuple[float, float, float]) -> None:
    measured, reference, ratio = medians
    print(
        f"{what:<42} {measured * 1e6:>9.2f} us   "
        f"{against:<18} {reference * 1e6:>9.2f} us   ratio {ratio:>5.2f}"
    )


def main() -> None:
    import test_framework.ssot.websocket_connection_test_utility as shared_module

    print(f"python {sys.version.split()[0]}, medians of {ROUNDS} rounds of {CALLS} uses\n")
    print("open, send_json, close")
    local_seconds = use_seconds(CommonCopy)
    row("CommonCopy", "CommonCopy", in_turns(ROUNDS, use_seconds(CommonCopy), local_seconds))
    row(
        "a subclass of it",
        "CommonCopy",
        in_turns(ROUNDS, use_seconds(AnotherCommonCopy), local_seconds),
    )
    for local_class, shared_name in SHAPES:
        shared_class = getattr(shared_module, shared_name)
        medians = in_turns(ROUNDS, use_seconds(shared_class), use_seconds(local_class))
        row(shared_name, local_class.__name__, medians)

    print(f"\nimport in a fresh interpreter, medians of {IMPORT_ROUNDS}")
    import_seconds(SHARED_MODULE)()  # writes the byte code
    medians = in_turns(IMPORT_ROUNDS, import_seconds(SHARED_MODULE), import_seconds("functools"))
    row("the shared module", "functools", medians)


if __name__ == "__main__":
    main()
