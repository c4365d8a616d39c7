"""The copies of one file -> an `EditPlan`: does a copy leave an import behind, and where?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from codemods.engine.codemod import ParsedModule
from codemods.engine.placement import Places
from codemods.engine.plan import EditPlan, InnerImport, JoinedImport, Names, NewImport, Where
from codemods.engine.rows import definitions_in, first_line, last_line
from codemods.engine.text import word_places
from codemods.model import PytestNames
from codemods.rewrites.collected import is_mark
from codemods.rewrites.replace_local_copies.local import Local

#: Words by which a module reads its own names without writing them out.
_LOOKS_AROUND = re.compile(
    rb"\b(dir|eval|exec|globals|locals|vars|getmembers|import_module|modules|__dict__)\b"
)


class Planner:
    """Plans the edit of one module.

    Args:
        module: the file.
        copies: what is to be replaced.
        kept: names that other files may take from this module: they stay bound.
        tests: what pytest collects.
        first_party: the modules of the repository, for the place of an import.

    """

    def __init__(
        self,
        module: ParsedModule,
        copies: Iterable[Local],
        kept: frozenset[str],
        tests: PytestNames,
        first_party: frozenset[str] = frozenset(),
    ) -> None:
        self._first_party = first_party
        self._module = module
        self._kept = kept
        self._tests = tests
        self._top: dict[int, Local] = {}
        self._inner: list[Local] = []
        rows = {id(row.statements[0]): index for index, row in enumerate(module.rows)}
        for copy in copies:
            if copy.around:
                self._inner.append(copy)
            else:
                self._top[rows[id(copy.node)]] = copy

    def plan(self) -> tuple[EditPlan, frozenset[str]]:
        """Return the plan, and the global names that it leaves unbound."""
        rest = [i for i in range(len(self._module.rows)) if i not in self._top]
        places = Places(self._module.names, self._module.rows, rest, self._first_party)
        dropped: set[str] = set()
        joined: dict[tuple[int, int], Names] = {}
        inserted: dict[tuple[Where, int, str], Names] = {}
        for row, copy in self._first_of_each_name():
            if self._is_imported(copy, row, places):
                continue
            if self._goes_without(copy, places):
                dropped.add(copy.name)
                continue
            module, names = _import(copy)
            place = places.joinable(copy.name, row, module)
            if place is not None and not places.bares_a_docstring:
                joined[place] = (*joined.get(place, ()), *names)
                continue
            where, index = places.place(copy.name, row, module)
            key = (where, index, module)
            inserted[key] = (*inserted.get(key, ()), *names)
        plan = EditPlan(
            removed=tuple(self._top),
            inserted=tuple(
                NewImport(*place, tuple(sorted(names)), *places.blank_lines(*place))
                for place, names in sorted(inserted.items(), key=_module_of)
            ),
            joined=tuple(JoinedImport(*place, names) for place, names in joined.items()),
            inner=tuple(self._inner_imports()),
        )
        return plan, frozenset(dropped)

    def _first_of_each_name(self) -> Iterator[tuple[int, Local]]:
        seen: set[str] = set()
        for row, copy in self._top.items():
            if copy.name not in seen:
                seen.add(copy.name)
                yield row, copy

    def _is_imported(self, copy: Local, row: int, places: Places) -> bool:
        """Whether the file imports the shared definition already, above the copy."""
        star = places.last_star(row)
        above = self._module.rows[star].line if star >= 0 else 0
        bindings = self._module.names.bindings.get(copy.name, [])
        return any(b.source and b.line > above for b in bindings)

    def _goes_without(self, copy: Local, places: Places) -> bool:
        """Whether nothing can need the name, as far as texts tell: here, and in other files."""
        if not self._tests.has_file(self._module.path) or copy.name in self._kept:
            return False
        if places.bares_a_docstring:
            return False
        if _LOOKS_AROUND.search(self._module.source):
            return False  # a name may be put together, or all of them be gone through
        return not self._acts(copy) and not self._is_mentioned(copy.name)

    def _acts(self, copy: Local) -> bool:
        """Whether a definition may act when it is executed, so that its import must do so."""
        node = copy.node
        if not all(map(is_mark, node.decorator_list)):
            return True
        bases = [*node.bases, *node.keywords] if isinstance(node, ast.ClassDef) else []
        builtin = self._module.names.is_builtin
        return not all(isinstance(b, ast.Name) and builtin(b.id) for b in bases)

    def _is_mentioned(self, name: str) -> bool:
        """Whether the word stands outside of the copies, strings and comments included."""
        lines = self._module.source.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for node in (copy.node for copy in self._top.values()):
            for number in range(first_line(node) - 1, last_line(node)):
                lines[number] = b""
        return next(word_places(b"\n".join(lines), name.encode()), None) is not None

    def _inner_imports(self) -> Iterator[InnerImport]:
        rows = {id(row.statements[0]): index for index, row in enumerate(self._module.rows)}
        ordinals: dict[int, dict[int, int]] = {}
        for copy in self._inner:
            row = rows[id(copy.around[0])]
            if row not in ordinals:
                nodes = definitions_in(self._module.rows[row].statements[0])
                ordinals[row] = {id(node): ordinal for ordinal, node in enumerate(nodes)}
            module, names = _import(copy)
            yield InnerImport(row, ordinals[row][id(copy.node)], module, names)


def _module_of(inserted: tuple[tuple[Where, int, str], Names]) -> str:
    """Return the module of an import: at one place, they stand in its order."""
    return inserted[0][2]


def _import(copy: Local) -> tuple[str, Names]:
    assert copy.shared is not None
    return copy.shared.module.name, ((copy.shared.name, copy.name),)
