"""Rename classes that share only their name with a shared definition.

python -m libcst.tool codemod rename_local_class.RenameLocalClassCommand \
    --name FakeBus --to FakeOrderBus tests/test_orders.py

"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from libcst.codemod import CodemodContext

from codemods.commands._libcst import ExactCommand, checked
from codemods.model import Renaming
from codemods.settings import check_class_name, check_name, read_settings
from codemods.shared_modules import SettingsByFile


class RenameLocalClassCommand(ExactCommand):
    """The adapter between ``libcst.tool codemod`` and the codemod."""

    DESCRIPTION = "Rename classes that share only their name with a shared definition."

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add the options: the new name, or that it is made of the name of the file."""
        arg_parser.add_argument(
            "--name",
            metavar="OLD",
            dest="names",
            action="append",
            type=checked(check_name),
            help="rename classes of this name only; may be given more than once",
        )
        how = arg_parser.add_mutually_exclusive_group(required=True)
        how.add_argument(
            "--to", metavar="NEW", type=checked(check_class_name), help="their new name"
        )
        how.add_argument(
            "--suffix-from-file",
            action="store_true",
            help="add the name of the file, as AgentBus for test_agent_bus.py",
        )
        arg_parser.add_argument(
            "--with-tests",
            action="store_true",
            help="also rename classes with tests, whose node ids change",
        )

    def __init__(
        self,
        context: CodemodContext,
        names: Sequence[str] | None = None,
        to: str | None = None,
        suffix_from_file: bool = False,
        with_tests: bool = False,
    ) -> None:
        """Take the options of the command line.

        Raises:
            SystemExit: a new name for the classes of more than one.

        """
        super().__init__(context)
        if to and len(names or ()) != 1:
            raise SystemExit("--to needs one --name")
        renaming = Renaming("" if suffix_from_file else to or "", with_tests)
        self.settings = SettingsByFile(read_settings(Path.cwd()), None, names, renaming)
