"""Do the global names that two equal definitions read mean the same in both files?

A definition that a copy reads must be a copy itself, or be imported from the shared module already:
such definitions are decided together.
"""

from __future__ import annotations

import ast
import functools
import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

from codemods.engine.names import FOR_TYPES, Binding, Meaning, ModuleNames, last_name, own_nodes
from codemods.engine.rows import first_line, last_line
from codemods.engine.scopes import DEFINITIONS
from codemods.engine.walk import walk
from codemods.model import Code, Reason
from codemods.rewrites.replace_local_copies.shared import SharedDefinition, import_of
from codemods.rewrites.replace_local_copies.stores import (
    DICTIONARIES,
    SETTERS,
    Store,
    is_dictionary,
    stores_in,
)

#: Calls that put the name of a module into a longer text, or take it for a patch.
_COMPOSING = frozenset({"format", "join", "multiple", "patch"})
#: What reads a dictionary.
_READING = frozenset({"get", "items", "keys", "values"})


class Globals:
    """The global names of one file that holds copies.

    Args:
        names: those of the file.
        stems: the last parts of the dotted names of the file and of the shared modules.

    """

    def __init__(self, names: ModuleNames, stems: frozenset[str]) -> None:
        self._names = names
        self._stems = stems | {"__main__"}

    def difference(
        self,
        line: int,
        reads: tuple[str, ...],
        shared: SharedDefinition,
        shared_reads: tuple[str, ...],
        copies: Mapping[str, Collection[Meaning]],
        *,
        is_late: bool = False,
    ) -> Reason | None:
        """Return the first global that means something else than in the shared module.

        Args:
            line: that of the local definition.
            reads: the names that it reads.
            shared: what it is equal to but for what names mean.
            shared_reads: the names that the shared one reads in their place.
            copies: the names in the file that are to be imported, and what they may stand for.
            is_late: whether the import would run in a function, maybe as the first one of the
                shared module, while a patch replaces what that imports.

        """
        for name, other in zip(reads, shared_reads, strict=True):
            wanted = shared.meaning_of(other)
            is_copy = wanted in copies.get(name, ())
            actual = wanted if is_copy else self._names.meaning_in_types(name)
            is_equal = actual.is_known and wanted.is_known and actual.text == wanted.text
            if not is_equal and not shared.is_own(other, actual):
                here = _clause(actual, self._names.bindings.get(name, ()))
                there = _clause(wanted, shared.names.bindings.get(other, ()))
                if wanted == import_of(shared.module.name, other):
                    there = "is another definition"
                message = (
                    f"it reads `{name}`, which {here} here; in {shared.module.name} it {there}"
                )
                return Reason(Code.DIFFERENT_GLOBALS, line, message)
            if actual.text.startswith(("from conftest import ", "import conftest")):
                message = f"it reads `{name}` of `conftest`, which is another module in each folder"
                return Reason(Code.DIFFERENT_GLOBALS, line, message)
            is_module = actual.text == f"import {name}"
            number = _replaced_by_itself(shared.names, shared.module.name, other, is_module)
            if number is not None:
                where = f"line {number} of {shared.module.name}"
                message = f"it reads `{name}`, which {where} may replace there"
                return Reason(Code.DIFFERENT_GLOBALS, line, message)
            replaced = self._stand_in(actual, anywhere=is_late)
            if replaced is None:
                replaced = self.first_replacement(name, anywhere=is_late, is_module=is_module)
            if replaced is None and actual.text.endswith(FOR_TYPES):
                replaced = self.first_replacement("TYPE_CHECKING", anywhere=True, is_module=False)
            if replaced is not None:
                message = f"it reads `{name}`, which line {replaced} may replace in a module"
                return Reason(Code.DIFFERENT_GLOBALS, replaced, message)
        return None

    def _stand_in(self, meaning: Meaning, *, anywhere: bool) -> int | None:
        """Return the line that may make another module be imported instead."""
        match meaning.text.split():
            case ["import" | "from", module, *_]:
                parts = module.split(".")
                wanted = (".".join(parts[:number]) for number in range(1, len(parts) + 1))
                lines = (self._names_of_modules[anywhere].get(name) for name in wanted)
                return min(filter(None, lines), default=None)
        return None

    @cached_property
    def _names_of_modules(self) -> tuple[dict[str, int], dict[str, int]]:
        """The first line of each text of a file that looks into `sys.modules`, or sets some.

        First those outside of definitions alone, then all.
        """
        names = self._names
        outside: dict[str, int] = {}
        anywhere: dict[str, int] = {}
        for node in names.of_kind(ast.Constant):
            if isinstance(node.value, str):
                anywhere[node.value] = min(node.lineno, anywhere.get(node.value, node.lineno))
                if node.lineno not in self._lines_of_definitions:
                    outside[node.value] = min(node.lineno, outside.get(node.value, node.lineno))
        attributes = {n.attr for n in names.of_kind(ast.Attribute)}
        looks = "modules" in attributes or "modules" in names.bindings or "sys.modules" in anywhere
        return (outside, anywhere) if looks else ({}, {})

    def first_replacement(self, name: str, *, anywhere: bool, is_module: bool) -> int | None:
        """Return the first line that may replace a global by something else.

        Args:
            name: that of the global.
            anywhere: whether the global of that name in any other module counts too, as it does
                for what is run before the tests: a patch may be on when the file is imported.
            is_module: whether the global is a module, and so what other modules have by its name
                does not count where a text like ``config.json`` tells which one that is.

        """
        found = (
            store.node.lineno
            for store in stores_in(self._names).get(name, ())
            if not (is_module and self._is_of_another(store))
            and (anywhere or not self._is_in_definition(store.node) or self._is_own(store.owner))
        )
        return min(found, default=self._first_way_in)

    def _is_of_another(self, store: Store) -> bool:
        """Whether a text is a name and a word in front that no module of ours ends with."""
        match store.owner:
            case ast.Constant(value=str(word)) if word.isidentifier():
                return word not in self._stems and id(store.node) not in self._composed
        return False

    def _is_in_definition(self, node: ast.expr) -> bool:
        return node.lineno in self._lines_of_definitions

    @cached_property
    def _lines_of_definitions(self) -> frozenset[int]:
        definitions = (s for s in self._names.tree.body if isinstance(s, DEFINITIONS))
        lines = (range(first_line(s), last_line(s) + 1) for s in definitions)
        return frozenset(itertools.chain.from_iterable(lines))

    def _is_own(self, owner: ast.expr | None) -> bool:
        """Whether an expression may be the module of the file, or a shared one.

        It is not where it is the instance of a method, a class, or imported by another name.
        """
        match owner:
            case ast.Constant():
                return last_name(owner) in self._stems
            case ast.Name(id="self" | "cls"):
                return False
            case ast.Name(id=name):
                is_global = self._names.is_global(owner)
                bindings = self._names.bindings.get(name, []) if is_global else []
                return not bindings or any(map(self._may_be_own, bindings))
            case ast.Attribute(value=value, attr=last) if last in DICTIONARIES:
                return self._is_own(value)
            case ast.Attribute(attr=last):
                return last in self._stems or not self._names.means_import(owner)
        return True

    def _may_be_own(self, binding: Binding) -> bool:
        if binding.source is None:
            return not isinstance(binding.node, ast.ClassDef)
        return binding.source.split(".")[-1].split()[-1] in self._stems

    @cached_property
    def _first_way_in(self) -> int | None:
        """The first line that may replace any global: it hands on the module or its dictionary."""
        names = self._names
        found: list[ast.expr] = [
            store.node
            for store in stores_in(names).get("__dict__", ())
            if isinstance(store.owner, ast.Constant) and self._is_own(store.owner)
        ]
        own: list[ast.expr] = [*names.mentions.get("__name__", ())]
        texts = (t for t in names.of_kind(ast.Constant) if t.value.__class__ is str)
        own += self._variables_of([*own, *filter(self._is_own, texts)])
        named = {id(s.owner) for stores in stores_in(names).values() for s in stores}
        found += [n for n in own if id(n) in self._composed - named]
        found += [m for m in self._module_objects if id(m) not in self._named_only]
        found += [d for d in self._dictionaries if id(d) not in self._read_only]
        return min((node.lineno for node in found), default=None)

    @cached_property
    def _composed(self) -> set[int]:
        """What is a part of a longer text, or taken for a patch."""
        names = self._names
        composed = [*names.of_kind(ast.JoinedStr), *names.of_kind(ast.BinOp)]
        composed += [c for c in names.of_kind(ast.Call) if last_name(c.func) in _COMPOSING]
        return set(map(id, walk(*composed)))

    @property
    def _module_objects(self) -> list[ast.expr]:
        """The expressions that are this very module, or perhaps a shared one."""
        names = self._names
        found: list[ast.expr] = [s for s in names.of_kind(ast.Subscript) if _is_own_name(s.slice)]
        for call in names.of_kind(ast.Call):
            if last_name(call.func) == "import_module" and any(map(_is_own_name, call.args)):
                found.append(call)
        for name, bindings in names.bindings.items():
            if any(b.source is not None and self._may_be_own(b) for b in bindings):
                found += names.mentions.get(name, [])
        attributes = (a for a in names.of_kind(ast.Attribute) if a.attr == "module")
        found += [a for a in attributes if last_name(a.value) == "request"]
        for function in names.of_kind(ast.FunctionDef):
            if function.name in {"setup_module", "teardown_module"}:
                given = {a.arg for a in function.args.args}
                found += [n for n in walk(function) if isinstance(n, ast.Name) and n.id in given]
        return found + self._variables_of(found)

    def _variables_of(self, values: Iterable[ast.expr]) -> list[ast.expr]:
        """Return the mentions of the variables that values are assigned to."""
        wanted = set(map(id, values))
        assigned = [a for a in self._names.of_kind(ast.Assign) if id(a.value) in wanted]
        variables = {t.id for a in assigned for t in a.targets if isinstance(t, ast.Name)}
        nodes = walk(self._names.tree) if variables else ()
        return [n for n in nodes if isinstance(n, ast.Name) and n.id in variables]

    @cached_property
    def _named_only(self) -> set[int]:
        """Of what attributes are read, or set by their names, not ``__dict__``; and variables."""
        names = self._names
        owners = {id(a.value) for a in names.of_kind(ast.Attribute) if not a.attr.startswith("__")}
        for node in names.of_kind(ast.Assign):
            if all(isinstance(target, ast.Name) for target in node.targets):
                owners |= {id(node.value), *map(id, node.targets)}
        for call in names.of_kind(ast.Call):
            called = last_name(call.func)
            match call.args:
                case [owner, ast.Constant(), *_] if called in SETTERS:
                    owners.add(id(owner))
                case [owner, *_] if called in {"getattr", "hasattr"}:
                    owners.add(id(owner))
        return owners

    @property
    def _dictionaries(self) -> list[ast.expr]:
        """What is the dictionary of the module: ``globals()``, and ``vars()`` in its body."""
        names = self._names
        found: list[ast.expr] = [
            c for c in names.of_kind(ast.Call) if last_name(c.func) == "globals"
        ]
        found += [a for a in names.of_kind(ast.Attribute) if a.attr in DICTIONARIES - {"__dict__"}]
        own = (n for n in own_nodes(names.tree.body) if isinstance(n, ast.Call) and not n.args)
        return found + [call for call in own if is_dictionary(call)]

    @cached_property
    def _read_only(self) -> set[int]:
        """The dictionaries that are read, or of which values are set by their names."""
        names, stores = self._names, stores_in(self._names)
        owners = {id(s.owner) for found in stores.values() for s in found}
        owners -= {id(s.owner) for s in stores.get(None, ())}
        owners |= {id(n.value) for n in names.of_kind(ast.Subscript) if isinstance(n.ctx, ast.Load)}
        owners |= {id(c) for n in names.of_kind(ast.Compare) for c in n.comparators}
        return owners | {id(n.value) for n in names.of_kind(ast.Attribute) if n.attr in _READING}


@functools.lru_cache(maxsize=1024)  # each copy asks of the same few names
def _replaced_by_itself(names: ModuleNames, module: str, name: str, is_module: bool) -> int | None:
    """Return the first line of a shared module that may replace one of its globals."""
    own = Globals(names, frozenset({module.rpartition(".")[2]}))
    return own.first_replacement(name, anywhere=False, is_module=is_module)


def _clause(meaning: Meaning, bindings: Sequence[Binding]) -> str:
    """Return what a name stands for, or why that is not known, as a clause."""
    match [binding.node for binding in bindings]:
        case _ if meaning.is_known:
            return f"is `{meaning.text}`"
        case [ast.ImportFrom(level=level)] if level:
            return f"{meaning.text} by a relative import"
        case [ast.Import() | ast.ImportFrom()]:
            return f"{meaning.text} for type checkers alone"
        case [ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef()]:
            return f"{meaning.text} by a definition"
        case [ast.Name()]:
            return f"{meaning.text} to no constant"
    return meaning.text


def _is_own_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "__name__"
