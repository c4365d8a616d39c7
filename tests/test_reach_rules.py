"""Rules that real suites asked for: what they let through, and what they still refuse."""

from __future__ import annotations

import pytest

from codemods.engine.codemod import apply
from codemods.model import Code, SharedModules, Source, Status
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies
from codemods.rewrites.replace_local_copies.importers import outside_effects
from tests.tools import Files, check_refused, check_replaced, run, shared

LIB = "tests.support.tools"


def check_shared(
    definition: str, *, head: str = "", rest: str = "", path: str = "tests/test_a.py"
) -> None:
    """Check that a copy below `head` is replaced by an import, with `rest` below it."""
    modules = shared(f"{head}\n\n{definition}", LIB, rewrites_asserts=True)
    name = definition.replace("async ", "").split()[1].split("(")[0].rstrip(":")
    before = f"{head}\n\n\n{definition}\n\n{rest}"
    after = f"{head}\nfrom {LIB} import {name}\n\n\n{rest}"
    check_replaced(before, after, path=path, modules=modules)


def check_kept(
    definition: str, *codes: Code, head: str = "", rest: str = "", path: str = "tests/test_a.py"
) -> None:
    """Check that a copy with this around it stays."""
    modules = shared(f"{head}\n\n{definition}", LIB, rewrites_asserts=True)
    check_refused(f"{head}\n\n\n{definition}\n\n{rest}", *codes, path=path, modules=modules)


# Bases

STANDARD_BASES = {
    "a thread": ("import threading", "threading.Thread"),
    "a handler of logs": ("from logging import Handler", "Handler"),
    "an abstract container": ("from collections.abc import Mapping", "Mapping"),
    "an encoder": ("import json", "json.JSONEncoder"),
    "a mock": ("from unittest.mock import MagicMock", "MagicMock"),
    "an enumeration": ("import enum", "enum.IntEnum"),
    "a generic class": ("from typing import Generic, T", "Generic[T]"),
}


@pytest.mark.parametrize(("head", "base"), STANDARD_BASES.values(), ids=STANDARD_BASES)
def test_a_base_of_the_standard_library_is_harmless(head: str, base: str) -> None:
    definition = f"class Fake({base}):\n    def run(self):\n        return 1\n"
    check_shared(definition, head=head, rest="def test_it():\n    Fake()\n")


OTHER_BASES = {
    "from elsewhere": ("from plugins import Plugin", "Plugin", Code.ACTS_WHEN_DEFINED),
    "of a folder of tests": ("from test.plugins import Plugin", "Plugin", Code.ACTS_WHEN_DEFINED),
    "a test case": ("import unittest", "unittest.TestCase", Code.PYTEST_TESTS),
}


@pytest.mark.parametrize(("head", "base", "code"), OTHER_BASES.values(), ids=OTHER_BASES)
def test_any_other_base_is_not(head: str, base: str, code: Code) -> None:
    definition = f"class Fake({base}):\n    def run(self):\n        return 1\n"
    check_kept(definition, code, head=head, rest="def test_it():\n    Fake()\n")


@pytest.mark.parametrize(
    ("line", "body", "is_plain"),
    [
        ("class Fake(BaseModel, extra=Extra.forbid, frozen=True):", "x: int = 1", True),
        ("class Fake(BaseModel, alias_generator=lambda x: x + '_'):", "x: int = 1", True),
        ("class Fake(BaseModel):", "model_config = dict(frozen=True)", True),
        ("class Fake(BaseModel, extra=find()):", "x: int = 1", False),
        ("class Fake(BaseModel, metaclass=Meta):", "x: int = 1", False),
        ("class Fake(BaseModel, **Extra):", "x: int = 1", False),
        ("class Fake(BaseModel):", "model_config = find(frozen=True)", False),
        ("class Fake(BaseModel):", "others = dict(frozen=True)", False),
    ],
)
def test_what_a_model_is_told_is_plain(line: str, body: str, *, is_plain: bool) -> None:
    head = "from app import Extra, Meta, find\nfrom pydantic import BaseModel"
    definition = f"{line}\n    {body}\n"
    modules = shared(f"{head}\n\n\n{definition}", LIB)
    result = run(f"{head}\n\n\n{definition}\n\nFake()\n", modules=modules)
    assert (result.status is Status.CHANGED) == is_plain


