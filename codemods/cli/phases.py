"""The verbs about the whole of a migration: status, accept, report, doctor, demo."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from codemods.cli.common import (
    COPIES_LEFT,
    EXIT_CODES,
    FILE_FAILED,
    FINE,
    PATHS,
    USAGE,
    Seconds,
    Setup,
    main,
    over_files,
    print_json,
    print_text,
    progress_bar,
    say,
    say_what_was_cut_off,
    show,
)

_FORM = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Text unless given.",
)


@main.command(epilog=EXIT_CODES)
@click.option("--history", "as_history", is_flag=True, help="Show what each run of a verb gave.")
@_FORM
def status(as_history: bool, form: str) -> int:
    """Show the phases of the settings by their criteria: met, not met, not measured.

    Copies and compliance are counted now; seconds, warnings and outcomes are those that `baseline`
    and `verify` gave last for the paths of a phase. Below the table stands what comes next.

    \b
    ssot-codemods status
    ssot-codemods status --history
    """
    from codemods.disk.journal import Journal
    from codemods.progress import history, phases
    from codemods.report import status as report

    setup = Setup(())
    if as_history:
        records = history.read(setup.settings.root)
        encoding = (sys.stdout.encoding or "").lower().replace("-", "")
        text = report.history_text(records, unicode=encoding == "utf8")
        show(form, report.history_json(records), text)
        return FINE
    say_what_was_cut_off(Journal(setup.settings.root))
    records = history.standing(setup.settings.root)
    with progress_bar("status") as progress:
        found = phases.status(setup.settings, setup.target, records, setup.pool(), progress)
    show(form, report.status_json(found), report.status_text(found))
    return FINE


@main.command(epilog=EXIT_CODES)
@_FORM
def accept(form: str) -> int:
    """Say whether each criterion of each phase is met: 0 where all are, else 1.

    What was never measured is not met. Beside the copies stands what grep counts, and why that is
    another number.
    """
    from codemods.disk.journal import Journal
    from codemods.progress import history, phases
    from codemods.report import status as report

    setup = Setup(())
    say_what_was_cut_off(Journal(setup.settings.root))
    records = history.standing(setup.settings.root)
    with progress_bar("accept") as progress:
        found = phases.accept(setup.settings, setup.target, records, setup.pool(), progress)
    show(form, report.accept_json(found), report.accept_text(found))
    return FINE if found.ok else COPIES_LEFT


@main.command(epilog=PATHS)
@over_files
@click.option(
    "--compare-baseline",
    metavar="NAME",
    help="The saved baseline to compare with; else the first one of PATHS in the history.",
)
@click.option(
    "--after",
    metavar="NAME",
    help="The saved baseline to compare; else the latest one of PATHS in the history.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "json", "html"]),
    default="markdown",
    help="Markdown unless given; html is one file that needs no other.",
)
def report(
    paths: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int | None,
    scheduler: str | None,
    compare_baseline: str | None,
    after: str | None,
    form: str,
) -> int:
    """Report on the migration of PATHS: what changed, what stays and why, what was measured.

    \b
    ssot-codemods report tests/unit > phase1_completion_report.md
    ssot-codemods report --compare-baseline before --format html > report.html
    """
    from codemods.disk.journal import Journal
    from codemods.progress import history
    from codemods.progress.completion import completion_report
    from codemods.report import report as rendered

    setup = Setup(paths, exclude, jobs, scheduler)
    say_what_was_cut_off(Journal(setup.settings.root))
    with progress_bar("report") as progress:
        done = completion_report(
            setup.settings,
            setup.target,
            setup.paths,
            compare_baseline=compare_baseline,
            after_baseline=after,
            pool=setup.pool(),
            progress=progress,
        )
    root = setup.settings.root
    history.append(root, history.record(root, "report", setup.paths, {}))
    if form == "json":
        print_json(rendered.as_json(done))
    else:
        print_text(rendered.as_html(done) if form == "html" else rendered.as_markdown(done))
    return FINE


@main.command(epilog=PATHS)
@over_files
@click.option(
    "--timeout",
    type=Seconds(),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="For each folder.",
)
@_FORM
def doctor(
    paths: tuple[str, ...],
    exclude: tuple[str, ...],
    jobs: int | None,
    scheduler: str | None,
    timeout: float,
    form: str,
) -> int:
    """Say whether pytest finds the shared module from each folder, and what to do where not.

    Looks at the folders with files that would change or that import the shared module: which file
    is found, whether its names are there, whether `__test__` is off, which pytest, plugins, import
    mode and sys.path. Exit code 3 where an import would fail.
    """
    from codemods.migration.doctor import doctor as look
    from codemods.report import doctor as rendered

    setup = Setup(paths, exclude, jobs, scheduler)
    with progress_bar("doctor") as progress:
        found = look(
            setup.settings,
            setup.target,
            setup.paths,
            jobs=setup.jobs,
            timeout=timeout,
            pool=setup.pool(),
            progress=progress,
        )
    show(form, rendered.as_json(found), rendered.as_text(found))
    return FINE if found.ok else FILE_FAILED


@main.command(epilog=EXIT_CODES)
@click.option(
    "--keep",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Work in a new folder, and leave it there; a temporary one unless given.",
)
def demo(keep: str | None) -> int:
    """Walk through a migration on a copy of the bundled sample suite.

    Each command is printed before it is run. Needs git; takes less than a minute.
    """
    import tempfile

    from codemods.migration.demo import demo as walk

    if keep is None:
        with tempfile.TemporaryDirectory(prefix="ssot-codemods-demo-") as temporary:
            code = walk(Path(temporary).resolve(), print_text)
        print_text("that folder is gone; `ssot-codemods demo --keep DIR` leaves one\n")
        return code
    folder = Path(keep)
    if folder.exists():
        say(f"Error: {keep}: there already\n")
        return USAGE
    folder.mkdir(parents=True)
    return walk(folder.resolve(), print_text)
