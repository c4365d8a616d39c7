"""Which names of a module other files take from it: by import, star, attribute, or by its path."""

from __future__ import annotations

import ast
import os
import re

from codemods.engine import text as sources
from codemods.model import Source

#: ``import *`` up to the end of the statement. It begins with the star, which is rare, so that the
#: search for it is as fast as that for one byte.
_STAR = re.compile(rb"\*(?:(?<=import\*)|(?<=[\s\\]\*))[ \t\f]*(?:[#;\r\n\\]|\Z)")


def may_import_star(source: bytes) -> bool:
    """Tell from the bytes alone whether a file can hold a ``from x import *``."""
    return _STAR.search(source) is not None


#: How a hook or a fixture gets at the names of a test module: ``request.module``, ``item.module``,
#: ``collector.obj``, ``item.getparent(pytest.Module)``. A scope is no module.
#: https://docs.pytest.org/en/stable/reference/reference.html
_MODULE = re.compile(
    rb"(?:\.|(?<!scope=)[\"'])(?:module|obj|Module|__globals__|modules)\b"
    rb"|\b(?:getmodule|import_module|__import__)\b"
)


#: What stands before the word in a plugin, or in a module of fixtures, where it could hardly be
#: anything else: ``request.module``, ``getmodule``.
_OF_A_TEST = re.compile(rb"\b(?:(?:request|item|metafunc)\s*\.\s*|get)\Z")
#: How far before the word to look for that, in bytes: who leaves a gap as wide?
_NEAR = 300


def may_look_into_modules(source: bytes, *, is_conftest: bool) -> bool:
    """Tell from the bytes alone whether fixtures or hooks may look into the module of a test."""
    if is_conftest:
        return _MODULE.search(source) is not None
    # The word is sought first: a pattern that begins with a word takes ten times as long.
    words = (match.start() for match in re.finditer(rb"module\b", source))
    return any(_OF_A_TEST.search(source, max(0, at - _NEAR), at) for at in words)


def names_taken(source: Source, module_path: str, names: frozenset[str]) -> frozenset[str]:
    """Say which names of a module another file takes from it.

    What a dotted name means depends on ``sys.path``, so an absolute import means each module whose
    path ends like it. That keeps a name too many rather than one too few.

    Args:
        source: the other file, with an absolute path.
        module_path: the absolute path of the module.
        names: the names in question.

    """
    if source.path == module_path:
        return frozenset()
    try:
        tree = sources.parse(source.content, source.path)
    except (sources.Unparsable, RecursionError, MemoryError):
        return _mentioned(source, names)  # nobody knows what it does
    module = _parts(module_path)
    package = os.path.dirname(source.path)
    taken: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(names=aliases):
                origin = _origin(node, package)
                if _means(origin, module, exact=node.level > 0):
                    imported = {alias.name for alias in aliases}
                    taken |= names if "*" in imported else names & imported
                elif any(_means((*origin, a.name), module, exact=node.level > 0) for a in aliases):
                    taken |= _mentioned(source, names)
            case ast.Import(names=aliases):
                if any(_means(tuple(a.name.split(".")), module, exact=False) for a in aliases):
                    taken |= _mentioned(source, names)
            case ast.Attribute(attr=name, value=ast.Name(id=owner) | ast.Attribute(attr=owner)) if (
                owner == module[-1] and name in names
            ):
                taken.add(name)  # `package.module.name`, after an import of the package alone
            case ast.Constant(value=str(text)):
                if _is_path_of(text, module) or _may_run(text, module[-1]):
                    taken |= _mentioned(source, names)
                taken |= {n for n in names if n in text and _is_name_in(text, n, module)}
    return frozenset(taken)


def refers_to(source: Source, module_path: str) -> bool:
    """Tell whether another file uses a module at all: any name of it, or the module itself.

    Args:
        source: the other file, with an absolute path.
        module_path: the absolute path of the module.

    """
    if source.path == module_path:
        return False
    try:
        tree = ast.parse(source.content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False  # nothing of it runs
    module, package = _parts(module_path), os.path.dirname(source.path)
    return any(_refers(node, module, package) for node in ast.walk(tree))


def _refers(node: ast.AST, module: tuple[str, ...], package: str) -> bool:
    match node:
        case ast.ImportFrom(names=aliases):
            origin = _origin(node, package)
            dotted = [origin, *((*origin, a.name) for a in aliases)]
            return any(_means(d, module, exact=node.level > 0) for d in dotted)
        case ast.Import(names=aliases):
            return any(_means(tuple(a.name.split(".")), module, exact=False) for a in aliases)
        case ast.Constant(value=str(text)):
            return _is_path_of(text, module)
    return False


def _mentioned(source: Source, names: frozenset[str]) -> frozenset[str]:
    return frozenset(n for n in names if n.encode() in source.content)


def _origin(node: ast.ImportFrom, package: str) -> tuple[str, ...]:
    """Give the module that ``from x import`` names; a relative one as the parts of its path."""
    named = tuple(node.module.split(".")) if node.module else ()
    if not node.level:
        return named
    base = package
    for _ in range(node.level - 1):
        base = os.path.dirname(base)
    return (*base.split(os.sep), *named)


def _means(dotted: tuple[str, ...], module: tuple[str, ...], *, exact: bool) -> bool:
    if exact:
        return dotted == module
    return bool(dotted) and module[-len(dotted) :] == dotted


def _is_name_in(text: str, name: str, module: tuple[str, ...]) -> bool:
    """Tell whether a string may name something in the module, as those of a patch do."""
    parts = tuple(re.split("[.:]", text))
    return any(
        part == name and _means(parts[:place], module, exact=False)
        for place, part in enumerate(parts)
    )


def _is_path_of(text: str, module: tuple[str, ...]) -> bool:
    """Tell whether a string may name the module: ``a.b.c``, ``a/b/c.py``, ``c.py``, ``c``."""
    if not re.fullmatch(r"[\w./\\-]+", text):
        return False
    parts = tuple(p for p in re.split(r"[./\\]+", re.sub(r"\.py\Z", "", text)) if p)
    return _means(parts, module, exact=False)


def _may_run(text: str, stem: str) -> bool:
    """Tell whether a string may be code that imports a module, or part of the path of its file."""
    words = rf"(?s)\bimport\b.*\b{re.escape(stem)}\b|\b{re.escape(stem)}\b.*\bimport\b"
    return stem in text and (
        re.search(words, text) is not None
        or re.search(rf"\b{re.escape(stem)}\.py\b", text) is not None
    )


def _parts(path: str) -> tuple[str, ...]:
    """Give the path of a module as the parts of its dotted name, from the root of the disk on."""
    return tuple(re.sub(r"(/__init__)?\.py\Z", "", path).split(os.sep))
