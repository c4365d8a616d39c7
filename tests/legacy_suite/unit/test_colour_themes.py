"""Themes. The connection is asked for by the name of a fixture."""

import pytest

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

@pytest.fixture(name="TestWebSocketConnection")
def _connection():
    return TestWebSocketConnection()


@pytest.mark.usefixtures("TestWebSocketConnection")
def test_dark_is_default():
    assert {"theme": "dark"}.get("theme") == "dark"


def test_theme_is_sent(TestWebSocketConnection, run):
    run(TestWebSocketConnection.send_json({"theme": "light"}))
    assert TestWebSocketConnection.messages_sent == [{"theme": "light"}]
