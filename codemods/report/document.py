"""A document of JSON, as the verbs print it: its keys are those of ``schema.json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codemods.decode import encode
from codemods.measure.model import Series

#: One number for all verbs: it rises where a key is renamed, removed, or changes its meaning.
VERSION = 3


def document(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document of JSON.

    Args:
        kind: the verb, and where it prints several ones, which: a key of ``$defs`` in the schema.
        values: the rest of it; records and enums in it are encoded.

    """
    return {"schema": f"ssot-codemods/{kind}/{VERSION}", **encode(values, {Series: _series})}


def _series(series: Series) -> dict[str, Any]:
    return {
        "median": series.median,
        "min": series.minimum,
        "max": series.maximum,
        "values": list(series.values),
    }
