"""A module -> a `Decision` for each local definition of a shared name. `ast` only."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from codemods.engine.codemod import ParsedModule
from codemods.engine.codemod import refuse as refused
from codemods.engine.names import Binding, bound_names, own_nodes, run_here
from codemods.engine.rows import first_line, last_line
from codemods.engine.scopes import (
    DEFINITIONS,
    FUNCTIONS,
    free_names,
    local_names,
)
from codemods.engine.scopes import (
    Definition as DefinitionNode,
)
from codemods.engine.walk import BLOCKS, walk, walk_statements
from codemods.model import Code, Decision, Definition, Reason, Verdict
from codemods.rewrites.replace_local_copies.closure import Globals
from codemods.rewrites.replace_local_copies.collected import (
    has_rewritten_asserts,
    is_test_function,
    test_in,
    tests_derived_from,
)
from codemods.rewrites.replace_local_copies.equality import (
    Normal,
    first_difference,
    has_annotations,
    has_common_part,
    has_future_annotations,
    is_mark,
    is_marked_as_no_test,
)
from codemods.rewrites.replace_local_copies.escape import (
    ASKING,
    RAISING,
    Escape,
    Parents,
    last_name,
)
from codemods.rewrites.replace_local_copies.shared import (
    Shared,
    SharedDefinition,
    bare,
    import_of,
    is_builtin,
    is_called_by_name,
)
from codemods.rewrites.replace_local_copies.sharing import asserts, reasons_not_to_share

_LOOPS = (ast.For, ast.AsyncFor, ast.While)

#: Reasons from other files, by the names of the definitions that they are about.
FromOutside = Mapping[str, tuple[Reason, ...]]


@dataclass
class Local:
    """One local definition of a shared name.

    `around` are the statements that it stands in, the outermost first; `shared` is the definition
    that it is equal to but for what names mean, None where there is none. `is_read` tells whether
    something may read its docstring and annotations, which count then.
    """

    node: DefinitionNode
    around: tuple[ast.AST, ...]
    normal: Normal
    shared: SharedDefinition | None = None
    reasons: list[Reason] = field(default_factory=list)
    is_read: bool = False

    @property
    def name(self) -> str:
        """The local name."""
        return self.node.name

    @property
    def function(self) -> ast.AST | None:
        """The innermost function or class that it stands in, None for the module."""
        scopes = [a for a in self.around if isinstance(a, DEFINITIONS)]
        return scopes[-1] if scopes else None

    @property
    def is_copy(self) -> bool:
        """Whether it is to be replaced, as far as is known."""
        return self.shared is not None and not self.reasons


def decide(
    module: ParsedModule, shared: Shared, from_outside: FromOutside
) -> tuple[tuple[Local, ...], tuple[Decision, ...]]:
    """Decide on each local definition of a shared name.

    Args:
        module: the file.
        shared: the definitions of the shared modules.
        from_outside: what forbids the replacement for what other files do.

    Returns:
        The definitions to be replaced, and the decision on each one, in the order of the file.

    """
    return _Decider(module, shared, from_outside).decided()


def undefined_names(module: ParsedModule, shared: Shared) -> tuple[Reason, ...]:
    """Return a warning for each shared class that the file uses and nothing in it binds."""
    defined = {s.name for s in module.tree.body if isinstance(s, DEFINITIONS)}
    classes = {
        d.name
        for definitions in shared.by_name.values()
        for d in definitions
        if isinstance(d.node, ast.ClassDef)
        and d.name not in defined
        and d.name.encode() in module.source
    }
    if not classes or module.names.stars:
        return ()
    names = module.names
    read = {
        name: [m.lineno for m in names.mentions.get(name, ()) if isinstance(m.ctx, ast.Load)]
        for name in classes
        if name not in names.bindings
    }
    found = sorted((lines[0], name) for name, lines in read.items() if lines)
    message = "is used and nothing in the file defines it"
    return tuple(Reason(Code.UNDEFINED_NAME, n, f"`{name}` {message}") for n, name in found)


class _Decider:
    def __init__(self, module: ParsedModule, shared: Shared, from_outside: FromOutside) -> None:
        self._module = module
        self._shared = shared
        self._from_outside = from_outside
        self._is_builtin = is_builtin(module.names)
        self._chosen: dict[str, list[SharedDefinition]] = {}
        self._escapes: dict[tuple[str, int], tuple[Escape, tuple[Reason, ...]]] = {}
        self._names_in: dict[int, set[str]] = {}
        self._derived: dict[str, tuple[Reason, ...]] = {}
        stems = {m.name.rpartition(".")[2] for m in shared.modules.modules}
        self._globals = Globals(module.names, frozenset({module.stem, *stems}))

    def decided(self) -> tuple[tuple[Local, ...], tuple[Decision, ...]]:
        found = [self._judged(node, around) for node, around in self._definitions()]
        locals_ = [one for one in found if one.reasons or one.shared is not None]
        self._drop_inner(locals_)
        same: dict[tuple[str, int], list[Local]] = defaultdict(list)
        for one in locals_:
            same[one.name, id(one.function)].append(one)
        for one in locals_:
            if one.is_copy:
                one.reasons.extend(self._uses(one, same[one.name, id(one.function)]))
        self._compare_globals(locals_)
        locals_.sort(key=lambda one: (one.node.lineno, one.node.col_offset))
        self._tell_apart(locals_)
        copies = tuple(one for one in locals_ if one.is_copy)
        return copies, tuple(map(self._decision, locals_))

    def _definitions(self) -> Iterator[tuple[DefinitionNode, tuple[ast.AST, ...]]]:
        """Yield each definition of a shared name, with the statements that it stands in."""
        pending: list[tuple[ast.AST, tuple[ast.AST, ...]]] = [
            (s, ()) for s in reversed(self._module.tree.body)
        ]
        while pending:
            node, around = pending.pop()
            if isinstance(node, DEFINITIONS) and bare(node.name) in self._shared.by_name:
                yield node, around
            for block in BLOCKS[node.__class__]:
                pending.extend((child, (*around, node)) for child in reversed(getattr(node, block)))

    def _judged(self, node: DefinitionNode, around: tuple[ast.AST, ...]) -> Local:
        """Compare one definition with the shared ones, and look at what it does itself."""
        local = Local(node, around, Normal(node, self._is_builtin))
        local.shared = self._best(local.normal)
        is_method = (
            bool(around) and isinstance(around[-1], ast.ClassDef) and isinstance(node, FUNCTIONS)
        )
        if local.shared is None:
            if not is_method:
                local.reasons.extend(self._why_it_differs(local))
            return local
        line = self._test_in(local)
        if line is not None:
            message = "pytest may collect it, or tests in it"
            local.reasons.append(Reason(Code.PYTEST_TESTS, line, message))
        if is_called_by_name(node.name):
            message = "it is called by its name, in the module that it stands in"
            local.reasons.append(Reason(Code.CALLED_BY_NAME, node.lineno, message))
        names, known = self._module.names, self._shared
        local.reasons.extend(reasons_not_to_share(node, names, known.harmless, known.classes))
        local.reasons.extend(self._assertions(local, local.shared))
        local.reasons.extend(self._annotations(local, local.shared))
        if local.around:
            local.reasons.extend(_captures(local, self._local_names))
            local.reasons.extend(self._executions(local))
        local.reasons.extend(self._outside(local, local.shared))
        return local

    def _test_in(self, local: Local) -> int | None:
        module, tests = self._module, self._shared.modules.tests
        return test_in(local.node, module.names, module.path, tests, is_nested=bool(local.around))

    def _executions(self, local: Local) -> Iterator[Reason]:
        """Yield why it matters when, and how often, a nested definition is executed.

        Each execution makes another object; the shared one is made once, by the first import.
        """
        node = local.node
        within = next((a for a in local.around if isinstance(a, ast.With | ast.AsyncWith)), None)
        if within is not None:
            message = f"the `with` of line {within.lineno} sees its definition"
            yield Reason(Code.NESTED, node.lineno, message)
        if b"<locals>" in self._module.source:
            message = "the file spells out `<locals>`, which its `__qualname__` would lack"
            yield Reason(Code.NESTED, node.lineno, message)
        functions = [a for a in local.around if isinstance(a, FUNCTIONS)]
        once = all(is_test_function(f.name, self._shared.modules.tests) for f in functions)
        if once and not any(isinstance(a, _LOOPS) for a in local.around):
            return
        if isinstance(node, ast.ClassDef) and not _is_plain(node):
            message = "it is executed more than once, and what may compare or catch its classes"
            yield Reason(Code.NESTED, node.lineno, f"{message} would find one")
        above = functions[-1] if functions else self._module.tree
        nodes = list(ast.walk(above))
        called = {id(n.func) for n in nodes if isinstance(n, ast.Call)}
        mentions = [n for n in nodes if isinstance(n, ast.Name) and n.id == local.name]
        for mention in mentions:
            if id(mention) not in called:
                message = "it is executed more than once, and more than called"
                yield Reason(Code.ESCAPES, mention.lineno, message)
                return

    def _outside(self, local: Local, shared: SharedDefinition) -> Iterator[Reason]:
        """Yield what other files say; their tests are hidden by ``__test__ = False`` alone."""
        hides = isinstance(local.node, ast.ClassDef) and _hides_tests(local.node, shared.node)
        for reason in self._from_outside.get(local.name, ()):
            if hides or reason.code is not Code.SUBCLASS_OF_TESTS:
                yield reason

    def _has_same_builtins(
        self, reads: Iterable[str], shared: SharedDefinition, others: Iterable[str]
    ) -> bool:
        """Whether no name stands for two builtins, ``min`` here and ``max`` there."""
        there = is_builtin(shared.names)
        return all(
            name == other or not (self._is_builtin(name) and there(other))
            for name, other in zip(reads, others, strict=True)
        )

    def _best(self, normal: Normal) -> SharedDefinition | None:
        """Choose among equal shared definitions: the one of the local name where there is one."""
        reads = normal.shape.reads

        def differs(shared: SharedDefinition) -> bool:
            others = shared.normal.shape.reads
            copies = self._possible_copies(reads, shared, others)
            return self._globals.difference(1, reads, shared, others, copies) is not None

        nearest = self._nearest(normal)
        return min(nearest, key=differs) if len(nearest) > 1 else next(iter(nearest), None)

    def _nearest(self, normal: Normal) -> list[SharedDefinition]:
        """Return the equal definitions of the same name, else those of it but for underscores.

        Of a wholly other name only plain classes: what is derived or decorated may tell its name,
        as the ``repr`` of a dataclass does, and so do many who are passed a function.
        """
        shape, name = normal.shape, normal.node.name
        equal = [
            d
            for d in self._shared.by_key.get(shape.key, [])
            if (bare(d.name) == bare(name) or _is_plain(d.node))
            and self._has_same_builtins(shape.reads, d, d.normal.shape.reads)
        ]

        def distance(shared: SharedDefinition) -> tuple[bool, bool]:
            return shared.name != name, bare(shared.name) != bare(name)

        least = min(map(distance, equal), default=None)
        return [d for d in equal if distance(d) == least]

    def _possible_copies(
        self, reads: Iterable[str], shared: SharedDefinition, others: Iterable[str]
    ) -> dict[str, SharedDefinition]:
        """Return what the definitions that a copy reads may be copies of, if it is one itself."""
        found = {}
        for name, other in zip(reads, others, strict=True):
            wanted = shared.meaning_of(other)
            for definition in self._may_copy(name):
                if definition.meaning == wanted:
                    found[name] = definition
        return found

    def _may_copy(self, name: str) -> list[SharedDefinition]:
        """Return what a definition of the module's body may be a copy of: one, but for circles."""
        if name not in self._chosen:
            normal = self._at_top.get(name)
            self._chosen[name] = [] if normal is None else self._nearest(normal)
            if len(self._chosen[name]) > 1:
                assert normal is not None
                best = self._best(normal)
                self._chosen[name] = [best] if best is not None else []
        return self._chosen[name]

    @cached_property
    def _at_top(self) -> dict[str, Normal]:
        """The definitions of the module's body that have a shared name."""
        nodes = [s for s in self._module.tree.body if isinstance(s, DEFINITIONS)]
        return {
            node.name: Normal(node, self._is_builtin)
            for node in nodes
            if bare(node.name) in self._shared.by_name
        }

    def _why_it_differs(self, local: Local) -> Iterator[Reason]:
        """Yield why a definition is equal to no shared one."""
        node = local.node
        line = self._test_in(local)
        if line is not None:
            yield Reason(Code.PYTEST_TESTS, line, "pytest may collect it, or tests in it")
            return
        namesakes = self._shared.by_name[bare(node.name)]
        swallowed = _swallowed(node, {m.name for d in namesakes for m in d.normal.members})
        if swallowed is not None:
            yield swallowed
            return
        alike = [d for d in namesakes if has_common_part(local.normal, d.normal)]
        if not alike:
            message = f"it shares the name with `{namesakes[0].module.name}`, and no code"
            yield Reason(Code.SAME_NAME_ONLY, node.lineno, message)
            return
        best = max(alike, key=lambda d: len(local.normal.parts & d.normal.parts))
        line, message = first_difference(local.normal, best.normal)
        where = f"`{best.name}`, line {best.node.lineno} of {best.module.name}"
        yield Reason(Code.DIFFERENT_SHAPE, line, f"{message} ({where})")

    def _assertions(self, local: Local, shared: SharedDefinition) -> Iterator[Reason]:
        line = asserts(local.node)
        rewritten = has_rewritten_asserts(self._module.path, self._shared.modules.tests)
        if line is not None and rewritten and not shared.module.rewrites_asserts:
            message = (
                "pytest explains its assertions here, and would not in "
                f"{shared.module.name}: let the root conftest.py call "
                f'`pytest.register_assert_rewrite("{shared.module.name}")`'
            )
            yield Reason(Code.ASSERTS, line, message)

    def _annotations(self, local: Local, shared: SharedDefinition) -> Iterator[Reason]:
        if local.normal.is_read or shared.normal.is_read:
            yield from self._texts(local, shared)
        if is_marked_as_no_test(local.node) and not is_marked_as_no_test(shared.node):
            message = "it has `__test__ = False`, and the shared definition has not"
            yield Reason(Code.DIFFERENT_SHAPE, local.node.lineno, message)

    def _texts(self, local: Local, shared: SharedDefinition) -> Iterator[Reason]:
        here = has_future_annotations(self._module.tree)
        if here != shared.has_future_annotations and has_annotations(local.node):
            message = "annotations are text in one of the two files, by `from __future__ import`"
            yield Reason(Code.DIFFERENT_SHAPE, local.node.lineno, message)

    # What the file does with it

    def _uses(self, local: Local, same: list[Local]) -> Iterator[Reason]:
        """Yield what the file does with a definition, of which `same` are all of its scope."""
        assert local.shared is not None
        other = next((o for o in same if not _is_same(o, local)), None)
        if other is not None:
            message = f"the definition on line {other.node.lineno} is another one: all or none"
            yield Reason(Code.REBOUND, other.node.lineno, message)
            return
        renamed = local.shared.real_name != local.name
        key = local.name, id(local.function)
        if key not in self._escapes:
            escape = Escape(
                self._module,
                self._parents,
                [o.node for o in same],
                local.function,
                is_renamed=renamed,
                tests=self._shared.modules.tests,
            )
            self._escapes[key] = escape, (*self._rebound(local, same), *escape.reasons())
        escape, reasons = self._escapes[key]
        yield from reasons
        yield from self._told(local, escape)
        if isinstance(local.node, ast.ClassDef) and _hides_tests(local.node, local.shared.node):
            yield from self._tests_derived_from(local.name)
        elif _marks(local.node) != _marks(local.shared.node):
            for reason in self._tests_derived_from(local.name):
                message = "a subclass may have tests, which have its marks"
                yield reason._replace(message=message)
        if renamed and _reads_names(local.node):
            message = f"it reads its own name, which is `{local.shared.real_name}` there"
            yield Reason(Code.DIFFERENT_SHAPE, local.node.lineno, message)
        # Underscores in front of the name of a class are no part of its private names.
        if bare(local.shared.real_name) != bare(local.name) and _has_private_names(local.node):
            message = f"its private names would begin with `_{local.shared.real_name}`"
            yield Reason(Code.DIFFERENT_SHAPE, local.node.lineno, message)

    def _tests_derived_from(self, name: str) -> tuple[Reason, ...]:
        if name not in self._derived:
            found = tests_derived_from(name, self._module.tree, self._shared.modules.tests)
            self._derived[name] = tuple(found)
        return self._derived[name]

    def _told(self, local: Local, escape: Escape) -> Iterator[Reason]:
        """Yield why docstrings and annotations count after all, and differ."""
        assert local.shared is not None
        if isinstance(local.node, ast.ClassDef):
            line, what = escape.first_read, "may read them"
        else:
            line, what = escape.first_use_as_value, "passes it on"
        if line is None:
            return
        local.is_read = True
        mine, theirs = local.normal.exact, local.shared.normal.exact
        is_annotated = mine.key != local.normal.shape.key
        if mine.key != theirs.key or not self._has_same_builtins(
            mine.reads, local.shared, theirs.reads
        ):
            message = f"line {line} {what}, and its docstring or annotations differ"
            yield Reason(Code.DIFFERENT_SHAPE, local.node.lineno, message)
        elif is_annotated and not local.normal.is_read:
            yield from self._texts(local, local.shared)

    def _rebound(self, local: Local, same: Iterable[Local]) -> Iterator[Reason]:
        """Yield the other places that bind the name."""
        own = {id(o.node) for o in same}
        assert local.shared is not None
        if local.function is None:
            bindings = self._module.names.bindings.get(local.name, [])
            first = min(o.node.lineno for o in same)

            def harmless(binding: Binding) -> bool:
                # The very definition that would be imported, above the copy of it.
                assert local.shared is not None
                above = binding.source == local.shared.meaning.text and binding.line < first
                return id(binding.node) in own or (above and id(binding.node) in self._body)

            lines = [b.line for b in bindings if not harmless(b)]
            if any(local.around) and self._module.names.stars:
                lines += self._module.names.stars
        else:
            lines = [
                getattr(n, "lineno", local.node.lineno)
                for n in walk(*local.function.body)  # type: ignore[attr-defined]
                if id(n) not in own and _binds(n, local.name)
            ]
        for line in lines:
            yield Reason(Code.REBOUND, line, f"`{local.name}` is bound again on line {line}")

    def _local_names(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
        if id(function) not in self._names_in:
            self._names_in[id(function)] = local_names(function)
        return self._names_in[id(function)]

    @cached_property
    def _body(self) -> set[int]:
        return set(map(id, self._module.tree.body))

    @cached_property
    def _parents(self) -> Parents:
        return Parents(self._module.tree)

    # Together

    def _drop_inner(self, locals_: list[Local]) -> None:
        """Forget the definitions inside of one that is replaced as a whole."""
        copies = {id(one.node) for one in locals_ if one.is_copy}
        locals_[:] = [one for one in locals_ if not any(id(a) in copies for a in one.around)]

    def _compare_globals(self, locals_: Iterable[Local]) -> None:
        """Refuse each copy that reads a global of another meaning, until no more is refused."""
        while True:
            copies = [one for one in locals_ if one.is_copy]
            known = {one.name: one.shared for one in copies if one.function is None and one.shared}
            refused_ones = 0
            for one in copies:
                assert one.shared is not None
                mine, theirs = one.normal, one.shared.normal
                pairs = [(mine.shape.reads, theirs.shape.reads)]
                if mine.is_read or one.is_read:
                    pairs.append((mine.exact.reads, theirs.exact.reads))
                    pairs.append((mine.quoted, theirs.quoted))
                for reads, others in pairs:
                    is_late = any(isinstance(a, FUNCTIONS) for a in one.around)
                    reason = self._globals.difference(
                        one.node.lineno, reads, one.shared, others, known, is_late=is_late
                    )
                    if reason is not None:
                        one.reasons.append(reason)
                        refused_ones += 1
                        break
            if not refused_ones:
                return

    def _tell_apart(self, locals_: Iterable[Local]) -> None:
        """Refuse copies that would be one class, where the file compares or catches classes."""
        classes = [
            (one, one.shared)
            for one in locals_
            if one.is_copy and one.shared is not None and isinstance(one.node, ast.ClassDef)
        ]
        places: dict[int, set[tuple[str, int]]] = {
            identity: {(name, id(None)) for name in self._imported_names(shared)}
            for identity, shared in {id(its.node): its for _, its in classes}.items()
        }
        for one, its in classes:
            places[id(its.node)].add((one.name, id(one.function)))
        for one, its in classes:
            if len(places[id(its.node)]) > 1 and self._first_type_check is not None:
                message = "the file tells apart two classes that would be one"
                one.reasons.append(Reason(Code.ESCAPES, self._first_type_check, message))

    def _imported_names(self, shared: SharedDefinition) -> set[str]:
        """Return the names by which the file has imported a shared definition."""
        texts = {
            import_of(d.module.name, d.name).text
            for d in self._shared.definitions
            if d.node is shared.node
        }
        bindings = self._module.names.bindings.items()
        return {name for name, found in bindings if any(b.source in texts for b in found)}

    @cached_property
    def _first_type_check(self) -> int | None:
        """The line of the first place that asks of which class something is."""
        names = self._module.names
        compared = [n for n in names.of_kind(ast.Compare) if _compares_types(n)]
        asked = [c for c in names.of_kind(ast.Call) if last_name(c.func) in ASKING | RAISING]
        lines = [n.lineno for n in [*compared, *asked]]
        lines += [n.lineno for n in names.of_kind(ast.MatchClass)]
        lines += [n.lineno for n in names.of_kind(ast.ExceptHandler)]
        return min(lines, default=None)

    def _decision(self, local: Local) -> Decision:
        node = local.node
        kind = "class" if isinstance(node, ast.ClassDef) else "function"
        definition = Definition(node.name, kind, first_line(node), last_line(node))
        if not local.is_copy:
            decision = Decision(definition, Verdict.REFUSE, None, ())
            return refused(decision, *dict.fromkeys(local.reasons))
        assert local.shared is not None
        shared = local.shared.module.name, local.shared.name
        reads = frozenset(local.normal.shape.reads)
        return Decision(definition, Verdict.REPLACE, shared, (), reads)


def _is_plain(node: DefinitionNode) -> bool:
    """Whether it is a class with nothing but its body, and perhaps the base `object`."""
    return (
        isinstance(node, ast.ClassDef)
        and not node.keywords
        and all(isinstance(base, ast.Name) and base.id == "object" for base in node.bases)
        and all(map(is_mark, node.decorator_list))
    )


def _is_same(one: Local, other: Local) -> bool:
    return one.is_copy and one.shared == other.shared


def _swallowed(node: DefinitionNode, copied: set[str]) -> Reason | None:
    """Return the first definition or import in a method that does not belong there.

    A method of its own may well import; one that the shared class has too has swallowed it.
    """
    if not isinstance(node, ast.ClassDef):
        return None
    for method in node.body:
        if not isinstance(method, FUNCTIONS):
            continue
        for inner in walk_statements(method.body):
            if isinstance(inner, DEFINITIONS):
                message = f"`{inner.name}` is defined inside its method `{method.name}`"
            elif isinstance(inner, ast.Import | ast.ImportFrom) and method.name in copied:
                message = f"its method `{method.name}` holds `{ast.unparse(inner)}`"
            else:
                continue
            return Reason(Code.SWALLOWED_CODE, inner.lineno, message)
    return None


def _captures(
    local: Local, names_in: Callable[[ast.FunctionDef | ast.AsyncFunctionDef], set[str]]
) -> Iterator[Reason]:
    """Yield the names that a nested definition takes from the functions around it."""
    free = _free_of(local.node) - {local.name}
    for around in local.around:
        if isinstance(around, FUNCTIONS):
            for name in sorted(free & names_in(around)):
                message = f"it uses `{name}` of the function `{around.name}` that it stands in"
                yield Reason(Code.NESTED, local.node.lineno, message)
    above = local.function
    if isinstance(above, ast.ClassDef):
        # What is nested deeper does not see the names of a class.
        executed = {n.id for n in walk(*run_here(local.node)) if isinstance(n, ast.Name)}
        bound = {name for n in own_nodes(above.body) for name, _ in bound_names(n)}
        for name in sorted((executed & bound & free) - {local.name}):
            message = f"it uses `{name}` of the class `{above.name}` that it stands in"
            yield Reason(Code.NESTED, local.node.lineno, message)
    if isinstance(local.function, ast.ClassDef) and local.name in _free_of(local.node):
        message = f"`{local.name}` in it does not mean itself, as it stands in a class"
        yield Reason(Code.NESTED, local.node.lineno, message)
    in_class = any(isinstance(a, ast.ClassDef) for a in local.around)
    if in_class and (_has_private_names(local.node) or _uses_class_cell(local.node)):
        message = "its private names or `super()` mean the class that it stands in"
        yield Reason(Code.NESTED, local.node.lineno, message)


def _free_of(node: DefinitionNode) -> set[str]:
    return set(free_names(node).nodes.values())


def _has_private_names(node: ast.AST) -> bool:
    """Whether names in it are mangled in a class.

    https://docs.python.org/3/reference/expressions.html#private-name-mangling
    """
    texts = (getattr(n, key, "") for n in walk(node) for key in ("id", "attr", "arg", "name"))
    return any(isinstance(t, str) and t.startswith("__") and not t.endswith("__") for t in texts)


def _reads_names(node: ast.AST) -> bool:
    """Whether something in a definition reads the name of a class or function."""
    attributes = (n.attr for n in walk(node) if isinstance(n, ast.Attribute))
    return not {"__name__", "__qualname__"}.isdisjoint(attributes)


def _uses_class_cell(node: DefinitionNode) -> bool:
    names = (n.id for n in walk(node) if isinstance(n, ast.Name))
    return isinstance(node, FUNCTIONS) and not {"super", "__class__"}.isdisjoint(names)


def _hides_tests(one: DefinitionNode, other: DefinitionNode) -> bool:
    """Whether pytest collects nothing of the subclasses of the other class, but of this one."""
    classes = isinstance(one, ast.ClassDef) and isinstance(other, ast.ClassDef)
    return classes and is_marked_as_no_test(other) and not is_marked_as_no_test(one)


def _marks(node: DefinitionNode) -> set[str]:
    """Return the marks of a definition: the tests of a subclass have them too."""
    return {ast.unparse(d) for d in node.decorator_list if is_mark(d)}


def _binds(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Global | ast.Nonlocal):
        return name in node.names
    return any(bound == name for bound, _ in bound_names(node))


def _compares_types(node: ast.Compare) -> bool:
    parts = [node.left, *node.comparators]
    return any(isinstance(n, ast.Call | ast.Attribute) and _is_type(n) for n in parts)


def _is_type(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="type")) | ast.Attribute(attr="__class__"):
            return True
    return False
