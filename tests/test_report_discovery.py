"""What is pasted, as text, Markdown and JSON, and the verb that prints it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from codemods.cli._common import main
from codemods.model import Code, Discovery, FileResult, Group, NearGroup, Place, Reason
from codemods.report.discover import as_json, as_markdown, as_text
from codemods.report.table import Detail


def place(path: str, name: str, *codes: Code, warns: bool = False) -> Place:
    reasons = tuple(Reason(code, 9, f"because | {code.value}") for code in codes)
    return Place(path, name, 3, 12, warns, reasons)


def group(*places: Place, kind: str = "class", nested: bool = False) -> Group:
    return Group(kind, nested, places, places[0])


SHARED = group(
    place("a.py", "Fake", warns=True),
    place("b.py", "Fake", Code.ESCAPES, Code.STATE),
    place("c.py", "Mock"),
    place("c.py", "Fake", Code.ESCAPES),
)
STUCK = group(place("a.py", "get", Code.STATE), place("b.py", "get", Code.STATE), kind="function")
NESTED = group(place("a.py", "user"), place("b.py", "user"), kind="fixture", nested=True)
OF_ONE_FILE = group(place("a.py", "A"), place("a.py", "B"), place("b.py", "A", Code.NESTED))
NEAR = NearGroup(
    "make", "function", ((place("a.py", "make"),), (place("b.py", "make"),)), 2, ("-a", "+b")
)
FAILED = FileResult.failure("bad.py", Reason(Code.SYNTAX_ERROR, 7, "invalid syntax"))
FULL = Discovery(1234, (SHARED, STUCK, NESTED), (NEAR,), 5, (FAILED,), 0.25)


def test_text() -> None:
    assert as_text(FULL) == (
        "1,234 test files: 8 definitions pasted into several of them\n"
        "\n"
        "at the top of modules, by the lines that would go:\n"
        "lines  files  kind   name             can be replaced\n"
        "   10      3  class  Fake (+ 1 name)  2 of 4: 2 escapes; 1 collection warning\n"
        "\n"
        "at the top of modules, by the lines that would go but for what is in the way:\n"
        "lines  files  kind      name  can be replaced\n"
        "   10      2  function  get   0 of 2: 2 state\n"
        "\n"
        "nested, which `adopt` does not take, by the lines that would go:\n"
        "lines  files  kind     name  can be replaced\n"
        "   10      2  fixture  user  2 of 2\n"
        "\n"
        "function make: 2 lines differ, 1 place against 1 place\n"
        "-a\n"
        "+b\n"
        "\n"
        "5 smaller ones: -v or --format json has them\n"
        "why: -v names each; ssot-codemods explain escapes\n"
        "next: ssot-codemods adopt Fake\n"
        "\n"
        "bad.py:7:1: syntax-error invalid syntax\n"
    )


def test_groups_of_one_name_are_told_apart() -> None:
    found = FULL._replace(groups=(SHARED, SHARED))
    for text in (as_text(found), as_markdown(found)):
        assert "Fake (+ 1 name), other code" in text
    hint = "\nother code of one name: --near shows what differs, where it is little\n"
    assert hint in as_text(found)
    assert hint not in as_text(found, near=True)
    assert hint not in as_text(FULL)


def test_where_nothing_can_go_the_way_on_is_told() -> None:
    found = Discovery(2, (STUCK,), (), 0, (), 0)
    code = STUCK.places[0].reasons[0].code.value
    why = f"\nwhy: -v names each; ssot-codemods explain {code}\n"
    assert as_text(found).endswith(why)
    # Of several reasons, the most frequent one.
    assert why in as_text(found._replace(groups=(SHARED, STUCK, STUCK)))


def test_what_is_shared_already_is_not_adopted_again() -> None:
    text = as_text(Discovery(2, (SHARED._replace(is_shared=True), STUCK), (), 0, (), 0))
    assert "2 of 4: 2 escapes; 1 collection warning; shared already\n" in text
    assert text.endswith("\nnext, for what is shared already: ssot-codemods migrate\n")


def test_text_with_each_place() -> None:
    shown = as_text(FULL._replace(groups=(SHARED,), near=(), left=0, failures=()), Detail.VERBOSE)
    assert (
        "class Fake, Mock: 2 of 4: 2 escapes; 1 collection warning\n"
        "    a.py:3: `Fake` can be replaced\n"
        "    b.py:9:1: escapes because | escapes; line 9: state because | state\n"
        "    c.py:3: `Mock` can be replaced\n"
    ) in shown


def test_no_more_groups_than_fit_a_screen() -> None:
    groups = tuple(
        group(place("a.py", f"f{n}"), place("b.py", f"f{n}"), kind="function") for n in range(25)
    )
    found = Discovery(2, groups, (), 0, (), 0)
    assert as_text(found).count("function  f") == 10
    assert as_text(found, Detail.VERBOSE).count("function  f") == 25


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Discovery(0, (), (), 0, (), 0), "no test file and no conftest here: name the paths"),
        (Discovery(3, (), (), 0, (), 0), "3 test files: no helper stands in several of them\n"),
    ],
)
def test_nothing_found_has_a_hint(found: Discovery, expected: str) -> None:
    assert as_text(found).startswith(expected)
    assert expected.partition(":")[0] in as_markdown(found)


def test_markdown() -> None:
    shown = as_markdown(FULL)
    assert "# Pasted definitions\n\n1,234 test files: 8 definitions" in shown
    chart = "Lines that would go, the most first:\n\n```text\n"
    bar = "░" * 36
    assert f"{chart}Fake {bar} 10\nuser {bar} 10\n```\n" in shown
    assert "\n## At the top of modules, by the lines that would go\n" in shown
    assert (
        "| 10 | 3 | class | `Fake (+ 1 name)` | 2 of 4: 2 escapes; 1 collection warning |" in shown
    )
    assert "- `b.py:9:1: escapes because | escapes; line 9: state because | state`" in shown
    assert "```diff\n-a\n+b\n```" in shown
    assert "## Failed" in shown


def test_json() -> None:
    values = json.loads(json.dumps(as_json(FULL)))
    assert values["schema"] == "ssot-codemods/discover/3"
    first = values["groups"][0]
    assert {key: value for key, value in first.items() if key != "places"} == {
        "names": ["Fake", "Mock"],
        "kind": "class",
        "is_nested": False,
        "file_count": 3,
        "removable_line_count": 10,
        "warning_count": 1,
        "replaceable_count": 2,
    }
    assert first["places"][1] == {
        "path": "b.py",
        "line": 3,
        "end_line": 12,
        "name": "Fake",
        "reasons": [
            {"path": "b.py", "code": code, "line": 9, "message": f"because | {code}", "column": 1}
            for code in ("escapes", "state")
        ],
    }
    assert values["near"][0]["changed_line_count"] == 2
    assert values["failures"][0]["path"] == "bad.py"


# --- the verb


TEXT = "class Fake:\n    def f(self):\n        return 1\n\n\nFake().f()\n"


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("test_a.py", "test_b.py"):
        (tmp_path / name).write_text(TEXT)
    return tmp_path


def outcome(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["discover", *arguments], catch_exceptions=False)
    return result.exit_code, result.stdout


def test_the_verb_needs_no_settings(two: Path) -> None:
    code, text = outcome()
    assert code == 0
    assert "    3      2  class  Fake  2 of 2\n" in text
    assert outcome("--min-files", "3") == (0, as_text(Discovery(2, (), (), 0, (), 0)))
    assert "test_b.py:1: `Fake` can be replaced" in outcome("-v")[1]
    assert outcome("--format", "markdown")[1].startswith("# Pasted definitions\n")
    assert (
        len(json.loads(outcome("--format", "json", "--jobs", "1")[1])["groups"][0]["places"]) == 2
    )
    assert sorted(p.name for p in two.iterdir()) == ["test_a.py", "test_b.py"]


def test_the_verb_shows_what_differs(two: Path) -> None:
    (two / "test_b.py").write_text(TEXT.replace("return 1", "return 2"))
    code, text = outcome("--near")
    assert code == 0
    assert "-        return 1\n+        return 2\n" in text


def test_the_verb_says_that_nothing_differs_little(two: Path) -> None:
    def remarks(*arguments: str) -> str:
        return CliRunner().invoke(main, ["discover", *arguments]).stderr

    what = "no two definitions of one name differ in a quarter of their lines or less\n"
    assert (remarks(), remarks("--near"), remarks("--near", "-q")) == ("", what, "")
    (two / "test_b.py").unlink()
    assert remarks() == "--near shows the definitions of one name that differ little\n"


def test_a_text_has_the_first_that_differ_little() -> None:
    found = FULL._replace(near=FULL.near * 12)
    what = "2 more that differ little: -v or --format json has them\n"
    assert (what in as_text(found), what in as_text(found, Detail.VERBOSE)) == (True, False)
    assert len(re.findall(r"^\w+ \w+: \d+ lines? differ", as_text(found), re.MULTILINE)) == 10


def test_a_failed_file_is_named(two: Path) -> None:
    (two / "test_c.py").write_bytes(TEXT.replace("    ", "\t").encode() + b"(")
    code, text = outcome()
    assert code == 3
    assert "test_c.py:7:" in text


def test_a_file_fails_as_for_analyze(two: Path) -> None:
    """What is no text fails, whatever is in it; other files are parsed where it matters."""
    (two / "test_c.py").write_bytes(b"\n\nx = '\xff'\n")
    (two / "test_d.py").write_bytes(f"{TEXT}x = '\xff'\n".encode("latin-1"))
    (two / "test_e.py").write_text(f"{TEXT}x = = 1\n")
    (two / "test_f.py").write_text("x = = 1\n")
    (two / "test_g.py").write_text("x = 'é'\n")
    code, text = outcome()
    assert (code, re.findall("^test_.*", text, re.MULTILINE)) == (
        3,
        [
            "test_c.py:3:6: undecodable not utf-8: invalid start byte",
            "test_d.py:7:6: undecodable not utf-8: invalid start byte",
            "test_e.py:7:5: syntax-error invalid syntax",
        ],
    )


def test_a_single_file_is_taken_whatever_its_name(two: Path) -> None:
    (two / "lib.py").write_text(TEXT)
    values = json.loads(outcome("--format", "json", "lib.py", "test_a.py")[1])
    assert [p["path"] for p in values["groups"][0]["places"]] == ["lib.py", "test_a.py"]
    assert outcome("nothing")[0] == 2
    assert outcome("--min-files", "1")[0] == 2


def test_what_can_be_replaced_in_one_file_alone_saves_nothing() -> None:
    assert (SHARED.lines, OF_ONE_FILE.lines) == (10, 0)
