"""What holds for any shared module, any copy and any surroundings, with generated ones.

`PROPERTY_EXAMPLES=5000` runs so many examples of each property; as it is they take seconds.
"""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, event, example, given, note, settings
from hypothesis import strategies as st

from codemods.engine.codemod import apply
from codemods.model import Code, FileResult, SharedModule, SharedModules, Source, Status, Verdict
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.rewrites.replace_local_copies.importers import outside_effects
from codemods.rewrites.replace_local_copies.shared import shared_definitions
from tests.execution import Seen, executed, same_names
from tests.generated import (
    AROUND,
    CALLED,
    CHANGED,
    CONTAINED,
    GLOBALS,
    REPLACING,
    RISKY,
    SHARED,
    Repository,
    repositories,
    used_once,
)
from tests.tools import AWAITED, COPY, Files, run

OTHER = COPY.replace("_closed = False", "_closed = None")
MOCK = COPY.replace("TestWeb", "MockWeb")
COPIES = [COPY, AWAITED, MOCK]

#: Pieces of a module that a copy may stand among. Each compiles wherever it stands.
PIECES = [
    '"""Über a docstring."""\n',
    "import os\n",
    "import asyncio\n",
    "import asyncio  # noqa: F401\n",
    "import os; import re\n",
    "from typing import (\n    Any,\n    Dict,  # mapping\n)\n",
    "from test_framework.ssot.websocket_connection_test_utility import AGENT_EVENTS\n",
    "import sys\nsys.path.insert(0, '.')\n",
    "try:\n    import one\nexcept ImportError:\n    one = None\n",
    "from helpers import *\n",
    "# a comment\n",
    "# ---- a heading ----\n",
    "#!/usr/bin/env python\n",
    "\x0c\n",
    "VALUE = 'é'  # trailing\n",
    "x = 1; y = 2\n",
    "text = '''\n  kept   \n\n\n\n\tas it is\n'''\n",
    "if x:\n\tpass\n\t# with a tab\n",
    "def helper():\n    # inside\n    return 1\n",
    "@decorated\nclass Other:\n    a = 1\n",
    "def test_a():\n    assert TestWebSocketConnection().messages_sent == []\n",
    "def test_b(ws: 'MockWebSocketConnection'):\n    pass\n",
    "wire = TestWebSocketConnection()\n",
    "TestWebSocketConnection.limit = 1\n",
    "class Sub(MockWebSocketConnection):\n    pass\n",
    "# class TestWebSocketConnection:\n#     pass\n",
    "if __name__ == '__main__':\n    TestWebSocketConnection()\n",
    OTHER,
]

BOM = b"\xef\xbb\xbf"

ENCODINGS = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "latin-1": b"# -*- coding: latin-1 -*-\n",
}


@st.composite
def modules(draw: st.DrawFn) -> bytes:
    """Draw a module: pieces in any order, at least one copy, layout and encoding of any kind."""
    piece = st.sampled_from(PIECES)
    copy = st.sampled_from(COPIES)
    parts = [
        *draw(st.lists(piece, max_size=5)),
        draw(copy),
        *draw(st.lists(piece | copy, max_size=5)),
    ]
    blank = st.lists(st.sampled_from(["\n", "\n", "  \n"]), max_size=3)
    text = "".join(part + "".join(draw(blank)) for part in parts)
    if draw(st.booleans()):
        text = text.rstrip("\n")
    newline = draw(st.sampled_from(["\n", "\r\n", "mixed"]))
    if newline == "mixed":
        lines = text.split("\n")
        text = "".join(a + draw(st.sampled_from(["\n", "\r\n"])) for a in lines[:-1]) + lines[-1]
    else:
        text = text.replace("\n", newline)
    encoding = draw(st.sampled_from(list(ENCODINGS)))
    return ENCODINGS[encoding] + text.encode(encoding)


def lines_of(content: bytes) -> list[bytes]:
    """Split at line ends, which stay."""
    text = content.removeprefix(BOM)
    return [*re.findall(rb"[^\n]*\n", text), text.rpartition(b"\n")[2]]


def without_blank_ones(lines: Iterable[bytes]) -> list[bytes]:
    return [line for line in lines if line.strip(b" \t\r\n")]


def without_shared_imports(source: bytes) -> list[bytes]:
    statement = rb"[^\n\r]*test_framework\.ssot[^\n\r(]*(\([^)]*\))?[^\n\r]*(\r\n|\r|\n|\Z)"
    return without_blank_ones(lines_of(re.sub(statement, b"", source)))


