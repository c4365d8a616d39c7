"""Which definitions are pasted: from the text of all files, then from the syntax of a few."""

from __future__ import annotations

import os
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from codemods.disk.files import list_files, read_files
from codemods.engine.codemod import ParsedModule
from codemods.engine.run import Pool
from codemods.engine.text import Unparsable, decoded
from codemods.migration.scan import Progress
from codemods.model import (
    Code,
    Discovery,
    FileResult,
    Group,
    NearGroup,
    Place,
    PytestNames,
    Reason,
    SharedModule,
    SharedModules,
    is_conftest,
)
from codemods.rewrites.adopt import keys_of
from codemods.rewrites.discover.blocks import Block, Blocks, blocks_of
from codemods.rewrites.discover.groups import groups_of, order
from codemods.rewrites.discover.judge import Candidate, candidate, reasons_against, refused
from codemods.rewrites.discover.near import lines_of, near_groups, variants_of
from codemods.rewrites.discover.shapes import Shaped, shapes_of
from codemods.rewrites.replace_local_copies.shared import bare
from codemods.settings import Settings
from codemods.shared_modules import find_module, read_shared_modules, tests_near
from codemods.workers.pool import without_collector


class Wanted(NamedTuple):
    """What is looked for: definitions in at least `min_files` files.

    `most` is the number of groups to decide on, of those at the top of modules and of the nested
    ones; None for all. `near` are those of one name that differ little. `names` leaves the groups
    of other names out; all count without.
    """

    min_files: int = 2
    most: int | None = None
    near: bool = False
    names: frozenset[str] = frozenset()


def discover(
    settings: Settings, paths: Sequence[str], pool: Pool, wanted: Wanted, progress: Progress
) -> Discovery:
    """Find the definitions that are pasted.

    No content is kept: the files are read once to see which texts may recur, those with such a text
    again to see what is equal, and those of the groups to decide what can be replaced. A path that
    cannot be used is a `UsageError`.
    """
    start = time.perf_counter()
    search = _Search(settings, pool, wanted.min_files)
    with without_collector():
        blocks = search.blocks(search.test_files(paths), progress)
        recurring = _common(blocks, wanted.min_files, lambda block: block.fingerprint)
        groups = groups_of(search.shapes(recurring), wanted.min_files)
        if wanted.names:
            groups = [group for group in groups if wanted.names.intersection(group.names)]
        decided = search.decided(groups, wanted.most)
        namesakes = _common(blocks, wanted.min_files, _name_at_top) if wanted.near else {}
        near = search.near(namesakes)
    return Discovery(
        files=len(blocks),
        groups=tuple(_with_shared(settings, decided)),
        near=tuple(near),
        left=len(groups) - len(decided) if wanted.most is not None else 0,
        failures=tuple(sorted(search.failures.values(), key=lambda f: os.fsencode(f.path))),
        seconds=time.perf_counter() - start,
    )


def _with_shared(settings: Settings, groups: Iterable[Group]) -> Iterator[Group]:
    """Yield the groups, those marked of which a module of the settings has the code already."""
    known = shared_keys(settings) if settings.has_table else []
    for group in groups:
        name = group.names[0]
        own = keys_of(group.module, [name]) if known and not group.is_nested else {}
        is_shared = bool(own) and any(keys.get(name) == own[name] for _, keys in known)
        yield group._replace(is_shared=is_shared)


def shared_keys(settings: Settings) -> list[tuple[SharedModule, dict[str, str]]]:
    """Return each shared module of the settings that is there, and its keys, in their order."""
    there = [name for name in settings.modules if find_module(settings, name) is not None]
    modules = read_shared_modules(settings, there).modules
    return [(module, keys_of(module.source)) for module in modules]


class _Task(NamedTuple):
    """A file, and what is asked about it; see the functions at the end."""

    path: str
    content: bytes
    tests: PytestNames
    question: Any

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)


class _Answer(NamedTuple):
    path: str
    error: Reason | None = None
    value: Any = None


