"""An `Analysis` as text, Markdown or JSON."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from codemods.model import Analysis, DefinitionFacts, FileSurvey, Variant, Verdict
from codemods.report.findings import (
    definition_json,
    definition_line,
    failure_lines,
    failures_json,
    reason_json,
)
from codemods.report.table import markdown_table, paragraphs, table
from codemods.wording import plural, printable

SCHEMA = "ssot-codemods/analysis/1"

_RISK_HEAD = ("to be replaced, worth a review", "uses", "subclasses", "patched", "imported by")

_Found = tuple[FileSurvey, DefinitionFacts]


def paths_to_change(analysis: Analysis) -> list[str]:
    """Return the paths of the files with a definition that can be replaced."""
    replaceable = (s.path for s, f in _definitions(analysis) if _is_replaced(f))
    return list(dict.fromkeys(replaceable))


def as_text(analysis: Analysis, *, verbose: bool = False) -> str:
    """Format an analysis for a terminal."""
    blocks = [[_summary(analysis)]]
    blocks += [table(head, rows) for head, rows in _tables(analysis)]
    blocks += [[remark] for remark in _remarks(analysis)]
    risky = _risky(analysis)
    if risky:
        blocks.append(table(_RISK_HEAD, risky))
    if verbose:
        blocks.append([definition_line(s.path, f.decision) for s, f in _definitions(analysis)])
    blocks += list(_variants(analysis))
    blocks.append(failure_lines(analysis.failures))
    return paragraphs(blocks)


def as_markdown(analysis: Analysis) -> str:
    """Format an analysis for a page on a code host."""
    blocks = [["# Scope of the migration"], [_summary(analysis)]]
    blocks += [markdown_table(head, rows) for head, rows in _tables(analysis)]
    blocks += [[remark] for remark in _remarks(analysis)]
    risky = _risky(analysis)
    if risky:
        blocks.append(markdown_table(_RISK_HEAD, risky))
    reasons = [
        (f"`{printable(s.path)}:{f.decision.definition.line}`", r.code.value, r.message)
        for s, f in _definitions(analysis)
        for r in f.decision.reasons[:1]
    ]
    if reasons:
        blocks += [["## Refused"], markdown_table(("place", "code", "reason"), reasons)]
    blocks += [["```diff", *lines, "```"] for lines in _variants(analysis)]
    failed = failure_lines(analysis.failures)
    if failed:
        blocks += [["## Failed"], [f"- {line}" for line in failed]]
    return paragraphs(blocks)


def as_json(analysis: Analysis, *, verbose: bool = False) -> dict[str, Any]:
    """Return an analysis as values of JSON, with all figures if verbose."""
    return {
        "schema": SCHEMA,
        "files": analysis.files,
        "candidates": len(analysis.surveys),
        "definitions": [_as_json(analysis, s, n, verbose) for s, n in _numbered(analysis)],
        "commented_out": [
            {"path": s.path, "line": line, "class_name": name}
            for s in analysis.surveys
            for line, name in s.commented_out
        ],
        "failures": failures_json(analysis.failures),
        "seconds": round(analysis.seconds, 3),
    }


def _as_json(analysis: Analysis, survey: FileSurvey, number: int, verbose: bool) -> dict[str, Any]:
    facts = survey.definitions[number]
    name = facts.decision.definition.class_name
    values: dict[str, Any] = {
        "path": survey.path,
        **definition_json(facts.decision),
        "verdict": facts.decision.verdict.value,
        "reasons": [reason_json(reason) for reason in facts.decision.reasons],
    }
    if verbose:
        values |= {
            "uses": facts.uses,
            "subclasses": facts.subclasses,
            "patch_strings": facts.patch_strings,
            "importers": analysis.importers.get((survey.path, name), 0),
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
    return ((s, n) for s in analysis.surveys for n in range(len(s.definitions)))


def _definitions(analysis: Analysis) -> list[_Found]:
    return [(s, f) for s in analysis.surveys for f in s.definitions]


def _is_replaced(facts: DefinitionFacts) -> bool:
    return facts.decision.verdict is Verdict.REPLACE


def _summary(analysis: Analysis) -> str:
    found = _definitions(analysis)
    replaced = sum(_is_replaced(f) for _, f in found)
    holders = len({s.path for s, _ in found})
    return (
        f"{plural(analysis.files, 'file')}, {len(analysis.surveys):,} with a target name, "
        f"{plural(len(found), 'definition')} in {holders:,}: {replaced:,} to be replaced, "
        f"{len(found) - replaced:,} to stay"
    )


def _tables(analysis: Analysis) -> Iterator[tuple[Sequence[str], list[Sequence[object]]]]:
    found = _definitions(analysis)
    if not found:
        return
    verdicts = ("definitions", "replace", "refuse")
    by_class = _counts((f.decision.definition.class_name, f) for _, f in found)
    yield ("class", *verdicts), by_class
    by_folder = _counts((printable(s.path.rpartition("/")[0]) or ".", f) for s, f in found)
    yield ("folder", *verdicts), by_folder
    codes = Counter(f.decision.reasons[0].code.value for _, f in found if f.decision.reasons)
    if codes:
        rows = sorted(codes.items(), key=lambda pair: (-pair[1], pair[0]))
        yield ("refused, by first reason", "definitions"), list(rows)


def _counts(pairs: Iterator[tuple[str, DefinitionFacts]]) -> list[Sequence[object]]:
    groups: defaultdict[str, list[bool]] = defaultdict(list)
    for key, facts in pairs:
        groups[key].append(_is_replaced(facts))
    return [(key, len(v), sum(v), len(v) - sum(v)) for key, v in sorted(groups.items())]


def _remarks(analysis: Analysis) -> Iterator[str]:
    """Yield for each name why grep counts more files than define it."""
    commented = {(s.path, name) for s in analysis.surveys for _, name in s.commented_out}
    defined = {(s.path, f.decision.definition.class_name) for s, f in _definitions(analysis)}
    written = {(s.path, name) for s in analysis.surveys for name in s.written_out}
    failed = {s.path for s in analysis.surveys if s.error is not None}
    for name in sorted({name for _, name in written}):
        grep, real, comment = (
            {path for path, n in found if n == name} for found in (written, defined, commented)
        )
        without = grep - real
        if not without:
            continue
        counts = {
            "it is commented out": len(without & comment - failed),
            "it is text or part of a longer name": len(without - comment - failed),
            "the file could not be parsed": len(without & failed),
        }
        rest = ", ".join(f"in {number:,} {what}" for what, number in counts.items() if number)
        held = len(grep & real)
        yield (
            f'grep "class {name}" finds {plural(len(grep), "file")}; {held:,} of them '
            f"{'holds' if held == 1 else 'hold'} a definition; {rest}."
        )


def _is_risky(analysis: Analysis, survey: FileSurvey, facts: DefinitionFacts) -> bool:
    name = facts.decision.definition.class_name
    imported = analysis.importers.get((survey.path, name), 0)
    return _is_replaced(facts) and bool(facts.subclasses or facts.patch_strings or imported)


def _risky(analysis: Analysis) -> list[Sequence[object]]:
    found = _definitions(analysis)
    return [_risk(analysis, s, f) for s, f in found if _is_risky(analysis, s, f)]


def _risk(analysis: Analysis, survey: FileSurvey, facts: DefinitionFacts) -> Sequence[object]:
    definition = facts.decision.definition
    place = f"{printable(survey.path)}:{definition.line} {definition.class_name}"
    imported = analysis.importers.get((survey.path, definition.class_name), 0)
    return place, facts.uses, facts.subclasses, facts.patch_strings, imported


def _variants(analysis: Analysis) -> Iterator[list[str]]:
    """Yield a block for each shape, the most frequent first."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    shown: dict[str, Variant] = {}
    for survey, number in _numbered(analysis):
        if survey.variants:
            variant = survey.variants[number]
            definition = survey.definitions[number].decision.definition
            shown.setdefault(variant.key, variant)
            place = f"{printable(survey.path)}:{definition.line} {definition.class_name}"
            groups[variant.key].append(place)
    for key, places in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[1])):
        variant = shown[key]
        likeness = "only adds members to" if variant.only_adds else "differs from"
        said = f"{likeness} {variant.nearest}" if variant.difference else f"is {variant.nearest}"
        head = f"variant {key}: {plural(len(places), 'definition')}, {said}"
        yield [head, *(f"    {place}" for place in places), *variant.difference]
