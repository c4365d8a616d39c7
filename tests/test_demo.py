"""The demo: the whole way, wherever it is started, and nothing left behind."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from codemods.cli import main
from codemods.migration import demo as module
from codemods.model import UsageError

COMMAND = [str(Path(sys.executable).with_name("ssot-codemods")), "demo"]
ONE_STEP = (*module.STEPS[:3], (3, "ssot-codemods analyze"))


def ignore(text: str) -> None:
    pass


def hostile(folder: Path) -> dict[str, str]:
    """Return an environment whose git signs commits, runs hooks, and names another checkout."""
    hooks = folder / "template/hooks"
    hooks.mkdir(parents=True)
    for name in ("pre-commit", "post-checkout"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{folder}/hook-ran'\nexit 1\n")
        (hooks / name).chmod(0o755)
    (folder / "home").mkdir()
    (folder / "home/.gitconfig").write_text(
        "[commit]\n\tgpgsign = true\n[gpg]\n\tprogram = false\n"
        f"[init]\n\ttemplateDir = {folder}/template\n"
        f"[core]\n\thooksPath = {hooks}\n\tautocrlf = true\n"
        "[user]\n\tuseConfigOnly = true\n"
    )
    (folder / "tmp").mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "XDG_", "PYTHON"))}
    return kept | {
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "GIT_DIR": str(folder / "elsewhere.git"),
        "PYTEST_ADDOPTS": "--no-such-option",
    }


@pytest.mark.skipif(shutil.which("git") is None, reason="the demo needs git")
def test_the_whole_way_and_nothing_left_behind(tmp_path: Path) -> None:
    environment = hostile(tmp_path)
    here = tmp_path / "here"
    (here / "codemods").mkdir(parents=True)
    (here / "codemods/__init__.py").write_text("raise RuntimeError('the package of the user')\n")
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run(
        COMMAND,
        cwd=here,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
    )
    printed = done.stdout.decode()
    assert done.returncode == 0, printed
    steps = [step for _, step in module.STEPS]
    assert re.findall(r"^\$ (.+)$", printed, re.MULTILINE) == steps
    outputs = re.split(r"^\$ .+\n", printed, flags=re.MULTILINE)[1:]
    shown = {step.split()[1]: text for step, text in zip(steps, outputs, strict=True)}
    assert "wrote test_framework/ssot/websocket_connection_test_utility.py\n" in shown["init"]
    assert shown["analyze"].startswith("74 files, ")
    assert re.search(r"\nno difference in the \d+ tests that ran\n", shown["migrate"])
    skipped = "mission_critical/test_reconnect_after_deploy.py"
    assert f"nothing is shown: no test that uses it ran: {skipped}\n" in shown["migrate"]
    assert "\nCopies Left: 0\n" in shown["check"]
    assert "PytestCollectionWarning: 34 to 11" in shown["baseline"]
    assert shown["report"].partition("\n")[0].endswith(": report on `.`")
    assert "31 of 31 files done" in shown["rollback"]
    assert sorted(tmp_path.rglob("*")) == before


@pytest.fixture
def one_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "STEPS", ONE_STEP)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("one_step")
def test_keep_leaves_a_checkout_to_look_at(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["demo", "--keep", "a/b"])
    assert result.exit_code == 0, result.output
    folder = tmp_path / "a/b"
    assert f"all files are in {folder}" in result.output
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a"]
    assert (folder / "unit/test_exports.py").is_file()
    status = ["git", "-C", str(folder), "status", "--porcelain"]
    assert subprocess.run(status, capture_output=True, check=True).stdout == b""
    again = CliRunner().invoke(main, ["demo", "--keep", "a/b"])
    assert (again.exit_code, again.output) == (2, "Error: a/b exists already\n")


@pytest.mark.usefixtures("one_step")
def test_a_step_that_ends_otherwise_ends_the_demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        module, "STEPS", ((0, "git status"), (0, "ssot-codemods analyze"), (0, "x"))
    )
    (tmp_path / "new").mkdir()
    assert module.demo(tmp_path / "new", said.append) == 2
    assert said == [
        "\n$ git status\n",
        "\n$ ssot-codemods analyze\n",
        "\nexit code 2, expected 0\n",
    ]


def test_without_git_or_with_one_that_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a").mkdir()
    with pytest.raises(UsageError, match="git is not installed"):
        module.demo(tmp_path / "a", ignore)
    git = tmp_path / "git"
    git.write_text("#!/bin/sh\nexit 7\n")
    git.chmod(0o755)
    with pytest.raises(UsageError, match="git init: exit code 7"):
        module.demo(tmp_path / "a", ignore)


def test_without_the_sample_suite(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "bundled_suite", lambda: None)
    with pytest.raises(UsageError, match="this installation does not have"):
        module.demo(tmp_path, ignore)
