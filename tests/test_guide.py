"""The guide of issue 1041, command by command, on a suite with 130 copies.

The guide is no part of this repository: `TABLE` holds each of its commands, and what takes its
place. The chapters below are its command blocks, in its order.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codemods.migration.init import steps
from codemods.migration.steps import write
from codemods.settings import read_settings
from tests.benchmarks import family
from tests.benchmarks import generate as generator
from tests.tools import COPY

PAGE = Path(__file__).with_name("guide.md")

_VALIDATE = "validate_websocket_migration.py"
_MIGRATE = "migrate_websocket_test_classes.py"
_RUNNER = "unified_test_runner.py"
_UTILITY = "test_framework.ssot.websocket_connection_test_utility"
GOLDEN = "tests/mission_critical/test_websocket_agent_events_suite.py"
BRIDGE = "tests/mission_critical/test_websocket_bridge_integration.py"
SUPERVISOR = "tests/e2e/test_supervisor_orchestration_e2e.py"

#: A command of the guide -> the command that takes its place. D is a folder, F a file of tests, C a
#: category, FILE what is written, NAME a saved baseline, RUN a run of `rollback --list`.
TABLE: dict[str, str] = {
    # Measuring
    f"{_VALIDATE} --performance --directory D --baseline [--verbose]": (
        "ssot-codemods baseline D --save NAME"
    ),
    f"{_VALIDATE} --performance --directory D [--verbose]": "ssot-codemods baseline D",
    f"{_VALIDATE} --performance --directory D | grep \"Collection Time\" | awk '{{print $3}}'": (
        "ssot-codemods baseline D | grep \"Collection Time\" | awk '{print $3}'"
    ),
    f"echo \"$(date): $({_VALIDATE} --performance --directory D | grep 'Collection Time')\" "
    ">> performance_log.txt": (
        "echo \"$(date): $(ssot-codemods baseline D | grep 'Collection Time')\" "
        ">> performance_log.txt"
    ),
    # Counting
    f"{_MIGRATE} --analyze --directory D": "ssot-codemods analyze D",
    f"{_MIGRATE} --analyze --directory D > FILE": "ssot-codemods analyze D > FILE",
    f"{_VALIDATE} --ssot-compliance --directory D": "ssot-codemods check D",
    f"{_VALIDATE} --ssot-compliance --directory D | grep \"Compliant Files\" | awk '{{print $4}}' "
    "| tr -d '%'": (
        "ssot-codemods check D | grep \"Compliant Files\" | awk '{print $4}' | tr -d '%'"
    ),
    'grep -r "class TestWebSocketConnection" D > FILE': "ssot-codemods analyze --list D > FILE",
    'grep -r "class TestWebSocketConnection" D | wc -l': (
        'ssot-codemods check D | grep "Copies Left"'
    ),
    # Migrating
    f"{_MIGRATE} --migrate --directory D --dry-run --verbose": (
        "ssot-codemods migrate --dry-run --verbose D"
    ),
    f"{_MIGRATE} --migrate --directory D --validate": "ssot-codemods migrate --verify D",
    f"{_MIGRATE} --migrate --directory D --verbose": "ssot-codemods migrate --verbose D",
    f"{_MIGRATE} --migrate --file F --dry-run": "ssot-codemods migrate --dry-run F",
    f"{_MIGRATE} --batch --directory D --max-files N --dry-run --verbose": (
        "ssot-codemods migrate --max-files N --dry-run --verbose D"
    ),
    f"{_MIGRATE} --batch --directory D --max-files N --validate": (
        "ssot-codemods migrate --max-files N --verify D"
    ),
    # Testing
    f"python {GOLDEN}": f"ssot-codemods verify --golden-path {GOLDEN}",
    f"python {SUPERVISOR} --golden-path-validation": (
        f"ssot-codemods verify --golden-path {SUPERVISOR}"
    ),
    f"python {BRIDGE}": f"ssot-codemods verify --golden-path {BRIDGE}",
    f"{_RUNNER} --category mission_critical --quick-validation": (
        "ssot-codemods verify --category mission_critical"
    ),
    f"{_RUNNER} --category C --real-services": "ssot-codemods verify --category C",
    f"{_RUNNER} --category unit --backend-only": "ssot-codemods verify --category backend",
    f"{_VALIDATE} --functionality --file F": "ssot-codemods verify --file F",
    "python -m pytest F --tb=long": "python -m pytest F --tb=long",
    # Reporting
    f"{_VALIDATE} --full-report --directory D --compare-baseline": (
        "ssot-codemods report D --compare-baseline NAME"
    ),
    f"{_VALIDATE} --full-report --directory D --compare-baseline > FILE": (
        "ssot-codemods report D --compare-baseline NAME > FILE"
    ),
    f"{_VALIDATE} --full-report --directory D > FILE": "ssot-codemods report D > FILE",
    'echo "Phase 1 Complete: $(date)" >> migration_progress.log': (
        "ssot-codemods status --history >> migration_progress.log"
    ),
    "the script of the final acceptance criteria": "ssot-codemods accept",
    # Going back
    "git checkout HEAD~1 -- F": "ssot-codemods rollback RUN F",
    "git checkout HEAD -- F": "ssot-codemods migrate --allow-dirty F",
    "git reset --hard HEAD~1": "ssot-codemods rollback",
    "git reset --hard CHECKPOINT_COMMIT_HASH": "ssot-codemods rollback RUN",
    # As they stand
    'git add . && git commit -m "..."': 'git add . && git commit -m "..."',
    "git log --oneline -5": "git log --oneline -5",
    "git pull origin develop-long-lived": "git pull origin develop-long-lived",
    f"python -c \"from {_UTILITY} import SSotWebSocketConnection; print('...')\"": (
        f"python -c \"from {_UTILITY} import SSotWebSocketConnection; print('...')\""
    ),
    f'python -c "from {_UTILITY} import SSotWebSocketConnection"': (
        f'python -c "from {_UTILITY} import SSotWebSocketConnection"'
    ),
    f"python -c \"from {_UTILITY} import TestWebSocketConnection; print('OK')\"": (
        f"python -c \"from {_UTILITY} import TestWebSocketConnection; print('OK')\""
    ),
    # Where an import fails
    "echo $PYTHONPATH": "ssot-codemods doctor D",
    "python -c \"import sys; print('\\\\n'.join(sys.path))\"": "ssot-codemods doctor D",
    "pip install -e .": "ssot-codemods doctor D",
}

#: The script of the guide as it stands, but for the names of the two commands in `$(...)`.
ACCEPTANCE = """\
# 1. Zero duplicate classes
if [ $(grep -r "class TestWebSocketConnection" tests/ | wc -l) -eq 0 ]; then
    echo "✅ No duplicate classes found"
