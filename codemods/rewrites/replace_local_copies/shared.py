"""The shared modules as text -> their definitions: the specification that copies are compared with.

Each top-level class or function is one, and each alias, ``Other = Name``.
"""

from __future__ import annotations

import ast
import codecs
import functools
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from codemods.engine.names import Meaning, ModuleNames
from codemods.engine.scopes import DEFINITIONS, Definition
from codemods.engine.text import Unparsable, parse
from codemods.model import SharedModule, SharedModules
from codemods.rewrites.replace_local_copies.equality import Normal, has_future_annotations
from codemods.rewrites.replace_local_copies.stores import changing_functions

#: Functions that a framework calls by their name: of the module that they stand in.
#: https://docs.pytest.org/en/stable/how-to/xunit_setup.html
#: https://docs.python.org/3/library/unittest.html#load-tests-protocol
_CALLED_BY_NAME = re.compile(
    r"(setup|teardown)_(module|function)|setUpModule|tearDownModule|load_tests|pytest_\w+|__\w+__"
)


class SharedModuleError(Exception):
    """A shared module cannot be used; the message has its path and the line."""


class SharedDefinition(NamedTuple):
    """One definition of a shared module.

    `name` is the name to import, `real_name` that of the object, which differs for an alias.
    """

    module: SharedModule
    name: str
    node: Definition
    normal: Normal
    names: ModuleNames
    has_future_annotations: bool

    @property
    def real_name(self) -> str:
        """The ``__name__`` of the object."""
        return self.node.name

    @property
    def meaning(self) -> Meaning:
        """What the name of the object stands for in another file that imports it."""
        return import_of(self.module.name, self.real_name)

    def meaning_of(self, name: str) -> Meaning:
        """Return what a global name stands for in the shared module."""
        bindings = self.names.bindings.get(name, [])
        node = bindings[0].node if len(bindings) == 1 else None
        if isinstance(node, DEFINITIONS) and node in self.names.tree.body:
            return import_of(self.module.name, name)
        return self.names.meaning_in_types(name)

    def is_own(self, name: str, meaning: Meaning) -> bool:
        """Whether another file has a global, of any value, from the shared module itself."""
        is_bound_once = len(self.names.bindings.get(name, ())) == 1 and not self.names.stars
        is_bound_later = any(name in g.names for g in self.names.of_kind(ast.Global))
        is_the_same = is_bound_once and not is_bound_later
        return is_the_same and meaning == import_of(self.module.name, name)


def import_of(module: str, name: str) -> Meaning:
    """Return what a name stands for that is imported from a module."""
    return Meaning(f"from {module} import {name}", is_known=True)


def bare(name: str) -> str:
    """Return a name without its leading underscores, which do not count."""
    return name.lstrip("_")


def is_called_by_name(name: str) -> bool:
    """Whether pytest, unittest or Python itself calls a function because of its name."""
    return _CALLED_BY_NAME.fullmatch(name) is not None


class Shared:
    """All definitions of some shared modules.

    Args:
        modules: the modules, in the order of the settings: the first one wins where two fit.

    Raises:
        SharedModuleError: one of them does not parse.

    """

    def __init__(self, modules: SharedModules) -> None:
        self.modules = modules
        self.harmless = frozenset(modules.harmless)
        self.definitions = [d for m in modules.modules for d in _definitions(m)]
        self.by_name: dict[str, list[SharedDefinition]] = defaultdict(list)
        for definition in self.definitions:
            if modules.only is None or bare(definition.name) in set(map(bare, modules.only)):
                self.by_name[bare(definition.name)].append(definition)

    @cached_property
    def by_key(self) -> dict[str, list[SharedDefinition]]:
        """The definitions by what decides equality."""
        found: dict[str, list[SharedDefinition]] = defaultdict(list)
        for definition in self.definitions:
            found[definition.normal.shape.key].append(definition)
        return found

    @cached_property
    def classes(self) -> frozenset[str]:
        """The dotted names of the classes."""
        classes = (d for d in self.definitions if isinstance(d.node, ast.ClassDef))
        return frozenset(f"{d.module.name}.{d.name}" for d in classes)

    @cached_property
    def changing(self) -> frozenset[str]:
        """The names of the functions that set an attribute of one of their parameters."""
        return frozenset(
            d.name for d in self.definitions if d.real_name in changing_functions(d.names)
        )

    def may_mention(self, source: bytes) -> bool:
        """Whether a definition of a shared name may stand in a file, be it in a comment."""
        return any(pattern.search(source) for pattern in self._patterns)

    def may_define(self, source: bytes) -> bool:
        """Whether a file can hold a definition of a shared name, from its bytes alone.

        A line in a string may look like one; it does no harm to parse a file for it.
        """
        found = (match for pattern in self._patterns for match in pattern.finditer(source))
        return any(_begins_line(source, match.start()) for match in found)

    @cached_property
    def _patterns(self) -> list[re.Pattern[bytes]]:
        kinds = {isinstance(d.node, ast.ClassDef) for ds in self.by_name.values() for d in ds}
        heads = ((b"class", True), (b"def", False))
        names = b"|".join(re.escape(name.encode()) for name in sorted(self.by_name))
        gap = rb"(?:[ \t\f]|\\\r?\n|\\\r)+_*"
        # A pattern that begins with plain text is searched for at the speed of `bytes.find`.
        return [
            re.compile(head + gap + rb"(?:%b)(?![\w\x80-\xff])" % names)
            for head, is_class in heads
            if is_class in kinds
        ]


def _begins_line(source: bytes, at: int) -> bool:
    """Whether ``class`` or ``def`` may begin a statement: nothing but ``async`` is before it."""
    at = _without_blanks(source, at)
    if source.endswith(b"async", 0, at):
        at = _without_blanks(source, at - len(b"async"))
    before = source[max(0, at - 3) : at]
    return before[-1:] in {b"", b"\n", b"\r"} or (at == 3 and before == codecs.BOM_UTF8)


def _without_blanks(source: bytes, end: int) -> int:
    """Return where the blanks before a place begin."""
    while end and source[end - 1] in b" \t\f":
        end -= 1
    return end


@functools.lru_cache(maxsize=16)
def shared_definitions(modules: SharedModules) -> Shared:
    """Return the definitions of some shared modules; each process parses them once.

    Raises:
        SharedModuleError: one of them does not parse.

    """
    return Shared(modules)


def _definitions(module: SharedModule) -> Iterator[SharedDefinition]:
    try:
        tree = parse(module.source)
    except Unparsable as error:
        raise SharedModuleError(f"{module.path}:{error.line}: {error}") from error
    names = ModuleNames(tree)
    future = has_future_annotations(tree)
    found: dict[str, Definition] = {}
    for statement in tree.body:
        match statement:
            case (
                ast.ClassDef(name=name)
                | ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
            ):
                found[name] = statement
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=other)) if (
                other in found
            ):
                found[name] = found[other]
    normal = {id(node): Normal(node, names.is_builtin) for node in found.values()}
    for name, node in found.items():
        if bare(name) and len(names.bindings[name]) == 1 and not is_called_by_name(name):
            yield SharedDefinition(module, name, node, normal[id(node)], names, future)
