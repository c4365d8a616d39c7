"""Fail where a copy is left that can be replaced."""

from __future__ import annotations

import click

from codemods.cli._common import Setup, exit_code, warn_unfinished_runs
from codemods.cli._options import PATHS, over_files
from codemods.cli._output import print_json, print_text


@click.command(epilog=PATHS)
@over_files
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="Default: text. github prints annotations for a workflow.",
)
def check(
    paths: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int | None,
    file_timeout: float | None,
    scheduler: str | None,
    form: str,
) -> int:
    """Fail where a copy is left that can be replaced; for CI and pre-commit.

    Copies that `migrate` refuses do not count. The fourth field of the line "Compliant Files" is
    the percentage of the files that use the helper and have no such copy.

    \b
    ssot-codemods check
    ssot-codemods check --format github tests
    ssot-codemods check | grep "Compliant Files" | awk '{print $4}' | tr -d '%'
    """
    from codemods.disk.journal import Journal
    from codemods.progress import history
    from codemods.report import check as report

    setup = Setup(paths, exclude, jobs, scheduler, file_timeout)
    root = setup.settings.root
    warn_unfinished_runs(Journal(root))
    planned = setup.plan("check")
    if Journal(root).folder.is_dir():  # a check alone leaves nothing behind
        history.append(root, setup.paths, history.of_check(planned))
    if form == "json":
        print_json(report.as_json(planned))
    elif form == "github":
        print_text(report.as_github(planned))
    else:
        print_text(report.as_text(planned, paths))
    return exit_code(planned.results, len(planned.changes))
