"""Where in a module an import can stand that replaces a definition, and where it should.

It goes with the file's own imports: after the last one above the first definition, below whatever
may set something up, and above the first use of the name. Among the last imports it is sorted as
isort and ruff do, as far as they bind names for the file to use. Where there is no such place, it
stands where the definition stood.
"""

from __future__ import annotations

import ast
import bisect
import builtins
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from codemods.engine.names import ModuleNames, Statement, is_star
from codemods.engine.plan import Where
from codemods.engine.rows import Row, is_string
from codemods.engine.scopes import DEFINITIONS
from codemods.engine.walk import reached, walk

#: Statements that set nothing up, whatever is in them: PEP 695 runs no ``type A = ...``.
_PLAIN = (ast.Pass, ast.Import, ast.ImportFrom, getattr(ast, "TypeAlias", ast.Pass), *DEFINITIONS)
#: The sections of imports, in their order.
_FUTURE, _STDLIB, _THIRD_PARTY, _FIRST_PARTY, _RELATIVE, _NO_IMPORT = range(6)


class _Facts(NamedTuple):
    """What one row does.

    `runs` are the globals and `texts` the strings that it reads when the module runs, `defers` the
    globals that a function or lambda in it reads later, `binds` the names that it binds.
    """

    runs: frozenset[str]
    texts: frozenset[str]
    defers: frozenset[str]
    binds: frozenset[str]
    is_definition: bool
    is_import: bool
    is_set_up: bool
    has_star: bool


