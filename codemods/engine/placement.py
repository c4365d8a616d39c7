"""Where in a module an import of the shared class can stand, and where it should.

It goes with the file's own imports: below the last one above the first definition, and so below
what the file does to make imports work. It stands above whatever uses the name when the module
runs, and a name that a star import may bind keeps the value that it has today.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, NamedTuple

from codemods.engine.names import ModuleNames, Statement, is_star
from codemods.engine.plan import Row, Where
from codemods.engine.walk import walk
from codemods.model import Code, Reason

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

#: Calls and values that decide what imports find.
_PATH_CALLS = frozenset({"addsitedir"})
_PATH_VALUES = frozenset({"sys.path", "sys.modules"})

#: Calls that change what imports find in the environment.
_ENVIRONMENT_CALLS = frozenset({"chdir", "load_dotenv", "putenv"})
_ENVIRONMENT_VALUES = frozenset({"os.environ"})

#: Members of those values that only read them.
_READS = frozenset({"copy", "count", "get", "index", "items", "keys", "values"})


class NoPlace(Exception):  # noqa: N818 - it is an outcome, not a fault
    """No line of the module can hold the import; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.message)
        self.reason = reason


class _Facts(NamedTuple):
    """What one row does.

    `calls` are the globals that it calls at once, `runs` the globals and `texts` the strings that
    it reads when the module runs, `defers` the globals that a function or lambda in it reads
    later, `binds` the names that it binds; `skips` tells whether it may end the module early.
    """

    calls: frozenset[str]
    runs: frozenset[str]
    texts: frozenset[str]
    defers: frozenset[str]
    binds: frozenset[str]
    is_definition: bool
    is_import: bool
    is_main: bool
    has_star: bool
    sets_path: bool
    skips: bool
    sets_environment: bool


class Places:
    """The places of one module.

    Args:
        names: the module.
        rows: its rows.
        rest: those that stay, in order.

    """

    def __init__(self, names: ModuleNames, rows: Sequence[Row], rest: Sequence[int]) -> None:
        self._rows = rows
        self._rest = rest
        aliases = {
            name: f"{source.split()[1]}.{source.split()[3]}"
            for name in names.bindings
            if names.bindings[name][0].source  # most have none
            if (source := names.source_of(name)).startswith(("from sys import", "from os import"))
        }
        facts = [_facts(row, names, aliases) for row in rows]
        self._facts = _with_called_set_up(facts, rows, aliases)
        self._prologue = self._last_of_prologue()
        self._end = next((i for i in rest if self._facts[i].is_definition), len(rows))

    def joinable(self, name: str, copy: int, module: str) -> tuple[int, int] | None:
        """Find an import from the shared module that runs early enough to take a name along.

        Returns:
            Its row and which statement of that row it is, or None.

        """
        limit = min(self._limit(name, copy), self._end)
        star = self.last_star(copy)
        for index in self._rest:
            if not (index < limit or index < copy) or index <= star:
                continue
            for number, statement in enumerate(self._rows[index].statements):
                if (
                    isinstance(statement, ast.ImportFrom)
                    and statement.module == module
                    and not statement.level
                    and not is_star(statement)
                ):
                    return index, number
        return None

    def place(self, name: str, copy: int) -> tuple[Where, int]:
        """Choose the place of a new import.

        Args:
            name: the name that it binds.
            copy: the row of the first class of that name.

        Raises:
            NoPlace: the name is used above where an import can stand.

        """
        limit, star, top = self._limit(name, copy), self.last_star(copy), self._prologue
        if star >= 0 and limit < copy:
            # What the file uses above the copy is what the star import gave.
            return Where.INSTEAD, copy
        self._check_above(limit, name)
        end = min(limit, self._end)
        anchors = [i for i in self._rest if top < i < end and self._is_anchor(i)]
        late = [i for i in self._rest if end <= i < limit and self._is_late_set_up(i, copy)]
        if late:
            return self._below_set_up(late[-1], copy, limit)
        if anchors and anchors[-1] >= star:
            return Where.AFTER, anchors[-1]
        if star > top:
            return Where.INSTEAD, copy
        return (Where.AFTER, top) if top >= 0 else (Where.TOP, 0)

    def last_star(self, copy: int) -> int:
        """Give the last row above the copy that may bind any name, -1 where there is none."""
        return max((i for i in range(copy) if self._facts[i].has_star), default=-1)

    def _last_of_prologue(self) -> int:
        """Give the last row of the docstring and ``from __future__``, -1 where there is none.

        https://docs.python.org/3/reference/simple_stmts.html#future-statements
        """
        last = -1
        for index in self._rest:
            first = self._rows[index].statements[0]
            future = isinstance(first, ast.ImportFrom) and first.module == "__future__"
            if future or (index == self._rest[0] and is_string(first)):
                last = index
        return last

    def _limit(self, name: str, copy: int) -> int:
        """Give the first row that the import must stand above.

        That is the first one to use the name when the module runs, be it through a function that
        stands above; or a star import below the copy: what that one binds wins today.
        """
        carriers = {name}
        while True:
            more = {
                n
                for i in self._rest
                if self._facts[i].defers & carriers
                for n in self._facts[i].binds
            }
            if more <= carriers:
                break
            carriers |= more
        for index in self._rest:
            facts = self._facts[index]
            if facts.runs & carriers or name in facts.texts or (facts.has_star and index > copy):
                return index
        return len(self._rows)

    def _check_above(self, limit: int, name: str) -> None:
        """Raise `NoPlace` where the name is used above what must run before an import."""
        blocking = [self._prologue] if limit <= self._prologue else []
        blocking += [
            i
            for i in self._rest
            if i > limit and self._facts[i].sets_path and not self._facts[i].is_main
        ]
        if blocking and limit < len(self._rows):
            line = self._rows[limit].line
            below = self._rows[blocking[0]].line
            message = (
                f"`{name}` is needed on line {line}, and no import can stand above line {below}"
            )
            raise NoPlace(Reason(Code.UNSAFE_PROLOGUE, line, message))

    def _is_anchor(self, index: int) -> bool:
        facts = self._facts[index]
        prepares = facts.sets_path or facts.sets_environment or facts.skips
        return prepares or (facts.is_import and not facts.is_main)

    def _is_late_set_up(self, index: int, copy: int) -> bool:
        facts = self._facts[index]
        if facts.is_main or facts.is_definition:
            return False
        return facts.sets_path or facts.skips or (facts.sets_environment and index < copy)

    def _below_set_up(self, last: int, copy: int, limit: int) -> tuple[Where, int]:
        """Choose a place below set-up that stands below the first definition."""
        if last < copy <= limit:
            return Where.INSTEAD, copy
        for index in (i for i in self._rest if last < i < limit):
            if self._facts[index].is_definition:
                break
            if self._is_anchor(index):
                last = index
        return Where.AFTER, last


