"""Replace local copies of shared definitions by imports of them.

python -m libcst.tool codemod replace_local_copies.ReplaceLocalCopiesCommand tests/

"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from libcst.codemod import CodemodContext

from codemods.commands._libcst import Collect, ExactCommand, checked
from codemods.disk.checkout import Checkout
from codemods.engine.codemod import apply
from codemods.engine.text import stem_of
from codemods.model import FileResult, SharedModules, Source, Status, UsageError
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.rewrites.replace_local_copies.importers import has_any, outside_effects
from codemods.settings import check_dotted, check_name, read_settings
from codemods.shared_modules import SettingsByFile, is_shared
from codemods.wording import visible


class ReplaceLocalCopiesCommand(ExactCommand):
    """The adapter between ``libcst.tool codemod`` and the codemod."""

    DESCRIPTION = "Replace local copies of shared definitions by imports of them."

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add the options; without them the settings that are nearest to each file count."""
        try:
            SettingsByFile(read_settings(Path.cwd())).uncovered()
        except UsageError as error:
            arg_parser.error(visible(str(error)))
        arg_parser.add_argument(
            "--module",
            metavar="MODULE",
            dest="modules",
            action=Collect,
            type=checked(check_dotted),
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
        self._settings = SettingsByFile(read_settings(Path.cwd()), modules, names)

    def result_of(self, source: bytes, path: str) -> FileResult:
        """Return what becomes of one file, other files of the checkout considered."""
        modules = self._settings.shared(path)
        if modules is None or is_shared(path, modules):
            return FileResult(path, Status.UNCHANGED)
        result = apply(source, path, ReplaceLocalCopies(modules))
        if result.status is not Status.CHANGED or self.context.filename is None:
            return result
        whole = os.path.abspath(path)
        others = _others(self._settings.settings(path).root, modules)
        effects = outside_effects(modules, {whole: result}, others).get(whole)
        if effects is None:
            return result
        return apply(source, path, ReplaceLocalCopies(modules, effects.kept, effects.reasons))


class _Others(Checkout):
    """The files that may use one which the codemod changes, kept in memory.

    Those have the name of such a module in them, or are conftest files.
    """

    def __init__(self, folder: Path, modules: SharedModules) -> None:
        super().__init__(folder)
        codemod = ReplaceLocalCopies(modules)
        stems = {stem_of(s.path) for s in super().read() if codemod.may_concern(s.content)}
        self._sources = [
            source
            for source in super().read()
            if os.path.basename(source.path) == "conftest.py" or has_any(source.content, stems)
        ]

    def read(self) -> Iterator[Source]:
        """Yield each of those files."""
        yield from self._sources


@cache
def _others(root: Path, modules: SharedModules) -> _Others:
    """Return the other files of a checkout; each process reads them once."""
    return _Others(root, modules)
