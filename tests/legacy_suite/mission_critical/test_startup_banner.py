#!/usr/bin/env python3
# Copyright (c) the Larkchat team.

# Pasted by the generator of new test files; see the wiki.
class TestWebSocketConnection:
    """Keeps what the server sends, so that no socket has to be opened."""

    def __init__(self):
        self.messages_sent = []
        self.is_connected = True
        self._closed = False

    async def send_json(self, message: dict):
        """Record one message."""
        if self._closed:
            raise RuntimeError("WebSocket is closed")
        self.messages_sent.append(message)

    async def close(self, code: int = 1000, reason: str = "Normal closure"):
        """Hang up."""
        self._closed = True
        self.is_connected = False

    def get_messages(self) -> list:
        """Give back what was sent so far."""
        return self.messages_sent.copy()


"""The banner that the gateway prints when it comes up."""

import re
import sys


def banner(version, port):
    return f"larkchat {version} listening on :{port}"


def test_banner_has_the_version():
    assert re.match(r"larkchat \d+\.\d+ ", banner("4.2", 8000))


def test_banner_has_the_port():
    assert banner("4.2", 8123).endswith(":8123")


if __name__ == "__main__":
    test_banner_has_the_version()
    test_banner_has_the_port()
    sys.stdout.write("ok\n")
