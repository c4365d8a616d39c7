"""A pytest plugin that writes what a session does as JSON lines, as it happens.

Use: ``SSOT_CODEMODS_PROBE=/path/of/lines python -m pytest -p codemods.measure.probe.plugin``.
Without the variable it does nothing. This folder stands alone (standard library and pytest), so
that it can be copied under a name of its own for the interpreter of a repository that has a package
called `codemods` too. pytest 8.0 and later, with pytest-xdist or without it.

Each line is a list: a kind and its values. `codemods.measure.record` folds them. A session that
dies has no last line, ``ended``; all else is read in the same way. A worker of pytest-xdist hands
some lines over when it ends, and the controller writes them as one line. (With ``--collect-only``,
by which time and memory are measured, pytest-xdist starts no workers.)

Times are seconds of ``time.perf_counter``. `cumulative_seconds` is the time from the beginning of a
step to its end, `own_seconds` the same less the steps and the imports inside it. Imports are only
told apart with ``imports`` in SSOT_CODEMODS_PROBE_OPTIONS; else they count as own. With ``list`` in
it, test modules are found but not imported.

Sources: https://docs.pytest.org/en/stable/reference/reference.html#hooks (hooks and reports),
https://docs.python.org/3/reference/import.html (imports),
https://github.com/pytest-dev/pytest-reportlog (lines as they happen).
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import resource
import site
import sys
import sysconfig
import warnings
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from .timing import Timing, cause, clock, last_line, short, text_of

VARIABLE = "SSOT_CODEMODS_PROBE"
OPTIONS = "SSOT_CODEMODS_PROBE_OPTIONS"
_WORKER_KEY = "ssot_codemods_probe"
#: The phase that pytest-xdist gives a test which took its worker with it.
_CRASHED = "???"
#: Of what a worker sees, all that the controller does not see itself.
_HANDED_OVER = frozenset({"error", "warning", "deselected"})
#: As they are now: a test may put something else in their place.
_DUMPS, _GETPID, _OPEN, _WRITE, _CLOSE = json.dumps, os.getpid, os.open, os.write, os.close

_active: _Probe | None = None


class _Probe:
    """One session: its lines.

    `path` is the file of lines, None in a worker of pytest-xdist, which hands its lines over.
    `options` are words out of ``imports`` and ``list``.
    """

    def __init__(self, path: Path | None, options: Iterable[str]) -> None:
        self.options = frozenset(options)
        self.timing = Timing(self.add, with_imports="imports" in self.options)
        self.config: pytest.Config | None = None
        self._path = path
        self._to_hand_over: list[str] = []
        self._pid = _GETPID()
        self._session: pytest.Session | None = None
        self._not_collected: set[str] = set()
        self._showwarning: Callable[..., None] | None = None

    # The lines

    def add(self, kind: str, *values: Any) -> None:
        """Write a line at once, or keep it where it is to be handed over."""
        if _GETPID() != self._pid:
            return
        line = _DUMPS([kind, *values])
        if self._path is None:
            if kind in _HANDED_OVER:
                self._to_hand_over.append(line)
            return
        # Not kept open: a test may close all files, and another one would get the number.
        descriptor = _OPEN(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            _WRITE(descriptor, line.encode() + b"\n")
        finally:
            _CLOSE(descriptor)

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
        found = config.pluginmanager.list_plugin_distinfo()
        named = {f"{dist.project_name} {dist.version}" for _, dist in found}
        return {
            "pytest": pytest.__version__,
            "plugins": sorted(named),
            "python": f"{platform.python_implementation()} {platform.python_version()}",
            "executable": sys.executable,
            "rootdir": str(config.rootpath),
            "configuration": str(config.inipath or ""),
            "testpaths": list(config.getini("testpaths")),
            "arguments": [str(a) for a in config.args],
            "installed": _installed_folders(),
        }

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        start = clock()
        try:
            return (yield)
        except pytest.UsageError as error:
            self.add("problem", "; ".join(str(a).strip() for a in error.args))
            raise
        finally:
            self.add("collection_seconds", clock() - start)

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
        with self.timing.step("folders" if folder else "modules", path):
            report = yield
            if collector is module and "list" not in self.options:
                self.timing.see_plain_cache(module)
        if report.outcome == "failed":
            call = report.__dict__.get("call")
            if call is not None and call.excinfo:
                message = text_of(cause(call.excinfo.value))
            else:
                message = last_line(str(report.longrepr))
            self._add_error(report.nodeid, self.timing.relative(path), message)
        return report

    def _add_error(self, nodeid: str, file: str, message: str) -> None:
        self._not_collected.add(nodeid)
        self.add("error", nodeid, file, message)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        items = [n.nodeid for n in report.result or () if isinstance(n, pytest.Item)]
        if items:
            self.add("collected", items)
        if report.outcome == "skipped":  # a whole module, perhaps by `importorskip`
            self.add("test", report.nodeid, "setup", "skipped")
        if report.outcome == "failed" and report.nodeid not in self._not_collected:
            file = report.nodeid.partition("::")[0]
            self._add_error(report.nodeid, file, last_line(str(report.longrepr)))

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self.add("deselected", [item.nodeid for item in items])

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
        self.add("warning", category, self.timing.relative(file), line, short(text), when, nodeid)

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.add("problem", f"internal error of pytest: {text_of(excinfo.value)}")

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        # Too many failures, or errors at collection, are told elsewhere.
        if not isinstance(excinfo.value, pytest.Session.Interrupted):
            self.add("problem", f"stopped: {text_of(excinfo.value)}")

    # With pytest-xdist

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self.add("worker_collected", ids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        if error:
            name = getattr(getattr(node, "gateway", None), "id", "")
            self.add("problem", f"worker {name} of pytest-xdist died: {short(str(error))}")
        lines = getattr(node, "workeroutput", {}).get(_WORKER_KEY)
        if lines is not None:
            self.add("worker", lines)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_WORKER_KEY] = self._to_hand_over

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        global _active
        if _GETPID() != self._pid:
            return
        if self._session is not None:
            totals = {
                **self.timing.costs,
                "imports": self.timing.imports,
                "peak_memory": peak_memory(),
                "dont_write_bytecode": sys.dont_write_bytecode,
            }
            self.add("ended", int(self._session.exitstatus), totals)
        self.timing.remove()
        if self._showwarning is not None:
            warnings.showwarning = self._showwarning
        if _active is self:
            _active = None


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
    _active = _Probe(Path(path).absolute(), options)
    _active.timing.install()
    if pluginmanager.is_blocked("cacheprovider"):
        # `-o cache_dir=` keeps a measurement out of the user's cache. Where there is none, pytest
        # must still know the word.
        with contextlib.suppress(ValueError, AssertionError):
            parser.addini("cache_dir", "not used without cacheprovider", default="")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register for the session that this process was started for, or as a worker of it."""
    global _active
    if _active is None and hasattr(config, "workerinput"):
        _active = _Probe(None, ())
        _active.timing.install()
    if _active is None or _active.config is not None:
        return
    _active.config = config
    _active.timing.rootdir = config.rootpath
    config.pluginmanager.register(_active, "ssot-codemods-probe")
    if "list" in _active.options:
        config.pluginmanager.register(_Lister(), "ssot-codemods-lister")


def _installed_folders() -> list[str]:
    paths = sysconfig.get_paths()
    folders = [paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders += [*site.getsitepackages(), site.getusersitepackages()]
    return sorted({str(Path(f).resolve()) for f in folders} | set(folders))


def peak_memory() -> int:
    """Return the largest resident size of this process so far, in bytes.

    The figure of Linux's /proc is that of the program alone: getrusage counts what the process was
    before it became this program, too.
    """
    with contextlib.suppress(OSError, ValueError, IndexError):
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024
