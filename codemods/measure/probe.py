"""A pytest plugin that writes what a session does as JSON lines, as it happens.

Use: ``SSOT_CODEMODS_PROBE=/path/of/lines python -m pytest -p codemods.measure.probe``. Without the
variable it does nothing. This file stands alone (standard library and pytest), so that it can be
copied under a name of its own for the interpreter of a repository that has a package called
`codemods` too. pytest 8.0 and later, with pytest-xdist or without it.

Each line is a list: a kind and its values. `codemods.measure.record` folds them. A session that
dies has no last line, ``ended``; all else is read in the same way. A worker of pytest-xdist hands
its lines over when it ends, and the controller writes them as one line.

Times are seconds of ``time.perf_counter``. `cumulative` is the time from the beginning of a step to
its end, `own` is `cumulative` less the steps and the imports inside it. Imports are only told apart
with ``imports`` in SSOT_CODEMODS_PROBE_OPTIONS; else they count as `own`. With ``list`` in it, test
modules are found but not imported. SSOT_CODEMODS_PROBE_SAME is a file of JSON with the name of a
folder and the SHA-256 of files in it: where a worker of pytest-xdist has others, that is a problem.

pytest has no hooks for some of this; the functions that are wrapped for it are in
`_Probe._patches`. One that a version of pytest does not have is left out, and its figures are 0.

Sources: https://docs.pytest.org/en/stable/reference/reference.html#hooks (hooks and reports),
https://docs.python.org/3/reference/import.html (imports),
https://github.com/pytest-dev/pytest-reportlog (lines as they happen).
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import platform
import site
import sys
import sysconfig
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "SSOT_CODEMODS_PROBE"
OPTIONS = "SSOT_CODEMODS_PROBE_OPTIONS"
SAME = "SSOT_CODEMODS_PROBE_SAME"
_WORKER_KEY = "ssot_codemods_probe"
_LONGEST_MESSAGE = 500
#: The phase that pytest-xdist gives a test which took its worker with it.
_CRASHED = "???"
#: Of what a worker sees, all that the controller does not see itself.
_HANDED_OVER = frozenset({"step", "error", "warning", "ended"})
#: As they are now: a test may put something else in their place.
_CLOCK = time.perf_counter
_DUMPS, _GETPID, _WRITE, _OPEN, _FSTAT = json.dumps, os.getpid, os.write, os.open, os.fstat

_active: _Probe | None = None


class _Meter:
    """A stack of steps and imports, of the main thread only."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._stack: list[list[Any]] = []  # kind, key, start, seconds of what is inside
        self.steps: dict[tuple[str, str], dict[str, Any]] = {}

    def enter(self, kind: str, key: str) -> None:
        if threading.get_ident() == self._thread:
            self._stack.append([kind, key, _CLOCK(), 0.0])

    def leave(self) -> None:
        if threading.get_ident() != self._thread:
            return
        kind, key, start, inside = self._stack.pop()
        total = _CLOCK() - start
        if self._stack:
            self._stack[-1][3] += total
        if kind == "import":
            self._count_import(key, total - inside)
        else:
            step = self._step(kind, key)
            step["own"] += total - inside
            step["cumulative"] += total

    def _step(self, kind: str, key: str) -> dict[str, Any]:
        new = {"own": 0.0, "cumulative": 0.0, "imports": {}}
        return self.steps.setdefault((kind, key), new)

    def _count_import(self, name: str, seconds: float) -> None:
        depth = next((n for n, s in enumerate(reversed(self._stack)) if s[0] != "import"), None)
        if depth is None:
            return
        kind, key, *_ = self._stack[-1 - depth]
        step = self._step(kind, key)
        if depth == 0 and name.rpartition(".")[2] == _module_name(key):
            step["own"] += seconds
        else:
            top = name.partition(".")[0]
            step["imports"][top] = step["imports"].get(top, 0.0) + seconds


def _module_name(key: str) -> str:
    path = Path(key)
    return path.parent.name if path.name == "__init__.py" else path.stem


