"""A pool hands out connections and takes them back."""

import asyncio

import pytest


class Pool:
    def __init__(self, factory, size):
        self.free = [factory() for _ in range(size)]

    def take(self):
        return self.free.pop()

    def give(self, connection):
        self.free.append(connection)


def make_factory(label):
    class TestWebSocketConnection:
        def __init__(self):
            self.messages_sent = []
            self.is_connected = True
            self._closed = False
            self.label = label

        async def send_json(self, message):
            if self._closed:
                raise RuntimeError("WebSocket is closed")
            self.messages_sent.append(message)

        async def close(self, code=1000, reason="Normal closure"):
            self._closed = True
            self.is_connected = False

        def get_messages(self):
            return self.messages_sent.copy()

    return TestWebSocketConnection


@pytest.fixture
def pool():
    class MockWebSocketConnection:
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

    return Pool(MockWebSocketConnection, 2)


class TestEmptyPool:
    class WebSocketConnectionMock:
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

    def test_nothing_left(self):
        pool = Pool(self.WebSocketConnectionMock, 0)
        with pytest.raises(IndexError):
            pool.take()


def test_labels_are_kept():
    assert Pool(make_factory("eu"), 1).take().label == "eu"


def test_take_and_give(pool):
    one = pool.take()
    asyncio.run(one.send_json("x"))
    pool.give(one)
    assert pool.take().get_messages() == ["x"]
