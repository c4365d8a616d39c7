"""What a migration would do or did, as text or JSON."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from codemods.migration.verify import Verified
from codemods.model import Code, Decision, FileResult, Run, Status, Written
from codemods.report.document import document
from codemods.report.findings import (
    definition_json,
    definition_line,
    failure_lines,
    failures_json,
    finding_json,
    namesakes_text,
    reason_counts,
)
from codemods.report.rollback import ways_to_end
from codemods.report.table import Detail, paragraphs, shortened
from codemods.report.verify import as_json as verification_json
from codemods.wording import plural, reason_line

#: So many paths fit into a line.
_FEW_PATHS = 5

_UNUSED = "to find unused imports (keep those of fixtures, as tests use them)"

_BEFORE = "line numbers in changed files are those of before the change"

#: Reasons about the present state of a file: each is worth a line.
_HELD_BACK = frozenset(
    {
        *(Code.CHANGED_SINCE_PLANNED, Code.HARD_LINKED, Code.READ_ONLY, Code.TESTS_DIFFER),
        Code.UNCOMMITTED,
    }
)


def as_text(
    written: Written,
    *,
    dry_run: bool,
    detail: Detail = Detail.NORMAL,
    noun: str = "copy",
    flake8: bool = False,
) -> str:
    """Format a summary for people; `noun` is what one of the changed definitions is called.

    The advice on imports is for ruff, or for `flake8`. There is a line for each definition that
    stays for the present state of its file. VERBOSE has one for each that stays and for each
    changed file, QUIET just the numbers, and what needs to be looked at.
    """
    quiet = detail is Detail.QUIET
    results, left = written.results, written.left
    changed = [r for r in results if r.status is Status.CHANGED]
    replaced = sum(len(r.replaced) for r in changed)
    skipped = [r.path for r, d in _refused(results) if _is_held_back(d)]
    stay = [(r, d) for r, d in _refused(results) if not d.is_namesake and not _is_held_back(d)]
    refused, refusing = [d for _, d in stay], {r.path for r, _ in stay}
    failed = [r for r in results if r.status is Status.FAILED]
    unread = sum(r.error is not None and r.error.code is Code.UNREADABLE for r in failed)
    verb = "would change" if dry_run else "changed"
    both = len(refusing.intersection(r.path for r in changed))
    also = f" ({plural(both, 'file')} counted above, too)" if both else ""
    rows: list[Sequence[object]] = [
        (verb, len(changed), f"with {plural(replaced, noun)}"),
        ("remaining", left, ""),
        ("skipped", len({*skipped}), f"with {plural(len(skipped), noun)}"),
        ("refused", len(refusing), f"with {plural(len(refused), 'definition')}{also}"),
        ("failed", len(failed), ""),
        ("unchanged", written.files - (len(results) - unread) - left, ""),
    ]
    blocks = [[_line(row) for row in rows if row[1] or row[0] == verb]]
    names = [] if quiet else [r.path for r in changed]
    blocks.append(list(shortened(f"{verb}: ", names, detail)))
    blocks.append([] if quiet else reason_counts(refused, detail))
    namesakes = sum(d.is_namesake for _, d in _refused(results))
    blocks.append([namesakes_text(namesakes, detail)] if namesakes and not quiet else [])
    blocks += [*_findings(results, detail, dry_run=dry_run), failure_lines(failed)]
    if written.run is not None:
        undo = f"to undo, before you edit the files: ssot-codemods rollback {written.run.id}"
        check = _import_check([r.path for r in changed], "flake8" if flake8 else "ruff check")
        imports = not quiet and any(d.shared for r in changed for d in r.replaced)
        more = [f"{_UNUSED}: {check}"] if imports else []
        blocks += [[undo, *more], *([] if quiet else _for_linter(written.run, changed, flake8))]
    return paragraphs(blocks)


def _is_held_back(decision: Decision) -> bool:
    """Whether a definition stays for the present state of its file, and not for good."""
    return decision.reasons[0].code in _HELD_BACK


def _findings(
    results: Sequence[FileResult], detail: Detail, *, dry_run: bool
) -> Iterator[list[str]]:
    """Yield what stays, comments that are lost, and warnings: a line each, with its place."""
    quiet, verbose = detail is Detail.QUIET, detail is Detail.VERBOSE
    changed = [r for r in results if r.status is Status.CHANGED]
    lines = [
        definition_line(r.path, d) for r, d in _refused(results) if verbose or _is_held_back(d)
    ]
    warnings = [(r.path, w) for r in results for w in r.warnings]
    lines += [reason_line(path, w) for path, w in warnings if w.code in _HELD_BACK]
    # A reason about the file stands with each definition, one about the run with each file.
    yield list(shortened("", list(dict.fromkeys(lines)), detail))
    lost = [_lost_comments(r.path, d) for r in changed for d in r.replaced if d.lost_comments]
    yield [] if quiet else list(shortened("comments lost: ", lost, detail))
    warned = [reason_line(path, w) for path, w in warnings if w.code not in _HELD_BACK]
    yield list(shortened("", warned, detail))
    is_moved = lost or any(r.warnings or (verbose and r.refused) for r in changed)
    yield [_BEFORE] if is_moved and not dry_run and not quiet else []


def _lost_comments(path: str, decision: Decision) -> str:
    """Return which comments are removed with a copy for good: someone may want to keep them."""
    number, name = plural(len(decision.lost_comments), "comment"), decision.definition.name
    line = decision.lost_comments[0]
    return f"{path}:{line}: {number} of `{name}` that the shared definition does not have"


def early_end(written: Written, verified: Verified | None) -> list[str]:
    """Return what kept a migration from its end, and what to do; nothing where nothing did."""
    if verified is not None and verified.problem:
        stay = plural(len(verified.edited), "file")
        edited = f", but for {stay} that the tests edited or deleted" if verified.edited else ""
        return [f"every change was undone{edited}"]
    if verified is not None and written.run is not None and not verified.ran:
        undo = f"ssot-codemods rollback {written.run.id}"
        return [f"the changes stay, and no test shows anything of them; to undo them: {undo}"]
    if written.run is None or not written.stopped:
        return []
    changed = sum(r.status is Status.CHANGED for r in written.results)
    done = f"{changed} of {plural(len(written.run.entries), 'file')} written"
    return [f"interrupted: {done}; {ways_to_end(written.run)}"]


def _import_check(paths: Sequence[str], linter: str) -> str:
    """Return the command that finds imports which only the removed definitions used.

    It also lists the import of a fixture that no test names but as a parameter: no removal by it.
    """
    command = f"{linter} --select F401"
    if len(paths) > _FEW_PATHS:
        return f"git diff --relative --name-only -z -- '*.py' | xargs -0 {command}"
    return f"{command} {shlex.join(f'./{p}' if p.startswith('-') else p for p in paths)}"


def _for_linter(run: Run, changed: Sequence[FileResult], flake8: bool) -> Iterator[list[str]]:
    """Yield the settings by which ruff keeps the imports of fixtures, and reports all others.

    flake8 can only be told to report none.
    """
    replaced = [d for r in changed for d in r.replaced if d.definition.kind == "fixture"]
    modules = sorted({d.shared[0] for d in replaced if d.shared})
    if not modules:
        return
    import glob  # few texts need these
    import json

    files = glob.escape(posixpath.commonpath([entry.path for entry in run.entries]))
    several = len(run.entries) > 1
    linter = "flake8" if flake8 else "ruff"
    yield [
        f"tests use the imported fixtures by parameters, which {linter} does not see; tell it",
        "(where it has such a table, add the line there):",
    ]
    if flake8:
        files = posixpath.join(files, "*") if several else files
        yield ["[flake8]", f"per-file-ignores = {files}: F401, F811"]
        return
    files = posixpath.join(files, "**") if several else files
    yield ["[tool.ruff.lint.pyflakes]", f"allowed-unused-imports = {json.dumps(modules)}"]
    yield ["[tool.ruff.lint.per-file-ignores]", f'{json.dumps(files)} = ["F811"]']


def _line(row: Sequence[object]) -> str:
    label, number, more = row
    return f"{label!s:<12}  {number:>7,} {'file' if number == 1 else 'files'}  {more}".rstrip()


def _refused(results: Sequence[FileResult]) -> list[tuple[FileResult, Decision]]:
    return [(r, d) for r in results for d in r.refused]


def as_json(written: Written, *, dry_run: bool, verified: Verified | None = None) -> dict[str, Any]:
    """Return what was done, or would be, and what the tests showed of it, as values of JSON."""
    results = written.results
    changed = [r for r in results if r.status is Status.CHANGED]
    values = {
        "dry_run": dry_run,
        "run": written.run.id if written.run is not None else None,
        "file_count": written.files,
        "changed_file_count": len(changed),
        "remaining_file_count": written.left,
        "replaced": [definition_json(r.path, d) for r in changed for d in r.replaced],
        "refused": [definition_json(r.path, d) for r, d in _refused(results)],
        "warnings": [finding_json(r.path, w) for r in results for w in r.warnings],
        "failures": failures_json(results),
        "verification": verification_json(verified) if verified is not None else None,
    }
    return document("migrate", values)
