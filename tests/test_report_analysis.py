"""An Analysis as text, Markdown and JSON."""

from __future__ import annotations

import json
import os

import pytest

from codemods.model import (
    Analysis,
    Code,
    Decision,
    Definition,
    FileResult,
    FileSurvey,
    Reason,
    Variant,
    Verdict,
)
from codemods.report.analyze import as_json, as_text, paths_to_change
from codemods.report.table import Detail
from codemods.wording import visible


def decision(name: str, line: int, *codes: Code) -> Decision:
    reasons = tuple(Reason(c, line + n, f"because | {c.value}") for n, c in enumerate(codes))
    verdict = Verdict.REFUSE if codes else Verdict.REPLACE
    shared = None if codes else ("lib", "Shared")
    return Decision(Definition(name, "class", line, line + 9), verdict, shared, reasons)


def survey(
    path: str,
    *decisions: Decision,
    commented: tuple[tuple[int, str], ...] = (),
    variants: tuple[Variant, ...] = (),
    error: Reason | None = None,
) -> FileSurvey:
    return FileSurvey(path, decisions, variants, commented, (), error)


def failed(path: str) -> FileResult:
    reason = Reason(Code.SYNTAX_ERROR, 7, "invalid syntax")
    return FileResult.failure(path, reason)


SAME = Variant("aaaa", "Common", (), True)
MORE = Variant("bbbb", "Common", ("--- Common", "+++ here", "+    x = 1"), True)
OTHER = Variant("cccc", "Common", ("--- Common", "+++ here", "-    x = 1"), False)

OWN = Variant("dddd", "Common", ("+ x",), False)

FULL = Analysis(
    files=1234,
    surveys=(
        survey("a.py", decision("Fake", 3), variants=(SAME,)),
        survey(
            "b/c.py",
            decision("Fake", 5, Code.MUTATED, Code.NESTED),
            decision("Mock", 20),
            variants=(OTHER, MORE),
        ),
        survey("b/d.py", commented=((9, "Fake"),)),
        survey("b/e.py", decision("Fake", 2, Code.SAME_NAME_ONLY), variants=(OWN,)),
        survey("b/f.py", error=failed("b/f.py").error),
        survey("b/g.py", decision("Mock", 1), variants=(SAME,)),
    ),
    failures=(failed("b/f.py"),),
    seconds=1.23456,
    without_code=("b/h.py", "b/\x1b.py"),
)
EMPTY = Analysis(0, (), (), 0.5)


def test_text() -> None:
    assert (
        as_text(FULL)
        == """\
1,234 Python files, 4 definitions in 3: 3 to be replaced, 1 to stay

name  definitions  replace  refuse
Fake            2        1       1
Mock            2        2       0

folder  definitions  replace  refuse
.                 1        1       0
b                 3        2       1

refused, by first reason  definitions
mutated                             1
why: -v names each; ssot-codemods explain mutated

1 other definition shares only the name (-v lists them)

2 files without code, but with comments (-v lists them)

`Fake` is commented out in 1 file, where grep finds it

variant aaaa: 2 definitions, is Common
    a.py:3 Fake
    b/g.py:1 Mock

variant cccc: 1 definition, differs from Common
    b/c.py:5 Fake
--- Common
+++ here
-    x = 1

variant bbbb: 1 definition, only adds members to Common
    b/c.py:20 Mock
--- Common
+++ here
+    x = 1

variant dddd: 1 definition, differs from Common
    b/e.py:2 Fake
+ x

b/f.py:7:1: syntax-error invalid syntax
"""
    )


def test_a_long_list_of_places_is_cut_short() -> None:
    many = [survey(f"{n:02}.py", decision("Fake", 3), variants=(SAME,)) for n in range(12)]
    found = FULL._replace(surveys=tuple(many))
    assert "    09.py:3 Fake\n    2 more (-v names them)\n" in as_text(found)
    assert "    11.py:3 Fake\n" in as_text(found, Detail.VERBOSE)


