"""A conftest -> the same with a line that has pytest rewrite the asserts of shared modules."""

from __future__ import annotations

import ast
import codecs
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from codemods.engine.text import Unparsable, parse
from codemods.model import UsageError
from codemods.pytest_config import registers_rewrite


def with_registration(
    before: bytes,
    modules: Sequence[str],
    path: Path,
    own_folders: Iterable[Path],
    changing: Sequence[Path],
) -> bytes:
    """Return a conftest that registers some modules, by one more line where it does not yet.

    The line stands below the imports at the top that lead out of the repository, away from
    `own_folders`, or to a part of it that has nothing of `changing`: the shared modules, and the
    folders with copies. Any other import may bring in a shared module, and what is imported is not
    rewritten any more. A conftest that does not parse, or has no place for the line, is a
    `UsageError`.
    """
    tree = _parsed(before, path)
    modules = [name for name in modules if not registers_rewrite(tree, name)]
    if not modules:
        return before
    row, has_pytest = _place(tree, [path.parent, *own_folders], changing)
    names = ", ".join(f'"{name}"' for name in modules)
    line = f"pytest.register_assert_rewrite({names})"
    after = _with_lines(before, row, [line] if has_pytest else ["import pytest", "", line])
    done = _parsed(after, path)
    if not all(registers_rewrite(done, name) for name in modules):
        raise UsageError(f"{path}: add `{line}` before its first import of these")
    return after


def _parsed(content: bytes, path: Path) -> ast.Module:
    try:
        return parse(content)
    except Unparsable as error:
        raise UsageError(f"{path}:{error.line}: {error}") from error


def _place(
    tree: ast.Module, own_folders: Sequence[Path], changing: Sequence[Path]
) -> tuple[int, bool]:
    """Return the number of lines above the new one, and whether they import pytest."""
    row, has_pytest = 0, False
    for number, statement in enumerate(tree.body):
        following = tree.body[number + 1 :]
        end = statement.end_lineno or statement.lineno
        if not _leads_out(statement, number, own_folders, changing):
            break
        if following and following[0].lineno == end:
            break  # on one line, by a semicolon
        row = end
        has_pytest |= isinstance(statement, ast.Import) and any(
            alias.name == "pytest" and alias.asname is None for alias in statement.names
        )
    if not tree.body:
        return sys.maxsize, False
    if row == 0:  # below a shebang, a coding cookie and other comments
        first = tree.body[0]
        decorators = getattr(first, "decorator_list", [])
        row = min(node.lineno for node in (first, *decorators)) - 1
    return row, has_pytest


def _leads_out(
    statement: ast.stmt, number: int, own_folders: Sequence[Path], changing: Sequence[Path]
) -> bool:
    """Whether a statement imports nothing that may import a shared module, or is the docstring."""
    match statement:
        case ast.Expr(ast.Constant(str())):
            return number == 0
        case ast.Import(names=names):
            roots = [alias.name.partition(".")[0] for alias in names]
        case ast.ImportFrom(module=str(module), level=0):
            roots = [module.partition(".")[0]]
        case _:
            return False
    imported = [folder / name for folder in own_folders for r in roots for name in (r, f"{r}.py")]
    return not any(
        found.is_relative_to(other) or other.is_relative_to(found)
        for found in (path.resolve() for path in imported if path.exists())
        for other in changing
    )


def _with_lines(before: bytes, row: int, added: Sequence[str]) -> bytes:
    """Insert lines, set apart by blank ones, with the line ends that the file has."""
    bom = codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) else b""
    lines = before[len(bom) :].splitlines(keepends=True)
    above, below = lines[:row], lines[row:]
    end = b"\r\n" if b"\r\n" in before else b"\n"
    if above and not above[-1].endswith((b"\n", b"\r")):
        above[-1] += end
    gap = [end] if above and above[-1].strip() and not above[-1].startswith(b"#") else []
    tail = [end] if below and below[0].strip() else []
    return bom + b"".join([*above, *gap, *(line.encode() + end for line in added), *tail, *below])
