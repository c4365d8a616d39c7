"""The time that pytest takes to collect: measured, saved, compared.

Cold and warm runs are told apart through a private PYTHONPYCACHEPREFIX (see
https://docs.python.org/3/using/cmdline.html#envvar-PYTHONPYCACHEPREFIX); the ``__pycache__``
folders of the user are neither read nor written. Cold is what a fresh checkout is: the bytecode of
the standard library and of installed packages is there, that of all other files is not.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from codemods.measure.model import (
    Baseline,
    Claim,
    CollectionError,
    Comparison,
    Conditions,
    MeasureError,
    Series,
    Session,
    Timing,
)
from codemods.measure.session import run_pytest

SCHEMA = "ssot-codemods/baseline/1"
FEWEST_RUNS = 3
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
_PREFIX = "PYTHONPYCACHEPREFIX"
#: Set by the runs themselves, or by a pytest around them, as its plugin does for each run anew.
_NOT_OURS = (_NO_BYTECODE, _PREFIX, "PYTEST_CURRENT_TEST", "PYTEST_VERSION", "PYTEST_XDIST_")

Progress = Callable[[str], None]


def baseline(
    paths: Sequence[str] = (),
    *,
    root: Path,
    python: Path | str = sys.executable,
    runs: int = 5,
    timeout: float | None = None,
    progress: Progress | None = None,
    environment: Mapping[str, str] | None = None,
) -> Baseline:
    """Measure ``pytest --collect-only -q``: one run to warm up, then cold and warm in turn.

    Args:
        paths: what to collect, relative to `root`; nothing for what pytest's configuration says.
        root: the folder to run in.
        python: the interpreter of the tests.
        runs: how many cold and how many warm runs, at least 1.
        timeout: seconds for each run; the first that takes longer ends the measurement.
        progress: called with a line of text before and after each run.
        environment: the environment of the runs; None for that of this process.

    Returns:
        The figures. Where a run did not come to its end, `problem` says so, and there is what was
        seen until then.

    Raises:
        MeasureError: `runs` is too small, or the interpreter cannot be started.

    """
    _check_runs(runs)
    with Bench(paths, root, python, timeout, environment, progress) as bench:
        bench.measure_warm_up()
        for number in range(1, runs + 1):
            bench.measure_cold(f"cold {number} of {runs}")
            bench.measure_warm(f"warm {number} of {runs}")
        return bench.result(runs)


def against(
    gitref: str,
    paths: Sequence[str] = (),
    *,
    root: Path,
    python: Path | str = sys.executable,
    runs: int = 5,
    timeout: float | None = None,
    progress: Progress | None = None,
    environment: Mapping[str, str] | None = None,
) -> Comparison:
    """Measure a commit and the files as they are, in turn, so that both see the same noise.

    The commit is checked out into a temporary worktree, which goes afterwards. It has no files but
    those of the commit. A package that is installed in editable form is imported from where it is
    installed, in both.

    Args:
        gitref: a commit, branch or tag: the side `before`.
        paths: see `baseline`, as are the other arguments.

    Raises:
        MeasureError: as `baseline`; or `root` is in no git checkout, or there is no such commit.

    """
    _check_runs(runs)
    with contextlib.ExitStack() as stack:
        tree = stack.enter_context(_worktree(root, gitref))
        before, after = (
            stack.enter_context(Bench(paths, folder, python, timeout, environment, progress, name))
            for folder, name in ((tree, f"{gitref}: "), (root, "here: "))
        )
        for bench in (before, after):
            bench.measure_warm_up()
        for number in range(1, runs + 1):
            for bench in (before, after):
                bench.measure_cold(f"cold {number} of {runs}")
            for bench in (before, after):
                bench.measure_warm(f"warm {number} of {runs}")
        return compare(before.result(runs), after.result(runs))


class Bench:
    """One tree that is collected again and again, with bytecode in a folder of its own.

    Args:
        paths: what to collect, relative to `root`.
        root: the folder to run in.
        python: the interpreter of the tests.
        timeout: seconds for each run.
        environment: the environment of the runs; None for that of this process.
        progress: called with a line of text before and after each run.
        name: what such a line begins with.

    """

    def __init__(
        self,
        paths: Sequence[str],
        root: Path,
        python: Path | str,
        timeout: float | None,
        environment: Mapping[str, str] | None,
        progress: Progress | None = None,
        name: str = "",
    ) -> None:
        self._paths = tuple(paths)
        self._root = root
        self._python = python
        self._timeout = timeout
        self._environment = dict(os.environ if environment is None else environment)
        self._forbidden = bool(self._environment.pop(_NO_BYTECODE, ""))
        self._say = progress or (lambda line: None)
        self._name = name
        self._folder = Path(tempfile.mkdtemp(prefix="ssot-codemods-pycache-"))
        self._warm_runs: list[Session] = []
        self._cold_runs: list[Session] = []
        self._last: Session | None = None
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
        self._say(f"{self._name}{what} ...")
        session = collect(
            self._paths,
            root=self._root,
            python=self._python,
            timeout=self._timeout,
            environment={**self._environment, _PREFIX: str(bytecode)},
            **options,
        )
        self._last = session
        if session.problem:
            self.problem = f"{self._name}{what}: {session.problem}"
        else:
            runs.append(session)
            ids = (session.document or {})["collected"]
            self._collected.add(frozenset(Counter(ids).items()))
        self._say(f"{self._name}{what}: {session.problem or f'{session.wall:.2f} s'}")
        return session

    def _lay_out(self, cold: Path) -> None:
        """Link the bytecode of what is installed, which a fresh checkout finds there too.

        Python replaces bytecode and never writes into it, so that the links are safe.
        """
        warm = self._folder / "warm"
        assert self._last is not None
        assert self._last.document is not None
        for folder in self._last.document["installed"]:
            inside = Path(folder).relative_to(Path(folder).anchor)
            if (warm / inside).is_dir() and not (cold / inside).exists():
                shutil.copytree(warm / inside, cold / inside, copy_function=os.link)

    def result(self, runs: int) -> Baseline:
        """Give all that was measured; `runs` is how many were wanted."""
        session = self._last
        document = (session.document if session else None) or {}
        seen = document.get("warnings", [])
        categories = Counter(w["category"] for w in seen)
        return Baseline(
            root=str(self._root.resolve()),
            runs=runs,
            conditions=self._conditions(document),
            cold=_timing(self._cold_runs),
            warm=_timing(self._warm_runs),
            modules=len(document.get("modules", {})),
            tests=tuple(document.get("collected", ())),
            errors=tuple(
                CollectionError(e["id"], e["file"], e["message"])
                for e in document.get("errors", ())
            ),
            warnings=tuple(sorted(categories.items(), key=lambda pair: (-pair[1], pair[0]))),
            stable=len(self._collected) <= 1,
            dont_write_bytecode=self._forbidden,
            problem=self.problem,
            notes=tuple(self._notes(document)),
        )

    def _conditions(self, document: dict[str, Any]) -> Conditions:
        commit = _git(self._root, "rev-parse", "--verify", "HEAD")
        changed = _git(self._root, "status", "--porcelain", "--untracked-files=no")
        version = f"{document.get('implementation', '')} {document.get('python', '')}".strip()
        machine = f"{platform.node()}, {os.cpu_count()} CPUs, {platform.system()}"
        return Conditions(
            paths=self._paths,
            interpreter=document.get("executable", str(self._python)),
            python=version,
            pytest=document.get("pytest", ""),
            plugins=tuple(document.get("plugins", ())),
            machine=f"{machine} {platform.machine()}",
            commit=commit or "",
            dirty=bool(changed),
            environment=tuple(_settings_in(self._environment)),
        )

    def _notes(self, document: dict[str, Any]) -> Iterator[str]:
        if self._forbidden:
            yield (
                f"{_NO_BYTECODE} is set here, so that each run of yours is a cold one unless the "
                "bytecode is there already; it was taken away for these runs"
            )
        if document.get("dont_write_bytecode"):
            yield "the tests or a plugin set sys.dont_write_bytecode: the warm runs are cold, too"
        if len(self._collected) > 1:
            yield "the runs did not collect the same tests"


def collect(
    paths: Sequence[str],
    *,
    root: Path,
    python: Path | str = sys.executable,
    timeout: float | None = None,
    environment: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    **options: Any,
) -> Session:
    """Run ``pytest --collect-only -q`` once.

    Args:
        paths: what to collect, relative to `root`.
        arguments: more options of pytest.
        options: those of `codemods.measure.session.run_pytest`, as are the other arguments.

    """
    return run_pytest(
        ["--collect-only", "-q", *arguments, *paths],
        root=root,
        python=python,
        timeout=timeout,
        environment=environment,
        **options,
    )


def compare(before: Baseline, after: Baseline) -> Comparison:
    """Say what two baselines show.

    A change is claimed only where the conditions are alike, both sides collected the same node ids
    in each run, and each has at least three runs; see `claim` for the figures.
    """
    unlike = (*_unlike(before.conditions, after.conditions), *_other_errors(before, after))
    ours, theirs = Counter(before.tests), Counter(after.tests)
    gone, came = (tuple((a - b).elements()) for a, b in ((ours, theirs), (theirs, ours)))
    sound = not (unlike or gone or came or before.problem or after.problem)
    sound = sound and before.stable and after.stable
    verdicts = [
        claim(a.wall, b.wall) if sound else Claim.NOT_COMPARABLE
        for a, b in ((before.cold, after.cold), (before.warm, after.warm))
    ]
    return Comparison(before, after, unlike, gone, came, *verdicts)


def claim(before: Series, after: Series) -> Claim:
    """Say whether one series is faster than another.

    It is where no value of one lies within the range of the other, or where the medians differ by
    more than the range (maximum less minimum) of either. The rule is ours: with five runs on each
    side, ranges that do not touch come about by chance in 2 of 252 orders.
    """
    if min(len(before.values), len(after.values)) < FEWEST_RUNS:
        return Claim.NOT_COMPARABLE
    apart = after.maximum < before.minimum or before.maximum < after.minimum
    spread = max(s.maximum - s.minimum for s in (before, after))
    if not apart and abs(after.median - before.median) <= spread:
        return Claim.NONE
    return Claim.FASTER if after.median < before.median else Claim.SLOWER


def save_baseline(measured: Baseline, root: Path, name: str) -> Path:
    """Save a baseline as ``.ssot-codemods/baselines/NAME.json`` below a folder.

    Returns:
        The file; one of that name is replaced.

    Raises:
        MeasureError: the name cannot be one of a file, or the file cannot be written.

    """
    path = baseline_file(root, name)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(baseline_to_dict(measured), indent=1) + "\n")
        temporary.replace(path)
    except OSError as error:
        raise MeasureError(f"{path}: {error.strerror}") from error
    return path


def load_baseline(root: Path, name: str) -> Baseline:
    """Read a saved baseline.

    Raises:
        MeasureError: there is none of that name, or the file is not one.

    """
    path = baseline_file(root, name)
    try:
        return baseline_from_dict(json.loads(path.read_bytes()))
    except FileNotFoundError as error:
        raise MeasureError(f"{path}: no baseline of that name was saved") from error
    except OSError as error:
        raise MeasureError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MeasureError(f"{path}: no baseline: {error!r}") from error


def baseline_file(root: Path, name: str) -> Path:
    """Give the file of a saved baseline; raise `MeasureError` for what cannot be a name."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name):
        raise MeasureError(f"{name!r} is no name for a baseline: letters, digits, '.', '_', '-'")
    return root / ".ssot-codemods" / "baselines" / f"{name}.json"


