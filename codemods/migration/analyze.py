"""The scope of a migration, from one pass over the files and `ast` alone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial

from codemods.engine.codemod import decide
from codemods.engine.run import Pool, one_by_one
from codemods.migration.scan import Scan, Task
from codemods.model import Analysis, FileResult, FileSurvey, Prospect, Reason
from codemods.registry import CODEMODS
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.rewrites.replace_local_copies.survey import survey
from codemods.workers.pool import without_collector


def analyze(scan: Scan, pool: Pool, *, variants: bool = False) -> Analysis:
    """Find out what there is to migrate, in files that are not read yet.

    With `variants`, the shapes of the definitions are returned, too.
    """
    start = time.perf_counter()
    surveys = sorted(_surveys(scan, pool, variants=variants), key=lambda s: os.fsencode(s.path))
    failures = [FileResult.failure(s.path, s.error) for s in surveys if s.error]
    failures += scan.failures
    return Analysis(
        files=scan.files,
        surveys=tuple(surveys),
        failures=tuple(sorted(failures, key=lambda f: os.fsencode(f.path))),
        seconds=time.perf_counter() - start,
        without_code=tuple(sorted(scan.without_code, key=os.fsencode)),
    )


def prospect(name: str, scan: Scan, pool: Pool) -> Prospect:
    """Find out what the codemod of this name would do, as far as each file alone tells."""
    with without_collector():
        results = list(pool(decided, scan.definitions(), FileResult.failure))
    changed = [len(result.replaced) for result in results if result.replaced]
    refused = sum(len(result.refused) for result in results)
    return Prospect(name, CODEMODS[name].noun, len(changed), sum(changed), refused)


def decided(task: Task) -> FileResult:
    """Return what a codemod would make of a file, as far as that file alone tells."""
    return decide(task.content, task.path, task.codemod)


def _surveys(scan: Scan, pool: Pool, *, variants: bool) -> list[FileSurvey]:
    """Look at the files: in workers at those that may define something, which are parsed."""
    work = partial(_survey, variants=variants)
    here: list[FileSurvey] = []

    def definitions() -> Iterator[Task]:
        for task in scan.mentions():
            if task.codemod.may_concern(task.content):
                yield task
            else:
                here.extend(one_by_one(work, [task], _failed))

    with without_collector():
        return [*pool(work, definitions(), _failed), *here]


def _survey(task: Task, *, variants: bool) -> FileSurvey:
    assert isinstance(task.codemod, ReplaceLocalCopies)
    return survey(task.content, task.path, task.codemod.modules, variants=variants)


def _failed(path: str, reason: Reason) -> FileSurvey:
    return FileSurvey(path, error=reason)
