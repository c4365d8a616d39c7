"""One pass over the files: which of them the rest is about, told from their bytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from threading import Thread
from typing import NamedTuple

from codemods.disk.files import Checkout, Failed, list_files, read_files
from codemods.engine.comments import has_only_comments
from codemods.model import FileResult, Source
from codemods.rewrites.others import RepositoryCodemod
from codemods.settings import Settings

#: Takes the number of files done and of all files; for a progress bar.
Progress = Callable[[int, int], None]

#: Returns the codemod for a file, None where no settings cover it.
CodemodOf = Callable[[str], RepositoryCodemod | None]


class Task(NamedTuple):
    """One file, and the codemod that is to be applied to it."""

    path: str
    content: bytes
    codemod: RepositoryCodemod

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)


class Scan:
    """Reads the files, and sorts out those that may concern a codemod from the many that do not.

    `files` counts what was read, `failures` has what could not be; a file that no settings table
    covers is not read, nor is what the settings exclude. `sharing` are the files that use what the
    codemod brings, which `definitions` finds, and `without_code` those that hold comments alone,
    which `mentions` finds. Git is asked at once which files there are, and the answer is taken when
    the first one is wanted: there is something to import meanwhile. A path that cannot be used is a
    `UsageError` then.
    """

    def __init__(
        self, settings: Settings, codemod_of: CodemodOf, paths: Sequence[str], progress: Progress
    ) -> None:
        self.settings = settings
        self._codemod_of = codemod_of
        self._progress = progress
        self.failures: list[FileResult] = []
        self.files = 0
        self.sharing: set[str] = set()
        self.without_code: list[str] = []
        self._codemods: dict[str, RepositoryCodemod | None] = {}
        self._listing = _Listing(paths, settings, self.failures.append)
        self._listing.start()

    def definitions(self) -> Iterator[Task]:
        """Yield the files that may concern the codemod, but for those that it is made from."""
        for task in self._covered():
            if task.codemod.is_used_in(Source(task.path, task.content)):
                self.sharing.add(task.path)
            if task.codemod.may_concern(task.content) and not _is_own(task):
                yield task

    def mentions(self) -> Iterator[Task]:
        """Yield those files, and those where such a definition may stand in a comment."""
        for task in self._covered():
            if has_only_comments(task.content) and not task.path.endswith("__init__.py"):
                self.without_code.append(task.path)
            if task.codemod.may_mention(task.content) and not _is_own(task):
                yield task

    def covered(self) -> Iterator[Task]:
        """Yield all files that settings cover, but for those that the codemod is made from."""
        return (task for task in self._covered() if not _is_own(task))

    def by_codemod(
        self, results: Iterable[FileResult]
    ) -> Iterator[tuple[RepositoryCodemod, dict[str, FileResult]]]:
        """Yield the codemods of some files, each with the results of its files."""
        groups: dict[int, tuple[RepositoryCodemod, dict[str, FileResult]]] = {}
        for result in results:
            codemod = self._find_codemod(result.path)
            assert codemod is not None
            groups.setdefault(id(codemod), (codemod, {}))[1][result.path] = result
        yield from groups.values()

    def again(self, codemods: Mapping[str, RepositoryCodemod]) -> Iterator[Task]:
        """Yield some files once more, each with a codemod of its own."""
        root, exclude = self.settings.root, self.settings.exclude
        for source in read_files(codemods, root, exclude, self.failures.append):
            yield Task(source.path, source.content, codemods[source.path])

    @cached_property
    def checkout(self) -> Checkout:
        """All files of the checkout: what is excluded from being changed imports all the same."""
        return Checkout(self.settings.root)

    def _covered(self) -> Iterator[Task]:
        listed = self._listing.result()
        covered = [path for path in listed if self._find_codemod(path) is not None]
        root, exclude = self.settings.root, self.settings.exclude
        for source in read_files(covered, root, exclude, self.failures.append):
            self.files += 1
            self._progress(self.files, len(covered))
            codemod = self._find_codemod(source.path)
            if codemod is not None:  # a link may lead to a file that no settings cover
                yield Task(source.path, source.content, codemod)

    def _find_codemod(self, path: str) -> RepositoryCodemod | None:
        folder = path.rpartition(os.sep)[0]
        if folder not in self._codemods:
            new = self._codemod_of(path)
            self._codemods[folder] = next((c for c in self._codemods.values() if c == new), new)
        return self._codemods[folder]


def _is_own(task: Task) -> bool:
    own = task.codemod.own_files
    return bool(own) and os.path.realpath(task.path) in own


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
