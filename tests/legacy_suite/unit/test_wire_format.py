"""Frames as JSON."""

import json


def encode(message):
    return json.dumps(message, sort_keys=True)


def test_keys_are_sorted():
    assert encode({"b": 1, "a": 2}) == '{"a": 2, "b": 1}'


def test_a_connection_is_no_json():
    try:
        encode(TestWebSocketConnection())
    except TypeError as error:
        assert "serializable" in str(error)


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


MOST_BYTES = 2 ** 16
        # the gateway cuts off what is longer,
        # see its own tests
