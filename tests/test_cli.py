"""The verbs: arguments, output, exit codes; in this process, and as people start them."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
import yaml  # type: ignore[import-untyped]
from click.testing import CliRunner, Result

import codemods.migration.migrate
from codemods.bundled import copy_sample_suite
from codemods.cli import _common, _output, main
from codemods.disk.journal import Journal, digest
from codemods.engine.run import Pool
from codemods.measure.collection import Tree
from codemods.measure.model import Baseline
from codemods.measure.session import Pytest
from codemods.migration.diagnose import Checkup, Finding, FolderCheckup
from codemods.model import FileResult, Run, Status
from codemods.settings import read_settings
from codemods.shared_modules import read_shared_modules
from codemods.workers.pool import FILE_TIMEOUT
from tests import tools
from tests.figures import measured
from tests.tools import write_sources

ROOT = Path(__file__).parent.parent
MODULE = [sys.executable, "-m", "codemods"]
SCRIPT = [str(Path(sys.executable).with_name("ssot-codemods"))]
VERBS = ("analyze", "check", "init", "migrate", "rollback")
USES = "\n\ndef test_it():\n    TestWebSocketConnection()\n"
BROKEN = "{copy}\n(\n"
REFUSED = "{copy}\nprint(TestWebSocketConnection.__module__)\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


def outcome(*arguments: str) -> tuple[int, str, str]:
    result = run(*arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def git(*arguments: str, stdin: bytes = b"") -> bytes:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.autocrlf=false"]
    done = subprocess.run(
        ["git", *identity, *arguments], input=stdin, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit(message: str = "x") -> None:
    git("add", "-A")
    git("commit", "-qm", message)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a checkout with the shared module alone, and start from there."""
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    tools.write_shared(tmp_path)
    return tmp_path


@pytest.fixture
def three(root: Path) -> Path:
    """Give a checkout with three copies, and a file without any."""
    names = ("a/test_a.py", "a/test_b.py", "b/test_c.py")
    write_sources(root, dict.fromkeys(names, "{copy}" + USES) | {"b/plain.py": "import os\n"})
    commit()
    return root


# --- help


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help(verb: str) -> None:
    for option in ("-h", "--help"):
        code, text, err = outcome(*filter(None, [verb, option]))
        assert (code, err) == (0, "")
        assert "\n  Exit codes: 0 OK; " in text
        assert max(map(len, text.splitlines())) <= 100


def test_the_help_names_the_limit_for_a_file() -> None:
    text = " ".join(outcome("check", "--help")[1].split())
    assert f"one that takes longer fails. Default: {FILE_TIMEOUT:g}." in text


def test_the_help_has_the_options_of_few_below_the_others() -> None:
    text = outcome("migrate", "--help")[1]
    places = [
        *("\nOptions:\n", "--dry-run", "--verify", "--codemod", "-h, --help"),
        *("\nFiles and workers:\n", "--exclude", "--jobs", "--scheduler"),
        *("\nWith --codemod rename_local_class:\n", "--name OLD", "--with-tests", "\n  PATHS are"),
    ]
    text = text[text.index(places[0]) :]
    assert sorted(places, key=text.index) == places
    assert "rename_local_class:" not in outcome("analyze", "--help")[1]
    assert "\nOptions:\n  --to FILE " in outcome("adopt", "--help")[1]


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_each_option_and_an_example(verb: str) -> None:
    command = main.get_command(click.Context(main), verb)
    assert command is not None
    for option in (p for p in command.params if isinstance(p, click.Option)):
        assert (option.help or "").endswith("."), option.name
    text = outcome(verb, "--help")[1]
    assert f"\n    ssot-codemods {verb}" in text


def test_the_version_and_no_verb() -> None:
    assert outcome("--version")[1].startswith("ssot-codemods, version ")
    code, _, err = outcome()
    assert code == 2
    assert "Replace copies:" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["analyze", "--jobs", "0"],
        ["migrate", "--dry-run", "--verify"],
        ["migrate", "--timeout", "5"],
        ["migrate", "-n", "2"],
        ["analyze", "--format", "xml"],
        ["analyze", "--list", "--format", "json"],
        ["analyze", "--list", "--variants"],
        ["analyze", "gone.py"],
        ["analyze", "@gone.txt"],
        ["check", "--nothing"],
        ["migrate", "--max-files", "0"],
        ["migrate", "gone"],
        ["migrate", "--resume", "R"],
        ["rollback"],
        ["rollback", "--list", "R"],
        ["rollback", "--list", "--force"],
        ["init", "--to", "../x"],
    ],
    ids=" ".join,
)
def test_usage_errors(root: Path, arguments: list[str]) -> None:
    code, out, err = outcome(*arguments)
    assert (code, out) == (2, "")
    assert "Error: " in err
    # Nothing that was not there is made of it, but for the lock of a run that might write.
    assert {p.name for p in root.iterdir()} <= {".git", ".ssot-codemods", "test_framework"}


@pytest.mark.parametrize(
    "verb", ["analyze", "check", "migrate", "status", "accept", "report", "doctor"]
)
def test_without_settings_and_a_shared_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """Nothing is met where nothing can be counted."""
    monkeypatch.chdir(tmp_path)
    write_sources(tmp_path, {"tests/test_a.py": "{copy}" + USES})
    code, out, err = outcome(verb)
    assert (code, out) == (2, "")
    assert err.startswith("Error: no settings name a shared module for these files")
    assert "begin with `ssot-codemods discover` and `ssot-codemods adopt`" in err


