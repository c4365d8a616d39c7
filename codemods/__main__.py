"""``python -m codemods``."""

from codemods.cli import main

main(prog_name="ssot-codemods")