def baseline_to_dict(measured: Baseline) -> dict[str, Any]:
    """Give a baseline as values of JSON; `baseline_from_dict` takes them back."""
    return {"schema": SCHEMA, **dataclasses.asdict(measured)}


def baseline_from_dict(values: dict[str, Any]) -> Baseline:
    """Take a baseline from values of JSON.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: they are none.

    """
    rest = dict(values)
    if rest.pop("schema", None) != SCHEMA:
        raise ValueError(f"schema is not {SCHEMA}")
    conditions: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in rest["conditions"].items()
    }
    found = Baseline(**{
        **rest,
        "conditions": Conditions(**conditions),
        "cold": _timing_from_dict(rest["cold"]),
        "warm": _timing_from_dict(rest["warm"]),
        "tests": tuple(rest["tests"]),
        "errors": tuple(CollectionError(**e) for e in rest["errors"]),
        "warnings": tuple((str(c), int(n)) for c, n in rest["warnings"]),
        "notes": tuple(rest["notes"]),
    })  # fmt: skip
    _check_kinds(found)
    return found


def _check_kinds(found: Baseline) -> None:
    """Raise `TypeError` where a value of a file is of a kind that nothing can be done with."""
    conditions = found.conditions
    lists = (conditions.paths, conditions.plugins, conditions.environment, found.tests, found.notes)
    single = (
        *(conditions.interpreter, conditions.python, conditions.pytest, conditions.machine),
        *(conditions.commit, found.root, found.problem),
    )
    errors = (text for e in found.errors for text in (e.nodeid, e.file, e.message))
    series = (s for t in (found.cold, found.warm) for s in (t.wall, t.cpu, t.memory))
    numbers = (n for s in series for n in s.values)
    for kind, values in (
        (tuple, lists),
        (str, (*single, *(text for texts in lists for text in texts), *errors)),
        (int | float, (*numbers, found.runs, found.modules)),
        (bool, (found.stable, found.dont_write_bytecode, conditions.dirty)),
    ):
        for value in values:
            if not isinstance(value, kind):
                raise TypeError(f"{value!r} in the place of {kind}")


