"""Our own errors on a closed connection."""

import asyncio

import pytest

from larkchat.errors import GatewayError as RuntimeError

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


def test_error_has_a_code():
    connection = TestWebSocketConnection()
    asyncio.run(connection.close())
    with pytest.raises(RuntimeError) as caught:
        asyncio.run(connection.send_json({}))
    assert caught.value.code == 4000
