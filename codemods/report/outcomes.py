"""What a change did to the tests, as text or JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from codemods.measure.outcomes import Difference, Evidence, Outcomes
from codemods.report.table import plural, table

SCHEMA = "ssot-codemods/verification/1"


def evidence_text(
    evidence: Evidence | None,
    commands: Mapping[str, Sequence[int | None]],
    taken_back: Mapping[str, Difference],
    problem: str = "",
) -> str:
    """Say what the tests showed.

    Args:
        evidence: the comparison, None where the tests could not be run.
        commands: of the golden path, with their exit codes before and after.
        taken_back: the files of the run that were taken back, and why.
        problem: why there is no evidence.

    """
    blocks: list[list[str]] = []
    if evidence is not None:
        blocks.append(_summary(evidence, "with the files that stay, " if taken_back else ""))
        blocks.append([_difference("differs", d) for d in evidence.differences])
        blocks.append([_difference("flaky", d) for d in evidence.flaky])
        blocks.append([f"healed: {file} can be collected now" for file in evidence.healed])
    if commands:
        head = ("golden path", "before", "after")
        blocks.append(table(head, [(command, *codes) for command, codes in commands.items()]))
    blocks.append([f"taken back: {path}: {d.what}" for path, d in sorted(taken_back.items())])
    blocks.append([problem] if problem else [])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def evidence_json(
    evidence: Evidence | None,
    commands: Mapping[str, Sequence[int | None]],
    taken_back: Mapping[str, Difference],
    problem: str = "",
) -> dict[str, Any]:
    """Say it to programs; the arguments are those of `evidence_text`."""
    values: dict[str, Any] = {
        "schema": SCHEMA,
        "golden_path": {command: list(codes) for command, codes in commands.items()},
        "taken_back": {path: _as_json(d) for path, d in sorted(taken_back.items())},
        "problem": problem,
    }
    if evidence is not None:
        values |= {
            "before": _counts(evidence.before),
            "after": _counts(evidence.after),
            "differences": [_as_json(d) for d in evidence.differences],
            "flaky": [_as_json(d) for d in evidence.flaky],
            "healed": list(evidence.healed),
        }
    return values


def _summary(evidence: Evidence, of_what: str) -> list[str]:
    before, after = _counts(evidence.before), _counts(evidence.after)
    if evidence.before is evidence.after:
        return table(("outcome", "tests"), list(after.items()))
    kinds = list(dict.fromkeys([*before, *after]))
    rows = [(kind, before.get(kind, 0), after.get(kind, 0)) for kind in kinds]
    same = not evidence.differences
    verdict = (
        f"{of_what}each test gives what it gave"
        if same
        else plural(len(evidence.differences), "difference")
    )
    if same and not (evidence.before.tests or evidence.after.tests):
        verdict = "no test was run: nothing is shown"
    return [*table(("outcome", "before", "after"), rows), "", verdict]


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


def _as_json(difference: Difference) -> dict[str, str]:
    return {name: getattr(difference, name) for name in Difference.__slots__}
