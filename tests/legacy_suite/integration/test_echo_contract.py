"""What every connection must do, written as a class to inherit from."""

import asyncio
import unittest


class MockWebSocketConnection:
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


class EchoContract(unittest.TestCase, MockWebSocketConnection):
    """The tests talk to themselves."""

    def setUp(self):
        MockWebSocketConnection.__init__(self)

    def test_starts_open(self):
        self.assertTrue(self.is_connected)

    def test_keeps_what_is_sent(self):
        asyncio.run(self.send_json("ping"))
        self.assertEqual(self.get_messages(), ["ping"])

    def test_closes(self):
        asyncio.run(self.close())
        with self.assertRaises(RuntimeError):
            asyncio.run(self.send_json("ping"))
