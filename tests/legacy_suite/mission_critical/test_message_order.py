"""Messages reach each member in the order in which they were written."""

import asyncio
import random


# ---------------------------------------------------------------------------
# Helpers
# ---------------------------------------------------------------------------

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

from larkchat.rooms import Room


@pytest.mark.parametrize("connection_class", [TestWebSocketConnection], ids=["plain"])
@pytest.mark.parametrize("count", [0, 1, 25], ids=["none", "one", "many"])
def test_order_is_kept(connection_class, count):
    room = Room("order")
    reader = connection_class()
    room.join("reader", reader)

    async def write():
        for number in range(count):
            await room.broadcast({"number": number})

    asyncio.run(write())
    assert [m["number"] for m in reader.get_messages()] == list(range(count))


def test_shuffled_members_get_the_same_history():
    room = Room("shuffle")
    readers = {name: TestWebSocketConnection() for name in "abcd"}
    names = list(readers)
    random.Random(7).shuffle(names)
    for name in names:
        room.join(name, readers[name])
    asyncio.run(room.broadcast({"text": "hello"}))
    assert {len(c.messages_sent) for c in readers.values()} == {1}


def test_the_writer_is_left_out():
    room = Room("echo")
    writer, reader = TestWebSocketConnection(), TestWebSocketConnection()
    room.join("writer", writer)
    room.join("reader", reader)
    assert asyncio.run(room.broadcast({"text": "hi"}, skip="writer")) == 1
    assert writer.get_messages() == []
