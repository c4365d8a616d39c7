"""A digest of what was missed, sent when somebody comes back."""

import asyncio
import textwrap


def digest(messages, width=40):
    return [textwrap.shorten(m, width, placeholder="...") for m in messages]


def returning_user() -> "TestWebSocketConnection":
    return TestWebSocketConnection()


async def send_digest(connection: "TestWebSocketConnection", messages):
    await connection.send_json({"digest": digest(messages)})


def test_long_messages_are_cut():
    assert digest(["word " * 20])[0].endswith("...")


def test_digest_is_one_message():
    connection = returning_user()
    asyncio.run(send_digest(connection, ["a", "b"]))
    assert connection.get_messages() == [{"digest": ["a", "b"]}]


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


def test_nothing_missed():
    connection = returning_user()
    asyncio.run(send_digest(connection, []))
    assert connection.get_messages() == [{"digest": []}]


if __name__ == "__main__":
    import sys

    import pytest

    sys.exit(pytest.main([__file__]))