@pytest.mark.parametrize(
    "other",
    [
        "a",
        "--dry-run",
        "--skip-probe",
        "--allow-dirty",
        "--max-files=1",
        "--within-paths",
        "--exclude=x",
        "--jobs=1",
        "--scheduler=x",
    ],
)
def test_resume_takes_nothing_beside_it(root: Path, other: str) -> None:
    """A dry run that wrote would be the worst of them."""
    code, _, err = outcome("migrate", "--resume", "R", other)
    assert code == 2
    assert "--resume finishes a run as planned: no other option applies" in err


def test_a_word_that_is_no_verb_gets_the_nearest_one() -> None:
    code, _, err = outcome("migrat")
    assert (code, err.splitlines()[-1]) == (
        2,
        "Error: 'migrat' is no verb: did you mean 'migrate'?",
    )
    assert "No such command 'xyz'" in outcome("xyz")[2]


def test_status_says_where_its_phases_come_from(root: Path) -> None:
    settings = root / "pyproject.toml"
    assert "the settings have no phases: these, and what they want, are" in outcome("status")[2]
    assert outcome("status", "-q")[2] == ""
    phase = '[tool.ssot-codemods.phases.all]\npaths = ["."]\ncollection-seconds = 9\n'
    settings.write_text(f"{settings.read_text()}\n{phase}" if settings.exists() else phase)
    assert "the usual ones" not in outcome("status")[2]


def test_rollback_where_nothing_ran_leaves_no_folder(root: Path) -> None:
    assert "no run to undo" in outcome("rollback")[2]
    assert outcome("rollback", "--list")[:2] == (0, "no runs\n")
    assert not (root / ".ssot-codemods").exists()


# --- settings


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("\nmodul = 1\n", "pyproject.toml:3: [tool.ssot-codemods] modul: unknown"),
        ("paths = 1\n", "pyproject.toml:2: [tool.ssot-codemods] paths: wanted"),
        ("paths = ['gone']\n", "pyproject.toml: [tool.ssot-codemods] paths: gone does not exist"),
        ("shapes = 'gone.py'\n", "toml:2: [tool.ssot-codemods] shapes: is removed"),
        ("x = \n", "pyproject.toml: "),
    ],
)
@pytest.mark.parametrize("verb", ["analyze", "check", "migrate"])
def test_bad_settings(root: Path, table: str, message: str, verb: str) -> None:
    write_sources(root, {"pyproject.toml": f"[tool.ssot-codemods]\n{table}"})
    code, out, err = outcome(verb)
    assert (code, out) == (2, "")
    assert err.startswith("Error: ")
    assert message in err


def test_paths_and_exclude_of_the_settings(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_sources(
        three, {"pyproject.toml": "[tool.ssot-codemods]\npaths=['a']\nexclude=['*_a.py']\n"}
    )
    assert outcome("analyze", "--list")[1] == "a/test_b.py\n"
    assert outcome("analyze", "--list", ".")[1] == "a/test_b.py\nb/test_c.py\n"
    assert outcome("analyze", "--list", "--exclude", "a/*", ".")[1] == "b/test_c.py\n"
    monkeypatch.chdir(three / "b")
    assert outcome("analyze", "--list")[1] == "../a/test_b.py\n"


def test_cores_on_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert _common.cores() == 1


def test_a_scheduler(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, float | None]] = []

    def cluster(address: str, file_timeout: float | None) -> Pool:
        asked.append((address, file_timeout))
        return tools.Here()

    monkeypatch.setattr("codemods.workers.cluster.cluster_pool", cluster)
    assert outcome("check", "--scheduler", "tcp://x:1")[0] == 1
    assert outcome("analyze", "--scheduler", "tcp://x:1", "--file-timeout", "9")[0] == 0
    assert asked == [("tcp://x:1", None), ("tcp://x:1", 9)]


# --- analyze


def test_analyze_json(three: Path) -> None:
    write_sources(
        three, {"c.py": BROKEN, "d.py": "#class TestWebSocketConnection:\n", "e.py": REFUSED}
    )
    write_sources(three, {"f/__init__.py": "# a package\n", "g.py": "", "h.py": "x = 1  # code\n"})
    code, out, err = outcome("analyze", "--format", "json")
    assert (code, err) == (3, "")
    values = json.loads(out)
    assert (values["schema"], values["file_count"]) == ("ssot-codemods/analyze/3", 13)
    assert (values["candidate_count"], values["variants"]) == (6, [])
    assert [d["path"] for d in values["definitions"]] == [
        *("a/test_a.py", "a/test_b.py", "b/test_c.py", "e.py")
    ]
    assert values["commented_out"] == [
        {"path": "d.py", "line": 1, "name": "TestWebSocketConnection"}
    ]
    assert values["without_code"] == ["d.py"]
    assert [f["path"] for f in values["failures"]] == ["c.py"]
    verbose = json.loads(outcome("analyze", "--format", "json", "-v", "--variants")[1])
    assert [len(variant["places"]) for variant in verbose["variants"]] == [4]


def test_analyze_is_the_same_each_time(three: Path) -> None:
    first = outcome("analyze", "--variants", "-v")
    assert first[0] == 0
    for jobs in ("1", "2"):
        assert outcome("analyze", "--variants", "-v", "--jobs", jobs) == first


