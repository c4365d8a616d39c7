"""Which of the pasted definitions are adopted, and for which projects of a repository."""

from __future__ import annotations

import functools
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from codemods.model import Group, Place
from codemods.rewrites.adopt import keys_of
from codemods.rewrites.replace_local_copies.shared import bare
from codemods.settings import Settings
from codemods.shared_modules import SettingsByFile
from codemods.wording import plural, reason_line

#: With --all, shorter code that has another name elsewhere may be equal by chance.
_JOINED_LINES = 10
_UNKNOWN = (
    "no two test files have the same code of it: `ssot-codemods discover` lists what is pasted"
)


@dataclass(frozen=True)
class Pasted:
    """A definition that several files have: its name, other ones, the files with equal code.

    `key` is the same for equal definitions.
    """

    name: str
    others: tuple[str, ...]
    paths: tuple[str, ...]
    key: str


class Project(NamedTuple):
    """The folder of the nearest pyproject.toml, and that of the settings that count there."""

    folder: Path
    root: Path


class Choice(NamedTuple):
    """What is to be adopted, a list for each folder with settings, in their order.

    `missing` has the reason for each definition that is not, `others` the name of each definition
    that is and has other code elsewhere, with a line about that.
    """

    by_root: list[list[Pasted]]
    missing: dict[str, str]
    others: list[tuple[str, str]]


def choose(
    groups: Sequence[Group],
    names: Sequence[str],
    min_lines: int,
    project_of: Callable[[str], Project],
) -> Choice:
    """Choose what is to be adopted: of each wanted name, or all, the code that saves most lines.

    Each project of a monorepo is served apart: a file cannot import the tests of another project.
    """
    chosen: dict[Path, dict[str, Pasted]] = defaultdict(dict)
    refused: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for group in groups:
        joined = bool(names) or group.pattern.lines >= _JOINED_LINES
        parts = {} if group.is_nested else _parts(group, project_of, joined=joined)
        fitting = [
            (root, name, part)
            for (root, _), part in parts.items()
            for name in _names_of(part, names)
            if part.lines >= min_lines
        ]
        for root, name, part in fitting:
            if name in chosen[root]:
                others.append((name, _other_code(name, part)))
            else:
                chosen[root][name] = _pasted(name, part)
        is_apart = not parts and not group.is_nested and group.lines >= min_lines
        if not fitting and (names or is_apart):
            name = next((n for n in names if n in group.names), group.names[0])
            why = _why_apart(group, project_of) if is_apart else _why_not(group)
            refused.setdefault(name, why)
    by_root = [list(found.values()) for _, found in sorted(chosen.items()) if found]
    known = {name for found in by_root for one in found for name in (one.name, *one.others)}
    wanted = names or refused
    missing = {name: refused.get(name, _UNKNOWN) for name in wanted if name not in known}
    return Choice(by_root, missing, others)


def projects(settings: Settings) -> Callable[[str], Project]:
    """Return what tells the project of a file."""
    by_file = SettingsByFile(settings)
    top = Path(os.path.realpath(settings.root))

    @functools.cache
    def project_of(folder: Path) -> Project:
        above = (f for f in (folder, *folder.parents) if f.is_relative_to(top))
        own = next((f for f in above if (f / "pyproject.toml").is_file()), top)
        found = by_file.settings(str(folder / "conftest.py"))
        return Project(own, found.root.resolve() if found.has_table else own)

    return lambda path: project_of(Path(os.path.realpath(path)).parent)


def not_adopted(reasons: Mapping[str, str]) -> list[str]:
    """Return a line for each name that is not adopted, with the reason."""
    return [f"{name} is not adopted: {why}" for name, why in reasons.items()]


def _parts(
    group: Group, project_of: Callable[[str], Project], *, joined: bool
) -> dict[tuple[Path, str], Group]:
    """Return the places of the projects that have it in two files, by the folder of the settings.

    Unless they are to be joined, those of different names are parts of their own.
    """

    def key(place: Place) -> tuple[Project, str]:
        return project_of(place.path), "" if joined else bare(place.name)

    files: dict[tuple[Project, str], set[str]] = defaultdict(set)
    for place in group.replaceable:
        files[key(place)].add(place.path)
    parts: dict[tuple[Path, str], list[Place]] = defaultdict(list)
    for place in group.places:
        project, name = key(place)
        if len(files[project, name]) > 1:
            parts[project.root, name].append(place)
    return {found: group._replace(places=tuple(places)) for found, places in parts.items()}


def _names_of(part: Group, names: Sequence[str]) -> Iterator[str]:
    """Yield the name to adopt a part by: a wanted one, else the most frequent one."""
    usable = part._replace(places=part.replaceable).names
    name = next((n for n in names if n in part.names), usable[0])
    yield from [name] if name in usable else []


def _pasted(name: str, part: Group) -> Pasted:
    found = part.replaceable
    aliases = {bare(p.name): p.name for p in reversed(found) if bare(p.name) != bare(name)}
    paths = sorted({place.path for place in found})
    key = keys_of(part.module, [part.pattern.name])[part.pattern.name]
    return Pasted(name, tuple(sorted(aliases.values())), tuple(paths), key)


def _other_code(name: str, part: Group) -> str:
    """Return what to do about code that has the name of what is adopted."""
    place = part.places[0]
    files = plural(part.files, "file")
    return (
        f"other code of the name {name} is not adopted: {files}, as {place.path}:{place.line}; "
        "`ssot-codemods analyze --variants` will show the difference: make them equal, or rename it"
    )


def _why_apart(group: Group, project_of: Callable[[str], Project]) -> str:
    folders = {project_of(place.path).folder for place in group.replaceable}
    if len(folders) < 2:
        return "its few lines have another name in each file: name it, to adopt it all the same"
    shown = ", ".join(sorted(map(os.path.relpath, folders)))
    return f"no project has it in two files ({shown}): --to FILE makes one module for all of them"


def _why_not(group: Group) -> str:
    if group.is_nested and group.replaceable:
        return (
            "it stands in a function or class, and `adopt` takes what stands at the top: write it "
            "into a shared module, and `migrate` replaces the copies"
        )
    first = next((place for place in group.places if place.reasons), None)
    many = f"{len(group.replaceable):,} of {plural(len(group.places), 'copy')} can be replaced"
    return many if first is None else f"{many}; {reason_line(first.path, *first.reasons)}"
