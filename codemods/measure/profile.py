"""Where the time of collection goes, and what would help most."""

from __future__ import annotations

import ast
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from codemods.measure.collection import Bench, Progress
from codemods.measure.model import (
    Advice,
    Cost,
    ModuleTime,
    PackageTime,
    Profile,
    Session,
    Step,
)
from codemods.wording import plural

# Below this many seconds, and this share of a warm run, advice is noise.
_SMALLEST_SECONDS = 0.02
_SMALLEST_SHARE = 0.01
_MOST_PACKAGES = 3

# "import time:" self, cumulative, both in microseconds, and the name, two spaces in for each level;
# import_find_and_load in Python/import.c of CPython,
# https://docs.python.org/3/using/cmdline.html#cmdoption-X
_IMPORT_LINE = re.compile(rb"import time:\s*(\d+) \|\s*(\d+) \| ((?:  )*)(\S+)\s*$")


def profile(
    paths: Sequence[str] = (),
    *,
    root: Path,
    python: Path | str = sys.executable,
    timeout: float | None = None,
    progress: Progress | None = None,
    environment: Mapping[str, str] | None = None,
) -> Profile:
    """Collect four times (to warm up, cold, warm, warm with import timing) and take it apart.

    Args:
        paths: what to collect, relative to `root`; nothing for what pytest's configuration says.
        root: the folder to run in.
        python: the interpreter of the tests.
        timeout: seconds for each run.
        progress: called with a line of text before and after each run.
        environment: the environment of the runs; None for that of this process.

    Returns:
        The figures. Where a run did not come to its end, `problem` says so, and there is what the
        runs before it showed.

    Raises:
        MeasureError: the interpreter cannot be started.

    """
    with (
        Bench(paths, root, python, timeout, environment, progress) as bench,
        tempfile.TemporaryDirectory(prefix="ssot-codemods-imports-") as folder,
    ):
        bench.measure_warm_up()
        cold = bench.measure_cold("cold", probe_options=["imports"])
        warm = bench.measure_warm("warm", probe_options=["imports"])
        log = Path(folder) / "imports"
        # What is captured would not reach the file.
        bench.measure_warm(
            "warm, imports timed",
            interpreter_options=["-X", "importtime"],
            arguments=["--capture=no"],
            stderr=log,
        )
        imports = read_imports(log.read_bytes()) if log.exists() else []
        measured = bench.result(1)
    return _take_apart(root, cold, warm, imports, measured.dont_write_bytecode, bench.problem)


@dataclass(frozen=True, slots=True)
class Import:
    """One line of the interpreter's import timing: seconds, and the imports around it."""

    name: str
    own: float
    cumulative: float
    parents: tuple[str, ...]  # the innermost last


def read_imports(log: bytes) -> list[Import]:
    """Read what ``-X importtime`` wrote; lines of anything else are left out.

    A module stands after those that it imports, so that they are read from the end.
    """
    found: list[Import] = []
    stack: list[str] = []
    for line in reversed(log.splitlines()):
        match = _IMPORT_LINE.search(line)
        if match is None:
            continue
        depth = len(match[3]) // 2
        name = match[4].decode("utf-8", "replace")
        del stack[depth:]
        found.append(Import(name, int(match[1]) / 1e6, int(match[2]) / 1e6, tuple(stack)))
        stack.append(name)
    found.reverse()
    return found


def packages_of(imports: Iterable[Import], named: Mapping[str, int]) -> list[PackageTime]:
    """Sum up imports by top-level package, the one with most own time first.

    Args:
        imports: what `read_imports` gave.
        named: how many test modules name a package in an import.

    """
    own: Counter[str] = Counter()
    cumulative: Counter[str] = Counter()
    # A module that cannot be imported is tried again and again.
    modules: dict[str, set[str]] = {}
    first: dict[str, str] = {}
    for one in imports:
        top = one.name.partition(".")[0]
        own[top] += one.own  # type: ignore[assignment]
        modules.setdefault(top, set()).add(one.name)
        if all(parent.partition(".")[0] != top for parent in one.parents):
            cumulative[top] += one.cumulative  # type: ignore[assignment]
            first.setdefault(top, one.parents[-1] if one.parents else "")
    return [
        PackageTime(
            name=top,
            own=seconds,
            cumulative=cumulative[top],
            modules=len(modules[top]),
            named_by=named.get(top, 0),
            first=first.get(top, ""),
            standard=top in sys.stdlib_module_names,
        )
        for top, seconds in sorted(own.items(), key=lambda pair: -pair[1])
    ]


def imported_names(source: bytes) -> set[str]:
    """Give the top-level packages that importing a module imports: functions are left out."""
    try:
        todo: list[ast.AST] = [ast.parse(source)]
    except (SyntaxError, ValueError):
        return set()
    names: set[str] = set()
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            todo += ast.iter_child_nodes(node)
    return names


