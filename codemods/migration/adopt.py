"""Make a shared module of definitions that are pasted, and name it in the settings."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codemods.disk.files import read_file
from codemods.migration.steps import (
    Step,
    check_inside,
    conftest_steps,
    package_steps,
    settings_step,
    step_of,
)
from codemods.model import PytestNames, SharedModule, UsageError
from codemods.rewrites.adopt import CannotAdopt, Extract, extract, module_with
from codemods.settings import DEFAULT_MODULE, LIMIT, Settings
from codemods.shared_modules import find_module, import_folders, pytest_configs


@dataclass(frozen=True)
class Pasted:
    """A definition that several files have: its name, and the files with equal code."""

    name: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Adoption:
    """What makes pasted definitions shared ones.

    `module` is the dotted name of the shared module, `why` the reason for its place; `sources` has
    for each name the file whose text is taken, and is empty where the module has them already.
    """

    module: str
    path: Path
    why: str
    sources: dict[str, str]
    steps: tuple[Step, ...]


def adopt(settings: Settings, pasted: Sequence[Pasted], to: str | None) -> Adoption:
    """Work out what makes definitions shared; nothing is written.

    Args:
        settings: of the repository.
        pasted: the definitions, of different names.
        to: the file of the module, relative to the root; None to choose one.

    Raises:
        UsageError: a definition cannot stand in a module, or the module cannot be imported.

    """
    path, why = _home(settings, pasted, to)
    module = _dotted(settings, path)
    names = ", ".join(one.name for one in pasted)
    before = step_of(path, b"", names).before
    content, sources = before or b"", {}
    for one in pasted:
        if str(path) in map(os.path.realpath, one.paths):
            continue  # the module is where it stands already
        content, sources[one.name] = _with(content, one, path)
    steps = [Step(path, before, content, names, is_addition=True)] if sources else []
    steps += package_steps(settings.root, path.parent)
    steps.append(settings_step(settings, module))
    shared = SharedModule(module, str(path), content)
    steps += conftest_steps(settings, [shared])
    check_inside(steps, settings.root)
    return Adoption(module, path, why, sources, tuple(s for s in steps if s.before != s.after))


# Where it belongs


def _home(settings: Settings, pasted: Sequence[Pasted], to: str | None) -> tuple[Path, str]:
    """Return the file of the shared module, and why it is that one."""
    root = Path(os.path.realpath(settings.root))
    if to is not None:
        path = Path(os.path.realpath(root / to))
        if path.suffix != ".py" or not path.is_relative_to(root):
            raise UsageError(f"--to {to}: wanted: a file *.py below {root}")
        return path, "named by --to"
    tests = [config.tests for config in pytest_configs(settings)]
    for file in _common_files(pasted):
        if not any(_is_collected(file, names) for names in tests):
            return Path(file), "it is there already"
    name = _file_name(pasted)
    named = [find_module(settings, m) for m in settings.modules if m != DEFAULT_MODULE]
    for module in (found for found in named if found is not None):
        return module.with_name(name), "beside the shared module of the settings"
    top = Path(os.path.commonpath([os.path.dirname(os.path.realpath(p)) for p in _paths(pasted)]))
    inside = top.relative_to(root).parts if top.is_relative_to(root) else ()
    folder = root / (inside[0] if inside else "tests")
    return folder / "support" / name, "no helper of the repository stands elsewhere"


def _common_files(pasted: Sequence[Pasted]) -> list[str]:
    """Return the files that have all of the definitions, by path."""
    common = set.intersection(*({os.path.realpath(p) for p in one.paths} for one in pasted))
    return sorted(common)


def _paths(pasted: Sequence[Pasted]) -> Iterator[str]:
    return (path for one in pasted for path in one.paths)


def _is_collected(path: str, tests: PytestNames) -> bool:
    return tests.has_file(path) or os.path.basename(path) == "conftest.py"


def _file_name(pasted: Sequence[Pasted]) -> str:
    if len(pasted) > 1:
        return "helpers.py"
    # PEP 8: modules have short, all-lowercase names.
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", pasted[0].name)
    name = words.lower().strip("_")
    # pytest would take a file of such a name for one with tests.
    return f"{re.sub(r'^test_|_test$', '', name) or name}.py"


def _dotted(settings: Settings, path: Path) -> str:
    """Return the name by which pytest imports a file, be it there or not."""
    inside = path.parent if path.name == "__init__.py" else path.with_suffix("")
    for folder in import_folders(settings):
        real = Path(os.path.realpath(folder))
        if inside.is_relative_to(real) and inside != real:
            parts = inside.relative_to(real).parts
            if all(part.isidentifier() for part in parts):
                return ".".join(parts)
    folders = ", ".join(map(str, import_folders(settings)))
    raise UsageError(f"{path} cannot be imported from {folders}: name another file by --to")


# What it is to hold


def _with(content: bytes, one: Pasted, path: Path) -> tuple[bytes, str]:
    """Return the module with one definition more, and the file that it is taken from.

    The most frequent text is taken, of which the first file that gives it along with what it
    reads.
    """
    errors: list[str] = []
    for source, parts in _extracts(one, errors):
        try:
            return module_with(content, parts), source
        except CannotAdopt as error:
            errors.append(f"{os.path.relpath(path)}: {error}")
    raise UsageError(f"{one.name} cannot be adopted: {errors[0]}")


def _extracts(one: Pasted, errors: list[str]) -> Iterator[tuple[str, Extract]]:
    found: dict[str, Extract] = {}
    for path in sorted(one.paths, key=os.fsencode):
        try:
            content, _ = read_file(os.path.realpath(path), LIMIT)
            found[path] = extract(content, [one.name])
        except OSError as error:
            errors.append(f"{path}: {error.strerror}")
        except CannotAdopt as error:
            errors.append(f"{path}: {error}")
    counts = Counter(parts.definitions[one.name] for parts in found.values())
    yield from sorted(found.items(), key=lambda item: -counts[item[1].definitions[one.name]])
