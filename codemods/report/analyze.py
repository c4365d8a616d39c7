"""An `Analysis` as text, Markdown or JSON."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from codemods.model import Analysis, Decision, FileSurvey, Reason, Variant, Verdict
from codemods.report.findings import (
    definition_json,
    definition_line,
    failed,
    failure_lines,
    failures_json,
    is_namesake,
    namesakes_text,
    prospect_line,
    reason_json,
)
from codemods.report.table import paragraphs, table
from codemods.wording import plural, reason_line

SCHEMA = "ssot-codemods/analysis/2"

_Found = tuple[FileSurvey, Decision]
#: A key, and numbers.
_Row = tuple[str, int] | tuple[str, int, int, int]


def paths_to_change(analysis: Analysis) -> list[str]:
    """Return the paths of the files with a definition that can be replaced."""
    return list(dict.fromkeys(s.path for s, d in _definitions(analysis) if _is_replaced(d)))


def as_text(analysis: Analysis, *, verbose: bool = False) -> str:
    """Format it for people, at a terminal; `verbose` has a line for each definition."""
    blocks = [[_summary(analysis)]]
    blocks += [table(head, rows) for head, rows in _tables(analysis)]
    blocks += [[f"`{name}` {remark}" if name else remark] for name, remark in _remarks(analysis)]
    if verbose:
        blocks.append([definition_line(s.path, d) for s, d in _definitions(analysis)])
    blocks.append([reason_line(s.path, w) for s in analysis.surveys for w in s.warnings])
    blocks += list(_variants(analysis))
    blocks.append(failure_lines(analysis.failures))
    blocks.append(list(map(prospect_line, analysis.prospects)))
    return paragraphs(blocks)


def as_markdown(analysis: Analysis) -> str:
    """Format it for a page on a code host."""
    from codemods.report import page  # no text needs it

    def row(path: str, reason: Reason) -> tuple[page.Code, ...]:
        cells = (f"{path}:{reason.line}", reason.code.value, reason.message)
        return tuple(map(page.Code, cells))

    blocks: list[page.Block] = [page.Paragraph((_summary(analysis),))]
    for head, rows in _tables(analysis):
        blocks.append(page.Table(head, tuple((page.Code(key), *counts) for key, *counts in rows)))
    for name, text in _remarks(analysis):
        blocks.append(page.Paragraph((page.Code(name), " ", text) if name else (text,)))
    definitions = _definitions(analysis)
    refused = [(s.path, d.reasons[0]) for s, d in definitions if d.reasons and not is_namesake(d)]
    for title, reasons in (("Refused", refused), ("Failed", failed(analysis.failures))):
        if reasons:
            table_of = page.Table(("place", "code", "reason"), tuple(row(*r) for r in reasons))
            blocks += [page.Heading(title), table_of]
    blocks += [page.Paragraph((prospect_line(p),)) for p in analysis.prospects]
    blocks += [page.Diff(tuple(lines)) for lines in _variants(analysis)]
    return page.as_markdown(("Scope of the migration",), blocks)


def as_json(analysis: Analysis) -> dict[str, Any]:
    """Return it as values of JSON."""
    return {
        "schema": SCHEMA,
        "files": analysis.files,
        "candidates": len(analysis.surveys),
        "definitions": [_as_json(s, n) for s, n in _numbered(analysis)],
        "commented_out": [
            {"path": s.path, "line": line, "name": name}
            for s in analysis.surveys
            for line, name in s.commented_out
        ],
        "warnings": [
            {"path": s.path, **reason_json(w)} for s in analysis.surveys for w in s.warnings
        ],
        "failures": failures_json(analysis.failures),
        "prospects": [prospect._asdict() for prospect in analysis.prospects],
        "seconds": round(analysis.seconds, 3),
    }


def _as_json(survey: FileSurvey, number: int) -> dict[str, Any]:
    decision = survey.decisions[number]
    values: dict[str, Any] = {
        "path": survey.path,
        **definition_json(decision),
        "verdict": decision.verdict.value,
        "reasons": [reason_json(reason) for reason in decision.reasons],
    }
    if survey.variants:
        variant = survey.variants[number]
        values["variant"] = {
            "key": variant.key,
            "nearest": variant.nearest,
            "only_adds": variant.only_adds,
            "difference": list(variant.difference),
        }
    return values


def _numbered(analysis: Analysis) -> Iterator[tuple[FileSurvey, int]]:
    return ((s, n) for s in analysis.surveys for n in range(len(s.decisions)))


def _definitions(analysis: Analysis) -> list[_Found]:
    return [(s, d) for s in analysis.surveys for d in s.decisions]


def _is_replaced(decision: Decision) -> bool:
    return decision.verdict is Verdict.REPLACE


def _summary(analysis: Analysis) -> str:
    found = [(s, d) for s, d in _definitions(analysis) if not is_namesake(d)]
    replaced = sum(_is_replaced(d) for _, d in found)
    holders = len({s.path for s, _ in found})
    return (
        f"{plural(analysis.files, 'file')}, {plural(len(found), 'definition')} in {holders:,}: "
        f"{replaced:,} to be replaced, {len(found) - replaced:,} to stay"
    )


def _tables(analysis: Analysis) -> Iterator[tuple[tuple[str, ...], list[_Row]]]:
    found = [(s, d) for s, d in _definitions(analysis) if not is_namesake(d)]
    if not found:
        return
    verdicts = ("definitions", "replace", "refuse")
    yield ("name", *verdicts), _counts((d.definition.name, d) for _, d in found)
    folders = _counts((s.path.rpartition("/")[0] or ".", d) for s, d in found)
    if len(folders) > 1:
        yield ("folder", *verdicts), folders
    codes = Counter(d.reasons[0].code.value for _, d in found if d.reasons)
    if codes:
        rows = sorted(codes.items(), key=lambda pair: (-pair[1], pair[0]))
        yield ("refused, by first reason", "definitions"), list(rows)


def _counts(pairs: Iterable[tuple[str, Decision]]) -> list[_Row]:
    groups: defaultdict[str, list[bool]] = defaultdict(list)
    for key, decision in pairs:
        groups[key].append(_is_replaced(decision))
    return [(key, len(v), sum(v), len(v) - sum(v)) for key, v in sorted(groups.items())]


def _remarks(analysis: Analysis) -> Iterator[tuple[str, str]]:
    """Yield what is found of the shared names beside definitions to decide on: a name, and what."""
    namesakes = sum(is_namesake(d) for _, d in _definitions(analysis))
    if namesakes:
        yield "", namesakes_text(namesakes)
    commented: defaultdict[str, set[str]] = defaultdict(set)
    for survey in analysis.surveys:
        for _, name in survey.commented_out:
            commented[name].add(survey.path)
    for name, paths in sorted(commented.items()):
        yield name, f"is commented out in {plural(len(paths), 'file')}, where grep finds it"


def _variants(analysis: Analysis) -> Iterator[list[str]]:
    """Yield a block for each shape, those found most often first."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    shown: dict[str, Variant] = {}
    for survey, number in _numbered(analysis):
        if survey.variants:
            variant = survey.variants[number]
            definition = survey.decisions[number].definition
            shown.setdefault(variant.key, variant)
            place = f"{survey.path}:{definition.line} {definition.name}"
            groups[variant.key].append(place)
    for key, places in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[1])):
        variant = shown[key]
        likeness = "only adds members to" if variant.only_adds else "differs from"
        said = f"{likeness} {variant.nearest}" if variant.difference else f"is {variant.nearest}"
        head = f"variant {key}: {plural(len(places), 'definition')}, {said}"
        yield [head, *(f"    {place}" for place in places), *variant.difference]
