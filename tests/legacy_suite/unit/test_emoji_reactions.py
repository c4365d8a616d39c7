"""Reactions below a message."""

from collections import Counter

# Indented with tabs, as this was a Go programmer's first day.

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


def react(counter, emoji, connection):
	counter[emoji] += 1
	connection.messages_sent.append(emoji)


def test_reactions_are_counted():
	counter = Counter()
	connection = TestWebSocketConnection()
	for emoji in "😀😀🚀":
		react(counter, emoji, connection)
	assert counter["😀"] == 2
	assert len(connection.get_messages()) == 3   
