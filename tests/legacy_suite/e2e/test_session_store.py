"""Sessions are pickled overnight. Keep the classes at the top of their modules!"""

import asyncio
import pickle

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


def test_an_open_session_comes_back():
    connection = TestWebSocketConnection()
    asyncio.run(connection.send_json({"text": "late"}))
    again = pickle.loads(pickle.dumps(connection))
    assert again.get_messages() == [{"text": "late"}]


def test_the_stored_name():
    assert b"e2e.test_session_store" in pickle.dumps(TestWebSocketConnection())
