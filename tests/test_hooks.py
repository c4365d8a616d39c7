"""The hooks of ``.pre-commit-hooks.yaml``, as pre-commit installs and runs them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_resembling import MODULE, SOCKET
from tests.tools import ROOT

RENAMED = SOCKET.replace("Socket", "Fake")
HELPER = "class TestHelper:\n    def __init__(self):\n        self.sent = []\n"
SETTINGS = '[tool.ssot-codemods]\nmodules = ["tests.helpers"]\n'
CONFIG = """\
repos:
- repo: {repository}
  rev: {revision}
  hooks:
  - id: ssot-ratchet
  - id: ssot-check
  - id: ssot-migrate
  - id: ssot-migrate
    alias: mark
    args: [--codemod, mark_helper_classes]
"""


def started(*command: str, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    ours = ("COV", "GIT_", "PRE_COMMIT", "PYTHON")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    who = ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL")
    environment |= {f"GIT_{name}": "a" for name in who} | {"PRE_COMMIT_HOME": str(home)}
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=600
    )


class Repository:
    """A checkout, and how pre-commit runs in it."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        self.home = home
        root.mkdir()
        self.git("init", "-q")

    def git(self, *arguments: str) -> str:
        done = started("git", *arguments, cwd=self.root, home=self.home)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.root / name).parent.mkdir(exist_ok=True)
            (self.root / name).write_text(text)
        self.git("add", "-A")

    def pre_commit(self, *arguments: str) -> tuple[int, str]:
        command = (sys.executable, "-m", "pre_commit", *arguments)
        done = started(*command, cwd=self.root, home=self.home)
        return done.returncode, done.stdout + done.stderr

    def hook(self, name: str, *files: str) -> tuple[int, str]:
        """Run one hook, on some files or on all."""
        return self.pre_commit("run", name, *(["--files", *files] if files else ["--all-files"]))


def clone(target: Path, home: Path) -> Repository:
    """Clone the sources as they are, with what is not committed yet."""
    listed = started("git", "ls-files", "-coz", "--exclude-standard", cwd=ROOT, home=home)
    if listed.returncode != 0:
        pytest.skip("these sources are in no checkout of git: pre-commit clones one")
    found = Repository(target, home)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    found.git("add", "-A")
    found.git("commit", "-qm", "x")
    return found


def test_the_hooks(tmp_path: Path) -> None:
    home = tmp_path / "home"
    ours = clone(tmp_path / "ours", home)
    suite = Repository(tmp_path / "suite", home)
    config = CONFIG.format(repository=ours.root, revision=ours.git("rev-parse", "HEAD"))
    suite.write(
        {
            ".pre-commit-config.yaml": config,
            "pyproject.toml": SETTINGS,
            "tests/helpers.py": MODULE,
            "tests/test_a.py": f"{SOCKET}\n\ndef test_it():\n    Socket()\n",
            "tests/test_b.py": "def test_it():\n    pass\n",
        }
    )
    code, out = suite.pre_commit("install-hooks")
    if code != 0 and "pip" in out:
        probe = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "iniconfig")
        if started(*probe, cwd=tmp_path, home=home).returncode != 0:
            pytest.skip("no package index can be reached: a hook's environment needs one")
    assert code == 0, out

    # A copy is left, and more than no file allows.
    code, out = suite.hook("ssot-check")
    assert (code, "tests/test_a.py:1:1: copy of `tests.helpers.Socket`" in out) == (1, True), out
    assert "run again with --update" in suite.hook("ssot-ratchet")[1]
    allowed = '{"schema": "ssot-codemods/ratchet/3", "allowed": {"tests.helpers.Socket": {%s}}}'
    suite.write({"copies-left.json": allowed % '"copy": {"tests/test_a.py": 1}'})
    assert suite.hook("ssot-ratchet")[0] == 0
    suite.write({"tests/test_b.py": RENAMED})
    code, out = suite.hook("ssot-ratchet", "tests/test_b.py")
    assert (code, "ssot-codemods migrate tests/test_b.py" in out) == (1, True), out
    assert suite.hook("ssot-ratchet", "tests/test_a.py")[0] == 0

    # It is replaced, and nothing is left to be done.
    code, out = suite.hook("ssot-migrate")
    assert (code, "files were modified by this hook" in out) == (1, True), out
    after = (suite.root / "tests/test_a.py").read_text()
    assert after == "from tests.helpers import Socket\n\n\ndef test_it():\n    Socket()\n"
    assert suite.hook("ssot-migrate")[0] == suite.hook("ssot-check")[0] == 0

    # Another codemod.
    suite.write({"tests/test_b.py": HELPER})
    assert suite.hook("mark")[0] == 1
    assert "__test__ = False" in (suite.root / "tests/test_b.py").read_text()
    assert suite.hook("mark")[0] == 0
