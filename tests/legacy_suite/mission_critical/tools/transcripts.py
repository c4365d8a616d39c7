"""Reads the transcripts that support attaches to tickets."""


def parse(text):
    """Give pairs of user and words."""
    lines = (line.partition(":") for line in text.strip().splitlines())
    return [(user.strip(), words.strip()) for user, _, words in lines]
