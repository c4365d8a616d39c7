"""Connections in every state that the gateway knows."""

import asyncio
import itertools

__all__ = ["MockWebSocketConnection", "closed_connection", "numbered"]


def numbered(prefix):
    """Give endless names."""
    return (f"{prefix}-{n}" for n in itertools.count(1))


async def settle():
    """Let the other tasks run."""
    await asyncio.sleep(0)


async def closed_connection(connection):
    await connection.close(4001, "test")
    await settle()
    return connection


class MockWebSocketConnection:
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

    async def get_messages(self) -> list:
        """Give back what was sent so far."""
        await asyncio.sleep(0)
        return self.messages_sent.copy()