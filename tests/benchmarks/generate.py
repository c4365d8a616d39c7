"""A realistic test suite of any size, the same bytes for the same seed.

    python tests/benchmarks/generate.py FOLDER FILES [--seed N] [--copies N]

Of all Python files, 3 % name one of the connection classes: 0.5 % hold a copy that is replaced,
0.6 % another class of that name, the others only mention it, most of them in a comment. A test file
has 60 to 1,500 lines, about 400 on average. With ``--copies``, each file is a test file, so many of
them hold a copy, and no other file names the classes.

The tests pass with the standard library, pytest and the shared module.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from random import Random
from string import Template

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # runs from a checkout as it is

from tests.benchmarks.blocks import (
    BUILDER,
    DOCSTRING,
    FIRST_IMPORTS,
    NOUNS,
    PIECES,
    RECORD,
    SECOND_IMPORTS,
)
from tests.benchmarks.family import COPIES, MENTIONS, OTHERS, USES
from tests.tools import SHARED

#: Where the tests lie, and which share of them.
PLACES = {
    "tests/unit": 0.34,
    "tests/integration": 0.3,
    "backend/tests": 0.2,
    "tests/e2e": 0.1,
    "tests/mission_critical": 0.06,
}
AREAS = ("agents", "auth", "billing", "chat", "core", "monitoring", "routing", "search", "storage")
TOPICS = ("startup", "isolation", "recovery", "delivery", "limits", "security", "performance")
FILES_IN_A_FOLDER = 40

#: The shares of all files that name a class of the family, hold a copy, hold another class.
CANDIDATES, COPIED, OTHER = 0.03, 0.005, 0.006

#: The lines of a test file: one in ten lies between each two of these.
LINES = (60, 85, 125, 170, 230, 300, 380, 480, 610, 830, 1400)

NAMES = ["TestWebSocketConnection"] * 51 + ["MockWebSocketConnection"] * 47
NAMES += ["WebSocketConnectionMock"] * 2
POSITIONS = ["above"] * 13 + ["between"] + ["below"] * 5 + ["last"]
AWAITS = [""] * 54 + ["await "] * 14

PYTEST_INI = """\
[pytest]
addopts = -ra --strict-markers
testpaths = tests backend/tests
markers =
    slow: takes longer than a second on the build machine
