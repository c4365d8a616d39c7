"""The shared module that comes with this package: the plain connections, and the richer ones."""

from __future__ import annotations

import ast
import asyncio
import copy
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

import test_framework
from test_framework.ssot import websocket_connection_test_utility as utility
from test_framework.ssot.websocket_connection_test_utility import (
    AGENT_EVENTS,
    AwaitedWebSocketConnection,
    MockWebSocketConnection,
    SSotAsyncWebSocketConnection,
    SSotWebSocketConnection,
    TestWebSocketConnection,
    WebSocketConnectionMock,
)
from tests.tools import AWAITED, COPY

T = TypeVar("T")
Connection = SSotWebSocketConnection | SSotAsyncWebSocketConnection
SOURCES = Path(test_framework.__file__).parents[1]
OPTIONS: dict[str, Any] = {
    "test_context": {"test": "t"},
    "user_id": "user-1",
    "run_id": "run-1",
    "base_url": "ws://example.org/ws",
    "environment": "staging",
    "timeout": 1.5,
    "headers": {"X-Test": "1"},
    "auth_token": "token-1",
}


@pytest.fixture(
    params=[SSotWebSocketConnection, SSotAsyncWebSocketConnection],
    ids=["sync get_messages", "async get_messages"],
)
def shared_class(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def connection(shared_class: type[Connection]) -> Connection:
    return shared_class()


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def send_events(connection: Connection, *types: str) -> None:
    for type_ in types:
        run(connection.send_json({"type": type_}))


# The plain connections


def code_of(source: str, name: str) -> str:
    """Return the code of a class without its name, docstrings, annotations and ``__test__``."""
    tree = ast.parse(source)
    (found,) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name)
    return ast.unparse(_Bare().visit(found)).replace(f"class {name}:", "class Connection:", 1)


