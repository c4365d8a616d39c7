"""WebSocket connections for tests: they record what is sent and never open a socket.

`TestWebSocketConnection` is the very code that test suites paste, `AwaitedWebSocketConnection` the
same with a `get_messages` that is awaited. A pasted copy of either is replaced by an import of it,
so nothing is ever added to these two. New tests choose `SSotWebSocketConnection` or
`SSotAsyncWebSocketConnection`, which add agent events, statistics, messages to receive, options
and context managers.
"""

from __future__ import annotations

import asyncio
from functools import cached_property

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Any, TypedDict, TypeVar

    from typing_extensions import Unpack

    _Connection = TypeVar("_Connection", bound="_AgentConnection")

    class _Options(TypedDict, total=False):
        test_context: dict[str, Any]
        user_id: str
        run_id: str
        base_url: str
        environment: str
        timeout: float
        headers: Mapping[str, str]
        auth_token: str


__all__ = [
    "AGENT_EVENTS",
    "AwaitedWebSocketConnection",
    "MockWebSocketConnection",
    "SSotAsyncWebSocketConnection",
    "SSotWebSocketConnection",
    "TestWebSocketConnection",
    "WebSocketConnectionMock",
]

#: The events of one agent run, in the order in which a user must see them.
AGENT_EVENTS = (
    "agent_started",
    "agent_thinking",
    "tool_executing",
    "tool_completed",
    "agent_completed",
)

_OPTIONS = frozenset(
    {
        "test_context",
        "user_id",
        "run_id",
        "base_url",
        "environment",
        "timeout",
        "headers",
        "auth_token",
    }
)


class TestWebSocketConnection:
    """The connection that test suites paste."""

    #: pytest collects no class with this set to false, and warns about none:
    #: https://docs.pytest.org/en/stable/example/pythoncollection.html
    __test__ = False

    def __init__(self) -> None:
        self.messages_sent: list[Any] = []
        self.is_connected = True
        self._closed = False

    async def send_json(self, message: Any) -> None:
        """Record `message`: the object itself, of any type, unchanged.

        Raises:
            RuntimeError: the connection is closed.

        """
        if self._closed:
            raise RuntimeError("WebSocket is closed")
        self.messages_sent.append(message)

    async def close(self, code: int = 1000, reason: str = "Normal closure") -> None:
        """Close the connection; it keeps what it recorded. Codes: RFC 6455, section 7.4."""
        self._closed = True
        self.is_connected = False

    def get_messages(self) -> list[Any]:
        """Return a copy of the list of sent messages."""
        return self.messages_sent.copy()


# The other names under which it is pasted.
MockWebSocketConnection = TestWebSocketConnection
WebSocketConnectionMock = TestWebSocketConnection


class AwaitedWebSocketConnection:
    """The same, as it is pasted where tests await `get_messages`."""

    __test__ = False

    def __init__(self) -> None:
        self.messages_sent: list[Any] = []
        self.is_connected = True
        self._closed = False

    async def send_json(self, message: Any) -> None:
        """Record `message`: the object itself, of any type, unchanged.

        Raises:
            RuntimeError: the connection is closed.

        """
        if self._closed:
            raise RuntimeError("WebSocket is closed")
        self.messages_sent.append(message)

    async def close(self, code: int = 1000, reason: str = "Normal closure") -> None:
        """Close the connection; it keeps what it recorded."""
        self._closed = True
        self.is_connected = False

    async def get_messages(self) -> list[Any]:
        """Return a copy of the list of sent messages, after one turn of the event loop."""
        await asyncio.sleep(0)
        return self.messages_sent.copy()


