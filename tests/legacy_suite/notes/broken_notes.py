"""Notes from the migration of the socket tests. Not finished, never imported."""

# What we paste everywhere:

class TestWebSocketConnection:
    def __init__(self):
        self.messages_sent = []

    async def send_json(self, message:
        self.messages_sent.append(message)


# TODO ask Ines whether the load tests have one as well
