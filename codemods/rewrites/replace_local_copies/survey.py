"""What a file has to do with the shared names, changed or not: definitions, and commented ones."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.engine.codemod import ParsedModule, decide
from codemods.engine.rows import first_line
from codemods.engine.scopes import DEFINITIONS, Definition
from codemods.engine.walk import walk_statements
from codemods.model import FileSurvey, SharedModules, Status, Variant
from codemods.rewrites.remove_commented_copies import commented_out
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.rewrites.replace_local_copies.equality import Normal, common_members
from codemods.rewrites.replace_local_copies.shared import Shared, bare, shared_definitions


def survey(
    source: bytes, path: str, modules: SharedModules, *, variants: bool = False
) -> FileSurvey:
    """Look at one file; nothing that it holds is an exception.

    Args:
        source: the file as it is on disk.
        path: where it lies.
        modules: the shared modules.
        variants: whether to return the shape of each definition too.

    """
    shared = shared_definitions(modules)
    result = decide(source, path, ReplaceLocalCopies(modules))
    shapes: tuple[Variant, ...] = ()
    if variants and result.decisions and result.status is not Status.FAILED:
        module = ParsedModule(source, path)
        lines = {d.definition.line for d in result.decisions}
        shapes = tuple(_variants(module, shared, lines))
    return FileSurvey(
        path=path,
        decisions=result.decisions,
        variants=shapes,
        commented_out=tuple(commented_out(source, shared)),
        warnings=result.warnings,
        error=result.error,
    )


def _variants(module: ParsedModule, shared: Shared, lines: set[int]) -> Iterator[Variant]:
    found = [
        node
        for node in walk_statements(module.tree.body)
        if isinstance(node, DEFINITIONS) and bare(node.name) in shared.by_name
    ]
    for node in sorted(found, key=lambda n: (n.lineno, n.col_offset)):
        if first_line(node) in lines:
            yield _variant(node, Normal(node, module.names.is_builtin), shared)


def _variant(node: Definition, local: Normal, shared: Shared) -> Variant:
    # Few ask for variants, and OpenSSL takes its time to load.
    import difflib
    import hashlib

    candidates = shared.by_name[bare(node.name)]
    nearest = max(candidates, key=lambda d: common_members(local, d.normal))
    difference = difflib.unified_diff(
        normal_lines(nearest.normal), normal_lines(local), nearest.name, "here", lineterm="", n=1
    )
    return Variant(
        key=hashlib.sha256(local.shape.key.encode()).hexdigest()[:12],
        nearest=nearest.name,
        difference=tuple(difference),
        only_adds=local.head.text == nearest.normal.head.text
        and nearest.normal.bare_members <= local.bare_members,
    )


def normal_lines(normal: Normal) -> list[str]:
    """Return a normalised definition as lines."""
    members = [line for m in normal.members for line in ["", *m.text.splitlines()]]
    return [normal.head.text, *(f"    {line}".rstrip() for line in members)]
