"""Mark helper classes that pytest tries to collect and cannot: `__test__ = False`.

pytest warns of each class that has a constructor and a name that fits `python_classes`, perhaps by
``TestResult = Result``, once in each test module that has the name:
https://docs.pytest.org/en/stable/example/pythoncollection.html#customizing-test-collection
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from codemods.engine.codemod import ParsedModule, Planned
from codemods.engine.plan import EditPlan, NewAttribute
from codemods.engine.rows import definitions_in, first_line, last_line
from codemods.engine.run import Pool, one_by_one
from codemods.engine.scopes import DEFINITIONS
from codemods.model import (
    Code,
    Decision,
    Definition,
    FileResult,
    PytestNames,
    Reason,
    Source,
    Verdict,
)
from codemods.rewrites.collected import fits
from codemods.rewrites.mark_helper_classes.classes import (
    ATTRIBUTE,
    Classes,
    links,
    related,
    spread,
    tests_derived_from_any,
)
from codemods.rewrites.mark_helper_classes.text import CLASS, OTHER_NAME, Text
from codemods.rewrites.others import (
    Effects,
    Found,
    FromOutside,
    OtherFile,
    Others,
    RepositoryCodemod,
    ask,
    together,
)


@dataclass(frozen=True)
class MarkHelperClasses(RepositoryCodemod):
    """Mark classes that pytest tries to collect and cannot.

    Args:
        tests: what pytest collects by its name.
        harmless: dotted names of bases and decorators that the settings trust.
        taken: the names that test modules import from the file, None where that is not known. It
            counts for a file that is none itself: what no test module imports causes no warning.
        from_outside: what forbids a mark for what other files do, by the name of the class.

    """

    tests: PytestNames
    harmless: tuple[str, ...] = ()
    taken: frozenset[str] | None = None
    from_outside: FromOutside = field(default_factory=dict, hash=False)

    def may_concern(self, source: bytes) -> bool:
        """Whether a file may have a class with a constructor and a name that fits."""
        return any(self._heads(source))

    def plan(self, module: ParsedModule) -> Planned:
        """Decide on each class that pytest would try to collect."""
        wanted = None if self.tests.has_file(module.path) else self.taken
        classes = Classes(module, self.tests, frozenset(self.harmless))
        outside = spread(self.from_outside, module.names) if self.from_outside else {}
        decided = [
            (node, [*classes.reasons(node), *outside.get(node.name, ())])
            for node in classes.without_mark()
            if wanted is None or not wanted.isdisjoint(classes.names_of(node))
        ]
        decisions = tuple(_decision(node, reasons) for node, reasons in decided)
        marked = {id(node) for node, reasons in decided if not reasons}
        attributes = tuple(
            NewAttribute(row, ordinal, ATTRIBUTE, False)
            for row, statements in enumerate(module.rows)
            for ordinal, node in enumerate(definitions_in(statements.statements[0]))
            if id(node) in marked
        )
        return Planned(decisions, plan=EditPlan(inner=attributes) if marked else None)

    def words_outside(self, source: Source) -> frozenset[bytes]:
        """Return the names of the classes, which a file has that imports or derives from one."""
        names = [head[1].decode(errors="replace") for head in self._heads(source.content)]
        words = related(OtherFile(source).names, *names) if names else ()
        return frozenset(word.encode() for word in words)

    def again(
        self, decided: Mapping[str, FileResult], others: Others, run: Pool = one_by_one
    ) -> Mapping[str, MarkHelperClasses]:
        """Return what to apply where other files have a say: all but the test modules, at least."""
        names = {}
        for path, result in decided.items():
            source = Source(path, others.read_one(path))
            classes = [d.definition.name for d in result.decisions]
            names[path] = related(OtherFile(source).names, *classes)
        words = {path: {name.encode() for name in found} for path, found in names.items()}
        look = partial(_effects, tests=self.tests, names=names)
        found = ask(look, decided, words, others, run)
        effects = {path: found.get(path, Effects(frozenset(), {})) for path in decided}
        return {
            path: replace(self, taken=e.taken, from_outside=e.reasons)
            for path, e in effects.items()
            if e.reasons or not self.tests.has_file(path)
        }

    def _heads(self, source: bytes) -> Iterator[re.Match[bytes]]:
        """Yield the classes with a name that fits and perhaps a constructor, by the bytes alone."""
        text = Text(source)
        others = {old for new, old in OTHER_NAME.findall(source) if self._fits(new)}
        for head in CLASS.finditer(source):
            if (head[1] in others or self._fits(head[1])) and text.may_have_constructor(head):
                yield head

    def _fits(self, name: bytes) -> bool:
        return fits(name.decode(errors="replace"), self.tests.classes)


def _effects(source: Source, *, tests: PytestNames, names: Mapping[str, frozenset[str]]) -> Found:
    """Return what a file does with classes that would be marked, by the paths of their files."""
    other = OtherFile(source)
    there = {n for n in frozenset().union(*names.values()) if other.has(n.encode())}
    file = _File(other, tests)
    return together(
        {path: file.effect(name, found)}
        for path, found in names.items()
        if path != source.path
        for name in found & there
    )


class _File:
    """What another file does with classes: looked at once for all of them."""

    def __init__(self, other: OtherFile, tests: PytestNames) -> None:
        self._other = other
        self._tests = tests
        self._holds_tests = tests.has_file(other.source.path)

    def effect(self, name: str, known: Set[str]) -> Effects:
        """Return what it does with the classes of a name; `known` are all names of those."""
        names, path = self._other.names, self._other.shown
        bindings = names.bindings.get(name, ())
        is_own = bindings and all(isinstance(b.node, DEFINITIONS) for b in bindings)
        if is_own and name not in self._asked_for:
            return Effects(frozenset(), {})  # a class of its own
        is_bound = bool(bindings) or not self._imported.isdisjoint([name, "*"])
        is_taken = is_bound and fits(name, self._tests.classes)
        reasons = [
            reason._replace(message=f"{path}:{reason.line}: {reason.message}")
            for reason in tests_derived_from_any(name, names, self._tests)
        ]
        reasons += [
            Reason(
                Code.SUBCLASS_OF_TESTS,
                1,
                f"a class with tests may derive from it, as `{local}` of {path}",
            )
            for local in sorted({*links(names).get(name, ())} - known)
            if not self._holds_tests or self._is_handed_on(local)
        ]
        found = {name: tuple(dict.fromkeys(reasons))} if reasons else {}
        return Effects(frozenset([name] if is_taken and self._holds_tests else []), found)

    def _is_handed_on(self, local: str) -> bool:
        """Whether a test module gives a class of another one a name as tests have, for others."""
        is_class = any(node.name == local for node in self._other.names.of_kind(ast.ClassDef))
        return fits(local, self._tests.classes) and not is_class

    @cached_property
    def _asked_for(self) -> frozenset[str]:
        return frozenset(a.attr for a in self._other.names.of_kind(ast.Attribute))

    @cached_property
    def _imported(self) -> frozenset[str]:
        imports = self._other.names.of_kind(ast.ImportFrom)
        return frozenset(alias.name for node in imports for alias in node.names)


def _decision(node: ast.ClassDef, reasons: Iterable[Reason]) -> Decision:
    place = Definition(node.name, "class", first_line(node), last_line(node))
    found = tuple(reasons)
    return Decision(place, Verdict.REFUSE if found else Verdict.REPLACE, None, found)
