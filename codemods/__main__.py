"""``python -m codemods``, and the console script."""

import gc


def main() -> None:
    """Run the command line."""
    # What an import makes stays: to look for garbage in it takes time, and finds none.
    gc.disable()
    from codemods.cli import main as group

    gc.freeze()
    gc.enable()
    group(prog_name="ssot-codemods")


if __name__ == "__main__":
    main()
