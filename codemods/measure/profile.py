"""Where the time of collection goes, and what would help most."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from codemods.measure.collection import Bench, Progress, Tree
from codemods.measure.model import Advice, Cost, Import, PackageTime, Profile, Step
from codemods.measure.record import SessionFacts, SessionRecord
from codemods.measure.session import Pytest, Session
from codemods.wording import plural

# Below this many seconds, and this share of a warm run, advice is noise.
_SMALLEST_SECONDS = 0.02
_SMALLEST_SHARE = 0.01
_MOST_PACKAGES = 3


def profile(
    pytest: Pytest, paths: Sequence[str] = (), *, progress: Progress = lambda _: None
) -> Profile:
    """Collect three times (to warm up, cold, warm) and take it apart.

    The paths are relative to the root; without any, pytest collects what its configuration says.
    Where a run did not come to its end, `problem` says so, and there is what the runs before it
    showed.
    """
    with Bench(Tree(pytest), paths, progress) as bench:
        bench.measure_warm_up()
        cold = bench.measure_cold("cold", probe_options=["imports"])
        warm = bench.measure_warm("warm", probe_options=["imports"])
    found = _figures(pytest.root, cold, warm, bench.problem)
    if warm is None:
        return found
    return found._replace(advice=tuple(_advice(found, warm.record, bench.keeps_bytecode)))


def packages_of(imports: Iterable[Import], named: Mapping[str, int]) -> list[PackageTime]:
    """Sum up imports by top-level package, the one with most own time first.

    `named` says how many test modules name a package in an import.
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
        if all(name.partition(".")[0] != top for name in one.around):
            cumulative[top] += one.cumulative  # type: ignore[assignment]
            first.setdefault(top, one.around[-1] if one.around else "")
    return [
        PackageTime(
            name=top,
            own_seconds=seconds,
            cumulative_seconds=cumulative[top],
            module_count=len(modules[top]),
            importer_count=named.get(top, 0),
            first_importer=first.get(top, ""),
            is_standard=top in sys.stdlib_module_names,
        )
        for top, seconds in sorted(own.items(), key=lambda pair: -pair[1])
    ]


def imported_names(source: bytes) -> set[str]:
    """Return the top-level packages that importing a module imports: functions are left out."""
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


def _figures(root: Path, cold: Session | None, warm: Session | None, problem: str) -> Profile:
    record = warm.record if warm is not None else SessionRecord()
    rootdir = Path(record.facts.rootdir or root)
    named: Counter[str] = Counter()
    for path in record.modules:
        named.update(imported_names(_read(rootdir / path)))
    return Profile(
        cold_seconds=cold.wall if cold is not None else 0.0,
        warm_seconds=warm.wall if warm is not None else 0.0,
        start_seconds=max(0.0, warm.wall - record.collection_seconds) if warm is not None else 0.0,
        collection_seconds=record.collection_seconds,
        module_times=_longest_first(record.modules.values()),
        package_times=tuple(packages_of(record.imports, named)),
        conftest_times=_longest_first(
            step._replace(name=_relative(step.name, rootdir)) for step in record.conftests.values()
        ),
        plugin_times=_longest_first(record.plugins.values()),
        folder_times=_longest_first(record.folders.values()),
        empty_folders=_empty(record),
        rewriting=cold.record.rewriting if cold is not None else Cost(),
        warnings_building=record.warnings_building,
        advice=(),
        problem=problem,
    )


def _advice(found: Profile, record: SessionRecord, keeps_bytecode: bool) -> list[Advice]:
    """Return what would help, the most helpful first, less what is noise."""
    smallest = max(_SMALLEST_SECONDS, _SMALLEST_SHARE * found.warm_seconds)
    advice = [
        _about_bytecode(found, keeps_bytecode),
        *map(_about_conftest, found.conftest_times),
        *_about_packages(found),
        _about_folders(found, record.facts),
        *_about_pytest(found, {error.path for error in record.errors.values()}),
    ]
    return sorted((a for a in advice if a.seconds >= smallest), key=lambda a: -a.seconds)


def _about_bytecode(found: Profile, keeps_bytecode: bool) -> Advice:
    if keeps_bytecode:
        what = "in a fresh checkout there is no bytecode: write it first, once, and keep it"
    else:
        what = "PYTHONDONTWRITEBYTECODE keeps each run cold: take it away, or write bytecode first"
    rewriting = f"{found.rewriting.seconds:.2f} s of it rewrite assertions"
    return Advice(found.cold_seconds - found.warm_seconds, f"{what} ({rewriting})")


def _about_conftest(conftest: Step) -> Advice:
    largest = sorted(conftest.import_seconds, key=lambda name: -conftest.import_seconds[name])[:3]
    what = f"{conftest.name} imports {', '.join(largest)} for every run"
    return Advice(
        sum(conftest.import_seconds.values()), f"{what}: import in the fixtures that need it"
    )


def _about_packages(found: Profile) -> Iterator[Advice]:
    steps = (*found.conftest_times, *found.module_times)
    imported = {name for step in steps for name in step.import_seconds}
    heavy = [
        p
        for p in found.package_times
        if p.name in imported
        and not p.is_standard
        # That is the conftest's line.
        and sum(c.import_seconds.get(p.name, 0.0) for c in found.conftest_times) < p.own_seconds / 2
    ]
    for package in sorted(heavy, key=lambda p: -p.cumulative_seconds)[:_MOST_PACKAGES]:
        by = f"by {package.first_importer}" if package.first_importer else "by a test module"
        if package.importer_count:
            by = f"by {plural(package.importer_count, 'test module')}"
        yield Advice(
            package.cumulative_seconds,
            f"{package.name} is imported {by}, with {plural(package.module_count, 'module')} of "
            "its own: import it where it is used",
        )


def _about_folders(found: Profile, facts: SessionFacts) -> Advice:
    empty = set(found.empty_folders)
    seconds = sum(f.own_seconds for f in found.folder_times if f.name in empty)
    what = f"{plural(len(empty), 'folder')} without a test module"
    if facts.testpaths or any(Path(a) != Path(facts.rootdir) for a in facts.arguments):
        return Advice(seconds, f"{what}: leave them out with norecursedirs")
    tops = {PurePosixPath(m.name).parts[0] for m in found.module_times}
    names = ", ".join(f'"{top}"' for top in sorted(tops) if not top.endswith(".py"))
    return Advice(seconds, f"{what} are walked: set testpaths = [{names}]")


def _about_pytest(found: Profile, failed: Collection[str]) -> Iterator[Advice]:
    """Yield what its warnings, its errors at collection and its plugins cost."""
    building = found.warnings_building
    yield Advice(
        building.seconds,
        f"{plural(building.count, 'warning')} of pytest about what it cannot collect: for each, it "
        "parses the file again",
    )
    seconds = [m.own_seconds for m in found.module_times if m.name in failed]
    yield Advice(
        sum(seconds),
        f"{plural(len(seconds), 'module')} cannot be collected, and pytest words the errors: "
        "fix them or leave them out",
    )
    for plugin in found.plugin_times:
        what = f"the plugin {plugin.name} is imported by each run: -p no:{plugin.name} where"
        yield Advice(plugin.cumulative_seconds, f"{what} nothing uses it")


def _longest_first(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(sorted(steps, key=lambda step: -step.cumulative_seconds))


def _empty(record: SessionRecord) -> tuple[str, ...]:
    above = {str(folder) for path in record.modules for folder in PurePosixPath(path).parents}
    return tuple(sorted(record.folders.keys() - above))


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