# The frame must look like one of importlib's own: warnings and tracebacks skip those, and so
# nobody sees that it is there. See _is_internal_frame in Lib/warnings.py and
# remove_importlib_frames in Python/import.c.
_FIND_AND_LOAD = """
def wrap(find_and_load, enter, leave):
    def _find_and_load(name, import_):
        enter("import", name)
        try:
            return find_and_load(name, import_)
        finally:
            leave()
    return _find_and_load
"""


# Looks at files on another machine. They lie in the working folder of the worker, or one below it
# that rsync has put there.
_DIGESTS = """
import hashlib, os, sys
folder, paths = channel.receive()
files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
loaded = {os.path.realpath(file) for file in files if file}
found = {}
for path in paths:
    for place in (path, os.path.join(folder, path)):
        if path not in found and os.path.isfile(place):
            with open(place, "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            found[path] = "loaded" if os.path.realpath(place) in loaded else digest
channel.send(found)
"""


class _Probe:
    """One session: its lines, its meter.

    Args:
        path: the file of lines, or None in a worker of pytest-xdist, which hands its lines over.
        options: words out of ``imports`` and ``list``.
        same: a folder and the digests of files in it, which workers must have, too.

    """

    def __init__(
        self,
        path: Path | None,
        options: Iterable[str],
        same: tuple[str, dict[str, str]] = ("", {}),
    ) -> None:
        self.meter = _Meter()
        self.options = frozenset(options)
        self.config: pytest.Config | None = None
        self._same = same
        self._path = path
        self._to_hand_over: list[str] = []
        self._pid = _GETPID()
        self._began = time.time()
        self._descriptor = -1
        self._descriptor_is = (-1, -1)  # device and inode
        self._patched: list[tuple[Any, str, Any]] = []
        self._session: pytest.Session | None = None
        self._not_collected: set[str] = set()
        self._cached: dict[str, bool] = {}
        self._costs: dict[str, list[float]] = {"rewriting": [0.0, 0], "warnings_building": [0.0, 0]}
        self._showwarning: Callable[..., None] | None = None

    # The lines

    def start(self) -> None:
        """Begin the file, and wrap what pytest has no hooks for."""
        if self._path is not None:
            self._open(os.O_TRUNC)
        for module, name, wrapper in self._patches():
            with contextlib.suppress(ImportError, AttributeError, TypeError):
                owner: Any = importlib.import_module(module)
                *inner, last = name.split(".")
                for part in inner:
                    owner = getattr(owner, part)
                original = getattr(owner, last)
                setattr(owner, last, wrapper(original))
                self._patched.append((owner, last, original))

    def _patches(self) -> list[tuple[str, str, Callable[..., Any]]]:
        patches: list[tuple[str, str, Callable[..., Any]]] = [
            ("_pytest.config", "PytestPluginManager._importconftest", self._time_conftest),
            ("importlib.metadata", "EntryPoint.load", self._time_plugin),
            ("_pytest.assertion.rewrite", "_rewrite_test", self._time_rewriting),
            ("_pytest.assertion.rewrite", "_read_pyc", self._see_cache),
            ("_pytest.nodes", "Node.warn", functools.partial(self._time, "warnings_building")),
        ]
        if "imports" in self.options:
            names: dict[str, Any] = {}
            exec(compile(_FIND_AND_LOAD, "<frozen importlib._bootstrap>", "exec"), names)
            wrap = functools.partial(_call, names["wrap"], self.meter.enter, self.meter.leave)
            patches.append(("importlib._bootstrap", "_find_and_load", wrap))
        return patches

    def stop(self) -> None:
        """Take the wraps off, and close the file."""
        for owner, name, original in reversed(self._patched):
            setattr(owner, name, original)
        self._patched.clear()
        if self._showwarning is not None:
            warnings.showwarning = self._showwarning
        if self._is_open():
            os.close(self._descriptor)
        self._descriptor = -1

    def add(self, kind: str, *values: Any) -> None:
        """Write a line at once, or keep it where it is to be handed over."""
        if _GETPID() != self._pid:
            return
        line = _DUMPS([kind, *values])
        if self._path is None:
            if kind in _HANDED_OVER:
                self._to_hand_over.append(line)
        elif self._descriptor >= 0:
            if not self._is_open():
                self._open(0)
            _WRITE(self._descriptor, line.encode() + b"\n")

    def _open(self, flags: int) -> None:
        assert self._path is not None
        flags |= os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._descriptor = _OPEN(self._path, flags, 0o600)
        status = _FSTAT(self._descriptor)
        self._descriptor_is = (status.st_dev, status.st_ino)

    def _is_open(self) -> bool:
        """Whether the descriptor is still ours: a test may close all, and open files then."""
        try:
            status = _FSTAT(self._descriptor)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._descriptor_is

    # What is wrapped

    def _time(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        cost = self._costs[name]

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            start = _CLOCK()
            try:
                return function(*args, **kwargs)
            finally:
                cost[0] += _CLOCK() - start
                cost[1] += 1

        return timed

    def _time_rewriting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        timed = self._time("rewriting", function)

        @functools.wraps(function)
        def rewrite(source: Any, *args: Any, **kwargs: Any) -> Any:
            self._cached[str(source)] = False
            return timed(source, *args, **kwargs)

        return rewrite

    def _see_cache(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def read(source: Any, *args: Any, **kwargs: Any) -> Any:
            code = function(source, *args, **kwargs)
            self._cached[str(source)] = code is not None
            return code

        return read

    def _time_conftest(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def load(manager: Any, path: Any, *args: Any, **kwargs: Any) -> Any:
            if manager.get_plugin(str(path)) is not None:
                return function(manager, path, *args, **kwargs)
            try:
                with self._step("conftests", str(path)):
                    return function(manager, path, *args, **kwargs)
            except BaseException as error:
                self.add("conftest_error", f"{path}: {_text_of(_cause(error))}")
                raise

        return load

    def _time_plugin(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def load(entry: Any) -> Any:
            if entry.group != "pytest11":
                return function(entry)
            with self._step("plugins", str(entry.name)):
                return function(entry)

        return load

    @contextlib.contextmanager
    def _step(self, kind: str, key: str) -> Generator[None, None, None]:
        self.meter.enter(kind, key)
        try:
            yield
        finally:
            self.meter.leave()
            values = dict(self.meter.steps[kind, key])
            if kind == "modules":
                values["from_cache"] = self._cached.get(key)
            self.add("step", kind, self._relative(key), values)

    def _relative(self, path: Any) -> str:
        with contextlib.suppress(ValueError, TypeError):
            if self.config is not None:
                return Path(path).relative_to(self.config.rootpath).as_posix()
        return str(path)

    # The hooks

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session
        config = session.config
        self.add("begun", self._facts(config))
        if config.pluginmanager.is_blocked("warnings") and self._showwarning is None:
            self._showwarning = warnings.showwarning
            warnings.showwarning = self._show  # type: ignore[assignment]

    def _show(self, message: Any, category: Any, filename: str, lineno: int, *rest: Any) -> None:
        """Stand in for warnings.showwarning where pytest does not look at warnings."""
        self._warn(category, str(filename), lineno, str(message), "", "")
        assert self._showwarning is not None
        self._showwarning(message, category, filename, lineno, *rest)

    def _facts(self, config: pytest.Config) -> dict[str, Any]:
        named = {f"{d.project_name} {d.version}" for _, d in _distributions(config)}
        return {
            "pytest": pytest.__version__,
            "plugins": sorted(named),
            "python": f"{platform.python_implementation()} {platform.python_version()}",
            "executable": sys.executable,
            "rootdir": str(config.rootpath),
            "configuration": str(config.inipath or ""),
            "testpaths": list(config.getini("testpaths")),
            "arguments": [str(a) for a in config.args],
            "targets": list(config.getoption("tx", None) or []),
            "installed": _installed_folders(),
        }

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        start = _CLOCK()
        try:
            return (yield)
        except pytest.UsageError as error:
            self.add("problem", "; ".join(str(a).strip() for a in error.args))
            raise
        finally:
            self.add("collection_seconds", _CLOCK() - start)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        module = collector.getparent(pytest.Module)
        folder = isinstance(collector, pytest.Directory)
        if module is None and not folder:
            return (yield)
        path = str((module or collector).path)
        self.add("running", collector.nodeid)
        with self._step("folders" if folder else "modules", path):
            report = yield
            if collector is module:
                self._see_plain_cache(module)
        if report.outcome == "failed":
            call = report.__dict__.get("call")
            if call is not None and call.excinfo:
                message = _text_of(_cause(call.excinfo.value))
            else:
                message = _last_line(str(report.longrepr))
            self._add_error(report.nodeid, self._relative(path), message)
        return report

    def _see_plain_cache(self, module: pytest.Module) -> None:
        """With ``--assert=plain``, or where the hook came too late, Python's own cache is used."""
        if str(module.path) in self._cached or "list" in self.options:
            return
        loaded = getattr(module, "_obj", None)
        cached = getattr(getattr(loaded, "__spec__", None), "cached", None)
        if cached:
            with contextlib.suppress(OSError):
                self._cached[str(module.path)] = Path(cached).stat().st_mtime < self._began

    def _add_error(self, nodeid: str, file: str, message: str) -> None:
        self._not_collected.add(nodeid)
        self.add("error", nodeid, file, message)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        items = [n.nodeid for n in report.result or () if isinstance(n, pytest.Item)]
        if items:
            self.add("collected", items)
        if report.outcome == "failed" and report.nodeid not in self._not_collected:
            file = report.nodeid.partition("::")[0]
            self._add_error(report.nodeid, file, _last_line(str(report.longrepr)))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.add("items", [item.nodeid for item in session.items])
        self.add("running", "")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.add("running", nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.add("finished", nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        outcome: str = report.outcome
        if hasattr(report, "wasxfail") and outcome in ("passed", "skipped"):
            outcome = "xpassed" if outcome == "passed" else "xfailed"
        if hasattr(report, "context"):
            # A subtest. It decides only where it failed: the test as a whole reports later, and
            # with the plugin pytest-subtests passes.
            if outcome != "failed":
                return
            self.add("test", f"{report.nodeid} [subtest]", report.when, outcome)
            return
        if report.when == _CRASHED:
            self.add("problem", f"it died while it ran {report.nodeid}")
        self.add("test", report.nodeid, report.when, outcome)

    @pytest.hookimpl(optionalhook=True)
    def pytest_warning_recorded(
        self, warning_message: warnings.WarningMessage, when: str, nodeid: str
    ) -> None:
        w = warning_message
        self._warn(w.category, w.filename, w.lineno, str(w.message), when, nodeid)

    def _warn(self, kind: Any, file: str, line: int, text: str, when: str, nodeid: str) -> None:
        category = getattr(kind, "__name__", str(kind))
        self.add("warning", category, self._relative(file), line, _short(text), when, nodeid)

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.add("problem", f"internal error of pytest: {_text_of(excinfo.value)}")

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        # Too many failures, or errors at collection, are told elsewhere.
        if not isinstance(excinfo.value, pytest.Session.Interrupted):
            self.add("problem", f"stopped: {_text_of(excinfo.value)}")

    # With pytest-xdist

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        folder, digests = self._same
        if digests:
            channel = node.gateway.remote_exec(_DIGESTS)
            channel.send((folder, list(digests)))
            found = channel.receive()
            channel.waitclose()
            other = [path for path, digest in digests.items() if found.get(path) != digest]
            if other:
                kinds = {None: "has not the", "loaded": "is no new process: it has loaded"}
                what = kinds.get(found.get(other[0]), "has another")
                # What pytest-xdist put before what was asked for says nothing to people.
                target = str(node.gateway.spec).removeprefix("execmodel=main_thread_only//")
                self.add("problem", f"worker {target} {what} {other[0]}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self.add("worker_collected", ids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        if error:
            name = getattr(getattr(node, "gateway", None), "id", "")
            self.add("problem", f"worker {name} of pytest-xdist died: {_short(str(error))}")
        lines = getattr(node, "workeroutput", {}).get(_WORKER_KEY)
        if lines is not None:
            self.add("worker", lines)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            self._add_end(0)
            output[_WORKER_KEY] = self._to_hand_over

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        global _active
        if _GETPID() != self._pid:
            return
        if self._session is not None:
            self._add_end(int(self._session.exitstatus))
        self.stop()
        if _active is self:
            _active = None

    def _add_end(self, exit_code: int) -> None:
        totals = {
            **self._costs,
            "peak_memory": peak_memory(),
            "dont_write_bytecode": sys.dont_write_bytecode,
        }
        self.add("ended", exit_code, totals)


class _Lister:
    """Finds test modules, and imports none."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> pytest.CollectReport | None:
        if isinstance(collector, pytest.Module):
            return pytest.CollectReport(collector.nodeid, "passed", None, [])
        return None


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Begin, as early as a plugin can, in the process that was given the variable."""
    global _active
    path = os.environ.pop(VARIABLE, None)
    if path is None:
        return
    # The variable must not reach a pytest that a test starts; its document is another one.
    options = os.environ.pop(OPTIONS, "").split(",")
    same = os.environ.pop(SAME, None)
    files = ("", {}) if same is None else json.loads(Path(same).read_bytes())
    _active = _Probe(Path(path).absolute(), options, files)
    _active.start()
    if pluginmanager.is_blocked("cacheprovider"):
        # `-o cache_dir=` keeps a measurement out of the user's cache. Where there is none, pytest
        # must still know the word.
        with contextlib.suppress(ValueError, AssertionError):
            parser.addini("cache_dir", "not used without cacheprovider", default="")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Take the session that this process was started for, or be part of it as a worker."""
    global _active
    if _active is None and hasattr(config, "workerinput"):
        _active = _Probe(None, ())
        _active.start()
    if _active is None or _active.config is not None:
        return
    _active.config = config
    config.pluginmanager.register(_active, "ssot-codemods-probe")
    if "list" in _active.options:
        config.pluginmanager.register(_Lister(), "ssot-codemods-lister")


def _installed_folders() -> list[str]:
    paths = sysconfig.get_paths()
    folders = [paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    if hasattr(site, "getsitepackages"):
        folders += [*site.getsitepackages(), site.getusersitepackages()]
    return sorted({str(Path(f).resolve()) for f in folders} | set(folders))


def _distributions(config: pytest.Config) -> list[tuple[Any, Any]]:
    return list(config.pluginmanager.list_plugin_distinfo())


def peak_memory() -> int:
    """Give the largest resident size of this process so far, in bytes; 0 where unknown.

    The figure of Linux's /proc is that of the program alone: getrusage counts what the process was
    before it became this program, too.
    """
    with contextlib.suppress(OSError, ValueError, IndexError):
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    with contextlib.suppress(ImportError):
        import resource

        size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return size if sys.platform == "darwin" else size * 1024
    return 0


def _call(wrap: Callable[..., Any], enter: Any, leave: Any, function: Any) -> Any:
    return wrap(function, enter, leave)


def _text_of(error: BaseException) -> str:
    text = str(error)
    return _short(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def _cause(error: BaseException) -> BaseException:
    """Give what an import raised: pytest wraps it in an error of its own, with a long text."""
    wrapped = isinstance(error, pytest.Collector.CollectError)
    if (wrapped or type(error).__name__ == "ConftestImportFailure") and error.__cause__ is not None:
        return error.__cause__
    return error


def _last_line(text: str) -> str:
    return _short(next((line for line in reversed(text.splitlines()) if line.strip()), ""))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 3] + "..."