def test_text_with_a_line_for_each_definition() -> None:
    added = set(as_text(FULL, Detail.VERBOSE).splitlines()) - set(as_text(FULL).splitlines())
    assert added == {
        "a.py:3:1: copy of `lib.Shared`, as `Fake`",
        "b/c.py:5:1: mutated because | mutated; line 6: nested because | nested",
        "b/c.py:20:1: copy of `lib.Shared`, as `Mock`",
        "b/e.py:2:1: same-name-only because | same-name-only",
        "b/g.py:1:1: copy of `lib.Shared`, as `Mock`",
        "b/h.py: no code",
        "b/\\x1b.py: no code",
        "why: ssot-codemods explain mutated",
        "1 other definition shares only the name",
        "2 files without code, but with comments",
    }


def test_nothing_at_all() -> None:
    line = "0 Python files, 0 definitions in 0: 0 to be replaced, 0 to stay\n"
    assert as_text(EMPTY) == line
    assert as_json(EMPTY)["definitions"] == []


def test_json_has_the_keys_of_the_schema() -> None:
    values = as_json(Analysis(1, (survey("a.py", decision("F", 1, Code.NESTED)),), (), 0.12345))
    assert values == {
        "schema": "ssot-codemods/analyze/3",
        "file_count": 1,
        "candidate_count": 1,
        "definitions": [
            {
                "path": "a.py",
                "line": 1,
                "column": 1,
                "end_line": 10,
                "name": "F",
                "kind": "class",
                "verdict": "refuse",
                "lost_comment_lines": [],
                "shared": None,
                "reasons": [
                    {
                        "path": "a.py",
                        "code": "nested",
                        "line": 1,
                        "column": 1,
                        "message": "because | nested",
                    }
                ],
            }
        ],
        "variants": [],
        "commented_out": [],
        "without_code": [],
        "warnings": [],
        "failures": [],
        "prospects": [],
        "seconds": 0.123,
    }


def test_json_of_what_is_there() -> None:
    values = json.loads(json.dumps(as_json(FULL)))
    assert [(d["path"], d["line"], d["verdict"]) for d in values["definitions"]] == [
        ("a.py", 3, "replace"),
        ("b/c.py", 5, "refuse"),
        ("b/c.py", 20, "replace"),
        ("b/e.py", 2, "refuse"),
        ("b/g.py", 1, "replace"),
    ]
    assert values["commented_out"] == [{"path": "b/d.py", "line": 9, "name": "Fake"}]
    assert values["failures"] == [
        {
            "path": "b/f.py",
            "line": 7,
            "column": 1,
            "code": "syntax-error",
            "message": "invalid syntax",
        }
    ]
    assert [len(variant["places"]) for variant in values["variants"]] == [2, 1, 1, 1]
    assert values["variants"][2] == {
        "key": "bbbb",
        "nearest": "Common",
        "only_adds": True,
        "difference": ["--- Common", "+++ here", "+    x = 1"],
        "places": [{"path": "b/c.py", "line": 20, "name": "Mock"}],
    }


@pytest.mark.parametrize("path", ["ä\nb/c.py", os.fsdecode(b"\xff/c.py")])
def test_names_of_any_bytes(path: str) -> None:
    analysis = Analysis(1, (survey(path, decision("F", 1), variants=(MORE,)),), (), 0)
    text = as_text(analysis, Detail.VERBOSE)
    assert visible(path) in text
    text.encode()
    assert paths_to_change(analysis) == [path]
    json.dumps(as_json(analysis)).encode()


def test_paths_to_change_each_once_in_order() -> None:
    twice = survey("b.py", decision("F", 1), decision("G", 2))
    surveys = (
        survey("a.py", decision("F", 1)),
        twice,
        survey("c.py", decision("F", 1, Code.NESTED)),
    )
    assert paths_to_change(Analysis(3, surveys, (), 0)) == ["a.py", "b.py"]
