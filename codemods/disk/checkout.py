"""All files of a checkout: those that are excluded from being changed import all the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from codemods.disk.files import list_files, read_file, read_files
from codemods.disk.git import checkout_of
from codemods.model import FileResult, Source


class Checkout:
    """The files of the checkout around a folder, or below the folder where there is none."""

    def __init__(self, folder: Path) -> None:
        self._root = checkout_of(folder) or folder

    @cached_property
    def _absolute(self) -> dict[str, str]:
        listed = list_files([str(self._root)], self._root, (), _pass_over)
        return {path: os.path.abspath(path) for path in listed}

    @property
    def paths(self) -> list[str]:
        """Their absolute paths."""
        return list(self._absolute.values())

    def read(self) -> Iterator[Source]:
        """Yield each file, with an absolute path, and with the one from the current folder."""
        for shown, content, _ in read_files(self._absolute, self._root, (), _pass_over):
            # A link gives way to its target, which may not be listed.
            yield Source(self._absolute.get(shown) or os.path.abspath(shown), content, shown)

    def read_one(self, path: str) -> bytes | None:
        """Read one file, None where that fails."""
        try:
            return read_file(path)[0]
        except OSError:
            return None


def _pass_over(failure: FileResult) -> None:
    """Skip a file that cannot be read and was not asked about."""
