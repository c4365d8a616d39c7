"""Add to the settings of a repository what they lack, so that no other byte of the file changes.

Each way to write it is tried on the text, and taken if the parsed result is the wanted one: so how
the file is written need not be understood, and a wrong guess is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from codemods.model import UsageError
from codemods.settings import SettingsError, parse_toml

_HEADER = rb"(?m)^[ \t]*\[[ \t]*tool[ \t]*\.[ \t]*[\"']?ssot-codemods[\"']?[ \t]*\][^\n]*(?:\n|\Z)"
_COMMANDS = "codemods.commands"
_MOST_TRIES = 100


def with_modules(
    before: bytes,
    added: Sequence[str],
    path: Path,
    implied: Sequence[str] = (),
    paths: Sequence[str] = (),
) -> bytes:
    """Return a pyproject.toml whose table names some more modules, and else has what it had.

    Where the table names none, the `implied` ones count, and are named as well; one that is not
    there yet gets `paths`. A file that does not parse is a `SettingsError`, a table that this finds
    no place in a `UsageError`.
    """
    document = parse_toml(before, path)
    tool = document.get("tool", {})
    table = tool.get("ssot-codemods", {}) if isinstance(tool, dict) else None
    if not isinstance(table, dict):
        raise UsageError(f"{path}: [tool.ssot-codemods] cannot be added: `tool` has another value")
    known = table.get("modules")
    modules = [*(implied if known is None else known), *added]
    own = {**table, "modules": modules}
    if paths and "ssot-codemods" not in tool:
        own["paths"] = list(paths)
    wanted = {**document, "tool": {**tool, "ssot-codemods": own}}

    def parse(text: bytes) -> Any:
        return parse_toml(text, path)

    found = _first(_toml_tries(before, modules, added, own.get("paths", ())), wanted, parse)
    if found is None:
        lacking = _quoted(added if known is not None else modules)
        raise UsageError(f"{path}: add {', '.join(lacking)} to `modules` of [tool.ssot-codemods]")
    return found


def with_paths(before: bytes, added: Sequence[str], path: Path) -> bytes:
    """Return a pyproject.toml with more `paths` in the table, where that has some already.

    Where this finds no place for them, it is a `UsageError`.
    """
    document = parse_toml(before, path)
    table = document["tool"]["ssot-codemods"]
    if not added or "paths" not in table:
        return before
    own = {**table, "paths": [*table["paths"], *added]}
    wanted = {**document, "tool": {**document["tool"], "ssot-codemods": own}}
    tries = _in_lists(before, rb"\bpaths[\"']?[ \t]*=[ \t]*\[", _quoted(added))
    found = _first(tries, wanted, lambda text: parse_toml(text, path))
    if found is None:
        lacking = ", ".join(_quoted(added))
        raise UsageError(f"{path}: add {lacking} to `paths` of [tool.ssot-codemods]")
    return found


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]


def _toml_tries(
    before: bytes, modules: Sequence[str], added: Sequence[str], paths: Sequence[str]
) -> Iterator[bytes]:
    line = f"modules = [{', '.join(_quoted(modules))}]\n".encode()
    more = f"paths = [{', '.join(_quoted(paths))}]\n".encode() if paths else b""
    yield _at_end(before, b"[tool.ssot-codemods]\n" + line + more)
    for header in re.finditer(_HEADER, before):
        yield _inserted(before, header.end(), line)
    yield from _in_lists(before, rb"\bmodules[\"']?[ \t]*=[ \t]*\[", _quoted(added))


def with_commands(before: bytes, path: Path) -> bytes:
    """Return a ``.libcst.codemod.yaml`` that names our commands too, and is else unchanged.

    A file that does not parse, or that this finds no place in, is a `UsageError`.
    """
    yaml = _yaml()

    def parse(text: bytes) -> Any:
        try:
            return yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise SettingsError(f"{path}: {' '.join(str(error).split())}") from error

    document = parse(before)
    document = {} if document is None else document
    known = document.get("modules", []) if isinstance(document, dict) else None
    if not isinstance(known, list):
        raise UsageError(f"{path}: its `modules` are no list")
    if _COMMANDS in known:
        return before
    found = _first(_yaml_tries(before), {**document, "modules": [*known, _COMMANDS]}, parse)
    if found is None:
        raise UsageError(f"{path}: add {_COMMANDS} to its `modules`")
    return found


def _yaml() -> Any:
    """Return the YAML library that LibCST brings with it: on some Pythons another one."""
    with suppress(ModuleNotFoundError):
        return import_module("yaml_ft")
    return import_module("yaml")


def _yaml_tries(before: bytes) -> Iterator[bytes]:
    yield _at_end(before, b"modules:\n- %b\n" % _COMMANDS.encode(), gap=b"")
    yield from _in_lists(before, rb"(?m)^modules[ \t]*:[ \t]*\[", [_COMMANDS])
    for item in reversed(list(re.finditer(rb"(?m)^([ \t]*-[ \t]+)[^\n]*(?:\n|\Z)", before))):
        line = item.group(1) + _COMMANDS.encode() + b"\n"
        yield _inserted(before, item.end(), line)


def _first(tries: Iterable[bytes], wanted: object, parse: Callable[[bytes], Any]) -> bytes | None:
    for text in islice(tries, _MOST_TRIES):
        with suppress(SettingsError):
            if parse(text) == wanted:
                return text
    return None


def _at_end(before: bytes, added: bytes, gap: bytes = b"\n") -> bytes:
    return _inserted(before, len(before), (gap if before else b"") + added)


def _inserted(before: bytes, at: int, added: bytes) -> bytes:
    """Insert lines at the end of a line, with the line ends that the file has."""
    above = before[:at]
    if above and not above.endswith(b"\n"):
        added = b"\n" + added
    if b"\r\n" in before:
        added = added.replace(b"\n", b"\r\n")
    return above + added + before[at:]


def _in_lists(before: bytes, head: bytes, added: Sequence[str]) -> Iterator[bytes]:
    """Yield the text with more values at the end of each list that begins with a head."""
    starts = [match.end() for match in re.finditer(head, before)]
    ends = [[start + m.start() for m in re.finditer(rb"\]", before[start:])] for start in starts]
    # The first bracket that ends a list is the right one, unless a value has one in it.
    for nth in zip_longest(*ends):
        for start, end in zip(starts, nth, strict=True):
            if end is not None:
                yield _in_list(before, start, end, added)


def _in_list(before: bytes, start: int, end: int, added: Sequence[str]) -> bytes:
    """Add values behind the last one of a list: on lines of their own where that has one."""
    inside = before[start:end]
    lines = inside.splitlines(keepends=True)
    values = [
        n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith(b"#")
    ]
    if not values:
        return before[:start] + ", ".join(added).encode() + before[end:]
    at = values[-1]
    text = lines[at].partition(b"#")[0].rstrip()
    rest = lines[at][len(text) :]
    if at == 0:  # on the line of the bracket
        lines[0] = text.rstrip(b",") + b", " + ", ".join(added).encode() + rest
    else:
        blanks = text[: len(text) - len(text.lstrip())]
        newline = b"\r\n" if b"\r\n" in before else b"\n"
        comma = b"" if text.endswith(b",") else b","
        more = b"".join(blanks + name.encode() + b"," + newline for name in added)
        lines[at] = text + comma + rest + more
    return before[:start] + b"".join(lines) + before[end:]
