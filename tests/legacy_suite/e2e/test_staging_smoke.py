"""Runs against staging at night, against nothing at all by day."""

import asyncio
import os

STAGING = os.environ.get("LARKCHAT_STAGING_URL")

if STAGING:
    from larkchat_sdk import connect as WebSocketConnectionMock
else:

    class WebSocketConnectionMock:
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


def test_open_and_close():
    connection = WebSocketConnectionMock()
    assert connection.is_connected
    asyncio.run(connection.close())
    assert not connection.is_connected
