"""The shared modules of a repository: where they lie, and which of them count for which file."""

from __future__ import annotations

import ast
import functools
import itertools
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from codemods.disk.files import read_file
from codemods.disk.git import checkout_of
from codemods.engine.run import SMALL
from codemods.engine.scopes import DEFINITIONS
from codemods.engine.text import Unparsable, parse
from codemods.model import PytestNames, Reason, Renaming, SharedModule, SharedModules, Source
from codemods.pytest_config import PytestConfig, pytest_config, registers_rewrite
from codemods.rewrites.replace_local_copies.shared import Shared, SharedModuleError
from codemods.settings import (
    DEFAULT_MODULE,
    LIMIT,
    Settings,
    SettingsError,
    names_table,
    parse_toml,
    read_config,
    ruff_known,
    ruff_sources,
    setting_error,
    settings_in,
)


def find_module(settings: Settings, dotted: str) -> Path | None:
    """Return the real path of a module's file, None where the repository has no such module.

    pytest must import it by this very name, or there would be two of it in one run. So it is looked
    for below the folders of the repository that pytest has on `sys.path`:

    1. The root. In import mode ``prepend``, pytest adds the first folder above a test file that has
       no ``__init__.py``; that is never a package. So in a root that is one, all names begin with
       its own name. They may do so elsewhere, as ``ansible_collections.netapp.ontap.tests.mocks``.
    2. Each entry of ``pythonpath`` in the configuration of pytest.
    3. ``src``, as a package in development is installed from there.

    A folder of tests that ``prepend`` adds for the tests in it alone is not searched: other tests
    could not import the module. What a link leads to outside of the repository does not count.
    """
    top = _top(settings)
    found = (file.resolve() for file in _candidates(settings, dotted))
    return next((real for real in found if real.is_relative_to(top)), None)


def _candidates(settings: Settings, dotted: str) -> Iterator[Path]:
    names = dotted.split(".")
    for folder in import_folders(settings, names):
        yield from _files_of(folder.joinpath(*names))


def _files_of(module: Path) -> list[Path]:
    """Return the files of a module that are there; Python prefers the package."""
    files = (module / "__init__.py", module.with_name(f"{module.name}.py"))
    return [file for file in files if os.path.isfile(file)]


def import_folders(settings: Settings, names: Sequence[str] = ()) -> Iterator[Path]:
    """Yield the folders from which a repository imports its own modules; see `find_module`.

    `names` are the parts of a dotted name, for the folders above the root that it may begin in.
    """
    root = settings.root.absolute()
    if not _is_package(root):
        yield root
    for number, parent in enumerate(root.parents, start=1):
        if root.parts[-number:] == tuple(names[:number]) and not _is_package(parent):
            yield parent
    for config in pytest_configs(settings):
        yield from config.pythonpath
    if not _is_package(root / "src"):
        yield root / "src"


def _is_package(folder: Path) -> bool:
    return (folder / "__init__.py").is_file()


def pytest_configs(settings: Settings) -> tuple[PytestConfig, ...]:
    """Return what pytest is told where it is started on each of the `paths` of the settings.

    Raises:
        SettingsError: a configuration of pytest cannot be read.

    """
    return tuple(_starts(settings))


def _starts(settings: Settings) -> dict[PytestConfig, list[Path]]:
    """Return each configuration of pytest with the folders of the `paths` that it counts for."""
    found: dict[PytestConfig, list[Path]] = defaultdict(list)
    for path in settings.paths:
        real = Path(os.path.realpath(settings.root / path))
        start = real if real.is_dir() else real.parent
        config = pytest_config(start, _top(settings))
        found[config or PytestConfig(settings.root.resolve())].append(start)
    return found


def conftests(settings: Settings) -> list[Path]:
    """Return the conftest that each way to start pytest runs first, else where one would be."""
    chains = _conftests(settings)
    return [next(filter(os.path.lexists, chain), chain[0]) for chain in chains]


