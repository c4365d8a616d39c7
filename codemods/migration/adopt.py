"""Make a shared module of definitions that are pasted, and name it in the settings."""

from __future__ import annotations

import keyword
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from codemods.disk.files import Checkout, read_file
from codemods.disk.git import checkout_of, committed_files
from codemods.engine.codemod import apply
from codemods.engine.text import parse, stem_of
from codemods.migration.choose import Pasted
from codemods.migration.discover import shared_keys
from codemods.migration.steps import (
    Step,
    check_inside,
    conftest_steps,
    missing_default,
    package_steps,
    settings_step,
    step_of,
)
from codemods.model import PytestNames, SharedModule, Source, UsageError
from codemods.pytest_config import imports_module
from codemods.rewrites.adopt import (
    CannotAdopt,
    Extract,
    Shared,
    extract,
    keys_of,
    module_with,
    packages_of,
)
from codemods.rewrites.mark_helper_classes.codemod import MarkHelperClasses
from codemods.settings import DEFAULT_MODULE, LIMIT, Settings, read_settings
from codemods.shared_modules import (
    SettingsByFile,
    find_module,
    first_party,
    import_folders,
    pytest_configs,
    read_shared_modules,
    rewrites_asserts,
)
from codemods.wording import first_of
from codemods.workers.pool import careful

#: Of those written into a module, so many are named on a line.
_MOST_NAMES = 5
_HAS_IT_ALREADY = "it has the same code already"


@dataclass(frozen=True)
class Adoption:
    """What makes pasted definitions shared ones.

    `root` is the folder of the pyproject.toml that names the shared module; `module` is the dotted
    name of that, `path` its file, and `why` the reason for its place. `sources` has for each name
    the file whose text is taken, and is empty where the module has them already; `skipped` says of
    each definition that cannot stand in the module why, and `elsewhere` has the file of each that
    another shared module has already; `files` are those with a copy of all but the skipped ones.
    `marked` are the classes with a new ``__test__ = False``, `unwanted` the packages that come into
    files which import none of them now; `is_committed` tells whether git has each file that is
    added to, as it is.
    """

    root: Path
    module: str
    path: Path
    why: str
    sources: dict[str, str]
    steps: tuple[Step, ...]
    skipped: dict[str, str]
    elsewhere: dict[str, str]
    files: frozenset[str]
    marked: tuple[str, ...] = ()
    unwanted: tuple[Unwanted, ...] = ()
    is_committed: bool = False


class Unwanted(NamedTuple):
    """A package that some definitions need, and some of the files with a copy do not import."""

    package: str
    names: tuple[str, ...]
    without: int
    files: int


def adopt(
    settings: Settings, pasted: Sequence[Pasted], to: str | None, *, is_sweep: bool = False
) -> Adoption:
    """Work out what makes definitions of different names shared; nothing is written.

    They go into the file `to`, or where that is None, into one that is chosen: one that cannot be
    imported is a `UsageError`. A sweep skips what needs a package that most files do without.
    """
    settings = _of_project(settings, pasted)
    shared = _shared_already(settings, pasted)
    new = [one for one in pasted if one.name not in shared]
    path, why = _home(settings, new, to) if new else (Path(shared[pasted[0].name]), _HAS_IT_ALREADY)
    if not new and to is not None and Path(os.path.realpath(to)) != path:
        raise UsageError(f"--to {to}: {os.path.relpath(path)} has the code already: leave it out")
    module = _dotted(settings, path)
    before = step_of(path, b"", "").before
    _check_modules(settings, module, path, before or b"")
    _check_place(settings, path)
    elsewhere = {name: file for name, file in shared.items() if new and file != str(path)}
    filling = _Filling(settings, module, before or b"", new)
    apart = filling.apart({*_paths(pasted)}) if is_sweep else {}
    if apart:
        left = [one for one in new if one.name not in apart]
        filling = _Filling(settings, module, before or b"", left)
    skipped = {**filling.skipped, **apart}
    files = frozenset(_paths(one for one in pasted if one.name not in skipped))
    has_any = filling.sources or not skipped
    steps = _steps(settings, filling, path, before, files) if has_any else []
    return Adoption(
        *(settings.root, module, path, why, filling.sources, tuple(steps), skipped, elsewhere),
        files=files,
        marked=tuple(filling.marked),
        is_committed=_is_committed(settings.root, steps),
        unwanted=tuple(filling.unwanted()),
    )


