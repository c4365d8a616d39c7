"""Which changed files are run as scripts too, where Python would not find the shared module."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Sequence

from codemods.engine.codemod import ParsedModule
from codemods.engine.text import reason_at
from codemods.engine.walk import walk
from codemods.model import Code, Decision, Reason, SharedModule


def not_found_by_script(
    module: ParsedModule, decisions: Sequence[Decision], shared: Sequence[SharedModule]
) -> tuple[Reason, ...]:
    """Return a warning for each shared module that a file would not find, were it run by Python.

    pytest puts more folders on `sys.path` than Python does, which puts the script's own there:
    https://docs.python.org/3/library/sys_path_init.html
    A file that imports something else from the same folder, which is not installed, or changes the
    path, is no worse off.

    Args:
        module: the file.
        decisions: on its definitions.
        shared: the shared modules.

    """
    main = next(filter(None, map(_question_for_main, module.tree.body)), None)
    if main is None or b"sys.path" in module.source:
        return ()
    wanted = {d.shared[0] for d in decisions if d.shared is not None and not d.reasons}
    own, _ = os.path.split(os.path.realpath(module.path))
    imported = frozenset(_imported(module.tree))
    message = "the copy is replaced, but `python` would not find the shared module; pytest does"
    return tuple(
        reason_at(main, Code.RUN_AS_SCRIPT, message)
        for found in shared
        if found.name in wanted and found.folder != own and found.beside.isdisjoint(imported)
    )[:1]


def runs_itself(module: ParsedModule) -> bool:
    """Whether a file may start Python with itself."""
    return b"executable" in module.source and "__file__" in module.names.mentions


def may_run(content: bytes, path: str, *, is_test: bool) -> bool:
    """Whether a file may start Python with another one: it has the name of that in a string.

    A test is mostly named for pytest: there, `sys.executable` must stand on that very line. None
    but pytest starts a conftest.

    Args:
        content: of the file.
        path: that of the other one.
        is_test: whether pytest collects the other one.

    """
    _, name = os.path.split(path)
    if b"executable" not in content or name == "conftest.py":
        return False
    text = re.compile(rb"[\"'/]%b[\"']" % re.escape(os.fsencode(name)))
    if not is_test:
        return text.search(content) is not None
    lines = (line for line in content.split(b"\n") if b"executable" in line and b"-m" not in line)
    return any(map(text.search, lines))


def _question_for_main(statement: ast.stmt) -> ast.expr | None:
    """Return the condition of ``if __name__ == "__main__"``."""
    if isinstance(statement, ast.If):
        found = (getattr(node, "id", getattr(node, "value", None)) for node in walk(statement.test))
        if {"__name__", "__main__"} <= set(found):
            return statement.test
    return None


def _imported(tree: ast.Module) -> Iterator[str]:
    """Yield the first name of each module that is imported anywhere."""
    for node in walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(name), level=0):
                yield name.partition(".")[0]
