"""The old client and the new one in one room. They differ in name only by now."""

import asyncio

import pytest

from larkchat.rooms import Room


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


class MockWebSocketConnection:
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

    def get_messages(self):
        return self.messages_sent.copy()


@pytest.mark.integration
def test_both_hear_the_same():
    room = Room("mixed")
    old, new = TestWebSocketConnection(), MockWebSocketConnection()
    room.join("old", old)
    room.join("new", new)
    assert asyncio.run(room.broadcast({"text": "hi"})) == 2
    assert old.get_messages() == new.get_messages() == [{"text": "hi"}]


def test_one_leaves():
    room = Room("mixed")
    room.join("old", TestWebSocketConnection())
    room.join("new", MockWebSocketConnection())
    room.leave("old")
    assert asyncio.run(room.broadcast({"text": "hi"})) == 1
