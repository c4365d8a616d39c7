"""The golden path: a user sees the five events of an agent run, in order, and only their own.

It runs under pytest, and as a script that prints one line a test and exits with 0 or 1:

    python tests/mission_critical/test_websocket_agent_events_suite.py
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path

import pytest

if importlib.util.find_spec("test_framework") is None:
    # As a script, from a checkout that is not installed.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from test_framework.ssot.websocket_connection_test_utility import (
    AGENT_EVENTS,
    SSotWebSocketConnection,
)


class SimulatedAgent:
    """An agent that answers one question with one tool and tells its user each step."""

    def __init__(self, connection: SSotWebSocketConnection) -> None:
        self.connection = connection

    async def run(self, question: str) -> str:
        await self._tell("agent_started", question=question)
        await self._tell("agent_thinking")
        await self._tell("tool_executing", tool="search")
        answer = question.upper()
        await self._tell("tool_completed", tool="search", result=answer)
        await self._tell("agent_completed", answer=answer)
        return answer

    async def _tell(self, event: str, **data: str) -> None:
        await asyncio.sleep(0)  # another agent's turn
        await self.connection.send_json({"type": event, "user_id": self.connection.user_id, **data})


def event_types(connection: SSotWebSocketConnection) -> list[str]:
    return [message["type"] for message in connection.get_messages()]


def test_a_run_sends_the_five_events_in_order() -> None:
    connection = SSotWebSocketConnection(user_id="ada")
    assert asyncio.run(SimulatedAgent(connection).run("why")) == "WHY"
    assert event_types(connection) == [
        "agent_started",
        "agent_thinking",
        "tool_executing",
        "tool_completed",
        "agent_completed",
    ]
    connection.assert_agent_events_in_order()


def test_agent_and_tool_events_can_be_read_apart() -> None:
    connection = SSotWebSocketConnection(user_id="ada")
    asyncio.run(SimulatedAgent(connection).run("why"))
    assert [event["type"] for event in connection.get_agent_events()] == [
        "agent_started",
        "agent_thinking",
        "agent_completed",
    ]
    assert [event["tool"] for event in connection.get_tool_events()] == ["search", "search"]
    assert connection.get_connection_stats()["total_events"] == len(AGENT_EVENTS)


def test_the_events_of_two_users_do_not_mix() -> None:
    users = ("ada", "bob")
    connections = [SSotWebSocketConnection(user_id=user) for user in users]

    async def run_together() -> None:
        await asyncio.gather(*(SimulatedAgent(connection).run("why") for connection in connections))

    asyncio.run(run_together())
    for user, connection in zip(users, connections, strict=True):
        connection.assert_agent_events_in_order()
        assert len(connection.messages_sent) == len(AGENT_EVENTS)
        assert {message["user_id"] for message in connection.get_messages()} == {user}


def test_nothing_is_delivered_after_close() -> None:
    connection = SSotWebSocketConnection(user_id="ada")

    async def close_in_the_middle() -> None:
        run = asyncio.create_task(SimulatedAgent(connection).run("why"))
        while "agent_thinking" not in event_types(connection) and not run.done():
            await asyncio.sleep(0)
        await connection.close()
        await run

    with pytest.raises(RuntimeError, match="WebSocket is closed"):
        asyncio.run(close_in_the_middle())
    assert event_types(connection) == ["agent_started", "agent_thinking"]
    assert not connection.is_connected


@pytest.mark.parametrize("lost", AGENT_EVENTS)
def test_the_check_sees_a_lost_event(lost: str) -> None:
    connection = SSotWebSocketConnection(user_id="ada")
    asyncio.run(SimulatedAgent(connection).run("why"))
    connection.messages_sent = [m for m in connection.messages_sent if m["type"] != lost]
    with pytest.raises(AssertionError, match=lost):
        connection.assert_agent_events_in_order()


def test_the_check_sees_events_out_of_order() -> None:
    connection = SSotWebSocketConnection(user_id="ada")
    asyncio.run(SimulatedAgent(connection).run("why"))
    connection.messages_sent.reverse()
    with pytest.raises(AssertionError, match="in its place"):
        connection.assert_agent_events_in_order()


class OneLineATest:
    """Prints results in place of pytest's own terminal report."""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        # Not by `-p no:terminal`, which would make errors of the options it has.
        config.pluginmanager.unregister(name="terminalreporter")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            print(report.longreprtext)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:
            print(f"{report.outcome:<8}{report.head_line}")
        if report.failed:
            print(report.longreprtext)


def main() -> int:
    arguments = [__file__, "-p", "no:cacheprovider"]
    return int(pytest.main(arguments, plugins=[OneLineATest()]) != pytest.ExitCode.OK)


if __name__ == "__main__":
    raise SystemExit(main())