def _timing_from_dict(values: dict[str, Any]) -> Timing:
    return Timing(**{key: Series(tuple(value["values"])) for key, value in values.items()})


def _timing(sessions: list[Session]) -> Timing:
    return Timing(
        wall=Series(tuple(s.wall for s in sessions)),
        cpu=Series(tuple(s.cpu for s in sessions)),
        memory=Series(tuple(float(s.peak_memory) for s in sessions)),
    )


def _unlike(before: Conditions, after: Conditions) -> Iterator[str]:
    for name in ("paths", "interpreter", "python", "pytest", "plugins", "machine", "environment"):
        one, other = getattr(before, name), getattr(after, name)
        if one != other:
            texts = (", ".join(v) if isinstance(v, tuple) else v for v in (one, other))
            yield f"{name}: {' / '.join(t or '-' for t in texts)}"


def _other_errors(before: Baseline, after: Baseline) -> Iterator[str]:
    """Say which files one side alone could not collect: what breaks early takes less time."""
    ours, theirs = ({e.nodeid for e in side.errors} for side in (before, after))
    yield from (f"collected before, and not after: {name}" for name in sorted(theirs - ours))
    yield from (f"collected after, and not before: {name}" for name in sorted(ours - theirs))


def _settings_in(environment: Mapping[str, str]) -> Iterator[str]:
    """Give what the environment tells Python and pytest, but for what the runs set themselves.

    https://docs.python.org/3/using/cmdline.html#environment-variables
    """
    for name, value in sorted(environment.items()):
        if name.startswith(("PYTHON", "PYTEST_")) and not name.startswith(_NOT_OURS):
            yield f"{name}={value}"