class _Bare(ast.NodeTransformer):
    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: Any) -> Any:
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        return self.visit_FunctionDef(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        return ast.Assign([node.target], node.value, lineno=1) if node.value else node

    def visit_Assign(self, node: ast.Assign) -> ast.Assign | None:
        return None if ast.unparse(node) == "__test__ = False" else node

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if isinstance(node.value, ast.Constant) else node


@pytest.mark.parametrize(
    ("name", "pasted"),
    [("TestWebSocketConnection", COPY), ("AwaitedWebSocketConnection", AWAITED)],
)
def test_a_plain_connection_is_the_code_that_suites_paste(name: str, pasted: str) -> None:
    shared = Path(utility.__file__).read_text()
    assert code_of(shared, name) == code_of(pasted, "TestWebSocketConnection")
    assert "import asyncio" in shared.splitlines()  # the global that the awaited one reads


@pytest.mark.parametrize("alias", [MockWebSocketConnection, WebSocketConnectionMock])
def test_the_other_names_are_the_same_class(alias: type) -> None:
    assert alias is TestWebSocketConnection


def test_the_richer_connections_are_subclasses() -> None:
    assert issubclass(SSotWebSocketConnection, TestWebSocketConnection)
    assert issubclass(SSotAsyncWebSocketConnection, AwaitedWebSocketConnection)


def test_get_messages_returns_a_copy() -> None:
    for connection in (TestWebSocketConnection(), SSotWebSocketConnection()):
        run(connection.send_json("sent"))
        connection.get_messages().clear()
        assert connection.get_messages() == ["sent"]
    for awaited in (AwaitedWebSocketConnection(), SSotAsyncWebSocketConnection()):
        run(awaited.send_json("sent"))
        assert run(awaited.get_messages()) == ["sent"]


def test_the_module_exports_every_public_name_it_defines() -> None:
    others = {"TYPE_CHECKING", "annotations", "asyncio", "cached_property"}
    assert set(utility.__all__) == {n for n in vars(utility) if n[0] != "_"} - others


# The constructor


def test_a_new_connection_holds_the_three_attributes_of_the_copy(connection: Connection) -> None:
    assert vars(connection) == {"messages_sent": [], "is_connected": True, "_closed": False}


def test_connections_share_no_lists(shared_class: type[Connection]) -> None:
    one, other = shared_class(), shared_class()
    for name in ("messages_sent", "events_received"):
        assert getattr(one, name) is getattr(one, name)
        assert getattr(one, name) is not getattr(other, name)


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_that_is_not_given_is_no_attribute(connection: Connection, name: str) -> None:
    # Code that asks by getattr or hasattr gets the answer that the plain connection gives.
    assert not hasattr(connection, name)
    assert not hasattr(type(connection), name)


@pytest.mark.parametrize("name", OPTIONS)
def test_a_keyword_becomes_the_attribute_of_its_name(
    shared_class: type[Connection], name: str
) -> None:
    connection = shared_class(**{name: OPTIONS[name]})
    assert getattr(connection, name) is OPTIONS[name]
    assert set(vars(connection)) == {"messages_sent", "is_connected", "_closed", name}


def test_all_keywords_go_together(shared_class: type[Connection]) -> None:
    connection = shared_class(**OPTIONS)
    assert {name: getattr(connection, name) for name in OPTIONS} == OPTIONS


@pytest.mark.parametrize("name", ["user", "messages_sent", "is_connected", "_closed", "url"])
def test_an_unknown_keyword_is_a_type_error_that_names_it(shared_class: Any, name: str) -> None:
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'"):
        shared_class(**{"user_id": "user-1", name: 1})


def test_a_positional_argument_is_a_type_error(shared_class: Any) -> None:
    with pytest.raises(TypeError, match="positional argument"):
        shared_class("user-1")


# Sending and receiving


def test_send_text_records_the_text_as_it_is(connection: Connection) -> None:
    text = "".join(["not ", "json"])
    run(connection.send_text(text))
    assert len(connection.messages_sent) == 1
    assert connection.messages_sent[0] is text


@pytest.mark.parametrize("method", ["send_json", "send_text", "receive_json"])
def test_a_closed_connection_refuses_to(connection: Connection, method: str) -> None:
    arguments = [] if method == "receive_json" else ["message"]
    connection.queue_message("message")
    run(connection.close())
    with pytest.raises(RuntimeError, match=r"^WebSocket is closed$"):
        run(getattr(connection, method)(*arguments))
    assert connection.messages_sent == []
    assert connection.events_received == []


def test_receive_json_gives_the_queued_messages_first_in_first_out(connection: Connection) -> None:
    first, second = {"n": 1}, object()
    connection.queue_message(first)
    connection.queue_message(second)
    assert run(connection.receive_json()) is first
    assert run(connection.receive_json()) is second


@pytest.mark.parametrize("queued", [None, False, 0, "", {}, []], ids=repr)
def test_receive_json_gives_a_queued_message_that_is_false(
    connection: Connection, queued: object
) -> None:
    connection.queue_message(queued)
    assert run(connection.receive_json()) is queued


def test_receive_json_gives_a_new_success_response_where_nothing_is_queued(
    connection: Connection,
) -> None:
    first, second = run(connection.receive_json()), run(connection.receive_json())
    assert first == second == {"type": "test_response", "status": "success"}
    assert first is not second


def test_events_received_holds_what_receive_json_gave_out(connection: Connection) -> None:
    connection.queue_message("queued")
    assert connection.events_received == []
    received = [run(connection.receive_json()), run(connection.receive_json())]
    assert connection.events_received == received
    assert connection.messages_sent == []


def test_get_events_gives_a_copy(connection: Connection) -> None:
    connection.queue_message("queued")
    run(connection.receive_json())
    connection.get_events().clear()
    assert connection.get_events() == connection.events_received == ["queued"]


def test_clear_messages_forgets_both_directions_and_keeps_the_lists(connection: Connection) -> None:
    sent, received = connection.messages_sent, connection.events_received
    run(connection.send_json("sent"))
    run(connection.receive_json())
    connection.clear_messages()
    assert connection.messages_sent is sent
    assert connection.events_received is received
    assert sent == received == []
    assert connection.is_connected


def test_clear_messages_leaves_a_closed_connection_closed(connection: Connection) -> None:
    run(connection.close())
    connection.clear_messages()
    assert connection._closed
    assert not connection.is_connected


# Agent events


def test_agent_and_tool_events_are_picked_by_type_in_order(connection: Connection) -> None:
    others = ["ping", "agent", "agents_listed", "toolbox", "my_agent_event", "my_tool_event"]
    send_events(connection, "agent_started", "tool_executing", *others, "agent_completed")
    assert connection.get_agent_events() == [{"type": "agent_started"}, {"type": "agent_completed"}]
    assert connection.get_tool_events() == [{"type": "tool_executing"}]


def test_agent_events_are_the_very_messages_that_were_sent(connection: Connection) -> None:
    message = {"type": "agent_started"}
    run(connection.send_json(message))
    assert connection.get_agent_events()[0] is message


def test_agent_events_sent_as_text_are_decoded(connection: Connection) -> None:
    run(connection.send_text(json.dumps({"type": "tool_executing", "tool": "search"})))
    assert connection.get_tool_events() == [{"type": "tool_executing", "tool": "search"}]
    assert isinstance(connection.messages_sent[0], str)


@pytest.mark.parametrize(
    "message",
    [
        None,
        1,
        "no json",
        "[]",
        '"agent_"',
        "",
        [],
        {},
        {"type": None},
        {"type": []},
        {1},
        b"agent_",
    ],
    ids=repr,
)
def test_no_event_is(connection: Connection, message: object) -> None:
    run(connection.send_json(message))
    assert connection.get_agent_events() == connection.get_tool_events() == []


def test_the_five_events_in_order_pass(connection: Connection) -> None:
    send_events(connection, *AGENT_EVENTS)
    connection.assert_agent_events_in_order()


def test_other_and_repeated_messages_between_the_five_do_not_matter(connection: Connection) -> None:
    for event in AGENT_EVENTS:
        run(connection.send_json(None))
        send_events(connection, "ping", event, event)
    connection.assert_agent_events_in_order()


@pytest.mark.parametrize("missing", AGENT_EVENTS)
def test_a_missing_event_is_named(connection: Connection, missing: str) -> None:
    send_events(connection, *(event for event in AGENT_EVENTS if event != missing))
    with pytest.raises(AssertionError, match=missing):
        connection.assert_agent_events_in_order()


@pytest.mark.parametrize("late", AGENT_EVENTS[:-1])
def test_an_event_that_comes_last_is_out_of_order(connection: Connection, late: str) -> None:
    send_events(connection, *(event for event in AGENT_EVENTS if event != late), late)
    with pytest.raises(AssertionError, match="in its place among the events sent"):
        connection.assert_agent_events_in_order()


def test_no_events_at_all_are_not_in_order(connection: Connection) -> None:
    with pytest.raises(AssertionError, match="agent_started"):
        connection.assert_agent_events_in_order()


def test_the_stats_count_what_was_sent_and_received(shared_class: type[Connection]) -> None:
    connection = shared_class(user_id="user-1", run_id="run-1")
    send_events(connection, *AGENT_EVENTS, "ping")
    run(connection.receive_json())
    run(connection.close())
    assert connection.get_connection_stats() == {
        "user_id": "user-1",
        "run_id": "run-1",
        "is_connected": False,
        "message_count": 6,
        "event_count": 1,
        "agent_events": 3,
        "tool_events": 2,
        "total_events": 5,
    }


# Context managers


def test_a_with_block_gives_the_connection_and_closes_it(connection: Connection) -> None:
    with connection as entered:
        assert entered is connection
        assert connection.is_connected
    assert connection._closed
    assert not connection.is_connected


def test_an_async_with_block_gives_the_connection_and_closes_it(connection: Connection) -> None:
    async def use() -> None:
        async with connection as entered:
            assert entered is connection
            assert connection.is_connected

    run(use())
    assert connection._closed
    assert not connection.is_connected


def test_a_with_block_closes_and_lets_the_error_through(connection: Connection) -> None:
    with pytest.raises(ZeroDivisionError), connection:
        raise ZeroDivisionError
    assert connection._closed


def test_an_async_with_block_closes_and_lets_the_error_through(connection: Connection) -> None:
    async def use() -> None:
        async with connection:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(use())
    assert connection._closed


# Copies of a connection


def used(shared_class: type[Connection]) -> Connection:
    connection = shared_class(user_id="user-1", headers={"X-Test": "1"})
    run(connection.send_json({"type": "agent_started"}))
    connection.queue_message("queued")
    run(connection.receive_json())
    connection.queue_message("waiting")
    return connection


@pytest.mark.parametrize(
    "duplicate",
    [
        copy.deepcopy,
        *(
            lambda connection, protocol=protocol: pickle.loads(pickle.dumps(connection, protocol))
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ),
    ],
    ids=["deepcopy", *(f"pickle {n}" for n in range(pickle.HIGHEST_PROTOCOL + 1))],
)
def test_a_connection_of_its_own_comes_from(shared_class: type[Connection], duplicate: Any) -> None:
    original = used(shared_class)
    result = duplicate(original)
    assert type(result) is shared_class
    assert vars(result) == vars(original)
    assert run(result.receive_json()) == "waiting"
    result.messages_sent[0]["type"] = "changed"
    assert original.messages_sent == [{"type": "agent_started"}]
    assert original.events_received == ["queued"]


def test_a_shallow_copy_shares_the_lists_and_not_the_state(shared_class: type[Connection]) -> None:
    original = used(shared_class)
    result = copy.copy(original)
    run(result.send_json("later"))
    run(result.close())
    assert original.messages_sent[-1] == "later"
    assert original.is_connected


# Freedom of the tests that use it


@pytest.mark.parametrize("name", [*OPTIONS, "events_received", "own_attribute"])
def test_a_test_can_set_and_delete(connection: Connection, name: str) -> None:
    value = object()
    setattr(connection, name, value)
    assert getattr(connection, name) is value
    delattr(connection, name)
    assert name not in vars(connection)


def test_a_subclass_can_have_attributes_of_those_names(shared_class: Any) -> None:
    class Own(shared_class):  # type: ignore[misc]
        timeout = 7
        headers = {"X-Own": "1"}  # noqa: RUF012 - as tests write it

        def __init__(self) -> None:
            super().__init__()
            self.user_id = "own"
            self.test_context = "own"
            self.events_received = ["own"]

    connection = Own()
    run(connection.receive_json())
    assert (connection.timeout, connection.headers) == (7, {"X-Own": "1"})
    assert (connection.user_id, connection.test_context) == ("own", "own")
    assert connection.get_events() == ["own", {"type": "test_response", "status": "success"}]


def test_a_subclass_can_have_properties_of_those_names(shared_class: Any) -> None:
    class Own(shared_class):  # type: ignore[misc]
        @property
        def timeout(self) -> int:
            return 7

        @property
        def headers(self) -> str:
            return "own"

        @property
        def user_id(self) -> str:
            return "own"

        @property
        def test_context(self) -> str:
            return "own"

        @property
        def events_received(self) -> list[Any]:
            return [message for message in self.messages_sent if message != "ping"]

    connection = Own()
    run(connection.send_json("ping"))
    run(connection.send_json("event"))
    assert (connection.timeout, connection.headers) == (7, "own")
    assert connection.get_connection_stats()["user_id"] == connection.test_context == "own"
    assert connection.get_events() == ["event"]


def test_a_subclass_can_replace_send_json_and_call_it(shared_class: Any) -> None:
    class Counting(shared_class):  # type: ignore[misc]
        count = 0

        async def send_json(self, message: Any) -> None:
            self.count += 1
            await super().send_json(message)

    connection = Counting()
    run(connection.send_json("message"))
    assert (connection.count, connection.messages_sent) == (1, ["message"])


def test_get_messages_awaits_the_sleep_that_a_test_put_into_asyncio(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    delays: list[float] = []

    async def sleep(delay: float) -> None:
        delays.append(delay)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    assert run(SSotAsyncWebSocketConnection().get_messages()) == []
    assert delays == [0]


# pytest and import


@pytest.mark.parametrize(
    "collected_classes", ["Test", "*"], ids=["as by default", "every class is a test"]
)
def test_pytest_collects_nothing_of_it_and_warns_about_nothing(
    tmp_path: Path, collected_classes: str
) -> None:
    names = ", ".join(utility.__all__)
    (tmp_path / "test_importer.py").write_text(f"from {utility.__name__} import {names}\n")
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npython_classes = {collected_classes}\n")
    result = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-W", "error", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SOURCES), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, result.stdout + result.stderr
    assert "collected 0 items" in result.stdout
    assert "warning" not in result.stdout


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("", id="importing it"),
        pytest.param(
            "for cls in m.SSotWebSocketConnection, m.SSotAsyncWebSocketConnection:\n"
            "    c = cls()\n"
            "    for coroutine in c.send_json({}), c.send_text(''), c.close():\n"
            "        try:\n"
            "            coroutine.send(None)\n"
            "        except StopIteration:\n"
            "            pass\n"
            "m.SSotWebSocketConnection().get_messages()\n",
            id="sending, closing and reading",
        ),
    ],
)
def test_no_costly_import_comes_from(use: str) -> None:
    # Without site (-S), since an editable install may import anything at start.
    program = (
        f"import sys\n"
        f"sys.path.insert(0, {str(SOURCES)!r})\n"
        f"before = set(sys.modules)\n"
        f"import {utility.__name__} as m\n"
        f"{use}"
        f"print(*sorted(set(sys.modules) - before))\n"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    added = {name.partition(".")[0] for name in result.stdout.split()}
    assert "test_framework" in added
    assert "json" not in added
    assert added - {"test_framework"} <= sys.stdlib_module_names
