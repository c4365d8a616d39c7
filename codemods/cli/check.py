"""Fail where a copy is left that can be replaced."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codemods.cli._common import Setup, exit_code, warn_unfinished_runs
from codemods.cli._options import (
    PATHS,
    FileArguments,
    exit_zero_option,
    output_format,
    over_files,
    verb,
)
from codemods.cli._output import (
    print_diff,
    print_findings,
    print_json,
    print_text,
    progress_bar,
    say,
)
from codemods.model import STDIN
from codemods.registry import RESEMBLING
from codemods.report.table import Detail

if TYPE_CHECKING:
    from codemods.disk.journal import Change
    from codemods.model import Plan, Ratcheted
    from codemods.progress.ratchet import Ratchet


@verb(
    PATHS,
    quiet="Print only the copies, and the files that failed.",
    verbose="Also print a line for each definition that stays, with the reason.",
    copies_left="a copy is left",
    failed="a file failed",
)
@over_files
@output_format(
    *("text", "json", "github", "sarif", "gitlab"),
    note=" github prints annotations for a workflow, and adds to the file of $GITHUB_STEP_SUMMARY; "
    "gitlab a report of code quality.",
)
@click.option(
    "--ratchet",
    type=click.Path(),
    metavar="FILE",
    help="Fail only for more copies, renamed and near copies of a definition than FILE allows.",
)
@click.option(
    "--update",
    is_flag=True,
    help="With --ratchet: lower the numbers in FILE to what is left; make FILE if need be.",
)
@click.option("--force", is_flag=True, help="With --update: raise numbers, too.")
@click.option(
    "--diff",
    is_flag=True,
    help="Print a diff of what `migrate` would change, and the rest to stderr.",
)
@exit_zero_option
def check(
    files: FileArguments,
    form: str,
    ratchet: str | None,
    update: bool,
    force: bool,
    diff: bool,
    exit_zero: bool,
    detail: Detail,
) -> int:
    """Fail where a copy is left that can be replaced.

    For CI and pre-commit. Copies that `migrate` refuses do not count. The fourth field of the line
    "Compliant Files" is the percentage of the files that use the helper and have no such copy. The
    path - stands for one module on stdin, by the settings of the current folder.

    \b
    Examples:
      ssot-codemods check
      ssot-codemods check --format github tests
      ssot-codemods check --ratchet copies-left.json
      ssot-codemods check --diff - < tests/test_a.py
      ssot-codemods check | grep "Compliant Files" | awk '{print $4}' | tr -d '%'
    """
    from codemods.disk.journal import Journal
    from codemods.report import check as report

    if diff and form != "text":
        raise click.UsageError("--diff cannot be combined with --format")
    if "-" in files.paths and len(files.paths) > 1:
        raise click.UsageError("- stands for a module on stdin: name no other path")
    if "-" in files.paths and ratchet is not None:
        raise click.UsageError("--ratchet cannot be combined with a module on stdin")
    if (update and ratchet is None) or (force and not update):
        raise click.UsageError("--update needs --ratchet, and --force needs --update")
    setup = Setup(files)
    warn_unfinished_runs(Journal(setup.settings.root))
    held = None
    if ratchet is not None:
        from codemods.progress.ratchet import Ratchet

        held = Ratchet(ratchet, setup.settings.root, must_exist=not update)
    content = sys.stdin.buffer.read() if files.paths == ("-",) else None
    planned = setup.plan("check") if content is None else _plan_stdin(setup, content)
    against = None
    if held is not None:
        planned, against = _ratcheted(setup, planned, held, update=update, force=force)
        if update and against.excess:
            say(f"{against.file} allows no more than before: --force raises it to what is there")
    if form == "text":
        if diff:
            print_diff(*_changes(planned, content))
        print_text(report.as_text(planned, files.paths, detail, against), err=diff)
    elif form == "json":
        print_json(report.as_json(planned, against))
    else:
        found = report.findings(planned, setup.top, against)
        print_findings(form, found, report.head(planned, against))
    left = planned.copies if against is None else against.excess
    return exit_code(planned.results, 0 if exit_zero else len(left))


def _ratcheted(
    setup: Setup, planned: Plan, held: Ratchet, *, update: bool, force: bool
) -> tuple[Plan, Ratcheted]:
    """Return the plan with what failed meanwhile, and what is left against what may be."""
    from codemods.progress.ratchet import find

    with progress_bar("ratchet") as progress:
        found = find(planned, setup.scan(progress, RESEMBLING), setup.pool())
    against = held.update(found, force=force) if update else held.compare(found)
    return planned._replace(results=(*planned.results, *found.failures)), against


def _plan_stdin(setup: Setup, content: bytes) -> Plan:
    from codemods.migration.migrate import plan_stdin

    planned = plan_stdin(content, setup.codemod_of()(STDIN), setup.pool())
    setup.warn_uncovered()
    return planned


def _changes(planned: Plan, content: bytes | None) -> tuple[Path, Sequence[Change]]:
    """Return what would change, and the folder that its paths start at."""
    from codemods.disk.journal import Change
    from codemods.migration.migrate import Batch, preview

    if content is None:
        return preview(planned, Batch("", allow_dirty=True))[1:]
    return Path.cwd(), [Change(STDIN, content, r.after, 0) for r in planned.changes if r.after]
