"""Tests of the connection class of the product, by the names that pytest likes."""

import pytest

from larkchat.errors import GatewayError


class Connection:
    def __init__(self, limit):
        self.limit = limit
        self.queue = []

    def push(self, item):
        if len(self.queue) >= self.limit:
            raise GatewayError("queue is full")
        self.queue.append(item)


class TestWebSocketConnection:
    """Queueing."""

    @pytest.fixture
    def connection(self):
        return Connection(limit=2)

    def test_starts_empty(self, connection):
        assert connection.queue == []

    def test_push(self, connection):
        connection.push("a")
        assert connection.queue == ["a"]

    def test_limit(self, connection):
        connection.push("a")
        connection.push("b")
        with pytest.raises(GatewayError):
            connection.push("c")

    @pytest.mark.parametrize("limit", [0, 1])
    def test_small_limits(self, limit):
        connection = Connection(limit)
        for _ in range(limit):
            connection.push("a")
        with pytest.raises(GatewayError):
            connection.push("b")
