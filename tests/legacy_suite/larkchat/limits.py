"""How much one user may send."""


class Bucket:
    def __init__(self, size, refill_per_second, clock):
        self.size = size
        self.refill = refill_per_second
        self.clock = clock
        self.level = size
        self.last = clock()

    def take(self, amount=1):
        now = self.clock()
        self.level = min(self.size, self.level + (now - self.last) * self.refill)
        self.last = now
        if self.level < amount:
            return False
        self.level -= amount
        return True
