"""Replace local copies of a helper class by an import of the shared class.

python -m libcst.tool codemod replace_local_copies.ReplaceLocalCopiesCommand tests/

"""

from __future__ import annotations

import argparse
import dataclasses
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext

from codemods.engine.codemod import transform_tree
from codemods.model import Status, UsageError
from codemods.settings import check_dotted, check_name, load_target, read_settings
from codemods.wording import reason_line


class UnreadableFileError(Exception):
    """A file may define a target name and is no Python that can be read; the message says where."""


class ReplaceLocalCopiesCommand(CodemodCommand):
    """The adapter between ``libcst.tool codemod`` and `codemods.engine.codemod`."""

    DESCRIPTION = "Replace local copies of a helper class by an import of the one shared class."

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add the options; the defaults are the settings of the repository around this folder."""
        try:
            settings = read_settings(Path.cwd())
        except UsageError as error:
            arg_parser.error(str(error))
        arg_parser.add_argument(
            "--module",
            metavar="MODULE",
            dest="modules",
            action=_Collect,
            type=_checked(check_dotted),
            default=None,
            help="dotted name of a shared module; may be given more than once "
            f"(default: {', '.join(settings.modules)})",
        )
        arg_parser.add_argument(
            "--name",
            metavar="NAME",
            dest="names",
            action=_Collect,
            type=_checked(check_name),
            default=None,
            help="only definitions of this name; may be given more than once (default: all)",
        )

    def __init__(
        self,
        context: CodemodContext,
        modules: Sequence[str] | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        """Take the options of the command line; None stands for the setting of the repository."""
        super().__init__(context)
        settings = read_settings(Path.cwd())
        if modules:
            settings = settings._replace(modules=tuple(modules))
        self._target = load_target(settings, tuple(names)) if names else load_target(settings)

    def transform_module(self, tree: cst.Module) -> cst.Module:
        """Edit one module.

        This overrides what LibCST does around `transform_module_impl` (clone the tree, resolve
        metadata), which would cost more than the edit.

        Raises:
            UnreadableFileError: LibCST reads the file, CPython does not.

        """
        return self.transform_module_impl(tree)

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """Edit one module, and warn of each definition that stays."""
        filename = self.context.filename
        # The bytes on disk, as LibCST's tree may have lost some of them.
        source = tree.bytes if filename is None else Path(filename).read_bytes()
        path = "<stdin>" if filename is None else os.path.relpath(filename)
        result, edited = transform_tree(source, path, self._target, module=tree)
        if result.error is not None:
            raise UnreadableFileError(reason_line(path, result.error))
        for reasons in [*(d.reasons for d in result.decisions), result.warnings]:
            if reasons:
                self.warn(reason_line(path, *reasons))
        if result.status is Status.CHANGED:
            assert result.after is not None
            assert edited is not None
            return _exact(edited, result.after)
        return tree if _printed(tree) == source else _exact(tree, source)


class _ExactModule(cst.Module):
    """A module that prints as the bytes it is known to stand for.

    LibCST's own printing may lose some of them, and takes its time. What is made of it by
    `with_changes` is printed as any module.
    """

    source: bytes | None = None

    @property
    def bytes(self) -> bytes:
        return super().bytes if self.source is None else self.source

    @property
    def code(self) -> str:
        return super().code if self.source is None else self.source.decode(self.encoding)


def _exact(tree: cst.Module, source: bytes) -> cst.Module:
    fields = {field.name: getattr(tree, field.name) for field in dataclasses.fields(tree)}
    exact = _ExactModule(**fields)
    object.__setattr__(exact, "source", source)  # the class of LibCST is frozen
    return exact


def _printed(tree: cst.Module) -> bytes | None:
    try:
        return tree.bytes
    except RecursionError:
        return None  # nested too deeply for LibCST to print it at all


class _Collect(argparse.Action):
    """Collects the values of an option that may be repeated."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, (*(getattr(namespace, self.dest) or ()), values))


def _checked(check: Callable[[str], str]) -> Callable[[str], str]:
    def convert(text: str) -> str:
        try:
            return check(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return convert
