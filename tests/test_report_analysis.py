"""An Analysis as text, Markdown and JSON."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from codemods.model import (
    Analysis,
    Code,
    Decision,
    Definition,
    DefinitionFacts,
    FileResult,
    FileSurvey,
    Reason,
    Status,
    Variant,
    Verdict,
)
from codemods.report.analyze import as_json, as_markdown, as_text, paths_to_change

NEEDED = {"path", "line", "end_line", "class_name", "verdict", "shared_name", "reasons"}


def facts(
    name: str, line: int, *codes: Code, uses: int = 0, subclasses: int = 0
) -> DefinitionFacts:
    reasons = tuple(Reason(c, line + n, f"because | {c.value}") for n, c in enumerate(codes))
    verdict = Verdict.REFUSE if codes else Verdict.REPLACE
    shared = None if codes else "Shared"
    decision = Decision(Definition(name, line, line + 9), verdict, shared, reasons)
    return DefinitionFacts(decision, uses, subclasses, 0)


def survey(
    path: str,
    *definitions: DefinitionFacts,
    commented: tuple[tuple[int, str], ...] = (),
    written: tuple[str, ...] = (),
    variants: tuple[Variant, ...] = (),
    error: Reason | None = None,
) -> FileSurvey:
    names = tuple(f.decision.definition.class_name for f in definitions)
    return FileSurvey(path, definitions, variants, (*names, *written), commented, (), (), error)


def failed(path: str) -> FileResult:
    reason = Reason(Code.SYNTAX_ERROR, 7, "invalid syntax")
    return FileResult(path, Status.FAILED, (), (), "", None, reason)


SAME = Variant("aaaa", "Common", (), True)
MORE = Variant("bbbb", "Common", ("--- Common", "+++ here", "+    x = 1"), True)
OTHER = Variant("cccc", "Common", ("--- Common", "+++ here", "-    x = 1"), False)

FULL = Analysis(
    files=1234,
    surveys=(
        survey("a.py", facts("Fake", 3, uses=4, subclasses=1), variants=(SAME,)),
        survey(
            "b/c.py",
            facts("Fake", 5, Code.MUTATED, Code.NESTED),
            facts("Mock", 20),
            variants=(OTHER, MORE),
        ),
        survey("b/d.py", commented=((9, "Fake"),), written=("Fake",)),
        survey("b/e.py", written=("Fake",)),
        survey("b/f.py", written=("Fake",), error=failed("b/f.py").error),
        survey("b/g.py", facts("Mock", 1), variants=(SAME,)),
    ),
    failures=(failed("b/f.py"),),
    importers={("b/g.py", "Mock"): 2},
    seconds=1.23456,
)
EMPTY = Analysis(0, (), (), {}, 0.5)


def test_text() -> None:
    assert (
        as_text(FULL)
        == """\
1,234 files, 6 with a target name, 4 definitions in 3: 3 to be replaced, 1 to stay

class  definitions  replace  refuse
Fake             2        1       1
Mock             2        2       0

folder  definitions  replace  refuse
.                 1        1       0
b                 3        2       1

refused, by first reason  definitions
mutated                             1

grep "class Fake" finds 5 files; 2 of them hold a definition; in 1 it is commented out, \
in 1 it is text or part of a longer name, in 1 the file could not be parsed.

to be replaced, worth a review  uses  subclasses  patched  imported by
a.py:3 Fake                        4           1        0            0
b/g.py:1 Mock                      0           0        0            2

variant aaaa: 2 definitions, is Common
    a.py:3 Fake
    b/g.py:1 Mock

variant bbbb: 1 definition, only adds members to Common
    b/c.py:20 Mock
--- Common
+++ here
+    x = 1

variant cccc: 1 definition, differs from Common
    b/c.py:5 Fake
--- Common
+++ here
-    x = 1

