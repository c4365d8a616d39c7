"""Whether a copy leaves an import behind, and which imports its removal leaves without a use."""

from __future__ import annotations

import ast
import fnmatch
import posixpath
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TypeVar

from codemods.engine.names import ModuleNames
from codemods.engine.placement import Places
from codemods.engine.plan import ImportChange, NewImport, Plan, Where, rows_of
from codemods.engine.walk import walk
from codemods.model import Decision, Target, Verdict

_Node = TypeVar("_Node", bound=ast.AST)

#: Names by which a module may look through its own names.
_LISTING = frozenset({"dir", "getmembers", "globals", "locals", "vars"})
#: Attributes by which it may: of `inspect`, and of `sys`.
_LISTING_ATTRIBUTES = frozenset({"getmembers", "modules"})

#: A comment that speaks to a tool about its line, so that the line must stay.
_PRAGMA = re.compile(
    rb"#.*?\b(noqa|type:|pylint|isort|pragma|mypy|pyright|ruff|nosec)", re.IGNORECASE
)


def plan(
    names: ModuleNames,
    decisions: tuple[Decision, ...],
    source: bytes,
    path: str,
    target: Target,
    kept: frozenset[str] = frozenset(),
) -> Plan:
    """Plan the edit of one module.

    Args:
        names: the module.
        decisions: those that say REPLACE become part of the plan.
        source: the module's bytes, for its comments.
        path: where it lies; the name decides whether pytest collects it.
        target: what is replaced by what.
        kept: global names that other files import from this module: they stay bound.

    Raises:
        codemods.engine.placement.NoPlace: an import is needed and no line can hold it.

    """
    return _Planner(names, decisions, source, path, target, kept).plan()


def dropped_names(names: ModuleNames, planned: Plan) -> frozenset[str]:
    """Give the global names that a module binds, and does not after an edit."""
    rows = rows_of(names.tree)
    copies = [s for i in planned.copies for s in rows[i].statements if isinstance(s, ast.ClassDef)]
    gone = {id(copy) for copy in copies}
    bound = {name for n in planned.inserts for _, name in n.names}
    bound |= {name for c in planned.changes for _, name in c.add}
    dropped = {
        copy.name
        for copy in copies
        if all(id(b.node) in gone for b in names.bindings[copy.name]) and copy.name not in bound
    }
    for change in planned.changes:
        statement = rows[change.row].statements[change.statement]
        assert isinstance(statement, ast.Import | ast.ImportFrom)
        dropped.update(_bound_name(statement.names[i]) for i in change.drop)  # bound nowhere else
    return frozenset(dropped)


def _bound_name(alias: ast.alias) -> str:
    """Give the name that one alias of an import binds."""
    return alias.asname or alias.name.partition(".")[0]


def is_collected(path: str) -> bool:
    """Tell whether pytest collects a module by its name, ``python_files`` being the default.

    https://docs.pytest.org/en/stable/reference/reference.html#confval-python_files
    """
    name = posixpath.basename(path.replace("\\", "/"))
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in ("test_*.py", "*_test.py"))


