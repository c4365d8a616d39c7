"""The definitions that are pasted, as text, Markdown or JSON."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from codemods.model import Discovery, Group, NearGroup, Place
from codemods.report.document import document
from codemods.report.findings import failure_lines, failures_json, finding_json
from codemods.report.table import Detail, paragraphs, table
from codemods.wording import command, most_first, plural, reason_line

#: Of each kind of groups, a text shows so many.
MOST_GROUPS = 10
_HEAD = ("lines", "files", "kind", "name", "can be replaced")


def as_text(
    found: Discovery,
    detail: Detail = Detail.NORMAL,
    *,
    near: bool = False,
    asked: Sequence[str] = (),
) -> str:
    """Format it for people; VERBOSE has each group and place, QUIET the summary alone.

    `near` tells whether those were looked for that differ little; the arguments that named the
    files, `asked`, are for the next command.
    """
    blocks: list[list[str]] = [[_summary(found)]]
    if detail is Detail.QUIET:
        return paragraphs([*blocks, failure_lines(found.failures)])
    verbose = detail is Detail.VERBOSE
    for title, groups in _sections(found):
        shown = groups if verbose else groups[:MOST_GROUPS]
        blocks.append([f"{title}:", *table(_HEAD, _rows(shown))])
    if verbose:
        blocks += [[_title(group), *map(_place_line, group.places)] for group in found.groups]
    blocks += [list(_near_lines(near)) for near in found.near[: None if verbose else MOST_GROUPS]]
    blocks.append(list(_advice(found, asked, verbose=verbose, near=near)))
    blocks.append(failure_lines(found.failures))
    return paragraphs(blocks)


def as_markdown(found: Discovery) -> str:
    """Format it for a page on a code host."""
    from codemods.report import page  # no text needs it

    blocks: list[page.Block] = [page.Paragraph((_summary(found),))]
    saving = sorted((group for group in found.groups if group.lines), key=lambda g: -g.lines)
    bars = tuple(
        page.Bar(group.names[0], is_before=True, value=group.lines, text=f"{group.lines:,}")
        for group in saving[:MOST_GROUPS]
    )
    if bars:
        blocks.append(page.Bars("Lines that would go, the most first", bars))
    for title, groups in _sections(found):
        rows = tuple(
            (lines, files, kind, page.Code(name), verdict)
            for lines, files, kind, name, verdict in _rows(groups)
        )
        blocks += [page.Heading(title[0].upper() + title[1:]), page.Table(_HEAD, rows)]
        for group in groups[:MOST_GROUPS]:
            items = tuple((page.Code(_place_line(place).strip()),) for place in group.places)
            blocks.append(page.Details((page.Code(_title(group)),), items))
    for near in found.near:
        head, *difference = _near_lines(near)
        blocks += [page.Paragraph((page.Code(head),)), page.Diff(tuple(difference))]
    lines = failure_lines(found.failures)
    if lines:
        failures = tuple((page.Code(line),) for line in lines)
        blocks += [page.Heading("Failed"), page.Table(("file",), failures)]
    rest = "ssot-codemods discover --format json"
    return page.as_markdown(("Pasted definitions",), blocks, rest)


def as_json(found: Discovery) -> dict[str, Any]:
    """Return it as values of JSON."""
    values = {
        "file_count": found.files,
        "groups": [_group_json(group) for group in found.groups],
        "near": [
            {
                "name": near.name,
                "kind": near.kind,
                "changed_line_count": near.changed,
                "forms": [[_place_json(p) for p in places] for places in near.variants],
                "difference": list(near.difference),
            }
            for near in found.near
        ],
        "failures": failures_json(found.failures),
        "seconds": round(found.seconds, 3),
    }
    return document("discover", values)


def _group_json(group: Group) -> dict[str, Any]:
    return {
        "names": list(group.names),
        "kind": group.kind,
        "is_nested": group.is_nested,
        "file_count": group.files,
        "removable_line_count": group.lines,
        "warning_count": group.warnings,
        "replaceable_count": len(group.replaceable),
        "places": [
            {**_place_json(p), "reasons": [finding_json(p.path, reason) for reason in p.reasons]}
            for p in group.places
        ],
    }


def _place_json(place: Place) -> dict[str, Any]:
    return {"path": place.path, "line": place.line, "end_line": place.end_line, "name": place.name}


def _summary(found: Discovery) -> str:
    if not found.files:
        message = "no test file and no conftest here: name the paths of your tests"
        return f"{message}; what `exclude` in the settings matches is skipped"
    files = plural(found.files, "test file")
    if not found.groups:
        return f"{files}: no helper stands in several of them"
    number = plural(len(found.groups) + found.left, "definition")
    return f"{files}: {number} pasted into several of them"


def _sections(found: Discovery) -> Iterator[tuple[str, list[Group]]]:
    """Yield the groups that can go, and the largest ones that cannot, each with a title."""
    for title, is_nested in (
        ("at the top of modules", False),
        ("nested, which `adopt` does not take", True),
    ):
        groups = [group for group in found.groups if group.is_nested is is_nested]
        saving = [group for group in groups if group.lines]
        if saving:
            yield f"{title}, by the lines that would go", saving
        stuck = sorted(
            (group for group in groups if not group.lines), key=lambda g: -_pasted_lines(g)
        )
        if stuck:
            yield f"{title}, by the lines that would go but for what is in the way", stuck


def _pasted_lines(group: Group) -> int:
    return sum(place.lines for place in group.places) - group.pattern.lines


def _rows(groups: Sequence[Group]) -> list[tuple[int, int, str, str, str]]:
    """Return the line of each group; of several with one name, the later ones are told apart."""
    rows = []
    seen: set[str] = set()
    for group in groups:
        name, others = group.names[0], len(group.names) - 1
        shown = f"{name} (+ {plural(others, 'name')})" if others else name
        shown += ", other code" if name in seen else ""
        seen.add(name)
        lines = group.lines or _pasted_lines(group)
        rows.append((lines, group.files, group.kind, shown, _verdict(group)))
    return rows


def _verdict(group: Group) -> str:
    """Return how many places can be replaced, and what is in the way of the others."""
    counted = most_first(p.reasons[0].code.value for p in group.places if p.reasons)
    text = f"{len(group.replaceable):,} of {len(group.places):,}"
    if counted:
        text = f"{text}: {', '.join(f'{number:,} {code}' for code, number in counted)}"
    text = f"{text}; {plural(group.warnings, 'collection warning')}" if group.warnings else text
    return f"{text}; shared already" if group.is_shared else text


def _title(group: Group) -> str:
    return f"{group.kind} {', '.join(group.names)}: {_verdict(group)}"


def _place_line(place: Place) -> str:
    if place.reasons:
        return f"    {reason_line(place.path, *place.reasons)}"
    return f"    {place.path}:{place.line}: `{place.name}` can be replaced"


def _near_lines(near: NearGroup) -> Iterator[str]:
    first, second = near.variants
    counts = f"{plural(len(first), 'place')} against {plural(len(second), 'place')}"
    yield f"{near.kind} {near.name}: {plural(near.changed, 'line')} differ, {counts}"
    yield from near.difference


def _advice(found: Discovery, asked: Sequence[str], *, verbose: bool, near: bool) -> Iterator[str]:
    saving = [group for group in found.groups if group.lines and not group.is_nested]
    places = (place for group in found.groups for place in group.places)
    codes = most_first(reason.code.value for place in places for reason in place.reasons[:1])
    if found.left and not verbose:
        yield f"{found.left:,} smaller ones: -v or --format json has them"
    more = len(found.near) - MOST_GROUPS
    if more > 0 and not verbose:
        yield f"{more:,} more that differ little: -v or --format json has them"
    names = [(group.is_nested, group.names[0]) for group in found.groups]
    if not near and len(set(names)) < len(names):
        yield "other code of one name: --near shows what differs, where it is little"
    if codes and not verbose:
        yield f"why: -v names each; ssot-codemods explain {codes[0][0]}"
    if any(group.is_shared for group in saving):
        yield f"next, for what is shared already: {command('migrate', *asked)}"
    elif saving:
        where = (argument for path in asked for argument in ("--in", path))
        words = ("ssot-codemods", "adopt", saving[0].names[0], *where)
        yield f"next: {shlex.join(words)}"
