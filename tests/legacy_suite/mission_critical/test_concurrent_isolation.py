@pytest.mark.integration
@pytest.mark.critical
class TestWebSocketConnection:
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

"""Two users at once never see each other's messages."""

import asyncio

import pytest

from larkchat.agents import answer


@pytest.mark.critical
def test_answers_stay_with_the_one_who_asked():
    async def both():
        ann, bob = TestWebSocketConnection(), TestWebSocketConnection()
        await asyncio.gather(answer(ann, "one"), answer(bob, "two"))
        return ann, bob

    ann, bob = asyncio.run(both())
    assert ann.get_messages()[0]["question"] == "one"
    assert bob.get_messages()[0]["question"] == "two"
    assert len(ann.messages_sent) == len(bob.messages_sent) == 3


@pytest.mark.parametrize("users", [2, 10, 50])
def test_many_users(users):
    async def everyone():
        lines = [TestWebSocketConnection() for _ in range(users)]
        await asyncio.gather(*(answer(c, str(i)) for i, c in enumerate(lines)))
        return lines

    lines = asyncio.run(everyone())
    assert [c.get_messages()[0]["question"] for c in lines] == [str(i) for i in range(users)]
