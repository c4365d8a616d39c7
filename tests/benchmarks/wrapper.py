"""What `python -m codemods` costs, as ratios to its floors and its peers. Linux only.

    python tests/benchmarks/wrapper.py [--files N] [--runs N] [--only NAME]
                                       [--tree FOLDER] [--trees FOLDER]

The floor of `analyze` is one text search for the classes (ripgrep, else grep) and one Python
process that parses the files with a definition; that of `migrate --dry-run` has LibCST parse and
print the files that change in the same process. That of the tests that a change concerns is a
Python process that reads all files, and parses those with the name of a changed one. They do what
cannot be left out, and nothing else. `discover` is measured against a process that parses all test
files, and against jscpd (``npm install jscpd jscpd-linux-x64-gnu``).

The two sides of a ratio are run in turns, each first in every other round, with a warm page cache;
a ratio is the median of the ratios of each round. The exit status is 1 where a bound is missed or a
peer is not there.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median

SOURCES = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCES))  # runs from a checkout as it is

from codemods.migration.init import steps  # noqa: E402
from codemods.migration.steps import write  # noqa: E402
from codemods.settings import DEFAULT_MODULE, Settings  # noqa: E402
from tests.benchmarks.generate import NAMES, generate, helpers  # noqa: E402
from tests.benchmarks.processes import Command, in_turns, peaks, seconds  # noqa: E402

LIBCST_FILES = 1_000
GROWTH = 10
PATTERN = f"class ({'|'.join(sorted(set(NAMES)))})"
#: A second shared module, with so many classes and as many functions, and where it lies.
HELPERS = 25
SECOND_MODULE = Path("test_framework/ssot/helpers.py")

#: The paths of the files with a definition, an empty line, those of the files that change.
FLOOR = """
import ast, sys
definitions, changes = (part.split("\\n") for part in sys.stdin.read().split("\\n\\n"))
for path in filter(None, definitions):
    with open(path, "rb") as file:
        ast.parse(file.read())
if any(changes):
    import libcst
    for path in changes:
        with open(path, "rb") as file:
            libcst.parse_module(file.read()).bytes
"""

#: Both read the paths of some changed files: which tests use them, and the floor of that.
CONCERNED = """
import os, sys
from codemods.cli._common import Setup
print(len(Setup().find_uses([os.path.realpath(path) for path in sys.stdin.read().split()]).all))
"""
MENTIONING = """
import ast, os, subprocess, sys
names = [os.path.basename(path)[:-3].encode() for path in sys.stdin.read().split()]
files = subprocess.run(["git", "ls-files", "-z", "*.py"], capture_output=True).stdout
for path in files.split(b"\\0")[:-1]:
    with open(path, "rb") as file:
        content = file.read()
    if any(name in content for name in names):
        ast.parse(content)
"""

#: The floor of whoever tells what is pasted by the syntax alone.
PARSE_TESTS = """
import ast, os, subprocess
files = subprocess.run(["git", "ls-files", "-z", "*.py"], capture_output=True).stdout
for path in files.split(b"\\0")[:-1]:
    name = os.path.basename(path)
    if name == b"conftest.py" or name.startswith(b"test_") or name.endswith(b"_test.py"):
        with open(path, "rb") as file:
            try:
                ast.parse(file.read())
            except (SyntaxError, ValueError):
                pass
"""

RULE = f"""
id: local-class
language: python
rule:
  kind: class_definition
  has:
    field: name
    regex: ^({"|".join(sorted(set(NAMES)))})$
"""


@dataclass(frozen=True)
class Tree:
    """A git checkout, and those of its files that a floor has to read as Python."""

    folder: Path
    definition_paths: tuple[str, ...]
    change_paths: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    against: str
    ours: str
    theirs: str
    figure: str
    bound: str
    met: bool

    def __str__(self) -> str:
        sides = f"{self.what:<40} {self.ours:>10}  {self.against:<38} {self.theirs:>10}"
        verdict = "" if self.met else "  MISSED"
        return f"{sides}  {self.figure:>8}  {self.bound:>9}{verdict}"


class Suites:
    """The trees of a run, each made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._trees: dict[int, Tree] = {}

    def of(self, files: int) -> Tree:
        """Return a generated tree of that size in a git checkout; the tool's answer is checked."""
        if files not in self._trees:
            self._trees[files] = generated(self._folder / str(files), files)
        return self._trees[files]


# The comparisons


@dataclass(frozen=True)
class Plan:
    """What is to be measured."""

    suites: Suites
    files: int
    runs: int
    tree: Tree | None = None

    def main_tree(self) -> Tree:
        return self.tree or self.suites.of(self.files)


