"""The examples of the SDK's guide; the SDK itself is not always installed."""

import asyncio

try:
    from larkchat_sdk.testing import TestWebSocketConnection
except ImportError:

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


def test_first_example():
    connection = TestWebSocketConnection()
    asyncio.run(connection.send_json({"hello": "world"}))
    assert connection.get_messages() == [{"hello": "world"}]


def test_second_example():
    connection = TestWebSocketConnection()
    asyncio.run(connection.close())
    assert not connection.is_connected
