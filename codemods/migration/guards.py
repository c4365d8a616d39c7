"""Before the first write: would the new imports work where they are to stand?"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from codemods.measure.importable import ImportAnswer, ask_imports
from codemods.measure.session import Pytest
from codemods.model import Target, UsageError
from codemods.settings import DEFAULT_MODULE, Settings, find_shared_module, is_expected

#: For each folder.
_SECONDS = 300


def check_imports(settings: Settings, target: Target, files: Sequence[str], jobs: int) -> list[str]:
    """Start pytest for each folder of some files, and import the shared module there.

    Args:
        settings: of the repository.
        target: whose shared names must be there.
        files: the files that are to import it.
        jobs: how many to start at once.

    Returns:
        What is worth saying though nothing is wrong.

    Raises:
        UsageError: it cannot be imported somewhere, lacks a name, or is another module than the
            recorded shapes were proved against; the message says what to do.

    """
    pytest = Pytest(settings.root, timeout=_SECONDS)
    answers = ask_imports(pytest, files, settings.module, jobs=jobs)
    problems = [(a, p) for a in answers if (p := problem(a, settings, target)) is not None]
    if problems:
        folders = "".join(f"\n  {a.folder}: {p}" for a, p in problems)
        advice = "\n".join(dict.fromkeys(_advice(settings, a) for a, _ in problems))
        raise UsageError(f"nothing was written, as the new imports would fail:{folders}\n{advice}")
    return list(dict.fromkeys(_note(settings, a) for a in answers if a.needs_working_folder))


def problem(answer: ImportAnswer, settings: Settings, target: Target) -> str | None:
    """Say what is wrong with the shared module as one folder sees it, None where nothing is."""
    if answer.error is not None:
        return answer.error
    found = answer.file or settings.module
    hidden = hidden_module(answer, settings)
    if hidden is not None:
        return f"{found} is found before {hidden}"
    wanted = {n for s in target.shapes for n in (s.shared_name, *s.aliases)}
    missing = sorted(wanted - answer.names)
    if missing:
        return f"{found} has no {', '.join(missing)}"
    if answer.file is not None and not is_expected(settings, Path(answer.file)):
        return f"{found} is not the module that the recorded shapes are equal to"
    return None


def hidden_module(answer: ImportAnswer, settings: Settings) -> Path | None:
    """Give the repository's own shared module where a folder finds another one first.

    Equal today perhaps, but what is changed in the own one would reach no test.
    """
    own = _own_module(settings)
    hidden = own is not None and answer.file is not None and not own.samefile(answer.file)
    return own if hidden else None


def _advice(settings: Settings, answer: ImportAnswer) -> str:
    if answer.error is None:
        return _advice_on_contents(settings, answer)
    if answer.import_mode is None or answer.error.startswith("pytest cannot import"):
        return "Mend what keeps pytest from its test modules, or go on with --skip-probe."
    own = _own_module(settings)
    if own is not None:
        return f"Add {_path_setting(settings, answer, own)}."
    if settings.module != DEFAULT_MODULE:
        file = settings.root / "pyproject.toml"
        return f"Mend `module` in {file}: {settings.module} is not to be found from there."
    return (
        "Install ssot-codemods where the tests run, or give this repository a shared module of "
        "its own: `ssot-codemods init`."
    )


def _advice_on_contents(settings: Settings, answer: ImportAnswer) -> str:
    found, own = find_shared_module(settings), _own_module(settings)
    if found is None or answer.file is None or not found.samefile(answer.file):
        remedy = "`ssot-codemods init --to DIR` gives this repository one that has its own name."
        if own is not None:
            remedy = f"Add {_path_setting(settings, answer, own)}; if that is not enough, {remedy}"
        return f"Another {settings.module} comes first there. {remedy}"
    return f"Define the names in {found}, or mend {settings.shapes}, which promises them."


def _note(settings: Settings, answer: ImportAnswer) -> str:
    note = f"`python -m pytest`, started in {settings.root}, finds {settings.module}"
    own = _own_module(settings)
    if own is None:
        return f"{note}; `pytest` alone does not"
    return f"{note}; for `pytest` alone, add {_path_setting(settings, answer, own)}"


def _own_module(settings: Settings) -> Path | None:
    """Give the file of the shared module where it is one of the repository."""
    found = find_shared_module(settings)
    return found if found is not None and found.is_relative_to(settings.root) else None


def _path_setting(settings: Settings, answer: ImportAnswer, found: Path) -> str:
    """Say which line makes pytest find the shared module, and where it belongs."""
    file = Path(answer.ini_file) if answer.ini_file else settings.root / "pyproject.toml"
    # For a module x.y.z, the folder that x is in.
    module = found.parent if found.name == "__init__.py" else found
    entry = os.path.relpath(module.parents[settings.module.count(".")], file.parent)
    value = f'["{entry}"]' if file.suffix == ".toml" else entry
    return f"`pythonpath = {value}` under {_section(file)} in {file}"


def _section(file: Path) -> str:
    if file.name == "pyproject.toml":
        own = file.exists() and re.search(rb"(?m)^\s*\[tool\.pytest\]", file.read_bytes())
        return "[tool.pytest]" if own else "[tool.pytest.ini_options]"
    return "[tool:pytest]" if file.name == "setup.cfg" else "[pytest]"
