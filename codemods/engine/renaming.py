"""Names at known places of a file -> the file with other ones there, and the proof of that.

By bytes, as each place is known. The proof asks CPython itself, by its symbol tables, whether each
name still means what it did: https://docs.python.org/3/library/symtable.html
"""

from __future__ import annotations

import ast
import bisect
import re
import symtable
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from codemods.engine.plan import Renamed
from codemods.engine.text import decoded, encoding_of, rows_with_ends, symbols
from codemods.model import Code, Reason

#: What a place may be part of.
_Named = ast.Name | ast.ClassDef | ast.Constant


def lines_in_utf8(text: str) -> list[bytes]:
    """Return the lines of a file as `ast` counts columns in them, with their ends."""
    return [row.encode() for row in rows_with_ends(text)]


def with_names(source: bytes, places: Sequence[Renamed]) -> bytes | Reason:
    """Put the new names in places of a file, or return why its text cannot be written as it was."""
    text, encoding = decoded(source), encoding_of(source)
    if text.encode(encoding) != source:
        return Reason(Code.LOSSY_ROUND_TRIP, 1, f"its text has another form in {encoding}")
    lines = lines_in_utf8(text)
    for place in sorted(places, reverse=True):
        line, start = lines[place.line - 1], place.column
        end = start + len(place.old.encode())
        lines[place.line - 1] = line[:start] + place.new.encode() + line[end:]
    return b"".join(lines).decode().encode(encoding)


def difference_in_names(
    before: bytes, tree: ast.Module, after: bytes, after_tree: ast.Module, places: Sequence[Renamed]
) -> str | None:
    """Return in which way a file is not the old one with new names in some places, if in any.

    The arguments are those of `codemods.engine.proof.difference`, but for the places and the tree
    of the edited file.
    """
    new_names = {place.old: place.new for place in places}
    if encoding_of(before) != encoding_of(after):
        return "it would have another encoding"
    old, new = decoded(before), decoded(after)
    places = sorted(places)
    if not _same_text(old, new, places):
        return "something beside the names would change"
    changed = list(_changed_nodes(tree, after_tree, new_names))
    found = [place for node in changed if node for place in _places_in(node, places)]
    if None in changed:
        return "the syntax tree would change beyond the names"
    if sorted(found) != places:
        return "what was renamed is not what was planned"
    if not _same_scopes(symbols(old), symbols(new), new_names):
        return "a name would no longer mean what it did"
    return None


def _same_text(old: str, new: str, places: Sequence[Renamed]) -> bool:
    """Whether two files are the same but for the places."""
    by_line: dict[int, list[Renamed]] = defaultdict(list)
    for place in places:
        by_line[place.line].append(place)
    lines, new_lines = lines_in_utf8(old), lines_in_utf8(new)
    return len(lines) == len(new_lines) and all(
        _expected(line, by_line[number]) == new_line if number in by_line else line == new_line
        for number, (line, new_line) in enumerate(zip(lines, new_lines, strict=True), start=1)
    )


def _expected(line: bytes, places: Sequence[Renamed]) -> bytes:
    """Return what becomes of a line: its parts between the places, with the new names."""
    parts, at = [], 0
    for place in places:
        parts += [line[at : place.column], place.new.encode()]
        at = place.column + len(place.old.encode())
    return b"".join([*parts, line[at:]])


def _changed_nodes(
    old: ast.AST, new: ast.AST, new_names: Mapping[str, str]
) -> Iterator[_Named | None]:
    """Yield the nodes of a tree that have another name in another one, None for any difference."""
    pending: list[tuple[object, object, ast.AST]] = [(old, new, old)]
    while pending:
        one, other, node = pending.pop()
        if isinstance(one, ast.AST) and type(one) is type(other):
            pending += [(getattr(one, f), getattr(other, f, None), one) for f in one._fields]
        elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            pending += [(a, b, node) for a, b in zip(one, other, strict=True)]
        elif type(one) is not type(other) or one != other:
            if isinstance(node, _Named) and _renamed(one, node, new_names) == other:
                yield node
            else:
                yield None


def _renamed(value: object, node: _Named, new_names: Mapping[str, str]) -> object:
    """Return a value with new names: that of a name, or any text, of which each word is one."""
    if isinstance(value, str) and isinstance(node, ast.Constant):
        words = "|".join(map(re.escape, new_names))
        return re.sub(rf"\b(?:{words})\b", lambda m: new_names[m[0]], value)
    return new_names.get(value) if isinstance(value, str) else None


def _places_in(node: _Named, places: Sequence[Renamed]) -> Sequence[Renamed]:
    """Return the place of a name, the first one in a class, or all those in a string."""
    start, end = (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
    found = places[_below(places, start) : _below(places, end)]
    return found if isinstance(node, ast.Constant) else found[:1]


def _below(places: Sequence[Renamed], at: tuple[int, int]) -> int:
    return bisect.bisect_left(places, at, key=lambda place: place[:2])


# Scopes


def _same_scopes(
    old: symtable.SymbolTable,
    new: symtable.SymbolTable,
    new_names: Mapping[str, str],
    outer: frozenset[str] = frozenset(),
    of_module: frozenset[str] = frozenset(),
) -> bool:
    """Whether each name of a scope, and of those in it, means the same in both files.

    `outer` are the old names that the functions around the scope have renamed, and `of_module`
    those that the module has.
    """
    known = {s.get_name(): s for s in old.get_symbols()}
    there = {s.get_name(): s for s in new.get_symbols()}
    here = frozenset(o for o, n in new_names.items() if o in known and n in there)
    is_module = old.get_type() == "module"
    of_module = here if is_module else of_module
    if not known.keys().isdisjoint(new_names.values()):
        return False  # two names would become one
    renamed = {new_names[n] if n in here else n: _kind(s) for n, s in known.items()}
    if renamed != {n: _kind(s) for n, s in there.items()}:
        return False
    for name in new_names.keys() & known.keys():
        symbol = known[name]
        around = outer if symbol.is_free() else of_module if symbol.is_global() else here
        if (name in here) != (name in around):
            return False
    if not is_module and old.get_type() != "class":
        own = {n for n in new_names if n in known and known[n].is_local()}
        outer = (outer - own) | (own & here)
    children, others = old.get_children(), new.get_children()
    return len(children) == len(others) and all(
        _same_scopes(a, b, new_names, outer, of_module)
        for a, b in zip(children, others, strict=True)
    )


def _kind(symbol: symtable.Symbol) -> tuple[bool, ...]:
    return (
        *(symbol.is_referenced(), symbol.is_parameter(), symbol.is_global(), symbol.is_local()),
        *(symbol.is_free(), symbol.is_imported(), symbol.is_assigned(), symbol.is_namespace()),
        *(symbol.is_annotated(), symbol.is_declared_global()),
    )
