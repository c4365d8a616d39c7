"""``python -m codemods``, and the console script."""

import gc
import os
import sys


def main() -> None:
    """Run the command line."""
    # Where the shell has closed a standard stream, the next file would take its number, and be
    # written to by whoever writes to the stream.
    while (file := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(file)
    # What an import makes stays: to look for garbage in it takes time, and finds none.
    gc.disable()
    try:
        from codemods.cli import main as group

        gc.freeze()
        gc.enable()
        group(prog_name="ssot-codemods")
    except KeyboardInterrupt:  # while it is imported
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 -- a fault of ours, and of no file
        from codemods.cli._common import FILE_FAILED
        from codemods.cli._output import say
        from codemods.engine.run import internal_error

        say(f"Error: {internal_error(error).message}")
        sys.exit(FILE_FAILED)


if __name__ == "__main__":
    main()
