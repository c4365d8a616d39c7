"""The time that pytest takes to collect.

Cold and warm runs are told apart through a private PYTHONPYCACHEPREFIX (see
https://docs.python.org/3/using/cmdline.html#envvar-PYTHONPYCACHEPREFIX); the ``__pycache__``
folders of the user are neither read nor written. Cold is what a fresh checkout is: the bytecode of
the standard library and of installed packages is there, that of all other files is not.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from codemods.measure.model import Baseline, BaselineSummary, Conditions, Series, Timing
from codemods.measure.record import SessionRecord
from codemods.measure.session import Pytest, Session
from codemods.wording import most_first

NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
_PREFIX = "PYTHONPYCACHEPREFIX"
#: Set by the runs themselves, or by a pytest around them, as its plugin does for each run anew.
_NOT_OURS = (NO_BYTECODE, _PREFIX, "PYTEST_CURRENT_TEST", "PYTEST_VERSION", "PYTEST_XDIST_")

#: Called with a line of text before and after each run.
Progress = Callable[[str], None]


class Tree(NamedTuple):
    """One state of the files: how pytest is started in it, and its commit, empty outside of git.

    `is_dirty` says that tracked files differ from the commit; lines of progress begin with `name`.
    """

    pytest: Pytest
    commit: str = ""
    is_dirty: bool = False
    name: str = ""


def in_turn(
    trees: Sequence[Tree],
    paths: Sequence[str] = (),
    *,
    runs: int = 5,
    progress: Progress = lambda _: None,
) -> list[Baseline]:
    """Measure ``pytest --collect-only -q``: one run to warm up, then cold and warm in turn.

    The trees take turns, so that all see the same noise. A package that is installed in editable
    form is imported from where it is installed, in each. The paths are relative to the root;
    without any, pytest collects what its configuration says. The first run that does not come to
    its end, in time too, ends the measurement of its tree: `problem` says so, and the figures are
    those until then.
    """
    with contextlib.ExitStack() as stack:
        benches = [stack.enter_context(Bench(tree, paths, progress)) for tree in trees]
        for bench in benches:
            bench.measure_warm_up()
        for number in range(1, runs + 1):
            for bench in benches:
                bench.measure_cold(f"cold {number} of {runs}")
            for bench in benches:
                bench.measure_warm(f"warm {number} of {runs}")
        return [bench.result() for bench in benches]


class Bench:
    """Collects one tree again and again, with bytecode in a folder of its own; see `in_turn`.

    `problem` is what ended the measurement early. `keeps_bytecode` is False where the environment
    forbids Python to write it, which does not count for these runs.
    """

    def __init__(self, tree: Tree, paths: Sequence[str], progress: Progress) -> None:
        environment = dict(tree.pytest.environment)
        self.keeps_bytecode = not environment.pop(NO_BYTECODE, "")
        self._tree = tree
        self._pytest = tree.pytest._replace(environment=environment)
        self._paths = tuple(paths)
        self._report = progress
        self._folder = Path(tempfile.mkdtemp(prefix="ssot-codemods-pycache-"))
        self._warm_runs: list[Session] = []
        self._cold_runs: list[Session] = []
        self._last = SessionRecord()
        self._collected: set[frozenset[tuple[str, int]]] = set()
        self.problem = ""

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def measure_warm_up(self) -> Session | None:
        """Run once, and count it nowhere: the bytecode is written, the files are read."""
        return self._measure("warm-up", self._folder / "warm", [])

    def measure_cold(self, what: str, **options: Any) -> Session | None:
        """Run without bytecode of other files than installed ones; None after a problem."""
        if self.problem:
            return None
        cold = self._folder / "cold"
        self._lay_out(cold)
        try:
            return self._measure(what, cold, self._cold_runs, **options)
        finally:
            shutil.rmtree(cold, ignore_errors=True)

    def measure_warm(self, what: str, **options: Any) -> Session | None:
        """Run with the bytecode that the runs before have written; None after a problem."""
        return self._measure(what, self._folder / "warm", self._warm_runs, **options)

    def _measure(
        self, what: str, bytecode: Path, runs: list[Session], **options: Any
    ) -> Session | None:
        if self.problem:
            return None
        what = f"{self._tree.name}{what}"
        self._report(f"{what} ...")
        environment = {**self._pytest.environment, _PREFIX: str(bytecode)}
        pytest = self._pytest._replace(environment=environment)
        session = pytest.collect(*self._paths, **options)
        self._last = session.record
        if session.problem:
            self.problem = f"{what}: {session.problem}"
        else:
            runs.append(session)
            self._collected.add(frozenset(Counter(session.record.collected).items()))
        self._report(f"{what}: {session.problem or f'{session.wall:.2f} s'}")
        return session

    def _lay_out(self, cold: Path) -> None:
        """Link the bytecode of what is installed, which a fresh checkout finds there too.

        Python replaces bytecode and never writes into it, so that the links are safe.
        """
        warm = self._folder / "warm"
        for folder in self._last.facts.installed:
            inside = Path(folder).relative_to(Path(folder).anchor)
            if (warm / inside).is_dir() and not (cold / inside).exists():
                shutil.copytree(warm / inside, cold / inside, copy_function=os.link)

    def result(self) -> Baseline:
        """Return all that was measured so far."""
        seen = self._last
        summary = BaselineSummary(
            time=f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
            commit=self._tree.commit,
            is_dirty=self._tree.is_dirty,
            conditions=self._conditions(),
            cold=_timing(self._cold_runs),
            warm=_timing(self._warm_runs),
            module_count=len(seen.modules),
            test_count=len(seen.collected),
            nodes=digest(seen.collected),
            error_count=len(seen.errors),
            warning_counts=dict(most_first(w.category for w in seen.warnings)),
            is_stable=len(self._collected) <= 1,
            problem=self.problem,
        )
        return Baseline(
            root=str(self._pytest.root.resolve()),
            summary=summary,
            nodeids=tuple(seen.collected),
            errors=tuple(seen.errors.values()),
            notes=tuple(self._notes(summary)),
        )

    def _conditions(self) -> Conditions:
        facts = self._last.facts
        machine = f"{platform.node()}, {os.cpu_count()} CPUs, {platform.system()}"
        return Conditions(
            paths=self._paths,
            interpreter=facts.executable or self._pytest.python,
            python=facts.python,
            pytest=facts.pytest,
            plugins=facts.plugins,
            machine=f"{machine} {platform.machine()}",
            environment=tuple(_settings_in(self._pytest.environment)),
        )

    def _notes(self, summary: BaselineSummary) -> Iterator[str]:
        if not self.keeps_bytecode:
            yield (
                f"{NO_BYTECODE} is set here, so that each run of yours is a cold one unless the "
                "bytecode is there already; it was taken away for these runs"
            )
        if self._last.dont_write_bytecode:
            yield "the tests or a plugin set sys.dont_write_bytecode: the warm runs are cold, too"
        if not summary.is_stable:
            yield "the runs did not collect the same tests"


def digest(nodes: Iterable[str]) -> str:
    """Return a digest of node ids, which is the same in any order."""
    # A path may hold bytes that are no UTF-8.
    return hashlib.sha256("\0".join(sorted(nodes)).encode(errors="surrogatepass")).hexdigest()


def _timing(sessions: Sequence[Session]) -> Timing:
    return Timing(
        wall_seconds=Series(tuple(round(s.wall, 4) for s in sessions)),
        cpu_seconds=Series(tuple(round(s.cpu, 4) for s in sessions)),
        memory_bytes=Series(tuple(float(s.record.peak_memory) for s in sessions)),
    )


def _settings_in(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the variables of Python and pytest, but for those that the runs set themselves.

    https://docs.python.org/3/using/cmdline.html#environment-variables
    """
    for name, value in sorted(environment.items()):
        if name.startswith(("PYTHON", "PYTEST_")) and not name.startswith(_NOT_OURS):
            yield f"{name}={value}"
