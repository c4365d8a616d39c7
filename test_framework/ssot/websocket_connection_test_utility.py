"""The shared WebSocket connection for tests: it records what is sent and never opens a socket.

`SSotWebSocketConnection` behaves exactly as the copy that test suites paste, and carries the
three names under which they paste it. `SSotAsyncWebSocketConnection` is the same for the copies
that read with ``await connection.get_messages()``.

A new instance holds the three attributes of the local copy and no others; the lists beyond the copy
are made when they are used, so that a connection which only sends and closes costs what the copy
cost but for a tenth of a microsecond. Importing this module imports neither asyncio
nor any third-party package.
"""

from __future__ import annotations

from functools import cached_property

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Any, TypedDict, TypeVar

    from typing_extensions import Unpack

    _Connection = TypeVar("_Connection", bound="_RecordingConnection")

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


class _RecordingConnection:
    """What the two shared classes have in common: everything but `get_messages`."""

    #: pytest collects no class with this set to false, and warns about none:
    #: https://docs.pytest.org/en/stable/example/pythoncollection.html
    __test__ = False

    messages_sent: list[Any]
    is_connected: bool
    _closed: bool

    if TYPE_CHECKING:  # no class attributes: a subclass and its other bases may have their own
        test_context: dict[str, Any]
        user_id: str
        run_id: str
        base_url: str
        environment: str
        timeout: float
        headers: Mapping[str, str]
        auth_token: str

    def __init__(self, **options: Unpack[_Options]) -> None:
        """Open the connection.

        Args:
            **options: any of ``test_context`` (dict), ``user_id``, ``run_id``, ``base_url``,
                ``environment``, ``auth_token`` (str), ``timeout`` (seconds) and ``headers``
                (mapping). Each becomes the attribute of that name; one that is not given is no
                attribute, as in the local copy.

        Raises:
            TypeError: an unknown keyword.

        """
        self.messages_sent = []
        self.is_connected = True
        self._closed = False
        # A dict of keywords, and not eight parameters: a test that gives none pays for none.
        if options:
            for name in options:
                if name not in _OPTIONS:
                    raise TypeError(f"__init__() got an unexpected keyword argument {name!r}")
            for name, value in options.items():
                setattr(self, name, value)  # a subclass may have a property of that name

    # The local copy

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

    # Beyond the copy

    @cached_property
    def events_received(self) -> list[Any]:
        """What `receive_json` has given out, in order."""
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
        """Let a later `receive_json` give `message`; first in, first out."""
        self._incoming.append(message)

    async def receive_json(self) -> Any:
        """Give the next queued message, or a plain success response where none is queued.

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
        """Give a copy of the list of received messages."""
        return self.events_received.copy()

    def clear_messages(self) -> None:
        """Forget what was sent and received; what is queued, and the connection, stay."""
        self.messages_sent.clear()
        self.events_received.clear()

    def get_agent_events(self) -> list[dict[str, Any]]:
        """Give the sent messages whose type starts with ``agent_``, in order."""
        return self._sent_events("agent_")

    def get_tool_events(self) -> list[dict[str, Any]]:
        """Give the sent messages whose type starts with ``tool_``, in order."""
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
        """Give the state of the connection and the counts of its messages."""
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
        """Give the sent messages that are objects with a type that starts with `prefix`."""
        decoded = (_decode(m) if isinstance(m, str) else m for m in self.messages_sent)
        events = (event for event in decoded if isinstance(event, dict))
        typed = (event for event in events if isinstance(event.get("type"), str))
        return [event for event in typed if event["type"].startswith(prefix)]

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


class SSotWebSocketConnection(_RecordingConnection):
    """The shared connection; `get_messages` gives a list."""

    def get_messages(self) -> list[Any]:
        """Give a copy of the list of sent messages."""
        return self.messages_sent.copy()


class SSotAsyncWebSocketConnection(_RecordingConnection):
    """The shared connection for tests that await `get_messages`."""

    async def get_messages(self) -> list[Any]:
        """Give a copy of the list of sent messages, after one turn of the event loop."""
        import asyncio  # here, because importing this module must stay light

        await asyncio.sleep(0)
        return self.messages_sent.copy()


# The names under which the copies are pasted.
TestWebSocketConnection = SSotWebSocketConnection
MockWebSocketConnection = SSotWebSocketConnection
WebSocketConnectionMock = SSotWebSocketConnection


def _decode(text: str) -> Any:
    """Give the JSON value in `text`, or None where it holds none."""
    import json  # here, because importing this module must stay light

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
