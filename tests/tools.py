"""The vocabulary of the tests: bytes in and out, compared exactly, each codemod run twice.

In `before` and `after`, ``{copy}`` stands for a local copy of the common class, ``{awaited}`` for
one whose `get_messages` is a coroutine, and ``{shared}`` for the shared module.
"""

from __future__ import annotations

import re
import shutil
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from codemods.engine.codemod import Codemod, apply
from codemods.engine.run import (
    SMALL,
    Failed,
    Pool,
    R,
    T,
    Wanted,
    Work,
    everything,
    small_here,
)
from codemods.migration.scan import Scan
from codemods.model import (
    Code,
    FileResult,
    Reason,
    SharedModule,
    SharedModules,
    Source,
    Status,
    Verdict,
)
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.settings import Settings
from codemods.workers.pool import worker_died

ROOT = Path(__file__).resolve().parent.parent
SHARED = "test_framework.ssot.websocket_connection_test_utility"

COPY = '''\
class TestWebSocketConnection:
    """Real WebSocket connection for testing instead of mocks."""

    def __init__(self):
        self.messages_sent = []
        self.is_connected = True
        self._closed = False

    async def send_json(self, message: dict):
        """Send JSON message."""
        if self._closed:
            raise RuntimeError("WebSocket is closed")
        self.messages_sent.append(message)

    async def close(self, code: int = 1000, reason: str = "Normal closure"):
        """Close WebSocket connection."""
        self._closed = True
        self.is_connected = False

    def get_messages(self) -> list:
        """Get all sent messages."""
        return self.messages_sent.copy()
'''

AWAITED = COPY.replace("    def get", "    async def get").replace(
    "        return self", "        await asyncio.sleep(0)\n        return self"
)


@cache
def default_modules() -> SharedModules:
    """Return the shared modules of a repository without settings: the founding one."""
    return shared((ROOT / "test_framework/ssot/websocket_connection_test_utility.py").read_text())


def shared(
    text: str, name: str = SHARED, *, rewrites_asserts: bool = False, harmless: tuple[str, ...] = ()
) -> SharedModules:
    """Return a shared module of some text."""
    path = f"/repository/{name.replace('.', '/')}.py"
    module = SharedModule(name, path, textwrap.dedent(text).encode(), rewrites_asserts)
    return SharedModules((module,), harmless)


class Files:
    """All files of a checkout, as the codemod asks for them."""

    def __init__(self, *sources: Source) -> None:
        self._sources = {s.path: s for s in sources}
        self.paths = list(self._sources)

    def read(self) -> list[Source]:
        return list(self._sources.values())

    def read_one(self, path: str) -> bytes:
        return self._sources[path].content


def failing(reason: Reason) -> Pool:
    """Return a run that comes to no end with any file."""

    def run(
        work: Work[T, R], given: Iterable[T], failed: Failed[R], /, wanted: Wanted[T] = everything
    ) -> Iterator[R]:
        return (failed(source.path, reason) for source in given if wanted(source))

    return run


#: Behind a file, it is no small one any more.
LONG = f"#{'x' * SMALL}\n"


#: Does small files, as `careful`, and comes to no end with any other.
never_done = small_here(failing(Reason(Code.TOO_SLOW, 1, "not done")))


def write(root: Path, files: dict[str, str]) -> None:
    """Write files into a folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def write_sources(root: Path, files: dict[str, str]) -> None:
    """Write files into a folder, as `source` makes them of short texts."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source(text))


