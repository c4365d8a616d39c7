"""The codemods of this package by their names, and how each is made for a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from codemods.rewrites.others import RepositoryCodemod
    from codemods.shared_modules import SettingsByFile

#: Makes a codemod for a file by its settings; None where none cover it.
Make = Callable[["SettingsByFile", str], "RepositoryCodemod | None"]


class Registered(NamedTuple):
    """One codemod.

    `noun` is what people call one of the things that it changes; `has_shared` tells whether it is
    about the definitions of shared modules.
    """

    make: Make
    noun: str
    has_shared: bool


def _of_shared_modules(place: str, noun: str, *wanted: str) -> Registered:
    """Return a codemod that is made of the shared modules, and of what else is wanted.

    `place` is its class, and `wanted` names attributes of the settings.
    """

    def make(by_file: SettingsByFile, path: str) -> RepositoryCodemod | None:
        modules = by_file.shared(path)
        more = (getattr(by_file, name) for name in wanted)
        return None if modules is None else _loaded(place)(modules, *more)

    return Registered(make, noun, has_shared=True)


def _of_tests(place: str, noun: str) -> Registered:
    """Return a codemod that is made of what pytest collects, and of the bases that are trusted."""

    def make(by_file: SettingsByFile, path: str) -> RepositoryCodemod:
        return _loaded(place)(by_file.tests(path), by_file.settings(path).harmless)

    return Registered(make, noun, has_shared=False)


def _loaded(place: str) -> Callable[..., RepositoryCodemod]:
    """Import a codemod when it is first wanted: the help of the verbs needs none."""
    module, name = place.split(":")
    found: Callable[..., RepositoryCodemod] = getattr(
        import_module(f"codemods.rewrites.{module}"), name
    )
    return found


#: Finds what `check --ratchet` counts beside the copies; it changes nothing.
RESEMBLING = _of_shared_modules("discover.resembling:FindResembling", "copy")

#: What the verbs take for ``--codemod``; the first one is the default.
CODEMODS: Mapping[str, Registered] = {
    "replace_local_copies": _of_shared_modules(
        "replace_local_copies.codemod:ReplaceLocalCopies", "copy"
    ),
    "mark_helper_classes": _of_tests("mark_helper_classes.codemod:MarkHelperClasses", "class"),
    "remove_commented_copies": _of_shared_modules(
        "remove_commented_copies:RemoveCommentedCopies", "commented copy"
    ),
    "rename_local_class": _of_shared_modules(
        "rename_local_class.codemod:RenameLocalClass", "class", "renaming"
    ),
}
DEFAULT = next(iter(CODEMODS))
