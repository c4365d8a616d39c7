"""A slow reader takes a turn of the loop for each read."""

import asyncio

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

    async def get_messages(self) -> list:
        """Give back what was sent so far."""
        await asyncio.sleep(0)
        return self.messages_sent.copy()


def test_reading_is_awaited(run):
    connection = TestWebSocketConnection()
    run(connection.send_json({"part": 1}))
    assert run(connection.get_messages()) == [{"part": 1}]


def test_a_room_does_not_wait_for_readers(run):
    async def scenario():
        room = Room("slow")
        connection = TestWebSocketConnection()
        room.join("slow", connection)
        for part in range(5):
            await room.broadcast({"part": part})
        return await connection.get_messages()

    assert [m["part"] for m in run(scenario())] == [0, 1, 2, 3, 4]


def test_what_was_read_is_a_copy(run):
    connection = TestWebSocketConnection()
    run(connection.get_messages()).append("mine")
    assert run(connection.get_messages()) == []
