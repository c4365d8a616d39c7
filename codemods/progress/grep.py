"""What ``grep -r "class NAME" PATHS | wc -l`` counts, and why there are more or fewer copies.

The journal is left out, as it keeps each copy that was replaced.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from codemods.disk.files import list_files, read_file
from codemods.disk.journal import FOLDER
from codemods.engine.text import Unparsable, parse
from codemods.model import FileResult, Plan, Source, Verdict
from codemods.progress.history import is_below
from codemods.settings import Settings
from codemods.wording import most_first
from codemods.workers.pool import careful

_COPY = "copies"
_LONGER = "parts of a longer name, which grep -w does not count"


class Part(NamedTuple):
    """So many of the lines that grep counts, and what they are."""

    line_count: int
    what: str


class Grep(NamedTuple):
    """What ``grep -r "class NAME" PATHS | wc -l`` counts, and how that comes about.

    `word_count` is what ``grep -rw`` counts. `copy_count` is what the tool counts in the same
    paths; `unseen_count` is the number of those that grep does not see. `parts` say what the lines
    are.
    """

    pattern: str
    paths: tuple[str, ...]
    line_count: int
    word_count: int
    copy_count: int
    parts: tuple[Part, ...]
    unseen_count: int


def count_lines(settings: Settings, name: str, roots: Sequence[str], planned: Plan) -> Grep:
    """Count the lines that grep prints for the name of a class, and say what each of them is.

    The `roots` are relative to the root of the repository, and none lies below another.
    """
    pattern = f"class {name}"
    # What cannot be listed is reported where copies are counted.
    folders = [str(settings.root / path) for path in roots]
    listed = list_files(folders, settings.root, settings.exclude, lambda result: None)
    read = set(map(os.path.realpath, listed))
    results = {os.path.realpath(r.path): r for r in planned.results}
    kinds: list[str] = []
    for path in _files(settings.root, roots):
        content = _text_of(path)
        if pattern.encode() in content:
            why = "are excluded or ignored by git" if path.endswith(".py") else "are no Python"
            unread = None if path in read else f"in files that {why}"
            kinds += _kinds(content, name, results.get(path), unread)
    number = len(planned.copies)
    return Grep(
        pattern=pattern,
        paths=tuple(roots),
        line_count=len(kinds),
        word_count=len(kinds) - kinds.count(_LONGER),
        copy_count=number,
        parts=tuple(Part(n, what) for what, n in most_first(kinds)),
        unseen_count=number - kinds.count(_COPY),
    )


def outermost(paths: Sequence[str]) -> tuple[str, ...]:
    """Return the paths that lie below no other."""
    clean = sorted({os.path.normpath(p) for p in paths})
    return tuple(p for p in clean if not is_below(p, [o for o in clean if o != p]))


def _files(root: Path, paths: Sequence[str]) -> Iterator[str]:
    """Yield the real path of each file that ``grep -r`` reads: it follows no link in a folder."""
    for path in paths:
        real = os.path.realpath(root / path)
        if os.path.isfile(real):
            yield real
        for folder, folders, names in os.walk(real):
            folders[:] = [name for name in folders if name != FOLDER]
            files = (os.path.join(folder, n) for n in sorted(names))
            yield from (f for f in files if os.path.isfile(f) and not os.path.islink(f))


def _text_of(path: str) -> bytes:
    """Return what grep looks at; of a binary file it prints no line (since 3.5)."""
    try:
        content, _ = read_file(path)
    except OSError:
        return b""  # grep says so on stderr
    return b"" if b"\0" in content else content


def _kinds(
    content: bytes, name: str, result: FileResult | None, unread: str | None
) -> Iterator[str]:
    """Yield what each line of a file is that grep prints; `unread` where it is not looked at."""
    pattern = f"class {name}".encode()
    word = re.compile(rb"(?<![\w\x80-\xff])" + pattern + rb"(?![\w\x80-\xff])")
    printed = {n: t for n, t in enumerate(content.split(b"\n"), start=1) if pattern in t}
    lines = {n: t for n, t in printed.items() if word.search(t)}
    yield from [_LONGER] * (len(printed) - len(lines))
    for decision in result.decisions if result is not None else ():
        place = decision.definition
        line = next((n for n in lines if place.line <= n <= place.end_line), None)
        if place.name == name and line is not None:
            del lines[line]
            is_copy = decision.verdict is Verdict.REPLACE
            yield _COPY if is_copy else f"refused: {decision.reasons[0].code.value}"
    in_strings: Collection[int] = ()
    if lines and unread is None:
        look = partial(_lines_of_strings, text=pattern.decode())
        (in_strings,) = careful(look, [Source("", content)], lambda path, reason: set())
    for number, text in lines.items():
        before = text.partition(pattern)[0]
        if unread is not None:
            yield unread
        elif number in in_strings:
            yield "in strings"
        elif b"#" in before:
            yield "commented out"
        elif result is not None and result.error is not None:
            yield f"in files that failed: {result.error.code.value}"
        elif not before.strip():
            yield "in a shared module"  # anywhere else there is a decision
        else:
            yield "other text"


def _lines_of_strings(source: Source, *, text: str) -> set[int]:
    """Return the lines of the strings that contain a text; none where the file does not parse."""
    try:
        tree = parse(source.content)
    except Unparsable:
        return set()
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and text in node.value
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
