"""A question goes from one agent to the next. Takes everything the framework has."""

import asyncio
from test_framework.ssot.websocket_connection_test_utility import *

from larkchat.agents import answer


# Copied back while the framework was broken in week 12.
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

    def get_messages(self):
        return self.messages_sent.copy()


async def handover(connection, question, agents):
    for agent in agents:
        question = await answer(connection, question, [(agent, lambda q: q + "!")])
    return question


def test_question_passes_through():
    connection = TestWebSocketConnection()
    assert asyncio.run(handover(connection, "why", ["first", "second"])) == "why!!"
    assert [m["type"] for m in connection.get_messages()] == [*AGENT_EVENTS] * 2


def test_nobody_to_ask():
    assert asyncio.run(handover(TestWebSocketConnection(), "why", [])) == "why"
