"""What each run of a verb gave, one line each: ``.ssot-codemods/history.jsonl``.

The place of the guide's performance_log.txt and migration_progress.log. Lines are appended and
never changed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from codemods.disk.journal import Journal, make_folder
from codemods.measure.model import Baseline, Series, Timing, Warmed
from codemods.measure.outcomes import Difference, Outcomes
from codemods.migration.verify import Verified
from codemods.model import Outcome, Plan, Run, RunState, Status, Written
from codemods.wording import percentage

SCHEMA = "ssot-codemods/history/1"
_FILE = "history.jsonl"
#: A run that broke each test of a large suite is no reason for a line of megabytes.
_MOST_PLACES = 20

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the history: one run of a verb.

    `time` is UTC, ISO 8601; `paths` are relative to the root, in order, and none where pytest's
    configuration said what to collect; `figures` are values of JSON (`codemods.progress.history`).
    """

    time: str
    verb: str
    paths: tuple[str, ...]
    figures: Mapping[str, Any]


def record(root: Path, verb: str, paths: Iterable[str], figures: Mapping[str, Any]) -> Record:
    """Make a record of a run that has just ended.

    Args:
        root: of the repository.
        verb: such as ``baseline``.
        paths: files and folders, absolute or relative to the current folder.
        figures: what one of the functions below gives.

    """
    return Record(_now(), verb, relative_paths(root, paths), dict(figures))


