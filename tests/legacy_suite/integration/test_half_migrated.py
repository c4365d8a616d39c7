"""Rate limits over a connection. The first file that took the shared class."""

import asyncio

from larkchat.limits import Bucket
from test_framework.ssot.websocket_connection_test_utility import (
    AGENT_EVENTS,  # the order matters here
    SSotWebSocketConnection,
)

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


async def send_limited(connection, bucket, messages):
    return [await connection.send_json(m) for m in messages if bucket.take()]


def test_two_pass_and_the_third_does_not(clock):
    connection = TestWebSocketConnection()
    asyncio.run(send_limited(connection, Bucket(2, 1, clock), AGENT_EVENTS[:3]))
    assert connection.get_messages() == list(AGENT_EVENTS[:2])


def test_the_bucket_fills_again(clock):
    connection = SSotWebSocketConnection(user_id="ann")
    bucket = Bucket(1, 1, clock)
    asyncio.run(send_limited(connection, bucket, [1, 2]))
    clock.forward(1)
    asyncio.run(send_limited(connection, bucket, [3]))
    assert connection.get_messages() == [1, 3]
