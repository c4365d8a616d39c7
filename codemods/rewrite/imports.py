"""Whether a copy leaves an import behind, and which imports its removal leaves without a use."""

from __future__ import annotations

import ast
import fnmatch
import posixpath
import re
from collections.abc import Iterator

from codemods.model import Decision, Target, Verdict
from codemods.rewrite.names import ModuleNames
from codemods.rewrite.place import Places
from codemods.rewrite.plan import ImportChange, NewImport, Plan, Where, rows_of

#: A comment that speaks to a tool about its line, so that the line must stay.
_PRAGMA = re.compile(
    rb"#.*?\b(noqa|type:|pylint|isort|pragma|mypy|pyright|ruff|nosec)", re.IGNORECASE
)


def plan(
    names: ModuleNames, decisions: tuple[Decision, ...], source: bytes, path: str, target: Target
) -> Plan:
    """Plan the edit of one module.

    Args:
        names: the module.
        decisions: those that say REPLACE become part of the plan.
        source: the module's bytes, for its comments.
        path: where it lies; the name decides whether pytest collects it.
        target: what is replaced by what.

    Raises:
        codemods.rewrite.place.NoPlace: an import is needed and no line can hold it.

    """
    return _Planner(names, decisions, source, path, target).plan()


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
    ) -> None:
        self._names = names
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
        self._copy_nodes = [self._rows[index].statements[0] for index in self._copies]
        inside = {id(n) for c in self._copy_nodes for n in ast.walk(c)}
        self._outside = [n for n in ast.walk(names.tree) if id(n) not in inside]
        self._inside = inside

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
        if not is_collected(self._path):
            return True  # others may import the name from here
        return self._mentioned(name)

    def _mentioned(self, name: str) -> bool:
        """Tell whether anything outside the copies may mean this global."""
        if any(id(n) not in self._inside for n in self._names.mentions.get(name, [])):
            return True
        if "globals" in self._names.mentions:
            return True  # it may be looked up by a name that is put together
        return self._hinted(name) or any(
            isinstance(n, ast.Attribute) and n.attr == name for n in self._outside
        )

    def _hinted(self, name: str) -> bool:
        """Tell whether a parameter, a string or a type comment outside the copies may mean a name.

        Parameters: a fixture is asked for by one. Strings: patch targets, ``__all__``, string
        annotations, ``usefixtures``. Docstrings and other prose do not count, unless something
        may run them: doctest, eval, exec.
        """
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        runs_text = any(_runs_text(n) for n in self._outside)
        said = {id(d) for n in self._outside for d in _docstring(n)}
        meant = {id(a) for n in self._outside for a in _annotation_strings(n)}
        for node in self._outside:
            match node:
                case ast.arg(arg=arg) if arg == name:
                    return True
                case ast.Constant(value=str(text)) if word.search(text):
                    if runs_text or ">>>" in text or id(node) in meant:
                        return True
                    if id(node) not in said and not _is_prose(text):
                        return True
        comment = re.compile(rb"#\s*type:.*(?<!\w)" + re.escape(name.encode()) + rb"(?!\w)")
        return comment.search(self._source) is not None

    # What does the removal orphan?

    def _orphans(self) -> Iterator[ImportChange]:
        if not is_collected(self._path):
            return  # others may take the import from here, by name or by star
        used = {
            name
            for name, nodes in self._names.mentions.items()
            if any(id(n) in self._inside for n in nodes)
        }
        strings = (t for c in self._copy_nodes for n in ast.walk(c) for t in _annotation_strings(n))
        used |= {word for text in strings for word in re.findall(r"\w+", str(text.value))}
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
        name = alias.asname or alias.name.partition(".")[0]
        if name not in used or len(self._names.bindings.get(name, [])) != 1:
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
            inner = (n for n in ast.walk(annotation) if isinstance(n, ast.Constant))
            yield from (n for n in inner if isinstance(n.value, str))


def _runs_text(node: ast.AST) -> bool:
    """Tell whether a node is a function that runs code from a string."""
    match node:
        case ast.Name(id="compile"):
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in {"eval", "exec", "repeat", "runctx", "timeit", "Timer"}
    return False
