"""Write the bytecode that the next collection reads, assertion rewriting included.

pytest itself writes it: the test modules are dealt out to several ``pytest --collect-only`` side by
side. Here the user's own ``__pycache__`` (or PYTHONPYCACHEPREFIX) is the product. Both Python and
pytest replace a file of bytecode at once, so that those that run side by side do no harm
(SourceFileLoader in https://docs.python.org/3/library/importlib.html, and _write_pyc in
_pytest/assertion/rewrite.py).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from codemods.measure.collection import NO_BYTECODE, Bench, Progress, Tree
from codemods.measure.model import Warmed
from codemods.measure.process import side_by_side
from codemods.measure.record import SessionRecord
from codemods.measure.session import Pytest, Session

# Of arguments for one process; Linux takes two million bytes, macOS one.
_LONGEST_COMMAND = 200_000


def warm(
    pytest: Pytest,
    paths: Sequence[str] = (),
    *,
    jobs: int = 2,
    measure_cold: bool = True,
    progress: Progress = lambda _: None,
) -> Warmed:
    """Write bytecode, and check through the plugin that the next collection reads it.

    The paths are relative to the root; without any, pytest collects what its configuration says.
    There are `jobs` processes side by side. With `measure_cold`, a cold collection is measured too,
    in a private folder; that takes two runs more. Where a run did not come to its end, `problem`
    says so.
    """
    environment = dict(pytest.environment)
    is_forbidden = bool(environment.pop(NO_BYTECODE, ""))
    pytest = pytest._replace(environment=environment)
    begin = time.perf_counter()
    problem = _write(pytest, paths, jobs, progress)
    seconds = time.perf_counter() - begin
    progress(f"written in {seconds:.2f} s")
    after = pytest.collect(*paths) if not problem else None
    problem = after.problem if after is not None else problem
    cold = _cold(pytest, paths, progress) if measure_cold and not problem else None
    record = after.record if after is not None else SessionRecord()
    # None: it came to no loading at all.
    loaded = {m.name: m.from_cache for m in record.modules.values() if m.from_cache is not None}
    missed = tuple(sorted(path for path, cached in loaded.items() if not cached))
    return Warmed(
        cold_seconds=cold,
        writing_seconds=seconds,
        warm_seconds=after.wall if after is not None else 0.0,
        jobs=jobs,
        module_count=len(loaded),
        cached_count=len(loaded) - len(missed),
        not_cached=missed,
        error_count=len(record.errors),
        problem=problem,
        notes=tuple(_notes(record, missed, is_forbidden)),
    )


def _write(pytest: Pytest, paths: Sequence[str], jobs: int, progress: Progress) -> str:
    """Write the bytecode of all test modules by pytest; return what went wrong."""
    progress("looking for test modules ...")
    listed = pytest.collect(*paths, probe_options=["list"])
    if listed.problem:
        return listed.problem
    facts = listed.record.facts
    modules = [str(Path(facts.rootdir) / path) for path in listed.record.modules]
    # Else pytest would look for both from the paths, which are other ones in each shard.
    options = [f"--rootdir={facts.rootdir}"]
    options += ["-c", facts.configuration] if facts.configuration else []
    progress(f"{len(modules)} test modules, {jobs} at a time ...")

    def collect(shard: Sequence[str]) -> Session:
        return pytest.collect(*options, *shard)

    with side_by_side(jobs) as threads:
        written = list(threads.map(collect, shards_of(modules, jobs)))
    return next((session.problem for session in written if session.problem), "")


def shards_of(modules: Sequence[str], jobs: int) -> list[list[str]]:
    """Deal modules out: one share for each job, more where a command would be too long.

    Neighbours stay together, as they import the same helpers.
    """
    count = max(jobs, -(-sum(len(m) + 1 for m in modules) // _LONGEST_COMMAND))
    size = max(1, -(-len(modules) // count))
    return [list(modules[start : start + size]) for start in range(0, len(modules), size)]


def _cold(pytest: Pytest, paths: Sequence[str], progress: Progress) -> float | None:
    with Bench(Tree(pytest, name="for comparison, "), paths, progress) as bench:
        bench.measure_warm_up()
        session = bench.measure_cold("cold")
        return session.wall if session is not None and not session.problem else None


def _notes(record: SessionRecord, missed: Sequence[str], is_forbidden: bool) -> Iterator[str]:
    if is_forbidden:
        yield (
            f"{NO_BYTECODE} is set here: this bytecode is read all the same, but not renewed "
            "when a file changes"
        )
    if record.dont_write_bytecode:
        yield "the tests or a plugin set sys.dont_write_bytecode: no bytecode is written"
    if any(error.path in missed for error in record.errors.values()):
        yield "a module that cannot be compiled has no bytecode"