def test_list_and_a_file_of_paths(three: Path) -> None:
    strange = os.fsdecode(b"b/test_t \xff.py")
    write_sources(
        three, {"b/test_line\nbreak.py": "{copy}", strange: "{copy}", "@at_test.py": "{copy}"}
    )
    result = run("analyze", "--list", "b", "./@at_test.py")
    listed = [
        *(b'"b/test_line\\012break.py"', b'"b/test_t \\377.py"'),
        *(b"@at_test.py", b"b/test_c.py"),
    ]
    assert sorted(result.stdout_bytes.splitlines()) == listed
    assert (result.stderr, result.exit_code) == ("", 0)
    # As git prints them without and with `core.quotePath`.
    for line in (b"b/test_t \xff.py", b'"b/test_t \xff.py"', b'"b/test_line\\nbreak.py"'):
        (three / "batch.txt").write_bytes(line)
        assert outcome("check", "@batch.txt")[0] == 1
    (three / "batch.txt").write_bytes(b"\r\n".join(listed) + b"\n\n")
    values = json.loads(outcome("check", "--format", "json", "@batch.txt", "a/test_a.py")[1])
    assert [c["path"] for c in values["copies"]] == [
        *("@at_test.py", "a/test_a.py", "b/test_c.py"),
        *("b/test_line\nbreak.py", "b/test_t \\udcff.py"),
    ]


def test_an_empty_file_of_paths_is_no_path_at_all(three: Path) -> None:
    (three / "batch.txt").write_bytes(b"")
    code, out, _ = outcome("migrate", "--skip-probe", "@batch.txt")
    assert (code, out) == (0, "changed             0 files  with 0 copies\n")


# --- migrate


def test_dry_run(three: Path) -> None:
    result = run("migrate", "--dry-run", "--jobs", "1")
    assert result.exit_code == 1
    diff = result.stdout_bytes
    assert re.findall(rb"^--- a/(.*)$", diff, re.M) == [
        b"a/test_a.py",
        b"a/test_b.py",
        b"b/test_c.py",
    ]
    assert result.stderr.startswith("would change        3 files  with 3 copies\n")
    assert git("status", "--porcelain") == b""
    assert not (three / ".ssot-codemods").exists()
    assert run("migrate", "--dry-run", "--jobs", "2").stdout_bytes == diff
    git("apply", "--check", stdin=diff)
    git("apply", stdin=diff)
    assert outcome("check")[0] == 0
    assert outcome("migrate", "--dry-run")[:2] == (0, "")


def test_dry_run_of_a_batch_and_as_json(three: Path) -> None:
    code, out, err = outcome("migrate", "--dry-run", "--max-files", "1")
    assert (code, out.count("--- a/")) == (1, 1)
    assert "remaining           2 files\n" in err
    code, out, err = outcome("migrate", "--dry-run", "--max-files", "1", "--format", "json")
    values = json.loads(out)
    assert (code, err, values["remaining_file_count"], values["run"]) == (1, "", 2, None)
    assert [c["path"] for c in values["replaced"]] == ["a/test_a.py"]


