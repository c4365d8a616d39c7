"""Local classes that a shared class replaces, each beside the name of that shared class.

To record another one, paste the local class below, give it a name of its own, and write above it
which shared class replaces it. A copy in a test file is replaced where its shape equals one of
these: docstrings, annotations, ``pass``, the order of methods, a base ``object`` and
``pytest.mark`` decorators do not count; everything else does.

``tests/test_shapes_equivalence.py`` runs each of them beside its shared class with the same random
calls and compares what both do. It fails for a class recorded here by mistake.

The codemods read this file as text and never run it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

#: Each recorded class and the name of the shared class that replaces it.
SHAPES: list[tuple[type, str]] = []


def replaced_by(shared_name: str, *, aliases: Sequence[str] = ()) -> Callable[[type], type]:
    """Record a local class as equal to a shared one.

    Args:
        shared_name: the shared class, as its module names it.
        aliases: other names that the shared module has for it. A copy of such a name is imported
            under that name, a copy of any other name as ``shared_name as <name>``.

    Returns:
        A decorator that gives the class back as it is.

    """

    def record(local_class: type) -> type:
        SHAPES.append((local_class, shared_name))
        return local_class

    return record


@replaced_by(
    "SSotWebSocketConnection",
    aliases=["TestWebSocketConnection", "MockWebSocketConnection", "WebSocketConnectionMock"],
)
class CommonCopy:
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


@replaced_by("SSotAsyncWebSocketConnection")
class AwaitedCopy:
    """The same, read with ``await``."""

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

    async def get_messages(self) -> list:
        """Get all sent messages."""
        await asyncio.sleep(0)
        return self.messages_sent.copy()
