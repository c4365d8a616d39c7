"""What a migration would do or did."""

from __future__ import annotations

import json
from typing import Any

from codemods.model import (
    Code,
    Decision,
    Definition,
    Entry,
    FileResult,
    Reason,
    Run,
    Status,
    Verdict,
    Written,
)
from codemods.report.migrate import as_json, as_text
from codemods.report.table import Detail


def replaced(line: int = 1) -> Decision:
    return Decision(
        Definition("Fake", "class", line, line + 5), Verdict.REPLACE, ("lib", "Shared"), ()
    )


def refused(*codes: Code) -> Decision:
    reasons = tuple(Reason(c, 2, c.value) for c in codes)
    return Decision(Definition("Fake", "class", 1, 6), Verdict.REFUSE, None, reasons)


def changed(path: str, *decisions: Decision, warnings: tuple[Reason, ...] = ()) -> FileResult:
    return FileResult(path, Status.CHANGED, decisions, warnings, "0", b"", None)


def stays(path: str, *decisions: Decision) -> FileResult:
    return FileResult(path, Status.REFUSED, decisions, (), "0", None, None)


def failed(path: str, code: Code = Code.SYNTAX_ERROR) -> FileResult:
    return FileResult(path, Status.FAILED, (), (), "0", None, Reason(code, 3, "it fails"))


WARNING = Reason(Code.UNDEFINED_NAME, 8, "it is not defined")
RESULTS = (
    changed("a.py", replaced(), replaced(10), refused(Code.NESTED), warnings=(WARNING,)),
    stays("b.py", refused(Code.NESTED), refused(Code.MUTATED, Code.REBOUND)),
    failed("c.py"),
)


def text(results: tuple[FileResult, ...], **values: Any) -> str:
    given = {name: values.pop(name) for name in ("files", "run", "left") if name in values}
    return as_text(written(results, **given), **{"dry_run": False, **values})


def written(
    results: tuple[FileResult, ...], files: int = 10, run: str | None = None, left: int = 0
) -> Written:
    made = Run(run, "", "", (), True, frozenset()) if run is not None else None
    return Written(files, made, results, left, 0)


def test_a_run() -> None:
    assert (
        text(RESULTS, files=2000, run="R1", left=1)
        == """\
changed             1 file  with 2 copies
remaining           1 file
refused             2 files  with 3 definitions (1 file counted above, too)
failed              1 file
unchanged       1,996 files

changed: a.py

refused, by first reason  definitions
nested                              2
mutated                             1
why: -v names each; ssot-codemods explain nested

a.py:8:1: undefined-name it is not defined

line numbers in changed files are those of before the change

c.py:3:1: syntax-error it fails

to undo, before you edit the files: ssot-codemods rollback R1
to find unused imports (keep those of fixtures, as tests use them): ruff check --select F401 a.py
"""
    )


def test_a_dry_run_has_the_lines_of_the_files_as_they_are() -> None:
    told = "those of before the change"
    assert told in as_text(written(RESULTS), dry_run=False)
    assert told not in as_text(written(RESULTS), dry_run=True)
    assert told not in as_text(written((changed("a.py", replaced()),)), dry_run=False)


def test_how_a_linter_keeps_the_imports_of_fixtures() -> None:
    fixture = replaced()._replace(definition=Definition("user", "fixture", 1, 6))
    results = (changed("a.py", fixture, replaced()), changed("b.py", replaced()))
    entries = tuple(Entry(n, f"tests/u[1]/{p}.py", "", "", 0) for n, p in enumerate("ab"))
    run = Run("R1", "", "", entries, True, frozenset())
    done = Written(10, run, results, 0, 0)
    shown = """

tests use the imported fixtures by parameters, which ruff does not see; tell it
(where it has such a table, add the line there):

[tool.ruff.lint.pyflakes]
allowed-unused-imports = ["lib"]

[tool.ruff.lint.per-file-ignores]
"tests/u[[]1]{}" = ["F811"]
"""
    assert as_text(done, dry_run=False).endswith(shown.replace("{}", "/**"))
    one = done._replace(run=run._replace(entries=entries[:1]))
    assert as_text(one, dry_run=False).endswith(shown.replace("{}", "/a.py"))
    for shown_run, files in ((done, "*"), (one, "a.py")):
        assert as_text(shown_run, dry_run=False, flake8=True).endswith(
            ": flake8 --select F401 a.py b.py\n\n"
            "tests use the imported fixtures by parameters, which flake8 does not see; tell it\n"
            "(where it has such a table, add the line there):\n\n"
            f"[flake8]\nper-file-ignores = tests/u[[]1]/{files}: F401, F811\n"
        )

    others = done._replace(results=results[1:])
    for found, detail in ((done, Detail.QUIET), (others, Detail.NORMAL)):
        assert "the imported fixtures" not in as_text(found, dry_run=False, detail=detail)