def _conftests(settings: Settings) -> Iterator[list[Path]]:
    """Yield the conftests, there or not, that pytest runs before each test in `paths`, in order.

    Those of the folders from its rootdir down to the one around all of them.
    """
    root = settings.root.resolve()
    by_top: dict[Path, list[Path]] = defaultdict(list)
    for config, starts in _starts(settings).items():
        by_top[config.folder if config.folder.is_relative_to(root) else root] += starts
    for top, starts in by_top.items():
        common = Path(os.path.commonpath(starts))
        inner = (f for f in reversed([common, *common.parents]) if f.is_relative_to(top))
        yield [folder / "conftest.py" for folder in dict.fromkeys([top, *inner])]


def _top(settings: Settings) -> Path:
    return checkout_of(settings.root) or settings.root.resolve()


def read_shared_modules(
    settings: Settings,
    modules: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
) -> SharedModules:
    """Read the shared modules of a settings table; a file is read again only after it changed.

    Args:
        settings: of the table.
        modules: dotted names that replace those of the settings.
        names: the names of the definitions to look at; all without.

    Raises:
        SettingsError: the repository has no such module, it does not parse, or two names mean the
            same file.

    """
    if modules is not None:
        settings = settings._replace(modules=tuple(modules), has_table=False)
    found: dict[Path, str] = {}
    for name in settings.modules:
        path = find_module(settings, name)
        if path is None:
            raise _not_found(settings, name)
        if path in found:
            message = f"{found[path]} and {name} are the same file, {path}: name it once"
            raise setting_error(settings, "modules", message)
        found[path] = name
    return SharedModules(
        modules=tuple(_shared_module(settings, name, path) for path, name in found.items()),
        harmless=settings.harmless,
        only=None if names is None else frozenset(names),
        tests=_tests(settings),
        filters=tuple(f for config in pytest_configs(settings) for f in config.filters),
        first_party=first_party(settings),
    )


def first_party(settings: Settings) -> frozenset[str]:
    """Return the modules that ruff, and by default isort, sorts as those of the repository.

    https://docs.astral.sh/ruff/settings/#src
    """
    root = settings.root.resolve()
    folders = [folder for folder in map(root.joinpath, ruff_sources(root)) if folder.is_dir()]
    inside = (folder for folder in folders if folder.resolve().is_relative_to(root))
    own = frozenset(name for folder in inside for name in _names_in(folder))
    return (own - ruff_known(root, "third")) | ruff_known(root, "first")


def _may_be_built(folder: Path) -> bool:
    """Whether packages of a folder may be installed, and so imported without its path: PEP 517."""
    path = folder / "pyproject.toml"
    found = parse_toml(read_config(path), path) if path.is_file() else {}
    return not {"build-system", "project"}.isdisjoint(found) or (folder / "setup.py").is_file()


def _names_in(folder: Path) -> Iterator[str]:
    """Yield the names of the modules and packages that may be imported from a folder."""
    return filter(str.isidentifier, (entry.removesuffix(".py") for entry in os.listdir(folder)))


def _tests(settings: Settings, *folders: Path) -> PytestNames:
    """Return what any of the ways to start pytest collects, so that each test is seen.

    It may also be started in one of some folders.
    """
    near = (tests_near(settings, folder) for folder in folders)
    found = (*(config.tests for config in pytest_configs(settings)), *near)
    return PytestNames(
        *(tuple(dict.fromkeys(itertools.chain(*n))) for n in zip(*found, strict=True))
    )


def tests_near(settings: Settings, folder: Path) -> PytestNames:
    """Return what pytest collects where it is started in a folder.

    Below the root, a configuration that cannot be read, such as that of a template, is skipped:
    pytest does not start there.

    Raises:
        SettingsError: that of the root, or one above it, cannot be read.

    """
    try:
        config = pytest_config(folder, _top(settings))
    except SettingsError:
        if settings.root.resolve().is_relative_to(folder):
            raise
        return tests_near(settings, folder.parent)
    return PytestNames() if config is None else config.tests


#: What makes a shared module where there is none.
_FIRST_STEPS = (
    "begin with `ssot-codemods discover` and `ssot-codemods adopt`, which writes a shared module "
    "and the settings; or with `ssot-codemods init`, for the module of this package"
)


