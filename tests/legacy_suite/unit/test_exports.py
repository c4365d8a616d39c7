"""Star imports of test modules, which the load tests do."""

__all__ = ["TestWebSocketConnection", "test_all_is_bound"]

import asyncio  # noqa: F401 - the load tests take it from here
import sys

class TestWebSocketConnection:
    def __init__(self):
        self.messages_sent = []
        self.is_connected = True
        self._closed = False

    async def send_json(self, message):
        if self._closed:
            raise RuntimeError("WebSocket is closed")
        self.messages_sent.append(message)

    async def close(self, code=1000, reason="Normal closure"):
        self._closed = True
        self.is_connected = False

    async def get_messages(self):
        await asyncio.sleep(0)  # let the other tasks have their turn
        return self.messages_sent.copy()


def test_all_is_bound():
    module = sys.modules[__name__]
    assert all(hasattr(module, name) for name in __all__)
