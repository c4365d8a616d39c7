"""What holds for all tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

import codemods.engine.edit  # noqa: F401 -- it loads LibCST, which each worker would load anew
from codemods.disk.git import take_notes

NO_PLUGINS = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"


@pytest.fixture(autouse=True, scope="session")
def _heard() -> Iterator[None]:
    """Hear the signals that some tests send, to themselves and to what they start.

    A shell has SIGINT ignored for what it runs in the background, and nohup SIGHUP; both are
    inherited.
    """
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGHUP)}
    ignored = [number for number, handler in before.items() if handler is signal.SIG_IGN]
    for number in ignored:
        usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, usual)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture(autouse=True, scope="session")
def _bare() -> Iterator[None]:
    """Let a pytest that a test starts load no plugin that is installed: it takes half as long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(NO_PLUGINS, "1")
        yield


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a pytest that the test starts load the plugins that are installed, as pytest-xdist."""
    monkeypatch.delenv(NO_PLUGINS)


@pytest.fixture(autouse=True)
def _noted() -> Iterator[None]:
    """Leave no note about git behind, which the next command would print."""
    yield
    take_notes()
