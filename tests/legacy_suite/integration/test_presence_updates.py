"""Presence is sent to whoever looks at the board."""

import asyncio

from larkchat.presence import PresenceBoard


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


class TestPresenceConnection(TestWebSocketConnection):
    """Counts how often the board changed. (pytest warns about it; ignore that.)"""

    updates = 0

    async def send_json(self, message: dict):
        self.updates += 1
        await super().send_json(message)


async def publish(board, users, watcher):
    for user in users:
        await watcher.send_json({"user": user, "status": board.status(user)})


def test_everyone_is_gone_at_first(clock):
    watcher = TestPresenceConnection()
    asyncio.run(publish(PresenceBoard(clock), ["ann", "bob"], watcher))
    assert watcher.updates == 2
    assert {m["status"] for m in watcher.get_messages()} == {"gone"}


def test_away_after_five_minutes(clock):
    board = PresenceBoard(clock)
    board.touch("ann")
    clock.forward(299)
    assert board.status("ann") == "online"
    clock.forward(1)
    assert board.status("ann") == "away"


def test_a_watcher_is_a_connection():
    assert isinstance(TestPresenceConnection(), TestWebSocketConnection)