b/f.py:7: syntax-error: invalid syntax
"""
    )


def test_text_with_a_line_for_each_definition() -> None:
    added = set(as_text(FULL, verbose=True).splitlines()) - set(as_text(FULL).splitlines())
    assert added == {
        "a.py:3: replace: `Fake` by the shared `Shared`",
        "b/c.py:5: mutated: because | mutated; line 6: nested: because | nested",
        "b/c.py:20: replace: `Mock` by the shared `Shared`",
        "b/g.py:1: replace: `Mock` by the shared `Shared`",
    }


def test_nothing_at_all() -> None:
    line = "0 files, 0 with a target name, 0 definitions in 0: 0 to be replaced, 0 to stay\n"
    assert as_text(EMPTY) == line
    assert as_markdown(EMPTY) == f"# Scope of the migration\n\n{line}"
    assert as_json(EMPTY)["definitions"] == []


def test_grep_is_not_spoken_of_where_it_is_right() -> None:
    plain = Analysis(1, (survey("a.py", facts("Fake", 1)),), (), {}, 0.1)
    assert "grep" not in as_text(plain)


def test_a_definition_that_grep_does_not_find() -> None:
    tabbed = FileSurvey("t.py", (facts("Fake", 1),), (), (), (), (), (), None)
    analysis = Analysis(2, (survey("a.py", written=("Fake",)), tabbed), (), {}, 0.1)
    assert 'grep "class Fake" finds 1 file; 0 of them hold a definition' in as_text(analysis)


def test_markdown() -> None:
    text = as_markdown(FULL)
    assert text.startswith("# Scope of the migration\n\n1,234 files, ")
    assert "| Fake | 2 | 1 | 1 |" in text
    assert "| `b/c.py:5` | mutated | because \\| mutated |" in text
    assert "| b/g.py:1 Mock | 0 | 0 | 0 | 2 |" in text
    assert "```diff\nvariant bbbb: 1 definition" in text
    assert text.endswith("## Failed\n\n- b/f.py:7: syntax-error: invalid syntax\n")


def test_json_has_the_keys_of_the_schema() -> None:
    values = as_json(Analysis(1, (survey("a.py", facts("F", 1, Code.NESTED)),), (), {}, 0.12345))
    assert values == {
        "schema": "ssot-codemods/analysis/1",
        "files": 1,
        "candidates": 1,
        "definitions": [
            {
                "path": "a.py",
                "line": 1,
                "end_line": 10,
                "class_name": "F",
                "verdict": "refuse",
                "shared_name": None,
                "reasons": [{"code": "nested", "line": 1, "message": "because | nested"}],
            }
        ],
        "commented_out": [],
        "failures": [],
        "seconds": 0.123,
    }


def test_json_of_what_is_there() -> None:
    values = json.loads(json.dumps(as_json(FULL)))
    assert [(d["path"], d["line"], d["verdict"]) for d in values["definitions"]] == [
        ("a.py", 3, "replace"),
        ("b/c.py", 5, "refuse"),
        ("b/c.py", 20, "replace"),
        ("b/g.py", 1, "replace"),
    ]
    assert values["commented_out"] == [{"path": "b/d.py", "line": 9, "class_name": "Fake"}]
    assert values["failures"] == [
        {"path": "b/f.py", "line": 7, "code": "syntax-error", "message": "invalid syntax"}
    ]
    assert values["definitions"][2]["variant"] == {
        "key": "bbbb",
        "nearest": "Common",
        "only_adds": True,
        "difference": ["--- Common", "+++ here", "+    x = 1"],
    }


def test_json_with_all_figures() -> None:
    first, refused, _, last = as_json(FULL, verbose=True)["definitions"]
    figures: dict[str, Any] = {k: v for k, v in first.items() if k not in {*NEEDED, "variant"}}
    assert figures == {"uses": 4, "subclasses": 1, "patch_strings": 0, "importers": 0}
    assert last["importers"] == 2
    assert [r["line"] for r in refused["reasons"]] == [5, 6]


@pytest.mark.parametrize("path", ["ä\nb/c.py", os.fsdecode(b"\xff/c.py")])
def test_names_of_any_bytes(path: str) -> None:
    analysis = Analysis(
        1, (survey(path, facts("F", 1), variants=(MORE,)),), (), {(path, "F"): 1}, 0
    )
    shown = path.replace("\n", "\\x0a")
    for text in (as_text(analysis, verbose=True), as_markdown(analysis)):
        assert shown in text
        text.encode(errors="surrogateescape")
    assert paths_to_change(analysis) == [path]
    json.dumps(as_json(analysis)).encode()


def test_paths_to_change_each_once_in_order() -> None:
    twice = survey("b.py", facts("F", 1), facts("G", 2))
    surveys = (survey("a.py", facts("F", 1)), twice, survey("c.py", facts("F", 1, Code.NESTED)))
    assert paths_to_change(Analysis(3, surveys, (), {}, 0)) == ["a.py", "b.py"]
