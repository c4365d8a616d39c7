"""Definitions of a file, and what they read, as the text of a module that can be imported.

A definition is taken as it stands, with its decorators, its docstring and the comment above it.
The global names that it reads must mean the same in the module: imports, immutable constants and
other definitions of the file are taken along; what reads anything else is not taken.
"""

from __future__ import annotations

import ast
import functools
import io
import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from codemods.engine.codemod import ParsedModule
from codemods.engine.names import Binding, ModuleNames
from codemods.engine.rows import first_line, last_line
from codemods.engine.scopes import DEFINITIONS, Definition, free_names
from codemods.engine.text import (
    Unparsable,
    encoding_of,
    parse,
    rows_with_ends,
)
from codemods.engine.walk import walk
from codemods.model import Code
from codemods.rewrites.replace_local_copies.equality import (
    Normal,
    annotations_in,
    has_annotations,
    has_future_annotations,
)

_FUTURE = "from __future__ import annotations"
#: In characters; longer imports are broken, as most formatters do.
_WIDTH = 88
_FOR_TYPES = "from typing import TYPE_CHECKING"
#: The number of the section of imports in which other packages than Python's own are.
_OF_OTHERS = 2


class Shared(NamedTuple):
    """A definition that can be imported: from which module, and what is the same for equal ones."""

    module: str
    key: str


class CannotAdopt(Exception):  # noqa: N818 - it is an outcome, not a fault
    """A definition cannot stand in another module, or not in this one; the message says why."""


@dataclass(frozen=True)
class Extract:
    """Some definitions of a file, and what they read.

    `imports` are statements, `type_imports` those that type checkers alone run; `constants` and
    `definitions` have the text by the name, in the order of the file; `aliases` are more names, of
    definitions. `left_out` says of what cannot be taken along why; `lacks_imports` tells whether
    that is an import, which another file may have otherwise.
    """

    imports: tuple[str, ...] = ()
    type_imports: tuple[str, ...] = ()
    constants: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    lacks_imports: bool = False

    def __or__(self, other: Extract) -> Extract:
        """Return what both have."""
        return Extract(
            tuple(dict.fromkeys([*self.imports, *other.imports])),
            tuple(dict.fromkeys([*self.type_imports, *other.type_imports])),
            {**self.constants, **other.constants},
            {**self.definitions, **other.definitions},
            {**self.aliases, **other.aliases},
        )


def extract(source: bytes, names: Iterable[str], shared: Mapping[str, Shared] = {}) -> Extract:
    """Take definitions from a file, with what they read.

    Args:
        source: the file as it is on disk.
        names: those of definitions at the top of the file.
        shared: those that can be imported; what is read and equal to one of them is.

    Raises:
        CannotAdopt: one of them reads what cannot be taken along.

    """
    module = _parsed(source)
    nodes = []
    for name in names:
        node = _definition(module.names, name)
        if node is None:
            lines = ", ".join(str(b.line) for b in module.names.bindings.get(name, ())) or "none"
            raise CannotAdopt(f"`{name}` is no one definition of the file: lines {lines}")
        nodes.append(node)
    parts = _Extractor(module, shared).extract(nodes)
    if parts.left_out:
        raise CannotAdopt(parts.left_out[0])
    return parts


def extract_nodes(module: ParsedModule, nodes: Sequence[Definition]) -> Extract:
    """Take definitions from a file, be they nested, with what they read and what can be taken."""
    return _Extractor(module, {}).extract(nodes)


def module_with(before: bytes, parts: Extract, own: Container[str] = ()) -> bytes:
    """Return a module with the parts of an extract that it does not have yet.

    Args:
        before: the module as it is; empty for none.
        parts: what is to be in it.
        own: the names of the repository's own packages, which are imported below all others.

    Raises:
        CannotAdopt: one of the names means something else in the module.

    """
    if not before.strip():
        return _new_module(parts, own).encode()
    module = _parsed(before)
    missing = _missing(module.names, parts)
    if missing == Extract():
        return before
    rows = rows_with_ends(module.text)
    newline = next((row[len(row.rstrip("\r\n")) :] for row in rows), "") or "\n"
    added = _constants(missing) + _definitions(missing)
    edits = [*_import_edits(module.names, rows, missing, own), (len(rows), len(rows), added)]
    edits.sort(key=itemgetter(0, 1))
    for start, end, text in reversed(edits):
        if start and not rows[start - 1].endswith(("\r", "\n")):
            rows[start - 1] += newline
        rows[start:end] = [text.replace("\n", newline)]
    return _encoded("".join(rows), before)