def analyze_rows(plan: Plan) -> Iterator[Row]:
    tree = plan.main_tree()
    sides = in_turns(plan.runs, seconds(analyze(tree)), seconds(*floor(tree, changes=False)))
    yield at_most(1.5, "analyze", "floor: search, ast.parse", sides)


def names_rows(plan: Plan) -> Iterator[Row]:
    """Compare with and without a shared module of many names more, none of them in the suite."""
    tree = plan.suites.of(plan.files)
    path = tree.folder / "pyproject.toml"
    settings = path.read_bytes()
    second = ".".join(SECOND_MODULE.with_suffix("").parts)
    both = f'[tool.ssot-codemods]\nmodules = ["{DEFAULT_MODULE}", "{second}"]\n'.encode()
    measure = seconds(analyze(tree))

    def measure_with(text: bytes) -> float:
        path.write_bytes(text)
        return measure()

    sides = in_turns(plan.runs, partial(measure_with, both), partial(measure_with, settings))
    path.write_bytes(settings)
    yield at_most(1.5, f"analyze, {2 * HELPERS} names more", "itself, the default module", sides)


def concerned_rows(plan: Plan) -> Iterator[Row]:
    """Compare finding the tests of ten changed files with parsing the files that name one."""
    tree = plan.main_tree()
    changed = "\n".join(sorted(tree.change_paths)[:10]).encode()
    ours, lowest = (
        seconds(Command((sys.executable, "-W", "ignore", "-c", script), tree.folder, changed))
        for script in (CONCERNED, MENTIONING)
    )
    sides = in_turns(plan.runs, ours, lowest)
    yield at_most(1.5, "tests of 10 changed files", "floor: read, search, ast.parse", sides)


def migrate_rows(plan: Plan) -> Iterator[Row]:
    tree = plan.main_tree()
    lowest = seconds(*floor(tree, changes=True))
    for jobs, bound in ((1, 1.3), (2, 0.8)):
        sides = in_turns(plan.runs, seconds(migrate(tree, jobs)), lowest)
        what = f"migrate --dry-run --jobs {jobs}"
        yield at_most(bound, what, "floor: search, ast.parse, LibCST", sides)


def libcst_rows(plan: Plan) -> Iterator[Row]:
    """Compare with libcst.tool, which is run once: it takes minutes."""
    tree = plan.suites.of(LIBCST_FILES)
    ours = median(seconds(migrate(tree, 2))() for _ in range(plan.runs))
    theirs, failed = libcst_tool(tree)
    against = f"libcst.tool -j 2, 1 run, {failed} files failed"
    ratio = theirs / ours
    yield Row(
        what=f"migrate --jobs 2, {LIBCST_FILES} files",
        against=against,
        ours=shown(ours),
        theirs=shown(theirs),
        figure=f"{ratio:.0f} x",
        bound=">= 50 x",
        met=ratio >= 50,
    )


def ast_grep_rows(plan: Plan) -> Iterator[Row]:
    tree = plan.suites.of(plan.files)
    program = beside_python("ast-grep")
    if program is None:
        yield Row("analyze", "ast-grep: not installed", "", "", "", "< 1", met=False)
        return
    scan = Command((program, "scan", "--inline-rules", RULE, "."), tree.folder)
    sides = in_turns(plan.runs, seconds(analyze(tree)), seconds(scan))
    yield at_most(1.0, "analyze", "ast-grep scan", sides)


def discover_rows(plan: Plan) -> Iterator[Row]:
    """Compare with parsing all test files, and with jscpd, which finds equal texts."""
    tree = plan.main_tree()
    ours = seconds(discover(tree))
    parse = Command((sys.executable, "-W", "ignore", "-c", PARSE_TESTS), tree.folder)
    yield at_most(
        1.0, "discover", "ast.parse of all test files", in_turns(plan.runs, ours, seconds(parse))
    )
    program = shutil.which("jscpd")
    if program is None:
        yield Row("discover", "jscpd: not installed", "", "", "", "<= 0.33", met=False)
        return
    jscpd = Command((program, "--format", "python", "--reporters", "silent", "."), tree.folder)
    yield at_most(0.33, "discover", "jscpd", in_turns(plan.runs, ours, seconds(jscpd)))


def growth_rows(plan: Plan) -> Iterator[Row]:
    small, large = plan.suites.of(plan.files), plan.suites.of(plan.files * GROWTH)
    for what, command in (("analyze", analyze), ("migrate --dry-run", two_jobs)):
        sides = in_turns(plan.runs, seconds(command(large)), seconds(command(small)))
        yield at_most(1.1 * GROWTH, f"{what}, {GROWTH} x the files", "itself", sides)
    with same_largest_files(small, large):
        commands = (("analyze", analyze), ("migrate --dry-run", two_jobs), ("discover", discover))
        for what, command in commands:
            yield from memory_rows(what, command(small), command(large))


