"""The demo: the whole way, wherever it is started, and nothing left behind."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from codemods.cli import main
from codemods.migration import demo as module
from codemods.model import UsageError

COMMAND = [str(Path(sys.executable).with_name("ssot-codemods")), "demo"]
QUIET = b"The file changes the definition, hands it to code that could, or asks for its module.\n"


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


def run_demo(*options: str, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run the demo, which goes well, and return what it prints."""
    done = subprocess.run(
        [*COMMAND, *options],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
    )
    printed = done.stdout.decode()
    assert done.returncode == 0, printed
    return printed


@pytest.mark.skipif(shutil.which("git") is None, reason="the demo needs git")
def test_the_whole_way_and_nothing_left_behind(tmp_path: Path) -> None:
    environment = hostile(tmp_path)
    here = tmp_path / "here"
    (here / "codemods").mkdir(parents=True)
    (here / "codemods/__init__.py").write_text("raise RuntimeError('the package of the user')\n")
    before = sorted(tmp_path.rglob("*"))
    printed = run_demo("--full", cwd=here, env=environment)
    shown = outputs(printed, module.FULL_STEPS)
    assert "wrote test_framework/ssot/websocket_connection_test_utility.py: " in shown["init"]
    assert shown["analyze"].startswith("74 Python files, ")
    assert re.search(
        r"\nno difference in the \d+ tests that ran(; \d+ of them fails? .*)?\n", shown["migrate"]
    )
    skipped = "mission_critical/test_reconnect_after_deploy.py"
    assert f"not tested: no test that uses it ran: {skipped}\n" in shown["migrate"]
    assert "\nCopies Left: 0\n" in shown["check"]
    assert "PytestCollectionWarning: 34 to 11" in shown["baseline"]
    assert re.match("# `.+`: migration to shared definitions\n\n", shown["report"])
    assert "\n**Not done**: 1 file failed.\n" in shown["report"]
    assert "31 of 31 files restored" in shown["rollback"]
    assert sorted(tmp_path.rglob("*")) == before


def outputs(printed: str, steps: Sequence[module.Step]) -> dict[str, str]:
    """Return what each verb printed, and check that the steps are those."""
    head = r"^\d+\. .+: ((?:ssot-codemods|git) .+)\n"
    assert re.findall(head, printed, re.MULTILINE) == [step.command for step in steps]
    texts = re.split(head, printed, flags=re.MULTILINE)[2::2]
    return {step.command.split()[1]: text for step, text in zip(steps, texts, strict=True)}


@pytest.mark.skipif(shutil.which("git") is None, reason="the demo needs git")
def test_the_short_way_fits_on_a_page(tmp_path: Path) -> None:
    printed = run_demo(cwd=tmp_path)
    shown = outputs(printed, module.STEPS)
    assert shown["discover"].startswith("10 test files: 1 definition pasted into several of them\n")
    assert "\nwrote mission_critical/support/web_socket_connection.py: " in shown["adopt"]
    assert shown["init"] == "14 Python files, 9 definitions in 9: 7 to be replaced, 2 to stay\n\n"
    assert "\n+from mission_critical.support.web_socket_connection import" in printed
    assert "no difference in the 20 tests that ran" in shown["migrate"]
    assert "Copies Left: 0\n" in shown["check"]
    assert "7 of 7 files restored" in shown["rollback"]
    assert len(printed.splitlines()) <= 80


def test_a_step_that_ends_otherwise_ends_the_demo(tmp_path: Path) -> None:
    said: list[str] = []
    commands = ("git status", "ssot-codemods analyze", "x")
    steps = [module.Step("Do", command) for command in commands]
    assert module.demo(tmp_path, steps, said.append) == 2
    assert said == [
        "1. Do: git status\n",
        "\n2. Do: ssot-codemods analyze\n",
        "\nexit code 2, expected 0\n",
    ]


def test_without_git_or_with_one_that_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a").mkdir()
    with pytest.raises(UsageError, match="git is not installed"):
        module.demo(tmp_path / "a", module.STEPS, ignore)
    git = tmp_path / "git"
    git.write_text("#!/bin/sh\nexit 7\n")
    git.chmod(0o755)
    with pytest.raises(UsageError, match="git init: exit code 7"):
        module.demo(tmp_path / "a", module.STEPS, ignore)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], b"1. See: ssot-codemods explain -q escapes\n" + QUIET),
        (["-q"], b"1. See: ssot-codemods explain -q escapes\n"),
        (["-v"], b"1. See: ssot-codemods explain -q escapes\nescapes: " + QUIET),
        (
            ["--color", "always"],
            b"\x1b[1m1. See\x1b[0m: ssot-codemods explain -q escapes\n" + QUIET,
        ),
    ],
    ids=["none", "quiet", "verbose", "colours"],
)
def test_the_options_of_each_verb(
    options: list[str],
    expected: bytes,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setattr(module, "STEPS", (module.Step("See", "ssot-codemods explain -q escapes"),))
    with pytest.raises(SystemExit):
        main(["demo", *options])
    out = capfdbinary.readouterr().out
    assert out.startswith(expected)
    assert (b"plugins.register" in out) == ("-v" in options)
