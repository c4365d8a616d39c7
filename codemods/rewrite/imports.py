"""Where the shared import goes, and which imports the removal of a copy leaves without a use."""

from __future__ import annotations

import ast
import fnmatch
import posixpath
import re
from collections.abc import Iterator

from codemods.model import Code, Decision, Reason, Target, Verdict
from codemods.rewrite.names import Binding, ModuleNames, is_star, own_nodes
from codemods.rewrite.plan import ImportChange, NewImport, Plan, Where, rows_of

#: Calls by which a file prepares what it imports next, and what else it changes to do so.
_SET_UP_CALLS = frozenset({"addsitedir", "chdir", "importorskip", "load_dotenv", "putenv"})
_SET_UP_VALUES = frozenset({"sys.path", "sys.modules", "os.environ"})

#: A comment that speaks to a tool about its line, so that the line must stay.
_PRAGMA = re.compile(
    rb"#.*?\b(noqa|type:|pylint|isort|pragma|mypy|pyright|ruff|nosec)", re.IGNORECASE
)


class NoPlace(Exception):  # noqa: N818 - it is an outcome, not a fault
    """No line of the module can hold the import; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.message)
        self.reason = reason


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
        NoPlace: an import is needed and no line can hold it.

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
        rest = [i for i in range(len(self._rows)) if i not in bare.gone(self._rows)]
        local_names = dict.fromkeys(d.definition.class_name for d in self._copies.values())
        wanted = [name for name in local_names if self._needs_import(name)]
        changes = {(c.row, c.statement): c for c in orphans}
        inserts: dict[tuple[Where, int], NewImport] = {}
        for name in wanted:
            decision = next(d for d in self._copies.values() if d.definition.class_name == name)
            assert decision.shared_name is not None
            pair = (decision.shared_name, name)
            joined = self._joinable(name, rest)
            if joined is not None:
                old = changes.get(joined, ImportChange(*joined))
                changes[joined] = ImportChange(*joined, old.drop, (*old.add, pair))
                continue
            where, row = self._place(name, rest)
            new = inserts.get((where, row), NewImport(where, row, self._module, ()))
            inserts[where, row] = NewImport(where, row, self._module, (*new.names, pair))
        ordered = tuple(
            NewImport(n.where, n.row, n.module, tuple(sorted(n.names, key=lambda p: p[1])))
            for n in inserts.values()
        )
        return Plan(tuple(self._copies), ordered, tuple(changes.values()))

    # Is an import needed?

    def _needs_import(self, name: str) -> bool:
        if self._imports_of(name):
            return False  # the file has it already; `decide` saw that it is the same class
        if not is_collected(self._path):
            return True  # others may import the name from here
        return self._mentioned(name)

    def _imports_of(self, name: str) -> list[Binding]:
        bindings = self._names.bindings.get(name, [])
        return [b for b in bindings if isinstance(b.node, ast.ImportFrom)]

    def _mentioned(self, name: str) -> bool:
        """Tell whether anything outside the copies may mean this global."""
        if any(id(n) not in self._inside for n in self._names.mentions.get(name, [])):
            return True
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
        runs_text = any(isinstance(n, ast.Name) and n.id in {"eval", "exec"} for n in self._outside)
        docstrings = {id(d) for n in self._outside for d in _docstring(n)}
        for node in self._outside:
            match node:
                case ast.arg(arg=arg) if arg == name:
                    return True
                case ast.Constant(value=str(text)) if word.search(text):
                    said = id(node) in docstrings or _is_prose(text)
                    if runs_text or ">>>" in text or not said:
                        return True
        comment = re.compile(rb"#\s*type:.*(?<!\w)" + re.escape(name.encode()) + rb"(?!\w)")
        return comment.search(self._source) is not None

    # Where does it go?

    def _joinable(self, name: str, rest: list[int]) -> tuple[int, int] | None:
        """Find an import from the shared module that runs early enough to take this name along."""
        place = self._first_copy(name)
        limit = min(self._limit(name, rest), self._first_definition(rest))
        for index in rest:
            if not (index < limit or index < place) or index <= self._last_star_before(place):
                continue
            for number, statement in enumerate(self._rows[index].statements):
                if (
                    isinstance(statement, ast.ImportFrom)
                    and statement.module == self._module
                    and not statement.level
                    and not is_star(statement)
                ):
                    return index, number
        return None

    def _place(self, name: str, rest: list[int]) -> tuple[Where, int]:
        copy = self._first_copy(name)
        prologue = [i for i in rest if i in set(self._prologue(rest))]
        top = prologue[-1] if prologue else -1
        star = self._last_star_before(copy)
        limit = self._limit(name, rest)
        early_use = limit < copy
        end = min(limit, self._first_definition(rest))
        anchors = [i for i in rest if top < i < end and self._prepares_or_imports(i)]
        must_run_first = any(self._prepares(i) for i in rest if end <= i < copy)
        if star >= 0 and early_use:
            # What the file uses above the copy is what the star import gave.
            return Where.INSTEAD, copy
        if anchors and anchors[-1] >= star:
            return Where.AFTER, anchors[-1]
        if must_run_first or star > top:
            return (Where.INSTEAD, copy) if copy > top else (Where.AFTER, top)
        if limit <= top:
            line = self._rows[limit].line
            message = f"`{name}` is used on line {line}, above where an import can stand"
            raise NoPlace(Reason(Code.UNSAFE_PROLOGUE, line, message))
        return (Where.AFTER, top) if prologue else (Where.TOP, 0)

    def _first_copy(self, name: str) -> int:
        return min(i for i, d in self._copies.items() if d.definition.class_name == name)

    def _first_definition(self, rest: list[int]) -> int:
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        found = (i for i in rest if isinstance(self._rows[i].statements[0], kinds))
        return next(found, len(self._rows))

    def _limit(self, name: str, rest: list[int]) -> int:
        """Give the first row that the import must stand above.

        That is the first one to use the name when the module runs, or a star import below the
        copy: what that one binds wins today, and must go on to win.
        """
        mentions = {id(n) for n in self._names.mentions.get(name, [])}
        copy = self._first_copy(name)
        for index in rest:
            for node in self._run_by(index):
                used = id(node) in mentions or (
                    isinstance(node, ast.Constant)
                    and node.value == name
                    and not self._is_all(index)
                )
                if used or (index > copy and is_star(node)):
                    return index
        return len(self._rows)

    def _run_by(self, index: int) -> Iterator[ast.AST]:
        for statement in self._rows[index].statements:
            if _is_string(statement):
                continue  # it says something and does nothing
            for node in own_nodes([statement]):
                yield node
                if isinstance(node, ast.ClassDef):
                    yield from own_nodes(node.body)

    def _last_star_before(self, place: int) -> int:
        stars = [
            i
            for i in range(place)
            if any(is_star(n) for s in self._rows[i].statements for n in own_nodes([s]))
        ]
        return stars[-1] if stars else -1

    def _prologue(self, rest: list[int]) -> Iterator[int]:
        """Give the rows of the docstring and of ``from __future__``.

        https://docs.python.org/3/reference/simple_stmts.html#future-statements
        """
        for index in rest:
            first = self._rows[index].statements[0]
            if (index == rest[0] and _is_string(first)) or (
                isinstance(first, ast.ImportFrom) and first.module == "__future__"
            ):
                yield index

    def _prepares_or_imports(self, index: int) -> bool:
        first = self._rows[index].statements[0]
        if _is_main_guard(first):
            return False
        imports = (ast.Import, ast.ImportFrom)
        if isinstance(first, ast.Try | ast.With):
            nested = own_nodes([first])
            return any(isinstance(n, imports) for n in nested) or self._prepares(index)
        statements = self._rows[index].statements
        return any(isinstance(s, imports) for s in statements) or self._prepares(index)

    def _prepares(self, index: int) -> bool:
        """Tell whether a row changes what later imports find: sys.path, environment, skips."""
        statements = list(self._rows[index].statements)
        if _is_main_guard(statements[0]):
            return False
        for node in own_nodes(statements):
            match node:
                case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                    changed = node.value if isinstance(node, ast.Subscript) else node
                    if ast.unparse(changed) in _SET_UP_VALUES:
                        return True
                case ast.Call(func=ast.Attribute(attr=called) | ast.Name(id=called)):
                    if called in _SET_UP_CALLS or _changes_set_up(node.func):
                        return True
        return False

    def _is_all(self, index: int) -> bool:
        text = self._rows[index].statements[0]
        return any(isinstance(n, ast.Name) and n.id == "__all__" for n in ast.walk(text))

    # What does the removal orphan?

    def _orphans(self) -> Iterator[ImportChange]:
        if not is_collected(self._path):
            return  # others may take the import from here, by name or by star
        used = {n.id for c in self._copy_nodes for n in ast.walk(c) if isinstance(n, ast.Name)}
        used |= {w for c in self._copy_nodes for w in _annotation_words(c)}
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
        if any(_PRAGMA.search(line) or line.lstrip().startswith(b"#") for line in lines):
            return False  # a comment between the names may be about any of them
        mentions = self._names.mentions.get(name, [])
        return all(id(n) in self._inside for n in mentions) and not self._hinted(name)


def _changes_set_up(func: ast.expr) -> bool:
    """Tell whether a call changes one of the values, as ``sys.path.insert`` does, or skips."""
    if ast.unparse(func) == "pytest.skip":
        return True
    reads = {"get", "index", "count", "copy", "keys", "values", "items"}
    match func:
        case ast.Attribute(value=value, attr=called) if called not in reads:
            return ast.unparse(value) in _SET_UP_VALUES
    return False


def _is_string(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
    return False


def _is_main_guard(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)


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


def _annotation_words(node: ast.AST) -> Iterator[str]:
    """Give the words of the string annotations in a class: PEP 484, forward references."""
    for inner in ast.walk(node):
        for field in ("annotation", "returns"):
            annotation = getattr(inner, field, None)
            if isinstance(annotation, ast.expr):
                texts = (n.value for n in ast.walk(annotation) if isinstance(n, ast.Constant))
                for text in texts:
                    if isinstance(text, str):
                        yield from re.findall(r"\w+", text)