class Places:
    """The places of one module.

    Args:
        names: those of the module.
        rows: its statements.
        rest: the rows that stay, in order.
        first_party: the modules of the repository, which are sorted behind those of others; where
            none are known, an import is just put above the relative ones.

    """

    def __init__(
        self,
        names: ModuleNames,
        rows: Sequence[Row],
        rest: Sequence[int],
        first_party: frozenset[str] = frozenset(),
    ) -> None:
        self._rows = rows
        self._first_party = first_party
        self._rest = rest
        self._facts = [_facts(row, names) for row in rows]
        self._prologue = self._last_of_prologue()
        self._first_definition = next((i for i in rest if self._facts[i].is_definition), len(rows))

    def joinable(self, name: str, copy: int, module: str) -> tuple[int, int] | None:
        """Return an import from `module` that runs early enough to take a name along.

        That is its row, and which statement of that row it is.
        """
        if self._means_another_above(name, copy, self._limit(name, copy)):
            return None
        limit = min(self._limit(name, copy), self._first_definition)
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

    def place(self, name: str, copy: int, module: str) -> tuple[Where, int]:
        """Choose the place of a new import for a name, first defined in the row `copy`."""
        limit = self._limit(name, copy)
        if self.bares_a_docstring and copy < self._rest[0]:
            return Where.INSTEAD, copy
        if self._means_another_above(name, copy, limit):
            return Where.INSTEAD, copy
        anchor = self._anchor(limit, copy)
        if anchor is None or anchor < self.last_star(copy):
            return Where.INSTEAD, copy
        anchor = self._sorted(anchor, module)
        return (Where.AFTER, anchor) if anchor >= 0 else (Where.TOP, 0)

    def blank_lines(self, where: Where, row: int, module: str) -> tuple[bool, bool | None]:
        """Return whether a blank line belongs above a new import, and one below it.

        None leaves what is below it as it is.
        """
        if where is Where.INSTEAD:
            return False, None
        row = -1 if where is Where.TOP else row
        new = self._sort_key(_import_from(module))[0]
        above = self._sort_key(self._rows[row].statements[-1])[0] if row >= 0 else _NO_IMPORT
        following = next((self._rows[i].statements[0] for i in self._rest if i > row), None)
        below = _NO_IMPORT if following is None else self._sort_key(following)[0]
        if below == new:
            return above != new, None if above == new else False
        apart = below != _NO_IMPORT or above in {_NO_IMPORT, _FUTURE}
        return above != new, apart or None

    def _sorted(self, anchor: int, module: str) -> int:
        """Return the row below which an import is in order, going up from the row `anchor`.

        Where the imports above are in no order, theirs may be one that matters: there it is the
        last one. An import of what the file does not use is there for what it does, and is left
        above.
        """
        run: list[int] = []
        for index in reversed([i for i in self._rest if self._prologue < i <= anchor]):
            first, *others = self._rows[index].statements
            if others or not isinstance(first, ast.Import | ast.ImportFrom):
                break
            if not {(a.asname or a.name).partition(".")[0] for a in first.names} <= self._used:
                break
            run.insert(0, index)
        keys = [self._sort_key(self._rows[index].statements[0]) for index in run]
        if not run or keys != sorted(keys):
            return anchor
        smaller = bisect.bisect_right(keys, self._sort_key(_import_from(module)))
        if smaller:
            return run[smaller - 1]
        return max((i for i in self._rest if i < run[0]), default=-1)

    def _sort_key(self, statement: ast.stmt) -> tuple[int, bool, str]:
        """Return what isort and ruff sort an import by: its section, its kind and its module.

        https://docs.astral.sh/ruff/faq/#how-does-ruff-determine-which-of-my-imports-are-first-party-third-party-etc
        """
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            return _NO_IMPORT, False, ""
        module, is_from = statement.names[0].name, False
        if isinstance(statement, ast.ImportFrom):
            module, is_from = statement.module or "", True
            if statement.level:
                return _RELATIVE, True, module
        top = module.partition(".")[0]
        if top == "__future__":
            return _FUTURE, True, module
        if not self._first_party:
            return _STDLIB, False, ""
        known = _STDLIB if top in sys.stdlib_module_names else _THIRD_PARTY
        return _FIRST_PARTY if top in self._first_party else known, is_from, module.lower()

    @cached_property
    def _used(self) -> frozenset[str]:
        """The names that something in the module mentions, beside an import."""
        return frozenset().union(*(f.runs | f.defers for f in self._facts))

    def _means_another_above(self, name: str, copy: int, limit: int) -> bool:
        """Whether what runs above the copy means a builtin, what a star import gave, or nothing.

        A text above it, such as one for a patch, may look for what is not there yet.
        """
        word = re.compile(rf"\b{re.escape(name)}\b")
        above = (self._facts[i].texts for i in self._rest if i < copy)
        if any(word.search(text) for texts in above for text in texts):
            return True
        return limit < copy and (self.last_star(copy) >= 0 or hasattr(builtins, name))

    def last_star(self, copy: int) -> int:
        """Return the last row above the copy that may bind any name, -1 where there is none."""
        return max((i for i in range(copy) if self._facts[i].has_star), default=-1)

    @property
    def bares_a_docstring(self) -> bool:
        """Whether a string becomes the module's docstring once the other rows are gone."""
        first = next(iter(self._rest), 0)
        return first > 0 and is_string(self._rows[first].statements[0])

    def _last_of_prologue(self) -> int:
        """Return the last row of the docstring and ``from __future__``, -1 where there is none.

        https://docs.python.org/3/reference/simple_stmts.html#future-statements
        """
        last = -1
        for index in self._rest:
            first = self._rows[index].statements[0]
            future = isinstance(first, ast.ImportFrom) and first.module == "__future__"
            if future or (index == self._rest[0] == 0 and is_string(first)):
                last = index
        return last

    def _anchor(self, limit: int, copy: int) -> int | None:
        """Return the row to put an import below, -1 for the top; None where none will do."""
        end = min(limit, self._first_definition)
        top = [i for i in self._rest if self._prologue < i < end]
        anchor = max(
            (i for i in top if self._facts[i].is_import or self._facts[i].is_set_up),
            default=self._prologue,
        )
        # A file that imports below set-up in its middle has that set-up for its imports.
        between = [i for i in self._rest if anchor < i < limit]
        set_up = next((i for i in between if self._facts[i].is_set_up), None)
        if set_up is not None:
            late = [i for i in between if i > set_up and self._facts[i].is_import]
            if late:
                anchor = late[-1]
            elif set_up < copy:
                return None
        return anchor if anchor < limit else None

    def _limit(self, name: str, copy: int) -> int:
        """Return the first row that the import must stand above.

        That is the first one to use the name when the module runs, be it through a function that
        stands above, or below the copy by a text that may be evaluated; or a star import below the
        copy: what that one binds wins today.
        """
        word = re.compile(rf"\b{re.escape(name)}\b")
        carriers = reached([name], self._carriers)
        for index in self._rest:
            facts = self._facts[index]
            below = index > copy and (facts.has_star or any(map(word.search, facts.texts)))
            if facts.runs & carriers or below:
                return index
        return len(self._rows)

    @cached_property
    def _carriers(self) -> dict[str, list[str]]:
        """For each name, those that are bound where a function reads it later."""
        found: dict[str, list[str]] = {}
        for facts in (self._facts[i] for i in self._rest):
            for name in facts.defers if facts.binds else ():
                found.setdefault(name, []).extend(facts.binds)
        return found


