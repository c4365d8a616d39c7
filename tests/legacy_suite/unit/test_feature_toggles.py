class WebSocketConnectionMock:
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

    def get_messages(self):
        return self.messages_sent.copy()

"""Toggles come from the environment, which has to be set before the product is imported."""
import os

os.environ["LARKCHAT_TOGGLES"] = "threads,polls"

import pytest

json = pytest.importorskip("json")

try:
    import tomllib as toml
except ImportError:
    toml = None


def toggles():
    return set(os.environ["LARKCHAT_TOGGLES"].split(","))


@pytest.mark.parametrize("name", ["threads", "polls"])
def test_toggle_is_on(name):
    assert name in toggles()


def test_toggles_are_sent(run):
    connection = WebSocketConnectionMock()
    run(connection.send_json(json.dumps(sorted(toggles()))))
    assert connection.get_messages() == ['["polls", "threads"]']
