"""What a migration did, for a pull request: Markdown, HTML and JSON with the same content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, groupby
from typing import Any

from codemods.measure.model import BaselineSummary, Claim, Series
from codemods.model import Code as Reasoned
from codemods.model import Decision, Reason
from codemods.progress.completion import CollectionChange, Completion
from codemods.progress.standing import StandingRun, compared, compared_text, total, untested_text
from codemods.registry import DEFAULT
from codemods.report import page
from codemods.report.baseline import WITH_MEDIANS, claim_text, series_text
from codemods.report.document import document
from codemods.report.explain import summary
from codemods.report.findings import failed, failures_json, finding_json
from codemods.report.page import (
    Bar,
    Bars,
    Block,
    Cell,
    Code,
    Details,
    Figure,
    Figures,
    Heading,
    Inline,
    Message,
    Paragraph,
    Strong,
    Table,
)
from codemods.report.status import shown_paths
from codemods.wording import command, most_first, percentage, plural

#: Has all of what was cut from a list.
_WHOLE = "ssot-codemods report --output FILE"
_FEW_REASONS, _FEW_PATHS, _MOST_BARS, _MOST_OF_PATH = 3, 3, 12, 16

#: The path, the line and the name of a definition.
_Place = tuple[str, int, str]
#: A definition that stays, with the path of its file.
_Refused = tuple[str, Decision]


def as_markdown(done: Completion, output: str = "") -> str:
    """Format the report for a pull request; `output` names the file that has the whole of it."""
    return page.as_markdown(_title(done), [*_head(done), *_sections(done)], output or _WHOLE)


def as_summary(done: Completion, output: str = "") -> str:
    """Format the verdict and the figures in at most fifteen lines."""
    more = [Paragraph(("The whole report: ", Code(output)))] if output else []
    return page.as_markdown(_title(done), [*_head(done), *more], _WHOLE)


def as_html(done: Completion) -> str:
    """Format the whole report as one file for a browser."""
    return page.as_html(_title(done), [*_head(done), *_sections(done)])


def as_json(done: Completion) -> dict[str, Any]:
    """Return the report as values of JSON."""
    runs = (None, *(run.id for run in done.runs))
    values = {
        "repository": done.repository,
        "time": done.time,
        "paths": done.paths,
        "file_count": done.planned.files,
        "helper_file_count": done.planned.helpers,
        "compliant_file_count": done.planned.compliant,
        "compliant_percent": percentage(done.planned.compliant, done.planned.helpers),
        "runs": done.runs,
        "copies_over_time": [
            {"run": run, "copy_count": number}
            for run, number in zip(runs, _copies_over_time(done), strict=False)
        ],
        "copies": [{"path": path, "line": line, "name": name} for path, line, name in _left(done)],
        "refused": [
            {"name": d.definition.name, **finding_json(path, d.reasons[0])}
            for path, d in _refused(done)
        ],
        "failures": failures_json(done.planned.results),
        "collection": done.collection,
        "golden_path": done.golden_path,
    }
    return document("report", values, WITH_MEDIANS)


def _refused(done: Completion) -> list[_Refused]:
    return [(result.path, d) for result in done.planned.results for d in result.refused]


def _left(done: Completion) -> list[_Place]:
    found = ((path, d.definition) for path, d in done.planned.copies)
    return [(path, definition.line, definition.name) for path, definition in found]


def _refusals(found: Sequence[_Refused]) -> Iterator[Details]:
    """Yield a list for each reason, those met most often first, with an item for each file."""
    for code, number in most_first(d.reasons[0].code.value for _, d in found):
        refused = [(path, d) for path, d in found if d.reasons[0].code.value == code]
        messages = {d.reasons[0].message for _, d in refused}
        is_same = len(messages) == 1 < number
        items: list[tuple[Inline, ...]] = [("each: ", Message(*messages))] if is_same else []
        refused.sort(key=lambda one: (one[0], one[1].reasons[0].line))
        for path, group in groupby(refused, lambda one: one[0]):
            decisions = [decision for _, decision in group]
            items.append(tuple(_refusal(path, decisions, with_message=not is_same)))
        meaning = Message(summary(Reasoned(code)))
        yield Details((Code(code), f" ({number:,}): ", meaning), tuple(items))


def _failures(done: Completion) -> Iterator[Table]:
    found = failed(done.planned.results)
    if found:
        rows = ((_where(p, e), Code(e.code.value), Message(e.message)) for p, e in found)
        yield Table(("file", "code", "message"), tuple(rows))


def _refusal(path: str, refused: Sequence[Decision], *, with_message: bool) -> Iterator[Inline]:
    for number, decision in enumerate(refused):
        reason = decision.reasons[0]
        yield from (("; ", f"line {reason.line}") if number else (_where(path, reason),))
        yield from (" ", Code(decision.definition.name))
        yield from (": ", Message(reason.message)) if with_message else ()


def _where(path: str, reason: Reason) -> Code:
    return Code(f"{path}:{reason.line}:{reason.column}")


# The title, the verdict and the figures


def _title(done: Completion) -> tuple[Inline, ...]:
    title = (Code(done.repository), ": migration to shared definitions")
    return title if done.paths == (".",) else (*title, ", ", Code(shown_paths(done.paths)))


def _head(done: Completion) -> Iterator[Block]:
    missing = "; ".join(_missing(done))
    if missing:
        yield Paragraph((Strong("Not done"), f": {missing}."))
    else:
        yield Paragraph((Strong("Done"), f": no copy left{_shown(done)}."))
    yield Figures(tuple(figure(done) for figure in (_copies, _stay, _tests, _seconds)))


def _missing(done: Completion) -> Iterator[str]:
    left = done.planned.copies
    if left:
        files = plural(len(done.planned.changes), "file")
        yield f"{plural(len(left), 'copy')} left in {files}"
    failures = failed(done.planned.results)
    if failures:
        yield f"{plural(len(failures), 'file')} failed"
    differing = sum(total(run.tests.values()).difference_count for run in done.runs)
    if differing:
        lost = compared(done.runs).lost_count
        yield f"{plural(differing, 'test')} with another outcome, {lost:,} of which passed before"
    unverified = sum(bool(run.unverified) for run in done.runs)
    if unverified:
        yield f"{unverified:,} of {plural(len(done.runs), 'run')} not verified"
    failing = sum(after not in (0, None) for _, after in done.golden_path.values())
    if failing:
        yield f"{plural(failing, 'command')} of the golden path failed"


def _shown(done: Completion) -> str:
    """Return what shows that the migration changed nothing else."""
    if not done.runs:
        return ", and no run is recorded here"
    tests = compared(done.runs)
    shown = "no test was compared"
    if tests.passed_count:
        shown = f"all {tests.passed_count:,} compared tests that passed before still do"
    return f", and {shown}{untested_text(done.runs)}"


def _copies(done: Completion) -> Figure:
    before = f"{_copies_over_time(done)[0]:,} before the first run; " if done.runs else ""
    planned = done.planned
    share = f"{percentage(planned.compliant, planned.helpers):.1f} %"
    files = f"{planned.compliant:,} of {plural(planned.helpers, 'file')} with a shared name"
    return Figure("copies left", f"{len(planned.copies):,}", (f"{before}none in {files}, {share}",))


def _stay(done: Completion) -> Figure:
    codes = most_first(d.reasons[0].code.value for _, d in _refused(done) if not d.is_namesake)
    parts = [f"{code} {number:,}" for code, number in codes[:_FEW_REASONS]]
    if len(codes) > _FEW_REASONS:
        parts.append(f"other reasons {sum(n for _, n in codes[_FEW_REASONS:]):,}")
    number = sum(number for _, number in codes)
    return Figure("definitions that stay", f"{number:,}", (", ".join(parts),))


def _tests(done: Completion) -> Figure:
    tests = compared(done.runs)
    number = "an unknown number" if done.collected is None else f"{done.collected:,}"
    note = f"of {number} collected"
    if tests.test_count:
        still = tests.passed_count - tests.lost_count
        note += f"; {still:,} of {tests.passed_count:,} that passed before still do"
    return Figure("tests compared", f"{tests.test_count:,}", (note + untested_text(done.runs),))


def _seconds(done: Completion) -> Figure:
    """Return the latest median of warm collection; of several parts, the sum of theirs."""
    sides = [
        (change, side.warm.wall_seconds)
        for change in done.collection
        if (side := change.latest) and side.warm.wall_seconds.values
    ]
    name = "collection time"
    if not sides:
        return Figure(name, "not measured", (_command("baseline", done.paths), " measures it"))
    median, low, high = (
        sum(getattr(wall, value) for _, wall in sides) for value in ("median", "minimum", "maximum")
    )
    note = f"warm, medians of {len(sides):,} measurements added; {low:.2f} to {high:.2f} s"
    if len(sides) == 1:
        ((change, wall),) = sides
        note = f"warm, median of {plural(len(wall.values), 'run')}; {low:.2f} to {high:.2f} s"
        note += f"; {_since(change)}"
        if change.paths != done.paths:
            of_part = ("of ", Code(" ".join(change.paths)), f" alone: {note}")
            return Figure(name, f"{median:.2f} s", of_part)
    return Figure(name, f"{median:.2f} s", (note,))


def _since(change: CollectionChange) -> str:
    """Return the time before the change, and what the runs show."""
    if change.after is None:
        return "not measured after"
    if change.before is None or not change.before.warm.wall_seconds.values:
        return "not measured before"
    before, after = change.before.warm.wall_seconds, change.after.warm.wall_seconds
    claim = claim_text(change.warm_claim or Claim.NOT_COMPARABLE, before, after)
    return f"before {series_text(before)}: {claim}"


def _command(verb: str, paths: Sequence[str]) -> Code:
    """Return a command for exactly these paths: other measurements do not count."""
    named = [path for path in paths if path != "."]
    return Code(command(verb, *(named if len(named) <= _FEW_PATHS else ["PATHS"])))


# The sections


def _sections(done: Completion) -> Iterator[Block]:
    for title, section in _SECTIONS.items():
        blocks = list(section(done))
        if blocks:
            yield Heading(title)
            yield from blocks


def _removed(*runs: StandingRun) -> list[_Place]:
    """Return the copies that these runs replaced; other codemods replace none."""
    return [
        (path, line, name.rpartition(".")[2])
        for run in runs
        if run.codemod == DEFAULT
        for path, change in run.files.items()
        for name, line in change.removed.items()
    ]


def _copies_section(done: Completion) -> Iterator[Block]:
    removed, left = _removed(*done.runs), _left(done)
    files = len({path for path, _, _ in removed})
    yield Paragraph((
        f"{plural(len(removed), 'copy')} replaced in {plural(files, 'file')}, "
        f"{len(left):,} left. {plural(done.planned.files, 'file')} looked at; {_when(done.time)}.",
    ))  # fmt: skip
    if left:
        yield Paragraph((_command("migrate", done.paths), " replaces those that are left."))
        head = f"{plural(len(left), 'copy')} left; the line in brackets"
        yield Details((head,), tuple(_by_file(left)))
    if not done.runs:
        yield Paragraph(("No run is recorded here.",))
        return
    numbers = [len(_removed(run)) for run in done.runs]
    yield Table(
        ("run", "codemod", "paths", "files", "copies replaced", "copies left"),
        tuple(
            (Code(r.id), Code(r.codemod), Code(shown_paths(r.paths)), len(r.files), n, after)
            for r, n, after in zip(done.runs, numbers, _copies_over_time(done)[1:], strict=True)
        ),
    )
    yield Bars("Copies left after each run", _steps(done))
    replaced = f"{plural(len(removed), 'copy')} replaced; lines are those before"
    yield Details((replaced,), tuple(_by_file(removed)))


def _copies_over_time(done: Completion) -> list[int]:
    """Return the number of copies before the first run, and after each, counted back from now."""
    removed = (len(_removed(run)) for run in reversed(done.runs))
    numbers = list(accumulate(removed, initial=len(done.planned.copies)))
    return numbers[::-1] if done.runs else []


def _steps(done: Completion) -> tuple[Bar, ...]:
    """Return a bar for the number before and after each run; of many, some, and the last."""
    numbers = _copies_over_time(done)
    last, most = len(numbers) - 1, _MOST_BARS - 1
    shown = range(last + 1) if last <= most else [last * n // most for n in range(most + 1)]
    return tuple(
        Bar(f"run {n}" if n else "before", not n, numbers[n], f"{numbers[n]:,}") for n in shown
    )


def _by_file(places: Sequence[_Place]) -> Iterator[tuple[Inline, ...]]:
    for path, group in groupby(sorted(places), lambda place: place[0]):
        names = ", ".join(f"{name} ({line})" for _, line, name in group)
        yield (Code(path), ": ", Code(names))


def _stay_section(done: Completion) -> Iterator[Block]:
    for of_namesakes in (False, True):
        yield from _refusals([one for one in _refused(done) if one[1].is_namesake is of_namesakes])


def _tests_section(done: Completion) -> Iterator[Block]:
    shown = [run for run in done.runs if run.tests]
    if shown:
        text = compared_text(compared(shown), done.collected)
        yield Paragraph((f"{text}{untested_text(shown)}.",))
        head = ("run", "tests compared", "passed before", "of those no longer", *_OTHERS)
        yield Table(head, tuple((Code(r.id), *total(r.tests.values())) for r in shown))
    else:
        yield Paragraph(("No tests were compared.",))
    places = [what for run in shown for _, what in run.places]
    if places:
        differences = sum(total(run.tests.values()).difference_count for run in shown)
        text = f"{len(places):,} of {plural(differences, 'difference')}"
        yield Details((text,), tuple((Code(place),) for place in places))
    unverified = tuple(
        (
            *(Code(run.id), f"{len(run.unverified):,} of {len(run.files):,}"),
            Code(run.obstacle or f"ssot-codemods verify --run {run.id}"),
        )
        for run in done.runs
        if run.unverified
    )
    if unverified:
        yield Table(("run that is not verified", "files", "why, or the command"), unverified)


_OTHERS = ("differences", "flaky", "healed")


def _golden_path_section(done: Completion) -> Iterator[Block]:
    codes = done.golden_path.items()
    rows = tuple((Code(c), *("none" if n is None else n for n in both)) for c, both in codes)
    if rows:
        yield Table(("command", "exit code before", "exit code after"), rows)


def _collection_section(done: Completion) -> Iterator[Block]:
    measured = [change for change in done.collection if change.latest is not None]
    if not measured:
        yield Paragraph(("Not measured: ", _command("baseline", done.paths), " measures it."))
        return
    if len(measured) > 1 and done.collected is not None:
        yield Paragraph((f"Together: {plural(done.collected, 'test')} in the latest.",))
    yield _per_part(measured, ("quantity", "before", "after", "these runs show"), _rows)
    bars = tuple(bar for change in measured for bar in _bars(change, len(measured) > 1))
    if bars:
        yield Bars("Seconds of collection", bars[:_MOST_BARS])
    yield _per_part(measured, ("warning at collection", "before", "after"), _warnings)


def _per_part(
    measured: Sequence[CollectionChange],
    head: tuple[str, ...],
    rows_of: Callable[[CollectionChange], Iterator[tuple[Cell, ...]]],
) -> Block:
    """Return a table with the rows of each part, and its paths where there are several."""
    rows = [(change, row) for change in measured for row in rows_of(change)]
    if len(measured) == 1:
        return Table(head, tuple(row for _, row in rows))
    return Table(("paths", *head), tuple((Code(shown_paths(c.paths)), *row) for c, row in rows))


def _rows(change: CollectionChange) -> Iterator[tuple[Cell, ...]]:
    """Yield a row for each quantity: before, after, and what these runs show."""
    both = change.before, change.after
    for kind, claim in (("cold", change.cold_claim), ("warm", change.warm_claim)):
        series = [getattr(side, kind).wall_seconds if side else Series() for side in both]
        shown = (series_text(s) if s.values else _UNKNOWN for s in series)
        claimed = claim_text(claim, *series) if claim is not None else ""
        yield (f"{kind}: median (min to max)", *shown, claimed)
    for obstacle in change.obstacles:
        yield ("not comparable", "", "", Code(obstacle))
    for name, cell_of in _QUANTITIES.items():
        yield (name, *(cell_of(side) if side else _UNKNOWN for side in both), "")


_UNKNOWN = "not measured"
_QUANTITIES: dict[str, Callable[[BaselineSummary], Cell]] = {
    "peak memory": lambda side: f"{side.memory / 2**20:.0f} MB",
    "modules": lambda side: side.module_count,
    "tests": lambda side: side.test_count,
    "errors": lambda side: side.error_count,
    "measured": lambda side: _when(side.time),
    "commit": lambda side: Code(side.commit[:12]),
}


def _bars(change: CollectionChange, is_part: bool) -> Iterator[Bar]:
    """Yield the bars of cold and warm collection; of one of several parts, those of warm alone."""
    for kind in ("warm",) if is_part else ("cold", "warm"):
        for name, side in (("before", change.before), ("after", change.after)):
            wall = getattr(side, kind).wall_seconds if side else None
            if wall and wall.values:
                label, text = f"{kind}, {name}", series_text(wall)
                if is_part:
                    label, text = f"{_end(change.paths)}, {name}", f"{wall.median:.2f} s"
                yield Bar(label, name == "before", wall.median, text)


def _end(paths: Sequence[str]) -> str:
    """Return the end of some paths, which tells more than their start."""
    shown = shown_paths(paths)
    return shown if len(shown) <= _MOST_OF_PATH else f"…{shown[1 - _MOST_OF_PATH :]}"


def _warnings(change: CollectionChange) -> Iterator[tuple[Cell, ...]]:
    both = change.before, change.after
    for category in sorted({name for side in both if side for name in side.warning_counts}):
        numbers = (side.warning_counts.get(category, 0) if side else _UNKNOWN for side in both)
        yield (Code(category), *numbers)


def _mocking_section(done: Completion) -> Iterator[Block]:
    changed = [(path, change) for run in done.runs for path, change in run.files.items()]
    found = [(path, change.mocking) for path, change in changed if change.mocking]
    if found:
        rows = tuple((Code(path), Code(", ".join(names))) for path, names in found)
        yield Table(("file", "new names of mocking"), rows)
    elif changed:
        number = plural(len({path for path, _ in changed}), "file")
        yield Paragraph((f"None introduced: no new name of mocking in {number} that changed.",))


def _when(time: str) -> str:
    """Return a time of ISO 8601 with room for a line break."""
    return f"{time[:10]} {time[11:19]} UTC"


_SECTIONS: dict[str, Callable[[Completion], Iterator[Block]]] = {
    "Copies": _copies_section,
    "Definitions that stay, and why": _stay_section,
    "Files that failed": _failures,
    "Tests before and after": _tests_section,
    "Golden path": _golden_path_section,
    "Collection": _collection_section,
    "Mocking": _mocking_section,
}