def _not_found(settings: Settings, name: str) -> SettingsError:
    root = settings.root.absolute()
    outside = next(_candidates(settings, name), None)
    if outside is not None:
        why = f"{outside} is a link to {outside.resolve()}, outside of it"
    elif _is_package(root) and _files_of(root.joinpath(*name.split("."))):
        base = next(folder for folder in root.parents if not _is_package(folder))
        longer = ".".join([*root.relative_to(base).parts, name])
        why = f"{root} is a package itself, so pytest imports it as {longer}"
    else:
        why = f"looked for below {root}, its `src` and the `pythonpath` of pytest"
    advice = "correct the name, or run `ssot-codemods init`, which writes the default module"
    if name == DEFAULT_MODULE:
        advice = f"{_FIRST_STEPS}; or name your module"
    message = f"no module {name} in this repository ({why}): {advice}"
    return setting_error(settings, "modules", message)


def _shared_module(settings: Settings, name: str, path: Path) -> SharedModule:
    source, _ = _parsed(path, path.stat().st_mtime_ns, settings.file_timeout)
    file = path.parent if path.name == "__init__.py" else path
    folder = file.parents[name.count(".")]
    return SharedModule(
        name,
        str(path),
        source,
        rewrites_asserts(settings, name, path),
        folder=str(folder),
        beside=frozenset([name.partition(".")[0]] if _may_be_built(folder) else _names_in(folder)),
    )


@functools.lru_cache(maxsize=128)
def _parsed(path: Path, stamp: int, timeout: float | None) -> tuple[bytes, ast.Module]:
    """Read a Python file once; `stamp` is the time of its last change."""
    try:
        source = read_file(str(path), limit=LIMIT)[0]
        if len(source) > SMALL:
            _try_first(path, source, timeout)
        return source, parse(source)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    except Unparsable as error:
        raise SettingsError(f"{path}:{error.line}: {error}") from error


def _try_first(path: Path, source: bytes, timeout: float | None) -> None:
    """Have a worker, which can be ended, do what this process is about to do with a module."""
    from codemods.workers.pool import FILE_TIMEOUT, ProcessPool

    def failed(path: str, reason: Reason) -> None:
        message = reason.message.partition(": exclude")[0]  # it is needed
        raise SettingsError(f"{path}:{reason.line}: {reason.code.value}: {message}")

    item = Source(str(path), source)
    list(ProcessPool(1, timeout or FILE_TIMEOUT)(_try_module, [item], failed))


def _try_module(source: Source) -> None:
    module = SharedModule("module", source.path, source.content, rewrites_asserts=False)
    with suppress(SharedModuleError, RecursionError, MemoryError):
        Shared(SharedModules((module,)))


def rewrites_asserts(settings: Settings, name: str, path: Path) -> bool:
    """Whether pytest rewrites the assert statements of a module, however it is started."""
    by_name = all(config.tests.loads(str(path)) for config in pytest_configs(settings))
    if by_name or _is_registered_above(settings, name, path):
        return True
    return all(_registers(settings, files, name) for files in _conftests(settings))


def _is_registered_above(settings: Settings, name: str, path: Path) -> bool:
    """Whether a package that a module lies in registers it: that is run before the module."""
    folders = path.parents[1:] if path.name == "__init__.py" else path.parents
    packages = name.split(".")[:-1]
    return any(
        _registers(
            settings, [folder / "__init__.py"], name, ".".join(packages[: len(packages) - n])
        )
        for n, folder in enumerate(folders[: len(packages)])
    )


def _registers(
    settings: Settings, files: Iterable[Path], name: str, package: str | None = None
) -> bool:
    """Whether files that are run one after the other register a module before one imports it."""
    body: list[ast.stmt] = []
    for real in filter(Path.is_file, (Path(os.path.realpath(file)) for file in files)):
        body += _parsed(real, real.stat().st_mtime_ns, settings.file_timeout)[1].body
    return registers_rewrite(ast.Module(body, []), name, package)


def asserting_definitions(module: SharedModule) -> tuple[str, ...]:
    """Return the names of the definitions with an assert statement, in their order."""
    found = (node for node in parse(module.source).body if isinstance(node, DEFINITIONS))
    return tuple(n.name for n in found if any(isinstance(i, ast.Assert) for i in ast.walk(n)))


