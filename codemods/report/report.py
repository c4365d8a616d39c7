"""What a migration did, for a pull request: Markdown, HTML and JSON with the same content."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from codemods.measure.model import BaselineSummary, Series
from codemods.progress.completion import CollectionChange, Completion, RefusedPlace
from codemods.progress.standing import StandingRun, compared, compared_text, total, untested_text
from codemods.report import page
from codemods.report.baseline import WITH_MEDIANS, claim_text, series_text
from codemods.report.chart import Bar, Bars, Curve
from codemods.report.document import document
from codemods.report.page import Block, Code, Details, Heading, Inline, Paragraph, Table
from codemods.report.status import shown_paths
from codemods.wording import percentage, plural

_TITLE = "Shared definitions: report on "
#: Path, line and name of a definition.
_Place = tuple[str, int, str]


def as_markdown(done: Completion) -> str:
    """Format the report for a pull request."""
    return page.as_markdown(_title(done), list(_blocks(done)))


def as_html(done: Completion) -> str:
    """Format the report as one file for a browser."""
    return page.as_html(_title(done), list(_blocks(done)))


def as_json(done: Completion) -> dict[str, Any]:
    """Return the report as values of JSON."""
    runs = (None, *(run.id for run in done.runs))
    values = {
        "time": done.time,
        "paths": done.paths,
        "file_count": done.files,
        "helper_file_count": done.helpers,
        "compliant_file_count": done.compliant,
        "compliant_percent": percentage(done.compliant, done.helpers),
        "runs": done.runs,
        "copies_over_time": [
            {"run": run, "copy_count": number}
            for run, (_, number) in zip(runs, _copies_over_time(done), strict=False)
        ],
        "copies": done.left,
        "refused": done.refused,
        "failures": [
            {"path": p.path, "line": p.line, "code": p.code, "message": p.message}
            for p in done.failed
        ],
        "collection": done.collection,
        "golden_path": done.golden_path,
    }
    return document("report", values, WITH_MEDIANS)


def _title(done: Completion) -> tuple[Inline, ...]:
    return (_TITLE, *_joined(done.paths))


def _joined(texts: Sequence[str]) -> Iterator[Inline]:
    for number, text in enumerate(texts):
        if number:
            yield ", "
        yield Code(text)


def _blocks(done: Completion) -> Iterator[Block]:
    yield from _summary(done)
    for title, section in _SECTIONS.items():
        yield Heading(title)
        yield from section(done)


def _removed(*runs: StandingRun) -> list[_Place]:
    """Return the definitions that went, those of all runs."""
    return [
        (path, line, name.rpartition(".")[2])
        for run in runs
        for path, change in run.files.items()
        for name, line in change.removed.items()
    ]


def _summary(done: Completion) -> Iterator[Block]:
    removed = _removed(*done.runs)
    share = percentage(done.compliant, done.helpers)
    parts = [
        f"{plural(len(removed), 'copy')} replaced in {plural(_files(removed), 'file')}",
        f"{len(done.left):,} left",
        f"{plural(len(done.refused), 'definition')} refused",
    ]
    if done.failed:
        parts.append(f"{plural(len(done.failed), 'file')} failed")
    yield Paragraph((
        f"{', '.join(parts)}. No copy that can be replaced in {done.compliant:,} of "
        f"{plural(done.helpers, 'file')} with a shared name ({share:.1f} %). "
        f"{plural(done.files, 'file')} looked at; {_when(done.time)}.",
    ))  # fmt: skip
    unverified = [run for run in done.runs if run.unverified]
    if unverified:
        number = f"{len(unverified):,} of {plural(len(done.runs), 'run')}"
        yield Paragraph((f"Not verified: {number}, see below.",))


def _changed(done: Completion) -> Iterator[Block]:
    if not done.runs:
        yield Paragraph(("No run of the history stands here.",))
        return
    yield Table(
        ("run", "time", "paths", "files", "copies replaced", "copies left after it", "verified"),
        tuple(
            (
                *(Code(run.id), _when(run.time), Code(shown_paths(run.paths)), len(run.files)),
                *(len(_removed(run)), left, _verified(run)),
            )
            for run, left in zip(done.runs, _left_after(done), strict=True)
        ),
    )
    yield _copies_curve(done)
    removed = _removed(*done.runs)
    summary = f"{plural(len(removed), 'copy')} replaced, by file; lines are those before"
    yield Details((summary,), tuple(_by_file(removed)))


def _verified(run: StandingRun) -> str:
    number = len(run.unverified)
    if number in (0, len(run.files)):
        return "no" if number else "yes"
    return f"no, {number:,} of {plural(len(run.files), 'file')} not"


def _left_after(done: Completion) -> list[int]:
    """Return how many copies were left after each run, counted back from now."""
    later = [len(_removed(*done.runs[number:])) for number in range(1, len(done.runs) + 1)]
    return [len(done.left) + number for number in later]


def _copies_over_time(done: Completion) -> list[tuple[str, int]]:
    """Return the number of copies before the first run, and after each."""
    if not done.runs:
        return []
    start = (f"before {done.runs[0].time}", len(done.left) + len(_removed(*done.runs)))
    return [start, *zip((run.time for run in done.runs), _left_after(done), strict=True)]


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


def _collection(done: Completion) -> Iterator[Block]:
    if not any(change.before or change.after for change in done.collection):
        yield _not_measured("baseline", done.paths)
    for change in done.collection:
        if len(done.collection) > 1:
            yield Paragraph((*_joined(change.paths), ":"))
        yield from _part(change)
    if len(done.collection) > 1:
        yield Paragraph((f"Together: {plural(done.collected or 0, 'test')} in the latest.",))


def _part(change: CollectionChange) -> Iterator[Block]:
    sides = [(n, m) for n, m in (("before", change.before), ("after", change.after)) if m]
    if not sides:
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
    for kind, claim in (("cold", change.cold_claim), ("warm", change.warm_claim)):
        series = [getattr(side, kind).wall_seconds for side in both if side]
        shown = (series_text(s) if s.values else "not measured" for s in series)
        claimed = claim_text(claim, *series) if claim is not None else ""
        yield (f"{kind}: median (min to max)", *shown, claimed)
    for name, cell_of in _QUANTITIES.items():
        yield (name, *(cell_of(side) for side in both if side), "")


_QUANTITIES: dict[str, Callable[[BaselineSummary], page.Cell]] = {
    "peak memory": lambda side: f"{side.memory / 2**20:.0f} MB",
    "modules": lambda side: f"{side.module_count:,}",
    "tests": lambda side: f"{side.test_count:,}",
    "errors": lambda side: f"{side.error_count:,}",
    "measured": lambda side: _when(side.time),
    "commit": lambda side: Code(side.commit[:12]),
}


def _bars(sides: Sequence[tuple[str, BaselineSummary]]) -> Iterator[Bar]:
    for kind in ("cold", "warm"):
        for name, side in sides:
            wall: Series = getattr(side, kind).wall_seconds
            if wall.values:
                figures = wall.median, wall.minimum, wall.maximum
                yield Bar(f"{kind}, {name}", name, *figures)


def _warnings(done: Completion) -> Iterator[Block]:
    measured = [change for change in done.collection if change.before or change.after]
    rows = [
        (Code(" ".join(change.paths)), Code(category), *(_number(side, category) for side in both))
        for change in measured
        for both in [(change.before, change.after)]
        for category in sorted({name for side in both if side for name in side.warning_counts})
    ]
    if not measured:
        yield Paragraph(("Not measured.",))
    elif not rows:
        yield Paragraph(("None.",))
    elif len(measured) == 1:
        yield Table(("category", "before", "after"), tuple(row[1:] for row in rows))
    else:
        yield Table(("paths", "category", "before", "after"), tuple(rows))


def _number(side: BaselineSummary | None, category: str) -> int | str:
    return "not measured" if side is None else side.warning_counts.get(category, 0)


def _verification(done: Completion) -> Iterator[Block]:
    for run in done.runs:
        if run.unverified:
            number = f"{len(run.unverified):,} of {plural(len(run.files), 'file')}"
            command = Code(f"ssot-codemods verify --run {run.id}")
            remedy = (run.obstacle, ".") if run.obstacle else (command, " does it.")
            yield Paragraph(("Not verified: ", Code(run.id), f", {number}: ", *remedy))
    shown = [run for run in done.runs if run.tests]
    if not shown:
        yield Paragraph(("No tests were compared.",))
        return
    yield Paragraph((f"{compared_text(compared(shown), done.collected)}{untested_text(shown)}.",))
    yield Table(
        ("run", "tests compared", "passed before", "of those no longer", *_OTHERS),
        tuple((Code(run.id), *total(run.tests.values())) for run in shown),
    )
    places = [what for run in shown for _, what in run.places]
    if places:
        differences = sum(total(run.tests.values()).difference_count for run in shown)
        summary = f"{len(places):,} of {plural(differences, 'difference')}"
        yield Details((summary,), tuple((Code(place),) for place in places))


_OTHERS = ("differences", "flaky", "healed")


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
    changed = [(path, change) for run in done.runs for path, change in run.files.items()]
    found = [(path, change.mocking) for path, change in changed if change.mocking]
    if not done.runs:
        yield Paragraph(("Nothing changed.",))
    elif not found:
        number = plural(len({path for path, _ in changed}), "file")
        yield Paragraph((f"None introduced: no new name of mocking in {number} that changed.",))
    else:
        yield Table(
            ("file", "names that came"),
            tuple((Code(path), Code(", ".join(names))) for path, names in found),
        )


def _left(done: Completion) -> Iterator[Block]:
    if not done.left:
        yield Paragraph(("No copy that can be replaced.",))
        return
    left = [(place.path, place.line, place.name) for place in done.left]
    command = shlex.join(("ssot-codemods", "migrate", *done.paths))
    text = f"{plural(len(left), 'copy')} in {plural(_files(left), 'file')}, for "
    yield Paragraph((text, Code(command)))
    yield Details((f"{plural(len(left), 'copy')}, by file",), tuple(_by_file(left)))


def _when(time: str) -> str:
    """Return a time of ISO 8601 with room for a line break."""
    return f"{time[:10]} {time[11:19]} UTC"


def _by_file(places: Sequence[_Place]) -> Iterator[tuple[Inline, ...]]:
    """Yield each file with its definitions."""
    files: defaultdict[str, list[str]] = defaultdict(list)
    for path, line, name in places:
        files[path].append(f"{name} ({line})")
    for path, names in sorted(files.items()):
        yield (Code(path), ": ", Code(", ".join(names)))


def _files(places: Sequence[_Place]) -> int:
    return len({path for path, *_ in places})


_SECTIONS: dict[str, Callable[[Completion], Iterator[Block]]] = {
    "What changed": _changed,
    "What was refused, and why": _refused,
    "Collection": _collection,
    "Warnings at collection": _warnings,
    "Tests before and after": _verification,
    "Golden path": _golden_path,
    "Mocking": _mocking,
    "What is left": _left,
}
