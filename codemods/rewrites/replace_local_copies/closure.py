"""Do the global names that two equal definitions read mean the same in both files?

A definition that a copy reads must be a copy itself, or be imported from the shared module already:
such definitions are decided together.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from codemods.engine.names import Binding, ModuleNames
from codemods.engine.scopes import DEFINITIONS
from codemods.model import Code, Reason
from codemods.rewrites.replace_local_copies.escape import SETTERS, last_name
from codemods.rewrites.replace_local_copies.shared import SharedDefinition


class Globals:
    """The global names of one file that holds copies.

    Args:
        names: those of the file.
        stems: the last parts of the dotted names of the file and of the shared modules.

    """

    def __init__(self, names: ModuleNames, stems: frozenset[str]) -> None:
        self._names = names
        self._stems = stems | {"__main__"}
        self._replaced: dict[tuple[str, bool], list[int]] = {}

    def difference(
        self,
        line: int,
        reads: tuple[str, ...],
        shared: SharedDefinition,
        shared_reads: tuple[str, ...],
        copies: dict[str, SharedDefinition],
        *,
        is_late: bool = False,
    ) -> Reason | None:
        """Return the first global that means something else than in the shared module.

        Args:
            line: that of the local definition.
            reads: the names that it reads.
            shared: what it is equal to but for what names mean.
            shared_reads: the names that the shared one reads in their place.
            copies: the names in the file that are to be imported, and what they stand for.
            is_late: whether the import would run in a function, maybe as the first one of the
                shared module, while a patch replaces what that imports.

        """
        for name, other in zip(reads, shared_reads, strict=True):
            copy = copies.get(name)
            actual = self._names.meaning_of(name) if copy is None else copy.meaning
            wanted = shared.meaning_of(other)
            if not (actual.is_known and wanted.is_known and actual.text == wanted.text):
                here = f"is `{actual.text}`" if actual.is_known else actual.text
                there = f"is `{wanted.text}`" if wanted.is_known else wanted.text
                message = (
                    f"it reads `{name}`, which {here} here; in {shared.module.name} it {there}"
                )
                return Reason(Code.DIFFERENT_GLOBALS, line, message)
            if actual.text.startswith(("from conftest import ", "import conftest")):
                message = f"it reads `{name}` of `conftest`, which is another module in each folder"
                return Reason(Code.DIFFERENT_GLOBALS, line, message)
            replaced = self.replaced(name, anywhere=is_late)
            if replaced:
                message = f"it reads `{name}`, which the file replaces in a module"
                return Reason(Code.DIFFERENT_GLOBALS, replaced[0], message)
        return None

    def replaced(self, name: str, *, anywhere: bool = False) -> list[int]:
        """Return the lines that may put something else in the place of a global.

        Args:
            name: that of the global.
            anywhere: whether the global of that name in any other module counts too.

        """
        key = name, anywhere
        if key not in self._replaced:
            found = sorted(
                {
                    node.lineno
                    for node, owner in self._replacing(name)
                    if anywhere or id(node) in self._before_tests or self._is_own(owner)
                }
            )
            self._replaced[key] = found or list(self._any_global_replaced)
        return self._replaced[key]

    def _replacing(self, name: str) -> Iterator[tuple[ast.expr, ast.expr | None]]:
        """Yield what replaces a global of some module, and the expression for that module."""
        names = self._names
        path = re.compile(rf"(?!pytest\.)((?:\w+\.)*\w+)\.{re.escape(name)}")
        for constant in names.of_kind(ast.Constant):
            text = constant.value
            if isinstance(text, str) and text.endswith(name) and (match := path.fullmatch(text)):
                yield constant, ast.Constant(match.group(1))
        for node in names.of_kind(ast.Attribute):
            if node.attr == name and not isinstance(node.ctx, ast.Load):
                yield node, node.value
        for call in names.of_kind(ast.Call):
            if last_name(call.func) in SETTERS:
                owner = call.args[0] if call.args else None
                match call.args:
                    case [_, ast.Constant(value=text), *_] if text == name:
                        yield call, owner
                if any(k.arg == name for k in call.keywords):
                    yield call, owner  # patch.multiple(module, name=...)
        for call, updated in self._updates:
            if name in updated and id(call) not in self._read_dicts:
                yield call, None

    @cached_property
    def _before_tests(self) -> set[int]:
        """What stands in no definition: a patch there may be on when the file is imported."""
        names = self._names
        definitions = [s for s in names.tree.body if isinstance(s, DEFINITIONS)]
        kinds = (ast.Attribute, ast.Call, ast.Constant)
        return {id(node) for kind in kinds for node in names.of_kind(kind, without=definitions)}

    def _is_own(self, owner: ast.expr | None) -> bool:
        """Whether an expression may be the module of the file, or a shared one.

        It is not where it is the instance of a method, a class, or imported by another name.
        """
        match owner:
            case ast.Constant(value=str(path)):
                return path.rpartition(".")[2] in self._stems
            case ast.Name(id="self" | "cls"):
                return False
            case ast.Name(id=name):
                is_global = any(owner is m for m in self._names.mentions.get(name, ()))
                bindings = self._names.bindings.get(name, []) if is_global else []
                return not bindings or any(map(self._may_be_own, bindings))
            case ast.Attribute(attr=last):
                while isinstance(owner, ast.Attribute):
                    owner = owner.value
                is_path = isinstance(owner, ast.Name) and self._names.is_imported(owner.id)
                return last in self._stems or not is_path
        return True

    def _may_be_own(self, binding: Binding) -> bool:
        if binding.source is None:
            return not isinstance(binding.node, ast.ClassDef)
        return binding.source.split(".")[-1].split()[-1] in self._stems

    @cached_property
    def _any_global_replaced(self) -> tuple[int, ...]:
        """The lines that may replace any global of this very file, by its own name or dict."""
        found = [
            node.lineno
            for node in self._names.mentions.get("__name__", [])
            if id(node) in self._parts_of_paths
        ]
        known = {id(call) for call, _ in self._updates}
        found += [c.lineno for c in self._dicts if id(c) not in self._read_dicts | known]
        return tuple(found[:1])

    @cached_property
    def _parts_of_paths(self) -> set[int]:
        """The nodes inside of a text that is put together, or of an index: ``f"{__name__}.x"``.

        The name of a logger is none of a module.
        """
        names = self._names
        composed = [
            *names.of_kind(ast.JoinedStr),
            *names.of_kind(ast.BinOp),
            *names.of_kind(ast.Subscript),
        ]
        passing = {"format", "import_module", "join", "multiple", "patch"}
        calls = names.of_kind(ast.Call)
        passed = [a for c in calls if last_name(c.func) in passing for a in c.args]
        loggers = [c for c in calls if last_name(c.func) in {"getLogger", "get_logger"}]
        inside = {id(n) for top in loggers for n in ast.walk(top)}
        return {id(n) for top in [*composed, *passed] for n in ast.walk(top)} - inside

    @cached_property
    def _dicts(self) -> list[ast.Call]:
        """The calls of ``globals()``."""
        return [c for c in self._names.of_kind(ast.Call) if last_name(c.func) == "globals"]

    @cached_property
    def _read_dicts(self) -> set[int]:
        """The calls of ``globals()`` that are only read: ``globals()["x"]``, ``globals().get``."""
        names = self._names
        nodes: list[ast.Subscript | ast.Attribute] = [*names.of_kind(ast.Subscript)]
        nodes += names.of_kind(ast.Attribute)
        return {
            id(node.value)
            for node in nodes
            if isinstance(node.ctx, ast.Load)
            and getattr(node, "attr", "get") in {"get", "items", "keys", "values"}
        }

    @cached_property
    def _updates(self) -> list[tuple[ast.Call, frozenset[str]]]:
        """The calls of ``globals()`` that set names which are written out."""
        found = []
        for call in self._names.of_kind(ast.Call):
            match call:
                case ast.Call(
                    func=ast.Attribute(value=ast.Call() as dictionary, attr="update"),
                    args=[ast.Dict(keys=keys)],
                    keywords=[],
                ) if all(isinstance(k, ast.Constant) for k in keys):
                    names = [k.value for k in keys if isinstance(k, ast.Constant)]
                    found.append((dictionary, frozenset(map(str, names))))
        for node in self._names.of_kind(ast.Subscript):
            match node:
                case ast.Subscript(value=ast.Call() as dictionary, slice=ast.Constant(value=name)):
                    found.append((dictionary, frozenset({str(name)})))
        own = set(map(id, self._dicts))
        return [(call, names) for call, names in found if id(call) in own]
