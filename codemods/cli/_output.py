"""Printing: results to stdout, remarks and progress to stderr."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codemods.wording import git_quoted, output_line, visible

if TYPE_CHECKING:
    from codemods.disk.journal import Change
    from codemods.migration.scan import Progress


def print_bytes(content: bytes, *, err: bool = False) -> None:
    """Print to stdout as it is: a diff, which `git apply` takes."""
    try:
        click.echo(content, nl=False, err=err)
    except OSError as error:
        # What is left in the buffer would fail again, at the end of Python.
        stream = sys.stderr if err else sys.stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        # Where the reader, perhaps `head`, is done, the exit code still says what was found.
        if not err and not isinstance(error, BrokenPipeError):
            raise


def print_text(text: str, *, err: bool = False) -> None:
    """Print lines to stdout; whatever is not printable in one is written as `repr` does."""
    print_bytes("\n".join(map(visible, text.split("\n"))).encode(), err=err)


def say(*lines: str) -> None:
    """Print a remark to stderr; what follows its first line is indented."""
    if lines:
        print_text("\n  ".join(map(output_line, lines)) + "\n", err=True)


def print_json(value: object) -> None:
    """Print a document to stdout."""
    print_bytes(json_bytes(value))


def json_bytes(value: object) -> bytes:
    """Return a document in ASCII; a lone surrogate is written as in a text."""
    import json  # no text needs it

    text = json.dumps(value, indent=2, ensure_ascii=False)
    text = re.sub("[\ud800-\udfff]", lambda m: rf"\\u{ord(m.group()):04x}", text)
    text = re.sub("[\x7f-\U0010ffff]", _escape, text)
    return f"{text}\n".encode()


def _escape(match: re.Match[str]) -> str:
    """Return a character as JSON escapes it: in units of UTF-16."""
    units = match.group().encode("utf-16-be").hex()
    return "".join(rf"\u{units[n : n + 4]}" for n in range(0, len(units), 4))


def show(form: str, document: object, text: str) -> None:
    """Print a document or a text, by the value of --format."""
    if form == "json":
        print_json(document)
    else:
        print_text(text)


def print_list(paths: Sequence[str]) -> None:
    """Print paths for @FILE, one per line; one that a line cannot hold as git quotes it."""
    for path in paths:
        as_is = output_line(path) == path and not path.startswith('"')
        shown = path if as_is else git_quoted(path)
        print_bytes(f"{shown}\n".encode())


def print_diff(base: Path, changes: Sequence[Change]) -> None:
    """Print what would change to stdout, for `git apply`.

    Args:
        base: the folder that the paths of the changes start at.
        changes: the files.

    """
    from codemods.report.diff import unified_diff

    for change in changes:
        print_bytes(unified_diff(change.path, change.before, change.after))
    if base != Path.cwd():
        say(f"the paths of the diff start at {base}: apply it there")


@contextmanager
def progress_bar(label: str, step: int = 100) -> Iterator[Progress]:
    """Show a bar of plain characters on stderr where that is a terminal.

    Args:
        label: what stands before it.
        step: show it for each number that this divides.

    """
    if sys.stderr is None or not sys.stderr.isatty():  # None where the shell has closed it
        yield lambda done, total: None
        return
    shown = ""

    def show(done: int, total: int) -> None:
        nonlocal shown
        if done % step == 0 or done == total:
            full = 30 * done // max(total, 1)
            shown = f"{label}  [{'#' * full}{'-' * (30 - full)}]  {done:,} of {total:,}"
            print_bytes(f"\r{shown}".encode(), err=True)

    try:
        yield show
    finally:
        print_bytes(f"\r{' ' * len(shown)}\r".encode(), err=True)