@contextmanager
def same_largest_files(small: Tree, large: Tree) -> Iterator[None]:
    """Lend the small tree the largest files: memory goes by them, not by how many there are."""

    def size(path: str) -> int:
        return (large.folder / path).stat().st_size

    lent = []
    for paths in (large.change_paths, large.definition_paths):
        for path in sorted(paths, key=size)[-4:]:
            lent.append(small.folder / Path(path).name)
            shutil.copyfile(large.folder / path, lent[-1])
    try:
        yield
    finally:
        for file in set(lent):
            file.unlink()


def memory_rows(what: str, small: Command, large: Command) -> Iterator[Row]:
    """Compare the peaks on a small and a large tree; one run each, as they hardly vary."""
    before, after = peaks(small), peaks(large)
    growth = after.parent - before.parent
    yield Row(
        what=f"{what}: memory of the parent",
        against="itself, fewer files",
        ours=f"{after.parent:.0f} MB",
        theirs=f"{before.parent:.0f} MB",
        figure=f"{growth:+.0f} MB",
        bound="< 60 MB",
        met=growth < 60,
    )
    if after.worker:
        factor = after.worker / before.worker if before.worker else float("inf")
        more = after.worker - before.worker  # an arena of CPython alone is 1 MB
        yield Row(
            what=f"{what}: memory of a worker",
            against="itself, fewer files",
            ours=f"{after.worker:.0f} MB",
            theirs=f"{before.worker:.0f} MB",
            figure=f"{factor:.2f}",
            bound="<= 1.10",
            met=factor <= 1.1 or more < 2,
        )


COMPARISONS: dict[str, Callable[[Plan], Iterator[Row]]] = {
    "analyze": analyze_rows,
    "names": names_rows,
    "migrate": migrate_rows,
    "concerned": concerned_rows,
    "ast-grep": ast_grep_rows,
    "discover": discover_rows,
    "growth": growth_rows,
    "libcst": libcst_rows,
}


def at_most(bound: float, what: str, against: str, sides: tuple[float, float, float]) -> Row:
    ours, theirs, ratio = sides
    return Row(
        what=what,
        against=against,
        ours=shown(ours),
        theirs=shown(theirs),
        figure=f"{ratio:.2f}",
        bound=f"<= {bound:g}",
        met=ratio <= bound,
    )


def shown(duration: float) -> str:
    return f"{duration:.3f} s"


# The commands


def analyze(tree: Tree, *options: str) -> Command:
    return tool(tree.folder, "analyze", *options, ".")


def migrate(tree: Tree, jobs: int) -> Command:
    return tool(tree.folder, "migrate", "--dry-run", "--jobs", str(jobs), ".")


def discover(tree: Tree) -> Command:
    return tool(tree.folder, "discover", ".")


def two_jobs(tree: Tree) -> Command:
    return migrate(tree, 2)


def tool(folder: Path, *arguments: str) -> Command:
    return Command((sys.executable, "-m", "codemods", *arguments), folder)


def floor(tree: Tree, *, changes: bool) -> tuple[Command, Command]:
    """Return the search and the parse that no tool can do without."""
    parsed = "\n".join(tree.definition_paths)
    printed = "\n".join(tree.change_paths) if changes else ""
    parse = (sys.executable, "-c", FLOOR)
    return search(tree), Command(parse, tree.folder, os.fsencode(f"{parsed}\n\n{printed}"))


def search(tree: Tree) -> Command:
    """Return the fastest search for the classes that is installed."""
    if shutil.which("rg"):
        return Command(("rg", "-l", "-tpy", PATTERN, "."), tree.folder)
    return Command(("grep", "-rlE", "--include=*.py", PATTERN, "."), tree.folder)


