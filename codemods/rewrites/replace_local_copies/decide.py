"""A module -> a `Decision` for each local definition of a shared name. `ast` only."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from codemods.engine.codemod import ParsedModule
from codemods.engine.codemod import refuse as refused
from codemods.engine.names import BINDING, Binding, Meaning, ModuleNames, bound_names
from codemods.engine.rows import first_line, last_line
from codemods.engine.scopes import DEFINITIONS, FUNCTIONS, free_names
from codemods.engine.scopes import Definition as DefinitionNode
from codemods.engine.text import lines_of, reason_at
from codemods.engine.walk import BLOCKS, walk
from codemods.model import Code, Decision, Definition, Reason, Verdict
from codemods.rewrites.collected import (
    is_mark,
    kind_of,
    tests_derived_from,
)
from codemods.rewrites.others import FromOutside
from codemods.rewrites.replace_local_copies.apart import told_apart
from codemods.rewrites.replace_local_copies.closure import Globals
from codemods.rewrites.replace_local_copies.comments import lost_comments
from codemods.rewrites.replace_local_copies.differs import tests_in, why_it_differs
from codemods.rewrites.replace_local_copies.equality import (
    Normal,
    has_annotations,
    has_future_annotations,
    is_marked_as_no_test,
)
from codemods.rewrites.replace_local_copies.escape import Escape
from codemods.rewrites.replace_local_copies.local import Local, has_private_names, is_plain
from codemods.rewrites.replace_local_copies.nested import reasons_to_stay_inside
from codemods.rewrites.replace_local_copies.parents import Parents
from codemods.rewrites.replace_local_copies.shared import (
    Shared,
    SharedDefinition,
    bare,
    is_called_by_name,
)
from codemods.rewrites.replace_local_copies.sharing import (
    asserts,
    first_act,
    reasons_not_to_share,
)
from codemods.rewrites.replace_local_copies.told import may_match, module_filtered_by, short


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
        name: [m for m in names.mentions.get(name, ()) if isinstance(m.ctx, ast.Load)]
        for name in classes
        if name not in names.bindings
    }
    found = sorted((m[0] for m in read.values() if m), key=lambda m: (m.lineno, m.id))
    message = "is used and nothing in the file defines it"
    return tuple(reason_at(m, Code.UNDEFINED_NAME, f"`{m.id}` {message}") for m in found)


class _Decider:
    def __init__(self, module: ParsedModule, shared: Shared, from_outside: FromOutside) -> None:
        self._module = module
        self._shared = shared
        self._from_outside = from_outside
        stems = {m.name.rpartition(".")[2] for m in shared.modules.modules}
        self._globals = Globals(module.names, frozenset({module.stem, *stems}))

    @cached_property
    def _lines(self) -> list[str]:
        return lines_of(self._module.text)

    def decided(self) -> tuple[tuple[Local, ...], tuple[Decision, ...]]:
        found = [
            Local(node, around, normal, self._nearest(normal))
            for node, around in self._definitions()
            for normal in [Normal(node, self._module.names.is_builtin)]
        ]
        self._choose(found)
        for one in found:
            one.reasons.extend(self._judge(one))
        locals_ = [one for one in found if one.reasons or one.shared is not None]
        self._drop_inner(locals_)
        same: dict[tuple[str, ast.AST | None], list[Local]] = defaultdict(list)
        for one in locals_:
            same[one.name, one.function].append(one)
        # One name after the other: what the whole file does with it is looked for once.
        groups = [group for _, group in sorted(same.items(), key=lambda item: item[0][0])]
        for group in groups:
            self._look_at_uses(group)
        locals_.sort(key=lambda one: (one.node.lineno, one.node.col_offset))
        self._refuse_dependents(locals_, groups)
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

    def _judge(self, local: Local) -> Iterator[Reason]:
        """Compare one definition with the shared ones, and look at what it does itself."""
        node = local.node
        if local.shared is None:
            is_method = isinstance(node, FUNCTIONS) and isinstance(local.function, ast.ClassDef)
            if not is_method:
                yield why_it_differs(local, self._module, self._shared)
            return
        test = tests_in(local, self._module, self._shared.modules.tests)
        if test is not None:
            yield test
        if is_called_by_name(node.name):
            message = "it is called by its name, in the module that it stands in"
            yield Reason(Code.CALLED_BY_NAME, node.lineno, message)
        names, known = self._module.names, self._shared
        yield from reasons_not_to_share(node, names, known.harmless, known.classes)
        yield from self._assertions(local, local.shared)
        yield from self._annotations(local, local.shared)
        yield from self._filtered(node, local.shared)
        if local.around:
            tests, harmless = self._shared.modules.tests, self._shared.harmless
            yield from reasons_to_stay_inside(local, self._module, tests, harmless)
        yield from self._outside(local, local.shared)

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
        here, there = self._module.names.is_builtin, shared.names.is_builtin
        return all(
            name == other or not (here(name) and there(other))
            for name, other in zip(reads, others, strict=True)
        )

    def _nearest(self, normal: Normal) -> list[SharedDefinition]:
        """Return the equal definitions of the same name, else those of it but for underscores.

        Of a wholly other name only plain classes: what is derived or decorated may tell its name,
        as the ``repr`` of a dataclass does, and so do many who are passed a function.
        """
        shape, name = normal.shape, normal.node.name
        equal = [
            d
            for d in self._shared.by_key.get(shape.key, [])
            if (bare(d.name) == bare(name) or is_plain(d.node))
            and self._has_same_builtins(shape.reads, d, d.normal.shape.reads)
        ]

        def distance(shared: SharedDefinition) -> tuple[bool, bool]:
            return shared.name != name, bare(shared.name) != bare(name)

        least = min(map(distance, equal), default=None)
        return [d for d in equal if distance(d) == least]

    def _choose(self, locals_: Iterable[Local]) -> None:
        """Choose among equal shared definitions by what their globals mean.

        What a copy reads may be a copy of one of several itself: each choice narrows the others.
        """
        undecided = [one for one in locals_ if len(one.candidates) > 1]
        while undecided:
            known = self._meanings(locals_)
            for one in undecided:
                one.candidates = [
                    d for d in one.candidates if self._difference(one, d, known) is None
                ] or one.candidates[:1]
            left = [one for one in undecided if len(one.candidates) > 1]
            if len(left) == len(undecided):
                left[0].candidates = left[0].candidates[:1]
            undecided = left

    def _meanings(self, copies: Iterable[Local]) -> dict[str, set[Meaning]]:
        """Return what the names of copies in the module's body stand for, once replaced."""
        found: dict[str, set[Meaning]] = {}
        for one in copies:
            if one.function is None:
                found.setdefault(one.name, set()).update(d.meaning for d in one.candidates)
        return found

    def _difference(
        self, local: Local, shared: SharedDefinition, known: Mapping[str, Collection[Meaning]]
    ) -> Reason | None:
        """Return the first global that means something else than in the shared module."""
        is_late = any(isinstance(a, FUNCTIONS) for a in local.around)
        for reads, others in _reads(local, shared):
            reason = self._globals.difference(
                local.node.lineno, reads, shared, others, known, is_late=is_late
            )
            if reason is not None:
                return reason
        if local.function is None and local.reads_itself:
            line = self._globals.first_replacement(local.name, anywhere=is_late, is_module=False)
            if line is not None:
                message = f"it reads `{local.name}`, itself, which line {line} may replace"
                return Reason(Code.DIFFERENT_GLOBALS, line, message)
        return None

    def _assertions(self, local: Local, shared: SharedDefinition) -> Iterator[Reason]:
        line = asserts(local.node)
        rewritten = self._shared.modules.tests.loads(self._module.path)
        if line is not None and rewritten and not shared.module.rewrites_asserts:
            message = (
                "pytest explains its assertions here, and would not in "
                f"{shared.module.name}: let the root conftest.py call "
                f'`pytest.register_assert_rewrite("{shared.module.name}")`'
            )
            yield Reason(Code.ASSERTS, line, message)

    def _filtered(self, node: DefinitionNode, shared: SharedDefinition) -> Iterator[Reason]:
        for text in self._shared.modules.filters:
            pattern = module_filtered_by(text)
            if may_match(pattern, self._module.path) != may_match(pattern, shared.module.name):
                message = f"pytest filters the warnings of one of the two modules, by `{text}`"
                yield Reason(Code.MODULE_DEPENDENT, node.lineno, message)

    def _acting(self, node: DefinitionNode, shared: SharedDefinition) -> Reason | None:
        """Return what happens when the shared module is imported, if this file is to begin that."""
        act, name = first_act(shared.names), shared.module.name
        if act is None or _imports(self._module.names, name):
            return None
        message = (
            f"line {act.lineno} of {name} acts when that is imported, which this file does not do "
            f"yet: `{short(act)}`; move it to a conftest.py"
        )
        return Reason(Code.ACTS_WHEN_DEFINED, node.lineno, message)

    def _annotations(self, local: Local, shared: SharedDefinition) -> Iterator[Reason]:
        mine, theirs = local.normal, shared.normal
        if mine.is_read or theirs.is_read:
            yield from self._texts(local, shared)
            if mine.exact.key != theirs.exact.key and mine.quoted != theirs.quoted:
                message = "its annotations, of which a decorator in it may read some, differ"
                yield Reason(Code.DIFFERENT_SHAPE, local.node.lineno, message)
        if is_marked_as_no_test(local.node) and not is_marked_as_no_test(shared.node):
            message = "it has `__test__ = False`, and the shared definition has not"
            yield Reason(Code.DIFFERENT_SHAPE, local.node.lineno, message)

    def _texts(self, local: Local, shared: SharedDefinition) -> Iterator[Reason]:
        here = has_future_annotations(self._module.tree)
        if here != shared.has_future_annotations and has_annotations(local.node):
            message = "annotations are text in one of the two files, by `from __future__ import`"
            yield Reason(Code.DIFFERENT_SHAPE, local.node.lineno, message)

    # What the file does with it

    def _look_at_uses(self, same: Sequence[Local]) -> None:
        """Add what the file does with the definitions of one name and scope."""
        escape: Escape | None = None
        for one in same:
            if _rival(one, same) is not None or not one.is_copy:
                continue
            if escape is None:
                escape = self._escape(one, same)
                one.reasons += [*self._rebound(one, same), *escape.reasons()]
            one.reasons += [*self._told(one, escape), *self._shown(one)]

    def _escape(self, local: Local, same: Iterable[Local]) -> Escape:
        assert local.shared is not None
        return Escape(
            self._module,
            self._parents,
            [o.node for o in same],
            local.function,
            is_renamed=local.shared.real_name != local.name,
            harmless=self._shared.harmless,
            changing=self._shared.changing,
            tests=self._shared.modules.tests,
        )

    def _shown(self, local: Local) -> Iterator[Reason]:
        """Yield what subclasses inherit, and what the definition tells of its name."""
        assert local.shared is not None
        names, tests = self._module.names, self._shared.modules.tests
        if isinstance(local.node, ast.ClassDef) and _hides_tests(local.node, local.shared.node):
            yield from tests_derived_from(local.name, names, tests)
        elif _marks(local.node) != _marks(local.shared.node):
            for reason in tests_derived_from(local.name, names, tests):
                message = "a subclass may have tests, which have its marks"
                yield reason._replace(message=message)
        if local.shared.real_name != local.name and _reads_names(local.node):
            message = f"it reads its own name, which is `{local.shared.real_name}` there"
            yield Reason(Code.DIFFERENT_SHAPE, local.node.lineno, message)
        if bare(local.shared.real_name) != bare(local.name):
            yield from _renamed(local.node, local.shared.real_name)

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
            top = set(map(id, self._module.tree.body))

            def harmless(binding: Binding) -> bool:
                # The very definition that would be imported, above the copy of it.
                assert local.shared is not None
                above = binding.source == local.shared.meaning.text and binding.line < first
                return id(binding.node) in own or (above and id(binding.node) in top)

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

    @cached_property
    def _parents(self) -> Parents:
        return Parents(self._module.tree)

    # Together

    def _drop_inner(self, locals_: list[Local]) -> None:
        """Forget the definitions inside of one that is replaced as a whole."""
        copies = {id(one.node) for one in locals_ if one.is_copy}
        locals_[:] = [one for one in locals_ if not any(id(a) in copies for a in one.around)]

    def _refuse_dependents(
        self, locals_: Iterable[Local], groups: Iterable[Sequence[Local]]
    ) -> None:
        """Refuse each copy that depends on a definition that stays, until no more is refused."""
        while copies := [one for one in locals_ if one.is_copy]:
            for group in groups:
                self._look_at_rivals(group)
            self._compare_globals([one for one in copies if one.is_copy])
            for one, reason in told_apart(
                [one for one in copies if one.is_copy], self._shared, self._module.names
            ):
                one.reasons.append(reason)
            if all(one.is_copy for one in copies):
                return

    def _look_at_rivals(self, same: Sequence[Local]) -> None:
        """Refuse the copies of one name and scope where another definition of it stays."""
        for one in [one for one in same if one.is_copy]:
            other = _rival(one, same)
            if other is not None:
                message = f"the definition on line {other.node.lineno} is another one: all or none"
                one.reasons.append(Reason(Code.REBOUND, other.node.lineno, message))

    def _compare_globals(self, copies: Iterable[Local]) -> None:
        """Refuse each copy that reads a global of another meaning."""
        known = self._meanings(copies)
        for one in copies:
            assert one.shared is not None
            reason = self._difference(one, one.shared, known)
            reason = reason or self._acting(one.node, one.shared)
            if reason is not None:
                one.reasons.append(reason)

    def _decision(self, local: Local) -> Decision:
        node = local.node
        definition = Definition(node.name, kind_of(node), first_line(node), last_line(node))
        if not local.is_copy:
            decision = Decision(definition, Verdict.REFUSE, None, ())
            found: dict[Reason, Reason] = {}
            for reason in local.reasons:  # what a line does twice is told once
                found.setdefault(reason._replace(column=1), reason)
            return refused(decision, *found.values())
        assert local.shared is not None
        shared = local.shared.module.name, local.shared.name
        early = _read_by_decorators_alone(node) - set(local.normal.quoted)
        pairs = (p for both in _reads(local, local.shared) for p in zip(*both, strict=True))
        itself = (node.name, local.shared.node.name) if local.reads_itself else ()
        relies_on = frozenset((*itself, *(n for p in pairs if p[0] not in early for n in p)))
        lost = lost_comments(self._lines, node, local.shared)
        return Decision(definition, Verdict.REPLACE, shared, (), relies_on, lost)


