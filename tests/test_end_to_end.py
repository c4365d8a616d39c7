"""The command as people run it: by subprocess, on a copy of the bundled sample suite.

pytest itself says what the tests of that suite do before and after.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from codemods.bundled import copy_sample_suite

SUITE = Path(__file__).parent / "legacy_suite"
FRAMEWORK = Path(__file__).parent.parent / "test_framework"
CONFIG = Path(__file__).parent.parent / ".libcst.codemod.yaml"
COMMAND = "replace_local_copies.ReplaceLocalCopiesCommand"
FOLDERS = ("mission_critical", "integration", "e2e", "unit")

# Fails at collection today: `@pytest.mark.x` stands on the copy, above `import pytest`.
HEALED = "mission_critical/test_concurrent_isolation.py"
BROKEN = "notes/broken_notes.py"

#: What becomes of each file: "replaced", "unchanged", or why not, each code with its line.
TABLE = {
    "e2e/__init__.py": "unchanged",
    "e2e/conftest.py": "unchanged",
    "e2e/mocks.py": "replaced",
    "e2e/test_audit_log.py": "escapes:41 escapes:30 module-dependent:41 escapes:37",
    "e2e/test_conversation.py": "unchanged",
    "e2e/test_file_upload.py": "replaced",
    "e2e/test_flaky_network.py": "escapes:39 escapes:56 escapes:60",
    "e2e/test_login_flow.py": "replaced",
    "e2e/test_notification_badges.py": "different-shape:8",
    "e2e/test_public_sdk.py": "rebound:6",
    "e2e/test_search_umlauts.py": "replaced",
    "e2e/test_session_store.py": "module-dependent:33",
    "e2e/test_staging_smoke.py": "rebound:9",
    "e2e/test_tracing.py": "rebound:36 same-name-only:36",
    "e2e/test_typing_indicator.py": "replaced",
    "integration/__init__.py": "unchanged",
    "integration/conftest.py": "replaced",
    "integration/connection_helpers.py": "replaced",
    "integration/test_agent_handover.py": "different-globals:10",
    "integration/test_already_migrated.py": "unchanged",
    "integration/test_billing_events.py": "replaced same-name-only:29",
    "integration/test_echo_contract.py": "subclass-of-tests:32",
    "integration/test_gateway_factory.py": "replaced",
    "integration/test_half_migrated.py": "replaced",
    "integration/test_helper_consumers.py": "unchanged",
    "integration/test_late_definition.py": "replaced run-as-script:59",
    "integration/test_presence_updates.py": "replaced",
    "integration/test_room_membership.py": "replaced",
    "integration/test_stream_backpressure.py": "replaced",
    "integration/test_stream_cancellation.py": "escapes:51",
    "integration/test_two_clients.py": "replaced",
    "integration/test_typed_history.py": "replaced",
    "mission_critical/__init__.py": "unchanged",
    "mission_critical/test_agent_events_golden_path.py": "replaced",
    HEALED: "replaced",
    "mission_critical/test_force_close_policy.py": "swallowed-code:41",
    "mission_critical/test_message_order.py": "replaced",
    "mission_critical/test_reconnect_after_deploy.py": "replaced",
    "mission_critical/test_security_handshake.py": "different-shape:15",
    "mission_critical/test_silent_drop_regression.py": "replaced",
    "mission_critical/test_startup_banner.py": "replaced run-as-script:47",
    "mission_critical/test_suite_inventory.py": "unchanged",
    "mission_critical/test_supervisor_ordering.py": "replaced",
    "mission_critical/tools/transcripts.py": "unchanged",
    "unit/__init__.py": "unchanged",
    "unit/test_backoff_math.py": "unchanged",
    "unit/test_close_codes.py": "different-globals:9",
    "unit/test_colour_themes.py": "replaced",
    "unit/test_connection_class.py": "pytest-tests:26",
    "unit/test_connection_pool.py": "different-shape:21 escapes:62 escapes:85",
    "unit/test_draft_storage.py": "escapes:27",
    "unit/test_emoji_reactions.py": "replaced",
    "unit/test_exports.py": "replaced",
    "unit/test_feature_toggles.py": "replaced",
    "unit/test_mention_parser.py": "replaced",
    "unit/test_quota_rules.py": "replaced undefined-name:35",
    "unit/test_shared_line.py": "replaced",
    "unit/test_snapshot_files.py": "replaced",
    "unit/test_virtual_time.py": "different-globals:32",
    "unit/test_wire_format.py": "lossy-round-trip:41",
}
REPLACED = {path for path, fate in TABLE.items() if "replaced" in fate}

_Outcomes = dict[str, str]
_Snapshot = dict[str, bytes]


@dataclass(frozen=True)
class PytestRun:
    """What pytest made of the suite: an outcome for each test, and who was warned."""

    outcomes: _Outcomes
    warned: frozenset[str]


@dataclass(frozen=True)
class Consolidation:
    """One run of the command over the whole suite, and the state on both sides of it."""

    root: Path
    files_before: _Snapshot
    files_after: _Snapshot
    modes_before: dict[str, int]
    modes_after: dict[str, int]
    tests_before: PytestRun
    tests_after: PytestRun
    command: subprocess.CompletedProcess[bytes]


@pytest.fixture(scope="module")
def consolidation(tmp_path_factory: pytest.TempPathFactory) -> Consolidation:
    root = copied(tmp_path_factory.mktemp("suite"))
    (root / "integration/conftest.py").chmod(0o640)
    files_before, modes_before = snapshot(root), modes(root)
    tests_before = run_pytest(root)
    command = run_command(root, "-j", "2", "--no-format", *FOLDERS)
    files_after, modes_after = snapshot(root), modes(root)
    return Consolidation(
        root=root,
        files_before=files_before,
        files_after=files_after,
        modes_before=modes_before,
        modes_after=modes_after,
        tests_before=tests_before,
        tests_after=run_pytest(root),
        command=command,
    )


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Return a copy of the suite that nobody else works on."""
    return copied(tmp_path)