def test_dry_run_from_a_folder_below(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(three / "a")
    diff = run("migrate", "--dry-run", ".")
    assert "apply it" not in diff.stderr
    git("apply", "--check", stdin=diff.stdout_bytes)
    above = run("migrate", "--dry-run")
    assert f"the paths of the diff start at {three}: apply it there\n" in above.stderr
    monkeypatch.chdir(three)
    git("apply", stdin=above.stdout_bytes)
    assert outcome("check")[0] == 0


@pytest.mark.parametrize("gone", [True, False])
def test_dry_run_of_a_file_that_changes_meanwhile(
    three: Path, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    real = codemods.migration.migrate.preview

    def edited(planned: Any, batch: Any) -> Any:
        path = three / "a/test_a.py"
        path.unlink() if gone else path.write_bytes(b"edited\n")
        return real(planned, batch)

    monkeypatch.setattr(codemods.migration.migrate, "preview", edited)
    code, out, err = outcome("migrate", "--dry-run", "-v")
    assert (code, out.count("--- a/")) == (1, 2)
    assert "a/test_a.py:1:1: changed-since-planned " in err
    assert err.startswith("would change        2 files  with 2 copies\n")


def test_migrate_in_batches(three: Path) -> None:
    for left in ("2 files", "1 file", ""):
        code, out, _ = outcome("migrate", "--skip-probe", "--max-files", "1")
        assert code == 0
        assert re.findall(r"remaining +(.+)", out) == ([left] if left else [])
        commit()
    assert outcome("migrate")[0] == 0
    assert outcome("check")[:2] == (0, "Compliant Files: 3/3 100.0%\nCopies Left: 0\n")


def test_a_file_that_fails_outweighs_copies_that_are_left(three: Path) -> None:
    write_sources(three, {"c.py": BROKEN})
    for arguments in (["check"], ["migrate", "--dry-run"], ["analyze"]):
        code, out, err = outcome(*arguments)
        assert code == 3
        assert re.search(r"(?m)^c\.py:\d+:\d+: syntax-error ", out + err)


def test_a_dry_run_names_the_files_that_would_be_skipped(three: Path) -> None:
    for path in ("a/test_a.py", "a/test_b.py"):
        (three / path).write_bytes((three / path).read_bytes() + b"\n")
    (three / "b/test_c.py").chmod(0o444)
    code, diff, err = outcome("migrate", "--dry-run", "--max-files", "2")
    assert (code, diff.count("--- a/")) == (1, 2)
    assert [line for line in err.splitlines() if ":1:1: " in line] == [
        f"a/test_{n}.py:1:1: uncommitted git may have no copy of it as it is: commit it, or use "
        "--allow-dirty"
        for n in "ab"
    ]
    err = outcome("migrate", "--dry-run", "--allow-dirty")[2]
    assert ("uncommitted" in err, "b/test_c.py:1:1: read-only " in err) == (False, True)


def test_uncommitted_changes(three: Path) -> None:
    with (three / "a/test_a.py").open("ab") as file:
        file.write(b"# mine\n")
    code, out, _ = outcome("migrate", "--skip-probe", "-v")
    assert code == 1
    assert "changed             2 files" in out
    assert "a/test_a.py:1:1: uncommitted " in out
    assert outcome("migrate", "--skip-probe", "--allow-dirty")[0] == 0
    assert (three / "a/test_a.py").read_bytes().endswith(b"# mine\n")


def test_migrate_as_json_and_the_probe(three: Path) -> None:
    # Else pytest would find the module of this package, which is installed, first.
    (three / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    code, out, err = outcome("migrate", "--format", "json", "a/test_a.py")
    assert (code, err) == (0, "")
    values = json.loads(out)
    (one,) = Journal(three).runs()
    assert (values["run"], values["dry_run"]) == (one.id, False)
    # Another module of that name, which pytest would find first.
    write_sources(three, {f"b/{tools.SHARED.replace('.', '/')}.py": "import os\n"})
    write_sources(
        three, {"b/test_framework/__init__.py": "", "b/test_framework/ssot/__init__.py": ""}
    )
    before = (three / "b/test_c.py").read_bytes()
    code, out, err = outcome("migrate", "b/test_c.py")
    assert (code, out) == (2, "")
    assert "nothing was written, as the new imports would fail:\n  error: " in err
    assert (three / "b/test_c.py").read_bytes() == before
    assert len(Journal(three).runs()) == 1


def test_notes_of_the_probe(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = Finding("collected", False, "by the way", "rename it")
    folder = FolderCheckup("a", (), (note,), "9", None, (), ())
    found = Checkup((folder,))
    monkeypatch.setattr("codemods.migration.diagnose.diagnose", lambda *_, **__: found)
    code, _, err = outcome("migrate", "a")
    assert (code, err) == (0, "by the way: rename it\n")


def test_a_run_is_at_work(three: Path) -> None:
    with Journal(three).lock():
        for arguments in (["migrate"], ["rollback"], ["migrate", "--resume", "x"]):
            code, out, err = outcome(*arguments)
            assert (code, out) == (2, "")
            assert "another run is in progress" in err


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("verb", ["analyze", "check", "migrate"])
def test_ctrl_c_while_reading(three: Path, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    monkeypatch.setattr("codemods.migration.scan.read_files", interrupt)
    assert outcome(verb) == (130, "", "interrupted\n")
    assert git("status", "--porcelain") == b""


def stop_after(monkeypatch: pytest.MonkeyPatch, files: int) -> None:
    real = Journal.apply
    left = iter(range(files))

    def apply(self: Journal, started: Run, entry: Any) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        real(self, started, entry)

    monkeypatch.setattr(Journal, "apply", apply)


@pytest.mark.parametrize("form", ["text", "json"])
def test_ctrl_c_while_writing(three: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    before = {p: p.read_bytes() for p in sorted(three.glob("?/*.py"))}
    with monkeypatch.context() as patched:
        stop_after(patched, 1)
        code, out, err = outcome("migrate", "--skip-probe", "--format", form)
    (stopped,) = Journal(three).runs()
    assert code == 130
    assert err == (
        f"interrupted: 1 of 3 files written; finish it with "
        f"`ssot-codemods migrate --resume {stopped.id}`, or undo it with "
        f"`ssot-codemods rollback {stopped.id}`\n"
    )
    if form == "json":
        assert [c["path"] for c in json.loads(out)["replaced"]] == ["a/test_a.py"]
        assert json.loads(out)["remaining_file_count"] == 2
    else:
        assert out.startswith("changed             1 file  with 1 copy\nremaining           2")
    changed = [p for p, content in before.items() if p.read_bytes() != content]
    assert changed == [three / "a/test_a.py"]
    # The next run says so; the run can be finished, and taken back.
    for option in ("--skip-probe", "--dry-run"):
        said = outcome("migrate", option, "b/plain.py")[2]
        assert f"run {stopped.id} was interrupted" in said
    if form == "text":
        assert outcome("migrate", "--resume", stopped.id)[:2] == (
            0,
            f"run {stopped.id}: 3 of 3 files written\n",
        )
        assert outcome("check")[0] == 0
        assert outcome("migrate", "--resume", stopped.id)[0] == 2
    assert outcome("rollback", stopped.id)[0] == 0
    assert {p: p.read_bytes() for p in before} == before


def test_an_error_of_the_system_is_no_traceback(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, "begin", full)
    code, out, err = outcome("migrate", "--skip-probe")
    assert (code, out, err) == (3, "", "Error: [Errno 28] No space left on device\n")


#: Starts the tool as its console script does, where each look into a file with this word fails.
FAULTY = """
import ast
from codemods.__main__ import main

def parse(source, *arguments, old=ast.parse, **options):
    assert "FAULT" not in str(source)
    return old(source, *arguments, **options)

ast.parse = parse
main()
"""


def test_a_fault_of_ours_costs_one_file_alone(three: Path) -> None:
    with (three / "a/test_a.py").open("a") as file:
        file.write("# FAULT\n")
    git("commit", "-qam", "x")
    for verb in ("check", "analyze", "discover", "migrate -v --skip-probe"):
        done = started([sys.executable, "-c", FAULTY, *verb.split()])
        assert (done.returncode, done.stderr) == (3, b"")
        assert (
            b"a/test_a.py:1:1: internal-error AssertionError:  (at engine/text.py:" in done.stdout
        )
        assert b"); please report it" in done.stdout
    stays = [path.name for path in three.rglob("test_*.py") if "class " in path.read_text()]
    assert stays == ["test_a.py"]
    # This process looks at the files of a run itself, where they are small.
    with (three / "a/test_b.py").open("a") as file:
        file.write("# class TestWebSocketConnection FAULT\n")
    for verb in ("status", "report"):
        done = started([sys.executable, "-c", FAULTY, *verb.split()])
        assert done.returncode == 0, done.stderr


def test_a_fault_of_ours_is_no_traceback(three: Path) -> None:
    program = "import codemods.settings as s\ns.read_settings = None\n"
    program += "from codemods.__main__ import main\nmain()"
    done = started([sys.executable, "-c", program, "check"])
    said = b"Error: TypeError: 'NoneType' object is not callable (at cli/_common.py:"
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.startswith(said)
    assert done.stderr.endswith(b"); please report it\n")


def test_ctrl_c_while_it_starts_is_no_traceback() -> None:
    program = (
        "import sys\nclass Finder:\n    def find_spec(self, name, *more):\n"
        "        if name == 'codemods.settings': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Finder())\nfrom codemods.__main__ import main\nmain()"
    )
    done = started([sys.executable, "-c", program, "check"])
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


# --- rollback


def test_rollback(three: Path) -> None:
    before = (three / "a/test_a.py").read_bytes()
    first, second = (
        json.loads(outcome("migrate", "--skip-probe", "--format", "json", path)[1])["run"]
        for path in ("a", "b")
    )
    listed = outcome("rollback", "--list")[1].splitlines()
    assert {line.split()[0] for line in listed} == {"run", first, second}
    values = json.loads(outcome("rollback", "--list", "--format", "json")[1])
    files = {r["id"]: r["changed"] for r in values["runs"]}
    assert files == {first: ["a/test_a.py", "a/test_b.py"], second: ["b/test_c.py"]}
    assert outcome("rollback", second) == (0, f"run {second}: 1 of 1 file restored\n", "")
    one = outcome("rollback", "a/test_a.py")
    assert one == (0, f"run {first}: 1 of 1 file restored\n", "")
    assert (three / "a/test_a.py").read_bytes() == before
    assert outcome("rollback", "gone.py")[0] == 2


def test_rollback_of_an_edited_file(three: Path) -> None:
    path = three / "a/test_a.py"
    before = path.read_bytes()
    outcome("migrate", "--skip-probe", str(path))
    path.write_bytes(b"mine\n")
    code, out, _ = outcome("rollback")
    assert code == 3
    assert out.startswith(
        "a/test_a.py: edited since the run; use --force to overwrite it and keep a copy\n"
    )
    code, out, _ = outcome("rollback", "--force", "--format", "json")
    values = json.loads(out)
    assert (code, values["schema"]) == (0, "ssot-codemods/rollback/3")
    assert Path(values["outcomes"][0]["kept"]).read_bytes() == b"mine\n"
    assert path.read_bytes() == before


# --- check


def test_check(three: Path) -> None:
    code, out, err = outcome("check", "a")
    assert (code, err) == (1, "")
    assert (
        out
        == """\
a/test_a.py:1:1: copy of `{shared}.TestWebSocketConnection`
a/test_b.py:1:1: copy of `{shared}.TestWebSocketConnection`
Compliant Files: 0/2 0.0%
Copies Left: 2
To fix them: ssot-codemods migrate a
""".replace("{shared}", tools.SHARED)
    )
    command = shlex.split(out.splitlines()[-1].partition(": ")[2])
    assert outcome(*command[1:], "--skip-probe")[0] == 0
    assert outcome("check", "a")[0] == 0
    assert outcome("check")[0] == 1
    annotations = outcome("check", "--format", "github")
    assert annotations[0] == 1
    assert annotations[1].startswith("::error file=b/test_c.py,line=1,endLine=22,title=")
    assert json.loads(outcome("check", "--format", "json")[1])["compliant_percent"] == 66.6


def stdin(text: bytes, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["check", *arguments], input=text)
    return result.exit_code, result.stdout, result.stderr


def test_check_reads_no_further_than_a_shared_name(three: Path) -> None:
    """What may define none holds no copy: a template, say, or a file to be fixed by its author."""
    write_sources(three, {"a/test_a.py": "class Other(:\n", "b/test_c.py": "x = {{ value }}\n"})
    assert outcome("check", "a/test_a.py", "b")[0] == 0
    write_sources(three, {"a/test_a.py": "\nclass TestWebSocketConnection(:\n"})
    code, out, _ = outcome("check", "a/test_a.py", "b")
    assert (code, out.startswith("a/test_a.py:2:")) == (3, True)


def test_check_of_a_module_on_stdin(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (three / "a/test_a.py").read_bytes()
    code, out, err = stdin(before, "-")
    assert (code, err) == (1, "")
    assert out == (
        f"<stdin>:1:1: copy of `{tools.SHARED}.TestWebSocketConnection`\n"
        "Compliant Files: 0/1 0.0%\nCopies Left: 1\n"
    )
    code, diff, err = stdin(before, "--diff", "-")
    assert (code, err) == (1, out)
    assert diff.startswith("--- a/<stdin>\n+++ b/<stdin>\n")
    assert stdin(b"import os\n", "-")[:2] == (0, "Compliant Files: 0/0 100.0%\nCopies Left: 0\n")
    code, out, _ = stdin(b"class TestWebSocketConnection(\n", "-")
    assert (code, out.partition(":")[0]) == (3, "<stdin>")
    assert stdin(before, "-", "a")[0] == 2
    # The settings of the current folder count.
    (three / "b/pyproject.toml").write_text("[tool.ssot-codemods]\nmodules = ['lib']\n")
    write_sources(three, {"b/lib.py": "def one():\n    return 1\n"})
    monkeypatch.chdir(three / "b")
    assert stdin(before, "-")[0] == 0
    assert "<stdin>:1:1: copy of `lib.one`\n" in stdin(b"def one():\n    return 1\n", "-")[1]


def test_check_shows_a_diff(three: Path) -> None:
    code, diff, err = outcome("check", "--diff", "a")
    assert (code, diff) == outcome("migrate", "--dry-run", "a")[:2]
    assert err == outcome("check", "a")[1]
    git("apply", stdin=diff.encode())
    assert outcome("check", "--diff", "a")[:2] == (0, "")
    assert outcome("check", "--diff", "--format", "json")[0] == 2


def test_what_is_refused_is_no_copy_left(root: Path) -> None:
    write_sources(root, {"test_a.py": REFUSED})
    assert outcome("check")[0] == 0


# --- as people start it


def started(
    command: Sequence[str], *arguments: str, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*command, *arguments], capture_output=True, check=False, timeout=120, **options
    )


@pytest.mark.parametrize("command", [MODULE, SCRIPT], ids=["module", "script"])
def test_started(three: Path, command: list[str]) -> None:
    done = started(command, "check", "a")
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"\nCompliant Files: 0/2 0.0%\n" in done.stdout
    assert started(command, "check", "gone").stderr == b"Error: gone: no such file or directory\n"
    assert started(command, "--help").stdout.startswith(b"Usage: ssot-codemods ")


def test_a_reader_that_has_seen_enough(three: Path) -> None:
    """The exit code is still that of what was found."""
    for verb, code in (("migrate --dry-run", 1), ("check", 1), ("analyze", 0), ("init", 0)):
        ours, theirs = os.pipe()
        os.close(ours)
        done = subprocess.run(
            [*MODULE, *verb.split()],
            stdout=theirs,
            stderr=subprocess.PIPE,
            check=False,
            timeout=120,
        )
        os.close(theirs)
        assert done.returncode == code
        assert b"Traceback" not in done.stderr
        assert b"roken" not in done.stderr
    script = f"{shlex.join(MODULE)} migrate --dry-run 2>&1 | head -n 1"
    done = started(["bash", "-c", script])
    assert (done.stdout.count(b"\n"), done.stderr) == (1, b"")
    done = started(["bash", "-c", f"{shlex.join(MODULE)} migrate --dry-run 2>&1 >/dev/null | true"])
    assert (done.stdout, done.stderr) == (b"", b"")


def test_a_pipe_that_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(click, "echo", broken)
    with (tmp_path / "out").open("w") as out, monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", out)
        _output.print_text("x")
        assert os.fstat(out.fileno()).st_rdev == Path(os.devnull).stat().st_rdev


def test_streams_that_the_shell_has_closed(three: Path) -> None:
    for closed, verb, code in (("2", "analyze", 0), ("1", "check", 1), ("0", "analyze", 0)):
        script = f"{shlex.join(MODULE)} {verb} {closed}>&-"
        done = started(["bash", "-c", script])
        assert (done.returncode, done.stderr) == (code, b"")
        assert bool(done.stdout) == (closed != "1")


def test_a_migration_with_all_streams_closed(three: Path) -> None:
    """A worker that closes its stderr must not close what took the number of that."""
    done = started(["bash", "-c", f"{shlex.join(MODULE)} migrate --skip-probe 0<&- 1>&- 2>&-"])
    assert done.returncode == 0
    assert not any("class Test" in file.read_text() for file in three.rglob("test_*.py"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_a_full_disk_behind_a_stream(three: Path) -> None:
    done = started(["bash", "-c", f"{shlex.join(MODULE)} check >/dev/full"])
    assert done.returncode == 3
    assert done.stderr == b"Error: [Errno 28] No space left on device\n"
    done = started(["bash", "-c", f"{shlex.join(MODULE)} migrate --dry-run 2>/dev/full"])
    assert (done.returncode, done.stdout[:4]) == (1, b"--- ")


def on_terminal(*arguments: str, **environment: str) -> tuple[bytes, bytes]:
    """Start the tool with a terminal as stderr; give stdout and what the terminal got."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*MODULE, *arguments],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, **environment},
    )
    os.close(theirs)
    out, _ = process.communicate(timeout=120)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # Linux says so at the end
            break
        if not part:
            break
        shown += part
    os.close(ours)
    return out, shown


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_bar_on_a_terminal_alone(three: Path, environment: dict[str, str]) -> None:
    out, shown = on_terminal("analyze", **environment)
    assert f"analyze  [{'#' * 30}]  7 of 7".encode() in shown
    assert shown.endswith(b" \r")  # nothing of it stays
    assert b"\x1b" not in shown + out
    assert b"\r" not in out
    plain = started(MODULE, "analyze")
    assert (plain.stdout, plain.stderr) == (out, b"")


def test_a_bar_of_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(_output, "print_bytes", lambda content, err: said.append(content.decode()))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with _output.progress_bar("plan") as progress:
        for done in range(1, 251):
            progress(done, 1000)
    assert said[:2] == [
        f"\rplan  [{'#' * 3}{'-' * 27}]  100 of 1,000",
        f"\rplan  [{'#' * 6}{'-' * 24}]  200 of 1,000",
    ]
    assert said[2:] == [f"\r{' ' * (len(said[1]) - 1)}\r"]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_ci_that_gives_up_is_as_ctrl_c(
    three: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    number = signal.Signals[name]
    before = signal.getsignal(number)
    monkeypatch.setattr(_common, "read_settings", lambda start: os.kill(os.getpid(), number))
    result = CliRunner().invoke(main, ["analyze"])
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")
    assert signal.getsignal(number) is before


def test_nohup_is_heeded(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hung_up() -> int:
        os.kill(os.getpid(), signal.SIGHUP)
        return 1

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        monkeypatch.setattr(_common, "cores", hung_up)
        assert CliRunner().invoke(main, ["analyze"]).exit_code == 0
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "1e300", "x"])
@pytest.mark.parametrize("verb", ["verify", "baseline", "warm", "doctor", "migrate --verify"])
def test_a_time_that_nothing_can_wait(verb: str, seconds: str) -> None:
    result = CliRunner().invoke(main, [*verb.split(), "--timeout", seconds])
    assert result.exit_code == 2
    assert "Invalid value for '--timeout'" in result.stderr


def test_a_baseline_that_failed_takes_no_place(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = iter([measured(), measured(problem="killed")])
    monkeypatch.setattr("codemods.measure.collection.in_turn", lambda *_, **__: [next(given)])
    assert outcome("baseline", "--save", "good")[0] == 0
    saved = (three / ".ssot-codemods/baselines/good.json").read_bytes()
    code, _, err = outcome("baseline", "--save", "good")
    assert (code, err) == (3, "not saved as good: killed\n")
    assert (three / ".ssot-codemods/baselines/good.json").read_bytes() == saved
    # A name that cannot be is refused before anything is measured: there is no third one.
    code, _, err = outcome("baseline", "--save", "a/b")
    assert code == 2
    assert "cannot be the name of a baseline" in err


def test_a_commit_is_measured_in_a_worktree(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both trees are measured with the same interpreter and the same limit."""
    (three / "later.py").touch()
    seen: list[Tree] = []

    def in_turn(trees: list[Tree], paths: list[str], **_: Any) -> list[Baseline]:
        before, _after = trees
        assert not (before.pytest.root / "later.py").exists()
        assert (before.pytest.root / "a/test_a.py").exists()
        seen.extend(trees)
        return [measured(), measured(warm=(0.5, 0.5, 0.5))]

    monkeypatch.setattr("codemods.measure.collection.in_turn", in_turn)
    code, out, _ = outcome("baseline", "--against", "HEAD", "--timeout", "9", "a")
    assert (code, "faster: -55 %" in out) == (0, True)
    before, after = seen
    assert after.pytest.root == three
    assert before.pytest._replace(root=three) == after.pytest
    assert after.pytest.timeout == 9
    assert before.commit == after.commit != ""
    assert (before.name, after.name) == ("HEAD: ", "here: ")
    assert not before.pytest.root.exists()


@pytest.mark.parametrize("name", ["-k", "@x"])
def test_paths_that_look_like_options_of_pytest(
    three: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (three / name).mkdir()
    seen: list[str] = []

    def in_turn(trees: object, paths: list[str], **_: Any) -> list[Baseline]:
        seen.extend(paths)
        return [measured()]

    monkeypatch.setattr("codemods.measure.collection.in_turn", in_turn)
    assert outcome("baseline", "--", f"./{name}")[0] == 0
    assert seen == [f"./{name}"]


def test_a_list_with_a_path_that_is_not_there(three: Path) -> None:
    (three / "batch.txt").write_text("a/test_a.py\n\n# later\n")
    code, _, err = outcome("check", "@batch.txt")
    assert (code, err) == (2, "Error: batch.txt:3: # later: no such file or directory\n")


def test_a_link_that_leads_out_of_the_root(three: Path, tmp_path_factory: Any) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "test_x.py").write_bytes((three / "a/test_a.py").read_bytes())
    (three / "link").symlink_to(other)
    for arguments in (["migrate", "--skip-probe", "--allow-dirty"], ["check"], ["analyze"]):
        code, _, err = outcome(*arguments, "link")
        assert code == 2
        assert f"link is a link to {other}, outside of {three}: name that path" in err


def _all_of(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = {}
    for path in (folder, *folder.rglob("*")):
        status = path.lstat()
        found[str(path)] = (status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
    return found


@pytest.mark.parametrize("is_migrated", [False, True])
def test_verbs_that_only_read_leave_no_trace(three: Path, is_migrated: bool) -> None:
    git("status")  # git looks at its index once more
    if is_migrated:
        assert outcome("migrate", "--skip-probe", "--max-files", "1")[0] == 0
    before = _all_of(three)
    verbs = [
        *(["check"], ["check", "--format", "github"], ["analyze"], ["analyze", "--list"]),
        *(["discover"], ["discover", "--near"], ["explain", "escapes"]),
        *(["status"], ["status", "--history"], ["report"], ["report", "--format", "html"]),
        *(["accept"], ["rollback", "--list"], ["migrate", "--dry-run"]),
    ]
    for verb in verbs:
        code, _, err = outcome(*verb)
        assert code in {0, 1}, err
        assert _all_of(three) == before, verb


def test_paths_outside_of_the_root_are_told(three: Path, tmp_path_factory: Any) -> None:
    other = tmp_path_factory.mktemp("other")
    _, _, err = outcome("check", str(other))
    assert f"{other} is outside of {three}, the root of settings and journal" in err


@pytest.mark.parametrize("verb", ["verify", "migrate --verify"])
def test_without_xdist_there_are_no_workers(
    three: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setattr(Pytest, "has_module", lambda *_: False)
    before = (three / "a/test_a.py").read_bytes()
    code, _, err = outcome(*verb.split(), "-n", "2")
    assert code == 2
    assert "-n needs pytest-xdist" in err
    assert "pip install 'ssot-codemods[distributed]'" in err
    assert (three / "a/test_a.py").read_bytes() == before


def test_half_a_pair_of_code_units_is_printed(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A test may have it in the message of an error; it has no bytes."""
    _output.print_text("a \ud83d \udcff\n")
    _output.print_json({"\ud83d\udcff": "\x7f\U0001f600\\u00e9"})
    text, document = capfdbinary.readouterr().out.split(b"\n", 1)
    assert text == b"a \\ud83d \\udcff"
    assert document.isascii()
    assert b"\x7f" not in document
    assert json.loads(document) == {"\\ud83d\\udcff": "\x7f\U0001f600\\u00e9"}


def test_analyze_starts_lean(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what edits, nor what tests is loaded for it."""
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)  # it loads things of its own
    done = started([sys.executable, "-X", "importtime", "-m", "codemods"], "analyze")
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()}
    assert "codemods.migration.analyze" in loaded
    heavy = {"libcst", "pytest", "_pytest", "yaml", "asyncio", "shlex", "difflib"}
    if sys.version_info < (3, 14):  # from there on, multiprocessing imports it
        heavy.add("json")
    heavy |= {"importlib.metadata", "distributed"}
    heavy |= {"codemods.disk.journal", "codemods.migration.migrate"}
    assert loaded & heavy == set()


def test_hooks_of_pre_commit(three: Path) -> None:
    hooks = {h["id"]: h for h in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert set(hooks) == {"ssot-check", "ssot-migrate", "ssot-ratchet"}
    for hook in hooks.values():
        assert (hook["language"], hook["types"], hook["pass_filenames"]) == (
            *("python", ["python"], True),
        )
    bin_folder = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    (three / "a/test_a.py").write_bytes(tools.source("{copy}\n" + USES))
    git("add", "-A")  # as it is when the hook runs: staged, not committed

    def start(name: str, *files: str) -> int:
        command = shlex.split(hooks[name]["entry"])
        return started(command, *files, env=environment).returncode

    assert start("ssot-check", "a/test_a.py", "b/plain.py") == 1
    table = "[tool.ssot-codemods]\npaths = ['b']\n"
    (three / "pyproject.toml").write_text(table)  # the files of pre-commit are all that changed
    assert start("ssot-check", "a/test_a.py", "b/plain.py") == 0
    assert start("ssot-migrate", "a/test_a.py") == 0
    assert start("ssot-check", "a/test_a.py", "b/test_c.py") == 1
    (three / "pyproject.toml").unlink()
    assert start("ssot-check", "a/test_a.py") == 1
    assert start("ssot-migrate", "a/test_a.py", "b/plain.py") == 0
    assert start("ssot-check", "a/test_a.py", "b/plain.py") == 0


# --- the whole story


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("story") / "suite"
    copy_sample_suite(folder)
    shutil.rmtree(folder / "notes")
    tools.write_shared(folder)
    before = Path.cwd()
    os.chdir(folder)
    git("init", "-q")
    commit("as it was")
    yield folder
    os.chdir(before)


def contents(root: Path) -> dict[str, bytes]:
    paths = (p for p in sorted(root.rglob("*.py")) if not {".git", "test_framework"} & {*p.parts})
    return {str(p.relative_to(root)): p.read_bytes() for p in paths}


def test_the_whole_story(story: Path) -> None:
    before = contents(story)
    analysis = json.loads(outcome("analyze", "--format", "json")[1])
    replaceable = {d["path"] for d in analysis["definitions"] if d["verdict"] == "replace"}
    dry = run("migrate", "--dry-run", "--jobs", "1")
    assert dry.exit_code == 1
    git("apply", "--check", stdin=dry.stdout_bytes)
    states = [before]
    runs: list[str] = []
    while outcome("check", "-q")[0]:
        assert len(runs) < 20
        # Only the first batch asks pytest; that it is asked each time is shown elsewhere.
        options = ["--skip-probe"] if runs else []
        options += ["--jobs", "1", "--max-files", "5", "--format", "json"]
        code, out, _ = outcome("migrate", *options)
        assert code == 0
        runs.append(json.loads(out)["run"])
        commit(f"batch {len(runs)}")
        states.append(contents(story))
    after = states[-1]
    changed = {path for path in before if before[path] != after[path]}
    assert len(runs) == -(-len(changed) // 5)
    # LibCST would not print this one as it is, which `analyze` does not ask.
    assert replaceable - changed == {"unit/test_wire_format.py"}
    assert outcome("check")[0] == 0
    modules = read_shared_modules(read_settings(story))
    alone = {p: tools.run(before[p], p, modules).after or before[p] for p in before}
    assert {p for p in before if alone[p] != after[p]} <= {
        "e2e/mocks.py",
        "integration/connection_helpers.py",
        "integration/conftest.py",
    }
    for name, state in zip(reversed(runs), reversed(states[:-1]), strict=True):
        assert outcome("rollback", name)[0] == 0
        assert {p: digest(c) for p, c in contents(story).items()} == {
            p: digest(c) for p, c in state.items()
        }
    assert git("diff", "--stat", f"HEAD~{len(runs)}") == b""


def test_exit_codes_of_results() -> None:
    fine = FileResult("a.py", Status.REFUSED, (), (), "", None, None)
    assert _common.exit_code([fine], 0) == 0
    assert _common.exit_code([fine], 1) == 1


def test_the_help_of_the_group_has_a_line_for_each_verb() -> None:
    """None is cut or wrapped on a terminal of 80 columns."""
    shown = CliRunner().invoke(main, ["-h"], terminal_width=80).stdout
    verbs = [verb for group in _common.GROUPS.values() for verb in group]
    lines = [
        re.fullmatch(rf"  {verb} +[A-Z].*\.", line) for verb in verbs for line in shown.splitlines()
    ]
    assert sum(line is not None for line in lines) == len(verbs)
    assert "..." not in shown.partition("Options:")[2]


def test_folders_that_no_table_covers_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tools.write(
        tmp_path,
        {
            "one/pyproject.toml": '[tool.ssot-codemods]\nmodules = ["own"]\n',
            "one/own.py": "class Own:\n    x = 1\n",
            **{f"{folder}/test_{name}.py": "" for folder in ("three", "two") for name in "ab"},
        },
    )
    code, _, errors = outcome("check")
    assert code == 0
    assert "folders that no [tool.ssot-codemods] covers: three and 1 more\n" in errors
