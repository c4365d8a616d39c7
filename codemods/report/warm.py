"""The bytecode that was written, as text or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from codemods.measure.model import Warmed
from codemods.report.document import document
from codemods.report.table import Detail, joined, shortened
from codemods.wording import plural


def as_text(warmed: Warmed, detail: Detail = Detail.NORMAL) -> str:
    """Format what was written, and how long collection takes with it; QUIET: what went wrong."""
    wrong = list(_wrong(warmed))
    return joined(wrong if detail is Detail.QUIET else [*_warmed(warmed, detail), *wrong])


def as_json(warmed: Warmed) -> dict[str, Any]:
    """Return what was written as values of JSON."""
    return document("warm", warmed)


def _warmed(warmed: Warmed, detail: Detail) -> Iterator[str]:
    if warmed.cold_seconds is not None:
        yield f"{'cold':8}{warmed.cold_seconds:8.2f} s"
    yield f"{'warmed':8}{warmed.writing_seconds:8.2f} s  {plural(warmed.jobs, 'job')}"
    if warmed.warm_seconds:
        yield f"{'warm':8}{warmed.warm_seconds:8.2f} s"
        yield f"{warmed.cached_count} of {plural(warmed.module_count, 'module')} read from bytecode"
    yield from shortened("not from bytecode: ", warmed.not_cached, detail)
    yield from (f"note: {note}" for note in warmed.notes)


def _wrong(warmed: Warmed) -> Iterator[str]:
    if warmed.error_count:
        yield f"{plural(warmed.error_count, 'error')} at collection"
    if warmed.problem:
        yield f"problem: {warmed.problem}"
