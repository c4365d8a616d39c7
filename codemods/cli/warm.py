"""Write the bytecode that the next collection reads."""

from __future__ import annotations

from pathlib import Path

import click

from codemods.cli._common import FILE_FAILED, OK, paths_for_pytest, show_step
from codemods.cli._options import PYTEST_PATHS, interpreter, jobs_option, starts_pytest, verb
from codemods.cli._output import show
from codemods.report.table import Detail
from codemods.settings import read_settings


@verb(PYTEST_PATHS, quiet="Print only what went wrong.", failed="the tests could not be collected")
@starts_pytest
@jobs_option("Processes that collect in parallel. Default: 2.", default=2)
@click.option("--no-cold", is_flag=True, help="Do not measure a collection without bytecode.")
def warm(
    paths: tuple[str, ...],
    categories: tuple[str, ...],
    python: str | None,
    timeout: float | None,
    form: str,
    jobs: int,
    no_cold: bool,
    detail: Detail,
) -> int:
    """Write the bytecode that the next collection reads.

    With rewritten assertions; for CI images and fresh checkouts. pytest itself writes it, in
    parallel parts; a last collection shows how many modules are read from it.

    \b
    Examples:
      ssot-codemods warm tests --jobs 4
    """
    from codemods.measure.session import Pytest
    from codemods.measure.warm import warm as write_bytecode
    from codemods.progress import history
    from codemods.report import warm as report

    settings = read_settings(Path.cwd())
    chosen = paths_for_pytest(settings, paths, categories)
    warmed = write_bytecode(
        Pytest(settings.root, interpreter(python, settings.root), timeout),
        chosen,
        jobs=jobs,
        measure_cold=not no_cold,
        progress=show_step,
    )
    history.append(settings, chosen or ["."], warmed)
    show(form, report.as_json(warmed), report.as_text(warmed, detail))
    return FILE_FAILED if warmed.problem else OK
