"""A module's tree -> a `Decision` for each local definition of a target name. `ast` only."""

from __future__ import annotations

import ast
import bisect
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeGuard

from codemods.engine.names import Binding, ModuleNames
from codemods.engine.plan import first_line
from codemods.engine.text import class_lines
from codemods.engine.walk import walk, walk_statements
from codemods.model import (
    Code,
    Decision,
    Definition,
    Reason,
    RecordedShape,
    Target,
    Verdict,
)
from codemods.rewrites.replace_local_copies import equality as shapes
from codemods.rewrites.replace_local_copies.usage import Usage, tests_of

#: Calls that put something in the place of what their second argument names.
_PATCHERS = frozenset({"setattr", "delattr", "object", "setitem"})


class Found(NamedTuple):
    """One local definition: its node, and what of the module it stands in, None for the top."""

    node: ast.ClassDef
    inside: ast.AST | None


class _Module:
    """What several definitions of one file have in common, worked out once."""

    def __init__(self, names: ModuleNames, classes: list[ast.ClassDef], target: Target) -> None:
        self.names = names
        self.classes = classes
        self._shared_members = target.shared_members
        self._usage: dict[str, tuple[Reason, ...]] = {}
        self._patches: dict[str, tuple[int, ...]] = {}

    def copies(self, name: str) -> list[ast.ClassDef]:
        """Give the definitions of a name at the top of the module."""
        body = self.names.tree.body
        return [s for s in body if isinstance(s, ast.ClassDef) and s.name == name]

    def usage(self, name: str) -> tuple[Reason, ...]:
        """Give what the file does with a class that it could not do with a shared one."""
        if name not in self._usage:
            usage = Usage(self.names, name, self.copies(name), self._shared_members)
            self._usage[name] = tuple(usage.reasons())
        return self._usage[name]

    def patches(self, name: str) -> tuple[int, ...]:
        """Give the lines that may put something else in the place of a module's global."""
        if name not in self._patches:
            self._patches[name] = tuple(_patches(self.names, name))
        return self._patches[name]


def decide(names: ModuleNames, text: str, path: str, target: Target) -> tuple[Decision, ...]:
    """Decide on each local definition, in the order of the file."""
    all_classes = list(classes(names.tree, text))
    found = [Found(n, inside) for n, inside in all_classes if n.name in target.class_names]
    found.sort(key=lambda f: f.node.lineno)
    module = _Module(names, [node for node, _ in all_classes], target)
    decisions = _all_or_none([_judge(f, module, path, target) for f in found])
    if any(d.verdict is Verdict.REPLACE for d in decisions):
        decisions = list(_one_class_each(decisions, module, target))
    return tuple(decisions)


def undefined_names(names: ModuleNames, text: str, target: Target) -> tuple[Reason, ...]:
    """Give a warning for each target name that the file reads and nothing in it binds."""
    top = {s.name for s in names.tree.body if isinstance(s, ast.ClassDef)}
    return tuple(
        Reason(
            Code.UNDEFINED_NAME,
            names.mentions[name][0].lineno,
            f"`{name}` is used and nothing in the file defines it",
        )
        for name in target.class_names
        if name not in top and _may_read(names, text, name)  # else it need not be looked for
        if name in names.mentions and name not in names.bindings and not names.stars
    )


