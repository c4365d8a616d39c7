"""The verbs: each parses its arguments, calls one function, and prints what that gives."""

from codemods.cli import files, measuring, phases
from codemods.cli.common import main

__all__ = ["files", "main", "measuring", "phases"]