def _steps(
    settings: Settings, filling: _Filling, path: Path, before: bytes | None, files: Iterable[str]
) -> list[Step]:
    """Return the files that change for a shared module, which has copies in some files."""
    content, sources = filling.content, filling.sources
    if sources and before:
        _check_star_imports(settings, path, before)
    known = keys_of(before or b"")
    along = [n for n in keys_of(content) if n not in known and n not in sources]
    what = first_of([*sources], _MOST_NAMES)
    what += f"; taken along: {first_of(along, _MOST_NAMES)}" if along else ""
    steps = [Step(path, before, content, what, is_addition=True)] if sources else []
    steps += package_steps(settings.root, path.parent)
    tops = _tops(Path(os.path.realpath(settings.root)), files)
    steps.append(settings_step(settings, filling.module, tops))
    if tops and not settings.has_table:
        settings = settings._replace(paths=tuple(tops))
    rewrites = rewrites_asserts(settings, filling.module, path)
    shared = SharedModule(filling.module, str(path), content, rewrites)
    steps += conftest_steps(settings, [shared])
    check_inside(steps, settings.root)
    return [step for step in steps if step.before != step.after]


class _Filling:
    """What a shared module gets, one definition after the other."""

    def __init__(
        self, settings: Settings, module: str, before: bytes, pasted: Sequence[Pasted]
    ) -> None:
        tests = SettingsByFile(settings).tests(str(settings.root / "helpers.py"))
        self._marking = MarkHelperClasses(tests, settings.harmless)
        self.module = module
        self._before = before
        self._pasted = pasted
        self._shared = _importable(settings, module)
        self._own = first_party(settings)
        self._parts = Extract()
        self.content = before
        self.sources: dict[str, str] = {}
        self.skipped: dict[str, str] = {}
        self.marked: dict[str, None] = {}
        self._needs: dict[str, list[str]] = defaultdict(list)
        for one in pasted:
            self._add(one)

    def _add(self, one: Pasted) -> None:
        """Add a definition that is not there yet, or note why it cannot be."""
        if keys_of(self.content, [one.name]).get(one.name) == one.key:
            return
        try:
            found, source, marked = self._taken(one, self.content)
        except CannotAdopt as error:
            self.skipped[one.name] = f"{error}{self._way_out(one) if self.content else ''}"
            return
        self._parts = self._parts | found
        self.content = module_with(self._before, self._parts, self._own)
        self.sources[one.name] = source
        self.marked.update(marked)
        for package in packages_of(found) - {self.module.partition(".")[0]}:
            self._needs[package].append(one.name)

    def _taken(self, one: Pasted, content: bytes) -> tuple[Extract, str, dict[str, None]]:
        """Return a definition with what it reads, the file that it is taken from, and new marks.

        The most frequent text is taken, of which the first file that gives it along with what it
        reads, so that a module with some content can have it.

        Raises:
            CannotAdopt: no file does.

        """
        errors: list[str] = []
        clashes: list[str] = []
        for source, parts in _extracts(one, self._shared, errors):
            try:
                parts, marked = _marked(parts, self._marking)
                parts = replace(parts, aliases=dict.fromkeys(one.others, one.name))
                module_with(content, parts)
            except CannotAdopt as error:
                clashes.append(f"{source}: {error}")
            else:
                return parts, source, marked
        raise CannotAdopt(*(clashes or errors)[:1])

    def _way_out(self, one: Pasted) -> str:
        """Return how a definition can be adopted that cannot stand in a module beside others."""
        try:
            self._taken(one, b"")
        except CannotAdopt:
            return ""
        return _alone(one.name)

    def unwanted(self) -> Iterator[Unwanted]:
        """Yield the packages that the module imports and some of the files do not."""
        paths = {*_paths(one for one in self._pasted if one.name in self.sources)}
        without = _without(self._needs, paths)
        for package in sorted(without):
            yield Unwanted(package, tuple(self._needs[package]), without[package], len(paths))

    def apart(self, paths: Collection[str]) -> dict[str, str]:
        """Return which definitions need a package that most of some files do without, and so why.

        Nor is one imported by a module that is there, and does without it.
        """
        without = _without(self._needs, paths)
        return {
            name: f"it would bring {package} into files that do without it{_alone(name)}"
            for package, names in self._needs.items()
            if without[package] * 2 > len(paths)
            or (self._before and not _importing(package).search(self._before))
            for name in names
        }


