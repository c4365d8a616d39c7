"""Write the bytecode that the next collection reads."""

from __future__ import annotations

from pathlib import Path

import click

from codemods.cli._common import FILE_FAILED, OK, paths_for_pytest, show_step
from codemods.cli._options import PYTEST_PATHS, interpreter, starts_pytest
from codemods.cli._output import show
from codemods.settings import read_settings


@click.command(epilog=PYTEST_PATHS)
@starts_pytest
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    metavar="N",
    help="Number of processes that collect in parallel.",
)
@click.option("--no-cold", is_flag=True, help="Do not measure a collection without bytecode.")
def warm(
    paths: tuple[str, ...],
    categories: tuple[str, ...],
    python: str | None,
    timeout: float | None,
    form: str,
    jobs: int,
    no_cold: bool,
) -> int:
    """Write the bytecode that the next collection reads.

    With rewritten assertions; for CI images and fresh checkouts. pytest itself writes it, in
    parallel parts; a last collection shows how many modules are read from it.

    \b
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
    about = [str(settings.root / p) for p in chosen or ["."]]
    history.append(settings, about, history.of_warming(warmed))
    show(form, report.as_json(warmed), report.as_text(warmed))
    return FILE_FAILED if warmed.problem else OK