def _facts(row: Row, names: ModuleNames) -> _Facts:
    done = [names.statement(s) for s in row.statements if not is_string(s)]
    now = [n for d in done for n in d.now]
    runs = {n.id for n in now}
    texts = {n.value for n in _running(done, ast.Constant) if isinstance(n.value, str)}
    binds = {n.id for n in now if isinstance(n.ctx, ast.Store)}
    for kind in DEFINITIONS:
        binds.update(n.name for n in _running(done, kind))
    imports = [*_running(done, ast.Import), *_running(done, ast.ImportFrom)]
    plain = all(only_binds(s) for s in row.statements)
    first = row.statements[0]
    # What only type checkers see does nothing, and is no place to run an import behind.
    runs_never = names.is_for_types(first) and not first.orelse
    return _Facts(
        runs=frozenset(runs),
        texts=frozenset() if "__all__" in runs else frozenset(texts),
        defers=frozenset().union(*(d.later for d in done)),
        binds=frozenset(binds),
        is_definition=isinstance(row.statements[0], DEFINITIONS),
        is_import=bool(imports) and not runs_never and not _is_main(row),
        is_set_up=not plain and not runs_never and not _is_main(row),
        has_star=any(map(is_star, imports)),
    )


def _import_from(module: str) -> ast.ImportFrom:
    return ast.ImportFrom(module, [ast.alias("*")], 0)


def only_binds(statement: ast.stmt) -> bool:
    """Whether a statement sets nothing up: an import, a definition, a string, or plain names."""
    if isinstance(statement, ast.Assign):
        return all(map(_is_names, statement.targets)) and not any(
            isinstance(n, ast.Attribute) and n.attr == "importorskip" for n in walk(statement.value)
        )
    if isinstance(statement, ast.AnnAssign):
        return isinstance(statement.target, ast.Name)
    return isinstance(statement, _PLAIN) or is_string(statement)


def _is_names(target: ast.expr) -> bool:
    """Whether a target of an assignment is a name, or names that something is unpacked to."""
    if isinstance(target, ast.Tuple | ast.List):
        return all(map(_is_names, target.elts))
    return isinstance(target.value if isinstance(target, ast.Starred) else target, ast.Name)


def _is_main(row: Row) -> bool:
    """Whether a row runs only when the file is started as a program."""
    first = row.statements[0]
    return isinstance(first, ast.If) and "__name__" in ast.unparse(first.test)


def _running(done: list[Statement], kind: type[ast.AST]) -> Iterator[Any]:
    """Yield the nodes of a kind that run when the module does, class bodies included."""
    for statement in done:
        yield from statement.kinds.get(kind, ())
