"""A definition -> the text of a module with it, and with what it reads from around it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable

from codemods.engine.codemod import ParsedModule
from codemods.engine.names import is_literal
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
    providing = _Providing(module)
    wanted = {node.name}
    pending: list[Definition] = [node]
    while pending:
        for name in _names_read(pending.pop()) - wanted:
            wanted.add(name)
            pending += (d for d in providing.definitions[name] if d is not node)
    parts = ["from __future__ import annotations"] if has_future_annotations(module.tree) else []
    parts += providing.texts(wanted - {node.name})
    parts.append(text_of(module, node))
    parts += [f"{other} = {node.name}" for other in others]
    separated = "\n\n".join(parts)
    return f"{separated}\n".encode()


def _names_read(node: Definition) -> frozenset[str]:
    """Return the names from outside, those in annotations that are written as text included."""
    return free_names(node).names.union(Normal(node, lambda name: False).quoted)


class _Providing:
    """The statements of a module that may stand in another one, and mean the same there."""

    def __init__(self, module: ParsedModule) -> None:
        self._module = module
        self.definitions: dict[str, list[Definition]] = defaultdict(list)
        for statement in module.tree.body:
            if isinstance(statement, DEFINITIONS):
                self.definitions[statement.name].append(statement)

    def texts(self, names: Collection[str]) -> list[str]:
        """Return the statements that bind some names, without what they bind else."""
        found = (self._text(statement, names) for statement in self._module.tree.body)
        return [text for text in found if text is not None]

    def _text(self, statement: ast.stmt, names: Collection[str]) -> str | None:
        match statement:
            case ast.Import(names=aliases):
                kept = [a for a in aliases if (a.asname or a.name.partition(".")[0]) in names]
                return ast.unparse(ast.Import(kept)) if kept else None
            case ast.ImportFrom(module=source, names=aliases, level=level):
                kept = [a for a in aliases if (a.asname or a.name) in names]
                return ast.unparse(ast.ImportFrom(source, kept, level)) if kept else None
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name in names and is_literal(value):
                return ast.unparse(statement)
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                return text_of(self._module, statement) if statement.name in names else None
        return None


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