def _check_runs(runs: int) -> None:
    if runs < 1:
        raise MeasureError(f"{runs} runs measure nothing")


@contextlib.contextmanager
def _worktree(root: Path, gitref: str) -> Iterator[Path]:
    top = _git(root, "rev-parse", "--show-toplevel")
    if top is None:
        raise MeasureError(f"{root} is in no git checkout")
    commit = _git(root, "rev-parse", "--verify", "--quiet", f"{gitref}^{{commit}}")
    if commit is None:
        raise MeasureError(f"there is no commit {gitref!r} in {top}")
    inside = root.resolve().relative_to(Path(top).resolve())
    with tempfile.TemporaryDirectory(prefix="ssot-codemods-tree-") as name:
        tree = Path(name) / "tree"
        try:
            if _git(root, "worktree", "add", "--quiet", "--detach", str(tree), commit) is None:
                raise MeasureError(f"git cannot check out {gitref!r} into a worktree")
            if not (tree / inside).is_dir():
                raise MeasureError(f"there is no folder {inside} in {gitref!r}")
            yield tree / inside
        finally:
            _git(root, "worktree", "remove", "--force", str(tree))
            shutil.rmtree(tree, ignore_errors=True)
            _git(root, "worktree", "prune")


def _git(root: Path, *arguments: str) -> str | None:
    """Run git without hooks, and give what it prints; None where it fails or is not there."""
    # Inside a hook of git these name another checkout.
    variables = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-c", f"core.hooksPath={os.devnull}", "-C", str(root), *arguments],
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