def _without(packages: Iterable[str], paths: Collection[str]) -> Counter[str]:
    """Return how many of some files import none of a package, where any does not."""
    importing = {package: _importing(package) for package in packages}
    found: Counter[str] = Counter()
    for path in paths if importing else ():
        content, _ = read_file(os.path.realpath(path), LIMIT)
        found.update(p for p, pattern in importing.items() if pattern.search(content) is None)
    return found


def _importing(package: str) -> re.Pattern[bytes]:
    return re.compile(rb"(?m)^\s*(?:from|import)\b.*\b%b\b" % package.encode())


def _alone(name: str) -> str:
    return f"; alone it can be: ssot-codemods adopt {name}"


def _importable(settings: Settings, module: str) -> dict[str, Shared]:
    """Return what a module can import from the other shared modules.

    What imports that module itself is none of them.
    """
    return {
        name: Shared(other.name, key)
        for other, keys in reversed(shared_keys(settings) if settings.has_table else [])
        if other.name != module
        and not any(imports_module(statement, module) for statement in parse(other.source).body)
        for name, key in keys.items()
    }


def _is_committed(root: Path, steps: Sequence[Step]) -> bool:
    """Return whether git could restore each file that is there before the steps."""
    top = checkout_of(root)
    try:
        known = set() if top is None else committed_files(top)
    except UsageError:  # git fails, or is not there
        known = set()
    there = [step.path for step in steps if step.before is not None]
    real = (os.fsencode(os.path.relpath(os.path.realpath(path), top)) for path in there)
    return known.issuperset(real) and not any(path.is_symlink() for path in there)


def _shared_already(settings: Settings, pasted: Sequence[Pasted]) -> dict[str, str]:
    """Return which definitions a shared module of the settings has already, and its path."""
    return {
        one.name: module.path
        for module, keys in reversed(shared_keys(settings))  # of several, the first one counts
        for one in pasted
        if keys.get(one.name) == one.key
    }


def _check_place(settings: Settings, path: Path) -> None:
    """Raise a `UsageError` where a module would be hidden by a package, or hide another one."""
    if (path.with_suffix("") / "__init__.py").exists():
        raise UsageError(f"the package {path.with_suffix('')} would hide the module {path}")
    searched = {Path(os.path.realpath(folder)) for folder in import_folders(settings)}
    tests = [config.tests for config in pytest_configs(settings)]
    beside = map(str, path.parent.glob("*.py"))
    is_first = path.parent in searched or any(_is_loaded(f, tests) for f in beside)
    if path.exists() or not is_first or (path.parent / "__init__.py").exists():
        return
    others = (folder / path.stem for folder in searched - {path.parent})
    hidden = [o for o in others if o.is_dir() or o.with_suffix(".py").exists()]
    if hidden or path.stem in sys.stdlib_module_names:
        what = f"{hidden[0]}" if hidden else f"`{path.stem}` of Python"
        raise UsageError(f"{path} would hide {what}: name another file by --to")


def _check_modules(settings: Settings, module: str, path: Path, before: bytes) -> None:
    """Raise a `UsageError` for a shared module that cannot be read, this one or another."""
    others = {*settings.modules} - {module, *missing_default(settings)}
    if settings.has_table and others:
        read_shared_modules(settings, tuple(sorted(others)))
    try:
        module_with(before, Extract())
    except CannotAdopt as error:
        raise UsageError(f"{path}: {error}") from error


def _check_star_imports(settings: Settings, path: Path, before: bytes) -> None:
    """Raise a `UsageError` where a new name in a module would be one in another file, too."""
    if re.search(rb"^__all__\b", before, re.MULTILINE):
        return
    stem = re.escape(stem_of(str(path)))
    star = re.compile(rb"^[ \t]*from[ \t]+(?:[\w.]*\b%b|\.+)[ \t]+import[ \t]*\*" % stem, re.M)
    for source in Checkout(Path(os.path.realpath(settings.root))).read():
        if star.search(source.content):
            what = f"{source.path} imports all of {path}, and would have the new names"
            raise UsageError(f"{what}: name another file by --to")


# Where it belongs