class _Planner:
    def __init__(
        self,
        names: ModuleNames,
        decisions: tuple[Decision, ...],
        source: bytes,
        path: str,
        target: Target,
        kept: frozenset[str],
    ) -> None:
        self._names = names
        self._kept = kept
        self._module = target.module
        self._path = path
        self._source = source
        self._lines = source.splitlines()
        self._rows = rows_of(names.tree)
        replaced = {d.definition.line: d for d in decisions if d.verdict is Verdict.REPLACE}
        self._copies = {
            index: decision
            for index, row in enumerate(self._rows)
            if (decision := replaced.get(row.line)) is not None
        }
        first = (self._rows[index].statements[0] for index in self._copies)
        self._copy_nodes = [s for s in first if isinstance(s, ast.ClassDef)]
        mentions = [n for copy in self._copy_nodes for n in names.statement(copy).mentions]
        self._inside = set(map(id, mentions))
        self._used = {n.id for n in mentions}

    def plan(self) -> Plan:
        orphans = list(self._orphans())
        bare = Plan(tuple(self._copies), (), tuple(orphans))
        gone = bare.gone(self._rows)
        rest = [i for i in range(len(self._rows)) if i not in gone]
        places = Places(self._names, self._rows, rest)
        first_copies: dict[str, int] = {}
        for index, decision in self._copies.items():
            first_copies.setdefault(decision.definition.class_name, index)
        changes = {(c.row, c.statement): c for c in orphans}
        inserts: dict[tuple[Where, int], NewImport] = {}
        for name, copy in first_copies.items():
            if not self._needs_import(name, copy, places):
                continue
            shared_name = self._copies[copy].shared_name
            assert shared_name is not None
            pair = (shared_name, name)
            joined = places.joinable(name, copy, self._module)
            if joined is not None:
                old = changes.get(joined, ImportChange(*joined))
                changes[joined] = ImportChange(*joined, old.drop, (*old.add, pair))
                continue
            where, row = places.place(name, copy)
            new = inserts.get((where, row), NewImport(where, row, self._module, ()))
            inserts[where, row] = NewImport(where, row, self._module, (*new.names, pair))
        ordered = tuple(
            NewImport(n.where, n.row, n.module, tuple(sorted(n.names, key=lambda p: p[1])))
            for n in inserts.values()
        )
        return Plan(tuple(self._copies), ordered, tuple(changes.values()))

    # Is an import needed?

    def _needs_import(self, name: str, copy: int, places: Places) -> bool:
        star = places.last_star(copy)
        above = self._rows[star].line if star >= 0 else 0
        if any(b.source and b.line > above for b in self._names.bindings.get(name, [])):
            return False  # the file has it already; `decide` saw that it is the same class
        if name in self._kept or not is_collected(self._path):
            return True  # others may import the name from here
        return self._mentioned(name)

    def _mentioned(self, name: str) -> bool:
        """Tell whether anything outside the copies may mean this global."""
        if any(id(n) not in self._inside for n in self._names.mentions.get(name, [])):
            return True
        if not _LISTING.isdisjoint(self._names.mentions):
            return True  # it may be looked up by a name that is put together
        wanted = {name, *_LISTING_ATTRIBUTES}
        return self._hinted(name) or any(n.attr in wanted for n in self._outside(ast.Attribute))

    def _hinted(self, name: str) -> bool:
        """Tell whether a parameter, a string or a type comment outside the copies may mean a name.

        Parameters: a fixture is asked for by one. Strings: patch targets, ``__all__``, string
        annotations, ``usefixtures``. Docstrings and other prose do not count, unless something
        may run them: doctest, eval, exec.
        """
        if any(n.arg == name for n in self._outside(ast.arg)):
            return True
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        texts = [
            (n, n.value)
            for n in self._outside(ast.Constant)
            if isinstance(n.value, str) and name in n.value and word.search(n.value)
        ]
        if texts and self._runs_text:
            return True
        for node, text in texts:
            if ">>>" in text or id(node) in self._annotation_ids:
                return True
            if id(node) not in self._docstring_ids and not _is_prose(text):
                return True
        comment = re.compile(rb"#\s*type:.*(?<!\w)" + re.escape(name.encode()) + rb"(?!\w)")
        return comment.search(self._source) is not None

    def _outside(self, kind: type[_Node]) -> list[_Node]:
        return self._names.of_kind(kind, self._copy_nodes)

    @cached_property
    def _runs_text(self) -> bool:
        """Whether something may run code from a string."""
        inside = set(map(id, walk(*self._copy_nodes)))
        return any(_runs_text(n) for n in self._names.nodes if id(n) not in inside)

    @cached_property
    def _docstring_ids(self) -> set[int]:
        kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        return {id(d) for kind in kinds for n in self._outside(kind) for d in _docstring(n)}

    @cached_property
    def _annotation_ids(self) -> set[int]:
        kinds = (ast.AnnAssign, ast.arg, ast.FunctionDef, ast.AsyncFunctionDef)
        return {
            id(a) for kind in kinds for n in self._outside(kind) for a in _annotation_strings(n)
        }

    # What does the removal orphan?

    def _orphans(self) -> Iterator[ImportChange]:
        if not is_collected(self._path):
            return  # others may take the import from here, by name or by star
        strings = (t for c in self._copy_nodes for n in walk(c) for t in _annotation_strings(n))
        words = {word for text in strings for word in re.findall(r"\w+", str(text.value))}
        used = self._used | words
        for index, row in enumerate(self._rows):
            for number, statement in enumerate(row.statements):
                if not isinstance(statement, ast.Import | ast.ImportFrom):
                    continue
                drop = frozenset(
                    position
                    for position, alias in enumerate(statement.names)
                    if self._is_orphan(statement, alias, used)
                )
                if drop:
                    yield ImportChange(index, number, drop)

    def _is_orphan(
        self, statement: ast.Import | ast.ImportFrom, alias: ast.alias, used: set[str]
    ) -> bool:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            return False
        name = _bound_name(alias)
        if name not in used or name in self._kept or len(self._names.bindings.get(name, [])) != 1:
            return False
        end = statement.end_lineno or statement.lineno
        lines = self._lines[statement.lineno - 1 : end]
        if any(_PRAGMA.search(line) for line in lines):
            return False
        if len(lines) > 1 and any(b"#" in line for line in lines):
            return False  # a comment among the names may be about any of them
        mentions = self._names.mentions.get(name, [])
        return all(id(n) in self._inside for n in mentions) and not self._hinted(name)


def _docstring(node: ast.AST) -> Iterator[ast.Constant]:
    match node:
        case (
            ast.Module(body=[ast.Expr(value=ast.Constant(value=str()) as text), *_])
            | ast.ClassDef(body=[ast.Expr(value=ast.Constant(value=str()) as text), *_])
            | ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=str()) as text), *_])
            | ast.AsyncFunctionDef(body=[ast.Expr(value=ast.Constant(value=str()) as text), *_])
        ):
            yield text


def _is_prose(text: str) -> bool:
    """Tell prose from what a tool may look names up in: two words with just space between."""
    return re.search(r"[^\W\d_]\s+[^\W\d_]", text) is not None


def _annotation_strings(node: ast.AST) -> Iterator[ast.Constant]:
    """Give the strings in the annotations of one node: PEP 484, forward references."""
    for field in ("annotation", "returns"):
        annotation = getattr(node, field, None)
        if isinstance(annotation, ast.expr):
            inner = (n for n in walk(annotation) if isinstance(n, ast.Constant))
            yield from (n for n in inner if isinstance(n.value, str))


def _runs_text(node: ast.AST) -> bool:
    """Tell whether a node is a function that runs code from a string."""
    match node:
        case ast.Name(id="compile"):
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in {"eval", "exec", "repeat", "runctx", "timeit", "Timer"}
    return False