def test_a_variable_with_the_name_of_the_fixture_is_no_state() -> None:
    definition = (
        "@pytest.fixture\ndef client():\n"
        "    client = make()\n    client.timeout = 1\n"
        "    client.get.answer = 2\n    return client\n"
    )
    head = "import pytest\n\nfrom app import make"
    modules = shared(f"{head}\n\n\n{definition}", LIB)
    rest = "def test_it(client):\n    client.get()\n"
    check_replaced(
        f"{head}\n\n\n{definition}\n\n{rest}",
        f"{head}\nfrom {LIB} import client\n\n\n{rest}",
        modules=modules,
    )


def test_an_attribute_of_the_function_itself_is_state() -> None:
    check_kept(
        "def count():\n    count.calls = 1\n", Code.STATE, rest="def test_it():\n    count()\n"
    )


@pytest.mark.parametrize(
    ("use", "is_contained"),
    [
        ("Fake.model_validate({'x': 1})", True),
        ("Fake.model_json_schema()", True),
        ("Fake.from_orm(1)", True),
        ("run(Fake.model_validate)", False),
        ("Fake.model_rebuild()", False),
        ("Fake.model_fields", False),
    ],
)
def test_methods_that_make_something_of_a_model_leave_it_as_it_is(
    use: str, *, is_contained: bool
) -> None:
    head = "from pydantic import BaseModel"
    definition = "class Fake(BaseModel):\n    x: int = 1\n"
    modules = shared(f"{head}\n\n\n{definition}", LIB)
    result = run(f"{head}\n\n\n{definition}\n\n{use}\n", modules=modules)
    assert (result.status is Status.CHANGED) == is_contained


# Globals that a file replaces

SEND = "def send():\n    return requests.get('x')\n"
ELSEWHERE = {
    "by its path": "@patch('app.client.requests')\ndef test_it(m):\n    send()\n",
    "in an imported module": (
        "def test_it(monkeypatch):\n    monkeypatch.setattr(client, 'requests', 1)\n    send()\n"
    ),
    "in a module of a package": (
        "def test_it():\n    patch.object(app.client, 'requests').start()\n    send()\n"
    ),
    "in an imported class": "def test_it():\n    Client.requests = 1\n    send()\n",
    "on the test": (
        "class TestIt:\n    def setup_method(self):\n        self.requests = []\n\n"
        "    def test_it(self):\n        send()\n"
    ),
    "on a class of the file": (
        "class Local:\n    pass\n\n\ndef test_it():\n    Local.requests = 1\n    send()\n"
    ),
}
HERE = {
    "by its path": "@patch('tests.test_a.requests')\ndef test_it(m):\n    send()\n",
    "by the path of the shared module": (
        "@patch('tests.support.tools.requests')\ndef test_it(m):\n    send()\n"
    ),
    "in the program": "@patch('__main__.requests')\ndef test_it(m):\n    send()\n",
    "in the module, imported": (
        "import tests.test_a as me\n\n\ndef test_it():\n    me.requests = 1\n    send()\n"
    ),
    "in the module, by its package": (
        "import tests.test_a\n\n\ndef test_it():\n    tests.test_a.requests = 1\n    send()\n"
    ),
    "in a module by a variable": "def test_it(module):\n    module.requests = 1\n    send()\n",
    "in a module by a variable of an imported name": (
        "def test_it(client):\n    client.requests = 1\n    send()\n"
    ),
    "in a module that a function imports": (
        "def test_it():\n    import here\n    here.requests = 1\n    send()\n"
    ),
    "in a module by an attribute": (
        "def test_it(request):\n    request.module.requests = 1\n    send()\n"
    ),
    "in a module by a global": (
        "me = find()\n\n\ndef test_it():\n    me.requests = 1\n    send()\n"
    ),
    "in what a call returns": (
        "def test_it():\n    patch.object(own(), 'requests').start()\n    send()\n"
    ),
    "anywhere, before the imports are done": (
        "patch('app.client.requests').start()\n\n\ndef test_it():\n    send()\n"
    ),
}
HEAD = (
    "from unittest.mock import patch\n\n"
    "import app.client\nimport requests\nfrom app import Client, client"
)


