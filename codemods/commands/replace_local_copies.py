"""Replace local copies of shared definitions by imports of them.

python -m libcst.tool codemod replace_local_copies.ReplaceLocalCopiesCommand tests/

"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from libcst.codemod import CodemodContext

from codemods.commands._libcst import Checkout, Collect, ExactCommand, checked
from codemods.engine.codemod import apply
from codemods.engine.text import stem_of
from codemods.model import FileResult, Status, UsageError
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.rewrites.replace_local_copies.importers import outside_effects
from codemods.settings import Tables, check_module, check_name, is_shared


class ReplaceLocalCopiesCommand(ExactCommand):
    """The adapter between ``libcst.tool codemod`` and the codemod."""

    DESCRIPTION = "Replace local copies of shared definitions by imports of them."

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add the options; the defaults are the settings that are nearest to each file."""
        try:
            Tables(Path.cwd()).modules_of(".")
        except UsageError as error:
            arg_parser.error(str(error))
        arg_parser.add_argument(
            "--module",
            metavar="MODULE",
            dest="modules",
            action=Collect,
            type=checked(check_module),
            help="dotted name of a shared module, in place of those of the settings; "
            "may be given more than once",
        )
        arg_parser.add_argument(
            "--name",
            metavar="NAME",
            dest="names",
            action=Collect,
            type=checked(check_name),
            help="look at definitions of this name only; may be given more than once",
        )

    def __init__(
        self,
        context: CodemodContext,
        modules: Sequence[str] | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        """Take the options of the command line; None stands for the settings."""
        super().__init__(context)
        only = frozenset(names) if names else None
        self._tables = Tables(Path.cwd(), tuple(modules or ()), only)

    def result_of(self, source: bytes, path: str) -> FileResult:
        """Return what becomes of one file, other files of the checkout considered."""
        modules = self._tables.modules_of(path)
        if modules is None or is_shared(path, modules):
            return FileResult(path, Status.UNCHANGED)
        codemod = ReplaceLocalCopies(modules)
        result = apply(source, path, codemod)
        if result.status is not Status.CHANGED or self.context.filename is None:
            return result
        whole = os.path.abspath(path)
        sources = _checkout(self._tables.settings_of(path).root, codemod).sources
        effects = outside_effects(sources, {whole: result}).get(whole)
        if effects is None:
            return result
        again = replace(codemod, kept=effects.kept, from_outside=effects.reasons)
        return apply(source, path, again)


_checkouts: dict[tuple[Path, ReplaceLocalCopies], Checkout] = {}


def _checkout(root: Path, codemod: ReplaceLocalCopies) -> Checkout:
    """Return the other files of a checkout; each process reads them once."""
    for (known_root, known), checkout in _checkouts.items():
        if known_root == root and known.modules == codemod.modules:
            return checkout
    return _checkouts.setdefault((root, codemod), Checkout(root, codemod, stem_of))
