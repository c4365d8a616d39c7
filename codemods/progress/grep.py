"""What ``grep -r "class NAME" PATHS | wc -l`` counts, and why there are more or fewer copies."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codemods.disk.files import list_files, read_file
from codemods.model import FileResult, Plan, Verdict
from codemods.settings import Settings

_COPY = "copies"


@dataclass(frozen=True, slots=True)
class Grep:
    """What ``grep -r "class NAME" PATHS | wc -l`` counts, and how that comes about.

    `copies` is what the tool counts in the same paths. `parts` say how many of the `lines` are
    what; `unseen` is the number of copies that grep does not see.
    """

    pattern: str
    paths: tuple[str, ...]
    lines: int
    copies: int
    parts: tuple[tuple[str, int], ...]
    unseen: int


def count_lines(settings: Settings, name: str, roots: Sequence[str], planned: Plan) -> Grep:
    """Count the lines that grep prints, and say what each of them is.

    Args:
        settings: of the repository.
        name: of a class.
        roots: files and folders, relative to the root; none lies below another.
        planned: what would change in them.

    """
    pattern = f"class {name}"
    read = set(_listed(settings, roots))
    results = {os.path.realpath(r.path): r for r in planned.results}
    parts: Counter[str] = Counter()
    for path in _files(settings.root, roots):
        lines = _matching_lines(path, pattern.encode())
        if lines:
            parts.update(_kinds(lines, results.get(path), name, path in read))
    number = len(planned.copies)
    return Grep(
        pattern=pattern,
        paths=tuple(roots),
        lines=sum(parts.values()),
        copies=number,
        parts=tuple(sorted(parts.items(), key=lambda pair: (-pair[1], pair[0]))),
        unseen=number - parts[_COPY],
    )


def outermost(paths: Sequence[str]) -> tuple[str, ...]:
    """Return the paths that lie below no other."""
    clean = sorted({os.path.normpath(p) for p in paths})
    return tuple(p for p in clean if not any(_is_below(p, o) for o in clean if o != p))


def _is_below(path: str, folder: str) -> bool:
    if folder == ".":
        return not os.path.isabs(path) and path.partition("/")[0] != ".."
    return path.startswith(f"{folder}/")


def _listed(settings: Settings, roots: Sequence[str]) -> Iterator[str]:
    """Return the real paths of the files that the tool reads."""
    folders = [str(settings.root / p) for p in roots]
    listed = list_files(folders, settings.root, settings.exclude, lambda result: None)
    return map(os.path.realpath, listed)


def _files(root: Path, paths: Sequence[str]) -> Iterator[str]:
    """Yield the real path of each file that ``grep -r`` reads: it follows no link in a folder."""
    for path in paths:
        real = os.path.realpath(root / path)
        if os.path.isfile(real):
            yield real
        for folder, _, names in os.walk(real):
            files = (os.path.join(folder, n) for n in sorted(names))
            yield from (f for f in files if os.path.isfile(f) and not os.path.islink(f))


def _matching_lines(path: str, pattern: bytes) -> list[int]:
    """Return the numbers of the lines that grep prints.

    Of a binary file it prints none (since 3.5; before, it printed a message there).
    """
    try:
        content, _ = read_file(path)
    except OSError:
        return []  # grep says so on stderr
    if pattern not in content or b"\0" in content:
        return []
    return [n for n, line in enumerate(content.split(b"\n"), start=1) if pattern in line]


def _kinds(
    lines: Sequence[int], result: FileResult | None, name: str, is_read: bool
) -> Iterator[str]:
    """Yield what each matching line of a file is."""
    rest = list(lines)
    for decision in result.decisions if result is not None else ():
        place = decision.definition
        line = next((n for n in rest if place.line <= n <= place.end_line), None)
        if place.name == name and line is not None:
            rest.remove(line)
            is_copy = decision.verdict is Verdict.REPLACE
            yield _COPY if is_copy else f"refused: {decision.reasons[0].code.value}"
    for _ in rest:
        if not is_read:
            yield "in files that the tool does not read: no Python, excluded or ignored by git"
        elif result is not None and result.error is not None:
            yield f"in files that failed: {result.error.code.value}"
        else:
            yield "comments, text, or part of a longer name"
