"""The sessions of pytest that some tests need: one for each configuration, and name of a module."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from codemods.measure.outcomes import Outcomes, files_with_tests, merged, run_tests
from codemods.measure.session import Pytest
from codemods.model import PytestNames
from codemods.pytest_config import pytest_config
from codemods.wording import plural

#: Of arguments for one process; Linux takes two million bytes, macOS one.
_LONGEST_COMMAND = 500_000
_TOP = Path(os.sep)
#: Makes a bar on a terminal, which is told of how many tests of how many have ended.
Bar = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]


class Sessions:
    """Runs tests in as many sessions as they need; see `split`.

    `workers` are those of pytest-xdist, as its ``-n`` has them. `say` takes a line about how many
    files with tests there are, and `bar` shows how many tests have ended.
    """

    def __init__(
        self, pytest: Pytest, workers: str | None, say: Callable[[str], None], bar: Bar
    ) -> None:
        self._pytest = pytest
        self._workers = workers
        self._say = say
        self._bar = bar
        self._planned: dict[tuple[str, ...], list[list[str]]] = {}
        self._runs = 0

    def run(self, paths: Sequence[str]) -> Outcomes:
        """Run the tests of some paths once; none for what the configuration of pytest names.

        These are files, folders and node ids, absolute or relative to the root. A session that did
        not come to its end is a `MeasureError`.
        """
        sessions = self._sessions(tuple(paths))
        if not sessions:
            return Outcomes({}, {}, {}, os.path.realpath(self._pytest.root), 5)
        self._runs += 1
        with self._bar(f"test run {self._runs}") as progress:
            pytest = self._pytest._replace(progress=progress)
            return merged([run_tests(pytest, self._workers, s) for s in sessions])

    def _sessions(self, paths: tuple[str, ...]) -> list[list[str]]:
        if paths not in self._planned:
            top = os.path.realpath(self._pytest.root)
            folders = [path for path in paths if os.path.isdir(os.path.join(top, path))]
            found = {*paths}.difference(folders)
            if folders or not paths:
                found |= files_with_tests(self._pytest, folders)
            sessions = split(sorted(found), top)
            self._planned[paths] = sessions
            files = {path.partition("::")[0] for path in found}
            closed = sum(os.path.isdir(os.path.join(top, file)) for file in files)
            parts = [
                plural(len(files) - closed, "test file"),
                *([f"{plural(closed, 'folder')} that pytest cannot look into"] if closed else []),
                *([f"in {len(sessions)} sessions of pytest"] if len(sessions) > 1 else []),
            ]
            self._say(f"running {', '.join(parts)}")
        return self._planned[paths]


def is_test(path: str) -> bool:
    """Whether pytest collects a file, which has an absolute path, by its name."""
    config = pytest_config(Path(path).parent, _TOP)
    return (config.tests if config is not None else PytestNames()).has_file(path)


@dataclass(slots=True)
class _Session:
    paths: list[str] = field(default_factory=list)
    size: int = 0
    #: Where the first part of the name of each module is imported from.
    bases: dict[str, str] = field(default_factory=dict)

    def takes(self, path: str, name: str, base: str) -> bool:
        """Add a path, if no other one has the name of its module."""
        if self.bases.get(name, base) != base or self.size + len(path) > _LONGEST_COMMAND:
            return False
        self.paths.append(path)
        self.size += len(path) + 1
        self.bases[name] = base
        return True


def split(paths: Iterable[str], top: str) -> list[list[str]]:
    """Return the paths of each session.

    pytest takes one rootdir and one configuration for a session, so that there is one for each that
    it would take for a path alone. Two modules of one name cannot be imported in a session.
    https://docs.pytest.org/en/stable/reference/customize.html#initialization-determining-rootdir-and-configfile
    https://docs.pytest.org/en/stable/explanation/pythonpath.html
    """
    groups: dict[Path | None, list[_Session]] = {}
    for path in paths:
        file = os.path.join(top, path.partition("::")[0])
        folder = file if os.path.isdir(file) else os.path.dirname(file)
        sessions = groups.setdefault(_rootdir(Path(folder)), [])
        module = _module(file)
        if not any(session.takes(path, *module) for session in sessions):
            sessions.append(_Session())
            sessions[-1].takes(path, *module)
    return [session.paths for sessions in groups.values() for session in sessions]


def _rootdir(folder: Path) -> Path | None:
    """Return the rootdir that pytest takes for a folder alone; None for that of no file."""
    config = pytest_config(folder, _TOP)
    if config is not None:
        return config.folder
    above = (folder, *folder.parents)
    found = (at for name in ("pyproject.toml", "setup.py") for at in above if (at / name).is_file())
    return next(found, None)


def _module(file: str) -> tuple[str, str]:
    """Return the first part of the name that pytest gives a module, and the folder that it is in.

    https://docs.pytest.org/en/stable/explanation/pythonpath.html#prepend
    """
    folder, name = os.path.split(file)
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
    return name, folder
