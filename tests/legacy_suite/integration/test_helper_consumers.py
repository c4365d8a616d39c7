"""Uses the class of the helpers and that of conftest: neither is defined here."""

import itertools

from integration.conftest import TestWebSocketConnection
from integration.connection_helpers import (
    MockWebSocketConnection,
    closed_connection,
    numbered,
)


def test_closed_connection_is_closed(run):
    connection = run(closed_connection(MockWebSocketConnection()))
    assert not connection.is_connected


def test_helper_class_is_awaited(run):
    assert run(MockWebSocketConnection().get_messages()) == []


def test_conftest_class_is_not():
    assert TestWebSocketConnection().get_messages() == []


def test_fixture_is_of_that_class(ws_connection):
    assert isinstance(ws_connection, TestWebSocketConnection)


def test_names_are_numbered():
    assert list(itertools.islice(numbered("bot"), 2)) == ["bot-1", "bot-2"]


def test_a_crowd_hears_everything(crowded_room, run):
    assert run(crowded_room.broadcast({"text": "fire drill"})) == 20
