"""Check that pytest finds the shared module."""

from __future__ import annotations

from codemods.cli._common import FILE_FAILED, OK, Setup
from codemods.cli._options import (
    PATHS,
    FileArguments,
    interpreter,
    over_files,
    python_option,
    text_or_json,
    timeout_option,
    verb,
)
from codemods.cli._output import progress_bar, show
from codemods.report.table import Detail


@verb(
    PATHS,
    quiet="Print only what is wrong, and how to fix it.",
    verbose="Also print the setup of pytest in each folder.",
    failed="an import would fail",
)
@over_files
@timeout_option("Limit for each folder. Default: 300.", default=300)
@python_option
@text_or_json
def doctor(
    files: FileArguments, timeout: float, python: str | None, form: str, detail: Detail
) -> int:
    """Check that pytest can import the shared modules.

    If not, says how to fix it. Looks at the folders with files that would change or that import a
    shared module: which file is imported, whether pytest rewrites its assert statements or collects
    its classes as tests, how long the first import takes and how many modules it brings in, the
    version of pytest, its plugins, import mode and sys.path.

    \b
    Examples:
      ssot-codemods doctor tests/unit
    """
    from codemods.migration.diagnose import diagnose, files_to_check
    from codemods.report import doctor as rendered

    setup = Setup(files)
    chosen = interpreter(python, setup.settings.root)
    with progress_bar("doctor") as progress:
        uses = files_to_check(setup.by_file, setup.scan(progress), setup.pool())
    with progress_bar("folders", step=1) as progress:
        found = diagnose(
            setup.by_file, uses, setup.jobs, timeout=timeout, python=chosen, progress=progress
        )
    setup.warn_uncovered()
    show(form, rendered.as_json(found), rendered.as_text(found, detail))
    return OK if found.ok else FILE_FAILED
