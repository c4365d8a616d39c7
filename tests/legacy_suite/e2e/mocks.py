class MockWebSocketConnection:
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

"""What the browser, the phone and the clock on the wall look like to a test."""

import os

__all__ = [
    "MockWebSocketConnection",
    "STAGE",
    "WallClock",
]

STAGE = os.environ.get("LARKCHAT_STAGE", "local")


class WallClock:
    """Goes one second further each time somebody looks."""

    def __init__(self, start=0):
        self.seconds = start

    def look(self):
        self.seconds += 1
        return self.seconds
