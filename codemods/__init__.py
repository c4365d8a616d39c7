"""Replace pasted copies of test helpers by imports of the shared ones that they are equal to.

The names in `__all__` are the public API and keep their meaning from one minor version to the next;
all else may change. To apply the codemod to one file, with the settings of a repository::

    settings = read_settings(Path("path/to/repository"))
    codemod = ReplaceLocalCopies(read_shared_modules(settings))
    result = apply(source, "tests/test_a.py", codemod)

`result.after` has the new bytes where the file is to change, `result.decisions` says for each
definition what is to become of it, and why. Nothing is written. What other files do with the file
is not known here; the command line looks at them, too.

The other codemods are applied likewise: `RemoveCommentedCopies` and `RenameLocalClass` are made
from the shared modules, too, and `MarkHelperClasses` from `PytestNames`, what pytest collects by
its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codemods.engine.codemod import apply as apply
    from codemods.model import FileResult as FileResult
    from codemods.model import PytestNames as PytestNames
    from codemods.rewrites.mark_helper_classes.codemod import MarkHelperClasses as MarkHelperClasses
    from codemods.rewrites.remove_commented_copies import (
        RemoveCommentedCopies as RemoveCommentedCopies,
    )
    from codemods.rewrites.rename_local_class.codemod import RenameLocalClass as RenameLocalClass
    from codemods.rewrites.replace_local_copies.codemod import (
        ReplaceLocalCopies as ReplaceLocalCopies,
    )
    from codemods.settings import read_settings as read_settings
    from codemods.shared_modules import read_shared_modules as read_shared_modules

__all__ = [
    "FileResult",
    "MarkHelperClasses",
    "PytestNames",
    "RemoveCommentedCopies",
    "RenameLocalClass",
    "ReplaceLocalCopies",
    "apply",
    "read_settings",
    "read_shared_modules",
]

_HOMES = {
    "FileResult": "codemods.model",
    "MarkHelperClasses": "codemods.rewrites.mark_helper_classes.codemod",
    "PytestNames": "codemods.model",
    "RemoveCommentedCopies": "codemods.rewrites.remove_commented_copies",
    "RenameLocalClass": "codemods.rewrites.rename_local_class.codemod",
    "ReplaceLocalCopies": "codemods.rewrites.replace_local_copies.codemod",
    "apply": "codemods.engine.codemod",
    "read_settings": "codemods.settings",
    "read_shared_modules": "codemods.shared_modules",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: most runs of a verb need none (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
