"""Mark helper classes that pytest tries to collect and cannot, by `__test__ = False`.

python -m libcst.tool codemod mark_helper_classes.MarkHelperClassesCommand tests/

"""

from __future__ import annotations

from codemods.commands._libcst import ExactCommand


class MarkHelperClassesCommand(ExactCommand):
    """The adapter between ``libcst.tool codemod`` and the codemod."""

    DESCRIPTION = "Mark helper classes that pytest tries to collect and cannot."
