"""The codemod: classes that share only their name with a shared definition get another one.

Where a mention cannot be told from another thing of that name, nothing of the file is renamed.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from codemods.engine.codemod import ParsedModule, Planned
from codemods.engine.names import dotted_source, is_star
from codemods.engine.plan import EditPlan, Renamed
from codemods.engine.run import Pool, one_by_one
from codemods.engine.text import stem_of
from codemods.model import (
    Code,
    Decision,
    FileResult,
    Reason,
    Renaming,
    SharedModules,
    Source,
    Status,
    Verdict,
    is_conftest,
)
from codemods.rewrites.collected import fits
from codemods.rewrites.others import (
    Effects,
    Found,
    FromOutside,
    OtherFile,
    Others,
    RepositoryCodemod,
    ask,
    words_in,
)
from codemods.rewrites.rename_local_class.mentions import File, exported
from codemods.rewrites.replace_local_copies.decide import decide
from codemods.rewrites.replace_local_copies.shared import Shared, bare, shared_definitions
from codemods.rewrites.replace_local_copies.sharing import HARMLESS

#: Why a definition is another one than the shared one, and not a copy of it.
_ANOTHER = frozenset({Code.DIFFERENT_SHAPE, Code.SAME_NAME_ONLY})
#: Why it may be another one, and stays all the same; tests may be asked for.
_STAYS = frozenset({Code.PYTEST_TESTS, Code.SWALLOWED_CODE})

#: Words by which a file gets at modules that it does not name: `request.module`, `sys.modules`.
_LOADING = (b"module", b"modules", b"import_module", b"__import__")

_BY_FILE = Renaming()


@dataclass(frozen=True)
class RenameLocalClass(RepositoryCodemod):
    """Rename classes that share only their name with a shared definition.

    Args:
        modules: the shared modules; `only` are the names of the classes.
        renaming: the new name.
        from_outside: what forbids it for what other files do, by the name of the class.

    """

    modules: SharedModules
    renaming: Renaming = _BY_FILE
    from_outside: FromOutside = field(default_factory=dict, hash=False)

    def may_concern(self, source: bytes) -> bool:
        """Whether a file can hold a definition of a shared name."""
        return self._shared.may_define(source)

    def plan(self, module: ParsedModule) -> Planned:
        """Decide on each class of a shared name that is no copy of the shared one."""
        by_name: dict[str, list[Decision]] = defaultdict(list)
        only = self.modules.only
        for one in decide(module, self._shared, {})[1]:
            if one.definition.kind == "class" and (only is None or one.definition.name in only):
                by_name[one.definition.name].append(one)
        decided: list[Decision] = []
        places: list[Renamed] = []
        dropped: set[str] = set()
        for name, found in by_name.items():
            another = [one for one in found if _first_code(one) in _ANOTHER | _STAYS]
            if not another:
                continue
            file = File(module, name, [one.definition.line for one in another])
            staying = (one.reasons[0] for one in another if self._stays(one))
            copies = (one for one in found if _first_code(one) not in _ANOTHER | _STAYS)
            every = [*staying, *self._reasons(file), *map(_all_or_none, copies)]
            reasons = tuple(dict.fromkeys(every))
            verdict = Verdict.REFUSE if reasons else Verdict.REPLACE
            decided += [Decision(one.definition, verdict, None, reasons) for one in another]
            if not reasons:
                places += file.places(self._new_name(module, name))
                dropped |= file.globals
        decided.sort(key=lambda one: one.definition.line)
        plan = EditPlan(renamed=tuple(sorted(places))) if places else None
        return Planned(tuple(decided), plan=plan, dropped=frozenset(dropped))

    @property
    def own_files(self) -> frozenset[str]:
        """The real paths of the shared modules."""
        return frozenset(m.path for m in self.modules.modules)

    def words_outside(self, source: Source) -> frozenset[bytes]:
        """Return the words by which others name a module that may be changed, or its classes."""
        if not self.may_concern(source.content):
            return frozenset()
        shared = self._shared.by_name
        names = (w for w in words_in(source.content) if bare(w.decode(errors="replace")) in shared)
        return frozenset([stem_of(source.path), *names])

    def again(
        self, decided: Mapping[str, FileResult], others: Others, run: Pool = one_by_one
    ) -> Mapping[str, RenameLocalClass]:
        """Return what to apply where another file may take a class by its old name."""
        changed = {
            path: result._replace(after=None)
            for path, result in decided.items()
            if result.status is Status.CHANGED and result.dropped
        }
        words = {p: {stem_of(p), *map(str.encode, r.dropped)} for p, r in changed.items()}
        found = ask(partial(_effects, changed=changed), changed, words, others, run)
        return {p: replace(self, from_outside=e.reasons) for p, e in found.items()}

    @property
    def _shared(self) -> Shared:
        return shared_definitions(self.modules)

    def _new_name(self, module: ParsedModule, name: str) -> str:
        return self.renaming.new_name or f"{name}{suffix_of(module.stem)}"

    def _stays(self, one: Decision) -> bool:
        code = _first_code(one)
        return code in _STAYS and not (code is Code.PYTEST_TESTS and self.renaming.with_tests)

    def _reasons(self, file: File) -> Iterator[Reason]:
        """Yield what forbids to rename the classes of one name."""
        new = self._new_name(file.module, file.name)
        taken = self._taken(file, new)
        if taken is not None:
            yield taken
        yield from file.reasons(HARMLESS | self._shared.harmless | self._shared.classes)
        classes, line = self.modules.tests.classes, file.classes[0].lineno
        before, after = fits(file.name, classes), fits(new, classes)
        if before != after and (after or self.renaming.with_tests):
            what = "pytest would" if after else "pytest would no longer"
            yield Reason(Code.PYTEST_TESTS, line, f"{what} collect a class `{new}`")
        stored = file.sets_attributes() if before and not self.renaming.with_tests else None
        if stored is not None:
            yield Reason(Code.PYTEST_TESTS, stored, "what is set on it here may be a test")
        yield from self.from_outside.get(file.name, ())

    def _taken(self, file: File, new: str) -> Reason | None:
        """Return why the new name cannot be used in a file."""
        line = file.line_of(new)
        if line is not None:
            return Reason(Code.NAME_TAKEN, line, f"`{new}` stands in the file already")
        if bare(new) in {bare(definition.name) for definition in self._shared.definitions}:
            why = "is the name of a shared definition"
        elif hasattr(builtins, new) or not new.isidentifier() or keyword.iskeyword(new):
            why = "is no name for a class"
        else:
            return None
        return Reason(Code.NAME_TAKEN, file.classes[0].lineno, f"`{new}` {why}")


def suffix_of(stem: str) -> str:
    """Return the name of a module in words that begin with capitals: `AgentBus`."""
    words = re.split(r"[\W_]+", re.sub(r"^test_|_test$", "", stem))
    return "".join(word[:1].upper() + word[1:] for word in words)


def _first_code(one: Decision) -> Code | None:
    return one.reasons[0].code if one.reasons else None


def _all_or_none(other: Decision) -> Reason:
    line = other.definition.line
    return Reason(Code.REBOUND, line, f"the definition on line {line} stays: all or none")


# Other files


def _effects(source: Source, *, changed: Mapping[str, FileResult]) -> Found:
    """Return what forbids to rename classes of other files: this one may take them from there."""
    other = OtherFile(source)
    found: Found = {}
    for path, result in changed.items():
        if path == source.path:
            continue
        what = _use(other, os.fsdecode(stem_of(path)), result.dropped)
        reasons = {
            d.definition.name: (
                Reason(Code.USED_ELSEWHERE, d.definition.line, f"{other.shown}{what}"),
            )
            for d in result.replaced
        }
        if what:
            found[path] = Effects(frozenset(), reasons)
    return found


def _lines_by_module(other: OtherFile, names: Sequence[str]) -> Iterator[int]:
    """Yield where a file may take one of some names from a module that it does not name."""
    if not is_conftest(other.source.path) and not any(map(other.has, _LOADING)):
        return
    for node in other.names.of_kind(ast.Attribute):
        if node.attr in names and dotted_source(node, other.names) is None:
            yield node.lineno
    path = re.compile(rf"[.:]?(?:{'|'.join(map(re.escape, names))})(?:[.:]\w+)*")
    own = set(map(id, exported(other.names.tree)))
    for text in other.names.of_kind(ast.Constant):
        if isinstance(text.value, str) and path.fullmatch(text.value) and id(text) not in own:
            yield text.lineno


def _use(other: OtherFile, stem: str, names: Iterable[str]) -> str:
    """Return where a file may take one of some names from a module, or the module itself."""
    taken = [name for name in sorted(names) if other.has(name.encode())]
    if not other.has(os.fsencode(stem)):
        line = next(_lines_by_module(other, taken), None) if taken else None
        return f":{line} may read it from the module of a test" if line else ""
    if taken:
        return f" names `{stem}` and `{taken[0]}`: it may take it from this file"
    for node in other.names.of_kind(ast.ImportFrom):
        takes = (node.module or "").rpartition(".")[2] == stem
        if takes and b"param" in other.source.content:
            return f":{node.lineno} may take it as a parameter, which is in the id of a test"
        if (is_star(node) and takes) or any(a.name == stem for a in node.names):
            return f":{node.lineno} may hand on what it takes from this file"
    for plain in other.names.of_kind(ast.Import):
        if any(stem in a.name.split(".") for a in plain.names):
            return f":{plain.lineno} may hand this module on"
    is_loading = any(map(other.has, _LOADING))
    for text in other.names.of_kind(ast.Constant):
        before = r"[\w.]*\.|" if is_loading else r"[\w.]*\."
        if isinstance(text.value, str) and re.fullmatch(
            rf"(?:{before}){re.escape(stem)}", text.value
        ):
            return f":{text.lineno} may hand this module on"
    return ""
