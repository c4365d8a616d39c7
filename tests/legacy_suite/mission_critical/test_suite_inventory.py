"""Counts what the suite is made of, so that a deploy does not lose a part of it."""

import ast
import re

# PARKED: class TestWebSocketConnection:
# PARKED: """Keeps what the server sends."""

# PARKED: def __init__(self):
    # PARKED: self.messages_sent = []
    # PARKED: self.is_connected = True
    # PARKED: self._closed = False

SAMPLE = '''
class TestWebSocketConnection:
    def __init__(self):
        self.messages_sent = []
        self.is_connected = True
        self._closed = False

    async def send_json(self, message):
        if self._closed:
            raise RuntimeError("WebSocket is closed")
        self.messages_sent.append(message)


def test_one():
    assert TestWebSocketConnection()


def test_two():
    pass
'''


def functions_in(source):
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def test_counts_functions():
    assert functions_in(SAMPLE) == ["test_one", "test_two"]


def test_names_classes():
    assert re.findall(r"^class (\w+)", SAMPLE, re.M) == ["TestWebSocketConnection"]


def test_makes_a_class_from_a_name():
    made = type("MockWebSocketConnection", (), {"is_connected": True})
    assert made().is_connected
