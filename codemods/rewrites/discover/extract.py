"""A definition -> the text of a module with it, and with what it reads from around it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from codemods.engine.codemod import ParsedModule
from codemods.engine.rows import first_line, last_line
from codemods.engine.scopes import DEFINITIONS, Definition, free_names
from codemods.engine.text import Unparsable, parse
from codemods.rewrites.replace_local_copies.equality import Normal, has_future_annotations


def extracted(module: ParsedModule, node: Definition, others: Iterable[str] = ()) -> bytes:
    """Return the text of a module of its own for a definition.

    It has the definition as it is written, below the imports, constants and other definitions of
    the file that it reads, directly or by way of others. What else it reads is left out: it would
    mean another thing there.

    Args:
        module: the file.
        node: a class or function of it, be it nested.
        others: more names for it.

    """
    definitions: dict[str, list[Definition]] = defaultdict(list)
    for statement in module.tree.body:
        if isinstance(statement, DEFINITIONS) and statement is not node:
            definitions[statement.name].append(statement)
    wanted = {node.name}
    pending: list[Definition] = [node]
    while pending:
        for name in _names_read(pending.pop()) - wanted:
            wanted.add(name)
            pending += definitions[name]
    wanted.remove(node.name)
    parts = ["from __future__ import annotations"] if has_future_annotations(module.tree) else []
    bindings = dict.fromkeys(text for name in sorted(wanted) for text in _bindings(module, name))
    parts += sorted(bindings, key=lambda text: " = " in text)  # imports come first
    parts += [
        text_of(module, statement)
        for statement in module.tree.body
        if isinstance(statement, DEFINITIONS) and statement.name in wanted
    ]
    parts.append(text_of(module, node))
    parts += [f"{other} = {node.name}" for other in others]
    separated = "\n\n".join(parts)
    return f"{separated}\n".encode()


def _names_read(node: Definition) -> frozenset[str]:
    """Return the names from outside, those in annotations that are written as text included."""
    return free_names(node).names.union(Normal(node, lambda name: False).quoted)


def _bindings(module: ParsedModule, name: str) -> Iterator[str]:
    """Yield the imports, or the assignment of a literal, that give a global name its meaning."""
    meaning = module.names.meaning_of(name)
    for binding in module.names.bindings.get(name, ()) if meaning.is_known else ():
        match binding.node:
            case ast.Import(names=aliases):
                found = [a for a in aliases if (a.asname or a.name.partition(".")[0]) == name]
                yield ast.unparse(ast.Import(found))
            case ast.ImportFrom(module=source, names=aliases):
                found = [a for a in aliases if (a.asname or a.name) == name]
                yield ast.unparse(ast.ImportFrom(source, found, 0))
            case _:
                yield f"{name} = {meaning.text}"


def text_of(module: ParsedModule, node: Definition) -> str:
    """Return a definition as it is written, decorators included, not indented."""
    first = first_line(node)
    lines = module.source.splitlines()[first - 1 : last_line(node)]
    text = [line.decode(errors="replace") for line in lines]
    indent = len(text[0]) - len(text[0].lstrip())
    fixed = {n for c in ast.walk(node) if indent for n in _inside_string(c)}
    plain = "\n".join(
        line if number in fixed or line[:indent].strip() else line[indent:]
        for number, line in enumerate(text, start=first)
    )
    return plain if _means(plain, node) else ast.unparse(node)


def _inside_string(node: ast.AST) -> Iterable[int]:
    """Return the lines that begin in a string."""
    if isinstance(node, ast.Constant | ast.JoinedStr):
        return range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    return ()


def _means(text: str, node: Definition) -> bool:
    """Whether a text is that of a definition."""
    try:
        body = parse(text.encode()).body
    except (Unparsable, UnicodeError):
        return False
    return len(body) == 1 and ast.dump(body[0]) == ast.dump(node)
