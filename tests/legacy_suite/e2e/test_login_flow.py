"""From the login form to the first message."""

import asyncio

import pytest

from larkchat.tokens import sign, verify


class Session:
    key = "e2e"

    def __init__(self):
        self.user = None

    def login(self, user, password):
        if password != user[::-1]:
            return None
        return sign(user, self.key)

    def attach(self, token):
        self.user = verify(token, self.key)
        return TestWebSocketConnection() if self.user else None


@pytest.mark.parametrize("user", ["ann", "bob.smith", "zoe"])
def test_login_gives_a_connection(user):
    session = Session()
    connection = session.attach(session.login(user, user[::-1]))
    asyncio.run(connection.send_json({"welcome": session.user}))
    assert connection.get_messages() == [{"welcome": user}]


def test_wrong_password():
    assert Session().login("ann", "ann") is None


def test_forged_token():
    assert Session().attach("ann.0123456789abcdef") is None


class TestWebSocketConnection:
    """Keeps what the server sends, so that no socket has to be opened."""

    def __init__(self):
        self.messages_sent = []
        self.is_connected = True
        self._closed = False

    async def send_json(self, message: dict):
        """Record one message."""
        if self._closed:
            raise RuntimeError("WebSocket is closed")
        self.messages_sent.append(message)

    async def close(self, code: int = 1000, reason: str = "Normal closure"):
        """Hang up."""
        self._closed = True
        self.is_connected = False

    def get_messages(self) -> list:
        """Give back what was sent so far."""
        return self.messages_sent.copy()