"""Make a shared module of what is pasted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from codemods.cli._common import COPIES_LEFT, OK, Setup, failing_imports
from codemods.cli._options import FileArguments, interpreter, python_option, verb
from codemods.cli._output import print_patch, print_text, progress_bar, say
from codemods.report.table import Detail
from codemods.settings import read_settings
from codemods.shared_modules import SettingsByFile
from codemods.wording import plural

if TYPE_CHECKING:
    from codemods.migration.adopt import Adoption


@verb(
    "NAME is that of a class, function or fixture that `discover` lists.",
    quiet="Print nothing but errors.",
    copies_left="a NAME is not adopted, or pytest cannot import the module everywhere",
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--to",
    metavar="FILE",
    help="The module to write or extend. Default: one beside the tests that has the code already, "
    "else a new one beside the shared modules, or the helpers, that are there; a line says why.",
)
@click.option(
    "--all", "of_all", is_flag=True, help="Adopt all that saves lines, as `discover` counts."
)
@click.option(
    "--min-lines",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="With --all: only what saves at least N lines. Default: 1.",
)
@click.option(
    "--in",
    "paths",
    multiple=True,
    type=click.Path(),
    metavar="PATH",
    help="Look for copies in this file or folder. Repeatable. Default: as for `discover`.",
)
@click.option("--dry-run", is_flag=True, help="Print a diff, and write nothing.")
@python_option
@click.option("--skip-probe", is_flag=True, help="Do not start pytest to check the imports.")
def adopt(
    names: tuple[str, ...],
    to: str | None,
    of_all: bool,
    min_lines: int,
    paths: tuple[str, ...],
    dry_run: bool,
    python: str | None,
    skip_probe: bool,
    detail: Detail,
) -> int:
    """Make a shared module of definitions that are pasted.

    Takes the most frequent text of each, with the imports, constants and other definitions that it
    reads, writes or extends a module with it, and names the module in the settings. No test file is
    changed: `migrate` does that. Overwrites nothing; a second run changes nothing; the last line
    says how to undo it.

    \b
    Examples:
      ssot-codemods adopt RecordingSocket
      ssot-codemods adopt make_client make_agent --to tests/support/clients.py
      ssot-codemods adopt --all --min-lines 50 --in tests/unit --dry-run
    """
    from codemods.migration.adopt import adopt as work_out
    from codemods.migration.choose import Project, choose, projects
    from codemods.migration.discover import Wanted, discover
    from codemods.report import adopt as report

    if bool(names) == of_all:
        what = "names of definitions, or --all, and not both"
        raise click.UsageError(f"wanted: {what}; --in says where to look")
    setup = Setup(FileArguments(paths))
    root = setup.settings.root
    with progress_bar("discover") as progress:
        wanted = Wanted(names=frozenset(names))
        found = discover(setup.settings, setup.paths, setup.pool(), wanted, progress)
    project_of = projects(setup.settings) if to is None else lambda path: Project(root, root)
    choice = choose(found.groups, names, min_lines, project_of)
    done = [work_out(setup.settings, one, to, is_sweep=of_all) for one in choice.by_root]
    is_any = any(one.files for one in done)
    if not is_any and of_all:
        saving = f"saves {plural(min_lines, 'line')} or more"
        say(f"nothing can be adopted that {saving}: see `ssot-codemods discover`")
    for line in report.left_out(choice, done, names, detail):
        say(line)
    if names and choice.missing and not paths and setup.settings.paths != (".",):
        where = ", ".join(setup.settings.paths)
        say(f"looked at `paths` of the settings: {where}; --in FOLDER looks elsewhere")
    skipped = {name for one in done for name in one.skipped}
    code = COPIES_LEFT if {*choice.missing, *skipped}.intersection(names) else OK
    if not is_any:
        return code
    if dry_run:
        _preview(done, detail)
        return code
    _write(done, detail)
    probed = OK if skip_probe else _probe(setup, done, python)
    print_text(report.way_on(done, paths, detail, is_importable=probed == OK))
    return code or probed


def _write(done: Sequence[Adoption], detail: Detail) -> None:
    from codemods.migration.steps import write
    from codemods.report import adopt as report

    for one in done:
        write(one.steps)
    print_text("\n".join(report.as_text(one, detail) for one in done))


def _preview(done: Sequence[Adoption], detail: Detail) -> None:
    """Print a patch, and to standard error what else there is to know."""
    from codemods.report import adopt as report

    for step in (step for one in done for step in one.steps):
        print_patch(report.as_patch(step))
    texts = [report.as_text(one, detail, dry_run=True) for one in done]
    print_text("\n".join(texts), err=True)


def _probe(setup: Setup, done: Sequence[Adoption], python: str | None) -> int:
    uses = {path: [one.module] for one in done for path in one.files}
    by_file = SettingsByFile(read_settings(done[0].root))
    chosen = interpreter(python, setup.settings.root)
    errors = failing_imports(by_file, uses, setup.jobs, chosen)
    if errors:
        paths = ", ".join(os.path.relpath(one.path) for one in done if one.files)
        say(f"pytest cannot import {paths} from everywhere yet:", *errors)
    return COPIES_LEFT if errors else OK
