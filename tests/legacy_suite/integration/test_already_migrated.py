"""Retries; takes the shared class since the first week."""

import asyncio

import pytest

from larkchat.retry import delays
from test_framework.ssot.websocket_connection_test_utility import TestWebSocketConnection


@pytest.mark.parametrize(("tries", "expected"), [(1, [0.5]), (4, [0.5, 1.0, 2.0, 4.0])])
def test_delays_double(tries, expected):
    assert list(delays(tries=tries)) == expected


def test_delays_end_somewhere():
    assert max(delays(tries=20)) == 30


def test_each_try_is_sent():
    connection = TestWebSocketConnection()

    async def report():
        for wait in delays(tries=3):
            await connection.send_json({"retry_in": wait})

    asyncio.run(report())
    assert len(connection.get_messages()) == 3
