"""What the commands have in common: between ``libcst.tool codemod`` and `codemods.engine`."""

from __future__ import annotations

import argparse
import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext

from codemods.disk.files import Checkout
from codemods.engine.codemod import apply
from codemods.model import STDIN, FileResult, Source, Status
from codemods.registry import CODEMODS
from codemods.rewrites.others import RepositoryCodemod, has_any
from codemods.settings import read_settings
from codemods.shared_modules import SettingsByFile
from codemods.wording import reason_line


class UnreadableFileError(Exception):
    """A file may concern the codemod and is no Python that can be read; the message says where."""


class ExactCommand(CodemodCommand):
    """A command whose result is written byte for byte as the engine gives it.

    It applies the codemod that is registered by the name of its module.
    """

    def __init__(self, context: CodemodContext) -> None:
        super().__init__(context)
        self.settings = SettingsByFile(read_settings(Path.cwd()))

    def result_of(self, source: bytes, path: str) -> FileResult:
        """Return what becomes of one file, other files of the checkout considered."""
        codemod = CODEMODS[type(self).__module__.rpartition(".")[2]].make(self.settings, path)
        if codemod is None or os.path.realpath(path) in codemod.own_files:
            return FileResult(path, Status.UNCHANGED)
        if self.context.filename is None:
            return apply(source, path, codemod)
        result = apply(source, path, codemod)
        if not result.decisions:
            return result
        whole = os.path.abspath(path)
        others = _others(self.settings.settings(path).root, codemod)
        informed = codemod.again({whole: result}, others).get(whole)
        return result if informed is None else apply(source, path, informed)

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
        path = STDIN if filename is None else os.path.relpath(filename)
        result = self.result_of(source, path)
        if result.error is not None:
            raise UnreadableFileError(reason_line(path, result.error))
        for reasons in [*(d.reasons for d in result.decisions), result.warnings]:
            if reasons:
                self.warn(reason_line(path, *reasons))
        if result.after is not None:
            return _exact(cst.parse_module(result.after), result.after)
        return tree if _printed(tree) == source else _exact(tree, source)


class _Others(Checkout):
    """The files that may matter to one which the codemod changes, kept in memory."""

    def __init__(self, folder: Path, codemod: RepositoryCodemod) -> None:
        super().__init__(folder)
        own = {source.path: codemod.words_outside(source) for source in super().read()}
        words = frozenset().union(*own.values())
        self._sources = [
            source
            for source in super().read()
            if codemod.may_reach(source)
            or has_any(source.content, words - own.get(source.path, frozenset()))
        ]

    def read(self) -> Iterator[Source]:
        """Yield each of those files."""
        yield from self._sources


_KEPT: dict[tuple[Path, RepositoryCodemod], _Others] = {}


def _others(root: Path, codemod: RepositoryCodemod) -> _Others:
    """Return the files of a checkout that may matter; each process reads them once."""
    if (root, codemod) not in _KEPT:
        _KEPT[root, codemod] = _Others(root, codemod)
    return _KEPT[root, codemod]


class _ExactModule(cst.Module):
    """A module that prints as the bytes it is known to stand for."""

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


def checked(check: Callable[[str], str]) -> Callable[[str], str]:
    """Return a check as argparse takes it, from one that raises `ValueError`."""

    def convert(text: str) -> str:
        try:
            return check(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return convert