def _of_project(settings: Settings, pasted: Sequence[Pasted]) -> Settings:
    """Return the settings that count for all copies: a monorepo has several.

    Where none do, those of the nearest pyproject.toml above them, which is to get a table.
    """
    top = Path(os.path.commonpath([os.path.dirname(os.path.realpath(p)) for p in _paths(pasted)]))
    nearest = read_settings(top)
    if nearest.has_table:
        return nearest
    root = Path(os.path.realpath(settings.root))
    folders = (f for f in (top, *top.parents) if f.is_relative_to(root))
    project = next((f for f in folders if (f / "pyproject.toml").is_file()), root)
    return settings._replace(root=project)


def _home(settings: Settings, pasted: Sequence[Pasted], to: str | None) -> tuple[Path, str]:
    """Return the file of the shared module, and why it is that one."""
    root = Path(os.path.realpath(settings.root))
    tests = [config.tests for config in pytest_configs(settings)]
    if to is not None:
        path = Path(os.path.realpath(to))
        if path.suffix != ".py" or not path.is_relative_to(root):
            raise UsageError(f"--to {to}: wanted: a file *.py below {root}")
        if _is_loaded(str(path), tests):
            raise UsageError(f"--to {to}: wanted: a file that pytest neither collects nor loads")
        return path, "named by --to"
    folder = _folder_of_tests(root, pasted)
    for path in _where_all_stand(settings, pasted):
        if path.is_relative_to(folder):
            return path, _HAS_IT_ALREADY
    name = _file_name(pasted)
    named = [find_module(settings, m) for m in settings.modules if m != DEFAULT_MODULE]
    for module in (found for found in named if found is not None):
        return module.with_name(name), "beside the shared module of the settings"
    homes = (folder / home for home in _HOMES)
    home = next((found for found in homes if _has_helpers_alone(found, tests)), None)
    if home is not None:
        return home / name, "beside the helpers that are there; --to FILE names another one"
    inside = _package(folder, import_folders(settings))
    files = (folder / f"{home}.py" for home in _HOMES)
    there = next((file for file in files if file.is_file()), None)
    way = "FILE names another one" if there is None else f"{os.path.relpath(there)} adds to that"
    return folder.joinpath(*inside, name), f"a new module; --to {way}"


#: What folders, and modules, with helpers for tests are called.
_HOMES = ("support", "helpers", "utils")


def _has_helpers_alone(folder: Path, tests: Sequence[PytestNames]) -> bool:
    """Whether there are modules in a folder, and none of them is a test module."""
    modules = [str(path) for path in folder.glob("*.py") if path.name != "__init__.py"]
    return bool(modules) and not any(_is_loaded(path, tests) for path in modules)


def _package(folder: Path, imported_from: Iterable[Path]) -> list[str]:
    """Return the package for a module in a folder of tests, where none of that name is hidden.

    pytest puts folders of tests first on `sys.path`: a package `support` there hides another one.
    """
    if folder.name == "test_support":
        return []
    others = [f for f in imported_from if Path(os.path.realpath(f)) != folder]
    hides = (folder / "support.py").exists() or any(
        (other / name).exists() for other in others for name in ("support", "support.py")
    )
    return ["test_support" if hides else "support"]


_NAMES_OF_TESTS = ("tests", "test")


def _folder_of_tests(root: Path, pasted: Sequence[Pasted]) -> Path:
    """Return the folder that has the tests with all copies, else one at the root.

    That is not `tests` where each project of a monorepo has a package of that name, which is found
    first: https://docs.pytest.org/en/stable/explanation/pythonpath.html
    """
    tops = _test_folders(root, _paths(pasted))
    top = Path(os.path.commonpath(tops))
    if top != root and top.is_relative_to(root):
        # Tests that stand within a package have folders of their own there, as `top/part/tests`.
        above = (f for f in (top, *top.parents) if f != root and f.is_relative_to(root))
        named = (folder / name for folder in above for name in _NAMES_OF_TESTS)
        return top if top in tops else next(filter(Path.is_dir, named), top / _NAMES_OF_TESTS[0])
    own = root / "tests"
    others = (t for t in tops if t.name == own.name and t != own)
    is_hidden = any((t / "__init__.py").exists() for t in others)
    return root / "test_support" if is_hidden else own


