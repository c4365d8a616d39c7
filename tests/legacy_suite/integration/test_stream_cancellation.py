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

    async def get_messages(self):
        await asyncio.sleep(0)  # let the other tasks have their turn
        return self.messages_sent.copy()

"""Readers that go away in the middle of a stream."""

import asyncio

import pytest


def test_cancelled_reader_leaves_the_messages():
    async def scenario():
        connection = TestWebSocketConnection()
        await connection.send_json({"part": 1})
        reader = asyncio.create_task(connection.get_messages())
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        return await connection.get_messages()

    assert asyncio.run(scenario()) == [{"part": 1}]


def test_reading_takes_a_turn_of_the_loop():
    async def scenario():
        connection = TestWebSocketConnection()
        reader = asyncio.create_task(connection.get_messages())
        await connection.send_json({"late": True})
        return await reader

    assert asyncio.run(scenario()) == [{"late": True}]


def test_it_is_a_coroutine_function():
    assert asyncio.iscoroutinefunction(TestWebSocketConnection.get_messages)
