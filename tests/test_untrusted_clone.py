"""A repository in which each module, setting and hook leaves a trace as soon as it is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools import COPY, write_shared

SCRIPT = str(Path(sys.executable).with_name("ssot-codemods"))
#: Of the standard library, of what we need, our own, and those that Python or pytest look for.
MODULES = (
    *("json", "ast", "re", "os", "typing", "subprocess", "multiprocessing", "concurrent", "pickle"),
    *("string", "tomllib", "encodings", "sitecustomize", "usercustomize", "conftest", "setup"),
    *("click", "libcst", "pytest", "_pytest", "yaml", "xdist", "distributed", "codemods"),
    *("tests/__init__", "tests/conftest", "test_framework/__init__", "plugin_of_the_settings"),
)
SETTINGS = """
[tool.ssot-codemods]
golden-path = ["touch {sprung}"]
harmless = ["json.Base", "tests.test_0.Base"]
[tool.pytest.ini_options]
addopts = "-p plugin_of_the_settings"
pythonpath = ["."]
"""


@pytest.fixture
def sprung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to such a checkout, and return the file that is there as soon as any of it was run."""
    root, sprung = tmp_path / "repository", tmp_path / "sprung"
    root.mkdir()
    monkeypatch.chdir(root)
    write_shared(root)
    trap = f"open({str(sprung)!r}, 'a').close()\n"
    for name in MODULES:
        file = root / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(trap)
    for number in range(12):
        (root / f"tests/test_{number}.py").write_text(
            f"{trap}{COPY}\n\nTestWebSocketConnection()\n"
        )
    (root / "pyproject.toml").write_text(SETTINGS.format(sprung=sprung))
    (root / ".libcst.codemod.yaml").write_text(f"formatter: [touch, {str(sprung)!r}]\n")
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    for arguments in (("init", "-q"), ("add", "-A"), (*who, "commit", "-q", "-m", "a")):
        subprocess.run(["git", *arguments], check=True)
    for key in ("core.fsmonitor", "core.pager", "diff.external"):
        subprocess.run(["git", "config", key, f"touch {sprung}; false"], check=True)
    return sprung


def _started(*command: str) -> int:
    """Start a command in a process without our own options for tests, and return its exit code."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV"))}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=120)
    return done.returncode


@pytest.mark.skipif(shutil.which(SCRIPT) is None, reason="the console script is not installed")
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("analyze --jobs 2", 0),
        ("analyze --variants --format json", 0),
        ("check --jobs 2", 1),
        ("migrate --dry-run --jobs 2", 1),
        ("migrate --skip-probe", 0),
        ("report", 0),
        ("status", 0),
        ("accept", 1),
        ("rollback --list", 0),
        ("init", 0),
    ],
)
def test_nothing_of_it_is_run(sprung: Path, command: str, code: int) -> None:
    assert _started(SCRIPT, *command.split()) == code
    assert not sprung.exists()


#: Has a thread of its own, so that the workers are not forked.
_NOT_FORKED = """
import multiprocessing, sys, threading
from codemods.cli import main

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv.pop(1))
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    main()
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_that_are_not_forked_run_nothing_of_it(
    sprung: Path, tmp_path: Path, method: str
) -> None:
    script = tmp_path / "scripts/not_forked.py"
    script.parent.mkdir()
    script.write_text(_NOT_FORKED)
    assert _started(sys.executable, str(script), method, "check", "--jobs", "2") == 1
    assert not sprung.exists()


@pytest.mark.parametrize("command", ["doctor", "warm", "migrate", "verify"])
def test_a_verb_that_starts_pytest_runs_it(sprung: Path, command: str) -> None:
    """Else the test above would show nothing."""
    _started(SCRIPT, command)
    assert sprung.exists()
