"""Printing: results to stdout, remarks and progress to stderr."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from codemods.cli._colour import coloured, has_colour, is_terminal
from codemods.wording import git_quoted, output_line, visible

if TYPE_CHECKING:
    from codemods.disk.journal import Change
    from codemods.migration.scan import Progress
    from codemods.report.findings import Finding


#: Where the context of a verb has whether it is quiet.
QUIET = "codemods.quiet"


def print_bytes(content: bytes, *, err: bool = False) -> None:
    """Print to stdout as it is: a diff, which `git apply` takes."""
    try:
        click.echo(content, nl=False, err=err)
    except OSError as error:
        # What is left in the buffer would fail again, at the end of Python.
        _discard(sys.stderr if err else sys.stdout)
        # Where the reader, perhaps `head`, is done, the exit code still says what was found.
        if not err and not isinstance(error, BrokenPipeError):
            raise


def settle(stream: IO[str]) -> None:
    """Throw away what a stream could not write: Python would fail on it again as it ends."""
    try:
        stream.flush()
    except OSError:
        _discard(stream)


def _discard(stream: IO[str]) -> None:
    """Throw away whatever is written to a stream from now on."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def print_page(text: str) -> None:
    """Print Markdown, HTML or what a program reads to stdout, with no colours."""
    print_bytes(page_bytes(text))


def page_bytes(text: str) -> bytes:
    """Return such a page, with nothing that a terminal obeys."""
    return "\n".join(map(visible, text.split("\n"))).encode()


def print_text(text: str, *, err: bool = False, is_code: bool = False) -> None:
    """Print lines for people; whatever is not printable in one is written as `repr` does.

    On a terminal, they are in colours, and unless they are code, wrapped between words.
    """
    lines: Iterable[str] = map(visible, text.split("\n"))
    stream = sys.stderr if err else sys.stdout
    if is_terminal(stream) and not is_code:
        width = _columns()
        lines = (part for line in lines for part in wrapped(line, width))
    if has_colour(stream):
        lines = map(coloured, lines)
    print_bytes("\n".join(lines).encode(), err=err)


def _columns() -> int:
    from shutil import get_terminal_size  # it loads all that compresses

    return get_terminal_size().columns


#: A command stays on its line: it is there to be copied.
_KEPT = re.compile(r"[-+@]|(?:.*?: )?(?:ssot-codemods|ruff|git|grep|pip) ")
_LABEL = re.compile(r" *\S.*?(: |  )")


def wrapped(line: str, width: int) -> list[str]:
    """Wrap a line between words; what has a label or columns gets an indent below it."""
    if len(line) <= width or _KEPT.match(line):
        return [line]
    indent = line[: len(line) - len(line.lstrip())] + ("    " if _LABEL.match(line) else "")
    import textwrap  # few lines need it

    return textwrap.wrap(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def print_patch(patch: bytes) -> None:
    """Print a diff to stdout: as it is for `git apply`, but with nothing that a terminal obeys."""
    if has_colour(sys.stdout) or is_terminal(sys.stdout):
        print_text(patch.decode("utf-8", "surrogateescape").expandtabs(), is_code=True)
    else:
        print_bytes(patch)


def remark(line: str) -> None:
    """Print what is worth knowing and no more to stderr, but not with -q."""
    if not is_quiet():
        say(line)


def is_quiet() -> bool:
    """Whether -q was given."""
    context = click.get_current_context(silent=True)
    return context is not None and context.meta.get(QUIET, False)


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
    text = re.sub("[\x7f-\U0010ffff]", lambda m: json.dumps(m.group())[1:-1], text)
    return f"{text}\n".encode()


def print_findings(form: str, findings: Sequence[Finding], head: str) -> None:
    """Print findings for a code host, by the value of --format; GitHub also gets a summary."""
    from codemods.report import hosts  # no text needs it

    if form != "github":
        print_json(hosts.as_sarif(findings) if form == "sarif" else hosts.as_gitlab(findings))
        return
    print_page(hosts.as_github(findings))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        try:
            with Path(summary).open("ab") as file:
                file.write(hosts.as_summary(findings, head).encode())
        except OSError as error:
            say(f"no summary of the job: {error}")


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
    """Print what would change to stdout, for `git apply`; all paths start at `base`."""
    from codemods.report.diff import unified_diff

    for change in changes:
        print_patch(unified_diff(change.path, change.before, change.after))
    if base != Path.cwd():
        say(f"the paths of the diff start at {base}: apply it there")


@contextmanager
def progress_bar(label: str, step: int = 100) -> Iterator[Progress]:
    """Show a bar of plain characters behind a label, on stderr where that is a terminal.

    It is shown for each number that `step` divides.
    """
    if is_quiet() or not is_terminal(sys.stderr):
        yield lambda done, total: None
        return
    shown = ""

    def show(done: int, total: int) -> None:
        nonlocal shown
        if done % step == 0 or done == total:
            count = f"{done:,} of {total:,}"
            room = _columns() - len(label) - len(count) - 7
            width = max(0, min(30, room))
            full = width * done // max(total, 1)
            shown = f"{label}  [{'#' * full}{'-' * (width - full)}]  {count}"
            print_bytes(f"\r{shown}".encode(), err=True)

    try:
        yield show
    finally:
        print_bytes(f"\r{' ' * len(shown)}\r".encode(), err=True)