class _Search:
    def __init__(self, settings: Settings, pool: Pool, least: int) -> None:
        self._settings = settings
        self._pool = pool
        self._least = least
        self._tests: dict[str, PytestNames] = {}
        self.failures: dict[str, FileResult] = {}

    def test_files(self, paths: Sequence[str]) -> tuple[str, ...]:
        """List the test modules and conftests; a file that is named itself is taken for one."""
        settings = self._settings
        found = list_files(paths, settings.root, settings.exclude, self._failed)
        named = {os.path.relpath(os.path.realpath(path)) for path in paths}
        return tuple(path for path in found if path in named or self._is_test_file(path))

    def blocks(self, files: Sequence[str], progress: Progress) -> dict[str, Blocks]:
        """Return the blocks of each file that can be read."""
        answers = self._asked(_blocks, dict.fromkeys(files), progress)
        return {answer.path: answer.value or Blocks() for answer in answers}

    def shapes(self, blocks: Mapping[str, Blocks]) -> Iterator[Shaped]:
        """Yield the definitions in some blocks of the files."""
        for answer in self._asked(_shapes, blocks):
            yield from answer.value or ()

    def decided(self, groups: Sequence[Group], most: int | None) -> list[Group]:
        """Decide on the groups that save most lines, or on all, and return them in that order.

        Some that were taken for such, and cannot be replaced, are returned too. The groups are
        given in the order of the lines that would go if all could be replaced.
        """
        done: list[Group] = []
        waiting = [deque(g for g in groups if g.is_nested is nested) for nested in (False, True)]
        while chosen := [group for left in waiting for group in _taken(left, done, most)]:
            done = sorted([*done, *self._decided(chosen)], key=order)
        return done

    def near(self, blocks: Mapping[str, Blocks]) -> list[NearGroup]:
        """Return the definitions of one name that differ little."""
        variants = variants_of(self.shapes(blocks), self._least)
        questions: dict[str, set[int]] = defaultdict(set)
        for first, *_ in (variant for found in variants.values() for variant in found):
            questions[first.path].add(first.line)
        lines: dict[tuple[str, int], Sequence[str]] = {}
        for answer in self._asked(_lines, questions):
            lines.update({(answer.path, n): text for n, text in (answer.value or {}).items()})
        return near_groups(variants, lambda place: lines.get((place.path, place.line), ()))

    def _decided(self, groups: Sequence[Group]) -> list[Group]:
        """Decide which places of some groups can be replaced; those that are none are left out."""
        found = self._candidates(groups)
        decided = [
            refused(group, shared.refusal)._replace(module=shared.text)
            for group, shared in found
            if shared.refusal
        ]
        left = [(group, shared) for group, shared in found if not shared.refusal]
        questions: dict[str, list[tuple[int, SharedModules, list[int]]]] = defaultdict(list)
        for number, (group, shared) in enumerate(left):
            lines: dict[str, list[int]] = defaultdict(list)
            for place in group.places:
                lines[place.path].append(place.line)
            for path in lines:
                questions[path].append((number, shared.modules, lines[path]))
        reasons: dict[tuple[int, str, int], tuple[Reason, ...]] = {}
        for answer in self._asked(_reasons, questions):
            for number, line, why in answer.value or ():
                reasons[number, answer.path, line] = why
        for number, (group, shared) in enumerate(left):
            places = tuple(
                place._replace(reasons=reasons[number, place.path, place.line])
                for place in group.places
                if (number, place.path, place.line) in reasons
            )
            decided.append(group._replace(places=places, module=shared.text))
        return [group for group in decided if group.files >= self._least]

    def _candidates(self, groups: Sequence[Group]) -> list[tuple[Group, Candidate]]:
        """Return each group with the shared module that its most frequent text would make.

        Where its file turns out to be no Python, the next place takes its turn; where it has
        imports that cannot be taken along, the first place that has others.
        """
        found: list[tuple[Group, Candidate]] = []
        pending = list(groups)
        while pending:
            made = dict(self._made((n, g.pattern, g.names) for n, g in enumerate(pending)))
            elsewhere = [
                (number, place, pending[number].names)
                for number, shared in made.items()
                for place in pending[number].places
                if shared.refusal and shared.lacks_imports
            ]
            for number, shared in self._made(elsewhere):
                if made[number].refusal and not shared.refusal:
                    made[number] = shared
            found += [(pending[number], made[number]) for number in sorted(made)]
            rest = [_without_pattern(g) for n, g in enumerate(pending) if n not in made]
            pending = [group for group in rest if group is not None and group.files >= self._least]
        return found

    def _made(
        self, asked: Iterable[tuple[int, Place, tuple[str, ...]]]
    ) -> Iterator[tuple[int, Candidate]]:
        """Yield the shared modules that definitions would make, in the order of their paths.

        Each is asked about by the number of its group, its place, and all names of the group.
        """
        questions: dict[str, list[tuple[int, int, tuple[str, ...]]]] = defaultdict(list)
        for number, place, names in asked:
            questions[place.path].append((number, place.line, names))
        for answer in self._asked(partial(_modules, self._settings.harmless), questions):
            yield from answer.value or ()

    def _asked(
        self,
        work: Callable[[_Task], Any],
        questions: Mapping[str, object],
        progress: Progress = lambda done, total: None,
    ) -> Iterator[_Answer]:
        """Ask about files, and yield the answers in the order of their paths."""

        def tasks() -> Iterator[_Task]:
            settings = self._settings
            read = read_files(questions, settings.root, settings.exclude, self._failed)
            for number, source in enumerate(read, start=1):
                progress(number, len(questions))
                path = source.path
                yield _Task(path, source.content, self._tests_of(path), questions.get(path))

        for answer in self._pool(partial(_answered, work), tasks(), _Answer):
            if answer.error is not None:
                self._failed(FileResult.failure(answer.path, answer.error))
            yield answer

    def _failed(self, result: FileResult) -> None:
        self.failures[result.path] = result

    def _is_test_file(self, path: str) -> bool:
        return self._tests_of(path).loads(path)

    def _tests_of(self, path: str) -> PytestNames:
        folder = os.path.dirname(path)
        if folder not in self._tests:
            self._tests[folder] = tests_near(self._settings, Path(os.path.realpath(folder or ".")))
        return self._tests[folder]


