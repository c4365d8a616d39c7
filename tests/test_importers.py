"""Which names of a module another file takes from it."""

from __future__ import annotations

import ast
import warnings

import pytest

from codemods.model import Source
from codemods.rewrites.replace_local_copies.importers import (
    may_import_star,
    may_look_into_modules,
    names_taken,
)

MODULE = "/repo/tests/unit/helpers.py"
NAMES = frozenset({"Name", "Other"})
BOTH = ["Name", "Other"]


def taken(text: str | bytes, path: str = "/repo/tests/unit/test_a.py", of: str = MODULE) -> object:
    content = text if isinstance(text, bytes) else text.encode()
    return sorted(names_taken(Source(path, content), of, NAMES))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # absolute, by any end of the path
        ("from helpers import Name", ["Name"]),
        ("from unit.helpers import Name as N, x", ["Name"]),
        ("from tests.unit.helpers import Other, Name", BOTH),
        ("from integration.helpers import Name", []),
        ("from helpers.deeper import Name", []),
        ("from xhelpers import Name", []),
        ("from helpers import Third", []),
        # star
        ("from tests.unit.helpers import *", BOTH),
        ("from .helpers import *", BOTH),
        ("from tests.unit.others import *", []),
        # relative: this folder, and those above
        ("from .helpers import Name", ["Name"]),
        ("from ..unit.helpers import Name", ["Name"]),
        ("from ...tests.unit.helpers import Name", ["Name"]),
        ("from ..helpers import Name", []),
        ("from .unit.helpers import Name", []),
        # the module, and an attribute of it
        ("import tests.unit.helpers\ntests.unit.helpers.Name", ["Name"]),
        ("import helpers as h\nh.Name", ["Name"]),
        ("from tests.unit import helpers\nhelpers.Name", ["Name"]),
        ("from . import helpers as h\nh.Name", ["Name"]),
        ("from .. import unit\nunit.helpers.Name", ["Name"]),
        ("import tests\ntests.unit.helpers.Name", ["Name"]),
        ("from tests.unit import *\nhelpers.Name", ["Name"]),
        ("import helpers", []),
        ("from tests.unit import others\nothers.Name", []),
        # in a function
        ("def f():\n    from helpers import Name", ["Name"]),
        ("def f():\n    import helpers\n    return helpers.Name", ["Name"]),
        # strings, as importlib, pytest_plugins, runpy and patch get them
        ("import_module('tests.unit.helpers').Name", ["Name"]),
        ("import_module('.helpers', __package__).Name", ["Name"]),
        ("pytest_plugins = ['tests.unit.helpers']\nName", ["Name"]),
        ("run_path('tests/unit/helpers.py')['Name']", ["Name"]),
        ("run_path('my tests/unit/helpers.py')['Name']", ["Name"]),
        ("check_call([python, '-c', 'from tests.unit.helpers import Name'])", ["Name"]),
        ("'%s/helpers.py' % here\nName", ["Name"]),
        ("spec('helpers.py'); Name", ["Name"]),
        ("getattr(import_module('helpers'), 'Name')", ["Name"]),
        ("patch('tests.unit.helpers.Name')", ["Name"]),
        ("patch('helpers.Name.close')", ["Name"]),
        ("entry('unit.helpers:Name')", ["Name"]),
        ("patch('tests.unit.others.Name')", []),
        ("patch('tests.unit.helpers.Name_')", []),
        ("'see the helpers: Name'", []),
        ("'helpers'", []),
        ("Name = 1", []),
    ],
)
def test_from_the_same_folder(text: str, expected: list[str]) -> None:
    assert taken(text) == expected


def test_the_same_stem_in_another_folder() -> None:
    other = "/repo/tests/integration/helpers.py"
    assert taken("from .helpers import Name", of=other) == []
    # Which of the two it is depends on sys.path: it may be either.
    assert taken("from helpers import Name", of=other) == ["Name"]
    assert taken("from unit.helpers import Name", of=other) == []


