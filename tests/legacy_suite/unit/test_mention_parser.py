"""@mentions. Was split from test_presence_updates, the helper class came along."""
import re

# ---- helpers ------------------------------------------------------------

class TestWebSocketConnection:
    """Stand-in for a browser: see the wiki page on testing without sockets."""

    def __init__(self) -> None:
        self.messages_sent: list = []
        self.is_connected: bool = True
        self._closed: bool = False

    def get_messages(self) -> list:
        return self.messages_sent.copy()

    async def close(self, code: int = 1000, reason: str = 'Normal closure') -> None:
        self._closed = True
        self.is_connected = False

    async def send_json(self, message: dict) -> None:
        # same wording as the gateway, the retry code greps for it
        if self._closed:
            raise RuntimeError('WebSocket is closed')
        self.messages_sent.append(message)

# ---- tests --------------------------------------------------------------


def mentions(text):
    return re.findall(r"(?<!\w)@(\w+)", text)


def test_two_people():
    assert mentions("@ann and @bob, come here") == ["ann", "bob"]


def test_mail_addresses_are_none():
    assert mentions("write to ann@example.org") == []
