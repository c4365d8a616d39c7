"""Before the first write: would the new imports work where they are to stand?"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping

from codemods.migration.diagnose import NO_PYTEST, Finding, FolderCheckup, diagnose
from codemods.shared_modules import SettingsByFile
from codemods.wording import first_of


def check_imports(
    by_file: SettingsByFile,
    uses: Mapping[str, Collection[str]],
    jobs: int,
    python: str = sys.executable,
) -> tuple[list[str], list[str]]:
    """Check in pytest that files can import the shared modules.

    Args:
        by_file: which settings count for which file.
        uses: paths, and the dotted names of the shared modules that each is to import.
        jobs: how many times to start pytest at once.
        python: the interpreter that starts it.

    Returns:
        Which module cannot be imported where, or another one is found first, with what to do; and
        what is worth saying though nothing is wrong, each once.

    """
    checkup = diagnose(by_file, uses, jobs=jobs, python=python)
    found = [(folder, finding) for folder in checkup.folders for finding in folder.all_findings]
    errors = _by_fix((folder, finding) for folder, finding in found if finding.is_error)
    notes = (f"{f.message}: {f.fix}" for _, f in found if not f.is_error)
    return list(errors), list(dict.fromkeys(notes))


def _by_fix(errors: Iterable[tuple[FolderCheckup, Finding]]) -> Iterator[str]:
    """Yield what is wrong where, and below it what fixes it."""
    fixes: dict[str, dict[str, list[str]]] = {}
    for folder, finding in errors:
        way_around = "; --skip-probe goes on without" if finding.code == NO_PYTEST else ""
        messages = fixes.setdefault(f"{finding.fix}{way_around}", {})
        messages.setdefault(finding.message, []).append(folder.folder)
    for fix, messages in fixes.items():
        yield from (f"{first_of(folders)}: {message}" for message, folders in messages.items())
        yield f"To fix it: {fix}."
