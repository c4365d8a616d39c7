"""Remove comments that are a commented-out copy of a shared definition.

python -m libcst.tool codemod remove_commented_copies.RemoveCommentedCopiesCommand tests/

"""

from __future__ import annotations

from codemods.commands._libcst import ExactCommand


class RemoveCommentedCopiesCommand(ExactCommand):
    """The adapter between ``libcst.tool codemod`` and the codemod."""

    DESCRIPTION = "Remove comments that are a commented-out copy of a shared definition."
