"""Undo a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from codemods.cli._common import FILE_FAILED, OK
from codemods.cli._options import text_or_json, verb
from codemods.cli._output import say, show
from codemods.model import UsageError
from codemods.report.table import Detail
from codemods.settings import read_settings

if TYPE_CHECKING:
    from codemods.model import Outcome, Run


@verb(
    quiet="Print only the files that failed; with --list, only the names of the runs.",
    verbose="Print a line for each file.",
    failed="a file failed",
)
@click.argument("arguments", nargs=-1, metavar="[RUN] [FILES]...")
@click.option("--list", "as_list", is_flag=True, help="List the runs, the latest last.")
@click.option(
    "--force", is_flag=True, help="Overwrite files edited since the run; copies of them are kept."
)
@text_or_json
def rollback(
    arguments: tuple[str, ...], as_list: bool, force: bool, form: str, detail: Detail
) -> int:
    """Undo the last run, or RUN; all of it, or only FILES.

    A run is one of `migrate`; `adopt` prints what undoes it. A run that was interrupted, even by a
    loss of power, can be undone too. Files edited since the run are skipped and named (exit code
    3), unless --force is given. Does not need git.

    \b
    Examples:
      ssot-codemods rollback
      ssot-codemods rollback --list
      ssot-codemods rollback 20260102T030405Z-000 tests/unit/test_a.py
    """
    from codemods.disk.journal import Journal
    from codemods.migration.rollback import choose, roll_back
    from codemods.progress import history
    from codemods.report import rollback as report

    settings = read_settings(Path.cwd())
    journal = Journal(settings.root)
    for damage in journal.damaged():
        say(f"skipped: {damage}")
    if as_list:
        if arguments or force:
            raise click.UsageError("--list cannot be combined with RUN, FILES or --force")
        runs = journal.runs()
        show(form, report.runs_as_json(runs), report.runs_as_text(runs, detail))
        return OK
    if not journal.folder.is_dir():
        missing = f"no run to undo: {journal.folder} does not exist"
        raise UsageError(missing, *_other_journals(settings.root))
    with journal.lock():
        try:
            run, paths = choose(journal, arguments)
        except UsageError as error:
            raise UsageError(*error.args, *_other_journals(settings.root)) from error
        outcomes = roll_back(journal, run, paths, force=force)
    code = print_outcomes("rollback", run, outcomes, form, detail)
    restored = tuple(outcome.path for outcome in outcomes if outcome.error is None)
    history.append(settings, paths, history.Rollback(run.id, restored))
    return code


def _other_journals(root: Path) -> list[str]:
    """Return a line for each journal above or below a root: other settings count there."""
    from codemods.disk.journal import FOLDER

    top = root.resolve()
    above = (folder for folder in top.parents if (folder / FOLDER).is_dir())
    below = (path.parent for path in sorted(top.glob(f"**/*/{FOLDER}/")))
    return [f"{folder} has a journal, too: run it there" for folder in (*above, *below)]


def print_outcomes(kind: str, run: Run, outcomes: list[Outcome], form: str, detail: Detail) -> int:
    """Print the outcome for each file of a run, by the kind of document; return the exit code."""
    from codemods.report import rollback as report

    text = report.outcomes_as_text(kind, run, outcomes, detail)
    show(form, report.outcomes_as_json(kind, run, outcomes), text)
    return FILE_FAILED if any(o.error for o in outcomes) else OK
