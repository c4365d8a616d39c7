"""A document of JSON, as the verbs print it: its keys are those of ``schema.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

#: One number for all verbs: it rises where a key is renamed, removed, or changes its meaning.
VERSION = 3


def document(
    kind: str, values: object, known: Mapping[type, Callable[[Any], Any]] = {}
) -> dict[str, Any]:
    """Return a document of JSON.

    Args:
        kind: the verb, and where it prints several ones, which: a key of ``$defs`` in the schema.
        values: the rest of it, a record or a mapping; records and enums in it are encoded.
        known: see `encode`.

    """
    from codemods.decode import encode  # no text needs it

    return {"schema": f"ssot-codemods/{kind}/{VERSION}", **encode(values, known)}
