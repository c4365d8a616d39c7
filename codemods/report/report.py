"""What a migration did, for a pull request: Markdown, HTML and JSON with the same content."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from codemods.decode import encode
from codemods.measure.model import BaselineSummary, Series
from codemods.progress.completion import CollectionChange, Completion, Place, RefusedPlace
from codemods.progress.history import ComparedTests
from codemods.report import page
from codemods.report.baseline import claim_text, series_text
from codemods.report.chart import Bar, Bars, Curve
from codemods.report.page import Block, Code, Details, Heading, Inline, Paragraph, Table
from codemods.wording import percentage, plural

SCHEMA = "ssot-codemods/report/1"
_TITLE = "Shared definitions: report on "


def as_markdown(done: Completion) -> str:
    """Format the report for a pull request."""
    return page.as_markdown(_title(done), list(_blocks(done)))


def as_html(done: Completion) -> str:
    """Format the report as one file for a browser."""
    return page.as_html(_title(done), list(_blocks(done)))


def as_json(done: Completion) -> dict[str, Any]:
    """Return the report as values of JSON."""
    return {
        "schema": SCHEMA,
        **encode(done),
        "percent": round(percentage(done.compliant, done.helpers), 1),
        "copies_over_time": [{"time": t, "copies": n} for t, n in _copies_over_time(done)],
    }


def _title(done: Completion) -> tuple[Inline, ...]:
    return (_TITLE, *_joined(done.paths))


def _joined(texts: Sequence[str]) -> Iterator[Inline]:
    for number, text in enumerate(texts):
        if number:
            yield ", "
        yield Code(text)


def _blocks(done: Completion) -> Iterator[Block]:
    yield from _summary(done)
    yield Heading("What changed")
    yield from _changed(done)
    yield Heading("What was refused, and why")
    yield from _refused(done)
    yield Heading("Collection")
    yield from _collection(done.collection, done.paths)
    yield Heading("Warnings at collection")
    yield from _warnings(done.collection)
    yield Heading("Tests before and after")
    yield from _verification(done.verification, done.paths)
    yield Heading("Golden path")
    yield from _golden_path(done)
    yield Heading("Mocking")
    yield from _mocking(done)
    yield Heading("What is left")
    yield from _left(done)


def _summary(done: Completion) -> Iterator[Block]:
    removed = done.removed
    share = percentage(done.compliant, done.helpers)
    parts = [
        f"{plural(len(removed), 'copy')} replaced in {plural(_files(removed), 'file')}",
        f"{len(done.left):,} left",
        f"{plural(len(done.refused), 'definition')} refused",
    ]
    if done.failed:
        parts.append(f"{plural(len(done.failed), 'file')} failed")
    yield Paragraph((
        f"{', '.join(parts)}. {done.compliant:,} of {plural(done.helpers, 'file')} with the helper "
        f"hold no copy that can be replaced ({share:.1f} %). "
        f"{plural(done.files, 'file')} looked at; {_when(done.time)}.",
    ))  # fmt: skip


def _changed(done: Completion) -> Iterator[Block]:
    if not done.runs:
        yield Paragraph(("No run of the journal stands here.",))
        return
    yield Table(
        ("run", "time", "command", "files", "copies replaced", "copies left after it"),
        tuple(
            (Code(r.id), _when(r.time), Code(r.command), _files(r.removed), len(r.removed), r.left)
            for r in done.runs
        ),
    )
    yield _copies_curve(done)
    summary = f"{plural(len(done.removed), 'copy')} replaced, by file; lines are those before"
    yield Details((summary,), tuple(_by_file(done.removed)))


def _copies_over_time(done: Completion) -> list[tuple[str, int]]:
    """Return the number of copies before the first run, and after each."""
    if not done.runs:
        return []
    first = done.runs[0]
    start = (f"before {first.time}", first.left + len(first.removed))
    return [start, *((run.time, run.left) for run in done.runs)]


def _copies_curve(done: Completion) -> Curve:
    times = _copies_over_time(done)
    (_, first), *_, (_, last) = times
    points = tuple((f"run {n}" if n else "before", left) for n, (_, left) in enumerate(times))
    about = (
        f"Copies left: {first:,} before the first run, {last:,} after the latest of "
        f"{plural(len(done.runs), 'run')}."
    )
    return Curve("Copies left, run by run", about, "copies", points)


def _refused(done: Completion) -> Iterator[Block]:
    if not done.refused and not done.failed:
        yield Paragraph(("Nothing.",))
        return
    found = (*done.refused, *done.failed)
    codes = Counter(place.code for place in found)
    ordered = sorted(codes.items(), key=lambda pair: (-pair[1], pair[0]))
    failed = {place.code for place in done.failed}
    yield Table(
        ("reason", "what", "number"),
        tuple(
            (Code(c), "files that failed" if c in failed else "definitions that stay", n)
            for c, n in ordered
        ),
    )
    for code, number in ordered:
        places = [p for p in found if p.code == code]
        yield Details((Code(code), f": {number:,}"), tuple(map(_refused_item, places)))


def _refused_item(place: RefusedPlace) -> tuple[Inline, ...]:
    name: tuple[Inline, ...] = (" ", Code(place.name)) if place.name else ()
    return (Code(f"{place.path}:{place.line}"), *name, ": ", Code(place.message))


def _not_measured(verb: str, paths: Sequence[str]) -> Paragraph:
    """Return what to run; only measurements of exactly these paths count."""
    command = shlex.join(["ssot-codemods", verb, *(p for p in paths if p != ".")])
    return Paragraph(("Not measured: ", Code(command), " does it."))


def _collection(change: CollectionChange, paths: Sequence[str]) -> Iterator[Block]:
    sides = [(n, m) for n, m in (("before", change.before), ("after", change.after)) if m]
    if not sides:
        yield _not_measured("baseline", paths)
        return
    if change.before is None or change.after is None:
        side = "before" if change.before is None else "after"
        yield Paragraph((f"Nothing was measured {side} that this could be compared with.",))
    for obstacle in change.obstacles:
        yield Paragraph(("Not comparable: ", Code(obstacle)))
    yield Table(("", *(name for name, _ in sides), "these runs show"), tuple(_rows(change)))
    bars = tuple(_bars(sides))
    if bars:
        about = "; ".join(
            f"{b.label}: {b.value:.2f} s, from {b.low:.2f} to {b.high:.2f}" for b in bars
        )
        yield Bars("Seconds of collection", about, "s", bars)


def _rows(change: CollectionChange) -> Iterator[tuple[page.Cell, ...]]:
    """Yield a row for each quantity: before, after, and what these runs show."""
    both = change.before, change.after
    for kind, claim in (("cold", change.cold), ("warm", change.warm)):
        series = [getattr(side, kind).wall for side in both if side]
        shown = (series_text(s) if s.values else "not measured" for s in series)
        claimed = claim_text(claim, *series) if claim is not None else ""
        yield (f"{kind}: median (min to max)", *shown, claimed)
    for name, cell_of in _QUANTITIES.items():
        yield (name, *(cell_of(side) for side in both if side), "")


_QUANTITIES: dict[str, Callable[[BaselineSummary], page.Cell]] = {
    "peak memory": lambda side: f"{side.memory / 2**20:.0f} MB",
    "modules": lambda side: f"{side.modules:,}",
    "tests": lambda side: f"{side.tests:,}",
    "errors": lambda side: f"{side.errors:,}",
    "measured": lambda side: _when(side.time),
    "commit": lambda side: Code(side.commit[:12]),
}


def _bars(sides: Sequence[tuple[str, BaselineSummary]]) -> Iterator[Bar]:
    for kind in ("cold", "warm"):
        for name, side in sides:
            wall: Series = getattr(side, kind).wall
            if wall.values:
                figures = wall.median, wall.minimum, wall.maximum
                yield Bar(f"{kind}, {name}", name, *figures)


def _warnings(change: CollectionChange) -> Iterator[Block]:
    before, after = (dict(s.warnings) if s else None for s in (change.before, change.after))
    categories = sorted({**(before or {}), **(after or {})})
    if before is None and after is None:
        yield Paragraph(("Not measured.",))
    elif not categories:
        yield Paragraph(("None.",))
    else:
        rows = [(Code(c), _number(before, c), _number(after, c)) for c in categories]
        yield Table(("category", "before", "after"), tuple(rows))


def _number(counts: dict[str, int] | None, category: str) -> int | str:
    return "not measured" if counts is None else counts.get(category, 0)


def _verification(found: ComparedTests | None, paths: Sequence[str]) -> Iterator[Block]:
    if found is None:
        yield _not_measured("verify", paths)
        return
    yield Table(
        ("passed before", "passed after", "differences", "flaky", "healed", "measured"),
        (
            (
                *(found.passed_before, found.passed_after),
                *(found.differences, found.flaky, found.healed),
                _when(found.time),
            ),
        ),
    )
    if found.places:
        shown = f"{len(found.places):,} of {plural(found.differences, 'difference')}"
        yield Details((shown,), tuple((Code(place),) for place in found.places))


def _golden_path(done: Completion) -> Iterator[Block]:
    if not done.golden_path:
        yield Paragraph(("Not measured: ", Code("ssot-codemods verify --golden-path"), " does it."))
        return
    yield Table(
        ("command", "exit code before", "exit code after"),
        tuple(
            (Code(c), _code(before), _code(after))
            for c, (before, after) in done.golden_path.items()
        ),
    )


def _code(code: int | None) -> int | str:
    return "none" if code is None else code


def _mocking(done: Completion) -> Iterator[Block]:
    if not done.runs:
        yield Paragraph(("Nothing changed.",))
    elif not done.mocking:
        number = plural(_files(done.removed), "file")
        yield Paragraph((f"None introduced: no new name of mocking in {number} that changed.",))
    else:
        yield Table(
            ("file", "names that came"),
            tuple((Code(path), Code(", ".join(names))) for path, names in done.mocking),
        )


def _left(done: Completion) -> Iterator[Block]:
    if not done.left:
        yield Paragraph(("No copy that can be replaced.",))
        return
    command = shlex.join(("ssot-codemods", "migrate", *done.paths))
    text = f"{plural(len(done.left), 'copy')} in {plural(_files(done.left), 'file')}, for "
    yield Paragraph((text, Code(command)))
    yield Details((f"{plural(len(done.left), 'copy')}, by file",), tuple(_by_file(done.left)))


def _when(time: str) -> str:
    """Return a time of ISO 8601 with room for a line break."""
    return f"{time[:10]} {time[11:19]} UTC"


def _by_file(places: Sequence[Place]) -> Iterator[tuple[Inline, ...]]:
    """Yield each file with its definitions."""
    files: defaultdict[str, list[str]] = defaultdict(list)
    for place in places:
        files[place.path].append(f"{place.name} ({place.line})")
    for path, names in sorted(files.items()):
        yield (Code(path), ": ", Code(", ".join(names)))


def _files(places: Sequence[Place]) -> int:
    return len({place.path for place in places})
