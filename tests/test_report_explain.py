"""`explain`: each code has its section, and each example is one."""

from __future__ import annotations

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
    Path("none.json").write_text('{"schema": "ssot-codemods/ratchet/3", "allowed": {}}')
    runs = [["check"], ["check", "--ratchet", "none.json"]]
    for codemod in CODEMODS:
        renames = codemod == "rename_local_class"  # most of what another one refuses
        runs.append(
            [
                "migrate",
                "--codemod",
                codemod,
                "--dry-run",
                "--format",
                "json",
                *["--suffix-from-file"] * renames,
            ]
        )
    found: set[str] = set()
    codes: set[int] = set()
    for arguments in runs:
        result = CliRunner().invoke(main, arguments)
        found |= set(re.findall(r'(?:"code": "|:\d+:\d+: )([a-z-]+)', result.stdout))
        codes.add(result.exit_code)
    assert code.value in found
    fails = code in {Code.SYNTAX_ERROR, Code.UNDECODABLE}
    assert codes <= ({0, 3} if fails else {0, 1})


@pytest.mark.parametrize("code", Code, ids=lambda code: code.value)
def test_each_code_has_more_than_its_first_sentence(code: Code) -> None:
    """Why it is, an example where a file shows it, and what to do."""
    assert explain.as_text(code).count("\n\n") >= (2 if code in EXAMPLES else 1)


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
        ("Different-Shapes", "did you mean different-shape?"),
        ("asert", "did you mean asserts?"),
        ("shape", "did you mean different-shape?"),
        ("differ", "did you mean different-globals or different-shape or tests-differ?"),
        ("copies", "`ssot-codemods explain` lists all codes"),
        ("e", "`ssot-codemods explain` lists all codes"),
        ("", "`ssot-codemods explain` lists all codes"),
    ],
)
def test_a_code_that_there_is_not(word: str, advice: str) -> None:
    result = CliRunner().invoke(main, ["explain", word])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(f"{word!r} is not the code of a reason: {advice}\n")


def test_a_code_in_the_spelling_of_python() -> None:
    assert CliRunner().invoke(main, ["explain", "SYNTAX_ERROR"]).exit_code == 0
