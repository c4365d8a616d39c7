"""The JSON of the verbs, against ``codemods/report/schema.json``."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from codemods.bundled import copy_sample_suite
from codemods.cli import main
from codemods.disk.journal import Change, Journal
from codemods.measure.model import ExitCodes
from codemods.measure.outcomes import Difference, Evidence, Outcomes
from codemods.migration.verify import RanOnce, Verified
from codemods.report import verify
from codemods.report.document import VERSION
from tests.tools import COPY, write_shared

FOLDER = Path(__file__).resolve().parent.parent / "codemods/report"
SCHEMA: dict[str, Any] = json.loads((FOLDER / "schema.json").read_bytes())
PARTS: dict[str, dict[str, Any]] = SCHEMA["$defs"]
KINDS = {ref["$ref"].rpartition("/")[2] for ref in SCHEMA["oneOf"]}
SETTINGS = """\
[tool.ssot-codemods]
golden-path = ["true"]

[tool.ssot-codemods.phases.all]
paths = ["unit"]
collection-seconds = 5
"""
#: The parts that stand where something is wrong.
FAULTS = {"collection_error", "diagnosis", "difference", "differing_place"}
#: The two sides of whatever has them.
SIDES = {"before", "after"}
#: Numbers of which the name is a unit, or that have the one of what is around them.
PLAIN_NUMBERS = {
    "column",
    *("line", "end_line", "seconds", "milliseconds", "jobs", "count"),
    *("median", "min", "max", "limit", "value"),
    *SIDES,
}


def problems(value: object, schema: dict[str, Any]) -> list[str]:
    validator = Draft202012Validator({**schema, "$defs": PARTS})
    return [f"{e.json_path}: {e.message[:300]}" for e in validator.iter_errors(value)]


def check(document: dict[str, Any]) -> set[str]:
    """Check a document against the schema of its kind, and return the parts that it has."""
    _, kind, _ = document["schema"].split("/")
    schema = {"$ref": f"#/$defs/{'record' if kind == 'history' else kind}"}
    assert problems(document, schema) == []
    return set(parts_of(document, schema))


def parts_of(value: Any, schema: dict[str, Any]) -> Iterator[str]:
    """Yield the parts of the schema that stand in a value."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield name
        for key, item in value.items():
            yield from parts_of(item, PARTS[name]["properties"][key])
    for option in schema.get("anyOf") or schema.get("oneOf") or ():
        if not problems(value, option):
            yield from parts_of(value, option)
    for item in value if isinstance(value, list) else ():
        yield from parts_of(item, schema["items"])
    for item in value.values() if "$ref" not in schema and isinstance(value, dict) else ():
        if "additionalProperties" in schema:
            yield from parts_of(item, schema["additionalProperties"])


