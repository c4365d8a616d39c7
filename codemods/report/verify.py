"""What a change did to the tests, as text or JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from codemods.measure.model import ExitCodes
from codemods.measure.outcomes import GOOD, Evidence, Outcomes
from codemods.migration.verify import RanOnce, Verified
from codemods.report.document import document
from codemods.report.table import Detail, joined, paragraphs, shortened, table
from codemods.wording import plural

_NOTHING = "no test ran: nothing is shown"


def as_text(verified: Verified | RanOnce, detail: Detail = Detail.NORMAL) -> str:
    """Return what the tests showed, for people; QUIET without what is well."""
    quiet = detail is Detail.QUIET
    if isinstance(verified, RanOnce):
        failures = _failures(verified.outcomes)
        return joined(failures) if quiet else paragraphs(_ran_once(verified))
    evidence = verified.evidence
    blocks: list[list[str]] = []
    if evidence is not None:
        blocks += [_summary(evidence), [_verdict(verified, evidence)]]
        for label, found in (("differs", evidence.differences), ("flaky", evidence.flaky)):
            blocks.append(list(shortened(f"{label}: ", list(map(str, found)), detail)))
        if not quiet:
            blocks.append([f"healed: {file} can be collected now" for file in evidence.healed])
            blocks.append(list(_never_collected(evidence, detail)))
    elif not verified.ran and not verified.problem:
        blocks.append([_NOTHING])
    if verified.golden_path:
        head = ("golden path", "before", "after")
        blocks.append(table(head, [(c, *codes) for c, codes in verified.golden_path.items()]))
    blocks.append([f"caused by {p}: {d.what}" for p, d in sorted(verified.causes.items())])
    blocks.append([f"reverted: {p}: {d.what}" for p, d in sorted(verified.reverted.items())])
    blocks.append(list(_unknown(verified, detail)))
    blocks.append([verified.problem] if verified.problem else [])
    return paragraphs(blocks)


def as_json(verified: Verified | RanOnce) -> dict[str, Any]:
    """Return what the tests showed, for programs."""
    before: Outcomes | None = None
    after: Outcomes | None = None
    if isinstance(verified, RanOnce):
        codes = {c: ExitCodes(None, code) for c, code in verified.golden_path.items()}
        after, verified = verified.outcomes, Verified(None, codes)
    elif verified.evidence is not None:
        before, after = verified.evidence.before, verified.evidence.after
    values = verified._asdict()
    evidence = values.pop("evidence")
    values |= {
        "before": _outcomes_json(before) if before is not None else None,
        "after": _outcomes_json(after) if after is not None else None,
        "differences": evidence.differences if evidence else (),
        "flaky": evidence.flaky if evidence else (),
        "healed": evidence.healed if evidence else (),
        "causes": dict(sorted(verified.causes.items())),
        "reverted": dict(sorted(verified.reverted.items())),
    }
    return document("verify", values)


def _never_collected(evidence: Evidence, detail: Detail) -> Iterator[str]:
    """Name the files that could not be collected before, and cannot be after."""
    errors = evidence.after.errors
    both = [f"{file}: {errors[file]}" for file in sorted(errors.keys() & evidence.before.errors)]
    return shortened("not collected, before and after: ", both, detail)


def _unknown(verified: Verified, detail: Detail) -> Iterator[str]:
    yield from (f"skipped: edited since the run: {path}" for path in verified.edited)
    yield from (f"not tested: no test uses it: {path}" for path in verified.unused)
    is_flaky = verified.evidence is not None and bool(verified.evidence.flaky)
    label = f"not tested: no test that uses it ran{', or only flaky ones' if is_flaky else ''}: "
    yield from shortened(label, verified.not_run, detail)


def _ran_once(once: RanOnce) -> Iterator[list[str]]:
    yield table(("outcome", "tests"), list(_counts(once.outcomes).items()))
    yield list(_failures(once.outcomes))
    yield [] if once.ran else [_NOTHING]
    if once.golden_path:
        yield table(("golden path", "exit code"), list(once.golden_path.items()))


def _summary(evidence: Evidence) -> list[str]:
    before, after = _counts(evidence.before), _counts(evidence.after)
    kinds = list(dict.fromkeys([*before, *after]))
    rows = [(kind, before.get(kind, 0), after.get(kind, 0)) for kind in kinds]
    return table(("outcome", "before", "after"), rows)


def _verdict(verified: Verified, evidence: Evidence) -> str:
    """Return what was shown: of all outcomes where each test ran, none fails, each file is used."""
    if evidence.differences:
        return plural(len(evidence.differences), "difference")
    if not evidence.ran:
        return "no test but flaky ones ran: nothing is shown" if evidence.flaky else _NOTHING
    number = plural(len(evidence.ran), "test")
    if not evidence.shows:
        return f"no test passed, of the {number} that ran, before or after: nothing is shown"
    stay = "with the files that stay, " if verified.reverted else ""
    if evidence.flaky:
        return f"{stay}no difference in the {number} that ran, flaky ones aside"
    if evidence.failing:
        verb = "fails" if len(evidence.failing) == 1 else "fail"
        failing = f"{len(evidence.failing):,} of them {verb} before and after"
        return f"{stay}no difference in the {number} that ran; {failing}"
    unknown = verified.not_run or verified.unused or verified.edited
    if unknown or evidence.healed or evidence.after.errors or evidence.after.deselected:
        return f"{stay}no difference in the {number} that ran"
    return f"{stay}all outcomes unchanged"


def _failures(outcomes: Outcomes) -> Iterator[str]:
    yield from (f"{outcome}: {node}" for node, outcome in _failed(outcomes).items())
    errors = sorted(outcomes.errors.items())
    yield from (f"not collected: {file}: {what}" for file, what in errors)


def _outcomes_json(outcomes: Outcomes) -> dict[str, Any]:
    return {
        "test_counts": _test_counts(outcomes),
        "deselected_count": outcomes.deselected,
        "warning_count": sum(outcomes.warnings.values()),
        "failed_tests": _failed(outcomes),
        "not_collected": dict(sorted(outcomes.errors.items())),
    }


def _failed(outcomes: Outcomes) -> dict[str, str]:
    return {n: o for n, o in sorted(outcomes.tests.items()) if o not in GOOD}


def _test_counts(outcomes: Outcomes) -> dict[str, int]:
    return dict(sorted(Counter(outcomes.tests.values()).items()))


def _counts(outcomes: Outcomes) -> dict[str, int]:
    """Count tests by outcome, then what else counts."""
    return {
        **_test_counts(outcomes),
        **({"deselected": outcomes.deselected} if outcomes.deselected else {}),
        "not collected": len(outcomes.errors),
        "warnings": sum(outcomes.warnings.values()),
    }