def test_table_has_each_file_of_the_suite() -> None:
    files = {path for path in snapshot(SUITE) if path.startswith(FOLDERS)}
    assert {path for path in files if path.endswith(".py")} == set(TABLE)


# Outcomes


def test_each_test_has_the_same_outcome_before_and_after(consolidation: Consolidation) -> None:
    before, after = consolidation.tests_before.outcomes, consolidation.tests_after.outcomes
    assert not_of(HEALED, after) == not_of(HEALED, before)


def test_outcomes_are_of_every_kind(consolidation: Consolidation) -> None:
    # Else the comparison above would say little.
    outcomes = [*consolidation.tests_before.outcomes.values()]
    assert set(outcomes) == {"passed", "failed", "skipped", "xfailed", "error"}
    assert outcomes.count("passed") > 100


def test_file_that_failed_at_collection_is_healed(consolidation: Consolidation) -> None:
    module = module_of(HEALED)
    assert of(HEALED, consolidation.tests_before.outcomes) == {module: "error"}
    assert of(HEALED, consolidation.tests_after.outcomes) == {
        f"{module}.test_answers_stay_with_the_one_who_asked": "passed",
        f"{module}.test_many_users[2]": "passed",
        f"{module}.test_many_users[10]": "passed",
        f"{module}.test_many_users[50]": "passed",
    }


def test_pytest_warns_of_no_replaced_class(consolidation: Consolidation) -> None:
    before, after = consolidation.tests_before.warned, consolidation.tests_after.warned
    assert "integration/test_helper_consumers.py" in before - after  # it imports the name
    assert len(before & REPLACED) > 10
    assert not after & REPLACED
    assert after <= before


# Files


def test_files_change_as_the_table_says(consolidation: Consolidation) -> None:
    before, after = consolidation.files_before, consolidation.files_after
    assert set(before) == set(after)
    assert {path for path in before if before[path] != after[path]} == REPLACED


def test_modes_of_files_stay(consolidation: Consolidation) -> None:
    assert consolidation.modes_before["mission_critical/test_startup_banner.py"] & 0o100
    assert consolidation.modes_after == consolidation.modes_before


def test_second_run_changes_no_byte(consolidation: Consolidation) -> None:
    again = run_command(consolidation.root, "-j", "2", "--no-format", *FOLDERS)
    assert again.returncode == 0
    assert snapshot(consolidation.root) == consolidation.files_after