def is_string(statement: ast.stmt) -> bool:
    """Tell whether a statement is nothing but a string, as a docstring is."""
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
    return False


def _facts(row: Row, names: ModuleNames, aliases: dict[str, str]) -> _Facts:
    first = row.statements[0]
    done = [names.statement(s) for s in row.statements if not is_string(s)]
    now = [n for d in done for n in d.now]
    run = _running(done).get
    runs = {n.id for n in now}
    calls = run(ast.Call, ())
    imports = [*run(ast.Import, ()), *run(ast.ImportFrom, ())]
    may_set = [*run(ast.Attribute, ()), *run(ast.Subscript, ()), *calls]
    texts = {n.value for n in run(ast.Constant, ()) if isinstance(n.value, str)}
    is_type_checking = isinstance(first, ast.If) and "TYPE_CHECKING" in ast.unparse(first.test)
    nested = isinstance(first, ast.Try | ast.With)
    binds = {n.id for n in now if isinstance(n.ctx, ast.Store)}
    for kind in (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef):
        binds.update(n.name for n in run(kind, ()))
    return _Facts(
        calls=frozenset(n.func.id for n in calls if isinstance(n.func, ast.Name)),
        runs=frozenset(runs),
        texts=frozenset() if "__all__" in runs else frozenset(texts),
        defers=frozenset().union(*(d.later for d in done)),
        binds=frozenset(binds),
        is_definition=isinstance(first, _DEFINITIONS),
        is_import=any(nested or n in row.statements for n in imports),
        is_main=isinstance(first, ast.If) and "__name__" in ast.unparse(first.test),
        has_star=any(map(is_star, imports)),
        sets_path=not is_type_checking and _sets(may_set, _PATH_CALLS, _PATH_VALUES, aliases),
        skips=any(_is_skip(n.func) for n in calls),
        sets_environment=_sets(may_set, _ENVIRONMENT_CALLS, _ENVIRONMENT_VALUES, aliases),
    )


def _running(done: list[Statement]) -> dict[type[ast.AST], list[Any]]:
    """Give the nodes that run when the module does, class bodies included, by their classes."""
    if len(done) == 1:
        return done[0].kinds
    kinds: dict[type[ast.AST], list[Any]] = {}
    for statement in done:
        for kind, nodes in statement.kinds.items():
            kinds.setdefault(kind, []).extend(nodes)
    return kinds


def _sets(
    nodes: Sequence[ast.AST], calls: frozenset[str], values: frozenset[str], aliases: dict[str, str]
) -> bool:
    """Tell whether nodes change one of the values, call one of the functions, or skip."""

    def is_value(node: ast.expr) -> bool:
        return (aliases.get(node.id) if isinstance(node, ast.Name) else _dotted(node)) in values

    for node in nodes:
        if isinstance(node, ast.Attribute):
            if isinstance(node.ctx, ast.Store) and is_value(node):
                return True
            if node.attr not in _READS and is_value(node.value):
                return True
        elif isinstance(node, ast.Subscript):
            if not isinstance(node.ctx, ast.Load) and is_value(node.value):
                return True
        elif isinstance(node, ast.Call):
            func = node.func
            called = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", None)
            if called in calls:
                return True
    return False


def _is_skip(func: ast.expr) -> bool:
    return _dotted(func) in {"importorskip", "pytest.importorskip", "pytest.skip"}


def _dotted(node: ast.expr) -> str | None:
    """Give the text of a name with a dot or without, None for any other expression."""
    match node:
        case ast.Attribute(value=ast.Name(id=owner), attr=attr):
            return f"{owner}.{attr}"
        case ast.Name(id=name):
            return name
    return None


def _with_called_set_up(
    facts: list[_Facts], rows: Sequence[Row], aliases: dict[str, str]
) -> list[_Facts]:
    """Let a row that calls a function of the file set the path where that function does."""
    called = frozenset().union(*(f.calls for f in facts))
    setters = {
        row.statements[0].name
        for row in rows
        if isinstance(row.statements[0], ast.FunctionDef)
        and row.statements[0].name in called
        and _sets(walk(row.statements[0]), _PATH_CALLS, _PATH_VALUES, aliases)
    }
    return [f._replace(sets_path=True) if f.calls & setters else f for f in facts]
