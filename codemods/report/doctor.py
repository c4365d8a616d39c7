"""Whether pytest can import the shared modules, as text or JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from codemods.migration.diagnose import NO_PYTEST, Checkup, Finding, FolderCheckup
from codemods.report.document import document
from codemods.report.table import MOST_LINES, Detail, joined, paragraphs, table
from codemods.wording import first_of, plural


def as_text(checkup: Checkup, detail: Detail = Detail.NORMAL) -> str:
    """Format each folder, what is wrong and how to fix it, and the setup of pytest.

    That of a folder with nothing wrong only where `detail` is VERBOSE; QUIET is what is wrong.
    """
    if detail is Detail.QUIET:
        return joined(_findings(checkup))
    if not checkup.folders:
        return "nothing to check: no file uses a shared module, and none would\n"
    blocks = [
        table(("folder", "state", "module", "file"), list(_rows(checkup))),
        list(_findings(checkup)),
        _costs(checkup),
        *_setups([f for f in checkup.folders if detail is Detail.VERBOSE or any(f.all_findings)]),
        [_verdict(checkup)],
    ]
    return paragraphs(blocks)


def as_json(checkup: Checkup) -> dict[str, Any]:
    """Return a checkup as values of JSON."""
    return document("doctor", {"ok": checkup.ok, "folders": checkup.folders})


def before_writing(checkup: Checkup) -> tuple[list[str], list[str]]:
    """Return what is wrong with imports that are about to be written, and what else to say."""
    found = dict.fromkeys(f for folder in checkup.folders for f in folder.all_findings)
    errors = list(_findings(checkup, only_errors=True))
    if any(finding.code == NO_PYTEST for finding in found):
        errors.append("--skip-probe goes on without this check")
    return errors, [f"{f.message}: {f.fix}" for f in found if not f.is_error]


def _rows(checkup: Checkup) -> Iterator[tuple[str, str, str, str]]:
    for folder in checkup.folders:
        for module in folder.modules:
            yield folder.folder, _state(module.findings), module.name, module.path or "-"
        if not folder.modules:
            yield folder.folder, _state(folder.findings), "-", "-"


def _state(findings: Sequence[Finding]) -> str:
    if not findings:
        return "OK"
    return "error" if any(f.is_error for f in findings) else "warning"


def _costs(checkup: Checkup) -> list[str]:
    """Return what the shared modules cost that no conftest, plugin or earlier one had imported."""
    rows = [
        (folder.folder, c.milliseconds, c.module_count, c.repository_module_count, module.name)
        for folder in checkup.folders
        for module in folder.modules
        if (c := module.first_import) is not None
    ]
    head = ("folder", "first import, ms", "modules", "of this repository", "imported")
    return table(head, rows) if rows else []


def _findings(checkup: Checkup, *, only_errors: bool = False) -> Iterator[str]:
    """Yield each finding once, with the folders that it is about."""
    folders: defaultdict[Finding, list[str]] = defaultdict(list)
    for folder in checkup.folders:
        for finding in folder.all_findings:
            if finding.is_error or not only_errors:
                folders[finding].append(folder.folder)
    for finding, names in folders.items():
        kind = "error" if finding.is_error else "warning"
        yield f"{kind}: {finding.code}: {finding.message}"
        yield f"  where: {first_of(names, MOST_LINES)}"
        yield f"  fix: {finding.fix}"


def _setups(folders: Sequence[FolderCheckup]) -> Iterator[list[str]]:
    """Yield the setup of pytest, once for all folders that share it."""
    alike: defaultdict[tuple[object, ...], list[FolderCheckup]] = defaultdict(list)
    for folder in folders:
        if folder.pytest is not None:
            key = (folder.pytest, folder.import_mode, folder.plugins, folder.sys_path)
            alike[key].append(folder)
    for group in alike.values():
        first = group[0]
        yield [
            f"in {', '.join(f.folder for f in group)}:",
            f"  pytest {first.pytest}, import mode {first.import_mode}",
            f"  plugins: {', '.join(first.plugins) or 'none'}",
            "  sys.path:",
            *(f"    {entry}" for entry in first.sys_path),
        ]


def _verdict(checkup: Checkup) -> str:
    count = plural(len(checkup.folders), "folder")
    if checkup.ok:
        return f"the shared modules can be imported in {count}"
    bad = sum(any(f.is_error for f in folder.all_findings) for folder in checkup.folders)
    return f"new imports would fail in {bad:,} of {count}"
