"""`explain`: each code has its section, and each example is one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from codemods.cli import main
from codemods.model import Code
from codemods.registry import CODEMODS
from codemods.report import explain

PAGE = Path(explain.__file__).with_suffix(".md").read_text()


def examples(text: str) -> dict[str, str]:
    """Return the files of the examples in some text, by their paths."""
    blocks = re.findall(r"^```python\n# (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return dict(blocks)


SHARED = examples(PAGE[: PAGE.index("\n## ")])
EXAMPLES = {code: found for code in Code if (found := examples(explain.as_text(code)))}


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: code.value)
def test_an_example_is_one(code: Code, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {**SHARED, **EXAMPLES[code]}
    files["pyproject.toml"] = '[tool.ssot-codemods]\nmodules = ["tests.support"]\n'
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    reasons = []
    for codemod in CODEMODS:
        arguments = ["migrate", "--codemod", codemod, "--dry-run", "--format", "json"]
        renames = codemod == "rename_local_class"
        result = CliRunner().invoke(main, [*arguments, *["--suffix-from-file"] * renames])
        assert result.exit_code in {0, 1}, result.output
        found = json.loads(result.stdout)
        reasons += [r["code"] for d in found["refused"] for r in d["reasons"]]
        reasons += [w["code"] for w in found["warnings"]]
    assert code.value in reasons


def test_all_codes_are_listed_and_each_is_explained() -> None:
    listed = CliRunner().invoke(main, ["explain"])
    lines = dict(line.split("  ", 1) for line in listed.stdout.splitlines())
    assert set(lines) == {code.value for code in Code}
    for code in Code:
        shown = CliRunner().invoke(main, ["explain", code.value])
        assert (shown.exit_code, shown.stderr) == (0, "")
        assert shown.stdout.startswith(f"{code.value}: {lines[code.value].strip()}\n")


@pytest.mark.parametrize(
    ("word", "advice"),
    [
        ("Different-Shapes", "did you mean 'different-shape'?"),
        ("xyz", "without CODE, all are listed"),
    ],
)
def test_a_code_that_there_is_not(word: str, advice: str) -> None:
    result = CliRunner().invoke(main, ["explain", word])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(f"{word!r} is not the code of a reason: {advice}\n")
