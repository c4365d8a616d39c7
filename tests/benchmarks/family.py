"""What a generated suite says about the connection classes: copies, other mocks, mere mentions.

``$name`` is the name of the class, ``$shared`` the shared module; ``$await`` is there where
`get_messages` of the copy is a coroutine.
"""

from __future__ import annotations

from tests.tools import AWAITED, COPY, indented

_NAMED = COPY.replace("TestWebSocketConnection", "$name")

#: The copies, by what reads their messages.
COPIES = {"": _NAMED, "await ": AWAITED.replace("TestWebSocketConnection", "$name")}

#: What a test file does with its copy.
USES = [
    '''

def test_connection_records_what_is_sent():
    """What the router sends arrives in its order."""

    async def scenario():
        connection = $name()
        for event in ("agent_started", "agent_thinking", "agent_completed"):
            await connection.send_json({"type": event})
        return ${await}connection.get_messages()

    messages = asyncio.run(scenario())
    assert [message["type"] for message in messages] == [
        "agent_started",
        "agent_thinking",
        "agent_completed",
    ]
''',
    """

@pytest.fixture
def open_connection():
    connection = $name()
    yield connection
    asyncio.run(connection.close(1001, "going away"))


def test_connection_is_open_until_it_is_closed(open_connection):
    assert open_connection.is_connected
    assert open_connection.messages_sent == []
    asyncio.run(open_connection.close())
    assert not open_connection.is_connected
""",
    """

class TestConnectionAfterClose:
    def setup_method(self):
        self.connection = $name()

    def test_nothing_is_sent_any_more(self):
        async def scenario():
            await self.connection.send_json({"type": "first"})
            await self.connection.close()
            with pytest.raises(RuntimeError, match="WebSocket is closed"):
                await self.connection.send_json({"type": "second"})
            return ${await}self.connection.get_messages()

        assert asyncio.run(scenario()) == [{"type": "first"}]
""",
]

_TEST_INSIDE = '''
def test_swallowed_{n}(self):
    """Stands in the class since somebody indented the rest of the file."""
    started = time.monotonic()
    assert time.monotonic() >= started, "clock {n} goes backwards"
'''

#: Classes of the name that are no copies, and stay.
OTHERS = [
    # Another constructor and other members.
    '''

class $name:
    """A connection with a user, a queue of answers and a history."""

    def __init__(self, user_id="user-1", fail_after=None):
        self.user_id = user_id
        self.fail_after = fail_after
        self.sent = []
        self.answers = asyncio.Queue() if fail_after else None

    async def send(self, text):
        if self.fail_after is not None and len(self.sent) >= self.fail_after:
            raise ConnectionError(f"connection of {self.user_id} is lost")
        self.sent.append(json.loads(text))

    async def close(self):
        self.sent.clear()


def test_own_connection_knows_its_user():
    connection = $name(user_id="user-7")
    asyncio.run(connection.send('{"type": "ping"}'))
    assert (connection.user_id, connection.sent) == ("user-7", [{"type": "ping"}])
''',
    # The usual constructor, another error.
    "\n\n" + _NAMED.replace("RuntimeError", "OSError"),
    # A dataclass.
    '''

@dataclass
class $name:
    """A connection as a record."""

    user_id: str = "user-1"
    messages_sent: list = field(default_factory=list)
    is_connected: bool = True

    async def send_json(self, message):
        self.messages_sent.append(message)


def test_record_connection():
    connection = $name("user-3")
    asyncio.run(connection.send_json({"type": "ping"}))
    assert connection.messages_sent == [{"type": "ping"}]
''',
    # In a function.
    "\n\ndef test_connection_of_this_function():\n    log = []\n\n"
    + indented(_NAMED.replace("self.messages_sent.append", "log.append"))
    + "\n    asyncio.run($name().send_json(1))\n    assert log == [1]\n",
    # The rest of the file, swallowed by wrong indentation.
    "\n\n" + _NAMED + indented("".join(_TEST_INSIDE.format(n=n) for n in range(1, 6))),
]


def _removed(text: str) -> str:
    """Comment a text out, as an automatic repair of syntax errors did in many real files."""
    lines = text.splitlines()
    return "".join(f"# REMOVED_SYNTAX_ERROR: {line}\n" if line.strip() else "\n" for line in lines)


#: Text that names the class and defines none; the first kind is by far the most frequent one.
_COMMENTED_OUT = "\n\n" + _removed(_NAMED)
MENTIONS = [
    *[_COMMENTED_OUT] * 6,
    """

FORBIDDEN_CLASSES = [
    "MockAgentRegistry",
    "$name",
    "FakeRedisClient",
]


def test_forbidden_classes_are_sorted_by_hand():
    assert len(set(FORBIDDEN_CLASSES)) == 3
""",
    """

def test_class_made_at_run_time():
    made = type("$name", (), {"send_json": AsyncMock()})
    asyncio.run(made().send_json({"type": "ping"}))
    assert made.send_json.await_count == 1
""",
    '''

SAMPLE = """
class $name:
    def __init__(self):
        self.messages_sent = []
"""


def test_sample_is_python():
    compile(SAMPLE, "sample.py", "exec")
''',
    """

from $shared import $name as SharedConnection


def test_shared_connection_is_open():
    assert SharedConnection().is_connected
""",
]