else
    echo "❌ Duplicate classes still exist"
fi

# 2. Collection performance targets met
COLLECTION_TIME=$(PERFORMANCE)
if [ $(echo "$COLLECTION_TIME < 45" | bc -l) -eq 1 ]; then
    echo "✅ Collection time target met: ${COLLECTION_TIME}s"
else
    echo "❌ Collection time target missed: ${COLLECTION_TIME}s"
fi

# 3. Golden Path functionality preserved
if python tests/mission_critical/test_websocket_agent_events_suite.py; then
    echo "✅ Golden Path functionality preserved"
else
    echo "❌ Golden Path functionality compromised"
fi

# 4. SSOT compliance achieved
COMPLIANCE=$(SSOT_COMPLIANCE)
if [ $(echo "$COMPLIANCE >= 95" | bc -l) -eq 1 ]; then
    echo "✅ SSOT compliance achieved: ${COMPLIANCE}%"
else
    echo "❌ SSOT compliance insufficient: ${COMPLIANCE}%"
fi
"""

#: A file of the golden path: tests for pytest, and a script that gives 0 or 1.
SCRIPT = f"""\
import asyncio


{COPY}

def test_the_events_of_an_agent_arrive_in_order():
    connection = TestWebSocketConnection()
    for event in ("agent_started", "agent_completed"):
        asyncio.run(connection.send_json({{"type": event}}))
    types = [message["type"] for message in connection.get_messages()]
    assert types == ["agent_started", "agent_completed"]


if __name__ == "__main__":
    test_the_events_of_an_agent_arrive_in_order()
"""

SETTINGS = f"""\
[tool.ssot-codemods]
paths = ["tests", "backend/tests"]
golden-path = ["python {GOLDEN}", "python {SUPERVISOR} --golden-path-validation"]

[tool.ssot-codemods.categories]
backend = ["backend/tests"]

[tool.ssot-codemods.phases.mission_critical]
paths = ["tests/mission_critical"]
collection-seconds = 5
aim-seconds = 3

