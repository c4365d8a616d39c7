"""One finding, one line: ``path:line: code: message``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence

from codemods.model import Decision, FileResult, Reason, Verdict

#: Of more than this, the rest is counted.
MOST_LINES = 10


def printable(path: str) -> str:
    """Give a path as it can stand on a line of its own: control characters as escapes."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda m: f"\\x{ord(m.group()):02x}", path)


def reason_line(path: str, first: Reason, *others: Reason) -> str:
    """Say what there is about one definition on one line, with the place of the first reason."""
    shown = others if len(others) <= 3 else others[:2]
    also = [f"; line {r.line}: {r.code.value}: {r.message}" for r in shown]
    if len(shown) < len(others):
        also.append(f"; and {len(others) - len(shown)} more")
    return f"{printable(path)}:{first.line}: {first.code.value}: {first.message}{''.join(also)}"


def definition_line(path: str, decision: Decision) -> str:
    """Say what becomes of one definition."""
    if decision.verdict is Verdict.REFUSE:
        return reason_line(path, *decision.reasons)
    name, line = decision.definition.class_name, decision.definition.line
    return f"{printable(path)}:{line}: replace: `{name}` by the shared `{decision.shared_name}`"


def failure_lines(failures: Iterable[FileResult]) -> list[str]:
    """Say which files failed, and why, in the order of their paths."""
    ordered = sorted(failures, key=lambda f: os.fsencode(f.path))
    return [reason_line(f.path, f.error) for f in ordered if f.error is not None]


def shortened(label: str, texts: Sequence[str]) -> Iterator[str]:
    """Yield the first lines of many, each with a label, and how many more there are."""
    yield from (f"{label}{text}" for text in texts[:MOST_LINES])
    if len(texts) > MOST_LINES:
        yield f"{label}and {len(texts) - MOST_LINES} more"


def joined(lines: Iterable[str]) -> str:
    """Return lines as one text."""
    return "".join(f"{line}\n" for line in lines)


def paragraphs(blocks: Iterable[Sequence[str]]) -> str:
    """Return blocks of lines as one text, an empty line between them; empty ones are left out."""
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"
