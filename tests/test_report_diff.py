"""A diff that `git apply` and `patch` take, and that gives exactly the new bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from codemods.model import Code, Reason
from codemods.report import diff as module
from codemods.report.diff import unified_diff
from tests.tools import failing

LINES = b"".join(b"line %d\n" % n for n in range(20))

#: before, after
CONTENTS = {
    "plain": (b"a\nb\nc\n", b"a\nB\nc\n"),
    "two hunks": (LINES, LINES.replace(b"line 2\n", b"").replace(b"line 17\n", b"x\ny\n")),
    "no final newline before": (b"a\nb", b"a\nB\n"),
    "no final newline after": (b"a\nb\n", b"a\nB"),
    "no final newline in both": (b"a\nb\nc", b"a\nB\nc"),
    "crlf": (b"a\r\nb\r\nc\r\n", b"a\r\nB\r\nc\r\n"),
    "mixed ends": (b"a\r\nb\nc\r\n", b"a\r\nc\r\n"),
    "form feed": (b"a\n\x0cb\nc\x0cd\ne\n", b"a\n\x0cB\nc\x0cd\ne\n"),
    "lone cr": (b"a\rb\nc\rd\ne\n", b"a\rb\nC\rd\ne\n"),
    "line separators of unicode": ("a\u2028b\x85\nc\n".encode(), "a\u2028b\x85\nC\n".encode()),
    "non ascii": ("ä\nö\n".encode(), "ä\nß\n".encode()),
    "no utf-8": (b"\xe4\n\xff\n", b"\xe4\n\xfe\n"),
    "trailing blanks": (b"a  \n\t\nb\n", b"a  \n\t\nB \t\n"),
    "looks like a diff": (b"--- a/x\n+++ b/x\n@@ -1 +1 @@\nb\n", b"--- a/x\n@@ -1 +1 @@\n+++ c\n"),
    "becomes longer": (b"b\n", b"a\nb\nc\n"),
    "becomes one newline": (b"a\nb\n", b"\n"),
    "becomes empty": (b"a\nb\n", b""),
}

NAMES = [
    "plain.py",
    "a b.py",
    " leading and trailing ",
    "tab\there.py",
    "line\nbreak.py",
    'quote".py',
    "apostrophe'.py",
    "back\\slash.py",
    "back\\slash and space.py",
    "ünïcode.py",
    os.fsdecode(b"\xff\xfe.py"),
    "deep/er/x.py",
    "-dash.py",
    "x 2020-01-01 00:00:00.py",
]


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["git", *arguments], cwd=folder, input=stdin, capture_output=True, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    git(folder, "init", "-q")
    return folder


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def check_git(folder: Path, path: Path, diff: bytes, after: bytes) -> None:
    before = path.read_bytes()
    check = git(folder, "apply", "--check", stdin=diff)
    assert (check.returncode, check.stderr) == (0, b"")
    assert path.read_bytes() == before
    applied = git(folder, "apply", "--whitespace=nowarn", stdin=diff)
    assert (applied.returncode, applied.stderr) == (0, b"")
    assert (path.read_bytes() if path.exists() else None) == after


@pytest.mark.parametrize("case", CONTENTS)
def test_git_applies_it(checkout: Path, case: str) -> None:
    before, after = CONTENTS[case]
    path = write(checkout, "x.py", before)
    check_git(checkout, path, unified_diff("x.py", before, after), after)


@pytest.mark.parametrize("case", CONTENTS)
def test_where_it_takes_too_long_all_lines_are_replaced(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    before, after = CONTENTS[case]
    monkeypatch.setattr(module, "careful", failing(Reason(Code.TOO_SLOW, 1, "")))
    path = write(checkout, "x.py", before)
    diff = unified_diff("x.py", before, after)
    assert diff.count(b"\n@@ ") == 1
    check_git(checkout, path, diff, after)


@pytest.mark.skipif(shutil.which("patch") is None, reason="no GNU patch here")
@pytest.mark.parametrize("case", [c for c in CONTENTS if c != "becomes empty"])
def test_patch_applies_it(tmp_path: Path, case: str) -> None:
    before, after = CONTENTS[case]
    path = write(tmp_path, "x.py", before)
    run_patch(tmp_path, unified_diff("x.py", before, after))
    assert path.read_bytes() == after


def run_patch(folder: Path, diff: bytes) -> None:
    done = subprocess.run(
        ["patch", "-p1", "--binary", "--no-backup-if-mismatch"],
        cwd=folder,
        input=diff,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_names(checkout: Path, name: str) -> None:
    before, after = CONTENTS["plain"]
    path = write(checkout, name, before)
    check_git(checkout, path, unified_diff(name, before, after), after)


@pytest.mark.skipif(shutil.which("patch") is None, reason="no GNU patch here")
# patch itself takes no name with a line break in it, and cuts blanks off the end of a name.
@pytest.mark.parametrize("name", [n for n in NAMES if "\n" not in n and n == n.strip()])
def test_names_for_patch(tmp_path: Path, name: str) -> None:
    before, after = CONTENTS["plain"]
    path = write(tmp_path, name, before)
    run_patch(tmp_path, unified_diff(name, before, after))
    assert path.read_bytes() == after


@pytest.mark.parametrize("name", ["x.py", "a b.py", "ü.py"])
def test_from_a_subfolder(checkout: Path, name: str) -> None:
    before, after = CONTENTS["plain"]
    folder = checkout / "sub folder"
    path = write(folder, name, before)
    check_git(folder, path, unified_diff(name, before, after), after)


def test_several_files_in_one_stream(checkout: Path) -> None:
    paths = [write(checkout, f"many/{n} x.py", b) for n, (b, _) in enumerate(CONTENTS.values())]
    diffs = [
        unified_diff(str(p.relative_to(checkout)), *CONTENTS[c])
        for p, c in zip(paths, CONTENTS, strict=True)
    ]
    assert git(checkout, "apply", "--whitespace=nowarn", stdin=b"".join(diffs)).stderr == b""
    assert [p.read_bytes() for p in paths] == [after for _, after in CONTENTS.values()]


def test_the_text() -> None:
    assert unified_diff("a b.py", b"x\ny", b"x\nz\n") == (
        b"--- a/a b.py\t\n+++ b/a b.py\t\n@@ -1,2 +1,2 @@\n x\n-y\n"
        b"\\ No newline at end of file\n+z\n"
    )


def test_no_difference_is_no_diff() -> None:
    assert unified_diff("a.py", b"x\n", b"x\n") == b""