class _AgentConnection:
    """What the richer connections add to a plain one, which comes next in their bases.

    A new instance holds the attributes of the plain one and the options that were given; the lists
    beyond are made when they are first used.
    """

    if TYPE_CHECKING:  # no class attributes: a subclass and its other bases may have their own
        messages_sent: list[Any]
        is_connected: bool
        _closed: bool
        test_context: dict[str, Any]
        user_id: str
        run_id: str
        base_url: str
        environment: str
        timeout: float
        headers: Mapping[str, str]
        auth_token: str

        async def close(self, code: int = 1000, reason: str = "Normal closure") -> None: ...

    def __init__(self, **options: Unpack[_Options]) -> None:
        """Open the connection.

        Args:
            **options: any of ``test_context`` (dict), ``user_id``, ``run_id``, ``base_url``,
                ``environment``, ``auth_token`` (str), ``timeout`` (seconds) and ``headers``
                (mapping). Each becomes the attribute of that name; one that is not given is no
                attribute.

        Raises:
            TypeError: an unknown keyword.

        """
        super().__init__()
        for name in options:
            if name not in _OPTIONS:
                raise TypeError(f"__init__() got an unexpected keyword argument {name!r}")
        for name, value in options.items():
            setattr(self, name, value)  # a subclass may have a property of that name

    @cached_property
    def events_received(self) -> list[Any]:
        """The messages that `receive_json` returned, in order."""
        return []

    @cached_property
    def _incoming(self) -> list[Any]:
        return []

    async def send_text(self, text: str) -> None:
        """Record `text` as it is.

        Raises:
            RuntimeError: the connection is closed.

        """
        if self._closed:
            raise RuntimeError("WebSocket is closed")
        self.messages_sent.append(text)

    def queue_message(self, message: Any) -> None:
        """Let a later `receive_json` return `message`; first in, first out."""
        self._incoming.append(message)

    async def receive_json(self) -> Any:
        """Return the next queued message, or a plain success response where none is queued.

        Raises:
            RuntimeError: the connection is closed.

        """
        if self._closed:
            raise RuntimeError("WebSocket is closed")
        if self._incoming:
            message = self._incoming.pop(0)
        else:
            message = {"type": "test_response", "status": "success"}
        self.events_received.append(message)
        return message

    def get_events(self) -> list[Any]:
        """Return a copy of the list of received messages."""
        return self.events_received.copy()

    def clear_messages(self) -> None:
        """Forget what was sent and received; what is queued, and the connection, stay."""
        self.messages_sent.clear()
        self.events_received.clear()

    def get_agent_events(self) -> list[dict[str, Any]]:
        """Return the sent messages whose type starts with ``agent_``, in order."""
        return self._sent_events("agent_")

    def get_tool_events(self) -> list[dict[str, Any]]:
        """Return the sent messages whose type starts with ``tool_``, in order."""
        return self._sent_events("tool_")

    def assert_agent_events_in_order(self) -> None:
        """Check that all of `AGENT_EVENTS` were sent, each after the one before it.

        Other messages between them do not matter.

        Raises:
            AssertionError: names the first event that is missing there, and lists what was sent.

        """
        sent = [event["type"] for event in self._sent_events("")]
        rest = iter(sent)
        for expected in AGENT_EVENTS:
            if expected not in rest:
                raise AssertionError(f"no {expected!r} in its place among the events sent: {sent}")

    def get_connection_stats(self) -> dict[str, Any]:
        """Return the state of the connection and the counts of its messages."""
        agent_events = len(self.get_agent_events())
        tool_events = len(self.get_tool_events())
        return {
            "user_id": getattr(self, "user_id", None),
            "run_id": getattr(self, "run_id", None),
            "is_connected": self.is_connected,
            "message_count": len(self.messages_sent),
            "event_count": len(self.events_received),
            "agent_events": agent_events,
            "tool_events": tool_events,
            "total_events": agent_events + tool_events,
        }

    def _sent_events(self, prefix: str) -> list[dict[str, Any]]:
        """Return the sent messages that are objects with a type that starts with `prefix`."""
        decoded = (self._decoded(m) if isinstance(m, str) else m for m in self.messages_sent)
        events = (event for event in decoded if isinstance(event, dict))
        typed = (event for event in events if isinstance(event.get("type"), str))
        return [event for event in typed if event["type"].startswith(prefix)]

    @staticmethod
    def _decoded(text: str) -> Any:
        """Return the JSON value in `text`, or None where it holds none."""
        import json  # here, because importing this module must stay light

        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return None

    def __enter__(self: _Connection) -> _Connection:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closed = True
        self.is_connected = False

    async def __aenter__(self: _Connection) -> _Connection:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


class SSotWebSocketConnection(_AgentConnection, TestWebSocketConnection):
    """The connection for new tests."""


class SSotAsyncWebSocketConnection(_AgentConnection, AwaitedWebSocketConnection):
    """The connection for new tests that await `get_messages`."""
