"""Make a repository ready: a shared module, the settings, rewritten asserts, LibCST's YAML file."""

from __future__ import annotations

from pathlib import Path

from codemods.bundled import bundled
from codemods.migration.config_edit import with_commands
from codemods.migration.steps import (
    Step,
    check_inside,
    conftest_steps,
    missing_default,
    package_steps,
    settings_step,
    step_of,
)
from codemods.model import UsageError
from codemods.settings import DEFAULT_MODULE, Settings, check_dotted
from codemods.shared_modules import read_shared_modules

_MODULE = DEFAULT_MODULE.rpartition(".")[2]
_FOLDER = Path(*DEFAULT_MODULE.split(".")[:-1])

_FILE = f"{_FOLDER}/{_MODULE}.py"
_YAML = ".libcst.codemod.yaml"


def steps(settings: Settings, folder: str | None) -> list[Step]:
    """Work out what a repository lacks.

    The default shared module is to lie in `folder`, relative to the root. With None, that is
    ``test_framework/ssot``, and there is no such module where the settings name others alone.

    Raises:
        UsageError: the folder cannot be imported from, or there is no place for a file.
        SettingsError: one of the other shared modules is not there or cannot be read.

    """
    found = [_yaml_step(settings.root / _YAML)]
    own = settings.modules if settings.has_table else ()
    if folder is not None or not own or DEFAULT_MODULE in own:
        relative = _FOLDER if folder is None else Path(folder)
        module = ".".join([*relative.parts, _MODULE])
        found += _module_steps(settings.root, relative)
        found.append(settings_step(settings, module))
        own = tuple(
            name for name in own if name != module and name not in missing_default(settings)
        )
    found += conftest_steps(settings, read_shared_modules(settings._replace(modules=own)).modules)
    check_inside(found, settings.root)
    return found


def _yaml_step(path: Path) -> Step:
    step = step_of(path, bundled(_YAML), "for `python -m libcst.tool`")
    if step.before is None:
        return step
    purpose = f"{step.purpose}; its formatter stays, so run that with --no-format"
    return Step(path, step.before, with_commands(step.before, path), purpose, is_addition=True)


def _module_steps(root: Path, folder: Path) -> list[Step]:
    """Return the default shared module, and the packages around it that are not there."""
    if folder.is_absolute() or ".." in folder.parts:
        raise UsageError(f"--to {folder}: wanted: a folder below {root}")
    if any("." in part for part in folder.parts):
        raise UsageError(f"--to {folder}: a name that holds a dot cannot be imported")
    try:
        check_dotted(".".join([*folder.parts, _MODULE]))
    except ValueError as error:
        raise UsageError(f"--to {folder}: {error}") from error
    packages = package_steps(root, root / folder)
    module = step_of(root / folder / f"{_MODULE}.py", bundled(_FILE), "the shared module")
    return [module, *packages]