def _encoded(text: str, before: bytes) -> bytes:
    """Return the bytes of a text, in the encoding that the module has."""
    try:
        return text.encode(encoding_of(before))
    except UnicodeEncodeError as error:
        character = text[error.start]
        message = f"the module is in {error.encoding}, which has no {character!r}"
        raise CannotAdopt(message) from error


def packages_of(parts: Extract) -> set[str]:
    """Return the packages that definitions import, but for the standard library and pytest."""
    known = (_package(text) for text in parts.imports if _section(text, ()) < _OF_OTHERS)
    return {_package(text) for text in parts.imports}.difference(known) - {"pytest"}


def keys_of(source: bytes, names: Collection[str] | None = None) -> dict[str, str]:
    """Return what is the same for equal definitions, of each that a name of a file stands for.

    A file that does not parse has none.

    Args:
        source: the file as it is on disk.
        names: those to look at; all without.

    """
    try:
        module = _parsed(source)
    except CannotAdopt:
        return {}
    bound = module.names.bindings
    wanted = bound if names is None else [name for name in names if name in bound]
    found = {name: _definition(module.names, name) for name in wanted}
    return {
        name: Normal(node, module.names.is_builtin).shape.key
        for name, node in found.items()
        if node is not None
    }


@functools.lru_cache(maxsize=4)  # a file is mostly asked about several times in a row
def _parsed(source: bytes) -> ParsedModule:
    try:
        return ParsedModule(source, "")
    except Unparsable as error:
        where = "" if error.reason.code is Code.UNDECODABLE else f"line {error.line}: "
        raise CannotAdopt(f"{where}{error}") from error


def _definition(names: ModuleNames, name: str) -> Definition | None:
    """Return the definition that a global name stands for, the last one of several equal ones."""
    bindings = names.bindings.get(name, [])
    nodes = [b.node for b in bindings if isinstance(b.node, DEFINITIONS)]
    keys = {Normal(node, names.is_builtin).shape.key for node in nodes} if nodes[1:] else ()
    return nodes[-1] if nodes and len(nodes) == len(bindings) and len(keys) < 2 else None


class _Extractor:
    def __init__(self, module: ParsedModule, shared: Mapping[str, Shared]) -> None:
        self._shared = shared
        self._lines = io.StringIO(module.text, newline=None).readlines()
        self._tree = module.tree
        self._certain = frozenset(_certain_imports(module.tree.body))
        self._names = module.names
        self._has_future = has_future_annotations(module.tree)
        self._imports: dict[str, None] = {}
        self._type_imports: dict[str, None] = {}
        self._constants: dict[str, str] = {}
        self._definitions: dict[str, tuple[int, str]] = {}
        self._left_out: dict[str, None] = {}
        self._lacks_imports = False

    def extract(self, nodes: Iterable[Definition]) -> Extract:
        for node in nodes:
            self._add_definition(node)
        for_types = tuple(text for text in self._type_imports if text not in self._imports)
        self._imports.update(dict.fromkeys([_FOR_TYPES] if for_types else []))
        used = {n: self._constants[n] for n in self._names.bindings if n in self._constants}
        in_order = sorted(self._definitions.items(), key=lambda item: item[1])
        return Extract(
            tuple(self._imports),
            for_types,
            used,
            {name: text for name, (_, text) in in_order},
            left_out=tuple(self._left_out),
            lacks_imports=self._lacks_imports,
        )

    def _add_definition(self, node: Definition) -> None:
        self._definitions[node.name] = node.lineno, self._block(node)
        if self._has_future and has_annotations(node):
            self._imports[_FUTURE] = None
        free = free_names(node)
        if free.global_names:
            self._left_out[f"`{node.name}` sets the global `{min(free.global_names)}`"] = None
        late = {id(n) for a in annotations_in(node) for n in walk(a) if self._has_future}
        names = (n for n in walk(node) if isinstance(n, ast.Name) and id(n) not in late)
        now = {name.id for name in names}
        quoted = set(Normal(node, self._names.is_builtin).quoted)
        for read in sorted(free.names | quoted):
            if read not in self._definitions:
                self._add_read(node.name, read, is_for_types=read not in now)

    def _block(self, node: ast.stmt) -> str:
        """Return the lines of a statement, not indented, and the comment directly above it."""
        first, last = first_line(node) - 1, last_line(node)
        text = _dedented(self._lines[first:last], first + 1, node)
        if text is None:
            return f"{ast.unparse(node)}\n"
        start = first
        while start and not node.col_offset and self._lines[start - 1].startswith("#"):
            start -= 1
        while start < first and _is_directive(start, self._lines[start]):
            start += 1
        return "".join([*self._lines[start:first], text])

    def _add_read(self, reader: str, name: str, *, is_for_types: bool) -> None:
        bindings = self._names.bindings.get(name, [])
        meaning = self._names.meaning_of(name)
        definition = _definition(self._names, name)
        if definition is not None:
            module, key = self._shared.get(name, ("", ""))
            if Normal(definition, self._names.is_builtin).shape.key == key:
                self._imports[f"from {module} import {name}"] = None
            else:
                self._add_definition(definition)
        elif meaning.is_known and all(b.node in self._certain for b in bindings):
            self._imports.update(_imports_of(bindings, name))
        elif meaning.is_known and not any(b.source for b in bindings):
            self._constants[name] = self._constant(bindings[0])
        elif is_for_types and not meaning.is_known and self._names.meaning_in_types(name).is_known:
            self._type_imports.update(_imports_of(bindings, name))
        else:
            relative = any(getattr(b.node, "level", 0) for b in bindings)
            why = "is imported relatively" if relative else meaning.text
            if meaning.is_known:
                why = f"may fail to be imported on line {bindings[0].line}, and the file goes on"
            self._left_out[f"`{reader}` reads `{name}`, which {why}"] = None
            kinds = ast.Import, ast.ImportFrom
            is_import = any(isinstance(b.node, kinds) for b in bindings)
            self._lacks_imports |= is_import or bool(self._names.stars)

    def _constant(self, binding: Binding) -> str:
        """Return the statement that gives a name an immutable value, at the top of the file."""
        return next(self._block(s) for s in self._tree.body if binding.node in ast.walk(s))