def _tops(root: Path, files: Iterable[str]) -> list[str]:
    """Return the folders of the tests that have copies; none where a file at the root has one."""
    found = {folder.relative_to(root) for folder in _test_folders(root, files)}
    return [] if Path() in found else sorted(map(str, found))


def _test_folders(root: Path, files: Iterable[str]) -> set[Path]:
    """Return for each file the outermost folder that has the name of one for tests.

    Where there is none, that at the root: tests stand beside the code or within its package,
    https://docs.pytest.org/en/stable/explanation/goodpractices.html
    """
    found = set()
    for path in map(os.path.realpath, files):
        parents = [p for p in reversed(Path(path).parents) if p.is_relative_to(root)]
        named = (folder for folder in parents[1:] if folder.name in _NAMES_OF_TESTS)
        found.add(next(named, parents[:2][-1] if parents else root))
    return found


def _where_all_stand(settings: Settings, pasted: Sequence[Pasted]) -> list[Path]:
    """Return the files beside the tests that have all of the definitions, by path."""
    keys = {one.name: one.key for one in pasted}
    tests = [config.tests for config in pytest_configs(settings)]
    names = [re.compile(rb"\b(?:class|def) +%b\b" % name.encode()) for name in keys]
    sources = (
        source
        for source in Checkout(Path(os.path.realpath(settings.root))).read()
        if not _is_loaded(source.path, tests) and all(name.search(source.content) for name in names)
    )
    found = careful(partial(_has_all, keys=keys), sources, lambda path, reason: None)
    return [Path(path) for path in found if path is not None]


def _has_all(source: Source, *, keys: Mapping[str, str]) -> str | None:
    """Return the path of a file that has definitions equal to all of some."""
    return source.path if keys_of(source.content, keys) == keys else None


def _paths(pasted: Iterable[Pasted]) -> Iterator[str]:
    return (path for one in pasted for path in one.paths)


def _is_loaded(path: str, tests: Iterable[PytestNames]) -> bool:
    return any(names.loads(path) for names in tests)


def _file_name(pasted: Sequence[Pasted]) -> str:
    if len(pasted) > 1:
        return "helpers.py"
    # PEP 8: modules have short, all-lowercase names.
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", pasted[0].name)
    name = words.lower().strip("_")
    # pytest would take a file of such a name for one with tests.
    return f"{re.sub(r'^test_|_test$', '', name) or name}.py"


def _dotted(settings: Settings, path: Path) -> str:
    """Return the name by which pytest imports a file, be it there or not."""
    inside = path.parent if path.name == "__init__.py" else path.with_suffix("")
    outside = next(f for f in path.parents if not (f / "__init__.py").exists())
    reals = [Path(os.path.realpath(folder)) for folder in import_folders(settings)]
    # What stands in a package is imported from its folder already, where `pythonpath` has that.
    for real in sorted(reals, key=lambda real: real != outside):
        if inside.is_relative_to(real) and inside != real:
            parts = inside.relative_to(real).parts
            if all(p.isidentifier() and not keyword.iskeyword(p) for p in parts):
                return ".".join(parts)
    folders = ", ".join(map(str, import_folders(settings)))
    raise UsageError(f"{path} cannot be imported from {folders}: name another file by --to")


# What it is to hold


def _marked(parts: Extract, marking: MarkHelperClasses) -> tuple[Extract, dict[str, None]]:
    """Return definitions with ``__test__ = False`` in those that pytest would warn about: which."""
    result = apply(module_with(b"", parts), "helpers.py", marking)
    marked = dict.fromkeys(decision.definition.name for decision in result.replaced)
    return (extract(result.after, parts.definitions) if result.after else parts), marked


def _extracts(
    one: Pasted, shared: Mapping[str, Shared], errors: list[str]
) -> Iterator[tuple[str, Extract]]:
    found: dict[str, Extract] = {}
    for path in sorted(one.paths, key=os.fsencode):
        try:
            content, _ = read_file(os.path.realpath(path), LIMIT)
            if keys_of(content, [one.name]):  # it may have another name there
                found[path] = extract(content, [one.name], shared)
        except OSError as error:
            errors.append(f"{path}: {error.strerror}")
        except CannotAdopt as error:
            errors.append(f"{path}: {error}")
    counts = Counter(parts.definitions[one.name] for parts in found.values())
    yield from sorted(found.items(), key=lambda item: -counts[item[1].definitions[one.name]])
