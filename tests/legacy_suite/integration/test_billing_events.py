"""Billing listens with a connection of its own kind, the user with the usual one."""

import asyncio

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


class MockWebSocketConnection:
    """Counts; billing does not care about words."""

    def __init__(self, price=1):
        self.price = price
        self.is_connected = True
        self.total = 0

    async def send_json(self, message):
        self.total += self.price


async def charge(user, billing, messages):
    for message in messages:
        await user.send_json(message)
        await billing.send_json(message)


def test_each_message_costs():
    user, billing = TestWebSocketConnection(), MockWebSocketConnection(price=3)
    asyncio.run(charge(user, billing, [{}, {}]))
    assert billing.total == 6
    assert len(user.get_messages()) == 2
