"""What a user sees when the train goes into a tunnel."""

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


@pytest.fixture
def tunnel(monkeypatch):
    async def lost(self, message):
        raise ConnectionResetError("tunnel")

    monkeypatch.setattr(TestWebSocketConnection, "send_json", lost)


def test_nobody_is_told_in_the_tunnel(tunnel):
    room = Room("train")
    room.join("ann", TestWebSocketConnection())
    with pytest.raises(ConnectionResetError):
        asyncio.run(room.broadcast({"text": "hi"}))


def test_all_is_well_behind_it():
    room = Room("train")
    room.join("ann", TestWebSocketConnection())
    assert asyncio.run(room.broadcast({"text": "hi"})) == 1


def test_retries_are_counted():
    TestWebSocketConnection.retries = 3
    try:
        assert TestWebSocketConnection().retries == 3
    finally:
        del TestWebSocketConnection.retries