def test_a_line_for_each_definition_that_stays() -> None:
    lines = text(RESULTS, detail=Detail.VERBOSE).splitlines()
    assert [line for line in lines if line.startswith(("a.py:2", "b.py"))] == [
        "a.py:2:1: nested nested",
        "b.py:2:1: nested nested",
        "b.py:2:1: mutated mutated; line 2: rebound rebound",
    ]


def test_a_reason_about_a_file_is_told_once() -> None:
    said = text((stays("a.py", refused(Code.UNCOMMITTED), refused(Code.UNCOMMITTED)),))
    assert said.count("a.py:2:1: uncommitted") == 1
    assert "skipped             1 file  with 2 copies\n" in said
    assert "refused" not in said


def test_a_reason_about_many_files_is_told_of_a_few() -> None:
    results = tuple(stays(f"{n:02}.py", refused(Code.UNCOMMITTED)) for n in range(12))
    assert text(results).count("uncommitted uncommitted") == 10
    assert "\n2 more (-v names them)\n" in text(results)
    assert text(results, detail=Detail.VERBOSE).count("uncommitted uncommitted") == 12


def test_each_changed_file_is_named() -> None:
    results = tuple(changed(f"{n:02}.py", replaced()) for n in range(12))

    def named(**values: Any) -> list[str]:
        lines = text(results, **values).splitlines()
        return [line for line in lines if line.startswith(("changed: ", "would change: "))]

    assert named(dry_run=True)[0] == "would change: 00.py"
    assert named()[8:] == ["changed: 08.py", "changed: 09.py", "changed: 2 more (-v names them)"]
    assert named(detail=Detail.VERBOSE)[9:] == [f"changed: {n}.py" for n in ("09", "10", "11")]
    assert named(detail=Detail.QUIET) == []


def test_nothing_to_do_is_said() -> None:
    assert text((), files=0) == "changed             0 files  with 0 copies\n"
    assert text((), files=0, dry_run=True).startswith("would change        0 files")


def test_one_copy() -> None:
    first = text((changed("a.py", replaced()),), dry_run=True).splitlines()[0]
    assert first == "would change        1 file  with 1 copy"


def test_what_could_not_be_read_was_not_looked_at() -> None:
    said = text((failed("a.py", Code.UNREADABLE),), files=0)
    assert "unchanged" not in said
    assert "failed              1 file" in said


def test_json() -> None:
    values = as_json(written(RESULTS, run="R1", left=4), dry_run=False)
    assert json.loads(json.dumps(values)) == {
        "schema": "ssot-codemods/migrate/3",
        "dry_run": False,
        "run": "R1",
        "file_count": 10,
        "changed_file_count": 1,
        "remaining_file_count": 4,
        "replaced": [
            {
                "path": "a.py",
                "line": n,
                "column": 1,
                "end_line": n + 5,
                "name": "Fake",
                "kind": "class",
                "verdict": "replace",
                "lost_comment_lines": [],
                "shared": "lib.Shared",
                "reasons": [],
            }
            for n in (1, 10)
        ],
        "refused": [
            {
                "path": path,
                "line": 1,
                "column": 1,
                "end_line": 6,
                "name": "Fake",
                "kind": "class",
                "verdict": "refuse",
                "lost_comment_lines": [],
                "shared": None,
                "reasons": [
                    {"path": path, "code": c, "line": 2, "column": 1, "message": c} for c in codes
                ],
            }
            for path, codes in [
                ("a.py", ["nested"]),
                ("b.py", ["nested"]),
                ("b.py", ["mutated", "rebound"]),
            ]
        ],
        "warnings": [
            {
                "path": "a.py",
                "code": "undefined-name",
                "line": 8,
                "column": 1,
                "message": "it is not defined",
            }
        ],
        "failures": [
            {"path": "c.py", "line": 3, "column": 1, "code": "syntax-error", "message": "it fails"}
        ],
        "verification": None,
    }