def test_a_file_takes_nothing_from_itself() -> None:
    assert taken("from helpers import Name", path=MODULE) == []
    assert taken("from helpers import Name (", path=MODULE) == []


@pytest.mark.parametrize(
    "text", ["from helpers import (Name", "Name\0", "# coding: nothing\nName", b"\xff\xfeName"]
)
def test_nobody_knows_what_an_unparsable_file_takes(text: str | bytes) -> None:
    assert taken(text) == ["Name"]


def test_what_is_nested_too_deeply() -> None:
    assert taken("(" * 5000 + "Name" + ")" * 5000) == ["Name"]


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("from tests.unit import Name", "/repo/a.py", ["Name"]),
        ("from . import Name", "/repo/tests/unit/test_a.py", ["Name"]),
        ("from . import *", "/repo/tests/unit/test_a.py", BOTH),
        ("from .unit import Name", "/repo/tests/conftest.py", ["Name"]),
        ("from .. import Name", "/repo/tests/unit/deep/test_a.py", ["Name"]),
        ("from . import unit\nunit.Name", "/repo/tests/conftest.py", ["Name"]),
        ("from . import Name", "/repo/tests/conftest.py", []),
        ("from .__init__ import Name", "/repo/tests/unit/test_a.py", []),
    ],
)
def test_the_module_of_a_package(text: str, path: str, expected: list[str]) -> None:
    assert taken(text, path, of="/repo/tests/unit/__init__.py") == expected


def test_a_relative_import_above_the_root_of_the_disk() -> None:
    assert taken("from ......helpers import Name") == []


def test_an_importer_that_is_a_package() -> None:
    assert taken("from .helpers import Name", path="/repo/tests/unit/__init__.py") == ["Name"]


def test_no_warning_of_the_files_of_others() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert taken("from helpers import Name\n'\\d'\n") == ["Name"]
    assert caught == []


@pytest.mark.parametrize(
    "text",
    [
        "from x import *",
        "from x import *\n",
        "from x import *\r\n",
        "from x import*",
        "from x import  \t *  # noqa",
        "from x import *; y()",
        "from x import \\\n    *",
        "from x import * \\\n\n",
    ],
)
def test_a_star_import_is_seen_in_the_bytes(text: str) -> None:
    ast.parse(text)
    assert may_import_star(b"a = 2 ** 3\n" + text.encode())


@pytest.mark.parametrize(
    "text",
    ["def f(*args, **kwargs): ...", "x = a * b", "x = [*a, *b]", "'import * of x'", "def f(*): "],
)
def test_no_other_star_is_one(text: str) -> None:
    assert not may_import_star(text.encode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("getattr(request.module, 'Name')", True),
        ("metafunc.module.Name", True),
        ("vars(collector.obj)", True),
        ("item.getparent(pytest.Module)", True),
        ("item.function.__globals__", True),
        ("sys.modules[item.name]", True),
        ("getattr(request, 'module')", True),
        ("inspect.getmodule(item.function)", True),
        ("import_module(item.path.stem)", True),
        ("@pytest.fixture(scope='module')", False),
        ("class Name: ...", False),
        ("import a.modules_of", False),
        ("self.objects", False),
    ],
)
def test_whether_a_conftest_may_look_into_modules(text: str, expected: bool) -> None:
    assert may_look_into_modules(text.encode(), is_conftest=True) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("getattr(request.module, 'Name')", True),
        ("metafunc . module.Name", True),
        ("x = item.\n  module", True),
        ("inspect.getmodule(item.function)", True),
        ("forgetmodule(x)", False),
        ("my_request.module", False),
        ("request.module_name", False),
        ("other.module", False),
        ("vars(collector.obj)", False),
        ("@pytest.fixture(scope='module')", False),
    ],
)
def test_whether_a_plugin_may_look_into_modules(text: str, expected: bool) -> None:
    assert may_look_into_modules(text.encode(), is_conftest=False) == expected
