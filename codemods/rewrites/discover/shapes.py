"""The definitions of a file -> what is equal for equal ones, by the equality of the core."""

from __future__ import annotations

import ast
import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from codemods.engine.names import ModuleNames
from codemods.engine.rows import first_line, last_line
from codemods.engine.scopes import Definition
from codemods.engine.text import parse
from codemods.model import Place, PytestNames
from codemods.rewrites.collected import has_constructor, is_test_class, kind_of
from codemods.rewrites.discover.blocks import Blocks
from codemods.rewrites.discover.helpers import Helper, helpers_of, is_helper, parse_blocks
from codemods.rewrites.replace_local_copies.equality import Normal, is_marked_as_no_test
from codemods.rewrites.replace_local_copies.local import is_plain
from codemods.rewrites.replace_local_copies.shared import bare

#: The names of a module that binds none.
_ALONE = ModuleNames(ast.Module([], []))


class Shaped(NamedTuple):
    """One helper: `key` is the same for equal ones, `text` for those that are written alike.

    `kind` is ``class``, ``function`` or ``fixture``.
    """

    place: Place
    kind: str
    is_nested: bool
    key: bytes
    text: int


def shapes_of(source: bytes, path: str, blocks: Blocks, tests: PytestNames) -> tuple[Shaped, ...]:
    """Return the shapes of some helpers of a file.

    Raises:
        Unparsable, RecursionError, MemoryError: the file does not parse.

    """
    found = blocks.found
    nodes = None
    if blocks.is_clear:
        nodes = parse_blocks(source, [(block.line, block.end_line) for block in found])
    if nodes is not None:
        pairs = zip(nodes, found, strict=True)
        known = [(Helper(n, b.is_nested), b.line) for n, b in pairs if is_helper(n, tests)]
        return tuple(_shaped(source, path, known, _ALONE.is_builtin, tests))
    tree = parse(source)
    whole = [(helper, helper.line) for helper in helpers_of(tree, tests)]
    return tuple(_shaped(source, path, whole, ModuleNames(tree).is_builtin, tests))


def _shaped(
    source: bytes,
    path: str,
    helpers: Sequence[tuple[Helper, int]],
    is_builtin: Callable[[str], bool],
    tests: PytestNames,
) -> Iterator[Shaped]:
    lines = source.splitlines()
    is_collected = tests.has_file(path)
    for (node, is_nested), line in helpers:
        kind = kind_of(node)
        end_line = line + last_line(node) - first_line(node)
        warns = is_collected and not is_nested and _warns(node, tests)
        key = _key(Normal(node, is_builtin), kind, is_nested=is_nested)
        text = zlib.crc32(b"\n".join(lines[line - 1 : end_line]))
        yield Shaped(Place(path, node.name, line, end_line, warns), kind, is_nested, key, text)


def _key(normal: Normal, kind: str, *, is_nested: bool) -> bytes:
    shape, node = normal.shape, normal.node
    # Of `class NotFound(Exception): pass`, the name is all there is; a model tells its name.
    is_named = normal.is_short or (isinstance(node, ast.ClassDef) and not is_plain(node))
    own = bare(node.name) if is_named else ""
    # Names from outside count by their spelling here; whether they mean the same is decided later.
    text = "\0".join((kind, str(is_nested), own, shape.key, *map(bare, shape.reads)))
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()


def _warns(node: Definition, tests: PytestNames) -> bool:
    """Whether pytest would warn that it cannot collect a class: it has a constructor.

    https://docs.pytest.org/en/stable/reference/reference.html#pytest.PytestCollectionWarning
    """
    if not isinstance(node, ast.ClassDef) or not is_test_class(node.name, tests):
        return False
    return has_constructor(node) and not is_marked_as_no_test(node)
