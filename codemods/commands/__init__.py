"""The commands that ``python -m libcst.tool codemod`` finds: one thin class a file."""
