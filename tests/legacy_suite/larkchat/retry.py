"""When to try again."""


def delays(first=0.5, factor=2, most=30, tries=6):
    wait = first
    for _ in range(tries):
        yield min(wait, most)
        wait *= factor
