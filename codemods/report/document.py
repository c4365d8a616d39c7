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

    Its `kind` is the verb, and where it prints several ones, which: a key of ``$defs`` in the
    schema. The values are a record or a mapping; records and enums in it are encoded, for `known`
    see `encode`.
    """
    from codemods.decode import encode  # no text needs it

    return {"schema": f"ssot-codemods/{kind}/{VERSION}", **encode(values, known)}
