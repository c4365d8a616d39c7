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

"""
The five events of one agent run, in the order in which the web client shows them.

If one of these tests fails, nobody sees an answer. Do not skip them.
"""

import asyncio

import pytest

from larkchat.agents import answer

EXPECTED = [
    "agent_started",
    "agent_thinking",
    "tool_executing",
    "tool_completed",
    "agent_completed",
]


def types_of(connection):
    return [message["type"] for message in connection.get_messages()]


def test_all_five_events_arrive_in_order():
    connection = TestWebSocketConnection()
    asyncio.run(answer(connection, "when is lunch?", [("calendar", lambda q: "at noon")]))
    assert types_of(connection) == EXPECTED


def test_no_tool_events_without_tools():
    connection = TestWebSocketConnection()
    asyncio.run(answer(connection, "why?"))
    assert types_of(connection) == ["agent_started", "agent_thinking", "agent_completed"]


def test_two_tools_are_reported_one_after_the_other():
    connection = TestWebSocketConnection()
    tools = [("wiki", lambda q: "a page"), ("files", lambda q: "a file")]
    text = asyncio.run(answer(connection, "onboarding?", tools))
    names = [m.get("tool") for m in connection.get_messages() if "tool" in m]
    assert names == ["wiki", "wiki", "files", "files"]
    assert text == "a page; a file"


def test_a_closed_browser_ends_the_run():
    async def scenario():
        connection = TestWebSocketConnection()
        await connection.close()
        await answer(connection, "anyone?")

    with pytest.raises(RuntimeError, match="^WebSocket is closed$"):
        asyncio.run(scenario())