def _name_at_top(block: Block) -> str | None:
    return None if block.is_nested else bare(block.name)


def _common(
    files: Mapping[str, Blocks], least: int, key: Callable[[Block], object]
) -> dict[str, Blocks]:
    """Return the blocks that have something in common with those in other files."""
    counted = Counter(k for blocks in files.values() for k in {key(b) for b in blocks.found})
    counted.pop(None, None)
    kept = {
        path: tuple(b for b in blocks.found if counted[key(b)] >= least)
        for path, blocks in files.items()
    }
    return {path: files[path]._replace(found=found) for path, found in kept.items() if found}


def _taken(left: deque[Group], done: Sequence[Group], most: int | None) -> list[Group]:
    """Take the next groups to decide on; none where enough of those done save more lines.

    As many as were done are taken: each time, the files concerned are parsed anew.
    """
    if not left:
        return []
    best = [group.lines for group in done if group.is_nested is left[0].is_nested]
    if most is not None and len(best) >= most and best[most - 1] > left[0].lines:
        return []
    number = len(left) if most is None else max(most, len(best))
    return [left.popleft() for _ in range(min(number, len(left)))]


def _without_pattern(group: Group) -> Group | None:
    places = tuple(p for p in group.places if p.path != group.pattern.path)
    return group._replace(places=places, pattern=places[0]) if places else None


# In the workers


def _answered(work: Callable[[_Task], Any], task: _Task) -> _Answer:
    try:
        return _Answer(task.path, value=work(task))
    except Unparsable as error:
        return _Answer(task.path, error.reason)
    except (RecursionError, MemoryError):
        reason = Reason(Code.SYNTAX_ERROR, 1, "nested too deeply to be parsed")
        return _Answer(task.path, reason)


def _blocks(task: _Task) -> Blocks:
    """Return the blocks of a file that is text; a conftest must be Python as a whole.

    All tests need that; another file is parsed only where its text alone does not tell.
    """
    if is_conftest(task.path):
        ParsedModule(task.content, task.path)
    elif not task.content.isascii():
        decoded(task.content)
    return blocks_of(task.content, task.tests)


def _shapes(task: _Task) -> tuple[Shaped, ...]:
    return shapes_of(task.content, task.path, task.question, task.tests)


def _lines(task: _Task) -> dict[int, tuple[str, ...]]:
    return lines_of(task.content, task.question, task.tests)


def _modules(harmless: tuple[str, ...], task: _Task) -> list[tuple[int, Candidate]]:
    """Return the shared modules that definitions of a file would make."""
    module = ParsedModule(task.content, task.path)
    found = (
        (number, candidate(module, line, names, harmless=harmless, tests=task.tests))
        for number, line, names in task.question
    )
    return [(number, shared) for number, shared in found if shared is not None]


def _reasons(task: _Task) -> list[tuple[int, int, tuple[Reason, ...]]]:
    """Return what is in the way of replacing some definitions of a file."""
    module = ParsedModule(task.content, task.path)
    return [
        (number, line, reasons)
        for number, modules, lines in task.question
        for line, reasons in reasons_against(module, modules, lines).items()
    ]