def write_modules(folder: Path, **files: str) -> Path:
    """Write Python files; ``__`` in a name stands for a slash."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def write_shared(root: Path) -> None:
    """Write the founding module into a repository, as `init` does."""
    for folder in ("test_framework", "test_framework/ssot"):
        (root / folder).mkdir()
        for file in (ROOT / folder).glob("*.py"):
            shutil.copy(file, root / folder)


def scan(settings: Settings, *paths: str) -> Scan:
    """Look for the files below some paths, else below the current folder."""
    return Scan(
        settings,
        lambda _: ReplaceLocalCopies(default_modules()),
        paths or ["."],
        lambda done, total: None,
    )


class Here(NamedTuple):
    """Workers that are none: the work is done in this process, but for files with ``killer``."""

    jobs: int = 1

    def __call__(
        self,
        work: Work[T, R],
        items: Iterable[T],
        failed: Failed[R],
        /,
        wanted: Wanted[T] = everything,
    ) -> Iterator[R]:
        for item in filter(wanted, items):
            died = b"killer" in item.content
            yield failed(item.path, worker_died("of it")) if died else work(item)


def source(text: str | bytes) -> bytes:
    """Fill the placeholders; bytes are taken as they are."""
    if isinstance(text, bytes):
        return text
    filled = text.replace("{copy}", COPY).replace("{awaited}", AWAITED)
    return filled.replace("{shared}", SHARED).encode()


def indented(text: str, prefix: str = "    ") -> str:
    """Indent each line that is not blank."""
    return textwrap.indent(text, prefix)


def run(
    before: str | bytes,
    path: str = "tests/test_sample.py",
    modules: SharedModules | None = None,
    codemod: Codemod | None = None,
) -> FileResult:
    """Run a codemod on one file: that which replaces copies, unless another one is given."""
    return apply(source(before), path, codemod or ReplaceLocalCopies(modules or default_modules()))


def check_replaced(
    before: str | bytes,
    after: str | bytes,
    *,
    path: str = "tests/test_sample.py",
    modules: SharedModules | None = None,
    codemod: Codemod | None = None,
) -> FileResult:
    """Check that the file becomes `after`, and that a second run leaves that alone."""
    result = run(before, path, modules, codemod)
    assert result.error is None
    assert [r for d in result.decisions for r in d.reasons] == []
    assert result.status is Status.CHANGED
    assert result.after is not None
    assert _shown(result.after) == _shown(source(after))
    again = run(result.after, path, modules, codemod)
    assert again.after is None
    assert again.status in {Status.UNCHANGED, Status.REFUSED}
    return result


def check_refused(
    before: str | bytes,
    *codes: Code,
    line: int | None = None,
    saying: str = "",
    path: str = "tests/test_sample.py",
    modules: SharedModules | None = None,
    codemod: Codemod | None = None,
) -> FileResult:
    """Check that no definition is replaced, for just these reasons, in this order.

    `line` is that of the first reason, `saying` a part of its message.
    """
    result = run(before, path, modules, codemod)
    assert result.error is None
    assert result.status is Status.REFUSED
    assert result.after is None
    assert all(d.verdict is Verdict.REFUSE for d in result.decisions)
    reasons = [r for d in result.decisions for r in d.reasons]
    assert tuple(dict.fromkeys(r.code for r in reasons)) == codes, reasons
    if line is not None:
        assert reasons[0].line == line
    assert saying in reasons[0].message
    assert run(before, path, modules, codemod) == result
    return result


def check_untouched(
    before: str | bytes,
    *,
    path: str = "tests/test_sample.py",
    modules: SharedModules | None = None,
    codemod: Codemod | None = None,
) -> FileResult:
    """Check that the file holds nothing to decide on."""
    result = run(before, path, modules, codemod)
    assert result.status is Status.UNCHANGED
    assert (result.decisions, result.after, result.error) == ((), None, None)
    assert run(before, path, modules, codemod) == result
    return result


def _shown(content: bytes) -> list[bytes]:
    """Split into lines with their ends, so that a failure shows the first one that differs."""
    return re.findall(rb"[^\n]*\n|[^\n]+\Z", content)


def gone(pid: int) -> bool:
    """Return whether a process has ended."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def wait_until(condition: Callable[[], bool], deadline: float = 60) -> None:
    """Wait for something that is to happen by itself; far longer than it takes."""
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.01)
