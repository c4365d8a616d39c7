"""Only a signed token opens a connection."""

import asyncio

import pytest

from larkchat.tokens import sign, verify

KEY = "not the one we use in production"


class TestWebSocketConnection:
    """Refuses to talk to anyone without a token."""

    def __init__(self, token=None):
        self.user = verify(token, KEY) if token else None
        self.messages_sent = []
        self.is_connected = self.user is not None
        self._closed = False

    async def send_json(self, message: dict):
        if self._closed or not self.is_connected:
            raise PermissionError("no handshake")
        self.messages_sent.append(message)

    async def close(self, code: int = 1000, reason: str = "Normal closure"):
        self._closed = True
        self.is_connected = False

    def get_messages(self) -> list:
        return self.messages_sent.copy()


def test_signed_user_may_talk():
    connection = TestWebSocketConnection(sign("ann", KEY))
    asyncio.run(connection.send_json({"text": "hi"}))
    assert connection.user == "ann"
    assert connection.get_messages() == [{"text": "hi"}]


@pytest.mark.parametrize("token", [None, "", "ann", "ann.0000000000000000", ".."])
def test_nobody_else_may(token):
    connection = TestWebSocketConnection(token)
    with pytest.raises(PermissionError):
        asyncio.run(connection.send_json({"text": "hi"}))
