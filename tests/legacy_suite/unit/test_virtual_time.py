"""Reads without waiting: the loop's sleep is a double."""

import asyncio
from unittest.mock import AsyncMock, patch


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

    async def get_messages(self) -> list:
        """Give back what was sent so far."""
        await asyncio.sleep(0)
        return self.messages_sent.copy()


@patch("unit.test_virtual_time.asyncio")
def test_reading_sleeps_once(fake):
    fake.sleep = AsyncMock()
    reader = TestWebSocketConnection().get_messages()
    try:
        reader.send(None)
    except StopIteration as result:
        assert result.value == []
    fake.sleep.assert_awaited_once_with(0)


def test_real_time_works_too():
    assert asyncio.run(TestWebSocketConnection().get_messages()) == []
