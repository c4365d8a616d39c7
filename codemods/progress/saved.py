"""Baselines under a name: ``.ssot-codemods/baselines/NAME.json``."""

from __future__ import annotations

import json
import re
from pathlib import Path

from codemods.decode import decode, encode
from codemods.disk.journal import Journal
from codemods.measure.model import Baseline, MeasureError

SCHEMA = "ssot-codemods/saved-baseline/3"
_FOLDER = "baselines"


def save_baseline(measured: Baseline, root: Path, name: str) -> Path:
    """Save a baseline below a folder.

    Returns:
        The file; one of that name is replaced.

    Raises:
        MeasureError: the name cannot be one of a file, or the file cannot be written.

    """
    path = baseline_file(root, name)
    text = json.dumps({"schema": SCHEMA, **encode(measured)}, indent=1)
    try:
        Journal(root).make_files().folder(_FOLDER).write(path.name, f"{text}\n".encode())
    except OSError as error:
        raise MeasureError(f"{path}: {error.strerror}") from error
    return path


def load_baseline(root: Path, name: str) -> Baseline:
    """Read a saved baseline.

    Raises:
        MeasureError: there is none of that name, or the file is not one.

    """
    path = baseline_file(root, name)
    try:
        values = json.loads(Journal(root).files.folder(_FOLDER).read(path.name)[0])
        if not isinstance(values, dict) or values.pop("schema", None) != SCHEMA:
            raise ValueError(f"the schema is not {SCHEMA}: save it again")
        return decode(Baseline, values)
    except FileNotFoundError as error:
        raise MeasureError(f"{path}: no baseline of that name was saved") from error
    except OSError as error:
        raise MeasureError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise MeasureError(f"{path}: not a baseline: {error}") from error


def baseline_file(root: Path, name: str) -> Path:
    """Return the file of a saved baseline; raise `MeasureError` for what cannot be a name."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name):
        allowed = "letters, digits, '.', '_', '-'"
        raise MeasureError(f"{name!r} cannot be the name of a baseline: {allowed}")
    return Journal(root).folder / _FOLDER / f"{name}.json"
