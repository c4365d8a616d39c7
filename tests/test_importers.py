"""What other files do with a module that would change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codemods.commands._libcst import _Others
from codemods.engine.codemod import apply
from codemods.engine.text import stem_of
from codemods.model import Code, FileResult, Reason, SharedModule, SharedModules, Source, Status
from codemods.rewrites.others import Effects
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.rewrites.replace_local_copies.importers import outside_effects
from tests.tools import LONG, Files, failing, run, shared, write

LIB = "lib.tools"
MODULE = "/repo/tests/helpers.py"
TEXT = "import x\n\n\nclass Name:\n    def go(self): return x\n\n\ndef make(): return Name()\n"
MODULES = shared(TEXT, LIB)
#: A module that pytest collects, where nothing needs the name.
UNUSED = "class Name:\n    def go(self): return 1\n"


def result_of(text: str, path: str = MODULE) -> FileResult:
    return run(text, path, shared(text, LIB))._replace(path=path)


CHANGED = result_of(TEXT)
DROPPED = result_of(UNUSED, "/repo/tests/test_b.py")


def effects(source: Source, changed: FileResult) -> Effects:
    found = outside_effects(MODULES, {changed.path: changed}, Files(source))
    return found.get(changed.path, Effects(frozenset(), {}))


def codes(text: str, path: str = "/repo/tests/test_a.py") -> dict[str, set[Code]]:
    found = effects(Source(path, text.encode()), CHANGED).reasons
    return {name: {r.code for r in reasons} for name, reasons in found.items()}


@pytest.mark.parametrize(
    ("path", "stem"),
    [
        ("/repo/tests/helpers.py", b"helpers"),
        ("/repo/tests/unit/__init__.py", b"unit"),
        ("tests/café.py", "café".encode()),
    ],
)
def test_the_word_by_which_others_name_a_module(path: str, stem: bytes) -> None:
    assert stem_of(path) == stem


def test_a_name_that_others_mention_is_kept() -> None:
    assert DROPPED.dropped == {"Name"}
    for text in ("from test_b import Name", "# test_b: Name", "run('test_b')['Name']"):
        assert effects(Source("/repo/a.py", text.encode()), DROPPED).taken == {"Name"}
    for text in ("import test_b", "from test_b import Names, my_Name", "from test_b import *"):
        # To be handed on.
        assert effects(Source("/repo/a.py", text.encode()), DROPPED).taken == {"Name"}
    for text in ("import test_bc", "Name = my_test_b = 1", ""):
        assert effects(Source("/repo/a.py", text.encode()), DROPPED).taken == frozenset()


CHANGES = {
    "an attribute": "from helpers import Name\nName.limit = 1\n",
    "an attribute by the module": "import tests.helpers\ntests.helpers.Name.limit = 1\n",
    "an attribute that is deleted": "from helpers import Name\ndel Name.go\n",
    "an attribute that is counted up": "from helpers import Name\nName.n += 1\n",
    "setattr": "from helpers import Name\nsetattr(Name, 'go', 1)\n",
    "monkeypatch": "import helpers\nmonkeypatch.setattr(helpers.Name, 'go', 1)\n",
    "patch.object": "from helpers import Name\npatch.object(Name, 'go')\n",
    "a patch by its path": "patch('tests.helpers.Name.go')\n",
    "a short path": "patch('helpers.Name.go')\n",
}


@pytest.mark.parametrize("text", CHANGES.values(), ids=CHANGES)
def test_a_file_that_changes_a_definition(text: str) -> None:
    assert codes(text)["Name"] == {Code.MUTATED}


def test_a_file_that_replaces_what_calls_itself() -> None:
    source = Source("/repo/a.py", b"import helpers\nmonkeypatch.setattr(helpers, 'make', 1)\n")
    for text, expected in (("make(n - 1)", {Code.DIFFERENT_GLOBALS}), ("n - 1", set())):
        changed = result_of(f"def make(n): return {text}\n")
        reasons = effects(source, changed).reasons.get("make", ())
        assert {r.code for r in reasons} == expected


def test_a_file_that_cannot_be_looked_at_may_do_anything() -> None:
    reason = Reason(Code.TOO_SLOW, 1, "not done after 1 second")
    texts = {"a": b"import helpers, test_b", "b": b"import other"}
    sources = [Source(f"/repo/{name}.py", text) for name, text in texts.items()]
    changed = {r.path: r for r in (CHANGED, DROPPED)}

    found = outside_effects(MODULES, changed, Files(*sources), failing(reason))
    assert found.keys() == changed.keys()
    for path, names in ((MODULE, {"Name", "make"}), (DROPPED.path, {"Name"})):
        assert {n: [r.code for r in rs] for n, rs in found[path].reasons.items()} == {
            name: [Code.TOO_SLOW] for name in names
        }
    assert found[DROPPED.path].taken == {"Name"}
    message = found[MODULE].reasons["make"][0].message
    shown = os.path.relpath("/repo/a.py")
    assert message == f"what {shown} does with it is not known: not done after 1 second"


def test_a_shared_module_that_cannot_be_looked_at_in_time_may_import_anything() -> None:
    reason = Reason(Code.TOO_SLOW, 1, "not done after 1 second")
    long = shared(TEXT + LONG, LIB)
    found = outside_effects(long, {MODULE: CHANGED}, Files(), failing(reason))
    assert {r.code for rs in found[MODULE].reasons.values() for r in rs} == {Code.TOO_SLOW}
    (message, *_) = [r.message for r in found[MODULE].reasons["make"]]
    assert message.endswith("and what that imports is not known: not done after 1 second")
    assert not outside_effects(MODULES, {MODULE: CHANGED}, Files(), failing(reason))


def test_a_file_that_changes_a_function() -> None:
    assert codes("from helpers import make\nmake.calls = 0\n") == {"make": {Code.MUTATED}}


REPLACEMENTS = {
    "a patch": "patch('tests.helpers.x')\n",
    "monkeypatch by path": "monkeypatch.setattr('helpers.x', 1)\n",
    "monkeypatch": "from tests import helpers\nmonkeypatch.setattr(helpers, 'x', 1)\n",
    "an attribute of the module": "import tests.helpers\ntests.helpers.x = 1\n",
    "what a fixture gives": "import helpers\ndef f(it):\n    monkeypatch.setattr(it, 'x', 1)\n",
    "a value in the dictionary": "import helpers\nhelpers.__dict__['x'] = 1\n",
    "a path that is put together": "M = 'tests.helpers'\npatch(M + '.x', 1)\n",
    "a path in an f-string": "M = 'tests.helpers'\nmonkeypatch.setattr(f'{M}.x', 1)\n",
}


@pytest.mark.parametrize("text", REPLACEMENTS.values(), ids=REPLACEMENTS)
def test_a_file_that_replaces_a_global_that_a_copy_reads(text: str) -> None:
    assert codes(text) == {"Name": {Code.DIFFERENT_GLOBALS}}
    assert codes(text.replace("'x'", "'y'").replace(".x", ".y")) == {}


ANY = {
    "names of a variable": "for n in NAMES: monkeypatch.setattr(helpers, n, 1)\n",
    "a dictionary of names": "patch.multiple('tests.helpers', **NAMES)\n",
    "the dictionary of the module": "patch.dict(helpers.__dict__, NAMES)\n",
    "that of vars": "vars(helpers).update(NAMES)\n",
}


@pytest.mark.parametrize("text", ANY.values(), ids=ANY)
def test_a_file_that_may_replace_any_global(text: str) -> None:
    text = f"from tests import helpers\nhelpers.Name()\n{text}"
    everything = {n: {Code.DIFFERENT_GLOBALS} for n in ("Name", "make")}
    assert codes(text) == everything
    assert codes(text.replace("helpers", "others")) == {}


THROUGH = {
    **{
        name: text.replace("helpers", "tools")
        for name, text in REPLACEMENTS.items()
        if name != "what a fixture gives"
    },
    "another name of the module": "import lib.tools as own\nown.x = 1\n",
    "another name in a fixture": "def f():\n    from lib import tools as t\n    setattr(t, 'x', 1)",
    "several": "import lib.tools\nvars(lib.tools).update(x=1)\nlib.tools.x = 1\n",
}


@pytest.mark.parametrize("text", THROUGH.values(), ids=THROUGH)
def test_a_file_that_replaces_a_global_of_the_shared_module(text: str) -> None:
    assert codes(text) == {"Name": {Code.DIFFERENT_GLOBALS}}
    assert codes(text.replace("'x'", "'y'").replace(".x", ".y").replace("(x", "(y")) == {}


def test_a_global_of_the_shared_module_that_has_another_name_there() -> None:
    local = "from x import y as own\n\n\ndef f(a):\n    b = a\n    return own(b)\n"
    modules = shared(local.replace("own", "y"), LIB)
    changed = run(local, MODULE, modules)._replace(path=MODULE)
    source = Source("/repo/tests/conftest.py", b"monkeypatch.setattr('lib.tools.y', 1)\n")
    found = outside_effects(modules, {MODULE: changed}, Files(source))
    assert [r.code for r in found[MODULE].reasons["f"]] == [Code.DIFFERENT_GLOBALS]


def test_a_file_that_replaces_what_an_annotation_reads() -> None:
    head = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from x import Kind\n\n\n"
    local = f"{head}def f(a: Kind):\n    return a\n\n\nhints = get_type_hints(f)\n"
    modules = shared(local, LIB)
    changed = run(local, MODULE, modules)._replace(path=MODULE)
    source = Source("/repo/tests/conftest.py", b"monkeypatch.setattr('helpers.Kind', 1)\n")
    found = outside_effects(modules, {MODULE: changed}, Files(source))
    assert [r.code for r in found[MODULE].reasons["f"]] == [Code.DIFFERENT_GLOBALS]


def test_a_file_that_replaces_a_copy_that_another_copy_reads() -> None:
    assert codes("patch('tests.helpers.Name')\n") == {"make": {Code.DIFFERENT_GLOBALS}}


HARMLESS = {
    "a use": "from helpers import Name\nName().limit = 1\n",
    "a subclass without tests": "from helpers import Name\nclass Sub(Name): ...\nSub.limit = 1\n",
    "another module": "patch('tests.others.Name.go')\n# helpers\n",
    "another name": "patch('tests.helpers.Names.go')\n",
    "an attribute of that name": "from helpers import x\ny.Name = 1\n",
    "what does not parse": "from helpers import Name\nName.limit = (\n",
    "nothing": "",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_a_file_that_does_no_harm(text: str) -> None:
    assert codes(text) == {}


SUBCLASSES = {
    "by its name": "from helpers import Name\nclass TestA(Name):\n    def test_x(self): ...\n",
    "by another name": (
        "from helpers import Name as N\nclass TestA(N):\n    def test_x(self): ...\n"
    ),
    "by its module": "import helpers\nclass TestA(helpers.Name):\n    def test_x(self): ...\n",
}


@pytest.mark.parametrize("text", SUBCLASSES.values(), ids=SUBCLASSES)
def test_a_subclass_with_tests_in_another_file(text: str) -> None:
    assert codes(text) == {"Name": {Code.SUBCLASS_OF_TESTS}}
    # It matters where the shared class is marked as no test alone.
    reasons = effects(Source("/repo/test_a.py", text.encode()), CHANGED).reasons
    copy = "class Name:\n    def go(self): return 1\n"
    for there, status in (
        (copy, Status.CHANGED),
        (copy.replace(":\n", ":\n    __test__ = False\n", 1), Status.REFUSED),
    ):
        codemod = ReplaceLocalCopies(shared(there, LIB), from_outside=reasons)
        assert apply(copy.encode(), MODULE, codemod).status is status


def test_the_reason_names_the_other_file_and_the_line_of_the_definition() -> None:
    source = Source("/repo/tests/test_a.py", b"from helpers import Name\n\nName.n = 1\n")
    (reason,) = effects(source, CHANGED).reasons["Name"]
    assert reason.line == 4
    assert reason.message.startswith("/repo/tests/test_a.py:3 changes it by `Name.n`")


def test_what_others_do_is_a_reason_not_to_replace() -> None:
    source = Source("/repo/tests/test_a.py", b"from helpers import Name\n\nName.n = 1\n")
    reasons = effects(source, CHANGED).reasons
    result = apply(TEXT.encode(), MODULE, ReplaceLocalCopies(MODULES, from_outside=reasons))
    assert [d.definition.name for d in result.refused] == ["Name", "make"]


def test_a_kept_name_gets_its_import() -> None:
    kept = frozenset({"Name"})
    codemod = ReplaceLocalCopies(shared(UNUSED, LIB), kept=kept)
    result = apply(UNUSED.encode(), "/repo/tests/test_b.py", codemod)
    assert (result.after, result.dropped) == (b"from lib.tools import Name\n", frozenset())


def test_all_files_are_looked_at_but_the_module_itself() -> None:
    change = b"from helpers import Name\nName.n = 1\n"
    sources = [
        Source(MODULE, change),
        Source("/repo/test_a.py", change),
        Source("/repo/test_c.py", change),
        Source("/repo/test_d.py", b"from others import Name\nName.n = 1\n"),
    ]
    found = outside_effects(MODULES, {MODULE: CHANGED}, Files(*sources))
    assert set(found) == {MODULE}
    assert len(found[MODULE].reasons["Name"]) == 2
    assert outside_effects(MODULES, {MODULE: CHANGED}, Files(*sources[3:])) == {}


def test_a_conftest_counts_without_the_name_of_the_module() -> None:
    change = b"def pytest_runtest_setup(item):\n    item.module.Name.n = 1\n"
    assert set(effects(Source("/repo/conftest.py", change), CHANGED).reasons) == {"Name"}
    assert effects(Source("/repo/other/conftest.py", change), CHANGED).reasons == {}


def test_a_conftest_counts_where_the_files_are_named_from_the_working_folder() -> None:
    change = b"def pytest_runtest_setup(item):\n    item.module.x = 1\n"
    changed = {MODULE: CHANGED._replace(path="tests/helpers.py")}
    found = outside_effects(MODULES, changed, Files(Source("/repo/conftest.py", change)))
    assert set(found[MODULE].reasons) == {"Name"}


def test_a_plugin_counts_as_a_conftest_does() -> None:
    change = b"import pytest\n@pytest.fixture\ndef fast(request):\n    request.module.x = 1\n"
    assert set(effects(Source("/repo/plugins/fast.py", change), CHANGED).reasons) == {"Name"}
    # What the fixture of a test module sees is that module.
    assert effects(Source("/repo/tests/test_a.py", change), CHANGED).reasons == {}
    # A node of a syntax tree has a module, too, and so may have an item of anything.
    for text in (change.replace(b"request.", b"node."), change[change.index(b"def") :]):
        assert effects(Source("/repo/tools/imports.py", text), CHANGED).reasons == {}


def test_a_file_that_asks_for_the_module_of_what_another_one_has() -> None:
    text = "import helpers\nassert [o for o in vars(helpers) if o.__module__ == helpers.__name__]\n"
    assert codes(text) == {n: {Code.MODULE_DEPENDENT} for n in ("Name", "make")}
    assert codes(text.replace("helpers", "other")) == {}


LOOKS = "def pytest_collection_modifyitems(items):\n    for item in items:\n        {}\n"


def test_a_conftest_that_sets_names_that_are_not_written_out() -> None:
    for owner, expected in (("item.module", {"Name", "make"}), ("item", set())):
        text = LOOKS.format(f"setattr({owner}, name, 1)  # of item.module, as helpers")
        found = effects(Source("/repo/conftest.py", text.encode()), CHANGED).reasons
        assert set(found) == expected
        assert effects(Source("/repo/other/conftest.py", text.encode()), CHANGED).reasons == {}


def test_a_conftest_that_goes_through_the_names_of_modules() -> None:
    for call, taken in (("vars(item.module)", {"Name"}), ("print(item.module)", set())):
        source = Source("/repo/conftest.py", LOOKS.format(call).encode())
        assert effects(source, DROPPED).taken == taken
    text = LOOKS.format("[o for o in vars(item.module) if o.__module__ == item.module.__name__]")
    found = effects(Source("/repo/conftest.py", text.encode()), CHANGED).reasons
    assert {r.code for rs in found.values() for r in rs} == {Code.MODULE_DEPENDENT}


def test_a_shared_module_that_is_loaded_again() -> None:
    text = "import importlib\nfrom lib import tools\nimportlib.reload(tools)\n"
    refused = {"make": {Code.DIFFERENT_GLOBALS}}  # it reads another definition
    assert codes(text) == refused
    assert codes(text.replace("tools", "others")) == {}
    assert codes("from importlib import reload\nfrom lib import tools\n") == refused
    assert codes("import importlib, tools\ngetattr(importlib, 'reload')(tools)\n") == refused
    assert codes("import tools  # and no reload\nassert 'reload it'\n") == {}
    # Also where that one was replaced before.
    later = TEXT.replace("class Name:\n    def go(self): return x", f"from {LIB} import Name")
    changed = run(later, MODULE, MODULES)._replace(path=MODULE)
    assert [d.definition.name for d in changed.replaced] == ["make"]
    assert set(effects(Source("/repo/tests/a.py", text.encode()), changed).reasons) == {"make"}


START = "import subprocess, sys\nsubprocess.run([sys.executable, 'tests/{}.py'])\n"


def test_a_file_that_another_one_starts_python_with() -> None:
    found = {code for known in codes(START.format("helpers")).values() for code in known}
    assert found == {Code.RUN_AS_SCRIPT}
    for text in (START.format("my_helpers"), "import helpers, sys\nsys.executable\n"):
        assert codes(text) == {}


def test_a_test_that_another_file_starts_python_with() -> None:
    main = "\nif __name__ == '__main__':\n    Name()\n"
    module = shared(UNUSED, LIB).modules[0]._replace(folder="/repo")
    modules = SharedModules((module,))
    for text, is_script in ((UNUSED + main, True), (UNUSED + "\nName()\n", False)):
        changed = run(text, DROPPED.path, modules)._replace(path=DROPPED.path)
        for start in (START.format("test_b"), START.format("test_b").replace("'t", "'-m', 't")):
            files = Files(Source("/repo/run.py", start.encode()))
            effects_ = outside_effects(modules, {changed.path: changed}, files)
            reasons = [r for e in effects_.values() for rs in e.reasons.values() for r in rs]
            assert bool(reasons) is (is_script and "-m" not in start)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("monkeypatch.setattr(request.module, 'x', 1)", {"Name"}),
        ("me = request.module; monkeypatch.setattr(me, 'x', 1)", {"Name"}),
        ("request.module.x = 1", {"Name"}),
        ("monkeypatch.setattr(time, 'x', request.module)", set()),
        ("self.x = request.module", set()),
    ],
)
def test_a_conftest_that_replaces_what_a_copy_reads(change: str, expected: set[str]) -> None:
    text = f"import time\n{{}}def change(request, monkeypatch):\n    {change}\n"
    for above in ("", "from app import request\n"):
        source = Source("/repo/conftest.py", text.format(above).encode())
        assert set(effects(source, CHANGED).reasons) == expected


@pytest.mark.parametrize(
    ("decorator", "line", "expected"),
    [
        ("pytest.fixture", "return 1", set()),
        ("pytest.fixture", "return x", {"x"}),
        ("pytest.fixture", "return pytest", {"pytest"}),
        ("pytest.fixture(ids=lambda value: x)", "return 1", {"pytest", "x"}),
    ],
)
def test_what_a_decorator_reads_nothing_can_replace_later(
    decorator: str, line: str, expected: set[str]
) -> None:
    text = f"import pytest\nfrom lib import x\n\n\n@{decorator}\ndef make():\n    {line}\n"
    [decision] = result_of(text).decisions
    assert decision.relies_on == expected


FINDS = {
    "an attribute of it": "sys.modules[name].x = 1",
    "setattr": "setattr(sys.modules[case.__module__], 'x', 1)",
    "a variable": "module = import_module(case.__module__)\n    module.x = 1",
}
FINDS |= {
    "its dictionary": "vars(sys.modules[name])['x'] = 1",
    "the globals of a function": "case.__globals__['x'] = 1",
    "those of the caller": "sys._getframe(1).f_globals['x'] = 1",
    "the module of the caller": "module = getmodule(stack()[1][0])\n    module.x = 1",
    "a patch by the name of it": "patch(case.__module__ + '.x')",
    "a patch by a formatted text": "patch(f'{case.__module__}.x')",
}
FINDS_ANOTHER = {
    "a name that is written out": "sys.modules['app'].x = 1",
    "its own module": "sys.modules[__name__].x = 1",
    "another variable": "module = import_module(name)\n    other.x = 1",
    "another attribute": "sys.modules[name].y = 1",
    "what it reads": "print(sys.modules[name].x)",
}


@pytest.mark.parametrize("text", [*FINDS.values(), *FINDS_ANOTHER.values()])
def test_a_file_that_finds_a_module_by_a_name_that_it_is_given(text: str) -> None:
    found = codes(f"def freeze(name, case):\n    {text}\n", "/repo/app/clock.py")
    assert found == ({"Name": {Code.DIFFERENT_GLOBALS}} if text in FINDS.values() else {})


FRAMES = {
    "a frame": ("sys._getframe(1).f_globals['KEY']", True),
    "a frame by inspect": ("inspect.currentframe().f_back.f_locals", True),
    "the stack": ("inspect.stack()[1].filename", True),
    "the name of the module": ("sys._getframe(1).f_globals['__name__']", False),
}


@pytest.mark.parametrize(("text", "is_read"), FRAMES.values(), ids=FRAMES)
def test_what_a_copy_calls_may_read_its_frame(text: str, *, is_read: bool) -> None:
    for name, expected in (("x", {"Name": {Code.MODULE_DEPENDENT}}), ("y", {})):
        found = codes(f"def {name}():\n    return {text}\n", "/repo/app/frames.py")
        assert found == (expected if is_read else {})


def test_a_class_reads_the_frame_of_what_makes_it_by_its_constructor() -> None:
    for method, expected in (("__init__", {"Name": {Code.MODULE_DEPENDENT}}), ("log", {})):
        text = f"class x:\n    def {method}(self):\n        sys._getframe(1).f_locals\n"
        assert codes(text, "/repo/app/frames.py") == expected


CONFTEST_FILTERS = {
    "an option": "config.addinivalue_line('filterwarnings', 'error:::tests.helpers')",
    "a filter": "warnings.filterwarnings('error', module=r'tests\\.helpers')",
    "a pattern": "warnings.filterwarnings('error', '', Warning, r'.*\\.help')",
    "a variable": "warnings.filterwarnings('error', module=name)",
}


@pytest.mark.parametrize("text", CONFTEST_FILTERS.values(), ids=CONFTEST_FILTERS)
def test_a_conftest_that_filters_warnings_by_module(text: str) -> None:
    text = f"def pytest_configure(config):\n    {text}\n"
    everything = {n: {Code.MODULE_DEPENDENT} for n in ("Name", "make")}
    assert codes(text, "/repo/conftest.py") == everything
    assert codes(text, "/repo/other/conftest.py") == {}
    assert codes(text, "/repo/app/filters.py") == {}


@pytest.mark.parametrize("text", ["inspect.getsource(helpers)", "open(helpers.__file__).read()"])
def test_a_file_that_reads_the_text_of_a_module(text: str) -> None:
    everything = {n: {Code.MODULE_DEPENDENT} for n in ("Name", "make")}
    assert codes(f"from tests import helpers\n{text}\n") == everything
    assert codes(f"from tests import helpers, app\n{text.replace('helpers', 'app')}\n") == {}


def test_a_file_that_tells_its_class_from_that_of_another_file() -> None:
    path = "/repo/tests/test_a.py"
    for line, expected in (("type(build()) is not type(Name())", {path}), ("Name()", set())):
        for module in ("tests.helpers", "tests.others"):
            text = f"from {module} import build\n{TEXT}\n\ndef test_it():\n    {line}\n"
            changed = {MODULE: CHANGED, path: result_of(text, path)}
            files = Files(Source(MODULE, TEXT.encode()), Source(path, text.encode()))
            found = outside_effects(MODULES, changed, files)
            assert {p for p, e in found.items() if "Name" in e.reasons} == (
                expected if module == "tests.helpers" else set()
            )


def test_the_command_of_libcst_keeps_the_files_that_may_matter(tmp_path: Path) -> None:
    files = {
        "tests/test_a.py": UNUSED,
        "tests/test_b.py": "import test_a\n",
        "app/clock.py": "sys.modules[name].x = 1\n",
        "app/frames.py": "sys._getframe(1)\n",
        "tests/plugin.py": "import pytest\nprint(request.module)\n",
        "tests/patches.py": "patch('lib.tools.x')\n",
        "tests/conftest.py": "print(request.module)\n",
    }
    write(tmp_path, {**files, "app/other.py": "import sys\n", "conftest.py": ""})
    kept = {source.path for source in _Others(tmp_path, ReplaceLocalCopies(MODULES)).read()}
    assert kept == {str(tmp_path / name) for name in files if name != "tests/test_a.py"}


def test_a_file_that_the_shared_module_imports() -> None:
    source = f"import tests.between\n{TEXT}".encode()
    modules = SharedModules((SharedModule(LIB, "/repo/lib/tools.py", source),))
    between = Source("/repo/tests/between.py", b"from .helpers import Name\n")
    files = Files(between, Source(MODULE, TEXT.encode()), Source("/repo/helpers.py", b""))
    reasons = outside_effects(modules, {MODULE: CHANGED}, files)[MODULE].reasons
    assert {r.code for found in reasons.values() for r in found} == {Code.CIRCULAR_IMPORT}
    assert set(reasons) == {"Name", "make"}


def test_a_file_that_the_package_of_the_shared_module_imports() -> None:
    package = Source("/repo/lib/__init__.py", b"from tests.helpers import Name\n")
    modules = SharedModules((SharedModule(LIB, "/repo/lib/tools.py", TEXT.encode()),))
    for files, expected in (((package,), {Code.CIRCULAR_IMPORT}), ((), set())):
        known = Files(*files, Source(MODULE, TEXT.encode()))
        found = outside_effects(modules, {MODULE: CHANGED}, known)
        reasons = (r for e in found.values() for same in e.reasons.values() for r in same)
        assert {r.code for r in reasons} == expected


OUTSIDE = {
    "a package": ("/repo/app/fakes.py", True),
    "a script": ("/repo/scripts/run.py", True),
    "a file at the root": ("/repo/fakes.py", True),
    "a helper for the tests of others": ("/repo/app/testing/fakes.py", True),
    "a suite for the tests of others": ("/repo/app/testing/test_suites/fakes.py", True),
    "a module with a test beside it": ("/repo/code/fakes.py", True),
    "a module below it": ("/repo/code/inner/fakes.py", True),
    "a folder whose name ends like it": ("/repo/contests/fakes.py", True),
    "a plugin of pytest": ("/repo/app/contrib/pytest.py", True),
    "a module beside a conftest": ("/repo/package/fakes.py", True),
    "a helper": ("/repo/tests/fakes.py", False),
    "a helper of a package": ("/repo/app/tests/fakes.py", False),
    "a helper beside tests": ("/repo/e2e/fakes.py", False),
    "a helper below tests": ("/repo/e2e/support/fakes.py", False),
    "a helper below a framework of tests": ("/repo/test_framework/fakes.py", False),
    "a test beside the code": ("/repo/app/test_fakes.py", False),
    "the conftest of the root": ("/repo/conftest.py", False),
    "a test of the root": ("/repo/test_fakes.py", False),
    "a conftest beside the code": ("/repo/app/conftest.py", False),
}


@pytest.mark.parametrize(("path", "is_refused"), OUTSIDE.values(), ids=OUTSIDE)
@pytest.mark.parametrize("folder", ["tests/support", "e2e", "lib"])
def test_what_may_be_shipped_imports_nothing_of_the_tests(
    path: str, folder: str, *, is_refused: bool
) -> None:
    module = SharedModule("support", f"/repo/{folder}/support.py", UNUSED.encode())
    result = run(UNUSED, path, shared(UNUSED, "support"))._replace(path=path)
    tests = ("e2e/test_a.py", "e2e/test_b.py", "code/test_a.py")
    others = (*tests, "code/a.py", "app/main.py", "package/conftest.py")
    files = Files(*(Source(f"/repo/{other}", b"") for other in others))
    found = outside_effects(SharedModules((module,)), {path: result}, files)
    reasons = [r.code for e in found.values() for rs in e.reasons.values() for r in rs]
    assert reasons == [Code.OUTSIDE_TESTS] * (is_refused and folder != "lib")


def test_where_all_files_are_tests_no_name_of_a_folder_is_wanted() -> None:
    module = SharedModule("support", "/repo/tests/support/test_doubles.py", UNUSED.encode())
    path = "/repo/tests/fakes.py"
    result = run(UNUSED, path, shared(UNUSED, "support"))._replace(path=path)
    files = Files(Source(module.path, b""), Source("/repo/tests/unit/test_a.py", b""))
    assert outside_effects(SharedModules((module,)), {path: result}, files) == {}


@pytest.mark.parametrize(
    ("text", "is_import"),
    [
        ("from lib.tools import Name\n", True),
        ("    from lib.tools import (  # noqa\n        Name,\n    )\n", True),
        ("import os, lib.tools as tools\n", True),
        ("from lib import other, tools\n", True),
        ("from lib import (\n    other,\n    tools as t,\n)\n", True),
        ("from ..lib.tools import Name\n", True),
        ("from ..lib import tools\n", True),
        ("from .lib.tools import Name\n", False),
        ("from .tools import Name\n", False),
        ("from other.tools import Name\n", False),
        ("from lib import other  # tools\nimport lib.tools_of_mine\n", False),
        ("tools = [1]  # import lib.tools\n", False),
    ],
)
def test_only_a_file_that_imports_a_shared_module_uses_it(text: str, is_import: bool) -> None:
    module = SharedModule(LIB, os.path.realpath("lib/tools.py"), TEXT.encode())
    codemod = ReplaceLocalCopies(SharedModules((module,)))
    assert codemod.is_used_in(Source("unit/test_a.py", text.encode())) is is_import
