"""How many copies of what may be left: a file to be committed, whose numbers only fall.

It has the number of copies, of renamed and of near copies by the shared definition and the file
that they stand in, as JSON: sorted, a line each, so that branches are merged as text. A run over
some files is held to what it allows in these. What it allows in a file that is gone counts for the
others, as files are moved.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from codemods.decode import decode
from codemods.disk.files import paths_from
from codemods.disk.folder import Folder
from codemods.engine.run import Pool
from codemods.migration.analyze import decided
from codemods.migration.scan import Scan
from codemods.model import Code, Decision, FileResult, Plan, Ratcheted, UsageError
from codemods.workers.pool import without_collector

SCHEMA = "ssot-codemods/ratchet/3"

#: How many there are in each file, which has a path from the root.
_Files = Mapping[str, int]
#: The same by the dotted name of the shared definition, and the code of what is counted.
_Counts = Mapping[tuple[str, str], _Files]


class _Content(NamedTuple):
    """What stands in the file beside its schema: numbers by definition, code, and path."""

    allowed: Mapping[str, Mapping[str, _Files]]


class _Copy(NamedTuple):
    """A copy, a renamed or a near one: the path that it was found by, and that from the root."""

    path: str
    from_root: str
    decision: Decision

    @property
    def key(self) -> tuple[str, str]:
        """Of what it is a copy, and how."""
        reasons = self.decision.reasons
        code = reasons[0].code if reasons else Code.COPY
        return ".".join(self.decision.shared or ()), code.value


class Found(NamedTuple):
    """What some files hold.

    `files` are those looked at, by their paths from the root; `failures` those that could not be.
    """

    files: frozenset[str]
    copies: tuple[_Copy, ...]
    failures: tuple[FileResult, ...]


def find(planned: Plan, scan: Scan, pool: Pool) -> Found:
    """Find what is counted: the copies that would be replaced, and what `scan` finds.

    That is of the same files, with the codemod that finds what resembles a shared definition.
    """
    with without_collector():
        results = list(pool(decided, scan.covered(), FileResult.failure))
    known = {result.path for result in planned.results if result.error is not None}
    failures = [r for r in (*results, *scan.failures) if r.error and r.path not in known]
    failed = known.union(r.path for r in failures)
    from_root = paths_from(scan.settings.root)
    found = [*planned.copies, *((r.path, d) for r in results for d in r.decisions)]
    found.sort(key=lambda pair: (os.fsencode(pair[0]), pair[1].definition.line))
    return Found(
        frozenset(from_root(r.path) for r in results if r.path not in failed),
        tuple(_Copy(path, from_root(path), d) for path, d in found),
        tuple(failures),
    )


class Ratchet:
    """The file of a repository, at `path`, which is relative to the current folder.

    One that is not below the root, is not there but must be, or is none of ours is a `UsageError`.
    """

    def __init__(self, path: str, root: Path, *, must_exist: bool) -> None:
        top = Path(os.path.realpath(root))
        folder = Path(os.path.realpath(os.path.dirname(path) or "."))
        if not folder.is_relative_to(top):
            raise UsageError(f"{path}: a file of --ratchet lies below {root}")
        self._path = path
        self._root = root
        self._folder = Folder(top, str(folder.relative_to(top)))
        self._name = os.path.basename(path)
        self._allowed = self._read()
        if must_exist and self._allowed is None:
            raise UsageError(f"{self._path} does not exist: run again with --update to write it")

    def compare(self, found: Found) -> Ratcheted:
        """Compare what is there with what may be."""
        return self._compared(found, self._allowed or {})

    def update(self, found: Found, *, force: bool) -> Ratcheted:
        """Lower the numbers to what is there; those of what has more than is allowed stay.

        With `force`, they are raised, too. Where there is no file, nothing stands against it.
        Returns what is there, against what may be from now on.
        """
        old, counted = self._allowed, _counted(found.copies)
        allowed = old or {}
        new: dict[tuple[str, str], _Files] = {}
        for key in {*allowed, *counted}:
            before, now = allowed.get(key, {}), counted.get(key, {})
            new[key] = before
            if force or old is None or not self._too_many(before, now):
                others = {p: n for p, n in before.items() if not self._is_in_run(p, found)}
                new[key] = {**others, **now}
        if new != old:
            self._write(new)
        return self._compared(found, new)

    def _compared(self, found: Found, allowed: _Counts) -> Ratcheted:
        too_many = {
            (key, path)
            for key, now in _counted(found.copies).items()
            for path in self._too_many(allowed.get(key, {}), now)
        }
        excess = ((c.path, c.decision) for c in found.copies if (c.key, c.from_root) in too_many)
        numbers = (
            number
            for files in allowed.values()
            for path, number in files.items()
            if self._is_in_run(path, found)
        )
        return Ratcheted(self._path, len(found.copies), sum(numbers), tuple(excess))

    def _too_many(self, before: _Files, now: _Files) -> list[str]:
        """Return the files with more than is allowed in them, and in those that are gone."""
        more = {path: n - before.get(path, 0) for path, n in now.items() if n > before.get(path, 0)}
        gone = sum(n for path, n in before.items() if not os.path.lexists(self._root / path))
        return list(more) if sum(more.values()) > gone else []

    def _is_in_run(self, path: str, found: Found) -> bool:
        """Whether a file was looked at, or is gone."""
        return path in found.files or not os.path.lexists(self._root / path)

    def _read(self) -> _Counts | None:
        try:
            text = self._folder.read(self._name)[0]
            values = json.loads(text, object_pairs_hook=_each_once)
            if not isinstance(values, dict) or values.pop("schema", None) != SCHEMA:
                raise ValueError(f"its schema is not {SCHEMA}")
            content = decode(_Content, values)
            codes = (files for codes in content.allowed.values() for files in codes.values())
            if any(number < 0 for files in codes for number in files.values()):
                raise ValueError("a number is below 0")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"{self._path}: {error.strerror}") from error
        except (ValueError, RecursionError) as error:
            message = f"{self._path} is no file of --ratchet: {error}"
            advice = "to write it anew, remove it, and run again with --update"
            raise UsageError(f"{message}; {advice}") from error
        found = content.allowed.items()
        return {(name, code): files for name, codes in found for code, files in codes.items()}

    def _write(self, counts: _Counts) -> None:
        definitions: dict[str, dict[str, _Files]] = defaultdict(dict)
        for (name, code), files in sorted(counts.items()):
            if files:
                definitions[name][code] = dict(sorted(files.items()))
        text = json.dumps({"schema": SCHEMA, "allowed": definitions}, indent=1)
        self._folder.write(self._name, f"{text}\n".encode())


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object of JSON, in which a merge of branches may have left a key twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{max(keys, key=keys.count)!r} stands in it twice")
    return found


def _counted(copies: Iterable[_Copy]) -> _Counts:
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for copy in copies:
        counts[copy.key][copy.from_root] += 1
    return counts
