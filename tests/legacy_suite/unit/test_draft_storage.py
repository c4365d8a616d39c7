#!/usr/bin/env python
"Drafts " "are kept for a day."
from __future__ import annotations

class TestWebSocketConnection:
    def __init__(self):
        self.messages_sent = []
        self.is_connected = True
        self._closed = False

    async def send_json(self, message):
        if self._closed:
            raise RuntimeError("WebSocket is closed")
        self.messages_sent.append(message)

    async def close(self, code=1000, reason="Normal closure"):
        self._closed = True
        self.is_connected = False

    def get_messages(self):
        return self.messages_sent.copy()

DAY = 24 * 60 * 60


class Drafts:
    connection_class: type[TestWebSocketConnection] = TestWebSocketConnection

    def __init__(self, clock):
        self.clock = clock
        self.kept = {}

    def keep(self, user, text):
        self.kept[user] = (self.clock(), text)

    def get(self, user):
        at, text = self.kept.get(user, (0, None))
        return text if self.clock() - at < DAY else None

    def open(self) -> TestWebSocketConnection:
        return self.connection_class()


def test_draft_is_kept(clock):
    drafts = Drafts(clock)
    drafts.keep("ann", "dear all")
    clock.forward(DAY - 1)
    assert drafts.get("ann") == "dear all"


def test_draft_is_forgotten(clock):
    drafts = Drafts(clock)
    drafts.keep("ann", "dear all")
    clock.forward(DAY)
    assert drafts.get("ann") is None


def test_connections_are_of_the_class():
    assert isinstance(Drafts(None).open(), TestWebSocketConnection)
