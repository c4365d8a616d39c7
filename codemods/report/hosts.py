"""What is to be fixed, as code hosts read it: annotations of GitHub, SARIF, and GitLab's report."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from codemods.model import Code
from codemods.report import page
from codemods.report.explain import as_text as explained
from codemods.report.explain import summary
from codemods.report.findings import Finding
from codemods.wording import command, plural, visible

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def as_github(findings: Sequence[Finding]) -> str:
    """Format findings as annotations.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    lines = []
    for found in findings:
        # GitHub takes a column only where the first line is the last.
        column = f"col={found.column}," if found.line == found.end_line else ""
        where = (
            f"file={_quoted(found.path, ':,')},line={found.line},{column}endLine={found.end_line}"
        )
        lines.append(f"::error {where},title=ssot-codemods::{_quoted(found.coded(found.text))}\n")
    return "".join(lines)


def as_summary(findings: Sequence[Finding], head: str) -> str:
    """Format findings as Markdown below a line, for the summary of a job of GitHub.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    rows = tuple(
        (page.Code(f"{f.path}:{f.line}"), page.Code(f.coded(f.message)), page.Code(f.fix))
        for f in findings
    )
    blocks: list[page.Block] = [page.Paragraph((head,))]
    blocks += [page.Table((plural(len(rows), "place"), "what", "to fix it"), rows)] if rows else []
    return page.as_markdown(("ssot-codemods check",), blocks, command("check"))


def as_sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return findings as a log of SARIF 2.1.0.

    https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
    """
    codes = sorted({found.code for found in findings}, key=lambda code: code.value)
    prints = fingerprints(findings)
    run = {
        "tool": {
            "driver": {
                "name": "ssot-codemods",
                "version": version("ssot-codemods"),
                "rules": [_rule(code) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [
            {
                "ruleId": found.code.value,
                "ruleIndex": codes.index(found.code),
                "level": "error",
                "message": {"text": visible(found.text)},
                "locations": [{"physicalLocation": _location(found)}],
                "partialFingerprints": {"definition/v1": fingerprint},
            }
            for found, fingerprint in zip(findings, prints, strict=True)
        ],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def as_gitlab(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return findings as a report of Code Climate, with what GitLab wants.

    https://github.com/codeclimate/platform/blob/master/spec/analyzers/SPEC.md#issues
    https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
    """
    return [
        {
            "type": "issue",
            "check_name": found.code.value,
            "categories": ["Bug Risk" if found.is_failure else "Duplication"],
            "description": visible(found.text),
            "fingerprint": fingerprint,
            "severity": "major" if found.is_failure else "minor",
            "location": {"path": found.path, "lines": {"begin": found.line, "end": found.end_line}},
        }
        for found, fingerprint in zip(findings, fingerprints(findings), strict=True)
    ]


def fingerprints(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield a number for each finding that it keeps while lines move, and no other one has."""
    seen: Counter[tuple[str, ...]] = Counter()
    for found in findings:
        key = (found.code.value, found.path, found.about)
        seen[key] += 1
        text = "\0".join((*key, str(seen[key])))
        yield hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.value,
        "shortDescription": {"text": summary(code)},
        "help": {"text": explained(code), "markdown": explained(code)},
        "defaultConfiguration": {"level": "error"},
    }


def _location(found: Finding) -> dict[str, Any]:
    uri = quote(os.fsencode(found.path))
    is_inside = not found.path.startswith("/")
    place = {"uri": uri, "uriBaseId": "%SRCROOT%"} if is_inside else {"uri": f"file://{uri}"}
    region = {"startLine": found.line, "startColumn": found.column, "endLine": found.end_line}
    return {"artifactLocation": place, "region": region}


def _quoted(text: str, more: str = "") -> str:
    """Return data of a command; in a property, more characters have a meaning."""
    return visible(re.sub(rf"[%\r\n{more}]", lambda match: f"%{ord(match.group()):02X}", text))
