"""One pass over the files: which of them the rest is about, told from their bytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from threading import Thread
from typing import NamedTuple

from codemods.disk.checkout import Checkout
from codemods.disk.files import Failed, list_files, read_files
from codemods.model import FileResult, SharedModules, Source
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.rewrites.replace_local_copies.shared import shared_definitions
from codemods.settings import Settings
from codemods.shared_modules import is_shared

#: Takes the number of files done and of all files; for a progress bar.
Progress = Callable[[int, int], None]

#: Returns the shared modules of the settings table that is nearest above a file, None for no table.
ModulesOf = Callable[[str], SharedModules | None]


class Task(NamedTuple):
    """One file, and the codemod that is to be applied to it."""

    path: str
    content: bytes
    codemod: ReplaceLocalCopies


class _Rules(NamedTuple):
    """What counts for the files of a folder, at hand as each file of a repository is asked."""

    codemod: ReplaceLocalCopies
    stems: tuple[bytes, ...]
    may_define: Callable[[bytes], bool]
    may_mention: Callable[[bytes], bool]


class Scan:
    """Reads the files, and sorts out those that may define a shared name from the many without.

    `files` counts what was read, `failures` has what could not be; `uncovered` counts the files
    that no settings table covers; `sharing` are the files that name a shared module, which
    `definitions` finds. Git is asked at once which files there are, and the answer is taken when
    the first one is wanted: there is something to import meanwhile.

    Args:
        settings: of the repository; its `exclude` counts.
        modules_of: returns the shared modules for a file.
        paths: files and folders. One that cannot be used is a `UsageError` when the first file is
            read.
        progress: is told of each file that was read.

    """

    def __init__(
        self, settings: Settings, modules_of: ModulesOf, paths: Sequence[str], progress: Progress
    ) -> None:
        self.settings = settings
        self._modules_of = modules_of
        self._progress = progress
        self.failures: list[FileResult] = []
        self.files = 0
        self.uncovered = 0
        self.sharing: set[str] = set()
        self._rules: dict[str, _Rules | None] = {}
        self._listing = _Listing(paths, settings, self.failures.append)
        self._listing.start()

    def definitions(self) -> Iterator[Task]:
        """Yield the files that may define a shared name, but for the shared modules themselves."""
        for path, content, rules in self._covered():
            if any(stem in content for stem in rules.stems):
                self.sharing.add(path)
            if rules.may_define(content) and not is_shared(path, rules.codemod.modules):
                yield Task(path, content, rules.codemod)

    def mentions(self) -> Iterator[Task]:
        """Yield those files, and those where such a definition may stand in a comment."""
        for path, content, rules in self._covered():
            if rules.may_mention(content) and not is_shared(path, rules.codemod.modules):
                yield Task(path, content, rules.codemod)

    def codemod_of(self, path: str) -> ReplaceLocalCopies:
        """Return the codemod for a file that a settings table covers."""
        rules = self._find_rules(path)
        assert rules is not None
        return rules.codemod

    def again(self, codemods: dict[str, ReplaceLocalCopies]) -> Iterator[Task]:
        """Yield some files once more, each with a codemod of its own."""
        root, exclude = self.settings.root, self.settings.exclude
        for source in read_files(codemods, root, exclude, self.failures.append):
            yield Task(source.path, source.content, codemods[source.path])

    @cached_property
    def checkout(self) -> Checkout:
        """All files of the checkout: what is excluded from being changed imports all the same."""
        return Checkout(self.settings.root)

    def _covered(self) -> Iterator[tuple[str, bytes, _Rules]]:
        for path, content in self._read():
            rules = self._find_rules(path)
            if rules is None:
                self.uncovered += 1
            else:
                yield path, content, rules

    def _read(self) -> Iterator[Source]:
        listed = self._listing.result()
        root, exclude = self.settings.root, self.settings.exclude
        for source in read_files(listed, root, exclude, self.failures.append):
            self.files += 1
            self._progress(self.files, len(listed))
            yield source

    def _find_rules(self, path: str) -> _Rules | None:
        folder = path.rpartition(os.sep)[0]
        if folder not in self._rules:
            modules = self._modules_of(path)
            known = (r for r in self._rules.values() if r and r.codemod.modules == modules)
            self._rules[folder] = next(known, None if modules is None else _rules_of(modules))
        return self._rules[folder]


def _rules_of(modules: SharedModules) -> _Rules:
    codemod, shared = ReplaceLocalCopies(modules), shared_definitions(modules)
    return _Rules(codemod, codemod.module_stems, shared.may_define, shared.may_mention)


#: In seconds: a signal that comes just before a wait is heard only behind it.
_PATIENCE = 0.2


class _Listing(Thread):
    """Lists files beside what this process does meanwhile."""

    def __init__(self, paths: Sequence[str], settings: Settings, failed: Failed) -> None:
        super().__init__(daemon=True)  # who ends this process does not wait for git
        self._list = partial(list_files, paths, settings.root, settings.exclude, failed)
        self._found: tuple[str, ...] = ()
        self._error: Exception | None = None

    def run(self) -> None:
        """List them."""
        try:
            self._found = self._list()
        except Exception as error:  # noqa: BLE001 -- it is raised where the files are wanted
            self._error = error

    def result(self) -> tuple[str, ...]:
        """Wait for the files, and return them, or raise what `list_files` raised."""
        while self.is_alive():
            self.join(_PATIENCE)
        if self._error is not None:
            raise self._error
        return self._found
