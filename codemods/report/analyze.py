"""An `Analysis` as text or JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from codemods.model import Analysis, Decision, FileSurvey, Variant, Verdict
from codemods.report.document import document
from codemods.report.findings import (
    definition_json,
    definition_line,
    failure_lines,
    failures_json,
    finding_json,
    namesakes_text,
    prospect_lines,
    reason_counts,
    way_to_list,
)
from codemods.report.table import Detail, paragraphs, shortened, table
from codemods.wording import plural, reason_line, visible

_Found = tuple[FileSurvey, Decision]


class _Place(NamedTuple):
    """Where a definition stands."""

    path: str
    line: int
    name: str


def paths_to_change(analysis: Analysis) -> list[str]:
    """Return the paths of the files with a definition that can be replaced."""
    return list(dict.fromkeys(s.path for s, d in _definitions(analysis) if _is_replaced(d)))


def as_text(analysis: Analysis, detail: Detail = Detail.NORMAL) -> str:
    """Format it for people; VERBOSE has a line for each definition, QUIET the summary alone."""
    blocks = [[_summary(analysis)]]
    if detail is Detail.QUIET:
        return paragraphs([*blocks, *_variants(analysis, detail), failure_lines(analysis.failures)])
    blocks += list(_tables(analysis))
    found = (d for _, d in _definitions(analysis) if not d.is_namesake)
    blocks.append(reason_counts(found, detail))
    blocks += [[remark] for remark in _remarks(analysis, detail)]
    if detail is Detail.VERBOSE:
        blocks.append([definition_line(s.path, d) for s, d in _definitions(analysis)])
        blocks.append([f"{visible(path)}: no code" for path in analysis.without_code])
    blocks.append([reason_line(s.path, w) for s in analysis.surveys for w in s.warnings])
    blocks += list(_variants(analysis, detail))
    blocks.append(failure_lines(analysis.failures))
    blocks.append(prospect_lines(analysis.prospects))
    return paragraphs(blocks)


def as_json(analysis: Analysis) -> dict[str, Any]:
    """Return it as values of JSON."""
    values = {
        "file_count": analysis.files,
        "candidate_count": len(analysis.surveys),
        "definitions": [definition_json(s.path, d) for s, d in _definitions(analysis)],
        "variants": [
            {**variant._asdict(), "places": places} for variant, places in _by_variant(analysis)
        ],
        "commented_out": [
            {"path": s.path, "line": line, "name": name}
            for s in analysis.surveys
            for line, name in s.commented_out
        ],
        "without_code": list(analysis.without_code),
        "warnings": [finding_json(s.path, w) for s in analysis.surveys for w in s.warnings],
        "failures": failures_json(analysis.failures),
        "prospects": [prospect._asdict() for prospect in analysis.prospects],
        "seconds": round(analysis.seconds, 3),
    }
    return document("analyze", values)


def _definitions(analysis: Analysis) -> list[_Found]:
    return [(s, d) for s in analysis.surveys for d in s.decisions]


def _is_replaced(decision: Decision) -> bool:
    return decision.verdict is Verdict.REPLACE


def _summary(analysis: Analysis) -> str:
    found = [(s, d) for s, d in _definitions(analysis) if not d.is_namesake]
    replaced = sum(_is_replaced(d) for _, d in found)
    holders = len({s.path for s, _ in found})
    return (
        f"{plural(analysis.files, 'Python file')}, "
        f"{plural(len(found), 'definition')} in {holders:,}: {replaced:,} to be replaced, "
        f"{len(found) - replaced:,} to stay"
    )


def _tables(analysis: Analysis) -> Iterator[list[str]]:
    found = [(s, d) for s, d in _definitions(analysis) if not d.is_namesake]
    if not found:
        return
    verdicts = ("definitions", "replace", "refuse")
    yield table(("name", *verdicts), _counts((d.definition.name, d) for _, d in found))
    folders = _counts((s.path.rpartition("/")[0] or ".", d) for s, d in found)
    if len(folders) > 1:
        yield table(("folder", *verdicts), folders)


def _counts(pairs: Iterable[tuple[str, Decision]]) -> list[tuple[str, int, int, int]]:
    groups: defaultdict[str, list[bool]] = defaultdict(list)
    for key, decision in pairs:
        groups[key].append(_is_replaced(decision))
    return [(key, len(v), sum(v), len(v) - sum(v)) for key, v in sorted(groups.items())]


def _remarks(analysis: Analysis, detail: Detail) -> Iterator[str]:
    """Yield what is found of the shared names beside definitions to decide on."""
    namesakes = sum(d.is_namesake for _, d in _definitions(analysis))
    if namesakes:
        yield namesakes_text(namesakes, detail)
    if analysis.without_code:
        files = plural(len(analysis.without_code), "file")
        yield f"{files} without code, but with comments{way_to_list(detail)}"
    commented: defaultdict[str, set[str]] = defaultdict(set)
    for survey in analysis.surveys:
        for _, name in survey.commented_out:
            commented[name].add(survey.path)
    for name, paths in sorted(commented.items()):
        yield f"`{name}` is commented out in {plural(len(paths), 'file')}, where grep finds it"


def _by_variant(analysis: Analysis) -> list[tuple[Variant, list[_Place]]]:
    """Return each shape with the definitions that have it, those found most often first."""
    groups: dict[str, tuple[Variant, list[_Place]]] = {}
    for survey in analysis.surveys:
        for variant, decision in zip(survey.variants, survey.decisions, strict=False):
            definition = decision.definition
            place = _Place(survey.path, definition.line, definition.name)
            groups.setdefault(variant.key, (variant, []))[1].append(place)
    return sorted(groups.values(), key=lambda group: (-len(group[1]), group[1]))


def _variants(analysis: Analysis, detail: Detail) -> Iterator[list[str]]:
    for variant, places in _by_variant(analysis):
        likeness = "only adds members to" if variant.only_adds else "differs from"
        said = f"{likeness} {variant.nearest}" if variant.difference else f"is {variant.nearest}"
        head = f"variant {variant.key}: {plural(len(places), 'definition')}, {said}"
        yield [
            head,
            *shortened("    ", [f"{p.path}:{p.line} {p.name}" for p in places], detail),
            *variant.difference,
        ]
