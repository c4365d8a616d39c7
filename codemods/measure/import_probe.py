"""A pytest plugin that imports given modules where it would a test module, and reports on them.

It is run from a copy of this file, so it imports nothing of this package.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
import sysconfig
import traceback
import types
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import pytest


class _Empty(importlib.abc.Loader):
    """Loads a test module as an empty one: the path to it is what counts."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Run nothing."""


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the one test module that is not to be run, wherever pytest looks for it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Claim the name that pytest gives the file."""
        if name.rpartition(".")[2] != self._path.stem:
            return None
        return importlib.util.spec_from_file_location(name, self._path, loader=_Empty())


class _Stand(pytest.Module):
    """Stands in for a test module."""

    def collect(self) -> Iterator[pytest.Item]:
        """Import the test module as pytest does, without its code, and the others from there."""
        config = self.config
        answer = {
            **self._answer(os.environ["SSOT_CODEMODS_MODULES"].split(",")),
            "pytest": pytest.__version__,
            "import_mode": str(config.getoption("importmode")),
            "ini_file": str(config.inipath) if config.inipath is not None else None,
            "sys_path": list(sys.path),
            "plugins": sorted(
                f"{dist.project_name} {dist.version}"
                for _, dist in config.pluginmanager.list_plugin_distinfo()
            ),
        }
        Path(os.environ["SSOT_CODEMODS_ANSWER"]).write_text(json.dumps(answer), "utf-8")
        return iter(())

    def _answer(self, names: list[str]) -> dict[str, Any]:
        finder = _Finder(self.path)
        sys.meta_path.insert(0, finder)
        try:
            # pytest extends sys.path and imports the packages around, whatever its import mode.
            assert self.obj is not None
        except BaseException as error:  # noqa: BLE001 -- as below
            return {"error": f"pytest cannot import the test modules there: {_last_line(error)}"}
        finally:
            sys.meta_path.remove(finder)
        modules = {name: self._module(name) for name in names}
        invoked_in = str(self.config.invocation_params.dir)
        failed = [name for name in names if modules[name]["error"] is not None]
        if failed and invoked_in not in sys.path:
            # As `python -m pytest` has it: first, but behind what pytest and conftests put there.
            # This plugin was found by the first entry that Python itself made.
            own = str(Path(__file__).parent)
            sys.path.insert(sys.path.index(own) if own in sys.path else 0, invoked_in)
            for name in failed:
                _forget(name.partition(".")[0])
                second = self._module(name)
                if second["error"] is None:
                    modules[name] = {**second, "needs_working_folder": True}
            sys.path.remove(invoked_in)
        return {"modules": list(modules.values())}

    def _module(self, name: str) -> dict[str, Any]:
        """Import a module, and return what there is to know of it."""
        importlib.invalidate_caches()
        error, module = None, None
        before, start = set(sys.modules), perf_counter_ns()
        try:
            module = importlib.import_module(name)
        except BaseException as raised:  # noqa: BLE001 -- whatever it is goes into the answer
            error = traceback.format_exception_only(type(raised), raised)[-1].strip()
        nanoseconds = perf_counter_ns() - start
        is_first = module is not None and name not in before
        loader = getattr(module, "__loader__", None)
        return {
            "name": name,
            "file": getattr(module, "__file__", None),
            "error": error,
            "package": _package_file(name),
            "collected": sorted(self._collected(module)) if module is not None else [],
            "rewritten": type(loader).__name__ == "AssertionRewritingHook",
            "first_import": _cost(nanoseconds, sys.modules.keys() - before) if is_first else None,
        }

    def _collected(self, module: types.ModuleType) -> Iterator[str]:
        """Yield the names that pytest would collect where a test module imports them."""
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) != module.__name__:
                continue
            is_class = isinstance(value, type) and self.istestclass(value, name)
            if (is_class and getattr(value, "__test__", True)) or self.istestfunction(value, name):
                yield name


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector:
    """Collect a stand-in instead of the test module, which is not run."""
    stand: pytest.Collector = _Stand.from_parent(parent, path=module_path)
    return stand


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep pytest from writing where its settings say, and from importing for doctests."""
    for option, harmless in (
        ("xmlpath", None),
        ("log_file", os.devnull),
        ("doctestmodules", False),
    ):
        if hasattr(config.option, option):
            setattr(config.option, option, harmless)


def _last_line(error: BaseException) -> str:
    if isinstance(error, pytest.Collector.CollectError):  # its text is a traceback
        text = str(error)
    else:
        text = traceback.format_exception_only(type(error), error)[-1]
    return text.strip().splitlines()[-1].removeprefix("E  ").strip()


def _forget(package: str) -> None:
    """Forget a package, as another one of its name may have been found."""
    for name in list(sys.modules):
        if name == package or name.startswith(f"{package}."):
            del sys.modules[name]


def _cost(nanoseconds: int, names: Iterable[str]) -> dict[str, Any]:
    """Return what an import took, and how many modules it brought: all, and those of the root."""
    root = os.environ["SSOT_CODEMODS_ROOT"]
    installed = {os.path.realpath(folder) for folder in sysconfig.get_paths().values()}
    files = [getattr(sys.modules[name], "__dict__", {}).get("__file__") for name in names]
    parents = [set(Path(os.path.realpath(f)).parents) for f in files if isinstance(f, str)]
    own = [p for p in parents if Path(root) in p and p.isdisjoint(map(Path, installed))]
    return {
        "milliseconds": round(nanoseconds / 1e6, 1),
        "module_count": len(files),
        "repository_module_count": len(own),
    }


def _package_file(name: str) -> str | None:
    """Return the file of the innermost package around a module that was found, if it has one."""
    names = name.split(".")
    packages = (sys.modules.get(".".join(names[:n])) for n in range(len(names) - 1, 0, -1))
    found = next((package for package in packages if package is not None), None)
    return getattr(found, "__file__", None)