def _take_apart(
    root: Path,
    cold: Session | None,
    warm: Session | None,
    imports: list[Import],
    forbidden: bool,
    problem: str,
) -> Profile:
    document = (warm.document if warm else None) or {}
    rootdir = Path(document.get("rootdir", root))
    modules = document.get("modules", {})
    named: Counter[str] = Counter()
    for path in modules:
        named.update(imported_names(_read(rootdir / path)))
    folders = document.get("folders", {})
    empty = tuple(sorted(f for f in folders if not _holds(f, modules)))
    conftests = {_relative(k, rootdir): v for k, v in document.get("conftests", {}).items()}
    seconds = document.get("seconds", {})
    found = Profile(
        cold=cold.wall if cold else 0.0,
        warm=warm.wall if warm else 0.0,
        start=max(0.0, warm.wall - seconds.get("collection", 0.0)) if warm else 0.0,
        collection=seconds.get("collection", 0.0),
        modules=tuple(
            sorted(
                (
                    ModuleTime(path, v["own"], v["cumulative"], v["from_cache"])
                    for path, v in modules.items()
                ),
                key=lambda m: -m.cumulative,
            )
        ),
        packages=tuple(packages_of(imports, named)),
        conftests=_steps(conftests),
        plugins=_steps(document.get("plugin_imports", {})),
        folders=_steps(folders),
        empty_folders=empty,
        rewriting=_cost(cold, "rewriting"),
        warnings_building=_cost(warm, "warnings_building"),
        advice=(),
        problem=problem,
    )
    if warm is None:
        return found
    by_tests: Counter[str] = Counter()
    for step in (*conftests.values(), *modules.values()):
        by_tests.update(step["imports"])
    smallest = max(_SMALLEST_SECONDS, _SMALLEST_SHARE * found.warm)
    advice = [
        *_about_bytecode(found, forbidden),
        *_about_conftests(conftests),
        *_about_packages(found, by_tests, conftests),
        *_about_folders(found, document),
        *_about_warnings(found),
        *_about_errors(found, document),
        *_about_plugins(found, smallest),
    ]
    worth = sorted((a for a in advice if a.seconds >= smallest), key=lambda a: -a.seconds)
    # A frozen value is made once more, with what was concluded from it.
    values = {name: getattr(found, name) for name in Profile.__slots__}
    return Profile(**{**values, "advice": tuple(worth)})


def _about_bytecode(found: Profile, forbidden: bool) -> Iterator[Advice]:
    if forbidden:
        what = "PYTHONDONTWRITEBYTECODE keeps each run cold: take it away, or write bytecode first"
    else:
        what = "in a fresh checkout there is no bytecode: write it first, once, and keep it"
    rewriting = f"{found.rewriting.seconds:.2f} s of it rewrite assertions"
    yield Advice(found.cold - found.warm, f"{what} ({rewriting})")


def _about_conftests(conftests: dict[str, Any]) -> Iterator[Advice]:
    for path, step in conftests.items():
        largest = sorted(step["imports"], key=step["imports"].get, reverse=True)[:3]
        seconds = sum(step["imports"].values())
        yield Advice(
            seconds,
            f"{path} imports {', '.join(largest)} for every run: import in the fixtures that "
            "need it",
        )


def _about_packages(
    found: Profile, by_tests: Mapping[str, float], conftests: dict[str, Any]
) -> Iterator[Advice]:
    heavy = [
        p
        for p in found.packages
        if p.name in by_tests
        and not p.standard
        # That is the conftest's line.
        and sum(c["imports"].get(p.name, 0.0) for c in conftests.values()) < p.own / 2
    ]
    for package in sorted(heavy, key=lambda p: -p.cumulative)[:_MOST_PACKAGES]:
        by = f"by {package.first}" if package.first else "by a test module"
        if package.named_by:
            by = f"by {plural(package.named_by, 'test module')}"
        yield Advice(
            package.cumulative,
            f"{package.name} is imported {by}, with {plural(package.modules, 'module')} of its "
            "own: import it where it is used",
        )


def _about_folders(found: Profile, document: dict[str, Any]) -> Iterator[Advice]:
    empty = set(found.empty_folders)
    seconds = sum(f.own for f in found.folders if f.name in empty)
    what = f"{plural(len(empty), 'folder')} without a test module"
    asked = [a for a in document["arguments"] if Path(a) != Path(document["rootdir"])]
    if document["testpaths"] or asked:
        yield Advice(seconds, f"{what}: leave them out with norecursedirs")
    else:
        tops = {PurePosixPath(m.path).parts[0] for m in found.modules}
        names = ", ".join(f'"{top}"' for top in sorted(tops) if not top.endswith(".py"))
        yield Advice(seconds, f"{what} are walked: set testpaths = [{names}]")


def _about_warnings(found: Profile) -> Iterator[Advice]:
    cost = found.warnings_building
    yield Advice(
        cost.seconds,
        f"{plural(cost.count, 'warning')} of pytest about what it cannot collect: for each, it "
        "parses the file again",
    )


def _about_errors(found: Profile, document: dict[str, Any]) -> Iterator[Advice]:
    failed = {error["file"] for error in document["errors"]}
    seconds = [m.own for m in found.modules if m.path in failed]
    yield Advice(
        sum(seconds),
        f"{plural(len(seconds), 'module')} cannot be collected, and pytest words the errors: "
        "mend them or leave them out",
    )


def _about_plugins(found: Profile, smallest: float) -> Iterator[Advice]:
    for plugin in found.plugins:
        if plugin.cumulative >= smallest:
            yield Advice(
                plugin.cumulative,
                f"the plugin {plugin.name} is imported by each run: -p no:{plugin.name} where "
                "nothing uses it",
            )


def _steps(values: Mapping[str, Any]) -> tuple[Step, ...]:
    steps = (Step(name, v["own"], v["cumulative"]) for name, v in values.items())
    return tuple(sorted(steps, key=lambda s: -s.cumulative))


def _cost(session: Session | None, name: str) -> Cost:
    document = (session.document if session else None) or {}
    values = document.get(name, {})
    return Cost(values.get("seconds", 0.0), values.get("count", 0))


def _holds(folder: str, modules: Iterable[str]) -> bool:
    inside = "" if folder == "." else f"{folder}/"
    return any(path.startswith(inside) for path in modules)


def _relative(path: str, rootdir: Path) -> str:
    try:
        return Path(path).relative_to(rootdir).as_posix()
    except ValueError:
        return path


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
