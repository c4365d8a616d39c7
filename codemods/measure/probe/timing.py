"""What pytest has no hooks for: the time of conftest files, plugins, imports, and rewriting.

The functions that are wrapped for it are in `Timing._patches`. One that a version of pytest does
not have is left out, and its figures are 0.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

#: As they are now: a test may put something else in their place, as eventlet does.
clock = time.perf_counter
_get_ident = threading.get_ident
_LONGEST_MESSAGE = 500


class Meter:
    """A stack of steps and imports, of the main thread only.

    What takes turns within that thread, as greenlets do, may end in another order than it began: an
    end ends all that began later, and is no end of anything else.
    """

    def __init__(self) -> None:
        self._thread = _get_ident()
        self._stack: list[list[Any]] = []  # kind, key, start, seconds of what is inside
        self._steps: dict[tuple[str, str], dict[str, Any]] = {}
        #: The name, the seconds without and with what it imports in turn, the imports around it.
        self.imports: list[tuple[str, float, float, list[str]]] = []

    def enter(self, kind: str, key: str) -> list[Any] | None:
        """Begin a step or an import, and return what `leave` ends; None in another thread."""
        if _get_ident() != self._thread:
            return None
        self._stack.append([kind, key, clock(), 0.0])
        return self._stack[-1]

    def leave(self, entry: list[Any] | None) -> None:
        """End what was begun."""
        if not any(entry is one for one in self._stack):
            return
        while self._stack.pop() is not entry:
            pass
        assert entry is not None
        kind, key, start, inside = entry
        total = clock() - start
        if self._stack:
            self._stack[-1][3] += total
        if kind == "import":
            self._count_import(key, total - inside, total)
        else:
            step = self.step(kind, key)
            step["own_seconds"] += total - inside
            step["cumulative_seconds"] += total

    def step(self, kind: str, key: str) -> dict[str, Any]:
        """Return the figures of a step so far."""
        new = {"own_seconds": 0.0, "cumulative_seconds": 0.0, "import_seconds": {}}
        return self._steps.setdefault((kind, key), new)

    def _count_import(self, name: str, own: float, total: float) -> None:
        names = [name]  # behind those of the imports around it, within the step
        for kind, key, *_ in reversed(self._stack):
            if kind == "import":
                names.insert(0, key)
                continue
            step = self.step(kind, key)
            if names[0].rpartition(".")[2] == _module_name(key):
                del names[0]  # the step is that import
            if not names:
                step["own_seconds"] += own
                return
            top = name.partition(".")[0]
            step["import_seconds"][top] = step["import_seconds"].get(top, 0.0) + own
            break
        self.imports.append((name, own, total, names[:-1]))


def _module_name(key: str) -> str:
    path = Path(key)
    return path.parent.name if path.name == "__init__.py" else path.stem


# The frame must look like one of importlib's own: warnings and tracebacks skip those. See
# _is_internal_frame in Lib/warnings.py and remove_importlib_frames in Python/import.c.
_FIND_AND_LOAD = """
def wrap(enter, leave, find_and_load):
    def _find_and_load(name, import_):
        entry = enter("import", name)
        try:
            return find_and_load(name, import_)
        finally:
            leave(entry)
    return _find_and_load
