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

import asyncio
import os
import sys

# The transcripts module is not a package of ours, hence the path.
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "tools"))

from transcripts import parse

from larkchat.rooms import Room

TICKET = """
ann: is anyone here?
bob: yes
ann: good
"""


def replay(transcript):
    room = Room("support")
    watcher = TestWebSocketConnection()
    room.join("watcher", watcher)

    async def play():
        for user, words in parse(transcript):
            await room.broadcast({"user": user, "text": words})

    asyncio.run(play())
    return watcher


def test_nothing_is_dropped():
    assert len(replay(TICKET).messages_sent) == 3


def test_users_are_kept():
    users = [message["user"] for message in replay(TICKET).get_messages()]
    assert users == ["ann", "bob", "ann"]


def test_each_message_is_a_new_one():
    first, *others = replay(TICKET).get_messages()
    assert all(other is not first for other in others)