def test_crlf_file_has_no_other_line_ending(consolidation: Consolidation) -> None:
    after = consolidation.files_after["mission_critical/test_supervisor_ordering.py"]
    assert after.count(b"\n") == after.count(b"\r\n") > 0


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("e2e/test_file_upload.py", b'\xef\xbb\xbf"""Uploads', id="BOM"),
        pytest.param("e2e/test_search_umlauts.py", b"aus K\xf6ln", id="Latin-1 bytes"),
        pytest.param("unit/test_emoji_reactions.py", b"\n\f\n# Indented", id="form feed"),
        pytest.param("unit/test_emoji_reactions.py", b"\tcounter = C", id="tab"),
        pytest.param("unit/test_emoji_reactions.py", b"== 3   \n", id="trailing blanks"),
        pytest.param("unit/test_exports.py", b"import asyncio  # noqa", id="import with noqa"),
        pytest.param("unit/test_mention_parser.py", b"# ---- helpers --", id="section heading"),
    ],
)
def test_what_is_not_of_the_copy_stays(
    consolidation: Consolidation, path: str, text: bytes
) -> None:
    assert text in consolidation.files_before[path]
    assert text in consolidation.files_after[path]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("unit/test_snapshot_files.py", b"import asyncio", id="import of the copy"),
        pytest.param("integration/test_typed_history.py", b"    Any,\n", id="name of an import"),
    ],
)
def test_imports_stay(consolidation: Consolidation, path: str, text: bytes) -> None:
    assert text in consolidation.files_before[path]
    assert text in consolidation.files_after[path]


def test_the_comment_above_a_copy_goes_with_it(consolidation: Consolidation) -> None:
    path, text = "integration/conftest.py", b"# (The unit tests"
    assert text in consolidation.files_before[path]
    assert text not in consolidation.files_after[path]


def test_unused_copy_goes_without_an_import(consolidation: Consolidation) -> None:
    path = "unit/test_mention_parser.py"
    assert b"WebSocketConnection" in consolidation.files_before[path]
    assert b"WebSocketConnection" not in consolidation.files_after[path]


def test_an_import_stays_above_what_would_become_the_docstring(
    consolidation: Consolidation,
) -> None:
    after = consolidation.files_after["mission_critical/test_startup_banner.py"]
    assert after.index(b"from test_framework") < after.index(b'"""')


# What the command says


def test_refusals_are_reported_with_path_line_and_code(consolidation: Consolidation) -> None:
    expected = {
        f"{path}:{line}: {code}"
        for path, fate in TABLE.items()
        for code, colon, line in (word.partition(":") for word in fate.split())
        if colon
    }
    assert reported(consolidation.command) == expected


def test_refusals_are_no_failure(consolidation: Consolidation) -> None:
    assert consolidation.command.returncode == 0
    assert b"Failed to codemod 0 files" in consolidation.command.stderr
    assert b"Traceback" not in consolidation.command.stderr


def test_syntax_error_fails_the_run_and_no_other_file(suite: Path) -> None:
    before, other = snapshot(suite), "unit/test_mention_parser.py"
    result = run_command(suite, "--no-format", "notes", other)
    assert result.returncode == 1
    assert BROKEN in result.stderr.decode()
    assert b"Failed to codemod 1 files" in result.stderr
    after = snapshot(suite)
    assert {path for path in before if before[path] != after[path]} == {other}


# Other ways to call it


def test_unified_diff_is_printed_and_nothing_written(
    consolidation: Consolidation, suite: Path
) -> None:
    result = run_command(suite, "-u", "3", "-j", "2", "--no-format", *FOLDERS)
    assert result.returncode == 0
    assert snapshot(suite) == consolidation.files_before
    printed = result.stdout.decode()
    assert printed.count("\n+++ ") == len(REPLACED)
    for path in REPLACED:
        before, after = consolidation.files_before[path], consolidation.files_after[path]
        assert hunks(before, after) in printed


def test_standard_input_gives_the_new_code_on_standard_output(
    consolidation: Consolidation, suite: Path
) -> None:
    path = "mission_critical/test_agent_events_golden_path.py"
    result = run_command(suite, "--no-format", "-", stdin=consolidation.files_before[path])
    assert result.returncode == 0
    assert result.stdout == consolidation.files_after[path] + b"\n"  # LibCST prints it


def test_refusal_of_standard_input_is_reported(consolidation: Consolidation, suite: Path) -> None:
    before = consolidation.files_before["mission_critical/test_security_handshake.py"]
    result = run_command(suite, "--no-format", "-", stdin=before)
    assert result.returncode == 0
    assert result.stdout == before + b"\n"
    assert reported(result) == {"<stdin>:15: different-shape"}


def test_paths_are_read_from_a_batch_file(consolidation: Consolidation, suite: Path) -> None:
    chosen = ["unit/test_exports.py", "e2e/mocks.py", "unit/test_backoff_math.py"]
    (suite / "batch.txt").write_text("\n".join(chosen) + "\n")
    result = run_command(suite, "--no-format", "@batch.txt")
    assert result.returncode == 0
    after = snapshot(suite)
    del after["batch.txt"]
    chosen_after = {path: consolidation.files_after[path] for path in chosen}
    assert after == consolidation.files_before | chosen_after


