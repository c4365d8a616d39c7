# -*- coding: utf-8 -*-
"""The supervisor starts one agent after the other (written on a Windows laptop)."""
import asyncio

from larkchat.agents import answer

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


class Supervisor:
    def __init__(self, connection):
        self.connection = connection

    async def ask_all(self, questions):
        return [await answer(self.connection, question) for question in questions]


def test_one_agent_at_a_time():
    connection = MockWebSocketConnection()
    asyncio.run(Supervisor(connection).ask_all(["a", "b"]))
    types = [m["type"] for m in connection.get_messages()]
    assert types == ["agent_started", "agent_thinking", "agent_completed"] * 2


def test_nothing_to_ask():
    assert asyncio.run(Supervisor(MockWebSocketConnection()).ask_all([])) == []
