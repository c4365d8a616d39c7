"""The verbs that start pytest: baseline, warm, verify."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from codemods.cli.common import (
    EXIT_CODES,
    FILE_FAILED,
    FINE,
    Seconds,
    Setup,
    beside,
    expanded,
    from_here,
    main,
    say,
    say_what_was_cut_off,
    show,
    xdist,
)
from codemods.disk.files import UsageError
from codemods.settings import Settings, read_settings

if TYPE_CHECKING:
    from codemods.measure.model import Baseline

_Command = TypeVar("_Command", bound=Callable[..., Any])

_PATHS = f"""\
PATHS are files or folders; @FILE stands for the paths in it, one a line. Without any, pytest
collects what its own configuration says.

{EXIT_CODES}"""


def _starts_pytest(command: _Command) -> _Command:
    """Add what each verb that starts pytest takes."""
    options = [
        click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]..."),
        click.option(
            "--category",
            "categories",
            multiple=True,
            metavar="NAME",
            help="The paths of a category, as mission_critical or unit. May be repeated.",
        ),
        click.option(
            "--python",
            default=sys.executable,
            metavar="FILE",
            help="The interpreter of the tests; the one that runs this unless given.",
        ),
        click.option(
            "--timeout",
            type=Seconds(),
            metavar="SECONDS",
            help="For each run of pytest; there is no limit unless given.",
        ),
        click.option(
            "--format",
            "form",
            type=click.Choice(["text", "json"]),
            default="text",
            help="Text unless given.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@main.command(epilog=_PATHS)
@_starts_pytest
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="N",
    help="How many runs without bytecode, and how many with it.",
)
@click.option("--save", metavar="NAME", help="Save the figures under a name.")
@click.option("--compare", metavar="NAME", help="Compare with figures that were saved.")
@click.option("--against", metavar="GITREF", help="Measure a commit too, in turn with the files.")
@click.option("--profile", is_flag=True, help="Say where the time goes, and what would help.")
def baseline(
    paths: tuple[str, ...],
    categories: tuple[str, ...],
    python: str,
    timeout: float | None,
    form: str,
    runs: int,
    save: str | None,
    compare: str | None,
    against: str | None,
    profile: bool,
) -> int:
    """Measure the collection of tests: seconds, memory, tests, errors, warnings.

    pytest is started with your interpreter and configuration, and collects without running
    anything: once to warm up, then --runs times without and with bytecode, which goes to a folder
    of its own. The third field of the line "Collection Time" is the median with bytecode.

    \b
    ssot-codemods baseline tests/unit --save before
    ssot-codemods baseline tests/unit --compare before
    ssot-codemods baseline tests/unit --against HEAD~1
    ssot-codemods baseline tests/unit --profile
    """
    from codemods.measure import collection
    from codemods.report import baseline as report

    if sum((profile, against is not None, bool(save or compare))) > 1:
        raise click.UsageError("--profile and --against stand alone")
    settings = read_settings(Path.cwd())
    measure: dict[str, Any] = {
        "paths": _from_root(settings, paths, categories),
        "root": settings.root,
        "python": python,
        "timeout": timeout,
        "progress": _progress(),
    }
    if profile:
        from codemods.measure.profile import profile as take_apart

        found = take_apart(**measure)
        show(form, report.profile_json(found), report.profile_text(found))
        return FILE_FAILED if found.problem else FINE
    if against is not None:
        both = collection.against(against, runs=runs, **measure)
        show(form, report.comparison_json(both), report.comparison_text(both))
        return FILE_FAILED if both.before.problem or both.after.problem else FINE
    if save is not None:
        collection.baseline_file(settings.root, save)
    earlier = collection.load_baseline(settings.root, compare) if compare is not None else None
    measured = collection.baseline(runs=runs, **measure)
    _note_baseline(settings, measured, measure["paths"], save)
    if earlier is None:
        show(form, report.baseline_json(measured), report.baseline_text(measured))
    else:
        both = collection.compare(earlier, measured)
        show(form, report.comparison_json(both), report.comparison_text(both))
    return FILE_FAILED if measured.problem else FINE


def _note_baseline(
    settings: Settings, measured: Baseline, paths: Sequence[str], save: str | None
) -> None:
    from codemods.disk.journal import Journal
    from codemods.measure.collection import save_baseline
    from codemods.progress import history

    figures = history.of_baseline(measured)
    absolute = [str(settings.root / p) for p in paths or ["."]]
    if say_what_was_cut_off(Journal(settings.root)):
        say("these figures are not noted down: the files may be those before the run, or both\n")
        return
    history.append(settings.root, history.record(settings.root, "baseline", absolute, figures))
    if save is not None and measured.problem:
        say(f"not saved as {save}: {measured.problem}\n")
    elif save is not None:
        save_baseline(measured, settings.root, save)


@main.command(epilog=_PATHS)
@_starts_pytest
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    metavar="N",
    help="How many processes collect side by side.",
)
@click.option("--no-cold", is_flag=True, help="Do not measure a collection without bytecode.")
def warm(
    paths: tuple[str, ...],
    categories: tuple[str, ...],
    python: str,
    timeout: float | None,
    form: str,
    jobs: int,
    no_cold: bool,
) -> int:
    """Write the bytecode that the next collection reads, assertion rewriting included.

    For images of a CI and for fresh checkouts. pytest itself writes it, in parts side by side, and
    a last collection tells how many modules were read from it.

    \b
    ssot-codemods warm tests --jobs 4
    """
    from codemods.measure.warm import warm as write_bytecode
    from codemods.progress import history
    from codemods.report import baseline as report

    settings = read_settings(Path.cwd())
    chosen = _from_root(settings, paths, categories)
    warmed = write_bytecode(
        chosen,
        root=settings.root,
        jobs=jobs,
        python=python,
        timeout=timeout,
        measure_cold=not no_cold,
        progress=_progress(),
    )
    about = [str(settings.root / p) for p in chosen or ["."]]
    figures = history.of_warming(warmed)
    history.append(settings.root, history.record(settings.root, "warm", about, figures))
    show(form, report.warm_json(warmed), report.warm_text(warmed))
    return FILE_FAILED if warmed.problem else FINE


@main.command(epilog=EXIT_CODES)
@_starts_pytest
@click.option("--run", "identity", metavar="RUN", help="The run to judge; the last unless given.")
@click.option("--file", "files", multiple=True, metavar="FILE", help="One more of PATHS.")
@click.option("--golden-path", is_flag=True, help="Run the commands of `golden-path`, too.")
@beside
def verify(
    paths: tuple[str, ...],
    categories: tuple[str, ...],
    python: str,
    timeout: float | None,
    form: str,
    identity: str | None,
    files: tuple[str, ...],
    golden_path: bool,
    workers: str | None,
    targets: tuple[str, ...],
) -> int:
    """Run the same tests without a run of `migrate` and with it, and compare by node id.

    The files of the run are put back to what they were for as long as that takes; then they are
    as now again. Without PATHS, the tests are those that use the files of the run. A difference
    counts where it shows twice in both states, and is a failure (3). Where no run is to be judged,
    the tests of PATHS (or all) are run once, and each one that fails is a failure.

    \b
    ssot-codemods verify
    ssot-codemods verify --category unit --golden-path
    ssot-codemods verify --file tests/unit/test_a.py
    """
    from codemods.disk.journal import Journal
    from codemods.measure.commands import run_commands
    from codemods.measure.outcomes import modules_in, run_tests
    from codemods.migration.verify import affected, as_they_are, judged, standing
    from codemods.progress import history
    from codemods.report.verify import evidence_json, evidence_text

    setup = Setup(())
    settings = setup.settings
    chosen = _from_root(settings, (*paths, *files), categories)
    if golden_path and not settings.golden_path:
        raise UsageError("--golden-path: the settings name no commands under `golden-path`")
    journal = Journal(settings.root)
    options: dict[str, Any] = {"root": settings.root, "python": python, "timeout": timeout}
    run = partial(run_tests, **options, **xdist(workers, targets, python))
    commands = partial(run_commands, settings.golden_path, settings.root, timeout)
    say_what_was_cut_off(journal)
    with journal.lock():
        trial = standing(journal, identity)
        if trial is None:
            say("no run to judge: the tests are run once, as the files are\n")
            verified = as_they_are(chosen, run, commands if golden_path else None)
        else:
            say(f"judging run {trial.run.id}: {trial.run.command}\n")
            find_modules = partial(modules_in, **options)
            find_uses = partial(affected, trial.paths(), setup.all_files, find_modules)
            run = partial(run, same=trial.paths())
            verified = judged(trial, chosen, find_uses, run, commands if golden_path else None)
    verified = from_here(verified)
    about = [str(settings.root / p) for p in chosen or ["."]]
    figures = history.of_verification(verified, trial.run.id if trial is not None else None)
    history.append(settings.root, history.record(settings.root, "verify", about, figures))
    show(form, evidence_json(verified), evidence_text(verified))
    return FINE if verified.ok else FILE_FAILED


def _from_root(settings: Settings, paths: Sequence[str], categories: Sequence[str]) -> list[str]:
    """Give paths, and those of categories, as pytest is to get them: relative to the root."""
    known = dict(settings.categories)
    found = []
    for path in expanded(paths):
        if not Path(path.partition("::")[0]).exists():
            raise UsageError(f"{path}: no such file or directory")
        relative = os.path.relpath(path, settings.root)
        # To pytest, these begin an option or the name of a file of arguments.
        found.append(f"./{relative}" if relative.startswith(("-", "@")) else relative)
    for name in categories:
        if name not in known:
            raise UsageError(f"--category {name}: unknown; known are {', '.join(known)}")
        there = [p for p in known[name] if (settings.root / p).exists()]
        if not there:
            raise UsageError(f"--category {name}: none of {', '.join(known[name])} is there")
        found += there
    return found


def _progress() -> Callable[[str], None] | None:
    """Give what shows each step on stderr where that is a terminal."""
    return (
        (lambda line: say(f"{line}\n")) if sys.stderr is not None and sys.stderr.isatty() else None
    )
