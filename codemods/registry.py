"""The codemods of this package by their names, and what each is made of for a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from codemods.model import SharedModules
from codemods.rewrites.mark_helper_classes import MarkHelperClasses
from codemods.rewrites.others import RepositoryCodemod
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.shared_modules import SettingsByFile

#: Makes the codemod for a file by its settings; None where none cover it.
Make = Callable[[SettingsByFile, str], RepositoryCodemod | None]


class Registered(NamedTuple):
    """One codemod: `has_shared` tells whether it is about definitions of shared modules."""

    make: Make
    noun: str
    has_shared: bool = False


def _shared(kind: Callable[[SharedModules], RepositoryCodemod], noun: str) -> Registered:
    def make(by_file: SettingsByFile, path: str) -> RepositoryCodemod | None:
        modules = by_file.shared(path)
        return None if modules is None else kind(modules)

    return Registered(make, noun, has_shared=True)


def _mark_helper_classes(by_file: SettingsByFile, path: str) -> RepositoryCodemod:
    return MarkHelperClasses(by_file.tests(path), by_file.settings(path).harmless)


#: What the verbs take for `--codemod`; the first one is the default.
CODEMODS: Mapping[str, Registered] = {
    ReplaceLocalCopies.name: _shared(ReplaceLocalCopies, ReplaceLocalCopies.noun),
    MarkHelperClasses.name: Registered(_mark_helper_classes, MarkHelperClasses.noun),
}
DEFAULT = next(iter(CODEMODS))
