"""One pass over the files: which of them the rest is about, told from their bytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from threading import Thread

from codemods.disk.files import Failed, list_files, read_files
from codemods.disk.git import checkout_of
from codemods.engine.judge import may_define
from codemods.model import FileResult, Source, Target
from codemods.rewrites.replace_local_copies.importers import may_import_star
from codemods.rewrites.replace_local_copies.survey import TextSearch
from codemods.settings import Settings

#: Takes the number of files done and of all files; for a progress bar.
Progress = Callable[[int, int], None]


def _pass_over(failure: FileResult) -> None:
    """Ignore a file that cannot be read, as it is no file to change."""


class Scan:
    """Reads the files, and sorts out those with a target name from the many without.

    `files` counts what was read, `failures` has what could not be; `sharing` are the files that
    name the shared module and a target name. Git is asked at once which files there are, and the
    answer is taken when the first one is wanted: there is something to import meanwhile.

    Args:
        settings: of the repository; its `exclude` counts.
        target: what is replaced by what.
        paths: files and folders. One that cannot be used is a `codemods.model.UsageError` when
            the first file is read.
        progress: is told of each file that was read.

    """

    def __init__(
        self, settings: Settings, target: Target, paths: Sequence[str], progress: Progress
    ) -> None:
        self.settings = settings
        self.target = target
        self._paths = paths
        self._search = TextSearch(target.class_names)
        self._progress = progress
        self._seen: set[str] = set()
        self._asked: set[str] = set()
        self._importers: list[str] = []
        self.failures: list[FileResult] = []
        self.files = 0
        self.sharing: set[str] = set()
        self._module = target.module.rpartition(".")[2].encode()
        self._listing = _Listing(paths, settings, self.failures.append)
        self._listing.start()

    def mentions(self) -> Iterator[Source]:
        """Yield the files with a target name in them."""
        return (s for s in self._read() if self._search.mentions(s.content))

    def definitions(self) -> Iterator[Source]:
        """Yield the files that may define a target name."""
        for source in self._read():
            if self._notice(source) and may_define(source.content, self.target):
                yield source

    def possible_importers(self) -> Iterator[Source]:
        """Yield each file of the checkout that may take a name from another one.

        After `definitions`. Their paths are absolute. What is excluded from being changed imports
        all the same.
        """
        root = checkout_of(self.settings.root) or self.settings.root
        if self.settings.exclude or os.path.realpath(root) not in self._asked:
            sharing = set(self.sharing)  # of the paths that were asked about
            listed = list_files([str(root)], root, (), _pass_over)
            rest = [path for path in listed if path not in self._seen]
            for source in read_files(rest, root, (), _pass_over):
                self._notice(source)
            self.sharing = sharing
        for source in read_files(self._importers, root, (), _pass_over):
            yield source._replace(path=os.path.abspath(source.path))

    def all_files(self) -> Iterator[Source]:
        """Yield each file, with an absolute path."""
        for source in self._read():
            yield source._replace(path=os.path.realpath(source.path))

    def contents(self, paths: Iterable[str]) -> Iterator[Source]:
        """Read files, each once."""
        root, exclude = self.settings.root, self.settings.exclude
        return read_files(paths, root, exclude, self.failures.append)

    def _read(self) -> Iterator[Source]:
        listed = self._listing.result()
        self._asked.update(map(os.path.realpath, self._paths))
        for source in self.contents(listed):
            self.files += 1
            self._progress(self.files, len(listed))
            yield source

    def _notice(self, source: Source) -> bool:
        """Record a file that may import from others; return whether it has a target name."""
        self._seen.add(source.path)
        named = self._search.mentions(source.content)
        if named or may_import_star(source.content):
            self._importers.append(source.path)
        if named and self._module in source.content:
            self.sharing.add(source.path)
        return named


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
        """Wait for the files, and give them, or raise what `list_files` raised."""
        while self.is_alive():
            self.join(_PATIENCE)
        if self._error is not None:
            raise self._error
        return self._found
