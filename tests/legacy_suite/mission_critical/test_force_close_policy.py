"""What happens to members when an administrator closes a room."""

import asyncio

from larkchat.rooms import Room


def test_closing_an_empty_room_is_allowed():
    room = Room("empty")
    asyncio.run(room.shut("cleaning"))
    assert room.members == {}


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

        import pytest

        from larkchat.rooms import RoomFull

        def test_members_are_sent_away():
            room = Room("busy")
            ann = TestWebSocketConnection()
            room.join("ann", ann)
            asyncio.run(room.shut("cleaning"))
            assert not ann.is_connected

        def test_a_full_room_takes_nobody():
            room = Room("tiny", capacity=1)
            room.join("ann", TestWebSocketConnection())
            with pytest.raises(RoomFull):
                room.join("bob", TestWebSocketConnection())
