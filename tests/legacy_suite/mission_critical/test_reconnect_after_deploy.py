class TestWebSocketConnection:
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

import asyncio

import pytest

redis_double = pytest.importorskip("larkchat_redis_double", reason="build machine only")

from larkchat_redis_double import Server


@pytest.mark.slow
def test_sessions_survive_a_deploy():
    server = Server()
    connection = TestWebSocketConnection()
    asyncio.run(server.attach(connection))
    server.restart()
    assert connection.is_connected
