"""History of a room, with the types that the API promises."""
from __future__ import annotations

import asyncio
from typing import (
    Any,
    Dict,
    Iterator,
    List,
)

from larkchat.rooms import Room

class MockWebSocketConnection(object):
    """Stand-in for a browser: see the wiki page on testing without sockets."""

    def __init__(self) -> None:
        self.messages_sent: List[Dict[str, Any]] = []
        self.is_connected: bool = True
        self._closed: bool = False

    def get_messages(self) -> List[Dict[str, Any]]:
        return self.messages_sent.copy()

    async def close(self, code: int = 1000, reason: str = 'Normal closure') -> None:
        self._closed = True
        self.is_connected = False

    async def send_json(self, message: Dict[str, Any]) -> None:
        # same wording as the gateway, the retry code greps for it
        if self._closed:
            raise RuntimeError('WebSocket is closed')
        self.messages_sent.append(message)


def texts(room: Room) -> Iterator[str]:
    return (message["text"] for message in room.history)


def lengths(room: Room) -> Dict[str, int]:
    return {text: len(text) for text in texts(room)}


def test_history_is_kept_without_members() -> None:
    room = Room("quiet")
    asyncio.run(room.broadcast({"text": "anyone?"}))
    assert lengths(room) == {"anyone?": 7}


def test_history_is_what_a_member_saw() -> None:
    room = Room("loud")
    connection = MockWebSocketConnection()
    room.join("ann", connection)
    asyncio.run(room.broadcast({"text": "yes!"}))
    assert connection.get_messages() == room.history
