"""Rooms and who is in them."""


class RoomFull(Exception):
    """Nobody else fits in."""


class Room:
    def __init__(self, name, capacity=50):
        self.name = name
        self.capacity = capacity
        self.members = {}
        self.history = []

    def join(self, user, connection):
        if len(self.members) >= self.capacity:
            raise RoomFull(self.name)
        self.members[user] = connection

    def leave(self, user):
        return self.members.pop(user, None)

    async def broadcast(self, message, skip=None):
        """Send to every open connection but that of `skip`; give the number of receivers."""
        self.history.append(message)
        reached = 0
        for user, connection in list(self.members.items()):
            if user != skip and connection.is_connected:
                await connection.send_json(message)
                reached += 1
        return reached

    async def shut(self, reason):
        for connection in self.members.values():
            await connection.close(1001, reason)
        self.members.clear()
