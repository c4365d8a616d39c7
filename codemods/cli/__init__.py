"""The verbs: each parses its arguments, calls one function, and prints the result."""

from codemods.cli._common import main

__all__ = ["main"]
