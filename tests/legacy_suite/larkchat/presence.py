"""Who is online, away or gone."""


class PresenceBoard:
    def __init__(self, clock, away_after=300):
        self.clock = clock
        self.away_after = away_after
        self.seen = {}

    def touch(self, user):
        self.seen[user] = self.clock()

    def status(self, user):
        if user not in self.seen:
            return "gone"
        idle = self.clock() - self.seen[user]
        return "away" if idle >= self.away_after else "online"