def is_subsequence(part: list[bytes], whole: list[bytes]) -> bool:
    rest = iter(whole)
    return all(line in rest for line in part)


@settings(max_examples=100, deadline=None)
@given(modules())
@example(
    b"class Sub(MockWebSocketConnection):\n    pass\n" + MOCK.encode() + COPY.encode(),
).via("an import of two names, each on a line of its own")
def test_nothing_but_copies_and_their_imports_changes(before: bytes) -> None:
    result = run(before)
    assert (result.status is Status.CHANGED) == (result.after is not None)
    # The pieces compile each by itself; a late __future__ or so is not among them.
    assert result.status in {Status.CHANGED, Status.REFUSED}, result.error
    if result.after is None:
        assert all(d.verdict is Verdict.REFUSE and d.reasons for d in result.decisions)
        return
    compile(result.after, "after", "exec")
    assert run(result.after).after is None
    assert before.startswith(BOM) == result.after.startswith(BOM)
    lines = lines_of(before)
    for replaced in result.replaced:
        for number in range(replaced.definition.line - 1, replaced.definition.end_line):
            lines[number] = b""
    # An import that is joined is another line.
    rest, stayed = map(without_shared_imports, (b"".join(lines), result.after))
    if not before.endswith(b"\n"):  # what was the last line has an end where an import follows
        rest, stayed = ([x.rstrip(b"\r\n") for x in some] for some in (rest, stayed))
    assert is_subsequence(stayed, rest)
    lost = Counter(rest) - Counter(stayed)
    assert all(line.startswith(b"#") for line in lost), lost  # it stood directly above a copy
    assert others(result.after, set()) == others(
        before, {d.definition.line for d in result.replaced}
    )


def others(content: bytes, replaced: set[int]) -> list[str]:
    """Return the statements of a module but for imports of the shared one, and the copies."""
    body = [s for s in ast.parse(content).body if s.lineno not in replaced]
    texts = (s for s in body if not ast.unparse(s).startswith("from test_framework.ssot"))
    return [ast.dump(s) for s in texts]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes(content: bytes, with_copy: bool) -> None:
    result = run(COPY.encode() + content if with_copy else content)
    assert result.status in Status


# Shared modules, copies and surroundings, executed before and after

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "0"))


def examples(usual: int) -> settings:
    """Return the settings of a property that executes what it draws."""
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    return settings(max_examples=EXAMPLES or usual, deadline=None, suppress_health_check=slow)


#: Why a shared definition may be one that cannot be shared after all.
CANNOT_BE_SHARED = {Code.ACTS_WHEN_DEFINED, Code.STATE, Code.DIFFERENT_GLOBALS}


def codemod_of(repository: Repository) -> ReplaceLocalCopies:
    path = "/repository/kit/tools.py"
    module = SharedModule(SHARED, path, repository.shared.encode(), rewrites_asserts=True)
    return ReplaceLocalCopies(SharedModules((module,)))


def migrated(repository: Repository) -> dict[str, FileResult]:
    """Apply the codemod to each file, as `migrate` does: with an eye on what the others do."""
    codemod = codemod_of(repository)
    sources = [Source(f"/repository/{f.name}.py", f.source) for f in repository.files]
    results = {s.path: apply(s.content, s.path, codemod) for s in sources}
    changed = {path: r for path, r in results.items() if r.after is not None}
    for source in sources:
        effects = outside_effects(codemod.modules, changed, Files(*sources)).get(source.path)
        if effects is not None:
            again = replace(codemod, kept=effects.taken, from_outside=effects.reasons)
            results[source.path] = apply(source.content, source.path, again)
    return {f.name: results[f"/repository/{f.name}.py"] for f in repository.files}


def names_after(repository: Repository, results: dict[str, FileResult]) -> dict[str, str]:
    """Return the names of the objects that stand for copies of other names."""
    real = {
        d.name: d.real_name for d in shared_definitions(codemod_of(repository).modules).definitions
    }
    replaced = [d for r in results.values() for d in r.replaced]
    pairs = [(d.definition.name, real[d.shared[1]]) for d in replaced if d.shared is not None]
    return {local: name for local, name in pairs if local != name}


def check_behaviour(repository: Repository, results: dict[str, FileResult]) -> None:
    """Check that the files behave as before, one after the other in one process."""
    changed = {name: r.after for name, r in results.items() if r.after is not None}
    run = list(results)
    before = executed(repository.modules, run, locked=repository.locked)
    after = executed({**repository.modules, **changed}, run, locked=repository.locked)
    renamed = names_after(repository, results)
    for name, old, new in zip(run, before, after, strict=True):
        if not is_healed(old, results[name]):
            check_same(old, new, results[name].dropped, renamed)


