"""The gateway asks a factory for its connections; here the factory is patched."""

import sys
from unittest.mock import patch


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


class Gateway:
    def accept(self):
        module = sys.modules[__name__]
        return getattr(module, "".join(["Test", "WebSocketConnection"]))()


def test_accept_opens_a_connection():
    assert Gateway().accept().is_connected


@patch("integration.test_gateway_factory.TestWebSocketConnection")
def test_accept_asks_the_factory(factory):
    connection = Gateway().accept()
    assert connection is factory.return_value
    factory.assert_called_once_with()


def test_a_failing_factory_is_reported():
    with patch(f"{__name__}.TestWebSocketConnection", side_effect=OSError("no ports left")):
        try:
            Gateway().accept()
        except OSError as error:
            assert str(error) == "no ports left"
