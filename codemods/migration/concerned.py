"""Which tests a change concerns: those that use a changed file, directly or by way of others."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from codemods.engine.run import Pool, one_by_one
from codemods.engine.text import stem_of
from codemods.migration.references import References, above, may_refer, names_in, unknown_names
from codemods.migration.scan import Progress
from codemods.model import Source
from codemods.rewrites.others import Others, word_patterns
from codemods.workers.pool import without_collector


class Concerned(NamedTuple):
    """The tests that a change concerns.

    `tests` has for each changed file the files and folders whose tests use it; none where no test
    does.
    """

    tests: Mapping[str, frozenset[str]]

    @property
    def all(self) -> tuple[str, ...]:
        """All of these files and folders, without those that lie in another one."""
        found = set().union(*self.tests.values())
        inside = (p for p in found if not found.isdisjoint(above(os.path.dirname(p))))
        return tuple(sorted(found.difference(inside)))

    @property
    def unused(self) -> tuple[str, ...]:
        """The changed files that no test uses."""
        return tuple(path for path, tests in self.tests.items() if not tests)

    def used_by(self, test: str) -> frozenset[str]:
        """Return the changed files that a file with tests uses."""
        around = frozenset(above(test))
        return frozenset(path for path, tests in self.tests.items() if not around.isdisjoint(tests))

    def not_run(self, ran: Collection[str]) -> tuple[str, ...]:
        """Return the changed files of which no test ran, given the files whose tests did.

        Of a file with tests its own count; of any other one those of the files that use it.
        """
        reached = frozenset().union(*map(above, ran))
        own = {path: {path} if path in tests else tests for path, tests in self.tests.items()}
        return tuple(p for p, tests in own.items() if tests and reached.isdisjoint(tests))


def concerned(
    changed: Sequence[str],
    files: Others,
    roots: Iterable[str],
    is_test: Callable[[str], bool],
    progress: Progress = lambda done, total: None,
    run: Pool = one_by_one,
) -> Concerned:
    """Find the tests that use changed files, which have real paths.

    A conftest is used by the tests below its folder, and so is the ``__init__.py`` of a package.
    All of `files` may import a changed one: from `roots`, and from their own folders. `is_test`
    tells whether pytest collects a file.
    """
    with without_collector():
        users = _users(changed, files, frozenset(roots), progress, run)
    tests = {path: frozenset(_tests(path, users, is_test)) for path in changed}
    return Concerned(tests)


def _users(
    changed: Sequence[str], files: Others, roots: frozenset[str], progress: Progress, run: Pool
) -> dict[str, set[str]]:
    """Return for each file that counts those that use it.

    The files are read once for each step from user to user, so that no more than one is in memory;
    each is parsed once, and only if the name of a module that counts is in it. One that cannot be
    parsed in time may use all that it may name.
    """
    known = {path.removesuffix(".py") for path in files.paths}
    for folder in {os.path.dirname(path) for path in files.paths}:
        known.update(above(folder))
    references: dict[str, References] = {}
    users: dict[str, set[str]] = {path: set() for path in changed}
    level = list(changed)
    while level:
        by_word: dict[str, list[str]] = {}
        for path in level:
            by_word.setdefault(os.fsdecode(stem_of(path)), []).append(path)
        patterns = word_patterns(map(os.fsencode, by_word))
        wanted = partial(_is_wanted, known=frozenset(references), patterns=patterns)
        for named in run(names_in, _read(files, progress), unknown_names, wanted):
            references[named.path] = References(named, roots, known.__contains__)
        reached: dict[str, None] = {}
        for path, used in references.items():
            for module in used.among(by_word):
                if module != path:
                    users[module].add(path)
                    reached[path] = None
        level = [path for path in reached if path not in users]
        users.update((path, set()) for path in level)
    return users


def _is_wanted(
    source: Source, *, known: Collection[str], patterns: Sequence[re.Pattern[bytes]]
) -> bool:
    return source.path not in known and may_refer(source.content, patterns)


def _read(files: Others, progress: Progress) -> Iterator[Source]:
    total = len(files.paths)
    for number, source in enumerate(files.read(), start=1):
        progress(min(number, total), total)
        yield source


def _tests(
    path: str, users: Mapping[str, Collection[str]], is_test: Callable[[str], bool]
) -> Iterator[str]:
    seen = {path}
    pending = [path]
    while pending:
        path = pending.pop()
        if os.path.basename(path) in {"conftest.py", "__init__.py"}:
            yield os.path.dirname(path)
        elif is_test(path):
            yield path
        new = [user for user in users[path] if user not in seen]
        seen.update(new)
        pending += new