def check_drawn(repository: Repository) -> dict[str, FileResult]:
    """Check the behaviour of what hypothesis drew."""
    assume(all(map(compiles, repository.modules.values())))
    results = migrated(repository)
    assert all(r.status is not Status.FAILED for r in results.values()), results
    event(" ".join(sorted(r.status.name for r in results.values())))
    changed = [r.after for r in results.values() if r.after is not None]
    if changed:
        note("\n".join(after.decode(errors="replace") for after in changed))
        assume(not executed(repository.modules, [SHARED])[0].imported)
        if len(repository.files) > 1:
            # What uses the shared definition today may change it today.
            assume(not any(SHARED.encode() in f.source for f in repository.files))
        check_behaviour(repository, results)
    return results


def is_healed(old: Seen, result: FileResult) -> bool:
    """Whether a file used a copy above its definition, or lacked an import that only it needs."""
    said = "\n".join([old.printed, *old.tests.values()])
    missing = re.findall(r"NameError.*?name '(\w+)' is not defined", said)
    replaced = {d.definition.name for d in result.replaced} | {"pytest"}  # that of its marks
    return old.imported.startswith("NameError") or not replaced.isdisjoint(missing)


def check_same(old: Seen, new: Seen, dropped: frozenset[str], renamed: dict[str, str]) -> None:
    assert same_names(new.imported, renamed) == same_names(old.imported, renamed)
    assert same_names(new.printed, renamed) == same_names(old.printed, renamed)
    assert set(old.names) - dropped <= set(new.names) <= set(old.names)
    assert new.tests.keys() == old.tests.keys()
    for name, text in old.tests.items():
        assert same_names(new.tests[name], renamed) == same_names(text, renamed), name
    for name, text in new.things.items():
        assert same_names(text, renamed) == same_names(old.things[name], renamed), name


def compiles(source: bytes) -> bool:
    try:
        compile(source, "<generated>", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


@examples(100)
@given(repositories())
def test_a_changed_file_behaves_as_before(repository: Repository) -> None:
    check_drawn(repository)


@examples(60)
@given(repositories(count=2))
def test_files_share_no_state(repository: Repository) -> None:
    check_drawn(repository)


#: A class and a function that may be shared, to be used in one way each.
PLAIN_CLASS = """\
class Alpha:
    limit = 3

    def __init__(self, a=1, b=2):
        self.a = a

    def run(self, a=4):
        return (self.a, a, LIMIT)
"""
PLAIN_FUNCTION = """\
def build(a=1):
    return [a, LIMIT]
"""


def check_each(repositories_: Iterable[Repository]) -> None:
    """Check the behaviour of each repository that would change, and that some do."""
    count = 0
    for repository in repositories_:
        results = migrated(repository)
        if results["test_a"].status is Status.CHANGED:
            count += 1
            check_behaviour(repository, results)
    assert count


@pytest.mark.parametrize("definition", [PLAIN_CLASS, PLAIN_FUNCTION], ids=["class", "function"])
class TestOneByOne:
    """What the properties draw together, each by itself."""

    def test_uses(self, definition: str) -> None:
        is_class = definition == PLAIN_CLASS
        uses = [*CONTAINED, *RISKY] if is_class else [*CALLED, *CHANGED]
        check_each(used_once(definition, use) for use in uses)

    def test_replaced_globals(self, definition: str) -> None:
        other = definition.replace("LIMIT", "LABEL")
        check_each(used_once(d, use) for use in REPLACING for d in (definition, other))

    def test_surroundings(self, definition: str) -> None:
        check_each(used_once(definition, above=form) for form in AROUND if "_call()" not in form)
        check_each(used_once(definition, below=form) for form in AROUND if "_call()" not in form)

    def test_other_globals(self, definition: str) -> None:
        check_each(
            used_once(definition.replace("LIMIT", one.read), instead=binding)
            for one in GLOBALS.values()
            for binding in (one.usual, *one.others)
        )


#: The member of an enum is one for all files: an attribute that is set on it would leak. A class
#: method may hand on the class.
CANNOT_BE_CONTAINED = re.compile(r"may be set on a member of it|\bcls\b")


@examples(40)
@given(repositories(is_safe=True))
def test_a_copy_that_is_contained_is_replaced(repository: Repository) -> None:
    results = check_drawn(repository)
    reasons = (r for result in results.values() for d in result.decisions for r in d.reasons)
    codes = {r.code for r in reasons if not CANNOT_BE_CONTAINED.search(r.message)}
    assert codes <= CANNOT_BE_SHARED, results
