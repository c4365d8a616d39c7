"""Fixtures of the integration tests. Some of them take the class from here as well."""

import pytest

from larkchat.rooms import Room


# One connection class for this folder.
# (The unit tests have their own.)
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
def ws_connection():
    return TestWebSocketConnection()


@pytest.fixture
def crowded_room():
    room = Room("crowd")
    for number in range(20):
        room.join(f"user-{number}", TestWebSocketConnection())
    return room
