"""A checkup of the files that would change, and of those that import a shared module already."""

from __future__ import annotations

import os
import sys

from codemods.engine.run import Pool
from codemods.migration.diagnose import Checkup, diagnose
from codemods.migration.migrate import plan
from codemods.migration.scan import Scan
from codemods.shared_modules import SettingsByFile


def doctor(
    by_file: SettingsByFile,
    scan: Scan,
    pool: Pool,
    *,
    jobs: int,
    timeout: float,
    python: str = sys.executable,
) -> Checkup:
    """Start pytest in each folder with files that would change or that import a shared module.

    Args:
        by_file: which settings count for which file.
        scan: the files, none of them read yet.
        pool: the workers that work out what would change.
        jobs: how many times to start pytest at once.
        timeout: seconds for each folder.
        python: the interpreter that starts it.

    Raises:
        codemods.model.UsageError: a path cannot be used.

    """
    planned = plan(scan, pool)
    files = scan.sharing | {result.path for result in planned.changes}
    modules = {path: by_file.modules(path) for path in files}
    shared = by_file.shared_paths()
    uses = {
        path: [module.name for module in found]
        for path, found in modules.items()
        if os.path.realpath(path) not in shared
    }
    return diagnose(by_file, uses, jobs=jobs, timeout=timeout, python=python)
