"""What a change did to the tests, as text or JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from codemods.measure.outcomes import GOOD, Difference, Evidence, Outcomes
from codemods.report.lines import paragraphs
from codemods.report.model import Verified
from codemods.report.table import plural, table

SCHEMA = "ssot-codemods/verification/1"


def as_text(verified: Verified) -> str:
    """Say what the tests showed."""
    evidence = verified.evidence
    blocks: list[list[str]] = []
    if evidence is not None:
        blocks.append(
            _summary(evidence, "with the files that stay, " if verified.taken_back else "")
        )
        blocks.append([_difference("differs", d) for d in evidence.differences])
        blocks.append([_difference("flaky", d) for d in evidence.flaky])
        blocks.append([f"healed: {file} can be collected now" for file in evidence.healed])
    if verified.golden_path:
        head = ("golden path", "before", "after")
        blocks.append(table(head, [(c, *codes) for c, codes in verified.golden_path.items()]))
    blocks.append([f"taken back: {p}: {d.what}" for p, d in sorted(verified.taken_back.items())])
    blocks.append(list(_unknown(verified)))
    blocks.append([verified.problem] if verified.problem else [])
    return paragraphs(blocks)


def as_json(verified: Verified) -> dict[str, Any]:
    """Say it to programs."""
    evidence = verified.evidence
    values: dict[str, Any] = {
        "schema": SCHEMA,
        "run": verified.run,
        "golden_path": {c: list(codes) for c, codes in verified.golden_path.items()},
        "taken_back": {p: _difference_json(d) for p, d in sorted(verified.taken_back.items())},
        "edited": list(verified.edited),
        "unused": list(verified.unused),
        "problem": verified.problem,
    }
    if evidence is not None:
        values |= {
            "before": _counts(evidence.before),
            "after": _counts(evidence.after),
            "differences": [_difference_json(d) for d in evidence.differences],
            "flaky": [_difference_json(d) for d in evidence.flaky],
            "healed": list(evidence.healed),
            "failed": _failed(evidence.after),
            "not_collected": dict(sorted(evidence.after.errors.items())),
        }
    return values


def _unknown(verified: Verified) -> Iterator[str]:
    """Name the files of which nothing is shown."""
    yield from (f"not judged, as it was edited since: {path}" for path in verified.edited)
    yield from (f"not judged, as no test uses it: {path}" for path in verified.unused)


def _summary(evidence: Evidence, of_what: str) -> list[str]:
    before, after = _counts(evidence.before), _counts(evidence.after)
    if evidence.before is evidence.after:
        return [*table(("outcome", "tests"), list(after.items())), *_failures(evidence.after)]
    kinds = list(dict.fromkeys([*before, *after]))
    rows = [(kind, before.get(kind, 0), after.get(kind, 0)) for kind in kinds]
    if evidence.differences:
        verdict = plural(len(evidence.differences), "difference")
    elif evidence.before.tests or evidence.after.tests:
        verdict = f"{of_what}each test gives what it gave"
    else:
        verdict = "no test was run: nothing is shown"
    return [*table(("outcome", "before", "after"), rows), "", verdict]


def _failures(outcomes: Outcomes) -> Iterator[str]:
    """Name what failed, where there is nothing to compare with."""
    lines = [f"{outcome}: {node}" for node, outcome in _failed(outcomes).items()]
    lines += [f"not collected: {file}: {what}" for file, what in sorted(outcomes.errors.items())]
    yield from ["", *lines] if lines else []


def _failed(outcomes: Outcomes) -> dict[str, str]:
    return {n: o for n, o in sorted(outcomes.tests.items()) if o not in GOOD}


def _counts(outcomes: Outcomes) -> dict[str, int]:
    """Count tests by outcome, then what else counts."""
    tests = dict(sorted(Counter(outcomes.tests.values()).items()))
    return {
        **tests,
        "not collected": len(outcomes.errors),
        "warnings": sum(outcomes.warnings.values()),
    }


def _difference(word: str, difference: Difference) -> str:
    return f"{word}: {difference.what}: {difference.before} -> {difference.after}"


def _difference_json(difference: Difference) -> dict[str, str]:
    return {name: getattr(difference, name) for name in Difference.__slots__}
