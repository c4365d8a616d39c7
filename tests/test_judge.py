"""What is known about a file before LibCST is started."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from codemods.engine.codemod import transform
from codemods.engine.judge import judge, may_define
from codemods.model import Code, Status
from tests.tools import COPY, SHARED, default_target, source

NAME = "TestWebSocketConnection"

DEFINITIONS = {
    "at the start": f"class {NAME}: pass",
    "below a BOM": f"\ufeffclass {NAME}: pass",
    "indented": f"if x:\n \t class {NAME}: pass",
    "behind a form feed": f"x = 1\n\fclass {NAME}: pass",
    "with arguments": f"class {NAME}(A): pass",
    "with blanks": f"class \t {NAME} : pass",
    "with a continued line": f"class \\\n  {NAME}: pass",
    "with a continued line, without blanks": f"class\\\n{NAME}: pass",
    "with a continued line of Windows": f"class\\\r\n{NAME}: pass",
    "below a continued line": f"\\\nclass {NAME}: pass",
    "below a decorator": f"@mark\nclass {NAME}: pass",
    "below a lone carriage return": f"x = 1\rclass {NAME}: pass",
    "by another name": "class MockWebSocketConnection: pass",
    "with type parameters": f"class {NAME}[T]: pass",
    "at the end": f"\nclass {NAME}",
}
NO_DEFINITIONS = {
    "nothing": "",
    "a use": f"{NAME}()",
    "another name": f"class {NAME}s: pass",
    "another name, not in ASCII": f"class {NAME}\u00e9: pass",
    "another name in front": f"class Real{NAME}: pass",
    "a subclass": f"class Other({NAME}): pass",
    "in the middle of a line": f"# class {NAME}: pass",
    "a function": f"def {NAME}(): pass",
    "on the next line": f"class\n{NAME}",
    "no blank": f"class{NAME}: pass",
}


@pytest.mark.parametrize("text", DEFINITIONS.values(), ids=DEFINITIONS)
def test_a_definition_is_seen_in_the_bytes(text: str) -> None:
    assert may_define(text.encode(), default_target())


@pytest.mark.parametrize("text", NO_DEFINITIONS.values(), ids=NO_DEFINITIONS)
def test_what_is_no_definition_is_not_parsed(text: str) -> None:
    assert not may_define(text.encode(), default_target())
    judgement = judge(text.encode() + b"\ndef f(:\n", "tests/test_sample.py", default_target())
    assert judgement.result.status is Status.UNCHANGED
    assert (judgement.names, judgement.plan) == (None, None)


def test_a_definition_in_a_string_is_none() -> None:
    before = f'x = """\nclass {NAME}: pass\n"""\n{NAME}()\n'.encode()
    result = judge(before, "tests/test_sample.py", default_target()).result
    assert (result.status, result.decisions) == (Status.UNCHANGED, ())
    assert [w.code for w in result.warnings] == [Code.UNDEFINED_NAME]


def test_what_would_be_replaced_has_a_plan_and_no_bytes() -> None:
    judgement = judge(COPY.encode(), "tests/test_sample.py", default_target())
    assert judgement.result.status is Status.CHANGED
    assert judgement.result.after is None
    assert judgement.plan is not None
    assert judgement.names is not None
    assert isinstance(judgement.names.tree, ast.Module)


def test_what_stays_has_no_plan() -> None:
    before = source("{copy}\nvars(TestWebSocketConnection)\n")
    judgement = judge(before, "tests/test_sample.py", default_target())
    assert judgement.result.status is Status.REFUSED
    assert judgement.plan is None
    assert judgement.result == transform(before, "tests/test_sample.py", default_target())


def test_no_place_for_the_import_is_a_refusal() -> None:
    before = source("{copy}\nwire = TestWebSocketConnection()\nimport sys\nsys.path[0] = 1\n")
    judgement = judge(before, "tests/test_sample.py", default_target())
    assert judgement.result.status is Status.REFUSED
    assert judgement.plan is None


def test_what_does_not_parse_fails() -> None:
    judgement = judge(source("{copy}\ndef f(:\n"), "tests/test_sample.py", default_target())
    assert judgement.result.status is Status.FAILED
    assert (judgement.names, judgement.plan) == (None, None)


def test_what_does_not_compile_is_for_the_transformation_to_see() -> None:
    before = source("{copy}\nreturn\n")
    assert judge(before, "tests/test_sample.py", default_target()).plan is not None
    result = transform(before, "tests/test_sample.py", default_target())
    assert (result.status, result.after) == (Status.FAILED, None)


def changed(
    before: str, *kept: str, path: str = "tests/test_sample.py"
) -> tuple[str, frozenset[str]]:
    """Give the text after the change, and the names that the module no longer binds."""
    result = transform(source(before), path, default_target(), frozenset(kept))
    assert result.status is Status.CHANGED
    assert result.after is not None
    judged = judge(source(before), path, default_target(), frozenset(kept)).result
    assert judged.dropped == result.dropped
    return result.after.decode(), result.dropped


UNUSED = "import asyncio\nimport os\n\n\n{awaited}\n\ndef test_x():\n    pass\n"


def test_what_nothing_uses_is_dropped() -> None:
    after, dropped = changed(UNUSED)
    assert after == "import os\n\n\ndef test_x():\n    pass\n"
    assert dropped == {NAME, "asyncio"}


def test_a_kept_copy_gets_its_import() -> None:
    after, dropped = changed(UNUSED, NAME)
    assert f"import os\nfrom {SHARED} import SSotAsyncWebSocketConnection as {NAME}\n" in after
    assert dropped == {"asyncio"}


def test_a_kept_import_stays() -> None:
    after, dropped = changed(UNUSED, "asyncio")
    assert after.startswith("import asyncio\nimport os\n")
    assert dropped == {NAME}


def test_one_alias_of_several_is_kept() -> None:
    copy = COPY.replace("message: dict", "message: Dict[str, Any]")
    after, dropped = changed("from typing import Any, Dict\n\n\n" + copy, "Any", "other")
    assert after == "from typing import Any\n"
    assert dropped == {NAME, "Dict"}


def test_an_import_under_another_name_is_kept_by_that_name() -> None:
    copy = COPY.replace("message: dict", "message: D")
    before = "from typing import Dict as D\n\n\n" + copy
    assert changed(before, "Dict") == ("", frozenset({NAME, "D"}))
    assert changed(before, "D") == ("from typing import Dict as D\n", frozenset({NAME}))


def test_a_name_that_another_import_binds_is_not_dropped() -> None:
    line = f"from {SHARED} import {NAME}\n"
    assert changed(line + "\n\n{copy}") == (line, frozenset())


def test_a_name_that_is_joined_to_an_import_is_not_dropped() -> None:
    before = f"from {SHARED} import AGENT_EVENTS\n\n\n{{copy}}\n\nx = {NAME}()\n"
    assert changed(before)[1] == frozenset()


def test_a_module_that_pytest_does_not_collect_drops_nothing() -> None:
    assert changed(UNUSED, path="tests/conftest.py")[1] == frozenset()


UNCHANGED = {
    "refused": "{copy}\nvars(TestWebSocketConnection)\n",
    "not parsed": "{copy}\n(",
    "not printed as it is": UNUSED + "x = 1\r",
    "empty": "",
}


@pytest.mark.parametrize("before", UNCHANGED.values(), ids=UNCHANGED)
def test_what_is_not_changed_drops_nothing(before: str) -> None:
    result = transform(source(before), "tests/test_sample.py", default_target())
    assert result.after is None
    assert result.dropped == frozenset()


def test_judging_starts_neither_libcst_nor_pytest() -> None:
    program = (
        "import sys, codemods.engine.judge, codemods.settings\n"
        "codemods.settings.load_target(codemods.settings.Settings())\n"
        "assert not {'libcst', 'pytest'} & set(sys.modules), sorted(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