def relative_paths(root: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """Give paths (absolute, or relative to the current folder) from the root, each once."""
    top = os.path.realpath(root)
    return tuple(sorted({os.path.relpath(os.path.realpath(p), top) for p in paths}))


def append(root: Path, record: Record) -> None:
    """Append a record, by one ``write``: two processes at once do not mix their lines.

    Raises:
        OSError: it cannot be written.

    """
    path = make_folder(root) / _FILE
    line = f"{json.dumps(_as_json(record))}\n".encode()
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o666)
    try:
        # What a loss of power cut off stays alone on its line.
        line = line if _ends_with_newline(descriptor) else b"\n" + line
        if os.write(descriptor, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    finally:
        os.close(descriptor)


def read(root: Path) -> list[Record]:
    """Read the records, the oldest first; a line that is none (cut off, perhaps) is left out."""
    path = Journal(root).folder / _FILE
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    records = (_from_line(line) for line in lines)
    return [r for r in records if r is not None]


def standing(root: Path) -> list[Record]:
    """Read the records, less those of runs that were rolled back since, and what they showed."""
    gone = {run.id for run in Journal(root).runs() if run.state is RunState.ROLLED_BACK}
    about = ("migrate", "verify")
    return [r for r in read(root) if not (r.verb in about and r.figures.get("run") in gone)]


def unlike_conditions(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Say under what other conditions the figures of two baselines were measured."""
    for name, value in before["conditions"].items():
        other = after["conditions"].get(name)
        if value != other:
            yield f"{name}: {value or '-'} / {other or '-'}"


def before_the_change(records: Iterable[Record], baselines: Sequence[Record]) -> Record:
    """Give of some baselines the latest from before the first run that stands, else the first.

    Args:
        records: what `standing` gives.
        baselines: at least one, the oldest first.

    """
    changes = [r.time for r in records if r.verb == "migrate" and r.figures.get("run")]
    earlier = [r for r in baselines if changes and r.time <= changes[0]]
    return earlier[-1] if earlier else baselines[0]


def of_paths(records: Iterable[Record], verb: str, paths: Iterable[str], key: str) -> list[Record]:
    """Give the records of a verb over just these paths that have a figure.

    Args:
        records: the oldest first, and so is what is given.
        verb: such as ``baseline``.
        paths: relative to the root; those of a record that has none are all of it.
        key: the name of a figure that must be there, and not None.

    """
    wanted = {os.path.normpath(p) for p in paths}
    return [
        r
        for r in records
        if r.verb == verb and (set(r.paths) or {"."}) == wanted and r.figures.get(key) is not None
    ]


def baselines(records: Iterable[Record], paths: Iterable[str]) -> list[Record]:
    """Give the baselines of just these paths whose runs came to their end, the oldest first."""
    measured = of_paths(records, "baseline", paths, "warm_median")
    return [r for r in measured if not r.figures.get("problem")]


def of_baseline(measured: Baseline) -> Figures:
    """Give the figures of a baseline: seconds, bytes, numbers.

    Those of runs that were not made are None. ``nodes`` is a digest of what was collected,
    ``stable`` says that each run collected the same, ``problem`` what ended the runs early.
    """
    conditions = measured.conditions
    return {
        **_spread("warm", measured.warm),
        **_spread("cold", measured.cold),
        "memory": int(max(t.memory.maximum for t in (measured.cold, measured.warm))),
        "modules": measured.modules,
        "tests": len(measured.tests),
        "errors": len(measured.errors),
        "warnings": dict(measured.warnings),
        "commit": conditions.commit,
        "runs": min(len(t.wall.values) for t in (measured.cold, measured.warm)),
        "nodes": _digest(measured.tests),
        "stable": measured.stable,
        "problem": measured.problem,
        "conditions": {
            "interpreter": conditions.interpreter,
            "python": conditions.python,
            "pytest": conditions.pytest,
            "plugins": ", ".join(conditions.plugins),
            "machine": conditions.machine,
            "environment": ", ".join(conditions.environment),
        },
    }


def of_migration(planned: Plan, written: Written) -> Figures:
    """Give the figures of a migration.

    ``changed`` and ``failed`` count files, ``left`` those that a later batch would change;
    ``replaced`` and ``refused`` count definitions, and ``copies`` those that can still be replaced.
    """
    changed = [r for r in written.results if r.status is Status.CHANGED]
    replaced = sum(len(r.replaced) for r in changed)
    return {
        "run": written.run.id if written.run is not None else None,
        "changed": len(changed),
        "replaced": replaced,
        "refused": sum(len(r.refused) for r in written.results),
        "failed": sum(r.status is Status.FAILED for r in written.results),
        "left": written.left,
        "copies": len(planned.copies) - replaced,
    }


def of_check(planned: Plan) -> Figures:
    """Give the figures of a check: copies, and files that use a helper class."""
    return {
        "copies": len(planned.copies),
        "compliant": planned.compliant,
        "total": planned.helpers,
        "percent": percentage(planned.compliant, planned.helpers),
    }


def of_verification(verified: Verified, run: str | None) -> Figures:
    """Give the figures of a verification.

    Args:
        verified: what the tests said.
        run: the run of the journal that was judged; None where the tests were run once, which
            compares nothing.

    """
    evidence = verified.evidence
    codes = {c: list(pair) for c, pair in verified.golden_path.items()}
    figures: Figures = {"run": run, "golden_path": codes}
    if evidence is None:
        return figures
    if run is None:
        return {"passed": _passed(evidence.after), "tests": len(evidence.after.tests), **figures}
    return {
        "passed_before": _passed(evidence.before),
        "passed_after": _passed(evidence.after),
        "still_passing": sum(
            outcome == evidence.after.tests.get(node) == "passed"
            for node, outcome in evidence.before.tests.items()
        ),
        "differences": len(evidence.differences),
        "flaky": len(evidence.flaky),
        "healed": len(evidence.healed),
        "places": [_difference(d) for d in evidence.differences[:_MOST_PLACES]],
        **figures,
    }


def of_rollback(run: Run, outcomes: Sequence[Outcome]) -> Figures:
    """Give the figures of a rollback: the run, and how many of its files were taken back."""
    return {"run": run.id, "files": sum(o.error is None for o in outcomes)}


def of_warming(warmed: Warmed) -> Figures:
    """Give the figures of writing bytecode: seconds, and modules."""
    return {
        "cold": warmed.cold,
        "warmed": warmed.warmed,
        "warm": warmed.warm,
        "modules": warmed.modules,
        "cached": warmed.cached,
    }


def _digest(tests: Iterable[str]) -> str:
    # A path may hold bytes that are no UTF-8.
    return hashlib.sha256("\0".join(sorted(tests)).encode(errors="surrogatepass")).hexdigest()


def _now() -> str:
    return f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def _as_json(record: Record) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "time": record.time,
        "verb": record.verb,
        "paths": list(record.paths),
        "figures": dict(record.figures),
    }


def _from_line(line: bytes) -> Record | None:
    try:
        values = json.loads(line)
        if values["schema"] != SCHEMA:
            return None
        paths = tuple(str(p) for p in values["paths"])
        figures = dict(values["figures"])
        _check_kinds(figures)
        return Record(str(values["time"]), str(values["verb"]), paths, figures)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _check_kinds(figures: Mapping[str, Any]) -> None:
    """Raise `TypeError` or `KeyError` where figures of a file are not of the kind we write."""
    for name, value in figures.items():
        wanted = _KINDS.get(name, int | float)
        is_missing = value is None and name in _MAY_BE_NONE
        if not is_missing and not isinstance(value, wanted):
            raise TypeError(f"{name}: {value!r}")
    for codes in figures.get("golden_path", {}).values():
        before, after = codes
        if not isinstance(before, int | None) or not isinstance(after, int | None):
            raise TypeError(f"golden_path: {codes!r}")
    counts = figures.get("warnings", {}).values()
    if not all(isinstance(n, int) for n in counts):
        raise TypeError(f"warnings: {counts!r}")
    for mark, others in _TOGETHER.items():
        if figures.get(mark) is not None:
            missing = [name for name in others if name not in figures]
            if missing:
                raise KeyError(missing[0])


#: None stands for what was not measured, or for no run of the journal.
_MAY_BE_NONE = {
    *(f"{kind}_{name}" for kind in ("cold", "warm") for name in ("median", "min", "max")),
    *("cold", "run"),
}
#: What is no number.
_KINDS: dict[str, type] = {
    **dict.fromkeys(("run", "commit", "nodes", "problem"), str),
    **dict.fromkeys(("warnings", "conditions", "golden_path"), dict),
    "places": list,
    "stable": bool,
}
#: Where the first one is, those that are read with it are, too.
_TOGETHER = {
    "warm_median": (
        *(f"{kind}_{name}" for kind in ("cold", "warm") for name in ("median", "min", "max")),
        *("memory", "modules", "tests", "errors", "warnings", "commit", "runs", "nodes"),
        *("stable", "problem", "conditions"),
    ),
    "passed_before": ("passed_after", "still_passing", "differences", "flaky", "healed", "places"),
}


def _ends_with_newline(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


def _spread(name: str, timing: Timing) -> Figures:
    wall: Series = timing.wall
    figures = {"median": wall.median, "min": wall.minimum, "max": wall.maximum}
    return {f"{name}_{k}": round(v, 4) if wall.values else None for k, v in figures.items()}


def _passed(outcomes: Outcomes) -> int:
    return sum(outcome == "passed" for outcome in outcomes.tests.values())


def _difference(difference: Difference) -> str:
    where = "" if difference.what.startswith(difference.file) else f"{difference.file}: "
    return f"{where}{difference.what}: {difference.before} -> {difference.after}"