@pytest.mark.parametrize("rest", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_global_replaced_in_another_module_is_not_the_one_that_is_read(rest: str) -> None:
    check_shared(SEND, head=HEAD, rest=rest)


@pytest.mark.parametrize("rest", HERE.values(), ids=HERE)
def test_a_global_that_may_be_replaced_in_the_file_is_refused(rest: str) -> None:
    check_kept(SEND, Code.DIFFERENT_GLOBALS, head=HEAD, rest=rest)


@pytest.mark.parametrize(("head", "name"), [("from conftest import", ""), ("import", "conftest.")])
def test_conftest_is_another_module_in_each_folder(head: str, name: str) -> None:
    definition = f"def use():\n    return {name}make()\n"
    rest = "def test_it():\n    use()\n"
    check_kept(definition, Code.DIFFERENT_GLOBALS, head=f"{head} {name[:-1] or 'make'}", rest=rest)


def test_an_import_in_a_function_may_run_under_any_patch() -> None:
    modules = shared(f"import requests\n\n\n{SEND}", LIB)
    nested = SEND.replace("\n", "\n    ").rstrip()
    test = f"@patch('app.client.requests')\ndef test_it(m):\n    {nested}\n\n    send()\n"
    check_refused(f"import requests\n\n\n{test}", Code.DIFFERENT_GLOBALS, modules=modules)


# Paths that name a definition

CLIENT = "@pytest.fixture\ndef client():\n    return 1\n"


@pytest.mark.parametrize("path", ["app.client.Session.get", "client_app.client.x"])
def test_a_fixture_with_the_name_of_a_package_is_not_that_package(path: str) -> None:
    rest = f"@patch('{path}')\ndef test_it(m, client):\n    pass\n"
    modules = shared(f"import pytest\n\n\n{CLIENT}", LIB)
    check_replaced(
        f"import pytest\n\n\n{CLIENT}\n\n{rest}",
        f"import pytest\nfrom {LIB} import client\n\n\n{rest}",
        path="tests/test_a.py",
        modules=modules,
    )


@pytest.mark.parametrize("path", ["tests.test_a.client.x", "client.x", "__main__.client.x"])
def test_a_fixture_that_is_patched_by_its_own_path_is_refused(path: str) -> None:
    rest = f"@patch('{path}')\ndef test_it(m, client):\n    pass\n"
    check_kept(CLIENT, Code.MUTATED, head="import pytest", rest=rest)


def test_a_class_may_be_patched_by_any_path() -> None:
    definition = "class Fake:\n    def get(self):\n        return 1\n"
    rest = "@patch('tests.conftest.Fake.get')\ndef test_it(m):\n    Fake()\n"
    check_kept(definition, Code.MUTATED, rest=rest)


# Other files

MODULE = "/repo/tests/conftest.py"


def reasons_outside(definition: str, other: str) -> list[Code]:
    """Return why another file forbids the replacement of a definition in a conftest."""
    modules = shared(f"import pytest\n\n\n{definition}", LIB)
    before = f"import pytest\n\n\n{definition}".encode()
    result = apply(before, MODULE, ReplaceLocalCopies(modules))
    assert result.status is Status.CHANGED
    found = outside_effects(
        modules, {MODULE: result}, Files(Source("/repo/tests/test_b.py", other.encode()))
    )
    return [r.code for e in found.values() for rs in e.reasons.values() for r in rs]


UNCONCERNED = {
    "a parameter": "# conftest\ndef test_it(client):\n    client.timeout = 1\n",
    "a variable": "# conftest\ndef test_it():\n    client = make()\n    client.timeout = 1\n",
    "an attribute of the test": (
        "# conftest\nclass TestIt:\n    def test_it(self):\n        self.client.timeout = 1\n"
    ),
    "a module of that name": "# conftest\nimport app\n\napp.http.client.timeout = 1\n",
    "a longer word": "my_conftest = 1\nclient.timeout = 1\n",
}
CONCERNED = {
    "imported": "from tests.conftest import client\n\nclient.timeout = 1\n",
    "imported in a function": (
        "def test_it():\n    from tests.conftest import client\n    client.timeout = 1\n"
    ),
    "of the module": "from tests import conftest\n\nconftest.client.timeout = 1\n",
    "of the module by its package": "import tests\n\ntests.conftest.client.timeout = 1\n",
    "of the module under another name": "import tests.conftest as t\n\nt.client.timeout = 1\n",
    "by its path": "patch('tests.conftest.client.timeout')\n",
    "set by a call": "from tests.conftest import client\n\nsetattr(client, 'timeout', 1)\n",
}


@pytest.mark.parametrize("other", UNCONCERNED.values(), ids=UNCONCERNED)
def test_another_thing_of_that_name_in_another_file_does_not_count(other: str) -> None:
    assert reasons_outside(CLIENT, other) == []


@pytest.mark.parametrize("other", CONCERNED.values(), ids=CONCERNED)
def test_a_definition_that_another_file_changes_is_refused(other: str) -> None:
    assert reasons_outside(CLIENT, other) == [Code.MUTATED]


def test_a_class_may_be_changed_through_an_instance() -> None:
    definition = "class client:\n    def get(self):\n        return 1\n"
    other = (
        "# conftest\nclass TestIt:\n    client = client\n\n"
        "    def test_it(self):\n        self.client.timeout = 1\n"
    )
    assert reasons_outside(definition, other) == [Code.MUTATED]


# Places


def test_an_import_may_stand_where_the_copy_stood_whatever_stands_above() -> None:
    definition = "def foo():\n    return 1\n"
    modules = shared(definition, LIB)
    above = "import app\n\n\ndef other():\n    pass\n\n\napp.set_up()\napp.register('foo')\n\n\n"
    check_replaced(
        f"{above}{definition}\n\nfoo()\n",
        f"{above}from {LIB} import foo\n\nfoo()\n",
        modules=modules,
    )


# Which of two


def test_of_two_equal_definitions_the_one_that_reads_the_same_copies_is_taken() -> None:
    one, other = "def make():\n    return 1\n", "def make():\n    return 2\n"
    use = "def use():\n    return make()\n"
    modules = SharedModules(
        (
            *shared(f"{one}\n\n{use}", "lib.one").modules,
            *shared(f"{other}\n\n{use}", "lib.two").modules,
        )
    )
    test = "def test_it():\n    use()\n    make()\n"
    check_replaced(
        f"{other}\n\n{use}\n\n{test}", f"from lib.two import make, use\n\n\n{test}", modules=modules
    )


def test_the_future_of_annotations_matters_where_there_are_some() -> None:
    head = "import threading"
    test = "def test_it():\n    Fake()\n"
    for line, is_equal in ("def run(self):", True), ("def run(self) -> None:", False):
        definition = f"class Fake(threading.Thread):\n    {line}\n        return 1\n"
        modules = shared(f"from __future__ import annotations\n\n{head}\n\n\n{definition}", LIB)
        before = f"{head}\n\n\n{definition}\n\n{test}"
        if is_equal:
            check_replaced(before, f"{head}\nfrom {LIB} import Fake\n\n\n{test}", modules=modules)
        else:
            check_refused(before, Code.DIFFERENT_SHAPE, modules=modules)


def test_what_a_copy_reads_is_chosen_by_what_that_reads_in_turn() -> None:
    make, use = "def make():\n    return step()\n", "def use():\n    return make()\n"
    texts = [f"from {where} import step\n\n\n{make}\n\n{use}" for where in ("a", "b")]
    one, two = (shared(text, f"lib.{name}") for text, name in zip(texts, "xy", strict=True))
    test = "def test_it():\n    use()\n"
    check_replaced(
        f"{texts[1]}\n\n{test}",
        f"from b import step\nfrom lib.y import use\n\n\n{test}",
        modules=SharedModules((*one.modules, *two.modules)),
    )


def test_of_two_names_for_equal_code_each_stays_itself() -> None:
    one, other = "def make():\n    return 1\n", "def build():\n    return 1\n"
    use, used = "def use():\n    return make()\n", "def use():\n    return build()\n"
    modules = SharedModules(
        (
            *shared(f"{one}\n\n{other}\n\n{use}", "lib.one").modules,
            *shared(f"from lib.one import build\n\n\n{used}", "lib.two").modules,
        )
    )
    test = "def test_it():\n    use()\n    build()\n"
    imports = "import os\nfrom lib.one import build\nfrom lib.two import use\n"
    check_replaced(
        f"import os\n\n\n{other}\n\n{used}\n\n{test}", f"{imports}\n\n{test}", modules=modules
    )


# Long lines


def test_a_long_import_has_one_name_a_line() -> None:
    names = [f"make_the_connection_of_kind_{n}" for n in "abc"]
    definitions = "\n\n".join(f"def {n}():\n    return '{n}'\n" for n in names)
    test = "def test_it():\n" + "".join(f"    {n}()\n" for n in names)
    imported = "".join(f"    {n},\n" for n in names)
    modules = shared(definitions, LIB)
    check_replaced(
        f"import os\n\n\n{definitions}\n\n{test}",
        f"import os\nfrom {LIB} import (\n{imported})\n\n\n{test}",
        modules=modules,
    )
    check_replaced(
        f"import os\n\n\n{definitions}\n\n{test}".replace("\n", "\r\n").encode(),
        f"import os\nfrom {LIB} import (\n{imported})\n\n\n{test}".replace("\n", "\r\n").encode(),
        modules=modules,
    )


def test_a_long_import_of_one_name_stays_on_its_line() -> None:
    name = "make_the_connection_that_all_of_the_tests_of_this_package_want_to_have"
    definition = f"def {name}():\n    return 1\n"
    inner = definition.replace("\n", "\n    ").rstrip()
    check_replaced(
        f"import os\n\nif os.name:\n    {inner}\n\n{name}()\n",
        f"import os\n\nif os.name:\n    from {LIB} import {name}\n\n{name}()\n",
        modules=shared(definition, LIB),
    )


@pytest.mark.parametrize(
    ("above", "gap"),
    [
        ("", ""),
        ("# about the file\n", "\n"),
        ("import os\n", ""),
        ("import os\n\nif os.name:\n    os.x = 1\n", "\n"),
    ],
)
def test_imports_of_two_modules_stand_together(above: str, gap: str) -> None:
    one, other = "def make():\n    return 1\n", "def build():\n    return 2\n"
    modules = SharedModules((*shared(one, "lib.one").modules, *shared(other, "lib.two").modules))
    before = f"{above}\nVALUE = 1\n\n\n{one}\n\n{other}\n\ndef test_it():\n    make(build())\n"
    imports = f"{above}{gap}from lib.one import make\nfrom lib.two import build\n"
    check_replaced(
        before.lstrip(),
        f"{imports}\nVALUE = 1\n\n\ndef test_it():\n    make(build())\n",
        modules=modules,
    )


# The name of the module

FAKE = "class Fake:\n    def get(self):\n        return 1\n"
TOLD = {
    "beside that of the class": "ALL = ('tests.test_a', 'Fake')\n\n\ndef test_it():\n    Fake()\n",
    "with that of the class": "def test_it():\n    assert path(Fake()) == 'tests.test_a.Fake'\n",
    "with a colon": "def test_it():\n    assert path(Fake()) == 'test_a:Fake'\n",
    "in what is printed": "def test_it():\n    assert repr(Fake()) == '<test_a.Fake object>'\n",
    "as a variable": "def test_it():\n    assert path(Fake()) == f'{__name__}.Fake'\n",
    "as a variable in a tuple": "def test_it():\n    allow((__name__, 'Fake'))\n    Fake()\n",
    "the beginning of a text": "def test_it():\n    assert path(Fake()).startswith(__name__)\n",
    "as a variable that is compared": "def test_it():\n    assert module(Fake()) == __name__\n",
}
NOT_TOLD = {
    "of a file": "def test_it():\n    Fake(), 'tests/test_a.py'\n",
    "of another thing in it": "def test_it():\n    Fake(), 'tests.test_a.other'\n",
    "of another file": "def test_it():\n    Fake(), 'tests.test_a_b', 'my_test_a'\n",
    "in a docstring": "def test_it():\n    '''Like test_a.'''\n    Fake()\n",
    "to patch it": "@patch('tests.test_a.Fake')\ndef test_it(m):\n    Fake()\n",
    "of a logger": "log = getLogger(__name__)\n\n\ndef test_it():\n    Fake()\n",
    "of the program": "def test_it():\n    Fake()\n\n\nif __name__ == '__main__':\n    test_it()\n",
}


@pytest.mark.parametrize("rest", TOLD.values(), ids=TOLD)
def test_a_file_that_knows_the_name_of_its_module_keeps_its_classes(rest: str) -> None:
    check_kept(FAKE, Code.MODULE_DEPENDENT, rest=rest)


@pytest.mark.parametrize("rest", NOT_TOLD.values(), ids=NOT_TOLD)
def test_other_texts_and_uses_of_the_name_do_not_tell_the_module(rest: str) -> None:
    modules = shared(FAKE, LIB)

    result = run(f"import os\n\n\n{FAKE}\n\n{rest}", path="tests/test_a.py", modules=modules)
    assert result.status is Status.CHANGED


@pytest.mark.parametrize("path", ["tests/test_a.py", "tests/helpers.py"])
def test_the_short_name_of_a_module_is_any_word_but_for_that_of_tests(path: str) -> None:
    stem = path[6:-3]
    before = f"{FAKE}\n\nuse('{stem}', Fake())\n"
    status = run(before, path=path, modules=shared(FAKE, LIB)).status
    assert (status is Status.CHANGED) == (stem == "helpers")


@pytest.mark.parametrize(("use", "is_kept"), [("helper()", False), ("run(helper)", True)])
def test_the_module_of_a_function_is_told_where_it_is_passed_on(use: str, is_kept: bool) -> None:
    definition = "def helper():\n    return 1\n"
    before = f"{definition}\n\ndef test_it():\n    assert {use} == 'tests.test_a.helper'\n"
    result = run(before, path="tests/test_a.py", modules=shared(definition, LIB))
    assert (result.status is Status.REFUSED) == is_kept


def test_what_is_compared_with_the_name_of_the_module_may_be_a_function() -> None:
    definition = "def helper():\n    return 1\n"
    rest = "def test_it():\n    helper()\n    assert [x for x in all() if x.{} == __name__]\n"
    check_kept(definition, Code.MODULE_DEPENDENT, rest=rest.format("__module__"))
    before = f"{definition}\n\n{rest.format('name')}"
    result = run(before, path="tests/test_a.py", modules=shared(definition, LIB))
    assert result.status is Status.CHANGED


def test_a_function_with_another_name_may_name_tests() -> None:
    definition, mark = "def _helper():\n    return 1\n", "@pytest.mark.parametrize('f', CASES)\n"
    modules = shared("def helper():\n    return 1\n", LIB)
    for line, code in (("CASES = [_helper]", Code.ESCAPES), ("CASES = [_helper()]", None)):
        before = f"{definition}\n\n{line}\n\n\n{mark}def test_it(f): ...\n"
        result = run(before, path="tests/test_a.py", modules=modules)
        assert [r.code for d in result.decisions for r in d.reasons] == [code] * bool(code)
        result = run(before.replace("_h", "h"), path="tests/test_a.py", modules=modules)
        assert result.status is Status.CHANGED


FILTERS = {
    "a mark": ("@pytest.mark.filterwarnings('error::UserWarning:tests.test_a')", True),
    "a pattern": ("@pytest.mark.filterwarnings(r'error:::tests\\..*')", True),
    "a mark for all modules": ("@pytest.mark.filterwarnings('error::UserWarning')", False),
    "a mark for another module": ("@pytest.mark.filterwarnings('error:::app.api')", False),
    "a call": ("warnings.filterwarnings('ignore', module=__name__)", True),
    "a call by place": ("warnings.filterwarnings('ignore', '', UserWarning, 'test_a')", True),
    "a pattern that is none": ("warnings.filterwarnings('ignore', module='(')", True),
    "a call for another module": ("warnings.filterwarnings('ignore', module='app')", False),
    "a call for all modules": ("warnings.filterwarnings('ignore', 'old', Warning)", False),
}


@pytest.mark.parametrize(("text", "is_kept"), FILTERS.values(), ids=FILTERS)
def test_warnings_that_are_filtered_by_the_module(text: str, *, is_kept: bool) -> None:
    definition = "def helper():\n    return 1\n"
    rest = f"{text}\ndef test_it():\n    helper()\n"
    if is_kept:
        check_kept(definition, Code.MODULE_DEPENDENT, rest=rest)
    else:
        before = f"{definition}\n\n{rest}"
        result = run(before, path="tests/test_a.py", modules=shared(definition, LIB))
        assert result.status is Status.CHANGED


OPTIONS = {
    "the file": ("error::DeprecationWarning:tests.test_a", True),
    "a pattern of its name": (r"error:::.*\.test_\w$", True),
    "the shared module": ("ignore:old:Warning:tests.support.tools", True),
    "all modules": ("error::DeprecationWarning", False),
    "a pattern of all": ("ignore:::.*", False),
    "the tests": (r"error:::tests\.", False),
    "a library": ("ignore::DeprecationWarning:pkg_resources.*", False),
    "what is no pattern": ("ignore:::*", False),
}


@pytest.mark.parametrize(("text", "is_kept"), OPTIONS.values(), ids=OPTIONS)
def test_warnings_that_pytest_filters_by_the_module(text: str, *, is_kept: bool) -> None:
    definition = "def helper():\n    return 1\n"
    before = f"{definition}\n\ndef test_it():\n    helper()\n"
    modules = shared(definition, LIB)._replace(filters=("error", text))
    result = run(before, path="tests/test_a.py", modules=modules)
    codes = [r.code for d in result.decisions for r in d.reasons]
    assert codes == [Code.MODULE_DEPENDENT] * is_kept


COMPARED = {
    "a warning": ("assert found[0].filename == __file__", True),
    "a traceback": ("self.assertIn('test_a.py', traceback.format_exc())", True),
    "a frame": ("assert __file__ in (frame.f_code.co_filename for frame in frames)", True),
    "a record of logging": ("assert record.module == 'test_a'", True),
    "a variable": ("here = Path(__file__).name\n    assert found[0].filename == here", True),
    "the path of the request": ("assert record.pathname == str(request.path)", True),
    "the path of a request to a server": (
        "def answer(request):\n        assert request.path == '/a'\n    serve(answer)",
        False,
    ),
    "the module of the request": ("assert record.module == request.module.__name__", True),
    "code of its own": ("assert code.co_filename == test_it.__code__.co_filename", True),
    "a text": ("here = 'test_a.py'\n    assert found[0].filename == here", True),
    "a line": ("assert found[0].lineno == 6", True),
    "a line of code": ("assert frame.f_lineno - code.co_firstlineno == 3", True),
    "the end of a path": ("assert found[0].filename.endswith('test_a.py')", True),
    "its text": ("text = open(__file__).read()\n    assert 'return 1' in text", True),
    "a variable with its folder": ("here = Path(__file__).parent\n    assert root == here", False),
    "a variable of another thing": ("made = make(__file__)\n    assert made", False),
    "a start of pytest": ("pytest.main([__file__, 'test_a.py'])", False),
    "another file": ("assert found[0].filename == 'test_ab.py'", False),
    "a folder": ("DATA = Path(__file__).parent", False),
}


@pytest.mark.parametrize(("line", "is_kept"), COMPARED.values(), ids=COMPARED)
def test_what_is_compared_with_the_file_may_be_told_by_a_frame(line: str, *, is_kept: bool) -> None:
    rest = f"def test_it():\n    helper()\n    {line}\n"
    definition = "def helper():\n    return 1\n"
    if is_kept:
        check_kept(definition, Code.MODULE_DEPENDENT, rest=rest)
    else:
        modules = shared(definition, LIB)
        result = run(f"{definition}\n\n{rest}", path="tests/test_a.py", modules=modules)
        assert result.status is Status.CHANGED


def test_imports_stand_apart_from_set_up_above_and_code_below() -> None:
    one, other = "def make():\n    return 1\n", "def build():\n    return 2\n"
    modules = SharedModules((*shared(one, "lib.one").modules, *shared(other, "lib.two").modules))
    head, rest = "import os\nos.umask(0)\n", "VALUE = 1\n\n\ndef test_it():\n    make(build())\n"
    check_replaced(
        f"{head}{rest}\n\n{one}\n\n{other}",
        f"{head}\nfrom lib.one import make\nfrom lib.two import build\n\n{rest}",
        modules=modules,
    )
