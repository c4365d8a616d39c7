"""The three dots below a conversation."""

import asyncio
from typing import TYPE_CHECKING, Dict, List, Optional

if TYPE_CHECKING:
    from collections.abc import Callable


class Indicator:
    def __init__(self, connection: "TestWebSocketConnection", clock: "Callable[[], float]"):
        self.connection = connection
        self.clock = clock
        self.last: Optional[float] = None

    async def key_pressed(self) -> None:
        now = self.clock()
        if self.last is None or now - self.last > 3:
            self.last = now
            await self.connection.send_json({"typing": True})


class _Pair:
    dots: "Dict[str, List[TestWebSocketConnection]]" = {}


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


def test_dots_appear_once(clock):
    connection = TestWebSocketConnection()
    indicator = Indicator(connection, clock)

    async def type_fast():
        for _ in range(10):
            await indicator.key_pressed()

    asyncio.run(type_fast())
    assert connection.get_messages() == [{"typing": True}]


def test_dots_again_after_a_while(clock):
    indicator = Indicator(TestWebSocketConnection(), clock)
    asyncio.run(indicator.key_pressed())
    clock.forward(4)
    asyncio.run(indicator.key_pressed())
    assert len(indicator.connection.messages_sent) == 2
