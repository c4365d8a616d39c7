"""Printing: results to stdout, remarks and progress to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from codemods.migration.scan import Progress


def print_text(text: str | bytes, *, err: bool = False) -> None:
    """Print to stdout; names of files may hold bytes that are not UTF-8."""
    content = text if isinstance(text, bytes) else _encoded(text)
    try:
        click.echo(content, nl=False, err=err)
    except BrokenPipeError:
        # The reader, perhaps `head`, is done; the exit code still says what was found.
        stream = sys.stderr if err else sys.stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _encoded(text: str) -> bytes:
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:  # half of a surrogate pair: a message of a test may hold one
        return text.encode(errors="backslashreplace")


def say(text: str) -> None:
    """Print to stderr."""
    print_text(text, err=True)


def print_json(value: object) -> None:
    """Print a document to stdout."""
    import json  # no text needs it

    print_text(f"{json.dumps(value, indent=2)}\n")


def show(form: str, document: object, text: str) -> None:
    """Print a document or a text, by the value of --format."""
    if form == "json":
        print_json(document)
    else:
        print_text(text)


def print_list(paths: list[str]) -> None:
    """Print paths for @FILE, one per line."""
    for path in paths:
        if "\n" in path or "\r" in path:
            say(f"skipped, as its name has a line break: {path!r}\n")
        else:
            print_text(f"{path}\n")


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
            say(f"\r{shown}")

    try:
        yield show
    finally:
        say(f"\r{' ' * len(shown)}\r")