def test_formatter_of_the_config_changes_nothing_else(
    consolidation: Consolidation, suite: Path
) -> None:
    result = run_command(suite, "-j", "2", *FOLDERS)
    assert result.returncode == 0
    assert snapshot(suite) == consolidation.files_after


def test_command_is_listed(suite: Path) -> None:
    result = run([sys.executable, "-m", "libcst.tool", "list"], suite)
    assert result.returncode == 0
    assert f"{COMMAND} - " in result.stdout.decode()


# Tools


def copied(folder: Path) -> Path:
    """Copy the sample suite, the config and the shared module; return the root of the copy."""
    root = folder / "legacy"
    copy_sample_suite(root)
    shutil.copy(CONFIG, root)
    shutil.copytree(FRAMEWORK, root / FRAMEWORK.name, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def snapshot(root: Path) -> _Snapshot:
    return {relative(path, root): path.read_bytes() for path in files_of(root)}


def modes(root: Path) -> dict[str, int]:
    return {relative(path, root): path.stat().st_mode for path in files_of(root)}


def files_of(root: Path) -> list[Path]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return [path for path in files if "__pycache__" not in path.parts]


def relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def run_command(
    root: Path, *arguments: str, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run the codemod in `root`.

    Options come after its name: LibCST 1.9 would take the value of an earlier one for the name.
    """
    tool = [sys.executable, "-m", "libcst.tool", "codemod", COMMAND, "--hide-progress"]
    return run([*tool, *arguments], root, stdin)


def run_pytest(root: Path) -> PytestRun:
    report = root.parent / "report.xml"
    options = ["-p", "no:cacheprovider", f"--junitxml={report}"]
    result = run([sys.executable, "-m", "pytest", *options], root)
    assert result.returncode == pytest.ExitCode.TESTS_FAILED, result.stdout.decode()
    warned = re.findall(
        r"PytestCollectionWarning: cannot collect .* \(from: (\S+)\)", result.stdout.decode()
    )
    return PytestRun(outcomes_in(report), frozenset(warned))


def outcomes_in(report: Path) -> _Outcomes:
    outcomes: _Outcomes = {}
    for case in ElementTree.parse(report).iter("testcase"):
        node = f"{case.get('classname')}.{case.get('name')}".lstrip(".")
        assert node not in outcomes
        outcomes[node] = outcome_of(case)
    return outcomes


def outcome_of(case: ElementTree.Element) -> str:
    names = {"failure": "failed", "error": "error", "pytest.skip": "skipped"}
    for child in case:
        kind = child.get("type") if child.tag == "skipped" else child.tag
        if kind == "pytest.xfail":
            return "xfailed"
        if kind in names:
            return names[kind]
    return "passed"


def run(command: list[str], folder: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    # Without the options of the pytest around this one, and without stale bytecode.
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"},
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
    }
    return subprocess.run(
        command, cwd=folder, env=environment, input=stdin, capture_output=True, timeout=120
    )


def module_of(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def of(path: str, outcomes: _Outcomes) -> _Outcomes:
    module = module_of(path)
    return {n: o for n, o in outcomes.items() if f"{n}.".startswith(f"{module}.")}


def not_of(path: str, outcomes: _Outcomes) -> _Outcomes:
    own = of(path, outcomes)
    return {node: outcome for node, outcome in outcomes.items() if node not in own}


def reported(result: subprocess.CompletedProcess[bytes]) -> set[str]:
    """Return what a run reported as ``path:line: code``, without the sentences."""
    found = set()
    for line in result.stderr.decode().splitlines():
        match = re.match(r"(?:WARNING: )?([^\s:]+):(\d+):\d+: ([a-z-]+) \S", line)
        if match:
            path, number, code = match.groups()
            others = re.findall(r"; line (\d+): ([a-z-]+) ", line)
            found |= {f"{path}:{n}: {c}" for n, c in [(number, code), *others]}
    return found


def hunks(before: bytes, after: bytes) -> str:
    """Return a unified diff without the two lines that name the files."""
    encoding = "latin-1" if b"latin-1" in before else "utf-8"
    old, new = (text.decode(encoding).split("\n") for text in (before, after))
    return "\n".join([*difflib.unified_diff(old, new, lineterm="")][2:])