def _imports(names: ModuleNames, module: str) -> bool:
    """Whether a file imports a module by its full name."""
    imported = [a.name for i in names.of_kind(ast.Import) for a in i.names]
    return module in [*imported, *(i.module for i in names.of_kind(ast.ImportFrom))]


def _renamed(node: DefinitionNode, name: str) -> Iterator[Reason]:
    """Yield what would show that a definition has another name, underscores aside."""
    # Underscores in front of the name of a class are no part of its private names.
    if has_private_names(node):
        message = f"its private names would begin with `_{name}`"
        yield Reason(Code.DIFFERENT_SHAPE, node.lineno, message)
    if isinstance(node, ast.ClassDef) and not is_plain(node):
        message = f"its name is `{name}` there, which its bases or decorators may tell"
        yield Reason(Code.DIFFERENT_SHAPE, node.lineno, message)


def _rival(one: Local, same: Iterable[Local]) -> Local | None:
    """Return the first definition that is no copy of what one is a copy of."""
    return next((o for o in same if not o.is_copy or o.shared != one.shared), None)


def _reads(local: Local, shared: SharedDefinition) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Yield the globals that a definition and a shared one read in the same places."""
    mine, theirs = local.normal, shared.normal
    yield mine.shape.reads, theirs.shape.reads
    # A decorator of an inner function reads the annotations of that alone, which the shape has.
    if local.is_read or (mine.is_read and mine.exact.key == theirs.exact.key):
        yield mine.exact.reads, theirs.exact.reads
        yield mine.quoted, theirs.quoted


def _read_by_decorators_alone(node: DefinitionNode) -> set[str]:
    """Return the globals that are read once, before another file can replace them."""
    decorators = [n for d in node.decorator_list for n in walk(d)]
    if any(isinstance(n, ast.Lambda) for n in decorators):
        return set()
    ids = set(map(id, decorators))
    free = free_names(node).nodes.items()
    return {n for i, n in free if i in ids} - {n for i, n in free if i not in ids}


def _reads_names(node: ast.AST) -> bool:
    """Whether something in a definition reads the name of a class or function."""
    attributes = (n.attr for n in walk(node) if isinstance(n, ast.Attribute))
    return not {"__name__", "__qualname__"}.isdisjoint(attributes)


def _hides_tests(one: DefinitionNode, other: DefinitionNode) -> bool:
    """Whether pytest collects nothing of the subclasses of the other class, but of this one."""
    classes = isinstance(one, ast.ClassDef) and isinstance(other, ast.ClassDef)
    return classes and is_marked_as_no_test(other) and not is_marked_as_no_test(one)


def _marks(node: DefinitionNode) -> set[str]:
    """Return the marks of a definition: the tests of a subclass have them too."""
    return {ast.unparse(d) for d in node.decorator_list if is_mark(d)}


def _binds(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id == name and not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.Global | ast.Nonlocal):
        return name in node.names
    return node.__class__ in BINDING and any(bound == name for bound, _ in bound_names(node))