def libcst_tool(tree: Tree) -> tuple[float, int]:
    """Return the seconds of a plain codemod on a tree, and how many files LibCST fails on."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "peer").mkdir()
        (folder / "peer" / "__init__.py").touch()
        (folder / "peer" / "plain.py").write_text(
            f"import sys\n"
            f"sys.path.insert(0, {str(SOURCES)!r})\n"
            f"from tests.benchmarks.transform import PlainCommand\n"
        )
        (folder / ".libcst.codemod.yaml").write_text(
            f'modules: [peer]\nformatter: ["cat"]\nrepo_root: {json.dumps(str(tree.folder))}\n'
        )
        options = ("--hide-progress", "--no-format", "-u", "3", "-j", "2", str(tree.folder))
        program = (sys.executable, "-m", "libcst.tool", "codemod", "plain.PlainCommand", *options)
        start = time.perf_counter()
        result = Command(program, folder).run()
        took = time.perf_counter() - start
    done = re.search(rb"Finished codemodding (\d+) files", result.stderr)
    failed = re.search(rb"Failed to codemod (\d+) files", result.stderr)
    if done is None or failed is None or int(done[1]) == 0:
        raise SystemExit(f"libcst.tool did nothing:\n{result.stderr.decode()[-2000:]}")
    return took, int(failed[1])


def beside_python(name: str) -> str | None:
    """Find a program that pip installed into this environment, or one on the path."""
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return shutil.which(name, path=folders)


# The trees


def generated(folder: Path, files: int) -> Tree:
    """Make a suite in a git checkout, or take the one that an earlier run left there."""
    note = folder.with_suffix(".json")
    if note.is_file():
        definitions, changes = json.loads(note.read_text())
    else:
        say(f"making {files} files")
        counts = generate(folder, files)
        write(steps(Settings(root=folder), None))
        (folder / SECOND_MODULE).write_bytes(helpers(HELPERS))
        commit(folder)
        definitions, changes = counts.definition_paths, counts.change_paths
        note.write_text(json.dumps([definitions, changes]))
    tree = Tree(folder, tuple(definitions), tuple(changes))
    check(tree)
    return tree


def commit(folder: Path) -> None:
    """Make a folder a git checkout without changes."""
    settings = ("user.name=x", "user.email=x@x", "core.looseCompression=0", "gc.auto=0")
    git = ("git", *(word for setting in settings for word in ("-c", setting)))
    for arguments in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "A suite")):
        subprocess.run([*git, *arguments], cwd=folder, check=True)


def check(tree: Tree) -> None:
    """Check that what is about to be measured does its work; it warms the page cache, too."""
    found = existing(tree.folder)
    diff = migrate(tree, 1).run().stdout
    changed = re.findall(rb"^\+\+\+ b/(.*?)\t?$", diff, re.MULTILINE)
    for what, ours, expected in (
        ("definitions", found.definition_paths, tree.definition_paths),
        ("changes", found.change_paths, tree.change_paths),
        ("diffs", [os.fsdecode(path) for path in changed], tree.change_paths),
    ):
        if sorted(ours) != sorted(expected):
            raise SystemExit(f"{tree.folder}: {what}: {len(ours)} files, not {len(expected)}")


def existing(folder: Path) -> Tree:
    """Take a checkout as it is; the tool itself says what is in it."""
    result = analyze(Tree(folder, (), ()), "--format", "json").run()
    if not result.stdout.startswith(b"{"):
        raise SystemExit(f"no JSON from `codemods analyze`:\n{result.stderr.decode()[-2000:]}")
    definitions = json.loads(result.stdout)["definitions"]
    replaced = (d["path"] for d in definitions if d["verdict"] == "replace")
    return Tree(folder, unique(d["path"] for d in definitions), unique(replaced))


def unique(paths: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paths))


# The table


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the command line tool.")
    parser.add_argument("--files", type=int, default=10_000, help="default: %(default)s")
    parser.add_argument("--runs", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--only", choices=COMPARISONS, help="one comparison instead of all")
    parser.add_argument("--tree", type=Path, help="measure the floors on this checkout")
    parser.add_argument("--trees", type=Path, help="keep the generated suites in this folder")
    arguments = parser.parse_args()
    # As pip does where it installs; a checkout that was just edited would be compiled in each run.
    compileall.compile_dir(SOURCES / "codemods", quiet=1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.trees or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        tree = existing(arguments.tree.resolve()) if arguments.tree else None
        plan = Plan(Suites(folder.resolve()), arguments.files, arguments.runs, tree)
        return table(plan, chosen(arguments.only, tree))


def chosen(only: str | None, tree: Tree | None) -> list[str]:
    if only:
        return [only]
    return ["analyze", "migrate", "concerned", "discover"] if tree else [*COMPARISONS]


def table(plan: Plan, names: list[str]) -> int:
    """Print a row as soon as it is measured; return the exit status."""
    searcher = search(Tree(Path(), (), ())).arguments[0]
    print(
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"LibCST {version('libcst')}, {searcher}; medians of {plan.runs}\n"
    )
    missed = 0
    for name in names:
        for row in COMPARISONS[name](plan):
            print(row, flush=True)
            missed += not row.met
    return 1 if missed else 0


def say(what: str) -> None:
    """Write to standard error what takes so long."""
    print(f"{what} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
