"""Write the bytecode that the next collection reads, assertion rewriting included.

pytest itself writes it: the test modules are dealt out to several ``pytest --collect-only`` side by
side. Here the user's own ``__pycache__`` (or PYTHONPYCACHEPREFIX) is the product. Both Python and
pytest replace a file of bytecode at once, so that those that run side by side do no harm
(SourceFileLoader in https://docs.python.org/3/library/importlib.html, and _write_pyc in
_pytest/assertion/rewrite.py).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from codemods.measure.collection import Bench, Progress, collect
from codemods.measure.model import MeasureError, Session, Warmed
from codemods.measure.session import side_by_side

_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
# Of arguments for one process; Linux takes two million bytes, macOS one.
_LONGEST_COMMAND = 200_000


def warm(
    paths: Sequence[str] = (),
    *,
    root: Path,
    jobs: int = 2,
    python: Path | str = sys.executable,
    timeout: float | None = None,
    measure_cold: bool = True,
    progress: Progress | None = None,
    environment: Mapping[str, str] | None = None,
) -> Warmed:
    """Write bytecode, and see through the probe that the next collection reads it.

    Args:
        paths: what to collect, relative to `root`; nothing for what pytest's configuration says.
        root: the folder to run in.
        jobs: how many processes side by side.
        python: the interpreter of the tests.
        timeout: seconds for each run.
        measure_cold: measure a cold collection too, in a private folder; that takes two runs more.
        progress: called with a line of text before and after each step.
        environment: the environment of the runs; None for that of this process.

    Returns:
        What was written and the times. Where a run did not come to its end, `problem` says so.

    Raises:
        MeasureError: `jobs` is below 1, or the interpreter cannot be started.

    """
    if jobs < 1:
        raise MeasureError(f"{jobs} jobs do nothing")
    variables = dict(os.environ if environment is None else environment)
    forbidden = bool(variables.pop(_NO_BYTECODE, ""))
    say = progress or (lambda line: None)
    options: dict[str, Any] = {
        "root": root,
        "python": python,
        "timeout": timeout,
        "environment": variables,
    }
    begin = time.perf_counter()
    say("looking for test modules ...")
    listed = collect(paths, probe_options=["list"], **options)
    problem = listed.problem
    document = listed.document or {}
    rootdir = Path(document.get("rootdir", root))
    modules = [str(rootdir / path) for path in document.get("modules", {})]
    if not problem:
        shards = shards_of(modules, jobs)
        # Else pytest would look for both from the paths, which are other ones in each shard.
        same = [f"--rootdir={rootdir}"]
        if document["configuration"]:
            same += ["-c", document["configuration"]]
        say(f"{len(modules)} test modules, {jobs} at a time ...")
        with side_by_side(jobs) as threads:
            written = list(
                threads.map(lambda shard: collect(shard, arguments=same, **options), shards)
            )
        problem = next((s.problem for s in written if s.problem), "")
    warmed = time.perf_counter() - begin
    say(f"written in {warmed:.2f} s")
    after = collect(paths, **options) if not problem else None
    if after is not None:
        problem = after.problem
    cold = _cold(paths, options, progress) if measure_cold and not problem else None
    return _result(cold, warmed, after, jobs, problem, forbidden)


def shards_of(modules: Sequence[str], jobs: int) -> list[list[str]]:
    """Deal modules out: one share for each job, more where a command would be too long.

    Neighbours stay together, as they import the same helpers.
    """
    count = max(jobs, -(-sum(len(m) + 1 for m in modules) // _LONGEST_COMMAND))
    size = max(1, -(-len(modules) // count))
    return [list(modules[start : start + size]) for start in range(0, len(modules), size)]


def _cold(paths: Sequence[str], options: dict[str, Any], progress: Progress | None) -> float | None:
    with Bench(
        paths,
        options["root"],
        options["python"],
        options["timeout"],
        options["environment"],
        progress,
        "for comparison, ",
    ) as bench:
        bench.measure_warm_up()
        session = bench.measure_cold("cold")
        return session.wall if session is not None and not session.problem else None


def _result(
    cold: float | None,
    warmed: float,
    after: Session | None,
    jobs: int,
    problem: str,
    forbidden: bool,
) -> Warmed:
    document = (after.document if after else None) or {}
    modules = document.get("modules", {})
    failed = {error["file"] for error in document.get("errors", ())}
    # None: it came to no loading at all.
    loaded = {path: m["from_cache"] for path, m in modules.items() if m["from_cache"] is not None}
    missed = tuple(sorted(path for path, cached in loaded.items() if not cached))
    notes = []
    if forbidden:
        notes.append(
            f"{_NO_BYTECODE} is set here: this bytecode is read all the same, but not renewed "
            "when a file changes"
        )
    if document.get("dont_write_bytecode"):
        notes.append("the tests or a plugin set sys.dont_write_bytecode: no bytecode is written")
    if failed & set(missed):
        notes.append("a module that cannot be compiled has no bytecode")
    return Warmed(
        cold=cold,
        warmed=warmed,
        warm=after.wall if after else 0.0,
        jobs=jobs,
        modules=len(loaded),
        cached=len(loaded) - len(missed),
        not_cached=missed,
        errors=len(document.get("errors", ())),
        problem=problem,
        notes=tuple(notes),
    )
