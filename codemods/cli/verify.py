"""Run the same tests without a run of `migrate` and with it."""

from __future__ import annotations

from functools import partial

import click

from codemods.cli._common import (
    FILE_FAILED,
    OK,
    Setup,
    paths_for_pytest,
    relative_to_cwd,
    warn_unfinished_runs,
)
from codemods.cli._options import (
    PATHS_OF_TESTS,
    check_xdist,
    hint_at_python,
    interpreter,
    starts_pytest,
    verb,
    workers_option,
)
from codemods.cli._output import say, show
from codemods.model import UsageError
from codemods.report.table import Detail


@verb(
    PATHS_OF_TESTS,
    quiet="Print only the numbers, what differs, and what was not tested.",
    failed="tests differ, none passed, or one fails with no run to compare",
)
@starts_pytest
@click.option("--run", "identity", metavar="RUN", help="The run to verify. Default: the last one.")
@click.option(
    "--file", "files", multiple=True, metavar="FILE", help="One more of PATHS. Repeatable."
)
@click.option("--golden-path", is_flag=True, help="Also run the commands of `golden-path`.")
@workers_option
def verify(
    paths: tuple[str, ...],
    categories: tuple[str, ...],
    python: str | None,
    timeout: float | None,
    form: str,
    identity: str | None,
    files: tuple[str, ...],
    golden_path: bool,
    workers: str | None,
    detail: Detail,
) -> int:
    """Run the same tests without a run of `migrate` and with it.

    Their outcomes are compared by node id. Meanwhile the files of the run are restored to their old
    content, and then changed again. Without PATHS, the tests are those that use the files of the
    run, or files of earlier runs that import the same shared definition. A difference counts where
    it shows three times; the file that causes it is looked for. Where there is no run, the tests of
    PATHS (or all tests) are run once.

    \b
    Examples:
      ssot-codemods verify
      ssot-codemods verify --category unit --golden-path
      ssot-codemods verify --file tests/unit/test_a.py
    """
    from codemods.disk.journal import Journal
    from codemods.measure.process import run_commands
    from codemods.measure.session import Pytest
    from codemods.migration.verify import Verified, verify
    from codemods.progress import history
    from codemods.report import verify as report

    setup = Setup()
    settings = setup.settings
    chosen = paths_for_pytest(settings, (*paths, *files), categories)
    if golden_path and not settings.golden_path:
        raise UsageError("--golden-path: the settings have no commands under `golden-path`")
    commands = partial(run_commands, settings.golden_path, settings.root, timeout)
    journal = Journal(settings.root)
    warn_unfinished_runs(journal)
    pytest = Pytest(settings.root, interpreter(python, settings.root), timeout)
    check_xdist(pytest, workers)
    shown = verify(
        journal,
        identity,
        chosen,
        find_uses=setup.find_uses,
        run_tests=setup.sessions(pytest, workers).run,
        commands=commands if golden_path else None,
        say=say,
    )
    figures = history.of_verification(shown, settings.root, is_whole=not chosen)
    history.append(settings, chosen or ["."], figures)
    if isinstance(shown, Verified):
        shown = relative_to_cwd(shown)
    show(form, report.as_json(shown), report.as_text(shown, detail))
    hint_at_python(pytest.python, shown.collection_errors.values())
    return OK if shown.ok else FILE_FAILED
