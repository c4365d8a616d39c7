"""The scope of a migration, from one pass over the files and `ast` alone."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial

from codemods.engine.judge import may_define
from codemods.migration.scan import Scan
from codemods.model import (
    Analysis,
    FileResult,
    FileSurvey,
    Source,
)
from codemods.rewrites.replace_local_copies.survey import survey
from codemods.workers.pool import Pool, run, without_collector, worker_died

#: Up to this many files with a definition, starting workers costs more than they save.
_FEW = 8


def analyze(scan: Scan, pool: Pool, *, variants: bool = False) -> Analysis:
    """Find out what there is to migrate.

    Args:
        scan: the files, none of them read yet.
        pool: the workers that look at those with a definition.
        variants: whether to tell the shapes of the definitions too.

    Raises:
        codemods.model.UsageError: a path cannot be used.

    """
    start = time.perf_counter()
    surveys = sorted(_surveyed(scan, pool, variants=variants), key=lambda s: os.fsencode(s.path))
    failures = [FileResult.failure(s.path, s.error) for s in surveys if s.error is not None]
    failures += scan.failures
    return Analysis(
        files=scan.files,
        surveys=tuple(surveys),
        failures=tuple(sorted(failures, key=lambda f: os.fsencode(f.path))),
        importers=_importers(surveys),
        seconds=time.perf_counter() - start,
    )


def _surveyed(scan: Scan, pool: Pool, *, variants: bool) -> list[FileSurvey]:
    """Look at the files: those that define something in workers, where they are not few."""
    work = partial(survey, target=scan.target, variants=variants)
    here: list[FileSurvey] = []

    def definitions() -> Iterator[Source]:
        for source in scan.mentions():
            if may_define(source.content, scan.target):
                yield source
            else:
                here.append(work(source.content, source.path))

    with without_collector():
        return [*run(work, definitions(), pool, _died, _FEW), *here]


def _died(path: str, error: Exception) -> FileSurvey:
    return FileSurvey(path, (), (), (), (), (), (), worker_died(error))


def _importers(surveys: Sequence[FileSurvey]) -> dict[tuple[str, str], int]:
    """Count for each file and name defined in it the others that import the name from there.

    An absolute import counts for each file whose path ends like the name of the module.
    """
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for other in surveys:
        for module, name in other.imported:
            found[_module_suffix(other.path, module), name].add(other.path)
    defined = {(s.path, f.decision.definition.class_name) for s in surveys for f in s.definitions}
    counts: dict[tuple[str, str], int] = {}
    for path, name in defined:
        importers = set().union(*(found.get((s, name), ()) for s in _suffixes(path))) - {path}
        if importers:
            counts[path, name] = len(importers)
    return counts


def _module_suffix(path: str, module: str) -> str:
    """Return the end of the path of a module; of a relative one, from the same folder."""
    stripped = module.lstrip(".")
    if stripped == module:
        return stripped.replace(".", "/")
    folder = os.path.abspath(path)
    for _ in range(len(module) - len(stripped)):
        folder = os.path.dirname(folder)
    return os.path.join(folder, *filter(None, stripped.split(".")))


def _suffixes(path: str) -> list[str]:
    """Return each end of a path that the name of a module may stand for, and the whole path."""
    whole = os.path.abspath(path).removesuffix(".py").removesuffix("/__init__")
    parts = whole.split("/")
    return [whole, *("/".join(parts[n:]) for n in range(1, len(parts)))]
