# vim: set fileencoding=latin-1 :
"""Suche mit Umlauten, wie sie unsere Kollegen in Köln eintippen."""
import asyncio

from larkchat.search import fold, rank

WORDS = ["Grüße aus Köln", "gruesse aus Bonn", "Änderung am Plan"]


class TestWebSocketConnection:
    """Hört zu, ohne einen Socket zu öffnen."""

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


def test_umlauts_are_folded():
    assert fold("Köln") == "koln"


def test_found_with_and_without():
    assert rank(WORDS, "köln") == rank(WORDS, "koln") == ["Grüße aus Köln"]


def test_results_are_sent():
    connection = TestWebSocketConnection()
    asyncio.run(connection.send_json(rank(WORDS, "änderung")))
    assert connection.get_messages() == [["Änderung am Plan"]]
