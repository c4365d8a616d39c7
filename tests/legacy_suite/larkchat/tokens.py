"""Signed tokens for the web client."""

import hashlib
import hmac


def sign(user, key):
    digest = hmac.new(key.encode(), user.encode(), hashlib.sha256).hexdigest()[:16]
    return f"{user}.{digest}"


def verify(token, key):
    """Give the user of a valid token, else None."""
    user, _, _ = token.rpartition(".")
    return user if user and hmac.compare_digest(sign(user, key), token) else None
