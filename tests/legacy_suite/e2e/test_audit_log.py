"""The audit log names who did what, classes included."""

import asyncio

class MockWebSocketConnection:
    """Keeps what the server sends, so that no socket has to be opened."""

    def __init__(self):
        self.messages_sent = []
        self.is_connected = True
        self._closed = False

    async def send_json(self, message: dict):
        """Record one message."""
        if self._closed:
            raise RuntimeError("WebSocket is closed")
        self.messages_sent.append(message)

    async def close(self, code: int = 1000, reason: str = "Normal closure"):
        """Hang up."""
        self._closed = True
        self.is_connected = False

    def get_messages(self) -> list:
        """Give back what was sent so far."""
        return self.messages_sent.copy()


async def audited(connection, log):
    log.append(type(connection).__name__)
    await connection.send_json({"audited": True})


def test_log_has_the_class():
    log = []
    asyncio.run(audited(MockWebSocketConnection(), log))
    assert log == ["MockWebSocketConnection"]


def test_module_is_this_one():
    assert MockWebSocketConnection.__module__ == __name__
