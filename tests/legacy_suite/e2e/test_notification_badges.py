"""The number on the icon."""

import asyncio
from dataclasses import dataclass, field


@dataclass
class MockWebSocketConnection:
    """Compares by content, which the badge tests need."""

    messages_sent: list = field(default_factory=list)
    is_connected: bool = True
    _closed: bool = False

    async def send_json(self, message: dict):
        if self._closed:
            raise RuntimeError("WebSocket is closed")
        self.messages_sent.append(message)

    async def close(self, code: int = 1000, reason: str = "Normal closure"):
        self._closed = True
        self.is_connected = False

    def get_messages(self) -> list:
        return self.messages_sent.copy()


def badge(connection):
    unread = sum(not m.get("read") for m in connection.get_messages())
    return "9+" if unread > 9 else str(unread)


def test_equal_content_is_equal():
    assert MockWebSocketConnection() == MockWebSocketConnection()


def test_badge_counts():
    connection = MockWebSocketConnection()
    for read in (True, False, False):
        asyncio.run(connection.send_json({"read": read}))
    assert badge(connection) == "2"


def test_badge_has_an_end():
    assert badge(MockWebSocketConnection([{}] * 10)) == "9+"
