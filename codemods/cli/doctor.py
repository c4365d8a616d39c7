"""Check that pytest finds the shared module."""

from __future__ import annotations

import click

from codemods.cli._common import FILE_FAILED, OK, Setup
from codemods.cli._options import PATHS, Seconds, over_files, text_or_json
from codemods.cli._output import progress_bar, show


@click.command(epilog=PATHS)
@over_files
@click.option(
    "--timeout",
    type=Seconds(),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="For each folder.",
)
@text_or_json
def doctor(
    paths: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int | None,
    scheduler: str | None,
    timeout: float,
    form: str,
) -> int:
    """Check whether pytest finds the shared modules from each folder; advise where it does not.

    Looks at the folders with files that would change or that import a shared module: which file is
    found, whether pytest rewrites its assert statements, whether it would collect its classes as
    tests; and which pytest, plugins, import mode and sys.path. Exit code 3 where an import would
    fail.
    """
    from codemods.migration.doctor import doctor as look
    from codemods.report import doctor as rendered
    from codemods.shared_modules import SettingsByFile

    setup = Setup(paths, exclude, jobs, scheduler)
    with progress_bar("doctor") as progress:
        found = look(
            SettingsByFile(setup.settings),
            setup.scan(progress),
            setup.pool(),
            jobs=setup.jobs,
            timeout=timeout,
        )
    show(form, rendered.as_json(found), rendered.as_text(found))
    return OK if found.ok else FILE_FAILED