[tool.ssot-codemods.phases.all]
paths = ["tests", "backend/tests"]
collection-seconds = 45
"""

#: What the script needs and this machine lacks.
MISSING = [tool for tool in ("bash", "bc", "awk", "grep") if shutil.which(tool) is None]

COPIES = 130
CRITICAL, INTEGRATION, E2E, BACKEND = (
    "tests/mission_critical/",
    "tests/integration/",
    "tests/e2e/",
    "backend/tests/",
)
#: The files of the generator in each folder, and the scripts of the golden path.
CRITICAL_COPIES, E2E_COPIES = 8 + 2, 12 + 1

PERFORMANCE = f"{_VALIDATE} --performance --directory D [--verbose]"
BASELINE = f"{_VALIDATE} --performance --directory D --baseline [--verbose]"
COMPLIANCE = f"{_VALIDATE} --ssot-compliance --directory D"
FUNCTIONALITY = f"{_VALIDATE} --functionality --file F"
SYS_PATH = "python -c \"import sys; print('\\\\n'.join(sys.path))\""
ANALYZE = f"{_MIGRATE} --analyze --directory D"
MIGRATION = f"{_MIGRATE} --migrate --directory D --validate"
BATCH = f"{_MIGRATE} --batch --directory D --max-files N --validate"
REPORT = f"{_VALIDATE} --full-report --directory D --compare-baseline"
COMMIT = 'git add . && git commit -m "..."'


class Story:
    """A checkout, and how far the guide was followed in it.

    A test asks for a chapter; those before it come first, each once.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "suite"
        self.ran: set[str] = set()
        self.told = 0
        self.broken = ""
        self._environment = _environment(folder)
        _generate(self.root)
        origin = folder / "origin.git"
        self.sh("git init -q -b develop-long-lived && git add . && git commit -qm 'As found'")
        self.sh(f"git clone -q --bare . '{origin}' && git remote add origin '{origin}'")

    def tell(self, chapter: Callable[[Story], None]) -> None:
        """Run the chapters up to one, but for those that ran."""
        upto = CHAPTERS[: CHAPTERS.index(chapter) + 1]
        for step in upto[self.told :]:
            assert not self.broken, f"{self.broken} failed"
            self.broken = step.__name__
            step(self)
            self.broken = ""
            self.told += 1

    def guide(self, command: str, code: int = 0, **values: str | int) -> str:
        """Run what takes the place of a command of the guide; give what it prints."""
        self.ran.add(command)
        ours = TABLE[command].replace("baseline D", "baseline --runs 1 D")
        for name, value in values.items():
            ours, count = re.subn(rf"\b{name}\b", str(value), ours)
            assert count, f"no {name} in {ours}"
        return self.sh(ours, code)

    def sh(self, command: str, code: int = 0, shell: str = "sh") -> str:
        """Run a command of a shell, and check its exit code."""
        done = subprocess.run(
            [shell, "-c", command],
            cwd=self.root,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
        printed = done.stdout.decode()
        assert done.returncode == code, f"$ {command}\n{printed}"
        assert "Traceback" not in printed, f"$ {command}\n{printed}"
        return printed

    def text(self, name: str) -> str:
        return (self.root / name).read_text()

    def saved(self, name: str) -> dict[str, Any]:
        """Return a saved baseline."""
        document: dict[str, Any] = json.loads(self.text(f".ssot-codemods/baselines/{name}.json"))
        return document

    def copies(self, folder: str) -> int:
        """Count the copies left, as a person would."""
        return sum(
            "class TestWebSocketConnection:" in path.read_text()
            for path in (self.root / folder).rglob("*.py")
            if "test_framework" not in path.parts  # the shared class itself
        )

    def last_run(self) -> str:
        runs = re.findall(r"\b20\d{6}T\d{6}Z-\w+", self.sh("ssot-codemods rollback --list"))
        return str(runs[-1])


def _environment(folder: Path) -> dict[str, str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PYTHON"))}
    name = {"GIT_AUTHOR_NAME": "a", "GIT_COMMITTER_NAME": "a"}
    mail = {"GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_EMAIL": "a@b"}
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    return environment | name | mail | alone | {"PATH": path, "LC_ALL": "C.UTF-8"}


def _generate(root: Path) -> None:
    scripts = (GOLDEN, BRIDGE, SUPERVISOR)
    number = COPIES - len(scripts)
    with pytest.MonkeyPatch.context() as patch:
        # As many files, but no more in them than a copy and a test of it: it is to be quick.
        patch.setattr(generator, "PIECES", {"test": []})
        patch.setattr(generator, "USES", family.USES[:1])
        generator.generate(root, number, copies=number)
    for script in scripts:
        (root / script).write_text(SCRIPT)
    (root / "pyproject.toml").write_text(SETTINGS)
    write(steps(read_settings(root), None))
    with (root / "pytest.ini").open("a") as file:
        file.write("pythonpath = .\n")
    (root / ".gitignore").write_text("__pycache__/\n.pytest_cache/\n")


# The guide, block by block


def before_the_first_change(story: Story) -> None:
    """Run the safety checklist, the first block of the quick start, day 1."""
    (story.root / "notes.txt").write_text("ready\n")
    story.guide(COMMIT)
    assert "no run to verify" in story.guide(f"python {GOLDEN}")
    whole = story.guide(BASELINE, D="tests backend/tests", NAME="everything-before")
    assert f"PytestCollectionWarning {COPIES}" in whole
    story.guide(BASELINE, D=CRITICAL, NAME="before")
    assert len(story.guide("git log --oneline -5").splitlines()) == 2
    analysis = story.guide(ANALYZE, D=CRITICAL)
    assert f"{CRITICAL_COPIES} to be replaced, 0 to stay" in analysis
    story.guide(f"{ANALYZE} > FILE", D=CRITICAL, FILE="mission_critical_analysis.txt")
    assert story.text("mission_critical_analysis.txt") == analysis
    loaded = f"python -c \"from {_UTILITY} import SSotWebSocketConnection; print('...')\""
    assert story.guide(loaded) == "...\n"


def no_difference(printed: str) -> bool:
    """Whether the tests that ran gave the same, perhaps not those of all changed files."""
    return "all outcomes unchanged" in printed or "\nno difference in the " in printed


def days_2_to_4(story: Story) -> None:
    """Run the rest of the quick start, without the batches of days 2 and 3."""
    dry = story.guide(f"{_MIGRATE} --migrate --directory D --dry-run --verbose", 1, D=CRITICAL)
    assert dry.count("\n-class TestWebSocketConnection:") == CRITICAL_COPIES
    assert story.copies(CRITICAL) == CRITICAL_COPIES
    # Day 2
    dry = f"{_MIGRATE} --batch --directory D --max-files N --dry-run --verbose"
    assert story.guide(dry, 1, D=CRITICAL, N=5).count("\n-class TestWebSocketConnection:") == 5
    assert "changed             5 files" in story.guide(BATCH, D=CRITICAL, N=5)
    left = story.guide(COMPLIANCE, 1, D=CRITICAL)
    assert f"\nCopies Left: {CRITICAL_COPIES - 5}" in left
    # During-migration safety checks
    changed = story.sh("git diff --name-only").splitlines()
    assert len(changed) == 5
    tested = next(path for path in changed if "def test_" in story.text(path))
    assert no_difference(story.guide(FUNCTIONALITY, F=tested))
    assert "5 of 5 files restored" in story.guide("git reset --hard HEAD~1")
    assert story.sh("git status --porcelain -uno") == ""
    # Day 3
    assert "changed             5 files" in story.guide(BATCH, D=CRITICAL, N=5)
    assert story.copies(CRITICAL) == CRITICAL_COPIES - 5
    story.guide(f"{_RUNNER} --category mission_critical --quick-validation")
    # Day 4
    assert no_difference(story.guide(MIGRATION, D=CRITICAL))
    assert story.copies(CRITICAL) == 0
    assert "Copies Left: 0" in story.guide(COMPLIANCE, D=CRITICAL)
    report = story.guide(REPORT, D=CRITICAL, NAME="before")
    assert f"{CRITICAL_COPIES} copies replaced in {CRITICAL_COPIES} files, 0 left" in report
    story.guide(COMMIT)


def days_5_to_7(story: Story) -> None:
    # Day 5, and the monitoring commands
    assert "Collection Time: " in story.guide(PERFORMANCE, D=CRITICAL)
    progress = next(c for c in TABLE if c.endswith(">> performance_log.txt"))
    story.guide(progress, D=E2E)
    assert re.fullmatch(r".+: Collection Time: \d+\.\d\d s\n", story.text("performance_log.txt"))
    assert no_difference(story.guide(f"python {GOLDEN}"))
    story.guide(f"python {SUPERVISOR} --golden-path-validation")
    story.guide(f"python {BRIDGE}")
    # Day 6
    seen = story.guide(f"{_RUNNER} --category C --real-services", C="mission_critical")
    assert no_difference(seen)
    new, run = story.text(GOLDEN), story.last_run()
    story.guide("git checkout HEAD~1 -- F", RUN=run, F=GOLDEN)
    assert story.text(GOLDEN) == SCRIPT
    story.sh(f"python {GOLDEN}")
    story.guide("git checkout HEAD -- F", F=GOLDEN)
    assert story.text(GOLDEN) == new
    # The same with git, as it stands
    story.sh(f"git checkout HEAD~1 -- {GOLDEN}")
    assert story.text(GOLDEN) == SCRIPT
    story.sh(f"python {GOLDEN}")
    story.sh(f"git checkout HEAD -- {GOLDEN}")
    story.guide(FUNCTIONALITY, F=GOLDEN)
    # Day 7
    story.guide(f"{REPORT} > FILE", D=CRITICAL, NAME="before", FILE="phase1_completion_report.md")
    assert f"| `PytestCollectionWarning` | {CRITICAL_COPIES} | 0 |" in story.text(
        "phase1_completion_report.md"
    )
    story.guide('echo "Phase 1 Complete: $(date)" >> migration_progress.log')
    assert "migrate" in story.text("migration_progress.log")


def phase_2(story: Story) -> None:
    story.guide(f"{ANALYZE} > FILE", D=INTEGRATION, FILE="integration_analysis.txt")
    story.guide(f"{ANALYZE} > FILE", D=E2E, FILE="e2e_analysis.txt")
    assert f"{E2E_COPIES} to be replaced" in story.text("e2e_analysis.txt")
    integration, e2e = story.copies(INTEGRATION), story.copies(E2E)
    assert no_difference(story.guide(BATCH, D=INTEGRATION, N=10))
    assert no_difference(story.guide(BATCH, D=E2E, N=10))
    assert (integration - story.copies(INTEGRATION), e2e - story.copies(E2E)) == (10, 10)
    story.guide(f"{_RUNNER} --category C --real-services", C="integration")
    for folder in (INTEGRATION, E2E):
        report = story.guide(REPORT, D=folder, NAME="everything-before")
        assert "10 copies replaced in 10 files" in report
    story.guide(COMMIT)


def phase_3(story: Story) -> None:
    story.guide(f"{ANALYZE} > FILE", D=BACKEND, FILE="backend_unit_analysis.txt")
    copies = story.copies(BACKEND)
    assert no_difference(story.guide(BATCH, D=BACKEND, N=15))
    assert copies - story.copies(BACKEND) == 15
    story.guide(f"{_RUNNER} --category unit --backend-only")
    story.guide(COMMIT)


def emergency_rollback(story: Story) -> None:
    runs = re.findall(r"\b20\d{6}T\d{6}Z-\w+", story.sh("ssot-codemods rollback --list"))
    story.guide("git reset --hard CHECKPOINT_COMMIT_HASH", RUN=runs[-1])
    assert len(story.sh("git diff --name-only").splitlines()) == 15
    # And with git, as it stands: the commit of phase 3 goes, the work of the tool with it.
    story.sh("git reset -q --hard HEAD~1")
    assert story.sh("git status --porcelain") == ""
    story.sh(f"python {GOLDEN}")


def phase_4(story: Story) -> None:
    """With the handoff, between its days 26 and 27."""
    remaining = 'grep -r "class TestWebSocketConnection" D > FILE'
    story.guide(remaining, D="tests/", FILE="remaining_duplicates.txt")
    assert len(story.text("remaining_duplicates.txt").splitlines()) == story.copies("tests")
    assert no_difference(story.guide(MIGRATION, D="tests/ backend/tests"))
    assert story.copies("tests") == story.copies("backend") == 0
    # Handoff
    story.guide(COMMIT)
    story.guide(f"{_VALIDATE} --full-report --directory D > FILE", D=E2E, FILE="handoff_report.md")
    assert f"{E2E_COPIES} copies replaced in {E2E_COPIES} files" in story.text("handoff_report.md")
    story.guide("git pull origin develop-long-lived")
    story.guide(BASELINE, D="tests backend/tests", NAME="everything-after")
    before, after = story.saved("everything-before"), story.saved("everything-after")
    assert before["nodeids"] == after["nodeids"]
    assert [side["summary"]["warning_counts"] for side in (before, after)] == [
        {"PytestCollectionWarning": COPIES},
        {},
    ]
    # Days 27 and 28
    story.guide(
        f"{REPORT} > FILE",
        D="tests/ backend/tests",
        NAME="everything-before",
        FILE="final_migration_report.md",
    )
    report = story.text("final_migration_report.md")
    assert f"| `PytestCollectionWarning` | {COPIES} | 0 |" in report


def troubleshooting(story: Story) -> None:
    count = 'grep -r "class TestWebSocketConnection" D | wc -l'
    assert story.guide(count, D="tests/") == "Copies Left: 0\n"
    assert "100.0%" in story.guide(COMPLIANCE, D="tests/")
    story.guide(f"{_MIGRATE} --migrate --directory D --verbose", D=CRITICAL)
    loaded = f"python -c \"from {_UTILITY} import TestWebSocketConnection; print('OK')\""
    assert story.guide(loaded) == "OK\n"
    # Functionality regressions
    story.guide(FUNCTIONALITY, F=SUPERVISOR)
    assert "1 passed" in story.guide("python -m pytest F --tb=long", F=SUPERVISOR)
    story.guide("git checkout HEAD~1 -- F", RUN=story.last_run(), F=SUPERVISOR)
    assert story.text(SUPERVISOR) == SCRIPT
    story.guide(f"{_MIGRATE} --migrate --file F --dry-run", 1, F=SUPERVISOR)
    assert story.text(SUPERVISOR) == SCRIPT
    story.guide("git checkout HEAD -- F", F=SUPERVISOR)
    assert "not accepted: 1 of 11 not met" in story.sh("ssot-codemods accept", 1)
    story.guide(FUNCTIONALITY, F=SUPERVISOR)
    assert story.sh("git status --porcelain -uno") == ""
    # Import errors
    story.guide(f'python -c "from {_UTILITY} import SSotWebSocketConnection"')
    assert "websocket_connection_test_utility.py" in story.guide(SYS_PATH, D=CRITICAL)
    others = {"echo $PYTHONPATH", "pip install -e ."}
    assert {TABLE[question] for question in others} == {TABLE[SYS_PATH]}
    story.ran |= others


def acceptance(story: Story) -> None:
    seconds = (
        f"{_VALIDATE} --performance --directory D | grep \"Collection Time\" | awk '{{print $3}}'"
    )
    share = next(c for c in TABLE if c.endswith("tr -d '%'"))
    story.ran |= {seconds, share}
    if MISSING:
        return
    performance = TABLE[seconds].replace("baseline D", "baseline --runs 1 tests/")
    script = ACCEPTANCE.replace("SSOT_COMPLIANCE", TABLE[share].replace(" D ", " tests/ "))
    script = script.replace("PERFORMANCE", performance)
    printed = story.sh(script, shell="bash")
    assert "❌" not in printed
    assert printed.count("✅") == 4
    assert "✅ SSOT compliance achieved: 100.0%" in printed


def accepted(story: Story) -> None:
    printed = story.guide("the script of the final acceptance criteria")
    assert "counts 0 lines" in printed
    assert printed.endswith("\naccepted\n")


CHAPTERS: list[Callable[[Story], None]] = [
    before_the_first_change,
    days_2_to_4,
    days_5_to_7,
    phase_2,
    phase_3,
    emergency_rollback,
    phase_4,
    troubleshooting,
    acceptance,
    accepted,
]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    if shutil.which("git") is None:
        pytest.skip("the guide needs git")
    return Story(tmp_path_factory.mktemp("guide"))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
def test_the_guide_can_be_followed(story: Story, chapter: Callable[[Story], None]) -> None:
    if chapter is acceptance and MISSING:
        pytest.skip(f"the script of the guide needs {', '.join(MISSING)}")
    story.tell(chapter)


def test_each_command_of_the_guide_was_run(story: Story) -> None:
    story.tell(accepted)
    assert story.ran == set(TABLE)


def test_the_page_has_a_row_for_each_command() -> None:
    text = PAGE.read_text()
    start, end = "<!-- guide table -->\n", "<!-- end of guide table -->"
    rows = text[text.index(start) + len(start) : text.index(end)].splitlines()
    shown = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:3]] for row in rows if row]
    assert shown[2:] == [[_cell(theirs), _cell(ours)] for theirs, ours in TABLE.items()]


def _cell(command: str) -> str:
    escaped = command.replace("|", "\\|")
    return escaped if command.startswith("the ") else f"`{escaped}`"
