"""Snapshots of a connection, for the bug reports."""

import asyncio; import json

class MockWebSocketConnection:
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

    async def get_messages(self):
        await asyncio.sleep(0)  # let the other tasks have their turn
        return self.messages_sent.copy()

class Snapshot:
    def __init__(self, messages):
        self.text = json.dumps(messages, indent=1)

    @classmethod
    async def of(cls, connection):
        return cls(await connection.get_messages())


def test_snapshot_of_nothing(run):
    assert run(Snapshot.of(MockWebSocketConnection())).text == "[]"


def test_snapshot_of_one_message(run):
    connection = MockWebSocketConnection()
    run(connection.send_json({"bug": 1}))
    assert json.loads(run(Snapshot.of(connection)).text) == [{"bug": 1}]