"""


@dataclass(frozen=True)
class Counts:
    """What a suite holds, for a check of what a tool says about it.

    No file holds two definitions; `definition_paths` are the files that hold one, `change_paths`
    those that change.
    """

    files: int
    lines: int
    candidates: int
    definitions: int
    to_change: int
    definition_paths: tuple[str, ...]
    change_paths: tuple[str, ...]


@dataclass(frozen=True)
class Piece:
    """A part of a file."""

    text: bytes
    lines: int


def generate(folder: Path, files: int, seed: int = 1041, copies: int | None = None) -> Counts:
    """Write a suite into a folder.

    Args:
        folder: where; it is made if need be.
        files: how many Python files, those that make packages included.
        seed: which of the suites of that size.
        copies: with a number, all files are test files, and so many of them hold a copy that
            pytest warns of.

    """
    random = Random(seed)
    if copies is None:
        paths = list(suite_paths(files))
        kinds = chosen_kinds(paths, random)
        composer = Composer(random, NAMES)
    else:
        paths = list(spread(files, test_paths))
        kinds = dict.fromkeys(random.sample(paths, copies), "copy")
        composer = Composer(random, NAMES[:1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pytest.ini").write_text(PYTEST_INI)
    lines = write(folder, ((path, composer.text(path, kinds.get(path))) for path in paths))
    return counted(paths, kinds, lines)


def write(folder: Path, texts: Iterator[tuple[str, bytes]]) -> int:
    """Write the files, and return the number of their lines."""
    lines = 0
    for path, text in texts:
        target = folder / path
        try:
            target.write_bytes(text)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text)
        lines += text.count(b"\n")
    return lines


def counted(paths: Sequence[str], kinds: Mapping[str, str], lines: int) -> Counts:
    defining = tuple(path for path in paths if kinds.get(path) in {"copy", "other"})
    changing = tuple(path for path in defining if kinds[path] == "copy")
    return Counts(
        files=len(paths),
        lines=lines,
        candidates=len(kinds),
        definitions=len(defining),
        to_change=len(changing),
        definition_paths=defining,
        change_paths=changing,
    )


# Which files


def suite_paths(files: int) -> Iterator[str]:
    """Yield the paths of a suite of packages."""
    above = ("tests", "backend")
    yield from (f"{folder}/__init__.py" for folder in above)
    yield from spread(files - len(above), package_paths)


def spread(files: int, paths_in: Callable[[str], Iterator[str]]) -> Iterator[str]:
    """Yield so many paths, of each place its share."""
    given, share = 0, 0.0
    for place, part in PLACES.items():
        share += part
        upto = round(files * share)
        yield from islice(paths_in(place), upto - given)
        given = upto


def package_paths(place: str) -> Iterator[str]:
    """Yield the paths in a place, without end: each test file after what its packages need."""
    yield f"{place}/__init__.py"
    seen = set()
    for path in test_paths(place):
        topic = path.rpartition("/")[0]
        area = topic.rpartition("/")[0]
        if area not in seen:
            yield from (f"{area}/{name}.py" for name in ("__init__", "conftest"))
        if topic not in seen:
            yield from (f"{topic}/{name}.py" for name in ("__init__", "conftest", "helpers"))
        seen |= {area, topic}
        yield path


def test_paths(place: str) -> Iterator[str]:
    """Yield the paths of the test files in a place, without end; no base name comes twice."""
    suffix = place.replace("/", "_").removeprefix("tests_")
    for number in count():
        turn, folder = divmod(number // FILES_IN_A_FOLDER, len(AREAS) * len(TOPICS))
        area, topic = AREAS[folder % len(AREAS)], TOPICS[folder // len(AREAS)]
        noun = NOUNS[number * 41 % len(NOUNS)]
        again = f"_{turn + 1}" if turn else ""
        yield f"{place}/{area}/{topic}{again}/test_{noun}_{topic}_{suffix}_{number}.py"


def role_of(path: str) -> str:
    """Return what a file is for: `test`, `conftest`, `helpers` or `__init__`."""
    name = path.rpartition("/")[2].removesuffix(".py")
    return "test" if name.startswith("test_") else name


def chosen_kinds(paths: Sequence[str], random: Random) -> dict[str, str]:
    """Choose the candidates, and what they are: `copy`, `other` or `mention`."""
    copied, other = round(len(paths) * COPIED), round(len(paths) * OTHER)
    candidates = round(len(paths) * CANDIDATES)
    possible = [path for path in paths if role_of(path) in {"test", "helpers"}]
    kinds = ["copy"] * copied + ["other"] * other + ["mention"] * (candidates - copied - other)
    return dict(zip(random.sample(possible, candidates), kinds, strict=True))


# What is in them


class Composer:
    """Puts files together from pieces that are rendered once."""

    def __init__(self, random: Random, names: Sequence[str]) -> None:
        self._random = random
        self._names = names
        self._pools = {role: pool(pieces, random) for role, pieces in PIECES.items()}

    def text(self, path: str, kind: str | None) -> bytes:
        """Return the text of a file."""
        role = role_of(path)
        if role == "__init__":
            return b""
        head, body = self._head(path), self._body(role)
        if kind == "copy":
            return self._with_copy(role, head, body)
        if kind is not None:
            texts = OTHERS if kind == "other" else MENTIONS
            body.insert(self._random.randrange(len(body)), self._of_family(texts))
        return b"".join([*head, *body])

    def _head(self, path: str) -> list[bytes]:
        """Return the docstring and the two groups of imports."""
        *_, area, topic, name = path.split("/")
        title = name.removesuffix(".py").removeprefix("test_").replace("_", " ").capitalize()
        docstring = DOCSTRING.substitute(title=title, area=area, topic=topic)
        return [docstring.encode(), FIRST_IMPORTS, SECOND_IMPORTS]

    def _body(self, role: str) -> list[bytes]:
        """Return pieces, no two of them the same, up to a number of lines."""
        wanted = self._lines() if role == "test" else 60
        body = []
        pieces = self._pools[role]
        for number in self._random.sample(range(len(pieces)), min(len(pieces), 80)):
            body.append(pieces[number].text)
            wanted -= pieces[number].lines
            if wanted <= 0:
                break
        return body

    def _lines(self) -> int:
        tenth, rest = divmod(self._random.random() * (len(LINES) - 1), 1)
        low, high = LINES[int(tenth)], LINES[int(tenth) + 1]
        return round(low + (high - low) * rest)

    def _with_copy(self, role: str, head: list[bytes], body: list[bytes]) -> bytes:
        """Put a copy in its place, and what uses it behind the imports."""
        choice = self._random.choice
        name, awaited, position = choice(self._names), choice(AWAITS), choice(POSITIONS)
        values = {"name": name, "await": awaited}
        copy = Template(COPIES[awaited]).substitute(values).encode()
        if role == "test":
            uses = self._random.sample(USES, self._random.randrange(len(USES) + 1))
            body += [Template(use).substitute(values).encode() for use in uses]
        docstring, first, second = head
        places = {
            "above": [copy, b"\n", *head, *body],
            "between": [docstring, first, b"\n\n", copy, b"\n\n", second, *body],
            "below": [*head, b"\n\n", copy, *body],
            "last": [*head, *body, b"\n\n", copy],
        }
        return b"".join(places[position])

    def _of_family(self, texts: Sequence[str]) -> bytes:
        name = self._random.choice(self._names)
        return Template(self._random.choice(texts)).substitute(name=name, shared=SHARED).encode()


def pool(templates: Sequence[str], random: Random) -> list[Piece]:
    """Render each template for each noun."""
    return [rendered(template, noun, random) for template in templates for noun in NOUNS]


def rendered(template: str, noun: str, random: Random) -> Piece:
    a, b, c = sorted(random.sample(range(2, 1000), 3))
    names = {"noun": noun, "Noun": noun.title().replace("_", ""), "NOUN": noun.upper()}
    text = Template(template).substitute(names, a=a, b=b, c=c)
    return Piece(text.encode(), text.count("\n"))


def helpers(number: int, seed: int = 1041) -> bytes:
    """Return a module of so many classes, and as many functions, that no suite has."""
    random = Random(seed)
    nouns = [f"gadget_{n}" for n in range(number)]
    pieces = [rendered(template, noun, random) for noun in nouns for template in (RECORD, BUILDER)]
    return b"".join([FIRST_IMPORTS, SECOND_IMPORTS, *(piece.text for piece in pieces)])


def main() -> None:
    parser = argparse.ArgumentParser(description="Generate a test suite.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("files", type=int)
    parser.add_argument("--seed", type=int, default=1041)
    parser.add_argument("--copies", type=int)
    arguments = parser.parse_args()
    counts = generate(arguments.folder, arguments.files, arguments.seed, arguments.copies)
    for name in ("files", "lines", "candidates", "definitions", "to_change"):
        print(f"{name:<12}{getattr(counts, name):>12,}")


if __name__ == "__main__":
    main()
