"""Full text search over the history of a room."""

import unicodedata


def fold(text):
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


def rank(messages, words):
    """Give the messages that have any of the words, best first."""
    wanted = {fold(w) for w in words.split()}
    scored = [(sum(w in fold(m).split() for w in wanted), m) for m in messages]
    return [m for score, m in sorted(scored, key=lambda s: -s[0]) if score]
