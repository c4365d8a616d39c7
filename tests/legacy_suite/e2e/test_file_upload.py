"""Uploads are announced in the room; made with an editor that writes a BOM."""

import asyncio

import pytest

from larkchat.rooms import Room

# The browser of the one who watches.
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


def chunks(size, chunk=4):
    return [min(chunk, size - start) for start in range(0, size, chunk)]


@pytest.mark.parametrize(("size", "count"), [(0, 0), (4, 1), (9, 3)])
def test_progress_for_each_chunk(size, count):
    room, watcher = Room("files"), TestWebSocketConnection()
    room.join("watcher", watcher)

    async def upload():
        done = 0
        for chunk in chunks(size):
            done += chunk
            await room.broadcast({"file": "café.png", "done": done})

    asyncio.run(upload())
    assert len(watcher.get_messages()) == count
    assert not watcher.messages_sent or watcher.messages_sent[-1]["done"] == size
