"""What other files do with those that would change: asked of each one, and put together."""

from __future__ import annotations

import ast
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import cached_property, partial
from itertools import groupby
from typing import NamedTuple, Protocol

from codemods.engine.codemod import Codemod
from codemods.engine.names import ModuleNames
from codemods.engine.run import Pool, one_by_one
from codemods.engine.text import Unparsable, parse
from codemods.model import Code, FileResult, Reason, Source, is_conftest

#: A word as Python reads it, in bytes of any encoding.
_WORD = re.compile(rb"[\w\x80-\xff]+")

#: Reasons from other files, by the names of the definitions that they are about.
FromOutside = Mapping[str, tuple[Reason, ...]]


class Effects(NamedTuple):
    """What other files have to do with a module that would change.

    `taken` are the names that they may take from there, as far as the codemod asks; `reasons` what
    forbids the change, by the name of the definition.
    """

    taken: frozenset[str]
    reasons: FromOutside


class Others(Protocol):
    """All files of a checkout, with absolute paths."""

    @property
    def paths(self) -> list[str]:
        """Where they lie."""
        ...

    def read(self) -> Iterable[Source]:
        """Read all of them."""
        ...

    def read_one(self, path: str) -> bytes:
        """Read one of them."""
        ...


#: What files do with the modules that would change, by the paths of those.
Found = dict[str, Effects]


class RepositoryCodemod(Codemod, Protocol):
    """A codemod as it is applied to a repository, whose other files may matter.

    What is not overridden is right for one that needs to know a file alone.
    """

    @property
    def own_files(self) -> frozenset[str]:
        """The real paths of the files that it is made from, and never changes."""
        return frozenset()

    def may_mention(self, source: bytes) -> bool:
        """Whether there may be something to say of a file, from its bytes alone."""
        return self.may_concern(source)

    def is_used_in(self, source: Source) -> bool:
        """Whether a file uses what the codemod brings: it counts, though nothing is found in it."""
        return False

    def words_outside(self, source: Source) -> frozenset[bytes]:
        """Return words of which a file has one if it does anything with this file that matters."""
        return frozenset()

    def may_reach(self, source: Source) -> bool:
        """Whether a file may do something with others that it does not name, as a conftest may."""
        return is_conftest(source.path)

    def again(
        self, decided: Mapping[str, FileResult], others: Others, run: Pool = one_by_one
    ) -> Mapping[str, RepositoryCodemod]:
        """Return what is to be applied once more, now that it is known what other files do.

        Args:
            decided: what would become of the files with a decision, by their absolute paths.
            others: the files of the checkout.
            run: looks at the files.

        """
        return {}


class OtherFile:
    """A file that may do something with modules that would change."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.shown = source.shown or source.path

    def has(self, word: bytes) -> bool:
        """Whether a word stands in the file."""
        return word in self._words if _WORD.fullmatch(word) else word in self.source.content

    @cached_property
    def _words(self) -> frozenset[bytes]:
        return words_in(self.source.content)

    @cached_property
    def names(self) -> ModuleNames:
        """Its global names; none where it does not parse, as nothing of it runs."""
        try:
            return ModuleNames(parse(self.source.content))
        except (Unparsable, RecursionError, MemoryError):
            return ModuleNames(ast.Module([], []))

    def local_names(self, name: str) -> list[str]:
        """Return the names that a name of another module may have here."""
        imports = self.names.of_kind(ast.ImportFrom)
        local = (a.asname or a.name for node in imports for a in node.names if a.name == name)
        return sorted({name, *local})


def words_in(content: bytes) -> frozenset[bytes]:
    """Return the words of a file, those in strings and comments included."""
    return frozenset(_WORD.findall(content))


def has_any(content: bytes, words: Iterable[bytes]) -> bool:
    """Whether one of some words stands in a file."""
    odd = (word for word in words if not _WORD.fullmatch(word))
    return not words_in(content).isdisjoint(words) or any(w in content for w in odd)


def word_patterns(words: Iterable[bytes]) -> list[re.Pattern[bytes]]:
    """Return patterns that find any of some words, also within longer ones.

    Those of one pattern begin alike, as ``test_`` does: plain text is searched for at the speed of
    `bytes.find`, and anything else takes fifty times as long.
    """
    groups = groupby(sorted(words), key=lambda word: word[:5])
    return [re.compile(b"|".join(map(re.escape, group))) for _, group in groups]


def has_match(content: bytes, patterns: Iterable[re.Pattern[bytes]]) -> bool:
    """Whether one of some patterns matches anywhere in a file."""
    return any(pattern.search(content) for pattern in patterns)


def ask(
    look: Callable[[Source], Found],
    decided: Mapping[str, FileResult],
    words: Mapping[str, Set[bytes]],
    others: Others,
    run: Pool,
) -> Found:
    """Return what other files do with those that would change.

    Args:
        look: returns that of one file.
        decided: what would become of the files.
        words: of which a file has one if it does anything with one of those, by their paths.
        others: the files of the checkout.
        run: looks at them; a file that cannot be looked at may do anything.

    """
    patterns = word_patterns(frozenset().union(*words.values()))

    def failed(path: str, reason: Reason) -> Found:
        other = OtherFile(Source(path, others.read_one(path)))
        used = (p for p, found in words.items() if p != path and any(map(other.has, found)))
        taken = {p: frozenset(d.definition.name for d in decided[p].replaced) for p in used}
        return {p: unknown(decided[p], path, reason)._replace(taken=n) for p, n in taken.items()}

    return together(run(look, others.read(), failed, partial(_is_wanted, patterns=patterns)))


def _is_wanted(source: Source, *, patterns: Sequence[re.Pattern[bytes]]) -> bool:
    return has_match(source.content, patterns)


def together(found: Iterable[Found]) -> Found:
    """Return what several files do as one."""
    taken: dict[str, set[str]] = defaultdict(set)
    reasons: dict[str, dict[str, list[Reason]]] = defaultdict(lambda: defaultdict(list))
    for path, new in ((path, new) for one in found for path, new in one.items()):
        taken[path] |= new.taken
        for name, more in new.reasons.items():
            reasons[path][name] += more
    return {
        path: Effects(frozenset(names), {n: tuple(r) for n, r in reasons[path].items()})
        for path, names in taken.items()
    }


def refusing(result: FileResult, code: Code, message: str) -> Effects:
    """Return effects that refuse each change in a module."""
    definitions = [decision.definition for decision in result.replaced]
    return Effects(frozenset(), {d.name: (Reason(code, d.line, message),) for d in definitions})


def unknown(result: FileResult, path: str, reason: Reason) -> Effects:
    """Return the effects of a file of which nothing is known but why."""
    message = f"what {os.path.relpath(path)} does with it is not known: {reason.message}"
    return refusing(result, reason.code, message)