def _may_read(names: ModuleNames, text: str, name: str) -> bool:
    """Tell from the text alone whether a name may be read, and not where it is a local one."""
    if name not in text:
        return False
    word = re.compile(rf"(?<![\w.\"'])(?<!class ){re.escape(name)}(?!\w)")
    lines = enumerate(re.split(r"\r\n|\r|\n", text), start=1)
    read = [number for number, line in lines if name in line and word.search(line)]
    if not read:
        return False
    homes = [
        range(inside.lineno, (inside.end_lineno or inside.lineno) + 1)
        for node, inside in classes(names.tree, text)
        if node.name == name and isinstance(inside, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return any(not any(number in home for home in homes) for number in read)


def definition_of(node: ast.ClassDef) -> Definition:
    """Give the place of a class in its file."""
    return Definition(node.name, first_line(node), node.end_lineno or node.lineno)


def is_shared_module(path: str, target: Target) -> bool:
    """Tell from the path whether a file is the shared module or its shapes."""
    return any(f"/{path}".replace("\\", "/").endswith(f"/{own}") for own in target.own_files)


def classes(tree: ast.Module, text: str) -> Iterator[tuple[ast.ClassDef, ast.AST | None]]:
    """Give each class with what it stands in: a function or class, else a block, else None."""
    lines = class_lines(text)
    pending: list[tuple[ast.AST, ast.AST | None]] = [(s, None) for s in tree.body]
    while pending:
        node, inside = pending.pop()
        if isinstance(node, ast.ClassDef):
            yield node, inside
        elif not _holds_class(node, lines):
            continue
        scope = isinstance(inside, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        around = inside if scope else node
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            children = getattr(node, block, None)
            if isinstance(children, list):  # an expression has a body too, and no statements
                pending.extend((child, around) for child in children)


def _holds_class(node: ast.AST, lines: list[int]) -> bool:
    """Tell whether one of the lines is among those of a node."""
    if not isinstance(node, ast.stmt):
        return True  # a handler or a case, which is not worth asking
    first = bisect.bisect_left(lines, node.lineno)
    return first < len(lines) and lines[first] <= (node.end_lineno or node.lineno)


def _judge(found: Found, module: _Module, path: str, target: Target) -> Decision:
    node, names = found.node, module.names
    definition = definition_of(node)
    if is_shared_module(path, target):
        message = "this file is the shared module or its shapes"
        reason = Reason(Code.SHARED_MODULE, node.lineno, message)
        return Decision(definition, Verdict.REFUSE, None, (reason,))
    shape = shapes.LocalShape(node)
    recorded = shapes.match(shape, target)
    reasons = [*_place(found)]
    if recorded is None:
        telling = [*_contents(node, module.classes, target)] or [*_shape(node, shape, target)]
        reasons.extend(telling)
    else:
        reasons.extend(_marks(node, names))
        reasons.extend(_state(node))
        reasons.extend(_globals(node, module, recorded))
    if not reasons:
        reasons.extend(_rebound(names, module.copies(node.name), recorded, target))
        reasons.extend(module.usage(node.name))
    if reasons or recorded is None:
        return Decision(definition, Verdict.REFUSE, None, tuple(reasons))
    return Decision(definition, Verdict.REPLACE, import_name(node.name, recorded), ())


def import_name(class_name: str, recorded: RecordedShape) -> str:
    """Give the name to import for a local class: its own where the shared module has it."""
    return class_name if class_name in recorded.aliases else recorded.shared_name


def _place(found: Found) -> Iterator[Reason]:
    line = found.node.lineno
    if isinstance(found.inside, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        kind = "class" if isinstance(found.inside, ast.ClassDef) else "function"
        yield Reason(Code.NESTED, line, f"it stands in {kind} `{found.inside.name}`")
    elif found.inside is not None:
        keyword = type(found.inside).__name__.removeprefix("Async").lower()
        where = {"excepthandler": "except", "match_case": "case"}.get(keyword, keyword)
        message = f"it stands in `{where}`: which definition wins may depend on it"
        yield Reason(Code.CONDITIONAL, line, message)


def _contents(node: ast.ClassDef, classes: list[ast.ClassDef], target: Target) -> Iterator[Reason]:
    """Say what makes the definition no copy of a helper at all."""
    # A method of one's own may well import; one of the helper's has swallowed what it imports.
    copied = {m.name for recorded in target.shapes for m in recorded.shape.members}
    for method in node.body:
        if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if method.name.startswith("test"):
            continue  # a test may define what it likes
        for inner in (n for s in method.body for n in walk_statements([s])):
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                message = f"`{inner.name}` is defined inside its method `{method.name}`"
            elif isinstance(inner, ast.Import | ast.ImportFrom) and method.name in copied:
                message = f"its method `{method.name}` holds `{ast.unparse(inner)}`"
            else:
                continue
            yield Reason(Code.SWALLOWED_CODE, inner.lineno, message)
            break
    line = tests_of(node, classes)
    if line is not None:
        yield Reason(Code.PYTEST_TESTS, line, "it has tests that pytest may collect")


def _shape(node: ast.ClassDef, shape: shapes.LocalShape, target: Target) -> Iterator[Reason]:
    recorded = shapes.nearest(shape, target)
    line, message = shapes.first_difference(shape, recorded)
    decorators = [d for d in node.decorator_list if not shapes.is_mark(d)]
    if decorators and shape.header.key != recorded.shape.header.key:
        text = ast.unparse(decorators[0])
        yield Reason(Code.DECORATED, decorators[0].lineno, f"decorated with `@{text}`")
    else:
        yield Reason(Code.DIFFERENT_SHAPE, line, message)


def _marks(node: ast.ClassDef, names: ModuleNames) -> Iterator[Reason]:
    """Say which decorator only looks like one of ``pytest.mark``."""
    for decorator in (d for d in node.decorator_list if shapes.is_mark(d)):
        root = ast.unparse(decorator).partition(".")[0]
        if root in names.bindings:
            source = names.source_of(root)
            if source not in {"import pytest", "from pytest import mark"}:
                text = ast.unparse(decorator)
                message = f"decorated with `@{text}`, and `{root}` {source}"
                yield Reason(Code.DECORATED, decorator.lineno, message)


def _state(node: ast.ClassDef) -> Iterator[Reason]:
    """Say what the class itself would remember, from one file to the next."""
    for inner in walk(node):
        line: int = getattr(inner, "lineno", node.lineno)
        match inner:
            case ast.Global() | ast.Nonlocal():
                message = f"`{ast.unparse(inner)}` writes outside the class"
            case ast.arguments(defaults=defaults, kw_defaults=kw_defaults) if any(
                not _is_immutable(d) for d in [*defaults, *kw_defaults] if d is not None
            ):
                message = "a default value is mutable"
                line = next(d.lineno for d in [*defaults, *kw_defaults] if d is not None)
            case ast.Attribute(value=owner, ctx=ast.Store() | ast.Del()) if _is_own_class(
                owner, node.name
            ):
                message = f"`{ast.unparse(inner)}` is set on the class"
            case _:
                continue
        yield Reason(Code.CLASS_STATE, line, f"{message}: shared, it would reach other files")
    for statement in node.body:
        match statement:
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                if not _is_immutable(value) and not (node.decorator_list and _is_field(value)):
                    text = ast.unparse(statement)
                    message = f"`{text}` is state of the class: shared, it would reach other files"
                    yield Reason(Code.CLASS_STATE, statement.lineno, message)


def _is_own_class(node: ast.expr, class_name: str) -> bool:
    match node:
        case ast.Name(id=name):
            return name in {"cls", "mcs", "__class__", class_name}
        case ast.Attribute(attr="__class__") | ast.Call(func=ast.Name(id="type")):
            return True
    return False


def _is_immutable(node: ast.expr) -> bool:
    match node:
        case ast.Constant() | ast.Name() | ast.Attribute() | ast.Lambda():
            return True
        case ast.UnaryOp(operand=operand):
            return _is_immutable(operand)
        case ast.BinOp(left=left, right=right):
            return _is_immutable(left) and _is_immutable(right)
        case ast.Tuple(elts=elts):
            return all(_is_immutable(e) for e in elts)
    return False


def _is_field(node: ast.expr) -> bool:
    """Tell whether a value is ``field(...)``: a decorator like dataclass makes it per instance."""
    match node:
        case ast.Call(func=ast.Name(id="field") | ast.Attribute(attr="field")):
            return True
    return False


def _globals(node: ast.ClassDef, module: _Module, recorded: RecordedShape) -> Iterator[Reason]:
    """Say which global the copy reads that is not the one that the recorded class reads."""
    for name, expected in recorded.sources:
        actual = module.names.source_of(name)
        if actual != expected:
            if actual.startswith(("import ", "from ")):
                actual = f"is `{actual}` in this file"
            wanted = "the built-in one" if expected == "builtin" else f"`{expected}`"
            message = (
                f"it reads `{name}`, which {actual}, where recorded `{recorded.name}` has {wanted}"
            )
            yield Reason(Code.DIFFERENT_GLOBALS, node.lineno, message)
        else:
            for line in module.patches(name):
                message = f"it reads `{name}`, which the file replaces in a module's names"
                yield Reason(Code.DIFFERENT_GLOBALS, line, message)


def _patches(names: ModuleNames, name: str) -> list[int]:
    """Find where a file may put something else in the place of a module's global."""
    target = re.compile(rf"(?!pytest\.)(\w+\.)+{name}")
    found: list[ast.expr] = [
        node
        for node in names.of_kind(ast.Constant)
        if isinstance(node.value, str)
        and node.value.endswith(name)
        and target.fullmatch(node.value)
    ]
    for node in names.of_kind(ast.Attribute):
        if node.attr == name and not isinstance(node.ctx, ast.Load):
            found.append(node)
    for call in names.of_kind(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr in _PATCHERS:
            match call.args:
                case [_, ast.Constant(value=text), *_] if text == name:
                    found.append(call)
    if len(found) > 1:
        order = {id(node): position for position, node in enumerate(names.nodes)}
        found.sort(key=lambda node: order[id(node)])
    return [node.lineno for node in found]


def _rebound(
    names: ModuleNames,
    copies: list[ast.ClassDef],
    recorded: RecordedShape | None,
    target: Target,
) -> Iterator[Reason]:
    assert recorded is not None
    name = copies[0].name
    shared = {import_name(name, recorded), recorded.shared_name, *recorded.aliases}
    same = {f"from {target.module} import {s}" for s in shared}
    first = min(c.lineno for c in copies)

    own = {id(c) for c in copies}
    top = {id(s) for s in names.tree.body}

    def harmless(binding: Binding) -> bool:
        # The very class that would be imported: `from shared import X` above a copy of X.
        above = binding.source in same and binding.line < first
        return id(binding.node) in own or (above and id(binding.node) in top)

    for binding in names.bindings.get(name, []):
        if not harmless(binding):
            message = f"`{name}` is bound again on line {binding.line}"
            yield Reason(Code.REBOUND, binding.line, message)


def _all_or_none(decisions: list[Decision]) -> list[Decision]:
    """Refuse a copy at the top of the module where another one of its name there differs."""
    at_top = [d for d in decisions if not any(r.code is Code.NESTED for r in d.reasons)]
    by_name: dict[str, dict[str | None, Decision]] = {}
    for decision in at_top:
        by_name.setdefault(decision.definition.class_name, {})[decision.shared_name] = decision
    result = []
    for decision in decisions:
        others = dict(by_name.get(decision.definition.class_name, {}))
        others.pop(decision.shared_name, None)
        if decision.verdict is Verdict.REPLACE and others:
            line = next(iter(others.values())).definition.line
            message = f"the definition on line {line} is another one: all or none"
            decision = _refuse(decision, Reason(Code.REBOUND, line, message))
        result.append(decision)
    return result


def _one_class_each(
    decisions: list[Decision], module: _Module, target: Target
) -> Iterator[Decision]:
    """Refuse copies that would become one class where the file tells them from each other."""
    classes = {n: r.shared_name for r in target.shapes for n in (r.shared_name, *r.aliases)}
    imports = {f"from {target.module} import {n}": shared for n, shared in classes.items()}
    names: dict[str, set[str]] = {}  # of each shared class, in this file
    for decision in decisions:
        if decision.shared_name is not None:
            shared = classes[decision.shared_name]
            names.setdefault(shared, set()).add(decision.definition.class_name)
    for name, bindings in module.names.bindings.items():
        for source in (b.source for b in bindings if b.source in imports):
            names.setdefault(imports[source or ""], set()).add(name)
    told_apart = {
        shared: line
        for shared, local_names in names.items()
        if len(local_names) > 1
        and (line := _first_telling_apart(module.names, local_names)) is not None
    }
    for decision in decisions:
        line = told_apart.get(classes.get(decision.shared_name or "", ""))
        if decision.verdict is Verdict.REPLACE and line is not None:
            message = "the file tells apart two classes that would be one and the same"
            decision = _refuse(decision, Reason(Code.INTROSPECTED, line, message))
        yield decision


def _first_telling_apart(names: ModuleNames, class_names: set[str]) -> int | None:
    """Give the first line that may give another result when two classes are one.

    Making an instance, annotating and deriving do not tell classes apart; a class as a value may.
    """
    harmless: set[int] = set()
    for node in walk(names.tree):
        match node:
            case ast.Call(func=value) | ast.AnnAssign(annotation=value):
                harmless.add(id(value))
            case ast.arg(annotation=ast.expr() as value):
                harmless.update(id(n) for n in walk(value))
            case (
                ast.FunctionDef(returns=ast.expr() as value)
                | ast.AsyncFunctionDef(returns=ast.expr() as value)
            ):
                harmless.update(id(n) for n in walk(value))
            case ast.ClassDef(bases=[value]):
                harmless.add(id(value))
    mentions = (n for name in class_names for n in names.mentions.get(name, []))
    lines = [n.lineno for n in mentions if id(n) not in harmless]
    lines += [n.lineno for n in walk(names.tree) if _compares_types(n)]
    return min(lines, default=None)


def _compares_types(node: ast.AST) -> TypeGuard[ast.Compare]:
    if not isinstance(node, ast.Compare):
        return False
    parts = [node.left, *node.comparators]
    return any(isinstance(p, ast.Call) and ast.unparse(p.func) == "type" for p in parts)


def _refuse(decision: Decision, reason: Reason) -> Decision:
    return Decision(decision.definition, Verdict.REFUSE, None, (reason,))
