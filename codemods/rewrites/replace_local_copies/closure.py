"""Do the global names that two equal definitions read mean the same in both files?

A definition that a copy reads must be a copy itself, or be imported from the shared module already:
such definitions are decided together.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from codemods.engine.names import Binding, ModuleNames, own_nodes
from codemods.engine.scopes import DEFINITIONS
from codemods.model import Code, Reason
from codemods.rewrites.replace_local_copies.escape import SETTERS, last_name
from codemods.rewrites.replace_local_copies.shared import SharedDefinition

#: Attributes that are the dict of a module: of a function, and of a frame.
_DICTS = frozenset({"__globals__", "f_globals"})


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
        """Return the lines that may replace a global by something else.

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
            match call.func:
                case ast.Name(id="exec") if name in ast.unparse(call):
                    yield call, None
        for own, named in self._own_paths:
            if named == name:
                yield own, None
        for dictionary, updated in self._updates:
            if name in updated and id(dictionary) not in self._read_dicts:
                yield dictionary, None

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
        known = {id(node) for node, _ in self._own_paths}
        found = [
            node.lineno
            for node in self._names.mentions.get("__name__", [])
            if id(node) in self._parts_of_paths and id(node) not in known
        ]
        for node in self._names.of_kind(ast.Constant):
            text = node.value if isinstance(node.value, str) else ""
            if text.endswith(".__dict__") and text.split(".")[-2] in self._stems:
                found.append(node.lineno)
        found += [m.lineno for m in self._module_objects if id(m) not in self._named_only]
        updates = {id(dictionary) for dictionary, _ in self._updates}
        found += [d.lineno for d in self._dicts if id(d) not in self._read_dicts | updates]
        return tuple(found[:1])

    @cached_property
    def _module_objects(self) -> list[ast.expr]:
        """The expressions that are this very module, or perhaps a shared one."""
        names = self._names
        found: list[ast.expr] = []
        for subscript in names.of_kind(ast.Subscript):
            if _is_own_name(subscript.slice):
                found.append(subscript)
        for call in names.of_kind(ast.Call):
            if last_name(call.func) == "import_module" and any(map(_is_own_name, call.args)):
                found.append(call)
        for name, bindings in names.bindings.items():
            if any(b.source is not None and self._may_be_own(b) for b in bindings):
                found += names.mentions.get(name, [])
        variables = set()
        for node in names.of_kind(ast.Assign):
            if any(node.value is module for module in found):
                variables |= {t.id for t in node.targets if isinstance(t, ast.Name)}
        nodes = ast.walk(names.tree) if variables else ()
        return found + [n for n in nodes if isinstance(n, ast.Name) and n.id in variables]

    @cached_property
    def _named_only(self) -> set[int]:
        """Of what one attribute is read or set by its name, not ``__dict__``; and variables."""
        names = self._names
        owners = {id(a.value) for a in names.of_kind(ast.Attribute) if not a.attr.startswith("__")}
        for node in names.of_kind(ast.Assign):
            if all(isinstance(target, ast.Name) for target in node.targets):
                owners |= {id(node.value), *map(id, node.targets)}
        for call in names.of_kind(ast.Call):
            if call.args and last_name(call.func) in {*SETTERS, "getattr", "hasattr"}:
                owners.add(id(call.args[0]))
        return owners

    @cached_property
    def _own_paths(self) -> list[tuple[ast.expr, str]]:
        """The texts that begin with the name of the module, and which global each names."""
        found: list[tuple[ast.expr, str]] = []
        for joined in self._names.of_kind(ast.JoinedStr):
            match joined.values:
                case [ast.FormattedValue(value=ast.Name(id="__name__") as own), *rest]:
                    found.append((own, _first_name(rest[0] if len(rest) == 1 else None)))
        for added in self._names.of_kind(ast.BinOp):
            match added:
                case ast.BinOp(left=ast.Name(id="__name__") as own, op=ast.Add(), right=right):
                    found.append((own, _first_name(right)))
        return [(node, name) for node, name in found if name]

    @cached_property
    def _parts_of_paths(self) -> set[int]:
        """The nodes inside of a text that is put together, or of an index, or of a patch.

        The name of a logger is none of a module.
        """
        names = self._names
        calls = names.of_kind(ast.Call)
        passing = {"format", "join", "multiple", "patch"}
        passed = [a for c in calls if last_name(c.func) in passing for a in c.args]
        composed = [*names.of_kind(ast.JoinedStr), *names.of_kind(ast.BinOp), *passed]
        if any(last_name(c.func) in SETTERS and not _names_what_it_sets(c) for c in calls):
            # Such a call may set any attribute of `sys.modules[__name__]`.
            composed += names.of_kind(ast.Subscript)
            composed += [a for c in calls if last_name(c.func) == "import_module" for a in c.args]
        loggers = [c for c in calls if last_name(c.func) in {"getLogger", "get_logger"}]
        inside = {id(n) for top in loggers for n in ast.walk(top)}
        return {id(n) for top in composed for n in ast.walk(top)} - inside

    @cached_property
    def _dicts(self) -> list[ast.expr]:
        """What is the dict of the module: ``globals()``, and ``vars()`` where that is the same."""
        names = self._names
        found: list[ast.expr] = [
            c for c in names.of_kind(ast.Call) if last_name(c.func) == "globals"
        ]
        found += [a for a in names.of_kind(ast.Attribute) if a.attr in _DICTS]
        found += [
            node
            for node in own_nodes(names.tree.body)
            if isinstance(node, ast.Call)
            and not node.args
            and isinstance(node.func, ast.Name)
            and node.func.id in {"vars", "locals"}
        ]
        return found

    @cached_property
    def _read_dicts(self) -> set[int]:
        """The dicts that are only read: ``globals()["x"]``, ``globals().get``."""
        names = self._names
        indexed = {id(n.value) for n in names.of_kind(ast.Subscript) if isinstance(n.ctx, ast.Load)}
        asked = {"get", "items", "keys", "values"}
        return indexed | {id(n.value) for n in names.of_kind(ast.Attribute) if n.attr in asked}

    @cached_property
    def _updates(self) -> list[tuple[ast.expr, frozenset[str]]]:
        """The dicts of the module of which names are set that are written out."""
        found: list[tuple[ast.expr, frozenset[str]]] = []
        for call in self._names.of_kind(ast.Call):
            match call:
                case ast.Call(
                    func=ast.Attribute(value=dictionary, attr="update"),
                    args=[ast.Dict(keys=keys)],
                    keywords=[],
                ) if all(isinstance(k, ast.Constant) for k in keys):
                    names = [k.value for k in keys if isinstance(k, ast.Constant)]
                    found.append((dictionary, frozenset(map(str, names))))
        for node in self._names.of_kind(ast.Subscript):
            match node:
                case ast.Subscript(value=dictionary, slice=ast.Constant(value=name)):
                    found.append((dictionary, frozenset({str(name)})))
        own = set(map(id, self._dicts))
        return [(node, names) for node, names in found if id(node) in own]


def _is_own_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "__name__"


def _first_name(text: ast.expr | None) -> str:
    """Return the name that a constant text such as ``".name.more"`` begins with, or nothing."""
    if isinstance(text, ast.Constant) and isinstance(text.value, str):
        found = re.match(r"\.(\w+)", text.value)
        return found.group(1) if found else ""
    return ""


def _names_what_it_sets(call: ast.Call) -> bool:
    """Whether a call that sets an attribute has its name as a text, or sets none by a name."""
    return len(call.args) < 2 or isinstance(call.args[1], ast.Constant)
