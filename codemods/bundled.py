"""What travels with this package: the shared module of `init`, and the suite of `demo`."""

from __future__ import annotations

import shutil
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
#: An installed package has them in a folder of its own, a checkout at their places in it. They are
#: not found by an import: the repository worked on may have packages of the same names.
_ROOT = _PACKAGE / "data" if (_PACKAGE / "data").is_dir() else _PACKAGE.parent

#: Ends the name of a Python file of the sample suite that cannot be compiled.
_NOT_PYTHON = ".py.txt"
#: What runs in the sample suite itself may have left there.
_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".ssot-codemods")


def bundled(path: str) -> bytes:
    """Return a file that comes with this package, by its path from the root of its repository."""
    return (_ROOT / path).read_bytes()


def copy_sample_suite(folder: Path) -> None:
    """Copy the sample suite into a folder, which may be there and is empty then."""
    shutil.copytree(_ROOT / "tests/legacy_suite", folder, dirs_exist_ok=True, ignore=_NOT_COPIED)
    for path in folder.rglob(f"*{_NOT_PYTHON}"):
        path.rename(path.with_suffix(""))