class SettingsByFile:
    """The settings and the shared modules that count for each file of one run.

    Those of the nearest pyproject.toml with the table above the file, up to the root of its
    checkout; so one run serves the packages of a monorepo.

    Args:
        own: the settings around the working folder, which count where no table is found.
        modules: dotted names that replace those of all tables; looked for by `own`.
        names: the names of the definitions to look at; all without.
        renaming: what the classes of those names are to be called.

    """

    def __init__(
        self,
        own: Settings,
        modules: Sequence[str] | None = None,
        names: Sequence[str] | None = None,
        renaming: Renaming | None = None,
    ) -> None:
        self.own = own
        self.renaming = renaming or Renaming()
        self._modules = modules
        self._names = names
        self._tables: dict[Path, Settings | None] = {}
        self._settings: dict[str, Settings] = {}
        self._shared: dict[Path, SharedModules | None] = {}
        self._uncovered: dict[str, None] = {}

    def settings(self, path: str) -> Settings:
        """Return the settings of a file.

        Raises:
            SettingsError: a table above it cannot be used.

        """
        folder = os.path.dirname(path)
        if folder not in self._settings:
            self._settings[folder] = self._settings_of(Path(os.path.realpath(folder or ".")))
        return self._settings[folder]

    def _settings_of(self, folder: Path) -> Settings:
        root = self._own_root
        found = self._nearest(folder)
        if found is None:  # neither a table nor a checkout
            return self.own if folder.is_relative_to(root) else Settings(root=folder)
        if found.root == root:
            return self.own
        return found._replace(file_timeout=self.own.file_timeout)

    @functools.cached_property
    def _own_root(self) -> Path:
        return self.own.root.resolve()

    def _nearest(self, folder: Path) -> Settings | None:
        if folder not in self._tables:
            found = self._settings_in(folder)
            if found is None and folder != folder.parent:
                found = self._nearest(folder.parent)
            self._tables[folder] = found
        return self._tables[folder]

    def _settings_in(self, folder: Path) -> Settings | None:
        """Return the settings of a folder; the pyproject.toml of a template is often no TOML."""
        try:
            return settings_in(folder)
        except SettingsError:
            if self._own_root.is_relative_to(folder) or names_table(folder):
                raise
            return None

    def shared(self, path: str) -> SharedModules | None:
        """Return the shared modules of a file, None where no settings cover it.

        Without a table, the default module covers it where it lies in its repository.

        Raises:
            SettingsError: as for `shared_modules`.

        """
        settings = self.own if self._modules is not None else self.settings(path)
        found = self._shared_by(settings)
        if found is None:
            self._uncovered[os.path.dirname(path) or os.curdir] = None
        return found

    def _shared_by(self, settings: Settings) -> SharedModules | None:
        if settings.root not in self._shared:
            covers = settings.has_table or self._modules is not None
            found = covers or find_module(settings, DEFAULT_MODULE) is not None
            self._shared[settings.root] = (
                read_shared_modules(settings, self._modules, self._names) if found else None
            )
        return self._shared[settings.root]

    def tests(self, path: str) -> PytestNames:
        """Return what pytest collects where a file lies, however it is started."""
        settings, folder = self.settings(path), Path(os.path.realpath(os.path.dirname(path) or "."))
        return _tests(settings, folder)

    def modules(self, path: str) -> tuple[SharedModule, ...]:
        """Return the shared modules of a file, none where no settings cover it."""
        found = self.shared(path)
        return () if found is None else found.modules

    def shared_paths(self) -> frozenset[str]:
        """Return the real paths of the shared modules of all files that were asked about."""
        found = (shared.modules for shared in self._shared.values() if shared is not None)
        return frozenset(module.path for modules in found for module in modules)

    def uncovered(self) -> tuple[str, ...]:
        """Return the folders of the files that were asked about and that no settings cover.

        Raises:
            SettingsError: there is no other one, or no file at all and no settings that would do.

        """
        own = self._shared_by(self.own)
        if own is None and not any(self._shared.values()):
            raise SettingsError(
                "no settings name a shared module for these files, as no pyproject.toml above them "
                f"has a table [tool.ssot-codemods]: {_FIRST_STEPS}"
            )
        return tuple(self._uncovered)
