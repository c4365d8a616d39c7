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

"""Everyone in the office on one line."""; LINE = TestWebSocketConnection()

import asyncio


def test_line_is_open():
    assert LINE.is_connected


def test_line_is_one():
    asyncio.run(LINE.send_json("a"))
    assert LINE.get_messages() == ["a"]