def printed(*arguments: str, code: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(main, [*arguments, "--format", "json"])
    assert result.exit_code == code, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def git(*arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


def interrupted() -> str:
    """Return the id of a run that was interrupted before its first write."""
    path = Path("unit/test_quota_rules.py")
    journal = Journal(Path.cwd())
    with journal.lock():
        change = Change(str(path), path.read_bytes(), path.read_bytes() + b"\n", 0o644)
        return journal.begin("migrate", [change]).id


def files() -> Iterator[dict[str, Any]]:
    """Yield what stands in the files that the verbs keep."""
    yield json.loads(Path(".ssot-codemods/baselines/before.json").read_bytes())
    for line in Path(".ssot-codemods/history.jsonl").read_bytes().splitlines():
        yield json.loads(line)


def test_what_each_verb_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the sample suite, which has copies, refusals, and a file that is no Python."""
    monkeypatch.chdir(tmp_path)
    copy_sample_suite(tmp_path)
    Path("pyproject.toml").write_text(SETTINGS)
    git("init", "-q")
    assert CliRunner().invoke(main, ["init"]).exit_code == 0
    git("add", "-A")
    git("commit", "-q", "-m", "a")
    found = [
        printed("analyze", "--variants", code=3),
        printed("check", code=3),
        printed("check", "--ratchet", "left.json", "--update", "unit", code=0),
        json.loads(Path("left.json").read_bytes()),
        printed("discover", "--near"),
        printed("doctor", "unit"),
        printed("status"),
        printed("baseline", "--runs", "1", "--save", "before", "unit"),
        printed("baseline", "--runs", "1", "--compare", "before", "unit"),
        printed("baseline", "--profile", "unit"),
        printed("warm", "--jobs", "1", "unit"),
        printed("migrate", "--dry-run", "unit", code=1),
        printed("verify", "unit/test_close_codes.py"),
        printed("migrate", "--verify", "unit"),
        printed("verify", "--golden-path"),
        printed("rollback", "--list"),
        printed("status"),
        printed("accept", code=1),
        printed("report", "unit"),
        printed("report"),
        printed("rollback"),
        printed("migrate", "--resume", interrupted()),
        printed("status", "--history"),
    ]
    parts = set[str]().union(*map(check, (*found, *files())))
    # What would help is told where it would by more than a little: it depends on the machine.
    assert PARTS.keys() - parts <= FAULTS | {"advice"}


def test_what_each_verb_prints_of_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_shared(tmp_path)
    reads = "def test_it(s=open(__file__).read()):\n    assert 'class TestWeb' + 'Socket' in s\n"
    for name, text in (
        ("pytest.ini", "[pytest]\n"),
        ("differs/test_a.py", f"{COPY}\n\n{reads}"),
        ("broken/conftest.py", "import no_such_module\n"),
        ("broken/test_b.py", f"{COPY}\n\nTestWebSocketConnection()\n"),
        ("errors/test_c.py", "import no_such_module\n"),
    ):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
    found = [
        printed("doctor", code=3),
        printed("migrate", "--skip-probe", "differs"),
        printed("verify", code=3),
        printed("report"),
        printed("baseline", "--runs", "1", "--save", "before", "errors"),
        printed("rollback"),
        printed("migrate", "--skip-probe", "--verify", "differs", code=3),
    ]
    assert set[str]().union(*map(check, (*found, *files()))) >= FAULTS


RESULTS = Outcomes({"a.py::x": "passed", "a.py::y": "failed"}, {"b.py": "boom"}, {}, "/")
DIFFERENCE = Difference("a.py", "a.py::x", "passed", "failed")
EVIDENCE = Evidence((DIFFERENCE,), (DIFFERENCE,), ("c.py",), RESULTS, RESULTS)


@pytest.mark.parametrize(
    "shown",
    [
        Verified(None, problem="killed", run="run-1"),
        Verified(
            EVIDENCE,
            {"make": ExitCodes(0, 1)},
            {"a.py": DIFFERENCE},
            {"a.py": DIFFERENCE},
            *(("d.py",), ("e.py",), ("f.py",)),
            run="run-1",
        ),
        RanOnce(RESULTS, {"make": 1}),
    ],
    ids=["no evidence", "all of it", "run once"],
)
def test_what_the_tests_showed(shown: Verified | RanOnce) -> None:
    document = verify.as_json(shown)
    assert "verify" in check(json.loads(json.dumps(document)))


def test_a_key_that_is_not_documented_is_found() -> None:
    document = json.loads(json.dumps(verify.as_json(RanOnce(RESULTS, {}))))
    for broken in ({**document, "more": 1}, {**document, "healed": [1]}):
        with pytest.raises(AssertionError):
            check(broken)
    del document["problem"]
    with pytest.raises(AssertionError):
        check(document)


# The schema itself


def properties() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for part, definition in PARTS.items():
        for name, value in definition["properties"].items():
            yield part, name, value


def kind_of(value: dict[str, Any]) -> str:
    """Return what a value is, null aside: one word of JSON, for a list also of its items."""
    if "$ref" in value:
        return kind_of(PARTS[value["$ref"].rpartition("/")[2]])
    options = value.get("anyOf") or value.get("oneOf")
    if options:
        (kind,) = {kind_of(option) for option in options} - {"null"}
        return kind
    if "enum" in value or "const" in value:
        return "string"
    kinds = value["type"] if isinstance(value["type"], list) else [value["type"]]
    (kind,) = [kind for kind in kinds if kind != "null"] or ["null"]
    return f"list of {kind_of(value['items'])}" if kind == "array" else str(kind)


def test_the_schema_is_one_and_closed() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    optional = set()
    for part, definition in PARTS.items():
        assert definition["additionalProperties"] is False
        names = list(definition["properties"])
        assert set(definition["required"]) <= set(names)
        optional |= {(part, name) for name in names if name not in definition["required"]}
    assert optional == {("series", name) for name in ("median", "min", "max")}
    versions = {value["const"] for _, name, value in properties() if name == "schema"}
    printed_ones = KINDS - {"record"}
    assert {f"ssot-codemods/{kind}/{VERSION}" for kind in printed_ones} < versions


def test_one_name_is_one_kind_of_value() -> None:
    kinds: dict[str, set[str]] = {}
    for _, name, value in properties():
        kinds.setdefault(name, set()).add(kind_of(value))
    assert {name: found for name, found in kinds.items() if len(found) > 1} == {
        name: kinds[name] for name in SIDES
    }
    assert not {"file", "filename", "lineno", "msg"} & kinds.keys()


def test_each_number_has_its_unit() -> None:
    units = ("_count", "_seconds", "_milliseconds", "_bytes", "_percent")
    numbers = {name for _, name, v in properties() if kind_of(v) in ("integer", "number")}
    assert {name for name in numbers if not name.endswith(units)} <= PLAIN_NUMBERS


def test_each_key_is_described() -> None:
    for _, _, value in properties():
        assert value.get("description") or PARTS[value["$ref"][8:]]["description"]


def test_each_finding_has_its_line() -> None:
    for part in ("finding", "definition", "place", "refused_place"):
        assert {"path", "line"} <= set(PARTS[part]["required"])