def _certain_imports(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the imports that a module cannot go on without."""
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield statement
        elif isinstance(statement, ast.Try) and all(
            isinstance(handler.body[-1], ast.Raise) for handler in statement.handlers
        ):
            yield from _certain_imports(statement.body)


def _dedented(lines: Sequence[str], first: int, node: ast.stmt) -> str | None:
    """Return the lines of a statement, not indented; None where they hold something else too."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    if not indent and isinstance(node, DEFINITIONS):
        return "".join(lines).rstrip("\n") + "\n"  # nothing can stand beside it
    fixed = {n for c in ast.walk(node) if indent for n in _inside_string(c)}
    text = "".join(
        line if number in fixed or line[:indent].strip() else line[indent:]
        for number, line in enumerate(lines, start=first)
    )
    text = text.rstrip("\n") + "\n"
    try:
        body = parse(text.encode()).body
    except (Unparsable, UnicodeError):
        return None
    return text if len(body) == 1 and ast.dump(body[0]) == ast.dump(node) else None


def _inside_string(node: ast.AST) -> Iterable[int]:
    """Return the lines that begin in a string."""
    if isinstance(node, ast.Constant | ast.JoinedStr):
        return range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    return ()


def _is_directive(number: int, line: str) -> bool:
    """Whether a line is a shebang, or the comment with the encoding, PEP 263."""
    return number < 2 and line.startswith("#") and (line.startswith("#!") or "coding" in line)


def _imports_of(bindings: Iterable[Binding], name: str) -> dict[str, None]:
    """Return the imports that bind a name, from statements that may bind several."""
    statements = (b.node for b in bindings if isinstance(b.node, ast.Import | ast.ImportFrom))
    pairs = (pair for s in statements for pair in zip(s.names, _texts(s), strict=True))
    found = (text for a, text in pairs if name == (a.asname or a.name.partition(".")[0]))
    return dict.fromkeys(found)


def _texts(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return a statement as several ones, which import one name each."""
    head = ""
    if isinstance(node, ast.ImportFrom):
        head = f"from {'.' * node.level}{node.module or ''} "
    return [f"{head}import {ast.unparse(alias)}" for alias in node.names]


# The module


def _new_module(parts: Extract, own: Container[str] = ()) -> str:
    names = list(parts.definitions)
    what = f"`{names[0]}`" if len(names) == 1 else "Helpers"
    imports = _import_block(parts.imports, parts.type_imports, own)
    text = f'"""{what}, shared by the tests."""\n{imports}'
    return f"{text}{_constants(parts)}{_definitions(parts)}"


def _import_block(imports: Iterable[str], type_imports: Iterable[str], own: Container[str]) -> str:
    """Return the imports in their sections, those for type checkers below."""
    found, for_types = _in_sections(imports, own), _in_sections(type_imports, own, "    ")
    found = f"\n{found}" if found else ""
    return f"{found}\nif TYPE_CHECKING:\n{for_types}" if for_types else found


def _in_sections(imports: Iterable[str], own: Container[str], indent: str = "") -> str:
    """Return imports as PEP 8 has them: the standard library, other packages, own ones."""
    parts: dict[int, list[str]] = defaultdict(list)
    for text in imports:
        parts[_section(text, own)].append(text)
    blocks = ("".join(f"{line}\n" for line in _joined(parts[number])) for number in sorted(parts))
    return textwrap.indent("\n".join(blocks), indent)


def _section(statement: str, own: Container[str]) -> int:
    package = _package(statement)
    if package in sys.stdlib_module_names:
        return 0 if package == "__future__" else 1
    return _OF_OTHERS + (package in own)


def _joined(imports: Iterable[str]) -> list[str]:
    """Sort imports of one name each as isort does, and join those without `as` of one module."""
    plain = sorted({text for text in imports if text.startswith("import ")}, key=_natural)
    by_head: dict[tuple[str, str], list[str]] = defaultdict(list)
    for text in set(imports).difference(plain):
        head, _, name = text.partition(" import ")
        by_head[head, name if " as " in name else ""].append(name)
    order = sorted(by_head, key=lambda key: (_natural(key[0]), _kind(key[1]) if key[1] else ()))
    return [*plain, *(_from_import(head, by_head[head, name]) for head, name in order)]


def _kind(name: str) -> tuple[object, ...]:
    """Sort constants before classes before the rest."""
    bare = name.partition(" ")[0]
    return not (bare.isupper() and len(bare) > 1), not bare[0].isupper(), _natural(name)


def _natural(text: str) -> tuple[object, ...]:
    """Sort by the alphabet, numbers by their value: ``a2`` before ``B1`` before ``b10``."""
    words = re.split(r"(\d+)", text.lower())
    return tuple((int(w) if w.isdecimal() else w) for w in words), text


def _from_import(head: str, names: Iterable[str]) -> str:
    names = sorted(names, key=_kind)
    line = f"{head} import {', '.join(names)}"
    if len(line) <= _WIDTH or len(names) == 1:
        return line
    return "\n".join([f"{head} import (", *(f"    {name}," for name in names), ")"])


def _package(statement: str) -> str:
    return statement.split()[1].partition(".")[0]


def _constants(parts: Extract) -> str:
    return "\n" + "".join(parts.constants.values()) if parts.constants else ""


def _definitions(parts: Extract) -> str:
    aliases = [f"{alias} = {name}\n" for alias, name in parts.aliases.items()]
    return "\n\n".join(["", *parts.definitions.values(), *(["".join(aliases)] if aliases else [])])


def _missing(names: ModuleNames, parts: Extract) -> Extract:
    """Return the parts that a module has not yet.

    Raises:
        CannotAdopt: a name means something else there.

    """
    wanted = ModuleNames(ast.parse(_new_module(parts)))
    is_annotated = any(has_annotations(s) for s in wanted.tree.body if isinstance(s, DEFINITIONS))
    if is_annotated and (_FUTURE in parts.imports) != has_future_annotations(names.tree):
        raise CannotAdopt(f"one of the two files has `{_FUTURE}`: annotations would change")
    lacking = {name for name in wanted.bindings if not _is_there(name, names, wanted)}
    free = free_names(names.tree).nodes
    for node in ast.walk(names.tree):  # a builtin, or by a star import
        if isinstance(node, ast.Name) and id(node) in free and node.id in lacking:
            what = f"`{node.id}` means something else in the module already"
            raise CannotAdopt(f"{what}, on line {node.lineno}")
    builtin = free_names(wanted.tree).names - wanted.bindings.keys()
    for name in sorted(builtin & names.bindings.keys()):
        line = names.bindings[name][0].line
        raise CannotAdopt(f"`{name}` is no builtin in the module, by line {line}")

    def new(imports: Iterable[str]) -> tuple[str, ...]:
        return tuple(text for text in imports if lacking & _bound_by(text))

    return Extract(
        new(parts.imports),
        new(parts.type_imports),
        {name: text for name, text in parts.constants.items() if name in lacking},
        {name: text for name, text in parts.definitions.items() if name in lacking},
        {alias: name for alias, name in parts.aliases.items() if alias in lacking},
    )


def _bound_by(statement: str) -> set[str]:
    return set(ModuleNames(ast.parse(statement)).bindings)


def _is_there(name: str, names: ModuleNames, wanted: ModuleNames) -> bool:
    """Whether a name is bound in the module already, to what is wanted."""
    if name not in names.bindings:
        return False
    if _value(name, names) == _value(name, wanted) is not None:
        return True
    line = names.bindings[name][0].line
    raise CannotAdopt(f"`{name}` is something else in the module already, on line {line}")


def _value(name: str, names: ModuleNames) -> object:
    """Return what a name is bound to in a module, None where that is not known."""
    nodes = [b.node for b in names.bindings[name]]
    if all(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes):
        return _imports_of(names.bindings[name], name)
    if len(nodes) == 1 and isinstance(nodes[0], DEFINITIONS):
        return Normal(nodes[0], names.is_builtin).exact.key
    for statement in names.tree.body if len(nodes) == 1 else ():
        match statement:
            case ast.Assign(targets=[target], value=ast.Name(id=other)) if target is nodes[0]:
                return f"alias of {other}"
    meaning = names.meaning_of(name)
    return meaning if meaning.is_known else None


#: What says that the order of the imports in a module is meant.
_ORDERED = re.compile(r"#.*\b[iu]sort:")


def _end_of_imports(tree: ast.Module, rows: Sequence[str], *, is_ordered: bool) -> int:
    """Return the number of lines above which the imports of a module stand, else its head.

    Those count that stand above its first definition; all of them where their order is meant.
    """
    end = 0
    for number, statement in enumerate(tree.body):
        is_docstring = number == 0 and isinstance(statement, ast.Expr)
        if (
            isinstance(statement, ast.Import | ast.ImportFrom)
            or is_docstring
            or statement.lineno == end
        ):
            end = last_line(statement)
        elif isinstance(statement, DEFINITIONS) and not is_ordered:
            break
    return end or _end_of_head(rows)


def _end_of_head(rows: Sequence[str]) -> int:
    """Return the number of lines of the comment that is about a file; a blank line ends it."""
    comments = next((n for n, row in enumerate(rows) if not row.startswith("#")), len(rows))
    if not rows[comments:] or not rows[comments].strip():
        return comments
    return next((n for n, row in enumerate(rows) if not _is_directive(n, row)), 0)


#: Lines of a module that are replaced: the first one, that behind the last one, the new text.
_Edit = tuple[int, int, str]


def _import_edits(
    names: ModuleNames, rows: Sequence[str], parts: Extract, own: Container[str]
) -> Iterator[_Edit]:
    """Yield what adds imports to a module: sorted into those that stand there, where these are.

    Else it is below them, as where a comment says that their order is meant.
    """
    tree, is_ordered = names.tree, any(map(_ORDERED.search, rows))
    at = _end_of_imports(tree, rows, is_ordered=is_ordered)
    above = [] if is_ordered else [s for s in tree.body if last_line(s) <= at]
    there = _last_imports(above)
    type_checking = (s.body for s in tree.body if names.is_for_types(s))
    for_types = next(filter(None, map(_last_imports, type_checking)), [])
    if there and parts.imports:
        yield _sorted_in(there, parts.imports, rows, own)
    rest = () if there else parts.imports, () if for_types else parts.type_imports
    new = _import_block(*rest, own)
    if new:
        gap = "\n\n" if rows[at:] and rows[at].strip() else ""
        yield at, at, (new if at else new.lstrip("\n")) + gap
    if for_types and parts.type_imports:
        yield _sorted_in(for_types, parts.type_imports, rows, own)


_Import = ast.Import | ast.ImportFrom


def _last_imports(statements: Iterable[ast.stmt]) -> list[_Import]:
    """Return the imports below which nothing else stands, but for those from ``__future__``."""
    found: list[_Import] = []
    end = 0
    for statement in statements:
        above, end = end, last_line(statement)
        if not isinstance(statement, _Import):
            found = []
        elif first_line(statement) > above and _package(_texts(statement)[0]) != "__future__":
            found.append(statement)
    return found


def _sorted_in(
    there: Sequence[_Import], imports: Iterable[str], rows: Sequence[str], own: Container[str]
) -> _Edit:
    """Return what adds imports of one name each to some: sorted if these are, else below them."""
    start, end = first_line(there[0]) - 1, last_line(there[-1])
    indent = rows[start][: len(rows[start]) - len(rows[start].lstrip())]
    known = [text for statement in there for text in _texts(statement)]
    lines = [row.rstrip("\r\n") for row in rows[start:end]]
    if lines == _in_sections(known, own, indent).splitlines():
        return start, end, _in_sections([*known, *imports], own, indent)
    return end, end, f"\n{_in_sections(imports, own, indent)}"
