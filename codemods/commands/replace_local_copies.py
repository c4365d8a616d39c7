"""Replace local copies of shared definitions by imports of them.

python -m libcst.tool codemod replace_local_copies.ReplaceLocalCopiesCommand tests/

"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from libcst.codemod import CodemodContext

from codemods.commands._libcst import ExactCommand, checked
from codemods.disk.files import list_files
from codemods.model import UsageError
from codemods.settings import check_dotted, check_name, read_settings
from codemods.shared_modules import SettingsByFile
from codemods.wording import visible


class ReplaceLocalCopiesCommand(ExactCommand):
    """The adapter between ``libcst.tool codemod`` and the codemod."""

    DESCRIPTION = "Replace local copies of shared definitions by imports of them."

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add the options; without them the settings that are nearest to each file count."""
        try:
            _check_settings()
        except UsageError as error:
            arg_parser.error(visible(str(error)))
        arg_parser.add_argument(
            "--module",
            metavar="MODULE",
            dest="modules",
            action="append",
            type=checked(check_dotted),
            help="dotted name of a shared module, in place of those of the settings; "
            "may be given more than once",
        )
        arg_parser.add_argument(
            "--name",
            metavar="NAME",
            dest="names",
            action="append",
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
        self.settings = SettingsByFile(read_settings(Path.cwd()), modules, names)


def _check_settings() -> None:
    """Check that there is a shared module: for here, or for a file below.

    A command has no say between LibCST's reading of the arguments and its first worker, where an
    error would be one of each file; so this takes a first look at them, as LibCST itself does.
    """
    first = argparse.ArgumentParser(add_help=False)
    first.add_argument("-h", "--help", action="store_true")
    first.add_argument("--module", dest="modules", action="append")
    given, _ = first.parse_known_args()
    if given.help:
        return
    settings = read_settings(Path.cwd())
    by_file = SettingsByFile(settings, given.modules)
    if by_file.shared("") is None:
        files = list_files([os.curdir], settings.root, settings.exclude, lambda failed: None)
        any(by_file.shared(path) for path in files)
    by_file.uncovered()
