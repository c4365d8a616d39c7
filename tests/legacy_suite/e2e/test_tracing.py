"""With tracing on, each connection has a number."""

import asyncio
import functools
import itertools

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


_numbers = itertools.count(1)
_Plain = TestWebSocketConnection


@functools.wraps(_Plain, updated=())
def TestWebSocketConnection():
    connection = _Plain()
    connection.number = next(_numbers)
    return connection


def test_numbers_go_up():
    first, second = TestWebSocketConnection(), TestWebSocketConnection()
    assert second.number == first.number + 1


def test_a_traced_connection_works():
    connection = TestWebSocketConnection()
    asyncio.run(connection.send_json("x"))
    assert connection.get_messages() == ["x"]
