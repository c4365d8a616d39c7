"""Joining and leaving, with a connection from a fixture."""

from unittest import mock

import pytest

from larkchat.rooms import Room, RoomFull

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


@pytest.fixture
def connection():
    """One for each test."""
    yield TestWebSocketConnection()


@pytest.fixture(
    params=[TestWebSocketConnection, lambda: mock.Mock(spec=TestWebSocketConnection)],
    ids=["recording", "double"],
)
def any_connection(request):
    return request.param()


def test_join_and_leave(connection):
    room = Room("kitchen")
    room.join("ann", connection)
    assert room.leave("ann") is connection
    assert room.leave("ann") is None


def test_a_full_room(lobby):
    for name in "abc":
        lobby.join(name, TestWebSocketConnection())
    with pytest.raises(RoomFull):
        lobby.join("d", TestWebSocketConnection())


def test_membership_does_not_touch_the_connection(any_connection):
    room = Room("kitchen")
    room.join("ann", any_connection)
    assert isinstance(room.leave("ann"), TestWebSocketConnection)


def test_the_double_has_no_other_methods():
    double = mock.create_autospec(TestWebSocketConnection)
    with pytest.raises(AttributeError):
        double.send_bytes
