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
from codemods.settings import (
    Settings,
    check_class_name,
    check_module,
    doubt_about_shared_module,
    load_target,
    read_settings,
)
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
            load_target(settings)
        except UsageError as error:
            arg_parser.error(str(error))
        arg_parser.add_argument(
            "--class-name",
            metavar="NAME",
            dest="class_names",
            action=_Collect,
            type=_checked(check_class_name),
            default=settings.class_names,
            help="name of the local classes to replace; may be given more than once "
            f"(default: {', '.join(settings.class_names)})",
        )
        arg_parser.add_argument(
            "--module",
            metavar="MODULE",
            type=_checked(check_module),
            default=settings.module,
            help="dotted name of the shared module (default: %(default)s)",
        )
        arg_parser.add_argument(
            "--shapes",
            metavar="FILE",
            type=_shapes_file,
            default=str(settings.shapes),
            help="file that records the local classes equal to a shared one (default: %(default)s)",
        )

    def __init__(
        self,
        context: CodemodContext,
        class_names: Sequence[str] | None = None,
        module: str | None = None,
        shapes: str | None = None,
    ) -> None:
        """Take the options of the command line; None stands for the setting of the repository."""
        super().__init__(context)
        if not (class_names and module and shapes):
            settings = read_settings(Path.cwd())
            class_names = class_names or settings.class_names
            module = module or settings.module
            shapes = shapes or str(settings.shapes)
        self._settings = Settings(tuple(class_names), module, Path(shapes))
        self._target = load_target(self._settings)

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
            for doubt in _new_doubts(self._settings):
                self.warn(doubt)
            return _exact(edited, result.after)
        return tree if _printed(tree) == source else _exact(tree, source)


_doubts: set[str] = set()


def _new_doubts(settings: Settings) -> list[str]:
    """Give what is doubtful about the shared module, once for each process."""
    doubt = doubt_about_shared_module(settings, Path.cwd())
    if doubt is None or doubt in _doubts:
        return []
    _doubts.add(doubt)
    return [doubt]


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
    """Collects the values of an option that may be repeated, in the place of its default."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        chosen = getattr(namespace, self.dest)
        earlier = () if chosen is self.default else chosen
        setattr(namespace, self.dest, (*earlier, values))


def _checked(check: Callable[[str], str]) -> Callable[[str], str]:
    def convert(text: str) -> str:
        try:
            return check(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return convert


def _shapes_file(text: str) -> str:
    path = Path(text).resolve()
    try:
        load_target(Settings(shapes=path))
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return str(path)