"""


class Timing:
    """Times the steps of a session, and hands `add` the kind and the values of a line for each.

    Imports are told apart only `with_imports`.
    """

    def __init__(self, add: Callable[..., None], *, with_imports: bool) -> None:
        self.rootdir: Path | None = None
        self.cached: dict[str, bool] = {}
        self.costs: dict[str, list[float]] = {"rewriting": [0.0, 0], "warnings_building": [0.0, 0]}
        self._add = add
        self._with_imports = with_imports
        self._meter = Meter()
        self._began = time.time()
        self._patched: list[tuple[Any, str, Any]] = []

    def install(self) -> None:
        """Wrap the functions that are timed."""
        for module, name, wrapper in self._patches():
            with contextlib.suppress(ImportError, AttributeError, TypeError):
                owner: Any = importlib.import_module(module)
                *inner, last = name.split(".")
                for part in inner:
                    owner = getattr(owner, part)
                original = getattr(owner, last)
                setattr(owner, last, wrapper(original))
                self._patched.append((owner, last, original))

    def remove(self) -> None:
        """Put the functions back."""
        for owner, name, original in reversed(self._patched):
            setattr(owner, name, original)
        self._patched.clear()

    def _patches(self) -> list[tuple[str, str, Callable[..., Any]]]:
        patches: list[tuple[str, str, Callable[..., Any]]] = [
            ("_pytest.config", "PytestPluginManager._importconftest", self._time_conftest),
            ("importlib.metadata", "EntryPoint.load", self._time_plugin),
            ("_pytest.assertion.rewrite", "_rewrite_test", self._timer("rewriting")),
            ("_pytest.assertion.rewrite", "_read_pyc", self._see_cache),
            ("_pytest.nodes", "Node.warn", self._timer("warnings_building")),
        ]
        if self._with_imports:
            names: dict[str, Any] = {}
            exec(compile(_FIND_AND_LOAD, "<frozen importlib._bootstrap>", "exec"), names)
            wrap = functools.partial(names["wrap"], self._meter.enter, self._meter.leave)
            patches.append(("importlib._bootstrap", "_find_and_load", wrap))
        return patches

    def _timer(self, name: str) -> Callable[..., Any]:
        cost = self.costs[name]

        def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(function)
            def timed(*args: Any, **kwargs: Any) -> Any:
                start = clock()
                try:
                    return function(*args, **kwargs)
                finally:
                    cost[0] += clock() - start
                    cost[1] += 1

            return timed

        return wrap

    def _see_cache(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def read(source: Any, *args: Any, **kwargs: Any) -> Any:
            code = function(source, *args, **kwargs)
            self.cached[str(source)] = code is not None
            return code

        return read

    def _time_conftest(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def load(manager: Any, path: Any, *args: Any, **kwargs: Any) -> Any:
            if manager.get_plugin(str(path)) is not None:
                return function(manager, path, *args, **kwargs)
            try:
                with self.step("conftests", str(path)):
                    return function(manager, path, *args, **kwargs)
            except BaseException as error:
                self._add("conftest_error", str(path), text_of(cause(error)))
                raise

        return load

    def _time_plugin(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def load(entry: Any) -> Any:
            if entry.group != "pytest11":
                return function(entry)
            with self.step("plugins", str(entry.name)):
                return function(entry)

        return load

    @property
    def imports(self) -> list[tuple[str, float, float, list[str]]]:
        """The imports that ended so far; see `Meter`."""
        return self._meter.imports

    @contextlib.contextmanager
    def step(self, kind: str, key: str) -> Generator[None, None, None]:
        """Time what is done inside as one step."""
        entry = self._meter.enter(kind, key)
        try:
            yield
        finally:
            self._meter.leave(entry)
            values = dict(self._meter.step(kind, key))
            if kind == "modules":
                values["from_cache"] = self.cached.get(key)
            self._add("step", kind, self.relative(key), values)

    def relative(self, path: Any) -> str:
        """Return a path from pytest's rootdir, once that is known."""
        with contextlib.suppress(ValueError, TypeError):
            if self.rootdir is not None:
                return Path(path).relative_to(self.rootdir).as_posix()
        return str(path)

    def see_plain_cache(self, module: pytest.Module) -> None:
        """Look at Python's own bytecode: with ``--assert=plain``, or if the hook came too late."""
        if str(module.path) in self.cached:
            return
        loaded = getattr(module, "_obj", None)
        cached = getattr(getattr(loaded, "__spec__", None), "cached", None)
        if cached:
            with contextlib.suppress(OSError):
                self.cached[str(module.path)] = Path(cached).stat().st_mtime < self._began


def text_of(error: BaseException) -> str:
    """Return the kind of an error and its message."""
    text = str(error)
    return short(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def cause(error: BaseException) -> BaseException:
    """Return what an import raised: pytest wraps it in an error with a long text."""
    wrapped = isinstance(error, pytest.Collector.CollectError)
    if (wrapped or type(error).__name__ == "ConftestImportFailure") and error.__cause__ is not None:
        return error.__cause__
    return error


def last_line(text: str) -> str:
    """Return the last line that is not blank."""
    return short(next((line for line in reversed(text.splitlines()) if line.strip()), ""))


def short(text: str) -> str:
    """Return a message, cut where it is too long."""
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 3] + "..."
